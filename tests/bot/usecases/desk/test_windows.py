"""When a seeker may be written to, by hours of the organization's zone; and what waits until then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.case import BreakGlass, Case, SafeContact, WordsState
from bot.usecases.desk import windows
from bot.usecases.desk.doing import telling
from flows.events import News
from tests.bot.usecases.desk.casework import ANA, SEEKER, Desk, with_case
from tests.bot.usecases.desk.turns import opened, restart, wait

ZONE = ZoneInfo("America/Mexico_City")
WORKDAYS = SafeContact(days=(0, 1, 2, 3, 4), begins=9 * 60, ends=18 * 60)
NIGHT = SafeContact(days=(4,), begins=22 * 60, ends=2 * 60)


def local(day: int, hour: int, minute: int = 0) -> int:
    """A moment there; day 1 is Monday, the 18th of January 2027."""
    return int(datetime(2027, 1, 17 + day, hour, minute, tzinfo=ZONE).timestamp())


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await with_case(await opened(tmp_path))
    yield made
    await made.storage.close()


def agreed(desk: Desk, contact: SafeContact | None) -> Case:
    return replace(desk.case(), safe_contact=contact)


@pytest.mark.parametrize(
    ("contact", "at", "expected"),
    [
        (None, local(1, 3), None),
        (SafeContact(), local(1, 3), None),
        (WORKDAYS, local(1, 9), None),
        (WORKDAYS, local(1, 17, 59), None),
        (WORKDAYS, local(1, 18), local(2, 9)),
        (WORKDAYS, local(1, 8, 59), local(1, 9)),
        (WORKDAYS, local(5, 18), local(8, 9)),
        (NIGHT, local(5, 21), local(5, 22)),
        (NIGHT, local(5, 23), None),
        (NIGHT, local(6, 1, 59), None),
        (NIGHT, local(6, 2), local(12, 22)),
        (replace(WORKDAYS, days=(0,)), local(1, 18), local(8, 9)),
    ],
)
async def test_the_hours(desk: Desk, contact: SafeContact | None, at: int, expected: int | None) -> None:
    assert windows.opens(desk.office, agreed(desk, contact), at) == expected


async def test_only_glass_that_two_people_broke_stands_above_the_hours(desk: Desk) -> None:
    case, at = agreed(desk, WORKDAYS), local(6, 3)
    glass = BreakGlass(reason="life_at_risk", first=1, second=None, at=at, until=at + 3600)
    assert windows.opens(desk.office, replace(case, broken_glass=glass), at) == local(8, 9)
    both = replace(case, broken_glass=replace(glass, second=4))
    assert windows.opens(desk.office, both, at) is None
    assert windows.opens(desk.office, both, at + 3600) == local(8, 9)


async def test_news_outside_the_hours_waits_and_a_crisis_does_not(desk: Desk) -> None:
    case = await desk.commit(agreed(desk, WORKDAYS))
    for at, quiet in ((local(1, 10), False), (local(6, 3), True)):
        draft = desk.office.draft(at)
        told = windows.hushed(desk.office, draft, telling(case, News.BACK_SOON, at))
        assert told.news is not None
        assert told.news.quiet is quiet
        crisis = windows.hushed(desk.office, draft, telling(case, News.CRISIS, at))
        assert crisis.news is not None
        assert not crisis.news.quiet
    assert windows.hushed(desk.office, desk.office.draft(), telling(replace(case, seeker=None), News.TAKEN, 0)).news is None


async def test_words_are_held_for_the_window_and_leave_when_it_opens(desk: Desk) -> None:
    desk.clock.at = local(1, 20)
    await desk.commit(agreed(desk, WORKDAYS))
    await desk.write(ANA, "Buenas noches.")
    await wait(desk, 6)
    (words,) = await desk.words()
    assert words.state is WordsState.WINDOW
    assert words.release_at == local(2, 9)
    assert "12 h" in desk.texts(ANA)
    assert desk.news() == []
    await restart(desk)
    desk.clock.at = local(2, 9)
    await wait(desk, 0)
    (words,) = await desk.words()
    assert words.state is WordsState.ENVELOPE
    assert desk.news() == ["words"]
    assert desk.told[-1].seeker == SEEKER


async def test_a_program_that_slept_through_the_window_waits_for_the_next(desk: Desk) -> None:
    desk.clock.at = local(1, 20)
    await desk.commit(agreed(desk, WORKDAYS))
    await desk.write(ANA, "Buenas noches.")
    await wait(desk, 6)
    desk.clock.at = local(2, 19)
    await wait(desk, 0)
    (words,) = await desk.words()
    assert words.state is WordsState.WINDOW
    assert words.release_at == local(3, 9)
    assert desk.news() == []
