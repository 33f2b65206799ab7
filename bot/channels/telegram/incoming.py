"""An update of the Bot API, read into an `Incoming`. Total: whatever comes, something is returned and nothing is
raised.

Two readers give the same answer. `read_typed` goes through python-telegram-bot's types and knows every shape.
`read_direct` knows the three shapes nearly every update has (a text, a command, a pressed button in a private chat)
and reads only the fields that are used, each with its type and bounds checked; at the first thing it does not expect
it gives way to the typed reader. It exists because `Update.de_json` alone costs 54-101 µs of a budget of about 310 µs
an update. Where both can read, they agree (tested); the direct one also reads a press whose old message holds
something the library cannot read, because a person who pressed a button waits for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeGuard

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ZERO_DATE, ChatMemberStatus, ChatType

from bot.channels.telegram.clean import clean_text
from bot.usecases.channel import Incoming, Kind
from flows.events import MediaKind

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

MAX_ID: Final = 2**52  # the platform: "at most 52 significant bits"
MAX_DATE: Final = 2**35
MAX_PRESS: Final = 256

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,32})?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UPDATE_ID: Final = re.compile(rb'"update_id"\s*:\s*(\d{1,15})\b')
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")

# The first that is present names the media. An animation also carries a document, a venue a location, a live photo a
# photo.
_CONTENT: Final[tuple[tuple[str, MediaKind], ...]] = (
    ("voice", MediaKind.VOICE),
    ("photo", MediaKind.PHOTO),
    ("live_photo", MediaKind.PHOTO),
    ("video", MediaKind.VIDEO),
    ("video_note", MediaKind.VIDEO),
    ("animation", MediaKind.VIDEO),
    ("document", MediaKind.DOCUMENT),
    ("audio", MediaKind.DOCUMENT),  # a sound file is a file to keep; only a voice note is spoken to the bot
    ("location", MediaKind.LOCATION),
    ("venue", MediaKind.LOCATION),
    ("contact", MediaKind.CONTACT),
    ("sticker", MediaKind.OTHER),
    ("story", MediaKind.OTHER),
    ("poll", MediaKind.OTHER),
    ("dice", MediaKind.OTHER),
    ("game", MediaKind.OTHER),
    ("paid_media", MediaKind.OTHER),
    ("checklist", MediaKind.OTHER),
    ("giveaway", MediaKind.OTHER),
    ("invoice", MediaKind.OTHER),
)
_OF_CHANNELS: Final = ("channel_post", "edited_channel_post")

_MESSAGE_KEYS: Final = frozenset({"message_id", "from", "chat", "date", "text", "entities"})
_PRESS_KEYS: Final = frozenset({"id", "from", "message", "chat_instance", "data"})


class Unreadable(ValueError):
    """A field we use is missing, of another type or out of bounds. Its words name the field, never its value."""


def read_update(raw: object) -> Incoming:
    """One update as it came in the JSON, read; `Kind.UNREADABLE` with the error's class when it cannot be."""
    try:
        return read_direct(raw) or read_typed(raw)
    except Exception as fault:  # total by contract: the library raises many classes over a malformed update
        return _unreadable(raw, type(fault).__name__)


def unreadable_update(update_id: int, error: str) -> Incoming:
    """What stands for an update whose JSON could not even be parsed, or that its receiver could not take."""
    return Incoming(update_id=update_id, kind=Kind.UNREADABLE, error=error)


def update_id_of(raw: object) -> int:
    """The update's id, 0 when it has none that can be acknowledged."""
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if _is_id(value) else 0


def update_id_in(body: bytes) -> int:
    """The number of the first update in a body that is no JSON, 0 when none can be seen."""
    found = _UPDATE_ID.search(body)
    return int(found.group(1)) if found is not None and _is_id(int(found.group(1))) else 0


# --- the direct reader


def read_direct(raw: object) -> Incoming | None:
    """A text, command or press in a private chat, or None when the typed reader must look."""
    if type(raw) is not dict or len(raw) != 2 or not _is_id(update_id := raw.get("update_id")):
        return None
    if type(message := raw.get("message")) is dict:
        return _direct_message(update_id, message)
    if type(press := raw.get("callback_query")) is dict:
        return _direct_press(update_id, press)
    return None


