"""The thorough way to read an update: through python-telegram-bot's types, every shape the Bot API knows.

The library raises many classes over a malformed update, and lets values of a wrong type through; so whatever is used
is checked once more (`Unreadable`). Groups and channels become `GROUP` (the bot leaves), what is nobody's words
becomes `IGNORED`.
"""

from __future__ import annotations

from typing import Final

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, PhotoSize, Update, User
from telegram.constants import ZERO_DATE, ChatMemberStatus, ChatType

from bot.channels.telegram.clean import clean_text
from bot.channels.telegram.incoming_parts import (
    MAX_ID,
    Unreadable,
    handle_of,
    is_date,
    is_id,
    kind_of_words,
    language_of,
    mime_of,
    place_of,
    press_data_of,
    press_id_of,
    reply_of,
    size_of,
    thread_of,
)
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
# Media that are one file which can be passed on; of a live photo, its still sizes.
_FILES: Final = ("voice", "video", "video_note", "animation", "document", "audio")
_SIZES: Final = ("photo", "live_photo")
_PLACES: Final = ("location", "venue")
# What the platform notes when a topic is made, renamed, closed or opened again: nobody's words, whatever else they carry.
_OF_TOPICS: Final = ("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened")
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
    return _typed_media(update_id, message, sender, edited=False)


def _typed_media(update_id: int, message: Message, sender: User, *, edited: bool) -> Incoming:
    """Anything but words; `edited`: the words under it were changed."""
    found = _media(message)
    attribute, media = found if found is not None else ("", None)
    handle, size, mime = _file(message, attribute)
    thread_id = thread_of(message.message_thread_id, message.is_topic_message)
    return Incoming(
        update_id=update_id,
        kind=Kind.IGNORED if media is None else Kind.MEDIA,
        user_id=_id(sender.id, "from.id"),
        chat_id=_chat_id(message.chat),
        message_id=_id(message.message_id, "message_id"),
        sent_at=_date(message),
        language_code=language_of(sender.language_code),
        media=media,
        thread_id=thread_id,
        reply_to=_reply_to(message, thread_id),
        file_id=handle,
        file_size=size,
        mime=mime,
        caption=clean_text(message.caption) if media is not None and isinstance(message.caption, str) else "",
        place=_place(message, attribute),
        edited=edited,
    )


def _typed_edit(update_id: int, message: Message) -> Incoming:
    """Words changed after sending, also under a file. A moving location comes here too, and says nothing new."""
    sender = message.from_user
    if message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat))
    if sender is None or sender.is_bot or (message.text is None and message.caption is None):
        return Incoming(update_id=update_id, kind=Kind.IGNORED)
    typed = _typed_words if message.text is not None else _typed_media
    return typed(update_id, message, sender, edited=True)


def _typed_words(update_id: int, message: Message, sender: User, *, edited: bool) -> Incoming:
    if not isinstance(message.text, str):
        raise Unreadable("text")
    thread_id = thread_of(message.message_thread_id, message.is_topic_message)
    kind, text = kind_of_words(clean_text(message.text))
    return Incoming(
        update_id=update_id,
        kind=kind,
        user_id=_id(sender.id, "from.id"),
        chat_id=_chat_id(message.chat),
        text=text,
        message_id=_id(message.message_id, "message_id"),
        sent_at=_date(message),
        language_code=language_of(sender.language_code),
        edited=edited,
        thread_id=thread_id,
        reply_to=_reply_to(message, thread_id),
    )


def _typed_press(update_id: int, query: CallbackQuery) -> Incoming:
    """A press may come without its message (too old) or with one nobody may see; the chat of a private press is the
    person's id."""
    message, user_id = query.message, _id(query.from_user.id, "from.id")
    if message is not None and message.chat.type != ChatType.PRIVATE:
        return Incoming(update_id=update_id, kind=Kind.GROUP, chat_id=_chat_id(message.chat), press_id=press_id_of(query.id))
    # The library gives an inaccessible message (date 0) the same type as any other here.
    there = message if isinstance(message, Message) and message.date > ZERO_DATE else None
    return Incoming(
        update_id=update_id,
        kind=Kind.PRESS,
        user_id=user_id,
        chat_id=user_id if message is None else _chat_id(message.chat),
        message_id=0 if there is None else _id(there.message_id, "message_id"),
        sent_at=0 if there is None else _date(there),
        language_code=language_of(query.from_user.language_code),
        press_id=press_id_of(query.id),
        press_data=press_data_of(query.data),
        thread_id=0 if there is None else thread_of(there.message_thread_id, there.is_topic_message),
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


def _media(message: Message) -> tuple[str, MediaKind] | None:
    """What came instead of words, and the field that holds it; None for the platform's own notes (a pinned message, a timer,
    a topic). Something newer than the library is taken as media: a person sent it and waits."""
    if any(getattr(message, name, None) is not None for name in _OF_TOPICS):
        return None
    for name, kind in _CONTENT:
        if getattr(message, name, None):
            return name, kind
    return ("", MediaKind.OTHER) if message.api_kwargs else None


def _file(message: Message, attribute: str) -> tuple[str, int, str]:
    """(handle, bytes, media type) of the file a message holds; ("", 0, "") when it holds none that can be passed on."""
    if attribute in _SIZES:
        live = message.live_photo if attribute == "live_photo" else None
        content = max(message.photo if live is None else live.photo or (), key=_area, default=None)
    else:
        content = getattr(message, attribute) if attribute in _FILES else None
    if content is None:
        return "", 0, ""
    return handle_of(content.file_id), size_of(content.file_size), mime_of(getattr(content, "mime_type", None))


def _area(size: PhotoSize) -> int:
    return size.width * size.height if is_id(size.width) and is_id(size.height) else 0


def _place(message: Message, attribute: str) -> tuple[float, float] | None:
    if attribute not in _PLACES:
        return None
    location = message.venue.location if attribute == "venue" and message.venue is not None else message.location
    return None if location is None else place_of(location.latitude, location.longitude)


def _reply_to(message: Message, thread_id: int) -> int:
    answered = message.reply_to_message
    if answered is None:
        return 0
    return reply_of(answered.message_id, opens_topic=answered.forum_topic_created is not None, thread_id=thread_id)


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
