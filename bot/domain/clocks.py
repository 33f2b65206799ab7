"""How long anybody may wait at the desk: the ladders, and which of a case's clocks rings next.

A case carries one rung of its ladder (`Case.clock`, due at `Case.due_at`, unix seconds), so clocks survive a restart by being stored with
the case. There are two ladders. *Unclaimed*: `ring` somebody, `nudge` (ring again, wider), `next_organization` (the seeker is asked about
another one), `supervisor` (told, and the seeker hears the truth). *Unanswered*, for who has the case while words wait: `nudge`, then
`back_to_queue`, after which the first ladder goes on counting from the same moment. A rung is due at an offset from that moment, never
from when the one before it was done, so a slow or stopped program does not make anybody wait longer.

The times are content (`content/clocks.yaml`); `next_due` also knows the clocks that are no ladder: a crisis word nobody answered, an agreed
message, a referral to ask about, the end of a consent. Source: issue 3 (the handoff), voice.md 3 (Urgency), features.md H10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.domain.case import DAY, Case, CaseStatus, HandoffStatus, Level, Purpose
from flows.authoring.desk_schema import ClocksFile


class Rung(StrEnum):
    """Everything that can be due on a case. The first five are ladders; `decline`: a colleague has not answered a transfer."""

    RING = "ring"
    NUDGE = "nudge"
    BACK_TO_QUEUE = "back_to_queue"
    NEXT_ORGANIZATION = "next_organization"
    SUPERVISOR = "supervisor"
    DECLINE = "decline"
    CRISIS = "crisis"
    FOLLOW_UP = "follow_up"
    REFERRAL = "referral"
    RENEW = "renew"  # the consent ends soon
    ENDED = "ended"  # it has ended, and may still be renewed
    EXPIRE = "expire"


UNCLAIMED: Final = (Rung.RING, Rung.NUDGE, Rung.NEXT_ORGANIZATION, Rung.SUPERVISOR)
UNANSWERED: Final = (Rung.NUDGE, Rung.BACK_TO_QUEUE)
ASKED_BEFORE: Final = 3 * DAY
"""So long before a consent ends the seeker is asked whether to go on: nobody loses their person by a date they have forgotten."""
RANK: Final[Mapping[Level, int]] = MappingProxyType({Level.ORDINARY: 0, Level.HIGH: 1, Level.DANGER: 2})
"""Greater is more urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """All in seconds. `offsets`: level -> rung -> how long after the wait began. `raises`: wait in the queue after which a level counts
    as the next. `crisis`: a crisis word without a human word after it. `hold`: a responder's words before they leave. `back_at_most`: the
    longest "back in N". `gap`: silence after which the word is asked. `duty_reminder`: before duty ends by itself. `renewal`: a consent
    that ended can be renewed this long; nobody sees the case meanwhile."""

    offsets: Mapping[Level, Mapping[Rung, int]]
    raises: Mapping[Level, int]
    crisis: int
    hold: int
    back_at_most: int
    gap: int
    follow_up_retry: int
    cool_down: int
    duty_reminder: int
    break_glass: int
    renewal: int

    def offset(self, case: Case, rung: Rung) -> int:
        """When a rung is due after the wait began. A colleague has as long for a transfer as anybody before a nudge."""
        return self.offsets[case.level][Rung.NUDGE if rung is Rung.DECLINE else rung]


def clocks_of(file: ClocksFile) -> Clocks:
    """The clocks as administrators wrote them."""
    offsets = {level: {Rung.RING: 0, **_rungs(getattr(file.ladders, level.value).model_dump())} for level in Level}
    return Clocks(
        offsets=MappingProxyType({level: MappingProxyType(rungs) for level, rungs in offsets.items()}),
        raises=MappingProxyType({Level.ORDINARY: file.raises.ordinary, Level.HIGH: file.raises.high}),
        **file.model_dump(exclude={"ladders", "raises"}),
    )


def _rungs(written: Mapping[str, int]) -> dict[Rung, int]:
    return {Rung(name): seconds for name, seconds in written.items()}


# -- the ladder a case stands on --------------------------------------------------------------------------------------------


def stopped(case: Case) -> Case:
    """Nobody waits for anybody."""
    return replace(case, clock="", due_at=None)


def unclaimed(case: Case, at: int) -> Case:
    """Somebody has to be rung, at `at`."""
    return replace(case, clock=Rung.RING.value, due_at=at)


def unanswered(case: Case, at: int, clocks: Clocks) -> Case:
    """Words wait for who has the case, since `at`. "Back in 20 minutes" holds the first rung."""
    return replace(case, clock=Rung.NUDGE.value, due_at=max(at + clocks.offset(case, Rung.NUDGE), case.back_at or 0))


