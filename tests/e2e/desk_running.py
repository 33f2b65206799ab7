"""The whole path by hand: seekers on one bot, responders on the other, over HTTP against the local Bot API server, one movable clock."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from bot.bootstrap import Service
from bot.botapi.chats import Message
from bot.botapi.people import Bot, Person
from bot.botapi.server import LocalBotApi
from bot.channels.telegram.poller import Poller
from bot.domain.case import Case, Words
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.usecases.desk.book import Book
from bot.usecases.desk.conversing import transcript
from bot.usecases.desk_ports import DeskWrite
from tests.e2e.running import House, running_bot, town
from tests.house import program

DESK_TOKEN = "88:a-token-of-the-responders-bot-for-tests-only"
ASK = ("flow.welcome.start.choice.person", "flow.person.offer.choice.yes")
"""What is tapped from Start to be in the queue."""


def label(locale: str, message: str) -> str:
    """A button's words as somebody reads them."""
    known = program().messages
    return known.get(locale, {}).get(message) or known["es"][message]


class Office(House):
    """A running copy with a desk, and hands for those who answer."""

    def __init__(self, api: LocalBotApi, running: Service, desk: Bot | None) -> None:
        super().__init__(api, running)
        self.desk = desk

    @property
    def book(self) -> Book:
        """The running desk's own memory."""
        return self.running.desk.office.book

    @property
    def now(self) -> int:
        """Unix seconds, as everybody here reads them."""
        return int(self.running.context.clock.now())

    async def settle(self) -> None:
        """Wait until every update of both bots has been answered and nothing is owed on either side."""
        for _ in range(2000):
            await asyncio.sleep(0.005)
            if not any(bot.inbox.waiting for bot in self.api.world.bots.values()):
                break
        else:
            raise AssertionError("updates are still waiting after 10 s")
        for _ in range(3):
            await self.running.deliverer.settle()
            await self.running.desk.deliverer.settle()
        await asyncio.sleep(0.005)

    # -- those who answer ----------------------------------------------------------------------------------------------------

    async def responder(
        self,
        alias: str = "Río",
        *,
        role: StaffRole = StaffRole.RESPONDER,
        organization: str = "demo",
        on_duty: bool = True,
        **fields: object,
    ) -> Person:
        """Somebody who answers, let in already and (unless told otherwise) on duty."""
        person = self.api.add_user(alias, language_code="es", bot=self.desk) if self.desk else self.api.add_user(alias, language_code="es")
        await self._let_in(
            person,
            Responder(
                id=0,
                organization=organization,
                role=role,
                state=ResponderState.ACTIVE,
                alias=alias,
                duty_until=self.now + DUTY_SECONDS if on_duty else 0,
                **fields,  # type: ignore[arg-type]  # fields of Responder, named by the test
            ),
        )
        return person

    async def _let_in(self, person: Person, row: Responder) -> None:
        """With one bot they press Start only once they are known: whoever is not is a seeker there."""
        made = replace(row, account=self.account(person), chat_id=person.id)
        if self.desk is not None:
            self.api.press_start(person, bot=self.desk)
            await self.settle()
        async with self.running.desk.office.turnstile:
            await self.running.storage.write_desk(DeskWrite(at=self.now, responders=(made,)))
            await self.book.reload_staff()
        if self.desk is None:
            self.api.press_start(person)
            await self.settle()

    def account(self, person: Person) -> bytes:
        """What is kept of somebody's account."""
        return self.running.desk.reception._account(person.id)

    def known(self, alias: str) -> Responder:
        """Them, as stored now."""
        return next(one for one in self.book.responders.values() if one.alias == alias)

    def case(self) -> Case:
        """The only case."""
        (case,) = self.book.cases.values()
        return case

    async def words(self) -> list[Words]:
        """Everything said in the only case, as the desk holds it."""
        return await transcript(self.running.desk.office, self.case())

    async def pass_(self, seconds: int = 0) -> None:
        """Time passes; the desk makes its pass."""
        await self.later(seconds)

    async def types(self, who: Person, text: str, thread: int | None = None, *, reply_to: Message | None = None) -> Message:
        """A responder types; their words stand in the short hold."""
        said = self.api.text(who, text, bot=self.desk, thread=thread or 0, reply_to=reply_to)
        await self.settle()
        return said

    async def writes(self, who: Person, text: str, thread: int | None = None, *, reply_to: Message | None = None) -> Message:
        """A responder types in a topic (or the main chat), and the short hold passes."""
        said = await self.types(who, text, thread, reply_to=reply_to)
        await self.pass_(6)
        return said

    async def presses(self, who: Person, label: str, thread: int | None = None, *, message: Message | None = None) -> None:
        """A responder taps a button."""
        self.api.tap_label(who, label, bot=self.desk, message=message, thread=thread)
        await self.settle()

    async def commands(self, who: Person, text: str) -> None:
        """A responder types a command in the main chat."""
        self.api.text(who, text, bot=self.desk, thread=None if self.desk is None else 0)
        await self.settle()

    def topic(self, who: Person) -> int:
        """The newest topic of a responder."""
        return self.topics(who)[-1][0]

    def topics(self, who: Person) -> list[tuple[int, str]]:
        """A responder's topics: thread and name."""
        return self.api.topics(who, bot=self.desk)

    def reads(self, who: Person, thread: int | None = None) -> list[str]:
        """What a responder has before them."""
        return [message.text for message in self.stands(who, thread)]

    def all_of(self, who: Person, thread: int | None = None) -> str:
        """The same in one piece, for looking something up in it."""
        return "\n".join(self.reads(who, thread))

    def stands(self, who: Person, thread: int | None = None) -> list[Message]:
        """The same, as messages."""
        return list(self.api.messages(who, bot=self.desk, thread=thread))

    def find(self, who: Person, text: str, thread: int | None = None) -> Message:
        """The newest message that holds this."""
        found = [message for message in self.stands(who, thread) if text in message.text]
        assert found, f"nothing says {text!r}; there are {self.reads(who, thread)}"
        return found[-1]

    def header(self, who: Person) -> str:
        """The first message of a responder's newest topic."""
        return self.find(who, "Idioma: ", self.topic(who)).text

    def desk_says(self, name: str, **values: object) -> str:
        """A text of the desk, in Spanish."""
        return self.running.desk.office.texts.say("es", name, **values)

    def toast(self, who: Person) -> str:
        """What the last pressed button answered."""
        return self.api.alerts(who, bot=self.desk)[-1]

    # -- those who ask ---------------------------------------------------------------------------------------------------------

    async def asks(self, name: str = "Zutana", *, language: str = "es", reach: str = "", first: str = "") -> Person:
        """Somebody asks for a person, and is in the queue. `reach`: the id of the answer to "may a message reach you here"; `first`: what
        they typed before."""
        ana = self.person(language, name)
        await self.says(ana, "/start")
        if first:
            await self.says(ana, first)
            await self.says(ana, "una persona")
        else:
            await self.taps(ana, label(language, ASK[0]))
        await self.taps(ana, label(language, ASK[1]))
        if reach:
            await self.taps(ana, label(language, f"flow.waiting.reach.choice.{reach}"))
        await self.pass_()
        return ana

    async def takes(self, who: Person) -> int:
        """A responder taps *Tomar*; answers their new topic (0: none)."""
        await self.presses(who, "Tomar", 0 if self.desk else None)
        topics = self.topics(who)
        return topics[-1][0] if topics else 0

    async def talking(self, *, reach: str = "yes", language: str = "es", **fields: object) -> tuple[Person, Person, int]:
        """A seeker and a responder in the middle of a conversation: (seeker, responder, topic)."""
        rio = await self.responder("Río", **fields)  # type: ignore[arg-type]  # fields of Responder
        ana = await self.asks(language=language, reach=reach)
        thread = await self.takes(rio)
        await self.writes(rio, "Buenas noches.", thread)
        return ana, rio, thread

    def reads_seeker(self, who: Person) -> str:
        """What somebody who takes the seeker's phone would read, in one piece."""
        return "\n".join(self.left(who))


