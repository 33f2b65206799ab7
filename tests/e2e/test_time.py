"""The table of times (voice.md 3) on a true chat: when the screen goes to cover, when messages go, what still goes after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.botapi.people import Person
from tests.e2e.running import HOUR, House, house, running_bot, town

CARD = "acta de nacimiento"
COLUMNS = {"private": ("No, es mío", 6 * HOUR, 40 * HOUR), "unasked": ("", HOUR, 24 * HOUR), "checked": ("Sí o a veces", 300, HOUR)}


async def arrived(home: House, answer: str) -> Person:
    """Somebody with words and a screen in the chat, who has answered the question about the phone, or not."""
    ana = home.person()
    if answer:
        await home.says(ana, "me revisan el celular")
        await home.taps(ana, answer)
    await home.says(ana, "mi hijo no aparece")
    return ana


@pytest.mark.parametrize("column", COLUMNS)
async def test_idle_turns_the_screen_into_the_cover(tmp_path: Path, column: str) -> None:
    """Not a second before, and what was typed goes with it."""
    answer, idle, _ = COLUMNS[column]
    async with house(tmp_path) as home:
        ana = await arrived(home, answer)
        await home.later(idle - 60)
        assert CARD not in home.api.screen(ana).text
        await home.later(61)
        assert CARD in home.api.screen(ana).text
        assert len(home.left(ana)) == 1
        assert len(home.api.calls("sendMessage")) == len({m.id for _, m, _ in home.api.chat(ana).history if m.bot})


@pytest.mark.parametrize("column", COLUMNS)
async def test_messages_go_at_their_hour_and_before_47_hours(tmp_path: Path, column: str) -> None:
    """Counted from sending, though the screen was edited since."""
    answer, _, lifetime = COLUMNS[column]
    async with house(tmp_path) as home:
        ana = await arrived(home, answer)
        await home.later(lifetime - 120)
        assert len(home.left(ana)) == 1
        await home.later(180)
        assert home.left(ana) == []
        assert lifetime < 47 * HOUR


async def test_the_answer_about_the_phone_shortens_what_already_stands(tmp_path: Path) -> None:
    """A screen sent under the 24 h of "not asked yet" goes after one hour once others look at the phone."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "me revisan el celular")
        await home.later(20 * 60)
        await home.taps(ana, "Sí o a veces")
        await home.later(39 * 60)
        assert len(home.left(ana)) == 1
        await home.later(2 * 60)
        assert home.left(ana) == []


async def test_a_return_after_clean_up_begins_a_new_screen(tmp_path: Path) -> None:
    """Never an empty hello, and no edit of what has gone."""
    async with house(tmp_path) as home:
        ana = await arrived(home, "")
        await home.later(26 * HOUR)
        assert home.left(ana) == []
        screen = await home.says(ana, "hola")
        assert "Podemos seguir donde íbamos: dime qué necesitas." in screen.text
        assert len(home.left(ana)) == 2


async def test_pending_deletions_survive_a_restart(tmp_path: Path) -> None:
    """The bot was down when the hour came: the deletions are the first thing it does when it is back."""
    async with town() as api:
        async with running_bot(api, tmp_path) as running:
            ana = await arrived(House(api, running), "")
        api.advance(30 * HOUR)
        assert len(House(api, running).left(ana)) == 2
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            await home.settle()
            assert home.left(ana) == []


async def test_a_pause_and_a_question_survive_a_restart(tmp_path: Path) -> None:
    """The step is kept, the way on works, and no button of before the restart is lost."""
    async with town() as api:
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            ana = await arrived(home, "")
            await home.says(ana, "no")
            await home.says(ana, "pausa")
        api.advance(2 * HOUR)
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            screen = await home.taps(ana, "Seguir donde iba")
            assert "¿Alguna de estas?" in screen.text
            assert "Esta noche, en este orden" in (await home.taps(ana, "Nada de eso")).text


async def agreed(home: House, answer: str = "") -> Person:
    """Somebody who was promised a message in 15 minutes."""
    ana = home.person()
    if answer:
        await home.says(ana, "me revisan el celular")
        await home.taps(ana, answer)
    await home.says(ana, "ya no quiero vivir")
    for label in ("Sí", "No sé", "Escríbeme en 15 minutos"):
        await home.taps(ana, label)
    return ana


@pytest.mark.parametrize(("answer", "silent"), [("", True), ("No, es mío", False)], ids=["unasked", "private"])
async def test_the_agreed_message_is_a_new_one(tmp_path: Path, answer: str, silent: bool) -> None:
    """An edit makes no sound. It rings only where the person has said that the phone is theirs, and is an envelope: words come on a tap."""
    async with house(tmp_path) as home:
        ana = await agreed(home, answer)
        before = home.api.screen(ana)
        await home.later(15 * 60 + 1)
        screen = home.api.screen(ana)
        assert screen.id > before.id
        assert screen.silent is silent
        assert screen.text == "Amparo: hay un mensaje"
        assert [message.id for message in home.ours(ana)] == [screen.id]
        assert (await home.taps(ana, "Ver")).text.startswith("Son los 15 minutos que acordamos")


async def test_no_agreed_message_reaches_a_phone_that_became_a_watched_one(tmp_path: Path) -> None:
    """They agreed before they said so: nothing new comes, and the screen goes to cover."""
    async with house(tmp_path) as home:
        ana = await agreed(home)
        await home.says(ana, "me revisan el celular")
        await home.taps(ana, "Sí o a veces")
        sent = len(home.api.calls("sendMessage"))
        await home.later(20 * 60)
        assert len(home.api.calls("sendMessage")) == sent
        assert CARD in home.left(ana)[-1]
