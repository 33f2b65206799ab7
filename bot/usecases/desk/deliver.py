"""From the desk's outbox to responders' chats: one chat after its own order, many chats at once.

Each case is a topic of its own in the responder's private chat, titled by its alias. A topic that was lost is made again, with everything
that stood in it, before anything else is said: nothing about a case is ever said outside its topic. Where the platform has no topics, the
same messages stand in the main chat, each with the alias before it, and are answered by replies.

A message is recorded as delivered in the same commit that takes it off the outbox, so a crash repeats at most one message in a chat.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
import structlog

from bot.domain.case import Case, Direction, Words, WordsState
from bot.domain.permissions import Action, answering, may
from bot.domain.plain import unlinked
from bot.domain.staff import Responder, ResponderState
from bot.security.sealing import Secret
from bot.usecases.channel import TOPIC_MISSING, Bold, Channel, DeskChannel, Outcome, Rendered, Result, Upload
from bot.usecases.desk import menus
from bot.usecases.desk.contact_views import BY_PERMISSION
from bot.usecases.desk.conversing import transcript
from bot.usecases.desk.looking import Look
from bot.usecases.desk.office import Office
from bot.usecases.desk.ports import DeskItem, DeskMessage, DeskWrite
from bot.usecases.desk.views import ANYBODY, NEEDS_TRANSCRIPT, NOTICES, VIEWS
from bot.usecases.patience import PAUSE_LIMIT, growing
from bot.usecases.ports import DELETABLE_SECONDS, StorageDown

log = structlog.get_logger()

TRIES: Final = 60
PATIENCE: Final = 5.0
STORAGE_PAUSE: Final = 1.0
REMOVALS: Final = ("clear", "remove")
CLOCKS_DIFFER: Final = 120
"""Seconds kept from the 48 h in which a message can be deleted, for clocks that differ."""
OVERWRITTEN: Final = Rendered(text="·")
"""What stands where a message was that is too old to be deleted."""
TYPED: Final = ("typed", menus.TYPED)
"""Kinds of messages that are the responder's own: nobody else can change them."""
TITLE_LIMIT: Final = 128
MESSAGE_LIMIT: Final = 4096
"""UTF-16 units of one of the platform's messages. A seeker's longest message does not fit with its number before it."""
WORDS: Final = "words"
CAPTION: Final = "caption"
"""Words that belong to a file and stand in a message of their own: too long for it, or changed since."""
COVERED: Final = frozenset({"words", "caption", "header"})
PLAIN_BEGINNING: Final = 40
TOPIC: Final = "topic"
PERMITTED: Final = {"notes": Action.READ_NOTES_ORGANIZATION, "replies": Action.CANNED, "reply": Action.CANNED}
"""Views about a case that others than its owner may be shown, if the permissions say so now."""
STANDING: Final = frozenset({"board"})
"""Kinds of which one message stands, and is edited in place."""


@dataclass(slots=True)
class Task:
    """One outbox item, opened."""

    item: DeskItem
    op: str
    view: str
    kind: str
    words: int
    silent: bool
    topic: bool
    args: dict[str, Any]
    tries: int = 0


@dataclass(slots=True)
class Chat:
    """A responder's chat with what is owed to it."""

    queue: deque[Task] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


def opened(item: DeskItem) -> Task:
    """An item as it was stored."""
    held = orjson.loads(item.payload)
    return Task(
        item=item,
        op=held["op"],
        view=held["view"],
        kind=held["as"],
        words=held["words"],
        silent=held["silent"],
        topic=held["topic"],
        args=held["args"],
    )


