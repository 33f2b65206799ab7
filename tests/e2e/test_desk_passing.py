"""A case goes on with a colleague or with another organization; notes and services outside go with it or do not."""

from __future__ import annotations

from pathlib import Path

from bot.botapi.people import Person
from bot.domain.case import CaseStatus, HandoffStatus
from tests.e2e.desk_running import Office, office


async def asks_colleague(here: Office, rio: Person, thread: int, name: str) -> None:
    """*Más*, *Pasar a colega*, and a name."""
    await here.presses(rio, "Más", thread)
    await here.presses(rio, "Pasar a colega", thread)
    await here.presses(rio, name, thread)


async def test_a_colleague_accepts(tmp_path: Path) -> None:
    """Until then the sender keeps the case; afterwards the words and the line for the handover stand in the colleague's topic, and she
    reads who answers now."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        mar = await here.responder("Mar")
        await here.says(ana, "ya pedí el folio")
        await here.presses(rio, "Siguiente paso", thread)
        await here.types(rio, "Le toca confirmar el folio.", thread)
        await asks_colleague(here, rio, thread, "Mar")
        asked = here.find(mar, "te pide seguir un caso")
        assert "Río" in asked.text
        assert "Le toca confirmar el folio." in asked.text
        assert "ya pedí" not in asked.text
        assert not here.topics(mar)
        assert "Río quiere pasarla a alguien más" in here.reads_seeker(ana)
        await here.writes(rio, "Te dejo con Mar.", thread)
        assert "Río: Te dejo con Mar." in here.left(ana), "the sender keeps access until it is accepted"
        await here.presses(mar, "Aceptar", message=asked)
        assert here.case().responder == here.known("Río").id, "she is asked first"
        await here.taps(ana, "Está bien")
        await here.presses(mar, "Aceptar", message=asked)
        await here.pass_(1)
        assert here.case().responder == here.known("Mar").id
        assert not here.topics(rio)
        assert "Mar lo tomó" in here.all_of(rio)
        fresh = here.topic(mar)
        assert "1 · ya pedí el folio" in here.reads(mar, fresh)
        assert "Siguiente paso: Le toca confirmar el folio." in here.all_of(mar, fresh)
        assert "Ahora te lee Mar" in here.reads_seeker(ana)
        await here.writes(mar, "Hola, soy Mar.", fresh)
        assert "Mar: Hola, soy Mar." in here.left(ana)


async def test_a_colleague_cannot(tmp_path: Path) -> None:
    """It stays where it was, and nothing of it stays with the colleague."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        mar = await here.responder("Mar")
        await asks_colleague(here, rio, thread, "Mar")
        await here.presses(mar, "No puedo")
        assert "Mar no puede. Sigue contigo." in here.all_of(rio, thread)
        assert "te pide seguir un caso" not in here.all_of(mar)
        await here.says(ana, "sigo")
        assert "1 · sigo" in here.reads(rio, thread)
        assert "sigo" not in here.all_of(mar)


async def test_she_refuses_the_colleague(tmp_path: Path) -> None:
    """*Prefiero que no*: the colleague's notice is over, and an old *Aceptar* opens nothing."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        mar = await here.responder("Mar")
        await asks_colleague(here, rio, thread, "Mar")
        asked = here.find(mar, "te pide seguir un caso")
        await here.taps(ana, "Prefiero que no")
        assert here.case().responder == here.known("Río").id
        assert here.case().handoff is not HandoffStatus.TRANSFERRED
        assert "La persona prefiere que sigas tú." in here.all_of(rio, thread)
        assert "te pide seguir un caso" not in here.all_of(mar)
        here.api.tap_data(mar, asked.id, str(asked.rows[0][0]["callback_data"]), bot=here.desk)
        await here.settle()
        assert here.case().responder == here.known("Río").id
        assert not here.topics(mar)
        await here.says(ana, "contigo")
        assert "1 · contigo" in here.reads(rio, thread)


async def test_notes_of_three_kinds(tmp_path: Path) -> None:
    """Typed as an answer to the prompt; she never reads one; after a transfer the colleague reads the team's and not mine."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        mar = await here.responder("Mar")
        await here.pass_(1)
        before = here.left(ana)
        for kind, text in (("Solo yo", "nota mía"), ("Mi turno", "nota del turno"), ("Mi organización", "nota de la casa")):
            await here.presses(rio, "Nota", thread)
            await here.presses(rio, kind, thread)
            prompt = here.find(rio, "Escribe la nota como respuesta", thread)
            await here.writes(rio, text, thread, reply_to=prompt)
        assert here.left(ana) == before
        assert here.all_of(rio, thread).count("Nota guardada") == 3
        await asks_colleague(here, rio, thread, "Mar")
        await here.taps(ana, "Está bien")
        await here.presses(mar, "Aceptar")
        await here.pass_(1)
        fresh = here.topic(mar)
        await here.presses(mar, "Más", fresh)
        await here.presses(mar, "Ver notas", fresh)
        seen = here.all_of(mar, fresh)
        assert "nota del turno" in seen
        assert "nota de la casa" in seen
        assert "nota mía" not in seen
        assert "nota" not in here.reads_seeker(ana)


