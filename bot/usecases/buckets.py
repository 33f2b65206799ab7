"""How often one person is answered: twenty turns a minute (promises.md R45), so that nobody's hammering slows anybody's danger."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import Final

from bot.domain.seeker import SeekerId
from bot.usecases.ports import Clock

TURNS: Final = 20
RELAYED: Final = 120
"""Messages to a human in a minute: somebody who writes in short lines is heard, somebody who floods a topic is not."""
SECONDS: Final = 60.0
PEOPLE: Final = 50_000
"""Buckets held; the longest unused goes first, which only ever gives somebody a full one."""


class Turnout(Enum):
    """What a turn gets."""

    ANSWER = "answer"
    ONCE_MORE = "once_more"  # the first turn too many: the current screen again, so that nobody meets silence without a word
    NOTED = "noted"  # seen, not answered


class Buckets:
    """One bucket a person, in memory: it fills by itself and holds `turns` at most."""

    def __init__(self, clock: Clock, turns: int = TURNS) -> None:
        self._clock = clock
        self._turns = float(turns)
        self._held: OrderedDict[SeekerId, tuple[float, float, bool]] = OrderedDict()

    def take(self, seeker: SeekerId) -> Turnout:
        """Take a turn of this person's, and say what it gets."""
        now = self._clock.monotonic()
        level, at, told = self._held.pop(seeker, (self._turns, now, False))
        level = min(self._turns, level + (now - at) * self._turns / SECONDS)
        if level >= 1:
            turnout, level, told = Turnout.ANSWER, level - 1, False
        else:
            turnout, told = (Turnout.NOTED if told else Turnout.ONCE_MORE), True
        self._held[seeker] = (level, now, told)
        if len(self._held) > PEOPLE:
            self._held.popitem(last=False)
        return turnout
