"""What the person's phone shows, as plain JSON for the demo page and the tests.

This is the client's side of a chat: messages the person still sees, their buttons, alerts, whether a pressed button
still spins. It is not a Bot API shape.
"""

from __future__ import annotations

from bot.botapi.chats import Chat, Message
from bot.botapi.files import StoredFile
from bot.botapi.methods_profile import QUERY_LIFETIME
from bot.botapi.people import Bot
from bot.botapi.shapes import Json
from bot.botapi.world import World


def state(world: World) -> Json:
    """Everybody and everything in short."""
    return {
        "clock": {"now": world.now(), "offset": int(world.clock.offset)},
        "bots": [bot_view(bot) for bot in world.bots.values()],
        "users": [
            {
                "id": person.id,
                "first_name": person.first_name,
                "language_code": person.language_code,
                "bot": person.opens or None,
                "blocked": {str(bot.id): bot.id in person.blocked for bot in world.bots.values()},
            }
            for person in world.people.values()
        ],
        "faults": world.faults.json(),
        "flood": world.flood.on,
        "version": world.version,
    }


def bot_view(bot: Bot) -> Json:
    """A bot without its token."""
    return {
        "token_id": str(bot.id),
        "id": bot.id,
        "username": bot.username,
        "name": bot.name,
        "has_topics": bot.has_topics,
        "profile": {
            "commands": {":".join(key): commands for key, commands in bot.profile.commands.items()},
            "descriptions": bot.profile.descriptions,
            "short_descriptions": bot.profile.short_descriptions,
            "names": bot.profile.names,
        },
        "updates_waiting": len(bot.inbox.waiting),
        "webhook": bot.inbox.webhook is not None,
    }


def chat_view(world: World, chat: Chat) -> Json:
    """The chat as the person sees it."""
    return {
        "messages": [message_view(world, message) for message in chat.messages.values() if not message.hidden],
        "deleted": chat.deleted,
        "typing": chat.typing_until > world.clock.now(),
        "action": chat.action if chat.typing_until > world.clock.now() else None,
        "alerts": list(chat.alerts),
        "spinning": spinning(world, chat),
        "keyboard": _reply_keyboard(chat, 0),
        "topic_keyboards": {str(thread): _reply_keyboard(chat, thread) for thread in chat.keyboards if thread},
        "topics": [{"id": t.id, "name": t.name, "closed": t.closed} for t in chat.topics.values()],
        "blocked": chat.person is not None and chat.bot is not None and chat.bot.id in chat.person.blocked,
        "version": world.version,
    }


def _reply_keyboard(chat: Chat, thread: int) -> Json | None:
    """The reply keyboard the person has in a topic, 0 for outside of topics."""
    source = chat.messages.get(chat.keyboards.get(thread, 0))
    return source.keyboard.json if source is not None and source.keyboard is not None else None


def spinning(world: World, chat: Chat) -> list[str]:
    """The presses of this chat that no bot has answered yet."""
    now = world.clock.now()
    bots = [chat.bot] if chat.bot is not None else list(world.bots.values())
    return [query.id for bot in bots for query in bot.queries.values() if query.chat_id == chat.id and now - query.at <= QUERY_LIFETIME]


def message_view(world: World, message: Message) -> Json:
    """One message."""
    content = message.content
    captioned = content.kind != "text"
    return {
        "message_id": message.id,
        "from": "user" if message.person is not None else "bot",
        "date": message.date,
        "edit_date": message.edit_date,
        "text": None if captioned else content.text,
        "entities": list(content.entities),
        "caption": content.text if captioned and content.text else None,
        "media": _media(content.kind, content.file, dict(content.payload)),
        "spoiler": content.spoiler,
        "reply_markup": message.keyboard.json if message.keyboard is not None else None,
        "silent": message.silent,
        "protect": message.protect,
        "thread_id": message.thread_id,
        "reply_to": message.reply_to,
        "service": content.service,
    }


def _media(kind: str, stored: StoredFile | None, payload: Json) -> Json | None:
    if stored is not None:
        return {
            "kind": stored.kind,
            "file_id": str(stored.number),
            "url": f"/_control/files/{stored.number}",
            "mime": stored.mime,
            "duration": stored.duration,
            "name": stored.name,
            "size": stored.size,
        }
    if kind in {"location", "contact"}:
        empty: Json = {"file_id": None, "url": None, "mime": None, "duration": None}
        return {"kind": kind, **empty, kind: payload.get(kind)}
    return None
