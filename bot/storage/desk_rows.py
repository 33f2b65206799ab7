"""What an event does at the desk, laid out as rows: staged before a transaction, written inside it, remembered after it.

Several events may share a transaction (a group of seekers' changes). Only what must not be known before is worked out inside: numbers of
new responders and shifts, and links of the trail, because the command line writes those as well while the bot runs. The tables are written
in an order that makes the database's own rule hold within one event: consents first, then what rests on them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.audit import AuditEntry
from bot.domain.case import DAY, Case, Consent, Note, Purpose, Words, WordsState
from bot.domain.staff import Responder, Shift
from bot.security.sealing import Cipher, SealBroken, new_secret
from bot.storage import desk_places as places
from bot.storage import desk_statements as sql
from bot.storage import trail
from bot.storage.desk_known import NOT_HEARD, RESERVED_AT_ONCE, Heard
from bot.storage.known import Shelf
from bot.storage.rendering import Row, Statement
from bot.storage.tables import SLOT_SECONDS, slot
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskWrite

NOBODY_YET: Final = "responder:0"
"""In an audit entry: the first new responder of the same write, whose number is not known before."""


class DeskConflict(Exception):
    """A version had moved, or what should be new is there."""


class ConsentMissing(Exception):
    """No living consent to be contacted: words, notes and items of this case are refused."""


def removes(write: DeskWrite) -> bool:
    """Whether words of people go with it: they must not linger in the log. It is emptied at once; when a reader elsewhere holds it back,
    by the next purge, and at the latest by the next start."""
    return bool(write.words_gone or write.notes_gone or write.shred or any(one.state is WordsState.REMOVED for one in write.words))


@dataclass(slots=True)
class DeskRows:
    """Rows of one transaction."""

    seen: list[Row] = field(default_factory=list)
    cases_new: list[Row] = field(default_factory=list)
    cases_moved: list[Row] = field(default_factory=list)
    cases_emptied: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    consents_gone: list[int] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    words_new: list[Row] = field(default_factory=list)
    words_moved: list[Row] = field(default_factory=list)
    words_gone: list[int] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    notes_gone: list[int] = field(default_factory=list)
    responders: list[Responder] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    shifts_gone: list[int] = field(default_factory=list)
    doors: list[Row] = field(default_factory=list)
    complaints: list[Row] = field(default_factory=list)
    waited: list[Row] = field(default_factory=list)
    items_gone: list[int] = field(default_factory=list)
    items_gone_of: list[tuple[int, int]] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    items_moved: list[Row] = field(default_factory=list)
    messages_gone: list[int] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    shred: list[int] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    ciphers: dict[int, Cipher] = field(default_factory=dict)
    heard: dict[int, Heard] = field(default_factory=dict)
    slots: set[int] = field(default_factory=set)
    newest_seen: int = 0
    highest: int = 0
    residue: bool = False
    responders_new: tuple[int, ...] = ()
    shifts_new: tuple[int, ...] = ()
    end: trail.End | None = None
    slot: int | None = None
    reserved: int | None = None

    # -- staging -------------------------------------------------------------------------------------------------------------------

    def stage(self, raw: sqlite3.Connection, shelf: Shelf, write: DeskWrite) -> None:
        """Lay out one event. Reads the keys it needs. Raises `DeskConflict`, `ConsentMissing`."""
        if not set(write.shred) <= {case.id for case in write.cases if case.erased}:
            raise ValueError("a case whose key is destroyed must be written as erased in the same write")
        if write.update_id is not None:
            self.seen.append((write.update_id, slot(write.at)))
            self.newest_seen = max(self.newest_seen, write.update_id)
        for case in write.cases:
            self._stage_case(raw, shelf, case, write)
        for words in write.words:
            self._stage_words(raw, shelf, words, write.at)
        for note in write.notes:
            self._stage_note(raw, shelf, note, write.at)
        for item in write.items:
            self._stage_item(raw, shelf, item, write.at)
        self._stage_staff(shelf, write)
        self._stage_messages(shelf, write.messages)
        self.words_gone += write.words_gone
        self.notes_gone += write.notes_gone
        self.items_gone += write.items_gone
        self.items_gone_of += write.items_gone_of
        self.messages_gone += write.messages_gone
        self.shred += write.shred
        self.residue = self.residue or removes(write)
        self.audit += write.audit

    def _stage_case(self, raw: sqlite3.Connection, shelf: Shelf, case: Case, write: DeskWrite) -> None:
        shell = case.id in write.shred
        moved = replace(case, version=case.version + 1)
        cipher = None if shell else self._key_to_write(raw, shelf, case, write.at)
        row = _case_row(moved, b"" if cipher is None else places.seal_case(cipher, moved), shell=shell, at=write.at)
        if case.version == 0:
            self.cases_new.append((case.id, *row))
            self.highest = max(self.highest, case.id)
        elif shell:
            self.cases_emptied.append((*row, case.id))
        else:
            self.cases_moved.append((*row, case.id, case.version))
        heard = NOT_HEARD if shell else heard_of(case)
        before = NOT_HEARD if case.version == 0 else self._heard(raw, shelf, case.id)
        if shell or heard.rows != before.rows:
            self.consents_gone.append(case.id)
            self.consents += heard.rows
        self.heard[case.id] = heard

    def _key_to_write(self, raw: sqlite3.Connection, shelf: Shelf, case: Case, at: int) -> Cipher:
        if case.version:
            cipher = self._key(raw, shelf, case.id)
            if cipher is None:
                raise DeskConflict  # it was erased, or has aged out
            return cipher
        secret = new_secret()
        wrapped = shelf.keyring.wrap(secret, owner=places.key_owner(case.id))
        self.keys.append((case.id, wrapped, shelf.keyring.epoch, at // DAY))
        self.ciphers[case.id] = Cipher(secret)
        return self.ciphers[case.id]

    def _key(self, raw: sqlite3.Connection, shelf: Shelf, case: int) -> Cipher | None:
        staged = self.ciphers.get(case)
        return key_of(raw, shelf, case) if staged is None else staged

    def _heard(self, raw: sqlite3.Connection, shelf: Shelf, case: int) -> Heard:
        staged = self.heard.get(case)
        return what_is_heard(raw, shelf, case) if staged is None else staged

    def _allowed(self, raw: sqlite3.Connection, shelf: Shelf, case: int, at: int) -> Cipher:
        """The case's key, if its contents may be written for a responder now. The database asks again, to the slot."""
        cipher = self._key(raw, shelf, case)
        if cipher is None or at >= self._heard(raw, shelf, case).until:
            raise ConsentMissing
        self.slots.add(slot(at))
        return cipher

    def _stage_words(self, raw: sqlite3.Connection, shelf: Shelf, words: Words, at: int) -> None:
        cipher = self._key(raw, shelf, words.case) if words.version else self._allowed(raw, shelf, words.case, at)
        if cipher is None:
            return  # they went with their case
        row = words.id or shelf.desk.number()
        moved = replace(words, id=row, version=words.version + 1)
        sealed = places.WORDS.seal(cipher, places.numbered(words.case, row), moved.version, moved)
        if words.version:
            self.words_moved.append((moved.version, words.state.value, sealed, row, words.case))
        else:
            self.words_new.append((row, words.case, moved.version, words.state.value, sealed))
            self.highest = max(self.highest, row)

    def _stage_note(self, raw: sqlite3.Connection, shelf: Shelf, note: Note, at: int) -> None:
        cipher = self._allowed(raw, shelf, note.case, at)
        row = note.id or shelf.desk.number()
        sealed = places.NOTE.seal(cipher, places.numbered(note.case, row), 1, replace(note, id=row))
        self.notes.append((row, note.case, sealed))
        self.highest = max(self.highest, row)

    def _stage_item(self, raw: sqlite3.Connection, shelf: Shelf, item: DeskItem, at: int) -> None:
        cipher = self._allowed(raw, shelf, item.case, at) if item.case else shelf.keyring.staff
        sealed = places.seal_item(cipher, item)
        if item.attempts:
            self.items_moved.append((item.priority, item.attempts, sealed, item.row, item.responder, item.case))
        else:
            self.items.append((item.row, item.responder, item.case, item.priority, item.attempts, sealed))
            self.highest = max(self.highest, item.row)

    def _stage_staff(self, shelf: Shelf, write: DeskWrite) -> None:
        staff = shelf.keyring.staff
        self.responders += write.responders
        self.shifts += write.shifts
        self.shifts_gone += write.shifts_gone
        for door in write.doors:
            self.doors.append((door.organization, int(door.closed), places.DOOR.seal(staff, door.organization.encode(), 1, door)))
        for complaint in write.complaints:
            row = complaint.id or shelf.desk.number()
            answered = None if complaint.answered_at is None else complaint.answered_at // DAY
            sealed = places.COMPLAINT.seal(staff, places.numbered(row), 1, replace(complaint, id=row))
            self.complaints.append((row, answered, sealed))
            self.highest = max(self.highest, row)
        for waited in write.waited:
            sealed = places.WAITED.seal(staff, places.numbered(waited.day) + waited.organization.encode(), 1, waited)
            self.waited.append((waited.organization, waited.day, sealed))

    def _stage_messages(self, shelf: Shelf, messages: Sequence[DeskMessage]) -> None:
        for message in messages:
            place = places.numbered(message.row, message.responder, message.case)
            sealed = places.MESSAGE.seal(shelf.keyring.staff, place, 1, message)
            self.messages.append((message.row, message.responder, message.case, message.at // DAY, sealed))
            self.highest = max(self.highest, message.row)

    # -- writing -------------------------------------------------------------------------------------------------------------------

    def write(self, raw: sqlite3.Connection, shelf: Shelf) -> None:
        """Write everything; inside a transaction. Raises `DeskConflict`, `ConsentMissing`, `sqlite3.Error`."""
        try:
            self._write(raw, shelf)
        except sqlite3.IntegrityError as error:
            raise _meaning(error) from None

    def _write(self, raw: sqlite3.Connection, shelf: Shelf) -> None:
        self._write_state(raw, shelf)
        sql.SEEN_NEW.many(raw, self.seen)
        sql.CASE_NEW.many(raw, self.cases_new)
        _all(sql.CASE_MOVED.many(raw, self.cases_moved), self.cases_moved)
        sql.CASE_EMPTIED.many(raw, self.cases_emptied)  # what is gone is gone: no version to wait for
        sql.KEY_NEW.many(raw, self.keys)
        _gone(raw, sql.CONSENT_GONE, self.consents_gone)
        sql.CONSENT_NEW.run(raw, self.consents)
        self._write_staff(raw, shelf)
        sql.WORDS_NEW.many(raw, self.words_new)
        sql.WORDS_MOVED.many(raw, self.words_moved)
        _gone(raw, sql.WORDS_GONE, self.words_gone)
        sql.NOTE_PUT.many(raw, self.notes)
        _gone(raw, sql.NOTES_GONE, self.notes_gone)
        self._write_items(raw)
        _gone(raw, sql.MESSAGE_GONE, self.messages_gone)
        sql.MESSAGE_PUT.many(raw, self.messages)
        for statement in sql.SHREDDED:
            _gone(raw, statement, self.shred)
        if self.audit:
            self.end = trail.append(raw, shelf.keyring, [self._named(entry) for entry in self.audit])

    def _write_state(self, raw: sqlite3.Connection, shelf: Shelf) -> None:
        """The time for the triggers, when it is another one than the file holds, and more numbers, when those set apart are used up."""
        desk = shelf.desk
        self.slot = max(self.slots) if self.slots else desk.slot
        self.reserved = desk.reserved
        if max(desk.numbers, self.highest) > desk.reserved:
            self.reserved = max(desk.numbers, self.highest) + RESERVED_AT_ONCE
        if (self.slot, self.reserved) != (desk.slot, desk.reserved):
            sql.STATE_PUT.one(raw, 1, self.slot, self.reserved)

    def _write_staff(self, raw: sqlite3.Connection, shelf: Shelf) -> None:
        self.responders_new = tuple(_write_responder(raw, shelf, one) for one in self.responders)
        self.shifts_new = tuple(_write_shift(raw, shelf, one) for one in self.shifts)
        _gone(raw, sql.SHIFT_GONE, self.shifts_gone)
        sql.DOOR_PUT.many(raw, self.doors)
        sql.COMPLAINT_PUT.many(raw, self.complaints)
        sql.WAITED_NEW.many(raw, self.waited)

    def _write_items(self, raw: sqlite3.Connection) -> None:
        _gone(raw, sql.ITEM_GONE, self.items_gone)
        for whose, case in self.items_gone_of:
            if case:
                sql.ITEMS_OF_BOTH_GONE.one(raw, whose, case)
            else:
                sql.ITEMS_OF_RESPONDER_GONE.one(raw, whose)
        sql.ITEM_PUT.many(raw, self.items)
        sql.ITEM_MOVED.many(raw, self.items_moved)

    def _named(self, entry: AuditEntry) -> AuditEntry:
        """An entry about somebody who had no number before."""
        if NOBODY_YET not in (entry.object, entry.actor):
            return entry
        new = next((row for row, one in zip(self.responders_new, self.responders, strict=True) if not one.id), 0)
        name = f"responder:{new}"
        return replace(
            entry,
            object=name if entry.object == NOBODY_YET else entry.object,
            actor=name if entry.actor == NOBODY_YET else entry.actor,
        )

    # -- afterwards ----------------------------------------------------------------------------------------------------------------

    def settle(self, shelf: Shelf) -> None:
        """The commit has happened: remember it."""
        desk = shelf.desk
        desk.newest_seen = max(desk.newest_seen, self.newest_seen)
        desk.numbers = max(desk.numbers, self.highest)
        if self.slot is not None and self.reserved is not None:
            desk.slot, desk.reserved = self.slot, self.reserved
        for case, cipher in self.ciphers.items():
            desk.remember_key(case, cipher)
        desk.heard |= self.heard
        for case in self.shred:
            desk.forget(case)
        shelf.residue = shelf.residue or self.residue  # what went still stands in the log
        if self.end is not None and desk.head is not None:
            trail.Head(desk.head).write(self.end)


def _all(changed: int, rows: Sequence[Row]) -> None:
    if changed != len(rows):
        raise DeskConflict


def _gone(raw: sqlite3.Connection, statement: Statement, ids: Sequence[int]) -> None:
    if ids:
        statement.one(raw, json.dumps(ids))


def _meaning(error: sqlite3.IntegrityError) -> Exception:
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return ConsentMissing() if str(error) == ConsentMissing.__name__ else error
    taken = error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
    return DeskConflict() if taken else error


def _case_row(case: Case, sealed: bytes, *, shell: bool, at: int) -> Row:
    """The columns after the number. A shell keeps neither whose it was nor when it was asked for."""
    if shell:
        return case.version, None, case.organization, case.status.value, 0, 1, at // DAY, None, at // DAY, sealed
    awaited = case.open or any(not one.outcome for one in case.follow_ups)
    ended = case.closed_at if case.closed_at is not None else (at if case.erased else None)
    return (
        case.version,
        case.seeker,
        case.organization,
        case.status.value,
        int(awaited and case.seeker is not None and not case.erased),
        int(case.erased),
        case.requested_at // DAY,
        None if case.due_at is None else slot(case.due_at),
        None if ended is None else ended // DAY,
        sealed,
    )


def heard_of(case: Case) -> Heard:
    """The rows of a case's consents, and until when its contents may be seen by the organization that has it."""
    rows = tuple(
        (case.id, n, one.purpose.value, one.organization, _end_slot(one), int(one.withdrawn_at is not None))
        for n, one in enumerate(case.consents)
    )
    here = [one.until for one in case.consents if _contacts(one, case) and not case.erased]
    return Heard(rows=rows, until=max(here, default=0))


def _contacts(consent: Consent, case: Case) -> bool:
    return consent.purpose is Purpose.CONTACT and consent.organization == case.organization and consent.withdrawn_at is None


def _end_slot(consent: Consent) -> int:
    return slot(consent.until - 1) + SLOT_SECONDS


def key_of(raw: sqlite3.Connection, shelf: Shelf, case: int) -> Cipher | None:
    """A case's key; None when it has none (any more)."""
    cipher = shelf.desk.keys.get(case)
    if cipher is None:
        found = sql.CASE.first(raw, case)
        if found is not None:
            cipher = opened_key(shelf, case, found[4], found[5])
    return cipher


def opened_key(shelf: Shelf, case: int, wrapped: bytes, epoch: int) -> Cipher | None:
    """A key from its row, remembered; None when it does not open."""
    cipher = shelf.desk.keys.get(case)
    if cipher is not None:
        return cipher
    try:
        cipher = Cipher(shelf.keyring.unwrap(wrapped, owner=places.key_owner(case), epoch=epoch))
    except SealBroken:
        shelf.unreadable += 1
        return None
    shelf.desk.remember_key(case, cipher)
    return cipher


def what_is_heard(raw: sqlite3.Connection, shelf: Shelf, case: int) -> Heard:
    """What is committed of a case's consents: from memory, else from the rows and from inside the case's seal."""
    known = shelf.desk.heard.get(case)
    if known is not None:
        return known
    rows = tuple(tuple(row) for row in sql.CONSENTS.all(raw, case))
    found, cipher, until = sql.CASE.first(raw, case), key_of(raw, shelf, case), 0
    if found is not None and cipher is not None:
        try:
            until = heard_of(places.open_case(cipher, case, found[1], found[2], found[3])).until
        except SealBroken:
            shelf.unreadable += 1
    shelf.desk.heard[case] = Heard(rows=rows, until=until)
    return shelf.desk.heard[case]


def _write_responder(raw: sqlite3.Connection, shelf: Shelf, responder: Responder) -> int:
    row = responder.id or int((sql.NEWEST_RESPONDER.first(raw) or (0,))[0] or 0) + 1
    moved = replace(responder, id=row, version=responder.version + 1)
    columns = (moved.account, moved.organization, moved.role.value, moved.state.value, moved.version)
    sealed = places.seal_responder(shelf.keyring.staff, moved)
    if responder.version == 0:
        sql.RESPONDER_NEW.one(raw, row, *columns, sealed)
    elif sql.RESPONDER_MOVED.one(raw, *columns, sealed, row, responder.version) != 1:
        raise DeskConflict
    return row


def _write_shift(raw: sqlite3.Connection, shelf: Shelf, shift: Shift) -> int:
    row = shift.id or int((sql.NEWEST_SHIFT.first(raw) or (0,))[0] or 0) + 1
    sealed = places.SHIFT.seal(shelf.keyring.staff, places.numbered(row, shift.responder), 1, replace(shift, id=row))
    sql.SHIFT_PUT.one(raw, row, shift.responder, sealed)
    return row
