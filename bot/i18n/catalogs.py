"""The gettext catalogs on disk: `locales/amparo.pot` and `locales/<locale>/LC_MESSAGES/amparo.po`.

`update_all` brings template and catalogs up to the content; `stale` says what it would change (CI fails on that); `load_translations` reads
what may be served: translated, not fuzzy. One layout only: reading a file and writing it changes nothing, no dates, no wrapped lines, no
line numbers, so that a diff in git shows what a translator did. `fill` and `review` write machine-made texts and a reviewer's yes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polib
from babel.messages.plurals import get_plural

from bot.i18n.merge import FUZZY, MACHINE, CatalogError, blank, entry_of, update
from flows.authoring.checks.translated import Translation
from flows.authoring.extract import SourceMessage
from flows.authoring.issues import Place

__all__ = [
    "CatalogError",
    "Lag",
    "LocaleSummary",
    "Translated",
    "Translations",
    "catalog_path",
    "every_translation",
    "fill",
    "load_translations",
    "read_catalog",
    "review",
    "stale",
    "template_path",
    "texts",
    "update",
    "update_all",
    "written",
]

DOMAIN: Final = "amparo"
REVIEWED: Final = "reviewed by"


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation that may be served. `source` is the text it was made for, `machine` whether no person has reviewed it."""

    text: str
    machine: bool
    source: str


