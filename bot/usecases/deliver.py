"""From the outbox to the person: one chat after its own order, many chats at once.

Nothing here decides what is said; it decides how it reaches the chat. The screen is one message, edited in place: an edit that is repeated
changes nothing, so after a crash only a *new* message can be repeated, and at most one in a chat, because a chat's next item waits until
what came of the last one is committed. A screen that has not left when a newer one is owed never leaves.

An edit is only seen in the last message of the chat. After a new message whose number we were never told (the answer was lost, or a crash
came before the record of it) the screen we know may not be the last one: then nothing is edited until a message has been sent below it.

The **ledger** is what we know to stand in a chat. It is kept in memory only while something is being delivered there and seeded from
storage, where it is sealed; storage is the truth.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from bot.domain.seeker import SeekerId
from bot.i18n.render import Draft
from bot.security import tokens
from bot.usecases.channel import Bold, Button, Outcome, Rendered, Result
from bot.usecases.context import Context
from bot.usecases.desk.relay import Relay, Said
from bot.usecases.patience import PAUSE_LIMIT, growing
from bot.usecases.ports import (
    DELETABLE_SECONDS,
    Change,
    ChatMessage,
    Delivery,
    DeliveryRecord,
    Held,
    OutboxItem,
    Priority,
    Role,
    StorageDown,
    Written,
)
from bot.usecases.records import Records
from bot.usecases.wording import Wording
from flows.codec import EnvelopeError, decode_effect
from flows.effects import (
    Effect,
    EraseSeeker,
    Order,
    RemoveMedia,
    RemoveTyped,
    Screen,
    SetLifetimes,
    ShowScreen,
    ShowWords,
    SpeakVoice,
    Wipe,
)

log = structlog.get_logger()

CLOCKS_DIFFER: Final = 120
"""Seconds kept from the 48 h in which a message can be deleted, for clocks that differ."""
AMBIGUOUS_PAUSE: Final = 5.0
"""Seconds to wait after "accepted, answer not seen": a person who writes meanwhile gets the newer screen instead (promises.md)."""
TRIES: Final = 60
"""Attempts after which an item is given up. With growing pauses that is about an hour; Telegram itself forgets after a day. What leads a
person away from danger (a cover, a wipe, the danger screen) is never given up while we run, nor are a human's words."""
VOICE_PICTURES: Final = "three_numbers"
STORAGE_PAUSE: Final = 1.0
AWAITED_PAUSE: Final = 0.02
RENEWED_IN_THE_LAST: Final = 8
"""A screen in use is sent anew in the last eighth of its lifetime: 3 h of 24, 5 h of 40, 7 min of 60."""


def header(own: int, typed_at_once: bool, spoken: bool = False, stray_below: int = 0) -> bytes:
    """What rides in front of an effect in the outbox: the message this turn answers (it stays one turn longer), whether it goes too,
    whether this turn is heard as well as read, and `Deliverer.stray_below`."""
    return b"%d,%d,%d,%d\n" % (own, typed_at_once, spoken, stray_below)


@dataclass(slots=True)
class Owed:
    """One item of a chat's queue, opened. `stray_below`: see `Deliverer.stray_below`. `cleanup`: messages whose time has come, owed by the
    clock and not by the outbox. `kept`: the number of its new message is committed, what else it does is not. `recorded`: all of it is."""

    item: OutboxItem
    effect: Effect | None
    own: int = 0
    typed_at_once: bool = False
    spoken: bool = False
    stray_below: int = 0
    cleanup: tuple[ChatMessage, ...] = ()
    tries: int = 0
    ambiguous: bool = False
    kept: bool = False
    recorded: bool = False


@dataclass(slots=True)
class Chat:
    """A chat something is being delivered to. `whole`: `messages` is all we know of, not only what a clean-up was told of. `uncovered`: a
    cover could not be shown, so a wipe must not spare the screen that still stands. `sending`: a message has left and its number is not
    in `messages` yet. `unkept`: what stands in the chat and waits for storage to keep it. `stray`: a message of ours may stand below all
    we know of, and nobody will tell us its number."""

    seeker: SeekerId
    chat_id: int
    messages: list[ChatMessage]
    whole: bool = True
    uncovered: bool = False
    sending: bool = False
    unkept: tuple[ChatMessage, ...] = ()
    stray: bool = False
    queue: deque[Owed] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def screen(self) -> ChatMessage | None:
        """The current screen."""
        screens = [message for message in self.messages if message.role is Role.SCREEN]
        return max(screens, key=lambda message: message.message_id, default=None)

    def covered(self, screen: ChatMessage) -> bool:
        """Whether something stands below the screen, so that an edit would not be seen."""
        return any(message.message_id > screen.message_id for message in self.messages)


