"""Messages as JSON, as one bot sees them (file identifiers differ from bot to bot)."""

from __future__ import annotations

from bot.botapi.chats import Chat, Content, Message
from bot.botapi.files import StoredFile
from bot.botapi.people import Bot
from bot.botapi.shapes import Json


def message_json(chat: Chat, message: Message, viewer: Bot, *, with_reply: bool = True) -> Json:
    """The Message object."""
    out: Json = {"message_id": message.id}
    author = message.bot or message.person
    if author is not None:
        out["from"] = author.json()
    out["chat"] = chat.json()
    out["date"] = message.date
    if message.edit_date is not None:
        out["edit_date"] = message.edit_date
    if message.thread_id is not None:
        out["message_thread_id"] = message.thread_id
        out["is_topic_message"] = True
    if message.origin is not None:
        out["forward_origin"] = message.origin
    if with_reply and (target := _replied(chat, message)):
        out["reply_to_message"] = message_json(chat, target, viewer, with_reply=False)
    if message.album is not None:
        out["media_group_id"] = message.album
    if message.protect:
        out["has_protected_content"] = True
    out.update(content_json(message.content, viewer))
    if message.keyboard is not None and message.keyboard.inline:
        out["reply_markup"] = message.keyboard.json
    return out


def _replied(chat: Chat, message: Message) -> Message | None:
    """What a message answers to: a plain one inside a topic answers to the service message that made the topic."""
    if message.reply_to is not None:
        return chat.messages.get(message.reply_to)
    opening = chat.messages.get(message.thread_id) if message.thread_id is not None else None
    return None if opening is message else opening


def content_json(content: Content, viewer: Bot) -> Json:
    """The part of a Message object that is its content."""
    out: Json = dict(content.payload)
    if content.file is not None:
        out[content.kind] = file_json(content.file, viewer)
        if content.kind == "animation":
            out["document"] = file_json(content.file, viewer, as_kind="document")
    if content.spoiler:
        out["has_media_spoiler"] = True
    names = ("text", "entities") if content.kind == "text" else ("caption", "caption_entities")
    if content.text:
        out[names[0]] = content.text
        if content.entities:
            out[names[1]] = list(content.entities)
    return out


def file_json(stored: StoredFile, viewer: Bot, *, as_kind: str = "") -> object:
    """The object of a file inside a message: an array of sizes for a photo."""
    kind = as_kind or stored.kind
    base: Json = {"file_id": stored.file_id(viewer.id), "file_unique_id": stored.unique_id}
    size: Json = {"file_size": stored.size} if stored.tells_size else {}
    if kind == "photo":
        return [{**base, **size, "width": 1280, "height": 960}]
    if kind == "voice":
        return {**base, "duration": stored.duration, "mime_type": stored.mime, **size}
    if kind == "video_note":
        return {**base, "length": 240, "duration": stored.duration, **size}
    if kind == "sticker":
        flags: Json = {"is_animated": False, "is_video": False, "type": "regular"}
        return {**base, "width": 512, "height": 512, **flags, **size}
    named: Json = {"file_name": stored.name, "mime_type": stored.mime, **size}
    if kind == "document":
        return {**base, **named}
    if kind == "audio":
        tags: Json = {k: v for k, v in (("title", stored.title), ("performer", stored.performer)) if v}
        return {**base, "duration": stored.duration, **tags, **named}
    return {**base, "width": 640, "height": 480, "duration": stored.duration, **named}
