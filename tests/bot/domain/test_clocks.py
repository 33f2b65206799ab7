"""The house's clocks are those of the issue, and what is due next is what has to be done first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import handoff
from bot.domain.case import DAY, CaseStatus, FollowUp, HandoffStatus, Level, Referral, ReferralState
from bot.domain.clocks import UNCLAIMED, Rung, level_now, next_due, waiting_since
from tests.bot.domain.desk import HOUR, MINUTE, T, answered, claimed, clocks, consent, waiting

TIMES = {
    Level.DANGER: (2, 5, 10, 15),
    Level.HIGH: (10, 30, 60, 60),
    Level.ORDINARY: (120, 360, 1440, 1440),
}
"""Minutes: nudge, back to the queue, next organization, supervisor (issue 3)."""


@pytest.mark.parametrize("level", Level)
def test_the_ladders_are_those_of_the_issue(level: Level) -> None:
    offsets = clocks().offsets[level]
    rungs = (Rung.NUDGE, Rung.BACK_TO_QUEUE, Rung.NEXT_ORGANIZATION, Rung.SUPERVISOR)
    assert tuple(offsets[rung] // MINUTE for rung in rungs) == TIMES[level]
    assert offsets[Rung.RING] == 0


def test_the_other_clocks_are_those_of_the_issue_and_the_voice() -> None:
    now = clocks()
    assert (now.crisis, now.hold, now.gap, now.follow_up_retry, now.cool_down) == (120, 5, 12 * HOUR, DAY, 15 * MINUTE)
    assert dict(now.raises) == {Level.ORDINARY: 6 * HOUR, Level.HIGH: HOUR}


@pytest.mark.parametrize("level", Level)
def test_an_unclaimed_case_climbs_its_ladder(level: Level) -> None:
    case, seen = waiting(level), []
    while (due := next_due(case, clocks())) is not None and due[0] in UNCLAIMED:
        seen.append((due[0], (due[1] - T) // MINUTE))
        case = handoff.climb(case, due[1], clocks=clocks())
    nudge, _, organization, supervisor = TIMES[level]
    assert seen == [(Rung.RING, 0), (Rung.NUDGE, nudge), (Rung.NEXT_ORGANIZATION, organization), (Rung.SUPERVISOR, supervisor)]
    assert due is not None
    assert due[0] is Rung.RENEW


@pytest.mark.parametrize("level", Level)
def test_who_does_not_answer_is_reminded_and_then_gives_it_back(level: Level) -> None:
    case = claimed(level)
    assert next_due(case, clocks()) == (Rung.NUDGE, T + TIMES[level][0] * MINUTE)
    case = handoff.climb(case, T + TIMES[level][0] * MINUTE, clocks=clocks())
    due = T + TIMES[level][1] * MINUTE
    assert next_due(case, clocks()) == (Rung.BACK_TO_QUEUE, due)
    assert handoff.climb(case, due, clocks=clocks()) == case, "giving it back is a move of its own"


def test_the_end_of_the_consent_is_said_before_when_it_comes_and_when_it_can_be_renewed_no_more() -> None:
    case = answered()
    assert next_due(case, clocks()) == (Rung.RENEW, T + 27 * DAY)
    asked = replace(case, renewal="asked")
    assert next_due(asked, clocks()) == (Rung.ENDED, T + 30 * DAY)
    assert next_due(replace(case, renewal="ended"), clocks()) == (Rung.EXPIRE, T + 37 * DAY)
    unseen = replace(claimed(Level.DANGER), due_at=T + 31 * DAY, crisis_at=T + 31 * DAY, renewal="asked")
    assert next_due(unseen, clocks()) == (Rung.ENDED, T + 30 * DAY), "nobody could see what rings"
    renewed = handoff.grant(unseen, consent(at=T + 29 * DAY))
    assert renewed.renewal == ""
    assert next_due(renewed, clocks()) == (Rung.NUDGE, T + 31 * DAY)


def test_agreed_messages_are_due_when_the_conversation_has_ended() -> None:
    agreed = replace(answered(), follow_ups=(FollowUp(at=T + DAY), FollowUp(at=T + HOUR, tries=1, outcome="helped")))
    assert next_due(agreed, clocks()) == (Rung.RENEW, T + 27 * DAY)
    closed = handoff.close(agreed, "helped", T + 5)
    assert next_due(closed, clocks()) == (Rung.FOLLOW_UP, T + DAY)
    assert next_due(replace(closed, follow_ups=(FollowUp(at=T + 31 * DAY),)), clocks()) is None, "not after the consent"


def test_a_referral_is_asked_about_by_who_has_the_case() -> None:
    sent = Referral(id=1, service="x", state=ReferralState.SENT, at=T, remind_at=T + DAY)
    assert next_due(replace(answered(), referrals=(sent,)), clocks()) == (Rung.REFERRAL, T + DAY)
    assert next_due(replace(waiting(), clock="", due_at=None, referrals=(sent,)), clocks()) == (Rung.RENEW, T + 27 * DAY)


def test_nothing_is_due_on_what_is_erased_or_over() -> None:
    assert next_due(waiting(erased=True), clocks()) is None
    assert next_due(replace(answered(), status=CaseStatus.CLOSED, handoff=HandoffStatus.CLOSED), clocks()) is None


@pytest.mark.parametrize(
    ("level", "waited", "counts_as"),
    [
        (Level.ORDINARY, 6 * HOUR, Level.ORDINARY),
        (Level.ORDINARY, 6 * HOUR + 1, Level.HIGH),
        (Level.ORDINARY, 7 * HOUR, Level.HIGH),
        (Level.ORDINARY, 7 * HOUR + 1, Level.DANGER),
        (Level.HIGH, HOUR, Level.HIGH),
        (Level.HIGH, HOUR + 1, Level.DANGER),
        (Level.DANGER, 0, Level.DANGER),
        (Level.DANGER, 99 * HOUR, Level.DANGER),
    ],
)
def test_waiting_raises(level: Level, waited: int, counts_as: Level) -> None:
    assert level_now(waiting(level), T + waited, clocks()) is counts_as
    assert level_now(claimed(level), T + waited, clocks()) is level, "only in the queue"


def test_the_wait_is_since_the_last_human_word() -> None:
    assert waiting_since(waiting()) == T
    back = handoff.release(handoff.answer(claimed(), T + 2 * DAY), 7, T + 3 * DAY)
    assert waiting_since(back) == T + 2 * DAY
