"""Endings: nothing is lost by closing without somebody knowing, and nothing is promised for later that cannot be kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.case import DAY, CaseStatus, Direction, HandoffStatus, Level, SafeContact, Words, WordsState
from bot.domain.handoff import Outcome
from bot.usecases.desk.ending import FOLLOW_DAYS, OUTCOMES, VERBS
from bot.usecases.desk.ladder import Ladder
from tests.bot.domain.desk import HOUR, T, clocks, consent
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, LEJOS, SEEKER, SUPE, Desk, open_desk, speaking, with_case


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await with_case(await open_desk(tmp_path))
    yield opened
    await opened.storage.close()


async def close(desk: Desk, outcome: Outcome = Outcome.HELPED) -> None:
    await desk.press(ANA, "b_close")
    await desk.press(ANA, f"outcome_{outcome.value}")


async def answered(desk: Desk) -> None:
    """The seeker wrote, Ana answered, and the seeker has read it."""
    await desk.hear("hola")
    await desk.write(ANA, "buenas")
    await desk.leave()
    (words,) = desk.office.book.to_seeker(desk.case().id)
    draft = desk.office.draft()
    draft.put(replace(words, state=WordsState.DELIVERED))
    await desk.office.commit(draft)


# -- closing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_closing_ends_it_for_both_and_the_words_go(desk: Desk, outcome: Outcome) -> None:
    await answered(desk)
    await close(desk, outcome)
    case = desk.case()
    assert (case.status, case.handoff, case.outcome, case.responder) == (CaseStatus.CLOSED, HandoffStatus.CLOSED, outcome.value, None)
    assert desk.news() == ["closed"]
    assert list(await desk.storage.words(case.id)) == []
    assert await desk.words() == []
    assert desk.platform.titles == {}
    assert "hola" not in desk.texts(ANA)
    assert desk.say("closed", outcome=desk.say(f"outcome_{outcome.value}")) in desk.texts(ANA)
    assert (f"responder:{ANA}", "close", outcome.value) in await desk.trail()


async def test_without_topics_nothing_of_it_stays_in_the_chat(desk: Desk) -> None:
    desk.platform.topics = False
    await desk.hear(CANARY)
    await close(desk)
    await desk.press(ANA, "b_close_anyway")
    assert desk.case().status is CaseStatus.CLOSED
    assert CANARY not in desk.texts(ANA)
    assert not desk.offered(ANA, "b_close")


async def test_words_in_the_hold_are_asked_about_once_and_taken_back(desk: Desk) -> None:
    await answered(desk)
    await desk.write(ANA, CANARY)
    await close(desk)
    assert desk.case().open
    assert desk.say("close_unsent", count=1) in desk.texts(ANA)
    assert desk.told == []
    await desk.press(ANA, "b_close_anyway")
    assert desk.case().status is CaseStatus.CLOSED
    assert list(desk.office.book.held()) == []
    assert await desk.words() == []
    await Ladder(desk.office).pass_()
    assert desk.news() == ["closed"]
    await desk.nothing_of(CANARY)


async def test_or_they_are_waited_for(desk: Desk) -> None:
    await answered(desk)
    await desk.write(ANA, "espera")
    await close(desk)
    await desk.press(ANA, "b_wait")
    assert not desk.offered(ANA, "b_wait")
    assert [words.state for words in desk.office.book.held()] == [WordsState.HELD]
    assert desk.case().open


async def test_words_outside_the_window_and_unread_ones_are_counted(desk: Desk) -> None:
    await answered(desk)
    draft, case = desk.office.draft(), desk.case()
    for state in (WordsState.WINDOW, WordsState.WINDOW, WordsState.ENVELOPE, WordsState.QUEUED, WordsState.QUEUED):
        made = Words(id=draft.number(), case=case.id, direction=Direction.RESPONDER, number=9, author=ANA, text="x", at=T, state=state)
        draft.put(made)
    await desk.office.commit(draft)
    await close(desk)
    said = desk.texts(ANA)
    assert desk.say("close_unsent", count=2) in said
    assert desk.say("close_unread", count=3) in said
    assert desk.say("close_waits") not in said


async def test_words_of_the_seeker_without_an_answer_are_mentioned(desk: Desk) -> None:
    await desk.hear("¿sigues ahí?")
    await close(desk)
    assert desk.say("close_waits") in desk.texts(ANA)
    assert desk.case().open


async def test_cancelled(desk: Desk) -> None:
    await desk.press(ANA, "b_close")
    await desk.press(ANA, "b_cancel")
    assert desk.case().open
    assert not desk.offered(ANA, "outcome_helped")


async def test_closing_while_a_colleague_is_asked_takes_that_back_too(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    await desk.press(ANA, "Bruno")
    await close(desk)
    assert desk.case().status is CaseStatus.CLOSED
    assert "Faro" not in desk.texts(BRUNO)
    assert not desk.offered(BRUNO, "b_accept")


async def test_after_a_heavy_case_nobody_rings_them_for_a_while(tmp_path: Path) -> None:
    desk = await with_case(await open_desk(tmp_path), level=Level.DANGER)
    await close(desk)
    assert desk.office.book.responders[ANA].resting_until == T + clocks().cool_down
    assert desk.say("rest", when=desk.office.organizations["casa"].local(T + clocks().cool_down).strftime("%H:%M")) in desk.texts(ANA)
    stored = next(one for one in (await desk.storage.staff()).responders if one.id == ANA)
    assert stored.resting_until == T + clocks().cool_down
    await desk.storage.close()


async def test_after_another_there_is_none(desk: Desk) -> None:
    await close(desk)
    assert desk.office.book.responders[ANA].resting_until == 0


async def test_a_second_tap_closes_nothing_twice(desk: Desk) -> None:
    await desk.press(ANA, "b_close")
    data = desk.button(ANA, "outcome_other")
    await desk.press_data(ANA, data)
    await desk.press_data(ANA, data)
    assert desk.news() == ["closed"]
    assert await desk.refusals() == ["not-owner"]


async def test_only_who_has_the_case_ends_it_or_agrees_anything(desk: Desk) -> None:
    codes = {"close", *(f"close.{letter}y" for letter in OUTCOMES), "keep", "follow", "follow.1y"}
    await desk.refuses_all_but({ANA}, codes)
    assert {code.partition(".")[0] for code in codes} == set(VERBS) - {"ended", "reopen"}


async def test_an_outcome_that_is_none_is_refused(desk: Desk) -> None:
    await desk.tries(ANA, "close.z")
    assert await desk.refusals() == ["no-outcome"]


# -- a message later ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 3, 7, 14])
async def test_a_message_later_is_agreed_once_the_seeker_said_yes(desk: Desk, days: int) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_follow_up")
    await desk.press(ANA, f"follow_in_{days}")
    assert desk.case().follow_ups == ()
    await desk.press(ANA, "b_follow_yes")
    assert [one.at for one in desk.case().follow_ups] == [T + days * DAY]
    assert (f"responder:{ANA}", "follow_up", "agreed") in await desk.trail()
    assert desk.say("follow_kept", when=desk.office.organizations["casa"].local(T + days * DAY).strftime("%d/%m %H:%M")) in desk.texts(ANA)
    assert desk.told == []


async def test_not_yet_agrees_nothing(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_follow_up")
    await desk.press(ANA, "follow_in_3")
    await desk.press(ANA, "b_not_yet")
    assert desk.case().follow_ups == ()
    assert desk.offered(ANA, "follow_in_7")


async def test_no_time_after_the_end_of_the_consent_is_offered_or_kept(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_follow_up")
    assert not desk.offered(ANA, "follow_in_30"), "it would be the second in which the consent has ended"
    ends = desk.office.organizations["casa"].local(T + 30 * DAY).strftime("%d/%m %H:%M")
    assert desk.say("follow_ends", when=ends) in desk.texts(ANA)
    await desk.tries(ANA, "follow.uy")
    assert await desk.refusals() == ["no-consent"]


async def test_a_renewed_consent_reaches_all_of_them(desk: Desk) -> None:
    await desk.commit(handoff.grant(desk.case(), consent(at=T, until=T + 60 * DAY)))
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_follow_up")
    assert all(desk.offered(ANA, f"follow_in_{days}") for days in FOLLOW_DAYS)


async def test_it_goes_in_the_hours_the_seeker_named(desk: Desk) -> None:
    await desk.commit(replace(desk.case(), safe_contact=SafeContact(begins=9 * 60, ends=18 * 60)))
    await desk.tries(ANA, "follow.1y")
    local = desk.office.organizations["casa"].local(desk.case().follow_ups[0].at)
    assert (local.hour, local.minute) == (9, 0)


async def test_one_a_day(desk: Desk) -> None:
    await desk.tries(ANA, "follow.3y")
    desk.clock.at += HOUR
    assert await desk.tries(ANA, "follow.3y") == desk.say("follow_already")
    assert len(desk.case().follow_ups) == 1
    await desk.tries(ANA, "follow.4y")
    assert await desk.refusals() == ["past"]


async def test_after_closing_it_is_sent_and_once_more_and_never_again(desk: Desk) -> None:
    await desk.tries(ANA, "follow.1y")
    await close(desk)
    for day in (1, 2, 3, 4, 5):
        desk.clock.at = T + day * DAY
        await Ladder(desk.office).pass_()
    assert desk.news() == ["closed", "follow_up", "follow_up"]
    assert [one.outcome for one in desk.case().follow_ups] == ["not_reached"]


# -- again --------------------------------------------------------------------------------------------------------------------


async def test_a_supervisor_opens_it_again_and_the_seeker_is_told(desk: Desk) -> None:
    await close(desk)
    await desk.tries(SUPE, "ended")
    listed = desk.chat(SUPE)[-1].text
    assert "Faro" in listed
    assert desk.say("outcome_helped") in listed
    await desk.press(SUPE, desk.say("b_reopen", designation="Faro"))
    case = desk.case()
    assert (case.status, case.handoff, case.outcome) == (CaseStatus.OPEN, HandoffStatus.REQUESTED, "")
    assert case.rung == (ANA,)
    assert desk.news() == ["closed", "reopened"]
    assert (f"responder:{SUPE}", "reopen", "") in await desk.trail()
    assert not desk.offered(SUPE, desk.say("b_reopen", designation="Faro"))


async def test_not_where_the_seeker_asked_anew(desk: Desk) -> None:
    await close(desk)
    closed = desk.case().id
    made = handoff.request(T, id=desk.storage.desk_number(), seeker=SEEKER, designation="Duna", consent=consent())
    await desk.commit(made)
    await desk.tries(SUPE, "ended")
    await desk.press(SUPE, desk.say("b_reopen", designation="Faro"))
    assert not desk.case(closed).open
    assert await desk.refusals() == ["no-such-move"]


async def test_not_without_a_consent_that_holds(desk: Desk) -> None:
    await close(desk)
    desk.clock.at = T + 30 * DAY
    await desk.tries(SUPE, "ended")
    assert not desk.offered(SUPE, desk.say("b_reopen", designation="Faro"))
    await desk.tries(SUPE, "reopen")
    assert await desk.refusals() == ["no-consent"]


@pytest.mark.parametrize("who", [ANA, BRUNO, LEJOS])
async def test_nobody_else_opens_it_again_or_sees_what_was_closed(desk: Desk, who: int) -> None:
    await close(desk)
    before = desk.texts(who)
    await desk.tries(who, "reopen")
    await desk.tries(who, "ended")
    assert not desk.case().open
    assert await desk.refusals() == ["not-owner", "not-owner"]
    assert desk.texts(who) == before


async def test_a_withdrawn_case_is_in_no_list(desk: Desk) -> None:
    draft = desk.office.draft()
    draft.case(handoff.withdraw(desk.case(), T))
    await desk.office.commit(draft)
    await desk.tries(SUPE, "ended")
    assert desk.chat(SUPE)[-1].text == desk.say("closed_none")


@pytest.mark.parametrize("tongue", ["es", "en"])
async def test_everything_is_said_in_the_responders_language(tmp_path: Path, tongue: str) -> None:
    desk = await speaking(tmp_path, tongue)
    await desk.commit(replace(desk.case(), heavy=True))
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_follow_up")
    await desk.press(ANA, "follow_in_1")
    await desk.press(ANA, "b_follow_yes")
    await desk.tries(ANA, "follow.1y")
    await desk.hear("hola")
    await desk.write(ANA, "sin salir")
    await close(desk)
    await desk.press(ANA, "b_close_anyway")
    await desk.tries(SUPE, "ended")
    await desk.press(SUPE, desk.say("b_reopen", designation="Faro"))
    desk.all_written()
    await desk.storage.close()
