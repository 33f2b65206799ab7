"""How fast we may speak: 25 calls a second over all chats, 3 in 3 seconds to a chat, 18 a minute to a group, urgent
ones first.

Telegram's own figures are about 30 a second over all, one a second to a chat ("short bursts" are borne, then 429), 20
a minute to a group; ours stay below. What counts: new messages and edits count for their chat and for the whole,
because Telegram answers both with 429. Deletions count for the whole only: a wipe is one call a hundred messages and
must not wait behind the screens it removes. Answers to presses count for nothing: they make no message, and a turning
spinner helps nobody.

A window of "3 in 3 seconds" is exact: no span of 3 seconds ever holds more, and a person who taps twice does not
wait. `Turnstile` decides and knows no clock; `Limiter` waits. A pause asked by a 429 is obeyed to the letter: for the
chat it came from, and for everybody when another chat is told to wait in the same span.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.usecases.ports import Clock

_SWEEP_EVERY: Final = 1000
MANY: Final = 3
"""Chats told to wait at the same time that mean the whole bot is too fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` calls in any span of `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The three rates. Groups are chats with a negative id."""

    overall: Rate = Rate(count=25, seconds=1.0)
    chat: Rate = Rate(count=3, seconds=3.0)
    group: Rate = Rate(count=18, seconds=60.0)


class _Window:
    """The times of the last calls, as many as the rate allows."""

    __slots__ = ("_rate", "_times")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._times: deque[float] = deque(maxlen=rate.count)

    def opens_at(self) -> float:
        """When the next call may leave; in the past when it may leave now."""
        return self._times[0] + self._rate.seconds if len(self._times) == self._rate.count else float("-inf")

    def pass_at(self, now: float) -> None:
        self._times.append(now)

    def idle_at(self, now: float) -> bool:
        return not self._times or self._times[-1] + self._rate.seconds <= now


@dataclass(slots=True, eq=False)
class Ticket:
    """One call waiting for its turn. `counts`: also against its chat's rate (deletions do not). `leave` is told
    when it may."""

    chat_id: int
    counts: bool
    urgent: bool
    leave: Callable[[], None]


class Turnstile:
    """Who may leave at a given moment (monotonic seconds). Within a chat and an urgency, first come first served."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._overall = _Window(rates.overall)
        self._chats: dict[int, _Window] = {}
        self._paused: dict[int, float] = {}
        self._all_paused_until = float("-inf")
        self._urgent: list[Ticket] = []
        self._rest: list[Ticket] = []
        self._passed = 0

    def join(self, ticket: Ticket) -> None:
        """Stand in the queue."""
        (self._urgent if ticket.urgent else self._rest).append(ticket)

    def quit(self, ticket: Ticket) -> None:
        """Give up waiting."""
        queue = self._urgent if ticket.urgent else self._rest
        if ticket in queue:
            queue.remove(ticket)

    def pause(self, chat_id: int | None, until: float, now: float) -> None:
        """The platform asked for silence: for this chat; for all when it says so of `MANY` chats at once (or `chat_id` is None), and then
        no longer than the shortest of them: two people who hammer must not silence everybody's danger."""
        others = [end for chat, end in self._paused.items() if chat != chat_id and end > now]
        if chat_id is None:
            self._all_paused_until = max(self._all_paused_until, until)
        elif len(others) + 1 >= MANY:
            self._all_paused_until = max(self._all_paused_until, min(until, *others))
        if chat_id is not None:
            self._paused[chat_id] = max(until, self._paused.get(chat_id, until))

    def paused_for(self, chat_id: int, now: float) -> float:
        """Seconds of silence the platform still wants for this chat, 0 for none."""
        return max(0.0, self._all_paused_until - now, self._paused.get(chat_id, now) - now)

    def release(self, now: float) -> float | None:
        """Let everybody leave who may. Returns when somebody next may (same clock), None when nobody waits."""
        next_at = float("inf")
        for queue in (self._urgent, self._rest):
            if queue:
                next_at = min(next_at, self._release_from(queue, now))
        return next_at if self._urgent or self._rest else None

    def _release_from(self, queue: list[Ticket], now: float) -> float:
        """The same for one queue. While nobody may leave, nobody further back is asked."""
        next_at = float("inf")
        kept: list[Ticket] = []
        for place, ticket in enumerate(queue):
            if (opens := max(self._overall.opens_at(), self._all_paused_until)) > now:
                if place == 0:
                    return opens
                kept.extend(queue[place:])
                next_at = min(next_at, opens)
                break
            if (opens := self._opens_at(ticket)) > now:
                kept.append(ticket)
                next_at = min(next_at, opens)
            else:
                self._let_through(ticket, now)
        queue[:] = kept
        return next_at

    def _opens_at(self, ticket: Ticket) -> float:
        window = self._chats.get(ticket.chat_id) if ticket.counts else None
        opens = float("-inf") if window is None else window.opens_at()
        return max(opens, self._paused.get(ticket.chat_id, float("-inf")))

    def _let_through(self, ticket: Ticket, now: float) -> None:
        self._overall.pass_at(now)
        if ticket.counts:
            window = self._chats.get(ticket.chat_id)
            if window is None:
                rate = self._rates.group if ticket.chat_id < 0 else self._rates.chat
                window = self._chats[ticket.chat_id] = _Window(rate)
            window.pass_at(now)
        self._passed += 1
        if self._passed % _SWEEP_EVERY == 0:
            self._sweep(now)
        ticket.leave()

    def _sweep(self, now: float) -> None:
        """Forget chats that have been quiet: memory follows those who speak now, not all who ever spoke."""
        self._chats = {chat: window for chat, window in self._chats.items() if not window.idle_at(now)}
        self._paused = {chat: until for chat, until in self._paused.items() if until > now}


class Limiter:
    """Callers wait here for their turn. One timer serves everybody."""

    def __init__(self, clock: Clock, rates: Rates | None = None) -> None:
        self._clock = clock
        self._turnstile = Turnstile(rates or Rates())
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, chat_id: int, *, urgent: bool, counts: bool = True) -> None:
        """Return when a call to this chat may leave. `counts` False: it counts for the whole only."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = Ticket(chat_id, counts, urgent, partial(_open, turn))
        self._turnstile.join(ticket)
        self._release()
        if turn.done():
            return
        try:
            await turn
        except asyncio.CancelledError:
            self._turnstile.quit(ticket)
            raise

    def pause(self, chat_id: int | None, seconds: float) -> None:
        """Obey a `retry_after`."""
        now = self._clock.monotonic()
        self._turnstile.pause(chat_id, now + seconds, now)

    def paused_for(self, chat_id: int) -> float:
        """Seconds of silence the platform still wants for this chat."""
        return self._turnstile.paused_for(chat_id, self._clock.monotonic())

    def close(self) -> None:
        """Stop the timer; those who wait are cancelled by whoever started them."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _release(self) -> None:
        now = self._clock.monotonic()
        next_at = self._turnstile.release(now)
        self.close()
        if next_at is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, next_at - now), self._release)


def _open(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
