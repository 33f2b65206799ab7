"""`Storage` over SQLite: each call is one visit to the database's thread, and most reads need none.

`open_storage` opens a file with the keys of its folder. All that is remembered in memory is described in `known`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from bot.domain.seeker import SeekerId
from bot.security.keyring import Keyring
from bot.storage import desk_reading, desk_retention, erasing, recording, retention, trail, waiting, writing
from bot.storage import statements as sql
from bot.storage.database import Database, Options
from bot.storage.desk_rows import removes
from bot.storage.desk_storage import SqlDesk
from bot.storage.known import Memory, Shelf
from bot.storage.reading import known_of
from bot.storage.tables import slot
from bot.usecases.ports import Change, ChatMessage, Clock, DeliveryRecord, Held, OutboxItem, Written

ATTEMPTS_ALLOWED = 3
"""After so many failures an update counts as seen."""


def _no_hook(_: str) -> None:
    """Nothing happens at the named points."""


async def open_storage(
    path: Path,
    keyring: Keyring,
    clock: Clock,
    *,
    options: Options | None = None,
    hook: Callable[[str], None] = _no_hook,
) -> SqlStorage:
    """Open the database file at `path` (made when missing). Raises `StorageDown` and its kinds `StorageDamaged`, `StorageForeign`.

    `hook` is called on the database's thread at the points a crash test names: before_commit, after_commit, between_key_and_checkpoint.
    """
    options = options or Options()
    database = await Database.open(path, options)
    shelf = Shelf(keyring=keyring, memory=Memory(options.remembered))
    shelf.desk.head = path.with_name(trail.HEAD_FILE)
    try:
        await database.run(lambda raw: _begin(raw, shelf))
    except BaseException:
        await database.close()
        raise
    return SqlStorage(database, shelf, clock, hook)


def _begin(raw: sqlite3.Connection, shelf: Shelf) -> None:
    """Counters, and whether these keys are this database's."""
    for name, statement in (
        ("newest_seen", sql.NEWEST_SEEN),
        ("message_rows", sql.NEWEST_MESSAGE),
        ("outbox_rows", sql.NEWEST_OUTBOX),
    ):
        setattr(shelf, name, int((statement.first(raw) or (0,))[0] or 0))
    desk_reading.belongs(raw, shelf)
    desk_reading.begin(raw, shelf)


