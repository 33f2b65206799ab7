"""The thorough way to read an update: through python-telegram-bot's types, every shape the Bot API knows.

The library raises many classes over a malformed update, and lets values of a wrong type through; so whatever is used
is checked once more (`Unreadable`). Groups and channels become `GROUP` (the bot leaves), what is nobody's words
becomes `IGNORED`.
"""

from __future__ import annotations

from typing import Final

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ZERO_DATE, ChatMemberStatus, ChatType

from bot.channels.telegram.incoming_parts import MAX_ID, Unreadable, is_date, is_id, language_of, press, press_id_of, words
from bot.usecases.channel import Incoming, Kind
from flows.events import MediaKind

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
        language_code=language_of(sender.language_code),
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
    return words(
        message.text,
        update_id=update_id,
        user_id=_id(sender.id, "from.id"),
        chat_id=_chat_id(message.chat),
        message_id=_id(message.message_id, "message_id"),
        sent_at=_date(message),
        language=sender.language_code,
        edited=edited,
    )


def _typed_press(update_id: int, query: CallbackQuery) -> Incoming:
    """A press may come without its message (too old) or with one nobody may see; the chat of a private press is the
    person's id."""
    message, user_id = query.message, _id(query.from_user.id, "from.id")
    if message is not None and message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat), press_id=press_id_of(query.id))
    # The library gives an inaccessible message (date 0) the same type as any other here.
    there = message if isinstance(message, Message) and message.date > ZERO_DATE else None
    return press(
        query.id,
        query.data,
        update_id=update_id,
        user_id=user_id,
        chat_id=user_id if message is None else _chat_id(message.chat),
        message_id=0 if there is None else _id(there.message_id, "message_id"),
        sent_at=0 if there is None else _date(there),
        language=query.from_user.language_code,
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
        language_code=language_of(change.from_user.language_code),
    )


def _media(message: Message) -> MediaKind | None:
    """What came instead of words; None for the platform's own notes (a pinned message, a timer). Something newer than
    the library is taken as media: a person sent it and waits."""
    for name, kind in _CONTENT:
        if getattr(message, name, None):
            return kind
    return MediaKind.OTHER if message.api_kwargs else None


def _id(value: object, field: str) -> int:
    if not is_id(value):
        raise Unreadable(field)
    return value


def _chat_id(chat: Chat) -> int:
    """Groups and channels have negative ids."""
    if type(chat.id) is not int or not 0 < abs(chat.id) < MAX_ID:
        raise Unreadable("chat.id")
    return chat.id


def _date(message: Message) -> int:
    seconds = int(message.date.timestamp())
    if not is_date(seconds):
        raise Unreadable("date")
    return seconds
