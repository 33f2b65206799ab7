"""A lent phone: a key on paper, the phone given back, and the same person on another account, whom a human has to know again."""

from __future__ import annotations

import re
from pathlib import Path

from bot.botapi.people import Person
from tests.e2e.desk_running import Office, office


async def makes_key(here: Office) -> tuple[Person, str]:
    """In the queue, on a phone that is not hers: the key is shown once."""
    ana = await here.asks("Prestado", reach="yes")
    await here.taps(ana, "Ajustar mi petición")
    await here.taps(ana, "Este teléfono no es mío")
    shown = await here.taps(ana, "Hacer mi llave")
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", shown.text)
    assert found, shown.text
    return ana, found.group()


async def brings(here: Office, key: str, name: str = "Otra") -> Person:
    """Another phone: *Una persona*, *¿Quiénes contestan?*, *Tengo una llave en papel*."""
    eva = here.person(name=name)
    await here.says(eva, "/start")
    await here.taps(eva, "Hablar con una persona")
    await here.taps(eva, "¿Quiénes contestan?")
    await here.taps(eva, "Tengo una llave en papel")
    told = await here.says(eva, key)
    assert "No digo a nadie si una llave existe o no." in told.text
    return eva


async def test_the_key_leads_back_from_another_phone(tmp_path: Path) -> None:
    """The old phone shows nothing any more; a human says whether it is she; then the conversation goes on there, not yet confirmed."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        lender, key = await makes_key(here)
        thread = await here.takes(rio)
        await here.says(lender, "borrar")
        await here.taps(lender, "Sí, borrar")
        await here.pass_(1)
        assert "devolvió el teléfono" in here.all_of(rio, thread)
        assert key not in here.reads_seeker(lender)
        await here.writes(rio, "Buenas noches.", thread)
        assert "Buenas noches." not in here.reads_seeker(lender)
        eva = await brings(here, key)
        asked = here.find(rio, "Alguien escribió una llave en papel", thread)
        assert "Prestado" not in here.all_of(rio)
        assert "Otra" not in here.all_of(rio)
        await here.presses(rio, "Es esa persona", message=asked)
        await here.pass_(1)
        await here.taps(eva, "Ver")
        assert "Ahora te lee Río" in here.reads_seeker(eva)
        assert "Sin confirmar que sea la misma persona." in here.all_of(rio, thread)
        await here.says(eva, "soy yo, ya en otro teléfono")
        assert "soy yo, ya en otro teléfono" in here.all_of(rio, thread)
        assert "soy yo" not in here.reads_seeker(lender)
        await here.writes(rio, "Dime algo que solo tú sepas.", thread)
        assert "Río: Dime algo que solo tú sepas." in here.left(eva)
        assert "Dime algo" not in here.reads_seeker(lender)


async def test_a_wrong_key_and_a_right_one_look_alike(tmp_path: Path) -> None:
    """Whoever types one learns nothing; the responder is asked about the right one only, and may say "I don't know"."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        lender, key = await makes_key(here)
        thread = await here.takes(rio)
        wrong = await brings(here, "AAAA-2222", "Uno")
        assert "llave en papel" not in here.all_of(rio, thread)
        right = await brings(here, key.lower().replace("-", " "), "Dos")
        assert here.api.screen(wrong).text == here.api.screen(right).text
        await here.presses(rio, "No lo sé", thread)
        assert "No se abrió nada" in here.all_of(rio)
        assert here.api.screen(wrong).text == here.api.screen(right).text
        await here.says(right, "¿hola?")
        assert "¿hola?" not in here.all_of(rio)
        assert here.reads_seeker(lender)


async def test_the_key_stays_on_the_screen_until_she_wrote_it_down(tmp_path: Path) -> None:
    """It is shown once: whatever happens at the desk meanwhile waits for her next tap."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        lender, key = await makes_key(here)
        await here.takes(rio)
        assert key in here.reads_seeker(lender)
        await here.taps(lender, "Ya la apunté")
        assert key not in here.reads_seeker(lender)
