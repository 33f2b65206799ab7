"""Seekers and responders in the middle of live conversations, with a bot that dies under them.

Every message carries a mark of its own, counted by its author: `zarza-3-12` is the twelfth of the third person. So that what stands on the
other phone says which messages have come, how often and in which order, whoever was killed in between.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from bot.botapi.people import Bot, Person
from bot.botapi.server import LocalBotApi
from bot.clock import SystemClock
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.storage.folder import DataFolder
from bot.storage.sql_storage import open_storage
from bot.usecases.desk_ports import DeskWrite
from tests.faults.people import named
from tests.house import loaded

MARK: Final = re.compile(r"(zarza|roble)-(\d+)-(\d+)")
PATIENCE: Final = 60.0
ASKS: Final = named(("flow.person.offer.choice.yes",))
LIVE: Final = named(("flow.live.chat.choice.remove",))
WITHDRAWS: Final = named(("flow.waiting.withdraw.choice.yes",))
WITHDRAWN: Final = named(("flow.waiting.withdrawn.choice.complaint",))
PERSON: Final = "persona"
TAKE: Final = loaded().spoken()["es"]["desk.take"]


def marks(texts: list[str], kind: str) -> list[tuple[int, int]]:
    """(author, number) of every mark of a kind, in the order of the messages."""
    return [(int(who), int(number)) for text in texts for name, who, number in MARK.findall(text) if name == kind]


async def let_in(data: Path, people: list[Person]) -> None:
    """Responders who are on duty, in a data folder that nobody serves yet."""
    with DataFolder.lock(data) as folder:
        keyring = Keyring.load_or_create(folder.path)
        pseudonyms, clock = Pseudonyms(keyring.pepper), SystemClock()
        now = int(clock.now())
        async with await open_storage(folder.database, keyring, clock) as storage:
            made = tuple(
                Responder(
                    id=0,
                    account=pseudonyms.mark("tg-responder", pseudonyms.telegram_user(person.id)),
                    organization="demo",
                    role=StaffRole.RESPONDER,
                    state=ResponderState.ACTIVE,
                    alias=f"R{number}",
                    chat_id=person.id,
                    cap=20,
                    duty_until=now + DUTY_SECONDS,
                )
                for number, person in enumerate(people)
            )
            await storage.write_desk(DeskWrite(at=now, responders=made))


@dataclass
class LiveSeeker:
    """Asks for a person, waits for one, and writes until it is enough; then perhaps withdraws."""

    api: LocalBotApi
    person: Person
    number: int
    withdraws: bool
    random: Random
    written: int = 0
    withdrawn: bool = False

    async def converse(self, enough: asyncio.Event) -> None:
        self.api.press_start(self.person)
        await self._sees(lambda: bool(self.api.screen(self.person).labels))
        self.api.text(self.person, PERSON)
        await self._sees(lambda: self._label(ASKS) is not None)
        self._tap(ASKS)
        await self._sees(lambda: self._label(LIVE) is not None)
        while not enough.is_set():
            self.written += 1
            self.api.text(self.person, f"le cuento zarza-{self.number}-{self.written}")
            await asyncio.sleep(0.05 + 0.3 * self.random.random())
        if self.withdraws:
            self.api.text(self.person, "retirar mi petición")
            await self._sees(lambda: self._label(WITHDRAWS) is not None)
            self._tap(WITHDRAWS)
            await self._sees(lambda: self._label(WITHDRAWN) is not None)
            self.withdrawn = True

    def _label(self, among: set[str]) -> str | None:
        return next((label for label in self.api.screen(self.person).labels if label in among), None)

    def _tap(self, among: set[str]) -> None:
        self.api.tap_label(self.person, self._label(among) or "")

    async def _sees(self, condition: Callable[[], bool]) -> None:
        await self.api.wait(lambda: bool(self.texts()) and condition(), seconds=PATIENCE)

    def texts(self) -> list[str]:
        """Everything of the bot on this phone, oldest first."""
        return [message.text for message in self.api.messages(self.person) if message.bot is not None]


@dataclass
class LiveResponder:
    """Takes whoever waits, and writes into their topics. `written`: topic -> how many messages."""

    api: LocalBotApi
    desk: Bot
    person: Person
    number: int
    random: Random
    written: dict[int, int] = field(default_factory=dict)

    async def answer(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            self._take()
            for thread, _ in self.api.topics(self.person, bot=self.desk):
                if self.random.random() < 0.25 and self._begun(thread):
                    self.written[thread] = self.written.get(thread, 0) + 1
                    self.api.text(self.person, f"le digo roble-{thread}-{self.written[thread]}", bot=self.desk, thread=thread)
            await asyncio.sleep(0.2 + 0.2 * self.random.random())

    def _begun(self, thread: int) -> bool:
        """A topic that a kill left empty is not written into."""
        return any(message.bot is not None and message.text for message in self.api.messages(self.person, bot=self.desk, thread=thread))

    def _take(self) -> None:
        waiting = [m for m in self.api.messages(self.person, bot=self.desk, thread=0) if TAKE in m.labels]
        for message in waiting[:1]:
            self.api.tap_label(self.person, TAKE, message=message, bot=self.desk)

    def texts(self) -> list[str]:
        """Everything of the bot in this person's chat with the desk, in the order of the messages."""
        return [message.text for message in self.api.messages(self.person, bot=self.desk) if message.bot is not None]
