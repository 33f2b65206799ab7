"""What both readers of updates share: the bounds of every field that is used, and what words, presses and places in a
chat are taken for. Each reader fills its own `Incoming`: handing a dozen fields on would cost the quick one a tenth."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

from bot.usecases.channel import Kind

MAX_ID: Final = 2**52  # the platform: "at most 52 significant bits"
MAX_DATE: Final = 2**35
MAX_PRESS: Final = 256

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,32})?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")
_COMMON_LANGUAGES: Final = frozenset({"es", "en", "ht", "fr", "pt-br"})  # those that need no second look
_HANDLE: Final = re.compile(r"[A-Za-z0-9_-]{1,512}")
_MIME: Final = re.compile(r"[a-z0-9]{1,32}/[a-z0-9.+-]{1,95}")


class Unreadable(ValueError):
    """A field we use is missing, of another type or out of bounds. Its words name the field, never its value."""


def is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_ID


def is_date(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_DATE


def is_person(value: object) -> TypeGuard[dict[str, int]]:
    """A user who is no bot. (The guard names only the field that is used as a number.)"""
    if type(value) is not dict or value.get("is_bot") is not False or "first_name" not in value:
        return False
    return type(number := value.get("id")) is int and 0 < number < MAX_ID  # `is_id`, without the call: this is asked of every update


def is_private(value: object) -> TypeGuard[dict[str, int]]:
    if type(value) is not dict or value.get("type") != "private":
        return False
    return type(number := value.get("id")) is int and 0 < number < MAX_ID


def kind_of_words(text: str) -> tuple[Kind, str]:
    """Words (cleaned) are a text, a command (its name in lower case), or /start with or without a poster's payload."""
    if not text.startswith("/") or (match := _COMMAND.fullmatch(text)) is None:
        return Kind.TEXT, text
    name, rest = match.group(1).lower(), (match.group(2) or "").strip()
    if name != "start":
        return Kind.COMMAND, name
    return Kind.START, rest if _PAYLOAD.fullmatch(rest) else ""


def press_id_of(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= MAX_PRESS:
        raise Unreadable("callback_query.id")
    return value


def press_data_of(value: object) -> str:
    """Our buttons carry ASCII; anything else is nobody's button and is read as empty, which is answered as a stale
    one."""
    return value if isinstance(value, str) and value.isascii() and len(value) <= MAX_PRESS else ""


def language_of(value: object) -> str:
    if type(value) is str and value in _COMMON_LANGUAGES:
        return value
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""


def thread_of(number: object, in_topic: object) -> int:
    """The topic of a message, 0 outside topics. Words whose topic cannot be told are unreadable: they would go to the wrong
    case."""
    if in_topic is not True:
        return 0
    if not is_id(number):
        raise Unreadable("message_thread_id")
    return number


def reply_of(number: object, *, opens_topic: bool, thread_id: int) -> int:
    """Which message is answered. Inside a topic the platform names the note that opened it when the person named none."""
    if not is_id(number):
        raise Unreadable("reply_to_message.message_id")
    return 0 if opens_topic or number == thread_id else number


def handle_of(value: object) -> str:
    """A file's handle, "" when it is none that could be asked for."""
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else ""


def mime_of(value: object) -> str:
    """A media type without parameters, "" when there is none or it is no such thing."""
    return value.lower() if isinstance(value, str) and _MIME.fullmatch(value.lower()) else ""


def size_of(value: object) -> int:
    """Bytes, 0 when not told."""
    return value if is_id(value) else 0


def place_of(latitude: object, longitude: object) -> tuple[float, float] | None:
    """A point on this Earth in degrees, or None."""
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # false for what is no number as well
        return None
    return float(latitude), float(longitude)
