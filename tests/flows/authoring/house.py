"""A small sound house (`sound/`), copied and broken in one place: what each test of the check begins with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from flows.authoring.checks import Translation, Translations, check
from flows.authoring.extract import extract
from flows.authoring.issues import Issue, Place
from flows.authoring.load import Content, load_content

SOUND = Path(__file__).parent / "sound"
TODAY = date(2026, 11, 21)
LOCALES = ("en", "pt", "fr", "ht")


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One thing made wrong: `old` becomes `new` in a file; a file without `old` is written anew, or taken away when `new` is empty."""

    file: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house on disk, its content read, and translations of everything in it."""

    content: Content
    issues: tuple[Issue, ...]
    translations: dict[str, dict[str, Translation]] = field(default_factory=dict)


def build(folder: Path, *breaks: Break) -> House:
    """Copy the sound house into `folder`, break it, read it, translate it by saying the same in every language."""
    root = folder / "content"
    shutil.copytree(SOUND, root)
    for one in breaks:
        _break(root / one.file, one)
    content, issues = load_content(root)
    assert content is not None, issues
    return House(content=content, issues=issues, translations=translated(content))


def _break(file: Path, one: Break) -> None:
    if one.old:
        text = file.read_text("utf-8")
        assert text.count(one.old) == 1, f"{one.old!r} stands {text.count(one.old)} times in {one.file}"
        file.write_text(text.replace(one.old, one.new), "utf-8")
    elif one.new:
        file.write_text(one.new, "utf-8")
    else:
        file.unlink()


def translated(content: Content) -> dict[str, dict[str, Translation]]:
    """Catalogs in which every text is its own translation, read by a person."""
    return {
        locale: {
            message.id: Translation(
                text=message.text, source=message.text, place=Place(file=f"locales/{locale}/LC_MESSAGES/amparo.po", line=number)
            )
            for number, message in enumerate(extract(content), start=1)
        }
        for locale in LOCALES
    }


def checked(house: House, translations: Translations | None = None, *, production: bool = False) -> tuple[Issue, ...]:
    """The findings of a house, with a lint that knows one sentence."""
    return check(
        house.content,
        house.issues,
        house.translations if translations is None else translations,
        today=TODAY,
        production=production,
        never=lambda text, locale: ["«todo va a estar bien»"] if "todo va a estar bien" in text.casefold() else [],
        recordings=["hello"],
        spoken=["ui.more"],
    ).issues


def found(issues: tuple[Issue, ...]) -> Mapping[str, list[Issue]]:
    """Findings by code."""
    by_code: dict[str, list[Issue]] = {}
    for issue in issues:
        by_code.setdefault(issue.code, []).append(issue)
    return by_code
