"""One transaction for many seekers; each seeker's change whole or not at all; one at fault never touches the others."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from bot.storage.sql_storage import SqlStorage
from bot.usecases.ports import Change, Delivery, DeliveryRecord, Role, StorageDown
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed, verdicts


async def test_many_chats_share_one_commit(house: House, storage: SqlStorage) -> None:
    before = house.commits
    written = await storage.write([change(number, number, outbox=(screen(seeker(number)),)) for number in range(1, 151)])
    assert verdicts(written) == ["committed"] * 150
    assert house.commits - before == 1
    assert house.rows("conversation") == house.rows("outbox") == house.rows("update_seen") == 150


async def test_under_load_commits_are_fewer_than_updates(house: House, storage: SqlStorage) -> None:
    before = house.commits

    async def chats(first: int) -> None:
        for version in range(5):
            group = [change(n, n * 10 + version, version) for n in range(first, first + 20)]
            assert verdicts(await storage.write(group)) == ["committed"] * 20

    await asyncio.gather(*(chats(first) for first in range(1, 161, 20)))
    assert house.rows("update_seen") == 800
    assert house.commits - before == 40


async def test_what_is_written_is_what_is_read(house: House) -> None:
    wanted = change(
        1,
        7,
        messages=(typed(5), typed(6, lifetime=None, role=Role.MEDIA)),
        outbox=(screen(seeker(1), b"one"), screen(seeker(1), b"two", "Wipe")),
        due_at=START + 60,
        cover_until=START + 9,
    )
    async with await house.open() as storage:
        (written,) = await storage.write([wanted])
        remembered = await held_of(storage, 1)
    async with await house.open() as storage:
        held, seen = await storage.read([seeker(1), seeker(2)], [6, 7, 8])
        owed = await storage.owed()
    assert held[seeker(1)] == remembered
    assert seen == {7}
    assert (remembered.version, remembered.conversation, remembered.chat_id) == (1, b"envelope 0", 1001)
    assert remembered.covered_until == START + 9
    assert remembered.messages == written.messages
    assert [replace(message, row=0) for message in written.messages] == list(wanted.messages)
    assert [item for item, _ in owed] == list(written.outbox)
    assert [item.payload for item in written.outbox] == [b"one", b"two"]
    assert held[seeker(2)].version == 0


async def test_one_bad_update_spares_its_group(storage: SqlStorage) -> None:
    group = [change(number, number) for number in range(1, 21)]
    group[7] = replace(group[7], chat_id=1 << 70)  # cannot be sealed
    group[12] = replace(group[12], update_id=1 << 70)  # cannot be stored
    written = await storage.write(group)
    assert verdicts(written) == ["committed"] * 7 + ["failed"] + ["committed"] * 4 + ["failed"] + ["committed"] * 7
    assert (written[7].error, written[12].error) == ("error", "OverflowError")
    assert (await held_of(storage, 8)).version == 0
    assert (await held_of(storage, 9)).version == 1


async def test_a_moved_version_conflicts_alone(storage: SqlStorage) -> None:
    await storage.write([change(number, number) for number in range(1, 4)])
    written = await storage.write([change(1, 11, 1), change(2, 12, 0), change(3, 13, 5), change(4, 14, 1), change(5, 15)])
    assert verdicts(written) == ["committed", "conflict", "conflict", "conflict", "committed"]
    assert [(await held_of(storage, number)).version for number in range(1, 6)] == [2, 1, 1, 0, 1]


async def test_the_file_has_the_last_word_on_versions(house: House, storage: SqlStorage) -> None:
    """What is remembered is not trusted blindly: the version stands in the statement itself."""
    await storage.write([change(1, 1), change(2, 2)])
    with sqlite3.connect(house.path) as other:
        other.execute("UPDATE conversation SET version = 9 WHERE seeker = ?", (seeker(1),))
    other.close()
    assert verdicts(await storage.write([change(1, 3, 1), change(2, 4, 1)])) == ["conflict", "committed"]


async def test_a_repeated_update_changes_nothing(house: House, storage: SqlStorage) -> None:
    first = change(1, 50, outbox=(screen(seeker(1)),), messages=(typed(1),))
    await storage.write([first])
    before = await held_of(storage, 1)
    again = replace(first, expected_version=1, conversation=b"twice")
    assert verdicts(await storage.write([again])) == ["seen"]
    assert verdicts(await storage.write([again, change(2, 51)])) == ["seen", "committed"]
    assert verdicts(await storage.write([replace(again, expected_version=0)])) == ["seen"]
    assert await held_of(storage, 1) == before
    assert (house.rows("outbox"), house.rows("message")) == (1, 1)


async def test_the_same_update_twice_in_one_group_counts_once(storage: SqlStorage) -> None:
    assert verdicts(await storage.write([change(1, 60), change(2, 60), change(3, 61)])) == ["committed", "seen", "committed"]


async def test_the_same_seeker_twice_in_one_group_keeps_the_order(storage: SqlStorage) -> None:
    written = await storage.write([change(1, 70), change(1, 71, 1), change(2, 72)])
    assert verdicts(written) == ["committed"] * 3
    assert (await held_of(storage, 1)).version == 2


async def test_an_update_that_only_passes_by_leaves_only_its_id(house: House, storage: SqlStorage) -> None:
    passing = Change(seeker=seeker(1), update_id=80, at=START, expected_version=0)
    assert verdicts(await storage.write([passing])) == ["committed"]
    assert house.rows("update_seen") == 1
    assert house.rows("conversation_key") == house.rows("conversation") == house.rows("address") == 0


async def test_a_change_of_ours_has_no_update(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    assert verdicts(await storage.write([change(1, None, 1, chat_id=None)])) == ["committed"]
    assert (await held_of(storage, 1)).chat_id == 1001
    assert house.rows("update_seen") == 1


async def test_leaving_the_conversation_as_it_is(storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    (written,) = await storage.write([change(1, 2, 1, conversation=None, outbox=(screen(seeker(1)),))])
    assert len(written.outbox) == 1
    held = await held_of(storage, 1)
    assert (held.version, held.conversation) == (1, b"envelope 0")


async def test_unsent_screens_are_replaced_by_the_newer(storage: SqlStorage) -> None:
    one, other = seeker(1), seeker(2)
    await storage.write(
        [change(1, 1, outbox=(screen(one, b"old"), screen(one, b"wipe", "Wipe"))), change(2, 2, outbox=(screen(other, b"kept"),))]
    )
    await storage.write([change(1, 3, 1, outbox=(screen(one, b"new"),), drop_unsent_screens=True)])
    assert [item.payload for item, _ in await storage.owed()] == [b"wipe", b"kept", b"new"]


async def test_a_new_lifetime_moves_every_message_but_media(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1, messages=(typed(1), typed(2, lifetime=None, role=Role.MEDIA), typed(3, sent_at=START + 5)))])
        await storage.write([change(1, 2, 1, lifetime=60, messages=(typed(4, lifetime=60),))])
        remembered = await held_of(storage, 1)
        await storage.write([change(1, 3, 2, lifetime=90)])
        again = await held_of(storage, 1)
    assert [message.delete_at for message in remembered.messages] == [START + 60, None, START + 65, START + 60]
    assert [message.delete_at for message in again.messages] == [START + 90, None, START + 95, START + 90]
    async with await house.open() as storage:
        assert await held_of(storage, 1) == again


async def test_rows_are_numbered_in_order_and_never_twice(house: House) -> None:
    numbers: list[int] = []
    for turn in range(3):
        async with await house.open() as storage:
            (written,) = await storage.write([change(1, turn, turn, outbox=(screen(seeker(1)), screen(seeker(1))))])
            numbers += [item.row for item in written.outbox]
    assert numbers == sorted(set(numbers))


async def test_deliveries_are_recorded_in_one_commit(house: House, storage: SqlStorage) -> None:
    written = await storage.write([change(n, n, outbox=(screen(seeker(n)),), messages=(typed(n),)) for n in range(1, 81)])
    before = house.commits
    records = [
        DeliveryRecord(
            seeker=one.outbox[0].seeker,
            item=one.outbox[0].row,
            outcome=Delivery.DELIVERED,
            added=(typed(900, role=Role.SCREEN),),
            removed=(one.messages[0].row,),
            older_remains=one.outbox[0].seeker == seeker(3),
        )
        for one in written
    ]
    added = await storage.record(records)
    assert house.commits - before == 1
    assert await storage.owed() == []
    held = await held_of(storage, 3)
    assert held.messages == added[2]
    assert held.older_remains
    assert not (await held_of(storage, 4)).older_remains
    repeated = await storage.record([replace(records[0], added=())])
    assert repeated == [()]


async def test_a_retry_keeps_the_item_and_counts(house: House) -> None:
    async with await house.open() as storage:
        (written,) = await storage.write([change(1, 1, outbox=(screen(seeker(1), b"effect"), screen(seeker(1), b"later")))])
        row = written.outbox[0].row
        for attempt in (1, 2):
            await storage.record([DeliveryRecord(seeker=seeker(1), item=row, outcome=Delivery.RETRY, not_before=START + attempt)])
        await storage.record([DeliveryRecord(seeker=seeker(1), item=written.outbox[1].row, outcome=Delivery.GAVE_UP)])
    async with await house.open() as storage:
        ((item, held),) = await storage.owed()
    assert (item.payload, item.attempts, item.not_before) == (b"effect", 2, START + 2)
    assert held.chat_id == 1001


async def test_one_bad_record_does_not_lose_the_others(storage: SqlStorage) -> None:
    written = await storage.write([change(n, n, outbox=(screen(seeker(n)),)) for n in (1, 2)])
    bad, good = (DeliveryRecord(seeker=one.outbox[0].seeker, item=one.outbox[0].row, outcome=Delivery.DELIVERED) for one in written)
    bad = replace(bad, added=(typed(1 << 70),))
    added = await storage.record([bad, replace(good, added=(typed(5),))])
    assert [message.row for message in added[0]] == [0]
    assert added[1][0].row > 0
    assert await storage.owed() == []  # the bad record's item as well: what was delivered is not delivered again
    assert [message.row for message in (await storage.record([bad]))[0]] == [0]
    assert [message.row for message in (await storage.record([replace(good, removed=(1 << 70,))]))[0]] == []


async def test_a_record_for_somebody_without_a_key_keeps_nothing(house: House, storage: SqlStorage) -> None:
    added = await storage.record([DeliveryRecord(seeker=seeker(1), item=0, outcome=Delivery.DELIVERED, added=(typed(5),))])
    assert [message.row for message in added[0]] == [0]
    assert house.rows("message") == 0


async def test_storage_going_down_in_a_replay_keeps_what_was_told(house: House, storage: SqlStorage) -> None:
    """The first change of the replay is committed and must be told; the rest is to be tried again."""
    commits = 0

    def lock_after_one(point: str) -> None:
        nonlocal commits
        commits += point == "after_commit"
        if point == "before_commit" and commits:
            raise StorageDown("locked")

    house.at_point = lock_after_one
    written = await storage.write([change(1, 1), change(2, 1), change(3, 3), change(4, 4)])
    house.at_point = None
    assert verdicts(written) == ["committed", "seen", "conflict", "conflict"]
    assert written[2].error == "StorageDown"
    assert [(await held_of(storage, number)).version for number in (1, 2, 3, 4)] == [1, 0, 0, 0]
    assert verdicts(await storage.write([change(3, 3), change(4, 4)])) == ["committed", "committed"]


async def test_storage_down_from_the_beginning_commits_nothing(house: House, storage: SqlStorage) -> None:
    def down(point: str) -> None:
        raise StorageDown(point)

    house.at_point = down
    with pytest.raises(StorageDown):
        await storage.write([change(1, 1), change(2, 2)])
    house.at_point = None
    assert house.rows("conversation") == 0
    assert verdicts(await storage.write([change(1, 1), change(2, 2)])) == ["committed", "committed"]


async def test_empty_groups_cost_nothing(house: House, storage: SqlStorage) -> None:
    before = house.commits
    assert list(await storage.write([])) == []
    assert list(await storage.record([])) == []
    assert house.commits == before
