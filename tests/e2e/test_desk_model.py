"""The model dialogue of a first night (voice.md 6), from "mi hijo no llegó" to a human's first words; and how few taps lead to a human."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.desk_running import label, office

LOCALES = ("es", "en", "pt", "fr", "ht")
SPOKEN = ("es", "en", "pt", "fr", "ht")


async def test_a_mother_on_the_first_night_until_a_responder_answers(tmp_path: Path) -> None:
    """Her words, in her order; the responder reads her language and her need, and nothing of what she typed to the program."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        assert "menos de 18" in (await here.says(ana, "mi hijo no llego anoche y no contesta")).text
        assert "Llamaron o piden dinero" in str((await here.says(ana, "no tiene 22")).labels)
        assert "Comisión Nacional de Búsqueda" in (await here.taps(ana, "Nada de eso")).text
        assert "no localizo a una persona" in (await here.taps(ana, "Qué decir")).text
        assert "fiscalías" in (await here.says(ana, "me da miedo la policia de aqui")).text
        assert "No pongas tu teléfono en carteles" in (await here.taps(ana, "Seguir con esta noche")).text
        offer = await here.taps(ana, "Que me escriba una persona")
        assert "Hay alguien de Organización de demostración de guardia." in offer.text
        assert "verá solo tu idioma" in offer.text
        assert not here.topics(rio), "nothing reaches a responder before the consent"
        assert "Alguien espera" not in here.all_of(rio)
        queued = await here.taps(ana, "Sí, que me escriban")
        assert "quedó en la fila" in queued.text
        assert "¿Puede llegarte un mensaje aquí?" in queued.text
        room = await here.taps(ana, "Sin sonido")
        assert "Verán solo tu idioma" in room.text
        await here.pass_()
        assert "Alguien espera respuesta." in here.reads(rio)
        await here.pass_(9 * 60)
        thread = await here.takes(rio)
        header = here.header(rio)
        assert "Idioma: español" in header
        assert "Tema: " in header
        for secret in ("miedo", "tiene 22", "anoche", "hijo no llego", "Zutana"):
            assert secret not in here.all_of(rio)
        await here.pass_(100)
        await here.writes(rio, "Buenas noches. Soy una persona, me puedes decir Río.", thread)
        envelope = here.api.screen(ana)
        assert envelope.text.startswith("Amparo: ")
        assert envelope.silent
        assert "Buenas noches" not in here.reads_seeker(ana)
        await here.taps(ana, "Ver")
        assert "Río: Buenas noches. Soy una persona, me puedes decir Río." in here.left(ana)
        assert "entregado" in here.all_of(rio, thread)


@pytest.mark.parametrize("locale", LOCALES)
async def test_four_taps_from_start_to_a_human(tmp_path: Path, locale: str) -> None:
    """Start itself is the first tap; the text beside the last button is the consent."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", languages=SPOKEN)
        ana = here.person(locale)
        taps = 1
        screen = await here.says(ana, "/start")
        for message in ("flow.welcome.start.choice.person", "flow.person.offer.choice.yes"):
            assert label(locale, message) in screen.labels
            screen = await here.taps(ana, label(locale, message))
            taps += 1
        assert taps <= 4
        await here.pass_()
        assert here.case().locale == locale
        assert "Alguien espera respuesta." in here.reads(rio)
        await here.takes(rio)
        assert f"Idioma: {here.desk_says(f'language_{locale}')}" in here.header(rio)


@pytest.mark.parametrize("locale", LOCALES)
async def test_numbers_at_tap_two_and_a_human_at_tap_three_in_danger(tmp_path: Path, locale: str) -> None:
    """Start, danger now (911 is on that screen), write to me."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", languages=SPOKEN)
        ana = here.person(locale)
        await here.says(ana, "/start")
        screen = await here.taps(ana, label(locale, "flow.welcome.start.choice.danger"))
        assert "911" in screen.text
        await here.taps(ana, label(locale, "flow.danger.now.choice.write"))
        await here.pass_()
        case = here.case()
        assert case.level.value == "danger"
        assert case.needs[0] == "danger"
        await here.takes(rio)
        assert "Urgencia: peligro ahora" in here.header(rio)
