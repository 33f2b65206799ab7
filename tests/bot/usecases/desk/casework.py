"""A whole desk for tests of what a responder does: real storage, reception and delivery, a pretended platform, and a clock that is moved.

People are pressed and typed for by who they are (`ANA` has the case, `BRUNO` and `CARO` are colleagues, `SUPE` supervises, `LEJOS` is of
another organization); what stands in somebody's chat is read back from the pretended platform. What the seeker is told is kept in `told`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from bot.domain import handoff
from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import Case, Level, Note, Words, WordsState
from bot.domain.organization import Organization
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder, StaffRole
from bot.security import tokens
from bot.security.keyring import Keyring
from bot.security.sealing import Secret
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.usecases.channel import Channel, DeskChannel, Incoming, Kind, Outcome, Rendered, Result
from bot.usecases.desk import conversing, orders
from bot.usecases.desk.book import Book
from bot.usecases.desk.deliver import DeskDeliverer
from bot.usecases.desk.looking import PROGRAM, STEP
from bot.usecases.desk.office import Office
from bot.usecases.desk.reception import DeskReception
from bot.usecases.desk.texts import Texts
from bot.usecases.desk_ports import DeskItem, DeskVerdict, DeskWrite
from flows.effects import Order, OrderKind
from flows.events import CaseNews, MediaKind
from flows.state import Conversation, Position
from tests.bot.domain.desk import T, clocks, consent, responder
from tests.house import loaded, program

ANA, BRUNO, CARO, SUPE, LEJOS = range(1, 6)
KEY: Final = Secret(b"k" * 32)
SEEKER: Final = SeekerId(b"s" * 32)
CANARY: Final = "zafiro-canario-7731"
"""Said in words that must stand nowhere but in the sealed rows and in the one chat they are for."""
CASA: Final = Organization(id="casa", name="Casa", languages=("es", "en"), media=frozenset({MediaKind.PHOTO}), next=("red",))
RED: Final = Organization(id="red", name="Red Norte", languages=("es", "en"))
EN_REPLIES: Final = MappingProxyType({"reply.greeting": "Hello. I am a person.", "reply.believe": "What you live through is serious."})
PEOPLE: Final = (
    responder(ANA, alias="Ana", languages=("es", "en")),
    responder(BRUNO, alias="Bruno", languages=("es", "en")),
    responder(CARO, alias="Caro", languages=("es", "en"), duty_until=0),
    responder(SUPE, alias="Supe", role=StaffRole.SUPERVISOR, duty_until=0),
    responder(LEJOS, alias="Lejos", organization="red", languages=("es", "en")),
)


UNWRITTEN: Final = re.compile(r"[a-z]+(_[a-z0-9]+)+")


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: int = T

    def now(self) -> float:
        return float(self.at)

    def monotonic(self) -> float:
        return float(self.at)


@dataclass
class Standing:
    """A message in a chat."""

    number: int
    chat: int
    thread: int
    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    asks: bool = False


@dataclass
class Platform:
    """The responders' side of the platform, in memory. `toasts`: what was shown over a pressed button."""

    topics: bool = True
    standing: dict[int, Standing] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)
    number: int = 100

    def _next(self) -> int:
        self.number += 1
        return self.number

    def put(self, chat: int, text: str, thread: int = 0) -> int:
        number = self._next()
        self.standing[number] = Standing(number, chat, thread, text)
        return number

    def _say(self, message: Rendered) -> None:
        self.said += [message.text, *(button.text for row in message.rows for button in row)]

    async def topics_enabled(self) -> bool:
        return self.topics

    async def send(self, chat_id: int, message: Rendered, *, thread_id: int = 0, asks: bool = False, **_: object) -> Outcome:
        number = self.put(chat_id, message.text, thread_id)
        self.standing[number].rows, self.standing[number].asks = _rows(message), asks
        self._say(message)
        return Outcome(result=Result.DONE, message_id=number, thread_id=thread_id)

    async def edit(self, chat_id: int, message_id: int, message: Rendered, **_: object) -> Outcome:
        if message_id not in self.standing:
            return Outcome(result=Result.MISSING)
        self.standing[message_id].text, self.standing[message_id].rows = message.text, _rows(message)
        self._say(message)
        return Outcome(result=Result.DONE, message_id=message_id)

    async def delete(self, chat_id: int, message_ids: Sequence[int], **_: object) -> Outcome:
        for number in message_ids:
            self.standing.pop(number, None)
        return Outcome(result=Result.DONE)

    async def open_topic(self, chat_id: int, name: str, **_: object) -> Outcome:
        number = self._next()
        self.titles[number] = name
        return Outcome(result=Result.DONE, thread_id=number)

    async def drop_topic(self, chat_id: int, thread_id: int, **_: object) -> Outcome:
        self.titles.pop(thread_id, None)
        for number in [one.number for one in self.standing.values() if one.thread == thread_id]:
            del self.standing[number]
        return Outcome(result=Result.DONE)

    async def send_media(self, chat_id: int, kind: MediaKind, source: object, *, thread_id: int = 0, **_: object) -> Outcome:
        return Outcome(result=Result.DONE, message_id=self.put(chat_id, f"[{kind.value}]", thread_id), thread_id=thread_id)

    def answer_press(self, press_id: str, words: str = "", *, alert: bool = False) -> None:
        self.toasts.append(words)

    async def leave(self, chat_id: int) -> None:
        raise AssertionError("no group here")


