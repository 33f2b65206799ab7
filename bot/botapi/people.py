"""Who takes part: people with accounts, and bots with what they have said about themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.botapi.inbox import Inbox
from bot.botapi.shapes import Json


@dataclass(slots=True, kw_only=True)
class Person:
    """A Telegram account; `blocked` holds the ids of the bots the person has blocked, `opens` is the id of the bot whose chat
    the demo page shows on their phone (0: the first bot's)."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "es"
    deactivated: bool = False
    opens: int = 0
    blocked: set[int] = field(default_factory=set)

    def json(self) -> Json:
        """The User object."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            user["last_name"] = self.last_name
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user

    def chat_json(self) -> Json:
        """The Chat object of the private chat with this person."""
        chat: Json = {"id": self.id, "first_name": self.first_name}
        if self.last_name:
            chat["last_name"] = self.last_name
        if self.username:
            chat["username"] = self.username
        chat["type"] = "private"
        return chat


@dataclass(slots=True, kw_only=True)
class Query:
    """A press of a button that waits for its answer."""

    id: str
    at: float
    chat_id: int
    person_id: int
    message_id: int
    data: str
    answered: bool = False


@dataclass(slots=True, kw_only=True)
class Profile:
    """What people see of a bot, by language code ("" is everyone else)."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)
    admin_rights: dict[bool, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Bot:
    """A bot registered here. Message ids of its private chats are drawn from one counter, as on Telegram."""

    id: int
    token: str
    username: str
    name: str
    has_topics: bool = False
    people_make_topics: bool = False
    reads_all_groups: bool = False
    next_message_id: int = 1
    inbox: Inbox = field(default_factory=Inbox)
    profile: Profile = field(default_factory=Profile)
    met: set[int] = field(default_factory=set)
    queries: dict[str, Query] = field(default_factory=dict)

    def json(self) -> Json:
        """The User object as others see it."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def me(self) -> Json:
        """The User object of getMe."""
        return {
            **self.json(),
            "can_join_groups": True,
            "can_read_all_group_messages": self.reads_all_groups,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": self.has_topics,
            "allows_users_to_create_topics": self.has_topics and self.people_make_topics,
        }