Translations = Mapping[str, Mapping[str, Translated]]
"""Locale -> message id -> translation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocaleSummary:
    """How a language stands. `translated` (by people or reviewed), `machine`, `fuzzy` and `missing` add up to all messages."""

    locale: str
    translated: int
    machine: int
    fuzzy: int
    missing: int


@dataclass(frozen=True, slots=True)
class Lag:
    """Something `amparo translations update` would change: a file, a message id (empty: the file's layout) and what about it."""

    file: str
    id: str
    what: str


def template_path(folder: Path) -> Path:
    """Where the template lies in a folder of locales."""
    return folder / f"{DOMAIN}.pot"


def catalog_path(folder: Path, locale: str) -> Path:
    """Where the catalog of a language lies."""
    return folder / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def locales_in(folder: Path) -> tuple[str, ...]:
    """Languages that have a catalog there, in order."""
    return tuple(sorted(file.parent.parent.name for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def read_catalog(file: Path) -> polib.POFile:
    """A catalog as it stands; raises `CatalogError` naming the file when it cannot be read."""
    try:
        catalog: polib.POFile = polib.pofile(str(file), encoding="utf-8", wrapwidth=0)
    except (OSError, UnicodeDecodeError) as error:  # polib raises OSError for bad syntax, too, with the line in its text
        raise CatalogError(f"{file.name}: {error}") from error
    return catalog


def written(catalog: polib.POFile) -> str:
    """The one layout of a catalog, ending in a newline."""
    return f"{catalog}".rstrip("\n") + "\n"


def template(messages: Sequence[SourceMessage]) -> str:
    """The text of the template."""
    for message in messages:
        _refuse_controls(message)
    empty = blank(_metadata(""))
    for message in messages:
        empty.append(entry_of(message))
    return written(empty)


def update_all(folder: Path, messages: Sequence[SourceMessage], locales: Iterable[str]) -> tuple[LocaleSummary, ...]:
    """Write template and catalogs (of `locales`, created where missing, and any other that is there); say how each language stands."""
    _write(template_path(folder), template(messages))
    summaries = []
    for locale in sorted({*locales, *locales_in(folder)}):
        catalog = _brought_up(folder, locale, messages)
        _write(catalog_path(folder, locale), written(catalog))
        summaries.append(summary(locale, catalog))
    return tuple(summaries)


def stale(folder: Path, messages: Sequence[SourceMessage], locales: Iterable[str] = ()) -> list[Lag]:
    """What `update_all` would change; empty when template and catalogs are fresh."""
    lags = _lags(template_path(folder), template(messages), folder)
    for locale in sorted({*locales, *locales_in(folder)}):
        lags += _lags(catalog_path(folder, locale), written(_brought_up(folder, locale, messages)), folder)
    return lags


def summary(locale: str, catalog: polib.POFile) -> LocaleSummary:
    """Count the active entries of a catalog."""
    count = dict.fromkeys(("translated", "machine", "fuzzy", "missing"), 0)
    for entry in catalog:
        if not entry.obsolete:
            count[_state(entry)] += 1
    return LocaleSummary(locale=locale, **count)


def load_translations(folder: Path) -> Translations:
    """Everything that may be served, each catalog read once: active, translated, not fuzzy."""
    return {locale: _served(read_catalog(catalog_path(folder, locale))) for locale in locales_in(folder)}


def every_translation(folder: Path) -> dict[str, dict[str, Translation]]:
    """All entries that hold a translation, fuzzy ones too, with their file and line: what the checks look at."""
    return {locale: _looked_at(folder, catalog_path(folder, locale)) for locale in locales_in(folder)}


def texts(translations: Translations, messages: Sequence[SourceMessage]) -> dict[str, dict[str, str]]:
    """Locale -> message id -> text, for compiling: only translations of the present source, so that a catalog that lags behind the content
    leaves a visible gap, never a sentence about something else."""
    sources = {message.id: message.text for message in messages}
    return {
        locale: {id_: found.text for id_, found in served.items() if sources.get(id_) == found.source}
        for locale, served in translations.items()
    }


def fill(folder: Path, locale: str, made: Mapping[str, str], *, machine: bool) -> tuple[str, ...]:
    """Write translations; returns the ids written. A machine never overwrites what a person translated or reviewed, unless it is fuzzy."""
    catalog = read_catalog(catalog_path(folder, locale))
    done = []
    for entry in catalog:
        text = made.get(entry.msgctxt or "")
        if text and not entry.obsolete and (not machine or _state(entry) != "translated"):
            entry.msgstr = text
            entry.flags = [MACHINE] if machine else []
            entry.previous_msgid = None
            done.append(entry.msgctxt)
    _write(catalog_path(folder, locale), written(catalog))
    return tuple(done)


def review(folder: Path, locale: str, ids: Iterable[str], reviewer: str) -> tuple[str, ...]:
    """A named reviewer's yes: takes `machine` off and notes who. Fuzzy and empty entries cannot be approved. Returns the ids."""
    if not reviewer.strip():
        raise CatalogError("a review needs the name of the reviewer")
    catalog = read_catalog(catalog_path(folder, locale))
    wanted, done = set(ids), []
    for entry in catalog:
        if entry.msgctxt in wanted and not entry.obsolete and _state(entry) in ("machine", "translated"):
            entry.flags = [flag for flag in entry.flags if flag != MACHINE]
            notes = [line for line in entry.tcomment.splitlines() if not line.startswith(REVIEWED)]
            entry.tcomment = "\n".join([*notes, f"{REVIEWED} {reviewer.strip()}"])
            done.append(entry.msgctxt)
    _write(catalog_path(folder, locale), written(catalog))
    return tuple(done)


def _looked_at(folder: Path, file: Path) -> dict[str, Translation]:
    name = file.relative_to(folder.parent).as_posix()
    return {
        entry.msgctxt: Translation(
            text=entry.msgstr,
            source=entry.msgid,
            fuzzy=FUZZY in entry.flags,
            machine=MACHINE in entry.flags,
            place=Place(file=name, line=entry.linenum or 0),
        )
        for entry in read_catalog(file)
        if entry.msgctxt and entry.msgstr.strip() and not entry.obsolete
    }


def _served(catalog: polib.POFile) -> dict[str, Translated]:
    return {
        entry.msgctxt: Translated(entry.msgstr, MACHINE in entry.flags, entry.msgid)
        for entry in catalog
        if entry.msgctxt and not entry.obsolete and _state(entry) in ("machine", "translated")
    }


def _state(entry: polib.POEntry) -> str:
    if not entry.msgstr.strip():
        return "missing"
    if FUZZY in entry.flags:
        return "fuzzy"
    return "machine" if MACHINE in entry.flags else "translated"


def _brought_up(folder: Path, locale: str, messages: Sequence[SourceMessage]) -> polib.POFile:
    file = catalog_path(folder, locale)
    former = read_catalog(file) if file.exists() else blank({})
    former.metadata = {**_metadata(locale), **_by_translators(former.metadata)}
    try:
        return update(former, messages)
    except CatalogError as error:
        raise CatalogError(f"{locale}: {error}") from error


def _metadata(locale: str) -> dict[str, str]:
    """The header: the same on every machine and every day."""
    header = {
        "Project-Id-Version": DOMAIN,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    if locale:
        header |= {"Language": locale, "Plural-Forms": str(get_plural(locale))}
    return header


def _by_translators(metadata: Mapping[str, str]) -> dict[str, str]:
    """Of an old header, what people wrote there; dates and names of tools go, they only make noise."""
    return {key: metadata[key] for key in ("Last-Translator", "Language-Team") if metadata.get(key)}


def _lags(file: Path, wanted: str, folder: Path) -> list[Lag]:
    name = file.relative_to(folder.parent).as_posix()
    if not file.exists():
        return [Lag(name, "", "is not there")]
    if file.read_text("utf-8") == wanted:
        return []
    before, after = _entries(read_catalog(file)), _entries(polib.pofile(wanted, wrapwidth=0))
    changed = [id_ for id_ in dict.fromkeys((*before, *after)) if before.get(id_) != after.get(id_)]
    found = [Lag(name, id_, _what(id_ in before, id_ in after)) for id_ in changed]
    return found or [Lag(name, "", "is laid out differently")]


def _what(was: bool, will_be: bool) -> str:
    if was and will_be:
        return "has changed"
    return "is new" if will_be else "is gone"


def _entries(catalog: polib.POFile) -> dict[str, str]:
    return {entry.msgctxt or "": str(entry) for entry in catalog}


def _refuse_controls(message: SourceMessage) -> None:
    """Characters that catalogs cannot carry there and back: line separators other than newline, and other controls."""
    for character in message.text:
        if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs"):
            raise CatalogError(f"{message.id} holds the control character U+{ord(character):04X}; take it out")


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and only when something changed."""
    if file.exists() and file.read_text("utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(file)
