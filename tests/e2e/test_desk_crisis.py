"""Crisis words in a live conversation ring the responder; without a human word the program steps in once, and says who it is."""

from __future__ import annotations

from pathlib import Path

from bot.domain.staff import StaffRole
from tests.e2e.desk_running import label, office

PROGRAM = label("es", "ui.echo_program")


async def test_nobody_answers_for_two_minutes(tmp_path: Path) -> None:
    """The responder is rung at once; then the danger screen, once, signed as the program; a supervisor is told."""
    async with office(tmp_path) as here:
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        ana, rio, thread = await here.talking()
        await here.says(ana, "me quiero morir, ya no aguanto")
        rung = here.find(rio, "escribió algo urgente", thread)
        assert not rung.silent
        assert PROGRAM not in here.reads_seeker(ana)
        await here.pass_(60)
        assert "911" not in here.reads_seeker(ana)
        await here.pass_(61)
        screen = here.api.screen(ana)
        assert "Soy el programa." in screen.text
        assert "911" in screen.text
        assert "Pasaron 2 minutos sin una palabra." in here.all_of(boss)
        await here.says(ana, "contesten")
        await here.pass_(100)
        sent = [text for what, _, text in here.api.transcript(ana) if what == "sent" and "Soy el programa." in text]
        assert len(sent) == 1
        await here.writes(rio, "Aquí estoy.", thread)
        assert "Río: Aquí estoy." in here.left(ana)


async def test_a_human_word_in_time_keeps_the_program_silent(tmp_path: Path) -> None:
    """No screen of ours comes between them."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "me quiero morir")
        await here.writes(rio, "Te leo. ¿Estás a solas?", thread)
        await here.pass_(130)
        assert "Soy el programa." not in here.reads_seeker(ana)
        assert "Río: Te leo. ¿Estás a solas?" in here.left(ana)
        assert here.case().level.value == "danger"
        assert "Urgencia: peligro ahora" in here.header(rio)


async def test_the_word_danger_is_the_programs_own_at_any_time(tmp_path: Path) -> None:
    """*peligro* in a live chat shows the numbers at once, and rings the responder."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        screen = await here.says(ana, "peligro")
        assert "911" in screen.text
        assert "escribió algo urgente" in here.all_of(rio, thread)


async def test_a_crisis_told_while_nobody_is_there_raises_the_case(tmp_path: Path) -> None:
    """She waits in the queue; the danger she tells of re-sorts it at once, and shows her the numbers."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", on_duty=False)
        ana = here.person()
        await here.says(ana, "/start")
        await here.taps(ana, "Hablar con una persona")
        await here.taps(ana, "Guardar mi petición")
        await here.taps(ana, "Sin sonido")
        assert here.case().level.value == "ordinary"
        screen = await here.says(ana, "están afuera con armas, me van a matar")
        assert "911" in screen.text
        assert here.case().level.value == "danger"
        assert here.topics(rio) == []
