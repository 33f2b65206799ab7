"""What must be done, in order. Effects name cards, blocks and choices, never sentences: words are chosen at delivery.

They are plain values that survive a trip through JSON (`flows.codec`), because the outbox keeps them, sealed, until they are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flows.state import Desk


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
class Line:
    """One line of the list to share: message ids of what was asked (in a few words) and of what was answered. `key`: the answer's name."""

    key: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Everything a renderer needs, and nothing that can go stale: `blocks` are message ids in reading order, guards already applied.

    `phone` picks how long the message may stand; `reading_mode`: one message a step, the earlier ones stay until their time. `desk`: what
    the shell knew of it, for screens that speak of it. `lines`: the list to share.
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
    desk: Desk | None = None
    lines: tuple[Line, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowWords:
    """Human words reach the person, each as a new message, because somebody waits for them. `until`: row of the newest. `sound`: it may
    ring. In the outbox each message is an item of its own (`words`: its row)."""

    until: int = 0
    words: int = 0
    sound: bool = False


class OrderKind(StrEnum):
    """What a turn asks of the desk."""

    REQUEST = "request"  # consent to contact: open a case
    WORDS = "words"  # what was typed goes to the human
    MEDIA = "media"
    REMOVE = "remove"  # take back the last message that went
    SHARE = "share"  # consent to share `lines`
    REFUSE_SHARE = "refuse_share"
    WITHDRAW = "withdraw"
    ERASE = "erase"
    REACH = "reach"  # value: yes, silent, written
    PREFER = "prefer"  # value: woman, man, any
    RING = "ring"  # a crisis was heard; value: danger, distress
    ELSEWHERE = "elsewhere"  # value: yes, no
    TRANSFER = "transfer"  # value: yes, no
    FEEDBACK = "feedback"  # value: useful, not_useful, unsafe
    COMPLAINT = "complaint"  # what was typed is a complaint
    WORD = "word"  # what was typed answers "is it still you?"
    RETURN_KEY = "return_key"  # make one (value: make), or what was typed is one (value: typed)
    RENEW = "renew"  # value: yes
    FOLLOW_UP = "follow_up"  # value: helped, not_helped, declined
    LEFT = "left"  # the person left by an exit: the phone may not be theirs now
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order to the desk, done in the transaction of its turn; it never stands in the outbox. `blocks`: for a consent, the paragraphs it
    was asked with."""

    what: OrderKind
    value: str = ""
    lines: tuple[Line, ...] = ()
    blocks: tuple[str, ...] = ()


Effect = ShowScreen | SpeakVoice | RemoveTyped | RemoveMedia | Wipe | EraseSeeker | SetLifetimes | ShowWords | Order
