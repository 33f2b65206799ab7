"""What is remembered is what the file holds, after any sequence of deeds, with any number remembered."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.security.keyring import Keyring
from bot.storage.database import Options
from bot.storage.known import Known, Memory
from bot.storage.sql_storage import SqlStorage
from bot.usecases.ports import Delivery, DeliveryRecord, Held, OutboxItem, Role, Verdict
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed

PEOPLE = 4
people = st.integers(1, PEOPLE)


def test_only_so_many_are_remembered() -> None:
    memory = Memory(3)
    for number in range(5):
        memory.put(seeker(number), Known(version=number))
        memory.get(seeker(0))
    assert len(memory) == 3
    assert memory.get(seeker(1)) is None
    assert memory.get(seeker(0)) is not None


class Deeds(RuleBasedStateMachine):
    """Random deeds on one database; after each, the remembering storage and a fresh look at the file must agree."""

    @initialize(remembered=st.sampled_from([1, 2, 100]))
    def begin(self, remembered: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.house = House(Path(self.folder.name), Keyring.in_memory())
        self.options = Options(busy_ms=50, remembered=remembered)
        self.storage: SqlStorage = self.loop.run_until_complete(self.house.open(self.options))
        self.update = 0
        self.owed: list[OutboxItem] = []

    def held(self, number: int) -> Held:
        return self.loop.run_until_complete(held_of(self.storage, number))

    @rule(
        group=st.lists(people, min_size=1, max_size=PEOPLE, unique=True),
        words=st.binary(max_size=30),
        sent=st.integers(0, 3),
        items=st.integers(0, 2),
        wrong=st.sampled_from([0, 0, 0, 1]),
        lifetime=st.sampled_from([None, None, 60, 7200]),
        drop=st.booleans(),
        address=st.booleans(),
        idle=st.booleans(),
    )
    def write(
        self, group: list[int], words: bytes, sent: int, items: int, wrong: int, lifetime: int | None, drop: bool, address: bool, idle: bool
    ) -> None:
        changes = []
        for number in group:
            self.update += 1
            changes.append(
                change(
                    number,
                    self.update,
                    self.held(number).version + wrong * (number % 2),
                    at=START + self.update,
                    conversation=None if idle else words,
                    chat_id=number if address else None,
                    due_at=None if sent else START + self.update,
                    messages=tuple(typed(i, role=Role.MEDIA if i == 2 else Role.TYPED) for i in range(sent)),
                    outbox=(screen(seeker(number)),) * items,
                    lifetime=lifetime,
                    drop_unsent_screens=drop,
                )
            )
        written = self.loop.run_until_complete(self.storage.write(changes))
        for one, done in zip(changes, written, strict=True):
            conflict = wrong and one.conversation is not None and one.seeker in (seeker(1), seeker(3))
            assert done.verdict is (Verdict.CONFLICT if conflict else Verdict.COMMITTED)
            self.owed += done.outbox

    @rule(number=people, cover=st.integers(0, 99))
    def erase(self, number: int, cover: int) -> None:
        self.update += 1
        farewell = (screen(seeker(number), kind="Wipe"),)
        gone = change(
            number,
            self.update,
            self.held(number).version,
            conversation=None,
            erase=True,
            cover_until=START + cover,
            outbox=farewell,
            messages=(typed(9),),
        )
        (done,) = self.loop.run_until_complete(self.storage.write([gone]))
        assert done.verdict is Verdict.COMMITTED
        self.owed += done.outbox

    @rule(number=people)
    def finish_erasure(self, number: int) -> None:
        assert self.loop.run_until_complete(self.storage.finish_erasure(seeker(number)))

    @precondition(lambda self: self.owed)
    @rule(which=st.integers(0, 50), outcome=st.sampled_from(Delivery), remains=st.booleans(), removed=st.integers(0, 3))
    def record(self, which: int, outcome: Delivery, remains: bool, removed: int) -> None:
        item = self.owed[which % len(self.owed)]
        held, _ = self.loop.run_until_complete(self.storage.read([item.seeker], []))
        done = DeliveryRecord(
            seeker=item.seeker,
            item=item.row,
            outcome=outcome,
            added=(typed(77, role=Role.SCREEN),),
            removed=tuple(message.row for message in held[item.seeker].messages[:removed]),
            older_remains=remains,
        )
        self.loop.run_until_complete(self.storage.record([done]))

    @rule(days=st.sampled_from([0, 1, 3, 9]))
    def purge(self, days: int) -> None:
        self.loop.run_until_complete(self.storage.purge(START + days * 86_400))

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.storage.close())
        self.storage = self.loop.run_until_complete(self.house.open(self.options))

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "storage"):
            return
        remembered = [self.held(number) for number in range(1, PEOPLE + 1)]
        self.storage._shelf.memory.forget_all()
        assert [self.held(number) for number in range(1, PEOPLE + 1)] == remembered
        assert self.storage.unreadable == 0

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.loop.run_until_complete(self.storage.close())
            self.loop.close()
            self.folder.cleanup()


TestDeeds = Deeds.TestCase
TestDeeds.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
