"""One misspelt key is one finding: it stands first, and what only follows from it is left out. Mistakes of another kind stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.authoring.issues import Level
from flows.authoring.load import load_content
from tests.flows.authoring.house import SOUND, Break, build, checked, found

FILES = sorted(path.relative_to(SOUND).as_posix() for path in SOUND.rglob("*.yaml"))
NEEDED = ("interface.yaml", "places.yaml")
"""Without these nothing is compiled: their findings are the only ones there are."""


def _misspelt(file: str) -> Break:
    """The first key of a file, with a letter too many."""
    key = next(line for line in (SOUND / file).read_text("utf-8").splitlines() if ":" in line).partition(":")[0]
    return Break(file=file, old=f"{key}:", new=f"{key}x:")


@pytest.mark.parametrize("file", [file for file in FILES if file not in (*NEEDED, "sensitive_words.yaml")])
def test_a_misspelt_key_is_what_is_told(tmp_path: Path, file: str) -> None:
    one = _misspelt(file)
    text = (SOUND / file).read_text("utf-8").replace(one.old, one.new, 1)
    issues = checked(build(tmp_path, Break(file=file, new=text)))
    assert issues[0].code == "bad-shape"
    assert issues[0].place.file == f"content/{file}"
    errors = {issue.code for issue in issues if issue.level is Level.ERROR}
    assert errors == {"bad-shape"}, [issue.message for issue in issues]


@pytest.mark.parametrize("file", NEEDED)
def test_without_what_everything_needs_there_is_nothing_to_check(tmp_path: Path, file: str) -> None:
    one = _misspelt(file)
    root = tmp_path / "content"
    build(tmp_path)
    (root / file).write_text((root / file).read_text("utf-8").replace(one.old, one.new, 1), "utf-8")
    content, issues = load_content(root)
    assert content is None
    assert {issue.code for issue in issues} == {"bad-shape"}


def test_mistakes_that_do_not_follow_stay(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        Break(file="facts/lines.yaml", old="id: search_line\n    kind:", new="id: search_line\n    kimd:"),
        Break(file="flows/search.yaml", old="skip: where", new="skip: nowhere"),
        Break(file="flows/doors.yaml", old='"@flow:phone"', new='"@flow:phones"'),
    )
    issues = checked(house)
    assert {"bad-shape", "unknown-target", "unknown-flow"} <= set(found(issues))
    assert [issue.code for issue in issues[:2]] == ["bad-shape", "bad-shape"]
    assert not {"unknown-placeholder", "unknown-fact", "scenario-fails"} & set(found(issues))


def test_what_was_not_read_is_only_excused_by_its_name(tmp_path: Path) -> None:
    """`help` was not read; `phones` is a name nobody has."""
    house = build(
        tmp_path,
        Break(file="flows/help.yaml", old="title: Help", new="titel: Help"),
        Break(file="flows/doors.yaml", old='"@flow:phone"', new='"@flow:phones"'),
    )
    messages = [issue.message for issue in found(checked(house))["unknown-flow"]]
    assert len(messages) == 1
    assert "phones" in messages[0]
