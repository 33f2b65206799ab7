"""What `amparo check` says of lines, and `amparo classify` of texts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.cli_classify import answers
from bot.understanding.retest import EXPECTED, retest
from tests.house import ROOT, understanding

FOLDER = ROOT / "content" / "understanding"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "understanding"))


def add(file: Path, label: str, text: str) -> None:
    """Add a line under a label."""
    held = file.read_text("utf-8")
    file.write_text(held.replace(f"  {label}: |\n", f"  {label}: |\n    {text}\n", 1), "utf-8")


def test_shipped_weights_are_as_new_as_the_lines() -> None:
    """Whoever changes lines trains again: `make understanding`."""
    assert not [issue for issue in retest(FOLDER) if issue.code in ("weights-old", "understood-otherwise", "unknown-label", "bad-lines")]


def test_an_added_line_shows_what_it_changes(copied: Path) -> None:
    """It is named with its place when words like it are taken for something else."""
    add(copied / "lines" / "es_harm.yaml", "extortion", "receta de pozole para la fiesta de mi abuela")
    found = {issue.code: issue for issue in retest(copied)}
    assert "weights-old" in found
    assert "receta de pozole" in found["not-understood"].message
    assert found["not-understood"].place.line > 0


def test_a_held_out_line_that_is_understood_otherwise(copied: Path) -> None:
    """Is named, with what it was taken for before."""
    before = json.loads((copied / EXPECTED).read_text("utf-8"))
    text = next(iter(before))
    (copied / EXPECTED).write_text(json.dumps({**before, text: "greeting"}), "utf-8")
    assert [issue.code for issue in retest(copied)] == ["understood-otherwise"]


def test_a_label_nobody_knows(copied: Path) -> None:
    """Blocks publishing."""
    (copied / "lines" / "new.yaml").write_text("locale: es\nlines:\n  nonsense: |\n    algo\n", "utf-8")
    assert any(issue.code == "unknown-label" for issue in retest(copied))


def test_one_sentence_with_two_meanings(copied: Path) -> None:
    """Is named."""
    (copied / "lines" / "new.yaml").write_text("locale: es\nlines:\n  asylum: |\n    me cobran piso\n", "utf-8")
    assert any(issue.code == "two-meanings" and "me cobran piso" in issue.message for issue in retest(copied))


def test_a_file_that_cannot_be_read(copied: Path) -> None:
    """Is an error, not a stack trace."""
    (copied / "lines" / "es_harm.yaml").write_text("lines: [", "utf-8")
    assert [issue.code for issue in retest(copied)] == ["bad-lines"]


def test_json_lines() -> None:
    """The fields issue 4 names; a line that cannot be read does not stop the rest."""
    asked = ['{"text": "nos estan cobrando piso"}', "nonsense", "", '{"text": "ok", "lang": "fr"}', "[]"]
    found = [json.loads(answer) for answer in answers(understanding().classify, asked)]
    assert set(found[0]) == {"label", "also", "score", "lang", "abstain", "checkin", "why"}
    assert (found[0]["label"], found[0]["lang"], found[0]["checkin"]) == ("extortion", "es", False)
    assert "error" in found[1]
    assert found[2]["lang"] == "fr"
    assert "error" in found[3]
