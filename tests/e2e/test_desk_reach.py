"""May a message reach you here: with a sound, without, or only after I write; envelopes; phones others look at; hours; is it still you."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.botapi.people import Person
from tests.e2e.desk_running import Office, office
from tests.e2e.running import HOUR, MORNING


def envelopes(here: Office, who: Person) -> int:
    """Dull lines with *Ver* in her chat."""
    return sum(message.text.startswith("Amparo: ") and message.labels[:1] == ["Ver"] for message in here.ours(who))


async def test_yes_rings_and_silent_does_not(tmp_path: Path) -> None:
    """The same words, with and without a sound."""
    for number, (reach, silent) in enumerate((("yes", False), ("silent", True))):
        async with office(tmp_path / str(number)) as here:
            ana, rio, thread = await here.talking(reach=reach)
            await here.writes(rio, "Te leo.", thread)
            screen = here.api.screen(ana)
            assert screen.text == "Río: Te leo."
            assert screen.silent is silent
            assert ("Avisos: sí, sin sonido." if silent else "Avisos: sí, con sonido.") in here.header(rio)


async def test_only_after_i_write(tmp_path: Path) -> None:
    """Nothing comes until she writes; the responder reads that it waits; then it is there at once."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await here.asks(reach="written")
        await here.pass_(15 * 60)
        standing = here.left(ana)
        thread = await here.takes(rio)
        assert "Avisos: no; lee cuando escribe." in here.header(rio)
        await here.writes(rio, "Buenas noches.", thread)
        assert here.left(ana) == standing
        assert "Mensaje 1: espera a que esa persona escriba." in here.reads(rio, thread)
        await here.says(ana, "¿hay alguien?")
        assert "Río: Buenas noches." in here.left(ana)
        assert "entregado" in here.all_of(rio, thread)


async def test_news_is_no_sign_of_life(tmp_path: Path) -> None:
    """She said "only if I write" and put the phone away; what happens at the desk meanwhile does not open it."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await here.asks(reach="written")
        await here.pass_(9 * 60)
        thread = await here.takes(rio)
        await here.pass_(9 * 60)
        await here.writes(rio, "Buenas noches.", thread)
        assert "Buenas noches." not in here.reads_seeker(ana)


async def test_after_ten_idle_minutes_words_come_in_an_envelope(tmp_path: Path) -> None:
    """A dull line and *Ver*; several answers are one envelope; nothing of them shows before the tap."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.pass_(11 * 60)
        await here.writes(rio, "primera", thread)
        await here.writes(rio, "segunda", thread)
        assert envelopes(here, ana) == 1
        assert "primera" not in here.reads_seeker(ana)
        assert here.api.screen(ana).labels[0] == "Ver"
        assert here.all_of(rio, thread).count("avisado, sin abrir todavía") == 2
        await here.taps(ana, "Ver")
        assert [text for text in here.left(ana) if text in ("Río: primera", "Río: segunda")] == ["Río: primera", "Río: segunda"]
        assert "avisado, sin abrir todavía" not in here.all_of(rio, thread)
        assert envelopes(here, ana) == 0


async def test_on_a_phone_others_look_at_nothing_comes_until_she_writes(tmp_path: Path) -> None:
    """Somebody else sees this phone: neither the taking nor the words show."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        await here.says(ana, "me revisan el celular")
        await here.taps(ana, "Sí o a veces")
        await here.says(ana, "una persona")
        queued = await here.taps(ana, "Sí, que me escriban")
        assert "aquí no te llega nada primero" in queued.text
        assert "Sin sonido" not in queued.labels
        await here.pass_(11 * 60)
        standing = here.left(ana)
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas noches.", thread)
        await here.pass_(HOUR)
        assert "Buenas" not in here.reads_seeker(ana)
        assert len(here.left(ana)) <= len(standing)
        assert "espera a que esa persona escriba" in here.all_of(rio, thread)
        await here.says(ana, "papeles")  # the cover stands: only her own choice leads back
        assert "Buenas" not in here.reads_seeker(ana)
        await here.says(ana, "ver respuesta")
        await here.taps(ana, "Ver respuesta")
        assert "Río: Buenas noches." in here.reads_seeker(ana)


async def test_words_outside_her_hours_wait(tmp_path: Path) -> None:
    """It is 9 in the morning there; she may be written to from 18 to 22. The responder reads how long; at 18 they leave."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking(on_duty=True)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Horario seguro", thread)
        await here.presses(rio, "Tardes, 18 a 22", thread)
        assert here.toast(rio).startswith("Anotado.")
        await here.types(rio, "para la tarde", thread)
        await here.pass_(6)
        assert "para la tarde" not in here.reads_seeker(ana)
        assert "Mensaje 2: espera su horario" in here.all_of(rio, thread)
        evening = int(datetime(2026, 12, 2, 0, 0, tzinfo=UTC).timestamp())
        assert evening - MORNING == 9 * HOUR
        await here.pass_(8 * HOUR)
        assert "para la tarde" not in here.reads_seeker(ana)
        await here.pass_(HOUR + 60)
        assert envelopes(here, ana) == 1
        await here.taps(ana, "Ver")
        assert "Río: para la tarde" in here.left(ana)


async def test_is_it_still_you(tmp_path: Path) -> None:
    """A word agreed in the conversation; after twelve hours it is asked for. Wrong: not confirmed, and she can go on all the same."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Palabra", thread)
        await here.presses(rio, "Acordar una palabra", thread)
        await here.types(rio, "jacaranda", thread)
        assert "jacaranda" not in here.all_of(rio)
        assert "jacaranda" not in here.reads_seeker(ana)
        await here.says(ana, "sí, esa")
        await here.writes(rio, "Queda así.", thread)
        await here.commands(rio, "/turno")
        await here.pass_(13 * HOUR)
        await here.commands(rio, "/turno")
        await here.says(ana, "ya volví aquí")
        await here.pass_()
        assert "escribe la palabra que acordaron" in here.reads_seeker(ana)
        await here.says(ana, "buganvilia")
        assert "No coincidió o no contestó: sin confirmar." in here.all_of(rio, here.topic(rio))
        assert "Sin confirmar que sea la misma persona." in here.header(rio)
        assert "buganvilia" not in here.all_of(rio)
        await here.says(ana, "sigo aquí")
        assert "sigo aquí" in here.all_of(rio, here.topic(rio)), "it never locks anybody out"
