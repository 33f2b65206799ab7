"""Our merge of new source texts into a catalog of translations, by message id (msgctxt) alone.

Library merges match by likeness of text: they lose rewritten sentences, and let one card inherit another card's translation. Here an id
keeps what was translated for it and nothing else. When the source changes, the translation stays but is fuzzy, hence not served, and `#|`
holds the text *the translation was made for*, over any number of changes; should the source return to that text, the translation is good
again. An id that goes away leaves its translation behind as obsolete (`#~`), under the text it was made for, and takes it up on its return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polib

from flows.authoring.extract import SourceMessage

FUZZY: Final = "fuzzy"
MACHINE: Final = "machine"
"""Flag of a machine-made translation; a reviewer removes it."""
DOUBTED: Final = "doubted"
"""Flag beside `fuzzy`: a translator doubted the text before its source changed, so a source that comes back does not clear it."""
CRITICAL: Final = "Safety-critical."


class CatalogError(ValueError):
    """A catalog nobody can merge safely: the message says which entry, and what to do."""


def update(catalog: polib.POFile, messages: Sequence[SourceMessage]) -> polib.POFile:
    """The catalog with exactly these messages active, in this order. The given catalog is left as it was."""
    active = _by_id(entry for entry in catalog if not entry.obsolete)
    former = _by_id(entry for entry in catalog if entry.obsolete)
    wanted = _once(messages)
    merged = blank(catalog.metadata)
    for message in wanted.values():
        merged.append(_merged(message, _worthier(active.get(message.id), former.get(message.id))))
    kept = {**former, **{id_: entry for id_, entry in active.items() if entry.msgstr}}
    for id_ in sorted(set(kept) - set(wanted)):
        merged.append(_retired(kept[id_]))
    return merged


def blank(metadata: dict[str, str]) -> polib.POFile:
    """An empty catalog with this header. Lines are not wrapped: an edit touches the lines it changes and no others."""
    catalog = polib.POFile(wrapwidth=0)
    catalog.metadata = dict(metadata)
    return catalog


def entry_of(message: SourceMessage) -> polib.POEntry:
    """An untranslated entry. Only the file is named: line numbers would change with every edit above them."""
    comment = f"{message.comment}\n{CRITICAL}" if message.critical else message.comment
    return polib.POEntry(msgctxt=message.id, msgid=message.text, comment=comment.strip(), occurrences=[(message.file, "")])


def _merged(message: SourceMessage, old: polib.POEntry | None) -> polib.POEntry:
    entry = entry_of(message)
    if old is None:
        return entry
    entry.tcomment = old.tcomment
    if not old.msgstr:
        return entry
    entry.msgstr = old.msgstr
    made_for, doubted = _made_for(old)
    kept = [flag for flag in old.flags if flag not in (FUZZY, DOUBTED)]
    if made_for == message.text:
        entry.flags = [FUZZY, *kept] if doubted else kept
        return entry
    entry.flags = [FUZZY, *([DOUBTED] if doubted else []), *kept]
    entry.previous_msgid = made_for
    return entry


def _made_for(entry: polib.POEntry) -> tuple[str, bool]:
    """The source text a translation was made for, and whether a translator doubts it even for that text."""
    if FUZZY not in entry.flags:
        return entry.msgid, False
    if entry.previous_msgid is None:
        return entry.msgid, True
    return entry.previous_msgid, DOUBTED in entry.flags


def _retired(old: polib.POEntry) -> polib.POEntry:
    """Obsolete, under the text it was made for (readers of catalogs skip `#~|`, so a previous text would be lost there)."""
    made_for, doubted = _made_for(old)
    kept = [flag for flag in old.flags if flag not in (FUZZY, DOUBTED)]
    return polib.POEntry(
        msgctxt=old.msgctxt,
        msgid=made_for,
        msgstr=old.msgstr,
        tcomment=old.tcomment,
        flags=[FUZZY, *kept] if doubted else kept,
        obsolete=True,
    )


def _worthier(active: polib.POEntry | None, former: polib.POEntry | None) -> polib.POEntry | None:
    return former if former and not (active and active.msgstr) else active


def _by_id(entries: Iterable[polib.POEntry]) -> dict[str, polib.POEntry]:
    found: dict[str, polib.POEntry] = {}
    for entry in entries:
        if not entry.msgctxt:
            raise CatalogError(f"line {entry.linenum}: an entry without msgctxt; remove it, its id is lost")
        if entry.msgctxt in found:
            raise CatalogError(f"line {entry.linenum}: {entry.msgctxt!r} is there twice; keep one of the two")
        if entry.msgid_plural:
            raise CatalogError(f"line {entry.linenum}: {entry.msgctxt!r} has plural forms, which are not used here")
        found[entry.msgctxt] = entry
    return found


def _once(messages: Sequence[SourceMessage]) -> dict[str, SourceMessage]:
    wanted = {message.id: message for message in messages}
    if len(wanted) != len(messages):
        raise CatalogError("two texts claim one message id; rename the step, choice or block of one")
    return wanted
