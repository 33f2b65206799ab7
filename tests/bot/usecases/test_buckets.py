"""Twenty turns a minute a person; the first too many is answered with the current screen, the rest are noted."""

from __future__ import annotations

from bot.domain.seeker import SeekerId
from bot.usecases import buckets
from bot.usecases.buckets import Buckets, Turnout


class HandClock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


ANA, EVA = SeekerId(b"a" * 32), SeekerId(b"e" * 32)


def test_twenty_a_minute() -> None:
    """The bucket holds twenty, says so once, and fills again with time."""
    clock = HandClock()
    held = Buckets(clock)
    assert [held.take(ANA) for _ in range(20)] == [Turnout.ANSWER] * 20
    assert [held.take(ANA) for _ in range(3)] == [Turnout.ONCE_MORE, Turnout.NOTED, Turnout.NOTED]
    clock.at += 3
    assert held.take(ANA) is Turnout.ANSWER
    assert held.take(ANA) is Turnout.ONCE_MORE
    clock.at += 600
    assert [held.take(ANA) for _ in range(21)][-2:] == [Turnout.ANSWER, Turnout.ONCE_MORE]


def test_one_persons_hammering_costs_nobody_else() -> None:
    """Buckets are a person's own."""
    held = Buckets(HandClock())
    for _ in range(50):
        held.take(ANA)
    assert held.take(EVA) is Turnout.ANSWER


def test_memory_is_bounded() -> None:
    """The longest unused bucket goes first."""
    held = Buckets(HandClock())
    for number in range(buckets.PEOPLE + 10):
        held.take(SeekerId(number.to_bytes(32, "big")))
    assert len(held._held) == buckets.PEOPLE
