"""What waits: items owed, timers due, messages to delete, erasures begun. Runs on the database's thread.

The tables hold times cut to slots. Whatever lies in an earlier slot is surely due; in the slot of now the exact times, inside the seals,
decide. The next exact time is remembered, so that asking again before it costs nothing.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.domain.seeker import SeekerId
from bot.security.sealing import SealBroken
from bot.storage import places
from bot.storage import statements as sql
from bot.storage.known import Known, Shelf
from bot.storage.reading import known_of
from bot.storage.tables import SLOT_SECONDS, slot
from bot.storage.writing import look_at
from bot.usecases.ports import ChatMessage, Held, OutboxItem, Priority

_PAGE: Final = 64


def owed(raw: sqlite3.Connection, shelf: Shelf) -> list[tuple[OutboxItem, Held]]:
    """Every outbox item, oldest first. An item that does not open is left out and counted."""
    answers = sql.OWED.all(raw)
    known = known_of(raw, shelf, dict.fromkeys(answer[1] for answer in answers))
    found: list[tuple[OutboxItem, Held]] = []
    for answer in answers:
        item = _item(shelf, answer, known[answer[1]])
        if item is not None:
            found.append((item, known[answer[1]].held()))
    return found


def _item(shelf: Shelf, answer: sql.Answer, known: Known) -> OutboxItem | None:
    row, seeker, life, kind, sealed, priority, not_before, attempts = answer
    cipher = known.ciphers().get(life)
    try:
        if cipher is None:
            raise SealBroken("no key")
        payload = places.open_payload(cipher, seeker, row, sealed)
    except SealBroken:
        shelf.unreadable += 1
        return None
    return OutboxItem(
        row=row,
        seeker=seeker,
        kind=kind,
        payload=payload,
        priority=Priority(priority),
        not_before=not_before,
        attempts=attempts,
    )


def due(raw: sqlite3.Connection, shelf: Shelf, now: int, limit: int) -> list[SeekerId]:
    """Seekers whose exact due time has come, the longest overdue slot first. One whose row does not open has nothing that could fire."""
    this = slot(now)
    late = known_of(raw, shelf, [answer[0] for answer in sql.LATE.all(raw, this, limit)])
    found = [seeker for seeker, known in late.items() if known.conversation is not None]
    if len(found) >= limit:
        return found
    coming = this + SLOT_SECONDS
    for seeker, known in known_of(raw, shelf, [answer[0] for answer in sql.IN_SLOT.all(raw, this)]).items():
        if known.conversation is None or known.due_at is None:
            continue
        if known.due_at <= now:
            found.append(seeker)
        else:
            coming = min(coming, known.due_at)
    if not found:
        shelf.next_due = coming
    return found[:limit]


def overdue_messages(raw: sqlite3.Connection, shelf: Shelf, now: int, limit: int) -> list[tuple[SeekerId, int, tuple[ChatMessage, ...]]]:
    """Seekers with messages to delete now, most overdue slot first. People being erased are left to their erasure."""
    this = slot(now)
    seekers = [answer[0] for answer in sql.LOOKED_AT.all(raw, this)]
    seekers += [answer[0] for answer in sql.LOOKED_AT_IN_SLOT.all(raw, this)]
    found: dict[SeekerId, tuple[SeekerId, int, tuple[ChatMessage, ...]]] = {}
    coming = this + SLOT_SECONDS
    for start in range(0, len(seekers), _PAGE):
        for seeker, known in known_of(raw, shelf, seekers[start : start + _PAGE]).items():
            messages = tuple(m for m in known.messages if m.delete_at is not None and m.delete_at <= now)
            if messages and known.chat_id is not None and not known.erased:
                found[seeker] = (seeker, known.chat_id, messages)
            coming = min([coming, *(look_at(m) for m in known.messages if look_at(m) > now)])
        if len(found) >= limit:
            break
    if not found:
        shelf.next_look = coming
    return list(found.values())[:limit]


def begun_erasures(raw: sqlite3.Connection, shelf: Shelf) -> list[tuple[SeekerId, int | None, tuple[ChatMessage, ...]]]:
    """Erasures not finished, with what must still leave the chat: messages of the lives being erased, not of a newer one."""
    known = known_of(raw, shelf, [answer[0] for answer in sql.BEGUN.all(raw)])
    return [(seeker, one.chat_id, _ending(one)) for seeker, one in known.items()]


def _ending(known: Known) -> tuple[ChatMessage, ...]:
    return tuple(m for m in known.messages if known.where(m.row)[0] <= known.erased)
