"""The group write: many seekers' changes in one transaction, with a fixed number of statements. Runs on the database's thread.

First every change is *staged*: checked against what is held, sealed, and laid out as rows. Then the rows of all changes are written table
by table. Any misfit (an update seen before, a version that moved, a value that cannot be stored) rolls the whole group back, and its
changes are replayed one by one, each with its own verdict. Memory changes only after a commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.domain.seeker import SeekerId
from bot.security.sealing import Cipher, new_secret
from bot.storage import places
from bot.storage import statements as sql
from bot.storage.desk_rows import DeskConflict, DeskRows
from bot.storage.errors import down
from bot.storage.known import Known, Shelf
from bot.storage.reading import known_of
from bot.storage.tables import SLOT_SECONDS, day, slot
from bot.usecases.ports import DELETABLE_SECONDS, Change, ChatMessage, OutboxItem, Role, StorageDown, Verdict, Written

Hook = Callable[[str], None]


class Misfit(Exception):
    """The group cannot be written as it is."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


@dataclass(slots=True)
class Rows:
    """Rows of a whole group, table by table, in the order they are written."""

    seen: list[sql.Row] = field(default_factory=list)
    keys: list[sql.Row] = field(default_factory=list)
    conversations_gone: list[sql.Row] = field(default_factory=list)
    conversations_new: list[sql.Row] = field(default_factory=list)
    conversations_moved: list[sql.Row] = field(default_factory=list)
    conversations_touched: list[sql.Row] = field(default_factory=list)
    addresses: list[sql.Row] = field(default_factory=list)
    outbox_cleared: list[SeekerId] = field(default_factory=list)
    screens_cleared: list[SeekerId] = field(default_factory=list)
    outbox: list[sql.Row] = field(default_factory=list)
    messages: list[sql.Row] = field(default_factory=list)
    messages_resealed: list[sql.Row] = field(default_factory=list)
    covers: list[sql.Row] = field(default_factory=list)
    erasures: list[sql.Row] = field(default_factory=list)
    desk: DeskRows | None = None

    def write(self, raw: sqlite3.Connection, shelf: Shelf) -> None:
        """Write them; raises `Misfit` or `sqlite3.Error`."""
        sql.SEEN_NEW.run(raw, self.seen)
        sql.KEY_NEW.run(raw, self.keys)
        if sql.CONVERSATION_GONE.many(raw, self.conversations_gone) != len(self.conversations_gone):
            raise Misfit(Verdict.CONFLICT)
        sql.CONVERSATION_NEW.run(raw, self.conversations_new)
        # `rowcount` is not counted for a statement that begins with WITH; the connection's own counter is.
        before = raw.total_changes
        sql.CONVERSATION_MOVED.run(raw, self.conversations_moved)
        if raw.total_changes - before != len(self.conversations_moved):
            raise Misfit(Verdict.CONFLICT)
        sql.CONVERSATION_TOUCHED.many(raw, self.conversations_touched)
        sql.ADDRESS_PUT.run(raw, self.addresses)
        sql.OUTBOX_CLEARED.all(raw, self.outbox_cleared)
        sql.OUTBOX_OF_KIND_CLEARED.all(raw, self.screens_cleared)
        sql.OUTBOX_NEW.run(raw, self.outbox)
        sql.MESSAGE_NEW.run(raw, self.messages)
        sql.MESSAGE_RESEALED.many(raw, self.messages_resealed)
        sql.COVER_PUT.many(raw, self.covers)
        sql.ERASURE_PUT.many(raw, self.erasures)
        if self.desk is not None:
            self.desk.write(raw, shelf)


@dataclass(frozen=True, slots=True)
class _Staged:
    """One change, ready: what is known once it is committed, and what to answer."""

    change: Change
    known: Known
    written: Written


def write(raw: sqlite3.Connection, shelf: Shelf, changes: Sequence[Change], hook: Hook) -> list[Written]:
    """Write a group. Raises `StorageDown` only when nothing of it was committed."""
    if len({change.seeker for change in changes}) == len(changes):
        try:
            return _commit(raw, shelf, changes, hook)
        except Exception as error:  # whatever one change brings about must not touch its group: the replay finds it
            meaning = down(error)
            if meaning is not None:
                raise meaning from None
    return _replay(raw, shelf, changes, hook)


def _verdict(error: Exception) -> Written:
    """What an error means for the change that brought it about; trouble of the storage itself is raised."""
    meaning = down(error)
    if meaning is not None:
        raise meaning from None
    if isinstance(error, Misfit):
        return Written(verdict=error.verdict)
    if isinstance(error, DeskConflict):
        return Written(verdict=Verdict.CONFLICT)
    return Written(verdict=Verdict.FAILED, error=type(error).__name__)


def _replay(raw: sqlite3.Connection, shelf: Shelf, changes: Sequence[Change], hook: Hook) -> list[Written]:
    """One by one. When storage goes down in the middle, what is committed stays told, and the rest is to be tried again."""
    written: list[Written] = []
    for change in changes:
        try:
            written.append(_one(raw, shelf, change, hook))
        except StorageDown:
            if not any(done.verdict is Verdict.COMMITTED for done in written):
                raise
            written += [Written(verdict=Verdict.CONFLICT, error=StorageDown.__name__)] * (len(changes) - len(written))
            break
    return written


