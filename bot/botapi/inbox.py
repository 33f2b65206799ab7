"""One bot's updates: what waits for it, who is reading, and what it wants to hear of.

Updates get increasing ids, wait at most 24 hours of the server's clock, and are confirmed by the offset of the next
getUpdates or by the webhook's 200. One reader at a time: a newer poll ends the older one with 409.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.botapi.errors import ApiError, conflict
from bot.botapi.shapes import Json

LIFETIME = 24 * 3600
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(slots=True, eq=False)
class Pending:
    """An update that waits: `chat` keeps one chat's updates in order on a webhook."""

    update_id: int
    at: float
    chat: int
    json: Json


@dataclass(slots=True, kw_only=True)
class Webhook:
    """Where a bot's updates are posted to, and how that has gone."""

    url: str
    secret: str
    max_connections: int
    ip_address: str
    last_error_date: int = 0
    last_error: str = ""


@dataclass(slots=True)
class Inbox:
    """The queue of one bot."""

    waiting: OrderedDict[int, Pending] = field(default_factory=OrderedDict)
    next_id: int = 1001
    allowed: tuple[str, ...] = ()
    webhook: Webhook | None = None
    repeats: list[Pending] = field(default_factory=list)
    _poll: asyncio.Future[ApiError | None] | None = None

    def wants(self, kind: str) -> bool:
        """Whether the bot asked for this kind of update."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def put(self, kind: str, payload: Json, *, chat: int, at: float) -> Pending | None:
        """Queue an update and wake the reader; None when the bot does not want this kind."""
        if not self.wants(kind):
            return None
        pending = Pending(self.next_id, at, chat, {"update_id": self.next_id, kind: payload})
        self.next_id += 1
        self.waiting[pending.update_id] = pending
        self.wake()
        return pending

    def wake(self, reason: ApiError | None = None) -> None:
        """Let the waiting poll look again, or end it with an error."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)

    def confirm(self, offset: int) -> None:
        """Forget the updates below the offset; a negative one keeps that many of the newest."""
        if offset < 0:
            while len(self.waiting) > -offset:
                self.waiting.popitem(last=False)
        else:
            while self.waiting and next(iter(self.waiting)) < offset:
                self.waiting.popitem(last=False)

    def expire(self, now: float) -> None:
        """Forget what has waited for a day."""
        while self.waiting and next(iter(self.waiting.values())).at + LIFETIME <= now:
            self.waiting.popitem(last=False)

    def remove(self, pending: Pending) -> None:
        """Forget one update that a webhook took."""
        self.waiting.pop(pending.update_id, None)

    def has(self, pending: Pending) -> bool:
        """Whether this update still waits."""
        return pending.update_id in self.waiting

    def begin_poll(self) -> asyncio.Future[ApiError | None]:
        """Become the one reader; the older one ends with 409."""
        self.wake(conflict(OTHER_POLL))
        self._poll = asyncio.get_running_loop().create_future()
        return self._poll

    def again(self, poll: asyncio.Future[ApiError | None]) -> asyncio.Future[ApiError | None] | None:
        """The next thing to wait on for a reader that was woken, None when it is no longer the reader."""
        if self._poll is not poll:
            return None
        self._poll = asyncio.get_running_loop().create_future()
        return self._poll

    @property
    def polled(self) -> bool:
        """Whether a reader waits right now."""
        return self._poll is not None

    def end_poll(self, poll: asyncio.Future[ApiError | None]) -> None:
        """Stop being the reader."""
        if self._poll is poll:
            self._poll = None