def _direct_message(update_id: int, message: dict[str, object]) -> Incoming | None:
    sender, chat, text = message.get("from"), message.get("chat"), message.get("text")
    message_id, date = message.get("message_id"), message.get("date")
    if (
        not message.keys() <= _MESSAGE_KEYS
        or type(text) is not str
        or not _is_person(sender)
        or not _is_private(chat)
        or not _is_id(message_id)
        or not _is_date(date)
        or not _are_entities(message.get("entities"))
    ):
        return None
    return _words(
        text,
        update_id=update_id,
        user_id=sender["id"],
        chat_id=chat["id"],
        message_id=message_id,
        sent_at=date,
        language=sender.get("language_code"),
    )


def _direct_press(update_id: int, press: dict[str, object]) -> Incoming | None:
    sender, message, data, press_id = press.get("from"), press.get("message"), press.get("data"), press.get("id")
    if (
        type(message) is not dict
        or not press.keys() <= _PRESS_KEYS
        or type(data) is not str
        or type(press_id) is not str
        or type(press.get("chat_instance")) is not str
        or not _is_person(sender)
        or not _is_private(chat := message.get("chat"))
        or not _is_id(message_id := message.get("message_id"))
        or not _is_date(date := message.get("date"))
    ):
        return None
    return _press(
        press_id,
        data,
        update_id=update_id,
        user_id=sender["id"],
        chat_id=chat["id"],
        message_id=message_id,
        sent_at=date,
        language=sender.get("language_code"),
    )


def _is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_ID


def _is_date(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < MAX_DATE


def _is_person(value: object) -> TypeGuard[dict[str, int]]:
    """A user who is no bot. (The guard names only the field that is used as a number.)"""
    return type(value) is dict and value.get("is_bot") is False and _is_id(value.get("id")) and "first_name" in value


def _is_private(value: object) -> TypeGuard[dict[str, int]]:
    return type(value) is dict and value.get("type") == "private" and _is_id(value.get("id"))


def _are_entities(value: object) -> bool:
    """Entities of which the library makes no further objects: an offset, a length and a type, no more."""
    if value is None:
        return True
    if type(value) is not list:
        return False
    return all(type(each) is dict and len(each) == 3 and "type" in each and "offset" in each and "length" in each for each in value)


# --- the typed reader


def read_typed(raw: object) -> Incoming:
    """Any update, through python-telegram-bot's types. Raises whatever the library raises, and `Unreadable`."""
    if not isinstance(raw, dict):
        raise Unreadable("update")
    update = Update.de_json(raw, None)
    update_id = _id(update.update_id, "update_id")
    if update.message is not None:
        return _typed_message(update_id, update.message)
    if update.edited_message is not None:
        return _typed_edit(update_id, update.edited_message)
    if update.callback_query is not None:
        return _typed_press(update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _typed_membership(update_id, update.my_chat_member)
    for name in _OF_CHANNELS:
        if (post := getattr(update, name)) is not None:
            return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(post.chat))
    return Incoming(update_id=update_id, kind=Kind.IGNORED)


def _typed_message(update_id: int, message: Message) -> Incoming:
    if message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat))
    sender = message.from_user
    if sender is None or sender.is_bot:
        return Incoming(update_id=update_id, kind=Kind.IGNORED)
    if message.text is not None:
        return _typed_words(update_id, message, sender, edited=False)
    media = _media(message)
    return Incoming(
        update_id=update_id,
        kind=Kind.IGNORED if media is None else Kind.MEDIA,
        user_id=_id(sender.id, "from.id"),
        chat_id=_chat_id(message.chat),
        message_id=_id(message.message_id, "message_id"),
        sent_at=_date(message),
        language_code=_language(sender.language_code),
        media=media,
    )


def _typed_edit(update_id: int, message: Message) -> Incoming:
    """Words changed after sending. A moving location and a changed caption come here too, and say nothing new."""
    sender = message.from_user
    if message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat))
    if sender is None or sender.is_bot or message.text is None:
        return Incoming(update_id=update_id, kind=Kind.IGNORED)
    return _typed_words(update_id, message, sender, edited=True)


