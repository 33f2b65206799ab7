"""Transactions are ours alone; trouble with the file has one name; what was begun ends whole."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.security.keyring import Keyring
from bot.storage.database import Database, Options
from bot.storage.errors import StorageDamaged, StorageForeign, down
from bot.storage.sql_storage import SqlStorage
from bot.storage.writing import transaction
from bot.usecases.ports import DeliveryRecord, StorageDown
from tests.bot.storage.house import QUICK, START, House, change, held_of, seeker, typed, verdicts


def _quiet(_: str) -> None: ...


async def test_the_driver_still_runs_a_function_on_its_thread(house: House) -> None:
    """`Database.run` leans on a call that the library does not promise: this is the guard."""
    database = await Database.open(house.path, QUICK)
    where = await database.run(lambda raw: (threading.current_thread(), raw.execute("SELECT 1").fetchone()))
    await database.close()
    assert where[0] is not threading.main_thread()
    assert where[1] == (1,)


async def test_settings_of_the_open_database(house: House) -> None:
    database = await Database.open(house.path, QUICK)
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "temp_store", "busy_timeout")
    found = await database.run(lambda raw: [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in names])
    isolation = await database.run(lambda raw: raw.isolation_level)
    await database.close()
    assert dict(zip(names, found, strict=True)) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "temp_store": 2,
        "busy_timeout": 50,
    }
    assert isolation is None
    assert stat.S_IMODE(house.path.stat().st_mode) == 0o600


async def test_a_row_inside_a_released_savepoint_does_not_survive_an_outer_rollback(house: House) -> None:
    def work(raw: sqlite3.Connection) -> int:
        with suppress(RuntimeError), transaction(raw, _quiet):
            raw.execute("SAVEPOINT inner_one")
            raw.execute("INSERT INTO media_file VALUES ('a', 'b')")
            raw.execute("RELEASE inner_one")
            assert raw.in_transaction
            raise RuntimeError("outer")
        assert not raw.in_transaction
        return int(raw.execute("SELECT count(*) FROM media_file").fetchone()[0])

    database = await Database.open(house.path, QUICK)
    survived = await database.run(work)
    await database.close()
    assert survived == 0


def test_with_the_drivers_own_transactions_it_would_survive(tmp_path: Path) -> None:
    """Why ours are ours: the driver does not begin before a SAVEPOINT, so releasing it commits."""
    raw = sqlite3.connect(tmp_path / "x")
    raw.execute("CREATE TABLE t (a)")
    raw.execute("SAVEPOINT inner_one")
    raw.execute("INSERT INTO t VALUES (1)")
    raw.execute("RELEASE inner_one")
    raw.rollback()
    survived = raw.execute("SELECT count(*) FROM t").fetchone()[0]
    raw.close()
    assert survived == 1


Call = Callable[[SqlStorage], Awaitable[object]]
CALLS: dict[str, Call] = {
    "write": lambda storage: storage.write([change(1, 1)]),
    "group": lambda storage: storage.write([change(1, 1), change(2, 2)]),
    "record": lambda storage: storage.record([DeliveryRecord(seeker=seeker(1), item=1, outcome="delivered")]),  # type: ignore[arg-type]
    "quarantine": lambda storage: storage.quarantine(1, "ValueError", START),
    "purge": lambda storage: storage.purge(START),
    "keep_program": lambda storage: storage.keep_program("p", b"", START),
    "keep_media_file": lambda storage: storage.keep_media_file("a", "b"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_database_locked_by_somebody_else_is_down_and_comes_back(house: House, storage: SqlStorage, name: str) -> None:
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown):
        await CALLS[name](storage)
    assert (await held_of(storage, 1)).version == 0  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    await CALLS[name](storage)


async def test_a_lock_that_is_let_go_in_time_is_waited_for(house: House) -> None:
    async with await house.open(Options(busy_ms=5000)) as storage:
        other = sqlite3.connect(house.path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(storage.write([change(1, 1)]))
        await asyncio.sleep(0.05)
        assert not writing.done()
        other.execute("ROLLBACK")
        other.close()
        assert verdicts(await writing) == ["committed"]


async def test_a_full_disk_is_down_and_nothing_is_half_written(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    database = storage._database
    pages = await database.run(lambda raw: raw.execute("PRAGMA page_count").fetchone()[0])
    await database.run(lambda raw: raw.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall())
    with pytest.raises(StorageDown):
        await storage.write([change(number, number, conversation=os.urandom(4000)) for number in range(2, 40)])
    assert house.rows("conversation") == house.rows("update_seen") == 1
    await database.run(lambda raw: raw.execute("PRAGMA max_page_count = 100000").fetchall())
    assert verdicts(await storage.write([change(number, number) for number in range(2, 40)])) == ["committed"] * 38


async def test_after_closing_everything_is_down(house: House) -> None:
    storage = await house.open()
    await storage.close()
    await storage.close()
    for call in CALLS.values():
        with pytest.raises(StorageDown, match="closed"):
            await call(storage)
    with pytest.raises(StorageDown, match="closed"):
        await storage.read([seeker(1)], [1])


async def test_closing_waits_for_what_is_under_way(house: House) -> None:
    storage = await house.open()
    writing = [asyncio.create_task(storage.write([change(number, number)])) for number in range(1, 9)]
    await asyncio.sleep(0)
    await storage.close()
    assert [verdicts(written) for written in await asyncio.gather(*writing)] == [["committed"]] * 8
    assert house.log.exists() is False or house.log.stat().st_size == 0


async def test_a_cancelled_write_is_whole_or_not_there(house: House, storage: SqlStorage) -> None:
    house.at_point = lambda point: time.sleep(0.1) if point == "before_commit" else None
    writing = asyncio.create_task(storage.write([change(number, number) for number in range(1, 6)]))
    await asyncio.sleep(0.03)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    house.at_point = None
    held = [(await held_of(storage, number)).version for number in range(1, 6)]
    assert held in ([0] * 5, [1] * 5)
    assert house.rows("conversation") == house.rows("update_seen") == sum(held)


async def test_a_process_killed_before_its_commit_leaves_nothing_and_after_it_everything(house: House, tmp_path: Path) -> None:
    """The files are copied at the named points, as a power cut would leave them."""
    storage = await house.open()
    copies: dict[str, House] = {}

    def keep(point: str) -> None:
        copies[point] = house.copy_as_after_a_crash(tmp_path / point)

    house.at_point = keep
    await storage.write([change(1, 1, messages=(typed(1),)), change(2, 2)])
    house.at_point = None
    await storage.close()
    versions = {}
    for point, copied in copies.items():
        async with await copied.open() as reopened:
            versions[point] = [(await held_of(reopened, number)).version for number in (1, 2)]
    assert versions == {"before_commit": [0, 0], "after_commit": [1, 1]}


async def test_a_damaged_file_is_refused_with_the_remedy(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(number, number) for number in range(1, 200)])
    spoilt = bytearray(house.path.read_bytes())
    for page in range(3, len(spoilt) // 4096):
        spoilt[page * 4096 : page * 4096 + 16] = b"\xff" * 16
    house.path.write_bytes(spoilt)
    with pytest.raises(StorageDamaged, match="restore the last backup"):
        await house.open()


async def test_a_file_that_is_no_database_is_refused(house: House) -> None:
    house.path.write_bytes(b"these are not the pages you look for" * 200)
    with pytest.raises(StorageDamaged):
        await house.open()


async def test_a_missing_folder_is_down(tmp_path: Path) -> None:
    with pytest.raises(StorageDown, match="cannot be opened"):
        await House(tmp_path / "nowhere", Keyring.in_memory()).open()


async def test_keys_of_another_database_are_refused_with_the_remedy(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1)])
    with pytest.raises(StorageForeign, match="Put back the key file"):
        await House(house.folder, Keyring.in_memory()).open()
    async with await house.open() as storage:
        assert (await held_of(storage, 1)).version == 1


def test_errors_of_one_row_are_not_the_storages() -> None:
    raw = sqlite3.connect(":memory:")
    raw.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    raw.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError) as broken:
        raw.execute("INSERT INTO t VALUES (1)")
    raw.close()
    with pytest.raises(sqlite3.ProgrammingError) as closed:
        raw.execute("SELECT 1")
    assert down(broken.value) is None
    assert isinstance(down(closed.value), StorageDown)
    assert down(ValueError()) is None


async def test_words_of_the_driver_stay_inside(house: House, storage: SqlStorage) -> None:
    """An error's text could quote a value: what comes out names a kind only."""
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown) as raised:
        await storage.write([change(1, 1)])
    other.execute("ROLLBACK")
    other.close()
    assert str(raised.value) == "SQLITE_BUSY"
    assert raised.value.__cause__ is None