def _rows(message: Rendered) -> tuple[tuple[tuple[str, str], ...], ...]:
    assert all(button.text and len(button.data.encode()) <= 64 for row in message.rows for button in row)
    return tuple(tuple((button.text, button.data) for button in row) for row in message.rows)


class Files:
    """What the seekers' bot can fetch."""

    async def download(self, handle: str, limit: int = 0) -> bytes | None:
        return b"file"


@dataclass
class Told:
    """What reached a seeker's turn."""

    seeker: SeekerId
    news: CaseNews | None
    refresh: int


@dataclass
class Desk:
    """Everything, and hands to move it."""

    storage: SqlStorage
    office: Office
    clock: Clock
    platform: Platform
    reception: DeskReception
    deliverer: DeskDeliverer
    told: list[Told]
    writes: list[DeskWrite]
    updates: int = 0
    tongue: str = "es"

    # -- hands ---------------------------------------------------------------------------------------------------------------

    async def press(self, who: int, label: str) -> str:
        """Press the newest button with this label (or desk text) in somebody's chat; answers what was shown over it."""
        return await self.press_data(who, self.button(who, label))

    async def press_data(self, who: int, data: str, *, on: int = 0) -> str:
        """`on`: the message that holds the button."""
        pressed = Incoming(update_id=0, kind=Kind.PRESS, user_id=who, chat_id=who, press_id="p", press_data=data, message_id=on)
        await self._incoming(pressed)
        return self.platform.toasts[-1]

    async def tries(self, who: int, code: str) -> str:
        """Press a button of this case that was truly made for this person, whether or not they ever saw one."""
        data = tokens.sign(KEY, user=who, chat=who, program=PROGRAM, step=STEP, turn=self.case().id, code=code)
        return await self.press_data(who, data)

    async def refuses_all_but(self, allowed: set[int], codes: Iterable[str]) -> None:
        """Everybody else is refused each of these, the trail says so, and nothing has moved."""
        before, tried = self.case(), 0
        for who in {ANA, BRUNO, CARO, SUPE, LEJOS} - allowed:
            for code in codes:
                await self.tries(who, code)
                tried += 1
        assert self.case() == before
        assert await self.refusals() == ["not-owner"] * tried
        assert self.told == []

    async def type(self, who: int, text: str, *, reply_to: int = 0, thread: int = 0) -> int:
        """Type in a chat; answers the message's number."""
        number = self.platform.put(who, text, thread)
        words = {"text": text, "message_id": number, "reply_to": reply_to, "thread_id": thread}
        await self._incoming(replace(Incoming(update_id=0, kind=Kind.TEXT, user_id=who, chat_id=who), **words))  # type: ignore[arg-type]  # named above
        return number

    async def answer(self, who: int, text: str) -> int:
        """Answer the newest message that asks."""
        prompt = max((one for one in self.chat(who) if one.asks), key=lambda one: one.number)
        return await self.type(who, text, reply_to=prompt.number, thread=prompt.thread)

    async def write(self, who: int, text: str) -> None:
        """Write to the seeker, in the case's topic."""
        await self.type(who, text, thread=next(iter(self.platform.titles)))

    async def _incoming(self, incoming: Incoming) -> None:
        self.updates += 1
        await self.reception([replace(incoming, update_id=self.updates)])
        await self.deliverer.settle()

    async def leave(self) -> None:
        """The hold of everything held is over."""
        for words in [one for one in self.office.book.held() if one.state is WordsState.HELD]:
            draft = self.office.draft()
            conversing.leave(self.office, draft, self.case(words.case), words)
            await self.office.commit(draft)
        await self.deliverer.settle()

    async def commit(self, case: Case) -> Case:
        """Write a case that was changed by hand."""
        draft = self.office.draft()
        draft.case(case)
        await self.office.commit(draft)
        return self.case(case.id)

    async def seek(self, *wanted: Order, text: str = "", media: MediaKind | None = None) -> None:
        """A seeker's turn: what it asks of the desk."""
        case = self.office.book.case_of(SEEKER)
        assert case is not None
        held = Conversation(program="p", locale=case.locale, stack=(Position(flow="live", step="chat"),))
        incoming = Incoming(
            update_id=1, kind=Kind.TEXT, text=text, message_id=self.platform.number, media=media, file_id="f" if media else ""
        )
        turn = orders.Turn(
            office=self.office,
            seeker=SEEKER,
            program=program(),
            before=held,
            after=held,
            incoming=incoming,
            transcript=await conversing.transcript(self.office, case),
            draft=self.office.draft(),
            case=case,
        )
        orders.obey(turn, wanted)
        await self.office.commit(turn.draft)
        await self.deliverer.settle()

    async def hear(self, text: str) -> None:
        """The seeker writes."""
        self.platform.number += 1
        await self.seek(Order(what=OrderKind.WORDS), text=text)

    # -- eyes ----------------------------------------------------------------------------------------------------------------

    def case(self, number: int | None = None) -> Case:
        """The case as it stands."""
        return self.office.book.cases[number] if number else max(self.office.book.cases.values(), key=lambda one: one.id)

    def chat(self, who: int) -> list[Standing]:
        """What stands in somebody's chat, oldest first."""
        return sorted((one for one in self.platform.standing.values() if one.chat == who), key=lambda one: one.number)

    def texts(self, who: int) -> str:
        """All of it as one text."""
        return "\n".join(one.text for one in self.chat(who))

    def labels(self, who: int) -> list[str]:
        """Labels of all buttons in a chat."""
        return [label for one in self.chat(who) for row in one.rows for label, _ in row]

    def say(self, name: str, /, **values: object) -> str:
        """A desk text; what is none is given back as it is."""
        return self.office.texts.say(self.tongue, name, **values)

    def all_written(self) -> None:
        """Everything that was said and offered is a text somebody wrote, with its values in it."""
        toasts = [one for one in self.platform.toasts if one]
        for text in (*self.platform.said, *toasts):
            assert text.strip()
            assert "{" not in text, text
            assert not [line for line in text.splitlines() if UNWRITTEN.fullmatch(line)], text

    def offered(self, who: int, name: str) -> bool:
        """Whether a button with this desk text stands in a chat."""
        return self.say(name) in self.labels(who)

    def button(self, who: int, label: str) -> str:
        """The newest button with this label, or with the desk text of this name."""
        wanted = self.say(label)
        found = [data for one in self.chat(who) for row in one.rows for text, data in row if text == wanted]
        assert found, f"no button {label!r} among {self.labels(who)}"
        return found[-1]

    def news(self) -> list[str]:
        """What the seeker was told, in order."""
        return [one.news.what.value for one in self.told if one.news is not None]

    async def words(self) -> list[Words]:
        """The transcript."""
        return await conversing.transcript(self.office, self.case())

    async def notes(self) -> Sequence[Note]:
        """The notes, as stored."""
        return await self.storage.notes(self.case().id)

    async def trail(self) -> list[tuple[str, str, str]]:
        """Actor, deed, detail; without what is about staff."""
        return [(one.actor, one.deed.value, one.detail) for one in await self.entries()]

    async def entries(self) -> Sequence[AuditEntry]:
        return await self.storage.audit_trail(1000)

    async def refusals(self) -> list[str]:
        """Why somebody was refused."""
        return [one.detail for one in await self.entries() if one.deed is Deed.REFUSED]

    async def nothing_of(self, *canaries: str) -> None:
        """Neither payloads nor the trail hold a word of it."""
        rest = "".join(str(entry) for entry in await self.entries())
        rest += "".join(item.payload.decode() for write in self.writes for item in write.items)
        for canary in canaries:
            assert canary not in rest


