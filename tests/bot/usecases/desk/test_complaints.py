"""Complaints go to a reviewer outside the organization they are about, and the answer is read with the ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.case import DAY, Complaint
from bot.domain.machines import RuleBroken
from bot.security.sealing import Secret
from bot.usecases.channel import Incoming, Kind, Rendered
from bot.usecases.desk import complaint_views, complaints
from bot.usecases.desk.doing import Did, Doing
from bot.usecases.desk.looking import Look, base36
from bot.usecases.desk_ports import DeskMessage
from flows.effects import OrderKind
from tests.bot.domain.desk import T
from tests.bot.usecases.desk.casework import ANA, LEJOS, SUPE, Desk, with_case
from tests.bot.usecases.desk.turns import PARTIAL, REVIEWER, complained, label, opened, order, restart, turn, typed, wait

SECRET = "jacaranda-canario"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await with_case(await opened(tmp_path))
    yield made
    await made.storage.close()


def shown(desk: Desk, view: str, who: int, complaint: Complaint) -> Rendered | None:
    """A view as it would leave for somebody."""
    person = desk.office.book.responders[who]
    look = Look(
        office=desk.office,
        responder=person,
        case=None,
        words=None,
        args={"of": complaint.id},
        at=desk.clock.at,
        key=Secret(b"k" * 32),
    )
    return complaint_views.VIEWS[view](look)


async def press(desk: Desk, who: int, verb: str, complaint: Complaint) -> str:
    person = desk.office.book.responders[who]
    look = Look(office=desk.office, responder=person, case=None, words=None, args={}, at=desk.clock.at, key=Secret(b"k" * 32))
    return await desk.press_data(who, look.button("yes", verb, base36(complaint.id), case=0).data)


async def answer(desk: Desk, text: str, complaint: Complaint, who: int = REVIEWER) -> Did:
    """An answer to the prompt, as the reception hands it over."""
    doing = Doing(
        office=desk.office,
        draft=desk.office.draft(),
        responder=desk.office.book.responders[who],
        incoming=Incoming(update_id=9, kind=Kind.TEXT, text=text),
        prompt=DeskMessage(row=1, responder=who, case=complaint.id, kind="ask_answer", message_id=5),
    )
    did = await complaints.answered(doing)
    await desk.office.commit(doing.draft)
    await desk.deliverer.settle()
    return did


def now(desk: Desk, complaint: Complaint) -> Complaint:
    return desk.office.book.complaints[complaint.id]


async def test_only_reviewers_outside_the_organization_hear_of_it(desk: Desk) -> None:
    complaint = await complained(desk, SECRET)
    assert (complaint.about, complaint.reviewer) == ("casa", "red")
    assert complaint.ticket in desk.texts(REVIEWER)
    assert SECRET not in desk.texts(REVIEWER)
    for who in (PARTIAL, ANA, SUPE, LEJOS):
        assert complaint.ticket not in desk.texts(who)
    await desk.nothing_of(SECRET)


async def test_it_is_opened_on_tap_answered_once_and_the_notice_says_so(desk: Desk) -> None:
    complaint = await complained(desk, SECRET)
    await desk.press(REVIEWER, label(desk, "see"))
    assert SECRET in desk.texts(REVIEWER)
    await desk.press(REVIEWER, label(desk, "b_answer"))
    assert [one.asks for one in desk.chat(REVIEWER)].count(True) == 1
    await desk.answer(REVIEWER, "Lo revisamos con esa organización.")
    assert [one.asks for one in desk.chat(REVIEWER)].count(True) == 0
    assert now(desk, complaint).answered == "Lo revisamos con esa organización."
    assert now(desk, complaint).answered_at == T
    assert label(desk, "complaint_answered", ticket=complaint.ticket) in desk.texts(REVIEWER)
    assert (f"responder:{REVIEWER}", "answer_complaint", "") in await desk.trail()
    with pytest.raises(RuleBroken):
        await answer(desk, "Otra cosa.", complaint)
    assert shown(desk, "complaint", REVIEWER, complaint) is None
    seen = shown(desk, "complaint_open", REVIEWER, complaint)
    assert seen is not None
    assert seen.rows == ()


@pytest.mark.parametrize("who", [PARTIAL, ANA, SUPE, LEJOS])
async def test_nobody_else_reads_or_answers(desk: Desk, who: int) -> None:
    complaint = await complained(desk, SECRET)
    for verb in ("cread", "cansw"):
        await press(desk, who, verb, complaint)
    assert await desk.refusals() == ["not-owner", "not-owner"]
    for view in ("complaint", "complaint_open", "complaint_prompt", "complaint_long"):
        assert shown(desk, view, who, complaint) is None
    with pytest.raises(RuleBroken):
        await answer(desk, "No fue nada.", complaint, who=who)
    assert SECRET not in desk.texts(who)


@pytest.mark.parametrize("text", ["", "x" * (complaints.LONGEST + 1)])
async def test_an_answer_that_cannot_be_shown_is_asked_for_again(desk: Desk, text: str) -> None:
    complaint = await complained(desk)
    await answer(desk, text, complaint)
    assert now(desk, complaint).answered == ""
    assert [one.asks for one in desk.chat(REVIEWER)].count(True) == 1


async def test_whoever_brings_the_ticket_reads_the_answer(desk: Desk) -> None:
    complaint = await complained(desk)
    office, ticket = desk.office, complaint.ticket
    assert complaints.told(office, "es", "no es folio", T) == ""
    waits = complaints.told(office, "es", ticket, T)
    assert ticket in waits
    await answer(desk, "Tenías razón.", complaint)
    for written in (ticket, ticket.lower(), ticket.replace("-", " "), f" {ticket} "):
        assert complaints.told(office, "es", written, T) == f"Sobre tu folio {ticket}: Tenías razón."
    await restart(desk)
    assert "Tenías razón." in complaints.told(office, "es", ticket, T + 90 * DAY - 1)
    assert complaints.told(office, "es", ticket, T + 90 * DAY) == ""
    assert complaints.theirs(office, office.book.responders[REVIEWER], T + 90 * DAY) == []


async def test_a_ticket_brought_back_is_no_new_complaint(desk: Desk) -> None:
    complaint = await complained(desk)
    await turn(desk, order(OrderKind.COMPLAINT), incoming=typed(complaint.ticket.lower()))
    assert list(desk.office.book.complaints) == [complaint.id]
    await turn(desk, order(OrderKind.COMPLAINT), incoming=typed(f"{complaint.ticket} sigue igual"))
    assert len(desk.office.book.complaints) == 2


async def test_the_list_shows_first_what_waits(desk: Desk) -> None:
    first = await complained(desk, "uno")
    desk.clock.at += 60
    second = await complained(desk, "dos")
    await answer(desk, "Ya.", first)
    office = desk.office
    assert [one.id for one in complaints.theirs(office, office.book.responders[REVIEWER], T)] == [second.id, first.id]
    assert complaints.theirs(office, office.book.responders[PARTIAL], T) == []
    await press(desk, REVIEWER, "cmpls", first)
    assert len([one for one in desk.labels(REVIEWER) if second.ticket in one]) == 1
    listed = shown(desk, "complaints", PARTIAL, first)
    assert listed is not None
    assert listed.rows == ()


async def test_unsafe_by_one_tap_reaches_the_reviewer_without_words(desk: Desk) -> None:
    await turn(desk, order(OrderKind.FEEDBACK, "unsafe"))
    (complaint,) = desk.office.book.complaints.values()
    assert complaint.text == ""
    assert label(desk, "complaint_unsafe", organization="Casa") in desk.texts(REVIEWER)
    assert desk.office.feedback == {"unsafe": 1}


async def test_a_complaint_that_has_gone(desk: Desk) -> None:
    complaint = await complained(desk)
    await press(desk, REVIEWER, "cread", replace(complaint, id=complaint.id + 5000))
    assert await desk.refusals() == ["no-such-move"]


async def test_what_is_not_answered_in_time_is_brought_to_mind_once(desk: Desk) -> None:
    complaint = await complained(desk, SECRET)
    await wait(desk, complaint.due_at - T - 1)
    before = len(desk.chat(REVIEWER))
    await wait(desk, 1)
    await wait(desk, DAY)
    due = desk.chat(REVIEWER)[-1]
    assert len(desk.chat(REVIEWER)) == before + 1
    assert due.text == label(desk, "complaint_due", ticket=complaint.ticket, when="04/02")
    await desk.press(REVIEWER, label(desk, "see"))
    assert SECRET in desk.texts(REVIEWER)
