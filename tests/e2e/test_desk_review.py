"""What stands above the ordinary: two people who break the glass, and complaints to somebody outside the organization."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.staff import StaffRole
from tests.e2e.desk_running import office
from tests.e2e.running import HOUR


async def test_two_people_open_a_case_and_she_is_told(tmp_path: Path) -> None:
    """One asks with a reason, another confirms, both read; after an hour it is over and gone from the second one's chat."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        await here.says(ana, "estoy en el sótano")
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Emergencia de dos", thread)
        await here.presses(rio, "Una vida en riesgo")
        assert "Falta la segunda persona" in here.toast(rio)
        asked = here.find(boss, "pide abrir un caso por: Una vida en riesgo")
        assert "Río" in asked.text
        assert "sótano" not in here.all_of(boss)
        assert "dos personas de guardia abrieron" not in here.reads_seeker(ana)
        await here.presses(boss, "Confirmar")
        told = here.api.screen(ana)
        assert "la abrieron por una urgencia, sin preguntarte antes" in told.text
        await here.presses(boss, "Leer")
        assert "1 · estoy en el sótano" in here.all_of(boss)
        await here.pass_(HOUR + 60)
        assert "sótano" not in here.all_of(boss)
        assert "Se cerró otra vez." in here.all_of(boss)


async def test_nobody_opens_a_case_alone(tmp_path: Path) -> None:
    """Without the second it lapses; the first cannot be both; she is told nothing, for nothing was opened."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Emergencia de dos", thread)
        await here.presses(rio, "Una niña o un niño en riesgo")
        before = here.left(ana)
        await here.pass_(HOUR + 60)
        assert "Nadie lo confirmó a tiempo. No se abrió." in here.all_of(rio)
        assert "pide abrir un caso" not in here.all_of(boss)
        assert "abrieron" not in here.reads_seeker(ana)
        assert len(here.left(ana)) <= len(before)


async def test_words_to_a_closed_window_leave_when_two_agree(tmp_path: Path) -> None:
    """Outside her hours nothing leaves; two people send one message now."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Horario seguro", thread)
        await here.presses(rio, "Tardes, 18 a 22", thread)
        await here.writes(rio, "Sal de ahí ahora.", thread)
        assert "Sal de ahí" not in here.reads_seeker(ana)
        await here.presses(rio, "Emergencia de dos", thread)
        await here.presses(rio, "Una vida en riesgo")
        await here.presses(boss, "Confirmar")
        await here.presses(rio, "Mandar ahora el mensaje 2")
        await here.pass_(2)
        assert "Río: Sal de ahí ahora." in here.reads_seeker(ana)


async def test_a_complaint_goes_to_a_reviewer_elsewhere(tmp_path: Path) -> None:
    """Nobody of the organization it is about sees it; she keeps a ticket, and reads the answer by bringing it back."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        own = await here.responder("Sal", role=StaffRole.REVIEWER)
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        judge = await here.responder("Cal", role=StaffRole.REVIEWER, organization="demo_second")
        await here.taps(ana, "Dejar de hablar")
        screen = await here.taps(ana, "Algo estuvo mal")
        assert screen.text
        screen = await here.says(ana, "me pidió mi dirección y no quise")
        ticket = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", screen.text)
        assert ticket, screen.text
        assert "Llegó algo para revisar" in here.all_of(judge)
        for one in (rio, own, boss):
            assert "dirección" not in here.all_of(one)
            assert "revisar, sobre" not in here.all_of(one)
        assert "dirección" not in here.all_of(judge), "it is opened on purpose"
        notice = here.find(judge, "Llegó algo para revisar")
        await here.presses(judge, notice.labels[0], message=notice)
        assert "me pidió mi dirección y no quise" in here.all_of(judge)
        await here.presses(judge, "Contestar")
        prompt = here.find(judge, "Tu respuesta, como respuesta a este mensaje.")
        await here.types(judge, "No debió pedirla. Ya no te atiende.", 0, reply_to=prompt)
        assert "Contestado" in here.all_of(judge)
        assert "No debió" not in here.reads_seeker(ana)
        await here.taps(ana, "Seguir")
        await here.taps(ana, "Algo estuvo mal")
        await here.says(ana, ticket.group())
        assert "No debió pedirla." in here.reads_seeker(ana)
        assert ticket.group() not in here.all_of(rio), "whom it is about learns nothing of it"


async def test_it_put_me_at_risk_reaches_a_reviewer_without_words(tmp_path: Path) -> None:
    """One tap after closing."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        judge = await here.responder("Cal", role=StaffRole.REVIEWER, organization="demo_second")
        await here.presses(rio, "Cerrar", thread)
        await here.presses(rio, "Otra cosa", thread)
        await here.taps(ana, "Me puso en riesgo")
        assert "no debió pasar" in here.api.screen(ana).text
        assert "Organización de demostración" in here.all_of(judge)
        assert "Buenas noches" not in here.all_of(judge)
