"""`DeskStorage` over SQLite: the desk's part of an open database. Its promises are told in `bot.usecases.desk_ports`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.domain.audit import AuditEntry
from bot.domain.case import Case, Complaint, Note, Waited, Words
from bot.storage import desk_reading, desk_writing
from bot.storage.database import Database
from bot.storage.desk_rows import removes
from bot.storage.erasing import truncated
from bot.storage.known import Shelf
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskVerdict, DeskWrite, Staff
from bot.usecases.ports import StorageDown


class SqlDesk:
    """Each call is one visit to the database's thread, and one more when words were removed."""

    __slots__ = ("_database", "_hook", "_shelf")

    def __init__(self, database: Database, shelf: Shelf, hook: Callable[[str], None]) -> None:
        self._database = database
        self._shelf = shelf
        self._hook = hook

    @property
    def unreadable(self) -> int:
        """Rows met since the start that did not open: above 0 somebody should look at the file."""
        return self._shelf.unreadable

    def desk_number(self) -> int:
        return self._shelf.desk.number()

    async def write_desk(self, write: DeskWrite) -> DeskVerdict:
        verdict = (await self._database.run(lambda raw: desk_writing.write_desk(raw, self._shelf, write, self._hook))).verdict
        if verdict is DeskVerdict.COMMITTED and removes(write):
            await self.empty_log()
        return verdict

    async def empty_log(self) -> None:
        """After a commit that removed words. What was committed stands whatever comes of it: the next purge tries again."""
        with suppress(StorageDown):
            await self.truncate_log()

    async def truncate_log(self) -> bool:
        return await self._database.run(self._truncate)

    def _truncate(self, raw: sqlite3.Connection) -> bool:
        emptied = truncated(raw, self._database.log)
        self._shelf.residue = self._shelf.residue and not emptied
        return emptied

    async def desk_seen(self, update_ids: Sequence[int]) -> frozenset[int]:
        if not any(update_id <= self._shelf.desk.newest_seen for update_id in update_ids):
            return frozenset()
        return await self._database.run(lambda raw: desk_writing.seen(raw, self._shelf, list(update_ids)))

    async def cases(self) -> Sequence[Case]:
        return await self._database.run(lambda raw: desk_reading.cases(raw, self._shelf))

    async def words(self, case: int) -> Sequence[Words]:
        return await self._database.run(lambda raw: desk_reading.words(raw, self._shelf, case))

    async def unfinished_words(self) -> Sequence[Words]:
        return await self._database.run(lambda raw: desk_reading.words_on_the_way(raw, self._shelf))

    async def notes(self, case: int) -> Sequence[Note]:
        return await self._database.run(lambda raw: desk_reading.notes(raw, self._shelf, case))

    async def staff(self) -> Staff:
        return await self._database.run(lambda raw: desk_reading.staff(raw, self._shelf))

    async def staff_moved(self) -> bool:
        return await self._database.run(lambda raw: desk_reading.staff_moved(raw, self._shelf))

    async def complaints(self) -> Sequence[Complaint]:
        return await self._database.run(lambda raw: desk_reading.complaints(raw, self._shelf))

    async def waited(self, since_day: int) -> Sequence[Waited]:
        return await self._database.run(lambda raw: desk_reading.waited(raw, self._shelf, since_day))

    async def desk_owed(self) -> Sequence[DeskItem]:
        return await self._database.run(lambda raw: desk_reading.owed(raw, self._shelf))

    async def desk_messages(self, responder: int, case: int | None = None) -> Sequence[DeskMessage]:
        return await self._database.run(lambda raw: desk_reading.messages(raw, self._shelf, responder, case))

    async def audit_trail(self, limit: int = 100) -> Sequence[AuditEntry]:
        return await self._database.run(lambda raw: desk_reading.newest_entries(raw, self._shelf, limit))

    async def keep_head(self) -> None:
        """Write the trail's end beside the database, when there is a trail: after a restore, whose trail ends earlier than the former's."""
        await self._database.run(lambda raw: desk_reading.keep_head(raw, self._shelf))