def _one(raw: sqlite3.Connection, shelf: Shelf, change: Change, hook: Hook) -> Written:
    try:
        if change.update_id is not None and sql.SEEN.first(raw, sql.numbers([change.update_id])):
            return Written(verdict=Verdict.SEEN)
        return _commit(raw, shelf, [change], hook)[0]
    except Exception as error:  # becomes this change's verdict
        return _verdict(error)


def _commit(raw: sqlite3.Connection, shelf: Shelf, changes: Sequence[Change], hook: Hook) -> list[Written]:
    known = known_of(raw, shelf, [change.seeker for change in changes])
    rows = Rows()
    staged = [_stage(shelf, change, known[change.seeker], rows) for change in changes]
    for change in changes:
        if change.desk is not None:
            rows.desk = rows.desk or DeskRows()
            rows.desk.stage(raw, shelf, change.desk)
    with transaction(raw, hook):
        rows.write(raw, shelf)
    for one in staged:
        _settle(shelf, one)
    if rows.desk is not None:
        rows.desk.settle(shelf)
    return [one.written for one in staged]


class transaction:  # read as a word of the language: with transaction(...)
    """`BEGIN IMMEDIATE` ... `COMMIT`, or `ROLLBACK` on any error. The driver itself never begins or commits anything."""

    __slots__ = ("_hook", "_raw")

    def __init__(self, raw: sqlite3.Connection, hook: Hook) -> None:
        self._raw = raw
        self._hook = hook

    def __enter__(self) -> None:
        self._raw.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._hook("before_commit")
                self._raw.execute("COMMIT")
            except BaseException:
                self._undo()
                raise
            self._hook("after_commit")
        else:
            self._undo()

    def _undo(self) -> None:
        if self._raw.in_transaction:  # some errors (a full disk) have rolled back already
            self._raw.execute("ROLLBACK")


def _settle(shelf: Shelf, staged: _Staged) -> None:
    """The commit has happened: remember it."""
    change = staged.change
    shelf.memory.put(change.seeker, staged.known)
    if change.update_id is not None and change.update_id > shelf.newest_seen:
        shelf.newest_seen = change.update_id
    if staged.known.due_at is not None:
        shelf.next_due = min(shelf.next_due, staged.known.due_at)
    for message in staged.written.messages:
        shelf.next_look = min(shelf.next_look, look_at(message))
    if change.lifetime is not None:
        shelf.next_look = 0


def look_at(message: ChatMessage) -> int:
    """When a message needs a look: to be deleted, or because it can no longer be."""
    forgotten = message.sent_at + DELETABLE_SECONDS
    return forgotten if message.delete_at is None else min(message.delete_at, forgotten)


def _stage(shelf: Shelf, change: Change, before: Known, rows: Rows) -> _Staged:
    known = before.copy()
    if change.update_id is not None:
        rows.seen.append((change.update_id, slot(change.at)))
    if change.erase:
        _stage_erasure(shelf, change, known, rows)
    elif change.conversation is not None or change.outbox or change.messages or change.chat_id is not None:
        _stage_life(shelf, change, known, rows)
    if change.conversation is not None and not change.erase:
        _stage_conversation(change, known, rows)
    if change.drop_unsent_screens and not change.erase:
        rows.screens_cleared.append(change.seeker)
    if change.lifetime is not None:
        _stage_lifetime(change, known, change.lifetime, rows)
    added = stage_messages(shelf, change.seeker, known, change.messages, rows.messages)
    outbox = _stage_outbox(shelf, change, known, rows)
    if change.cover_until is not None:
        known.covered_until = change.cover_until
        mark = places.seal_cover(shelf.keyring.marks, change.seeker, change.cover_until)
        rows.covers.append((change.seeker, mark, slot(change.cover_until) + SLOT_SECONDS))
    return _Staged(change, known, Written(verdict=Verdict.COMMITTED, outbox=outbox, messages=added))


def _stage_erasure(shelf: Shelf, change: Change, known: Known, rows: Rows) -> None:
    """Answers and what was owed go now; the newest life is marked to be destroyed once its messages have left the chat."""
    if known.version != change.expected_version:
        raise Misfit(Verdict.CONFLICT)
    if known.version:
        rows.conversations_gone.append((change.seeker, change.expected_version))
    rows.outbox_cleared.append(change.seeker)
    if known.cipher is None:  # somebody unknown: what this change itself leaves (a goodbye to send) needs a key as well
        _stage_new_life(shelf, change, known, rows)
    rows.erasures.append((change.seeker, known.life))
    known.erased = known.life
    known.without_conversation()


def _stage_life(shelf: Shelf, change: Change, known: Known, rows: Rows) -> None:
    """A life whose key may be used for what is new, and its address."""
    if known.cipher is None or known.life <= known.erased:
        _stage_new_life(shelf, change, known, rows)
    elif change.chat_id is not None and known.chat_id is None:
        _stage_address(change.seeker, known, change.chat_id, rows)


