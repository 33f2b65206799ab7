"""Erasing while things go wrong: the person comes back in the middle, a reader holds the checkpoint back, the program dies."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.storage.folder import DATABASE_FILE
from tests.faults.ledger import TABLES
from tests.faults.running import House, house

CARD = "acta de nacimiento"


def rows_of_people(folder: Path) -> dict[str, int]:
    """Rows left in every table that can hold something of a person."""
    with closing(sqlite3.connect(f"{(folder / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
        return {table: raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608


async def comes_true(condition: Callable[[], bool]) -> None:
    """Wait for something the server does not tell of."""
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("did not come true within half a minute")


async def erases(home: House, who: Person) -> None:
    """Up to the tap that erases; does not wait for what follows."""
    await home.says(who, "borrar")
    home.api.tap_label(who, "Sí, borrar")


async def test_coming_back_while_a_reader_holds_the_erasure_up(tmp_path: Path) -> None:
    """Somebody else reads the file, so the log cannot be cut: the erasure waits. Who writes meanwhile is answered, and what they begin
    is not destroyed when the erasure goes on."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM conversation").fetchone()
            await erases(home, ana)
            await comes_true(lambda: rows_of_people(tmp_path)["conversation_key"] == 0)
            home.api.text(ana, "hola")
            await comes_true(lambda: not home.api.bot.inbox.waiting)
            assert rows_of_people(tmp_path)["erasure"] == 1  # still held up
            reader.rollback()
        await home.settle()
        assert "Trámites" in home.api.screen(ana).text
        again = await home.taps(ana, "Papeles")
        assert CARD in again.text
        assert rows_of_people(tmp_path)["erasure"] == 0
        assert rows_of_people(tmp_path)["conversation"] == 1


async def test_an_erasure_goes_on_when_storage_comes_back(tmp_path: Path) -> None:
    """A writer from elsewhere locks the file in the middle of an erasure: it is finished as soon as the lock goes, without a restart."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="deleteMessages", kind="slow", times=1, delay=0.5))
        await erases(home, ana)
        await home.api.wait(lambda: CARD in home.api.screen(ana).text)
        with closing(sqlite3.connect(tmp_path / DATABASE_FILE, timeout=30)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            await home.api.wait(lambda: home.api.calls("deleteMessages") != [] and len(home.left(ana)) == 1)
            writer.rollback()
        await home.settle()
        assert set(rows_of_people(tmp_path).values()) == {0}
        assert (tmp_path / f"{DATABASE_FILE}-wal").stat().st_size == 0


async def test_words_typed_while_an_erasure_runs_are_found_by_the_next_one(tmp_path: Path) -> None:
    """Erase, write at once, erase again: nothing typed in between stays in the chat, and nothing is left in the tables."""
    async with house(tmp_path) as home:
        for _ in range(10):
            ana = home.person()
            await home.says(ana, "/start")
            await erases(home, ana)
            home.api.text(ana, "hola")
            await home.settle()
            await erases(home, ana)
            await home.settle()
            assert [message for message in home.api.messages(ana) if message.bot is None] == []
            assert all(CARD in text for text in home.left(ana))
        assert set(rows_of_people(tmp_path).values()) == {0}
