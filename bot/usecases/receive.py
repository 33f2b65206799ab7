"""From updates to committed effects: read what is held, advance, write, and only then let the channel acknowledge.

A batch is worked in **waves**: at most one update of a chat in a wave, so that a chat's next update waits for its commit, while all chats
of a wave share one commit. An update that fails is tried again by itself; after three failures the person gets a screen that is sure to
work, and the update is quarantined by id and error class. Text is used in memory and never written (promises.md, reliability design).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import structlog

from bot.domain.case import CaseStatus, WordsState
from bot.domain.seeker import SeekerId
from bot.security import tokens
from bot.usecases.buckets import RELAYED, Buckets, Turnout
from bot.usecases.channel import THEIRS, Incoming, Kind
from bot.usecases.context import Context
from bot.usecases.deliver import Deliverer, header
from bot.usecases.desk import complaints, conversing
from bot.usecases.desk import orders as orders_of
from bot.usecases.desk.office import Office
from bot.usecases.desk_ports import DeskVerdict, DeskWrite
from bot.usecases.emergency import Emergency, hint
from bot.usecases.ports import Change, ChatMessage, Held, OutboxItem, Priority, Role, StorageDown, Verdict, Written
from bot.usecases.recent import Recent
from flows.advance import advance, begin, crisis_in
from flows.codec import EnvelopeError, decode_conversation, encode_conversation, encode_effect
from flows.desk import SAFETY
from flows.effects import (
    Effect,
    EraseSeeker,
    Order,
    OrderKind,
    RemoveTyped,
    Screen,
    SetLifetimes,
    ShowScreen,
    ShowWords,
    SpeakVoice,
    Wipe,
)
from flows.events import (
    COMMANDS,
    Blocked,
    CaseNews,
    Command,
    CommandGiven,
    DeskTold,
    Event,
    MediaKind,
    MediaReceived,
    Pressed,
    StalePressed,
    Started,
    TextReceived,
    TimerFired,
    TooMany,
)
from flows.limits import COVER_SECONDS
from flows.program import Program
from flows.screens import place_of
from flows.state import CaseStage, Conversation, DeskState, Mode
from flows.times import TABLE

log = structlog.get_logger()

WAVE = 128
"""Chats in one commit at most."""
TRIES = 3
GROUPS_AT_ONCE = 16
OFFERED = 256
"""People who looked at an offer last, and are told when it changes."""
STAGES = MappingProxyType({CaseStatus.OPEN: CaseStage.WAITING, CaseStatus.ASSIGNED: CaseStage.LIVE, CaseStatus.CLOSED: CaseStage.NONE})
HEARD = (OrderKind.WORDS, OrderKind.MEDIA)
TOLD = MappingProxyType(
    {
        Verdict.COMMITTED: DeskVerdict.COMMITTED,
        Verdict.SEEN: DeskVerdict.SEEN,
        Verdict.CONFLICT: DeskVerdict.CONFLICT,
        Verdict.FAILED: DeskVerdict.CONFLICT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One event of one seeker, ready to be worked. `incoming` is None for a timer, and for an `event` of the desk."""

    seeker: SeekerId
    incoming: Incoming | None = None
    timer: str = ""
    at: int = 0
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A change and the live effects behind its outbox rows. `failed`: the class of the error that led to the safe screen. `purged`:
    answers went, so what the database's log still holds of them must go as well. `orders`: what the turn asked of the desk."""

    change: Change
    effects: tuple[Effect, ...]
    failed: str = ""
    purged: bool = False
    orders: tuple[OrderKind, ...] = ()


