"""Methods that put new messages into a chat: text, media, places, contacts, chat actions."""

from __future__ import annotations

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.chats import Chat, Content, Message
from bot.botapi.errors import bad_request
from bot.botapi.media import LABELS, SPOILER_KINDS, album_item, file_of
from bot.botapi.render import message_json
from bot.botapi.shapes import Json, as_object

ACTIONS = frozenset({
    "cancel", "typing", "record_video", "upload_video", "record_audio", "record_voice", "upload_audio", "upload_voice",
    "upload_photo", "upload_document", "choose_sticker", "pick_up_location", "find_location", "record_video_note",
    "upload_video_note",
})  # fmt: skip


def send(ask: Ask, content: Content, *, album: str | None = None) -> Message:
    """The way of every new message: chat, rights, keyboard, topic, reply, limits, then into the chat."""
    chat = asking.chat_of(ask)
    keyboard = asking.keyboard_for(ask, chat)
    thread = asking.thread_for(ask, chat)
    target = asking.reply_for(ask, chat)
    if thread is None and target is not None and chat.can_have_topics and not ask.topics_ignored:
        thread = target.thread_id
    asking.pass_flood(ask, chat)
    message = Message(
        id=chat.new_id(),
        date=ask.world.now(),
        content=content,
        bot=ask.bot,
        keyboard=keyboard,
        thread_id=thread,
        reply_to=None if target is None else target.id,
        silent=ask.params.flag("disable_notification"),
        protect=ask.params.flag("protect_content"),
        album=album,
    )
    return ask.world.post(chat, message)


def answered(ask: Ask, content: Content) -> Json:
    """Send and return the Message."""
    message = send(ask, content)
    return message_json(asking.chat_of(ask), message, ask.bot)


def send_message(ask: Ask) -> object:
    text, entities = asking.message_text(ask.params)
    return answered(ask, Content(kind="text", text=text, entities=tuple(entities)))


def _sender(kind: str) -> Method:
    def send_file(ask: Ask) -> object:
        stored = file_of(ask, kind)
        text, entities = asking.caption(ask.params) if kind not in {"video_note", "sticker"} else ("", [])
        stored.duration = ask.params.integer("duration", stored.duration)
        stored.title = ask.params.text("title") or stored.title
        stored.performer = ask.params.text("performer") or stored.performer
        spoiler = kind in SPOILER_KINDS and ask.params.flag("has_spoiler")
        return answered(ask, Content(kind=kind, text=text, entities=tuple(entities), file=stored, spoiler=spoiler))

    return send_file


def send_location(ask: Ask) -> object:
    for name in ("latitude", "longitude"):
        if not ask.params.has(name):
            raise bad_request(f"{name} is empty")
    place = place_json(ask.params.number("latitude"), ask.params.number("longitude"))
    return answered(ask, Content(kind="location", payload={"location": place}))


def place_json(latitude: float, longitude: float) -> Json:
    """A Location object; 400 when it is not on this Earth."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong location specified")
    return {"latitude": latitude, "longitude": longitude}


def send_contact(ask: Ask) -> object:
    if not ask.params.has("phone_number"):
        raise bad_request('field "phone_number" must contain a valid phone number')
    if not ask.params.has("first_name"):
        raise bad_request("first name must be non-empty")
    contact: Json = {"phone_number": ask.params.text("phone_number"), "first_name": ask.params.text("first_name")}
    for name in ("last_name", "vcard"):
        if ask.params.has(name):
            contact[name] = ask.params.text(name)
    return answered(ask, Content(kind="contact", payload={"contact": contact}))


def send_media_group(ask: Ask) -> object:
    raw = ask.params.tree("media")
    items = raw if isinstance(raw, list) else []
    if not 2 <= len(items) <= 10:
        raise bad_request("media group must have 2-10 items")
    contents = [album_item(ask, as_object(item)) for item in items]
    asking.pass_flood(ask, asking.chat_of(ask), len(contents) - 1)
    chat = asking.chat_of(ask)
    album = f"{ask.bot.id}{chat.next_id}{ask.bot.next_message_id}"
    return [message_json(chat, send(ask, content, album=album), ask.bot) for content in contents]


def send_chat_action(ask: Ask) -> object:
    action = ask.params.text("action").strip().lower()
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat: Chat = asking.chat_of(ask)
    asking.thread_for(ask, chat, general=True)
    ask.world.start_typing(chat, action)
    return True


METHODS: dict[str, Method] = {
    "sendmessage": send_message,
    "sendlocation": send_location,
    "sendcontact": send_contact,
    "sendmediagroup": send_media_group,
    "sendchataction": send_chat_action,
    **{"send" + kind.replace("_", ""): _sender(kind) for kind in LABELS},
}
