"""A whole Amparo for the stateful test: real engine, content, storage, both receptions, both deliverers and the clockwork, between
two pretended bots whose calls fail as a test wills, and under a clock that is moved.

`Phones` is one bot's side of the platform: what stands in every chat, its topics, who blocked it, which of the next calls fail (and how),
and whose calls are **parked**: begun and not answered, so that something else can happen meanwhile. `Life` is the running copy: `settle`
waits until nothing is owed that is not parked, `kill` takes the process away and opens the same folder again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from bot.desk import DeskParts, open_desk
from bot.domain.facts import Facts, Standing, standing
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.understanding.lexicon import Lexicon
from bot.usecases import deliver as seekers_deliver
from bot.usecases import records as seekers_records
from bot.usecases.channel import TOPIC_MISSING, Channel, DeskChannel, Incoming, Outcome, Rendered, Result
from bot.usecases.context import Context
from bot.usecases.deliver import Deliverer
from bot.usecases.desk import deliver as desk_deliver
from bot.usecases.desk.ladder import due_now
from bot.usecases.desk.relay import Relay
from bot.usecases.desk_ports import DeskVerdict, DeskWrite
from bot.usecases.ports import Change, ChatMessage, DeliveryRecord, Storage, StorageDown, Verdict, Written
from bot.usecases.programs import Programs
from bot.usecases.receive import Reception
from bot.usecases.records import Records
from bot.usecases.wording import Wording
from bot.worker import Worker
from flows.authoring.bundle import Bundle
from flows.program import Program
from tests.house import ROOT, loaded

MORNING: Final = 1_796_137_200
"""When a life begins: facts are dated."""
DELETABLE: Final = 48 * 3600
PASSES: Final = 12
SHORT: Final = 0.0005
"""What every pause between two tries lasts here, in real seconds."""


class Fate(StrEnum):
    """What becomes of the next call that shows or makes something."""

    RETRY = "retry"
    LOST = "lost"  # nobody knows; it was not done
    ECHO = "echo"  # nobody knows; it was done


class Trouble(StrEnum):
    """What becomes of the next write."""

    CONFLICT = "conflict"
    DOWN = "down"  # not written
    UNSURE = "unsure"  # written, and no answer


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: int = MORNING

    def now(self) -> float:
        return float(self.at)

    def monotonic(self) -> float:
        return float(self.at)


@dataclass
class Message:
    """Something in a chat. `ours`: the bot's. `stray`: the bot was not told that it stands."""

    number: int
    text: str
    thread: int = 0
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    ours: bool = True
    at: int = 0
    stray: bool = False