def _typed_words(update_id: int, message: Message, sender: User, *, edited: bool) -> Incoming:
    if not isinstance(message.text, str):
        raise Unreadable("text")
    return _words(
        message.text,
        update_id=update_id,
        user_id=_id(sender.id, "from.id"),
        chat_id=_chat_id(message.chat),
        message_id=_id(message.message_id, "message_id"),
        sent_at=_date(message),
        language=sender.language_code,
        edited=edited,
    )


def _typed_press(update_id: int, press: CallbackQuery) -> Incoming:
    """A press may come without its message (too old) or with one nobody may see; the chat of a private press is the
    person's id."""
    message, user_id = press.message, _id(press.from_user.id, "from.id")
    if message is not None and message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat), press_id=_press_id(press.id))
    # The library gives an inaccessible message (date 0) the same type as any other here.
    there = message if isinstance(message, Message) and message.date > ZERO_DATE else None
    return _press(
        press.id,
        press.data,
        update_id=update_id,
        user_id=user_id,
        chat_id=user_id if message is None else _chat_id(message.chat),
        message_id=0 if there is None else _id(there.message_id, "message_id"),
        sent_at=0 if there is None else _date(there),
        language=press.from_user.language_code,
    )


def _typed_membership(update_id: int, change: ChatMemberUpdated) -> Incoming:
    """In a private chat: blocked or unblocked. Elsewhere: the bot was put into something, which it leaves, or is
    out again."""
    status, chat_id = change.new_chat_member.status, _chat_id(change.chat)
    out = status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    if change.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.IGNORED if out else Kind.GROUP, chat_id=chat_id)
    return Incoming(
        update_id=update_id,
        kind=Kind.BLOCKED if out else Kind.UNBLOCKED,
        user_id=_id(change.from_user.id, "from.id"),
        chat_id=chat_id,
        language_code=_language(change.from_user.language_code),
    )


def _media(message: Message) -> MediaKind | None:
    """What came instead of words; None for the platform's own notes (a pinned message, a timer). Something newer than
    the library is taken as media: a person sent it and waits."""
    for name, kind in _CONTENT:
        if getattr(message, name, None):
            return kind
    return MediaKind.OTHER if message.api_kwargs else None


def _id(value: object, field: str) -> int:
    if not _is_id(value):
        raise Unreadable(field)
    return value


def _chat_id(chat: Chat) -> int:
    """Groups and channels have negative ids."""
    if type(chat.id) is not int or not 0 < abs(chat.id) < MAX_ID:
        raise Unreadable("chat.id")
    return chat.id


def _date(message: Message) -> int:
    seconds = int(message.date.timestamp())
    if not _is_date(seconds):
        raise Unreadable("date")
    return seconds


# --- shared by both


def _words(
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
        language_code=_language(language),
        edited=edited,
    )


def _kind_of_words(text: str) -> tuple[Kind, str]:
    if not text.startswith("/") or (match := _COMMAND.fullmatch(text)) is None:
        return Kind.TEXT, text
    name, rest = match.group(1).lower(), (match.group(2) or "").strip()
    if name != "start":
        return Kind.COMMAND, name
    return Kind.START, rest if _PAYLOAD.fullmatch(rest) else ""


def _press(
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
        language_code=_language(language),
        press_id=_press_id(press_id),
        press_data=data if isinstance(data, str) and data.isascii() and len(data) <= MAX_PRESS else "",
    )


def _press_id(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= MAX_PRESS:
        raise Unreadable("callback_query.id")
    return value


def _language(value: object) -> str:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""


def _unreadable(raw: object, error: str) -> Incoming:
    """Quarantine by id and error class; who sent it, as far as that can be seen, so that they can be given a safe
    screen."""
    sender = _sender(raw)
    return Incoming(update_id=update_id_of(raw), kind=Kind.UNREADABLE, user_id=sender, chat_id=sender, error=error)


def _sender(raw: object) -> int:
    """The id of the person in whose private chat this happened, 0 when that cannot be told. It is the chat's id as
    well."""
    if not isinstance(raw, Mapping):
        return 0
    for name in ("message", "edited_message", "callback_query"):
        part = raw.get(name)
        holder = part.get("message") if name == "callback_query" and isinstance(part, Mapping) else part
        chat = holder.get("chat") if isinstance(holder, Mapping) else None
        if _is_private(chat):
            return chat["id"]
    return 0
