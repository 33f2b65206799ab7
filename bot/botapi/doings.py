"""What people do: write, press, attach, edit, delete, block.

Each deed changes the chat as the person's own client would and tells the bots what Telegram would tell them. A deed a
client would not allow (writing to a bot one has blocked, pressing a button that is not there) raises `NotPossible`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.botapi.chats import Chat, Content, Member, Message
from bot.botapi.entities import MAX_TEXT, finished
from bot.botapi.files import StoredFile
from bot.botapi.media import SPOILER_KINDS
from bot.botapi.methods_chats import member_json
from bot.botapi.methods_profile import QUERY_LIFETIME
from bot.botapi.people import Bot, Person, Query
from bot.botapi.render import message_json
from bot.botapi.shapes import Json, as_object, as_text
from bot.botapi.world import World


class NotPossible(Exception):
    """The person's client would not let them do this."""


def _open_chat(world: World, person: Person, bot: Bot) -> Chat:
    if bot.id in person.blocked:
        raise NotPossible("the person has blocked this bot")
    if person.deactivated:
        raise NotPossible("the account is deactivated")
    chat = world.private_chat(bot, person)
    chat.started = True
    bot.met.add(person.id)
    return chat


def say(world: World, chat: Chat, person: Person, content: Content, *, thread_id: int | None = None,
        reply_to: int | None = None) -> Message:  # fmt: skip
    """Put a person's message into a chat and tell the bots; an answer goes to the topic of what it answers."""
    thread_id = _place(chat, thread_id or None, reply_to)
    if not chat.private:
        for bot in world.bots.values():
            if bot.id in chat.members:
                bot.met.add(person.id)
    message = Message(
        id=chat.new_id(),
        date=world.now(),
        content=content,
        person=person,
        thread_id=thread_id,
        reply_to=reply_to,
    )
    _use_up_keyboard(chat, thread_id)
    world.post(chat, message)
    world.announce("message", chat, message)
    return message


def _place(chat: Chat, thread_id: int | None, reply_to: int | None) -> int | None:
    """The topic a person's message lands in; `NotPossible` when the topic or the message answered to is not there."""
    target = chat.messages.get(reply_to) if reply_to is not None else None
    if reply_to is not None and (target is None or target.hidden):
        raise NotPossible("the message to answer to is not in this chat")
    if not chat.can_have_topics:
        return None
    if thread_id is not None and thread_id not in chat.topics:
        raise NotPossible("there is no such topic")
    if target is not None and target.thread_id is not None and thread_id not in {None, target.thread_id}:
        raise NotPossible("the message to answer to is in another topic")
    return thread_id if target is None else target.thread_id


def _use_up_keyboard(chat: Chat, thread_id: int | None) -> None:
    source = chat.messages.get(chat.keyboards.get(thread_id or 0, 0))
    if source is not None and source.keyboard is not None and source.keyboard.json.get("one_time_keyboard"):
        chat.put_away_keyboard(thread_id)


def write(world: World, person: Person, bot: Bot, text: str, *, thread_id: int | None = None,
          reply_to: int | None = None) -> Message:  # fmt: skip
    """Write to the bot; like a client, a text over 4096 characters goes as several messages."""
    chat = _open_chat(world, person, bot)
    return [say(world, chat, person, written(piece), thread_id=thread_id, reply_to=reply_to) for piece in _pieces(text)][-1]


def _pieces(text: str) -> list[str]:
    if not text.strip():
        raise NotPossible("an empty message cannot be sent")
    return [text[at : at + MAX_TEXT] for at in range(0, len(text), MAX_TEXT)]


def written(text: str) -> Content:
    """Plain text as a client sends it, with the commands and links Telegram finds."""
    body, entities = finished(text, ())
    return Content(kind="text", text=body, entities=tuple(entities))


