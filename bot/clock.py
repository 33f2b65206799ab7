"""The real clock, the only place that asks the machine for the time."""

from __future__ import annotations

import time


class SystemClock:
    """This machine's time."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()  # noqa: TID251 - this is the clock port

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()
