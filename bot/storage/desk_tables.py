"""The desk's tables: cases, what is said in them, who answers, what is owed to them, and the trail.

What a thief of the file learns beyond `tables`: that there are cases and how they stand, which organization has them, to the day; how many
words, notes and messages each has; keyed names. Contents of a case are sealed with the case's own key, so that one row less makes all of it
noise; what must outlive a case (staff, complaints, messages standing in a responder's chat) is sealed with the keyring's staff key.

The database has a say of its own (`TRIGGERS`): words, notes and items of a case go in only while a living consent to be contacted stands in
`consent` for the organization that has the case; what was written to the trail is neither changed nor, before its time, removed. `consent`
is no second truth: storage derives it from the case at every write, with its end rounded up to the slot; the exact second is inside the
seal, and storage looks at that as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import DDL, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text, event

from bot.storage.tables import metadata, needed


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _case() -> Column[object]:
    return needed("case_id", Integer)


case_file = Table(
    "case_file",
    metadata,
    _id(),
    needed("version", Integer),
    Column("seeker", LargeBinary),
    needed("organization", Text),
    needed("status", Text),
    needed("reaches", Integer),
    needed("erased", Integer),
    needed("day", Integer),
    Column("due_slot", Integer),
    Column("closed_day", Integer),
    needed("sealed", LargeBinary),
)
"""A case. `reaches`: it is open or a follow-up is agreed, so the seeker's address is kept. `erased`: only the shell is left, or the seeker
asked for it. `day`: asked for; `closed_day`: closed or erased. `sealed`: all of it, tied to its seeker; empty in a shell."""
Index("case_file_seeker", case_file.c.seeker, sqlite_where=case_file.c.seeker.is_not(None))
Index("case_file_closed", case_file.c.closed_day, sqlite_where=case_file.c.closed_day.is_not(None))

case_key = Table(
    "case_key",
    metadata,
    Column("case_id", Integer, primary_key=True, autoincrement=False),
    needed("wrapped", LargeBinary),
    needed("epoch", Integer),
    needed("made_day", Integer),
    ForeignKeyConstraint(["case_id"], ["case_file.id"], ondelete="CASCADE"),
)
"""One key a case, sealed by the key-encryption key."""

consent = Table(
    "consent",
    metadata,
    Column("case_id", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    needed("purpose", Text),
    needed("organization", Text),
    needed("until_slot", Integer),
    needed("withdrawn", Integer),
    sqlite_with_rowid=False,
)
"""What the triggers go by. `until_slot`: the end of the last slot in which it holds."""

case_words = Table("case_words", metadata, _id(), _case(), needed("version", Integer), needed("state", Text), needed("sealed", LargeBinary))
"""Messages of live conversations, one row each."""
Index("case_words_case", case_words.c.case_id)
Index("case_words_state", case_words.c.state)

note = Table("note", metadata, _id(), _case(), needed("sealed", LargeBinary))
"""A responder's writing on a case."""
Index("note_case", note.c.case_id)

desk_outbox = Table(
    "desk_outbox",
    metadata,
    _id(),
    needed("responder", Integer),
    _case(),
    needed("priority", Integer),
    needed("attempts", Integer),
    needed("sealed", LargeBinary),
)
"""What is owed to responders, in order. `sealed`: kind, time and payload, with the case's key when there is a case."""
Index("desk_outbox_responder", desk_outbox.c.responder)
Index("desk_outbox_case", desk_outbox.c.case_id)

desk_message = Table(
    "desk_message", metadata, _id(), needed("responder", Integer), _case(), needed("day", Integer), needed("sealed", LargeBinary)
)
"""Messages standing in a responder's chat. They outlive their case's key: they still have to be deleted there."""
Index("desk_message_responder", desk_message.c.responder)
Index("desk_message_case", desk_message.c.case_id)

