"""The sound house has no findings; each broken one has exactly the finding it was broken for, at the right place and with the way there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.security import tokens
from flows.authoring.checks import CODES, Translation, as_json, check, examine, run, sizes
from flows.authoring.checks.subject import finding
from flows.authoring.issues import Issue, Level, Place
from flows.authoring.load import load_content
from flows.effects import Shown
from tests.flows.authoring import desk_cases
from tests.flows.authoring.cases import CASES, Case
from tests.flows.authoring.house import LOCALES, SOUND, TODAY, Break, House, build, checked, found

Catalogs = dict[str, dict[str, Translation]]


@pytest.mark.parametrize("production", [False, True])
def test_the_sound_house_has_no_findings(tmp_path: Path, production: bool) -> None:
    assert checked(build(tmp_path), production=production) == ()


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.code}" for number, case in enumerate(CASES)])
def test_each_broken_house_has_its_finding(tmp_path: Path, case: Case) -> None:
    issues = checked(build(tmp_path, *case.breaks), production=case.production)
    matching = [issue for issue in issues if issue.code == case.code and case.says in issue.message]
    assert matching, [(issue.code, issue.message) for issue in issues]
    issue = matching[0]
    assert issue.level is (Level.ERROR if case.error else Level.WARNING)
    assert not case.file or issue.place.file == case.file
    assert case.path is None or issue.path == case.path
    assert issue.remedy


def test_every_code_has_a_test() -> None:
    """A code nobody can show broken would be a check that cannot fail."""
    elsewhere = {code for code, _ in TRANSLATIONS} | {"walk-bounded", "code-too-long"} | desk_cases.CODES
    assert set(CODES) == {case.code for case in CASES} | elsewhere


def test_findings_point_at_lines(tmp_path: Path) -> None:
    """The line is that of the thing itself, counted from 1."""
    house = build(tmp_path, Break(file="cards/tonight.yaml", old="search.minor is yes", new="search.minor is maybe"))
    issue = found(checked(house))["guard-impossible"][0]
    lines = (tmp_path / "content/cards/tonight.yaml").read_text("utf-8").splitlines()
    assert "search.minor is maybe" in lines[issue.place.line - 1]


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        Break(file="cards/tonight.yaml", old="search.minor is yes", new="search.minor is maybe"),
        Break(file="flows/search.yaml", old="skip: where", new="skip: nowhere"),
        Break(file="scenarios/help.yaml"),
    )
    assert {"guard-impossible", "unknown-target", "no-scenario"} <= set(found(checked(house)))


def test_errors_come_first(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        Break(file="flows/doors.yaml", old="text: Mi teléfono", new="text: " + "Mi teléfono " * 6),
        Break(file="scenarios/welcome.yaml"),
    )
    levels = [issue.level for issue in checked(house)]
    assert levels == sorted(levels, key=lambda level: level is Level.WARNING)
    assert set(levels) == {Level.ERROR, Level.WARNING}


# -- translations ------------------------------------------------------------------------------------------------------------


def _without(name: str, locale: str) -> Callable[[Catalogs], None]:
    return lambda catalogs: catalogs[locale].__delitem__(name)


def _with(name: str, locale: str, **changes: object) -> Callable[[Catalogs], None]:
    def change(catalogs: Catalogs) -> None:
        catalogs[locale][name] = replace(catalogs[locale][name], **changes)  # type: ignore[arg-type]  # fields named in the table

    return change


def _orphan(catalogs: Catalogs) -> None:
    catalogs["fr"]["card.gone.text"] = Translation(text="Rien")


CRITICAL = "card.tonight.line"
WELCOME = "flow.welcome.start.text"
ORDINARY = "flow.help.help.text"
TRANSLATIONS: tuple[tuple[str, Callable[[Catalogs], None]], ...] = (
    ("translation-missing", _without(CRITICAL, "en")),
    ("translation-missing", _without(WELCOME, "ht")),
    ("translation-missing", _without("flow.danger.now.text", "pt")),
    ("translation-missing", _with(CRITICAL, "en", text="")),
    ("translation-stale", _with(CRITICAL, "en", fuzzy=True)),
    ("translation-stale", _with(WELCOME, "pt", source="Hola antes.")),
    ("translation-machine", _with(CRITICAL, "en", machine=True)),
    ("translation-machine", _with(WELCOME, "fr", machine=True)),
)
HARD: tuple[tuple[str, Callable[[Catalogs], None]], ...] = (
    ("placeholders-differ", _with(CRITICAL, "en", text="Ask for a search.")),
    ("unknown-placeholder", _with(CRITICAL, "en", text="Ask {someone} at {search_line}.")),
    ("numbers-differ", _with("flow.search.minor.text", "ht", text="Èske li gen mwens pase 19 an?")),
    ("numbers-differ", _with("fact.search_line.fallback", "en", text="There are 2 lines.")),
    ("loose-door", _with(CRITICAL, "fr", text="Ici : **{search_line}**, ou t.me/quelquun")),
)
TRANSLATIONS = (*TRANSLATIONS, *HARD, ("translation-orphan", _orphan))


def _translated(folder: Path, change: Callable[[Catalogs], None]) -> House:
    house = build(folder)
    change(house.translations)
    return house


@pytest.mark.parametrize(("code", "change"), TRANSLATIONS, ids=[f"{n}-{code}" for n, (code, _) in enumerate(TRANSLATIONS)])
def test_each_broken_catalog_has_its_finding(tmp_path: Path, code: str, change: Callable[[Catalogs], None]) -> None:
    assert set(found(checked(_translated(tmp_path, change)))) == {code} | (
        {"placeholders-differ"} if code == "unknown-placeholder" else set()
    )


@pytest.mark.parametrize(("code", "change"), TRANSLATIONS[:8])
def test_weighty_translations_are_warnings_until_production(tmp_path: Path, code: str, change: Callable[[Catalogs], None]) -> None:
    house = _translated(tmp_path, change)
    assert {issue.level for issue in found(checked(house))[code]} == {Level.WARNING}
    assert {issue.level for issue in found(checked(house, production=True))[code]} == {Level.ERROR}


def test_a_language_without_a_catalog_is_found(tmp_path: Path) -> None:
    house = build(tmp_path)
    del house.translations["fr"]
    assert all(issue.code == "translation-missing" and issue.message.startswith("fr:") for issue in checked(house))
    assert "flow.welcome.start.text" in " ".join(issue.message for issue in checked(house))


@pytest.mark.parametrize(("code", "change"), HARD)
def test_names_numbers_and_doors_are_errors_at_once(tmp_path: Path, code: str, change: Callable[[Catalogs], None]) -> None:
    assert {issue.level for issue in found(checked(_translated(tmp_path, change)))[code]} == {Level.ERROR}


def test_ordinary_texts_stay_warnings_in_production(tmp_path: Path) -> None:
    house = _translated(tmp_path, _without(ORDINARY, "en"))
    assert [issue.level for issue in checked(house, production=True)] == [Level.WARNING]


def test_ordinary_texts_may_be_machine_made_and_are_not_asked_of_first_screen_languages(tmp_path: Path) -> None:
    house = _translated(tmp_path, _with(ORDINARY, "en", machine=True))
    del house.translations["ht"][CRITICAL]
    assert checked(house, production=True) == ()


def test_translations_of_a_file_are_one_finding_that_names_them_all(tmp_path: Path) -> None:
    house = build(tmp_path)
    for name in ("card.tonight.line", "card.tonight.office", "card.tonight.minor"):
        house.translations["en"][name] = replace(house.translations["en"][name], machine=True)
    (issue,) = checked(house)
    assert "3 safety-critical texts" in issue.message
    assert "card.tonight.office" in issue.message
    assert issue.place.file == "locales/en/LC_MESSAGES/amparo.po"


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_are_measured_in_every_language(tmp_path: Path, locale: str) -> None:
    house = _translated(tmp_path, _with("flow.danger.now.text", locale, text="Lè sa a. " * 500))
    (issue,) = checked(house)
    assert (issue.code, issue.path) == ("text-too-long", ("Ahora mismo",))
    assert f"({locale})" in issue.message


def test_a_choice_shadowed_in_another_language_is_found(tmp_path: Path) -> None:
    house = _translated(tmp_path, _with("flow.doors.doors.choice.phone", "ht", text="Salir"))
    assert "shadowed-choice" in found(checked(house))


# -- what no file of content can break ---------------------------------------------------------------------------------------


def test_a_walk_that_gives_up_says_so(tmp_path: Path) -> None:
    house = build(tmp_path)
    subject = examine(house.content, house.translations, today=TODAY, production=False, limit=20)
    issues = found(run(subject))
    assert "after 20 states" in issues["walk-bounded"][0].message


def test_a_code_that_leaves_no_room_for_the_signature_is_found(tmp_path: Path) -> None:
    house = build(tmp_path)
    subject = examine(house.content, house.translations, today=TODAY, production=False)
    seen = subject.walk.screens[0]
    long = replace(seen, screen=replace(seen.screen, buttons=(Shown(label="ui.more", code="c" * 13),)))
    broken = replace(subject, walk=replace(subject.walk, screens=(long,)))
    assert [issue.code for issue in sizes.buttons(broken)] == ["code-too-long"]


def test_the_room_for_codes_is_that_of_the_signed_buttons() -> None:
    assert sizes.CODE_CHARACTERS == tokens.CODE_CHARACTERS


def test_a_finding_needs_a_documented_code() -> None:
    with pytest.raises(KeyError):
        finding("invented", Place(), "", "")


def test_findings_as_json() -> None:
    issue = Issue(code="dead-end", level=Level.ERROR, place=Place(file="a.yaml", line=3), message="m", remedy="r", path=("A", "B"))
    assert as_json([issue]) == [
        {"code": "dead-end", "level": "error", "file": "a.yaml", "line": 3, "message": "m", "remedy": "r", "path": ["A", "B"]}
    ]


@pytest.mark.parametrize("file", sorted(path.relative_to(SOUND).as_posix() for path in SOUND.rglob("*.yaml")))
def test_a_house_that_lacks_any_file_is_still_checked_to_the_end(tmp_path: Path, file: str) -> None:
    """Content can be broken in any way; the check must name it, never fall over it."""
    root = tmp_path / "content"
    shutil.copytree(SOUND, root)
    (root / file).unlink()
    content, issues = load_content(root)
    if content is None:
        assert [issue.code for issue in issues] == ["missing-file"]
    else:
        found_ = check(content, issues, {}, today=TODAY, production=True).issues
        assert file == "sensitive_words.yaml" or {issue.code for issue in found_} - {"translation-missing"}