class Deliverer:
    """Delivers what is owed. `take` is called after a commit; `recover` at start-up."""

    def __init__(self, context: Context, records: Records, wording: Wording, relay: Relay | None = None) -> None:
        self._context = context
        self._relay = relay
        self._records = records
        self._wording = wording
        self._chats: dict[SeekerId, Chat] = {}
        self._awaited: set[SeekerId] = set()
        self._strays: set[SeekerId] = set()  # whose chat was left with one
        self._closing = False
        self._done: deque[int] = deque(maxlen=10_000)

    def await_changes(self, seekers: Iterable[SeekerId]) -> None:
        """Called before these seekers are read from storage: from now until `let_go` their ledgers stay in memory. Otherwise a delivery
        that ends between that read and `take` would be missing from what was read, and a wipe would leave its message behind."""
        self._awaited.update(seekers)

    def let_go(self, seekers: Iterable[SeekerId]) -> None:
        """Their changes have been taken, or will not come."""
        for seeker in seekers:
            self._awaited.discard(seeker)
            chat = self._chats.get(seeker)
            if chat is not None and chat.task is None:
                del self._chats[seeker]

    def take(self, seeker: SeekerId, held: Held, change: Change, written: Written, effects: Sequence[Effect]) -> None:
        """Queue what a committed change owes. Typed messages are known to the ledger from now on."""
        if not written.outbox and seeker not in self._chats:
            return
        chat = self._chat(seeker, change.chat_id or held.chat_id or 0, held.messages)
        chat.messages.extend(written.messages)
        if change.erase:
            chat.queue.clear()
        live = [effect for effect in effects if not isinstance(effect, SetLifetimes | RemoveTyped | Order)]
        for item, effect in zip(written.outbox, live, strict=True):
            chat.queue.append(opened(item, effect))
        self._wake(chat)

    def recover(self, owed: Iterable[tuple[OutboxItem, Held]]) -> None:
        """Queue what an earlier run left undone, or what was committed while storage gave no answer."""
        known = {*self._done, *(one.item.row for chat in self._chats.values() for one in chat.queue)}
        remembered = frozenset(self._chats)  # of these we know ourselves what was sent
        for item, held in owed:
            if item.row in known:
                continue
            if held.chat_id is None:  # nobody to send it to any more
                self._records.forget(DeliveryRecord(seeker=item.seeker, item=item.row, outcome=Delivery.GAVE_UP))
                continue
            chat = self._chat(item.seeker, held.chat_id, held.messages)
            try:
                chat.queue.append(opened(item, decode_effect(item.payload.partition(b"\n")[2])))
            except EnvelopeError:
                chat.queue.append(Owed(item=item, effect=None))
            if item.seeker not in remembered:
                chat.stray = chat.stray or may_have_left(chat, chat.queue[-1])
            self._wake(chat)

    def clean_up(self, seeker: SeekerId, chat_id: int, messages: tuple[ChatMessage, ...]) -> None:
        """Delete messages whose time has come, in the chat's own order."""
        chat = self._chat(seeker, chat_id, messages, whole=False)
        if any(owed.cleanup for owed in chat.queue):
            return
        chat.queue.append(Owed(item=OutboxItem(seeker=seeker, kind="", payload=b""), effect=None, cleanup=messages))
        self._wake(chat)

    def finish_erasure(self, seeker: SeekerId, chat_id: int | None, messages: tuple[ChatMessage, ...]) -> None:
        """Go on with an erasure that a crash interrupted: what can be deleted goes, then the key. Called after `recover`: when the outbox
        still owes the cover and the wipe, they lead to the same end, in the right order."""
        chat = self._chat(seeker, chat_id or 0, messages, whole=False)
        if any(isinstance(owed.effect, EraseSeeker) for owed in chat.queue):
            return
        item = OutboxItem(seeker=seeker, kind="", payload=b"", priority=Priority.PANIC)
        for effect in (Wipe(), EraseSeeker(cover_until=0)):
            chat.queue.append(Owed(item=item, effect=effect))
        self._wake(chat)

    def knows(self, seeker: SeekerId, message_id: int) -> bool:
        """Whether this message may be known here: it is in the ledger, or one is just being sent there."""
        chat = self._chats.get(seeker)
        return chat is not None and (chat.sending or any(message.message_id == message_id for message in chat.messages))

    def stray_below(self, seeker: SeekerId) -> int:
        """The screen that a message without a number stands below, or is about to: nothing that is committed from now on is edited into it.
        A newer screen takes the place of the item that message was sent for, so should we die before the number is kept, only what the
        newer one carries tells that there was another. 0: none."""
        chat = self._chats.get(seeker)
        screen = chat.screen() if chat else None
        if chat is None or screen is None:
            return 0
        new = any(isinstance(one.effect, ShowScreen) and not one.kept and self._renews(one.effect, screen) for one in chat.queue)
        return screen.message_id if new or chat.sending or chat.stray else 0

    async def cover_at_once(
        self, seeker: SeekerId, chat_id: int, messages: Sequence[ChatMessage], own: Iterable[int], cover: Screen, card: ChatMessage | None
    ) -> Outcome | None:
        """While storage is down: show the cover and delete what is known to stand there, as far as it goes. Nothing is recorded; the exit
        itself is not acknowledged and comes again. `own`: messages of updates that are not acknowledged either; `card`: what was sent to
        this chat since storage went down. Answers the outcome of a new message, None when one that is known became the cover."""
        message = Rendered(text=self._wording.draft(cover).text)
        chat, channel = self._chats.get(seeker), self._context.channel
        known = [*messages, *((*chat.messages, *chat.unkept) if chat else ()), *((card,) if card else ())]
        newest = max((held.message_id for held in known if held.role is Role.SCREEN), default=0)
        below = chat is not None and not card and (chat.stray or (chat.sending and not chat.unkept))  # something whose number nobody knows
        shown = await channel.edit(chat_id, newest, message, urgent=True) if newest and not below else None
        sent = None
        if shown is None or shown.result is not Result.DONE:
            sent = await channel.send(chat_id, message, silent=True, urgent=True)
        others = {*own, *(held.message_id for held in known)} - {0, sent.message_id if sent else newest}
        if others:
            await channel.delete(chat_id, sorted(others)[-100:], urgent=True)
        return sent

    async def settle(self) -> None:
        """Wait until nothing is owed that can be delivered now (tests, shutdown)."""
        while tasks := [chat.task for chat in self._chats.values() if chat.task]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop after the calls under way; what is still owed stays in the outbox."""
        self._closing = True
        for chat in self._chats.values():
            chat.woken.set()
        await self.settle()

    @property
    def busy(self) -> int:
        """Chats with something under way."""
        return len(self._chats)

    # -- one chat ----------------------------------------------------------------------------------------------------------------

    def _chat(self, seeker: SeekerId, chat_id: int, messages: Sequence[ChatMessage], *, whole: bool = True) -> Chat:
        chat = self._chats.get(seeker)
        if chat is None:
            chat = Chat(seeker=seeker, chat_id=chat_id, messages=list(messages), whole=whole, stray=seeker in self._strays)
            self._chats[seeker] = chat
        chat.chat_id = chat.chat_id or chat_id  # an erasure whose key is gone does not know it any more
        if whole and not chat.whole:
            known = {message.row for message in chat.messages}
            chat.messages.extend(message for message in messages if message.row not in known)
            chat.whole = True
        return chat

    def _wake(self, chat: Chat) -> None:
        chat.woken.set()
        if chat.task is None and not self._closing:
            chat.task = asyncio.get_running_loop().create_task(self._drain(chat))

    async def _drain(self, chat: Chat) -> None:
        """Work a chat's queue to its end. Only then is the ledger forgotten: until then storage may lag behind it."""
        try:
            while chat.queue and not self._closing:
                self._newest_first(chat)
                owed = chat.queue[0]
                chat.woken.clear()
                try:
                    record, pause = await self._attempt(chat, owed)
                except StorageDown:
                    record, pause = None, STORAGE_PAUSE
                if record is not None:
                    if not owed.recorded:
                        await self._write(chat, record)
                    self._done.append(owed.item.row)
                    chat.queue = deque(other for other in chat.queue if other is not owed)
                elif await self._paused(chat, pause):
                    owed.tries += 1
        except Exception as error:  # a chat that cannot be worked must not take the others with it; its items stay in the outbox
            log.error("delivery_failed", error=type(error).__name__)
        finally:
            chat.task = None
            (self._strays.add if chat.stray else self._strays.discard)(chat.seeker)
            if chat.seeker not in self._awaited:
                self._chats.pop(chat.seeker, None)

    def _newest_first(self, chat: Chat) -> None:
        """What newer items made pointless is given up; then an exit and danger leave before anything that waited."""
        for old, newer in pointless(chat.queue):
            if newer is not None:
                newer.ambiguous = newer.ambiguous or old.ambiguous
            self._records.forget(DeliveryRecord(seeker=chat.seeker, item=old.item.row, outcome=Delivery.GAVE_UP))
            self._done.append(old.item.row)
            chat.queue = deque(owed for owed in chat.queue if owed is not old)
        if len({owed.item.priority is Priority.PANIC for owed in chat.queue}) > 1:
            chat.queue = deque(sorted(chat.queue, key=lambda owed: owed.item.priority is not Priority.PANIC))

    async def _paused(self, chat: Chat, seconds: float) -> bool:
        """Wait, unless something newer comes (or came during the attempt) or we are closing. True: the same item is tried again."""
        try:
            await asyncio.wait_for(chat.woken.wait(), min(seconds, PAUSE_LIMIT))
        except TimeoutError:
            return True
        return not self._closing

    async def _write(self, chat: Chat, record: DeliveryRecord) -> None:
        """Commit what came of an attempt. The chat's next item waits for this: that is what bounds repeats to one."""
        removed = set(record.removed)
        chat.messages = [message for message in chat.messages if message.row not in removed or not message.row]
        chat.unkept = record.added
        added = await self._records.write(record)
        chat.unkept = ()
        chat.messages.extend(added)
        chat.sending = False

    async def _attempt(self, chat: Chat, owed: Owed) -> tuple[DeliveryRecord | None, float]:
        """Try one item. A record when it is done with; else the seconds to wait before the next try."""
        if owed.tries >= TRIES and owed.item.priority is not Priority.PANIC and not isinstance(owed.effect, ShowWords):
            log.error("item_given_up", kind=owed.item.kind or "cleanup")
            return _done(chat, owed, Delivery.GAVE_UP, older=owed.ambiguous), 0.0
        self._context.crash("before_send")
        match owed.effect:
            case ShowScreen():
                return await self._show(chat, owed, owed.effect)
            case SpeakVoice():
                return await self._speak(chat, owed, owed.effect)
            case Wipe():
                spared = spared_by_a_wipe(chat)
                return await self._remove(chat, owed, [m for m in chat.messages if m is not spared])
            case ShowWords():
                return await self._say_words(chat, owed, owed.effect)
            case RemoveMedia():
                return await self._remove(chat, owed, [m for m in chat.messages if m.role is Role.MEDIA])
            case EraseSeeker():
                return await self._erase(chat, owed)
            case _ if owed.cleanup:
                rows = {message.row for message in owed.cleanup}
                return await self._remove(chat, owed, [m for m in chat.messages if m.row in rows])
            case _:
                return _done(chat, owed, Delivery.GAVE_UP), 0.0

    # -- the screen ---------------------------------------------------------------------------------------------------------------

    async def _show(self, chat: Chat, owed: Owed, effect: ShowScreen) -> tuple[DeliveryRecord | None, float]:
        message = self._signed(chat, effect.screen, self._wording.draft(effect.screen))
        urgent = owed.item.priority is Priority.PANIC
        old = self._in_place(chat, owed, effect)
        if old is not None:
            outcome = await self._context.channel.edit(chat.chat_id, old.message_id, message, urgent=urgent)
            if outcome.result is Result.UNKNOWN:
                return None, growing(owed.tries, 0.2)  # an edit repeats harmlessly
            if outcome.result is not Result.MISSING:
                return await self._shown(chat, owed, effect, outcome, keep=old)
            chat.messages.remove(old)
            self._records.forget(DeliveryRecord(seeker=chat.seeker, item=0, outcome=Delivery.DELIVERED, removed=(old.row,)))
        outcome = await self._sent(chat, message, silent=not effect.sound, urgent=urgent)
        return await self._shown(chat, owed, effect, outcome, keep=None)

    def _in_place(self, chat: Chat, owed: Owed, effect: ShowScreen) -> ChatMessage | None:
        """The screen to show this in: the last message of the chat as far as anybody can know. None: a new message."""
        old = chat.screen()
        if old is None or chat.covered(old) or chat.stray or old.message_id == owed.stray_below:
            return None
        return None if self._renews(effect, old) else old

    def _renews(self, effect: ShowScreen, screen: ChatMessage) -> bool:
        """Whether this is a new message even where the screen is the last one."""
        return effect.fresh or (effect.screen.flow != "cover" and self._ages(screen))

    async def _sent(self, chat: Chat, message: Rendered, *, silent: bool, urgent: bool = False) -> Outcome:
        """A new message. Until its number is in the ledger it counts as being sent; when nobody knows whether it arrived, as a stray."""
        chat.sending = True
        outcome = await self._context.channel.send(chat.chat_id, message, silent=silent, urgent=urgent)
        chat.sending = outcome.result is Result.DONE
        chat.stray = chat.stray or outcome.result is Result.UNKNOWN
        return outcome

    def _ages(self, screen: ChatMessage) -> bool:
        """Whether the screen's time is nearly over: somebody who is using it gets a new message before the old one goes."""
        if screen.delete_at is None:
            return False
        lifetime = screen.delete_at - screen.sent_at
        return screen.delete_at - self._context.clock.now() < lifetime / RENEWED_IN_THE_LAST

    async def _shown(
        self, chat: Chat, owed: Owed, effect: ShowScreen, outcome: Outcome, *, keep: ChatMessage | None
    ) -> tuple[DeliveryRecord | None, float]:
        """What stands in the chat after a screen: it, and the words it answers, for one turn."""
        if outcome.result is Result.RETRY:
            return None, outcome.after
        if outcome.result is Result.UNKNOWN:
            owed.ambiguous = True
            # Each further try may leave one more copy in the chat that nobody can find again, so the pauses grow, for danger as well.
            return None, growing(owed.tries, 1.0 if owed.item.priority is Priority.PANIC else AMBIGUOUS_PAUSE)
        if outcome.result is Result.GONE:
            return self._gone(chat, owed), 0.0
        if outcome.result is not Result.DONE:
            log.error("screen_refused", error=outcome.error)
            chat.uncovered = chat.uncovered or effect.screen.flow == "cover"
            return _done(chat, owed, Delivery.GAVE_UP), 0.0
        self._context.crash("after_send")
        chat.uncovered = chat.stray = False  # whatever stands there, this stands below it
        added = () if keep else (self._wording.standing_message(effect.screen, outcome, Role.SCREEN, int(self._context.clock.now())),)
        spared = {keep.row} if keep else set()
        heard = sorted(m.message_id for m in chat.messages if m.role is Role.VOICE)[-2:] if owed.spoken else []
        gone = [m for m in chat.messages if m.row not in spared and self._leaves(m, owed, effect, heard)]
        if added and gone:
            # Before anything is deleted (that takes the platform a while) the new message's number is kept: after a crash in between it is
            # found and edited in place. Otherwise it would be sent again, and the first one could never be removed by anybody.
            await self._write(chat, DeliveryRecord(seeker=chat.seeker, item=0, outcome=Delivery.DELIVERED, added=added))
            added, owed.kept = (), True
        removed, older = await self._delete(chat, gone, urgent=False)
        return _done(chat, owed, Delivery.DELIVERED, added=added, removed=removed, older=older or owed.ambiguous), 0.0

    def _leaves(self, message: ChatMessage, owed: Owed, effect: ShowScreen, heard: Sequence[int]) -> bool:
        """Whether a message goes with this screen: earlier screens (unless each step is to stay a message), typed words one turn behind,
        and our recording with its picture once another screen is shown: beside a cover they would tell everything."""
        match message.role:
            case Role.SCREEN:
                return not self._wording.keeps_screens(effect)
            case Role.TYPED:
                return owed.typed_at_once or message.message_id != owed.own
            case Role.VOICE:
                return message.message_id not in heard
            case _:
                return False

    def _signed(self, chat: Chat, screen: Screen, draft: Draft) -> Rendered:
        """Words and buttons, each button signed for this person, step and turn."""
        data = tokens.signer(
            self._context.button_key,
            user=chat.chat_id,
            chat=chat.chat_id,
            program=screen.program,
            step=f"{screen.flow}.{screen.step}",
            turn=screen.turn,
        )
        rows = tuple(tuple(Button(text=k.text, data=data(k.code) if k.code else "", copy=k.copy) for k in row) for row in draft.rows)
        return Rendered(text=draft.text, bold=tuple(Bold(*span) for span in draft.bold), rows=rows)

    # -- human words ----------------------------------------------------------------------------------------------------------------

    async def _say_words(self, chat: Chat, owed: Owed, effect: ShowWords) -> tuple[DeliveryRecord | None, float]:
        """One message of a responder: said, said anew after an edit, or taken from the chat again."""
        said = await self._relay.words(effect.words, chat.seeker) if self._relay else None
        if self._relay is None or said is None:
            return _done(chat, owed, Delivery.GAVE_UP), 0.0
        if said.gone:
            standing = [message for message in chat.messages if message.message_id == said.shown]
            return await self._remove(chat, owed, standing)
        message = Rendered(text=said.text)
        if said.shown:
            outcome = await self._context.channel.edit(chat.chat_id, said.shown, message)
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return None, max(outcome.after, growing(owed.tries, 0.2))
            if outcome.result is not Result.DONE:
                return _done(chat, owed, Delivery.DELIVERED), 0.0
            return await self._were_said(chat, owed, effect.words, replace(outcome, message_id=said.shown), said)
        outcome = await self._sent(chat, message, silent=not effect.sound)
        if outcome.result is Result.RETRY:
            return None, outcome.after
        if outcome.result is Result.UNKNOWN:
            return None, growing(owed.tries, AMBIGUOUS_PAUSE)
        self._context.crash("words_after_send")
        if outcome.result is Result.DONE and any(covers(other) for other in chat.queue if other is not owed):
            return await self._taken_off(chat, owed, outcome, said.phone)
        return await self._were_said(chat, owed, effect.words, outcome, said)

    async def _were_said(self, chat: Chat, owed: Owed, number: int, outcome: Outcome, said: Said) -> tuple[DeliveryRecord | None, float]:
        """Commit what came of it, inside the turnstile: nobody takes the words back, or changes them, between the look at them and the
        commit. What was changed while it was being sent stays owed, and is put right with the next attempt. Storage is asked directly,
        and never with the turnstile kept: while it is down, leaving must still pass."""
        relay = self._relay
        if relay is None:
            return _done(chat, owed, Delivery.GAVE_UP), 0.0
        if outcome.result is Result.DONE:
            stands = () if said.shown else (self._human(said.phone, outcome),)
            made = _done(chat, owed, Delivery.DELIVERED, added=stands)
        else:
            made = self._gone(chat, owed) if outcome.result is Result.GONE else _done(chat, owed, Delivery.GAVE_UP)
        chat.unkept = made.added
        while True:
            try:
                async with relay.turnstile:
                    write, again = await relay.delivered(number, chat.seeker, outcome, said.text)
                    added = (await self._context.storage.record([replace(made, item=0 if again else made.item, desk=write)]))[0]
                    if write is not None:
                        relay.settle(write)
                break
            except StorageDown:
                relay.doubt()
                if self._closing:
                    raise
                await asyncio.sleep(min(STORAGE_PAUSE, PAUSE_LIMIT))
        chat.unkept = ()
        chat.messages.extend(added)
        chat.sending = False
        owed.recorded = not again
        return (None, 0.0) if again else (made, 0.0)

    async def _taken_off(self, chat: Chat, owed: Owed, outcome: Outcome, phone: str) -> tuple[DeliveryRecord | None, float]:
        """A cover was ordered while these words were being sent: they go from the chat at once, and wait to be opened. Should the platform
        refuse, they are overdue, and go with the next clean-up."""
        gone = await self._context.channel.delete(chat.chat_id, [outcome.message_id], urgent=True)
        stands = replace(self._human(phone, outcome), delete_at=int(self._context.clock.now()))
        return _done(chat, owed, Delivery.GAVE_UP, added=() if gone.result is Result.DONE else (stands,)), 0.0

    def _human(self, phone: str, outcome: Outcome) -> ChatMessage:
        """What is known of a human's words that stand in the chat."""
        return self._wording.human_message(phone, outcome, int(self._context.clock.now()))

    # -- voice ----------------------------------------------------------------------------------------------------------------------

    async def _speak(self, chat: Chat, owed: Owed, effect: SpeakVoice) -> tuple[DeliveryRecord | None, float]:
        """A recording and its numbered pictures, each uploaded once and sent by handle ever after."""
        context, storage = self._context, self._context.storage
        name = f"{effect.recording}.{effect.locale}"
        sound = context.recordings.recording(effect.recording, effect.locale)
        handle = await storage.media_file(name)
        outcome = await context.channel.send_voice(chat.chat_id, name, sound, handle, caption="", silent=True)
        chat.stray = chat.stray or outcome.result is Result.UNKNOWN
        if outcome.result in (Result.RETRY, Result.UNKNOWN):
            return None, outcome.after or AMBIGUOUS_PAUSE
        if outcome.result is not Result.DONE:
            return self._gone(chat, owed) if outcome.result is Result.GONE else _done(chat, owed, Delivery.GAVE_UP), 0.0
        if outcome.handle:
            await storage.keep_media_file(name, outcome.handle)
        now = int(context.clock.now())
        added = [self._wording.standing_message(effect.screen, outcome, Role.VOICE, now)]
        picture = context.recordings.picture(VOICE_PICTURES)
        shown = await context.channel.send_picture(
            chat.chat_id, VOICE_PICTURES, picture, await storage.media_file(VOICE_PICTURES), Rendered(text=""), silent=True
        )
        if shown.result is Result.DONE:
            added.append(self._wording.standing_message(effect.screen, shown, Role.VOICE, now))
            if shown.handle:
                await storage.keep_media_file(VOICE_PICTURES, shown.handle)
        return _done(chat, owed, Delivery.DELIVERED, added=tuple(added)), 0.0

    # -- removing ---------------------------------------------------------------------------------------------------------------------

    async def _remove(self, chat: Chat, owed: Owed, messages: list[ChatMessage]) -> tuple[DeliveryRecord | None, float]:
        removed, older = await self._delete(chat, messages, urgent=owed.item.priority is Priority.PANIC)
        left = {message.row for message in messages} - set(removed)
        if left and (owed.tries < TRIES - 1 or owed.item.priority is Priority.PANIC):
            return None, growing(owed.tries, 1.0)
        return _done(chat, owed, Delivery.DELIVERED, removed=tuple(removed), older=older or bool(left)), 0.0

    async def _delete(self, chat: Chat, messages: list[ChatMessage], *, urgent: bool) -> tuple[tuple[int, ...], bool]:
        """Delete what can be deleted. Answers the rows that need no more keeping, and whether something older remains in the chat."""
        if not messages:
            return (), False
        limit = self._context.clock.now() - DELETABLE_SECONDS + CLOCKS_DIFFER
        old = [message for message in messages if message.sent_at <= limit]
        young = [message for message in messages if message.sent_at > limit]
        done = [message.row for message in old]
        for start in range(0, len(young), 100):
            some = young[start : start + 100]
            self._context.crash("inside_deletions")
            outcome = await self._context.channel.delete(chat.chat_id, [message.message_id for message in some], urgent=urgent)
            if outcome.result in (Result.DONE, Result.MISSING, Result.GONE):
                done.extend(message.row for message in some)
            elif outcome.result in (Result.TOO_OLD, Result.REFUSED):
                done.extend(message.row for message in some)
                old = [*old, *some]
        return tuple(done), bool(old)

    async def _erase(self, chat: Chat, owed: Owed) -> tuple[DeliveryRecord | None, float]:
        """The wipe is done: destroy the key, delete the rows, and see that the log holds nothing."""
        if chat.seeker in self._awaited:
            return None, AWAITED_PAUSE  # what is being written may be a second erasure: its wipe must find what this one would destroy
        if any(isinstance(other.effect, EraseSeeker) for other in chat.queue if other is not owed):
            return _done(chat, owed, Delivery.DELIVERED), 0.0  # the later one destroys both lives, after its own wipe
        before = {message.row for message in chat.messages}
        finished = await self._context.storage.finish_erasure(chat.seeker)
        held, _ = await self._context.storage.read([chat.seeker], ())
        newer = held[chat.seeker].messages  # of a conversation that began meanwhile: its wipe must find them
        rows = {message.row for message in newer}
        chat.messages = [*newer, *(m for m in chat.messages if m.row not in before and m.row not in rows)]
        if not finished:
            return None, growing(owed.tries, 0.2)  # never given up: nothing may stay readable
        chat.stray = False  # nothing of that life is edited any more
        return DeliveryRecord(seeker=chat.seeker, item=0, outcome=Delivery.DELIVERED), 0.0

    def _gone(self, chat: Chat, owed: Owed) -> DeliveryRecord:
        """Blocked or deactivated: nothing more is sent. Erasing goes on without the chat."""
        for other in [other for other in chat.queue if other is not owed and not isinstance(other.effect, EraseSeeker)]:
            chat.queue.remove(other)
            self._records.forget(DeliveryRecord(seeker=chat.seeker, item=other.item.row, outcome=Delivery.GAVE_UP))
        return _done(chat, owed, Delivery.GAVE_UP)


