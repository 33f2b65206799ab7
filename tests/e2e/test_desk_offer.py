"""The truth before the tap: who is there, who comes back when, a door that closes, and who takes it when many are rung."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.case import CaseStatus
from bot.domain.staff import Shift, StaffRole
from bot.usecases.desk_ports import DeskWrite
from tests.e2e.desk_running import Office, office
from tests.e2e.running import HOUR


async def plans(here: Office, alias: str, begins: int, hours: int) -> None:
    """A shift somebody planned, as `amparo shift` writes it."""
    shift = Shift(responder=here.known(alias).id, begins=begins, ends=begins + hours * HOUR)
    await here.running.storage.write_desk(DeskWrite(at=here.now, shifts=(shift,)))
    await here.book.reload_staff()


async def test_nobody_is_there_and_that_is_said_before_the_tap(tmp_path: Path) -> None:
    """With the hour of return and lines where people do answer; the request is kept, and rung when somebody comes on duty."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", on_duty=False)
        await plans(here, "Río", here.now + 5 * HOUR, 4)
        ana = here.person()
        await here.says(ana, "/start")
        offer = await here.taps(ana, "Hablar con una persona")
        assert "En este momento no hay nadie de Organización de demostración." in offer.text
        assert "Vuelve alguien" in offer.text
        assert "Sí, que me escriban" not in offer.labels
        assert "Ver quién contesta ahora" in offer.labels
        others = await here.taps(ana, "Ver quién contesta ahora")
        assert "Consejo Ciudadano" in others.text
        await here.says(ana, "una persona")
        kept = await here.taps(ana, "Guardar mi petición")
        assert "quedó guardada" in kept.text
        assert here.case().kept
        await here.pass_(HOUR)
        assert "Alguien espera respuesta." not in here.reads(rio), "nobody is rung off duty"
        await here.commands(rio, "/turno")
        await here.pass_(1)
        assert "Alguien espera respuesta." in here.reads(rio)
        await here.takes(rio)
        assert here.case().status is CaseStatus.ASSIGNED


async def test_the_hour_of_return_is_the_organizations_own(tmp_path: Path) -> None:
    """A shift at 20:00Z is read as 14:00 in Mexico City."""
    async with office(tmp_path) as here:
        await here.responder("Río", on_duty=False)
        begins = int(datetime(2026, 12, 1, 20, tzinfo=UTC).timestamp())
        await plans(here, "Río", begins, 3)
        ana = here.person()
        await here.says(ana, "/start")
        assert "14" in (await here.taps(ana, "Hablar con una persona")).text


async def test_the_door_closes_kindly_while_somebody_reads_the_offer(tmp_path: Path) -> None:
    """Her screen changes by itself; the button she had before her eyes a moment ago opens no case."""
    async with office(tmp_path) as here:
        await here.responder("Río")
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        ana = here.person()
        await here.says(ana, "/start")
        offer = await here.taps(ana, "Hablar con una persona")
        old = next(button for row in offer.rows for button in row if button["text"] == "Sí, que me escriban")["callback_data"]
        await here.commands(boss, "/puerta")
        await here.presses(boss, "Cerrar la puerta")
        await here.pass_(1)
        screen = here.api.screen(ana)
        assert "Sí, que me escriban" not in screen.labels
        assert "todavía no contesta ninguna persona" not in screen.text, "somebody does, only not now"
        here.api.tap_data(ana, offer.id, str(old))
        await here.settle()
        assert not here.book.cases
        assert "Sí, que me escriban" not in here.api.screen(ana).labels
        await here.presses(boss, "Abrir la puerta")
        await here.pass_(1)
        assert "Hay alguien de Organización de demostración de guardia." in here.api.screen(ana).text


async def test_several_are_rung_and_one_tap_takes_it(tmp_path: Path) -> None:
    """The others read so at once, and their old button changes nothing."""
    async with office(tmp_path) as here:
        rio, mar = await here.responder("Río"), await here.responder("Mar")
        ana = await here.asks(reach="yes")
        for one in (rio, mar):
            assert "Alguien espera respuesta." in here.reads(one)
        late = here.find(mar, "Alguien espera respuesta.")
        button = late.rows[0][0]
        await here.takes(rio)
        assert "Ya lo tomó alguien más, o ya no espera nadie." in here.reads(mar)
        assert "Alguien espera respuesta." not in here.reads(mar)
        assert not here.topics(mar)
        here.api.tap_data(mar, late.id, str(button["callback_data"]), bot=here.desk)
        await here.settle()
        assert "Ya lo tomó alguien más." in here.toast(mar)
        assert here.case().responder == here.known("Río").id
        assert "Ahora te lee Río" in here.api.screen(ana).text


async def test_of_fifty_who_tap_at_once_exactly_one_wins(tmp_path: Path) -> None:
    """Fifty presses wait in the bot's inbox before any is read."""
    async with office(tmp_path) as here:
        people = [await here.responder(f"Voz {number}") for number in range(50)]
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Peligro ahora")
        await here.taps(ana, "Que me escriban")
        await here.pass_()
        assert all("Alguien espera respuesta." in here.reads(one) for one in people)
        for one in people:
            here.api.tap_label(one, "Tomar", bot=here.desk)
        await asyncio.sleep(0)
        await here.settle()
        owner = here.case().responder
        winners = [one for one in people if here.topics(one)]
        assert len(winners) == 1
        assert here.known(winners[0].first_name).id == owner
        for one in people:
            if one is not winners[0]:
                assert "Ya lo tomó alguien más, o ya no espera nadie." in here.reads(one)
                assert "Ya lo tomó alguien más." in here.toast(one)
        assert f"Ahora te lee {winners[0].first_name}" in here.api.screen(ana).text


async def test_a_woman_was_asked_for_and_there_is_none(tmp_path: Path) -> None:
    """She is told, and chooses: whoever is there, or waiting."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", gender="man")
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Hablar con una persona")
        await here.taps(ana, "Sí, que me escriban")
        await here.taps(ana, "Sí")
        await here.taps(ana, "Ajustar mi petición")
        await here.taps(ana, "Prefiero mujer, hombre o idioma")
        await here.taps(ana, "Una mujer")
        await here.pass_()
        assert "Alguien espera respuesta." not in here.reads(rio)
        told = here.api.screen(ana)
        assert "ahora no hay nadie como pediste" in told.text
        await here.taps(ana, "Que conteste quien esté")
        await here.pass_(1)
        await here.pass_(3 * HOUR)
        assert "Alguien espera respuesta." in here.reads(rio)
