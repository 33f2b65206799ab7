"""The file alone, in a thief's hands: nothing to read, nothing to move."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.seeker import SeekerId
from bot.security.pseudonyms import Pseudonyms
from bot.security.sealing import Cipher, SealBroken, new_secret
from bot.storage import places, tables
from bot.usecases.ports import Delivery, DeliveryRecord, Role
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed

CANARIES = 500


def _spellings(number: int) -> Iterator[bytes]:
    """How a number could stand in a file: as digits, as big or little-endian words."""
    yield str(number).encode()
    for size in (6, 8):
        yield number.to_bytes(size, "big")
        yield number.to_bytes(size, "little")


async def test_500_planted_texts_and_ids_are_found_nowhere(house: House) -> None:
    chance = random.Random(20)
    names = Pseudonyms(house.keyring.pepper)
    users = [chance.randrange(10**11, 10**13) for _ in range(CANARIES)]
    words = [f"mi hijo {chance.randbytes(4).hex()} no aparece desde ayer" for _ in range(CANARIES)]
    planted = [spelling for user in users for spelling in _spellings(user)] + [text.encode() for text in words]
    async with await house.open() as storage:
        for start in range(0, CANARIES, 50):
            group = []
            for position in range(start, start + 50):
                to = SeekerId(names.telegram_user(users[position]))
                text = words[position].encode()
                group.append(
                    change(
                        position,
                        position + 1,
                        seeker=to,
                        conversation=text,
                        chat_id=users[position],
                        cover_until=START + 43_200 + position,
                        messages=(typed(users[position] + 10**6), typed(users[position], role=Role.MEDIA, lifetime=None)),
                        outbox=(screen(to, text),),
                    )
                )
            written = await storage.write(group)
            await storage.record(
                [
                    DeliveryRecord(
                        seeker=one.outbox[0].seeker,
                        item=one.outbox[0].row,
                        outcome=Delivery.RETRY,
                        added=(typed(10**13 + one.outbox[0].row),),
                    )
                    for one in written[::2]
                ]
            )
        seen_while_open = house.bytes()
    everything = seen_while_open + house.bytes()
    assert len(everything) > 1_000_000
    assert [text for text in planted if text in everything] == []
    assert names.telegram_user(users[0]) in everything  # the search can find what is there


async def test_exact_times_are_not_in_the_open(house: House) -> None:
    """Columns hold days and ten-minute slots; the second somebody wrote is inside a seal."""
    at = START + 12_345
    async with await house.open() as storage:
        turn = change(1, 1, at=at, due_at=at + 61, cover_until=at + 43_201, messages=(typed(1, sent_at=at),))
        await storage.write([turn])
    raw = sqlite3.connect(house.path)
    numbers = {
        value
        for table in tables.metadata.tables
        for row in raw.execute(f"SELECT * FROM {table}")  # noqa: S608  # our own table names
        for value in row
        if isinstance(value, int) and value > START // 2
    }
    raw.close()
    assert numbers
    assert all(value % tables.SLOT_SECONDS == 0 for value in numbers)


async def test_every_table_about_a_person_carries_their_key() -> None:
    impersonal = {"update_seen", "quarantine", "program", "media_file", "desk_seen", "desk_state", "audit", "audit_anchor"}
    of_a_case = {"case_key", "consent", "case_words", "note", "desk_outbox", "desk_message"}
    of_the_desk = {"responder", "shift", "door", "complaint", "waited"}
    without = {name for name, table in tables.metadata.tables.items() if "seeker" not in table.c}
    assert without == impersonal | of_a_case | of_the_desk
    assert {name for name in without if "case_id" in tables.metadata.tables[name].c} == of_a_case


@pytest.mark.parametrize(
    ("table", "column"), [("conversation", "sealed"), ("address", "sealed"), ("message", "sealed"), ("conversation_key", "wrapped")]
)
async def test_rows_swapped_between_people_open_for_nobody(house: House, table: str, column: str) -> None:
    async with await house.open() as storage:
        await storage.write([change(n, n, conversation=b"of %d" % n, messages=(typed(n),)) for n in (1, 2, 3)])
    raw = sqlite3.connect(house.path)
    first, second = (
        raw.execute(f"SELECT {column} FROM {table} WHERE seeker = ?", (seeker(n),)).fetchone()[0]  # noqa: S608  # our own names
        for n in (1, 2)
    )
    for number, value in ((1, second), (2, first)):
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE seeker = ?", (value, seeker(number)))  # noqa: S608  # our own names
    raw.commit()
    raw.close()
    async with await house.open() as storage:
        held = [await held_of(storage, n) for n in (1, 2, 3)]
        assert storage.unreadable >= 2
    for number, one in zip((1, 2), held[:2], strict=True):
        opened = (one.conversation, one.chat_id, one.messages)
        intact = {"conversation": opened[1:], "address": opened[::2], "message": opened[:2], "conversation_key": ()}[table]
        lost = {"conversation": opened[:1], "address": opened[1:2], "message": opened[2:], "conversation_key": opened}[table]
        assert all(lost_field in (None, ()) for lost_field in lost), number
        assert all(intact_field not in (None, ()) for intact_field in intact), number
    assert (held[2].conversation, held[2].chat_id) == (b"of 3", 1003)


async def test_a_row_that_does_not_open_is_written_anew(house: House) -> None:
    """Nobody is stranded by flipped bits: the version stays, and the next turn replaces what cannot be read."""
    async with await house.open() as storage:
        await storage.write([change(1, 1), change(2, 2)])
    raw = sqlite3.connect(house.path)
    raw.execute("UPDATE conversation SET sealed = substr(sealed, 1, 40) WHERE seeker = ?", (seeker(1),))
    raw.execute("UPDATE conversation_key SET wrapped = zeroblob(60) WHERE seeker = ?", (seeker(2),))
    raw.commit()
    raw.close()
    async with await house.open() as storage:
        assert [(await held_of(storage, n)).conversation for n in (1, 2)] == [None, None]
        written = await storage.write([change(1, 3, 1, conversation=b"anew"), change(2, 4, 1, conversation=b"anew")])
        assert [one.verdict.value for one in written] == ["committed", "committed"]
    async with await house.open() as storage:
        held = [await held_of(storage, n) for n in (1, 2)]
    assert [(one.version, one.conversation, one.chat_id) for one in held] == [(2, b"anew", 1001), (2, b"anew", 1002)]


async def test_spoilt_rows_cost_only_their_own(house: House) -> None:
    """An item, a timer and a message that do not open are passed over and counted; those of others are found."""
    async with await house.open() as storage:
        turns = [change(n, n, due_at=START + 60, messages=(typed(n, lifetime=60),), outbox=(screen(seeker(n), b"%d" % n),)) for n in (1, 2)]
        await storage.write(turns)
    raw = sqlite3.connect(house.path)
    for table in ("outbox", "conversation", "message"):
        raw.execute(f"UPDATE {table} SET sealed = zeroblob(80) WHERE seeker = ?", (seeker(1),))  # noqa: S608  # our own names
    raw.commit()
    raw.close()
    for later in (60, 5000):
        async with await house.open() as storage:
            assert [item.payload for item, _ in await storage.owed()] == [b"2"]
            assert list(await storage.due(START + later, 10)) == [seeker(2)]
            assert [found[0] for found in await storage.overdue_messages(START + later, 10)] == [seeker(2)]
            assert storage.unreadable == 3


async def test_items_whose_key_is_gone_are_passed_over(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1, outbox=(screen(seeker(1)),))])
    raw = sqlite3.connect(house.path)
    raw.execute("DELETE FROM conversation_key")
    raw.commit()
    raw.close()
    async with await house.open() as storage:
        assert await storage.owed() == []
        assert (await held_of(storage, 1)).conversation is None
        assert [one.verdict.value for one in await storage.write([change(1, 2, 1)])] == ["committed"]
        assert (await held_of(storage, 1)).chat_id == 1001


async def test_an_older_version_put_back_does_not_open(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 1)])
    raw = sqlite3.connect(house.path)
    old = raw.execute("SELECT sealed FROM conversation").fetchone()[0]
    raw.close()
    async with await house.open() as storage:
        await storage.write([change(1, 2, 1)])
    raw = sqlite3.connect(house.path)
    raw.execute("UPDATE conversation SET sealed = ?", (old,))
    raw.commit()
    raw.close()
    async with await house.open() as storage:
        assert (await held_of(storage, 1)).conversation is None


def test_every_sealed_field_is_tied_to_its_place() -> None:
    """Swap the row, the column, the version or the owner: each raises."""
    cipher = Cipher(new_secret())
    one, other = seeker(1), seeker(2)
    conversation = places.seal_conversation(cipher, one, 1, None, b"words")
    address = places.seal_address(cipher, one, 1, 5)
    message = places.seal_message(cipher, one, 1, 1, typed(5))
    payload = places.seal_payload(cipher, one, 1, b"effect")
    cover = places.seal_cover(cipher, one, 5)
    for wrong in (
        lambda: places.open_conversation(cipher, other, 1, conversation),
        lambda: places.open_conversation(cipher, one, 2, conversation),
        lambda: places.open_conversation(cipher, one, 1, payload),
        lambda: places.open_conversation(cipher, one, 1, conversation[:-1]),
        lambda: places.open_address(cipher, other, 1, address),
        lambda: places.open_address(cipher, one, 2, address),
        lambda: places.open_address(cipher, one, 1, cover),
        lambda: places.open_message(cipher, other, 1, 1, message),
        lambda: places.open_message(cipher, one, 2, 1, message),
        lambda: places.open_message(cipher, one, 1, 2, message),
        lambda: places.open_payload(cipher, one, 2, payload),
        lambda: places.open_payload(cipher, one, 1, message),
        lambda: places.open_cover(cipher, other, cover),
    ):
        with pytest.raises(SealBroken):
            wrong()
    assert places.open_conversation(cipher, one, 1, conversation) == (None, b"words")


async def test_the_key_file_and_the_database_never_hold_the_same(house: House, tmp_path: Path) -> None:
    async with await house.open() as storage:
        await storage.write([change(n, n) for n in range(1, 20)])
    everything = house.bytes()
    assert house.keyring.pepper.reveal() not in everything
    assert house.keyring.buttons.reveal() not in everything