def opened(item: OutboxItem, effect: Effect) -> Owed:
    """An item with what rode in front of its effect."""
    own, at_once, spoken, stray = (*item.payload.partition(b"\n")[0].split(b","), b"0", b"0")[:4]  # earlier versions wrote fewer
    return Owed(item=item, effect=effect, own=int(own), typed_at_once=at_once == b"1", spoken=spoken == b"1", stray_below=int(stray))


def may_have_left(chat: Chat, owed: Owed) -> bool:
    """Whether an earlier run may have sent a new message and died before it kept the number: for this item, the newest of its chat, or for
    one whose place it took. A screen is not edited into one that something stands below; a human's words and a recording are always new
    messages, and are tried only when nothing is left before them (what is urgent overtakes them afterwards)."""
    if isinstance(owed.effect, ShowScreen):
        screen = chat.screen()
        return screen is not None and (chat.covered(screen) or screen.message_id == owed.stray_below)
    return isinstance(owed.effect, ShowWords | SpeakVoice) and chat.queue[0] is owed


def spared_by_a_wipe(chat: Chat) -> ChatMessage | None:
    """The cover before it. Nothing when the cover could not be shown. Nothing either when a newer screen took the place of a cover that a
    crash may have kept from us: what we know may be the very screen it was to hide, and once that is gone, the newer one can only come as
    a new message, however often we die until then. (The cover of an erasure stays owed until it is known to stand.)"""
    effects = [owed.effect for owed in chat.queue]
    replaced = any(isinstance(effect, ShowScreen) for effect in effects) and not any(isinstance(effect, EraseSeeker) for effect in effects)
    return None if chat.uncovered or (chat.stray and replaced) else chat.screen()


