"""Leaving: cover, then wipe; the cover face for twelve hours; erase; and the truth about what could not be deleted (features.md S4, S6)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.botapi.people import Person
from tests.e2e.running import HOUR, House, house, running_bot, town

CARD = "acta de nacimiento"
FACE = "Trámites y datos útiles"
WELCOME = "Soy Amparo"


async def test_exit_wipes_three_hundred_messages_of_both_sides(tmp_path: Path) -> None:
    """In batches of at most 100, the cover first; one dull card is all that stays."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "modo lectura")
        for at in range(60):
            await home.says(ana, "menu" if at % 2 else "ayuda")
        for _ in range(260 - len(home.left(ana)) // 2):
            home.api.media(ana, "photo")
        await home.settle()
        assert len(home.left(ana)) >= 300
        assert len(home.ours(ana)) >= 60
        before = len(home.api.world.calls)
        card = await home.says(ana, "salir")
        assert home.left(ana) == [card.text]
        assert CARD in card.text
        calls = [call for call in home.api.calls(since=before) if call.method != "getUpdates"]
        sizes = [len(call.params["message_ids"]) for call in calls if call.method == "deleteMessages"]  # type: ignore[arg-type]  # checked
        assert sum(sizes) >= 300
        assert max(sizes) <= 100
        assert calls[0].method in ("editMessageText", "sendMessage")


async def test_exit_by_button_never_sounds_and_never_asks(tmp_path: Path) -> None:
    """One press, one silent card in the place of the screen."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        card = await home.taps(ana, "Salir")
        assert home.left(ana) == [card.text]
        assert card.labels == ["Más trámites"]
        assert all(call.params.get("disable_notification") for call in home.api.calls("sendMessage"))
        assert home.api.spinning(ana) == []


@pytest.mark.parametrize("way", ["salir", "borrar"])
async def test_start_and_hola_meet_the_cover_face_for_twelve_hours(tmp_path: Path, way: str) -> None:
    """After an exit and after an erasure alike: the mark that keeps the cover outlives everything else, and then goes too."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "me extorsionan")
        await leave(home, ana, way)
        assert CARD in home.left(ana)[-1]
        for hours, words in ((0, "/start"), (6, "hola"), (5, "/start")):
            await home.later(hours * HOUR)
            assert FACE in (await home.says(ana, words)).text
        await home.later(HOUR + 60)
        screen = await home.says(ana, "/start")
        assert WELCOME in screen.text
        assert "Quité tu mensaje" not in screen.text
        assert home.ours(ana)[-1].id == screen.id


async def leave(home: House, who: Person, way: str) -> None:
    """By the exit word, or by erasing and confirming."""
    await home.says(who, way)
    if way == "borrar":
        await home.taps(who, "Sí, borrar")


async def test_the_cover_survives_a_restart(tmp_path: Path) -> None:
    """The mark is in storage, not in memory: a bot that was started again still wears the cover."""
    async with town() as api:
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            ana = home.person()
            await home.says(ana, "me extorsionan")
            await leave(home, ana, "borrar")
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            assert FACE in (await home.says(ana, "hola")).text


async def test_nothing_of_before_comes_back_by_itself(tmp_path: Path) -> None:
    """Under the cover only the person's own choice leads back, and then to the beginning."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        await home.says(ana, "salir")
        await home.says(ana, "hola")
        await home.taps(ana, "Más")
        screen = await home.taps(ana, "Continuar lo anterior")
        assert WELCOME in screen.text
        assert not any("hijo" in text for text in home.left(ana))


async def test_what_is_older_than_48_hours_is_told_later_with_three_steps(tmp_path: Path) -> None:
    """A photo they chose to keep cannot be deleted after two days. Not the cover says so, but the first screen after it, and once."""
    async with house(tmp_path) as home:
        ana = home.person()
        photo = home.api.media(ana, "photo")
        await home.settle()
        await home.taps(ana, "Déjalo")
        await home.later(25 * HOUR)
        await home.later(25 * HOUR)
        card = await home.says(ana, "salir")
        assert [message.id for message in home.api.messages(ana)] == [photo.id, card.id]
        assert "quedan mensajes" not in card.text
        assert "quedan mensajes" not in (await home.says(ana, "hola")).text
        await home.later(13 * HOUR)
        screen = await home.says(ana, "hola")
        assert "En este chat quedan mensajes que ya no pude quitar" in screen.text
        assert all(f"{step}." in screen.text for step in (1, 2, 3))
        assert "quedan mensajes" not in (await home.taps(ana, "Quiero ayuda")).text


async def test_words_that_stood_too_long_while_we_were_away_are_told_too(tmp_path: Path) -> None:
    """The bot was down for two days: what it owed cannot be deleted any more, and the person hears it when they write."""
    async with town() as api:
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            ana = home.person()
            await home.says(ana, "mi hijo no aparece")
        api.advance(49 * HOUR)
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            await home.later(1)
            screen = await home.says(ana, "hola")
            assert "quedan mensajes que ya no pude quitar" in screen.text


async def test_a_goodbye_in_free_words_dims_and_the_words_go(tmp_path: Path) -> None:
    """Nothing is lost: the next word of the conversation goes on where it was."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        await home.says(ana, "no")
        card = await home.says(ana, "luego regreso")
        assert home.left(ana) == [card.text]
        assert CARD in card.text
        await home.says(ana, "hola")
        assert "¿Alguna de estas?" in (await home.taps(ana, "Seguir donde iba")).text


async def test_erase_leaves_no_message_and_no_row_of_the_person(tmp_path: Path) -> None:
    """What is held afterwards is the mark and nothing else: the next life begins empty and is not told of the old one."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "me extorsionan")
        await home.taps(ana, "En persona")
        await leave(home, ana, "borrar")
        assert len(home.left(ana)) == 1
        seeker = home.running.context.pseudonym(ana.id)
        held, _ = await home.running.storage.read([seeker], ())
        assert seeker not in held or held[seeker].conversation is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", ["salir", "ocultar"])
async def test_whatever_was_done_leaving_leaves_one_dull_card(tmp_path: Path, seed: int, way: str) -> None:
    """Taps, words, recordings, reading mode, minutes and hours in any order; then the exit leaves the card alone, and hiding leaves with it
    only what the person recorded or photographed themselves."""
    dice = random.Random(seed)
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        for _ in range(20):
            await anything(home, ana, dice)
        card = await home.says(ana, way)
        media = [] if way == "salir" else [m for m in home.api.messages(ana) if m.bot is None and m.content.kind != "text"]
        assert [m.id for m in home.api.messages(ana)] == [*(m.id for m in media), card.id]
        assert CARD in card.text or FACE in card.text
        assert home.api.spinning(ana) == []


async def anything(home: House, who: Person, dice: random.Random) -> None:
    """One thing a person may do, or time passing."""
    words = ["hola", "no", "2", "mi hijo no aparece", "me revisan el celular", "modo lectura", "xyz", "atras", "pausa", "luego regreso"]
    match dice.choice(["tap", "tap", "tap", "type", "type", "voice", "photo", "wait"]):
        case "tap" if labels := [label for label in home.api.screen(who).labels if label not in ("Salir", "Sí, borrar")]:
            await home.taps(who, dice.choice(labels))
        case "voice" | "photo" as kind:
            home.api.media(who, kind, duration=2)
            await home.settle()
        case "wait":
            await home.later(dice.choice([30, 400, HOUR, 3 * HOUR]))
        case _:
            await home.says(who, dice.choice(words))
