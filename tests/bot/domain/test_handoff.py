"""Every move of a case: what it sets, whom it refuses, and which clock follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.domain import handoff
from bot.domain.case import (
    DAY,
    Case,
    CaseStatus,
    Consent,
    Direction,
    FollowUp,
    HandoffStatus,
    Level,
    Purpose,
    Reach,
    Referral,
    ReferralState,
    SafeContact,
    SharedLine,
)
from bot.domain.clocks import Rung, next_due
from bot.domain.handoff import Outcome
from bot.domain.machines import RuleBroken
from tests.bot.domain.desk import HOUR, MINUTE, OTHER, SEEKER, T, answered, claimed, clocks, consent, waiting

LINE = SharedLine(key="missing.minor", question="flow.missing_person.minor.text", answer="flow.missing_person.minor.choice.yes")
PLACE = SharedLine(key="missing.state", question="flow.missing_person.state.text", answer="state.gro")


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The rule that must be named."""
    with pytest.raises(RuleBroken) as broken:
        yield
    assert broken.value.code == code


# -- into the queue ---------------------------------------------------------------------------------------------------------


def test_a_request_rests_on_a_consent_to_contact_and_shows_nothing_else() -> None:
    case = waiting(Level.DANGER)
    assert (case.status, case.handoff, case.responder) == (CaseStatus.OPEN, HandoffStatus.REQUESTED, None)
    assert case.may_see(T)
    assert case.shared == ()
    assert case.heavy
    assert (case.clock, case.due_at) == (Rung.RING, T)


@pytest.mark.parametrize("wrong", [{"purpose": Purpose.SHARE}, {"until": T}, {"withdrawn_at": T - 1}])
def test_without_a_living_consent_to_contact_there_is_no_case(wrong: dict[str, object]) -> None:
    with refused("no-consent"):
        handoff.request(T, id=1, seeker=SEEKER, designation="Faro 1", consent=replace(consent(), **wrong))  # type: ignore[arg-type]


def test_a_kept_request_rings_when_somebody_is_back_or_comes_before() -> None:
    kept = handoff.request(T, id=1, seeker=SEEKER, designation="Faro 1", consent=consent(), begins=T + 6 * HOUR)
    assert kept.kept
    assert next_due(kept, clocks()) == (Rung.RING, T + 6 * HOUR)
    early = handoff.offer(kept, (7,), T + HOUR, clocks=clocks())
    assert next_due(early, clocks()) == (Rung.NUDGE, T + 3 * HOUR)


def test_offering_rings_and_starts_the_ladder_from_when_the_wait_began() -> None:
    late = handoff.offer(waiting(Level.DANGER), (7, 8), T + 30, clocks=clocks())
    assert (late.handoff, late.rung, late.offered_at) == (HandoffStatus.OFFERED, (7, 8), T + 30)
    assert (late.clock, late.due_at) == (Rung.NUDGE, T + 2 * MINUTE)
    again = handoff.offer(late, (8, 9), T + MINUTE, clocks=clocks())
    assert again.rung == (7, 8, 9)
    assert again.due_at == late.due_at
    assert again.offered_at == late.offered_at
    nudged = handoff.offer(again, (7, 8, 9), T + 2 * MINUTE, clocks=clocks())
    assert (nudged.clock, nudged.due_at) == (Rung.NEXT_ORGANIZATION, T + 10 * MINUTE)


def test_with_nobody_to_ring_only_the_ladder_goes_on() -> None:
    nobody = handoff.offer(waiting(Level.DANGER), (), T, clocks=clocks())
    assert nobody.handoff is HandoffStatus.REQUESTED
    assert nobody.clock == Rung.NUDGE


def test_climbing_waits_until_the_rung_is_due() -> None:
    case = waiting(Level.HIGH)
    assert handoff.climb(case, T - 1, clocks=clocks()) is case
    assert handoff.climb(case, T, clocks=clocks()).clock == Rung.NUDGE


# -- taken and answered -----------------------------------------------------------------------------------------------------


def test_one_takes_it_and_the_next_is_told_it_is_taken() -> None:
    case = claimed(Level.DANGER)
    assert (case.status, case.handoff, case.responder, case.claimed_at) == (CaseStatus.ASSIGNED, HandoffStatus.CLAIMED, 7, T)
    assert (case.clock, case.due_at) == (Rung.NUDGE, T + 2 * MINUTE)
    with refused("taken"):
        handoff.claim(case, 8, T, clocks=clocks())