def pointless(queue: Sequence[Owed]) -> list[tuple[Owed, Owed | None]]:
    """What must not be shown any more, each with the screen that takes its place: a screen with a newer one behind it, a recording with
    danger or a leaving behind it, a human's words with a cover behind them (what changes or removes words that stand there goes on, unless
    everything is wiped). The cover of a leaving belongs to its wipe, so a newer screen after the wipe does not replace it."""
    found: list[tuple[Owed, Owed | None]] = []
    newer: Owed | None = None
    urgent = covered = wiped = False
    for owed in reversed(queue):
        covered, wiped = covered or covers(owed), wiped or isinstance(owed.effect, Wipe)
        if isinstance(owed.effect, ShowWords) and (wiped or (covered and owed.effect.until)):
            found.append((owed, None))
        elif isinstance(owed.effect, Wipe):
            newer, urgent = None, True
        elif isinstance(owed.effect, ShowScreen):
            if newer is not None:
                found.append((owed, newer))
            else:
                newer, urgent = owed, urgent or owed.item.priority is Priority.PANIC
        elif isinstance(owed.effect, SpeakVoice) and urgent:
            found.append((owed, newer))
    return found


def covers(owed: Owed) -> bool:
    """Whether this item puts a cover before the person: a human's words must not stand under it."""
    return isinstance(owed.effect, Wipe) or (isinstance(owed.effect, ShowScreen) and owed.effect.screen.flow == "cover")


def _done(
    chat: Chat,
    owed: Owed,
    outcome: Delivery,
    *,
    added: tuple[ChatMessage, ...] = (),
    removed: tuple[int, ...] = (),
    older: bool = False,
) -> DeliveryRecord:
    return DeliveryRecord(
        seeker=chat.seeker,
        item=owed.item.row,
        outcome=outcome,
        added=added,
        removed=tuple(row for row in removed if row),
        older_remains=older,
    )
