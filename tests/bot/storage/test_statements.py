"""Statements: few for any size of group, by index however large the tables, and in the order rows are given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bot.storage import desk_statements, rendering, tables
from bot.storage import statements as sql
from bot.storage.sql_storage import SqlStorage
from tests.bot.storage.house import House, change, screen, seeker, typed


def _rendered() -> Iterator[tuple[str, str]]:
    for name, value in (*vars(sql).items(), *((f"DESK_{name}", value) for name, value in vars(desk_statements).items())):
        if isinstance(value, rendering.Statement):
            yield name, value.sql
        elif isinstance(value, rendering.Lookup):
            yield name, value._by_size[64]
        elif isinstance(value, rendering.Batch):
            yield name, value._by_size[0][1]


SCANNING = {
    "NEWEST_SEEN",
    "NEWEST_MESSAGE",
    "NEWEST_OUTBOX",  # at the start; by the primary key's end
    "OWED",
    "BEGUN",
    "ANY_KEY",  # at the start
    "SEEN_OLD",
    "QUARANTINE_OLD",
    "COVER_OLD",
    "REMAINS_OLD",
    "ABANDONED",
    "PROGRAM_UNUSED",  # retention, minutes apart
    "DESK_NEWEST_SEEN",
    "DESK_NEWEST_RESPONDER",
    "DESK_NEWEST_SHIFT",  # by the primary key's end
    "DESK_CASES",
    "DESK_RESPONDERS",
    "DESK_SHIFTS",
    "DESK_DOORS",
    "DESK_COMPLAINTS",
    "DESK_OWED",  # all of it is asked for
    "DESK_LAST_ENTRY",
    "DESK_NEWEST_ENTRIES",
    "DESK_ENTRIES",  # by the primary key's end, or all of it
    "DESK_ENTRIES_AGED",
    "DESK_SEEN_OLD",
    "DESK_MESSAGES_OF_NOBODY",  # retention, minutes apart
}


@pytest.mark.parametrize(("name", "text"), list(_rendered()))
async def test_nothing_asked_for_a_group_scans_a_table(house: House, name: str, text: str) -> None:
    await (await house.open()).close()
    raw = sqlite3.connect(house.path)
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {text}", [1] * text.count("?"))]
    raw.close()
    scans = [line for line in plan if line.startswith("SCAN") and line.split()[1] in tables.metadata.tables and "INDEX" not in line]
    assert name in SCANNING or scans == []


async def test_a_group_takes_a_bounded_number_of_statements(house: House, storage: SqlStorage) -> None:
    """64 updates, everything new or everything changed: a handful of statements, not a handful each."""
    counts: list[int] = []
    for version in range(3):
        seen: list[str] = []
        await storage._database.run(lambda raw, seen=seen: raw.set_trace_callback(seen.append))  # type: ignore[misc]
        group = [
            change(n, version * 100 + n, version, messages=(typed(n),), outbox=(screen(seeker(n)),), drop_unsent_screens=True)
            for n in range(64)
        ]
        await storage.write(group)
        await storage._database.run(lambda raw: raw.set_trace_callback(None))
        counts.append(len([text for text in seen if not text.startswith("--")]))
    assert max(counts) <= 20, counts
    assert counts[1] == counts[2] <= 10


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 200])
async def test_groups_of_every_size_are_written_whole(house: House, storage: SqlStorage, size: int) -> None:
    for version in range(2):
        written = await storage.write([change(n, version * 1000 + n, version, messages=(typed(n),)) for n in range(size)])
        assert {one.verdict.value for one in written} == {"committed"}
    held, _ = await storage.read([seeker(n) for n in range(size)], [])
    assert {(one.version, len(one.messages)) for one in held.values()} == {(2, 2)}
    assert house.rows("message") == 2 * size


def test_rows_are_checked_against_the_order_rendered() -> None:
    every = (*vars(sql).values(), *vars(desk_statements).values())
    for statement in (value for value in every if isinstance(value, rendering.Statement)):
        assert statement.sql.count("?") == len(statement.order)
