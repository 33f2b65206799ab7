"""Who is there, and what may honestly be said about it before anybody asks for a person.

The offer tells the truth first: whether somebody is on duty with room, the measured time to a first word, when somebody is back. It is
coarse on purpose: exact hours and capacity would tell an infiltrator who works when (voice.md 2). Planned shifts only say when somebody
will be back; whether somebody *is* there, they say themselves with `/turno`, for twelve hours at most.
Source: voice.md 3 and 5.4, features.md H11, H12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from bot.domain.case import DAY, Case, Waited
from bot.domain.clocks import Clocks
from bot.domain.organization import Organization
from bot.domain.routing import Load
from bot.domain.staff import Door, Responder, ResponderState, Shift, StaffRole

MEASURED_DAYS: Final = 7
FEWEST: Final = 5
"""Fewer samples say nothing, and could point at one person's wait."""
STEPS: Final = (5, 10, 15, 30, 60)
"""Minutes an offer may name; above the last, whole hours."""
COARSE: Final = 1800
"""A return is named to the half hour."""
GAP_AHEAD: Final = DAY
WEEK: Final = 7


class OfferState(StrEnum):
    """What an organization can offer now."""

    OPEN = "open"  # somebody is on duty and has room
    AWAY = "away"  # nobody is, or all have their hands full: a request can be left
    CLOSED = "closed"  # a supervisor closed the door: no request is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The truthful offer. `minutes`: half of those who asked in the last 7 days had a first word within them (None: unknown).
    `returns_at`: unix seconds (of the half hour) when somebody is back, None while somebody is there or when nobody knows. `full`: on duty,
    but without room (for supervisors; a seeker is not told which it is)."""

    state: OfferState
    organization: str
    minutes: int | None = None
    returns_at: int | None = None
    full: bool = False


def offer(
    organization: Organization,
    *,
    responders: Iterable[Responder],
    shifts: Iterable[Shift],
    doors: Iterable[Door],
    loads: Mapping[int, Load],
    waited: Iterable[Waited],
    cases: Iterable[Case],
    at: int,
) -> Offer:
    """What may be said now. A pure reading of staff, loads and measured waits; `cases` are those that may still be unanswered."""
    team = [one for one in responders if one.organization == organization.id]
    there = on_duty(team, at)
    takes = any(has_room(one, loads.get(one.id, Load()), at) for one in there)
    minutes = minutes_to_say(organization.id, waited, cases, at)
    door = door_closed(doors, organization.id, at)
    if door is None and takes:
        return Offer(state=OfferState.OPEN, organization=organization.id, minutes=minutes)
    if door is not None:
        return Offer(state=OfferState.CLOSED, organization=organization.id, minutes=minutes, returns_at=_coarse_hour(door.until))
    back = None if there else _back_at(organization, team, shifts, at)
    return Offer(state=OfferState.AWAY, organization=organization.id, minutes=minutes, returns_at=_coarse_hour(back), full=bool(there))


def _back_at(organization: Organization, team: Sequence[Responder], shifts: Iterable[Shift], at: int) -> int | None:
    """The next planned shift; without one, the next opening by its hours, unless it should be open now: then nobody knows."""
    shift = next_shift(organization, team, shifts, at)
    if shift is not None or organization.open_now(at):
        return shift
    return organization.opens_next(at)


def _coarse_hour(at: int | None) -> int | None:
    return None if at is None else -(-at // COARSE) * COARSE


def on_duty(responders: Iterable[Responder], at: int) -> tuple[Responder, ...]:
    """Those who answer seekers and said they are here."""
    return tuple(one for one in responders if one.role is not StaffRole.REVIEWER and one.on_duty(at))


def has_room(responder: Responder, load: Load, at: int) -> bool:
    """Whether they could take one more case now. Who rests after a heavy case could not."""
    return load.cases < responder.cap and at >= responder.resting_until


def staffed(responders: Iterable[Responder], loads: Mapping[int, Load], doors: Iterable[Door], at: int) -> frozenset[str]:
    """Organizations with an open door and somebody behind it who has room."""
    shut = tuple(doors)
    found = {one.organization for one in on_duty(responders, at) if has_room(one, loads.get(one.id, Load()), at)}
    return frozenset(name for name in found if door_closed(shut, name, at) is None)


def door_closed(doors: Iterable[Door], organization: str, at: int) -> Door | None:
    """The door, if a supervisor closed it and its hour has not come."""
    return next((one for one in doors if one.organization == organization and one.closed and (one.until is None or at < one.until)), None)


def rests_until(case: Case, organization: Organization, at: int, clocks: Clocks) -> int:
    """Until when who had this case is not rung, now that it has ended for them; 0: no rest."""
    rest = clocks.cool_down if organization.cool_down is None else organization.cool_down
    return at + rest if case.heavy and rest else 0


def asks_still_there_at(responder: Responder, clocks: Clocks) -> int | None:
    """When somebody on duty is asked whether they are still there, before it ends by itself."""
    return responder.duty_until - clocks.duty_reminder if responder.duty_until else None


# -- measured waits ---------------------------------------------------------------------------------------------------------


def minutes_to_say(organization: str, waited: Iterable[Waited], cases: Iterable[Case], at: int) -> int | None:
    """The minutes an offer may name: the median over the last 7 days, rounded up to a coarse step; None with fewer than 5 samples. Who
    still waits for a first word, longer than that median, counts with the wait so far: those nobody answered must not make it look fine."""
    first = at // DAY - MEASURED_DAYS + 1
    answered = [one.seconds for one in waited if one.organization == organization and one.day >= first]
    if len(answered) < FEWEST:
        return None
    middle = median(answered)
    open_ones = (one for one in cases if one.organization == organization and one.open and one.answered_at is None)
    still = [at - one.requested_at for one in open_ones if middle < at - one.requested_at <= MEASURED_DAYS * DAY]
    return coarse(median([*answered, *still]))


def coarse(seconds: float) -> int:
    """Minutes, rounded up to a step that may be named."""
    minutes = -(-seconds // 60)
    step = next((one for one in STEPS if minutes <= one), None)
    return step if step is not None else int(-(-minutes // 60) * 60)


# -- shifts -----------------------------------------------------------------------------------------------------------------


def occurrences(shift: Shift, organization: Organization, begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """The times a shift covers that touch [begins, ends), in order. A weekly one keeps its local hour when summer time comes, and leaves
    out the organization's holidays; one that stands alone was planned with them in view."""
    if not shift.weekly:
        if shift.begins < ends and shift.ends > begins:
            yield shift.begins, shift.ends
        return
    first = organization.local(shift.begins)
    minute, length = first.hour * 60 + first.minute, shift.ends - shift.begins
    passed = max(0, (begins - shift.ends) // (WEEK * DAY) - 1)  # one less: summer time may have moved it by an hour
    day = first.date() + timedelta(days=WEEK * passed)
    while (start := organization.moment(day, minute)) < ends:
        if start + length > begins and not organization.holiday(day):
            yield start, start + length
        day += timedelta(days=WEEK)


def planned(
    organization: Organization, responders: Iterable[Responder], shifts: Iterable[Shift], begins: int, ends: int
) -> list[tuple[int, int]]:
    """Everything planned in [begins, ends) by those who may be on duty, sorted."""
    team = {one.id for one in responders if one.organization == organization.id and _answers(one)}
    return sorted(span for shift in shifts if shift.responder in team for span in occurrences(shift, organization, begins, ends))


def _answers(responder: Responder) -> bool:
    return responder.state is ResponderState.ACTIVE and responder.role is not StaffRole.REVIEWER


def next_shift(organization: Organization, responders: Sequence[Responder], shifts: Iterable[Shift], at: int) -> int | None:
    """When the next planned shift begins, within eight weeks. One that should have begun and has not is no promise."""
    coming = planned(organization, responders, shifts, at, at + 8 * WEEK * DAY)
    return next((begins for begins, _ in coming if begins > at), None)


def gaps(organization: Organization, responders: Sequence[Responder], shifts: Iterable[Shift], at: int) -> tuple[tuple[int, int], ...]:
    """When, in the next 24 hours and within its hours, nobody is planned or on duty (features.md H12)."""
    ends = at + GAP_AHEAD
    covered = planned(organization, responders, shifts, at, ends)
    covered += [(at, one.duty_until) for one in on_duty([one for one in responders if one.organization == organization.id], at)]
    return tuple(gap for span in _open_spans(organization, at, ends) for gap in _uncovered(span, sorted(covered)))


def _open_spans(organization: Organization, at: int, ends: int) -> list[tuple[int, int]]:
    """Its hours in [at, ends), joined where one goes on into the next."""
    if organization.hours is None and not organization.holidays:
        return [(at, ends)]
    today = organization.local(at).date()
    joined: list[tuple[int, int]] = []
    for number in range(-1, 3):
        for first, last in organization.spans(today + timedelta(days=number)):
            begin, end = max(first, at), min(last, ends)
            if begin >= end:
                continue
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((begin, end))
    return joined


def _uncovered(span: tuple[int, int], covered: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    begins, ends = span
    for first, last in covered:
        if first >= ends:
            break
        if first > begins:
            yield begins, first
        begins = max(begins, last)
        if begins >= ends:
            return
    if begins < ends:
        yield begins, ends
