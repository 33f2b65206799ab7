"""Retention: what must go, and when (promises.md R8). Runs on the database's thread, a page at a visit.

Times here only ever run late, never early: a column cut to slots or days is taken at its end. Conversations normally end by their own
timers; `ABANDONED_DAYS` is the net below them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.seeker import SeekerId
from bot.storage import statements as sql
from bot.storage.known import Shelf
from bot.storage.reading import look
from bot.storage.tables import SLOT_SECONDS, day, slot
from bot.storage.writing import Hook, transaction
from bot.usecases.ports import DELETABLE_SECONDS

SEEN_SECONDS: Final = 72 * 3600
QUARANTINE_SECONDS: Final = 72 * 3600
ABANDONED_DAYS: Final = 3
"""Full days without a touch, after the day of the last one: answers are held 72 h at most (voice.md 3), so this is later than any timer."""
REMAINS_DAYS: Final = 30
"""How long "something older remains" waits to be told to somebody who does not come back."""
PAGE: Final = 256
"""Seekers or rows at a visit: other work of the database comes between two visits."""


def forget_old_rows(raw: sqlite3.Connection, shelf: Shelf, now: int, hook: Hook) -> dict[str, int]:
    """Remove one page of what only has an age; rows removed, by table. A table that gave a full page may have more."""
    ages = (
        ("update_seen", sql.SEEN_OLD, now - SEEN_SECONDS - SLOT_SECONDS),
        ("quarantine", sql.QUARANTINE_OLD, now - QUARANTINE_SECONDS - SLOT_SECONDS),
        ("cover", sql.COVER_OLD, now),
        ("remains", sql.REMAINS_OLD, day(now) - REMAINS_DAYS - 1),
    )
    with transaction(raw, hook):
        removed = {name: statement.all(raw, before, PAGE) for name, statement, before in ages}
    for name in ("cover", "remains"):
        for answer in removed[name]:
            shelf.memory.forget(answer[0])
    return {name: len(rows) for name, rows in removed.items()}


def with_messages_to_look_at(raw: sqlite3.Connection, now: int) -> list[SeekerId]:
    """Seekers who may have messages past the 48 h. Nothing tells from outside how old a message is: they must be opened."""
    return [answer[0] for answer in sql.MESSAGE_SLOTS.all(raw, slot(now))]


def forget_messages(raw: sqlite3.Connection, shelf: Shelf, seekers: Sequence[SeekerId], now: int, hook: Hook) -> int:
    """Ids of messages past the 48 h are of no use any more: they go, and one flag says that something older remains."""
    old = {
        seeker: [message.row for message in known.messages if message.sent_at + DELETABLE_SECONDS <= now]
        for seeker, known in look(raw, shelf, seekers).items()
    }
    gone = [row for rows in old.values() for row in rows]
    if gone:
        with transaction(raw, hook):
            sql.MESSAGE_GONE.one(raw, sql.numbers(gone))
            sql.REMAINS_KEPT.many(raw, [(seeker, day(now)) for seeker, rows in old.items() if rows])
        for seeker, rows in old.items():
            if rows:
                shelf.memory.forget(seeker)
    return len(gone)


def forget_abandoned(raw: sqlite3.Connection, shelf: Shelf, now: int, hook: Hook) -> int:
    """One page of conversations nobody touched and of keys that hold nothing: everything of them goes, what was owed included (a queued
    message must not outlive its seeker), except the flag that something remains."""
    last = day(now) - ABANDONED_DAYS - 1
    seekers = [answer[0] for answer in sql.ABANDONED.all(raw, last, last, PAGE)]
    if seekers:
        with transaction(raw, hook):
            for statement in sql.LIFE_GONE:
                statement.many(raw, [(seeker, sql.EVERY_LIFE) for seeker in seekers])
        for seeker in seekers:
            shelf.memory.forget(seeker)
    return len(seekers)


def forget_programs(raw: sqlite3.Connection) -> int:
    """Bundles no conversation is pinned to, the newest excepted."""
    return sql.PROGRAM_UNUSED.one(raw)
