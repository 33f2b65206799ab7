"""How a conversation ends: closing, one tap of opinion, an agreed message later, and the end of a consent."""

from __future__ import annotations

from pathlib import Path

from bot.botapi.people import Person
from bot.domain.case import DAY, CaseStatus, HandoffStatus
from bot.domain.staff import StaffRole
from tests.e2e.desk_running import Office, office
from tests.e2e.running import HOUR


async def closes(here: Office, rio: Person, thread: int, outcome: str = "Sirvió") -> None:
    """*Cerrar* and how it ended."""
    await here.presses(rio, "Cerrar", thread)
    await here.presses(rio, outcome, thread)


async def test_closing_empties_the_topic_and_tells_her(tmp_path: Path) -> None:
    """The words are gone from storage; the program reads her again; one tap of opinion."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "gracias por todo")
        await here.writes(rio, "Por mi parte cerramos aquí.", thread)
        case = here.case()
        await closes(here, rio, thread)
        await here.pass_(1)
        assert not here.topics(rio)
        assert "gracias por todo" not in here.all_of(rio)
        assert f"{case.designation}: Cerrado: Sirvió." in here.all_of(rio)
        assert not await here.running.storage.words(case.id)
        screen = here.api.screen(ana)
        assert "Sobre tu conversación: se cerró." in screen.text
        assert "¿Sirvió hablar?" in screen.text
        await here.taps(ana, "Sí sirvió")
        assert here.running.desk.office.feedback == {"useful": 1}
        assert "mi hijo" in (await here.says(ana, "mi hijo no aparece")).text or here.api.screen(ana).labels
        assert not here.topics(rio)


async def test_what_would_be_lost_is_said_before_it_closes(tmp_path: Path) -> None:
    """Words of hers without an answer, and words of theirs still in the hold."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "¿y ahora qué hago?")
        await here.types(rio, "espera", thread)
        await closes(here, rio, thread)
        asked = here.find(rio, "¿Cerrar así: Sirvió?", thread)
        assert "Te escribió después de tu última respuesta." in asked.text
        assert "Sin salir todavía: 1." in asked.text
        await here.presses(rio, "Esperar", thread)
        await here.pass_(6)
        assert here.case().status is CaseStatus.ASSIGNED
        assert "Río: espera" in here.left(ana)


async def agrees(here: Office, rio: Person, thread: int, when: str) -> None:
    """*Mensaje después*, when, and that she said yes."""
    await here.presses(rio, "Más", thread)
    await here.presses(rio, "Mensaje después", thread)
    await here.presses(rio, when, thread)
    await here.presses(rio, "Sí, dijo que sí", thread)


async def test_an_agreed_message_comes_twice_and_then_never_again(tmp_path: Path) -> None:
    """In neutral words, as an envelope; unanswered it is repeated once; the outcome is "not reached"."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await agrees(here, rio, thread, "Mañana")
        assert "Acordado para el" in here.all_of(rio, thread)
        await closes(here, rio, thread)
        seen = len(here.api.transcript(ana))
        came = []
        for _ in range(6):
            await here.pass_(DAY)
            new = [text for what, _, text in here.api.transcript(ana)[seen:] if what in ("sent", "edited")]
            seen = len(here.api.transcript(ana))
            came.append([text for text in new if text.startswith("Amparo: ") or "como quedamos" in text])
        assert [bool(texts) for texts in came] == [True, True, False, False, False, False]
        assert here.case().follow_ups[0].outcome == "not_reached"
        assert all("Río" not in text and "conversación" not in text for texts in came for text in texts)


async def test_she_answers_the_agreed_message(tmp_path: Path) -> None:
    """One tap, and nothing comes any more."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await agrees(here, rio, thread, "Mañana")
        await closes(here, rio, thread)
        await here.pass_(DAY + 60)
        screen = await here.taps(ana, "Ver")
        assert "Un mensaje, como quedamos. ¿Sirvió lo que vieron?" in screen.text
        await here.taps(ana, "Sí sirvió")
        assert here.case().follow_ups[0].outcome == "helped"
        seen = len(here.api.transcript(ana))
        await here.pass_(2 * DAY)
        assert not [text for what, _, text in here.api.transcript(ana)[seen:] if what == "sent"]


async def test_a_supervisor_opens_it_again(tmp_path: Path) -> None:
    """She is told in words that are true, and whoever had it is rung."""
    async with office(tmp_path) as here:
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        ana, rio, thread = await here.talking()
        await agrees(here, rio, thread, "En una semana")
        await closes(here, rio, thread)
        await here.commands(boss, "/mesa")
        await here.presses(boss, "Carga") if "Lo cerrado" not in str([m.labels for m in here.stands(boss)]) else None
        await here.presses(boss, "Lo cerrado")
        await here.presses(boss, "Reabrir")
        await here.pass_(1)
        assert here.case().status is CaseStatus.OPEN
        assert "la abrió otra vez" in here.api.screen(ana).text
        assert "Alguien espera respuesta." in here.reads(rio)


async def test_the_consent_ends_after_thirty_days(tmp_path: Path) -> None:
    """Nobody sees the case any more; she is asked once whether to go on; renewed, it can be opened again."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "lo de siempre")
        await here.writes(rio, "Sigo aquí.", thread)
        for _ in range(31):
            await here.pass_(DAY)
        assert not here.case().may_see(here.now)
        assert "lo de siempre" not in here.all_of(rio)
        assert not here.topics(rio)
        await here.pass_(7 * DAY)
        assert here.case().handoff is HandoffStatus.EXPIRED
        assert "Río: Sigo aquí." not in here.left(ana), "the rolling clean-up has gone over it"
        screen = await here.says(ana, "/start")
        assert screen.text


async def test_the_rolling_clean_up_takes_a_live_chat_after_a_day(tmp_path: Path) -> None:
    """Messages of both sides leave her phone by the table of times, never turn by turn."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "uno")
        await here.writes(rio, "dos", thread)
        await here.pass_(HOUR)
        assert "uno" in here.left(ana)
        assert "Río: dos" in here.left(ana)
        await here.pass_(24 * HOUR)
        assert "uno" not in here.left(ana)
        assert "Río: dos" not in here.left(ana)
        assert "1 · uno" in here.reads(rio, thread) or not here.topics(rio)
