"""From the desk's outbox to responders' chats: one chat after its own order, many chats at once.

Each case is a topic of its own in the responder's private chat, titled by its alias. A topic that was lost is made again, with everything
that stood in it, before anything else is said: nothing about a case is ever said outside its topic. Where the platform has no topics, the
same messages stand in the main chat, each with the alias before it, and are answered by replies.

A message is recorded as delivered in the same commit that takes it off the outbox, so a crash repeats at most one message in a chat.

Emptying comes before everything: a panic and a withdrawal clear a chat within seconds. So nothing long stands in their way: a file goes as
a task of its own beside the chat's other messages, and is cut off by a clear. A clear, a removal and a cry for help are never given up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
import structlog

from bot.domain.case import Case, Direction, Words, WordsState
from bot.domain.permissions import Action, answering, may
from bot.domain.plain import unlinked
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.security.sealing import Secret
from bot.usecases.channel import TOPIC_MISSING, Channel, DeskChannel, Outcome, Rendered, Result, Upload
from bot.usecases.desk import menus
from bot.usecases.desk.contact_views import BY_PERMISSION
from bot.usecases.desk.conversing import transcript
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.looking import Look
from bot.usecases.desk.office import Office
from bot.usecases.desk.pieces import CLEAR, covered, pieces, under
from bot.usecases.desk.views import ANYBODY, NEEDS_TRANSCRIPT, NOTICES, VIEWS
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskVerdict, DeskWrite
from bot.usecases.patience import PAUSE_LIMIT, growing
from bot.usecases.ports import DELETABLE_SECONDS, StorageDown

log = structlog.get_logger()

TRIES: Final = 60
"""Attempts after which an item is given up, words of people and what protects somebody apart. Only an attempt after its whole pause counts:
that is about an hour."""
FAULTS: Final = 3
"""Attempts that end in a fault of our own before an item is dropped, so that it does not stand before everything else for ever."""
PATIENCE: Final = 5.0
STORAGE_PAUSE: Final = 1.0
TITLE_LIMIT: Final = 128
FILES_AT_ONCE: Final = 4
"""Files in memory at once, of 20 MB at most."""
DELETABLE: Final = DELETABLE_SECONDS - 120
"""Seconds in which a message can be deleted, less a little for clocks that differ."""
FADES: Final = 46 * 3600
"""Seconds after which a message about a case that stands outside a topic is taken away, while that can still be done."""
TIDY_EVERY: Final = 600
STRAYS: Final = 100
"""Numbers of messages between two known ones in which one that landed unseen is looked for."""
WORDS: Final = "words"
CAPTION: Final = "caption"
"""Words that belong to a file: they stand in a message of their own before it."""
TOPIC: Final = "topic"
NOTICE: Final = "notice"
OVERWRITTEN: Final = Rendered(text="·")
"""What stands where a message was that is too old to be deleted."""
THEIRS: Final = ("typed", menus.TYPED)
"""Kinds of messages that are a responder's own: they can be deleted, not changed."""
PERMITTED: Final = {"notes": Action.READ_NOTES_ORGANIZATION, "replies": Action.CANNED, "reply": Action.CANNED}
"""Views about a case that others than its owner may be shown, if the permissions say so now."""
STANDING: Final = frozenset({"board"})
"""Kinds of which one message stands, and is edited in place."""
PROTECTS: Final = ("clear", "remove")
CLEARING, AT_ONCE, IN_ORDER = range(3)


@dataclass(slots=True)
class Task:
    """One outbox item, opened. `due`: on the loop's clock, when it may be tried again; `faults`: attempts that ended in a fault of ours."""

    item: DeskItem
    op: str
    view: str
    kind: str
    words: int
    silent: bool
    topic: bool
    args: dict[str, Any]
    tries: int = 0
    due: float = 0.0
    faults: int = 0

    @property
    def rank(self) -> int:
        """What comes first: emptying a chat, then what cannot wait, then the rest as it was committed."""
        if self.op == "clear":
            return CLEARING
        return AT_ONCE if self.item.priority == 0 else IN_ORDER

    @property
    def about(self) -> int:
        """The case it is about, also when it shows nothing of it (0: none)."""
        return self.item.case or int(self.args.get("of") or 0)


@dataclass(slots=True)
class File:
    """A file under way. `sending`: its bytes may have begun to leave; `newest`: the newest message known in the chat before that."""

    task: Task
    look: Look
    thread: int
    newest: int = 0
    sending: bool = False
    call: asyncio.Task[Outcome | None] | None = None


