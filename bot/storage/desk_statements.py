"""Every statement of the desk's tables, written once (see `rendering`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Integer, Table, bindparam, delete, func, insert, literal_column, select, update
from sqlalchemy.sql.elements import BindParameter

from bot.storage import desk_tables as t
from bot.storage.rendering import Statement, at_most, inserting, listed, names_of, numbers, render, replacing

_ONE: Final = literal_column("1", Integer)
_of: Final[BindParameter[int]] = bindparam("of", type_=Integer)
_before: Final[BindParameter[int]] = bindparam("before", type_=Integer)


def _new(table: Table) -> Statement:
    """One row in the order of the table's columns."""
    return render(insert(table), names_of(table))


def _gone(table: Table, column: str) -> Statement:
    """Rows with one of these numbers (a JSON list) in a column."""
    return render(delete(table).where(table.c[column].in_(listed("ids"))))


# What a write does.
SEEN_NEW: Final = _new(t.desk_seen)
STATE_PUT: Final = replacing(t.desk_state)
CASE_NEW: Final = _new(t.case_file)
_here = t.case_file.c
_columns = ("version", "seeker", "organization", "status", "reaches", "erased", "day", "due_slot", "closed_day", "sealed")
CASE_MOVED: Final = render(
    update(t.case_file)
    .where(_here.id == _of, _here.version == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in _columns})
)
CASE_EMPTIED: Final = render(update(t.case_file).where(_here.id == _of).values({name: bindparam(f"new_{name}") for name in _columns}))
"""The shell of an erased case, whatever version stands there; nothing when the case has aged out meanwhile."""
KEY_NEW: Final = _new(t.case_key)
CONSENT_GONE: Final = _gone(t.consent, "case_id")
CONSENT_NEW: Final = inserting(t.consent)
WORDS_NEW: Final = _new(t.case_words)
WORDS_MOVED: Final = render(
    update(t.case_words)
    .where(t.case_words.c.id == _of, t.case_words.c.case_id == bindparam("in_case"))
    .values(version=bindparam("a"), state=bindparam("b"), sealed=bindparam("c"))
)
WORDS_GONE: Final = _gone(t.case_words, "case_id")
NOTE_PUT: Final = replacing(t.note)
NOTES_GONE: Final = _gone(t.note, "case_id")
RESPONDER_NEW: Final = _new(t.responder)
RESPONDER_MOVED: Final = render(
    update(t.responder)
    .where(t.responder.c.id == _of, t.responder.c.version == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in ("account", "organization", "role", "state", "version", "sealed")})
)
NEWEST_RESPONDER: Final = render(select(func.max(t.responder.c.id)))
DOOR_PUT: Final = replacing(t.door)
SHIFT_PUT: Final = replacing(t.shift)
SHIFT_GONE: Final = _gone(t.shift, "id")
NEWEST_SHIFT: Final = render(select(func.max(t.shift.c.id)))
COMPLAINT_PUT: Final = replacing(t.complaint)
WAITED_NEW: Final = render(insert(t.waited), ("organization", "day", "sealed"))
ITEM_PUT: Final = replacing(t.desk_outbox)
ITEM_MOVED: Final = render(
    update(t.desk_outbox)
    .where(t.desk_outbox.c.id == _of, t.desk_outbox.c.responder == bindparam("whose"), t.desk_outbox.c.case_id == bindparam("in_case"))
    .values(priority=bindparam("a"), attempts=bindparam("b"), sealed=bindparam("c"))
)
ITEM_GONE: Final = _gone(t.desk_outbox, "id")
ITEMS_OF_CASE_GONE: Final = _gone(t.desk_outbox, "case_id")
_whose = t.desk_outbox.c.responder == bindparam("whose")
ITEMS_OF_RESPONDER_GONE: Final = render(delete(t.desk_outbox).where(_whose))
ITEMS_OF_BOTH_GONE: Final = render(delete(t.desk_outbox).where(_whose, t.desk_outbox.c.case_id == bindparam("in_case")))
MESSAGE_PUT: Final = replacing(t.desk_message)
MESSAGE_GONE: Final = _gone(t.desk_message, "id")
KEY_GONE: Final = _gone(t.case_key, "case_id")
CASE_GONE: Final = _gone(t.case_file, "id")

SHREDDED: Final = (KEY_GONE, WORDS_GONE, NOTES_GONE, CONSENT_GONE, ITEMS_OF_CASE_GONE)
"""What goes when a case's key is destroyed, its shell and its messages in chats excepted."""


def forget_cases(raw: sqlite3.Connection, cases: Sequence[int]) -> None:
    """Destroy the keys of these cases with all that hangs on them, the shells too. What stands in responders' chats is still to be deleted
    there, and stays."""
    for statement in (*SHREDDED, CASE_GONE) if cases else ():
        statement.one(raw, numbers(cases))