responder = Table(
    "responder",
    metadata,
    _id(),
    Column("account", LargeBinary),
    needed("organization", Text),
    needed("role", Text),
    needed("state", Text),
    needed("version", Integer),
    needed("sealed", LargeBinary),
)
"""People who answer; never removed, so that nobody gets another's number."""
Index("responder_account", responder.c.account, unique=True)

shift = Table("shift", metadata, _id(), needed("responder", Integer), needed("sealed", LargeBinary))
"""When somebody plans to be on duty."""

door = Table(
    "door",
    metadata,
    Column("organization", Text, primary_key=True, nullable=False),
    needed("closed", Integer),
    needed("sealed", LargeBinary),
)
"""Doors as supervisors left them."""

complaint = Table("complaint", metadata, _id(), Column("answered_day", Integer), needed("sealed", LargeBinary))
"""Complaints, sealed with the staff key: they outlive the case."""
Index("complaint_answered", complaint.c.answered_day, sqlite_where=complaint.c.answered_day.is_not(None))

waited = Table(
    "waited",
    metadata,
    Column("id", Integer, primary_key=True),
    needed("organization", Text),
    needed("day", Integer),
    needed("sealed", LargeBinary),
)
"""How long somebody waited, without the case."""
Index("waited_day", waited.c.day)

desk_seen = Table("desk_seen", metadata, Column("update_id", Integer, primary_key=True, autoincrement=False), needed("at_slot", Integer))
"""Updates of the responders' bot that were committed."""

desk_state = Table("desk_state", metadata, _id(), needed("at_slot", Integer), needed("reserved", Integer))
"""One row. `at_slot`: the time of the write under way, for the triggers; `reserved`: no number above it was ever given."""

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    needed("day", Integer),
    needed("sealed", LargeBinary),
    needed("mac", LargeBinary),
)
"""The trail. `mac` covers the one before it."""

audit_anchor = Table("audit_anchor", metadata, _id(), needed("seq", Integer), needed("sealed", LargeBinary))
"""One row once something aged out: up to which number, and with which mac it ended."""

_UNHEARD: Final = """NOT EXISTS (
  SELECT 1 FROM consent JOIN case_file ON case_file.id = consent.case_id AND case_file.organization = consent.organization
  WHERE consent.case_id = NEW.case_id AND consent.purpose = 'contact' AND consent.withdrawn = 0 AND case_file.erased = 0
  AND consent.until_slot > (SELECT at_slot FROM desk_state WHERE id = 1))"""


def _guarded(table: str, condition: str) -> str:
    return f"CREATE TRIGGER {table}_consent BEFORE INSERT ON {table} WHEN {condition}\nBEGIN SELECT RAISE(ABORT, 'ConsentMissing'); END"


def _never(name: str, what: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {what}\nBEGIN SELECT RAISE(ABORT, '{name}'); END"


TRIGGERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "case_words_consent": _guarded("case_words", _UNHEARD),
        "note_consent": _guarded("note", _UNHEARD),
        "desk_outbox_consent": _guarded("desk_outbox", f"NEW.case_id <> 0 AND {_UNHEARD}"),
        "case_words_moved": _never("case_words_moved", "UPDATE OF case_id ON case_words WHEN OLD.case_id <> NEW.case_id"),
        "note_moved": _never("note_moved", "UPDATE OF case_id ON note WHEN OLD.case_id <> NEW.case_id"),
        "desk_outbox_moved": _never("desk_outbox_moved", "UPDATE OF case_id ON desk_outbox WHEN OLD.case_id <> NEW.case_id"),
        "audit_changed": _never("audit_changed", "UPDATE ON audit"),
        "audit_removed": _never("audit_removed", "DELETE ON audit WHEN OLD.seq > coalesce((SELECT seq FROM audit_anchor WHERE id = 1), 0)"),
    }
)
"""The database's own rules, by name. What a refusal is called stands in it."""

for _sql in TRIGGERS.values():
    event.listen(metadata, "after_create", DDL(_sql))  # type: ignore[no-untyped-call]  # the library left it untyped
