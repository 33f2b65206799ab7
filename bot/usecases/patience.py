"""How long to wait before something is tried again."""

from __future__ import annotations

from typing import Final

PAUSE_LIMIT: Final = 60.0


def growing(tries: int, first: float) -> float:
    """The pause before the next try: `first` seconds, then twice that, four times that, and a minute at most."""
    return min(PAUSE_LIMIT, first * float(1 << min(tries, 9)))
