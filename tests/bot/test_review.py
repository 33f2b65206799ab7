"""What `amparo check` brings together: content, translations, rendering, the lint."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from bot.review import Review, review
from flows.authoring.issues import Issue, Level, Place
from tests.bot.small import rewrite, small_house, translate

TODAY = date(2026, 11, 21)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small house."""
    return small_house(tmp_path)


def codes(found: Review) -> list[str]:
    """What was found, errors only."""
    return [issue.code for issue in found.issues if issue.level is Level.ERROR]


def shown(found: Review, *, quiet: bool = False) -> str:
    """As a person reads it."""
    page = io.StringIO()
    found.show(Console(file=page, width=200), quiet=quiet)
    return page.getvalue()


def test_a_sound_house_passes(root: Path) -> None:
    """No errors, and states were walked."""
    found = review(root, today=TODAY, production=False)
    assert codes(found) == []
    assert found.errors == 0
    assert found.states > 30


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("content/flows/search.yaml", "to: tonight, when", "to: nowhere, when", "unknown-target"),
        ("content/cards/tonight.yaml", "{search_line}", "{no_such_line}", "unknown-placeholder"),
        ("content/cards/tonight.yaml", "Di que es menor.", "Todo va a estar bien.", "never"),
        ("content/flows/welcome.yaml", "kind: say", "kind: shout", "bad-shape"),
    ],
)
def test_what_is_broken_is_found(root: Path, file: str, old: str, new: str, code: str) -> None:
    """One break, its code among the errors, with file and remedy."""
    rewrite(root / file, old, new)
    translate(root)
    found = review(root, today=TODAY, production=False)
    named = [issue for issue in found.issues if issue.code.startswith(code)]
    assert named, codes(found)
    assert named[0].level is Level.ERROR
    assert named[0].remedy
    assert named[0].place.file == file


def test_production_asks_for_more(root: Path) -> None:
    """A machine's word on a screen where a life may hang is a warning until real people come."""
    catalog = root / "locales/en/LC_MESSAGES/amparo.po"
    text = catalog.read_text("utf-8")
    catalog.write_text(text.replace('msgctxt "card.tonight.line"', '#, machine\nmsgctxt "card.tonight.line"'), "utf-8")
    before, after = (review(root, today=TODAY, production=production) for production in (False, True))
    assert before.errors == 0
    assert after.errors > 0


def test_nothing_there() -> None:
    """A folder without content is one finding, not an error of ours."""
    found = review(Path("/nowhere/at/all"), today=TODAY, production=False)
    assert found.errors >= 1
    assert "content" in found.issues[0].message + found.issues[0].place.file


@pytest.mark.parametrize("text", [None, "rules: [", "rules: [{id: x}]"])
def test_a_lint_that_cannot_be_read(root: Path, text: str | None) -> None:
    """Without the sentences never said nothing is published; the file is named."""
    file = root / "content" / "never.yaml"
    if text is None:
        file.unlink()
    else:
        file.write_text(text, "utf-8")
    found = review(root, today=TODAY, production=False)
    assert found.errors >= 1
    assert any(issue.place.file == "content/never.yaml" for issue in found.issues)


def test_a_catalog_that_cannot_be_read(root: Path) -> None:
    """The same for a translator's slip."""
    (root / "locales/en/LC_MESSAGES/amparo.po").write_text('msgid "a\nmsgstr', "utf-8")
    found = review(root, today=TODAY, production=False)
    assert found.errors >= 1
    assert any("amparo.po" in issue.message + issue.place.file for issue in found.issues)


ISSUES = (
    Issue(
        code="bad",
        level=Level.ERROR,
        place=Place(file="content/a.yaml", line=3),
        message="is [wrong]",
        remedy="mend it",
        path=("hola", "Sí"),
    ),
    Issue(code="odd", level=Level.WARNING, place=Place(file="content/b.yaml"), message="is odd", remedy="look"),
)


def test_as_json() -> None:
    """For machines: counts and findings."""
    found = Review(issues=ISSUES, states=7).as_json()
    assert isinstance(found, dict)
    assert (found["errors"], found["warnings"], found["states"], len(found["issues"])) == (1, 1, 7, 2)
    assert found["issues"][0]["code"] == "bad"


def test_shown_to_people() -> None:
    """File, line, what, how to mend it, the way there; brackets are words, not markup."""
    page = shown(Review(issues=ISSUES, states=7))
    for words in ("content/a.yaml:3", "is [wrong]", "mend it", "hola > Sí", "is odd", "7 reachable states checked; 1 errors, 1 warnings"):
        assert words in page


def test_quiet_leaves_warnings_out() -> None:
    """The sum still counts them."""
    page = shown(Review(issues=ISSUES, states=7), quiet=True)
    assert "is odd" not in page
    assert "1 warnings" in page
