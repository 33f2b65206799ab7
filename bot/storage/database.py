"""One database file, one connection, one thread: opened hardened, brought to the newest tables, visited once per piece of work.

The async engine of SQLAlchemy owns the connection (made by aiosqlite, which gives it a thread of its own). A piece of work is a plain
function over the driver's connection; `Database.run` sends it to that thread and waits. What runs there runs whole: when the waiting task
is cancelled, the function still ends in its COMMIT or its ROLLBACK, never between.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar, cast

import aiosqlite
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.storage.erasing import truncated
from bot.storage.errors import StorageDamaged, as_down, down
from bot.storage.tables import HEAD
from bot.usecases.ports import StorageDown

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a database is opened. `busy_ms`: how long to wait for a lock held elsewhere; `remembered`: seekers kept opened in memory."""

    busy_ms: int = 5000
    remembered: int = 4096


class Database:
    """An open database. `run` is the only way in."""

    __slots__ = ("_connection", "_driver", "_engine", "_open", "log", "path")

    def __init__(self, path: Path, engine: AsyncEngine, connection: AsyncConnection, driver: aiosqlite.Connection) -> None:
        self.path = path
        self.log = path.with_name(path.name + "-wal")
        self._engine = engine
        self._connection = connection
        self._driver = driver
        self._open = True

    @classmethod
    async def open(cls, path: Path, options: Options) -> Self:
        """Open or make the file. Raises `StorageDown`, `StorageDamaged`."""
        _make(path)
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(path)),
            connect_args={"isolation_level": None, "timeout": options.busy_ms / 1000, "cached_statements": 256},
            poolclass=StaticPool,
        )
        try:
            connection = await engine.connect()
        except DBAPIError as error:
            await engine.dispose()
            raise down(error.orig or error) or StorageDown("the database file cannot be opened") from None
        driver = cast(aiosqlite.Connection, (await connection.get_raw_connection()).driver_connection)
        database = cls(path, engine, connection, driver)
        try:
            await database.run(_harden)
            await database._migrate()
            await database.run(lambda raw: truncated(raw, database.log))  # a crash may have come between a deletion and its checkpoint
        except BaseException:
            await database._dispose()
            raise
        return database

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the database's thread, after what was sent before it. Driver trouble comes out as `StorageDown`."""
        if not self._open:
            raise StorageDown("closed")
        driver = self._driver

        def visit() -> T:
            with as_down():
                return work(driver._conn)

        # The library's public calls each carry one statement; this is the call they are made of. SQLAlchemy reaches for it as well, and
        # `test_the_driver_still_runs_a_function_on_its_thread` watches over it. A closure, so that a log of it would show no values.
        return cast(T, await driver._execute(visit))  # type: ignore[no-untyped-call]

    async def _migrate(self) -> None:
        """To the newest tables. Alembic is only loaded when there is something to do."""
        if await self.run(_revision) == HEAD:
            return
        from bot.storage.migrations import upgrade

        await self._connection.run_sync(upgrade)

    async def close(self) -> None:
        """Truncate the log and close; harmless when repeated."""
        if not self._open:
            return
        try:
            await self.run(lambda raw: truncated(raw, self.log))
        finally:
            await self._dispose()

    async def _dispose(self) -> None:
        self._open = False
        await self._connection.close()
        await self._engine.dispose()


def _make(path: Path) -> None:
    """Make the file, for this user only (the log inherits the mode), where there is none. One that exists is never opened here: closing any
    descriptor of it would drop every lock this process holds on it through SQLite, and the next program to close the database would take
    itself for the last and remove the log from under us."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
            raise StorageDown("the database file cannot be opened: it is no file this user may write to") from None
    except OSError as error:
        raise StorageDown(f"the database file cannot be opened: {error.strerror}") from None


def _harden(raw: sqlite3.Connection) -> None:
    """Settings of promises.md R14, then a look whether the file is whole."""
    for setting in (
        "trusted_schema=OFF",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "journal_mode=WAL",
        "synchronous=FULL",
    ):
        raw.execute(f"PRAGMA {setting}").fetchall()
    found = raw.execute("PRAGMA quick_check(1)").fetchall()
    if found != [("ok",)]:
        raise StorageDamaged(str(StorageDamaged.__doc__))


def _revision(raw: sqlite3.Connection) -> str | None:
    table = raw.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'").fetchone()
    found = raw.execute("SELECT version_num FROM alembic_version").fetchone() if table else None
    return None if found is None else str(found[0])
