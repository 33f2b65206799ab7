"""The offer tells the truth, and no more of it than is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import duty, handoff
from bot.domain.case import DAY, Case, Level, Waited
from bot.domain.duty import Offer, OfferState, coarse, gaps, minutes_to_say, next_shift, offer
from bot.domain.organization import Organization
from bot.domain.routing import Load
from bot.domain.staff import Door, Responder, ResponderState, Shift, StaffRole
from tests.bot.domain.desk import HOUR, HOUSE, MINUTE, T, answered, claimed, clocks, responder, waiting
from tests.bot.domain.test_organization import OFFICE, TIJUANA, moment

TODAY = T // DAY
HALF_HOUR = 1800


def offered(
    team: Sequence[Responder] = (),
    *,
    at: int = T,
    organization: Organization = HOUSE,
    shifts: Sequence[Shift] = (),
    doors: Sequence[Door] = (),
    loads: dict[int, Load] | None = None,
    waited: Sequence[Waited] = (),
    cases: Sequence[Case] = (),
) -> Offer:
    return offer(organization, responders=team, shifts=shifts, doors=doors, loads=loads or {}, waited=waited, cases=cases, at=at)


# -- who is there -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "state"),
    [
        ([responder()], OfferState.OPEN),
        ([responder(role=StaffRole.SUPERVISOR)], OfferState.OPEN),
        ([], OfferState.AWAY),
        ([responder(duty_until=T)], OfferState.AWAY),
        ([responder(role=StaffRole.REVIEWER)], OfferState.AWAY),
        ([responder(organization="otra")], OfferState.AWAY),
        ([responder(state=ResponderState.REVOKED)], OfferState.AWAY),
        ([responder(state=ResponderState.PANICKED)], OfferState.AWAY),
        ([responder(resting_until=T + 1)], OfferState.AWAY),
    ],
)
def test_it_says_whether_somebody_is_there(team: list[Responder], state: OfferState) -> None:
    assert offered(team).state is state


def test_when_all_hands_are_full_it_stops_by_itself() -> None:
    full = offered([responder(7), responder(8, cap=1)], loads={7: Load(6), 8: Load(1)})
    assert full == Offer(state=OfferState.AWAY, organization="casa", full=True), "and no hour is promised"
    assert offered([responder(7), responder(8)], loads={7: Load(6), 8: Load(5)}).state is OfferState.OPEN


@pytest.mark.parametrize(
    ("door", "at", "state", "returns"),
    [
        (Door(organization="casa", closed=True), T, OfferState.CLOSED, None),
        (Door(organization="casa", closed=True, until=T + HOUR), T, OfferState.CLOSED, T + HOUR),
        (Door(organization="casa", closed=True, until=T + 7), T, OfferState.CLOSED, T + HALF_HOUR),
        (Door(organization="casa", closed=True, until=T + HOUR), T + HOUR, OfferState.OPEN, None),
        (Door(organization="casa", closed=False), T, OfferState.OPEN, None),
        (Door(organization="otra", closed=True), T, OfferState.OPEN, None),
    ],
)
def test_a_supervisor_closes_the_door_kindly(door: Door, at: int, state: OfferState, returns: int | None) -> None:
    told = offered([responder()], doors=[door], at=at)
    assert (told.state, told.returns_at) == (state, returns)
    there = duty.staffed([responder()], {}, [door], at)
    assert there == (frozenset({"casa"}) if state is OfferState.OPEN else frozenset())


def test_staffed_names_who_has_room() -> None:
    team = [responder(1), responder(2, organization="otra"), responder(3, organization="lejos", duty_until=0)]
    assert duty.staffed(team, {2: Load(6)}, (), T) == {"casa"}


# -- when somebody is back --------------------------------------------------------------------------------------------------


def test_the_hour_of_return_is_that_of_the_next_planned_shift() -> None:
    team = [responder(7, duty_until=0), responder(8, duty_until=0, state=ResponderState.REVOKED)]
    shifts = [
        Shift(responder=7, begins=T - HOUR, ends=T + HOUR),  # should have begun: no promise
        Shift(responder=8, begins=T + HOUR, ends=T + 2 * HOUR),  # revoked
        Shift(responder=7, begins=T + 5 * HOUR + 60, ends=T + 9 * HOUR),
        Shift(responder=7, begins=T - 6 * DAY, ends=T - 6 * DAY + HOUR, weekly=True),  # tomorrow
    ]
    assert offered(team, shifts=shifts).returns_at == T + 5 * HOUR + HALF_HOUR, "named to the half hour"
    assert offered(team, shifts=shifts, at=T + 6 * HOUR).returns_at == T + DAY


def test_without_a_shift_its_hours_are_what_is_known_and_while_they_run_nothing_is() -> None:
    monday = moment("2026-11-23T08:00")
    assert offered(organization=OFFICE, at=monday).returns_at == moment("2026-11-23T09:00")
    assert offered(organization=OFFICE, at=monday + 2 * HOUR).returns_at is None
    assert offered(organization=HOUSE).returns_at is None


def test_a_weekly_shift_keeps_its_local_hour_and_leaves_out_holidays() -> None:
    border = replace(OFFICE, zone="America/Tijuana", holidays=frozenset({date(2027, 3, 8)}))
    team = [responder(7, duty_until=0)]
    weekly = Shift(responder=7, begins=moment("2027-03-01T09:00", TIJUANA), ends=moment("2027-03-01T13:00", TIJUANA), weekly=True)
    told = [
        next_shift(border, team, [weekly], moment(day, TIJUANA)) for day in ("2027-03-01T08:00", "2027-03-01T14:00", "2027-03-08T10:00")
    ]
    assert told == [moment("2027-03-01T09:00", TIJUANA)] + [moment("2027-03-15T09:00", TIJUANA)] * 2, "summer time came on the 14th"


@given(begins=st.integers(T - 60 * DAY, T), length=st.integers(MINUTE, 12 * HOUR), at=st.integers(T, T + 60 * DAY))
def test_a_weekly_shift_covers_a_moment_in_some_week_or_none(begins: int, length: int, at: int) -> None:
    """Held against counting every week (Mexico City has no summer time any more)."""
    shift = Shift(responder=7, begins=begins - begins % 60, ends=begins - begins % 60 + length, weekly=True)
    week = 7 * DAY
    every = [(shift.begins + number * week, shift.ends + number * week) for number in range(40)]
    wanted = [(first, last) for first, last in every if first < at + DAY and last > at]
    assert list(duty.occurrences(shift, HOUSE, at, at + DAY)) == wanted


# -- how long -----------------------------------------------------------------------------------------------------------


def waits(*minutes: int, organization: str = "casa", day: int = TODAY) -> list[Waited]:
    return [Waited(organization=organization, day=day, seconds=minute * MINUTE) for minute in minutes]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ((3, 3, 3, 3), None),
        ((3, 3, 4, 9, 9), 5),
        ((1, 1, 6, 9, 99), 10),
        ((14,) * 5, 15),
        ((16,) * 5, 30),
        ((31,) * 5, 60),
        ((61,) * 5, 120),
    ],
)
def test_the_minutes_are_the_measured_median_made_coarse(minutes: tuple[int, ...], said: int | None) -> None:
    assert offered([responder()], waited=waits(*minutes)).minutes == said


def test_only_the_last_seven_days_and_ones_own_count() -> None:
    old, other = waits(1, 1, 1, day=TODAY - 7), waits(1, 1, organization="otra")
    assert minutes_to_say("casa", [*waits(9, 9, 9, 9), *old, *other], (), T) is None
    assert minutes_to_say("casa", [*waits(9, 9, 9, 9), *waits(9, day=TODAY - 6), *old, *other], (), T) == 10


def test_who_was_never_answered_does_not_make_the_figure_fine() -> None:
    unanswered = [waiting(at=T - 3 * HOUR, number=number) for number in range(1, 8)]
    assert minutes_to_say("casa", waits(*[4] * 6), (), T) == 5
    assert minutes_to_say("casa", waits(*[4] * 6), unanswered, T) == 180
    fresh = [waiting(at=T - 30, number=number) for number in range(1, 20)]
    assert minutes_to_say("casa", waits(*[4] * 6), fresh, T) == 5, "who has just come says nothing yet"
    over = [
        answered(at=T - 3 * HOUR),
        handoff.withdraw(waiting(at=T - 3 * HOUR), T),
        replace(waiting(at=T - 3 * HOUR), organization="otra"),
    ]
    assert minutes_to_say("casa", waits(*[4] * 6), over * 7, T) == 5


@given(seconds=st.integers(1, 3 * DAY))
def test_a_coarse_figure_is_a_step_and_never_less_than_the_truth(seconds: int) -> None:
    said = coarse(seconds)
    assert said * 60 >= seconds
    assert said in duty.STEPS or said % 60 == 0


# -- gaps -------------------------------------------------------------------------------------------------------------------


def test_hours_nobody_is_planned_for_are_told_a_day_ahead() -> None:
    monday = moment("2026-11-23T08:00")
    team = [responder(7, duty_until=0), responder(8, organization="otra", duty_until=monday + DAY)]
    shift = Shift(responder=7, begins=moment("2026-11-23T10:00"), ends=moment("2026-11-23T18:00"))
    assert gaps(OFFICE, team, [shift], monday) == (
        (moment("2026-11-23T09:00"), moment("2026-11-23T10:00")),
        (moment("2026-11-23T18:00"), moment("2026-11-23T20:00")),
    )
    there = [responder(7, organization="casa", duty_until=moment("2026-11-23T10:30"))]
    assert gaps(OFFICE, there, [shift], monday) == ((moment("2026-11-23T18:00"), moment("2026-11-23T20:00")),)
    assert gaps(OFFICE, team, [], moment("2026-12-24T08:00")) == (), "on a holiday nobody is expected"


def test_who_is_always_open_has_no_gap_only_while_somebody_is_planned() -> None:
    assert gaps(HOUSE, [], [], T) == ((T, T + DAY),)
    day = [Shift(responder=7, begins=T - DAY, ends=T - DAY + 13 * HOUR), Shift(responder=7, begins=T + HOUR, ends=T + 25 * HOUR)]
    assert gaps(HOUSE, [responder(7, duty_until=T + HOUR)], day, T) == ()


def test_always_but_for_holidays_is_one_span_across_midnight() -> None:
    resting = replace(HOUSE, holidays=frozenset({date(2026, 12, 25)}))
    assert gaps(resting, [], [], moment("2026-11-23T20:00")) == ((moment("2026-11-23T20:00"), moment("2026-11-24T20:00")),)


# -- rest and reminders -----------------------------------------------------------------------------------------------------


def test_after_a_heavy_case_one_rests_as_long_as_the_organization_says() -> None:
    heavy = claimed(Level.DANGER)
    assert duty.rests_until(heavy, HOUSE, T, clocks()) == T + 15 * MINUTE
    assert duty.rests_until(heavy, replace(HOUSE, cool_down=3600), T, clocks()) == T + HOUR
    assert duty.rests_until(heavy, replace(HOUSE, cool_down=0), T, clocks()) == 0
    assert duty.rests_until(claimed(), HOUSE, T, clocks()) == 0


def test_before_duty_ends_by_itself_one_is_asked() -> None:
    assert duty.asks_still_there_at(responder(duty_until=T + 12 * HOUR), clocks()) == T + 12 * HOUR - 30 * MINUTE
    assert duty.asks_still_there_at(responder(duty_until=0), clocks()) is None
