"""Retention: what must go, and when (promises.md R8). Runs on the database's thread; an hour's delay would already be a broken promise.

Times here only ever run late, never early: a column cut to slots or days is taken at its end. Conversations normally end by their own
timers; `ABANDONED_DAYS` is the net below them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.domain.seeker import SeekerId
from bot.storage import statements as sql
from bot.storage.erasing import truncated
from bot.storage.known import Shelf
from bot.storage.reading import known_of
from bot.storage.tables import SLOT_SECONDS, day, slot
from bot.storage.writing import DELETABLE_SECONDS, Hook, transaction

SEEN_SECONDS: Final = 72 * 3600
QUARANTINE_SECONDS: Final = 72 * 3600
ABANDONED_DAYS: Final = 3
"""Full days without a touch, after the day of the last one: answers are held 72 h at most (voice.md 3), so this is later than any timer."""
REMAINS_DAYS: Final = 30
"""How long "something older remains" waits to be told to somebody who does not come back."""
_PAGE: Final = 64


def purge(raw: sqlite3.Connection, shelf: Shelf, now: int, log: Path, hook: Hook) -> Mapping[str, int]:
    """Remove what is past its time; rows removed, by table. Keys that go are followed by a truncated log."""
    removed: dict[str, int] = {}
    gone, marked = _undeletable_messages(raw, shelf, now)
    with transaction(raw, hook):
        removed["update_seen"] = sql.SEEN_OLD.one(raw, now - SEEN_SECONDS - SLOT_SECONDS)
        removed["quarantine"] = sql.QUARANTINE_OLD.one(raw, now - QUARANTINE_SECONDS - SLOT_SECONDS)
        removed["cover"] = sql.COVER_OLD.one(raw, now)
        removed["message"] = sql.MESSAGE_GONE.one(raw, sql.numbers(gone))
        sql.REMAINS_KEPT.many(raw, [(seeker, day(now)) for seeker in marked])
        removed["conversation"] = _abandoned(raw, now)
        removed["remains"] = sql.REMAINS_OLD.one(raw, day(now) - REMAINS_DAYS - 1)
        removed["program"] = sql.PROGRAM_UNUSED.one(raw)
    if any(removed[name] for name in ("cover", "message", "conversation", "remains")):
        shelf.memory.forget_all()
    if removed["conversation"]:
        truncated(raw, log)
    return removed


def _undeletable_messages(raw: sqlite3.Connection, shelf: Shelf, now: int) -> tuple[list[int], list[SeekerId]]:
    """Messages past the 48 h, and whose: their ids are of no use any more, and one flag will say that something older remains.

    Nothing tells from outside how old a message is, so the candidates are opened; one that does not open goes with its life.
    """
    seekers = [answer[0] for answer in sql.MESSAGE_SLOTS.all(raw, slot(now))]
    gone: list[int] = []
    marked: list[SeekerId] = []
    for start in range(0, len(seekers), _PAGE):
        for seeker, known in known_of(raw, shelf, seekers[start : start + _PAGE]).items():
            rows = [message.row for message in known.messages if message.sent_at + DELETABLE_SECONDS <= now]
            if rows:
                gone += rows
                marked.append(seeker)
    return gone, marked


def _abandoned(raw: sqlite3.Connection, now: int) -> int:
    """Conversations nobody touched, and keys that hold nothing: everything of them goes, what was owed included (a queued message must not
    outlive its seeker), except the flag that something remains."""
    last = day(now) - ABANDONED_DAYS - 1
    seekers = [answer[0] for answer in sql.ABANDONED.all(raw, last, last)]
    for seeker in seekers:
        for statement in sql.LIFE_GONE:
            statement.one(raw, seeker, sql.EVERY_LIFE)
    return len(seekers)
