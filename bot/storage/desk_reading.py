"""Reading the desk: cases, words, staff, what is owed. Runs on the database's thread.

A row that does not open costs only itself and is counted in `Shelf.unreadable`, as everywhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.domain.audit import AuditEntry
from bot.domain.case import Case, Complaint, Note, Waited, Words
from bot.domain.staff import Responder
from bot.security.sealing import Cipher, SealBroken
from bot.storage import desk_places as places
from bot.storage import desk_statements as sql
from bot.storage import trail
from bot.storage.desk_rows import heard_of, key_of, opened_key
from bot.storage.errors import StorageForeign
from bot.storage.known import Shelf
from bot.storage.places import key_owner as seeker_key_owner
from bot.storage.rendering import Answer
from bot.storage.statements import ANY_KEY
from bot.usecases.desk_ports import DeskItem, DeskMessage, Staff

T = TypeVar("T")


def begin(raw: sqlite3.Connection, shelf: Shelf) -> None:
    """Counters."""
    slot, reserved = sql.STATE.first(raw) or (-1, 0)
    shelf.desk.slot, shelf.desk.reserved, shelf.desk.numbers = int(slot), int(reserved), int(reserved)
    shelf.desk.newest_seen = int((sql.NEWEST_SEEN.first(raw) or (0,))[0] or 0)


def belongs(raw: sqlite3.Connection, shelf: Shelf) -> None:
    """Whether these keys are this database's: any seeker's key tells, else whether anybody of the staff opens. Raises `StorageForeign`."""
    key = ANY_KEY.first(raw)
    if key is None:
        rows, counted = sql.RESPONDERS.all(raw), shelf.unreadable
        if rows and not _opened(shelf, rows, lambda row: _responder(shelf, row)):
            raise StorageForeign(str(StorageForeign.__doc__))
        shelf.unreadable = counted  # they are counted when they are asked for
        return
    seeker, life, wrapped, epoch, _ = key
    try:
        shelf.keyring.unwrap(wrapped, owner=seeker_key_owner(seeker, life), epoch=epoch)
    except SealBroken:
        raise StorageForeign(str(StorageForeign.__doc__)) from None


def _opened(shelf: Shelf, rows: Sequence[Answer], opening: Callable[[Answer], T]) -> list[T]:
    found: list[T] = []
    for row in rows:
        try:
            found.append(opening(row))
        except SealBroken:
            shelf.unreadable += 1
    return found


def cases(raw: sqlite3.Connection, shelf: Shelf) -> list[Case]:
    """Every case but erased ones."""
    found: list[Case] = []
    for case, seeker, version, sealed, wrapped, epoch in sql.CASES.all(raw):
        cipher = opened_key(shelf, case, wrapped, epoch)
        if cipher is not None:
            found += _opened(shelf, [(cipher, case, seeker, version, sealed)], lambda row: places.open_case(*row))
    for one in found:
        shelf.desk.heard[one.id] = heard_of(one)
    return found


def _cipher(raw: sqlite3.Connection, shelf: Shelf, case: int) -> Cipher:
    cipher = key_of(raw, shelf, case)
    if cipher is None:
        raise SealBroken("no key")
    return cipher


def _word(raw: sqlite3.Connection, shelf: Shelf, row: Answer) -> Words:
    number, case, version, _, sealed = row
    found = places.WORDS.open(_cipher(raw, shelf, case), places.numbered(case, number), version, sealed)
    return replace(found, version=version)


def words(raw: sqlite3.Connection, shelf: Shelf, case: int) -> list[Words]:
    """A case's words, oldest first."""
    return _opened(shelf, sql.WORDS.all(raw, case), lambda row: _word(raw, shelf, row))


def words_on_the_way(raw: sqlite3.Connection, shelf: Shelf) -> list[Words]:
    """Held, outside a window, or queued."""
    return _opened(shelf, sql.WORDS_ON_THE_WAY.all(raw), lambda row: _word(raw, shelf, row))