def _stage_new_life(shelf: Shelf, change: Change, known: Known, rows: Rows) -> None:
    """A new key. While an older life is being erased, the new one gets the address again: the old copy will go."""
    secret, life = new_secret(), known.life + 1
    wrapped = shelf.keyring.wrap(secret, owner=places.key_owner(change.seeker, life))
    rows.keys.append((change.seeker, life, wrapped, shelf.keyring.epoch, day(change.at)))
    if known.messages:
        known.unusual = MappingProxyType({message.row: known.where(message.row) for message in known.messages})
    known.older = MappingProxyType(known.ciphers())
    known.life, known.cipher = life, Cipher(secret)
    chat_id = known.chat_id if change.chat_id is None else change.chat_id
    if chat_id is not None:
        _stage_address(change.seeker, known, chat_id, rows)


def _stage_address(seeker: SeekerId, known: Known, chat_id: int, rows: Rows) -> None:
    assert known.cipher is not None  # noqa: S101  # narrowing: the callers gave it a key
    rows.addresses.append((seeker, known.life, places.seal_address(known.cipher, seeker, known.life, chat_id)))
    known.chat_id = chat_id


def _stage_conversation(change: Change, known: Known, rows: Rows) -> None:
    if known.version != change.expected_version:
        raise Misfit(Verdict.CONFLICT)
    assert known.cipher is not None  # noqa: S101  # narrowing: `_stage_life` gave it a key
    assert change.conversation is not None  # noqa: S101  # narrowing: the caller looked
    version = change.expected_version + 1
    sealed = places.seal_conversation(known.cipher, change.seeker, version, change.due_at, change.conversation)
    due_slot = None if change.due_at is None else slot(change.due_at)
    place = known.life, change.program, due_slot, day(change.at)
    if change.expected_version == 0:
        rows.conversations_new.append((change.seeker, known.life, version, change.program, sealed, due_slot, place[3]))
    else:
        rows.conversations_moved.append((change.seeker, version, sealed))
        # The indexed columns are written only when they change: most turns fall in the same day, program and slot.
        if place != (known.row_life, known.program, known.due_slot, known.touched_day):
            rows.conversations_touched.append((*place, change.seeker))
    known.version, known.conversation, known.due_at = version, change.conversation, change.due_at
    known.row_life, known.program, known.due_slot, known.touched_day = place


def _stage_lifetime(change: Change, known: Known, lifetime: int, rows: Rows) -> None:
    """Every message held, media excepted, gets its new time, and is sealed again."""
    ciphers, unusual = known.ciphers(), dict(known.unusual)
    changed: list[ChatMessage] = []
    for message in known.messages:
        if message.role is not Role.MEDIA and message.delete_at != message.sent_at + lifetime:
            life, version = known.where(message.row)
            message = replace(message, delete_at=message.sent_at + lifetime)
            sealed = places.seal_message(ciphers[life], change.seeker, message.row, version + 1, message)
            rows.messages_resealed.append((version + 1, sealed, slot(look_at(message)), message.row))
            unusual[message.row] = (life, version + 1)
        changed.append(message)
    known.messages, known.unusual = tuple(changed), MappingProxyType(unusual)


def stage_messages(
    shelf: Shelf, seeker: SeekerId, known: Known, messages: Sequence[ChatMessage], rows: list[sql.Row], life: int | None = None
) -> tuple[ChatMessage, ...]:
    """Number and seal messages and add them to what is known; in the newest life unless another is named."""
    if not messages:
        return ()
    life = known.life if life is None else life
    cipher = known.cipher if life == known.life else known.older[life]
    assert cipher is not None  # noqa: S101  # narrowing: a life in use has a key
    added: list[ChatMessage] = []
    for message in messages:
        row = shelf.message_row()
        sealed = places.seal_message(cipher, seeker, row, 1, message)
        rows.append((row, seeker, life, 1, sealed, slot(look_at(message))))
        stored = ChatMessage(
            row=row, message_id=message.message_id, role=message.role, sent_at=message.sent_at, delete_at=message.delete_at
        )
        added.append(stored)
    known.messages += tuple(added)
    if life != known.life:
        known.unusual = MappingProxyType({**known.unusual, **{message.row: (life, 1) for message in added}})
    return tuple(added)


def _stage_outbox(shelf: Shelf, change: Change, known: Known, rows: Rows) -> tuple[OutboxItem, ...]:
    if not change.outbox:
        return ()
    assert known.cipher is not None  # noqa: S101  # narrowing: `_stage_life` gave it a key
    stored: list[OutboxItem] = []
    for item in change.outbox:
        row = shelf.outbox_row()
        sealed = places.seal_payload(known.cipher, change.seeker, row, item.payload)
        rows.outbox.append((row, change.seeker, known.life, item.kind, sealed, int(item.priority), item.not_before, item.attempts))
        stored.append(
            OutboxItem(
                row=row,
                seeker=change.seeker,
                kind=item.kind,
                payload=item.payload,
                priority=item.priority,
                not_before=item.not_before,
                attempts=item.attempts,
            )
        )
    return tuple(stored)
