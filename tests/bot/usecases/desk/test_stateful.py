"""Seekers, responders of two organizations, a supervisor, the clock and everything that goes wrong, in any order hypothesis can think of.

Real engine on the real content, real storage, both receptions and deliverers (`living`). What people type carries a mark nobody else has,
so that after every step it can be said of each message where it stands, who was shown it, and whether it may. The invariants are those of
issue 3: no words outside consent, one owner per case, no message lost or reordered, nothing sent after withdrawal, panic or erase.

`make test` runs a fixed set of lives; `make soak` runs many more, other ones each time.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs

from bot.domain.case import Case, CaseStatus, Direction, HandoffStatus, Words, WordsState
from bot.domain.clocks import Rung, next_due
from bot.domain.permissions import Action, answering, may
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.storage import trail
from bot.storage.sql_storage import open_storage
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk_ports import DeskWrite
from flows.codec import decode_conversation
from flows.events import Command
from flows.state import Conversation, Mode
from tests.bot.usecases.desk.living import DELETABLE, MORNING, Fate, Life, Message, Trouble, hurried
from tests.house import program

T = TypeVar("T")
SEEKERS: Final = (11, 12, 13)
RIO, MAR, SOL, LUNA, NUBE, NORTE = 21, 22, 23, 24, 25, 26
"""Three responders and a supervisor of the one organization; a responder and a supervisor of the other."""
STAFF: Final = (RIO, MAR, SOL, LUNA, NUBE, NORTE)
MARK: Final = re.compile(r"azul(\d{5})")
WAITS: Final = (1, 6, 30, 130, 700, 2 * 3600 + 1, 7 * 3600, 13 * 3600, 25 * 3600, 31 * 86_400, 38 * 86_400)
QUIET: Final = {"records_waiting", "worker_waiting", "ladder_refused", "desk_moved", "feedback", "purged", "emergency_serving"}
FAULTY: Final = {"desk_item_given_up", "item_given_up", "record_unwritable", "timers_stuck", "screen_refused", "update_unwritable"}
"""Lines that only a fault of the test explains."""


def people() -> tuple[Responder, ...]:
    """Everybody who answers, on duty."""
    second = (NUBE, NORTE)
    return tuple(
        Responder(
            id=0,
            organization="demo_second" if user in second else "demo",
            role=StaffRole.SUPERVISOR if user in (LUNA, NORTE) else StaffRole.RESPONDER,
            state=ResponderState.ACTIVE,
            alias=f"R{user}",
            chat_id=user,
            languages=("es", "en"),
            minors=True,
            cap=4,
            gender="woman" if user % 2 else "man",
            duty_until=MORNING + DUTY_SECONDS,
            account=bytes([user]) * 32,
        )
        for user in STAFF
    )


def labels(*ids: str) -> frozenset[str]:
    """How these buttons are called, in every language."""
    return frozenset(text for texts in program().messages.values() for name in ids if (text := texts.get(name)))


ASKS = labels("flow.person.offer.choice.yes", "flow.person.offer.choice.leave")
WITHDRAWS = labels("flow.waiting.withdraw.choice.yes")
ERASES = labels("flow.erase.confirm.choice.confirmed")
TELLS = labels("flow.waiting.room.choice.tell")
REMOVES = labels("flow.live.chat.choice.remove", "flow.waiting.told.choice.remove")
TOLD_AT = {("waiting", "tell"), ("live", "chat")}


async def _within(doing: Coroutine[Any, Any, T]) -> T:
    """Nothing here takes long; what does waits for something that will never come."""
    async with asyncio.timeout(60):
        return await doing


@dataclass
class Said:
    """A message somebody typed, by its mark."""

    author: int
    direction: Direction
    at: int
    due: bool
    case: int = 0
    words: int = 0


class Lives(RuleBasedStateMachine):
    """One life of a copy of Amparo."""

    def __init__(self) -> None:
        super().__init__()
        self._patched = pytest.MonkeyPatch()
        for module, name, value in hurried():
            self._patched.setattr(module, name, value)
        self._log = capture_logs()
        self.lines = self._log.__enter__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="amparo-life-"))
        self.marks = 0
        self.said: dict[int, Said] = {}
        self.rows: dict[int, dict[int, Words]] = {}
        self.cases: dict[int, Case] = {}
        self.numbers: dict[int, tuple[int, int]] = {}
        self.wrong: list[str] = []
        self.deed = ""
        self.faulty = False
        self.kills = 0

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(_within(doing))

    # -- beginning ------------------------------------------------------------------------------------------------------------

    @initialize(topics=st.booleans(), stages=st.tuples(*[st.integers(0, 3)] * len(SEEKERS)))
    def begin(self, topics: bool, stages: tuple[int, ...]) -> None:
        """Some seekers have not come yet; some wait; some are answered; some have written."""
        self.life = Life(self.folder, topics=topics)
        self.life.people = tuple(replace(one, account=self.life.account(user)) for one, user in zip(people(), STAFF, strict=True))
        self.life.desk.watch = self._desk_shows
        self.life.seekers.watch = self._seeker_sees
        self.run(self.life.start())
        self.users = {one.id: user for one in self.book.responders.values() for user in STAFF if one.alias == f"R{user}"}
        self.ids = {user: number for number, user in self.users.items()}
        for seeker, stage in zip(SEEKERS, stages, strict=True):
            if stage:
                self.asks(seeker)
                self.run(self.life.later(1))
            if stage > 1:
                self.claims(RIO if seeker != SEEKERS[2] else MAR)
            if stage > 2:
                self.seeker_writes(seeker, False)
        self._look()

    @property
    def office(self) -> Any:
        return self.life.parts.office

    @property
    def book(self) -> Any:
        return self.life.parts.office.book

    # -- what a seeker does ---------------------------------------------------------------------------------------------------

    def _seeker(self, user: int, **what: Any) -> None:
        made = {"user_id": user, "chat_id": user, "sent_at": self.life.clock.at, **what}
        self.run(self.life.from_seeker(lambda update: Incoming(update_id=update, **made)))

    def _types(self, user: int, text: str, kind: Kind = Kind.TEXT) -> int:
        number = self.life.seekers.theirs(user, f"/{text}" if kind is Kind.COMMAND else text)
        self._seeker(user, kind=kind, text=text, message_id=number)
        return number

    def _conversation(self, user: int) -> Conversation | None:
        one = self.life.seeker(user)
        held = self.run(self.life.storage.read([one], []))[0][one]
        return decode_conversation(held.conversation) if held.conversation else None

    def _screens(self, user: int) -> list[tuple[int, str, str]]:
        """(message, label, data) of every button in a chat, newest last."""
        return [(one.number, *button) for one in self.life.seekers.ours(user) for row in one.rows for button in row]

    def _taps(self, user: int, named: frozenset[str]) -> bool:
        found = [one for one in self._screens(user) if one[1] in named]
        if found:
            self._tap(user, found[-1])
        return bool(found)

    def _tap(self, user: int, button: tuple[int, str, str]) -> None:
        number, _, data = button
        self._seeker(user, kind=Kind.PRESS, press_id="p", press_data=data, message_id=number)

    def _command(self, user: int, command: Command) -> None:
        word = min(word for word, value in program().commands.items() if value == command.value)  # any, but always the same
        self._types(user, word, Kind.COMMAND)

    def asks(self, user: int) -> None:
        """Somebody asks for a person, and says yes to being written to."""
        self.deed = "asks"
        self._types(user, "", Kind.START)
        self._command(user, Command.PERSON)
        self._taps(user, ASKS)

    @rule(user=st.sampled_from(SEEKERS))
    def asks_for_a_person(self, user: int) -> None:
        self.asks(user)

    @rule(user=st.sampled_from(SEEKERS), tells=st.booleans())
    def seeker_writes(self, user: int, tells: bool) -> None:
        """Words, to whoever is there: in a live conversation, or where it was asked for."""
        self.deed = "writes"
        if tells:
            self._taps(user, TELLS)
        before, case = self._conversation(user), self.book.case_of(self.life.seeker(user))
        at = before.here if before else None
        ready = before is not None and at is not None and before.mode is Mode.ACTIVE and not before.aside
        due = ready and at is not None and (at.flow, at.step) in TOLD_AT and case is not None and case.open
        due = due and case is not None and case.may_see(self.life.clock.at)
        if at is not None and at.flow == "live" and (case is None or case.status is not CaseStatus.ASSIGNED):
            due = False
        mark = self._mark(user, Direction.SEEKER, due)
        number = self._types(user, f"el mensaje azul{mark:05d} gris")
        rows = self.run(self.life.storage.words(case.id)) if case is not None else ()
        found = next((one for one in rows if one.direction is Direction.SEEKER and one.source == number), None)
        said = self.said[mark]
        if due:
            assert found is not None, f"words typed at {at} went nowhere: the case is {case}"
        if found is not None:
            said.case, said.words = found.case, found.id
            self.numbers[mark] = (found.case, found.number)

    def _mark(self, author: int, direction: Direction, due: bool) -> int:
        self.marks += 1
        self.said[self.marks] = Said(author, direction, self.life.clock.at, due)
        return self.marks

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_takes_back(self, user: int) -> None:
        self.deed = "remove"
        self._taps(user, REMOVES)

    @rule(user=st.sampled_from(SEEKERS), which=st.integers(0, 40))
    def seeker_taps(self, user: int, which: int) -> None:
        """Any button that stands in the chat, old ones as well."""
        buttons = self._screens(user)
        if buttons:
            self.deed = f"taps {buttons[which % len(buttons)][1]}"
            self._tap(user, buttons[which % len(buttons)])

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_withdraws(self, user: int) -> None:
        self.deed = "withdraws"
        self._types(user, "retirar mi petición")
        self._taps(user, WITHDRAWS)

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_exits(self, user: int) -> None:
        self.deed = "exits"
        self._command(user, Command.EXIT)
        self._left_nothing(user)

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_erases(self, user: int) -> None:
        self.deed = "erases"
        self._command(user, Command.ERASE)
        if self._taps(user, ERASES):
            self._left_nothing(user)

    def _left_nothing(self, user: int) -> None:
        """After an exit or an erasure nothing of the conversation can be read on the phone."""
        phones = self.life.seekers
        if user in phones.gates or user in phones.blocked:
            return
        at = self.life.clock.at
        young = [one for one in phones.chats.get(user, {}).values() if not one.stray and at - one.at < DELETABLE - 200]
        left = [one.text for one in young if MARK.search(one.text)]
        assert left == [], f"still on the phone of who left: {left}"

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_blocks(self, user: int) -> None:
        self.deed = "blocks"
        self.life.seekers.blocked.add(user)
        self._seeker(user, kind=Kind.BLOCKED)

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_comes_back(self, user: int) -> None:
        self.deed = "comes back"
        if user in self.life.seekers.blocked:
            self.life.seekers.blocked.discard(user)
            self._seeker(user, kind=Kind.UNBLOCKED)
        self._types(user, "", Kind.START)

    @rule(user=st.sampled_from(SEEKERS))
    def seeker_edits(self, user: int) -> None:
        """The last words typed are changed; they keep their mark."""
        self.deed = "edits"
        mine = [one for _, one in sorted(self.life.seekers.chats.get(user, {}).items()) if not one.ours and MARK.search(one.text)]
        if mine:
            mine[-1].text += " y más"
            self._seeker(user, kind=Kind.TEXT, text=mine[-1].text, message_id=mine[-1].number, edited=True)

    # -- what somebody of the desk does -----------------------------------------------------------------------------------------

    def _desk(self, user: int, **what: Any) -> None:
        made = {"user_id": user, "chat_id": user, "sent_at": self.life.clock.at, **what}
        self.run(self.life.from_desk(lambda update: Incoming(update_id=update, **made)))

    def _buttons(self, user: int) -> list[tuple[Message, str, str]]:
        return [(one, *button) for one in self.life.desk.ours(user) for row in one.rows for button in row]

    def _press(self, user: int, button: tuple[Message, str, str]) -> None:
        self._desk(user, kind=Kind.PRESS, press_id="p", press_data=button[2], message_id=button[0].number, thread_id=button[0].thread)

    def _presses(self, user: int, text: str) -> bool:
        """The newest button with this desk text."""
        wanted = self.office.texts.say("es", text)
        found = [one for one in self._buttons(user) if one[1] == wanted]
        if found:
            self._press(user, found[-1])
        return bool(found)

    @rule(user=st.sampled_from(STAFF))
    def claims(self, user: int) -> None:
        self.deed = "claims"
        self._presses(user, "take")

    @rule(user=st.sampled_from(STAFF), which=st.integers(0, 5))
    def responder_writes(self, user: int, which: int) -> None:
        """In a topic, or (without topics) in answer to a header; to any of their cases, or to one they had."""
        self.deed = "answers"
        mark = self._mark(user, Direction.RESPONDER, False)
        text = f"la respuesta azul{mark:05d} verde"
        if self.life.topics:
            topics = sorted(self.life.desk.titles.get(user, {}))
            if not topics:
                return
            thread, reply = topics[which % len(topics)], 0
        else:
            headers = [
                one for one in self.life.desk.ours(user) if any(label == self._say("b_close") for row in one.rows for label, _ in row)
            ]
            if not headers:
                return
            thread, reply = 0, headers[which % len(headers)].number
        number = self.life.desk.theirs(user, text, thread)
        self._desk(user, kind=Kind.TEXT, text=text, message_id=number, thread_id=thread, reply_to=reply)
        self._find(mark, number)

    def _find(self, mark: int, source: int) -> None:
        for case, rows in self.book.words.items():
            for words in rows.values():
                if words.direction is Direction.RESPONDER and words.source == source:
                    said = self.said[mark]
                    said.case, said.words = case, words.id
                    self.numbers[mark] = (case, words.number)

    def _found(self, mark: int) -> Said:
        """What was typed with this mark; the first time it is shown its row is on its way, so it can be found there."""
        said = self.said[mark]
        if not said.words:
            rows = (words for rows in self.book.words.values() for words in rows.values() if f"azul{mark:05d}" in words.text)
            found = next(rows, None)
            if found is not None:
                said.case, said.words = found.case, found.id
        return said

    def _say(self, name: str) -> str:
        return str(self.office.texts.say("es", name))

    @rule(user=st.sampled_from(STAFF))
    def undoes(self, user: int) -> None:
        self.deed = "undoes"
        self._presses(user, "undo")

    @rule(user=st.sampled_from(STAFF))
    def takes_back(self, user: int) -> None:
        self.deed = "takes back"
        self._presses(user, "remove")

    @rule(user=st.sampled_from(STAFF), which=st.integers(0, 80))
    def presses(self, user: int, which: int) -> None:
        """Any button that stands in their chat."""
        buttons = self._buttons(user)
        if buttons:
            button = buttons[which % len(buttons)]
            self.deed = f"presses {button[1]}"
            self._press(user, button)

    @rule(user=st.sampled_from(STAFF), name=st.sampled_from(["b_close", "b_more", "b_transfer", "b_release", "b_back_in_20", "b_replies"]))
    def presses_named(self, user: int, name: str) -> None:
        self.deed = f"presses {name}"
        self._presses(user, name)

    @rule(user=st.sampled_from(STAFF), word=st.sampled_from(["mesa", "fila", "casos", "turno", "carga", "equipo"]))
    def commands(self, user: int, word: str) -> None:
        self.deed = f"says /{word}"
        number = self.life.desk.theirs(user, f"/{word}")
        self._desk(user, kind=Kind.COMMAND, text=word, message_id=number)

    @rule(user=st.sampled_from(STAFF))
    def panics(self, user: int) -> None:
        self.deed = "panics"
        self._desk(user, kind=Kind.COMMAND, text="panico")
        if self._reachable(user):
            left = [one.text for one in self.life.desk.ours(user) if MARK.search(one.text) and not one.stray]
            assert left == [], f"still in the chat of who panicked: {left}"

    @rule(user=st.sampled_from(STAFF), state=st.sampled_from([ResponderState.REVOKED, ResponderState.ACTIVE, ResponderState.ACTIVE]))
    def the_command_line(self, user: int, state: ResponderState) -> None:
        """An administrator revokes somebody, or lets them in again."""
        self.deed = f"command line: {state.value}"
        one = next(found for found in self.run(self.life.storage.staff()).responders if found.id == self.ids[user])
        at = self.life.clock.at
        on_duty = at + DUTY_SECONDS if state is ResponderState.ACTIVE else 0
        moved = replace(one, state=state, duty_until=on_duty, reminded=False)
        self.run(self._by_command_line(moved))
        self.run(self.life.later(1))

    async def _by_command_line(self, moved: Responder) -> None:
        """Another process writes; the running one learns of it by looking."""
        async with await open_storage(self.folder / "amparo.sqlite3", self.life.keyring, self.life.clock) as other:
            await other.write_desk(DeskWrite(at=self.life.clock.at, responders=(moved,)))

    @rule(user=st.sampled_from(STAFF))
    def responder_blocks(self, user: int) -> None:
        self.deed = "blocks the desk"
        self.life.desk.blocked.add(user)
        self._desk(user, kind=Kind.BLOCKED)

    @rule(user=st.sampled_from(STAFF))
    def responder_comes_back(self, user: int) -> None:
        self.deed = "comes back to the desk"
        self.life.desk.blocked.discard(user)
        self._desk(user, kind=Kind.START)

    @rule(user=st.sampled_from(STAFF), which=st.integers(0, 5))
    def deletes_topic(self, user: int, which: int) -> None:
        self.deed = "deletes a topic"
        topics = sorted(self.life.desk.titles.get(user, {}))
        if topics:
            self.life.desk.delete_topic(user, topics[which % len(topics)])

    # -- time, and what goes wrong --------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from(WAITS))
    def time_passes(self, seconds: int) -> None:
        self.deed = f"{seconds} s pass"
        self.run(self.life.later(seconds))

    @rule(seconds=st.sampled_from((1, 6, 6, 6, 130)))
    def a_moment_passes(self, seconds: int) -> None:
        self.time_passes(seconds)

    @rule(fates=st.lists(st.sampled_from(Fate), min_size=1, max_size=4), desk=st.booleans())
    def calls_will_fail(self, fates: list[Fate], desk: bool) -> None:
        (self.life.desk if desk else self.life.seekers).fates.extend(fates)

    @rule(troubles=st.lists(st.sampled_from(Trouble), min_size=1, max_size=3))
    def writes_will_fail(self, troubles: list[Trouble]) -> None:
        """Not more conflicts in a row than an update is tried again for: then somebody gets the safe screen, and types again."""
        self.faulty = True
        for trouble in troubles:
            if trouble is not Trouble.CONFLICT or self.life.troubles.count(trouble) < 2:
                self.life.troubles.append(trouble)

    @rule(user=st.sampled_from((*SEEKERS, *STAFF)))
    def answers_stop(self, user: int) -> None:
        """Calls to this chat begin, and are not answered for now."""
        phones = self.life.seekers if user in SEEKERS else self.life.desk
        if user not in phones.gates:
            phones.park(user)

    @rule()
    def answers_come(self) -> None:
        """Every call that waited is answered."""
        self.deed = self.deed or "answers come"
        self.run(self._answers_come())

    async def _answers_come(self) -> None:
        for phones in (self.life.seekers, self.life.desk):
            for chat in list(phones.gates):
                phones.release(chat)
        await asyncio.sleep(0)
        await self.life.settle()

    @rule(landing=st.booleans())
    def killed(self, landing: bool) -> None:
        """kill -9, and started again. `landing`: calls under way had reached the platform."""
        self.deed = "killed"
        for phones in (self.life.seekers, self.life.desk):
            phones.landing = landing
        self.kills += 1
        self.run(self._restart())

    async def _restart(self) -> None:
        await self.life.kill()
        for phones in (self.life.seekers, self.life.desk):
            phones.gates.clear()
            phones.waiting.clear()
            phones.landing = False
        await self.life.start()
        await self.life.settle()

    # -- while calls are made -------------------------------------------------------------------------------------------------------

    def _desk_shows(self, chat: int, text: str) -> None:
        """Nothing with words of a case leaves for somebody who may not see it now."""
        for mark in map(int, MARK.findall(text)):
            said, one = self._found(mark), self.book.responders.get(self.ids[chat])
            if said.direction is Direction.RESPONDER and not said.words:
                continue  # the answer to a question of ours: a note, a next step
            case = self.book.cases.get(said.case)
            if case is None or one is None or not may(answering(one), Action.READ_CASE, case, self.life.clock.at):
                self.wrong.append(f"{self.deed}: words of case {said.case} leave for {chat}, who may not read them: {text!r}")

    def _seeker_sees(self, chat: int, text: str) -> None:
        """Nothing a responder wrote leaves for anybody but the person of the case, while it is consented, and unless it was taken back."""
        for mark in map(int, MARK.findall(text)):
            said = self._found(mark)
            if said.direction is Direction.SEEKER:
                continue
            case = self.book.cases.get(said.case)
            words = self.book.words.get(said.case, {}).get(said.words)
            held = words is not None and words.state in (WordsState.HELD, WordsState.WINDOW)
            if case is None or case.seeker != self.life.seeker(chat) or not case.may_see(self.life.clock.at) or held:
                self.wrong.append(f"{self.deed}: {text!r} leaves for {chat}: case {case}, words {words}")

    # -- after every step -----------------------------------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "users"):
            self._look()

    def _look(self) -> None:
        self.run(self.life.settle())
        if self.office.unsure or self.life.reception._unsure:  # a write got no answer: the next pass of the worker reads everything anew
            self.life.troubles.clear()
            self.run(self.life.later(0))
        assert self.wrong == [], "\n".join(self.wrong)
        self._no_errors()
        rows = self.run(self._stored())
        cases = {case.id: case for case in self.book.cases.values()}
        self._one_owner(cases)
        self._nothing_lost(cases, rows)
        self._in_order()
        self._chats_hold_only_what_they_may(cases)
        self._nobody_starves(cases)
        self.rows, self.cases, self.deed = rows, cases, ""

    def _no_errors(self) -> None:
        loud = [line for line in self.lines if line["log_level"] in ("error", "critical")]
        unexplained = [line for line in loud if line["event"] not in FAULTY]
        assert unexplained == [], unexplained
        self.lines.clear()

    async def _stored(self) -> dict[int, dict[int, Words]]:
        """What is stored; what is remembered is the same."""
        storage = self.life.storage
        stored = {case.id: case for case in await storage.cases()}
        known = {case.id: case for case in self.book.cases.values()}
        assert {number: case for number, case in known.items() if case.open} == {n: case for n, case in stored.items() if case.open}
        unfinished = {words.id: words for words in await storage.unfinished_words()}
        remembered = {number: words for rows in self.book.words.values() for number, words in rows.items()}
        assert unfinished == remembered, "words on their way are not remembered as they are stored"
        for number, ledger in self.book.ledgers.items():
            kept = {one.row: one for one in await storage.desk_messages(number)}
            of_nobody = {row for row, one in ledger.items() if one.case and one.case not in stored}  # retention takes these by itself
            assert {row: one for row, one in ledger.items() if row in kept or row not in of_nobody} == kept
        found = await storage._database.run(lambda raw: trail.verify(raw, self.life.keyring, trail.Head(self.folder / trail.HEAD_FILE)))
        assert found == [], "the trail does not verify"
        return {number: {words.id: words for words in await storage.words(number)} for number in stored}

    def _one_owner(self, cases: dict[int, Case]) -> None:
        names = [case.designation for case in cases.values() if case.open]
        assert len(names) == len(set(names)), "two open cases have one name"
        for case in cases.values():
            assert (case.responder is not None) is (case.status is CaseStatus.ASSIGNED)
            owner = self.book.responders.get(case.responder) if case.responder is not None else None
            if owner is not None:
                assert owner.organization == case.organization

    def _nothing_lost(self, cases: dict[int, Case], rows: dict[int, dict[int, Words]]) -> None:
        """Every row of a step ago stands still, or its case has ended; it changed as the deed allows; what is on its way is owed."""
        for number, before in self.rows.items():
            case = cases.get(number)
            gone = set(before) - set(rows.get(number, {}))
            ended = case is None or not case.open or case.organization != self.cases[number].organization
            assert not gone or ended, f"words {gone} of {case} vanished by: {self.deed}"
            for key, words in before.items():
                now = rows.get(number, {}).get(key)
                if now is not None and now.state is WordsState.REMOVED and words.state is not WordsState.REMOVED:
                    self._removed(words, now)
        for number, case in cases.items():
            if case.open:
                self._on_its_way(case, rows[number])

    def _removed(self, before: Words, now: Words) -> None:
        """Words are taken back by their author; and what had not left goes when its author has the case no more."""
        author = self.deed in ("remove", "undoes", "takes back") or self.deed.startswith(("taps", "presses"))
        unsent = before.direction is Direction.RESPONDER and before.state in (WordsState.HELD, WordsState.WINDOW)
        assert author or unsent, f"{before} was removed by: {self.deed}"
        assert (now.text, now.file, now.place) == ("", "", "")

    def _on_its_way(self, case: Case, rows: dict[int, Words]) -> None:
        seeker = next((user for user in SEEKERS if self.life.seeker(user) == case.seeker), 0)
        owner = self.users[case.responder] if case.responder is not None else 0
        numbers: dict[Direction, list[int]] = {Direction.SEEKER: [], Direction.RESPONDER: []}
        for words in sorted(rows.values(), key=lambda one: one.id):
            numbers[words.direction].append(words.number)
            if words.direction is Direction.SEEKER and words.state is WordsState.QUEUED and owner and case.may_see(self.life.clock.at):
                assert not self._reachable(owner), f"{words} is owed to {owner} and nothing is on its way"
        for numbered in numbers.values():
            assert numbered == list(range(1, len(numbered) + 1)), "numbers are gapless, in the order of the rows"
        mine = (one for one in rows.values() if one.direction is Direction.RESPONDER)
        ready = [one for one in mine if one.state in (WordsState.ENVELOPE, WordsState.QUEUED)]
        there = seeker and seeker not in {*self.life.seekers.gates, *self.life.seekers.blocked}
        if ready and there and case.may_see(self.life.clock.at):
            held = self._conversation(seeker)
            assert held is not None
            assert held.unread or case.status is not CaseStatus.ASSIGNED, f"{ready} wait for {seeker}, who is never told: {held}"

    def _reachable(self, user: int) -> bool:
        one = self.book.responders[self.ids[user]]
        stuck = user in self.life.desk.gates or user in self.life.desk.blocked
        return one.state is ResponderState.ACTIVE and one.chat_id is not None and not stuck

    def _in_order(self) -> None:
        for user in SEEKERS:
            self._ordered(user, self.life.seekers.ours(user), Direction.RESPONDER, self.life.seekers.doubts.get(user, 0))
        for user in STAFF:
            threads: dict[int, list[Message]] = {}
            for one in self.life.desk.ours(user):
                threads.setdefault(one.thread, []).append(one)
            for messages in threads.values():
                self._ordered(user, messages, Direction.SEEKER, self.life.desk.doubts.get(user, 0))

    def _ordered(self, user: int, messages: list[Message], direction: Direction, doubts: int) -> None:
        """Numbers of each case come in order; a number comes twice only where nobody knew whether it had come."""
        seen: dict[int, list[int]] = {}
        for one in messages:
            for mark in map(int, MARK.findall(one.text)):
                if mark in self.numbers and self.said[mark].direction is direction:
                    case, number = self.numbers[mark]
                    seen.setdefault(case, []).append(number)
        for case, numbers in seen.items():
            assert numbers == sorted(numbers), f"out of order in the chat of {user}, case {case}: {numbers}"
            assert len(numbers) - len(set(numbers)) <= doubts, f"repeated in the chat of {user}: {numbers}"

    def _chats_hold_only_what_they_may(self, cases: dict[int, Case]) -> None:
        """Whoever has a case has its words in their chat, and nobody else (where the bot could still remove them)."""
        for user in STAFF:
            one = self.book.responders[self.ids[user]]
            if user in self.life.desk.gates or user in self.life.desk.blocked or one.chat_id is None:
                continue
            for message in self.life.desk.chats.get(user, {}).values():
                for mark in map(int, MARK.findall(message.text)):
                    if not self.said[mark].words:
                        continue
                    case = cases.get(self.said[mark].case)
                    ended = case is None or not case.open or case.handoff in (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED)
                    theirs = not ended and case is not None and self._holds(one, case)
                    removable = message.ours or (self.said[mark].case and message.at + DELETABLE > self.life.clock.at)
                    if removable and not theirs and not message.stray:
                        raise AssertionError(f"after {self.deed}: {message} stands in the chat of {user}; the case is {case}")

    def _holds(self, one: Responder, case: Case) -> bool:
        glass = case.broken_glass
        broke = glass is not None and glass.second is not None and one.id in (glass.first, glass.second)
        return one.state is ResponderState.ACTIVE and (case.responder == one.id or broke)

    def _nobody_starves(self, cases: dict[int, Case]) -> None:
        """After the passes nothing is due that could be done; who waits has a clock, or has heard the truth."""
        passed = self.deed.endswith("s pass")
        at, clocks = self.life.clock.at, self.office.clocks
        for case in cases.values():
            due = next_due(case, clocks)
            if passed and not self.faulty and due is not None:
                waits = not case.may_see(at) and due[0] is not Rung.EXPIRE  # the consent ended before it was done: nothing is done any more
                assert due[1] > at or waits, f"{case} is not worked: {due}"
            if case.status is CaseStatus.OPEN and case.may_see(at) and not case.clock:
                climbed = at - case.requested_at >= clocks.offsets[case.level][next(reversed(clocks.offsets[case.level]))]
                assert climbed or case.requested_at > at, f"nothing will ever be done about {case}"
        if passed and not self.life.troubles:
            self.faulty = False

    def teardown(self) -> None:
        try:
            if hasattr(self, "users"):
                for phones in (self.life.seekers, self.life.desk):
                    phones.fates.clear()
                self.life.troubles.clear()
                self.answers_come()
                self._look()
        finally:
            if hasattr(self, "life"):
                self.run(self.life.end())
            self.runner.close()
            self._log.__exit__(None, None, None)
            self._patched.undo()
            shutil.rmtree(self.folder, ignore_errors=True)


LIVES: Final = int(os.environ.get("AMPARO_SOAK_LIVES", "2000"))
EVERY: Final = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False)


@pytest.mark.timeout(600)  # a life that fails is made shorter before it is shown
def test_lives_that_are_always_the_same() -> None:
    """The same lives at every run: what they find can be found again."""
    run_state_machine_as_test(Lives, settings=settings(EVERY, max_examples=80, stateful_step_count=40, derandomize=True))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(4))
def test_lives_nobody_chose(shard: int) -> None:
    """Many more, longer ones, and other ones each time."""
    run_state_machine_as_test(Lives, settings=settings(EVERY, max_examples=LIVES // 4, stateful_step_count=80))
