"""What happens by itself: timers, clean-up, retention, fresh facts. One pass a second; everything due survives a restart in storage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.domain.seeker import SeekerId
from bot.usecases.deliver import Deliverer
from bot.usecases.desk.ladder import Ladder
from bot.usecases.ports import Clock, Storage, StorageDown
from bot.usecases.receive import Reception

log = structlog.get_logger()

PAUSE: Final = 1.0
AT_ONCE: Final = 200
PURGE_EVERY: Final = 600.0
JUMP: Final = 3600.0
DOUBT: Final = 600.0


class Worker:
    """Calls what is due. `tick` is one pass; `run` passes until told to stop.

    `steady`: the clock is a real one, so a jump of more than an hour against the machine's own seconds is a fault: for ten minutes nothing
    is purged and no answers expire because of it (promises.md, clock jumps). The demo moves its clock on purpose.
    """

    def __init__(
        self,
        storage: Storage,
        reception: Reception,
        deliverer: Deliverer,
        clock: Clock,
        refresh: Callable[[], object],
        *,
        steady: bool = False,
        desk: Ladder | None = None,
    ) -> None:
        self._storage = storage
        self._reception = reception
        self._deliverer = deliverer
        self._clock = clock
        self._refresh = refresh
        self._steady = steady
        self._desk = desk
        if desk is not None:
            desk.office.offers_moved(int(clock.now()))  # what is offered from the beginning
        self._apart = clock.now() - clock.monotonic()
        self._doubtful_until = float("-inf")
        self._purged = float("-inf")
        self._purging: asyncio.Task[None] | None = None

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
        if self._reception.residue:
            self._reception.residue = not await self._storage.truncate_log()
        if not self._clock_doubtful():
            for part in (self._reception.be_sure, self._fire, self._at_the_desk, self._clean_up):
                await self._whatever_else_fails(part)
            self._purge_now_and_then()

    async def _whatever_else_fails(self, part: Callable[[], Awaitable[None]]) -> None:
        """Each part of a pass by itself. Storage being down ends the pass: the next one begins with what was left."""
        try:
            await part()
        except StorageDown:
            raise
        except Exception as error:  # timers of people in danger hang on these passes: no part may keep the others from being done
            log.error("worker_failed", error=type(error).__name__)

    async def close(self) -> None:
        """Let a purge under way end."""
        if self._purging:
            await asyncio.wait([self._purging])

    def _clock_doubtful(self) -> bool:
        apart, now = self._clock.now() - self._clock.monotonic(), self._clock.monotonic()
        if self._steady and abs(apart - self._apart) > JUMP:
            log.error("clock_jumped", seconds=int(apart - self._apart))
            self._doubtful_until = now + DOUBT
        self._apart = apart
        return now < self._doubtful_until

    async def _fire(self) -> None:
        """Timers. A pass that brings the same people again made no progress, and the rest waits for the next."""
        before: frozenset[SeekerId] = frozenset()
        while seekers := await self._storage.due(int(self._clock.now()), AT_ONCE):
            if frozenset(seekers) == before:
                log.error("timers_stuck", count=len(seekers))
                return
            before = frozenset(seekers)
            await self._reception.fire(seekers)

    async def _at_the_desk(self) -> None:
        """What is due at the desk; when what it can offer changed, offers on people's screens say so."""
        if self._desk is None:
            return
        await self._desk.pass_()
        if self._desk.office.offers_moved(int(self._clock.now())):
            await self._reception.retell()

    def _purge_now_and_then(self) -> None:
        """Beside the passes: with many people's worth of rows it takes a while."""
        if self._purging is None and self._clock.monotonic() - self._purged >= PURGE_EVERY:
            self._purged = self._clock.monotonic()
            self._purging = asyncio.get_running_loop().create_task(self._purge())

    async def _purge(self) -> None:
        try:
            removed = await self._storage.purge(int(self._clock.now()))
            log.info("purged", count=sum(removed.values()))
        except StorageDown as error:
            log.warning("purge_waiting", error=type(error).__name__)
        finally:
            self._purging = None

    async def _clean_up(self) -> None:
        for seeker, chat_id, messages in await self._storage.overdue_messages(int(self._clock.now()), AT_ONCE):
            self._deliverer.clean_up(seeker, chat_id, messages)
