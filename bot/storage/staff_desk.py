"""Who answers, managed from the command line, also while the bot runs: its own connection, no lock on the data folder.

Only what both processes may write is written here: responders, shifts, doors and the trail. Their numbers and the trail's end are looked up
inside the transaction, the bot sees `DeskStorage.staff_moved`, and SQLite makes one wait for the other. A reader here ends with its call,
so an erasure of the bot finds nobody in its way once a command has ended.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from bot.domain.audit import AuditEntry
from bot.domain.staff import Responder, ResponderState
from bot.security.keyring import Keyring
from bot.storage import desk_reading, trail
from bot.storage.database import Database, Options
from bot.storage.desk_rows import DeskRows
from bot.storage.desk_writing import DeskWritten, write_desk
from bot.storage.known import Memory, Shelf
from bot.storage.trail import End, Finding, Head
from bot.storage.writing import transaction
from bot.usecases.desk_ports import DeskWrite, Staff

ALLOWED: Final = frozenset({"at", "responders", "doors", "shifts", "shifts_gone", "audit"})
"""What of a `DeskWrite` may be filled here."""


class AliasTaken(Exception):
    """Somebody else answers under this alias. Choose another: people must never be taken for each other."""


async def open_staff(path: Path, keyring: Keyring, *, options: Options | None = None) -> StaffStorage:
    """Open the database file at `path` (made when missing). Raises `StorageDown`, `StorageDamaged`, `StorageForeign`."""
    database = await Database.open(path, options or Options())
    shelf = Shelf(keyring=keyring, memory=Memory(1))
    shelf.desk.head = path.with_name(trail.HEAD_FILE)
    try:
        await database.run(lambda raw: desk_reading.begin(raw, shelf))
        await database.run(lambda raw: desk_reading.belongs(raw, shelf))
    except BaseException:
        await database.close()
        raise
    return StaffStorage(database, shelf)


class StaffStorage:
    """A context manager. All calls may raise `StorageDown`."""

    __slots__ = ("_database", "_head", "_shelf")

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self._head = Head(shelf.desk.head or database.path.with_name(trail.HEAD_FILE))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def staff(self) -> Staff:
        """Everybody, as stored now."""
        return await self._database.run(lambda raw: desk_reading.staff(raw, self._shelf))

    async def open_cases(self) -> Mapping[int, int]:
        """How many open cases each responder has, by number; nobody who has none."""
        found = await self._database.run(lambda raw: desk_reading.cases(raw, self._shelf))
        return Counter(one.responder for one in found if one.open and one.responder is not None)

    async def invite(self, responder: Responder, *, at: int, audit: Sequence[AuditEntry] = ()) -> int:
        """Store somebody invited (`id` 0, `version` 0); answers their number. In `audit`, `responder:0` is them. Raises `AliasTaken`."""
        write = DeskWrite(at=at, responders=(replace(responder, id=0, version=0),), audit=tuple(audit))
        return await self._database.run(lambda raw: self._invite(raw, responder.alias, write))

    def _invite(self, raw: sqlite3.Connection, alias: str, write: DeskWrite) -> int:
        rows = DeskRows()
        rows.stage(raw, self._shelf, write)
        with transaction(raw, _no_hook):
            for one in desk_reading.responders(raw, self._shelf):
                if one.alias.casefold() == alias.casefold() and one.state is not ResponderState.REVOKED:
                    raise AliasTaken(str(AliasTaken.__doc__))
            rows.write(raw, self._shelf)
        rows.settle(self._shelf)
        return rows.responders_new[0]

    async def write_desk(self, write: DeskWrite) -> DeskWritten:
        """Write responders, shifts, doors and entries; expects versions as the bot does. Raises `ValueError` for anything else."""
        filled = {name for name in DeskWrite.__slots__ if getattr(write, name)}
        if not filled <= ALLOWED:
            raise ValueError(f"not from here: {', '.join(sorted(filled - ALLOWED))}")
        return await self._database.run(lambda raw: write_desk(raw, self._shelf, write, _no_hook))

    async def audit_verify(self) -> Sequence[Finding]:
        """Look the whole trail over; what is wrong, in order. Nothing: the trail is whole."""
        return await self._database.run(lambda raw: trail.verify(raw, self._shelf.keyring, self._head))

    async def audit_trail(self, limit: int = 100) -> Sequence[AuditEntry]:
        """The newest entries, oldest first."""
        return await self._database.run(lambda raw: desk_reading.newest_entries(raw, self._shelf, limit))

    async def audit_end(self) -> End:
        """The newest entry's number and digest: what is worth copying to another machine every day."""
        return await self._database.run(lambda raw: trail.end_of(raw, self._shelf.keyring))

    async def close(self) -> None:
        """Let go."""
        await self._database.close()


def _no_hook(_: str) -> None:
    """Nothing happens at the named points."""