class Reception:
    """Receives batches of a channel (`Receiver`) and the worker's timers, one group at a time."""

    def __init__(self, context: Context, deliverer: Deliverer, buckets: Buckets | None = None, office: Office | None = None) -> None:
        self._context = context
        self._office = office
        self._buckets = buckets
        self._relayed = Buckets(context.clock, RELAYED) if buckets else None
        self._deliverer = deliverer
        self._turnstile = office.turnstile if office else asyncio.Lock()
        self._offered: OrderedDict[SeekerId, None] = OrderedDict()
        self._recent = Recent()
        self._emergency = Emergency(context, deliverer, self._cover_of)
        self._unsure = False
        self._leaving: set[asyncio.Task[None]] = set()
        self.residue = False

    async def __call__(self, batch: Sequence[Incoming]) -> None:
        """Commit everything in `batch`. Raises `StorageDown` when nothing may be acknowledged."""
        self._context.crash("after_poll")
        self._leave_groups({incoming.chat_id for incoming in batch if incoming.kind is Kind.GROUP})
        turns = [self._turn(incoming) for incoming in batch]
        try:
            async with self._turnstile:
                await self._catch_up()
                for wave in waves(turns):
                    await self._wave(wave)
        except StorageDown:
            self._doubt()
            self._context.relieve()
            await self._emergency.serve(batch)
            raise
        self._emergency.over()
        self._context.crash("before_acknowledging")

    def _leave_groups(self, chats: set[int]) -> None:
        """Leave, beside the work: nobody waits for it, and a failure is mended by the next message from there."""
        for chat in chats:
            if len(self._leaving) < GROUPS_AT_ONCE:
                task = asyncio.get_running_loop().create_task(self._context.channel.leave(chat))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Let what runs beside the work end."""
        for task in tuple(self._leaving):
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _catch_up(self) -> None:
        """After storage was down, something may have been committed whose rows were never told: its update counts as seen, so nobody else
        will deliver it."""
        if self._office is not None:
            await self._office.be_sure()  # first: what is owed is read from what the desk remembers
        if self._unsure:
            self._deliverer.recover(await self._context.storage.owed())
            self._unsure = False

    async def be_sure(self) -> None:
        """The worker asks at every pass: what was committed without an answer is delivered also when nobody writes."""
        if self._unsure:
            async with self._turnstile:
                await self._catch_up()

    def _doubt(self) -> None:
        self._unsure = True
        if self._office is not None:
            self._office.unsure = True

    async def fire(self, seekers: Sequence[SeekerId]) -> None:
        """Timers of these seekers have come due."""
        now = int(self._context.clock.now())
        async with self._turnstile:
            await self._catch_up()
            held, _ = await self._context.storage.read(seekers, ())
            for seeker in seekers:
                conversation = _conversation(held.get(seeker))
                due = sorted((at, name) for name, at in conversation.timers.items() if at <= now) if conversation else []
                for _, name in due:
                    await self._wave([Turn(seeker=seeker, timer=name, at=now)])

    async def retell(self) -> None:
        """The desk opened or closed a door: whoever looks at an offer reads the truth again."""
        now = int(self._context.clock.now())
        for wave in waves([Turn(seeker=seeker, at=now, event=DeskTold(at=now)) for seeker in tuple(self._offered)]):
            async with self._turnstile:
                await self._catch_up()
                await self._wave(wave)

    async def tell(self, seeker: SeekerId, news: CaseNews | None, write: DeskWrite, refresh: int) -> DeskVerdict:
        """Tell a seeker news of their case in one transaction with what the desk wrote (`Office.tell`). Called inside the turnstile."""
        storage = self._context.storage
        self._deliverer.await_changes([seeker])
        try:
            held = (await storage.read([seeker], ()))[0].get(seeker) or Held()
            if held.chat_id is None:  # nobody to tell any more: the desk's own part stands
                verdict = await storage.write_desk(write)
                if verdict is DeskVerdict.COMMITTED and self._office:
                    self._office.settle(write)
                return verdict
            made = await self._told(Turn(seeker=seeker, at=write.at, event=news), held, write, refresh)
            written = (await storage.write([made.change]))[0]
            if written.verdict is Verdict.COMMITTED:
                self._committed(Turn(seeker=seeker, at=write.at), made, written, held)
            return TOLD[written.verdict] if written.error != "ConsentMissing" else DeskVerdict.REFUSED
        except StorageDown:
            self._doubt()
            raise
        finally:
            self._deliverer.let_go([seeker])

    async def _told(self, turn: Turn, held: Held, write: DeskWrite, refresh: int) -> Prepared:
        """The change of one piece of news: what the engine makes of it, and the desk's own write."""
        again: tuple[Effect, ...] = (ShowWords(words=refresh),) if refresh else ()
        if turn.event is None:
            change = Change(seeker=turn.seeker, update_id=None, at=turn.at, expected_version=held.version, desk=write)
            return Prepared(change=replace(change, outbox=tuple(_items(turn.seeker, 0, again))), effects=again)
        return await self._advance(turn, held, safe=False, write=write)

    def _turn(self, incoming: Incoming) -> Turn:
        at = int(self._context.clock.now())
        return Turn(seeker=self._context.pseudonym(incoming.user_id), incoming=incoming, at=at)

    # -- one wave ----------------------------------------------------------------------------------------------------------

    async def _wave(self, wave: Sequence[Turn], tries: int = TRIES) -> None:
        """Work a wave; their ledgers stay in memory from before they are read until what is owed has been taken."""
        seekers = [turn.seeker for turn in wave]
        self._deliverer.await_changes(seekers)
        try:
            again = await self._worked(wave)
        except StorageDown:
            self._doubt()
            raise
        finally:
            self._deliverer.let_go(seekers)
        for turn in again:
            await self._catch_up()
            if tries > 1:
                await self._wave([turn], tries - 1)
            else:
                await self._stuck(turn)

    async def _stuck(self, turn: Turn) -> None:
        """Somebody else was quicker every time: the safe screen, and the update is put aside. Whoever can be answered in no other way must
        not hold up everybody else."""
        log.error("update_failed", error="Conflict", attempt=TRIES)
        if turn.incoming is None:
            return
        self._deliverer.await_changes([turn.seeker])
        try:
            held = (await self._context.storage.read([turn.seeker], ()))[0].get(turn.seeker) or Held()
            made = await self._advance(turn, held, safe=True)
            self._committed(turn, made, (await self._context.storage.write([made.change]))[0], held)
            await self._quarantined(turn, "Conflict")
        finally:
            self._deliverer.let_go([turn.seeker])

    async def _worked(self, wave: Sequence[Turn]) -> list[Turn]:
        """One commit. Answers the turns that another writer got in the way of."""
        context = self._context
        updates = [turn.incoming.update_id for turn in wave if turn.incoming]
        held, seen = await context.storage.read([turn.seeker for turn in wave], updates)
        prepared: list[tuple[Turn, Prepared]] = []
        for turn in wave:
            if turn.incoming and turn.incoming.update_id in seen:
                self._acknowledge(turn)
                continue
            made = await self._prepare(turn, held.get(turn.seeker) or Held())
            if made is not None:
                prepared.append((turn, made))
        if not prepared:
            return []
        context.crash("after_advance")
        written = await context.storage.write([made.change for _, made in prepared])
        again, failed = [], []
        for (turn, made), result in zip(prepared, written, strict=True):
            if result.verdict is Verdict.CONFLICT:
                if made.change.desk is not None:
                    self._doubt()  # what is remembered of the desk is not what is stored
                again.append(turn)
                continue
            if result.verdict is Verdict.FAILED or made.failed:
                failed.append((turn, made.failed or result.error))
            if result.verdict is Verdict.FAILED:
                await self._unwritable(turn, held.get(turn.seeker) or Held(), result.error, made)
            else:
                self._committed(turn, made, result, held.get(turn.seeker) or Held())
        for turn, error in failed:
            await self._quarantined(turn, error)
        return again

    def _committed(self, turn: Turn, made: Prepared, written: Written, held: Held) -> None:
        self._acknowledge(turn)
        if written.verdict is Verdict.COMMITTED:
            self.residue = self.residue or made.purged
            if turn.incoming and made.change.messages:
                self._emergency.card_kept(turn.incoming.chat_id)
            self._deliverer.take(turn.seeker, held, made.change, written, made.effects)
            self._remember_offer(turn.seeker, made.effects)
            if made.change.desk is not None and self._office is not None:
                self._office.settle(made.change.desk)

    def _remember_offer(self, seeker: SeekerId, effects: Sequence[Effect]) -> None:
        """Whose screen speaks of the desk, so that it can be put right when a door opens or closes."""
        shown = next((effect.screen for effect in effects if isinstance(effect, ShowScreen)), None)
        if shown is None:
            return
        self._offered.pop(seeker, None)
        if shown.desk is not None:
            self._offered[seeker] = None
            if len(self._offered) > OFFERED:
                self._offered.popitem(last=False)

    def _acknowledge(self, turn: Turn) -> None:
        if turn.incoming and turn.incoming.press_id:
            self._context.channel.answer_press(turn.incoming.press_id)

    async def _prepare(self, turn: Turn, held: Held) -> Prepared | None:
        """The change of one turn. When it cannot be worked three times running, the person gets the safe screen, and the update counts as
        seen with that screen's commit (before it, a crash would leave them without any)."""
        incoming = turn.incoming
        if incoming and incoming.kind in (Kind.IGNORED, Kind.GROUP, Kind.UNBLOCKED):
            return Prepared(change=_seen_only(turn, incoming), effects=())
        if incoming and incoming.kind is Kind.UNREADABLE:
            await self._context.storage.quarantine(incoming.update_id, incoming.error, turn.at)
            if not incoming.user_id:
                return Prepared(change=_seen_only(turn, incoming), effects=())
        failed = ""
        for attempt in range(TRIES):
            try:
                return await self._advance(turn, held, safe=False)
            except StorageDown:
                raise
            except Exception as error:  # whatever it is, one update must never stop the others (promises.md R42)
                log.error("update_failed", error=type(error).__name__, attempt=attempt)
                if incoming is None:
                    return None
                failed = type(error).__name__
        return replace(await self._advance(turn, held, safe=True), failed=failed)

    async def _unwritable(self, turn: Turn, held: Held, error: str, made: Prepared) -> None:
        """Storage could not write this change even alone: the safe screen is tried, and otherwise the update still counts as seen."""
        log.error("update_unwritable", error=error)
        if turn.incoming is None:
            return
        for desk in _less_of(made):
            again = replace(made.change, desk=desk)
            written = (await self._context.storage.write([again]))[0]
            if written.verdict is Verdict.COMMITTED:
                self._committed(turn, replace(made, change=again), written, held)
                return
        made = await self._advance(turn, held, safe=True)
        self._committed(turn, made, (await self._context.storage.write([made.change]))[0], held)

    async def _quarantined(self, turn: Turn, error: str) -> None:
        """Note the update by id and error class; after as many notes as tries it counts as seen."""
        for _ in range(TRIES if turn.incoming else 0):
            await self._context.storage.quarantine(turn.incoming.update_id if turn.incoming else 0, error, turn.at)

    async def _advance(self, turn: Turn, held: Held, *, safe: bool, write: DeskWrite | None = None) -> Prepared:
        before = None if safe or held.conversation is None else self._recent.take(held.conversation) or _conversation(held)
        program = await self._program(before)
        if before is None:
            before = begin(program, locale=hint(turn.incoming), cover_until=_cover_until(held, turn.at))
        if held.older_remains and not before.older_remains:
            before = before.evolve(older_remains=True)
        before = self._with_answer(turn, self._informed(turn.seeker, before, write))
        event = Started(at=turn.at) if safe else self._event(turn, before, program)
        if (changed := await self._edited(turn, before, event, program)) is not None:
            return Prepared(change=replace(_seen_only(turn, turn.incoming), desk=changed), effects=())
        turnout = self._turnout(turn, event, before)
        if turnout is Turnout.NOTED:
            return Prepared(change=_unanswered(turn, held, before), effects=())
        if turnout is Turnout.ONCE_MORE:
            event = TooMany(at=turn.at)
        after, advanced = advance(program, before, event)
        if self._closed_to(turn, program, before, advanced):  # the offer as it is now, and nothing confirmed
            before, event = before.evolve(desk=replace(before.desk, state=DeskState.CLOSED, minutes=None, returns="")), DeskTold(at=turn.at)
            after, advanced = advance(program, before, event)
        if turn.incoming is not None and turn.incoming.edited and not _cried(program, event) and _hears(advanced):
            return Prepared(change=_seen_only(turn, turn.incoming), effects=())
        purged = bool(before.answers) and not after.answers
        after = self._not_lost(turn.seeker, after)
        orders = self._within(turn, before, event, tuple(effect for effect in advanced if isinstance(effect, Order)))
        desk = await self._obeyed(turn, program, before, after, orders, event) if not safe else None
        effects = self._each_word(turn.seeker, tuple(effect for effect in advanced if not isinstance(effect, Order)), write)
        change = self._change(turn, held, after, effects, event, heard=_hears(orders))
        desk = _said_to_be_there(write, after, effects) or desk
        return Prepared(change=replace(change, desk=desk), effects=effects, purged=purged, orders=tuple(one.what for one in orders))

    # -- the desk ----------------------------------------------------------------------------------------------------------------

    def _informed(self, seeker: SeekerId, conversation: Conversation, write: DeskWrite | None) -> Conversation:
        """What the engine may know of the desk in this turn, `write` (what is being committed with it) included. How far the case has come
        is the desk's to say: a conversation only remembers it."""
        if self._office is None:
            return conversation
        moved = next((one for one in write.cases if one.seeker == seeker), None) if write else None
        case = moved or self._office.book.case_of(seeker)
        stage = STAGES[case.status] if case is not None else CaseStage.NONE
        known = conversation if conversation.case is stage else conversation.evolve(case=stage)
        desk = self._office.desk(known, case)
        ended = case is not None and case.open and not case.may_see(self._office.now())
        return known.evolve(desk=replace(desk, ended=True) if ended else desk)

    def _with_answer(self, turn: Turn, conversation: Conversation) -> Conversation:
        """Whoever brings the ticket of a complaint reads what a reviewer answered."""
        if self._office is None or turn.incoming is None or turn.incoming.kind is not Kind.TEXT or conversation.here.step != "complaint":
            return conversation
        answer = complaints.told(self._office, conversation.locale, turn.incoming.text, turn.at)
        return conversation.evolve(desk=replace(conversation.desk, answer=answer)) if answer else conversation

    def _not_lost(self, seeker: SeekerId, after: Conversation) -> Conversation:
        """Behind a cover nothing of a human's is shown: what was on its way waits to be opened by the person."""
        if self._office is None or not after.case or after.mode is Mode.ACTIVE:
            return after
        case = self._office.book.case_of(seeker)
        waiting = self._office.book.to_seeker(case.id) if case else []
        newest = max((words.id for words in waiting), default=0)
        return after.evolve(unread=newest) if newest > after.unread else after

    async def _edited(self, turn: Turn, before: Conversation, event: Event, program: Program) -> DeskWrite | None:
        """Words already sent to a human were changed: the human reads them anew, and the program says nothing. In a live conversation a
        change of anything else (said to the program, or to an organization before) goes to nobody. Leaving is heard as ever."""
        office, incoming = self._office, turn.incoming
        if office is None or incoming is None or not (incoming.edited and before.case):
            return None
        if isinstance(event, MediaReceived):  # the words under a file
            incoming = replace(incoming, text=incoming.caption)
            reading = self._context.read(incoming.caption, program, before.locale)
        elif isinstance(event, TextReceived):
            reading = event.reading
        else:
            return None
        if reading.command in SAFETY:
            return None
        if self._relayed is not None and self._relayed.take(turn.seeker) is not Turnout.ANSWER:
            return DeskWrite(at=turn.at)
        cry = crisis_in(program, reading)
        if cry and before.case is not CaseStage.LIVE:
            return None  # nobody is there yet: the program answers it as ever, and the change goes with that (`_obeyed`)
        at_the_desk = await self._at_the_desk(office, replace(turn, incoming=incoming), program, before, before)
        changed = orders_of.edited(at_the_desk, cry)
        return changed if changed is not None or before.case is not CaseStage.LIVE else at_the_desk.draft.write()

    def _closed_to(self, turn: Turn, program: Program, before: Conversation, advanced: Iterable[Effect]) -> bool:
        """Whether a request in this turn is one too many of this person's today, or cannot be opened at all: the screen must not say that
        they are in a queue."""
        if self._office is None or not any(isinstance(effect, Order) and effect.what is OrderKind.REQUEST for effect in advanced):
            return False
        return orders_of.closed_to(self._office, turn.seeker, program, before, turn.at)

    def _within(self, turn: Turn, before: Conversation, event: Event, orders: tuple[Order, ...]) -> tuple[Order, ...]:
        """A cry is always answered by the program; how much of a flood of them is kept for a human has a limit."""
        if turn.incoming is not None and turn.incoming.edited:  # a change of words is never new words: they may have been for others
            return tuple(order for order in orders if order.what not in HEARD)
        reading = event.reading if isinstance(event, TextReceived | MediaReceived) else None
        crying = reading is not None and reading.crisis is not None and before.case is CaseStage.WAITING
        if self._relayed is None or not crying or self._relayed.take(turn.seeker) is Turnout.ANSWER:
            return orders
        return tuple(order for order in orders if order.what not in HEARD)

    async def _obeyed(
        self, turn: Turn, program: Program, before: Conversation, after: Conversation, orders: tuple[Order, ...], event: Event
    ) -> DeskWrite | None:
        office = self._office
        case = office.book.case_of(turn.seeker) if office else None
        back = case is not None and case.blocked and turn.incoming is not None and not isinstance(event, Blocked)
        if office is None or not (orders or back):
            return None
        at_the_desk = await self._at_the_desk(office, turn, program, before, after)
        if back:
            orders_of.seen_again(at_the_desk)
        if turn.incoming is not None and turn.incoming.edited:
            orders_of.edited(at_the_desk, "")
        return orders_of.obey(at_the_desk, orders)

    async def _at_the_desk(self, office: Office, turn: Turn, program: Program, before: Conversation, after: Conversation) -> orders_of.Turn:
        case = office.book.case_of(turn.seeker)
        return orders_of.Turn(
            office=office,
            seeker=turn.seeker,
            program=program,
            before=before,
            after=after,
            incoming=turn.incoming,
            transcript=await conversing.transcript(office, case) if case else (),
            draft=office.draft(turn.at),
            case=case,
        )

    def _each_word(self, seeker: SeekerId, effects: tuple[Effect, ...], write: DeskWrite | None) -> tuple[Effect, ...]:
        """Each human message leaves by itself: `ShowWords(until)` becomes one effect for each that has not been shown."""
        if self._office is None or not any(isinstance(effect, ShowWords) for effect in effects):
            return effects
        case = self._office.book.case_of(seeker)
        ready = {words.id: words for words in (self._office.book.to_seeker(case.id) if case else ())}
        ready |= {words.id: words for words in (write.words if write else ()) if words.state is WordsState.ENVELOPE}
        inorder = sorted(ready.values(), key=lambda words: words.number)
        return tuple(
            one
            for effect in effects
            for one in (
                (ShowWords(words=words.id, until=effect.until, sound=effect.sound) for words in inorder if words.id <= effect.until)
                if isinstance(effect, ShowWords)
                else (effect,)
            )
        )

    def _turnout(self, turn: Turn, event: Event, before: Conversation) -> Turnout:
        """What this turn gets of the person's twenty a minute; what goes to a human has a bucket of its own. Leaving, erasing, danger and
        our own timers are always answered. A cry in a live conversation is the human's, like all that is said there."""
        said = before.case is CaseStage.LIVE and isinstance(event, TextReceived | MediaReceived)
        always = isinstance(event, Blocked) or (isinstance(event, CommandGiven) and event.command in ALWAYS)
        if isinstance(event, TextReceived | MediaReceived) and (reading := event.reading) is not None:
            always = reading.command in ALWAYS or (reading.crisis is not None and not said)
        if self._buckets is None or turn.incoming is None or always:
            return Turnout.ANSWER
        return (self._relayed if said and self._relayed else self._buckets).take(turn.seeker)

    async def _program(self, conversation: Conversation | None) -> Program:
        programs = self._context.programs
        if conversation is None:
            return programs.current
        return programs.held(conversation.program) or await programs.pinned(conversation.program)

    # -- in: what happened ---------------------------------------------------------------------------------------------------

    def _event(self, turn: Turn, conversation: Conversation, program: Program) -> Event:
        incoming, at = turn.incoming, turn.at
        if turn.event is not None:
            return turn.event
        if incoming is None:
            return TimerFired(at=at, name=turn.timer)
        match incoming.kind:
            case Kind.UNREADABLE:
                return StalePressed(at=at)
            case Kind.START:
                return Started(at=at, payload=incoming.text)
            case Kind.BLOCKED:
                return Blocked(at=at)
            case Kind.MEDIA:
                beside = self._context.read(incoming.caption, program, conversation.locale) if incoming.caption else None
                return MediaReceived(at=at, kind=incoming.media or MediaKind.OTHER, reading=beside)
            case Kind.PRESS:
                return self._pressed(incoming, conversation, at)
            case Kind.COMMAND if (command := program.commands.get(incoming.text.casefold())) in COMMANDS:
                return CommandGiven(at=at, command=COMMANDS[command or ""])
            case _:
                reading = self._context.read(incoming.text, program, conversation.locale)
                return TextReceived(at=at, text=incoming.text, reading=reading)

    def _pressed(self, incoming: Incoming, conversation: Conversation, at: int) -> Event:
        """A button works when it was signed for this person, chat, program and step, in this very turn; otherwise nothing happens."""
        parsed = tokens.verify(
            self._context.button_key,
            incoming.press_data,
            user=incoming.user_id,
            chat=incoming.chat_id,
            program=conversation.program,
            step=place_of(conversation),
        )
        if parsed is None or parsed.turn != conversation.turn:
            claimed = tokens.parse(incoming.press_data)
            return StalePressed(at=at, quiet=claimed is not None and claimed.turn == conversation.turn - 1)
        return Pressed(at=at, code=parsed.code)

    # -- out: everything one event does ----------------------------------------------------------------------------------------

    def _change(
        self, turn: Turn, held: Held, after: Conversation, effects: tuple[Effect, ...], event: Event, *, heard: bool = False
    ) -> Change:
        incoming = turn.incoming
        erase = next((effect for effect in effects if isinstance(effect, EraseSeeker)), None)
        lifetimes = [effect.seconds for effect in effects if isinstance(effect, SetLifetimes)]
        own = incoming.message_id if incoming and incoming.kind in THEIRS else 0
        stray_below = self._deliverer.stray_below(turn.seeker)
        return Change(
            seeker=turn.seeker,
            update_id=incoming.update_id if incoming else None,
            at=turn.at,
            expected_version=held.version,
            conversation=None if erase else self._recent.keep(encode_conversation(after), after),
            program=after.program,
            due_at=after.due_at(),
            chat_id=incoming.chat_id if incoming else None,  # always: an erasure may take the held one away before this is written
            messages=(
                *_theirs(incoming, after, heard=heard),
                *self._emergency.standing_card(incoming),
                *self._stray(turn, held, after, event),
            ),
            outbox=() if incoming and incoming.kind is Kind.BLOCKED else tuple(_items(turn.seeker, own, effects, stray_below)),
            # While an erasure is under way the unsent screen is its cover: without it the wipe would leave the screen before it standing.
            drop_unsent_screens=not held.erasing and any(isinstance(effect, ShowScreen) for effect in effects),
            lifetime=lifetimes[-1] if lifetimes else None,
            erase=erase is not None,
            cover_until=erase.cover_until if erase else None,
        )

    def _stray(self, turn: Turn, held: Held, after: Conversation, event: Event) -> tuple[ChatMessage, ...]:
        """A message of ours that a crash left unrecorded is found when one of its buttons is pressed and the button is truly ours: it
        becomes the screen, the other one goes, and an exit finds both."""
        incoming = turn.incoming
        if incoming is None or incoming.kind is not Kind.PRESS or not incoming.message_id or not isinstance(event, Pressed):
            return ()
        known = any(message.message_id == incoming.message_id for message in held.messages)
        if known or self._deliverer.knows(turn.seeker, incoming.message_id):
            return ()
        until = incoming.sent_at + TABLE[after.phone].lifetime
        return (ChatMessage(message_id=incoming.message_id, role=Role.SCREEN, sent_at=incoming.sent_at, delete_at=until),)

    # -- when storage is down ---------------------------------------------------------------------------------------------------

    async def _cover_of(self, incoming: Incoming, held: Held) -> Screen | None:
        """The cover, if this update is an exit, a hiding or an erasure. Nothing is kept of the turn."""
        turn = self._turn(incoming)
        before = _conversation(held) or begin(self._context.programs.current, locale=hint(incoming))
        try:
            program = await self._program(before)
            after, effects = advance(program, before, self._event(turn, before, program))
        except (StorageDown, ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.error("emergency_unread", error=type(error).__name__)
            return None
        shown = next((effect.screen for effect in effects if isinstance(effect, ShowScreen)), None)
        return shown if shown is not None and shown.flow == "cover" and after.mode is not before.mode else None


LEAVING = frozenset({OrderKind.LEFT, OrderKind.BLOCKED})
ENDING = frozenset({OrderKind.WITHDRAW, OrderKind.ERASE})
REMOVING = ("clear", "remove")
ALWAYS = (Command.EXIT, Command.HIDE, Command.ERASE, Command.DANGER)
KEPT = (MediaKind.VOICE, MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT)
URGENT = (Wipe, EraseSeeker)


def waves(turns: Iterable[Turn]) -> Iterable[list[Turn]]:
    """At most one turn of a seeker in a wave, in the order they came; at most `WAVE` in one."""
    left = list(turns)
    while left:
        taken: dict[SeekerId, Turn] = {}
        rest = []
        for turn in left:
            if turn.seeker in taken or len(taken) >= WAVE:
                rest.append(turn)
            else:
                taken[turn.seeker] = turn
        yield list(taken.values())
        left = rest


def _conversation(held: Held | None) -> Conversation | None:
    """What was stored, or None when there is none or nobody can read it any more (the person then starts from a safe place)."""
    if held is None or held.conversation is None:
        return None
    try:
        return decode_conversation(held.conversation)
    except EnvelopeError as error:
        log.error("envelope_unreadable", error=type(error).__name__)
        return None


def _cover_until(held: Held, at: int) -> int:
    """Until when the cover holds for somebody whose conversation cannot go on: a failure of ours must not uncover anybody."""
    stored = _conversation(held)
    until = held.covered_until
    if stored is not None and stored.mode in (Mode.COVERED, Mode.DIMMED):
        until = max(until, stored.cover_until, at + COVER_SECONDS if stored.mode is Mode.DIMMED else 0)
    return until if until > at else 0


def _cried(program: Program, event: Event) -> bool:
    reading = event.reading if isinstance(event, TextReceived | MediaReceived) else None
    return reading is not None and bool(crisis_in(program, reading))


def _hears(effects: Iterable[Effect]) -> bool:
    """Whether a human is told anything by these."""
    return any(isinstance(effect, Order) and effect.what in HEARD for effect in effects)


def _said_to_be_there(write: DeskWrite | None, after: Conversation, effects: Sequence[Effect]) -> DeskWrite | None:
    """The desk's own write, with the words that are on their way marked as told: something in the chat says that they are there. Where
    nothing may come before the person writes, their author must not read that anybody was told."""
    told = after.aside == "envelope" or any(isinstance(effect, ShowScreen | ShowWords) for effect in effects)
    if write is None or not told:
        return write
    words = tuple(replace(one, told=True) if one.state is WordsState.ENVELOPE else one for one in write.words)
    return replace(write, words=words)


def _less_of(made: Prepared) -> Iterable[DeskWrite | None]:
    """What may be left out of a turn that cannot be stored whole. Leaving must work whatever the desk's part of it came to. What ends
    access (a withdrawal, an erasure) is written without what it would have told anybody; an erasure even alone. For everything else the
    screen would confirm what did not happen: a request without a case, words nobody gets."""
    orders, desk = set(made.orders), made.change.desk
    if desk is None:
        return
    if orders & ENDING:
        yield replace(desk, items=tuple(item for item in desk.items if item.kind in REMOVING), words=(), complaints=())
    if orders <= LEAVING or OrderKind.ERASE in orders:
        yield None


def _seen_only(turn: Turn, incoming: Incoming | None) -> Change:
    return Change(seeker=turn.seeker, update_id=incoming.update_id if incoming else None, at=turn.at, expected_version=0)


def _unanswered(turn: Turn, held: Held, conversation: Conversation) -> Change:
    """A turn too many in a minute: noted as seen, its message is known for the clean-up, nothing is answered."""
    incoming = turn.incoming
    return Change(
        seeker=turn.seeker,
        update_id=incoming.update_id if incoming else None,
        at=turn.at,
        expected_version=held.version,
        chat_id=incoming.chat_id if incoming else None,
        messages=_theirs(incoming, conversation),
    )


def _theirs(incoming: Incoming | None, after: Conversation, *, heard: bool = False) -> tuple[ChatMessage, ...]:
    """The message that now stands in the chat. In a live conversation nothing goes turn by turn (`heard`: it went to the human). What may
    be their only copy (a recording, a picture, a file) has no time of its own: it goes
    only when the person says so, or leaves. A place or a contact goes like typed words."""
    if incoming is None or incoming.kind not in THEIRS or not incoming.message_id or incoming.edited:
        return ()
    media = incoming.kind is Kind.MEDIA and incoming.media in KEPT
    until = None if media else incoming.sent_at + TABLE[after.phone].lifetime
    role = Role.MEDIA if media else Role.HUMAN if heard and after.case is CaseStage.LIVE else Role.TYPED
    return (ChatMessage(message_id=incoming.message_id, role=role, sent_at=incoming.sent_at, delete_at=until),)


def _items(seeker: SeekerId, own: int, effects: tuple[Effect, ...], stray_below: int = 0) -> Iterable[OutboxItem]:
    """Outbox rows of a turn's effects. Removing typed words rides on the screen before it."""
    leaving = any(isinstance(effect, URGENT) for effect in effects)
    at_once = any(isinstance(effect, RemoveTyped) for effect in effects)
    spoken = any(isinstance(effect, SpeakVoice) for effect in effects)
    for effect in effects:
        if isinstance(effect, SetLifetimes | RemoveTyped | Order):
            continue
        urgent = leaving or (isinstance(effect, ShowScreen) and effect.urgent)
        yield OutboxItem(
            seeker=seeker,
            kind=type(effect).__name__,
            payload=header(own, at_once, spoken, stray_below) + encode_effect(effect),
            priority=Priority.PANIC if urgent else Priority.LIVE if isinstance(effect, ShowWords) else Priority.REPLY,
        )
