"""One call under way, and the questions every method asks: which chat, may the bot, which topic, which reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.botapi import keyboards, markup
from bot.botapi.chats import Chat, Member, Message
from bot.botapi.entities import MAX_CAPTION, MAX_TEXT, finished, given
from bot.botapi.errors import ApiError, bad_request, forbidden, too_many_requests
from bot.botapi.keyboards import Keyboard
from bot.botapi.params import Params
from bot.botapi.people import Bot
from bot.botapi.shapes import Json, as_flag, as_integer, as_object, as_text
from bot.botapi.world import World

MAX_RAW_TEXT_BYTES = 32_768


@dataclass(slots=True)
class Ask:
    """A call: who asks, of which world, with what. `topics_ignored` is the fault of that name."""

    world: World
    bot: Bot
    params: Params
    topics_ignored: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with a sentence beside it (setWebhook has one)."""

    result: object
    description: str


Method: TypeAlias = Callable[[Ask], object | Awaitable[object]]


# --- chats and rights


def chat_of(ask: Ask, *, write: bool = True, name: str = "chat_id") -> Chat:
    """The chat a call names, after the checks Telegram makes; `write` adds the right to write there."""
    raw = ask.params.text(name).strip()
    if not raw:
        raise bad_request("chat_id is empty")
    return chat_by_name(ask, raw, write=write)


def chat_by_name(ask: Ask, raw: str, *, write: bool) -> Chat:
    """The chat with this id or @username."""
    if raw.startswith("@"):
        chat = next((c for c in ask.world.groups.values() if c.username and c.username.lower() == raw[1:].lower()), None)
        if chat is None:
            raise bad_request("chat not found")
        return _group(ask, chat, write=write)
    number = as_integer(raw)
    if number > 0:
        return _private(ask, number, write=write)
    chat = ask.world.groups.get(number)
    if chat is None:
        raise bad_request("chat not found")
    return _group(ask, chat, write=write)


def _private(ask: Ask, number: int, *, write: bool) -> Chat:
    person = ask.world.people.get(number)
    chat = ask.world.private.get((ask.bot.id, number))
    if person is None or (chat is None and number not in ask.bot.met):
        raise bad_request("chat not found")
    if person.deactivated:
        raise forbidden("user is deactivated")
    if chat is None or not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    if write and ask.bot.id in person.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def _group(ask: Ask, chat: Chat, *, write: bool) -> Chat:
    member = chat.members.get(ask.bot.id)
    if member is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise bad_request("group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": chat.migrated_to})
    kind = "channel" if chat.kind == "channel" else chat.kind
    if member.status == "kicked":
        raise forbidden(f"bot was kicked from the {kind} chat")
    if member.status == "left":
        raise forbidden(f"bot is not a member of the {kind} chat")
    if write and not _may_write(chat, member):
        raise bad_request("have no write access to the chat")
    return chat


def _may_write(chat: Chat, member: Member) -> bool:
    if member.status in {"creator", "administrator"}:
        return True
    return chat.can_write and member.status == "member" and chat.kind != "channel"


def has_right(chat: Chat, bot: Bot, right: str) -> bool:
    """Whether the bot is an administrator with this right, or the chat is private."""
    if chat.private:
        return True
    member = chat.members.get(bot.id)
    return member is not None and member.status == "administrator" and right in member.rights


def pass_flood(ask: Ask, chat: Chat, count: int = 1) -> None:
    """429 when the limiter is on and the bot sends too fast."""
    for _ in range(count):
        seconds = ask.world.flood.retry_after(ask.bot.id, chat.id, ask.world.clock.now())
        if seconds:
            raise too_many_requests(seconds)


# --- words


def formatted(params: Params, name: str, mode: str, entities: str) -> tuple[str, list[Json]]:
    """A text of the call after its parse mode or explicit entities, cleaned and trimmed."""
    raw = params.text(name)
    if len(raw) * 4 > MAX_RAW_TEXT_BYTES and len(raw.encode("utf-8", "surrogatepass")) > MAX_RAW_TEXT_BYTES:
        raise bad_request("text is too long")
    return formatted_text(raw, params.text(mode), params.tree(entities))


def formatted_text(raw: str, mode: str, entities: object) -> tuple[str, list[Json]]:
    """The same for a text that is a field of an object."""
    parse = markup.parser(mode)
    text, found = parse(raw) if parse else (raw, given(entities))
    return finished(text, found)


def message_text(params: Params) -> tuple[str, list[Json]]:
    """The text of a message: there is one, and it is not too long."""
    if not params.has("text"):
        raise bad_request("message text is empty")
    text, entities = formatted(params, "text", "parse_mode", "entities")
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return text, entities


def caption(params: Params) -> tuple[str, list[Json]]:
    """The caption of a medium, often empty."""
    text, entities = formatted(params, "caption", "parse_mode", "caption_entities")
    if len(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities


def keyboard_for(ask: Ask, chat: Chat) -> Keyboard | None:
    """The reply_markup of the call."""
    return keyboards.read(ask.params.values.get("reply_markup"), private=chat.private)


# --- places in a chat


def thread_for(ask: Ask, chat: Chat, *, general: bool = False) -> int | None:
    """The topic the call names; 0 is none, and a chat that cannot be a forum ignores it."""
    number = ask.params.integer("message_thread_id")
    if number == 0 or not chat.can_have_topics or ask.topics_ignored:
        return None
    if number == 1 and general and not chat.private:
        return None
    topic = chat.topics.get(number)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and not has_right(chat, ask.bot, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return number


def reply_for(ask: Ask, chat: Chat) -> Message | None:
    """The message the call answers to, None when there is none or it may be missing."""
    described = as_object(ask.params.tree("reply_parameters"))
    if described is not None:
        number = as_integer(described.get("message_id"))
        lenient = as_flag(described.get("allow_sending_without_reply"))
        home = as_text(described.get("chat_id"))
        source = chat_by_name(ask, home, write=False) if home else chat
    else:
        number = ask.params.integer("reply_to_message_id")
        lenient = ask.params.flag("allow_sending_without_reply")
        source = chat
        if not number:
            return None
    target = source.messages.get(number)
    if target is None and not lenient:
        raise bad_request("message to be replied not found")
    return target if source is chat else None


def message_number(ask: Ask, name: str = "message_id") -> int:
    """A message id of the call; missing and negative ones are 0."""
    return max(0, ask.params.integer(name))


def message_in(chat: Chat, number: int, refusal: ApiError) -> Message:
    """The message with this id, or the refusal."""
    message = chat.messages.get(number)
    if message is None:
        raise refusal
    return message
