"""Methods that copy and forward messages between chats of the bot."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.chats import Chat, Content, Message
from bot.botapi.errors import bad_request
from bot.botapi.methods_change import numbers
from bot.botapi.methods_send import send
from bot.botapi.render import message_json
from bot.botapi.shapes import Json


def _origin(message: Message) -> Json:
    if message.origin is not None:
        return message.origin
    author = message.bot or message.person
    sender: Json = author.json() if author is not None else {}
    return {"type": "user", "date": message.date, "sender_user": sender}


def _source(ask: Ask, verb: str) -> tuple[Chat, Message]:
    home = asking.chat_of(ask, write=False, name="from_chat_id")
    message = asking.message_in(home, asking.message_number(ask), bad_request(f"message to {verb} not found"))
    if message.content.kind == "service" or message.protect:
        raise bad_request("the message can't be " + ("copied" if verb == "copy" else "forwarded"))
    return home, message


def copy_message(ask: Ask) -> object:
    _, message = _source(ask, "copy")
    content = message.content
    if ask.params.values.get("caption") is not None and content.file is not None:
        text, entities = asking.caption(ask.params)
        content = replace(content, text=text, entities=tuple(entities))
    return {"message_id": send(ask, content).id}


def forward_message(ask: Ask) -> object:
    _, message = _source(ask, "forward")
    made = _forwarded(ask, message)
    return message_json(asking.chat_of(ask), made, ask.bot)


def _forwarded(ask: Ask, message: Message) -> Message:
    made = send(ask, message.content)
    made.origin = _origin(message)
    return made


def _several(ask: Ask) -> list[Message]:
    wanted = numbers(ask)
    if any(later <= earlier for earlier, later in pairwise(wanted)):
        raise bad_request("message identifiers must be in a strictly increasing order")
    home = asking.chat_of(ask, write=False, name="from_chat_id")
    asking.chat_of(ask)
    found = (home.messages.get(number) for number in wanted)
    return [m for m in found if m is not None and m.content.kind != "service" and not m.protect]


def copy_messages(ask: Ask) -> object:
    bare = ask.params.flag("remove_caption")
    return [{"message_id": send(ask, _bare(m.content) if bare else m.content).id} for m in _several(ask)]


def _bare(content: Content) -> Content:
    return content if content.kind == "text" else replace(content, text="", entities=())


def forward_messages(ask: Ask) -> object:
    return [{"message_id": _forwarded(ask, message).id} for message in _several(ask)]


METHODS: dict[str, Method] = {
    "copymessage": copy_message,
    "copymessages": copy_messages,
    "forwardmessage": forward_message,
    "forwardmessages": forward_messages,
}
