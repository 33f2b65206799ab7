"""Finishing an erasure: the key is destroyed, every row of the lives it covers goes, and the log is truncated. On the database's thread.

Deleting is not enough: the write-ahead log keeps old pages, and the file keeps them until they are checkpointed. So: delete all but the
mark that an erasure was begun, checkpoint with TRUNCATE and look that nobody held it back; only then delete the mark, and checkpoint once
more. A crash anywhere in between leaves the mark, and the next start begins with a checkpoint and finds the mark.

A new conversation may begin before the old erasure is finished (the person touches Start while messages are still being deleted). It is
a new *life* with a key and an address of its own, so the old one can be finished at any later time without touching it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.domain.seeker import SeekerId
from bot.storage import desk_statements
from bot.storage import statements as sql
from bot.storage.known import Shelf
from bot.storage.writing import Hook, transaction


def finish(raw: sqlite3.Connection, shelf: Shelf, seeker: SeekerId, log: Path, hook: Hook) -> bool:
    """True when nothing of what was erased is left in the database or its log."""
    begun = sql.ERASURES.all(raw, [seeker])
    cases = [int(case) for (case,) in desk_statements.MARKED_OF.all(raw, seeker)]
    if begun or cases:
        _destroy(raw, shelf, seeker, int(begun[0][1]) if begun else None, cases, hook)
        hook("between_key_and_checkpoint")
        if not truncated(raw, log):
            return False
        with transaction(raw, hook):
            sql.ERASURE_GONE.one(raw, seeker)
    return truncated(raw, log)


def _destroy(raw: sqlite3.Connection, shelf: Shelf, seeker: SeekerId, life: int | None, cases: list[int], hook: Hook) -> None:
    with transaction(raw, hook):
        if life is not None:
            for statement in sql.LIFE_GONE:
                statement.one(raw, seeker, life)
            sql.REMAINS_GONE.one(raw, seeker)
        desk_statements.forget_cases(raw, cases)  # normally shredded with the erasure itself: these were only marked
    shelf.memory.forget(seeker)
    for case in cases:
        shelf.desk.forget(case)


def truncated(raw: sqlite3.Connection, log: Path) -> bool:
    """Move the log into the database and cut it to nothing; False when a reader elsewhere held it back."""
    patience = raw.execute("PRAGMA busy_timeout").fetchone()[0]
    raw.execute("PRAGMA busy_timeout=50")  # everybody waits for this thread: the caller comes again instead
    try:
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience}")
    return not busy and (not log.exists() or log.stat().st_size == 0)
