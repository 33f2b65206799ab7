"""Sharing answers: the list as the seeker saw it, a line taken out, and the same list at the responder's, by hash (features.md H2)."""

from __future__ import annotations

import re
from pathlib import Path

from bot.botapi.people import Person
from bot.domain.case import Purpose
from bot.usecases.desk.orders import shown_hash
from tests.e2e.desk_running import Office, office


async def answered(here: Office) -> Person:
    """She answered three questions of the guide, and asked for a person."""
    ana = here.person()
    await here.says(ana, "/start")
    await here.says(ana, "mi hijo no llego anoche y no contesta")
    await here.taps(ana, "No")
    await here.taps(ana, "Nada de eso")
    await here.says(ana, "una persona")
    await here.taps(ana, "Sí, que me escriban")
    await here.taps(ana, "Sí")
    await here.pass_()
    return ana


def listed(text: str) -> list[str]:
    """The lines of a list, without their numbers or dots."""
    found = re.findall(r"^(?:\\*\\*)?(?:\d+\.?|·)(?:\\*\\*)? (.+: .+)$", text, re.MULTILINE)
    return [line.replace("*", "") for line in found]


async def test_what_is_delivered_equals_what_was_shown(tmp_path: Path) -> None:
    """While waiting: the exact list, a line removed, and the header says that list and nothing of the line."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await answered(here)
        await here.taps(ana, "Ajustar mi petición")
        screen = await here.taps(ana, "Compartir lo que contesté")
        assert "Esto vería Organización de demostración, y nada más." in screen.text
        before = listed(screen.text)
        assert len(before) >= 2
        taken = next(name for name in screen.labels if name.startswith("Quitar"))
        screen = await here.taps(ana, taken)
        shown = listed(screen.text)
        assert len(shown) == len(before) - 1
        (gone,) = [line for line in before if line not in shown]
        await here.taps(ana, "Compartir esta lista")
        assert "se compartió esa lista" in here.reads_seeker(ana)
        await here.takes(rio)
        header = here.header(rio)
        assert listed(header.partition("Compartió:")[2]) == shown
        assert gone.rpartition(": ")[0] not in header
        case = here.case()
        consent = case.consent(Purpose.SHARE, here.now)
        assert consent is not None
        assert consent.shown == shown_hash(case.shared)
        assert consent.scope == tuple(line.key for line in case.shared)


async def test_nothing_is_shared_by_asking_for_a_person(tmp_path: Path) -> None:
    """Language and topic, and no answer."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        await answered(here)
        await here.takes(rio)
        assert "No ha compartido respuestas." in here.header(rio)
        assert not here.case().shared


async def test_the_responder_asks_for_the_list_and_she_says_no(tmp_path: Path) -> None:
    """Her conversation goes on as before; the responder reads that she would rather not."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await answered(here)
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas noches.", thread)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Pedir lo que contestó", thread)
        asked = here.api.screen(ana)
        assert "Pregunta de Río" in asked.text
        await here.taps(ana, "No compartir")
        assert "prefiere no compartir" in here.all_of(rio, thread)
        assert "No ha compartido respuestas." in here.header(rio)
        await here.says(ana, "sigo")
        assert "1 · sigo" in here.reads(rio, thread)


async def test_the_responder_asks_for_the_list_and_she_shares_it(tmp_path: Path) -> None:
    """She sees it first, and the responder's first screen changes in its place."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await answered(here)
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas noches.", thread)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Pedir lo que contestó", thread)
        screen = await here.taps(ana, "Ver la lista")
        shown = listed(screen.text)
        assert shown
        await here.taps(ana, "Compartir esta lista")
        assert listed(here.header(rio).partition("Compartió:")[2]) == shown
        await here.writes(rio, "Gracias, ya lo leí.", thread)
        assert "Río: Gracias, ya lo leí." in here.left(ana)