def notes(raw: sqlite3.Connection, shelf: Shelf, case: int) -> list[Note]:
    """A case's notes, oldest first."""
    return _opened(
        shelf,
        sql.NOTES.all(raw, case),
        lambda row: places.NOTE.open(_cipher(raw, shelf, row[1]), places.numbered(row[1], row[0]), 1, row[2]),
    )


def _responder(shelf: Shelf, row: Answer) -> Responder:
    number, account, _, _, _, version, sealed = row
    return places.open_responder(shelf.keyring.staff, number, account, version, sealed)


def responders(raw: sqlite3.Connection, shelf: Shelf) -> list[Responder]:
    """Everybody who answers or did; also inside a transaction."""
    return _opened(shelf, sql.RESPONDERS.all(raw), lambda row: _responder(shelf, row))


def staff(raw: sqlite3.Connection, shelf: Shelf) -> Staff:
    """Everybody, of one moment."""
    shelf.desk.data_version = _data_version(raw)  # before the look: a write in between is told the next time
    key = shelf.keyring.staff
    raw.execute("BEGIN")
    try:
        rows = [statement.all(raw) for statement in (sql.RESPONDERS, sql.SHIFTS, sql.DOORS)]
    finally:
        raw.execute("ROLLBACK")
    return Staff(
        responders=tuple(_opened(shelf, rows[0], lambda row: _responder(shelf, row))),
        shifts=tuple(_opened(shelf, rows[1], lambda row: places.SHIFT.open(key, places.numbered(row[0], row[1]), 1, row[2]))),
        doors=tuple(_opened(shelf, rows[2], lambda row: places.DOOR.open(key, row[0].encode(), 1, row[2]))),
    )


def staff_moved(raw: sqlite3.Connection, shelf: Shelf) -> bool:
    """Whether another connection has committed anything since the last look."""
    before, shelf.desk.data_version = shelf.desk.data_version, _data_version(raw)
    return before != shelf.desk.data_version


def _data_version(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def complaints(raw: sqlite3.Connection, shelf: Shelf) -> list[Complaint]:
    """Every complaint kept."""
    key = shelf.keyring.staff
    return _opened(shelf, sql.COMPLAINTS.all(raw), lambda row: places.COMPLAINT.open(key, places.numbered(row[0]), 1, row[2]))


def waited(raw: sqlite3.Connection, shelf: Shelf, since_day: int) -> list[Waited]:
    """How long people waited since that day."""
    key = shelf.keyring.staff
    return _opened(
        shelf, sql.WAITED.all(raw, since_day), lambda row: places.WAITED.open(key, places.numbered(row[2]) + row[1].encode(), 1, row[3])
    )


def owed(raw: sqlite3.Connection, shelf: Shelf) -> list[DeskItem]:
    """What is owed to responders, oldest first."""
    return _opened(
        shelf,
        sql.OWED.all(raw),
        lambda row: places.open_item(_cipher(raw, shelf, row[2]) if row[2] else shelf.keyring.staff, *row),
    )


def messages(raw: sqlite3.Connection, shelf: Shelf, responder: int, case: int | None) -> list[DeskMessage]:
    """What stands in a responder's chat."""
    rows = sql.MESSAGES.all(raw, responder) if case is None else sql.MESSAGES_OF_CASE.all(raw, responder, case)
    key = shelf.keyring.staff
    return _opened(shelf, rows, lambda row: places.MESSAGE.open(key, places.numbered(row[0], row[1], row[2]), 1, row[4]))


def newest_entries(raw: sqlite3.Connection, shelf: Shelf, limit: int) -> list[AuditEntry]:
    """The newest of the trail, oldest first."""
    found, broken = trail.newest(raw, shelf.keyring, limit)
    shelf.unreadable += broken
    return found


def keep_head(raw: sqlite3.Connection, shelf: Shelf) -> None:
    """Write the trail's end beside the database."""
    try:
        end = trail.end_of(raw, shelf.keyring)
    except SealBroken:
        shelf.unreadable += 1
        return
    if end.seq and shelf.desk.head is not None:
        trail.Head(shelf.desk.head).write(end)
