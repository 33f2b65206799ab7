"""What both readers of updates share: the bounds of every field that is used, and how words and presses become an
`Incoming`."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

from bot.channels.telegram.clean import clean_text
from bot.usecases.channel import Incoming, Kind

MAX_ID: Final = 2**52  # the platform: "at most 52 significant bits"
MAX_DATE: Final = 2**35
MAX_PRESS: Final = 256

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,32})?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")


class Unreadable(ValueError):
    """A field we use is missing, of another type or out of bounds. Its words name the field, never its value."""


def is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_ID


def is_date(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_DATE


def is_person(value: object) -> TypeGuard[dict[str, int]]:
    """A user who is no bot. (The guard names only the field that is used as a number.)"""
    return type(value) is dict and value.get("is_bot") is False and is_id(value.get("id")) and "first_name" in value


def is_private(value: object) -> TypeGuard[dict[str, int]]:
    return type(value) is dict and value.get("type") == "private" and is_id(value.get("id"))


def words(
    text: str,
    *,
    update_id: int,
    user_id: int,
    chat_id: int,
    message_id: int,
    sent_at: int,
    language: object,
    edited: bool = False,
) -> Incoming:
    """Words are a text, a command, or /start with or without a poster's payload."""
    kind, text = _kind_of_words(clean_text(text))
    return Incoming(
        update_id=update_id,
        kind=kind,
        user_id=user_id,
        chat_id=chat_id,
        text=text,
        message_id=message_id,
        sent_at=sent_at,
        language_code=language_of(language),
        edited=edited,
    )


def _kind_of_words(text: str) -> tuple[Kind, str]:
    if not text.startswith("/") or (match := _COMMAND.fullmatch(text)) is None:
        return Kind.TEXT, text
    name, rest = match.group(1).lower(), (match.group(2) or "").strip()
    if name != "start":
        return Kind.COMMAND, name
    return Kind.START, rest if _PAYLOAD.fullmatch(rest) else ""


def press(
    press_id: object,
    data: object,
    *,
    update_id: int,
    user_id: int,
    chat_id: int,
    message_id: int,
    sent_at: int,
    language: object,
) -> Incoming:
    """Our buttons carry ASCII; anything else is nobody's button and is read as empty, which is answered as a stale
    one."""
    return Incoming(
        update_id=update_id,
        kind=Kind.PRESS,
        user_id=user_id,
        chat_id=chat_id,
        message_id=message_id,
        sent_at=sent_at,
        language_code=language_of(language),
        press_id=press_id_of(press_id),
        press_data=data if isinstance(data, str) and data.isascii() and len(data) <= MAX_PRESS else "",
    )


def press_id_of(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= MAX_PRESS:
        raise Unreadable("callback_query.id")
    return value


def language_of(value: object) -> str:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""