@asynccontextmanager
async def office(folder: Path, *, topics: bool = True, one_bot: bool = False, **settings: object) -> AsyncIterator[Office]:
    """Start everything; both bots answer, and every call must have been a sound one."""
    async with desk_town(topics=topics, one_bot=one_bot) as (api, desk), running_office(api, desk, folder, **settings) as here:
        yield here


@asynccontextmanager
async def desk_town(*, topics: bool = True, one_bot: bool = False) -> AsyncIterator[tuple[LocalBotApi, Bot | None]]:
    """The Bot API server with both bots, to start and stop a copy against."""
    async with town() as api:
        yield api, None if one_bot else api.add_bot(DESK_TOKEN, username="amparo_mesa_bot", name="Mesa", topics=topics)
        assert unwritten(api) == []


def unwritten(api: LocalBotApi) -> list[str]:
    """Whatever anybody read that is no sentence: the name of a text nobody wrote, or a value that was not filled in."""
    said = []
    for chat in api.world.private.values():
        said += [content.text for _, message, content in chat.history if message.bot is not None]
        said += [str(alert["text"]) for alert in chat.alerts]
    return [text for text in said if _NAME.fullmatch(text) or _UNFILLED.search(text)]


_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
_UNFILLED = re.compile(r"\{[a-z_]+\}")


@asynccontextmanager
async def running_office(api: LocalBotApi, desk: Bot | None, folder: Path, **settings: object) -> AsyncIterator[Office]:
    """One run of a copy; may be stopped and started again on the same folder."""
    tokens: dict[str, object] = {} if desk is None else {"responders_token": SecretStr(DESK_TOKEN)}
    chosen = running_bot(api, folder, **{**tokens, **settings})  # type: ignore[arg-type]  # settings by name
    async with chosen as running, polling(running, one_bot=desk is None):
        yield Office(api, running, desk)


@asynccontextmanager
async def polling(running: Service, *, one_bot: bool) -> AsyncIterator[None]:
    """The responders' bot is polled beside the seekers'."""
    stop = asyncio.Event()
    task = None if one_bot else asyncio.create_task(Poller(running.desk_api, running.desk.reception, seconds=2).run(stop))
    try:
        yield
    finally:
        stop.set()
        if task:
            await task
