"""Buttons that are stale, forged, another person's or pressed twice: the current screen, no action, no spinner (features.md O2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import House, house, running_bot, town

STALE = "Ese botón era de una pantalla anterior"


def data_of(home: House, who: object, label: str) -> str:
    """What a button of the screen would send."""
    screen = home.api.screen(who)  # type: ignore[arg-type]  # a person of this server
    return next(str(button["callback_data"]) for row in screen.rows for button in row if button["text"] == label)


async def test_an_old_button_shows_the_current_screen(tmp_path: Path) -> None:
    """A button of two screens ago changes nothing and says so."""
    async with house(tmp_path) as home:
        ana = home.person()
        screen = await home.says(ana, "/start")
        old = data_of(home, ana, "Peligro ahora")
        await home.taps(ana, "Quiero ayuda")
        await home.taps(ana, "Falta alguien")
        home.api.tap_data(ana, screen.id, old)
        await home.settle()
        assert STALE in home.api.screen(ana).text
        assert "¿Tiene menos de 18 años?" in home.api.screen(ana).text
        assert home.api.spinning(ana) == []


async def test_a_press_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """A finger that trembles: the second press finds the next question and answers nothing in it."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        screen = home.api.screen(ana)
        data = data_of(home, ana, "No")
        home.api.tap_data(ana, screen.id, data)
        home.api.tap_data(ana, screen.id, data)
        await home.settle()
        assert "¿Alguna de estas?" in home.api.screen(ana).text
        assert home.api.spinning(ana) == []


@pytest.mark.parametrize("change", ["cut", "turned", "empty-ish", "invented"])
async def test_forged_data_does_nothing(tmp_path: Path, change: str) -> None:
    """One character is enough: the signature covers code, turn, step, program, person and chat."""
    async with house(tmp_path) as home:
        ana = home.person()
        screen = await home.says(ana, "/start")
        good = data_of(home, ana, "Quiero ayuda")
        turned = good[:-1] + ("A" if good[-1] != "A" else "B")
        bad = {"cut": good[:-1], "turned": turned, "empty-ish": " ", "invented": "c0"}[change]
        home.api.tap_data(ana, screen.id, bad)
        await home.settle()
        assert "Soy Amparo" in home.api.screen(ana).text
        assert home.api.spinning(ana) == []


async def test_a_button_of_another_person_does_nothing(tmp_path: Path) -> None:
    """Same screen, same step, same turn: what was signed for Ana is nothing in Beto's hand."""
    async with house(tmp_path) as home:
        ana, beto = home.person(name="Ana"), home.person(name="Beto")
        await home.says(ana, "/start")
        screen = await home.says(beto, "/start")
        home.api.tap_data(beto, screen.id, data_of(home, ana, "Salir"))
        await home.settle()
        assert "Soy Amparo" in home.api.screen(beto).text
        assert "Soy Amparo" in home.api.screen(ana).text
        assert home.api.spinning(beto) == []


async def test_buttons_of_before_a_restart_still_work(tmp_path: Path) -> None:
    """The key is in the folder, not in memory."""
    async with town() as api:
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            ana = home.person()
            await home.says(ana, "/start")
        async with running_bot(api, tmp_path) as running:
            home = House(api, running)
            assert "Elige lo más parecido" in (await home.taps(ana, "Quiero ayuda")).text


async def test_buttons_of_another_house_do_nothing(tmp_path: Path) -> None:
    """Another folder has another key: a button signed there is a forged one here."""
    async with town() as api:
        async with running_bot(api, tmp_path / "one") as running:
            home = House(api, running)
            ana = home.person()
            screen = await home.says(ana, "/start")
            old = data_of(home, ana, "Quiero ayuda")
        async with running_bot(api, tmp_path / "two") as running:
            home = House(api, running)
            home.api.tap_data(ana, screen.id, old)
            await home.settle()
            assert "Soy Amparo" in home.api.screen(ana).text
            assert home.api.spinning(ana) == []


async def test_no_button_says_what_was_answered(tmp_path: Path) -> None:
    """Data under a button is opaque: no step, no answer, nothing a seized phone's export would tell, and at most 64 bytes."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "mi hijo no aparece")
        for row in home.api.screen(ana).rows:
            for button in row:
                data = str(button["callback_data"])
                assert len(data.encode()) <= 64
                assert not any(word in data for word in ("missing", "minor", "hijo", "yes"))
