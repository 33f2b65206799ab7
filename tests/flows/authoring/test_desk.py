"""The sound desk has no findings; each broken one has the finding it was broken for, at the right line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flows.authoring.checks import check, desk, examine, run
from flows.authoring.desk_load import load_desk
from flows.authoring.desk_schema import minutes, seconds
from flows.authoring.issues import Issue, Level, Place
from tests.flows.authoring.desk_cases import CASES, CLOCKS, FACTS, FILES, Broken, build_desk
from tests.flows.authoring.house import TODAY, Break, build
from tests.house import ROOT, loaded


def checked(folder: Path, files: dict[str, str], *, today: date = TODAY, production: bool = False) -> tuple[Issue, ...]:
    """Everything `amparo check` would find about a desk in the sound house. Of the house itself only what is about its own files is left
    out."""
    house = build(folder, Break(file="facts/more.yaml", new=FACTS))
    build_desk(folder / "content", **files)
    content, issues = load_desk(folder / "content")
    found = check(house.content, (*house.issues, *issues), house.translations, today=today, production=production, desk=content)
    return tuple(issue for issue in found.issues if issue.place.file in {f"content/{name}" for name in FILES})


@pytest.mark.parametrize("production", [False, True])
def test_the_sound_desk_has_no_findings(tmp_path: Path, production: bool) -> None:
    assert checked(tmp_path, {}, production=production) == ()


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.code}" for number, case in enumerate(CASES)])
def test_each_broken_desk_has_its_finding(tmp_path: Path, case: Broken) -> None:
    text = FILES[case.file]
    assert text.count(case.old) == 1
    broken = text.replace(case.old, case.new)
    issues = checked(tmp_path, {case.file: broken}, production=case.production)
    found = [issue for issue in issues if issue.code == case.code and case.says in issue.message]
    assert found, [(issue.code, issue.message) for issue in issues]
    assert found[0].level is (Level.ERROR if case.error else Level.WARNING)
    assert found[0].remedy
    file = (tmp_path / found[0].place.file).read_text("utf-8").splitlines()
    marked = case.line or next((line for line in case.new.splitlines() if line), "")
    if found[0].place.file == f"content/{case.file}":
        assert marked in file[found[0].place.line - 1]


WHO = """
      - {id: who, text: Quién más contesta, to: who}
  - id: who
    kind: say
    text: "Llama al **{search_line}**."
    choices:
      - {id: next, text: Seguir, to: "@next"}
