"""What waits is found at its exact second, although the tables hold only slots of ten minutes."""

from __future__ import annotations

from bot.storage.sql_storage import SqlStorage
from bot.storage.tables import SLOT_SECONDS
from bot.usecases.ports import Delivery, DeliveryRecord, Priority, Role
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed

SLOT_START = START - START % SLOT_SECONDS


async def _messages_due(storage: SqlStorage, now: int, limit: int = 10) -> dict[int, list[int]]:
    found = await storage.overdue_messages(now, limit)
    return {chat_id: [message.message_id for message in messages] for _, chat_id, messages in found}


async def test_timers_fire_at_their_second_and_not_before(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, due_at=START + 100), change(2, 2, due_at=START + 5000), change(3, 3)])
    assert list(await storage.due(START + 99, 10)) == []
    assert list(await storage.due(START + 100, 10)) == [seeker(1)]
    assert set(await storage.due(START + 5000, 10)) == {seeker(1), seeker(2)}


async def test_a_timer_that_moves_is_found_where_it_is_now(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, due_at=START + 5000)])
    assert list(await storage.due(START + 4999, 10)) == []  # nothing is due before START + 5000: that is remembered
    await storage.write([change(1, 2, 1, due_at=START + 50)])
    assert list(await storage.due(START + 50, 10)) == [seeker(1)]
    await storage.write([change(1, 3, 2, due_at=None)])
    assert list(await storage.due(START + 90_000, 10)) == []


async def test_two_timers_in_one_slot_keep_their_seconds(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, due_at=SLOT_START + 10), change(2, 2, due_at=SLOT_START + 20)])
    assert list(await storage.due(SLOT_START + 9, 10)) == []
    assert list(await storage.due(SLOT_START + 10, 10)) == [seeker(1)]
    await storage.write([change(1, 3, 1, due_at=None)])
    assert list(await storage.due(SLOT_START + 19, 10)) == []
    assert list(await storage.due(SLOT_START + 20, 10)) == [seeker(2)]


async def test_the_limit_holds_and_the_longest_overdue_come_first(storage: SqlStorage) -> None:
    await storage.write([change(number, number, due_at=START + number * SLOT_SECONDS) for number in range(1, 21)])
    late = START + 40 * SLOT_SECONDS
    assert list(await storage.due(late, 5)) == [seeker(number) for number in range(1, 6)]
    assert len(await storage.due(late, 100)) == 20


async def test_timers_are_found_after_a_restart(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1, due_at=START + 100)])
    async with await house.open() as storage:
        assert list(await storage.due(START + 99, 10)) == []
        assert list(await storage.due(START + 100, 10)) == [seeker(1)]


async def test_messages_are_due_at_their_second(storage: SqlStorage) -> None:
    await storage.write(
        [change(1, 1, messages=(typed(5, lifetime=100), typed(6, lifetime=200))), change(2, 2, messages=(typed(7, lifetime=5000),))]
    )
    assert await _messages_due(storage, START + 99) == {}
    assert await _messages_due(storage, START + 100) == {1001: [5]}
    assert await _messages_due(storage, START + 5000) == {1001: [5, 6], 1002: [7]}


async def test_messages_added_by_deliveries_and_shorter_lifetimes_are_found(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, messages=(typed(5, lifetime=50_000),))])
    assert await _messages_due(storage, START + 1000) == {}
    await storage.record([DeliveryRecord(seeker=seeker(1), item=0, outcome=Delivery.DELIVERED, added=(typed(6, lifetime=60),))])
    assert await _messages_due(storage, START + 60) == {1001: [6]}
    await storage.write([change(1, 2, 1, lifetime=30)])
    assert await _messages_due(storage, START + 30) == {1001: [5, 6]}


async def test_media_is_never_due_by_itself(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, messages=(typed(5, lifetime=None, role=Role.MEDIA),))])
    assert await _messages_due(storage, START + 47 * 3600) == {}
    assert await _messages_due(storage, START + 49 * 3600) == {}


async def test_messages_too_old_to_delete_are_told_as_well(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, messages=(typed(5, lifetime=3600),))])
    assert await _messages_due(storage, START + 60 * 3600) == {1001: [5]}


async def test_people_whose_messages_cannot_be_deleted_do_not_hide_others(storage: SqlStorage) -> None:
    """Media only, and people being erased, are passed over however many they are."""
    media = [change(n, n, messages=(typed(n, lifetime=None, role=Role.MEDIA),)) for n in range(1, 101)]
    await storage.write([*media, change(200, 200, messages=(typed(5, lifetime=48 * 3600 + 1200),))])
    assert await _messages_due(storage, START + 50 * 3600, limit=1) == {1200: [5]}


async def test_what_is_being_erased_is_left_to_the_erasure(storage: SqlStorage) -> None:
    await storage.write([change(1, 1, messages=(typed(5, lifetime=60),))])
    await storage.write([change(1, 2, 1, conversation=None, erase=True)])
    assert await _messages_due(storage, START + 5000) == {}


async def test_removed_messages_are_not_due_again(storage: SqlStorage) -> None:
    (written,) = await storage.write([change(1, 1, messages=(typed(5, lifetime=60),))])
    gone = DeliveryRecord(seeker=seeker(1), item=0, outcome=Delivery.DELIVERED, removed=(written.messages[0].row,), older_remains=True)
    await storage.record([gone])
    assert await _messages_due(storage, START + 5000) == {}
    assert (await held_of(storage, 1)).older_remains


async def test_owed_items_come_in_the_order_they_were_written(house: House) -> None:
    async with await house.open() as storage:
        await storage.write(
            [change(n, n, outbox=(screen(seeker(n), b"%d first" % n), screen(seeker(n), b"%d second" % n))) for n in (2, 1)]
        )
        await storage.write([change(1, 3, 1, outbox=(screen(seeker(1), b"1 third"),))])
    async with await house.open() as storage:
        owed = await storage.owed()
    assert [item.payload for item, _ in owed if item.seeker == seeker(1)] == [b"1 first", b"1 second", b"1 third"]
    assert [item.payload for item, _ in owed if item.seeker == seeker(2)] == [b"2 first", b"2 second"]
    assert all(item.priority is Priority.REPLY for item, _ in owed)
    assert all(held.chat_id for _, held in owed)


async def test_a_failing_update_counts_as_seen_after_three_tries(house: House) -> None:
    async with await house.open() as storage:
        assert [await storage.quarantine(77, "ValueError", START) for _ in range(2)] == [1, 2]
        assert (await storage.read([], [77]))[1] == frozenset()
    async with await house.open() as storage:
        assert await storage.quarantine(77, "KeyError", START) == 3
        assert (await storage.read([], [76, 77]))[1] == {77}
        assert await storage.quarantine(77, "KeyError", START) == 4
    assert house.rows("quarantine") == 1


async def test_programs_and_files_are_kept(storage: SqlStorage) -> None:
    assert (await storage.program("p"), await storage.media_file("a.ogg")) == (None, None)
    await storage.keep_program("p", b"bundle", START)
    await storage.keep_program("p", b"bundle", START + 1)
    await storage.keep_media_file("a.ogg", "handle")
    await storage.keep_media_file("a.ogg", "newer")
    assert (await storage.program("p"), await storage.media_file("a.ogg")) == (b"bundle", "newer")
