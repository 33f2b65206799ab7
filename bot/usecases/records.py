"""What came of deliveries, written many at a time: whoever comes while a commit is under way joins the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.usecases.ports import ChatMessage, DeliveryRecord, Storage, StorageDown

log = structlog.get_logger()
GROUP = 256
PAUSE = 1.0


class Records:
    """Groups records into commits. `write` returns when its record is committed; `forget` does not wait."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting: list[tuple[DeliveryRecord, asyncio.Future[Sequence[ChatMessage]] | None]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, record: DeliveryRecord) -> Sequence[ChatMessage]:
        """Commit one record; answers its new messages with their rows."""
        done: asyncio.Future[Sequence[ChatMessage]] = asyncio.get_running_loop().create_future()
        self._add(record, done)
        return await done

    def forget(self, record: DeliveryRecord) -> None:
        """Commit one record soon."""
        self._add(record, None)

    async def close(self) -> None:
        """Write what is waiting."""
        while self._task:
            await self._task

    def _add(self, record: DeliveryRecord, done: asyncio.Future[Sequence[ChatMessage]] | None) -> None:
        self._waiting.append((record, done))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._commit(group)
        finally:
            self._task = None

    async def _commit(self, group: list[tuple[DeliveryRecord, asyncio.Future[Sequence[ChatMessage]] | None]]) -> None:
        """A record that cannot be written now is written later: until then its chat waits, and nothing is sent twice."""
        while True:
            try:
                results = await self._storage.record([record for record, _ in group])
                break
            except StorageDown:
                log.warning("records_waiting", count=len(group))
                await asyncio.sleep(PAUSE)
            except Exception as error:  # its chat must go on, and so must everybody else's: not stored is told by row 0
                log.error("record_unwritable", error=type(error).__name__, count=len(group))
                results = [record.added for record, _ in group]
                break
        for (_, done), added in zip(group, results, strict=True):
            if done is not None and not done.done():
                done.set_result(added)