async def test_a_note_typed_without_answering_the_prompt_is_still_a_note(tmp_path: Path) -> None:
    """A note that reached her would be worse than a message kept as a note."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.presses(rio, "Nota", thread)
        await here.presses(rio, "Solo yo", thread)
        await here.writes(rio, "parece que no está sola", thread)
        assert "no está sola" not in here.reads_seeker(ana)
        assert "Nota guardada" in here.all_of(rio, thread)
        await here.writes(rio, "Te leo.", thread)
        assert "Río: Te leo." in here.left(ana)


async def test_a_service_outside_is_followed_until_it_is_done(tmp_path: Path) -> None:
    """By name and state; the responder is asked after three days; she is told nothing by the program."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Servicio de fuera", thread)
        await here.presses(rio, "Anotar uno", thread)
        await here.types(rio, "Clínica del norte", thread)
        assert "Anotado: Clínica del norte." in here.all_of(rio, thread)
        standing = here.left(ana)
        for _ in range(7):
            await here.commands(rio, "/turno")
            await here.pass_(6 * 3600)
            await here.commands(rio, "/turno")
            await here.pass_(6 * 3600)
        assert here.case().status is CaseStatus.ASSIGNED
        assert "¿Cómo va lo de Clínica del norte?" in here.all_of(rio, thread)
        assert "Clínica" not in here.reads_seeker(ana)
        assert len(here.left(ana)) <= len(standing)


async def test_the_responder_proposes_another_organization(tmp_path: Path) -> None:
    """She is asked by its name in the live conversation. Yes: the first loses everything, the second is rung and reads no word."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        sur = await here.responder("Sur", organization="demo_second")
        ana = await here.asks(reach="yes", first="mi hijo no llego anoche y no contesta")
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas.", thread)
        await here.says(ana, "vivo junto al río grande")
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Otra organización", thread)
        await here.presses(rio, "Preguntarle", thread)
        asked = here.api.screen(ana)
        assert "Río cree que puede ayudarte mejor con esto Segunda organización de demostración" in asked.text
        assert here.case().organization == "demo"
        await here.taps(ana, "Sí, está bien")
        await here.pass_(1)
        assert here.case().organization == "demo_second"
        assert not here.topics(rio)
        assert "junto al río" not in here.all_of(rio)
        assert "Dijo que sí a Segunda organización de demostración. Ya no lo ves." in here.all_of(rio)
        assert "Alguien espera respuesta." in here.reads(sur)
        fresh = await here.takes(sur)
        assert "junto al río" not in here.all_of(sur)
        await here.writes(sur, "Soy Sur.", fresh)
        assert "Sur: Soy Sur." in here.reads_seeker(ana)


async def test_she_says_no_to_another_organization(tmp_path: Path) -> None:
    """It stays; the responder reads so; nobody else hears of her."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        sur = await here.responder("Sur", organization="demo_second")
        ana = await here.asks(reach="yes", first="mi hijo no llego anoche y no contesta")
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas.", thread)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Otra organización", thread)
        await here.presses(rio, "Preguntarle", thread)
        await here.taps(ana, "No, prefiero seguir aquí")
        assert "Dijo que no a Segunda organización de demostración. Sigue contigo." in here.all_of(rio, thread)
        assert "Alguien espera respuesta." not in here.reads(sur)
        await here.says(ana, "aquí sigo contigo")
        assert "1 · aquí sigo contigo" in here.reads(rio, thread)
