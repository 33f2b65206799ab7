"""Everything the desk does by itself, with a clock that is moved; and the same after a restart in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import follow_up, handoff
from bot.domain.case import DAY, Case, CaseStatus, HandoffStatus, Level, Note, SafeContact, Visibility, WordsState
from bot.domain.clocks import ASKED_BEFORE, Rung
from bot.domain.organization import Organization
from bot.domain.staff import ResponderState
from bot.storage.sql_storage import SqlStorage
from bot.usecases.desk import ladder
from bot.usecases.desk.ladder import Ladder, put_out
from bot.usecases.ports import StorageDown
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
    assert label(owned, "crisis_unanswered", designation="Faro") in owned.texts(SUPE)
    assert "Faro" in owned.texts(SUPE), "a supervisor of fourteen cases must know which"
    assert owned.offered(SUPE, "b_give")
    assert label(owned, "crisis_stepped_in") in owned.texts(ANA)
    assert ("program", "raise", "stepped_in") in await owned.trail()
    await later(owned, 30, between)
    assert owned.news() == ["crisis"]


async def test_a_wish_to_die_brings_the_screen_for_that(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), order(OrderKind.RING, "distress"), incoming=typed("ya no quiero vivir"))
    await wait(owned, clocks().crisis)
    assert owned.news() == ["distress"]


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


async def talked(desk: Desk) -> int:
    """Both have written; when the consent ends."""
    await desk.hear("hola")
    await desk.write(ANA, "Aquí estoy.")
    await wait(desk, clocks().hold)
    return desk.case().consents[0].until


async def test_before_a_consent_ends_the_seeker_is_asked_once(owned: Desk, between: bool) -> None:
    until = await talked(owned)
    await later(owned, until - ASKED_BEFORE - owned.clock.at - 1, between)
    assert "renew" not in owned.news()
    await later(owned, 1, between)
    await later(owned, DAY, between)
    assert owned.news().count("renew") == 1
    assert owned.case().responder == ANA
    await turn(owned, order(OrderKind.RENEW, "yes", blocks=("x",)))
    await later(owned, until - owned.clock.at, between)
    assert "ended" not in owned.news()
    assert owned.case().may_see(owned.clock.at)
    await later(owned, 27 * DAY, between)
    assert owned.news().count("renew") == 2, "the new one ends as well"


async def test_when_a_consent_ends_nobody_sees_the_case_and_both_are_told(owned: Desk, between: bool) -> None:
    until = await talked(owned)
    await owned.write(ANA, "Te decía.")
    await owned.commit(replace(owned.case(), renewal="asked"))
    (held,) = [one for one in await owned.words() if one.state is WordsState.HELD]
    draft = owned.office.draft()
    draft.put(replace(held, release_at=until + 1))
    await owned.office.commit(draft)
    await later(owned, until - owned.clock.at, between)
    assert owned.case().responder == ANA
    assert owned.news()[-1] == "ended"
    assert owned.platform.titles == {}
    assert "Aquí estoy." not in owned.texts(ANA)
    assert "venció su permiso" in owned.texts(ANA)
    told, writes = len(owned.told), len(owned.writes)
    for _ in range(3):
        await later(owned, 1, between)
    assert len(owned.told) == told
    assert [one.state for one in await owned.words() if one.id == held.id] == [WordsState.REMOVED], "what was held leaves no more"
    assert sum(len(write.cases) + len(write.words) for write in owned.writes[writes:]) <= 1
    await turn(owned, order(OrderKind.RENEW, "yes", blocks=("x",)))
    await later(owned, 1, between)
    assert owned.case().renewal == ""
    assert (owned.case().responder, owned.case().may_see(owned.clock.at)) == (ANA, True)
    assert "Aquí estoy." in owned.texts(ANA), "who has it is shown again what was taken away"
    assert list(owned.platform.titles.values()) == ["Faro"]
    shown = owned.chat(ANA)
    await later(owned, 1, between)
    assert owned.chat(ANA) == shown, "once"


async def test_a_request_renewed_in_the_queue_rings_anew(desk: Desk) -> None:
    await requested(desk)
    await wait(desk, 0)
    until = desk.case().consents[0].until
    draft = desk.office.draft()
    for who in (ANA, BRUNO):
        draft.responder(replace(desk.office.book.responders[who], duty_until=until + DAY, reminded=True))
    await desk.office.commit(draft)
    await desk.commit(replace(desk.case(), clock="", due_at=None, renewal="asked"))
    await wait(desk, until - desk.clock.at)
    assert label(desk, "take") not in desk.labels(ANA)
    await turn(desk, order(OrderKind.RENEW, "yes", blocks=("x",)))
    await wait(desk, 1)
    assert label(desk, "take") in desk.labels(ANA)


async def test_a_consent_that_ended_and_was_not_renewed_ends_the_case(owned: Desk, between: bool) -> None:
    until = await talked(owned)
    number = owned.case().id
    await owned.type(ANA, "nota", thread=next(iter(owned.platform.titles)))
    draft = owned.office.draft()
    draft.notes.append(Note(id=draft.number(), case=number, author=ANA, visibility=Visibility.TEAM, text="algo", at=owned.clock.at))
    await owned.office.commit(draft)
    await later(owned, until - owned.clock.at, between)
    assert owned.case().open
    assert not owned.case().may_see(owned.clock.at)
    await later(owned, 0, between)
    await later(owned, clocks().renewal, between)
    assert owned.case().handoff is HandoffStatus.EXPIRED
    assert owned.news().count("ended") == 1
    assert await owned.storage.words(number) == []
    assert await owned.storage.notes(number) == []
    assert owned.platform.titles == {}
    assert "venció su permiso" in owned.texts(ANA)


async def test_a_program_that_slept_over_it_all_still_tells(owned: Desk) -> None:
    until = await talked(owned)
    await wait(owned, until + clocks().renewal + DAY - owned.clock.at)
    await wait(owned, 1)
    assert owned.case().handoff is HandoffStatus.EXPIRED
    assert [one for one in owned.news() if one in ("renew", "ended")] == ["ended"]


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


async def test_a_revocation_is_never_swallowed(owned: Desk) -> None:
    """The command line revoked somebody, and the staff was read anew for another reason (a conflict, a doubt) before the ladder looked."""
    await owned.hear("hola")
    await owned.storage.write_desk(
        replace(owned.office.draft().write(), responders=(replace(owned.office.book.responders[ANA], state=ResponderState.REVOKED),))
    )
    owned.office.unsure = True
    async with owned.office.turnstile:
        await owned.office.be_sure()
    await wait(owned, 1)
    assert owned.case().responder is None
    assert "hola" not in owned.texts(ANA)
    assert label(owned, "put_out") in owned.texts(ANA)
    await wait(owned, 1)
    assert owned.platform.said.count(label(owned, "put_out")) == 1


async def test_who_panicked_here_is_not_put_out_a_second_time(owned: Desk) -> None:
    await owned.type(ANA, "/panico")
    draft = owned.office.draft()
    draft.responder(replace(owned.office.book.responders[BRUNO], state=ResponderState.PANICKED))
    await owned.office.commit(draft)
    await wait(owned, 1)
    assert owned.office.book.moved == {}
    assert label(owned, "put_out") not in owned.texts(BRUNO)


async def test_words_an_earlier_run_gave_up_are_passed_on_at_the_next_start(owned: Desk) -> None:
    await owned.hear("me siguen")
    (words,) = await owned.words()
    draft = owned.office.draft()
    draft.put(replace(words, state=WordsState.QUEUED, version=words.version))
    draft.remove(ANA, "words", case=owned.case().id)
    await owned.office.commit(draft)
    await owned.deliverer.settle()
    assert "me siguen" not in owned.texts(ANA)
    await restart(owned)
    await wait(owned, 0)
    assert "me siguen" in owned.texts(ANA)
    assert [one.state for one in await owned.words()] == [WordsState.DELIVERED]


async def test_an_error_in_one_case_stops_neither_the_others_nor_the_bot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await requested(desk, Level.DANGER)
    broken = desk.case().id
    await turn(desk, order(OrderKind.REQUEST), seeker=type(SEEKER)(b"z" * 32))
    tried = []
    real = ladder._rung

    def fails(office: object, draft: object, case: Case) -> object:
        tried.append(case.id)
        if case.id == broken:
            raise ValueError("one bad case")
        return real(desk.office, draft, case)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(ladder, "_rung", fails)
    clockwork = Ladder(desk.office)
    for _ in range(5):
        await clockwork.pass_()
        desk.clock.at += 1
    await desk.deliverer.settle()
    assert tried.count(broken) == 1, "not again at once"
    assert desk.case().rung != ()
    desk.clock.at += ladder.AGAIN_AFTER
    await clockwork.pass_()
    assert tried.count(broken) == 2


async def test_storage_that_is_down_ends_the_pass(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await requested(desk)

    async def down(self: SqlStorage, write: object) -> None:
        raise StorageDown("locked")

    with monkeypatch.context() as patch:
        patch.setattr(SqlStorage, "write_desk", down)
        clockwork = Ladder(desk.office)
        with pytest.raises(StorageDown):
            await clockwork.pass_()
    await clockwork.pass_()
    assert desk.case().rung != ()


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
