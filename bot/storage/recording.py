"""Recording what came of deliveries, many in one transaction. Runs on the database's thread.

Repeating a record is harmless: items and messages are removed by number, and a number is never given twice. A message that was sent for
somebody whose key is gone already cannot be sealed, and so is not kept: it is answered with row 0.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.domain.seeker import SeekerId
from bot.storage import statements as sql
from bot.storage.desk_rows import DeskRows
from bot.storage.errors import down
from bot.storage.known import Known, Shelf
from bot.storage.reading import known_of
from bot.storage.tables import day
from bot.storage.writing import Hook, look_at, stage_messages, transaction
from bot.usecases.ports import ChatMessage, Delivery, DeliveryRecord

Added = tuple[ChatMessage, ...]


def record(raw: sqlite3.Connection, shelf: Shelf, records: Sequence[DeliveryRecord], now: int, hook: Hook) -> list[Added]:
    """Write the records; each one's messages come back with their rows. Raises `StorageDown`."""
    try:
        return _together(raw, shelf, records, now, hook)
    except Exception as error:  # one bad record must not lose the others: they are replayed one by one
        _raise_when_down(error)
    return [_alone(raw, shelf, one, now, hook) for one in records]


def _raise_when_down(error: Exception) -> None:
    meaning = down(error)
    if meaning is not None:
        raise meaning from None


def _alone(raw: sqlite3.Connection, shelf: Shelf, one: DeliveryRecord, now: int, hook: Hook) -> Added:
    """One record; when it cannot be stored, then with less: what happened at the desk without the values that had moved on, then without
    it, then without its messages, so that at least nothing is sent a second time."""
    for attempt in _less_and_less(one):
        try:
            added = _together(raw, shelf, [attempt], now, hook)[0]
        except Exception as error:  # what cannot be stored is told by row 0 and counted, never raised at somebody else's record
            _raise_when_down(error)
            shelf.unreadable += 1
        else:
            return added or one.added
    return one.added


def _less_and_less(one: DeliveryRecord) -> list[DeliveryRecord]:
    attempts = [one]
    if one.desk is not None:
        attempts += [replace(one, desk=replace(one.desk, cases=(), responders=(), shred=())), replace(one, desk=None)]
    return [*attempts, replace(one, desk=None, added=())]


def _together(raw: sqlite3.Connection, shelf: Shelf, records: Sequence[DeliveryRecord], now: int, hook: Hook) -> list[Added]:
    before = known_of(raw, shelf, dict.fromkeys(record.seeker for record in records))
    known = {seeker: one.copy() for seeker, one in before.items()}
    lives = _lives(raw, records, known)
    messages: list[sql.Row] = []
    added = [_stage(shelf, record, known[record.seeker], lives, messages) for record in records]
    desk = _stage_desk(raw, shelf, records)
    with transaction(raw, hook):
        _write(raw, records, messages, now)
        if desk is not None:
            desk.write(raw, shelf)
    if desk is not None:
        desk.settle(shelf)
    for seeker, one in known.items():
        shelf.memory.put(seeker, one)
    for stored in added:
        for message in stored:
            shelf.next_look = min(shelf.next_look, look_at(message))
    return added


def _stage_desk(raw: sqlite3.Connection, shelf: Shelf, records: Sequence[DeliveryRecord]) -> DeskRows | None:
    desk = None
    for record in records:
        if record.desk is not None:
            desk = desk or DeskRows()
            desk.stage(raw, shelf, record.desk)
    return desk


def _lives(raw: sqlite3.Connection, records: Sequence[DeliveryRecord], known: Mapping[SeekerId, Known]) -> dict[int, int]:
    """Item -> life, for seekers who have more than one: what was sent for an old life goes with the old life."""
    items = [record.item for record in records if record.item and record.added and known[record.seeker].older]
    return dict(sql.OUTBOX_LIVES.all(raw, sql.numbers(items))) if items else {}


def _stage(shelf: Shelf, record: DeliveryRecord, known: Known, lives: Mapping[int, int], rows: list[sql.Row]) -> Added:
    if record.removed:
        gone = frozenset(record.removed)
        known.messages = tuple(message for message in known.messages if message.row not in gone)
        if known.unusual:
            known.unusual = MappingProxyType({row: where for row, where in known.unusual.items() if row not in gone})
    known.older_remains = known.older_remains or record.older_remains
    life = lives.get(record.item, known.life)
    if known.cipher is None if life == known.life else life not in known.older:
        return record.added
    return stage_messages(shelf, record.seeker, known, record.added, rows, life)


def _write(raw: sqlite3.Connection, records: Sequence[DeliveryRecord], messages: Sequence[sql.Row], now: int) -> None:
    done = [record.item for record in records if record.item and record.outcome is not Delivery.RETRY]
    if done:
        sql.OUTBOX_GONE.one(raw, sql.numbers(done))
    sql.OUTBOX_RETRY.many(raw, [(r.not_before, r.item) for r in records if r.item and r.outcome is Delivery.RETRY])
    removed = [row for record in records for row in record.removed]
    if removed:
        sql.MESSAGE_GONE.one(raw, sql.numbers(removed))
    sql.MESSAGE_NEW.run(raw, messages)
    sql.REMAINS_KEPT.many(raw, [(record.seeker, day(now)) for record in records if record.older_remains])
