"""Reading: everything held of some seekers, opened. Runs on the database's thread.

A row that does not open (flipped bits, a row moved by hand) costs its own seeker that row and nobody else anything: the field counts as
not held, the version is kept so that the next write replaces it, and `Shelf.unreadable` counts it for the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from bot.domain.seeker import SeekerId
from bot.security.sealing import Cipher, SealBroken
from bot.storage import places
from bot.storage import statements as sql
from bot.storage.known import NOBODY, Known, Shelf
from bot.usecases.ports import ChatMessage, Held

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Found:
    """The rows of one seeker, before they are put together."""

    ciphers: dict[int, Cipher] = field(default_factory=dict)
    life: int = 0
    conversation: sql.Answer | None = None
    addresses: dict[int, int] = field(default_factory=dict)
    messages: list[ChatMessage] = field(default_factory=list)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    covered_until: int = 0
    erased: int = 0
    remains: bool = False


def known_of(raw: sqlite3.Connection, shelf: Shelf, seekers: Iterable[SeekerId]) -> dict[SeekerId, Known]:
    """What is known of each: from memory, else read and remembered. Only what is committed may be read here."""
    known: dict[SeekerId, Known] = {}
    missing: list[SeekerId] = []
    for seeker in seekers:
        remembered = shelf.memory.get(seeker)
        if remembered is None:
            missing.append(seeker)
        else:
            known[seeker] = remembered
    if missing:
        known |= load(raw, shelf, missing)
    return known


def load(raw: sqlite3.Connection, shelf: Shelf, seekers: Sequence[SeekerId]) -> dict[SeekerId, Known]:
    """Read these seekers and remember them."""
    rows = {seeker: _Found() for seeker in seekers}
    _read_keys(raw, shelf, rows)
    for answer in sql.CONVERSATIONS.all(raw, seekers):
        rows[answer[0]].conversation = answer
    _read_addresses(raw, shelf, rows)
    _read_messages(raw, shelf, rows)
    for seeker, sealed, _ in sql.COVERS.all(raw, seekers):
        rows[seeker].covered_until = _opened(shelf, places.open_cover, shelf.keyring.marks, seeker, sealed) or 0
    for seeker, life in sql.ERASURES.all(raw, seekers):
        rows[seeker].erased = life
    for seeker, _ in sql.REMAINS.all(raw, seekers):
        rows[seeker].remains = True
    known = {seeker: _put_together(shelf, seeker, found) for seeker, found in rows.items()}
    for seeker, one in known.items():
        shelf.memory.put(seeker, one)
    return known


def _opened(shelf: Shelf, opening: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    try:
        return opening(*args, **kwargs)
    except SealBroken:
        shelf.unreadable += 1
        return None


def _read_keys(raw: sqlite3.Connection, shelf: Shelf, rows: dict[SeekerId, _Found]) -> None:
    unwrap = shelf.keyring.unwrap
    for seeker, life, wrapped, epoch, _ in sql.KEYS.all(raw, list(rows)):
        found = rows[seeker]
        found.life = max(found.life, life)
        owner = places.key_owner(seeker, life)
        secret = _opened(shelf, unwrap, wrapped, owner=owner, epoch=epoch)
        if secret is not None:
            found.ciphers[life] = Cipher(secret)


def _read_addresses(raw: sqlite3.Connection, shelf: Shelf, rows: dict[SeekerId, _Found]) -> None:
    for seeker, life, sealed in sql.ADDRESSES.all(raw, list(rows)):
        cipher = rows[seeker].ciphers.get(life)
        if cipher is None:
            continue
        chat_id = _opened(shelf, places.open_address, cipher, seeker, life, sealed)
        if chat_id is not None:
            rows[seeker].addresses[life] = chat_id


def _read_messages(raw: sqlite3.Connection, shelf: Shelf, rows: dict[SeekerId, _Found]) -> None:
    for row, seeker, life, version, sealed, _ in sql.MESSAGES.all(raw, list(rows)):
        found = rows[seeker]
        cipher = found.ciphers.get(life)
        if cipher is None:
            continue
        message = _opened(shelf, places.open_message, cipher, seeker, row, version, sealed)
        if message is not None:
            found.messages.append(message)
            found.places[row] = (life, version)


def _put_together(shelf: Shelf, seeker: SeekerId, found: _Found) -> Known:
    if not (found.life or found.covered_until or found.erased or found.remains or found.conversation):
        return NOBODY
    row_life, version, program, due_slot, touched_day = 0, 0, "", None, 0
    due_at: int | None = None
    conversation: bytes | None = None
    if found.conversation is not None:
        _, row_life, version, program, sealed, due_slot, touched_day = found.conversation
        cipher = found.ciphers.get(row_life)
        opening = None if cipher is None else _opened(shelf, places.open_conversation, cipher, seeker, version, sealed)
        if opening is not None:
            due_at, conversation = opening
    newest = found.ciphers.pop(found.life, None)
    usual = (found.life, 1)
    return Known(
        held=Held(
            version=version,
            conversation=conversation,
            chat_id=found.addresses.get(max(found.addresses)) if found.addresses else None,
            messages=tuple(found.messages),
            covered_until=found.covered_until,
            erasing=found.erased > 0,
            older_remains=found.remains,
        ),
        life=found.life,
        cipher=newest,
        erased=found.erased,
        older=MappingProxyType(found.ciphers),
        unusual=MappingProxyType({row: where for row, where in found.places.items() if where != usual}),
        program=program,
        due_slot=due_slot,
        due_at=due_at,
        touched_day=touched_day,
        row_life=row_life,
    )