def write_in_group(world: World, chat: Chat, person: Person, text: str, *, thread_id: int | None = None,
                   reply_to: int | None = None) -> Message:  # fmt: skip
    """Write into a group."""
    return say(world, chat, person, written(text), thread_id=thread_id, reply_to=reply_to)


def attach(world: World, person: Person, bot: Bot, stored: StoredFile, *, caption: str = "", spoiler: bool = False,
           thread_id: int | None = None, reply_to: int | None = None) -> Message:  # fmt: skip
    """Send a file."""
    if spoiler and stored.kind not in SPOILER_KINDS:
        raise NotPossible(f"a {stored.kind} cannot be covered")
    body, entities = finished(caption, ())
    content = Content(kind=stored.kind, text=body, entities=tuple(entities), file=stored, spoiler=spoiler)
    return send(world, person, bot, content, thread_id=thread_id, reply_to=reply_to)


def send(world: World, person: Person, bot: Bot, content: Content, *, thread_id: int | None = None,
         reply_to: int | None = None) -> Message:  # fmt: skip
    """Send any content."""
    return say(world, _open_chat(world, person, bot), person, content, thread_id=thread_id, reply_to=reply_to)


def share_place(world: World, person: Person, bot: Bot, latitude: float, longitude: float, *,
                thread_id: int | None = None, reply_to: int | None = None) -> Message:  # fmt: skip
    """Send a location."""
    place: Json = {"location": {"latitude": latitude, "longitude": longitude}}
    content = Content(kind="location", payload=place)
    return send(world, person, bot, content, thread_id=thread_id, reply_to=reply_to)


def share_contact(world: World, person: Person, bot: Bot, phone_number: str, first_name: str = "", *,
                  thread_id: int | None = None, reply_to: int | None = None) -> Message:  # fmt: skip
    """Send a contact; without a name it is the person's own."""
    contact: Json = {"phone_number": phone_number, "first_name": first_name or person.first_name}
    if not first_name:
        contact["user_id"] = person.id
    content = Content(kind="contact", payload={"contact": contact})
    return send(world, person, bot, content, thread_id=thread_id, reply_to=reply_to)


# --- pressing


def press(world: World, chat: Chat, person: Person, bot: Bot, message: Message, button: Json) -> Json:
    """Press one button: a query, a typed answer, or something the client does by itself."""
    if message.hidden:
        raise NotPossible("the person does not see this message")
    if "callback_data" in button:
        return {"query": press_data(world, chat, person, bot, message.id, as_text(button["callback_data"]))}
    if "url" in button:
        return {"copied": button["url"]}
    if "copy_text" in button:
        return {"copied": (as_object(button["copy_text"]) or {}).get("text")}
    if message.keyboard is not None and message.keyboard.kind == "reply":
        return _press_reply(world, person, bot, message.thread_id, button)
    raise NotPossible("this server's people do not know this kind of button")


def _press_reply(world: World, person: Person, bot: Bot, thread_id: int | None, button: Json) -> Json:
    if button.get("request_location"):
        return {"sent": share_place(world, person, bot, 19.4326, -99.1332, thread_id=thread_id).id}
    if button.get("request_contact"):
        return {"sent": share_contact(world, person, bot, "+525500000000", thread_id=thread_id).id}
    return {"sent": send(world, person, bot, written(as_text(button["text"])), thread_id=thread_id).id}


def press_data(world: World, chat: Chat, person: Person, bot: Bot, message_id: int, data: str) -> str:
    """Send a callback query with these bytes, whatever the message offers; returns the query's id.

    A message that is gone (it was deleted while the press was on its way) comes as inaccessible.
    """
    if bot.id in person.blocked:
        raise NotPossible("the person has blocked this bot")
    now = world.clock.now()
    query = Query(
        id=str(4_000_000_000_000_000_000 + world.next_query * 7919),
        at=now,
        chat_id=chat.id,
        person_id=person.id,
        message_id=message_id,
        data=data,
    )
    world.next_query += 1
    while bot.queries and now - (oldest := next(iter(bot.queries.values()))).at > QUERY_LIFETIME:
        del bot.queries[oldest.id]
    bot.queries[query.id] = query
    message = chat.messages.get(message_id)
    shown: Json = {"chat": chat.json(), "message_id": message_id, "date": 0}
    if message is not None:
        shown = message_json(chat, message, bot)
    payload: Json = {"id": query.id, "from": person.json(), "message": shown, "data": data}
    world.tell(bot, "callback_query", {**payload, "chat_instance": str(bot.id * 31 + chat.id)}, chat)
    return query.id