# -- making one ---------------------------------------------------------------------------------------------------------------


def messages() -> Mapping[str, Mapping[str, str]]:
    """The project's own texts; in English two replies, so that tests know which are missing."""
    spoken = {locale: dict(found) for locale, found in loaded().spoken().items()}
    english = {name: text for name, text in spoken.get("en", {}).items() if not name.startswith("reply.")}
    return {**spoken, "en": {**english, **EN_REPLIES}}


async def open_desk(folder: Path, *, organization: Organization = CASA, people: Sequence[Responder] = PEOPLE) -> Desk:
    """A desk with its people, and no case."""
    clock, told, writes = Clock(), list[Told](), list[DeskWrite]()
    storage = await open_storage(folder / "desk.sqlite3", Keyring.in_memory(), clock)
    await storage.write_desk(DeskWrite(at=T, responders=tuple(replace(one, account=_account(one.id)) for one in people)))
    book = Book(storage=storage)
    await book.load(T // 86_400)
    texts = Texts(messages=messages(), unreviewed=frozenset({("en", "reply.believe")}))
    office = Office(
        book=book,
        clock=clock,
        clocks=clocks(),
        organizations={organization.id: organization, RED.id: RED},
        texts=texts,
        opens=lambda: True,
        marks=b"m" * 32,
    )

    async def tell(seeker: SeekerId, news: CaseNews | None, write: DeskWrite, refresh: int) -> DeskVerdict:
        verdict = await storage.write_desk(write)
        if verdict is DeskVerdict.COMMITTED:
            told.append(Told(seeker, news, refresh))
            office.settle(write)
        return verdict

    platform = Platform()
    channel = cast("DeskChannel", platform)
    deliverer = DeskDeliverer(office, channel, cast("Channel", Files()), KEY)
    office.tell = tell
    office.outgoing = _Watching(deliverer, writes)
    return Desk(storage, office, clock, platform, DeskReception(office, channel, _account, KEY), deliverer, told, writes)


@dataclass
class _Watching:
    """Delivers, and keeps what was written."""

    deliverer: DeskDeliverer
    writes: list[DeskWrite]

    def take(self, write: DeskWrite) -> None:
        self.writes.append(write)
        self.deliverer.take(write)

    def recover(self, items: Iterable[DeskItem]) -> None:
        self.deliverer.recover(items)

    async def tidy(self) -> None:
        await self.deliverer.tidy()


def _account(user: int) -> bytes:
    return bytes([user]) * 32


async def speaking(folder: Path, tongue: str) -> Desk:
    """A desk whose people read this language, and a case."""
    desk = await open_desk(folder, people=tuple(replace(one, locale=tongue) for one in PEOPLE))
    desk.tongue = tongue
    return await with_case(desk, locale="en")


async def with_case(desk: Desk, *, locale: str = "es", level: Level = Level.ORDINARY, owner: int = ANA) -> Desk:
    """A case that somebody has taken, its header in their chat."""
    made = handoff.request(
        T,
        id=desk.storage.desk_number(),
        seeker=SEEKER,
        designation="Faro",
        consent=consent(locale=locale),
        needs=("missing_person",),
        level=level,
    )
    draft = desk.office.draft()
    taken = draft.case(handoff.claim(made, owner, T, clocks=clocks()))
    draft.post(owner, "header", case=taken)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    return desk
