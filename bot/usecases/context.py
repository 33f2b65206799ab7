"""The ports and values a use case works with, bundled. Built once by `bot.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.facts import Facts, Standing
from bot.domain.seeker import SeekerId
from bot.security.sealing import Secret
from bot.usecases.channel import Channel
from bot.usecases.ports import Clock, Storage
from bot.usecases.programs import Programs
from flows.events import Reading
from flows.program import Program


class Words(Protocol):
    """The seam of understanding: what a text means, before the engine sees it. Text is used here and kept nowhere."""

    def __call__(self, text: str, program: Program, locale: str) -> Reading: ...


class Recordings(Protocol):
    """Our own voice recordings and pictures, by name."""

    def recording(self, name: str, locale: str) -> bytes | None:
        """OGG/Opus, in this language or in Spanish; None when there is none."""
        ...

    def picture(self, name: str) -> bytes | None:
        """PNG with numbered pictures."""
        ...


def nothing_to_free() -> None:
    """There is no room to be made."""


def survive(point: str) -> None:
    """The crash points of a service that is not under test: nothing happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`facts` and `standing` are asked anew each time: they are never pinned. `crash` is called with the names of the crash points,
    `relieve` when storage is down: it frees the room kept for that moment."""

    storage: Storage
    channel: Channel
    clock: Clock
    programs: Programs
    pseudonym: Callable[[int], SeekerId]
    button_key: Secret
    read: Words
    facts: Callable[[], Facts]
    standing: Callable[[], Standing]
    recordings: Recordings
    crash: Callable[[str], None] = field(default=survive)
    relieve: Callable[[], None] = field(default=nothing_to_free)
