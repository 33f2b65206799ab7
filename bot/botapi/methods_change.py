"""Methods that edit and delete messages, with Telegram's rules about whose and how old.

The bot edits only its own messages, and only those without a reply keyboard. It deletes messages younger than 48
hours of the server's clock; in groups others' messages need the right. `deleteMessages` says true whatever it left.
"""

from __future__ import annotations

from dataclasses import replace

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.chats import Chat, Content, Message
from bot.botapi.errors import ApiError, bad_request
from bot.botapi.keyboards import Keyboard
from bot.botapi.media import media_content
from bot.botapi.render import message_json
from bot.botapi.shapes import as_integer, as_object

DELETABLE_SECONDS = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
_CREATION = frozenset({"supergroup_chat_created", "channel_chat_created", "group_chat_created", "forum_topic_created"})
_CAPTIONED = frozenset({"photo", "audio", "document", "video", "animation", "voice"})


# --- editing


def _editable(ask: Ask) -> tuple[Chat, Message]:
    number = asking.message_number(ask)
    if not ask.params.has("chat_id") and not number:
        if not ask.params.has("inline_message_id"):
            raise bad_request("message identifier is not specified")
        raise bad_request("MESSAGE_ID_INVALID")
    chat = asking.chat_of(ask)
    message = asking.message_in(chat, number, bad_request("message to edit not found"))
    if message.bot is not ask.bot or message.had_keyboard or message.origin or message.content.kind == "service":
        raise bad_request("message can't be edited")
    return chat, message


def _inline_keyboard(ask: Ask, chat: Chat) -> Keyboard | None:
    keyboard = asking.keyboard_for(ask, chat)
    if keyboard is not None and not keyboard.inline:
        raise bad_request("inline keyboard expected")
    return keyboard


def _edit(ask: Ask, chat: Chat, message: Message, content: Content) -> object:
    keyboard = _inline_keyboard(ask, chat)
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(NOT_MODIFIED)
    asking.pass_flood(ask, chat)
    message.keyboard = keyboard
    chat.change(message, content, at=ask.world.now())
    ask.world.touch()
    return message_json(chat, message, ask.bot)


def edit_message_text(ask: Ask) -> object:
    text, entities = asking.message_text(ask.params)
    chat, message = _editable(ask)
    if message.content.kind != "text":
        raise bad_request("there is no text in the message to edit")
    return _edit(ask, chat, message, Content(kind="text", text=text, entities=tuple(entities)))


def edit_message_caption(ask: Ask) -> object:
    text, entities = asking.caption(ask.params)
    chat, message = _editable(ask)
    if message.content.kind not in _CAPTIONED:
        raise bad_request("there is no caption in the message to edit")
    return _edit(ask, chat, message, replace(message.content, text=text, entities=tuple(entities)))


def edit_message_media(ask: Ask) -> object:
    content = media_content(ask, as_object(ask.params.tree("media")))
    chat, message = _editable(ask)
    if message.content.file is None:
        raise bad_request("there is no media in the message to edit")
    return _edit(ask, chat, message, content)


def edit_message_reply_markup(ask: Ask) -> object:
    chat, message = _editable(ask)
    return _edit(ask, chat, message, message.content)


# --- deleting


def refusal_to_delete(ask: Ask, chat: Chat, message: Message) -> ApiError | None:
    """Why the bot may not delete this message, None when it may."""
    if not chat.private and message.content.service in _CREATION:
        return bad_request("message can't be deleted")
    own = message.bot is ask.bot
    if not own and not asking.has_right(chat, ask.bot, "can_delete_messages"):
        return bad_request("message can't be deleted")
    if ask.world.clock.now() - message.date >= DELETABLE_SECONDS:
        return bad_request("message can't be deleted for everyone")
    return None


def delete_message(ask: Ask) -> object:
    number = asking.message_number(ask)
    chat = asking.chat_of(ask, write=False)
    if not number:
        raise bad_request("message identifier is not specified")
    message = asking.message_in(chat, number, bad_request("message to delete not found"))
    refusal = refusal_to_delete(ask, chat, message)
    if refusal is not None:
        raise refusal
    chat.remove(number)
    ask.world.touch()
    return True


def numbers(ask: Ask) -> list[int]:
    """The message_ids of a call: 1 to 100 positive numbers; strings are allowed."""
    raw = ask.params.tree("message_ids")
    if raw is not None and not isinstance(raw, list):
        raise bad_request("can't parse message identifiers: Expected an Array of message identifiers")
    found = [as_integer(item) for item in raw or ()]
    if not found:
        raise bad_request("message identifiers are not specified")
    if len(found) > 100:
        raise bad_request("too many message identifiers specified")
    if any(number <= 0 for number in found):
        raise bad_request("invalid message identifier specified")
    return found


def delete_messages(ask: Ask) -> object:
    wanted = numbers(ask)
    chat = asking.chat_of(ask, write=False)
    for number in wanted:
        message = chat.messages.get(number)
        if message is not None and refusal_to_delete(ask, chat, message) is None:
            chat.remove(number)
    ask.world.touch()
    return True


METHODS: dict[str, Method] = {
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagemedia": edit_message_media,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
}