@pytest.mark.parametrize("case", [waiting(consents=()), waiting(erased=True), waiting(at=T - 30 * DAY)])
def test_nobody_takes_a_case_without_a_living_consent(case: Case) -> None:
    with refused("no-consent"):
        handoff.claim(case, 7, T, clocks=clocks())


def test_a_human_word_stops_every_clock_that_waited_for_it() -> None:
    case = replace(claimed(), crisis_at=T, back_at=T + HOUR)
    said = handoff.answer(case, T + 5, by=7)
    assert (said.handoff, said.answered_at, said.responder_wrote_at) == (HandoffStatus.WAITING, T + 5, T + 5)
    assert (said.clock, said.due_at, said.crisis_at, said.back_at) == ("", None, None, None)
    assert handoff.answer(said, T + 9).answered_at == T + 5


@pytest.mark.parametrize("number", [8, 0])
def test_only_the_owner_answers(number: int) -> None:
    with refused("not-owner"):
        handoff.answer(claimed(), T, by=number)
    with refused("no-such-move"):
        handoff.answer(waiting(), T)


def test_words_that_begin_to_wait_start_the_clock_and_further_ones_do_not() -> None:
    heard = handoff.hear(answered(Level.HIGH), T + 60, clocks=clocks())
    assert (heard.handoff, heard.clock, heard.due_at) == (HandoffStatus.ACTIVE, Rung.NUDGE, T + 60 + 10 * MINUTE)
    more = handoff.hear(heard, T + 600, clocks=clocks())
    assert more.due_at == heard.due_at
    assert more.seeker_wrote_at == T + 600


def test_words_in_the_queue_leave_its_clock_alone() -> None:
    case = waiting()
    heard = handoff.hear(case, T + 5, clocks=clocks())
    assert (heard.handoff, heard.clock, heard.due_at) == (case.handoff, case.clock, case.due_at)


def test_within_one_second_the_order_of_words_is_kept() -> None:
    case = handoff.hear(answered(), T, clocks=clocks())
    assert handoff.waits(case)
    assert not handoff.waits(handoff.answer(case, T))


@pytest.mark.parametrize(("gap", "asked"), [(12 * HOUR - 1, True), (12 * HOUR, None)])
def test_after_a_gap_the_word_may_be_asked_again(gap: int, asked: bool | None) -> None:
    case = replace(handoff.hear(answered(), T + 1, clocks=clocks()), confirmed=True)
    assert handoff.hear(case, T + 1 + gap, clocks=clocks()).confirmed is asked


def test_given_back_it_waits_for_others_and_who_had_it_is_asked_last() -> None:
    freed = handoff.release(replace(claimed(), rung=(7, 8)), 7, T + 9)
    assert (freed.status, freed.handoff, freed.responder, freed.rung, freed.passed) == (
        CaseStatus.OPEN,
        HandoffStatus.REQUESTED,
        None,
        (),
        (7,),
    )
    assert (freed.clock, freed.due_at) == (Rung.RING, T + 9)
    with refused("not-owner"):
        handoff.release(claimed(), 8, T)
    assert handoff.release(claimed(), None, T).status is CaseStatus.OPEN


def test_given_back_by_the_clock_the_ladder_counts_on() -> None:
    """Danger: reminded at 2 minutes, given back at 5; another organization at 10 and a supervisor at 15 from the same moment."""
    case = handoff.climb(claimed(Level.DANGER), T + 2 * MINUTE, clocks=clocks())
    assert (case.clock, case.due_at) == (Rung.BACK_TO_QUEUE, T + 5 * MINUTE)
    back = handoff.lapse(case, T + 5 * MINUTE, clocks=clocks())
    assert back.status is CaseStatus.OPEN
    assert back.passed == (7,)
    assert (back.due_at or 0) <= T + 5 * MINUTE, "others are rung at once"
    rung = handoff.offer(back, (8,), T + 5 * MINUTE, clocks=clocks())
    assert (rung.clock, rung.due_at) == (Rung.NEXT_ORGANIZATION, T + 10 * MINUTE)
    asked = handoff.climb(rung, T + 10 * MINUTE, clocks=clocks())
    assert (asked.clock, asked.due_at) == (Rung.SUPERVISOR, T + 15 * MINUTE)
    assert handoff.climb(asked, T + 15 * MINUTE, clocks=clocks()).clock == ""


