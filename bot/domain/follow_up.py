"""What goes on after a conversation: messages agreed for later, and referrals to outside services. Pure moves, as in `bot.domain.handoff`.

An agreed message is sent at its time in neutral words, once more a day later if nobody answered, and never again (features.md H20). A
referral is followed until it is confirmed or has ended; its owner is asked how it went (H15).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.domain.audit import Deed
from bot.domain.case import Case, FollowUp, HandoffStatus, Referral, ReferralState
from bot.domain.clocks import Clocks
from bot.domain.machines import HANDOFF, RuleBroken, next_status

TRIES: Final = 2
"""The message and one retry."""


class FollowUpOutcome(StrEnum):
    """What came of an agreed message. `NOT_REACHED` is written by the program, the others by the seeker."""

    HELPED = "helped"
    NOT_HELPED = "not_helped"
    NOT_REACHED = "not_reached"
    DECLINED = "declined"


def agree(case: Case, when: int, at: int) -> Case:
    """A message later, at `when` (unix seconds), to which the seeker said yes."""
    if when <= at:
        raise RuleBroken("past", "that time has passed")
    if not case.may_see(at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent")
    agreed = sorted((*case.follow_ups, FollowUp(at=when)), key=lambda one: one.at)
    return replace(case, follow_ups=tuple(agreed))


def due_follow_up(case: Case, at: int) -> FollowUp | None:
    """The agreed message whose time has come, if there is one. It is to be sent while `tries` is less than `TRIES`; after that its silence
    is only to be written down."""
    return next((one for one in case.follow_ups if not one.outcome and one.at <= at), None)


def follow_up(case: Case, at: int, *, clocks: Clocks) -> Case:
    """The message that was due has been sent: it waits for an answer, then is sent once more. After the retry nobody was reached, and that
    is all."""
    due = due_follow_up(case, at)
    if due is None:
        raise RuleBroken("no-follow-up", f"nothing is due on case {case.id}")
    if not case.may_see(at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent")
    if due.tries >= TRIES:
        after = replace(due, outcome=FollowUpOutcome.NOT_REACHED.value)
    else:
        after = replace(due, tries=due.tries + 1, at=at + clocks.follow_up_retry)
    handoff = next_status(HANDOFF, case.handoff, Deed.FOLLOW_UP)
    return replace(case, handoff=handoff, follow_ups=tuple(after if one is due else one for one in case.follow_ups))


def answer_follow_up(case: Case, outcome: str) -> Case:
    """The seeker answered an agreed message. Who declines gets none of those still to come either."""
    if outcome not in {one.value for one in FollowUpOutcome}:
        raise RuleBroken("no-outcome", f"{outcome!r} is no outcome")
    if not any(_sent(one) for one in case.follow_ups):
        raise RuleBroken("no-follow-up", f"nothing was sent on case {case.id}")
    ends_all = outcome == FollowUpOutcome.DECLINED
    answered = (replace(one, outcome=str(outcome)) if not one.outcome and (ends_all or _sent(one)) else one for one in case.follow_ups)
    return replace(case, follow_ups=tuple(answered))


def _sent(one: FollowUp) -> bool:
    return bool(one.tries) and not one.outcome


# -- referrals --------------------------------------------------------------------------------------------------------------

REFERRAL_MOVES: Final[Mapping[ReferralState, tuple[ReferralState, ...]]] = MappingProxyType(
    {
        ReferralState.SENT: (
            ReferralState.ACCEPTED,
            ReferralState.REJECTED,
            ReferralState.IN_PROGRESS,
            ReferralState.DONE,
            ReferralState.WITHDRAWN,
        ),
        ReferralState.ACCEPTED: (ReferralState.IN_PROGRESS, ReferralState.REJECTED, ReferralState.DONE, ReferralState.WITHDRAWN),
        ReferralState.IN_PROGRESS: (ReferralState.DONE, ReferralState.REJECTED, ReferralState.WITHDRAWN),
    }
)
"""Where a referral may go. The other states are its ends."""


def refer(case: Case, id: int, service: str, at: int, *, remind_at: int | None = None) -> Case:
    """The seeker was referred to an outside service, by name; the owner is asked at `remind_at` how it went."""
    if case.handoff in (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED) or not case.may_see(at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent")
    made = Referral(id=id, service=service, state=ReferralState.SENT, at=at, remind_at=remind_at)
    return replace(case, referrals=(*case.referrals, made))


def move_referral(case: Case, id: int, state: ReferralState, at: int, *, reason: str = "", remind_at: int | None = None) -> Case:
    """How a referral went. A rejection has a reason; one that has ended is not asked about again."""
    found = next((one for one in case.referrals if one.id == id), None)
    if found is None:
        raise RuleBroken("no-referral", f"case {case.id} has no referral {id}")
    if state not in REFERRAL_MOVES.get(found.state, ()):
        raise RuleBroken("referral-done", f"a referral that is {found.state} cannot become {state}")
    if (state is ReferralState.REJECTED) != bool(reason):
        raise RuleBroken("no-reason", "a rejection has a reason, and only a rejection")
    again = remind_at if state in REFERRAL_MOVES else None
    moved = replace(found, state=state, at=at, reason=reason, remind_at=again)
    return replace(case, referrals=tuple(moved if one is found else one for one in case.referrals))


def remind_later(case: Case, id: int, remind_at: int) -> Case:
    """The owner was asked how a referral went and is asked again at `remind_at`."""
    return replace(case, referrals=tuple(replace(one, remind_at=remind_at) if one.id == id else one for one in case.referrals))