class SqlStorage(SqlDesk):
    """See `bot.usecases.ports.Storage`: this class keeps its promises, whose words are there. The desk's part is `SqlDesk`."""

    __slots__ = ("_clock",)

    def __init__(self, database: Database, shelf: Shelf, clock: Clock, hook: Callable[[str], None]) -> None:
        super().__init__(database, shelf, hook)
        self._clock = clock

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read(self, seekers: Sequence[SeekerId], update_ids: Sequence[int]) -> tuple[Mapping[SeekerId, Held], frozenset[int]]:
        shelf = self._shelf
        maybe_seen = [update_id for update_id in update_ids if update_id <= shelf.newest_seen]
        held: dict[SeekerId, Held] = {}
        for seeker in seekers:
            known = shelf.memory.get(seeker)
            if known is None:
                return await self._database.run(lambda raw: self._read(raw, seekers, maybe_seen))
            held[seeker] = known.held()
        if maybe_seen:
            return await self._database.run(lambda raw: self._read(raw, seekers, maybe_seen))
        return held, frozenset()

    def _read(
        self, raw: sqlite3.Connection, seekers: Sequence[SeekerId], update_ids: Sequence[int]
    ) -> tuple[Mapping[SeekerId, Held], frozenset[int]]:
        known = known_of(raw, self._shelf, dict.fromkeys(seekers))
        seen = sql.SEEN.all(raw, sql.numbers(update_ids)) if update_ids else []
        return {seeker: one.held() for seeker, one in known.items()}, frozenset(answer[0] for answer in seen)

    async def write(self, changes: Sequence[Change]) -> Sequence[Written]:
        if not changes:
            return ()
        written = await self._database.run(lambda raw: writing.write(raw, self._shelf, changes, self._hook))
        if any(change.desk is not None and removes(change.desk) for change in changes):
            await self.empty_log()
        return written

    async def record(self, records: Sequence[DeliveryRecord]) -> Sequence[tuple[ChatMessage, ...]]:
        if not records:
            return ()
        now = int(self._clock.now())
        return await self._database.run(lambda raw: recording.record(raw, self._shelf, records, now, self._hook))

    async def owed(self) -> Sequence[tuple[OutboxItem, Held]]:
        return await self._database.run(lambda raw: waiting.owed(raw, self._shelf))

    async def due(self, now: int, limit: int) -> Sequence[SeekerId]:
        if now < self._shelf.next_due:
            return ()
        return await self._database.run(lambda raw: waiting.due(raw, self._shelf, now, limit))

    async def overdue_messages(self, now: int, limit: int) -> Sequence[tuple[SeekerId, int, tuple[ChatMessage, ...]]]:
        if now < self._shelf.next_look:
            return ()
        return await self._database.run(lambda raw: waiting.overdue_messages(raw, self._shelf, now, limit))

    async def begun_erasures(self) -> Sequence[tuple[SeekerId, int | None, tuple[ChatMessage, ...]]]:
        return await self._database.run(lambda raw: waiting.begun_erasures(raw, self._shelf))

    async def finish_erasure(self, seeker: SeekerId) -> bool:
        log = self._database.log
        return await self._database.run(lambda raw: erasing.finish(raw, self._shelf, seeker, log, self._hook))

    async def quarantine(self, update_id: int, error: str, at: int) -> int:
        return await self._database.run(lambda raw: self._quarantine(raw, update_id, error, at))

    def _quarantine(self, raw: sqlite3.Connection, update_id: int, error: str, at: int) -> int:
        failed = int((sql.QUARANTINED.first(raw, update_id) or (0,))[0]) + 1
        with writing.transaction(raw, self._hook):
            sql.QUARANTINE_PUT.one(raw, update_id, error, failed, slot(at))
            if failed >= ATTEMPTS_ALLOWED:
                sql.SEEN_KEPT.one(raw, update_id, slot(at))
        if failed >= ATTEMPTS_ALLOWED:
            self._shelf.newest_seen = max(self._shelf.newest_seen, update_id)
        return failed

    async def purge(self, now: int) -> Mapping[str, int]:
        run, shelf, hook, page = self._database.run, self._shelf, self._hook, retention.PAGE
        removed: Counter[str] = Counter()
        full = True
        while full:
            rows = await run(lambda raw: retention.forget_old_rows(raw, shelf, now, hook))
            removed.update(rows)
            full = max(rows.values()) >= page
        seekers = await run(lambda raw: retention.with_messages_to_look_at(raw, now))
        for start in range(0, len(seekers), page):
            part = seekers[start : start + page]
            removed["message"] += await run(partial(retention.forget_messages, shelf=shelf, seekers=part, now=now, hook=hook))
        full = True
        while full:
            gone = await run(lambda raw: retention.forget_abandoned(raw, shelf, now, hook))
            removed["conversation"] += gone
            full = gone >= page
        full = True
        while full:
            rows = await run(lambda raw: desk_retention.forget(raw, shelf, now, hook))
            removed.update(rows)
            full = max(rows.values()) >= page
        removed["audit"] = await run(lambda raw: desk_retention.age_trail(raw, shelf, now, hook))
        if removed["conversation"] or shelf.residue:
            shelf.residue = not await run(lambda raw: erasing.truncated(raw, self._database.log))
        removed["program"] = await run(retention.forget_programs)
        return removed

    async def keep_program(self, program_id: str, bundle: bytes, at: int) -> None:
        await self._database.run(lambda raw: sql.PROGRAM_PUT.one(raw, program_id, bundle, at))

    async def program(self, program_id: str) -> bytes | None:
        found = await self._database.run(lambda raw: sql.PROGRAM.first(raw, program_id))
        return None if found is None else bytes(found[0])

    async def media_file(self, name: str) -> str | None:
        found = await self._database.run(lambda raw: sql.MEDIA_FILE.first(raw, name))
        return None if found is None else str(found[0])

    async def keep_media_file(self, name: str, handle: str) -> None:
        await self._database.run(lambda raw: sql.MEDIA_FILE_PUT.one(raw, name, handle))

    async def close(self) -> None:
        await self._database.close()
