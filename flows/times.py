"""One table of times (voice.md 3), picked by the one question about the phone. Seconds."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flows.state import PhoneUse

MINUTE: Final = 60
HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """One column of the table.

    `idle`: the screen goes to cover. `lifetime`: our messages and theirs are deleted this long after sending (always before 47 h, because a
    bot can delete nothing older than 48 h). `answers`: what we hold without a case; 0 means until the screen goes to cover.
    `typed_at_once`: typed words leave after the echo instead of one turn later. `sound`: a new message may ring. `reach`: we may write
    first.
    """

    idle: int
    lifetime: int
    answers: int
    typed_at_once: bool
    sound: bool
    reach: bool


_WATCHED = Times(idle=5 * MINUTE, lifetime=HOUR, answers=0, typed_at_once=True, sound=False, reach=False)

TABLE: Final = MappingProxyType(
    {
        PhoneUse.PRIVATE: Times(idle=6 * HOUR, lifetime=40 * HOUR, answers=72 * HOUR, typed_at_once=False, sound=True, reach=True),
        PhoneUse.UNASKED: Times(idle=HOUR, lifetime=24 * HOUR, answers=24 * HOUR, typed_at_once=False, sound=False, reach=True),
        PhoneUse.CHECKED: _WATCHED,
        PhoneUse.LENT: _WATCHED,
    }
)
