"""The rates are never exceeded, nobody is forgotten, urgent calls go first, a pause is obeyed to the letter."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.limits import Limiter, Rate, Rates, Ticket, Turnstile


@dataclass
class Left:
    """Who left when, in order."""

    now: float = 0.0
    calls: list[tuple[float, int, bool, int]] = field(default_factory=list)

    def ticket(self, chat_id: int, number: int, *, counts: bool = True, urgent: bool = False) -> Ticket:
        return Ticket(chat_id, counts, urgent, lambda: self.calls.append((self.now, chat_id, counts, number)))

    def run(self, turnstile: Turnstile, until: float = 1e6) -> None:
        """Move time from opening to opening until nobody waits."""
        while (opens := turnstile.release(self.now)) is not None and opens <= until:
            assert opens > self.now, "the turnstile must not spin"
            self.now = opens

    def numbers(self) -> list[int]:
        return [number for *_, number in self.calls]


def most_in_any_span(times: list[float], seconds: float) -> int:
    """The largest number of calls in any half-open span of that length."""
    return max((sum(1 for other in times if start <= other < start + seconds) for start in times), default=0)


CALLS = st.lists(
    st.tuples(
        st.floats(min_value=0, max_value=2),
        st.sampled_from([1, 2, 3, -1]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, None, None, None, 0.5, 3.0]),
    ),
    max_size=120,
)


@given(CALLS)
@settings(max_examples=150, deadline=None)
def test_no_rate_is_ever_exceeded_and_everybody_leaves_in_order(
    calls: list[tuple[float, int, bool, bool, float | None]],
) -> None:
    left, turnstile = Left(), Turnstile(Rates())
    pauses: list[tuple[int, int, float]] = []  # after how many calls, of which chat, until when
    for number, (gap, chat_id, counts, urgent, pause) in enumerate(calls):
        target = left.now + gap
        left.run(turnstile, until=target)
        left.now = target
        if pause is not None:
            turnstile.pause(chat_id, left.now + pause, left.now)
            pauses.append((len(left.calls), chat_id, left.now + pause))
        turnstile.join(left.ticket(chat_id, number, counts=counts, urgent=urgent))
    left.run(turnstile)

    assert sorted(left.numbers()) == list(range(len(calls)))
    assert most_in_any_span([when for when, *_ in left.calls], 1.0) <= 25
    by_chat: dict[int, list[float]] = defaultdict(list)
    order: dict[tuple[int, bool, bool], list[int]] = defaultdict(list)
    for when, chat_id, counts, number in left.calls:
        if counts:
            by_chat[chat_id].append(when)
        order[chat_id, counts, calls[number][3]].append(number)
    for gone_before, paused, until in pauses:
        assert all(when >= until for when, chat_id, *_ in left.calls[gone_before:] if chat_id == paused)
    for chat_id, times in by_chat.items():
        assert most_in_any_span(times, 60.0 if chat_id < 0 else 3.0) <= (18 if chat_id < 0 else 3)
    for numbers in order.values():
        assert numbers == sorted(numbers)


def test_a_thousand_chats_drain_at_25_a_second() -> None:
    left, turnstile = Left(), Turnstile(Rates())
    for chat_id in range(1, 1001):
        turnstile.join(left.ticket(chat_id, chat_id))
    left.run(turnstile)
    assert len(left.calls) == 1000
    assert left.now == 39.0


def test_urgent_calls_pass_those_that_wait() -> None:
    left, turnstile = Left(), Turnstile(Rates(overall=Rate(count=1, seconds=1.0)))
    for number in range(3):
        turnstile.join(left.ticket(number + 1, number))
    turnstile.release(0.0)
    turnstile.join(left.ticket(9, 99, urgent=True))
    left.run(turnstile)
    assert left.numbers() == [0, 99, 1, 2]


def test_a_full_chat_does_not_hold_up_another() -> None:
    left, turnstile = Left(), Turnstile(Rates())
    for number in range(4):
        turnstile.join(left.ticket(1, number))
    turnstile.join(left.ticket(2, 10))
    turnstile.release(0.0)
    assert left.numbers() == [0, 1, 2, 10]


def test_deletions_do_not_wait_for_their_chat() -> None:
    left, turnstile = Left(), Turnstile(Rates())
    for number in range(4):
        turnstile.join(left.ticket(1, number))
    turnstile.join(left.ticket(1, 10, counts=False))
    turnstile.release(0.0)
    assert left.numbers() == [0, 1, 2, 10]


def test_a_pause_is_for_the_chat_and_for_all_when_many_chats_are_told_to_wait() -> None:
    """Two people who hammer silence only themselves; three at once mean the whole bot is too fast, for as long as the shortest wait."""
    left, turnstile = Left(), Turnstile(Rates())
    turnstile.pause(1, 10.0, 0.0)
    assert turnstile.paused_for(1, 0.0) == 10.0
    assert turnstile.paused_for(2, 0.0) == 0.0
    turnstile.join(left.ticket(1, 1))
    turnstile.join(left.ticket(2, 2))
    assert turnstile.release(0.0) == 10.0
    assert left.numbers() == [2]
    turnstile.pause(2, 30.0, 5.0)
    assert turnstile.paused_for(3, 5.0) == 0.0
    turnstile.pause(4, 40.0, 6.0)
    assert turnstile.paused_for(3, 6.0) == 4.0
    turnstile.join(left.ticket(3, 3, urgent=True))
    left.run(turnstile)
    assert [(when, number) for when, _, _, number in left.calls[1:]] == [(10.0, 3), (10.0, 1)]


def test_chats_that_went_quiet_are_forgotten() -> None:
    left, turnstile = Left(), Turnstile(Rates(overall=Rate(count=100, seconds=1.0)))
    for chat_id in range(1, 3001):
        turnstile.join(left.ticket(chat_id, chat_id))
    left.run(turnstile)
    assert len(turnstile._chats) < 1500


class FakeClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


async def test_callers_wait_and_a_cancelled_one_leaves_its_place() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, Rates(overall=Rate(count=1, seconds=0.01)))
    await limiter.turn(1, urgent=False)
    given_up = asyncio.create_task(limiter.turn(2, urgent=False))
    waiting = asyncio.create_task(limiter.turn(3, urgent=False))
    await asyncio.sleep(0)
    given_up.cancel()
    clock.at = 0.02
    await asyncio.wait_for(waiting, 5)
    assert given_up.cancelled()
    limiter.close()


async def test_a_limiter_obeys_what_the_platform_asks() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    limiter.pause(1, 7.0)
    assert limiter.paused_for(1) == 7.0
    clock.at = 7.0
    assert limiter.paused_for(1) == 0.0
    await asyncio.wait_for(limiter.turn(1, urgent=False), 5)
