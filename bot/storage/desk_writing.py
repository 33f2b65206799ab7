"""Writing one event of the desk by itself: whole or not at all, with a verdict. Runs on the database's thread."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bot.storage import desk_statements as sql
from bot.storage.desk_rows import ConsentMissing, DeskConflict, DeskRows
from bot.storage.known import Shelf
from bot.storage.rendering import numbers
from bot.storage.writing import Hook, transaction
from bot.usecases.desk_ports import DeskVerdict, DeskWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWritten:
    """How it fared. `responders`, `shifts`: their numbers in the order given, when committed."""

    verdict: DeskVerdict
    responders: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()


def write_desk(raw: sqlite3.Connection, shelf: Shelf, write: DeskWrite, hook: Hook) -> DeskWritten:
    """Write one event. Raises `sqlite3.Error` when storage is down, and what a value that cannot be stored brings about."""
    if write.update_id is not None and seen(raw, shelf, [write.update_id]):
        return DeskWritten(verdict=DeskVerdict.SEEN)
    rows = DeskRows()
    try:
        rows.stage(raw, shelf, write)
        with transaction(raw, hook):
            rows.write(raw, shelf)
    except DeskConflict:
        return DeskWritten(verdict=DeskVerdict.CONFLICT)
    except ConsentMissing:
        return DeskWritten(verdict=DeskVerdict.REFUSED)
    rows.settle(shelf)
    return DeskWritten(verdict=DeskVerdict.COMMITTED, responders=rows.responders_new, shifts=rows.shifts_new)


def seen(raw: sqlite3.Connection, shelf: Shelf, update_ids: list[int]) -> frozenset[int]:
    """Which of these updates of the responders' bot were committed before."""
    maybe = [update_id for update_id in update_ids if update_id <= shelf.desk.newest_seen]
    return frozenset(answer[0] for answer in sql.SEEN.all(raw, numbers(maybe))) if maybe else frozenset()