@dataclass
class Phones:
    """One bot's chats. `watch` is told of every call that shows something, when it begins."""

    clock: Clock
    topics: bool = False
    watch: Callable[[int, str], None] = field(default=lambda chat, text: None)
    chats: dict[int, dict[int, Message]] = field(default_factory=dict)
    titles: dict[int, dict[int, str]] = field(default_factory=dict)
    shown: dict[int, list[str]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    fates: deque[Fate] = field(default_factory=deque)
    gates: dict[int, asyncio.Event] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    landing: bool = False
    doubts: dict[int, int] = field(default_factory=dict)
    number: int = 0

    # -- what people do -------------------------------------------------------------------------------------------------------

    def theirs(self, chat: int, text: str, thread: int = 0) -> int:
        """Somebody types."""
        self.number += 1
        self.chats.setdefault(chat, {})[self.number] = Message(self.number, text, thread, ours=False, at=self.clock.at)
        return self.number

    def ours(self, chat: int) -> list[Message]:
        """The bot's messages in a chat, oldest first."""
        return [one for _, one in sorted(self.chats.get(chat, {}).items()) if one.ours]

    def delete_topic(self, chat: int, thread: int) -> None:
        """Somebody deletes a topic by hand; the bot is not told."""
        self.titles.get(chat, {}).pop(thread, None)
        held = self.chats.get(chat, {})
        for number in [one.number for one in held.values() if one.thread == thread]:
            del held[number]

    def park(self, chat: int) -> None:
        """Calls to this chat begin and are not answered until `release`."""
        self.gates[chat] = asyncio.Event()

    def release(self, chat: int) -> None:
        gate = self.gates.pop(chat, None)
        if gate is not None:
            gate.set()

    # -- what the bot does ----------------------------------------------------------------------------------------------------

    async def _call(self, chat: int, text: str, do: Callable[[], Outcome]) -> Outcome:
        """Every call that changes a chat: perhaps parked, perhaps failing."""
        self.watch(chat, text)
        gate = self.gates.get(chat)
        if gate is not None and not await self._parked(chat, gate, do):
            raise asyncio.CancelledError
        if chat in self.blocked:
            return Outcome(result=Result.GONE, error="Forbidden")
        fate = self.fates.popleft() if self.fates else None
        match fate:
            case Fate.RETRY:
                return Outcome(result=Result.RETRY, after=1.0)
            case Fate.LOST:
                return Outcome(result=Result.UNKNOWN)
            case Fate.ECHO:
                self._unknown_to_the_bot(chat, do)
                return Outcome(result=Result.UNKNOWN)
            case _:
                return do()

    async def _parked(self, chat: int, gate: asyncio.Event, do: Callable[[], Outcome]) -> bool:
        self.waiting.add(chat)
        try:
            await gate.wait()
        except asyncio.CancelledError:
            if self.landing and chat not in self.blocked:
                self._unknown_to_the_bot(chat, do)
            return False
        finally:
            self.waiting.discard(chat)
        return True

    def _unknown_to_the_bot(self, chat: int, do: Callable[[], Outcome]) -> None:
        """It is done, and the bot never learns of it."""
        before = set(self.chats.get(chat, {}))
        do()
        self.doubts[chat] = self.doubts.get(chat, 0) + 1
        for number in set(self.chats.get(chat, {})) - before:
            self.chats[chat][number].stray = True

    def _put(self, chat: int, message: Rendered, thread: int) -> Outcome:
        if thread and thread not in self.titles.get(chat, {}):
            return Outcome(result=Result.MISSING, error=TOPIC_MISSING)
        self.number += 1
        rows = tuple(tuple((button.text, button.data) for button in row) for row in message.rows)
        self.chats.setdefault(chat, {})[self.number] = Message(self.number, message.text, thread, rows, at=self.clock.at)
        self.shown.setdefault(chat, []).append(message.text)
        return Outcome(result=Result.DONE, message_id=self.number, thread_id=thread, sent_at=self.clock.at)

    async def topics_enabled(self) -> bool:
        return self.topics

    async def send(self, chat_id: int, message: Rendered, *, thread_id: int = 0, **_: object) -> Outcome:
        return await self._call(chat_id, message.text, lambda: self._put(chat_id, message, thread_id))

    async def edit(self, chat_id: int, message_id: int, message: Rendered, **_: object) -> Outcome:
        def do() -> Outcome:
            standing = self.chats.get(chat_id, {}).get(message_id)
            if standing is None or not standing.ours:
                return Outcome(result=Result.MISSING)
            standing.text = message.text
            standing.rows = tuple(tuple((button.text, button.data) for button in row) for row in message.rows)
            self.shown.setdefault(chat_id, []).append(message.text)
            return Outcome(result=Result.DONE, message_id=message_id)

        return await self._call(chat_id, message.text, do)

    async def delete(self, chat_id: int, message_ids: Sequence[int], **_: object) -> Outcome:
        def do() -> Outcome:
            held = self.chats.get(chat_id, {})
            for number in message_ids:
                if number in held and self.clock.at - held[number].at < DELETABLE:
                    del held[number]
            return Outcome(result=Result.DONE)

        return await self._call(chat_id, "", do)

    async def open_topic(self, chat_id: int, name: str, **_: object) -> Outcome:
        def do() -> Outcome:
            self.number += 1
            self.titles.setdefault(chat_id, {})[self.number] = name
            return Outcome(result=Result.DONE, thread_id=self.number)

        return await self._call(chat_id, name, do)

    async def drop_topic(self, chat_id: int, thread_id: int, **_: object) -> Outcome:
        def do() -> Outcome:
            self.delete_topic(chat_id, thread_id)
            return Outcome(result=Result.DONE)

        return await self._call(chat_id, "", do)

    async def send_voice(self, chat_id: int, name: str, content: bytes | None, handle: str | None, **_: object) -> Outcome:
        return await self._call(chat_id, "", lambda: self._put(chat_id, Rendered(text="[voice]"), 0))

    async def send_picture(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, message: Rendered, **_: object
    ) -> Outcome:
        return await self._call(chat_id, "", lambda: self._put(chat_id, Rendered(text="[picture]"), 0))

    async def send_media(
        self, chat_id: int, kind: object, source: object, *, thread_id: int = 0, caption: str = "", **_: object
    ) -> Outcome:
        return await self._call(chat_id, caption, lambda: self._put(chat_id, Rendered(text=f"[media] {caption}"), thread_id))

    async def download(self, handle: str, limit: int = 0) -> bytes | None:
        return b"file"

    def answer_press(self, press_id: str, words: str = "", *, alert: bool = False) -> None:
        return

    async def leave(self, chat_id: int) -> None:
        raise AssertionError("no group here")


class Shaken:
    """Storage whose next writes fare as a test wills; everything else is as it is."""

    def __init__(self, inner: SqlStorage, troubles: deque[Trouble]) -> None:
        self._inner = inner
        self._troubles = troubles

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _next(self) -> Trouble | None:
        return self._troubles.popleft() if self._troubles else None

    async def write(self, changes: Sequence[Change]) -> Sequence[Written]:
        match self._next():
            case Trouble.CONFLICT:
                return [Written(verdict=Verdict.CONFLICT) for _ in changes]
            case Trouble.DOWN:
                raise StorageDown("as the test wills")
            case Trouble.UNSURE:
                await self._inner.write(changes)
                raise StorageDown("as the test wills")
            case _:
                return await self._inner.write(changes)

    async def write_desk(self, write: DeskWrite) -> DeskVerdict:
        match self._next():
            case Trouble.CONFLICT if write.cases or write.responders:
                return DeskVerdict.CONFLICT
            case Trouble.DOWN:
                raise StorageDown("as the test wills")
            case Trouble.UNSURE:
                await self._inner.write_desk(write)
                raise StorageDown("as the test wills")
            case _:
                return await self._inner.write_desk(write)

    async def record(self, records: Sequence[DeliveryRecord]) -> Sequence[tuple[ChatMessage, ...]]:
        if self._next() in (Trouble.DOWN, Trouble.CONFLICT):
            raise StorageDown("as the test wills")
        return await self._inner.record(records)


class Recordings:
    """No recordings here."""

    def recording(self, name: str, locale: str) -> bytes | None:
        return b"sound"

    def picture(self, name: str) -> bytes | None:
        return b"picture"


@cache
def facts() -> Facts:
    """The facts of this house."""
    return Facts.of(loaded().content.facts.values(), words=loaded().texts)


@cache
def stands() -> Standing:
    """A copy for trying out."""
    return standing(facts(), organization="la organización de prueba", loopback=True)


@cache
def compiled() -> tuple[Program, Bundle]:
    """The program seekers meet, made once."""
    return loaded().compiled()


@cache
def lexicon() -> Lexicon:
    """How words are read."""
    return Lexicon(loaded().content.phrases)


def hurried() -> Iterator[tuple[Any, str, float]]:
    """Pauses of the code under test, made short (they are real seconds, and no test waits)."""
    yield seekers_deliver, "PAUSE_LIMIT", SHORT
    yield desk_deliver, "PAUSE_LIMIT", SHORT
    yield seekers_records, "PAUSE", SHORT


@dataclass
class Life:
    """A running copy between its two bots. `parts` and what hangs on them are new after a `kill`."""

    folder: Path
    topics: bool = True
    clock: Clock = field(default_factory=Clock)
    keyring: Keyring = field(default_factory=Keyring.in_memory)
    troubles: deque[Trouble] = field(default_factory=deque)
    people: tuple[Responder, ...] = ()

    def __post_init__(self) -> None:
        self.chat_of: dict[int, int | None] = {}
        self.seekers = Phones(self.clock)
        self.desk = Phones(self.clock, topics=self.topics)
        self.pseudonyms = Pseudonyms(self.keyring.pepper)
        self.updates = 0
        self.desk_updates = 0

    # -- running --------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """As `bot.bootstrap.service` does it, with both channels pretended."""
        self.storage = await open_storage(self.folder / "amparo.sqlite3", self.keyring, self.clock)
        if self.people:
            await self.storage.write_desk(DeskWrite(at=self.clock.at, responders=self.people))
            self.people = ()
            self.chat_of = {one.id: one.chat_id for one in (await self.storage.staff()).responders}
        shaken = cast(Storage, Shaken(self.storage, self.troubles))
        program, bundle = compiled()
        programs = Programs(shaken, program, bundle)
        await programs.keep(self.clock.at)
        context = Context(
            storage=shaken,
            channel=cast(Channel, self.seekers),
            clock=self.clock,
            programs=programs,
            pseudonym=self.seeker,
            button_key=self.keyring.buttons,
            read=lexicon(),
            facts=facts,
            standing=stands,
            recordings=Recordings(),
        )
        self.parts: DeskParts = await open_desk(
            loaded=loaded(),
            storage=shaken,
            clock=self.clock,
            keyring=self.keyring,
            account=self.account,
            channel=cast(DeskChannel, self.desk),
            seekers=cast(Channel, self.seekers),
            opens=lambda: True,
            loopback=True,
        )
        self.records = Records(shaken)
        self.deliverer = Deliverer(context, self.records, Wording(programs, facts, stands, self.clock), Relay(self.parts.office))
        self.reception = Reception(context, self.deliverer, None, self.parts.office)
        self.parts.office.tell = self.reception.tell
        self.worker = Worker(shaken, self.reception, self.deliverer, self.clock, lambda: None, desk=self.parts.ladder)
        await self.worker.start()

    async def kill(self) -> None:
        """The process is gone between two of its steps; the folder and the platform stay."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, StorageDown):
                await task
        await self.storage.close()
        self.troubles.clear()

    async def end(self) -> None:
        """Stop for good."""
        await self.kill()

    async def settle(self) -> None:
        """Wait until nothing is owed that could be delivered now: what is left waits at a gate."""
        for _ in range(20_000):
            tasks = list(self._under_way())
            if not tasks:
                return
            await asyncio.wait(tasks, timeout=0.001, return_when=asyncio.FIRST_COMPLETED)
        raise AssertionError("it never comes to rest")

    def _under_way(self) -> Iterator[asyncio.Task[None]]:
        for chat in self.deliverer._chats.values():
            if chat.task is not None and chat.chat_id not in self.seekers.waiting:
                yield chat.task
        for number, owed in self.parts.deliverer._chats.items():
            if owed.task is not None and self.chat_of.get(number) not in self.desk.waiting:
                yield owed.task
        for task in (self.records._task, self.worker._purging):
            if task is not None:
                yield task

    # -- in ---------------------------------------------------------------------------------------------------------------------

    def seeker(self, user: int) -> SeekerId:
        """Who somebody is in storage."""
        return SeekerId(self.pseudonyms.telegram_user(user))

    def account(self, user: int) -> bytes:
        """Who somebody of the desk is."""
        return self.pseudonyms.mark("tg-responder", self.pseudonyms.telegram_user(user))

    async def from_seeker(self, incoming: Callable[[int], Incoming]) -> None:
        """An update of the seekers' bot; what was not acknowledged comes again."""
        self.updates += 1
        if self.troubles:  # the cards shown while storage is down are sent before an update is given back: they do not wait at a gate here
            for chat in tuple(self.seekers.gates):
                self.seekers.release(chat)
        await self._until_taken(self.reception, incoming(self.updates))

    async def from_desk(self, incoming: Callable[[int], Incoming]) -> None:
        """An update of the responders' bot."""
        self.desk_updates += 1
        await self._until_taken(self.parts.reception, incoming(self.desk_updates))

    async def _until_taken(self, receiver: Callable[[Sequence[Incoming]], Any], incoming: Incoming) -> None:
        for _ in range(10):
            try:
                await receiver([incoming])
            except StorageDown:
                continue
            await self.settle()
            return
        raise AssertionError("an update is never taken")

    async def later(self, seconds: int) -> None:
        """Time passes, and the worker makes its passes."""
        self.clock.at += seconds
        for number in range(PASSES):
            with suppress(StorageDown):
                await self.worker.tick()
            await self.settle()
            if number and not self._due():
                return

    def _due(self) -> bool:
        """Whether another pass would do more: after a long sleep each rung of a ladder is a pass of its own."""
        office = self.parts.office
        return any(due_now(case, self.clock.at, office.clocks) is not None for case in office.book.cases.values())


__all__ = ["ROOT", "Clock", "Fate", "Life", "Message", "Phones", "Trouble", "hurried"]
