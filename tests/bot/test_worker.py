"""What happens by itself: one pass over what is due, and passes until told to stop, whatever storage says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from bot import worker as module
from bot.domain.seeker import SeekerId
from bot.usecases.deliver import Deliverer
from bot.usecases.desk.ladder import Ladder
from bot.usecases.ports import ChatMessage, Held, OutboxItem, Role, Storage, StorageDown
from bot.usecases.receive import Reception
from bot.worker import AT_ONCE, PURGE_EVERY, Worker
from tests.bot.storage.house import START, screen, seeker

Overdue = tuple[SeekerId, int, tuple[ChatMessage, ...]]
TYPED = ChatMessage(row=1, message_id=7, role=Role.TYPED, sent_at=START, delete_at=START)


class House:
    """Storage, reception and deliverer as far as the worker knows them; `did` is what was called, in order."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.waiting: list[SeekerId] = []
        self.overdue: list[Overdue] = []
        self.erasures: list[tuple[SeekerId, int | None, tuple[ChatMessage, ...]]] = []
        self.outbox: list[tuple[OutboxItem, Held]] = []
        self.down = 0
        self.at = float(START)
        self.residue = False
        self.sure = 0
        self.steps = 0.0
        self.on_tick: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at - self.steps

    async def truncate_log(self) -> bool:
        self.did.append("truncate_log")
        return True

    def refresh(self) -> None:
        self.did.append("refresh")
        self.on_tick()

    async def due(self, now: int, limit: int) -> Sequence[SeekerId]:
        if self.down:
            self.down -= 1
            raise StorageDown("locked")
        return tuple(self.waiting[:limit])

    async def be_sure(self) -> None:
        self.sure += 1

    async def fire(self, seekers: Sequence[SeekerId]) -> None:
        self.did.append(f"fire {len(seekers)}")
        self.waiting = self.waiting[len(seekers) :]

    async def overdue_messages(self, now: int, limit: int) -> Sequence[Overdue]:
        return self.overdue[:limit]

    async def begun_erasures(self) -> Sequence[tuple[SeekerId, int | None, tuple[ChatMessage, ...]]]:
        return self.erasures

    async def owed(self) -> Sequence[tuple[OutboxItem, Held]]:
        return self.outbox

    async def purge(self, now: int) -> Mapping[str, int]:
        self.did.append("purge")
        return {"message": 2}

    def recover(self, owed: Sequence[tuple[OutboxItem, Held]]) -> None:
        self.did.append(f"recover {len(owed)}")

    def finish_erasure(self, who: SeekerId, chat_id: int | None, messages: Sequence[ChatMessage]) -> None:
        self.did.append(f"finish_erasure {chat_id}")

    def clean_up(self, who: SeekerId, chat_id: int, messages: Sequence[ChatMessage]) -> None:
        self.did.append(f"clean_up {chat_id} {[message.message_id for message in messages]}")

    def worker(self) -> Worker:
        return Worker(cast(Storage, self), cast(Reception, self), cast(Deliverer, self), self, self.refresh)


async def test_start_takes_up_what_was_left() -> None:
    """The outbox first, so that a begun erasure comes after what is still owed to the same person; then what should have been deleted."""
    house = House()
    house.outbox = [(screen(seeker(1)), Held())]
    house.erasures = [(seeker(2), 22, ()), (seeker(3), None, ())]
    house.overdue = [(seeker(4), 44, (TYPED,))]
    await house.worker().start()
    assert house.did == ["recover 1", "finish_erasure 22", "finish_erasure None", "clean_up 44 [7]"]


async def test_a_pass() -> None:
    """Fresh facts, timers, deletions, retention."""
    house = House()
    house.waiting = [seeker(1), seeker(2)]
    house.overdue = [(seeker(4), 44, (TYPED,))]
    await _pass(house.worker())
    assert house.did == ["refresh", "fire 2", "clean_up 44 [7]", "purge"]


async def _pass(worker: Worker) -> None:
    """A pass, and what it began beside itself."""
    await worker.tick()
    await worker.close()


