"""What came of deliveries, written many at a time: grouped, in order, and never lost while storage is down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from bot.usecases import records as module
from bot.usecases.ports import ChatMessage, Delivery, DeliveryRecord, Role, Storage, StorageDown
from bot.usecases.records import GROUP, Records
from tests.bot.storage.house import START, seeker


class Rows:
    """Storage as far as records need it: notes each group, is down as often as told, answers with row ids."""

    def __init__(self, down: int = 0) -> None:
        self.down = down
        self.groups: list[list[int]] = []
        self.free = asyncio.Event()
        self.free.set()

    async def record(self, records: Sequence[DeliveryRecord]) -> Sequence[tuple[ChatMessage, ...]]:
        await self.free.wait()
        if self.down:
            self.down -= 1
            raise StorageDown("locked")
        self.groups.append([record.item for record in records])
        return [tuple(_numbered(message, record.item) for message in record.added) for record in records]


def _numbered(message: ChatMessage, row: int) -> ChatMessage:
    return ChatMessage(row=row, message_id=message.message_id, role=message.role, sent_at=message.sent_at, delete_at=message.delete_at)


def delivered(item: int) -> DeliveryRecord:
    """A screen was sent."""
    screen = ChatMessage(message_id=item * 10, role=Role.SCREEN, sent_at=START, delete_at=START + 60)
    return DeliveryRecord(seeker=seeker(item), item=item, outcome=Delivery.DELIVERED, added=(screen,))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of a second are tried without waiting one."""
    monkeypatch.setattr(module, "PAUSE", 0.0)


def over(rows: Rows) -> Records:
    """Records over these rows."""
    return Records(cast(Storage, rows))


async def test_write_answers_with_rows() -> None:
    """When it returns, it is committed."""
    rows = Rows()
    added = await over(rows).write(delivered(3))
    assert [(message.row, message.message_id) for message in added] == [(3, 30)]
    assert rows.groups == [[3]]


async def test_who_comes_meanwhile_joins_the_next() -> None:
    """Many at once are two commits: the first alone, the rest together; each gets its own answer."""
    rows = Rows()
    rows.free.clear()
    records = over(rows)
    first = asyncio.create_task(records.write(delivered(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(records.write(delivered(number))) for number in range(2, 40)]
    records.forget(delivered(40))
    await asyncio.sleep(0)
    rows.free.set()
    answers = await asyncio.gather(first, *rest)
    await records.close()
    assert [added[0].row for added in answers] == list(range(1, 40))
    assert len(rows.groups) == 2
    assert sorted(rows.groups[1]) == list(range(2, 41))


async def test_a_group_is_bounded() -> None:
    """More than fit wait for the one after, in order."""
    rows = Rows()
    records = over(rows)
    for number in range(1, 2 * GROUP + 3):
        records.forget(delivered(number))
    await records.close()
    assert [len(group) for group in rows.groups] == [GROUP, GROUP, 2]
    assert [item for group in rows.groups for item in group] == list(range(1, 2 * GROUP + 3))


async def test_storage_down_is_waited_out() -> None:
    """The same group again until it is written: nothing is lost, nothing is written twice, and who waits waits."""
    rows = Rows(down=3)
    assert (await over(rows).write(delivered(5)))[0].row == 5
    assert (rows.groups, rows.down) == ([[5]], 0)


async def test_one_who_gave_up_waiting_harms_nobody() -> None:
    """A cancelled wait: its record is written all the same, as are the others of its group."""
    rows = Rows()
    rows.free.clear()
    records = over(rows)
    gone, stays = asyncio.create_task(records.write(delivered(1))), asyncio.create_task(records.write(delivered(2)))
    await asyncio.sleep(0)
    gone.cancel()
    rows.free.set()
    assert (await stays)[0].row == 2
    await records.close()
    assert sorted(item for group in rows.groups for item in group) == [1, 2]
    assert gone.cancelled()


async def test_close_writes_what_waits() -> None:
    """Also when there is nothing."""
    rows = Rows(down=1)
    records = over(rows)
    await records.close()
    records.forget(delivered(9))
    await records.close()
    assert rows.groups == [[9]]
