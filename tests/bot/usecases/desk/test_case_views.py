"""What a responder reads of a case is true at that moment: of the phone, of their own words, of who is meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.case import WordsState
from tests.bot.usecases.desk.casework import ANA, SUPE, Desk, open_desk, with_case


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    """A case of Ana's."""
    return await with_case(await open_desk(tmp_path))


async def header(desk: Desk) -> str:
    """The header as it is made now."""
    draft = desk.office.draft()
    draft.edit(ANA, "header", case=desk.case())
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    return next(one.text for one in desk.chat(ANA) if "Idioma" in one.text)


async def test_of_a_phone_that_was_given_back_or_a_chat_that_was_closed_nothing_else_is_said(desk: Desk) -> None:
    await desk.commit(replace(desk.case(), blocked=True))
    assert desk.say("blocked") in await header(desk)
    await desk.commit(replace(desk.case(), blocked=False, seeker=None))
    said = await header(desk)
    assert desk.say("detached", designation="Faro") in said
    assert "Avisos" not in said


async def test_words_that_were_undone_never_left_and_words_taken_back_did(desk: Desk) -> None:
    await desk.write(ANA, "esto no")
    await desk.press(ANA, "undo")
    assert desk.say("undone") in desk.texts(ANA)
    await desk.write(ANA, "esto sí")
    await desk.leave()
    (sent,) = [one for one in await desk.words() if one.state is WordsState.ENVELOPE]
    assert desk.say("words_untold", number=sent.number) in desk.texts(ANA)
    draft = desk.office.draft()
    draft.put(replace(sent, told=True))
    draft.edit(ANA, "held", case=desk.case(), words=sent.id)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert desk.say("words_envelope", number=sent.number) in desk.texts(ANA)
    await desk.press(ANA, "remove")
    assert desk.say("words_removed", number=sent.number) in desk.texts(ANA)


@pytest.mark.parametrize("menu", ["b_word", "b_safe_contact", "b_transfer", "b_refer", "b_elsewhere", "b_follow_up"])
async def test_every_menu_leads_back(desk: Desk, menu: str) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, menu)
    stood = desk.chat(ANA)[-1]
    (back,) = [data for row in stood.rows for label, data in row if label == desk.say("b_back")]
    await desk.press_data(ANA, back, on=stood.number)
    assert stood.number not in desk.platform.standing


@pytest.mark.parametrize("view", ["crisis_unanswered", "overdue"])
async def test_a_supervisor_knows_which_case_and_can_give_it_to_somebody(desk: Desk, view: str) -> None:
    draft = desk.office.draft()
    draft.post(SUPE, view, case=desk.case(), topic=False, silent=False, priority=0)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert "Faro" in desk.texts(SUPE)
    await desk.press(SUPE, "b_give")
    assert desk.say("give_who") in desk.texts(SUPE)


async def test_without_topics_the_alias_stands_once(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    desk.platform.topics = False
    await with_case(desk)
    assert desk.chat(ANA)[0].text.startswith("Faro\n")


async def test_off_duty_with_cases_people_do_write(desk: Desk) -> None:
    me = desk.office.book.responders[ANA]
    draft = desk.office.draft()
    draft.responder(replace(me, duty_until=0))
    draft.post(ANA, "board", topic=False)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert desk.say("board_carrying") in desk.texts(ANA)
    assert desk.say("board_off") not in desk.texts(ANA)
    desk.all_written()