# -- to a colleague ---------------------------------------------------------------------------------------------------------


def asked_over(case: Case | None = None) -> Case:
    return handoff.transfer(case or answered(Level.HIGH), 8, T + 60, clocks=clocks(), by=7)


def test_a_transfer_leaves_the_sender_the_owner_until_it_is_accepted() -> None:
    asked = asked_over()
    assert (asked.responder, asked.transfer_to, asked.status) == (7, 8, CaseStatus.ASSIGNED)
    assert next_due(asked, clocks()) == (Rung.DECLINE, T + 60 + 10 * MINUTE)
    said = handoff.answer(asked, T + 90, by=7)
    assert said.handoff is HandoffStatus.TRANSFERRED
    assert said.clock == Rung.DECLINE
    taken = handoff.accept(said, 8, T + 99, clocks=clocks())
    assert (taken.responder, taken.transfer_to, taken.handoff) == (8, None, HandoffStatus.CLAIMED)
    assert (taken.clock, taken.due_at) == (Rung.NUDGE, T + 99 + 10 * MINUTE)


@pytest.mark.parametrize(
    ("before", "state", "clock"),
    [
        (claimed(), HandoffStatus.CLAIMED, "nudge"),
        (answered(), HandoffStatus.WAITING, ""),
        (handoff.hear(answered(), T + 1, clocks=clocks()), HandoffStatus.ACTIVE, "nudge"),
    ],
)
@pytest.mark.parametrize("by", [8, 7, None])
def test_a_transfer_that_comes_to_nothing_goes_back_to_where_it_stood(
    before: Case, state: HandoffStatus, clock: str, by: int | None
) -> None:
    back = handoff.decline(asked_over(before), by, T + 90, clocks=clocks())
    assert (back.handoff, back.responder, back.transfer_to, back.clock) == (state, 7, None, clock)


def test_words_said_meanwhile_wait_for_the_sender() -> None:
    heard = handoff.hear(asked_over(), T + 70, clocks=clocks())
    assert handoff.decline(heard, 8, T + 90, clocks=clocks()).handoff is HandoffStatus.ACTIVE


@pytest.mark.parametrize("move", [handoff.accept, handoff.decline])
def test_nobody_else_answers_a_transfer(move: object) -> None:
    with refused("not-receiver"):
        move(asked_over(), 9, T + 90, clocks=clocks())  # type: ignore[operator]
    with refused("no-such-move"):
        move(claimed(), 8, T + 90, clocks=clocks())  # type: ignore[operator]


def test_a_transfer_needs_an_owner_and_somebody_else() -> None:
    with refused("own-case"):
        handoff.transfer(claimed(), 7, T, clocks=clocks())
    with refused("not-owner"):
        handoff.transfer(claimed(), 9, T, clocks=clocks(), by=8)
    with refused("no-such-move"):
        handoff.transfer(waiting(), 8, T, clocks=clocks())


# -- to another organization ------------------------------------------------------------------------------------------------


def shared() -> Case:
    grant = consent(Purpose.SHARE, scope=(LINE.key, PLACE.key), shown="f" * 64)
    return handoff.share(answered(), grant, (LINE, PLACE))


def test_passing_on_ends_what_the_organization_before_could_see() -> None:
    yes = consent(Purpose.REFERRAL, "otra", at=T + 60, scope=("language", "topic", LINE.key))
    passed = handoff.pass_on(replace(shared(), next_step="llamar"), "otra", yes, T + 60)
    assert (passed.organization, passed.status, passed.responder) == ("otra", CaseStatus.OPEN, None)
    assert passed.may_see(T + 60)
    assert not replace(passed, organization="casa").may_see(T + 60)
    assert passed.shared == (LINE,)
    assert passed.next_step == ""
    share = passed.consent(Purpose.SHARE, T + 60)
    assert share is not None
    assert share.scope == (LINE.key,)
    assert next_due(passed, clocks()) == (Rung.RING, T + 60)