class DeskDeliverer:
    """Delivers what is owed to responders. `take` after a commit, `recover` at start-up."""

    def __init__(self, office: Office, channel: DeskChannel, seekers: Channel, key: Secret) -> None:
        self._office = office
        self._channel = channel
        self._seekers = seekers
        self._key = key
        self._chats: dict[int, Chat] = {}
        self._closing = False
        self._finished: deque[int] = deque(maxlen=10_000)

    # -- what is owed ----------------------------------------------------------------------------------------------------------

    def take(self, write: DeskWrite) -> None:
        """Queue what a committed write owes, and forget what it took away."""
        for responder, case in write.items_gone_of:
            self._forget(responder, case, before=write)
        for item in write.items:
            self._queue(item)

    def recover(self, items: Iterable[DeskItem]) -> None:
        """Queue what an earlier run left undone."""
        known = {*self._finished, *(task.item.row for chat in self._chats.values() for task in chat.queue)}
        for item in items:
            if item.row not in known:
                self._queue(item)

    def _queue(self, item: DeskItem) -> None:
        chat = self._chats.setdefault(item.responder, Chat())
        chat.queue.append(opened(item))
        if item.priority == 0:
            chat.queue = deque(sorted(chat.queue, key=lambda task: task.item.priority != 0))
        chat.woken.set()
        if chat.task is None and not self._closing:
            chat.task = asyncio.get_running_loop().create_task(self._drain(item.responder, chat))

    def _forget(self, responder: int, case: int, *, before: DeskWrite) -> None:
        chat = self._chats.get(responder)
        newer = {item.row for item in before.items}
        if chat is not None:
            chat.queue = deque(
                task for task in chat.queue if task.item.row in newer or (case and task.item.case != case) or task.op == "clear"
            )

    async def settle(self) -> None:
        """Wait until nothing is owed that can be delivered now."""
        while tasks := [chat.task for chat in self._chats.values() if chat.task]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop after the calls under way."""
        self._closing = True
        for chat in self._chats.values():
            chat.woken.set()
        await self.settle()

    # -- one chat -----------------------------------------------------------------------------------------------------------------

    async def _drain(self, responder: int, chat: Chat) -> None:
        try:
            while chat.queue and not self._closing:
                task = chat.queue[0]
                chat.woken.clear()
                try:
                    pause = await self._attempt(responder, task)
                except StorageDown:  # no try of theirs: nothing is given up because of it
                    await self._wait(chat, STORAGE_PAUSE)
                    continue
                if pause is None:
                    self._finished.append(task.item.row)
                    chat.queue = deque(other for other in chat.queue if other is not task)
                else:
                    task.tries += 1
                    await self._wait(chat, pause)
        except Exception as error:  # one chat that cannot be worked must not take the others with it; its items stay in the outbox
            log.error("desk_delivery_failed", error=type(error).__name__)
        finally:
            chat.task = None

    async def _wait(self, chat: Chat, pause: float) -> None:
        try:
            await asyncio.wait_for(chat.woken.wait(), min(pause, PAUSE_LIMIT))
        except TimeoutError:
            return

    async def _attempt(self, number: int, task: Task) -> float | None:
        """Try one item. None: done with; else the seconds to wait before the next try."""
        responder = self._office.book.responders.get(number)
        if responder is None or responder.chat_id is None:
            return await self._done(task)
        if task.tries >= TRIES and not task.words and task.op not in REMOVALS:  # people's words, and taking them away, are never given up
            log.error("desk_item_given_up", kind=task.view or task.op)
            return await self._done(task)
        if task.op == "clear":
            return await self._clear(responder, task)
        if task.op == "remove":
            return await self._remove(responder, task)
        look = await self._look(responder, task)
        if look is None:
            return await self._done(task)
        if task.op == "media":
            return await self._media(responder, task, look)
        message = VIEWS[task.view](look) if task.view in VIEWS else _said_plainly(look, task.view)
        if message is None:
            return await self._done(task)
        if task.op == "edit" or task.kind in STANDING:
            return await self._edit(responder, task, look, message)
        return await self._post(responder, task, look, message)

    # -- may this be seen at all? -----------------------------------------------------------------------------------------------------

    async def _look(self, responder: Responder, task: Task) -> Look | None:
        """What the view may look at; None when they may not see it (any more)."""
        office, at = self._office, self._office.now()
        if responder.state is not ResponderState.ACTIVE and task.view not in ANYBODY:
            return None
        about = task.item.case or (int(task.args.get("of") or 0) if task.view in BY_PERMISSION else 0)
        case = office.book.cases.get(about) if about else None
        if about and (case is None or not self._theirs(responder, case, task.view, at)):
            return None
        words = await self._words(case, task.words) if case and task.words else None
        if task.words and words is None:
            return None
        read = case is not None and task.view in NEEDS_TRANSCRIPT
        return Look(
            office=office,
            responder=responder,
            case=case,
            words=words,
            args=task.args,
            at=at,
            key=self._key,
            transcript=await transcript(office, case) if read and case else (),
            notes=await office.book.storage.notes(case.id) if read and case else (),
        )

    def _theirs(self, responder: Responder, case: Case, view: str, at: int) -> bool:
        """Whoever has the case sees it; a notice says nothing but that somebody waits, to those of the organization. Views of broken glass,
        and the list of notes, are shown by what the permissions say now."""
        actor = answering(responder)
        if view in BY_PERMISSION:
            return may(actor, BY_PERMISSION[view], case, at)
        if responder.organization != case.organization or not case.may_see(at):
            return False
        return responder.id == case.responder or view in NOTICES or may(actor, PERMITTED.get(view, Action.READ_CASE), case, at)

    async def _words(self, case: Case | None, number: int) -> Words | None:
        if case is None:
            return None
        held = self._office.book.words.get(case.id, {}).get(number)
        if held is not None:
            return held
        return next((one for one in await self._office.book.storage.words(case.id) if one.id == number), None)

    # -- saying it ---------------------------------------------------------------------------------------------------------------------

    async def _post(self, responder: Responder, task: Task, look: Look, message: Rendered) -> float | None:
        if look.words is not None and task.kind == "words" and look.words.state is not WordsState.QUEUED and not task.args.get("again"):
            return await self._done(task)  # taken back, or delivered by an earlier run
        thread, pause = await self._thread(responder, task, look)
        if pause is not None:
            return pause
        shown = message if thread or look.case is None or not task.topic else named(look, message)
        parts = cut(shown.text) if task.kind in (WORDS, CAPTION) else (shown.text,)
        for text in parts[await self._said_before(responder, task) : -1]:
            part = await self._channel.send(responder.chat_id or 0, covered(text, task.kind), thread_id=thread, silent=task.silent)
            if part.result is not Result.DONE:
                return await self._said(responder, task, look, part, thread)
            await self._stands(self._standing_row(responder, task, look, part.message_id, thread))
        outcome = await self._channel.send(
            responder.chat_id or 0,
            replace(shown, text=parts[-1], hidden=covered(parts[-1], task.kind).hidden),
            thread_id=thread,
            reply_to=look.words.source if look.words and task.kind == "held" else 0,
            silent=task.silent,
            urgent=task.item.priority == 0,
            asks=bool(task.args.get("asks")),
        )
        return await self._said(responder, task, look, outcome, thread)

    async def _media(self, responder: Responder, task: Task, look: Look) -> float | None:
        """A file goes from one bot to the other through memory, never to disk; what cannot be had is said to be missing."""
        words = look.words
        if words is None or words.state is not WordsState.QUEUED or words.media is None:
            return await self._done(task)
        thread, pause = await self._thread(responder, task, look)
        if pause is not None:
            return pause
        alias = "" if thread else f"{look.the_case.designation} · "
        chat, caption = responder.chat_id or 0, f"{alias}{words.number}"
        # The words go by themselves: beside a file they would stand on a lock screen, and long ones would be refused.
        if words.text:
            for text in cut(f"{caption} · {unlinked(words.text)}")[await self._count(responder, task, CAPTION) :]:
                said = await self._channel.send(chat, covered(text, CAPTION), thread_id=thread)
                if said.result is not Result.DONE:
                    return await self._said(responder, task, look, said, thread)
                await self._stands(replace(self._standing_row(responder, task, look, said.message_id, thread), kind=CAPTION))
        if words.place:
            latitude, _, longitude = words.place.partition(",")
            outcome = await self._channel.send_place(chat, float(latitude), float(longitude), thread_id=thread)
            return await self._said(responder, task, look, outcome, thread)
        content = await self._seekers.download(words.file)
        if content is None:
            message = Rendered(text=alias + look.say("media_missing", number=words.number))
            return await self._said(responder, task, look, await self._channel.send(chat, message, thread_id=thread), thread)
        upload = Upload(content=content, mime=words.mime)
        outcome = await self._channel.send_media(chat, words.media, upload, thread_id=thread, caption=caption)
        return await self._said(responder, task, look, outcome, thread)

    async def _said(self, responder: Responder, task: Task, look: Look, outcome: Outcome, thread: int) -> float | None:
        if outcome.result is Result.RETRY:
            return max(outcome.after, 0.1)
        if outcome.result is Result.UNKNOWN:
            return growing(task.tries, PATIENCE)  # each further try may leave one more copy
        if outcome.result is Result.MISSING and outcome.error == TOPIC_MISSING and thread:
            await self._topic_lost(responder, look, outcome.message_id)
            return 0.0
        if outcome.result is not Result.DONE:
            log.error("desk_item_given_up", kind=task.view or task.op, outcome=outcome.result.value)
            return await self._done(task)
        standing = self._standing_row(responder, task, look, outcome.message_id, thread)
        doubtful = False
        while True:  # it was said: whatever storage does, it must not be said again
            try:
                if doubtful and await self._is_written(standing):
                    return None
                return await self._written(responder, task, look, standing)
            except StorageDown:
                doubtful = True
                if self._closing:
                    raise
                await asyncio.sleep(min(STORAGE_PAUSE, PAUSE_LIMIT))

    async def _is_written(self, standing: DeskMessage) -> bool:
        """Whether a write that got no answer was committed."""
        return any(one.row == standing.row for one in await self._office.book.storage.desk_messages(standing.responder))

    async def _written(self, responder: Responder, task: Task, look: Look, standing: DeskMessage) -> float | None:
        async with self._office.turnstile:  # words that were taken back while they were being sent must not come back to life
            draft = self._office.draft(look.at)
            draft.messages.append(standing)
            if not self._delivered(draft.words, look, standing, task):
                draft.remove(responder.id, "words", case=standing.case, words=task.words)
            return await self._done(task, draft.write())

    def _standing_row(self, responder: Responder, task: Task, look: Look, message: int, thread: int) -> DeskMessage:
        """What is remembered of a message that stands in a responder's chat."""
        return DeskMessage(
            row=self._office.book.storage.desk_number(),
            responder=responder.id,
            case=look.case.id if look.case else int(task.args.get("of") or 0),
            kind=task.kind,
            message_id=message,
            thread=thread,
            words=task.words,
            at=look.at,
        )

    async def _stands(self, *rows: DeskMessage) -> None:
        draft = self._office.draft()
        draft.messages.extend(rows)
        await self._write(draft.write())

    async def _said_before(self, responder: Responder, task: Task) -> int:
        """How many parts of long words stand already: a crash, or a pause, came between them."""
        return await self._count(responder, task, task.kind) if task.kind in (WORDS, CAPTION) else 0

    async def _count(self, responder: Responder, task: Task, kind: str) -> int:
        ledger = await self._office.book.ledger(responder.id)
        return sum(m.kind == kind and m.words == task.words for m in ledger.values())

    def _delivered(self, rows: dict[int, Words], look: Look, standing: DeskMessage, task: Task) -> bool:
        """A seeker's words have reached the responder. Where the organization keeps none, only their number is left. False: they were taken
        back meanwhile, and must go from the chat again."""
        words = look.words
        if words is None or words.direction is not Direction.SEEKER or task.kind != "words" or words.state is not WordsState.QUEUED:
            return True
        now = self._office.book.words.get(words.case, {}).get(words.id)
        if now is None or now.state is not WordsState.QUEUED:
            return False
        kept = self._office.has_words(look.the_case)
        blank: dict[str, Any] = {} if kept else {"text": "", "file": "", "place": ""}
        rows[words.id] = replace(now, state=WordsState.DELIVERED, shown=standing.message_id, thread=standing.thread, **blank)
        return True

    async def _edit(self, responder: Responder, task: Task, look: Look, message: Rendered) -> float | None:
        standing = await self._standing(responder, task, look)
        if standing is None:
            if task.op == "post":
                return await self._post(responder, task, look, message)
            return await self._done(task)
        shown = message if standing.thread or look.case is None or not task.topic else named(look, message)
        if task.kind == WORDS and look.words is not None:
            if look.words.media is not None:  # the words of a file cannot be changed in it: they follow it
                return await self._anew(responder, replace(task, kind=CAPTION), look, message)
            if len(cut(shown.text)) > 1 or await self._count(responder, task, WORDS) > 1:
                return await self._anew(responder, task, look, message)
        shown = replace(shown, hidden=covered(shown.text, task.kind).hidden)
        outcome = await self._channel.edit(responder.chat_id or 0, standing.message_id, shown)
        if outcome.result in (Result.RETRY, Result.UNKNOWN):
            return max(outcome.after, 0.5)
        if outcome.result is Result.MISSING:
            gone = self._office.draft(look.at)
            gone.messages_gone.append(standing.row)
            await self._write(gone.write())
            return 0.0 if task.op == "post" else await self._done(task)
        return await self._done(task)

    async def _anew(self, responder: Responder, task: Task, look: Look, message: Rendered) -> float | None:
        """Words of more than one message changed: the former go, and all is said again."""
        ledger = await self._office.book.ledger(responder.id)
        former = [m for m in ledger.values() if m.kind == task.kind and m.words == task.words]
        if former:
            outcome = await self._channel.delete(responder.chat_id or 0, [one.message_id for one in former])
            if outcome.result in (Result.RETRY, Result.UNKNOWN) and task.tries < TRIES - 1:
                return max(outcome.after, 0.2)
        gone = self._office.draft(look.at)
        gone.messages_gone.extend(one.row for one in former)
        await self._write(gone.write())
        task.op, task.args = "post", {**task.args, "again": True}
        return await self._post(responder, task, look, message)

    async def _standing(self, responder: Responder, task: Task, look: Look) -> DeskMessage | None:
        """The newest message of this kind, about this case and these words."""
        case = int(task.args.get("of") or (look.case.id if look.case else 0))
        ledger = await self._office.book.ledger(responder.id)
        mine = (m for m in ledger.values() if m.kind == task.kind and m.case == case and (not task.words or m.words == task.words))
        return max(mine, key=lambda message: message.row, default=None)

    # -- topics ------------------------------------------------------------------------------------------------------------------------

    async def _thread(self, responder: Responder, task: Task, look: Look) -> tuple[int, float | None]:
        """The topic this belongs into (0: none), made when there is none yet; or the seconds to wait."""
        if look.case is None or not task.topic or responder.id != look.case.responder or not await self._channel.topics_enabled():
            return 0, None
        ledger = await self._office.book.ledger(responder.id)
        held = next((message for message in ledger.values() if message.kind == TOPIC and message.case == look.the_case.id), None)
        if held is not None:
            return held.thread, None
        outcome = await self._channel.open_topic(responder.chat_id or 0, look.the_case.designation[:TITLE_LIMIT])
        if outcome.result in (Result.RETRY, Result.UNKNOWN):
            return 0, max(outcome.after, 0.5)
        if outcome.result is not Result.DONE:
            return 0, None  # no topics after all: the same goes by replies
        draft = self._office.draft(look.at)
        draft.messages.append(
            DeskMessage(
                row=draft.number(),
                responder=responder.id,
                case=look.the_case.id,
                kind=TOPIC,
                message_id=outcome.thread_id,
                thread=outcome.thread_id,
                at=look.at,
            )
        )
        await self._write(draft.write())
        return outcome.thread_id, None

    async def _topic_lost(self, responder: Responder, look: Look, stray: int) -> None:
        """The responder (or the platform) removed the topic: forget it, and say everything again in a new one, in order. `stray`: a message
        that landed outside it and could not be deleted yet."""
        ledger = await self._office.book.ledger(responder.id)
        case = look.the_case
        draft = self._office.draft(look.at)
        lost = (one for one in ledger.values() if one.case == case.id and (one.thread or one.kind == TOPIC))
        draft.messages_gone.extend(one.row for one in lost)
        if stray:
            draft.messages.append(
                DeskMessage(row=draft.number(), responder=responder.id, case=case.id, kind="stray", message_id=stray, at=look.at)
            )
            draft.remove(responder.id, "stray", case=case.id)
        draft.post(responder.id, "header", case=case)
        for words in await transcript(self._office, case):
            if words.state is WordsState.DELIVERED:
                draft.post(responder.id, "words", case=case, kind="words", words=words.id, again=True)
        write = draft.write()
        await self._write(write)
        chat = self._chats[responder.id]
        mine = {item.row for item in write.items}
        again = [task for task in chat.queue if task.item.row in mine]
        chat.queue = deque([*again, *(task for task in chat.queue if task.item.row not in mine)])

    # -- removing ----------------------------------------------------------------------------------------------------------------------

    async def _clear(self, responder: Responder, task: Task) -> float | None:
        """Empty a case's topic and every message about it; without a case, the whole chat."""
        case = int(task.args.get("of") or 0)
        ledger = await self._office.book.ledger(responder.id)
        mine = [message for message in ledger.values() if not case or message.case == case]
        for topic in [message for message in mine if message.kind == TOPIC]:
            outcome = await self._channel.drop_topic(responder.chat_id or 0, topic.thread, urgent=True)
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return max(outcome.after, growing(task.tries, 0.2))
        dropped = {message.thread for message in mine if message.kind == TOPIC}
        return await self._taken_away(responder, task, mine, [one for one in mine if one.thread not in dropped or not one.thread])

    async def _remove(self, responder: Responder, task: Task) -> float | None:
        ledger = await self._office.book.ledger(responder.id)
        case = int(task.args.get("of") or 0)
        mine = [
            m
            for m in ledger.values()
            if m.kind in ((WORDS, CAPTION) if task.kind == WORDS else (task.kind,))
            and (not case or m.case == case)
            and (not task.words or m.words == task.words)
        ]
        return await self._taken_away(responder, task, mine, mine)

    async def _taken_away(self, responder: Responder, task: Task, gone: list[DeskMessage], left: list[DeskMessage]) -> float | None:
        """Delete what is `left` in the chat; what is too old for that is overwritten, where it is ours. Then `gone` is forgotten. It is
        tried until it is done: nothing of a case stays because the network was away."""
        chat, at = responder.chat_id or 0, self._office.now()
        old = [one for one in left if at - one.at >= DELETABLE_SECONDS - CLOCKS_DIFFER]
        young = [one.message_id for one in left if at - one.at < DELETABLE_SECONDS - CLOCKS_DIFFER]
        outcomes = [await self._channel.delete(chat, young, urgent=True)] if young else []
        outcomes += [await self._channel.edit(chat, one.message_id, OVERWRITTEN) for one in old if one.kind not in TYPED]
        again = [max(one.after, growing(task.tries, 0.2)) for one in outcomes if one.result in (Result.RETRY, Result.UNKNOWN)]
        if again:
            return max(again)
        draft = self._office.draft()
        draft.messages_gone.extend(message.row for message in gone)
        return await self._done(task, draft.write())

    # -- writing it down ------------------------------------------------------------------------------------------------------------------

    async def _done(self, task: Task, write: DeskWrite | None = None) -> float | None:
        """Off the outbox, with what came of it, in one commit."""
        write = write or self._office.draft().write()
        await self._write(replace(write, items_gone=(*write.items_gone, task.item.row)))
        return None

    async def _write(self, write: DeskWrite) -> None:
        try:
            await self._office.book.storage.write_desk(write)
        except StorageDown:
            self._office.unsure = True
            raise
        self._office.settle(write)


