"""What can be done while storage is down and nothing may be acknowledged: spinners stop, who leaves is covered, and everybody else gets
the static card (features.md A16)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.domain.seeker import SeekerId
from bot.usecases.channel import THEIRS, Incoming, Kind, Outcome, Rendered, Result
from bot.usecases.context import Context
from bot.usecases.deliver import Deliverer
from bot.usecases.ports import ChatMessage, Held, Role, StorageDown
from flows.effects import Screen
from flows.state import PhoneUse
from flows.times import TABLE

PAUSE: Final = 600
"""Seconds between two cards to one chat."""
CARD: Final = "ui.emergency_card"

CoverOf = Callable[[Incoming, Held], Awaitable[Screen | None]]
"""The cover an update would lead to, if it is an exit, a hiding or an erasure."""


def hint(incoming: Incoming | None) -> str:
    """The client's language is only a hint: every language stands on the first screen."""
    return incoming.language_code.split("-")[0] if incoming else "es"


class Emergency:
    """Serves batches that cannot be committed. Remembers, in memory, the cards and covers it has sent: the next turn takes them into the
    ledger."""

    def __init__(self, context: Context, deliverer: Deliverer, cover_of: CoverOf) -> None:
        self._context = context
        self._deliverer = deliverer
        self._cover_of = cover_of
        self._shown_at: dict[int, float] = {}
        self._cards: dict[int, ChatMessage] = {}

    async def serve(self, batch: Sequence[Incoming]) -> None:
        """Do what can be done. Because nothing is acknowledged, everything comes again, and the true exit follows."""
        for incoming in batch:
            if incoming.press_id:
                self._context.channel.answer_press(incoming.press_id)
        speaking = {incoming.chat_id: incoming for incoming in batch if incoming.user_id and incoming.kind in SPEAKING}
        for incoming in speaking.values():
            seeker = self._context.pseudonym(incoming.user_id)
            held = await self._readable(seeker)
            cover = await self._cover_of(incoming, held)
            if cover is not None:
                chat_id, card = incoming.chat_id, self._cards.get(incoming.chat_id)
                own = [other.message_id for other in batch if other.chat_id == chat_id and other.kind in SPEAKING]
                self._remember(chat_id, await self._deliverer.cover_at_once(seeker, chat_id, held.messages, own, cover, card))
            else:
                await self._card(incoming)

    def over(self) -> None:
        """Storage is back: the next outage shows its card at once."""
        self._shown_at.clear()

    def standing_card(self, incoming: Incoming | None) -> tuple[ChatMessage, ...]:
        """A card that stands in the chat becomes the screen: the next one is edited into it, and a wipe finds it."""
        card = self._cards.get(incoming.chat_id) if incoming else None
        return (card,) if card else ()

    def card_kept(self, chat_id: int) -> None:
        """The ledger has it now."""
        self._cards.pop(chat_id, None)

    async def _readable(self, seeker: SeekerId) -> Held:
        """What is held, when reading still works (a full disk and a locked database can be read)."""
        try:
            held, _ = await self._context.storage.read([seeker], ())
        except StorageDown:
            return Held()
        return held.get(seeker) or Held()

    async def _card(self, incoming: Incoming) -> None:
        now = self._context.clock.monotonic()
        if now - self._shown_at.get(incoming.chat_id, -PAUSE) < PAUSE:
            return
        self._shown_at[incoming.chat_id] = now
        texts = self._context.programs.current.messages
        words = texts.get(hint(incoming), {}).get(CARD) or texts["es"][CARD]
        sent = await self._context.channel.send(incoming.chat_id, Rendered(text=words), silent=True, urgent=True)
        self._remember(incoming.chat_id, sent)

    def _remember(self, chat_id: int, sent: Outcome | None) -> None:
        """A message that stands in the chat now, and that storage does not know of."""
        if sent is not None and sent.result is Result.DONE:
            until = sent.sent_at + TABLE[PhoneUse.UNASKED].lifetime
            self._cards[chat_id] = ChatMessage(message_id=sent.message_id, role=Role.SCREEN, sent_at=sent.sent_at, delete_at=until)


SPEAKING: Final = (*THEIRS, Kind.PRESS)