def test_passing_on_carries_nothing_that_was_agreed_or_planned_with_the_organization_before() -> None:
    case = replace(
        answered(),
        referrals=(Referral(id=1, service="Refugio de la calle Luna", state=ReferralState.SENT, at=T, remind_at=T + DAY),),
        rules=("child_missing",),
        follow_ups=(FollowUp(at=T + DAY), FollowUp(at=T, outcome="helped")),
        safe_contact=SafeContact(first_line="Hola, vecina"),
        word="sal$hash",
        confirmed=True,
        asked_word_at=T,
        claimant=OTHER,
        back_at=T + 60,
        crisis_at=T,
        crisis="distress",
        next_step="llamar",
        told_no_match=True,
        asked_elsewhere="otra",
        renewal="asked",
        told_away=True,
        prefers="woman",
        return_key="k" * 32,
    )
    yes = consent(Purpose.REFERRAL, "otra", at=T + 60)
    passed = handoff.pass_on(case, "otra", yes, T + 60)
    fresh = replace(
        handoff.request(T, id=case.id, seeker=SEEKER, designation=case.designation, consent=consent()),
        organization="otra",
        consents=passed.consents,
        requested_at=T,
        due_at=T + 60,
        prefers="woman",
        return_key="k" * 32,
        answered_at=passed.answered_at,
        responder_wrote_at=passed.responder_wrote_at,
    )
    assert passed == fresh, "language, topic, level, their own wishes and their own key: nothing else"


def test_without_a_shared_line_in_its_scope_nothing_but_the_contact_goes() -> None:
    passed = handoff.pass_on(shared(), "otra", consent(Purpose.REFERRAL, "otra"), T)
    assert passed.shared == ()
    assert passed.consent(Purpose.SHARE, T) is None


@pytest.mark.parametrize(
    ("to", "yes", "code"),
    [
        ("otra", consent(Purpose.CONTACT, "otra"), "no-consent"),
        ("otra", consent(Purpose.REFERRAL, "casa"), "no-consent"),
        ("otra", consent(Purpose.REFERRAL, "otra", at=T - 30 * DAY), "no-consent"),
        ("casa", consent(Purpose.REFERRAL, "casa"), "own-case"),
    ],
)
def test_passing_on_needs_a_yes_for_that_very_organization(to: str, yes: Consent, code: str) -> None:
    with refused(code):
        handoff.pass_on(answered(), to, yes, T)


# -- ends -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome)
def test_it_closes_with_an_outcome_and_can_be_reopened(outcome: Outcome) -> None:
    closed = handoff.close(answered(), outcome.value, T + 60, by=7)
    assert (closed.status, closed.outcome, closed.closed_at, closed.responder, closed.rung) == (
        CaseStatus.CLOSED,
        outcome.value,
        T + 60,
        None,
        (7,),
    )
    assert next_due(closed, clocks()) is None
    again = handoff.reopen(closed, T + 90)
    assert (again.status, again.handoff, again.requested_at, again.outcome) == (CaseStatus.OPEN, HandoffStatus.REQUESTED, T + 90, "")
    assert next_due(again, clocks()) == (Rung.RING, T + 90)


def test_closing_is_the_owners_and_names_an_outcome_of_the_list() -> None:
    with refused("no-outcome"):
        handoff.close(claimed(), "bien", T)
    with refused("not-owner"):
        handoff.close(claimed(), "helped", T, by=8)
    with refused("no-such-move"):
        handoff.close(waiting(), "helped", T)


def test_reopening_needs_a_consent_that_holds() -> None:
    closed = handoff.close(answered(), "helped", T)
    with refused("no-consent"):
        handoff.reopen(closed, T + 30 * DAY)
    renewed = handoff.grant(closed, consent(at=T + 31 * DAY))
    assert handoff.reopen(renewed, T + 31 * DAY).status is CaseStatus.OPEN


@pytest.mark.parametrize("case", [waiting(), claimed(), shared(), handoff.close(shared(), "helped", T)])
def test_withdrawal_ends_all_of_it_at_any_time(case: Case) -> None:
    full = replace(
        case,
        follow_ups=(FollowUp(at=T + DAY), FollowUp(at=T, tries=1, outcome="helped")),
        referrals=(Referral(id=1, service="x", state=ReferralState.SENT, at=T, remind_at=T + 9),),
        safe_contact=SafeContact(),
        unread=2,
        claimant=OTHER,
    )
    gone = handoff.withdraw(full, T + 5)
    assert (gone.status, gone.handoff, gone.responder, gone.rung) == (CaseStatus.CLOSED, HandoffStatus.WITHDRAWN, None, ())
    assert not gone.may_see(T + 5)
    assert all(one.withdrawn_at is not None for one in gone.consents)
    assert gone.shared == ()
    assert gone.unread == 0
    assert gone.safe_contact is None
    assert gone.claimant is None
    assert [one.outcome for one in gone.follow_ups] == ["helped"]
    assert [(one.state, one.remind_at) for one in gone.referrals] == [(ReferralState.WITHDRAWN, None)]
    assert next_due(gone, clocks()) is None


