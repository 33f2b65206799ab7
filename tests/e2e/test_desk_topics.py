"""With topics, without, with one bot for everybody, with a topic that was lost, and through a restart: the same, and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from bot.botapi.people import Person
from tests.e2e.desk_running import Office, desk_town, office, running_office


async def talks_by_replies(here: Office) -> tuple[Person, Person, str]:
    """A case without a topic: the responder answers the message that is about it."""
    rio = await here.responder("Río")
    ana = await here.asks(reach="yes")
    await here.presses(rio, "Tomar")
    alias = here.case().designation
    await here.writes(rio, "Buenas noches.", 0, reply_to=here.find(rio, "Idioma: "))
    return ana, rio, alias


@pytest.mark.parametrize("way", ["topics off", "one bot"])
async def test_the_same_by_replies(tmp_path: Path, way: str) -> None:
    """Every message about a case begins with its alias; an answer to one of them goes to her, other words to nobody."""
    async with office(tmp_path, topics=False, one_bot=way == "one bot") as here:
        ana, rio, alias = await talks_by_replies(here)
        assert "Río: Buenas noches." in here.left(ana)
        await here.says(ana, "uno")
        said = here.find(rio, "1 · uno")
        assert said.text.startswith(f"{alias} · ")
        await here.writes(rio, "Te leo.", 0, reply_to=said)
        assert "Río: Te leo." in here.left(ana)
        assert f"Mensaje 2: entregado a {alias}." in here.all_of(rio)
        eva = await here.asks("Eva", reach="yes")
        await here.presses(rio, "Tomar")
        await here.says(eva, "soy otra")
        await here.writes(rio, "¿para quién?", 0)
        assert "¿para quién?" not in here.reads_seeker(ana) + here.reads_seeker(eva)
        await here.writes(rio, "para otra", 0, reply_to=here.find(rio, "soy otra"))
        assert "Río: para otra" in here.left(eva)
        assert "para otra" not in here.reads_seeker(ana)
        here.api.media(ana, "photo", b"picture")
        await here.settle()
        (picture,) = [message for message in here.stands(rio) if message.content.file is not None]
        assert picture.text.startswith(alias)
        assert picture.protect
        assert picture.content.spoiler
        await here.says(ana, "retirar")
        await here.taps(ana, "Sí, retirar")
        await here.pass_(1)
        assert "1 · uno" not in here.all_of(rio)
        assert "Te leo." not in here.all_of(rio), "their own words about her go as well"
        assert not [message for message in here.stands(rio) if message.content.file is not None]
        assert "soy otra" in here.all_of(rio)


async def test_with_one_bot_a_seeker_stays_a_seeker(tmp_path: Path) -> None:
    """Only whoever is known to the desk meets the desk."""
    async with office(tmp_path, one_bot=True) as here:
        ana, rio, _ = await talks_by_replies(here)
        eva = here.person(name="Eva")
        assert "Soy Amparo" in (await here.says(eva, "/start")).text
        await here.says(eva, "/fila")
        assert "Fila, primero" not in here.reads_seeker(eva)
        await here.commands(rio, "/mesa")
        assert here.find(rio, "Tu mesa. Alias: Río")
        assert "Soy Amparo" not in here.all_of(rio)
        assert here.reads_seeker(ana)


async def test_topics_are_switched_off_in_the_middle(tmp_path: Path) -> None:
    """What comes next goes by replies, and nothing is lost."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        await here.says(ana, "uno")
        assert here.desk is not None
        here.api.set_topics(here.desk, on=False)
        await here.says(ana, "dos")
        await here.pass_(1)
        assert any("2 · dos" in text for text in here.reads(rio))
        eva = await here.asks("Eva", reach="yes")
        await here.presses(rio, "Tomar")
        await here.pass_(5)
        await here.says(eva, "soy eva")
        await here.pass_(5)
        assert any("soy eva" in text for text in here.reads(rio))


async def test_a_lost_topic_is_made_again(tmp_path: Path) -> None:
    """The responder deleted it by mistake: a new one, with the header, every word of both in order, and then the new one."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "uno")
        await here.writes(rio, "Te leo.", thread)
        await here.says(ana, "dos")
        here.api.delete_topic(rio, thread, bot=here.desk)
        await here.says(ana, "tres")
        await here.pass_(1)
        fresh = here.topic(rio)
        assert fresh != thread
        assert [name for _, name in here.topics(rio)] == [here.case().designation]
        said = [text for text in here.reads(rio, fresh) if " · " in text]
        assert said == ["Tú 1 · Buenas noches.", "1 · uno", "Tú 2 · Te leo.", "2 · dos", "3 · tres"]
        assert "Idioma: español" in here.all_of(rio, fresh)
        assert not [text for text in here.reads(rio, 0) if "uno" in text or "tres" in text]
        await here.writes(rio, "Sigo.", fresh)
        assert "Río: Sigo." in here.left(ana)


async def test_the_platform_ignores_topics_without_a_word(tmp_path: Path) -> None:
    """A message that landed in the main chat is not left there: nothing of a case stands outside its topic."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        assert here.desk is not None
        here.api.faults(Fault(method="send*", kind="topics_ignored", bot=here.desk.id, times=2))
        await here.says(ana, "lo más secreto")
        for _ in range(4):
            await here.pass_(2)
        assert "lo más secreto" not in here.all_of(rio, 0)
        assert any("lo más secreto" in text for text in here.reads(rio, here.topic(rio)))


@pytest.mark.parametrize("one_bot", [False, True])
async def test_a_restart_in_the_middle_loses_nothing(tmp_path: Path, one_bot: bool) -> None:
    """Stopped with words in the hold, and with words that came while it was down: all arrive once, in order."""
    async with desk_town(one_bot=one_bot) as (api, desk):
        async with running_office(api, desk, tmp_path) as here:
            rio = await here.responder("Río")
            ana = await here.asks(reach="yes")
            await here.presses(rio, "Tomar")
            thread = 0 if one_bot else here.topic(rio)
            about = here.find(rio, "Idioma: ")
            await here.writes(rio, "Buenas noches.", thread, reply_to=about)
            await here.says(ana, "antes")
            await here.types(rio, "en la espera", thread, reply_to=about)
        api.text(ana, "mientras no había nadie")
        api.text(rio, "también yo", bot=desk, thread=thread, reply_to=about)
        api.advance(30)
        async with running_office(api, desk, tmp_path) as here:
            await here.pass_(1)
            await here.pass_(6)
            said = [text for text in here.left(ana) if text.startswith("Río: ")]
            assert said == ["Río: Buenas noches.", "Río: en la espera", "Río: también yo"]
            hers = [text for text in here.reads(rio) if re.search(r"(^|· )[12] · ", text)]
            assert len(hers) == 2
            assert "antes" in hers[0]
            assert "mientras no había nadie" in hers[1]
            await here.says(ana, "después")
            assert any("3 · después" in text for text in here.reads(rio))
