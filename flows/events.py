"""What happened, as the engine is told. Every event carries its time in unix seconds: the engine has no clock of its own.

A channel turns an update into one of these; nothing here knows Telegram. Text has been read before it arrives (`Reading`, made by
`bot.understanding`), so the engine only decides. An event that cannot exist cannot be built.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Command(StrEnum):
    """What a person can ask for in every state, by button, by typed word or by the menu beside the text box."""

    BACK = "back"
    MENU = "menu"
    LANGUAGE = "language"
    PERSON = "person"
    EXIT = "exit"
    HIDE = "hide"
    ERASE = "erase"
    PAUSE = "pause"
    RESUME = "resume"
    HELP = "help"
    DANGER = "danger"
    SOURCES = "sources"
    PRIVACY = "privacy"
    STEPS = "steps"
    READING_MODE = "reading_mode"
    START = "start"
    VIEW = "view"
    WITHDRAW = "withdraw"
    COMPLAINT = "complaint"
    RIGHTS = "rights"


COMMANDS: Final = MappingProxyType({command.value: command for command in Command})
"""Every command by its value, as words, buttons and targets name it."""


class Crisis(StrEnum):
    """A crisis heard in free text. It is looked for in every state."""

    DANGER = "danger"
    SELF_HARM = "self_harm"


class MediaKind(StrEnum):
    """What was sent instead of words. Never downloaded."""

    VOICE = "voice"
    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text was understood to mean, before the engine sees it.

    `intents` are labels (content/understanding), likeliest first. `locale` is the language named or heard, if any.
    `who` is the relative spoken of (son, daughter, ...). A `goodbye` only dims the screen: only exact commands wipe. `sure`: a crisis that
    listed words or rules bear out; one that is only likely yields to an answer to the question on the screen. `guess`: a command in
    somebody's own words, for when nothing else was understood. `guesses`: the flows likeliest meant, for "no, eso no".
    """

    command: Command | None = None
    intents: tuple[str, ...] = ()
    crisis: Crisis | None = None
    soft_crisis: Crisis | None = None
    locale: str | None = None
    who: str | None = None
    greeting: bool = False
    goodbye: bool = False
    sure: bool = True
    guess: Command | None = None
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The person pressed Start or sent /start. `payload` is a poster's language link (`ht`), never a person's."""

    at: int
    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """Words were typed. They are used in this turn and kept nowhere."""

    at: int
    text: str
    reading: Reading = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A current, unforged button: the code its screen gave it (`c3` a choice, `nback` a command, `p12` a place, ...)."""

    at: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven:
    """A command by menu or by one of the navigation buttons."""

    at: int
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class StalePressed:
    """An old, foreign or forged button: the current screen is shown again, nothing else happens. `quiet`: the second tap of a trembling
    finger, which needs no remark."""

    at: int
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReceived:
    """A voice note, picture or file came. It stays where it is until the person says otherwise. `reading`: of the words under it, None
    when there are none."""

    at: int
    kind: MediaKind
    reading: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer the conversation had set has come due."""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The person blocked the bot: live contact has ended."""

    at: int


class News(StrEnum):
    """What happened to a person's case while nobody pressed anything."""

    TAKEN = "taken"  # a responder has it
    WORDS = "words"  # a human wrote
    BACK_SOON = "back_soon"  # the responder says when they are back
    GIVEN_BACK = "given_back"  # nobody has it any more; it waits again
    NOBODY = "nobody"  # nobody came in time: an honest word, and who does answer
    ELSEWHERE = "elsewhere"  # may another organization, by name, be told?
    SHARE_ASKED = "share_asked"  # the responder asks for the answers
    TRANSFER = "transfer"  # a colleague would go on
    CLOSED = "closed"
    ENDED = "ended"  # the consent ended, or the organization ended the access
    CRISIS = "crisis"  # a word of danger, and no human word for two minutes
    DISTRESS = "distress"  # the same, after a word of wanting to die
    FOLLOW_UP = "follow_up"  # an agreed message later
    ASK_WORD = "ask_word"  # is it still you?
    REOPENED = "reopened"  # a closed case waits again
    NO_MATCH = "no_match"  # nobody is there now as the person asked for (a woman, a man, a language)
    RENEW = "renew"  # the consent ends soon: may it go on?
    AWAY = "away"  # who has the case is not there now, and nobody else can take it
    OPENED = "opened"  # the case was opened in an emergency by two named people


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNews:
    """Something happened to the case. `words`: row of the newest human words (News.WORDS). `quiet`: it may not ring and may not show
    (outside the agreed hours); it waits for the person."""

    at: int
    what: News
    words: int = 0
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTold:
    """The desk opened or closed its door while an offer stands on the screen: the screen says the truth again."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """More came from this person in a minute than is worked: what they sent last was not, and they are told so once."""

    at: int


Event = (
    Started | TextReceived | Pressed | CommandGiven | StalePressed | MediaReceived | TimerFired | Blocked | CaseNews | DeskTold | TooMany
)
