"""Migrations go up and down, and their end is exactly the tables the statements are written for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection

from bot.storage import desk_tables as _desk  # noqa: F401  # its tables belong to the same metadata
from bot.storage import tables
from bot.storage.migrations import configuration, downgrade, upgrade
from tests.bot.storage.house import House, change, held_of


@contextmanager
def _connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _schema(connection: Connection) -> set[tuple[str, str]]:
    found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'")
    return {(str(name), " ".join(str(sql).split())) for name, sql in found}


def test_the_newest_revision_is_the_one_the_tables_name(tmp_path: Path) -> None:
    with _connection(tmp_path / "x") as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [tables.HEAD]


def test_the_migrated_schema_is_the_tables(tmp_path: Path) -> None:
    with _connection(tmp_path / "migrated") as migrated, _connection(tmp_path / "made") as made:
        upgrade(migrated)
        tables.metadata.create_all(made)
        assert compare_metadata(MigrationContext.configure(migrated), tables.metadata) == []
        named = [{line.replace('"', "") for _, line in _schema(connection)} for connection in (migrated, made)]
        assert named[0] == named[1]


def test_every_revision_goes_up_and_down_and_up_to_the_same(tmp_path: Path) -> None:
    with _connection(tmp_path / "x") as connection:
        revisions = [script.revision for script in ScriptDirectory.from_config(configuration(connection)).walk_revisions()][::-1]
        schemas = [_schema(connection)]
        for revision in revisions:
            upgrade(connection, revision)
            schemas.append(_schema(connection))
        for revision, schema in zip(["base", *revisions[:-1]][::-1], schemas[:-1][::-1], strict=True):
            downgrade(connection, revision)
            assert _schema(connection) == schema
        upgrade(connection)
        assert _schema(connection) == schemas[-1]
        assert schemas[0] == set()


def test_a_migration_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    with _connection(tmp_path / "x") as connection:
        connection.exec_driver_sql("CREATE TABLE media_file (x)")  # the last table of the first revision is in the way
        with pytest.raises(Exception, match="media_file already exists"):
            upgrade(connection)
        assert {name for name, _ in _schema(connection)} == {"media_file"}


async def test_opening_makes_the_tables_and_opening_again_changes_nothing(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1)])
    with _connection(house.path) as connection:
        before = _schema(connection)
    async with await house.open() as storage:
        assert (await held_of(storage, 1)).version == 1
    with _connection(house.path) as connection:
        assert _schema(connection) == before
    assert house.rows("alembic_version") == 1


def test_statements_of_a_migration_are_inside_our_transaction(tmp_path: Path) -> None:
    with _connection(tmp_path / "x") as connection:
        seen: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            seen.append(statement.split()[0])

        event.listen(connection, "before_cursor_execute", note)
        upgrade(connection)
    assert (seen[0], seen[-1]) == ("BEGIN", "COMMIT")
    assert seen.count("BEGIN") == seen.count("COMMIT") == 1


def test_the_database_is_readable_by_plain_sqlite(tmp_path: Path) -> None:
    with _connection(tmp_path / "x") as connection:
        upgrade(connection)
    raw = sqlite3.connect(tmp_path / "x")
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
