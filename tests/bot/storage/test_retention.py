"""Retention, by a clock that can be moved: each thing is there until its time, and gone soon after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

import pytest

from bot.storage.retention import PAGE
from bot.storage.sql_storage import SqlStorage
from bot.storage.tables import SLOT_SECONDS
from bot.usecases.ports import Change, Delivery, DeliveryRecord, Role
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed

HOUR = 3600
DAY = 24 * HOUR
MIDNIGHT = START - START % DAY
LATENESS = 15 * 60
"""No later than this (promises.md, target 25), where days are not the measure."""

Seed = Callable[[SqlStorage], Awaitable[object]]
MATRIX: list[tuple[str, str, Seed, int, int]] = [
    # what, its table, how it comes to be, still there at, gone at (seconds after START)
    ("seen updates", "update_seen", lambda s: s.write([change(1, 1)]), 72 * HOUR, 72 * HOUR + LATENESS),
    ("quarantine", "quarantine", lambda s: s.quarantine(5, "ValueError", START), 72 * HOUR, 72 * HOUR + LATENESS),
    ("covers", "cover", lambda s: s.write([change(1, 1, cover_until=START + 12 * HOUR)]), 12 * HOUR, 12 * HOUR + LATENESS),
    ("message ids", "message", lambda s: s.write([change(1, 1, messages=(typed(5),))]), 48 * HOUR - 1, 48 * HOUR + LATENESS),
    (
        "media ids",
        "message",
        lambda s: s.write([change(1, 1, messages=(typed(5, lifetime=None, role=Role.MEDIA),))]),
        48 * HOUR - 1,
        48 * HOUR + LATENESS,
    ),
    ("conversations", "conversation", lambda s: s.write([change(1, 1)]), 72 * HOUR, 96 * HOUR),
    ("addresses", "address", lambda s: s.write([change(1, 1)]), 72 * HOUR, 96 * HOUR),
    ("keys", "conversation_key", lambda s: s.write([change(1, 1)]), 72 * HOUR, 96 * HOUR),
    ("owed items", "outbox", lambda s: s.write([change(1, 1, outbox=(screen(seeker(1)),))]), 72 * HOUR, 96 * HOUR),
    ("keys of nothing", "conversation_key", lambda s: s.write([change(1, 1, conversation=None)]), 72 * HOUR, 96 * HOUR),
    (
        "the flag that something remains",
        "remains",
        lambda s: s.record([DeliveryRecord(seeker=seeker(1), item=0, outcome=Delivery.DELIVERED, older_remains=True)]),
        30 * DAY,
        32 * DAY,
    ),
]


@pytest.mark.parametrize(("table", "seed", "there", "gone"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
async def test_each_thing_goes_at_its_time(house: House, storage: SqlStorage, table: str, seed: Seed, there: int, gone: int) -> None:
    await seed(storage)
    assert house.rows(table) == 1
    await storage.purge(START + there)
    assert house.rows(table) == 1
    removed = await storage.purge(START + gone)
    assert house.rows(table) == 0
    assert sum(removed.values()) > 0
    assert sum((await storage.purge(START + gone)).values()) == 0


async def test_every_second_of_a_day_and_slot_keeps_its_full_time(house: House, storage: SqlStorage) -> None:
    """Cut to a slot or a day, a time may make things late, never early."""
    for number, offset in enumerate(range(0, DAY, 7919), start=1):
        await storage.write([change(number, number, at=MIDNIGHT + offset)])
    for number, offset in enumerate(range(0, DAY, 7919), start=1):
        await storage.purge(MIDNIGHT + offset + 72 * HOUR)
        _, seen = await storage.read([], [number])
        assert seen == {number}, offset
        assert (await held_of(storage, number)).version == 1, offset
    assert SLOT_SECONDS < LATENESS


async def test_a_forgotten_message_leaves_the_flag(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, messages=(typed(5), typed(6, sent_at=START + 10 * HOUR)))])
    removed = await storage.purge(START + 49 * HOUR)
    held = await held_of(storage, 1)
    assert removed["message"] == 1
    assert [message.message_id for message in held.messages] == [6]
    assert held.older_remains


async def test_an_abandoned_conversation_takes_everything_along_and_the_log_holds_none_of_it(house: House, storage: SqlStorage) -> None:
    await storage.write([change(n, n, messages=(typed(n),), outbox=(screen(seeker(n)),)) for n in (1, 2)])
    await storage.write([change(2, 3, 1, at=START + 90 * HOUR)])
    removed = await storage.purge(START + 96 * HOUR)
    assert removed["conversation"] == 1
    held = await held_of(storage, 1)
    assert (held.version, held.chat_id, held.messages) == (0, None, ())
    assert held.older_remains
    assert [item.seeker for item, _ in await storage.owed()] == [seeker(2)]
    assert (await held_of(storage, 2)).version == 2
    assert house.log.stat().st_size == 0
    assert house.bytes().count(seeker(1)) == 1  # the flag


async def test_a_log_held_back_is_truncated_by_the_next_purge(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    reader = sqlite3.connect(house.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM message").fetchone()
    await storage.purge(START + 96 * HOUR)
    assert house.log.stat().st_size > 0
    reader.execute("COMMIT")
    reader.close()
    await storage.purge(START + 97 * HOUR)
    assert house.log.stat().st_size == 0
    assert seeker(1) not in house.bytes()  # type: ignore[comparison-overlap]  # bytes are found in bytes


async def test_more_than_a_page_goes_in_one_purge(house: House, storage: SqlStorage) -> None:
    people = range(1, PAGE * 2 + 10)
    await storage.write([change(n, n, messages=(typed(n),), cover_until=START + HOUR) for n in people])
    removed = await storage.purge(START + 97 * HOUR)
    assert {name: removed[name] for name in ("update_seen", "message", "cover", "conversation")} == dict.fromkeys(
        ("update_seen", "message", "cover", "conversation"), len(people)
    )
    assert [house.rows(table) for table in ("update_seen", "message", "cover", "conversation", "conversation_key")] == [0] * 5


async def test_after_a_purge_the_person_simply_begins_again(storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    await storage.purge(START + 96 * HOUR)
    written = await storage.write([change(1, 2, at=START + 97 * HOUR)])
    assert written[0].verdict.value == "committed"
    assert (await held_of(storage, 1)).version == 1


async def test_programs_nobody_is_pinned_to_go_but_the_newest_stays(storage: SqlStorage) -> None:
    for number, name in enumerate(("old", "pinned", "older", "newest")):
        await storage.keep_program(name, b"bundle", START + number)
    await storage.write([change(1, 1, program="pinned")])
    assert (await storage.purge(START))["program"] == 2
    kept = [name for name in ("old", "pinned", "older", "newest") if await storage.program(name)]
    assert kept == ["pinned", "newest"]


async def test_an_update_passing_by_is_purged_like_any_other(house: House, storage: SqlStorage) -> None:
    await storage.write([Change(seeker=seeker(1), update_id=1, at=START, expected_version=0)])
    await storage.purge(START + 73 * HOUR)
    assert house.rows("update_seen") == 0


async def test_a_repeat_within_three_days_is_known_even_after_purges(storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    for hours in range(0, 73, 6):
        await storage.purge(START + hours * HOUR)
    assert (await storage.read([], [1]))[1] == {1}
