"""A person asks for a human, and gets one."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.desk_running import office


async def test_a_human_answers(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        screen = await here.taps(ana, "Hablar con una persona")
        assert "Organización de demostración" in screen.text
        await here.taps(ana, "Sí, que me escriban")
        await here.pass_()
        assert here.case().rung, "nobody was rung"
        await here.presses(rio, "Tomar")
        thread = here.topic(rio)
        await here.writes(rio, "Buenas noches. Soy una persona.", thread)
        assert "Río: Buenas noches. Soy una persona." in here.left(ana)
        await here.says(ana, "me da miedo")
        assert any("me da miedo" in text for text in here.reads(rio, thread))