async def test_what_the_log_still_holds_of_purged_answers_goes() -> None:
    """An exit purges answers; their earlier versions must not stay in the write-ahead log."""
    house = House()
    house.residue = True
    await _pass(house.worker())
    assert "truncate_log" in house.did
    assert house.sure == 1
    assert not house.residue


async def test_a_jump_of_the_clock_is_doubted() -> None:
    """A wall clock that leaps a year against the machine's own seconds: nothing is purged and no timer fires for ten minutes."""
    house = House()
    worker = Worker(cast(Storage, house), cast(Reception, house), cast(Deliverer, house), house, house.refresh, steady=True)
    house.waiting = [seeker(1)]
    house.at += 365 * 86_400
    house.steps += 365 * 86_400
    await _pass(worker)
    assert house.did == ["refresh"]
    house.at += 601
    await _pass(worker)
    assert house.did == ["refresh", "refresh", "fire 1", "purge"]


async def test_an_error_in_one_part_keeps_none_of_the_others_from_being_done() -> None:
    """Timers of people in danger hang on these passes: a bug at the desk must not end them."""
    house = House()
    house.waiting = [seeker(1)]
    house.overdue = [(seeker(4), 44, (TYPED,))]

    async def fails() -> None:
        raise ValueError("a bug")

    worker = house.worker()
    worker._at_the_desk = fails  # type: ignore[method-assign]  # a part that fails
    await _pass(worker)
    assert house.did == ["refresh", "fire 1", "clean_up 44 [7]", "purge"]


async def test_offers_on_screens_are_told_anew_when_what_is_offered_changed() -> None:
    house = House()
    moved = [False, False, True, False]
    office = SimpleNamespace(offers_moved=lambda at: moved.pop(0))

    async def pass_() -> None:
        house.did.append("desk")

    async def retell() -> None:
        house.did.append("retell")

    reception = SimpleNamespace(fire=house.fire, be_sure=house.be_sure, retell=retell, residue=False)
    desk = SimpleNamespace(office=office, pass_=pass_)
    worker = Worker(cast(Storage, house), cast(Reception, reception), cast(Deliverer, house), house, house.refresh, desk=cast(Ladder, desk))
    for _ in range(3):
        await _pass(worker)
    assert [one for one in house.did if one in ("desk", "retell")] == ["desk", "desk", "retell", "desk"]


async def test_timers_that_always_fail_do_not_spin() -> None:
    """The same people again: no progress, so the pass goes on."""
    house = House()
    house.waiting = [seeker(1)]

    async def fails(seekers: Sequence[SeekerId]) -> None:
        house.did.append("fire")

    house.fire = fails  # type: ignore[method-assign]  # a reception that gets nowhere
    await asyncio.wait_for(_pass(house.worker()), 5)
    assert house.did.count("fire") == 1


async def test_all_that_is_due_in_one_pass() -> None:
    """In portions, until none is left: after an outage thousands of timers come due at once."""
    house = House()
    house.waiting = [seeker(number) for number in range(2 * AT_ONCE + 5)]
    await house.worker().tick()
    assert [did for did in house.did if did.startswith("fire")] == [f"fire {AT_ONCE}", f"fire {AT_ONCE}", "fire 5"]


async def test_retention_has_its_own_pace() -> None:
    """At once after a start, then every ten minutes, not every second."""
    house = House()
    worker = house.worker()
    for seconds in (0, 1, PURGE_EVERY - 2, 1, 1):
        house.at += seconds
        await _pass(worker)
    assert house.did.count("purge") == 2
    assert house.did.count("refresh") == 5


async def test_passes_until_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage that is down now and then is waited out; stopping does not wait for the next pass."""
    monkeypatch.setattr(module, "PAUSE", 0.001)
    house, stop = House(), asyncio.Event()
    house.down = 2
    house.waiting = [seeker(1)]

    def stop_after_five() -> None:
        if house.did.count("refresh") == 5:
            stop.set()

    house.on_tick = stop_after_five
    await asyncio.wait_for(house.worker().run(stop), 10)
    assert house.did.count("refresh") == 5
    assert "fire 1" in house.did


async def test_stopped_before_it_began() -> None:
    """Not one pass."""
    house, stop = House(), asyncio.Event()
    stop.set()
    await house.worker().run(stop)
    assert house.did == []
