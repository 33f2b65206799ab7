"""Canned replies: only what the seeker can read is sent, exactly as it was read before, and only its id is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.case import SafeContact, WordsState
from bot.usecases.desk.replies import VERBS, insertable, mark
from bot.usecases.desk.texts import Texts
from tests.bot.usecases.desk.casework import ANA, BRUNO, EN_REPLIES, Desk, messages, open_desk, speaking, with_case
from tests.house import loaded


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await with_case(await open_desk(tmp_path), locale="en")
    yield opened
    await opened.storage.close()


async def spanish(folder: Path) -> Desk:
    return await with_case(await open_desk(folder))


def title(desk: Desk, reply: str, *, unreviewed: bool = False) -> str:
    """What its button says."""
    found = desk.office.texts.find("es", f"reply.{reply}.title")
    return f"{found} ({desk.say('replies_unreviewed', language='inglés')})" if unreviewed else found


async def find(desk: Desk, label: str) -> list[str]:
    """Open the list and turn its pages until this stands on a button; answers the texts of all pages seen."""
    await desk.press(ANA, "b_replies")
    seen = [desk.chat(ANA)[-1].text]
    while label not in desk.labels(ANA):
        await desk.press(ANA, "b_after")
        seen.append(desk.chat(ANA)[-1].text)
    return seen


async def test_the_list_offers_only_what_the_seeker_can_read_and_turns_in_place(desk: Desk) -> None:
    await desk.press(ANA, "b_replies")
    menu, buttons, missing = desk.chat(ANA)[-1].number, list[str](), ""
    assert not desk.offered(ANA, "b_before")
    while desk.offered(ANA, "b_after"):
        buttons += [label for row in desk.chat(ANA)[-1].rows for label, _ in row]
        missing += desk.chat(ANA)[-1].text
        await desk.press(ANA, "b_after")
        assert desk.chat(ANA)[-1].number == menu
    assert desk.offered(ANA, "b_before")
    assert set(buttons) == {title(desk, "greeting"), title(desk, "believe", unreviewed=True), desk.say("b_after"), desk.say("b_before")}
    assert f"{title(desk, 'greeting_night')}: {desk.say('replies_missing', language='inglés')}" in missing


async def test_it_is_read_as_the_seeker_will_read_it_and_sent_as_its_id(desk: Desk) -> None:
    await desk.commit(replace(desk.case(), safe_contact=SafeContact(first_line="Recibo 14")))
    await find(desk, title(desk, "greeting"))
    await desk.press(ANA, title(desk, "greeting"))
    preview = desk.chat(ANA)[-1].text
    assert f"Recibo 14\nAna: {EN_REPLIES['reply.greeting']}" in preview
    assert desk.say("reply_in_yours") in preview
    await desk.press(ANA, "b_send")
    (words,) = await desk.words()
    assert (words.canned, words.text, words.state, words.author) == ("greeting", "", WordsState.HELD, ANA)
    assert not desk.offered(ANA, "b_send")
    assert desk.offered(ANA, "undo")
    await desk.nothing_of(EN_REPLIES["reply.greeting"], "Recibo 14")


async def test_an_unreviewed_text_is_marked_where_it_is_sent(desk: Desk) -> None:
    label = title(desk, "believe", unreviewed=True)
    await find(desk, label)
    await desk.press(ANA, label)
    assert desk.say("reply_unreviewed", language="inglés") in desk.chat(ANA)[-1].text


async def test_in_the_source_language_everything_can_be_sent(tmp_path: Path) -> None:
    desk = await spanish(tmp_path)
    seen = await find(desk, title(desk, "greeting_night"))
    assert desk.say("replies_missing", language="español") not in "".join(seen)
    await desk.press(ANA, title(desk, "greeting_night"))
    assert desk.say("reply_in_yours") not in desk.chat(ANA)[-1].text
    await desk.press(ANA, "b_back")
    assert desk.offered(ANA, "b_before") or desk.offered(ANA, "b_after")
    await desk.storage.close()


async def test_a_text_that_changed_in_between_is_not_sent(desk: Desk) -> None:
    await find(desk, title(desk, "greeting"))
    await desk.press(ANA, title(desk, "greeting"))
    old = desk.button(ANA, "b_send")
    changed = {**desk.office.texts.messages, "en": {**desk.office.texts.messages["en"], "reply.greeting": "Something else."}}
    desk.office.texts = Texts(messages=changed)
    assert await desk.press_data(ANA, old) == desk.say("reply_gone")
    assert await desk.words() == []


async def test_one_missing_in_their_language_cannot_be_sent_even_with_its_button(desk: Desk) -> None:
    await find(desk, title(desk, "greeting"))
    await desk.press(ANA, title(desk, "greeting"))
    old = desk.button(ANA, "b_send")
    gone = {name: text for name, text in desk.office.texts.messages["en"].items() if name != "reply.greeting"}
    desk.office.texts = Texts(messages={**desk.office.texts.messages, "en": gone})
    await desk.press_data(ANA, old)
    assert await desk.words() == []


async def test_one_that_is_only_there_in_the_source_cannot_be_sent(desk: Desk) -> None:
    code = mark(desk.office.texts, "en", "still_here")
    for verb in ("pick", "send"):
        assert await desk.tries(ANA, f"{verb}.{code}") == desk.say("reply_gone")
    assert await desk.words() == []


async def test_only_who_has_the_case_may(desk: Desk) -> None:
    await desk.refuses_all_but({ANA}, VERBS)


async def test_a_button_is_for_one_person_and_only_while_it_is_theirs(desk: Desk) -> None:
    await find(desk, title(desk, "greeting"))
    data = desk.button(ANA, title(desk, "greeting"))
    await desk.press_data(BRUNO, data)
    assert await desk.refusals() == ["no-such-move"]
    await desk.commit(replace(desk.case(), responder=BRUNO))
    await desk.press_data(ANA, data)
    assert await desk.refusals() == ["no-such-move", "not-owner"]


@pytest.mark.parametrize("locale", ["es", "en", "pt", "fr", "ht"])
def test_marks_tell_all_replies_apart(locale: str) -> None:
    texts = Texts(messages=loaded().spoken())
    there = [one for one in texts.replies() if insertable(texts, locale, one)]
    assert len({mark(texts, locale, one) for one in there}) == len(there)
    assert locale != "es" or len(there) > 20


def test_english_of_these_tests_lacks_most() -> None:
    assert sum(name.startswith("reply.") for name in messages()["en"]) == len(EN_REPLIES)


@pytest.mark.parametrize("tongue", ["es", "en"])
async def test_everything_is_said_in_the_responders_language(tmp_path: Path, tongue: str) -> None:
    desk = await speaking(tmp_path, tongue)
    await desk.press(ANA, "b_replies")
    while desk.offered(ANA, "b_after"):
        await desk.press(ANA, "b_after")
    for reply in ("believe", "greeting"):
        await desk.tries(ANA, f"pick.{mark(desk.office.texts, 'en', reply)}")
    await desk.press(ANA, "b_send")
    await desk.tries(ANA, "send.0000000")
    desk.all_written()
    await desk.storage.close()