@dataclass(slots=True)
class Chat:
    """A responder's chat with what is owed to it. `unheard`: words could not reach it and are said again once something does. `strays`:
    after which message something may have landed that nobody told us of (0: nothing)."""

    queue: deque[Task] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    file: File | None = None
    unheard: bool = False
    strays: int = 0


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
    """Delivers what is owed to responders. `take` after a commit, `recover` at start-up, `tidy` now and then."""

    def __init__(self, office: Office, channel: DeskChannel, seekers: Channel, key: Secret) -> None:
        self._office = office
        self._channel = channel
        self._seekers = seekers
        self._key = key
        self._chats: dict[int, Chat] = {}
        self._closing = False
        self._finished: deque[int] = deque(maxlen=10_000)
        self._files = asyncio.Semaphore(FILES_AT_ONCE)
        self._beginning: asyncio.Task[None] | None = None
        self._tidied = 0

    # -- what is owed ----------------------------------------------------------------------------------------------------------

    def take(self, write: DeskWrite) -> None:
        """Queue what a committed write owes, and forget what it took away."""
        for responder, case in write.items_gone_of:
            self._forget(responder, case, before=write)
        for item in write.items:
            self._queue(item)

    def recover(self, items: Iterable[DeskItem]) -> None:
        """Queue what an earlier run left undone, and words nobody owes any more though nobody has got them."""
        known = {*self._finished, *(task.item.row for chat in self._chats.values() for task in chat.queue)}
        for item in items:
            if item.row not in known:
                self._queue(item)
        if self._beginning is None:
            self._beginning = asyncio.get_running_loop().create_task(self._begin())

    def _queue(self, item: DeskItem) -> None:
        chat = self._chats.setdefault(item.responder, Chat())
        task = opened(item)
        chat.queue = deque(sorted((*chat.queue, task), key=lambda one: one.rank))
        if task.op == "clear":
            self._cut_off(chat, task.about)
        elif chat.file is not None and task.op == "remove" and task.words and task.words == chat.file.task.words:
            self._cut_off(chat, chat.file.task.item.case)
        chat.woken.set()
        if chat.task is None and not self._closing:
            chat.task = asyncio.get_running_loop().create_task(self._drain(item.responder, chat))

    def _forget(self, responder: int, case: int, *, before: DeskWrite) -> None:
        chat = self._chats.get(responder)
        newer = {item.row for item in before.items}
        if chat is not None:
            self._cut_off(chat, case)
            chat.queue = deque(
                task for task in chat.queue if task.item.row in newer or (case and task.item.case != case) or task.op == "clear"
            )

    def _cut_off(self, chat: Chat, case: int) -> None:
        """A file of this case (0: any) goes no further."""
        file = chat.file
        if file is not None and file.call is not None and (not case or file.task.item.case == case):
            file.call.cancel()

    async def settle(self) -> None:
        """Wait until nothing is owed that can be delivered now."""
        while tasks := [task for task in (self._beginning, *(chat.task for chat in self._chats.values())) if task and not task.done()]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop after the calls under way. A file is cut off: it may take minutes, and is still owed."""
        self._closing = True
        for chat in self._chats.values():
            self._cut_off(chat, 0)
            chat.woken.set()
        await self.settle()

    async def _begin(self) -> None:
        """Words that were given up by an earlier run are owed again."""
        try:
            for number in tuple(self._office.book.responders):
                await self._say_unheard(number)
        except StorageDown:
            log.warning("desk_words_wait")

    async def _say_unheard(self, number: int) -> None:
        """Words of a responder's cases that nobody owes them: owe them again."""
        book, draft = self._office.book, self._office.draft()
        chat = self._chats.get(number)
        owed = {task.words for task in chat.queue} if chat is not None else set()
        for case in book.owned(number):
            for words in book.to_responder(case.id) if case.may_see(draft.at) else ():
                if words.id not in owed:
                    self._office.pass_to_responder(draft, case, words)
        if draft.items:
            await self._write(draft.write())

    async def tidy(self) -> None:
        """What stands about cases outside topics is taken away while the platform still lets us. Cheap; call it at every pass."""
        at = self._office.now()
        if abs(at - self._tidied) < TIDY_EVERY:
            return
        self._tidied = at
        draft = self._office.draft(at)
        for responder in tuple(self._office.book.responders.values()):
            chat = self._chats.get(responder.id)
            fading = chat is not None and any(task.op == "fade" for task in chat.queue)
            if responder.chat_id is not None and not fading and self._fading(await self._office.book.ledger(responder.id), at):
                draft.fade(responder.id)
        if draft.items:
            await self._write(draft.write())

    # -- one chat -----------------------------------------------------------------------------------------------------------------

    async def _drain(self, number: int, chat: Chat) -> None:
        """Work a chat's queue to its end."""
        try:
            while chat.queue or chat.file:
                chat.woken.clear()
                if chat.file is not None and chat.file.call is not None and chat.file.call.done():
                    await self._landed(number, chat, chat.file)
                elif self._closing and chat.file is None:
                    return
                elif (task := self._next(chat)) is not None:
                    await self._turn(number, chat, task)
                else:
                    await self._wait(chat)
        except Exception as error:  # one chat that cannot be worked must not take the others with it; its items stay in the outbox
            log.error("desk_delivery_failed", error=type(error).__name__)
        finally:
            chat.task = None

    def _next(self, chat: Chat) -> Task | None:
        """What is tried now. What the platform lets wait holds back what comes after it; what broke by itself holds back nothing."""
        now = asyncio.get_running_loop().time()
        for task in chat.queue if not self._closing else ():
            if _waits_for(chat.file, task):
                continue
            if task.due <= now:
                return task
            if not task.faults:
                return None
        return None

    async def _wait(self, chat: Chat) -> None:
        """Until something may be tried, something new comes, or the file under way is there."""
        now = asyncio.get_running_loop().time()
        pause = min((task.due - now for task in chat.queue if task.due > now), default=PAUSE_LIMIT)
        try:
            await asyncio.wait_for(chat.woken.wait(), pause)
        except TimeoutError:
            return

    async def _turn(self, number: int, chat: Chat, task: Task) -> None:
        """One attempt of an item."""
        try:
            pause = await self._attempt(number, chat, task)
        except StorageDown:  # no try of theirs: nothing is given up because of it
            self._again(task, STORAGE_PAUSE)
            return
        except Exception as error:  # a fault of ours in one item must not hold back all the others of this chat
            log.error("desk_item_failed", kind=task.view or task.op, error=type(error).__name__)
            await self._broken(chat, task)
            return
        if chat.file is not None and chat.file.task is task:
            return
        if pause is None:
            self._over(chat, task)
        else:
            task.tries += 1
            self._again(task, pause)

    def _again(self, task: Task, pause: float) -> None:
        task.due = asyncio.get_running_loop().time() + min(pause, PAUSE_LIMIT)

    def _over(self, chat: Chat, task: Task) -> None:
        self._finished.append(task.item.row)
        chat.queue = deque(other for other in chat.queue if other is not task)

    async def _broken(self, chat: Chat, task: Task) -> None:
        """An attempt ended in a fault of ours: later again; after some it is dropped, unless it takes something away."""
        task.faults += 1
        if task.faults < FAULTS or task.op in PROTECTS:
            self._again(task, growing(task.faults, STORAGE_PAUSE))
            return
        try:
            await self._done(task, self._not_delivered(task).write())
        except StorageDown:
            self._again(task, STORAGE_PAUSE)
        else:
            self._over(chat, task)

    async def _attempt(self, number: int, chat: Chat, task: Task) -> float | None:
        """Try one item. None: done with; else the seconds to wait before the next try."""
        responder = self._office.book.responders.get(number)
        file = chat.file if chat.file is not None and chat.file.task is task else None
        if responder is None or responder.chat_id is None:
            chat.file = None if file is not None else chat.file
            return await self._done(task)
        if file is not None and file.call is not None:
            chat.file = None
            return await self._said(responder, chat, task, file.look, file.call.result(), file.thread)
        if task.tries >= TRIES and not task.words and task.item.priority != 0 and task.op not in PROTECTS:
            log.error("desk_item_given_up", kind=task.view or task.op)
            return await self._done(task)
        self._office.crash("desk_before_send")
        if task.op == "clear":
            return await self._clear(responder, task)
        if task.op == "remove":
            return await self._remove(responder, task)
        if task.op == "fade":
            return await self._fade(responder, task)
        look = await self._look(responder, task)
        if look is None:
            return await self._done(task)
        if task.op == "media":
            return await self._media(responder, chat, task, look)
        message = VIEWS[task.view](look) if task.view in VIEWS else _said_plainly(look, task.view)
        if message is None:
            return await self._done(task)
        if task.op == "edit" or task.kind in STANDING:
            return await self._edit(responder, chat, task, look, message)
        return await self._post(responder, chat, task, look, message)

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
        noticed = view in NOTICES and responder.role is not StaffRole.REVIEWER
        return responder.id == case.responder or noticed or may(actor, PERMITTED.get(view, Action.READ_CASE), case, at)

    def _still(self, responder: Responder, task: Task, look: Look) -> bool:
        """A second look right before something leaves: a topic was made or a file was fetched meanwhile, and it may be withdrawn by now."""
        book = self._office.book
        me = book.responders.get(responder.id)
        if me is None or (me.state is not ResponderState.ACTIVE and task.view not in ANYBODY):
            return False
        if look.case is None:
            return True
        case = book.cases.get(look.case.id)
        if case is None or not self._theirs(me, case, task.view, self._office.now()):
            return False
        return not _fresh(task, look) or self._owed(look.words) is not None

    def _owed(self, words: Words | None) -> Words | None:
        """A seeker's words as they stand now, if nobody has got them yet."""
        now = self._office.book.words.get(words.case, {}).get(words.id) if words is not None else None
        return now if now is not None and now.state is WordsState.QUEUED else None

    async def _words(self, case: Case | None, number: int) -> Words | None:
        if case is None:
            return None
        held = self._office.book.words.get(case.id, {}).get(number)
        if held is not None:
            return held
        return next((one for one in await self._office.book.storage.words(case.id) if one.id == number), None)

    # -- saying it ---------------------------------------------------------------------------------------------------------------------

    async def _post(self, responder: Responder, chat: Chat, task: Task, look: Look, message: Rendered) -> float | None:
        if look.words is not None and task.kind == WORDS and look.words.state is not WordsState.QUEUED and not task.args.get("again"):
            return await self._done(task)  # taken back, or delivered by an earlier run
        thread, pause = await self._thread(responder, task, look)
        if pause is not None:
            return pause
        parts = pieces(_dressed(message, task, look, thread))
        for part in parts[await self._said_before(responder, task, task.kind) : -1]:
            outcome = await self._say(responder, task, look, part, thread)
            if outcome is None or outcome.result is not Result.DONE:
                return await self._said(responder, chat, task, look, outcome, thread)
            await self._stands(self._standing_row(responder, task, look, outcome.message_id, thread))
        return await self._said(responder, chat, task, look, await self._say(responder, task, look, parts[-1], thread), thread)

    async def _say(self, responder: Responder, task: Task, look: Look, message: Rendered, thread: int) -> Outcome | None:
        """One message. None: it may not be seen any more."""
        if not self._still(responder, task, look):
            return None
        return await self._channel.send(
            responder.chat_id or 0,
            message,
            thread_id=thread,
            reply_to=look.words.source if look.words and task.kind == "held" else 0,
            silent=task.silent,
            urgent=task.item.priority == 0,
            asks=bool(task.args.get("asks")),
        )

    async def _said(self, responder: Responder, chat: Chat, task: Task, look: Look, outcome: Outcome | None, thread: int) -> float | None:
        """What came of a message: recorded, tried again, or given up."""
        if outcome is None:
            return await self._done(task)
        if outcome.result in (Result.RETRY, Result.UNKNOWN):
            return _pause(task, outcome, PATIENCE)  # after UNKNOWN each further try may leave one more copy
        if outcome.result is Result.MISSING and outcome.error == TOPIC_MISSING and thread:
            await self._topic_lost(responder, look, outcome.message_id)
            return growing(task.tries, PATIENCE) if task.tries else 0.0
        if outcome.result is not Result.DONE:
            log.error("desk_item_given_up", kind=task.view or task.op, outcome=outcome.result.value)
            if outcome.result is Result.GONE and _fresh(task, look):  # still owed: to them once they can be reached, or to who comes next
                chat.unheard = True
                return await self._done(task)
            return await self._done(task, self._not_delivered(task).write())
        standing = self._standing_row(responder, task, look, outcome.message_id, thread)
        self._office.crash("desk_after_send")
        doubtful = False
        while True:  # it was said: whatever storage does, it must not be said again
            try:
                if not (doubtful and await self._is_written(standing)):
                    await self._written(responder, task, look, standing)
                break
            except StorageDown:
                doubtful = True
                if self._closing:
                    raise
                await asyncio.sleep(min(STORAGE_PAUSE, PAUSE_LIMIT))
        await self._reached(responder, chat, outcome.message_id)
        return None

    async def _reached(self, responder: Responder, chat: Chat, newest: int) -> None:
        """Something arrived in this chat: what could not before is owed again, and what may have landed unseen goes."""
        if chat.unheard:
            chat.unheard = False
            await self._say_unheard(responder.id)
        strays, chat.strays = chat.strays, 0
        if strays and newest - strays <= STRAYS:
            known = {message.message_id for message in (await self._office.book.ledger(responder.id)).values()}
            unknown = [number for number in range(strays + 1, newest) if number not in known]
            if unknown:
                await self._channel.delete(responder.chat_id or 0, unknown, urgent=True)

    async def _is_written(self, standing: DeskMessage) -> bool:
        """Whether a write that got no answer was committed."""
        return any(one.row == standing.row for one in await self._office.book.storage.desk_messages(standing.responder))

    async def _written(self, responder: Responder, task: Task, look: Look, standing: DeskMessage) -> None:
        async with self._office.turnstile:  # words that were taken back while they were being sent must not come back to life
            draft = self._office.draft()
            draft.messages.append(standing)
            if not self._delivered(draft.words, look, standing, task):
                draft.remove(responder.id, WORDS, case=standing.case, words=task.words)
            await self._done(task, draft.write())

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
            at=self._office.now(),
        )

    async def _stands(self, *rows: DeskMessage) -> None:
        draft = self._office.draft()
        draft.messages.extend(rows)
        await self._write(draft.write())

    async def _said_before(self, responder: Responder, task: Task, kind: str) -> int:
        """How many parts of this item stand already: a crash, or a pause, came between them. Their rows are younger than the item's."""
        ledger = await self._office.book.ledger(responder.id)
        return sum(m.row > task.item.row and m.kind == kind and m.words == task.words for m in ledger.values())

    def _delivered(self, rows: dict[int, Words], look: Look, standing: DeskMessage, task: Task) -> bool:
        """A seeker's words have reached the responder. Where the organization keeps none, only their number is left. False: they were taken
        back meanwhile, or nobody may see them any more, and they must go from the chat again."""
        if not _fresh(task, look) or look.words is None:
            return True
        now, case = self._owed(look.words), self._office.book.cases.get(look.words.case)
        if now is None or case is None or not case.may_see(self._office.now()) or case.responder != standing.responder:
            return False
        blank: dict[str, Any] = {} if self._office.has_words(case) else {"text": "", "file": "", "place": ""}
        rows[now.id] = replace(now, state=WordsState.DELIVERED, shown=standing.message_id, thread=standing.thread, **blank)
        return True

    def _not_delivered(self, task: Task) -> Draft:
        """These words cannot be shown here: that is kept, whoever has the case reads it, and whoever takes it next gets them again."""
        draft = self._office.draft()
        words = self._office.book.words.get(task.item.case, {}).get(task.words)
        case = self._office.book.cases.get(task.item.case)
        if case is None or words is None or words.direction is not Direction.SEEKER or words.state is not WordsState.QUEUED:
            return draft
        draft.put(replace(words, state=WordsState.NOT_DELIVERED))
        draft.post(task.item.responder, "words_not_shown", case=case, number=words.number)
        return draft

    # -- files -------------------------------------------------------------------------------------------------------------------------

    async def _media(self, responder: Responder, chat: Chat, task: Task, look: Look) -> float | None:
        """First the words beside a file (they would stand on a lock screen under it, and long ones would be refused); a place is said; a
        file is sent on its way."""
        words = look.words
        if words is None or words.media is None or self._owed(words) is None:
            return await self._done(task)
        thread, pause = await self._thread(responder, task, look)
        if pause is not None:
            return pause
        if words.text:
            beside = replace(task, kind=CAPTION)
            said = _dressed(Rendered(text=f"{words.number} · {unlinked(words.text)}"), beside, look, thread)
            for part in pieces(said)[await self._said_before(responder, task, CAPTION) :]:
                outcome = await self._say(responder, task, look, part, thread)
                if outcome is None or outcome.result is not Result.DONE:
                    return await self._said(responder, chat, task, look, outcome, thread)
                await self._stands(self._standing_row(responder, beside, look, outcome.message_id, thread))
        if words.place and self._still(responder, task, look):
            latitude, _, longitude = words.place.partition(",")
            outcome = await self._channel.send_place(responder.chat_id or 0, float(latitude), float(longitude), thread_id=thread)
            return await self._said(responder, chat, task, look, outcome, thread)
        ledger = await self._office.book.ledger(responder.id)
        newest = max((message.message_id for message in ledger.values()), default=0)
        file = chat.file = File(task=task, look=look, thread=thread, newest=newest)
        file.call = asyncio.get_running_loop().create_task(self._carry(responder, file))
        file.call.add_done_callback(lambda _: chat.woken.set())
        return 0.0

    async def _carry(self, responder: Responder, file: File) -> Outcome | None:
        """From one bot to the other through memory, never to disk, few at once; what cannot be had is said to be missing. None: it may not
        be seen any more."""
        task, look, words = file.task, file.look, file.look.words
        if words is None or words.media is None:
            return None
        alias = "" if file.thread else f"{look.the_case.designation} · "
        async with self._files:
            if not self._still(responder, task, look):
                return None
            content = await self._seekers.download(words.file)
            if content is None:
                missing = Rendered(text=alias + look.say("media_missing", number=words.number))
                return await self._say(responder, task, look, missing, file.thread)
            if not self._still(responder, task, look):
                return None
            file.sending = True
            upload = Upload(content=content, mime=words.mime)
            caption = f"{alias}{words.number}"
            return await self._channel.send_media(responder.chat_id or 0, words.media, upload, thread_id=file.thread, caption=caption)

    async def _landed(self, number: int, chat: Chat, file: File) -> None:
        """The file is there, or will not be. One that was cut off may have landed all the same, in the moment before the answer: its topic
        is dropped once more, or what stands unknown in the chat is looked for when the next message shows how far the numbers are."""
        if file.call is not None and not file.call.cancelled():
            await self._turn(number, chat, file.task)
            return
        chat.file = None
        if not file.sending:
            return
        responder = self._office.book.responders.get(number)
        if responder is None or responder.chat_id is None:
            return
        ledger = await self._office.book.ledger(number)
        if file.thread and not any(one.kind == TOPIC and one.thread == file.thread for one in ledger.values()):
            await self._channel.drop_topic(responder.chat_id, file.thread, urgent=True)
        chat.strays = min(chat.strays or file.newest, file.newest) or 1

    # -- changing it -------------------------------------------------------------------------------------------------------------------

    async def _edit(self, responder: Responder, chat: Chat, task: Task, look: Look, message: Rendered) -> float | None:
        standing = await self._standing(responder, task, look)
        if standing is None:
            if task.op == "post":
                return await self._post(responder, chat, task, look, message)
            return await self._done(task)
        if task.kind == WORDS and look.words is not None and look.words.media is not None:
            return await self._anew(responder, chat, replace(task, kind=CAPTION), look, message)  # they stand beside the file, not in it
        shown = _dressed(message, task, look, standing.thread)
        if len(pieces(shown)) > 1 or len(await self._former(responder, task, look)) > 1:
            return await self._anew(responder, chat, task, look, message)
        if not self._still(responder, task, look):
            return await self._done(task)
        outcome = await self._channel.edit(responder.chat_id or 0, standing.message_id, shown)
        if outcome.result in (Result.RETRY, Result.UNKNOWN):
            return _pause(task, outcome, 0.5)
        if outcome.result is Result.MISSING:
            gone = self._office.draft()
            gone.messages_gone.append(standing.row)
            await self._write(gone.write())
            return 0.0 if task.op == "post" else await self._done(task)
        return await self._done(task)

    async def _anew(self, responder: Responder, chat: Chat, task: Task, look: Look, message: Rendered) -> float | None:
        """What takes more than one message has changed: the former go, and all is said again."""
        former = await self._former(responder, task, look)
        if former:
            outcome = await self._channel.delete(responder.chat_id or 0, [one.message_id for one in former])
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return _pause(task, outcome, 0.2)
        gone = self._office.draft()
        gone.messages_gone.extend(one.row for one in former)
        await self._write(gone.write())
        task.op, task.args = "post", {**task.args, "again": True}
        return await self._post(responder, chat, task, look, message)

    async def _former(self, responder: Responder, task: Task, look: Look) -> list[DeskMessage]:
        """The messages of this kind that stand, about this case and these words."""
        case = int(task.args.get("of") or (look.case.id if look.case else 0))
        ledger = await self._office.book.ledger(responder.id)
        return [m for m in ledger.values() if m.kind == task.kind and m.case == case and (not task.words or m.words == task.words)]

    async def _standing(self, responder: Responder, task: Task, look: Look) -> DeskMessage | None:
        """The newest of them."""
        return max(await self._former(responder, task, look), key=lambda message: message.row, default=None)

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
            return 0, _pause(task, outcome, 0.5)
        if outcome.result is not Result.DONE:
            return 0, None  # no topics after all: the same goes by replies
        draft = self._office.draft()
        draft.messages.append(
            DeskMessage(
                row=draft.number(),
                responder=responder.id,
                case=look.the_case.id,
                kind=TOPIC,
                message_id=outcome.thread_id,
                thread=outcome.thread_id,
                at=draft.at,
            )
        )
        await self._write(draft.write())
        return outcome.thread_id, None

    async def _topic_lost(self, responder: Responder, look: Look, stray: int) -> None:
        """The responder (or the platform) removed the topic: forget it, and say everything again in a new one, in order. `stray`: a message
        that landed outside it and could not be deleted yet."""
        ledger = await self._office.book.ledger(responder.id)
        case = look.the_case
        draft = self._office.draft()
        lost = (one for one in ledger.values() if one.case == case.id and (one.thread or one.kind == TOPIC))
        draft.messages_gone.extend(one.row for one in lost)
        if stray:
            draft.messages.append(
                DeskMessage(row=draft.number(), responder=responder.id, case=case.id, kind="stray", message_id=stray, at=draft.at)
            )
            draft.remove(responder.id, "stray", case=case.id)
        if case.may_see(draft.at):
            draft.post(responder.id, "header", case=case)
            for words in await transcript(self._office, case):
                if words.state is WordsState.DELIVERED:
                    draft.post(responder.id, WORDS, case=case, kind=WORDS, words=words.id, again=True)
        write = draft.write()
        await self._write(write)
        chat = self._chats[responder.id]
        mine = {item.row for item in write.items}
        again = [task for task in chat.queue if task.item.row in mine]
        chat.queue = deque(sorted((*again, *(task for task in chat.queue if task.item.row not in mine)), key=lambda task: task.rank))

    # -- removing ----------------------------------------------------------------------------------------------------------------------

    async def _clear(self, responder: Responder, task: Task) -> float | None:
        """Empty a case's topic and every message about it; without a case, the whole chat."""
        case = int(task.args.get("of") or 0)
        ledger = await self._office.book.ledger(responder.id)
        mine = [message for message in ledger.values() if not case or message.case == case]
        dropped = set[int]()
        for topic in [message for message in mine if message.kind == TOPIC]:
            outcome = await self._channel.drop_topic(responder.chat_id or 0, topic.thread, urgent=True)
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return _pause(task, outcome, 0.2)
            if outcome.result is Result.GONE:  # they blocked the bot: what stands there is not forgotten, and goes when they come back
                return await self._done(task)
            dropped.add(topic.thread)
        left, pause = await self._take_away(responder, task, [m for m in mine if m.kind != TOPIC], dropped)
        if pause is not None:
            return pause
        if left is None:
            return await self._done(task)
        draft = self._office.draft()
        draft.messages_gone.extend(message.row for message in mine)
        if left and responder.state is ResponderState.ACTIVE:  # after a panic nothing but the neutral word is said
            draft.post(responder.id, "left_behind", topic=False, count=left)
        return await self._done(task, draft.write())

    async def _take_away(
        self, responder: Responder, task: Task, messages: Sequence[DeskMessage], dropped: Iterable[int] = ()
    ) -> tuple[int | None, float | None]:
        """Delete these messages. What is too old to be deleted is overwritten with one dull line, as far as it is ours; answers how many
        stand as they were (None: the bot is blocked, and everything stands), and the seconds to wait when it is not done yet.
        `dropped`: topics that went as a whole."""
        at, chat = self._office.now(), responder.chat_id or 0
        old = [one for one in messages if at - one.at >= DELETABLE and one.thread not in dropped]
        young = [one.message_id for one in messages if one not in old]
        if young:
            outcome = await self._channel.delete(chat, young, urgent=task.item.priority == 0)
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return 0, _pause(task, outcome, 0.2)
            if outcome.result is Result.GONE:
                return None, None
        self._office.crash("desk_inside_removals")
        left = 0
        for one in old:
            if one.kind in THEIRS:
                left += 1
                continue
            outcome = await self._channel.edit(chat, one.message_id, OVERWRITTEN, urgent=task.item.priority == 0)
            if outcome.result in (Result.RETRY, Result.UNKNOWN):
                return 0, _pause(task, outcome, 0.2)
            left += outcome.result is not Result.DONE and one.kind == WORDS  # a file has no words that could be changed
        return left, None

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
        left, pause = await self._take_away(responder, task, mine)
        if pause is not None:
            return pause
        if left is None:
            return await self._done(task)
        draft = self._office.draft()
        draft.messages_gone.extend(message.row for message in mine)
        return await self._done(task, draft.write())

    def _fading(self, ledger: dict[int, DeskMessage], at: int) -> list[DeskMessage]:
        """What stands about cases outside topics and will soon be too old to be deleted."""
        return [m for m in ledger.values() if m.case and not m.thread and m.kind not in (TOPIC, NOTICE) and at - m.at >= FADES]

    async def _fade(self, responder: Responder, task: Task) -> float | None:
        """Where there are no topics nothing of a case stays in the chat until it cannot be deleted any more. Whoever has the case gets its
        header again, and a button for what was said before."""
        mine = self._fading(await self._office.book.ledger(responder.id), self._office.now())
        left, pause = await self._take_away(responder, task, mine)
        if pause is not None:
            return pause
        if left is None:
            return await self._done(task)
        draft = self._office.draft()
        draft.messages_gone.extend(message.row for message in mine)
        for number in dict.fromkeys(message.case for message in mine):
            case = self._office.book.cases.get(number)
            if case is not None and case.responder == responder.id and case.may_see(draft.at):
                await self._said_earlier(draft, case, [message for message in mine if message.case == number])
        return await self._done(task, draft.write())

    async def _said_earlier(self, draft: Draft, case: Case, gone: Sequence[DeskMessage]) -> None:
        """What takes the place of messages that were taken away for their age."""
        number = case.responder or 0
        if any(message.kind == "header" for message in gone):
            draft.post(number, "header", case=case)
        before = max((message.words for message in gone), default=0) + 1
        said = [words for words in await transcript(self._office, case) if words.id < before and words.state not in _UNSAID]
        count = sum(bool(words.text or words.canned or words.file or words.place) for words in said)
        if before > 1 and count:
            draft.remove(number, "words_older", case=case.id)
            draft.post(number, "words_older", case=case, before=before, count=count)

    # -- writing it down ------------------------------------------------------------------------------------------------------------------

    async def _done(self, task: Task, write: DeskWrite | None = None) -> float | None:
        """Off the outbox, with what came of it, in one commit."""
        write = write or self._office.draft().write()
        await self._write(replace(write, items_gone=(*write.items_gone, task.item.row)))
        return None

    async def _write(self, write: DeskWrite) -> None:
        """Commit what came of an attempt. Where the database finds no living consent for a part of it, that part is left out: what stands
        in a chat, and that an item is done with, is written in any case."""
        try:
            verdict = await self._office.book.storage.write_desk(write)
            if verdict is DeskVerdict.REFUSED:
                log.warning("desk_refused", count=len(write.items))
                write = replace(write, words=(), items=tuple(item for item in write.items if not item.case))
                verdict = await self._office.book.storage.write_desk(write)
        except StorageDown:
            self._office.unsure = True
            raise
        if verdict is DeskVerdict.COMMITTED:
            self._office.settle(write)
        else:
            log.error("desk_refused", count=len(write.items))


