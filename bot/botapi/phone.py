"""The people's hands: what a test or the demo does as a person, and the server's own switches.

Every deed takes the person and, where there are several bots, the bot (see `eyes`). In a bot with topics `thread` is
the topic to write into, and `reply_to` a message to answer to, whose topic the answer then goes to. A deed the person's
client would not allow raises `NotPossible`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.botapi import doings
from bot.botapi.calls import Call
from bot.botapi.chats import Chat, Content, Message
from bot.botapi.doings import NotPossible
from bot.botapi.eyes import Eyes, WhichBot
from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.botapi.shapes import Json


class Phone(Eyes):
    """The people of one world, doing."""

    # --- writing

    def press_start(self, user: Person, payload: str = "", bot: WhichBot = None) -> Message:
        """Press Start, maybe through a link with a payload; a bot that was blocked is let in again."""
        self.unblock(user, bot)
        return self.text(user, f"/start {payload}".strip(), bot)

    def text(self, user: Person, text: str, bot: WhichBot = None, *, thread: int | None = None,
             reply_to: Message | int | None = None) -> Message:  # fmt: skip
        """Write to the bot."""
        target = self._target(user, bot, reply_to)
        return doings.write(self.world, user, self.bot_named(bot), text, thread_id=thread, reply_to=target)

    def group_text(self, chat: Chat, user: Person, text: str, *, thread: int | None = None,
                   reply_to: int | None = None) -> Message:  # fmt: skip
        """Write into a group."""
        return doings.write_in_group(self.world, chat, user, text, thread_id=thread, reply_to=reply_to)

    def media(self, user: Person, kind: str, data: bytes = b"\x00", *, bot: WhichBot = None, caption: str = "",
              name: str = "", mime: str = "", size: int | None = None, tells_size: bool = True, duration: int = 0,
              spoiler: bool = False, thread: int | None = None,
              reply_to: Message | int | None = None) -> Message:  # fmt: skip
        """Send a voice note, photo, video, audio, document, ...

        `size` (bytes) makes the file that big: up to 20 MB a download brings as many bytes, above it getFile refuses.
        `tells_size=False` leaves `file_size` out of everything the bot is told, which the Bot API allows.
        """
        stored = self.world.files.add(kind, data, name=name, mime=mime, size=size, duration=duration, tells_size=tells_size)
        return doings.attach(
            self.world, user, self.bot_named(bot), stored, caption=caption, spoiler=spoiler, thread_id=thread,
            reply_to=self._target(user, bot, reply_to),
        )  # fmt: skip

    def location(self, user: Person, latitude: float, longitude: float, bot: WhichBot = None, *,
                 thread: int | None = None, reply_to: Message | int | None = None) -> Message:  # fmt: skip
        """Share a place."""
        target = self._target(user, bot, reply_to)
        return doings.share_place(self.world, user, self.bot_named(bot), latitude, longitude, thread_id=thread, reply_to=target)

    def contact(self, user: Person, phone_number: str, first_name: str = "", bot: WhichBot = None, *,
                thread: int | None = None, reply_to: Message | int | None = None) -> Message:  # fmt: skip
        """Share a contact, one's own without a name."""
        target = self._target(user, bot, reply_to)
        return doings.share_contact(self.world, user, self.bot_named(bot), phone_number, first_name, thread_id=thread, reply_to=target)

    def send(self, user: Person, content: Content, bot: WhichBot = None, *, thread: int | None = None) -> Message:
        """Send any content (a sticker, a poll, ...)."""
        return doings.send(self.world, user, self.bot_named(bot), content, thread_id=thread)

    # --- pressing

    def tap(self, user: Person, row: int = 0, col: int = 0, *, message: Message | None = None,
            bot: WhichBot = None, thread: int | None = None) -> Json:  # fmt: skip
        """Press the button at this place of a message, by default of the screen."""
        target = message or self.screen(user, bot, thread=thread)
        return self._press(user, target, target.rows[row][col], bot)

    def tap_label(self, user: Person, label: str, *, message: Message | None = None, bot: WhichBot = None,
                  thread: int | None = None) -> Json:  # fmt: skip
        """Press the newest button whose label holds this text, in one message or anywhere the person looks."""
        candidates = [message] if message is not None else list(reversed(self.messages(user, bot, thread=thread)))
        for candidate in candidates:
            for row in candidate.rows:
                for button in row:
                    if label in str(button.get("text")):
                        return self._press(user, candidate, button, bot)
        raise NotPossible(f"no button says {label!r}; there are {[m.labels for m in candidates if m.labels]}")

    def tap_data(self, user: Person, message_id: int, data: str, bot: WhichBot = None) -> str:
        """Send forged callback data; returns the query id."""
        return doings.press_data(self.world, self.chat(user, bot), user, self.bot_named(bot), message_id, data)

    # --- changing one's own, leaving, coming

    def edit(self, user: Person, message: Message, text: str, bot: WhichBot = None) -> None:
        """Edit one's own text, or one's own caption."""
        doings.edit(self.world, self.chat(user, bot), message, text)

    def delete(self, user: Person, message: Message, bot: WhichBot = None, *, for_both: bool = False) -> None:
        """Delete one's view of a message, or the message for both sides; the bot is told neither."""
        doings.delete(self.world, self.chat(user, bot), message, for_both=for_both)

    def delete_topic(self, user: Person, thread: int, bot: WhichBot = None) -> None:
        """Delete a topic with its messages; the bot is not told."""
        doings.delete_topic(self.world, self.chat(user, bot), thread)

    def clear(self, user: Person, bot: WhichBot = None, *, for_both: bool = False) -> None:
        """Delete the chat."""
        doings.clear(self.world, self.chat(user, bot), for_both=for_both)

    def block(self, user: Person, bot: WhichBot = None) -> None:
        """Stop the bot."""
        doings.block(self.world, user, self.bot_named(bot))

    def unblock(self, user: Person, bot: WhichBot = None) -> None:
        """Let the bot speak again."""
        doings.unblock(self.world, user, self.bot_named(bot))

    # --- the server

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

    def now(self) -> float:
        """Unix seconds on the server's clock."""
        return self.world.clock.now()

    def advance(self, seconds: float) -> None:
        """Move the server's clock."""
        self.world.clock.advance(seconds)
        self.world.touch()

    def calls(self, method: str = "", since: int = 0, bot: WhichBot = None) -> list[Call]:
        """The calls bots made, oldest first: of every bot, or of this one."""
        wanted = None if bot is None else self.bot_named(bot).id
        return [call for call in self.world.calls.since(since) if method in {"", call.method} and wanted in {None, call.bot}]

    def problems(self) -> list[str]:
        """What the Bot API as data has against any call of any bot so far."""
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

    def _target(self, user: Person, bot: WhichBot, reply_to: Message | int | None) -> int | None:
        """The id of the message answered to; a `Message` must be one of this chat, not of another with the same id."""
        if not isinstance(reply_to, Message):
            return reply_to
        if self.chat(user, bot).messages.get(reply_to.id) is not reply_to:
            raise NotPossible("the message to answer to is not in this chat")
        return reply_to.id

    def _press(self, user: Person, message: Message, button: Json, bot: WhichBot) -> Json:
        return doings.press(self.world, self.chat(user, bot), user, self.bot_named(bot), message, button)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except NotPossible:
        return False
