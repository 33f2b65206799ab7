"""Telegram's sending limits, switched on when a test wants them.

One message a second in a chat with a small burst, twenty a minute in a group, thirty a second over all chats of a bot.
Whoever goes over is told how many whole seconds to wait. The numbers are those Telegram publishes; how its buckets
really fill is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

CHAT_BURST = 3
CHAT_SECONDS = 1.0
GROUP_BURST = 20
GROUP_SECONDS = 3.0
ALL_BURST = 30
ALL_SECONDS = 1 / 30


@dataclass(slots=True)
class _Bucket:
    """Full at `burst`, refilled by one every `seconds`."""

    burst: int
    seconds: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one more fits, 0 when it fits now."""
        self.level = min(self.burst, self.level + max(0.0, now - self.at) / self.seconds)
        self.at = now
        return 0.0 if self.level >= 1.0 else (1.0 - self.level) * self.seconds

    def take(self) -> None:
        self.level -= 1.0


@dataclass(slots=True)
class Flood:
    """The limiter of one server; off unless `on` is set."""

    on: bool = False
    _buckets: dict[tuple[int, int], _Bucket] = field(default_factory=dict)

    def retry_after(self, bot: int, chat: int, now: float) -> int:
        """Whole seconds to wait, 0 when the message may go (and is then counted)."""
        if not self.on:
            return 0
        group = chat < 0
        own = self._bucket(bot, chat, GROUP_BURST if group else CHAT_BURST, GROUP_SECONDS if group else CHAT_SECONDS, now)
        every = self._bucket(bot, 0, ALL_BURST, ALL_SECONDS, now)
        wait = max(own.wait(now), every.wait(now))
        if wait > 0:
            return max(1, math.ceil(wait))
        own.take()
        every.take()
        return 0

    def _bucket(self, bot: int, chat: int, burst: int, seconds: float, now: float) -> _Bucket:
        key = (bot, chat)
        if key not in self._buckets:
            self._buckets[key] = _Bucket(burst, seconds, float(burst), now)
        return self._buckets[key]
