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
from bot.storage.known import Known, Shelf
from bot.usecases.ports import ChatMessage

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
    known = look(raw, shelf, seekers)
    for seeker, one in known.items():
        shelf.memory.put(seeker, one)
    return known


def look(raw: sqlite3.Connection, shelf: Shelf, seekers: Sequence[SeekerId]) -> dict[SeekerId, Known]:
    """Read these seekers without remembering them: whoever passes over many must not push out those who are talking."""
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
    return {seeker: _put_together(shelf, seeker, found) for seeker, found in rows.items()}


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
    known = Known(
        chat_id=found.addresses[max(found.addresses)] if found.addresses else None,
        messages=tuple(found.messages),
        covered_until=found.covered_until,
        older_remains=found.remains,
        life=max(found.life, found.erased),  # an erased life's number is never given again, even when its key has gone already
        cipher=found.ciphers.get(max(found.life, found.erased)),
        erased=found.erased,
    )
    if found.life > 1:
        known.older = MappingProxyType({life: cipher for life, cipher in found.ciphers.items() if life != found.life})
    unusual = {row: where for row, where in found.places.items() if where != (found.life, 1)}
    if unusual:
        known.unusual = MappingProxyType(unusual)
    if found.conversation is not None:
        _, known.row_life, known.version, known.program, sealed, known.due_slot, known.touched_day = found.conversation
        cipher = found.ciphers.get(known.row_life)
        if cipher is not None:
            opened = _opened(shelf, places.open_conversation, cipher, seeker, known.version, sealed)
            known.due_at, known.conversation = opened or (None, None)
    return known
