"""What an attack on the desk found, as stories: floods, refusals, changed words, and what is left on a phone that was taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.botapi.people import Person
from bot.botapi.server import LocalBotApi
from bot.domain.case import CaseStatus, Direction, Level, WordsState
from bot.domain.staff import ResponderState
from bot.storage.desk_rows import DeskRows
from bot.usecases.buckets import Buckets
from bot.usecases.desk_ports import DeskWrite
from tests.e2e.desk_running import ASK, DESK_TOKEN, Office, label, office, running_office
from tests.e2e.running import HOUR, MORNING, TOKEN


async def request_and_withdraw(here: Office, ana: Person, times: int) -> None:
    """Somebody who asks and withdraws, over and over."""
    for _ in range(times):
        await here.says(ana, "una persona")
        await here.taps(ana, label("es", ASK[1]))
        await here.says(ana, "retirar")
        await here.taps(ana, "Sí, retirar")


async def test_the_fourth_request_of_a_day_opens_no_case_and_nothing_says_that_it_did(tmp_path: Path) -> None:
    """Each request rings everybody. Danger is not counted, and tomorrow is another day."""
    async with office(tmp_path) as here:
        await here.responder("Río")
        ana = here.person()
        await here.says(ana, "/start")
        await request_and_withdraw(here, ana, 3)
        assert len(here.book.cases) == 3
        await here.says(ana, "una persona")
        await here.taps(ana, label("es", ASK[1]))
        assert len(here.book.cases) == 3
        said = here.api.screen(ana).text
        assert "fila" not in said
        assert "ahora no está recibiendo peticiones" in said
        await here.says(ana, "me van a matar")
        await here.taps(ana, label("es", "flow.danger.now.choice.write"))
        assert here.book.case_of(here.running.context.pseudonym(ana.id)) is not None


@pytest.mark.parametrize("state", [ResponderState.REVOKED, ResponderState.PANICKED])
async def test_with_one_bot_whoever_has_no_access_any_more_is_a_seeker(tmp_path: Path, state: ResponderState) -> None:
    """Also by `/start` with something behind it that only looks like an invitation."""
    async with office(tmp_path, one_bot=True) as here:
        rio = await here.responder("Río")
        desk = here.running.desk.office
        async with desk.turnstile:
            draft = desk.draft()
            draft.responder(replace(here.known("Río"), state=state))
            await desk.commit(draft)
        assert "911" in (await here.says(rio, "peligro me van a matar")).text
        eva = here.person()
        assert "Soy Amparo" in (await here.says(eva, "/start " + "ab" * 16)).text


async def test_a_flood_of_cries_rings_once_a_minute_until_a_human_has_written(tmp_path: Path) -> None:
    """Every word is kept and passed on; nobody else's words wait behind sixty alarms."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        crisis = here.desk_says("crisis", designation=here.case().designation)
        for number in range(10):
            here.api.text(ana, f"me van a matar {number}")
        await here.settle()
        assert here.case().level is Level.DANGER
        assert here.reads(rio, thread).count(crisis) == 1
        assert "Urgencia: peligro" in here.header(rio)
        assert len([words for words in await here.words() if words.direction is Direction.SEEKER]) == 10
        await here.writes(rio, "Estoy contigo.", thread)
        await here.says(ana, "ya vienen, me van a matar")
        assert here.reads(rio, thread).count(crisis) == 2


async def test_where_no_words_are_kept_a_change_of_words_keeps_none_either(tmp_path: Path) -> None:
    """The responder reads them anew; in storage there is a number, and nothing said."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", organization="demo_second")
        ana = await here.asks(first="mi hijo no aparece")
        assert here.case().organization == "demo_second"
        thread = await here.takes(rio)
        said = here.api.text(ana, "vivo en azul")
        await here.settle()
        here.api.edit(ana, said, "vivo en azul 12")
        await here.settle()
        assert "vivo en azul 12" in here.all_of(rio, thread)
        assert here.all_of(rio, thread).count("vivo en azul") == 1
        stored = await here.running.storage.words(here.case().id)
        assert [(words.text, words.state) for words in stored] == [("", WordsState.DELIVERED)]


async def test_a_cry_under_a_picture_rings(tmp_path: Path) -> None:
    """Whether its kind is taken or not."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.media(ana, "photo", caption="ya vienen, me van a matar")
        await here.settle()
        assert here.case().level is Level.DANGER
        assert here.case().crisis == "danger"
        assert here.desk_says("crisis", designation=here.case().designation) in here.reads(rio, thread)


async def test_which_cry_it_was_is_kept(tmp_path: Path) -> None:
    """The program must not answer a wish to die with what helps against violence."""
    async with office(tmp_path) as here:
        ana, _, _ = await here.talking()
        await here.says(ana, "ya me quiero morir")
        assert here.case().crisis == "distress"


@pytest.mark.parametrize("topics", [True, False])
async def test_after_a_panic_nothing_they_typed_is_left(tmp_path: Path, topics: bool) -> None:
    """Not the command either: whoever takes the phone must not read that it was just emptied."""
    async with office(tmp_path, topics=topics) as here:
        rio = await here.responder("Río")
        for typed in ("/turno", "/turno", "hola", "/casos", "/panico"):
            await here.commands(rio, typed)
        await here.pass_(2)
        left = [text for text in here.reads(rio) if text != "/start"]  # typed before anybody had let them in
        assert left == [here.desk_says("panicked")]


