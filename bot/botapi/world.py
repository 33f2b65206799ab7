"""Everything one server holds: bots, people, chats, files, faults, the clock, the log of calls.

The world is changed only from one event loop and every change calls `touch`, which counts a version up and wakes
whoever waits for news (the demo page, a test, a long poll).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Protocol

from bot.botapi.calls import CallLog
from bot.botapi.chats import Chat, Content, Member, Message
from bot.botapi.clock import ServerClock
from bot.botapi.faults import Faults
from bot.botapi.files import FileStore
from bot.botapi.flood import Flood
from bot.botapi.inbox import Pending
from bot.botapi.people import Bot, Person
from bot.botapi.render import message_json
from bot.botapi.shapes import Json

FIRST_PERSON = 7_000_000_001  # beyond 32 bits, as new accounts are
FIRST_BOT = 6_100_000_001
TYPING_SECONDS = 5


class Courier(Protocol):
    """Who carries a bot's updates to its webhook."""

    def offer(self, bot: Bot, pending: Pending) -> None:
        """There is a new update for a bot with a webhook."""


class World:
    """The state of one local server."""

    def __init__(self) -> None:
        self.clock = ServerClock()
        self.version = 0
        self.closing = asyncio.Event()
        self.courier: Courier | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self.empty()

    def empty(self) -> None:
        """Forget everything but the clock and the version."""
        self.bots: dict[str, Bot] = {}
        self.people: dict[int, Person] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.groups: dict[int, Chat] = {}
        self.files = FileStore()
        self.faults = Faults()
        self.flood = Flood()
        self.calls = CallLog()
        self.next_query = 1

    def reset(self) -> None:
        """Forget people, chats, files, faults, calls and waiting updates; bots keep tokens, profiles and webhooks."""
        bots = self.bots
        self.empty()
        self.bots = bots
        for bot in bots.values():
            bot.inbox.waiting.clear()
            bot.inbox.repeats.clear()
            bot.met.clear()
            bot.queries.clear()
        self.clock.set_offset(0.0)
        self.touch()

    @property
    def closed(self) -> bool:
        """Whether the server is going down."""
        return self.closing.is_set()

    # --- news

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def news(self, seen: int) -> int:
        """Wait until the version is past `seen`; returns it. Returns at once when the server closes."""
        while self.version <= seen and not self.closed:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        return self.version

    def close(self) -> None:
        """End every wait."""
        self.closing.set()
        for bot in self.bots.values():
            bot.inbox.wake()
        self.touch()

    def now(self) -> int:
        """Whole unix seconds, as messages carry."""
        return int(self.clock.now())

    # --- who is here

    def add_bot(self, *, username: str, name: str, token: str = "", has_topics: bool = False,
                people_make_topics: bool = False, reads_all_groups: bool = False) -> Bot:  # fmt: skip
        """Register a bot; without a token one is made up."""
        if any(bot.username.lower() == username.lower() and bot.token != token for bot in self.bots.values()):
            raise ValueError(f"there is already a bot @{username}; a second one needs a username of its own")
        bot_id = int(token.split(":", 1)[0]) if token else FIRST_BOT + len(self.bots)
        made = Bot(
            id=bot_id,
            token=token or f"{bot_id}:{secrets.token_urlsafe(26)}",
            username=username,
            name=name,
            has_topics=has_topics,
            people_make_topics=people_make_topics,
            reads_all_groups=reads_all_groups,
        )
        self.bots[made.token] = made
        self.touch()
        return made

    def add_person(self, first_name: str, language_code: str = "es", *, username: str = "", opens: int = 0) -> Person:
        """A new account; `opens` is the bot the demo page shows on its phone."""
        number = FIRST_PERSON + len(self.people)
        made = Person(id=number, first_name=first_name, language_code=language_code, username=username, opens=opens)
        self.people[number] = made
        self.touch()
        return made

    def bot_by_id(self, bot_id: int) -> Bot | None:
        """The bot with this id."""
        return next((bot for bot in self.bots.values() if bot.id == bot_id), None)

    def private_chat(self, bot: Bot, person: Person) -> Chat:
        """The chat of these two, made when first asked for."""
        key = (bot.id, person.id)
        chat = self.private.get(key)
        if chat is None:
            chat = self.private[key] = Chat(id=person.id, kind="private", person=person, bot=bot)
        return chat

    def add_group(self, title: str, *, kind: str = "supergroup", is_forum: bool = False, username: str = "") -> Chat:
        """A new group, supergroup, forum or channel, still empty."""
        number = len(self.groups) + 1
        chat_id = -(5_000_000_000 + number) if kind == "group" else -(1_000_000_000_000 + 2_000_000_000 + number)
        chat = Chat(id=chat_id, kind=kind, title=title, is_forum=is_forum, username=username)
        self.groups[chat_id] = chat
        self.touch()
        return chat

    # --- what happens

    def post(self, chat: Chat, message: Message) -> Message:
        """Put a message into a chat and tell the watchers."""
        chat.add(message)
        self.touch()
        return message

    def service(self, chat: Chat, payload: Json, *, bot: Bot | None = None, person: Person | None = None,
                thread_id: int | None = None) -> Message:  # fmt: skip
        """Post a service message."""
        content = Content(kind="service", payload=payload)
        made = Message(id=chat.new_id(), date=self.now(), content=content, bot=bot, person=person, thread_id=thread_id)
        return self.post(chat, made)

    def tell(self, bot: Bot, kind: str, payload: Json, chat: Chat) -> None:
        """Queue an update for one bot and start its webhook, if it has one."""
        pending = bot.inbox.put(kind, payload, chat=chat.id, at=self.clock.now())
        if pending is not None and bot.inbox.webhook is not None and self.courier is not None:
            self.courier.offer(bot, pending)
        self.touch()

    def announce(self, kind: str, chat: Chat, message: Message) -> None:
        """Tell the bots that may see it of a person's message (or of its edit)."""
        for bot in self.listeners(chat, message):
            self.tell(bot, kind, message_json(chat, message, bot), chat)

    def listeners(self, chat: Chat, message: Message) -> list[Bot]:
        """The bots that receive a person's message: in groups privacy mode applies."""
        if chat.bot is not None:
            return [chat.bot]
        return [bot for bot in self.bots.values() if _hears(bot, chat, message)]

    def member_changed(self, chat: Chat, bot: Bot, person: Person, old: Json, new: Json) -> None:
        """Send my_chat_member."""
        payload: Json = {
            "chat": chat.json(),
            "from": person.json(),
            "date": self.now(),
            "old_chat_member": {"user": bot.json(), **old},
            "new_chat_member": {"user": bot.json(), **new},
        }
        self.tell(bot, "my_chat_member", payload, chat)

    def start_typing(self, chat: Chat, action: str) -> None:
        """Show a chat action for five seconds or until the next message."""
        chat.action = action
        chat.typing_until = self.clock.now() + TYPING_SECONDS
        self.touch()
        asyncio.get_running_loop().call_later(TYPING_SECONDS + 0.05, self.touch)


def _hears(bot: Bot, chat: Chat, message: Message) -> bool:
    member = chat.members.get(bot.id, Member(status="left"))
    if member.status not in {"creator", "administrator", "member", "restricted"}:
        return False
    if bot.reads_all_groups or member.status in {"creator", "administrator"} or message.content.kind == "service":
        return True
    return _addressed(bot, chat, message.content.text, message)


def _addressed(bot: Bot, chat: Chat, text: str, message: Message) -> bool:
    if text.startswith("/"):
        command = text.split(maxsplit=1)[0]
        return "@" not in command or command.lower().endswith("@" + bot.username.lower())
    target = chat.messages.get(message.reply_to) if message.reply_to is not None else None
    mentioned: Callable[[str], bool] = lambda body: f"@{bot.username}".lower() in body.lower()  # noqa: E731
    return (target is not None and target.bot is bot) or mentioned(text)
