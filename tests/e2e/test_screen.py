"""One screen, edited in place; a new one only when needed; what the person typed goes one turn behind (features.md S5, promises.md R21)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.botapi.chats import Message
from bot.botapi.people import Person
from tests.e2e.running import HOUR, House, house

ASKED_PHONE = "me revisan el celular"


async def watched(home: House) -> Person:
    """Somebody who has said that others look at this phone."""
    ana = home.person()
    await home.says(ana, ASKED_PHONE)
    await home.taps(ana, "Sí o a veces")
    return ana


async def test_taps_edit_one_screen_in_place(tmp_path: Path) -> None:
    """Six taps, one message: only the person's Start and the screen were ever sent."""
    async with house(tmp_path) as home:
        ana = home.person()
        first = await home.says(ana, "/start")
        for label in ("Quiero ayuda", "Falta alguien", "No", "Nada de eso", "Qué decir", "Ya llamé"):
            screen = await home.taps(ana, label)
            assert screen.id == first.id
        assert [message.id for message in home.api.messages(ana)] == [first.id]
        assert len(home.api.calls("sendMessage")) == 1
        assert len(home.api.calls("editMessageText")) == 6


async def test_typed_words_stay_one_turn_and_then_go(tmp_path: Path) -> None:
    """The words stand while their echo does; the next act takes them away, and says once that it did."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        assert home.left(ana)[0] == "mi hijo no aparece"
        assert "Entendí: falta tu hijo." in home.left(ana)[1]
        await home.taps(ana, "No")
        assert len(home.left(ana)) == 1
        assert "Quité tu mensaje" in home.left(ana)[0]
        await home.says(ana, "nada de eso")
        assert home.left(ana)[0] == "nada de eso"
        await home.says(ana, "qué decir")
        assert home.left(ana)[0] == "qué decir"
        assert len(home.left(ana)) == 2
        assert "Quité tu mensaje" not in home.left(ana)[1]


async def test_on_a_watched_phone_words_go_at_once(tmp_path: Path) -> None:
    """Nothing they typed stands beside the echo."""
    async with house(tmp_path) as home:
        ana = await watched(home)
        screen = await home.says(ana, "mi hija no aparece")
        assert home.left(ana) == [screen.text]
        assert "Entendí: falta tu hija." in screen.text


async def test_never_more_than_two_messages_of_ours(tmp_path: Path) -> None:
    """A random walk of taps and words, looked at after every act as it was at any time in between."""
    dice = random.Random(7)
    async with house(tmp_path) as home:
        ana = home.person()
        screen = await home.says(ana, "/start")
        for _ in range(50):
            screen = await act(home, ana, screen, dice)
            assert len(home.ours(ana)) <= 2
            assert len(home.left(ana)) <= 3
        assert most_at_once(home, ana) <= 2


async def act(home: House, who: Person, screen: Message, dice: random.Random) -> Message:
    """One random act: mostly a button, sometimes words."""
    if dice.random() < 0.3 or not screen.labels:
        return await home.says(
            who, dice.choice(["hola", "no", "2", "me extorsionan", "palabras sin sentido", "menu", "atras", "mis pasos"])
        )
    return await home.taps(who, dice.choice(screen.labels))


def most_at_once(home: House, who: Person) -> int:
    """The most messages of ours that ever stood together, from the chat's whole history."""
    standing: set[int] = set()
    most = 0
    for what, message, _ in home.api.chat(who).history:
        if message.bot is None:
            continue
        if what == "sent":
            standing.add(message.id)
        elif what == "deleted":
            standing.discard(message.id)
        most = max(most, len(standing))
    return most


async def test_a_screen_the_person_deleted_is_sent_anew(tmp_path: Path) -> None:
    """The press arrives although its message is gone for both: the next screen is a new message, not a failed edit."""
    async with house(tmp_path) as home:
        ana = home.person()
        first = await home.says(ana, "/start")
        data = str(first.rows[1][0]["callback_data"])
        home.api.delete(ana, first, for_both=True)
        home.api.tap_data(ana, first.id, data)
        await home.settle()
        screen = home.api.screen(ana)
        assert screen.id != first.id
        assert "Elige lo más parecido" in screen.text
        await home.taps(ana, "Falta alguien")
        assert home.api.screen(ana).id == screen.id


async def test_words_below_the_screen_bring_a_new_one_and_take_the_old(tmp_path: Path) -> None:
    """An edit above what was just typed would not be seen."""
    async with house(tmp_path) as home:
        ana = home.person()
        first = await home.says(ana, "/start")
        second = await home.says(ana, "me extorsionan")
        assert second.id > first.id
        assert [message.id for message in home.ours(ana)] == [second.id]
        assert home.left(ana)[0] == "me extorsionan"


async def test_reading_mode_is_one_message_a_step(tmp_path: Path) -> None:
    """For those who listen to their screen: each step a new message, nothing edited; the same clean-up on the way out."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "modo lectura")
        edits = len(home.api.calls("editMessageText"))
        for label in ("Quiero ayuda", "Falta alguien", "No"):
            await home.taps(ana, label)
        assert len(home.api.calls("editMessageText")) == edits
        assert len(home.ours(ana)) == 4
        card = await home.says(ana, "salir")
        assert home.left(ana) == [card.text]


@pytest.mark.parametrize("way", ["idle", "ocultar", "luego regreso"])
async def test_reading_mode_leaves_no_step_above_the_cover(tmp_path: Path, way: str) -> None:
    """A hidden screen hides all of them."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "modo lectura")
        await home.says(ana, "mi hijo no aparece")
        await home.taps(ana, "No")
        await (home.later(HOUR + 1) if way == "idle" else home.says(ana, way))
        assert [message.text for message in home.ours(ana)] == [home.api.screen(ana).text]
        assert "acta de nacimiento" in home.api.screen(ana).text


async def test_an_edited_message_is_read_and_shown_again(tmp_path: Path) -> None:
    """Words that were corrected are heard, and nothing of them stays longer than other words."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        wrong = home.api.text(ana, "me extorsinoan")
        await home.settle()
        home.api.edit(ana, wrong, "me extorsionan")
        await home.settle()
        assert "Entendí: te piden dinero." in home.api.screen(ana).text
        await home.taps(ana, "En persona")
        assert len(home.left(ana)) == 1


async def test_what_cannot_be_opened_is_said_and_the_question_stays(tmp_path: Path) -> None:
    """A place, a contact, a sticker: never an empty answer, and never a word of it in the screen."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "me amenazan")
        home.api.location(ana, 19.4326, -99.1332)
        await home.settle()
        assert "Eso no lo puedo abrir, y no lo guardé" in home.api.screen(ana).text
        home.api.contact(ana, "+525511112222", "Fulano")
        await home.settle()
        screen = home.api.screen(ana)
        assert "¿Te pusieron una hora o un día para algo?" in screen.text
        assert "Fulano" not in screen.text
        home.api.media(ana, "sticker")
        await home.settle()
        assert "Eso no lo puedo abrir" in home.api.screen(ana).text
