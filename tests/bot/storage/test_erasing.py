"""Forgetting is destroying a key, and looking that nothing is left: not in the database, not in its log, not after a crash in between."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.storage.sql_storage import SqlStorage
from bot.usecases.ports import ChatMessage, Delivery, DeliveryRecord, Role
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed, verdicts

COVER = START + 43_200


async def _live(storage: SqlStorage, turns: int = 3) -> None:
    """Seeker 1 talks for a while, beside seeker 2."""
    for version in range(turns):
        await storage.write(
            [change(n, n * 100 + version, version, messages=(typed(version + 1),), outbox=(screen(seeker(n)),)) for n in (1, 2)]
        )


async def _erase(storage: SqlStorage, version: int = 3, update_id: int = 999) -> None:
    farewell = (screen(seeker(1), b"cover"), screen(seeker(1), b"wipe", "Wipe"))
    (written,) = await storage.write(
        [change(1, update_id, version, conversation=None, erase=True, cover_until=COVER, outbox=farewell, messages=(typed(50),))]
    )
    assert written.verdict.value == "committed"


def _sealed(house: House, number: int) -> list[bytes]:
    """Every sealed or wrapped field of a seeker as it stands in the file now."""
    raw = sqlite3.connect(house.path)
    found = [
        row[0]
        for table, column in (
            ("conversation", "sealed"),
            ("address", "sealed"),
            ("message", "sealed"),
            ("outbox", "sealed"),
            ("conversation_key", "wrapped"),
        )
        for row in raw.execute(f"SELECT {column} FROM {table} WHERE seeker = ?", (seeker(number),))  # noqa: S608  # our own names
    ]
    raw.close()
    return found


async def test_answers_and_what_was_owed_go_with_the_commit(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    held = await held_of(storage, 1)
    assert (held.version, held.conversation, held.erasing, held.covered_until) == (0, None, True, COVER)
    assert held.chat_id == 1001  # the wipe still needs it
    assert [message.message_id for message in held.messages] == [1, 2, 3, 50]
    assert [item.payload for item, _ in await storage.owed() if item.seeker == seeker(1)] == [b"cover", b"wipe"]
    assert (await held_of(storage, 2)).version == 3
    assert house.rows("conversation") == 1


async def test_finishing_leaves_the_cover_and_nothing_else(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await storage.record([DeliveryRecord(seeker=seeker(1), item=0, outcome=Delivery.DELIVERED, older_remains=True)])
    await _erase(storage)
    fields = _sealed(house, 1)
    assert len(fields) >= 7
    assert await storage.finish_erasure(seeker(1))
    held = await held_of(storage, 1)
    assert (held.covered_until, held.chat_id, held.messages, held.erasing, held.older_remains) == (COVER, None, (), False, False)
    everything = house.bytes()
    assert house.log.stat().st_size == 0
    assert [field for field in fields if field in everything] == []
    raw = sqlite3.connect(house.path)
    tables = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%seeker%'")]
    left = [name for name in tables if raw.execute(f"SELECT 1 FROM {name} WHERE seeker = ?", (seeker(1),)).fetchone()]  # noqa: S608  # our own names
    raw.close()
    assert left == ["cover"]
    assert everything.count(seeker(1)) == 1
    assert await storage.begun_erasures() == []
    assert len((await held_of(storage, 2)).messages) == 3


async def test_without_a_cover_not_even_the_keyed_name_is_left(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await storage.write([change(1, 500, 3, conversation=None, erase=True)])
    assert await storage.finish_erasure(seeker(1))
    assert (house.bytes().count(seeker(1)), house.bytes().count(seeker(2)) > 0) == (0, True)


async def test_finishing_again_is_harmless(storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    assert [await storage.finish_erasure(seeker(1)) for _ in range(3)] == [True] * 3
    assert await storage.finish_erasure(seeker(77))


async def test_a_reader_elsewhere_holds_the_log_back_and_that_is_told(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    reader = sqlite3.connect(house.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM message").fetchone()
    assert not await storage.finish_erasure(seeker(1))
    assert [found[0] for found in await storage.begun_erasures()] == [seeker(1)]
    reader.execute("COMMIT")
    reader.close()
    assert await storage.finish_erasure(seeker(1))
    assert house.log.stat().st_size == 0
    assert await storage.begun_erasures() == []


@pytest.mark.parametrize("number_of_point", range(6))
async def test_a_crash_anywhere_in_it_is_finished_by_the_next_start(house: House, tmp_path: Path, number_of_point: int) -> None:
    """The files are copied at every named point of an erasure; from each copy the next start comes to the same end."""
    storage = await house.open()
    await _live(storage)
    await _erase(storage)
    fields = _sealed(house, 1)
    copies: list[House] = []
    points: list[str] = []

    def keep(point: str) -> None:
        points.append(point)
        copies.append(house.copy_as_after_a_crash(tmp_path / str(len(copies))))

    house.at_point = keep
    await storage.finish_erasure(seeker(1))
    house.at_point = None
    await storage.close()
    assert points == ["before_commit", "after_commit", "between_key_and_checkpoint", "before_commit", "after_commit"]
    crashed = [*copies, house][number_of_point]
    async with await crashed.open() as reopened:
        if number_of_point > 0:  # the key was destroyed before the crash: the start alone has removed every trace of it
            assert [field for field in fields if field in crashed.bytes()] == []
        for begun, _, _ in await reopened.begun_erasures():
            assert await reopened.finish_erasure(begun)
        assert (await held_of(reopened, 1)).covered_until == COVER
        assert [field for field in fields if field in crashed.bytes()] == []
        assert crashed.bytes().count(seeker(1)) == 1


async def test_a_begun_erasure_survives_a_restart_with_what_must_leave_the_chat(house: House) -> None:
    async with await house.open() as storage:
        await _live(storage)
        await _erase(storage)
    async with await house.open() as storage:
        ((who, chat_id, messages),) = await storage.begun_erasures()
        assert (who, chat_id, [message.message_id for message in messages]) == (seeker(1), 1001, [1, 2, 3, 50])
        assert [item.kind for item, held in await storage.owed() if held.erasing] == ["ShowScreen", "Wipe"]


async def test_a_new_conversation_may_begin_before_the_old_one_is_gone(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    fields = _sealed(house, 1)
    owed = [item for item, _ in await storage.owed() if item.seeker == seeker(1)]
    # They touch Start: a new life, with an address of its own although the channel had no reason to give it again.
    (written,) = await storage.write(
        [change(1, 1000, 0, chat_id=None, conversation=b"new", messages=(typed(60),), outbox=(screen(seeker(1), b"new"),))]
    )
    assert written.verdict.value == "committed"
    # What the old life still sends belongs to the old life.
    await storage.record(
        [DeliveryRecord(seeker=seeker(1), item=owed[0].row, outcome=Delivery.DELIVERED, added=(typed(51, role=Role.SCREEN),))]
    )
    held = await held_of(storage, 1)
    assert (held.version, held.conversation, held.erasing) == (1, b"new", True)
    assert [message.message_id for message in held.messages] == [1, 2, 3, 50, 60, 51]
    ((_, _, leaving),) = await storage.begun_erasures()
    assert [message.message_id for message in leaving] == [1, 2, 3, 50, 51]
    assert await storage.finish_erasure(seeker(1))
    held = await held_of(storage, 1)
    assert (held.version, held.conversation, held.chat_id, held.erasing, held.covered_until) == (1, b"new", 1001, False, COVER)
    assert [message.message_id for message in held.messages] == [60]
    assert [item.payload for item, _ in await storage.owed() if item.seeker == seeker(1)] == [b"new"]
    assert [field for field in fields if field in house.bytes()] == []
    assert verdicts(await storage.write([change(1, 1001, 1)])) == ["committed"]


async def test_the_new_conversation_is_whole_after_a_restart(house: House) -> None:
    async with await house.open() as storage:
        await _live(storage)
        await _erase(storage)
        await storage.write([change(1, 1000, 0, chat_id=None, conversation=b"new", messages=(typed(60),), lifetime=30)])
        remembered = await held_of(storage, 1)
    async with await house.open() as storage:
        assert await held_of(storage, 1) == remembered
        assert await storage.finish_erasure(seeker(1))
        assert (await held_of(storage, 1)).conversation == b"new"
        assert storage.unreadable == 0


async def test_erasing_the_new_one_as_well(storage: SqlStorage) -> None:
    """Erase, begin again, erase again, all before the first wipe is done: both lives go, and their messages leave the chat."""
    await _live(storage)
    await _erase(storage)
    await storage.write([change(1, 1000, 0, messages=(typed(60),))])
    await _erase(storage, version=1, update_id=1001)
    ((_, chat_id, leaving),) = await storage.begun_erasures()
    assert (chat_id, [message.message_id for message in leaving]) == (1001, [1, 2, 3, 50, 60, 50])
    assert await storage.finish_erasure(seeker(1))
    held = await held_of(storage, 1)
    assert (held.version, held.chat_id, held.messages) == (0, None, ())


async def test_erasing_twice_at_once_is_one_erasure(storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    await _erase(storage, version=0, update_id=1001)
    assert len(await storage.begun_erasures()) == 1
    assert await storage.finish_erasure(seeker(1))
    assert (await held_of(storage, 1)).messages == ()


async def test_an_erasure_on_an_older_version_conflicts(storage: SqlStorage) -> None:
    await _live(storage)
    assert verdicts(await storage.write([change(1, 900, 2, conversation=None, erase=True)])) == ["conflict"]
    assert not (await held_of(storage, 1)).erasing


async def test_somebody_unknown_may_erase_too(house: House, storage: SqlStorage) -> None:
    await _erase(storage, version=0)
    held = await held_of(storage, 1)
    assert (held.erasing, held.chat_id, held.covered_until) == (True, 1001, COVER)
    assert [item.payload for item, _ in await storage.owed()] == [b"cover", b"wipe"]
    assert await storage.finish_erasure(seeker(1))
    assert house.rows("conversation_key") == 0


async def test_a_record_that_comes_after_the_end_brings_nothing_back(house: House, storage: SqlStorage) -> None:
    await _live(storage)
    await _erase(storage)
    owed = [item for item, _ in await storage.owed() if item.seeker == seeker(1)]
    assert await storage.finish_erasure(seeker(1))
    late: ChatMessage = typed(70, role=Role.SCREEN)
    ((kept,),) = await storage.record([DeliveryRecord(seeker=seeker(1), item=owed[0].row, outcome=Delivery.DELIVERED, added=(late,))])
    assert kept.row == 0
    assert (await held_of(storage, 1)).messages == ()
    assert house.bytes().count(seeker(1)) == 1