def test_a_consent_that_holds_does_not_expire_in_the_middle_of_a_conversation() -> None:
    with refused("consent-holds"):
        handoff.expire(answered(), T)
    assert handoff.expire(answered(), T + 30 * DAY).handoff is HandoffStatus.EXPIRED
    assert handoff.expire(waiting(), T).handoff is HandoffStatus.EXPIRED, "nobody came, and the request is let go"


# -- consent and reach ------------------------------------------------------------------------------------------------------


def test_a_renewal_takes_the_place_of_the_consent_before() -> None:
    renewed = handoff.grant(answered(), consent(at=T + 29 * DAY))
    assert renewed.may_see(T + 31 * DAY)
    assert [one.withdrawn_at for one in renewed.consents] == [T + 29 * DAY, None]


def test_what_is_shared_is_what_was_shown() -> None:
    case = shared()
    assert case.shared == (LINE, PLACE)
    later = handoff.share(case, consent(Purpose.SHARE, at=T + 9, scope=(PLACE.key,), shown="e" * 64), (PLACE,))
    held = later.consent(Purpose.SHARE, T + 9)
    assert later.shared == (PLACE,)
    assert held is not None
    assert held.shown == "e" * 64


@pytest.mark.parametrize(
    ("case", "yes", "lines", "code"),
    [
        (answered(), consent(Purpose.SHARE, scope=(PLACE.key, LINE.key), shown="f"), (LINE, PLACE), "shown-differs"),
        (answered(), consent(Purpose.SHARE, scope=(LINE.key,), shown="f"), (LINE, PLACE), "shown-differs"),
        (answered(), consent(Purpose.SHARE, scope=(LINE.key,)), (LINE,), "no-consent"),
        (answered(), consent(Purpose.SHARE, scope=(), shown="f"), (), "no-consent"),
        (answered(), consent(Purpose.CONTACT, scope=(LINE.key,), shown="f"), (LINE,), "no-consent"),
        (answered(), consent(Purpose.SHARE, "otra", scope=(LINE.key,), shown="f"), (LINE,), "no-consent"),
        (replace(answered(), consents=()), consent(Purpose.SHARE, scope=(LINE.key,), shown="f"),
         (LINE,), "no-consent"),
        (handoff.withdraw(answered(), T), consent(Purpose.SHARE, scope=(LINE.key,), shown="f"), (LINE,), "no-consent"),
    ],
)  # fmt: skip
def test_nothing_else_is_shared(case: Case, yes: Consent, lines: tuple[SharedLine, ...], code: str) -> None:
    with refused(code):
        handoff.share(case, yes, lines)


@pytest.mark.parametrize("ended", [handoff.withdraw(waiting(), T), handoff.expire(waiting(), T), waiting(erased=True)])
def test_what_has_ended_for_good_takes_no_consent(ended: Case) -> None:
    with refused("no-such-move"):
        handoff.grant(ended, consent())


def test_reach_and_safe_contact_are_set_while_the_case_lives() -> None:
    assert handoff.set_reach(waiting(), Reach.WRITTEN).reach is Reach.WRITTEN
    assert handoff.set_safe_contact(claimed(), SafeContact(begins=540), by=7).safe_contact == SafeContact(begins=540)
    with refused("not-owner"):
        handoff.set_safe_contact(claimed(), None, by=8)
    with refused("no-such-move"):
        handoff.set_reach(handoff.close(claimed(), "helped", T), Reach.YES)


def test_numbers_are_given_out_one_by_one_each_way() -> None:
    case, first = handoff.next_number(waiting(), Direction.SEEKER)
    case, second = handoff.next_number(case, Direction.SEEKER)
    case, other = handoff.next_number(case, Direction.RESPONDER)
    assert (first, second, other, case.numbered_in, case.numbered_out) == (1, 2, 1, 2, 1)


# -- urgency and the clock --------------------------------------------------------------------------------------------------


