"""The whole path by hand: seekers on one bot, responders on the other, over HTTP against the local Bot API server, with one movable clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.bootstrap import Service
from bot.botapi.chats import Message
from bot.botapi.people import Bot, Person
from bot.botapi.server import LocalBotApi
from bot.channels.telegram.poller import Poller
from bot.domain.case import Case
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.usecases.desk.ports import DeskWrite
from tests.e2e.running import House, running_bot, town

DESK_TOKEN = "88:a-token-of-the-responders-bot-for-tests-only"


class Office(House):
    """A running copy with a desk, and hands for those who answer."""

    def __init__(self, api: LocalBotApi, running: Service, desk: Bot | None) -> None:
        super().__init__(api, running)
        self.desk = desk

    @property
    def book(self):  # type: ignore[no-untyped-def]  # the running desk's own memory
        return self.running.desk.office.book

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
        self.api.press_start(person, bot=self.desk) if self.desk else self.api.press_start(person)
        await self.settle()
        account = self.running.desk.reception._account(person.id)
        now = int(self.running.context.clock.now())
        made = Responder(
            id=0,
            account=account,
            organization=organization,
            role=role,
            state=ResponderState.ACTIVE,
            alias=alias,
            chat_id=person.id,
            duty_until=now + DUTY_SECONDS if on_duty else 0,
            **fields,  # type: ignore[arg-type]  # fields of Responder, named by the test
        )
        async with self.running.desk.office.turnstile:
            await self.running.storage.write_desk(DeskWrite(at=now, responders=(made,)))
            await self.book.reload_staff()
        return person

    def known(self, alias: str) -> Responder:
        """Them, as stored now."""
        return next(one for one in self.book.responders.values() if one.alias == alias)

    def case(self) -> Case:
        """The only case."""
        (case,) = self.book.cases.values()
        return case

    async def pass_(self, seconds: int = 0) -> None:
        """Time passes; the desk makes its pass."""
        await self.later(seconds)

    async def writes(self, who: Person, text: str, thread: int | None = None) -> None:
        """A responder types in a topic (or the main chat), and the short hold passes."""
        self.api.text(who, text, bot=self.desk, thread=thread or 0)
        await self.settle()
        await self.pass_(6)

    async def presses(self, who: Person, label: str, thread: int | None = None) -> None:
        """A responder taps a button."""
        self.api.tap_label(who, label, bot=self.desk, **({} if thread is None else {"thread": thread}))
        await self.settle()

    def topic(self, who: Person) -> int:
        """The newest topic of a responder."""
        return self.api.topics(who, bot=self.desk)[-1][0]

    def reads(self, who: Person, thread: int | None = None) -> list[str]:
        """What a responder has before them."""
        return [message.text for message in self.api.messages(who, bot=self.desk, thread=thread)]

    def stands(self, who: Person, thread: int | None = None) -> list[Message]:
        """The same, as messages."""
        return list(self.api.messages(who, bot=self.desk, thread=thread))


@asynccontextmanager
async def office(folder: Path, *, topics: bool = True, one_bot: bool = False, **settings: object) -> AsyncIterator[Office]:
    """Start everything; both bots answer, and every call must have been a sound one."""
    async with town() as api:
        desk = None if one_bot else api.add_bot(DESK_TOKEN, username="amparo_mesa_bot", name="Mesa", topics=topics)
        tokens = {} if one_bot else {"responders_token": SecretStr(DESK_TOKEN)}
        async with running_bot(api, folder, **tokens, **settings) as running, polling(running, one_bot=one_bot):
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