def transferring(case: Case, at: int, clocks: Clocks) -> Case:
    """A colleague was asked to take over, at `at`."""
    return replace(case, clock=Rung.DECLINE.value, due_at=at + clocks.offset(case, Rung.DECLINE))


def fallen_back(case: Case, at: int, clocks: Clocks) -> Case:
    """In the queue again because it was not answered: others are rung now, and the rest counts from when the wait began."""
    if case.clock != Rung.BACK_TO_QUEUE or case.due_at is None:
        return unclaimed(case, at)
    began = case.due_at - clocks.offset(case, Rung.BACK_TO_QUEUE)
    return replace(case, clock=Rung.NUDGE.value, due_at=min(at, began + clocks.offset(case, Rung.NUDGE)))


def climbed(case: Case, clocks: Clocks) -> Case:
    """The rung was done: on to the next, or to the end of the ladder. Not past `back_to_queue` and `decline`: those are moves of their own
    (`handoff.lapse`, `handoff.decline`), and until they are made they are due."""
    ladder = UNCLAIMED if case.status is CaseStatus.OPEN else UNANSWERED
    if case.clock not in ladder or case.clock == Rung.BACK_TO_QUEUE or case.due_at is None:
        return case
    done = Rung(case.clock)
    after = ladder[ladder.index(done) + 1 :]
    if not after:
        return stopped(case)
    return replace(case, clock=after[0].value, due_at=case.due_at + clocks.offset(case, after[0]) - clocks.offset(case, done))


def held_until(case: Case, until: int) -> Case:
    """Nothing of the ladder rings before `until`: somebody is typing, their words are in the short hold, or they said when they are
    back."""
    return case if case.due_at is None or case.due_at >= until else replace(case, due_at=until)


def hurried(case: Case, at: int, clocks: Clocks) -> Case:
    """The level has risen: the rung it stands on is due by the quicker ladder from now, and never later than before."""
    if case.due_at is None:
        return case
    return replace(case, due_at=min(case.due_at, at + clocks.offset(case, Rung(case.clock))))


# -- what is due next -------------------------------------------------------------------------------------------------------


def next_due(case: Case, clocks: Clocks) -> tuple[Rung, int] | None:
    """The next thing to do about a case and when (unix seconds; it may lie in the past), or None. Once the consent has ended there is only
    its renewal to wait for."""
    if case.erased:
        return None
    until = _consented_until(case)
    found = [(at, rung) for rung, at in _dues(case, clocks) if at < until]
    if case.open:
        found += _ends(case, until, clocks)
    at, rung = min(found, default=(0, None), key=lambda one: one[0])
    return (rung, at) if rung else None


def _dues(case: Case, clocks: Clocks) -> Iterator[tuple[Rung, int]]:
    if case.crisis_at is not None and case.status is CaseStatus.ASSIGNED:
        yield Rung.CRISIS, case.crisis_at + clocks.crisis
    if case.due_at is not None and case.clock:
        yield Rung(case.clock), case.due_at
    if case.handoff in (HandoffStatus.CLOSED, HandoffStatus.FOLLOWED_UP):
        yield from ((Rung.FOLLOW_UP, one.at) for one in case.follow_ups if not one.outcome)
    if case.status is CaseStatus.ASSIGNED:
        yield from ((Rung.REFERRAL, one.remind_at) for one in case.referrals if one.remind_at is not None)


def _ends(case: Case, until: int, clocks: Clocks) -> Iterator[tuple[int, Rung]]:
    """The end of the consent comes in three steps: it is said beforehand, it ends, and it can be renewed no more. A case without any
    consent only ends."""
    if until and not case.renewal:
        yield until - ASKED_BEFORE, Rung.RENEW
    if until and case.renewal != "ended":
        yield until, Rung.ENDED
    yield until + clocks.renewal, Rung.EXPIRE


def _consented_until(case: Case) -> int:
    """The end of the consent the organization holds; 0: there is none."""
    held = (one for one in case.consents if one.purpose is Purpose.CONTACT and one.organization == case.organization)
    return max((one.until for one in held if one.withdrawn_at is None), default=0)


# -- waiting raises ---------------------------------------------------------------------------------------------------------


def waiting_since(case: Case) -> int:
    """Since when nobody has written to the seeker: the request, or the last human word."""
    return max(case.requested_at, case.responder_wrote_at)


def level_now(case: Case, at: int, clocks: Clocks) -> Level:
    """The level a case counts as in the queue: its own, raised by how long it has waited there (ordinary, then high, then danger)."""
    level, waited = case.level, at - waiting_since(case)
    if case.status is not CaseStatus.OPEN:
        return level
    for lower, higher in ((Level.ORDINARY, Level.HIGH), (Level.HIGH, Level.DANGER)):
        if level is lower and waited > clocks.raises[lower]:
            level, waited = higher, waited - clocks.raises[lower]
    return level
