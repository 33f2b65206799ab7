"""What must be done, in order. Effects name cards, blocks and choices, never sentences: words are chosen at delivery.

They are plain values that survive a trip through JSON (`flows.codec`), because the outbox keeps them, sealed, until they are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EchoKind(StrEnum):
    """What the first line of a screen says back."""

    CHOICE = "choice"
    INTENT = "intent"
    NOT_UNDERSTOOD = "not_understood"
    NOT_A_CHOICE = "not_a_choice"
    STALE = "stale"
    TYPED_REMOVED = "typed_removed"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Proof that somebody "heard". `ref` is the message id of the words to say back; `who` the relative spoken of."""

    kind: EchoKind
    ref: str = ""
    who: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One button. `label` is a message id, `code` what a press sends back: a choice's index (`c3`) or a command (`nback`).

    `copy` is a fact id whose value is put on the clipboard instead. `text` stands for names that are not translated (places, languages).
    `picked` marks a ticked option of a several-of-several question.
    """

    label: str = ""
    code: str = ""
    copy: str = ""
    text: str = ""
    picked: bool = False
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Everything a renderer needs, and nothing that can go stale: `blocks` are message ids in reading order, guards already applied.

    `phone` picks how long the message may stand; `reading_mode`: one message a step, the earlier ones stay until their time.
    """

    program: str
    locale: str
    flow: str
    step: str
    turn: int
    blocks: tuple[str, ...]
    buttons: tuple[Shown, ...] = ()
    echo: Echo | None = None
    why: str = ""
    sources: tuple[str, ...] = ()
    phone: str = "unasked"
    reading_mode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowScreen:
    """Put this screen before the person. `fresh`: a new message, because somebody waits for it and edits make no sound."""

    screen: Screen
    fresh: bool = False
    urgent: bool = False
    sound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakVoice:
    """Answer a voice note by voice: a recording and its numbered pictures (content/voice)."""

    recording: str
    locale: str
    screen: Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTyped:
    """Typed words leave the screen now, not one turn later (a phone that others look at)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMedia:
    """The person said it: the voice notes, pictures and files they sent may go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wipe:
    """Delete every message of both sides that can still be deleted, the current screen excepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSeeker:
    """Destroy everything held about this person; one keyed mark, "cover until", outlives it."""

    cover_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLifetimes:
    """Messages live this many seconds after sending (the table of times in voice.md); pending deletions move with it."""

    seconds: int


Effect = ShowScreen | SpeakVoice | RemoveTyped | RemoveMedia | Wipe | EraseSeeker | SetLifetimes
