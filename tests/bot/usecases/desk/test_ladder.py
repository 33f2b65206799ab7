"""Everything the desk does by itself, with a clock that is moved; and the same after a restart in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import follow_up, handoff
from bot.domain.case import DAY, Case, CaseStatus, HandoffStatus, Level, SafeContact, WordsState
from bot.domain.clocks import Rung
from bot.domain.organization import Organization
from bot.domain.staff import ResponderState
from bot.usecases.desk import ladder
from bot.usecases.desk.ladder import Ladder, put_out
from flows.effects import OrderKind
from flows.events import News
from tests.bot.domain.desk import HOUR, MINUTE, T, clocks
from tests.bot.usecases.desk.casework import ANA, BRUNO, PEOPLE, SEEKER, SUPE, Desk, with_case
from tests.bot.usecases.desk.turns import label, opened, order, requested, restart, turn, typed, wait

ALONE = Organization(id="casa", name="Casa", languages=("es",))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await opened(tmp_path)
    yield made
    await made.storage.close()


@pytest.fixture
async def owned(desk: Desk) -> Desk:
    return await with_case(desk)


@pytest.fixture(params=[False, True], ids=["running", "restarted"])
def between(request: pytest.FixtureRequest) -> bool:
    """Whether the program is restarted before each clock rings."""
    return bool(request.param)


async def later(desk: Desk, seconds: int, between: bool) -> None:
    if between:
        await restart(desk)
    await wait(desk, seconds)


def offset(level: Level, rung: Rung) -> int:
    return clocks().offsets[level][rung]


async def deeds(desk: Desk, deed: str) -> int:
    return [one for _, one, _ in await desk.trail()].count(deed)


def test_every_rung_has_somebody_who_does_it() -> None:
    assert set(ladder.RUNGS) == set(Rung)


# -- while nobody has it -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(Level))
async def test_an_unclaimed_request_climbs_to_the_end(tmp_path: Path, level: Level, between: bool) -> None:
    people = tuple(replace(one, duty_until=T + 3 * DAY if one.duty_until else 0) for one in PEOPLE)
    desk = await opened(tmp_path, people=people)
    await requested(desk, level)
    await later(desk, 0, between)
    first = desk.case().rung
    assert first
    assert all(desk.texts(who) == label(desk, "notice") for who in first)
    assert desk.case().handoff is HandoffStatus.OFFERED
    await later(desk, offset(level, Rung.NUDGE), between)
    assert set(desk.case().rung) >= {ANA, BRUNO}
    assert desk.news() == []
    await later(desk, offset(level, Rung.NEXT_ORGANIZATION) - offset(level, Rung.NUDGE), between)
    await later(desk, offset(level, Rung.SUPERVISOR) - offset(level, Rung.NEXT_ORGANIZATION), between)
    assert desk.news() == ["elsewhere", "nobody"]
    assert "espera más de lo debido" in desk.texts(SUPE)
    assert desk.case().clock == ""
    told = len(desk.told)
    await later(desk, 6 * HOUR, between)
    assert len(desk.told) == told
    await desk.storage.close()


async def test_nobody_rings_before_it_is_due(desk: Desk) -> None:
    await requested(desk, Level.HIGH)
    await wait(desk, 0)
    before = await deeds(desk, "offer")
    await wait(desk, offset(Level.HIGH, Rung.NUDGE) - 1)
    assert await deeds(desk, "offer") == before
    await wait(desk, 1)
    assert await deeds(desk, "offer") == before + 1


async def test_a_notice_is_one_message_and_goes_when_it_is_taken(desk: Desk) -> None:
    await requested(desk, Level.DANGER)
    await wait(desk, 0)
    await wait(desk, offset(Level.DANGER, Rung.NUDGE))
    assert [len(desk.chat(who)) for who in (ANA, BRUNO)] == [1, 1]
    await desk.press(ANA, label(desk, "take"))
    assert desk.texts(BRUNO) == label(desk, "taken")
    assert desk.case().responder == ANA


async def test_with_nobody_to_ring_the_clocks_go_on(tmp_path: Path) -> None:
    desk = await opened(tmp_path, organization=ALONE, people=())
    await requested(desk, Level.DANGER)
    for _ in range(5):
        await wait(desk, 15 * MINUTE)
    assert desk.news() == ["nobody"]
    assert desk.case().rung == ()
    await desk.storage.close()


# -- while somebody has it -------------------------------------------------------------------------------------------------------------


async def test_who_does_not_answer_is_nudged_then_it_goes_back(owned: Desk, between: bool) -> None:
    await later(owned, offset(Level.ORDINARY, Rung.NUDGE), between)
    assert label(owned, "nudge", designation="Faro") in owned.texts(ANA)
    assert owned.case().responder == ANA
    await later(owned, offset(Level.ORDINARY, Rung.BACK_TO_QUEUE) - offset(Level.ORDINARY, Rung.NUDGE), between)
    case = owned.case()
    assert (case.status, case.responder, case.passed) == (CaseStatus.OPEN, None, (ANA,))
    assert owned.news() == ["given_back"]
    assert owned.platform.titles == {}
    assert label(owned, "lapsed", designation="Faro") in owned.texts(ANA)
    await later(owned, 0, between)
    assert BRUNO in owned.case().rung


async def test_words_stop_the_clock_and_new_ones_start_it(owned: Desk) -> None:
    await owned.write(ANA, "Aquí estoy.")
    await wait(owned, clocks().hold)
    await wait(owned, 12 * HOUR)
    assert owned.case().responder == ANA
    await owned.hear("¿sigues?")
    await wait(owned, offset(Level.ORDINARY, Rung.NUDGE))
    assert label(owned, "nudge", designation="Faro") in owned.texts(ANA)


async def test_held_words_leave_when_their_hold_is_over_and_measure_the_wait(owned: Desk, between: bool) -> None:
    owned.clock.at += 90
    await owned.write(ANA, "Aquí estoy.")
    await later(owned, clocks().hold - 1, between)
    assert [one.state for one in await owned.words()] == [WordsState.HELD]
    await later(owned, 1, between)
    (words,) = await owned.words()
    assert words.state is WordsState.ENVELOPE
    assert [(one.seeker, one.news.what, one.news.words) for one in owned.told if one.news] == [(SEEKER, News.WORDS, words.id)]
    assert [one.seconds for one in await owned.storage.waited(T // DAY)] == [90 + clocks().hold]
    assert owned.case().handoff is HandoffStatus.WAITING


async def test_words_in_the_window_keep_the_case_with_its_owner(owned: Desk) -> None:
    await owned.commit(replace(owned.case(), safe_contact=SafeContact(days=(0,), begins=540, ends=600)))
    await owned.write(ANA, "Para el lunes.")
    await wait(owned, clocks().hold)
    await wait(owned, DAY)
    assert owned.case().responder == ANA
    assert [one.state for one in await owned.words()] == [WordsState.WINDOW]


async def test_words_of_a_case_nobody_has_never_leave(owned: Desk) -> None:
    await owned.write(ANA, "Aquí estoy.")
    draft = owned.office.draft()
    draft.case(handoff.release(owned.case(), None, T))
    await owned.office.commit(draft)
    await wait(owned, clocks().hold)
    assert [(one.state, one.text) for one in await owned.words()] == [(WordsState.REMOVED, "")]
    assert "words" not in owned.news()


async def test_a_transfer_nobody_answers_stays_where_it_was(owned: Desk, between: bool) -> None:
    await owned.write(ANA, "Aquí estoy.")
    await wait(owned, clocks().hold)
    await owned.commit(handoff.transfer(owned.case(), BRUNO, owned.clock.at, clocks=clocks()))
    await later(owned, offset(Level.ORDINARY, Rung.NUDGE), between)
    assert (owned.case().responder, owned.case().transfer_to) == (ANA, None)
    assert ("program", "decline", "") in await owned.trail()
    assert label(owned, "transfer_unanswered") in owned.texts(ANA)


async def test_a_crisis_without_a_human_word_brings_the_danger_screen_once(owned: Desk, between: bool) -> None:
    await turn(owned, order(OrderKind.WORDS), order(OrderKind.RING, "danger"), incoming=typed("ya están aquí"))
    await later(owned, clocks().crisis - 1, between)
    assert owned.news() == []
    await later(owned, 1, between)
    assert owned.news() == ["crisis"]
    assert label(owned, "crisis_unanswered") in owned.texts(SUPE)
    assert ("program", "raise", "stepped_in") in await owned.trail()
    await later(owned, 30, between)
    assert owned.news() == ["crisis"]


async def test_a_human_word_keeps_the_program_silent(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), order(OrderKind.RING, "danger"), incoming=typed("ya están aquí"))
    await owned.write(ANA, "Te leo.")
    await wait(owned, clocks().hold)
    await wait(owned, clocks().crisis)
    assert owned.news() == ["words"]


async def test_a_human_word_that_waits_for_the_window_does_not(owned: Desk) -> None:
    await owned.commit(replace(owned.case(), safe_contact=SafeContact(days=(0,), begins=540, ends=600)))
    await turn(owned, order(OrderKind.WORDS), order(OrderKind.RING, "danger"), incoming=typed("ya están aquí"))
    await owned.write(ANA, "Te leo.")
    await wait(owned, clocks().hold)
    await wait(owned, clocks().crisis)
    assert owned.news() == ["crisis"]
    assert [one.news.quiet for one in owned.told if one.news] == [False]


async def test_a_referral_is_asked_about_until_it_has_ended(owned: Desk, between: bool) -> None:
    await owned.write(ANA, "Aquí estoy.")
    await wait(owned, clocks().hold)
    await owned.commit(follow_up.refer(owned.case(), 5, "CEAV", owned.clock.at, remind_at=owned.clock.at + DAY))
    await later(owned, DAY, between)
    assert "CEAV" in owned.texts(ANA)
    (referral,) = owned.case().referrals
    assert referral.remind_at is not None
    assert referral.remind_at > owned.clock.at


# -- after it -----------------------------------------------------------------------------------------------------------------------------


async def closed_with_message(desk: Desk, contact: SafeContact | None = None) -> Case:
    agreed = follow_up.agree(replace(desk.case(), safe_contact=contact), T + 3 * DAY, T)
    return await desk.commit(handoff.close(agreed, "helped", T))


async def test_an_agreed_message_goes_twice_and_never_again(owned: Desk, between: bool) -> None:
    await closed_with_message(owned)
    await later(owned, 3 * DAY - 1, between)
    assert owned.news() == []
    await later(owned, 1, between)
    assert owned.news() == ["follow_up"]
    await later(owned, clocks().follow_up_retry, between)
    assert owned.news() == ["follow_up", "follow_up"]
    for _ in range(4):
        await later(owned, 2 * DAY, between)
    assert owned.news() == ["follow_up", "follow_up"]
    assert [one.outcome for one in owned.case().follow_ups] == ["not_reached"]
    assert await deeds(owned, "follow_up") == 3


async def test_an_agreed_message_that_was_answered_is_not_repeated(owned: Desk) -> None:
    await closed_with_message(owned)
    await wait(owned, 3 * DAY)
    await turn(owned, order(OrderKind.FOLLOW_UP, "helped"))
    await wait(owned, 5 * DAY)
    assert owned.news() == ["follow_up"]


async def test_an_agreed_message_waits_for_the_seekers_hours(owned: Desk) -> None:
    monday = SafeContact(days=(0,), begins=540, ends=600)
    await closed_with_message(owned, monday)
    await wait(owned, 3 * DAY)
    assert owned.news() == []
    opens = owned.case().follow_ups[0].at
    assert opens > owned.clock.at
    await wait(owned, opens - owned.clock.at)
    assert owned.news() == ["follow_up"]
    assert [one.news.quiet for one in owned.told if one.news] == [False]


async def test_a_consent_that_ended_and_was_not_renewed_ends_the_case(owned: Desk, between: bool) -> None:
    await owned.hear("hola")
    await owned.write(ANA, "Aquí estoy.")
    await wait(owned, clocks().hold)
    number = owned.case().id
    until = owned.case().consents[0].until
    await later(owned, until - owned.clock.at, between)
    assert owned.case().open
    assert not owned.case().may_see(owned.clock.at)
    await later(owned, clocks().renewal, between)
    assert owned.case().handoff is HandoffStatus.EXPIRED
    assert owned.news()[-1] == "ended"
    assert await owned.storage.words(number) == []
    assert owned.platform.titles == {}
    assert "venció su permiso" in owned.texts(ANA)


# -- staff ------------------------------------------------------------------------------------------------------------------------------


async def test_whoever_is_put_out_loses_everything_and_their_cases_go_back(owned: Desk) -> None:
    await owned.hear("hola")
    gone = replace(owned.office.book.responders[ANA], state=ResponderState.REVOKED)
    async with owned.office.turnstile:
        draft = owned.office.draft()
        draft.responder(gone)
        await owned.office.commit(draft)
        await put_out(owned.office, owned.office.book.responders[ANA])
    await owned.deliverer.settle()
    assert owned.platform.titles == {}
    assert owned.texts(ANA) == label(owned, "put_out")
    assert owned.case().status is CaseStatus.OPEN
    assert owned.news() == ["given_back"]


async def test_who_is_on_duty_is_asked_before_it_ends(desk: Desk) -> None:
    until = desk.office.book.responders[ANA].duty_until
    await wait(desk, until - clocks().duty_reminder - T - 1)
    assert desk.texts(ANA) == ""
    await wait(desk, 1)
    await wait(desk, 1)
    assert [one.text for one in desk.chat(ANA)] == [label(desk, "still_there")]


async def test_one_case_that_cannot_be_worked_does_not_hold_up_the_others(desk: Desk) -> None:
    await requested(desk, Level.DANGER)
    await desk.commit(replace(desk.case(), clock=Rung.DECLINE.value, due_at=T))
    broken = desk.case().id
    await turn(desk, order(OrderKind.REQUEST), seeker=type(SEEKER)(b"z" * 32))
    await Ladder(desk.office).pass_()
    await desk.deliverer.settle()
    assert desk.case(broken).rung == ()
    assert desk.case().rung != ()
