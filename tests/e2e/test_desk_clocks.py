"""The ladder: who is rung again, when a case goes back, the next organization by name, a supervisor and an honest word. No step is skipped
by a restart."""

from __future__ import annotations

from pathlib import Path

from bot.domain.case import CaseStatus
from bot.domain.staff import StaffRole
from tests.e2e.desk_running import desk_town, office, running_office

MINUTE = 60


async def test_a_responder_who_took_it_and_is_silent(tmp_path: Path) -> None:
    """Danger: reminded after two minutes, given back after five; she is told as a new message, and others are rung."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Peligro ahora")
        await here.taps(ana, "Que me escriban")
        await here.taps(ana, "Sí")
        await here.pass_()
        await here.takes(rio)
        mar = await here.responder("Mar")
        await here.pass_(2 * MINUTE + 1)
        assert "sigue esperando tu respuesta" in here.all_of(rio, here.topic(rio))
        await here.pass_(3 * MINUTE)
        assert here.case().status is CaseStatus.OPEN
        assert not here.topics(rio)
        assert "volvió a la fila: pasó el tiempo sin respuesta" in here.all_of(rio)
        assert "Tu petición volvió a la fila" in here.api.screen(ana).text
        await here.pass_(1)
        assert "Alguien espera respuesta." in here.reads(mar)
        await here.takes(mar)
        assert "Ahora te lee Mar" in here.api.screen(ana).text


async def test_back_in_twenty_minutes_holds_the_clock_and_is_told(tmp_path: Path) -> None:
    """One tap; she reads the alias and the time; the case does not lapse meanwhile, and the clock is held once only."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Peligro ahora")
        await here.taps(ana, "Que me escriban")
        await here.taps(ana, "Sí")
        await here.pass_()
        thread = await here.takes(rio)
        await here.presses(rio, "Vuelvo en 20 min", thread)
        assert "Aviso de Río: vuelve en unos 20 minutos." in here.api.screen(ana).text
        await here.pass_(15 * MINUTE)
        assert here.case().status is CaseStatus.ASSIGNED
        await here.presses(rio, "Vuelvo en 20 min", thread)
        assert here.toast(rio) == "Ya pediste tiempo una vez. Escribe primero una palabra."
        await here.pass_(6 * MINUTE)
        assert "sigue esperando tu respuesta" in here.all_of(rio, thread)
        await here.pass_(4 * MINUTE)
        assert here.case().status is CaseStatus.OPEN
        assert not here.topics(rio)


async def test_nobody_takes_it_and_another_organization_is_asked_about_by_name(tmp_path: Path) -> None:
    """Only her yes passes it on; the organization before loses all access, the other reads topic and language and no word."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        sur = await here.responder("Sur", organization="demo_second")
        ana = here.person()
        await here.says(ana, "/start")
        await here.says(ana, "mi hijo no llego anoche y no contesta")
        await here.says(ana, "una persona")
        await here.taps(ana, "Sí, que me escriban")
        await here.taps(ana, "Sí")
        await here.pass_()
        assert here.case().organization == "demo"
        await here.taps(ana, "Contar algo a quien conteste")
        await here.says(ana, "era en el mercado de flores")
        await here.pass_(2 * MINUTE)
        await here.pass_(8 * MINUTE)
        asked = here.api.screen(ana)
        assert "Segunda organización de demostración quizá pueda." in asked.text
        assert "Segunda organización de demostración verá tu idioma" in asked.text
        assert "Alguien espera respuesta." not in here.reads(sur)
        await here.taps(ana, "Sí, que me contesten")
        await here.pass_(1)
        assert here.case().organization == "demo_second"
        assert "Alguien espera respuesta." not in here.reads(rio)
        assert "Alguien espera respuesta." in here.reads(sur)
        thread = await here.takes(sur)
        assert "mercado" not in here.all_of(sur)
        await here.writes(sur, "Buenas, soy Sur.", thread)
        assert "Sur: Buenas, soy Sur." in here.reads_seeker(ana)


async def test_she_says_no_and_stays_in_the_queue(tmp_path: Path) -> None:
    """The ladder goes on where she is; nobody else ever hears of her."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        sur = await here.responder("Sur", organization="demo_second")
        ana = await here.asks(reach="yes", first="mi hijo no llego anoche y no contesta")
        await here.pass_(2 * MINUTE)
        await here.pass_(8 * MINUTE)
        await here.taps(ana, "No, sigo esperando")
        await here.pass_(5 * MINUTE)
        assert here.case().organization == "demo"
        assert "Alguien espera respuesta." not in here.reads(sur)
        assert "Alguien espera respuesta." in here.reads(rio)


async def test_nobody_came_and_that_is_said(tmp_path: Path) -> None:
    """A new message, with who does answer; a supervisor is told; whoever takes it then is introduced."""
    async with office(tmp_path) as here:
        await here.responder("Río")
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR, on_duty=False)
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Peligro ahora")
        await here.taps(ana, "Que me escriban")
        await here.taps(ana, "Sí")
        await here.pass_()
        before = here.api.screen(ana).id
        for minutes in (2, 8, 5):
            await here.pass_(minutes * MINUTE)
        assert "Alguien espera más de lo debido." in here.all_of(boss)
        screen = here.api.screen(ana)
        assert screen.id > before, "what she waits for is a new message"
        if screen.labels[:1] == ["Ver"]:
            screen = await here.taps(ana, "Ver")
        assert "nadie la ha podido tomar todavía, y no es por ti" in screen.text
        assert "WhatsApp" in screen.text


async def test_the_clocks_survive_a_restart(tmp_path: Path) -> None:
    """Stopped after the claim, started again four minutes later: reminded and given back as if nothing had been."""
    async with desk_town() as (api, desk):
        async with running_office(api, desk, tmp_path) as here:
            rio = await here.responder("Río")
            ana = here.person()
            await here.says(ana, "/start")
            await here.taps(ana, "Peligro ahora")
            await here.taps(ana, "Que me escriban")
            await here.taps(ana, "Sí")
            await here.pass_()
            await here.takes(rio)
        api.advance(4 * MINUTE)
        async with running_office(api, desk, tmp_path) as here:
            await here.pass_(1)
            assert "sigue esperando tu respuesta" in here.all_of(rio, here.topic(rio))
            await here.pass_(MINUTE)
            assert here.case().status is CaseStatus.OPEN
            assert not here.topics(rio)
            assert "Tu petición volvió a la fila" in here.api.screen(ana).text
