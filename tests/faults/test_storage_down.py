"""Storage that cannot be written: nothing is acknowledged, danger numbers are shown all the same, and afterwards nobody was forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.telegram import poller
from bot.storage import sql_storage
from bot.storage.database import Options
from bot.storage.folder import DATABASE_FILE
from bot.usecases import records
from bot.usecases.ports import ChatMessage, DeliveryRecord, StorageDown
from tests.faults.running import House, house
from tests.faults.test_presses import stored

CARD = "Ahora no puedo guardar ni leer nada"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter waits: for the lock, between polls, between records."""
    quick = Options(busy_ms=100)
    honest = sql_storage.open_storage

    async def open_storage(*args: object, **kwargs: object) -> sql_storage.SqlStorage:
        return await honest(*args, **{**kwargs, "options": quick})  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("bot.bootstrap.open_storage", open_storage)
    monkeypatch.setattr(poller, "STORAGE_SECONDS", 0.2)
    monkeypatch.setattr(records, "PAUSE", 0.1)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another writer holds the file."""
    with closing(sqlite3.connect(folder / DATABASE_FILE, timeout=30)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            raw.rollback()


def cards(home: House, who: object) -> int:
    """Emergency cards this person sees."""
    return sum(CARD in text for text in home.left(who))  # type: ignore[arg-type]  # a Person


async def test_nothing_is_acknowledged_and_one_card_is_shown(tmp_path: Path) -> None:
    """While another writer holds the file: updates keep waiting at the platform, each chat gets one card with the number of danger.
    When it lets go, everybody is answered, in order."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person("en")
        await home.says(ana, "/start")
        with locked(tmp_path):
            home.api.text(ana, "quiero ayuda")
            home.api.text(eva, "/start")
            await home.api.wait(lambda: cards(home, ana) == 1 and "911" in home.api.screen(eva).text)
            home.api.text(ana, "falta mi hijo")
            polls = len(home.api.calls("getUpdates"))
            await home.api.wait(lambda: len(home.api.calls("getUpdates")) > polls + 2)
            assert len(home.api.bot.inbox.waiting) == 3
            assert cards(home, ana) == 1
        await home.settle()
        assert "18 años" in home.api.screen(ana).text
        assert "I'm Amparo" in home.api.screen(eva).text


async def test_a_wipe_finds_the_card(tmp_path: Path) -> None:
    """The card was sent while nothing could be stored; it still leaves with the exit."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        with locked(tmp_path):
            home.api.text(ana, "quiero ayuda")
            await home.api.wait(lambda: cards(home, ana) == 1)
        await home.settle()
        await home.says(ana, "salir")
        assert len(home.left(ana)) == 1
        assert "acta de nacimiento" in home.left(ana)[0]


async def test_nothing_is_sent_again_because_a_record_had_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage goes down between the sending of a screen and the record of it: the record waits, the message stays one."""
    async with house(tmp_path) as home:
        storage = home.running.storage
        honest = storage.record
        refused: list[object] = []

        class Down:
            @staticmethod
            async def record(found: Sequence[DeliveryRecord]) -> Sequence[tuple[ChatMessage, ...]]:
                if len(refused) < 3:
                    refused.append(found)
                    raise StorageDown("planted")
                return await honest(found)

        monkeypatch.setattr(home.running.deliverer._records, "_storage", Down)
        ana = home.person()
        await home.says(ana, "/start")
        await home.taps(ana, "Quiero ayuda")
        assert len(refused) == 3
        assert len(home.api.calls("sendMessage")) == 1


async def test_timers_wait_for_storage(tmp_path: Path) -> None:
    """A timer that comes due while storage is down fires when it is back; the worker does not die of it."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        stop = asyncio.Event()
        with locked(tmp_path):
            home.api.advance(3700)
            worker = asyncio.create_task(home.running.worker.run(stop))
            await asyncio.sleep(0.5)
            assert "Soy Amparo" in home.api.screen(ana).text
        await home.api.wait(lambda: "Soy Amparo" not in home.api.screen(ana).text)
        stop.set()
        await worker


async def test_a_program_that_has_gone_lands_safely(tmp_path: Path) -> None:
    """Somebody is in the middle of a question when another program is published and the old one cannot be found any more: their answers
    stay, and they stand on a screen with buttons that work."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.says(ana, "falta mi hijo")
        before = await stored(home, ana, tmp_path)
        programs = home.running.context.programs
        programs.current = replace(programs.current, id="0123456789abcdef")
        with closing(sqlite3.connect(tmp_path / DATABASE_FILE, timeout=30)) as raw:
            raw.execute("DELETE FROM program")
            raw.commit()
        await home.taps(ana, "Sí")
        after = await stored(home, ana, tmp_path)
        assert after.program == "0123456789abcdef"
        assert before.answers.items() <= after.answers.items()
        assert home.api.screen(ana).labels
        await home.taps(ana, home.api.screen(ana).labels[0])
        assert (await stored(home, ana, tmp_path)).turn == after.turn + 1