# --- changing one's own messages, leaving, coming


def edit(world: World, chat: Chat, message: Message, text: str) -> None:
    """Edit one's own text, or the caption of one's own medium."""
    content = message.content
    if message.person is None or (content.kind != "text" and content.file is None):
        raise NotPossible("only one's own text or caption can be edited")
    if chat.messages.get(message.id) is not message or message.hidden:
        raise NotPossible("the message is not in this chat")
    body, entities = finished(text, ())
    if content.kind == "text" and not body:
        raise NotPossible("an empty message cannot be sent")
    chat.change(message, replace(content, text=body, entities=tuple(entities)), at=world.now())
    world.announce("edited_message", chat, message)


def delete(world: World, chat: Chat, message: Message, *, for_both: bool) -> None:
    """Delete one's view of a message, or the message for both sides; bots are told neither."""
    if chat.messages.get(message.id, message) is not message:
        raise NotPossible("the message is not in this chat")
    if for_both:
        chat.remove(message.id)
    else:
        chat.hide(message)
    world.touch()


def clear(world: World, chat: Chat, *, for_both: bool) -> None:
    """Delete the whole chat."""
    for message in list(chat.messages.values()):
        delete(world, chat, message, for_both=for_both)
    if for_both:
        chat.topics.clear()
    chat.keyboards.clear()
    world.touch()


def delete_topic(world: World, chat: Chat, thread_id: int) -> None:
    """Delete a topic of a private chat with everything in it; bots are not told, their next message there is refused."""
    topic = chat.topics.get(thread_id)
    if topic is None or not chat.private:
        raise NotPossible("there is no such topic")
    chat.remove_topic(topic)
    world.touch()


def block(world: World, person: Person, bot: Bot) -> None:
    """Stop the bot."""
    if bot.id in person.blocked:
        return
    person.blocked.add(bot.id)
    _membership(world, person, bot, "member", "kicked")


def unblock(world: World, person: Person, bot: Bot) -> None:
    """Let the bot speak again."""
    if bot.id not in person.blocked:
        return
    person.blocked.discard(bot.id)
    _membership(world, person, bot, "kicked", "member")


def _membership(world: World, person: Person, bot: Bot, old: str, new: str) -> None:
    chat = world.private_chat(bot, person)
    world.member_changed(chat, bot, person, member_json(Member(status=old)), member_json(Member(status=new)))


def set_member(world: World, chat: Chat, bot: Bot, by: Person, status: str, rights: Sequence[str] = ()) -> None:
    """Add a bot to a group, make it administrator, or remove it; the bot is told."""
    old = chat.members.get(bot.id, Member(status="left"))
    new = Member(status=status, rights=frozenset(rights))
    chat.members[bot.id] = new
    world.member_changed(chat, bot, by, member_json(old), member_json(new))
    if old.status in {"left", "kicked"} and status not in {"left", "kicked"} and chat.kind != "channel":
        joined: Json = {"new_chat_members": [bot.json()]}
        world.announce("message", chat, world.service(chat, joined, person=by))


def upgrade(world: World, chat: Chat) -> Chat:
    """Turn a basic group into a supergroup; the old chat answers with where it went."""
    new = world.add_group(chat.title, kind="supergroup")
    new.members.update(chat.members)
    chat.migrated_to = new.id
    return new