# What is read.
STATE: Final = render(select(t.desk_state.c.at_slot, t.desk_state.c.reserved).where(t.desk_state.c.id == _ONE))
SEEN: Final = render(select(t.desk_seen.c.update_id).where(t.desk_seen.c.update_id.in_(listed("ids"))))
NEWEST_SEEN: Final = render(select(func.max(t.desk_seen.c.update_id)))
_file = (_here.id, _here.seeker, _here.version, _here.sealed)
_key = (t.case_key.c.wrapped, t.case_key.c.epoch)
_keyed = t.case_file.join(t.case_key, t.case_key.c.case_id == _here.id)
CASES: Final = render(select(*_file, *_key).select_from(_keyed).where(_here.erased == literal_column("0", Integer)).order_by(_here.id))
CASE: Final = render(select(*_file, *_key).select_from(_keyed).where(_here.id == _of))
CONSENTS: Final = render(select(t.consent).where(t.consent.c.case_id == _of).order_by(t.consent.c.n))
_words = select(t.case_words).order_by(t.case_words.c.id)
WORDS: Final = render(_words.where(t.case_words.c.case_id == _of))
_on_the_way: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in ("held", "window", "envelope", "queued")]
WORDS_ON_THE_WAY: Final = render(_words.where(t.case_words.c.state.in_(_on_the_way)))
NOTES: Final = render(select(t.note).where(t.note.c.case_id == _of).order_by(t.note.c.id))
RESPONDERS: Final = render(select(t.responder).order_by(t.responder.c.id))
SHIFTS: Final = render(select(t.shift).order_by(t.shift.c.id))
DOORS: Final = render(select(t.door).order_by(t.door.c.organization))
COMPLAINTS: Final = render(select(t.complaint).order_by(t.complaint.c.id))
WAITED: Final = render(select(t.waited).where(t.waited.c.day >= _before).order_by(t.waited.c.day))
OWED: Final = render(select(t.desk_outbox).order_by(t.desk_outbox.c.id))
_standing = select(t.desk_message).where(t.desk_message.c.responder == _of).order_by(t.desk_message.c.id)
MESSAGES: Final = render(_standing)
MESSAGES_OF_CASE: Final = render(_standing.where(t.desk_message.c.case_id == bindparam("in_case")))

# The trail.
LAST_ENTRY: Final = render(at_most(select(t.audit.c.seq, t.audit.c.mac).order_by(t.audit.c.seq.desc()), literal_column("1", Integer)))
ENTRY_NEW: Final = inserting(t.audit)
ENTRIES: Final = render(select(t.audit).order_by(t.audit.c.seq))
NEWEST_ENTRIES: Final = render(at_most(select(t.audit).order_by(t.audit.c.seq.desc())))
ENTRIES_AGED: Final = render(select(t.audit).where(t.audit.c.day <= _before).order_by(t.audit.c.seq))
ENTRIES_OLD: Final = render(delete(t.audit).where(t.audit.c.seq <= bindparam("upto")))
ANCHOR: Final = render(select(t.audit_anchor.c.seq, t.audit_anchor.c.sealed).where(t.audit_anchor.c.id == _ONE))
ANCHOR_PUT: Final = replacing(t.audit_anchor)

# Retention and erasure.
MARKED_OF: Final = render(select(_here.id).where(_here.seeker == bindparam("whose"), _here.erased == _ONE))
LONG_CLOSED: Final = render(
    select(_here.id, _here.seeker, _here.version, _here.erased, _here.sealed, *_key)
    .select_from(t.case_file.outerjoin(t.case_key, t.case_key.c.case_id == _here.id))
    .where(_here.closed_day <= _before)
)
COMPLAINTS_ANSWERED: Final = render(select(t.complaint).where(t.complaint.c.answered_day <= _before))
COMPLAINT_GONE: Final = _gone(t.complaint, "id")


def _aged(table: Table, name: str) -> Statement:
    key = next(iter(table.primary_key))
    return render(delete(table).where(key.in_(at_most(select(key).where(table.c[name] <= _before)))).returning(key))


SEEN_OLD: Final = _aged(t.desk_seen, "at_slot")
WAITED_OLD: Final = _aged(t.waited, "day")
_alive = select(_here.id).where(_here.id == t.desk_message.c.case_id, _here.erased == literal_column("0", Integer))
MESSAGES_OF_NOBODY: Final = render(
    delete(t.desk_message)
    .where(
        t.desk_message.c.id.in_(
            at_most(
                select(t.desk_message.c.id).where(
                    t.desk_message.c.case_id != literal_column("0", Integer), t.desk_message.c.day <= _before, ~_alive.exists()
                )
            )
        )
    )
    .returning(t.desk_message.c.id)
)
