"""Who takes part, and what they see: people, bots, groups, and the messages on a person's phone.

Whoever asks names a person and, where there are several bots, the bot: the `Bot` itself, its token or its @username;
without one the first bot is meant. In a bot with topics `thread` narrows what is seen: a topic's id, 0 for what stands
outside of topics, None for everything. Deleted and hidden messages are never among what is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from bot.botapi import doings, views
from bot.botapi.chats import Chat, Member, Message
from bot.botapi.doings import NotPossible
from bot.botapi.people import Bot, Person
from bot.botapi.world import World

WhichBot: TypeAlias = Bot | str | None


class Eyes:
    """The people of one world, looking."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def bot(self) -> Bot:
        """The first bot; made when none was registered."""
        return next(iter(self.world.bots.values()), None) or self.add_bot()

    @property
    def token(self) -> str:
        """The token of the first bot."""
        return self.bot.token

    def bot_named(self, which: WhichBot = None) -> Bot:
        """The bot with this token or @username, the first one for None; ValueError when there is no such bot."""
        if which is None:
            return self.bot
        if isinstance(which, Bot):
            return which
        name = which.removeprefix("@").lower()
        for bot in self.world.bots.values():
            if which == bot.token or name == bot.username.lower():
                return bot
        raise ValueError(f"no bot has this token or username; there are {[bot.username for bot in self.world.bots.values()]}")

    # --- who takes part

    def add_user(self, first_name: str = "Ana", language_code: str = "es", *, username: str = "",
                 bot: WhichBot = None) -> Person:  # fmt: skip
        """A new person; the demo page shows their phone with the chat of this bot."""
        opens = self.bot_named(bot).id if bot is not None else 0
        return self.world.add_person(first_name, language_code, username=username, opens=opens)

    def add_bot(self, token: str = "", *, username: str = "amparo_local_bot", name: str = "Amparo",
                topics: bool = False, people_make_topics: bool = False,
                reads_all_groups: bool = False) -> Bot:  # fmt: skip
        """Register a bot; the first one is the one that deeds mean when they name none. Without a token one is made up.

        `topics` is the bot's property in private chats (getMe.has_topics_enabled). Each bot needs a username of its own.
        """
        return self.world.add_bot(
            username=username, name=name, token=token, has_topics=topics, people_make_topics=people_make_topics,
            reads_all_groups=reads_all_groups,
        )  # fmt: skip

    def set_topics(self, bot: WhichBot = None, *, on: bool) -> None:
        """Switch topics in private chats on or off, as the bot's owner does; chats and topics stay as they are."""
        self.bot_named(bot).has_topics = on
        self.world.touch()

    def add_group(self, title: str, *, kind: str = "supergroup", is_forum: bool = False,
                  people: Iterable[Person] = (), username: str = "") -> Chat:  # fmt: skip
        """A group with these people in it; the first is its owner. Bots come with `set_member`."""
        chat = self.world.add_group(title, kind=kind, is_forum=is_forum, username=username)
        for at, person in enumerate(people):
            chat.members[person.id] = Member(status="member" if at else "creator")
        return chat

    def set_member(self, chat: Chat, by: Person, status: str = "member", rights: Sequence[str] = (),
                   bot: WhichBot = None) -> None:  # fmt: skip
        """Let a person add the bot to a group, promote it, or remove it (left, kicked)."""
        doings.set_member(self.world, chat, self.bot_named(bot), by, status, rights)

    def upgrade(self, chat: Chat) -> Chat:
        """Turn a basic group into a supergroup."""
        return doings.upgrade(self.world, chat)

    # --- seeing

    def chat(self, user: Person, bot: WhichBot = None) -> Chat:
        """The person's chat with the bot, with everything in it."""
        return self.world.private_chat(self.bot_named(bot), user)

    def messages(self, user: Person, bot: WhichBot = None, *, thread: int | None = None) -> list[Message]:
        """What the person sees, oldest first."""
        seen = (message for message in self.chat(user, bot).messages.values() if not message.hidden)
        return [message for message in seen if thread is None or (message.thread_id or 0) == thread]

    def screen(self, user: Person, bot: WhichBot = None, *, thread: int | None = None) -> Message:
        """The newest message of the bot the person sees; `NotPossible` when there is none."""
        for message in reversed(self.messages(user, bot, thread=thread)):
            if message.bot is not None and message.content.kind != "service":
                return message
        raise NotPossible("the bot has no message in this chat")

    def sees(self, user: Person, text: str, bot: WhichBot = None, *, thread: int | None = None) -> bool:
        """Whether any message the person sees holds this text."""
        return any(text in message.text for message in self.messages(user, bot, thread=thread))

    def topics(self, user: Person, bot: WhichBot = None) -> list[tuple[int, str]]:
        """The topics of the person's chat, oldest first: (thread id, name)."""
        return [(topic.id, topic.name) for topic in self.chat(user, bot).topics.values()]

    def alerts(self, user: Person, bot: WhichBot = None) -> list[str]:
        """The last answers to pressed buttons, oldest first."""
        return [str(alert["text"]) for alert in self.chat(user, bot).alerts]

    def spinning(self, user: Person, bot: WhichBot = None) -> list[str]:
        """Presses no bot has answered."""
        return views.spinning(self.world, self.chat(user, bot))

    def transcript(self, user: Person, bot: WhichBot = None) -> list[tuple[str, int, str]]:
        """Everything that happened in the chat: (sent, edited, deleted or hidden; message id; text then)."""
        return [(what, message.id, content.text) for what, message, content in self.chat(user, bot).history]
