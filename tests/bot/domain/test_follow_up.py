"""Agreed messages: at their time, once more, and then never; and referrals that are followed to their end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import follow_up, handoff
from bot.domain.case import DAY, Case, HandoffStatus, Referral, ReferralState
from tests.bot.domain.desk import HOUR, T, answered, clocks
from tests.bot.domain.test_handoff import refused


def agreed(*days: int) -> Case:
    case = answered()
    for day in days:
        case = follow_up.agree(case, T + day * DAY, T)
    return handoff.close(case, "helped", T + HOUR)


def test_a_message_goes_at_its_time_once_more_and_then_never() -> None:
    case, sent, at = agreed(1), [], T
    while at < T + 10 * DAY:
        at += HOUR
        due = follow_up.due_follow_up(case, at)
        if due is not None:
            sent.append((at - T, due.tries < follow_up.TRIES))
            case = follow_up.follow_up(case, at, clocks=clocks())
    assert sent == [(DAY, True), (2 * DAY, True), (3 * DAY, False)]
    assert case.handoff is HandoffStatus.FOLLOWED_UP
    assert case.follow_ups[0].outcome == "not_reached"


def test_several_are_sent_in_their_order() -> None:
    case = agreed(5, 1)
    assert [one.at for one in case.follow_ups] == [T + DAY, T + 5 * DAY]
    case = follow_up.follow_up(case, T + DAY, clocks=clocks())
    answered_one = follow_up.answer_follow_up(case, "helped")
    assert [one.outcome for one in answered_one.follow_ups] == ["helped", ""]
    declined = follow_up.answer_follow_up(case, "declined")
    assert [one.outcome for one in declined.follow_ups] == ["declined", "declined"], "who declines gets no more"


def test_a_message_needs_a_time_to_come_a_consent_and_an_ended_conversation() -> None:
    with refused("past"):
        follow_up.agree(answered(), T, T)
    with refused("no-consent"):
        follow_up.agree(answered(), T + 40 * DAY, T + 30 * DAY)
    with refused("no-follow-up"):
        follow_up.follow_up(agreed(2), T + DAY, clocks=clocks())
    with refused("no-consent"):
        follow_up.follow_up(agreed(31), T + 31 * DAY, clocks=clocks())
    with refused("no-such-move"):
        follow_up.follow_up(follow_up.agree(answered(), T + DAY, T), T + DAY, clocks=clocks())


def test_only_what_was_sent_is_answered_and_only_with_a_word_of_the_list() -> None:
    with refused("no-follow-up"):
        follow_up.answer_follow_up(agreed(1), "helped")
    with refused("no-outcome"):
        follow_up.answer_follow_up(agreed(1), "bien")


def test_after_a_withdrawal_no_agreed_message_is_left() -> None:
    assert follow_up.due_follow_up(handoff.withdraw(agreed(1), T + 2 * HOUR), T + 9 * DAY) is None


# -- referrals --------------------------------------------------------------------------------------------------------------

ENDS = (ReferralState.REJECTED, ReferralState.DONE, ReferralState.WITHDRAWN)


def referred(state: ReferralState = ReferralState.SENT) -> Case:
    case = follow_up.refer(answered(), 1, "albergue", T, remind_at=T + DAY)
    return replace(case, referrals=(replace(case.referrals[0], state=state),))


@pytest.mark.parametrize("state", ReferralState)
@pytest.mark.parametrize("to", ReferralState)
def test_a_referral_goes_on_until_it_has_ended(state: ReferralState, to: ReferralState) -> None:
    order = [ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.IN_PROGRESS]
    goes = state in order and (to in ENDS or (to in order and order.index(to) > order.index(state)))
    reason = "lleno" if to is ReferralState.REJECTED else ""
    if not goes:
        with refused("referral-done"):
            follow_up.move_referral(referred(state), 1, to, T + 5, reason=reason)
        return
    moved = follow_up.move_referral(referred(state), 1, to, T + 5, reason=reason, remind_at=T + 2 * DAY)
    again = None if to in ENDS else T + 2 * DAY
    assert moved.referrals == (Referral(id=1, service="albergue", state=to, at=T + 5, reason=reason, remind_at=again),)


def test_a_rejection_has_a_reason_and_only_a_rejection() -> None:
    with refused("no-reason"):
        follow_up.move_referral(referred(), 1, ReferralState.REJECTED, T)
    with refused("no-reason"):
        follow_up.move_referral(referred(), 1, ReferralState.DONE, T, reason="lleno")
    with refused("no-referral"):
        follow_up.move_referral(referred(), 2, ReferralState.DONE, T)
    with refused("no-consent"):
        follow_up.refer(handoff.withdraw(answered(), T), 1, "albergue", T)


def test_it_can_be_asked_about_later() -> None:
    assert follow_up.remind_later(referred(), 1, T + 9 * DAY).referrals[0].remind_at == T + 9 * DAY
    assert follow_up.remind_later(referred(), 2, T + 9 * DAY) == referred()