def test_a_level_rises_and_never_sinks_and_the_clock_is_never_later() -> None:
    case = claimed(Level.ORDINARY)
    risen = handoff.raise_level(case, Level.DANGER, "danger_said", T + 60, clocks=clocks())
    assert (risen.level, risen.rules, risen.heavy, risen.due_at) == (Level.DANGER, ("danger_said",), True, T + 60 + 2 * MINUTE)
    same = handoff.raise_level(risen, Level.HIGH, "other", T + 70, clocks=clocks())
    assert (same.level, same.rules, same.due_at) == (Level.DANGER, ("danger_said", "other"), risen.due_at)
    assert handoff.raise_level(same, Level.DANGER, "other", T + 80, clocks=clocks()).rules == same.rules
    nearly = replace(case, due_at=T + 61)
    assert handoff.raise_level(nearly, Level.DANGER, "danger_said", T + 60, clocks=clocks()).due_at == T + 61


def test_a_crisis_word_rings_the_owner_and_the_program_steps_in_once() -> None:
    rung = handoff.ring(answered(), T + 60, clocks=clocks())
    assert rung.level is Level.DANGER
    assert next_due(rung, clocks()) == (Rung.CRISIS, T + 180)
    assert handoff.ring(rung, T + 120, clocks=clocks()).crisis_at == T + 60
    assert next_due(handoff.answer(rung, T + 100), clocks()) != (Rung.CRISIS, T + 180)
    assert handoff.step_in(rung).crisis_at is None
    assert handoff.ring(waiting(), T, clocks=clocks()).crisis_at is None, "in the queue the program itself answers"


def test_back_in_twenty_minutes_holds_the_clock_once() -> None:
    held = handoff.hold_clock(claimed(Level.DANGER), 20, T, clocks=clocks(), by=7)
    assert held.back_at == held.due_at == T + 20 * MINUTE
    with refused("held-already"):
        handoff.hold_clock(held, 20, T + 60, clocks=clocks())
    said = handoff.answer(held, T + 60)
    later = handoff.hold_clock(said, 20, T + 120, clocks=clocks())
    heard = handoff.hear(later, T + 180, clocks=clocks())
    assert heard.due_at == T + 120 + 20 * MINUTE, "words that come while they are away wait until they are back"


@pytest.mark.parametrize(("minutes", "code"), [(0, "held-too-long"), (61, "held-too-long"), (-5, "held-too-long")])
def test_nobody_holds_the_clock_for_ever(minutes: int, code: str) -> None:
    with refused(code):
        handoff.hold_clock(claimed(), minutes, T, clocks=clocks())
    with refused("not-owner"):
        handoff.hold_clock(waiting(), 20, T, clocks=clocks())


def test_words_in_the_short_hold_keep_the_clock_from_ringing_under_them() -> None:
    case = replace(claimed(), due_at=T + 2)
    assert handoff.hold_words(case, T, clocks=clocks()).due_at == T + 6
    assert handoff.hold_words(claimed(), T, clocks=clocks()) == claimed()
    assert handoff.hold_words(waiting(), T, clocks=clocks()) == waiting()


# -- who is on the other side -----------------------------------------------------------------------------------------------


def test_a_lent_phone_and_the_key_on_paper() -> None:
    away = handoff.detach(answered(), "k" * 64)
    assert (away.seeker, away.return_key, away.confirmed) == (None, "k" * 64, False)
    with refused("detached"):
        handoff.detach(away, "k")
    back = handoff.attach(away, OTHER)
    assert (back.seeker, back.return_key, back.confirmed) == (OTHER, "", False)
    with refused("attached"):
        handoff.attach(back, SEEKER)


def test_whom_a_human_says_is_the_same_person_takes_the_place_of_the_account_before() -> None:
    case = replace(answered(), return_key="k" * 64, claimant=OTHER)
    came = handoff.attach(case, OTHER)
    assert (came.seeker, came.claimant, came.return_key, came.confirmed) == (OTHER, None, "", True)


def test_the_word_is_asked_and_answered_and_never_locks_anybody_out() -> None:
    with refused("no-word"):
        handoff.ask_word(answered(), T)
    asked = handoff.ask_word(replace(answered(), word="h"), T + 5)
    assert (asked.confirmed, asked.asked_word_at) == (False, T + 5)
    for right in (True, False):
        told = handoff.confirm(asked, right)
        assert (told.confirmed, told.asked_word_at) == (right, None)
        assert handoff.hear(told, T + 9, clocks=clocks()).handoff is HandoffStatus.ACTIVE
