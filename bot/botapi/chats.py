"""Chats and the messages in them.

A private chat belongs to one person and one bot; a group has members, of which bots are some. What a message says is
its frozen `Content`, so copies share it; the `Message` around it says where and when. Deleted messages leave the chat
and are counted. A message may be hidden from the person (they deleted their own view) and still live for the bot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.botapi.files import StoredFile
from bot.botapi.keyboards import Keyboard
from bot.botapi.people import Bot, Person
from bot.botapi.shapes import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says. `kind` is text, photo, voice, ..., or service; `payload` is what a location, a contact or a
    service message carries; `text` is the text or the caption; `spoiler` covers a picture until it is tapped."""

    kind: str
    text: str = ""
    entities: tuple[Json, ...] = ()
    file: StoredFile | None = None
    spoiler: bool = False
    payload: Mapping[str, object] = field(default_factory=dict)

    @property
    def service(self) -> str | None:
        """Name of the service message, None for an ordinary one."""
        return next(iter(self.payload), None) if self.kind == "service" else None


@dataclass(slots=True, kw_only=True)
class Message:
    """One message of a chat. Times are unix seconds; `had_keyboard` marks one sent with a non-inline markup."""

    id: int
    date: int
    content: Content
    bot: Bot | None = None
    person: Person | None = None
    edit_date: int | None = None
    keyboard: Keyboard | None = None
    had_keyboard: bool = False
    thread_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    protect: bool = False
    hidden: bool = False
    origin: Json | None = None
    album: str | None = None

    @property
    def text(self) -> str:
        """The text, or the caption of a medium."""
        return self.content.text

    @property
    def rows(self) -> list[list[Json]]:
        """Its buttons, row after row."""
        return [] if self.keyboard is None else self.keyboard.rows

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, row after row."""
        return [] if self.keyboard is None else self.keyboard.labels


@dataclass(slots=True, kw_only=True)
class Topic:
    """A thread of a forum; its id is the id of the service message that made it."""

    id: int
    name: str
    icon_color: int = 7322096
    icon_custom_emoji_id: str = ""
    closed: bool = False


@dataclass(slots=True, kw_only=True)
class Member:
    """A bot's or person's place in a group: creator, administrator, member, restricted, left or kicked."""

    status: str
    rights: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat. `person` and `bot` are set in a private one, `members` (by id) is filled in the others."""

    id: int
    kind: str
    title: str = ""
    username: str = ""
    person: Person | None = None
    bot: Bot | None = None
    is_forum: bool = False
    started: bool = False
    can_write: bool = True
    migrated_to: int | None = None
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    history: deque[tuple[str, Message, Content]] = field(default_factory=lambda: deque(maxlen=20_000))
    pinned: list[int] = field(default_factory=list)
    deleted: int = 0
    next_id: int = 1
    typing_until: float = 0.0
    action: str = ""
    keyboards: dict[int, int] = field(default_factory=dict)
    alerts: deque[Json] = field(default_factory=lambda: deque(maxlen=5))

    @property
    def private(self) -> bool:
        """Whether this is the chat of one person with one bot."""
        return self.kind == "private"

    @property
    def can_have_topics(self) -> bool:
        """A forum supergroup, or a private chat of a bot that has topics on."""
        return self.bot.has_topics if self.private and self.bot else self.is_forum

    @property
    def keyboard_from(self) -> int | None:
        """The message whose reply keyboard the person has outside of topics; each topic has its own in `keyboards`."""
        return self.keyboards.get(0)

    def json(self) -> Json:
        """The Chat object."""
        if self.person is not None:
            return self.person.chat_json()
        chat: Json = {"id": self.id, "title": self.title, "type": self.kind}
        if self.username:
            chat["username"] = self.username
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def new_id(self) -> int:
        """The next message id: shared by all private chats of a bot, else the chat's own."""
        owner = self.bot if self.private and self.bot else None
        if owner is not None:
            owner.next_message_id += 1
            return owner.next_message_id - 1
        self.next_id += 1
        return self.next_id - 1

    def add(self, message: Message) -> Message:
        """Put a message into the chat; a reply keyboard takes over the person's keyboard."""
        self.messages[message.id] = message
        self.history.append(("sent", message, message.content))
        keyboard = message.keyboard
        if keyboard is not None and not keyboard.inline:
            message.had_keyboard = True
            self.put_away_keyboard(message.thread_id)
            if keyboard.kind == "reply":
                self.keyboards[message.thread_id or 0] = message.id
        if message.bot is not None:
            self.typing_until = 0.0
        return message

    def change(self, message: Message, content: Content, *, at: int) -> None:
        """Replace what a message says."""
        message.content = content
        message.edit_date = at
        self.history.append(("edited", message, content))

    def remove(self, message_id: int) -> bool:
        """Delete a message for both sides; its reply keyboard goes with it."""
        message = self.messages.pop(message_id, None)
        if message is None:
            return False
        self.history.append(("deleted", message, message.content))
        self.deleted += 0 if message.hidden else 1
        self._forget_keyboard(message_id)
        if message_id in self.pinned:
            self.pinned.remove(message_id)
        return True

    def hide(self, message: Message) -> None:
        """The person deletes their own view of a message."""
        if not message.hidden:
            message.hidden = True
            self.deleted += 1
            self.history.append(("hidden", message, message.content))
            self._forget_keyboard(message.id)

    def put_away_keyboard(self, thread_id: int | None = None) -> None:
        """The person no longer has a reply keyboard in this topic (None: outside of topics)."""
        self.keyboards.pop(thread_id or 0, None)

    def remove_topic(self, topic: Topic) -> None:
        """Delete a topic with everything in it, for both sides."""
        for message in [m for m in self.messages.values() if m.thread_id == topic.id]:
            self.remove(message.id)
        del self.topics[topic.id]

    def _forget_keyboard(self, message_id: int) -> None:
        for thread, source in list(self.keyboards.items()):
            if source == message_id:
                del self.keyboards[thread]