"""


@pytest.mark.parametrize(("line", "found"), [("search_line", False), ("state_office", True)])
def test_who_answers_instead_is_said_where_people_look_for_it(tmp_path: Path, line: str, found: bool) -> None:
    """What an organization names for the hours it is not there stands on the screen of who else answers."""
    old = '      - {id: next, text: Seguir, to: "@next"}\n'
    house = build(tmp_path, Break(file="flows/person.yaml", old=old, new=old + WHO.lstrip("\n")))
    build_desk(tmp_path / "content", **{"organizations/casa.yaml": FILES["organizations/casa.yaml"].replace("search_line", line)})
    content, issues = load_desk(tmp_path / "content")
    subject = examine(house.content, house.translations, today=TODAY, production=False)
    assert content is not None
    assert issues == ()
    unsaid = [issue for issue in desk.desk(subject, content) if issue.code == "alternative-unsaid"]
    assert bool(unsaid) is found
    assert all(issue.place.file.endswith("casa.yaml") and line in issue.message for issue in unsaid)


def test_a_house_whose_every_organization_is_the_demos_is_not_published(tmp_path: Path) -> None:
    files = {name: text.replace("name: ", "demo: true\nname: ") for name, text in FILES.items() if name.startswith("organizations")}
    assert "only-demo" not in [issue.code for issue in checked(tmp_path / "one", files)]
    found = checked(tmp_path / "two", files, production=True)
    assert [(issue.code, issue.level) for issue in found] == [("only-demo", Level.ERROR)]


@pytest.mark.parametrize(("today", "found"), [(date(2026, 12, 3), False), (date(2026, 12, 4), True), (date(2027, 3, 1), True)])
def test_holidays_run_out_sixty_days_before_the_last(tmp_path: Path, today: date, found: bool) -> None:
    assert ("holidays-run-out" in [issue.code for issue in checked(tmp_path, {}, today=today)]) is found


def test_what_only_follows_from_an_unreadable_file_is_not_said(tmp_path: Path) -> None:
    """Facts that could not be read: that is reported, not every line that names one."""
    house = build(tmp_path, Break(file="facts/more.yaml", new="facts: [{id: rule}]"))
    build_desk(tmp_path / "content", **{"organizations/casa.yaml": FILES["organizations/casa.yaml"].replace("search_line", "rule")})
    content, issues = load_desk(tmp_path / "content")
    assert content is not None
    assert issues == ()
    subject = examine(house.content, house.translations, today=TODAY, production=False)
    assert "unknown-fact" in {issue.code for issue in desk.desk(subject, content)}
    assert "unknown-fact" not in {issue.code for issue in run(subject, house.issues, content)}


# -- reading ----------------------------------------------------------------------------------------------------------------


def test_without_clocks_there_is_no_desk(tmp_path: Path) -> None:
    content, issues = load_desk(tmp_path)
    assert content is None
    assert [issue.code for issue in issues] == ["missing-file"]


def test_one_unreadable_organization_leaves_the_others(tmp_path: Path) -> None:
    build_desk(tmp_path / "content", **{"organizations/casa.yaml": "organization: ["})
    content, issues = load_desk(tmp_path / "content")
    assert content is not None
    assert list(content.organizations) == ["otra"]
    assert [(issue.code, issue.place.file) for issue in issues] == [("bad-yaml", "content/organizations/casa.yaml")]


def test_everything_has_its_line(tmp_path: Path) -> None:
    build_desk(tmp_path / "content")
    content, _ = load_desk(tmp_path / "content")
    assert content is not None
    assert content.place("organizations", "otra", "languages") == Place(file="content/organizations/otra.yaml", line=3)
    assert content.place("organizations", "otra", "languages", 9) == content.place("organizations", "otra", "languages")
    assert content.place("clocks", "crisis").line == CLOCKS.splitlines().index("crisis: 2 min") + 1
    assert content.place("nothing") == Place()


@pytest.mark.parametrize(("text", "span"), [("5 s", 5), ("10 min", 600), ("2 h", 7200), ("7 d", 604_800), ("90min", 5400)])
def test_lengths_of_time_are_written_as_people_say_them(text: str, span: int) -> None:
    assert seconds(text) == span


@pytest.mark.parametrize("text", ["", "5", "-5 s", "5 weeks", "1.5 h", "5 S", "999999 s", 5, None])
def test_nothing_else_is_a_length_of_time(text: object) -> None:
    with pytest.raises(ValueError, match="length of time"):
        seconds(text)


@pytest.mark.parametrize(
    ("hours", "span"),
    [("09:00-18:30", (540, 1110)), ("22:00-06:00", (1320, 1800)), ("00:00-24:00", (0, 1440)), ("08:00-08:00", (480, 1920))],
)
def test_hours_are_minutes_of_the_day(hours: str, span: tuple[int, int]) -> None:
    assert minutes(hours) == span


# -- the project's own ------------------------------------------------------------------------------------------------------


def test_the_houses_own_desk_is_sound_but_for_being_a_demo() -> None:
    content, issues = load_desk(ROOT / "content")
    assert content is not None
    assert issues == ()
    subject = examine(loaded().content, {}, today=TODAY, production=True, limit=1)
    found = [(issue.code, issue.message) for issue in desk.desk(replace(subject, translations={"en": {}}), content)]
    assert [code for code, _ in found] == ["only-demo"], found
