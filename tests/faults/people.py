"""People who converse with a bot that dies under them: they type and tap what their phone shows, and know what they must be answered.

Each carries a **model**: the same acts run through `flows.advance` in this process, with no bot, no storage and no network. The model says
which screen must stand on the phone after each act, and at the end what the database must hold. An act that is lost, counted twice or
taken out of order makes the two differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

from bot.botapi.chats import Message
from bot.botapi.people import Person
from bot.botapi.server import LocalBotApi
from bot.domain.facts import Facts, Standing, standing
from bot.i18n.render import render
from bot.security import tokens
from bot.security.keyring import Keyring
from bot.security.sealing import Secret
from flows.advance import advance, begin
from flows.effects import Effect, EraseSeeker, Screen, ShowScreen, Wipe
from flows.events import COMMANDS, CommandGiven, Event, Pressed, StalePressed, Started, TextReceived
from flows.screens import place_of
from flows.state import Conversation
from tests.faults.process import ORGANIZATION
from tests.house import loaded, program, understanding

PATIENCE = 60.0
"""Seconds until somebody counts as unanswered. Kills, restarts and a busy machine fit into it many times."""
WORDS = (
    "hola", "falta mi hijo", "me amenazan", "no sé qué hacer", "me piden dinero", "atrás", "menú", "1", "2", "3", "sí", "no", "Jalisco",
    "tengo miedo", "/ayuda", "fuentes", "quiero pedir asilo", "tuve que irme de mi casa", "ñandú 🙂", "English", "español", "mis pasos",
)  # fmt: skip
EXIT = ("flow.welcome.start.choice.exit", "ui.exit")
CONFIRMED = ("flow.erase.confirm.choice.confirmed",)


@cache
def facts() -> Facts:
    """The facts of this house, as the bot has them."""
    return Facts.of(loaded().content.facts.values(), words=loaded().texts)


@cache
def stands() -> Standing:
    """How the bot under test stands."""
    return standing(facts(), organization=ORGANIZATION, loopback=True)


def named(ids: Sequence[str]) -> set[str]:
    """How these buttons are called in every language."""
    return {text for texts in program().messages.values() for name in ids if (text := texts.get(name))}


def words_of(screen: Screen, at: float) -> str:
    """The text a phone must show for a screen."""
    today = datetime.fromtimestamp(at, tz=UTC).date()
    return render(screen, program=program(), facts=facts(), standing=stands(), today=today).text


def turn_of(message: Message) -> int:
    """The turn the buttons of a message are bound to, -1 without buttons."""
    for row in message.rows:
        for button in row:
            parsed = tokens.parse(str(button.get("callback_data", "")))
            if parsed is not None:
                return parsed.turn
    return -1


@dataclass(frozen=True, slots=True)
class Awaited:
    """What must stand on the phone after an act."""

    text: str
    turn: int


@dataclass(slots=True)
class Model:
    """What ought to be: a conversation that nobody kills."""

    locale: str
    conversation: Conversation | None = None
    cover_until: int = 0
    awaited: list[Awaited] = field(default_factory=list)
    wiped: bool = False

    def typed(self, text: str, at: int) -> None:
        """Words, a command or Start."""
        if text.startswith("/start"):
            self._advance(Started(at=at, payload=text.removeprefix("/start").strip()))
        elif text.startswith("/") and (command := program().commands.get(text[1:])) is not None:
            self._advance(CommandGiven(at=at, command=COMMANDS[command]))
        else:
            locale = (self.conversation or self._fresh(at)).locale
            self._advance(TextReceived(at=at, text=text, reading=understanding()(text, program(), locale)))

    def pressed(self, data: str, at: int, key: Secret, person: int) -> None:
        """A button, current or not: after an erasure turns are counted anew, so only the signature tells an old screen from a new one."""
        standing = self.conversation or self._fresh(at)
        step = place_of(standing)
        parsed = tokens.verify(key, data, user=person, chat=person, program=standing.program, step=step)
        if parsed is not None and parsed.turn == standing.turn:
            self._advance(Pressed(at=at, code=parsed.code))
        else:  # a button of the screen just left is a second tap: no words about it
            claimed = tokens.parse(data)
            self._advance(StalePressed(at=at, quiet=claimed is not None and claimed.turn == standing.turn - 1))

    def _fresh(self, at: int) -> Conversation:
        return begin(program(), locale=self.locale, cover_until=self.cover_until if self.cover_until > at else 0)

    def _advance(self, event: Event) -> None:
        after, effects = advance(program(), self.conversation or self._fresh(event.at), event)
        self.conversation = after
        self.wiped = any(isinstance(effect, Wipe) for effect in effects)
        for effect in effects:
            if isinstance(effect, EraseSeeker):
                self.conversation, self.cover_until = None, effect.cover_until
        self.awaited.append(self._screen(effects, event.at))

    def _screen(self, effects: tuple[Effect, ...], at: int) -> Awaited:
        screen = [effect.screen for effect in effects if isinstance(effect, ShowScreen)][-1]
        return Awaited(text=words_of(screen, at), turn=screen.turn)


class Seeker:
    """One person with a phone, a way of going on and a way of ending: stay, exit or erase."""

    def __init__(self, api: LocalBotApi, data: Path, person: Person, ending: str, seed: int) -> None:
        self.api = api
        self.data = data
        self.person = person
        self.ending = ending
        self.model = Model(locale=person.language_code)
        self._random = Random(seed)
        self.cards: set[str] = set()

    async def converse(self, acts: int, enough: asyncio.Event) -> None:
        """At least `acts` acts, and more until `enough` is set; then the ending. Waits for an answer as people do: mostly."""
        self._type("/start")
        await self._answered()
        done = 0
        while done < acts or not enough.is_set():
            for _ in range(self._random.choice((1, 1, 1, 1, 2, 3))):
                self._act()
                done += 1
            await self._answered()
            if self.ending == "erase" and self._random.random() < 0.2:
                await self._erase()
            if done >= acts:
                await asyncio.sleep(self._random.random() * 0.1)
        if self.ending == "exit":
            self._leave()
        elif self.ending == "erase":
            await self._erase()
        await self._answered()

    def _act(self) -> None:
        ending = named(EXIT) | named(CONFIRMED)  # pressed on purpose only
        buttons = [data for label, data in self._buttons() if label not in ending]
        if buttons and self._random.random() < 0.6:
            self._press(self._random.choice(buttons))
        else:
            self._type(self._random.choice(WORDS))

    def _leave(self) -> None:
        """By the button when it is there, else by the word."""
        found = [data for label, data in self._buttons() if label in named(EXIT)]
        if found and self._random.random() < 0.5:
            self._press(found[0])
        else:
            self._type("salir")

    async def _erase(self) -> None:
        self._type("borrar")
        await self._answered()
        self._press(next(data for label, data in self._buttons() if label in named(CONFIRMED)))
        await self._answered()
        self.cards.add(self.api.screen(self.person).text)

    def _buttons(self) -> list[tuple[str, str]]:
        """(label, data) of what can be pressed on the screen."""
        rows = self.api.screen(self.person).rows
        return [(str(button["text"]), str(button["callback_data"])) for row in rows for button in row if "callback_data" in button]

    def _type(self, text: str) -> None:
        at = int(self.api.now())
        self.api.text(self.person, text)
        self.model.typed(text, at)

    def _press(self, data: str) -> None:
        at = int(self.api.now())
        self.api.tap_data(self.person, self.api.screen(self.person).id, data)
        self.model.pressed(data, at, Keyring.load_or_create(self.data).buttons, self.person.id)

    async def _answered(self) -> None:
        """The newest message of the bot is the one the model says."""
        try:
            await self.api.wait(self._shown, seconds=PATIENCE)
        except AssertionError as fault:
            screen, wanted = self.api.screen(self.person), self.model.awaited[-1]
            calls = [call for call in self.api.calls() if call.params.get("chat_id") == self.person.id][-8:]
            told = [f"{c.n} {c.method} {str(c.params.get('text', c.params.get('message_ids')))[:40]!r} {c.error}" for c in calls]
            shows = f"{self.person.id} is unanswered: shows {screen.text!r} of turn {turn_of(screen)}"
            raise AssertionError(f"{shows}, ought to be {wanted}; last calls {told}") from fault

    def _shown(self) -> bool:
        screen, wanted = self.api.screen(self.person), self.model.awaited[-1]
        return turn_of(screen) == wanted.turn and screen.text == wanted.text