_UNSAID: Final = (WordsState.REMOVED, WordsState.HELD, WordsState.WINDOW)


def _waits_for(file: File | None, task: Task) -> bool:
    """Whether something must wait until the file under way is there: other files, and what else is to be done about it. Its own words and
    everything else go past it, since their numbers say what came first."""
    return file is not None and (task is file.task or task.op == "media" or bool(task.words and task.words == file.task.words))


def _fresh(task: Task, look: Look) -> bool:
    """Whether these are a seeker's words that nobody has got yet."""
    words = look.words
    seekers = words is not None and words.direction is Direction.SEEKER and words.state is WordsState.QUEUED
    return seekers and task.kind == WORDS and not task.args.get("again")


def _pause(task: Task, outcome: Outcome, first: float) -> float:
    """The seconds until the next try: as the platform said, or longer each time."""
    return max(outcome.after, 0.1) if outcome.result is Result.RETRY else growing(task.tries, first)


def _dressed(message: Rendered, task: Task, look: Look, thread: int) -> Rendered:
    """A view as it leaves: covered, and with the alias before it where no topic says whose it is."""
    shown = message if message.hidden else covered(message, task.kind if task.kind in CLEAR else task.view)
    return shown if thread or look.case is None or not task.topic else under(shown, look.case.designation)


def _said_plainly(look: Look, view: str) -> Rendered | None:
    """A view that is only a text of that name; nothing for a name nobody wrote."""
    if not look.texts.find(look.responder.locale, f"desk.{view}"):
        log.error("desk_view_unknown", kind=view)
        return None
    return Rendered(text=look.say(view, **{"designation": look.case.designation if look.case else "", **look.args}))
