"""What responders and supervisors see between conversations, and what a supervisor does about it: true now, and no more than they may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.audit import Deed
from bot.domain.case import Case, CaseStatus, HandoffStatus, Level
from bot.domain.duty import OfferState
from bot.domain.staff import Responder, Shift, StaffRole
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import board, board_views, conversing, reception, staff_views, staffing
from bot.usecases.desk.reception import COMMANDS, VERBS
from bot.usecases.desk_ports import DeskWrite
from tests.bot.domain.desk import HOUR, MINUTE, OTHER, SEEKER, T, clocks, consent
from tests.bot.usecases.desk.casework import ANA, BRUNO, CARO, CASA, SUPE, Desk, open_desk, with_case
from tests.house import loaded


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await open_desk(tmp_path)
    async with opened.storage:
        yield opened


def text(desk: Desk, name: str, **values: object) -> str:
    return desk.office.texts.say("es", name, **values)


def one(desk: Desk, number: int) -> Responder:
    return desk.office.book.responders[number]


async def command(desk: Desk, who: int, words: str) -> None:
    await desk._incoming(Incoming(update_id=0, kind=Kind.COMMAND, user_id=who, chat_id=who, text=words))


async def changed(desk: Desk, who: int, **fields: object) -> None:
    draft = desk.office.draft()
    draft.responder(replace(one(desk, who), **fields))  # type: ignore[arg-type]  # test values
    await desk.office.commit(draft)


async def waits(desk: Desk, name: str, *, since: int = 0, level: Level = Level.ORDINARY, locale: str = "es", **rest: object) -> Case:
    """A case in the queue, `since` seconds."""
    at = T - since
    made = handoff.request(
        at,
        id=desk.storage.desk_number(),
        seeker=SEEKER if name == "Faro 10" else OTHER,
        designation=name,
        consent=consent(locale=locale, at=at),
        needs=("missing_person",),
        level=level,
    )
    return await desk.commit(replace(made, **rest))  # type: ignore[arg-type]  # test values


def shown(desk: Desk, who: int, name: str) -> str:
    """The message in a chat that begins with this text."""
    found = [message.text for message in desk.chat(who) if message.text.startswith(text(desk, name))]
    assert len(found) == 1, desk.texts(who)
    return found[0]


# -- the board ----------------------------------------------------------------------------------------------------------------


async def test_the_board_is_one_message_edited_in_place(desk: Desk) -> None:
    await command(desk, ANA, "mesa")
    [before] = desk.chat(ANA)
    assert before.text.startswith(text(desk, "board", alias="Ana"))
    await desk.press(ANA, text(desk, "b_off_duty"))
    [after] = desk.chat(ANA)
    assert after.number == before.number
    assert text(desk, "board_off") in after.text
    await command(desk, ANA, "start")
    [again] = desk.chat(ANA)
    assert again.number > after.number


async def test_the_board_says_what_they_have_and_how_long_it_waits(desk: Desk) -> None:
    await with_case(desk)
    await waits(desk, "Hoja 22")
    desk.clock.at = T + 20 * MINUTE
    await command(desk, ANA, "mesa")
    said = desk.texts(ANA)
    assert text(desk, "board_mine", count=1, cap=one(desk, ANA).cap) in said
    assert text(desk, "mine_row", designation="Faro", status=text(desk, "status_claimed"), ago=text(desk, "minutes", minutes=20)) in said
    assert text(desk, "board_waiting", count=1) in said


async def test_a_case_without_a_living_consent_stands_nowhere(desk: Desk) -> None:
    await with_case(desk)
    case = desk.case()
    await desk.commit(replace(case, consents=tuple(replace(given, withdrawn_at=T) for given in case.consents)))
    for words in ("mesa", "casos"):
        await command(desk, ANA, words)
    assert "Faro ·" not in desk.texts(ANA)
    assert text(desk, "mine_none") in desk.texts(ANA)


async def test_a_reviewer_has_a_board_without_a_desk(desk: Desk) -> None:
    await changed(desk, CARO, role=StaffRole.REVIEWER)
    await command(desk, CARO, "mesa")
    assert desk.labels(CARO) == [text(desk, name) for name in ("b_complaints", "b_help", "b_panic")]
    await command(desk, CARO, "fila")
    assert text(desk, "rule_not_allowed") in desk.texts(CARO)


@pytest.mark.parametrize("words", sorted(COMMANDS))
async def test_every_command_answers_everybody_with_something_or_a_refusal(desk: Desk, words: str) -> None:
    await with_case(desk)
    for who in (ANA, CARO, SUPE):
        before = len(desk.platform.said) + len(await desk.entries())
        await command(desk, who, words)
        assert len(desk.platform.said) + len(await desk.entries()) > before


def test_verbs_and_texts_fit() -> None:
    own = (board.VERBS, staffing.VERBS)
    assert not board.VERBS.keys() & staffing.VERBS.keys()
    assert all(VERBS[name] is verb for verbs in own for name, verb in verbs.items()), "another part has a verb of the same name"
    assert all(len(name) <= 6 for verbs in own for name in verbs)
    assert {"start", "turno", "fila", "casos", "panico", "ayuda", "idioma"} <= COMMANDS.keys()
    assert {"duty", "queue", "cases", "panic", "help", "language"} <= COMMANDS.keys()
    assert not board_views.VIEWS.keys() & staff_views.VIEWS.keys()
    assert reception.PROMPTS.keys() >= board.PROMPTS.keys()


def test_every_rule_of_urgency_has_its_reason_in_words() -> None:
    rules = {rule.id for rule in loaded().content.urgency} | {handoff.CRISIS_RULE, "waited"}
    spoken = loaded().spoken()["es"]
    assert [rule for rule in sorted(rules) if f"desk.reason_{rule}" not in spoken] == []


# -- the queue ----------------------------------------------------------------------------------------------------------------


def tomorrow(desk: Desk, hour: str) -> str:
    """An hour of the next day."""
    return text(desk, "hour_of_day", hours=hour, when="16/01")


async def test_the_queue_is_ordered_and_names_nobody(desk: Desk) -> None:
    await waits(desk, "Hoja 22", since=10 * MINUTE)
    await waits(desk, "Taza 33", since=MINUTE, level=Level.DANGER, rules=("child_missing",), locale="en")
    await command(desk, ANA, "fila")
    said = shown(desk, ANA, "queue_title").splitlines()
    assert said[1].startswith("1. ")
    assert text(desk, "level_danger") in said[1]
    assert text(desk, "language_en") in said[1]
    assert said[2].startswith("2. ")
    assert text(desk, "minutes", minutes=10) in said[2]
    assert text(desk, "reason_child_missing") not in shown(desk, ANA, "queue_title"), "it rests on an answer nobody shared"
    assert "Hoja" not in desk.texts(ANA)
    assert "Taza" not in desk.texts(ANA)
    await desk.press(ANA, text(desk, "take_number", number=1))
    assert [case.designation for case in desk.office.book.owned(ANA)] == ["Taza 33"]


async def test_what_cannot_be_taken_says_why_and_has_no_button(desk: Desk) -> None:
    await waits(desk, "Hoja 22", locale="fr")
    await command(desk, ANA, "fila")
    assert text(desk, "why_language") in desk.texts(ANA)
    assert desk.labels(ANA) == []


async def test_long_waits_raise_the_level_and_say_so(desk: Desk) -> None:
    await waits(desk, "Hoja 22", since=clocks().raises[Level.ORDINARY] + MINUTE)
    await command(desk, ANA, "fila")
    assert text(desk, "level_high") in desk.texts(ANA)
    assert text(desk, "reason_waited") in desk.texts(ANA)


async def test_of_many_the_first_ten_are_shown(desk: Desk) -> None:
    for number in range(13):
        await waits(desk, f"Hoja {number}", since=number)
    await command(desk, ANA, "fila")
    assert text(desk, "and_more", count=3) in desk.texts(ANA)
    assert len(desk.labels(ANA)) == 10


async def test_off_duty_nobody_looks_at_the_queue(desk: Desk) -> None:
    await waits(desk, "Hoja 22")
    await command(desk, CARO, "fila")
    assert desk.texts(CARO) == text(desk, "rule_off_duty")
    await command(desk, SUPE, "fila")
    assert text(desk, "queue_title") in desk.texts(SUPE)


async def test_a_notice_opened_on_purpose_is_written_down(desk: Desk) -> None:
    case = await waits(desk, "Hoja 22")
    draft = desk.office.draft()
    draft.post(ANA, "notice", case=case, topic=False)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert desk.texts(ANA) == text(desk, "notice")
    await desk.press(ANA, text(desk, "see"))
    assert "Hoja 22" in desk.texts(ANA)
    assert [(entry.actor, entry.deed, entry.object) for entry in await desk.entries()] == [
        (f"responder:{ANA}", Deed.READ_CASE, f"case:{case.id}")
    ]


# -- own cases ----------------------------------------------------------------------------------------------------------------


async def test_own_cases_lead_back_to_their_topic(desk: Desk) -> None:
    await with_case(desk)
    before = [message.number for message in desk.chat(ANA) if message.thread]
    await command(desk, ANA, "casos")
    await desk.press(ANA, "Faro")
    [after] = [message.number for message in desk.chat(ANA) if message.thread]
    assert after > before[0]


async def test_more_comes_once_and_goes(desk: Desk) -> None:
    await with_case(desk)
    for _ in range(2):
        await desk.press(ANA, text(desk, "b_more"))
    titles = [message for message in desk.chat(ANA) if message.text == text(desk, "more_title", designation="Faro")]
    assert len(titles) == 1
    assert titles[0].thread


# -- a supervisor -------------------------------------------------------------------------------------------------------------


async def test_the_load_says_who_waits_who_carries_and_when_nobody_is_there(desk: Desk) -> None:
    await with_case(desk)
    await waits(desk, "Hoja 22", since=clocks().offsets[Level.HIGH]["next_organization"] + MINUTE, level=Level.HIGH)  # type: ignore[index]
    await waits(desk, "Taza 33", since=MINUTE)
    await changed(desk, ANA, cap=1)
    await command(desk, SUPE, "carga")
    said = shown(desk, SUPE, "load_title")
    assert text(desk, "load_waiting", count=1) in said
    assert "Hoja 22" in said
    assert "Taza 33" not in said
    assert f"{text(desk, 'load_row', alias='Ana', count=1, cap=1)} · {text(desk, 'load_full')}" in said
    assert text(desk, "gap_ahead", begins="10:00", ends=tomorrow(desk, "02:00")) in said
    for who in (ANA, BRUNO):
        await changed(desk, who, duty_until=0)
    await command(desk, SUPE, "carga")
    assert text(desk, "load_nobody") in shown(desk, SUPE, "load_title")


async def test_a_case_waits_too_long_with_somebody_as_well(desk: Desk) -> None:
    await with_case(desk, level=Level.DANGER)
    desk.clock.at = T + clocks().offsets[Level.DANGER]["nudge"] + 1  # type: ignore[index]
    await command(desk, SUPE, "carga")
    assert text(desk, "load_waiting", count=1) in desk.texts(SUPE)
    await desk.commit(handoff.answer(desk.case(), desk.clock.at))
    await command(desk, SUPE, "carga")
    assert text(desk, "load_waiting", count=0) in desk.texts(SUPE)


async def test_the_door_closes_and_opens_in_one_tap_and_every_offer_changes(desk: Desk) -> None:
    await command(desk, SUPE, "mesa")
    assert desk.office.offer("casa", T).state is OfferState.OPEN
    assert await desk.press(SUPE, text(desk, "b_door_close")) == text(desk, "door_closed_now")
    assert desk.office.offer("casa", T).state is OfferState.CLOSED
    await command(desk, SUPE, "puerta")
    await desk.press(SUPE, text(desk, "b_door_hours", hours=24))
    assert desk.office.book.doors["casa"].until == T + 24 * HOUR
    assert text(desk, "door_until", when=tomorrow(desk, "02:00")) in desk.texts(SUPE)
    await desk.press(SUPE, text(desk, "b_door_open"))
    assert desk.office.offer("casa", T).state is OfferState.OPEN
    deeds = [(entry.deed, entry.object) for entry in await desk.entries()]
    assert deeds == [(Deed.CLOSE_DOOR, "organization:casa")] * 2 + [(Deed.OPEN_DOOR, "organization:casa")]


@pytest.mark.parametrize("words", ["carga", "puerta", "equipo"])
async def test_what_a_supervisor_sees_nobody_else_does(desk: Desk, words: str) -> None:
    await command(desk, ANA, words)
    assert await desk.refusals() == ["not-owner"]
    assert desk.office.book.doors == {}
    await command(desk, ANA, "mesa")
    assert text(desk, "b_load") not in desk.labels(ANA)
    assert text(desk, "b_door_close") not in desk.labels(ANA)


async def test_a_waiting_case_is_given_to_somebody_who_may_take_it(desk: Desk) -> None:
    case = await waits(desk, "Faro 10", since=30 * HOUR, rung=(BRUNO,))
    draft = desk.office.draft()
    draft.post(BRUNO, "notice", case=case, topic=False)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    await command(desk, SUPE, "carga")
    await desk.press(SUPE, "Faro 10")
    assert [label.split(":")[0] for label in desk.labels(SUPE) if label.startswith(("Ana", "Bruno", "Caro"))] == ["Bruno", "Ana"]
    assert await desk.press(SUPE, text(desk, "load_row", alias="Ana", count=0, cap=6)) == text(desk, "assigned_toast")
    case = desk.case()
    assert (case.status, case.responder, desk.news()) == (CaseStatus.ASSIGNED, ANA, ["taken"])
    assert text(desk, "assigned", designation="Faro 10") in desk.texts(ANA)
    assert list(desk.platform.titles.values()) == ["Faro 10"]
    assert desk.texts(BRUNO) == text(desk, "taken")
    claims = [(entry.actor, entry.detail) for entry in await desk.entries() if entry.deed is Deed.CLAIM]
    assert claims == [(f"responder:{SUPE}", f"responder:{ANA}")]
    looked = [entry.detail for entry in await desk.entries() if entry.deed is Deed.READ_CASE]
    assert looked == ["load"], "who looked at a case stands in the trail"


async def test_a_case_is_moved_from_one_to_another(desk: Desk) -> None:
    await with_case(desk)
    await desk.hear("unas palabras")
    await desk.write(ANA, "ya casi sale")
    desk.clock.at = T + 3 * HOUR
    await command(desk, SUPE, "carga")
    await desk.press(SUPE, "Faro")
    await desk.press(SUPE, text(desk, "load_row", alias="Bruno", count=0, cap=6))
    case = desk.case()
    assert (case.responder, case.handoff, case.passed) == (BRUNO, HandoffStatus.CLAIMED, (ANA,))
    assert "palabras" not in desk.texts(ANA)
    assert "1 · unas palabras" in desk.texts(BRUNO), "the seeker does not begin anew"
    assert text(desk, "reassigned", designation="Faro") in desk.texts(ANA)
    held = [words for words in await conversing.transcript(desk.office, case) if words.author == ANA]
    assert [words.text for words in held] == [""], "what had not left is taken back"


async def test_nobody_is_given_more_than_they_may_carry(desk: Desk) -> None:
    await waits(desk, "Faro 10", since=30 * HOUR)
    await command(desk, SUPE, "carga")
    await desk.press(SUPE, "Faro 10")
    give = desk.button(SUPE, text(desk, "load_row", alias="Ana", count=0, cap=6))
    await changed(desk, ANA, duty_until=0)
    assert await desk.press_data(SUPE, give) == text(desk, "why_off_duty")
    assert desk.case().status is CaseStatus.OPEN
    assert await desk.press_data(SUPE, give.replace("asgn.1", "asgn.5")) != text(desk, "assigned_toast")


async def test_a_gap_is_told_once_a_day_and_not_when_there_is_none(desk: Desk) -> None:
    told: dict[str, int] = {}
    for _ in range(2):
        draft = desk.office.draft()
        board.warn(desk.office, draft, told)
        await desk.office.commit(draft)
        await desk.deliverer.settle()
    [said] = desk.chat(SUPE)
    assert said.text.startswith(text(desk, "notice_supervisor"))
    assert "10:00" in said.text
    plan = (Shift(responder=ANA, begins=T, ends=T + 25 * HOUR),)
    await desk.storage.write_desk(DeskWrite(at=T, shifts=plan))
    await desk.office.book.reload_staff()
    draft = desk.office.draft()
    told = {"red": T // 86_400}
    board.warn(desk.office, draft, told)
    assert draft.empty
    assert "casa" not in told


async def test_holidays_that_run_out_are_told(tmp_path: Path) -> None:
    soon = CASA.local(T).date() + timedelta(days=20)
    opened = await open_desk(tmp_path, organization=replace(CASA, holidays=frozenset({soon})))
    async with opened.storage:
        await command(opened, SUPE, "carga")
        assert text(opened, "holidays_end", organization="Casa", when=soon.strftime("%d/%m/%Y")) in opened.texts(SUPE)
