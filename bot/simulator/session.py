"""One conversation played without Telegram: what a person types or presses goes in, what they would see comes out.

The state is saved and read again between all turns, so that playing is also a test of storing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bot.domain.facts import Facts, Standing
from bot.i18n.render import Draft, render
from flows.advance import advance, begin
from flows.codec import decode_conversation, decode_effect, encode_conversation, encode_effect
from flows.effects import (
    Effect,
    EraseSeeker,
    Order,
    RemoveMedia,
    RemoveTyped,
    SetLifetimes,
    ShowScreen,
    ShowWords,
    SpeakVoice,
    Wipe,
)
from flows.events import Event, MediaKind, MediaReceived, Pressed, Reading, Started, TextReceived, TimerFired
from flows.program import Program
from flows.screens import screen
from flows.state import Conversation


class Understanding(Protocol):
    """How text is read; the same seam the service uses."""

    def __call__(self, text: str, program: Program, locale: str) -> Reading: ...


class NoSuchButton(Exception):
    """There is no such button on the screen; the message lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a turn put before the person. `fresh`: as a new message. `did`: names of the other effects."""

    text: str
    buttons: tuple[str, ...]
    fresh: bool
    did: tuple[str, ...]


class Session:
    """A person, a program and a clock that moves only when told to."""

    def __init__(
        self,
        program: Program,
        facts: Facts,
        standing: Standing,
        read: Understanding,
        *,
        locale: str = "es",
        now: int,
    ) -> None:
        self.program = program
        self.facts = facts
        self.standing = standing
        self.now = now
        self._read = read
        self._held = encode_conversation(begin(program, locale=locale))

    @property
    def conversation(self) -> Conversation:
        """The conversation as it was last saved."""
        return decode_conversation(self._held)

    def draft(self) -> Draft:
        """What stands on the screen."""
        return self._draft(ShowScreen(screen=screen(self.program, self.conversation)))

    def start(self, payload: str = "") -> Seen:
        """Press Start."""
        return self._happen(Started(at=self.now, payload=payload))

    def type(self, text: str) -> Seen:
        """Type words."""
        if text.startswith("/start"):
            return self.start(text.removeprefix("/start").strip())
        plain = text.removeprefix("/")
        reading = self._read(plain, self.program, self.conversation.locale)
        return self._happen(TextReceived(at=self.now, text=plain, reading=reading))

    def press(self, label: str) -> Seen:
        """Press a button by its words, or by a beginning that no other button has."""
        keys = [key for row in self.draft().rows for key in row]
        named = [key for key in keys if key.text == label] or [key for key in keys if key.text.startswith(label)]
        if len(named) != 1:
            raise NoSuchButton(f"no button {label!r}; there are: {', '.join(key.text for key in keys)}")
        if named[0].copy:
            return Seen(text=self.draft().text, buttons=tuple(key.text for key in keys), fresh=False, did=(f"Copied {named[0].copy}",))
        return self._happen(Pressed(at=self.now, code=named[0].code))

    def send(self, kind: MediaKind) -> Seen:
        """Send a voice note, picture or file."""
        return self._happen(MediaReceived(at=self.now, kind=kind))

    def wait(self, seconds: int) -> Seen:
        """Let time pass; timers fire in order."""
        until, seen = self.now + seconds, self._seen(())
        while True:
            due = sorted((at, name) for name, at in self.conversation.timers.items() if at <= until)
            if not due:
                break
            self.now = max(self.now, due[0][0])
            seen = self._happen(TimerFired(at=self.now, name=due[0][1]))
        self.now = until
        return seen

    def _happen(self, event: Event) -> Seen:
        conversation, effects = advance(self.program, self.conversation, event)
        self._held = encode_conversation(conversation)
        return self._seen(tuple(e if isinstance(e, Order) else decode_effect(encode_effect(e)) for e in effects))

    def _seen(self, effects: tuple[Effect, ...]) -> Seen:
        shown = [effect for effect in effects if isinstance(effect, ShowScreen)]
        draft = self._draft(shown[-1]) if shown else self.draft()
        others = tuple(_name(effect) for effect in effects if not isinstance(effect, ShowScreen))
        return Seen(
            text=draft.text,
            buttons=tuple(key.text for row in draft.rows for key in row),
            fresh=bool(shown and shown[-1].fresh),
            did=others,
        )

    def _draft(self, effect: ShowScreen) -> Draft:
        today = datetime.fromtimestamp(self.now, tz=UTC).date()
        return render(effect.screen, program=self.program, facts=self.facts, standing=self.standing, today=today)


def _name(effect: Effect) -> str:
    match effect:
        case SpeakVoice():
            return f"SpeakVoice {effect.recording}"
        case SetLifetimes():
            return f"SetLifetimes {effect.seconds}"
        case Order():
            return f"Order {effect.what.value} {effect.value}".strip()
        case ShowWords():
            return f"ShowWords {effect.until or effect.words}"
        case Wipe() | EraseSeeker() | RemoveTyped() | RemoveMedia() | ShowScreen():
            return type(effect).__name__
