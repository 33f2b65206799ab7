"""What the desk knows, in memory: open cases, staff, shifts, doors, words on their way, and what stands in responders' chats.

One process owns the data folder, and every write goes through one turnstile; so what was committed is what stands here. It changes only in
`settle`, after a commit, in `load`/`reload_staff`, from storage, and in `forget`, when storage forgets as well. A thousand cases are a few
megabytes, and the queue, the caps and the clocks are then plain functions over values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.domain.case import ANSWERED_DAYS, DAY, KEPT_DAYS, Case, Complaint, Direction, Waited, Words, WordsState
from bot.domain.seeker import SeekerId
from bot.domain.staff import Door, Responder, ResponderState, Shift
from bot.usecases.desk_ports import DeskMessage, DeskStorage, DeskWrite

WAITED_DAYS = 7
ON_THE_WAY = (WordsState.HELD, WordsState.WINDOW, WordsState.ENVELOPE, WordsState.QUEUED)


@dataclass(slots=True)
class Book:
    """Everything by the key it is asked for. Values are frozen; only the tables change. `moved`: who was let in or put out by another
    process (the command line), with the state they had before as far as it was known, until the ladder has done what follows from it."""

    storage: DeskStorage
    cases: dict[int, Case] = field(default_factory=dict)
    of_seeker: dict[SeekerId, int] = field(default_factory=dict)
    responders: dict[int, Responder] = field(default_factory=dict)
    accounts: dict[bytes, int] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    doors: dict[str, Door] = field(default_factory=dict)
    waited: list[Waited] = field(default_factory=list)
    words: dict[int, dict[int, Words]] = field(default_factory=lambda: defaultdict(dict))
    complaints: dict[int, Complaint] = field(default_factory=dict)
    ledgers: dict[int, dict[int, DeskMessage]] = field(default_factory=dict)
    staff_version: int = 0
    moved: dict[int, ResponderState | None] = field(default_factory=dict)
    _known: bool = False
    _meanwhile: list[DeskWrite] | None = None

    async def load(self, day: int) -> None:
        """Read everything, at the start or anew. `day`: today, in days since 1970. What is settled while it is read (deliveries are written
        outside the turnstile) is settled once more over what was read before it."""
        self._meanwhile = []
        try:
            cases, unfinished = await self.storage.cases(), await self.storage.unfinished_words()
            waited, complaints = await self.storage.waited(day - WAITED_DAYS), await self.storage.complaints()
            await self.reload_staff()
        finally:
            meanwhile, self._meanwhile = self._meanwhile, None
        for table in (self.cases, self.of_seeker, self.words, self.ledgers):
            table.clear()
        for case in cases:
            self._put_case(case)
        for words in unfinished:
            self.words[words.case][words.id] = words
        self.waited = list(waited)
        self.complaints = {complaint.id: complaint for complaint in complaints}
        for write in meanwhile:
            self.settle(replace(write, waited=()))

    async def reload_staff(self) -> None:
        """The command line may have written: read everybody again."""
        staff = await self.storage.staff()
        for one in staff.responders if self._known else ():
            before = self.responders.get(one.id)
            if before is None or before.state is not one.state:
                self.moved.setdefault(one.id, before.state if before else None)
        self._known = True
        self.responders = {responder.id: responder for responder in staff.responders}
        self.accounts = {one.account: one.id for one in staff.responders if one.account}
        self.shifts = staff.shifts
        self.doors = {door.organization: door for door in staff.doors}
        self.staff_version += 1

    # -- asking --------------------------------------------------------------------------------------------------------------

    def case_of(self, seeker: SeekerId) -> Case | None:
        """The seeker's case that is open, or closed with a follow-up agreed."""
        number = self.of_seeker.get(seeker)
        return self.cases.get(number) if number is not None else None

    def closed_of(self, seeker: SeekerId) -> tuple[Case, ...]:
        """Cases of a seeker that have ended and are still kept."""
        return tuple(case for case in self.cases.values() if case.seeker == seeker and not case.open)

    def responder_of(self, account: bytes) -> Responder | None:
        """Who this account is, whatever their state."""
        number = self.accounts.get(account)
        return self.responders.get(number) if number is not None else None

    def open_cases(self) -> tuple[Case, ...]:
        """Every case that has not ended."""
        return tuple(case for case in self.cases.values() if case.open)

    def owned(self, responder: int) -> tuple[Case, ...]:
        """Cases of one responder."""
        return tuple(case for case in self.cases.values() if case.open and case.responder == responder)

    def active(self, organization: str) -> Iterator[Responder]:
        """Everybody who is let in, of one organization."""
        return (one for one in self.responders.values() if one.organization == organization and one.state is ResponderState.ACTIVE)

    def to_seeker(self, case: int) -> list[Words]:
        """A responder's words the seeker has not got yet and that may go, in order."""
        ready = (WordsState.QUEUED, WordsState.ENVELOPE)
        mine = (one for one in self.words.get(case, {}).values() if one.direction is Direction.RESPONDER and one.state in ready)
        return sorted(mine, key=lambda words: words.number)

    def to_responder(self, case: int) -> list[Words]:
        """A seeker's words no responder has got yet, in order."""
        mine = (one for one in self.words.get(case, {}).values() if one.direction is Direction.SEEKER and one.state is WordsState.QUEUED)
        return sorted(mine, key=lambda words: words.number)

    def held(self) -> Iterator[Words]:
        """Words in the short hold, or outside a window."""
        kept = (WordsState.HELD, WordsState.WINDOW)
        return (words for rows in self.words.values() for words in rows.values() if words.state in kept)

    async def ledger(self, responder: int) -> dict[int, DeskMessage]:
        """What stands in a responder's chat, by row; read once."""
        if responder not in self.ledgers:
            found = await self.storage.desk_messages(responder)
            self.ledgers[responder] = {message.row: message for message in found}
        return self.ledgers[responder]

    # -- after a commit -----------------------------------------------------------------------------------------------------------

    def settle(self, write: DeskWrite) -> None:
        """A write was committed: this is how things stand now."""
        if self._meanwhile is not None:
            self._meanwhile.append(write)
        for case in write.cases:
            self._put_case(replace(case, version=case.version + 1))
        for words in write.words:
            self._put_words(words)
        for number in (*write.words_gone, *write.shred):
            self.words.pop(number, None)
        for responder in write.responders:
            self._put_responder(replace(responder, version=responder.version + 1))
        for door in write.doors:
            self.doors[door.organization] = door
        if write.responders or write.doors:
            self.staff_version += 1
        self.complaints.update({complaint.id: complaint for complaint in write.complaints})
        self.waited.extend(write.waited)
        self._settle_messages(write)

    def forget(self, now: int) -> None:
        """What storage's retention destroys (`bot.storage.desk_retention`) is not remembered here either, to the second: a case that is
        gone there could be written no more, and what was shared in it would live on in memory."""
        for case in [one for one in self.cases.values() if not one.open and (one.closed_at or 0) + KEPT_DAYS * DAY <= now]:
            self._put_case(replace(case, erased=True))
        for number in [number for number, rows in self.words.items() if not rows]:
            del self.words[number]
        for complaint in tuple(self.complaints.values()):
            if complaint.answered_at is not None and complaint.answered_at + ANSWERED_DAYS * DAY <= now:
                del self.complaints[complaint.id]
        self.forget_waits(now // DAY)

    def forget_waits(self, day: int) -> None:
        """Waits that are too old to be told about."""
        self.waited = [one for one in self.waited if one.day > day - WAITED_DAYS]

    def _put_case(self, case: Case) -> None:
        before = self.cases.get(case.id)
        if before is not None and before.seeker is not None and self.of_seeker.get(before.seeker) == case.id:
            del self.of_seeker[before.seeker]
        if case.erased:
            self.cases.pop(case.id, None)
            self.words.pop(case.id, None)
            return
        self.cases[case.id] = case
        if case.seeker is None or not (case.open or any(not one.outcome for one in case.follow_ups)):
            return
        other = self.cases.get(self.of_seeker.get(case.seeker, 0))
        if case.open or other is None or not other.open:  # what is open comes before what is only followed up
            self.of_seeker[case.seeker] = case.id

    def _put_words(self, words: Words) -> None:
        rows = self.words[words.case]
        if words.state in ON_THE_WAY:
            rows[words.id] = replace(words, version=words.version + 1)
        else:
            rows.pop(words.id, None)

    def _put_responder(self, responder: Responder) -> None:
        self.responders[responder.id] = responder
        if responder.account:
            self.accounts[responder.account] = responder.id

    def _settle_messages(self, write: DeskWrite) -> None:
        gone = set(write.messages_gone)
        for ledger in self.ledgers.values() if gone else ():
            for row in gone & ledger.keys():
                del ledger[row]
        for message in write.messages:
            if message.responder in self.ledgers:
                self.ledgers[message.responder][message.row] = message
