"""The server's clock: real time plus an offset that tests and the demo can move.

Message dates, the 48-hour rule, the life of callback queries and pending updates, typing and flood control all ask
this clock, so a test can live through two days without waiting. Waiting (`sleep`) is done on this clock too and ends
at once when the clock is moved past the end.
"""

from __future__ import annotations

import asyncio
import time


class ServerClock:
    """Unix time in seconds, movable forward and back."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._moved: set[asyncio.Event] = set()

    def now(self) -> float:
        """Unix seconds on this server."""
        # The one place of the package that reads the real clock: everything else asks this object.
        return time.time() + self.offset  # noqa: TID251

    def advance(self, seconds: float) -> None:
        """Move the clock; sleepers whose time has come wake."""
        self.offset += seconds
        for moved in self._moved:
            moved.set()

    def set_to(self, unix: float) -> None:
        """Let the clock show this time now and run on from there."""
        self.advance(unix - self.now())

    def set_offset(self, seconds: float) -> None:
        """Let the clock differ from real time by this many seconds."""
        self.advance(seconds - self.offset)

    async def sleep(self, seconds: float) -> None:
        """Wait this many seconds of this clock."""
        end = self.now() + seconds
        moved = asyncio.Event()
        self._moved.add(moved)
        try:
            while (left := end - self.now()) > 0:
                moved.clear()
                try:
                    await asyncio.wait_for(moved.wait(), left)
                except TimeoutError:
                    continue
        finally:
            self._moved.discard(moved)
