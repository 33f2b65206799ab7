"""What happens by itself: timers, clean-up, retention, fresh facts. One pass a second; everything due survives a restart in storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bot.usecases.deliver import Deliverer
from bot.usecases.ports import Clock, Storage, StorageDown
from bot.usecases.receive import Reception

log = structlog.get_logger()

PAUSE: Final = 1.0
AT_ONCE: Final = 200
PURGE_EVERY: Final = 600.0


class Worker:
    """Calls what is due. `tick` is one pass; `run` passes until told to stop."""

    def __init__(self, storage: Storage, reception: Reception, deliverer: Deliverer, clock: Clock, refresh: Callable[[], object]) -> None:
        self._storage = storage
        self._reception = reception
        self._deliverer = deliverer
        self._clock = clock
        self._refresh = refresh
        self._purged = float("-inf")

    async def start(self) -> None:
        """First what an earlier run left undone: the outbox, erasures it no longer owes anything for, overdue deletions."""
        self._deliverer.recover(await self._storage.owed())
        for seeker, chat_id, messages in await self._storage.begun_erasures():
            self._deliverer.finish_erasure(seeker, chat_id, messages)
        await self._clean_up()

    async def run(self, stop: asyncio.Event) -> None:
        """Pass after pass."""
        while not stop.is_set():
            try:
                await self.tick()
            except StorageDown as error:
                log.warning("worker_waiting", error=type(error).__name__)
            try:
                await asyncio.wait_for(stop.wait(), PAUSE)
            except TimeoutError:
                continue

    async def tick(self) -> None:
        """One pass over everything that is due."""
        self._refresh()
        while seekers := await self._storage.due(int(self._clock.now()), AT_ONCE):
            await self._reception.fire(seekers)
            if len(seekers) < AT_ONCE:
                break
        await self._clean_up()
        if self._clock.monotonic() - self._purged >= PURGE_EVERY:
            self._purged = self._clock.monotonic()
            removed = await self._storage.purge(int(self._clock.now()))
            log.info("purged", count=sum(removed.values()))

    async def _clean_up(self) -> None:
        for seeker, chat_id, messages in await self._storage.overdue_messages(int(self._clock.now()), AT_ONCE):
            self._deliverer.clean_up(seeker, chat_id, messages)