def _said_plainly(look: Look, view: str) -> Rendered | None:
    """A view that is only a text of that name; nothing for a name nobody wrote."""
    if not look.texts.find(look.responder.locale, f"desk.{view}"):
        log.error("desk_view_unknown", kind=view)
        return None
    return Rendered(text=look.say(view, **{"designation": look.case.designation if look.case else "", **look.args}))


def cut(text: str) -> tuple[str, ...]:
    """The text in parts that fit into one message each, cut where words end when there is such a place near."""
    parts = []
    while units(text) > MESSAGE_LIMIT:
        most = MESSAGE_LIMIT
        while units(text[:most]) > MESSAGE_LIMIT:
            most -= units(text[:most]) - MESSAGE_LIMIT
        space = max(text.rfind(" ", most - 400, most), text.rfind("\n", most - 400, most))
        at = space + 1 if space > 0 else most
        parts.append(text[:at])
        text = text[at:]
    return (*parts, text)


def covered(text: str, kind: str) -> Rendered:
    """What comes unasked and holds anything of a case is covered until tapped: a lock screen, and the list of chats, show an alias and a
    number (features.md P6)."""
    if kind not in COVERED:
        return Rendered(text=text)
    mark = "\n" if kind == "header" else " · "
    place = text.find(mark, 0, PLAIN_BEGINNING)
    begins = place + len(mark) if place >= 0 else 0
    return Rendered(text=text, hidden=(Bold(units(text[:begins]), units(text[begins:])),))


def units(text: str) -> int:
    """Length as the platform counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def named(look: Look, message: Rendered) -> Rendered:
    """Without topics, the alias stands before everything about a case."""
    return Rendered(text=f"{look.the_case.designation} · {message.text}", rows=message.rows)
