"""The people's hands: what a test or the demo does as a person, and what it can then see.

Every deed takes the person and, where there are several, the bot. What a person sees comes back as `Message` objects
with `text` and `labels`; deleted and hidden messages are not among them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from bot.botapi import doings, views
from bot.botapi.calls import Call
from bot.botapi.chats import Chat, Content, Member, Message, Topic
from bot.botapi.doings import NotPossible
from bot.botapi.faults import Fault
from bot.botapi.people import Bot, Person
from bot.botapi.shapes import Json
from bot.botapi.world import World


class Phone:
    """The people of one world."""

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

    # --- who takes part

    def add_user(self, first_name: str = "Ana", language_code: str = "es", *, username: str = "") -> Person:
        """A new person."""
        return self.world.add_person(first_name, language_code, username=username)

    def add_bot(self, token: str = "", *, username: str = "amparo_local_bot", name: str = "Amparo",
                has_topics: bool = False, people_make_topics: bool = False,
                reads_all_groups: bool = False) -> Bot:  # fmt: skip
        """Register a bot; the first one is the one that deeds mean when they name none. Without a token one is made up."""
        return self.world.add_bot(
            username=username, name=name, token=token, has_topics=has_topics, people_make_topics=people_make_topics,
            reads_all_groups=reads_all_groups,
        )  # fmt: skip

    def add_group(self, title: str, *, kind: str = "supergroup", is_forum: bool = False,
                  people: Iterable[Person] = (), username: str = "") -> Chat:  # fmt: skip
        """A group with these people in it; the first is its owner. Bots come with `set_member`."""
        chat = self.world.add_group(title, kind=kind, is_forum=is_forum, username=username)
        for at, person in enumerate(people):
            chat.members[person.id] = Member(status="member" if at else "creator")
        return chat

    def set_member(self, chat: Chat, by: Person, status: str = "member", rights: Sequence[str] = (),
                   bot: Bot | None = None) -> None:  # fmt: skip
        """Let a person add the bot to a group, promote it, or remove it (left, kicked)."""
        doings.set_member(self.world, chat, self._bot(bot), by, status, rights)

    def upgrade(self, chat: Chat) -> Chat:
        """Turn a basic group into a supergroup."""
        return doings.upgrade(self.world, chat)

    def group_text(self, chat: Chat, user: Person, text: str, *, thread_id: int | None = None,
                   reply_to: int | None = None) -> Message:  # fmt: skip
        """Write into a group."""
        return doings.write_in_group(self.world, chat, user, text, thread_id=thread_id, reply_to=reply_to)

    # --- deeds

    def press_start(self, user: Person, payload: str = "", bot: Bot | None = None) -> Message:
        """Press Start, maybe through a link with a payload; a bot that was blocked is let in again."""
        self.unblock(user, bot)
        return self.text(user, f"/start {payload}".strip(), bot)

    def text(self, user: Person, text: str, bot: Bot | None = None, *, thread_id: int | None = None,
             reply_to: int | None = None) -> Message:  # fmt: skip
        """Write to the bot."""
        return doings.write(self.world, user, self._bot(bot), text, thread_id=thread_id, reply_to=reply_to)

    def tap(self, user: Person, row: int = 0, col: int = 0, *, message: Message | None = None,
            bot: Bot | None = None) -> Json:  # fmt: skip
        """Press the button at this place of a message, by default of the screen."""
        target = message or self.screen(user, bot)
        return self._press(user, target, target.rows[row][col], bot)

    def tap_label(self, user: Person, label: str, *, message: Message | None = None, bot: Bot | None = None) -> Json:
        """Press the newest button whose label holds this text."""
        candidates = [message] if message is not None else list(reversed(self.messages(user, bot)))
        for candidate in candidates:
            for row in candidate.rows:
                for button in row:
                    if label in str(button.get("text")):
                        return self._press(user, candidate, button, bot)
        raise NotPossible(f"no button says {label!r}; there are {[m.labels for m in candidates if m.labels]}")

    def tap_data(self, user: Person, message_id: int, data: str, bot: Bot | None = None) -> str:
        """Send forged callback data; returns the query id."""
        return doings.press_data(self.world, self.chat(user, bot), user, self._bot(bot), message_id, data)

    def media(self, user: Person, kind: str, data: bytes = b"\x00", *, bot: Bot | None = None, caption: str = "",
              name: str = "", mime: str = "", size: int | None = None, duration: int = 0,
              thread_id: int | None = None) -> Message:  # fmt: skip
        """Send a voice note, photo, video, audio, document, ...; `size` may pretend a big file."""
        stored = self.world.files.add(kind, data, name=name, mime=mime, size=size, duration=duration)
        return doings.attach(self.world, user, self._bot(bot), stored, caption=caption, thread_id=thread_id)

    def location(self, user: Person, latitude: float, longitude: float, bot: Bot | None = None) -> Message:
        """Share a place."""
        return doings.share_place(self.world, user, self._bot(bot), latitude, longitude)

    def contact(self, user: Person, phone_number: str, first_name: str = "", bot: Bot | None = None) -> Message:
        """Share a contact, one's own without a name."""
        return doings.share_contact(self.world, user, self._bot(bot), phone_number, first_name)

    def send(self, user: Person, content: Content, bot: Bot | None = None) -> Message:
        """Send any content (a sticker, a poll, ...)."""
        return doings.send(self.world, user, self._bot(bot), content)

    def edit(self, user: Person, message: Message, text: str, bot: Bot | None = None) -> None:
        """Edit one's own text."""
        doings.edit(self.world, self.chat(user, bot), message, text)

    def delete(self, user: Person, message: Message, bot: Bot | None = None, *, for_both: bool = False) -> None:
        """Delete one's view of a message, or the message for both sides."""
        doings.delete(self.world, self.chat(user, bot), message, for_both=for_both)

    def clear(self, user: Person, bot: Bot | None = None, *, for_both: bool = False) -> None:
        """Delete the chat."""
        doings.clear(self.world, self.chat(user, bot), for_both=for_both)

    def block(self, user: Person, bot: Bot | None = None) -> None:
        """Stop the bot."""
        doings.block(self.world, user, self._bot(bot))

    def unblock(self, user: Person, bot: Bot | None = None) -> None:
        """Let the bot speak again."""
        doings.unblock(self.world, user, self._bot(bot))

    # --- seeing

    def chat(self, user: Person, bot: Bot | None = None) -> Chat:
        """The person's chat with the bot, with everything in it."""
        return self.world.private_chat(self._bot(bot), user)

    def messages(self, user: Person, bot: Bot | None = None) -> list[Message]:
        """What the person sees, oldest first."""
        return [message for message in self.chat(user, bot).messages.values() if not message.hidden]

    def screen(self, user: Person, bot: Bot | None = None) -> Message:
        """The newest message of the bot the person sees; `NotPossible` when there is none."""
        for message in reversed(self.messages(user, bot)):
            if message.bot is not None and message.content.kind != "service":
                return message
        raise NotPossible("the bot has no message in this chat")

    def sees(self, user: Person, text: str, bot: Bot | None = None) -> bool:
        """Whether any message the person sees holds this text."""
        return any(text in message.text for message in self.messages(user, bot))

    def alerts(self, user: Person, bot: Bot | None = None) -> list[str]:
        """The last answers to pressed buttons, oldest first."""
        return [str(alert["text"]) for alert in self.chat(user, bot).alerts]

    def spinning(self, user: Person, bot: Bot | None = None) -> list[str]:
        """Presses no bot has answered."""
        return views.spinning(self.world, self.chat(user, bot))

    def transcript(self, user: Person, bot: Bot | None = None) -> list[tuple[str, int, str]]:
        """Everything that happened in the chat: (sent, edited, deleted or hidden; message id; text then)."""
        return [(what, message.id, content.text) for what, message, content in self.chat(user, bot).history]

    def topics(self, user: Person, bot: Bot | None = None) -> list[Topic]:
        """The topics of the person's chat."""
        return list(self.chat(user, bot).topics.values())

    async def wait(self, condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
        """Wait until the condition holds; it is asked again after every change of the world.

        A condition may raise `NotPossible` (no screen yet): that counts as not yet. Failing tells the last calls.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    seen = self.world.version
                    if _holds(condition):
                        return
                    await self.world.news(seen)
        except TimeoutError:
            last = [f"{call.method}: {call.error or 'ok'}" for call in self.calls()[-8:]]
            raise AssertionError(f"did not happen within {seconds} s; last calls {last}") from None

    # --- the server

    def now(self) -> float:
        """Unix seconds on the server's clock."""
        return self.world.clock.now()

    def advance(self, seconds: float) -> None:
        """Move the server's clock."""
        self.world.clock.advance(seconds)
        self.world.touch()

    def calls(self, method: str = "", since: int = 0) -> list[Call]:
        """The calls bots made, oldest first."""
        return [call for call in self.world.calls.since(since) if method in {"", call.method}]

    def problems(self) -> list[str]:
        """What the Bot API as data has against any call so far."""
        return [problem for call in self.world.calls for problem in call.problems]

    def faults(self, *rules: Fault) -> None:
        """Put faults in force."""
        self.world.faults.add(rules)

    def clear_faults(self) -> None:
        """No more faults."""
        self.world.faults.clear()

    def flood(self, *, on: bool) -> None:
        """Switch Telegram's sending limits on or off."""
        self.world.flood.on = on

    def _bot(self, bot: Bot | None) -> Bot:
        return bot if bot is not None else self.bot

    def _press(self, user: Person, message: Message, button: Json, bot: Bot | None) -> Json:
        return doings.press(self.world, self.chat(user, bot), user, self._bot(bot), message, button)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except NotPossible:
        return False