async def test_what_does_not_pass_is_said_where_it_was_sent(tmp_path: Path) -> None:
    """In the topic: an answer in the main chat makes the picture look as if it had passed."""
    async with office(tmp_path) as here:
        _, rio, thread = await here.talking()
        here.api.media(rio, "photo", bot=here.desk, thread=thread)
        await here.settle()
        assert here.desk_says("only_text") in here.reads(rio, thread)
        await here.types(rio, "x" * 4000, thread)
        assert here.desk_says("rule_too_long") in here.reads(rio, thread)
        await here.presses(rio, "Más", thread)
        await here.presses(rio, "Emergencia de dos", thread)
        assert here.desk_says("glass_why") in here.reads(rio, thread)


async def test_whoever_comes_back_after_blocking_gets_what_is_written_then(tmp_path: Path) -> None:
    """While she has the bot blocked nothing counts as told; afterwards everything is as before."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.block(ana)
        await here.settle()
        assert here.case().blocked
        await here.writes(rio, "¿sigues?", thread)
        assert "Mensaje 2: no entregado. Esta persona cerró el chat o ya no está." in here.reads(rio, thread)
        here.api.unblock(ana)
        await here.says(ana, "/start")
        assert not here.case().blocked
        await here.writes(rio, "Aquí sigo.", thread)
        assert here.case().status is CaseStatus.ASSIGNED
        assert "no entregado" not in here.reads(rio, thread)[-1]


async def test_with_only_when_i_write_nobody_reads_that_she_was_told(tmp_path: Path) -> None:
    """Nothing was announced, and the responder's message says so."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking(reach="written")
        await here.says(ana, "aquí estoy")
        await here.pass_(HOUR)
        await here.writes(rio, "¿Cómo vas?", thread)
        assert "Mensaje 2: espera a que esa persona escriba." in here.reads(rio, thread)


def failing(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[DeskWrite], bool]) -> None:
    """Storage cannot take the desk's part of some turns, however often it is tried."""
    real = DeskRows.stage

    def stage(self: DeskRows, raw: object, shelf: object, write: DeskWrite) -> object:
        if wanted(write):
            raise ValueError("cannot be stored")
        return real(self, raw, shelf, write)  # type: ignore[arg-type]  # whatever storage calls it with

    monkeypatch.setattr(DeskRows, "stage", stage)


@asynccontextmanager
async def failing_office(folder: Path) -> AsyncIterator[Office]:
    """A copy in which something must have been put aside, and told in the log."""
    with capture_logs() as lines:
        async with LocalBotApi() as api:
            api.world.clock.set_to(MORNING)
            api.add_bot(TOKEN)
            desk = api.add_bot(DESK_TOKEN, username="amparo_mesa_bot", name="Mesa", topics=True)
            async with running_office(api, desk, folder) as here:
                yield here
    assert "update_unwritable" in {line["event"] for line in lines}


async def test_a_request_that_cannot_be_stored_is_not_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A safe screen, and no word of a queue."""
    failing(monkeypatch, lambda write: any(case.version == 0 for case in write.cases))
    async with failing_office(tmp_path) as here:
        await here.responder("Río")
        ana = await here.asks()
        assert not here.book.cases
        assert "fila" not in here.api.screen(ana).text
        assert "Soy Amparo" in here.api.screen(ana).text


async def test_a_withdrawal_stands_without_what_it_would_have_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Access ends and the topic goes, even if the line about it cannot be stored."""
    failing(monkeypatch, lambda write: any(c.handoff == "withdrawn" for c in write.cases) and any(i.kind == "post" for i in write.items))
    async with failing_office(tmp_path) as here:
        ana, rio, _ = await here.talking()
        await here.says(ana, "retirar")
        await here.taps(ana, "Sí, retirar")
        await here.pass_(2)
        assert not here.case().may_see(here.now)
        assert here.case().status is CaseStatus.CLOSED
        assert not here.topics(rio)


async def test_words_after_the_consent_has_ended_are_answered_by_the_program(tmp_path: Path) -> None:
    """Nobody reads them, and nothing on her screen says that anybody does."""
    async with office(tmp_path) as here:
        ana, rio, _ = await here.talking()
        here.api.advance(here.case().consents[0].until - here.now + 60)
        await here.says(ana, "jacaranda jacaranda")
        assert "jacaranda" not in here.all_of(rio)
        assert "30 días" in here.api.screen(ana).text
        assert "Ahora te lee" not in here.api.screen(ana).text


async def test_changes_of_words_take_turns_as_words_do(tmp_path: Path) -> None:
    """Sixty edits of one message are sixty calls to a responder's chat."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        reception = here.running.reception
        reception._buckets = reception._relayed = Buckets(here.running.context.clock, 2)
        said = here.api.text(ana, "uno")
        await here.settle()
        for text in ("dos", "tres"):
            here.api.edit(ana, said, text)
            await here.settle()
        assert [words.text for words in await here.words() if words.direction is Direction.SEEKER] == ["dos"]
        assert "dos" in here.all_of(rio, thread)
