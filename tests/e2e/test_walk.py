"""The thinnest true path through everything: a person writes, is answered, leaves; what remains on the phone is what was promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import house


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_from_hello_to_guidance_and_out(tmp_path: Path, webhook: bool) -> None:
    """Start, doors, a need, a typed answer, exit: one screen is edited in place, and the exit leaves one dull card."""
    async with house(tmp_path, webhook=webhook) as home:
        ana = home.person("es")
        welcome = await home.says(ana, "/start")
        assert "Soy Amparo" in welcome.text
        doors = await home.taps(ana, "Quiero ayuda")
        assert doors.id == welcome.id
        assert len(home.left(ana)) <= 2
        await home.taps(ana, "Falta alguien")
        card = await home.taps(ana, "Salir") if "Salir" in str(home.api.screen(ana).labels) else await home.says(ana, "salir")
        assert home.left(ana) == [card.text]
        assert "acta de nacimiento" in card.text
        face = await home.says(ana, "hola")
        assert "Trámites" in face.text
