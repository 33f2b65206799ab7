"""Topics: threads of a forum supergroup, or of a private chat when the bot has them on.

A topic that is gone is refused with TOPIC_ID_INVALID by the methods of this file, as public bots report it (inferred
from their code, not seen here), while sending into it is refused with "message thread not found".
"""

from __future__ import annotations

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.chats import Chat, Topic
from bot.botapi.errors import bad_request
from bot.botapi.shapes import Json

NAME_LIMIT = 128
COLORS = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})


def _forum(ask: Ask, *, private_too: bool = True) -> Chat:
    chat = asking.chat_of(ask)
    if not chat.can_have_topics or (chat.private and not private_too):
        raise bad_request("the chat is not a forum")
    return chat


def _topic(ask: Ask, chat: Chat) -> Topic:
    topic = chat.topics.get(ask.params.integer("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def _may_manage(ask: Ask, chat: Chat, deed: str) -> None:
    if not asking.has_right(chat, ask.bot, "can_manage_topics"):
        raise bad_request(f"not enough rights to {deed}")


def create_forum_topic(ask: Ask) -> object:
    name = ask.params.text("name").strip()[:NAME_LIMIT]
    chat = _forum(ask)
    _may_manage(ask, chat, "create a topic")
    if not name:
        raise bad_request("name must be non-empty")
    color = ask.params.integer("icon_color", 7322096)
    if color not in COLORS:
        raise bad_request("invalid icon color specified")
    made = Topic(id=0, name=name, icon_color=color, icon_custom_emoji_id=ask.params.text("icon_custom_emoji_id"))
    asking.pass_flood(ask, chat)
    service = ask.world.service(chat, {"forum_topic_created": _appearance(made)}, bot=ask.bot)
    made.id = service.thread_id = service.id
    chat.topics[made.id] = made
    ask.world.touch()
    return {"message_thread_id": made.id, **_appearance(made)}


def _appearance(topic: Topic) -> Json:
    look: Json = {"name": topic.name, "icon_color": topic.icon_color}
    if topic.icon_custom_emoji_id:
        look["icon_custom_emoji_id"] = topic.icon_custom_emoji_id
    return look


def edit_forum_topic(ask: Ask) -> object:
    chat = _forum(ask)
    topic = _topic(ask, chat)
    _may_manage(ask, chat, "edit the topic")
    changed: Json = {}
    name = ask.params.text("name").strip()[:NAME_LIMIT]
    if name and name != topic.name:
        topic.name = changed["name"] = name
    if "icon_custom_emoji_id" in ask.params.values:
        topic.icon_custom_emoji_id = ask.params.text("icon_custom_emoji_id")
        changed["icon_custom_emoji_id"] = topic.icon_custom_emoji_id
    if not changed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    ask.world.service(chat, {"forum_topic_edited": changed}, bot=ask.bot, thread_id=topic.id)
    return True


def _set_closed(ask: Ask, *, closed: bool) -> object:
    chat = _forum(ask, private_too=False)
    topic = _topic(ask, chat)
    _may_manage(ask, chat, "close the topic" if closed else "reopen the topic")
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    word = "forum_topic_closed" if closed else "forum_topic_reopened"
    ask.world.service(chat, {word: {}}, bot=ask.bot, thread_id=topic.id)
    return True


def close_forum_topic(ask: Ask) -> object:
    return _set_closed(ask, closed=True)


def reopen_forum_topic(ask: Ask) -> object:
    return _set_closed(ask, closed=False)


def delete_forum_topic(ask: Ask) -> object:
    chat = _forum(ask)
    topic = _topic(ask, chat)
    if not asking.has_right(chat, ask.bot, "can_delete_messages"):
        raise bad_request("not enough rights to delete the topic")
    chat.remove_topic(topic)
    ask.world.touch()
    return True


def unpin_all_forum_topic_messages(ask: Ask) -> object:
    chat = _forum(ask)
    topic = _topic(ask, chat)
    if not asking.has_right(chat, ask.bot, "can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    chat.pinned[:] = [number for number in chat.pinned if chat.messages[number].thread_id != topic.id]
    ask.world.touch()
    return True


METHODS: dict[str, Method] = {
    "createforumtopic": create_forum_topic,
    "editforumtopic": edit_forum_topic,
    "closeforumtopic": close_forum_topic,
    "reopenforumtopic": reopen_forum_topic,
    "deleteforumtopic": delete_forum_topic,
    "unpinallforumtopicmessages": unpin_all_forum_topic_messages,
}
