"""Voice in, voice out; and nothing a person recorded or photographed goes without their word (features.md S5, voice.md 9.5 and 9.16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.botapi.people import Person
from tests.e2e.running import HOUR, House, house


def kinds(home: House, who: Person) -> list[str]:
    """What stands in the chat, by kind."""
    return [message.content.kind for message in home.api.messages(who)]


def theirs(home: House, who: Person) -> list[int]:
    """Their own recordings, pictures and files that still stand."""
    return [message.id for message in home.api.messages(who) if message.bot is None and message.content.kind != "text"]


async def heard(home: House) -> Person:
    """Somebody who sent a voice note and was answered by voice."""
    ana = home.person()
    home.api.media(ana, "voice", duration=3, mime="audio/ogg")
    await home.settle()
    return ana


async def test_a_voice_note_is_answered_by_voice_and_pictures(tmp_path: Path) -> None:
    """Theirs stays; ours is heard, seen and can be pressed; the next turn takes ours away and leaves theirs."""
    async with house(tmp_path) as home:
        ana = await heard(home)
        assert kinds(home, ana) == ["voice", "voice", "photo", "text"]
        assert home.api.screen(ana).labels[:3] == ["1 🚨 Peligro ahora", "2 🧑 Una persona", "3 🔊 Oír otra vez"]
        await home.says(ana, "1")
        assert "911" in home.api.screen(ana).text
        assert kinds(home, ana) == ["voice", "text", "text"]


async def test_our_voice_goes_with_the_next_press_too(tmp_path: Path) -> None:
    """Pictures of danger do not stand above a later screen, whichever way the person went on."""
    async with house(tmp_path) as home:
        ana = await heard(home)
        await home.taps(ana, "4 📋 Ver opciones")
        assert kinds(home, ana) == ["voice", "text"]


@pytest.mark.parametrize("way", ["idle", "ocultar"])
async def test_no_picture_of_ours_stands_beside_the_cover(tmp_path: Path, way: str) -> None:
    """A cover below a recording of ours and a picture of danger would hide nothing."""
    async with house(tmp_path) as home:
        ana = await heard(home)
        await (home.later(HOUR + 1) if way == "idle" else home.says(ana, way))
        assert [message.content.kind for message in home.ours(ana)] == ["text"]
        assert "acta de nacimiento" in home.api.screen(ana).text


async def test_recordings_are_uploaded_once_and_then_sent_by_file_id(tmp_path: Path) -> None:
    """The second person costs no upload: on a slow line that is most of the wait."""
    async with house(tmp_path) as home:
        for who in (home.person(), home.person()):
            home.api.media(who, "voice", duration=3, mime="audio/ogg")
            await home.settle()
        for method, field in (("sendVoice", "voice"), ("sendPhoto", "photo")):
            first, second = (call.params[field] for call in home.api.calls(method))
            assert not isinstance(first, str)
            assert isinstance(second, str)
            assert "/" not in second


async def test_heard_again_on_request(tmp_path: Path) -> None:
    """Button 3 speaks again, by file id."""
    async with house(tmp_path) as home:
        ana = await heard(home)
        for times in (2, 3):
            await home.taps(ana, "3 🔊 Oír otra vez")
            assert len(home.api.calls("sendVoice")) == times
            assert kinds(home, ana) == ["voice", "voice", "photo", "text"]


@pytest.mark.parametrize("kind", ["photo", "video", "document", "voice"])
async def test_media_is_asked_about_and_removed_only_on_a_word(tmp_path: Path, kind: str) -> None:
    """Kept through turns, through the cover and through the clean-up; gone after "Sí, quítalo". Never downloaded."""
    async with house(tmp_path) as home:
        ana = home.person()
        sent = home.api.media(ana, kind, duration=3)
        await home.settle()
        if kind == "voice":
            await home.taps(ana, "5 ¿Y mi audio?")
        assert "¿Ya tienes copia fuera de este chat?" in home.api.screen(ana).text
        await home.taps(ana, "Déjalo")
        await home.says(ana, "menu")
        await home.later(26 * HOUR)
        assert theirs(home, ana) == [sent.id]
        await home.says(ana, "hola")
        home.api.media(ana, kind, duration=3)
        await home.settle()
        if kind == "voice":
            await home.taps(ana, "5 ¿Y mi audio?")
        await home.taps(ana, "Sí, quítalo")
        assert theirs(home, ana) == []
        assert home.api.calls("getFile") == []


@pytest.mark.parametrize("what", ["location", "contact", "sticker"])
async def test_a_place_or_a_contact_goes_like_typed_words(tmp_path: Path, what: str) -> None:
    """Nobody's only copy, and the first thing a seized phone would tell: one turn behind, not kept until they leave."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "me amenazan")
        if what == "location":
            home.api.location(ana, 19.4326, -99.1332)
        elif what == "contact":
            home.api.contact(ana, "+525511112222", "Fulano")
        else:
            home.api.media(ana, "sticker")
        await home.settle()
        await home.taps(ana, "No")
        assert kinds(home, ana) == ["text"]


async def test_exit_takes_media_too(tmp_path: Path) -> None:
    """Leaving is the word that takes everything."""
    async with house(tmp_path) as home:
        ana = home.person()
        home.api.media(ana, "voice", duration=3, mime="audio/ogg")
        home.api.media(ana, "photo")
        await home.settle()
        card = await home.says(ana, "salir")
        assert home.left(ana) == [card.text]
