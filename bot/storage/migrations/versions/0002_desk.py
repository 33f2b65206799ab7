"""The desk: cases with their keys and consents, words, notes, staff, what is owed to responders, complaints, the trail; and its triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _needed(name: str, kind: type[sa.Integer | sa.LargeBinary | sa.Text]) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def upgrade() -> None:
    _cases()
    _staff()
    _trail()
    for sql in TRIGGERS:
        op.execute(sql)


def _cases() -> None:
    op.create_table(
        "case_file",
        _id(),
        _needed("version", sa.Integer),
        sa.Column("seeker", sa.LargeBinary),
        _needed("organization", sa.Text),
        _needed("status", sa.Text),
        _needed("reaches", sa.Integer),
        _needed("erased", sa.Integer),
        _needed("day", sa.Integer),
        sa.Column("due_slot", sa.Integer),
        sa.Column("closed_day", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("case_file_seeker", "case_file", ["seeker"], sqlite_where=sa.text("seeker IS NOT NULL"))
    op.create_index("case_file_closed", "case_file", ["closed_day"], sqlite_where=sa.text("closed_day IS NOT NULL"))
    op.create_table(
        "case_key",
        _id("case_id"),
        _needed("wrapped", sa.LargeBinary),
        _needed("epoch", sa.Integer),
        _needed("made_day", sa.Integer),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "consent",
        _id("case_id"),
        _id("n"),
        _needed("purpose", sa.Text),
        _needed("organization", sa.Text),
        _needed("until_slot", sa.Integer),
        _needed("withdrawn", sa.Integer),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_words",
        _id(),
        _needed("case_id", sa.Integer),
        _needed("version", sa.Integer),
        _needed("state", sa.Text),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("case_words_case", "case_words", ["case_id"])
    op.create_index("case_words_state", "case_words", ["state"])
    op.create_table("note", _id(), _needed("case_id", sa.Integer), _needed("sealed", sa.LargeBinary))
    op.create_index("note_case", "note", ["case_id"])


def _staff() -> None:
    op.create_table(
        "desk_outbox",
        _id(),
        _needed("responder", sa.Integer),
        _needed("case_id", sa.Integer),
        _needed("priority", sa.Integer),
        _needed("attempts", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("desk_outbox_responder", "desk_outbox", ["responder"])
    op.create_index("desk_outbox_case", "desk_outbox", ["case_id"])
    op.create_table(
        "desk_message",
        _id(),
        _needed("responder", sa.Integer),
        _needed("case_id", sa.Integer),
        _needed("day", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("desk_message_responder", "desk_message", ["responder"])
    op.create_index("desk_message_case", "desk_message", ["case_id"])
    op.create_table(
        "responder",
        _id(),
        sa.Column("account", sa.LargeBinary),
        _needed("organization", sa.Text),
        _needed("role", sa.Text),
        _needed("state", sa.Text),
        _needed("version", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("responder_account", "responder", ["account"], unique=True)
    op.create_table("shift", _id(), _needed("responder", sa.Integer), _needed("sealed", sa.LargeBinary))
    op.create_table(
        "door",
        sa.Column("organization", sa.Text, primary_key=True, nullable=False),
        _needed("closed", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_table("complaint", _id(), sa.Column("answered_day", sa.Integer), _needed("sealed", sa.LargeBinary))
    op.create_index("complaint_answered", "complaint", ["answered_day"], sqlite_where=sa.text("answered_day IS NOT NULL"))
    op.create_table(
        "waited",
        sa.Column("id", sa.Integer, primary_key=True),
        _needed("organization", sa.Text),
        _needed("day", sa.Integer),
        _needed("sealed", sa.LargeBinary),
    )
    op.create_index("waited_day", "waited", ["day"])


def _trail() -> None:
    op.create_table("desk_seen", _id("update_id"), _needed("at_slot", sa.Integer))
    op.create_table("desk_state", _id(), _needed("at_slot", sa.Integer), _needed("reserved", sa.Integer))
    op.create_table("audit", _id("seq"), _needed("day", sa.Integer), _needed("sealed", sa.LargeBinary), _needed("mac", sa.LargeBinary))
    op.create_table("audit_anchor", _id(), _needed("seq", sa.Integer), _needed("sealed", sa.LargeBinary))


_UNHEARD = """NOT EXISTS (
  SELECT 1 FROM consent JOIN case_file ON case_file.id = consent.case_id AND case_file.organization = consent.organization
  WHERE consent.case_id = NEW.case_id AND consent.purpose = 'contact' AND consent.withdrawn = 0 AND case_file.erased = 0
  AND consent.until_slot > (SELECT at_slot FROM desk_state WHERE id = 1))"""


def _guarded(table: str, condition: str) -> str:
    return f"CREATE TRIGGER {table}_consent BEFORE INSERT ON {table} WHEN {condition}\nBEGIN SELECT RAISE(ABORT, 'ConsentMissing'); END"


def _never(name: str, what: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {what}\nBEGIN SELECT RAISE(ABORT, '{name}'); END"


TRIGGERS = (
    _guarded("case_words", _UNHEARD),
    _guarded("note", _UNHEARD),
    _guarded("desk_outbox", f"NEW.case_id <> 0 AND {_UNHEARD}"),
    _never("case_words_moved", "UPDATE OF case_id ON case_words WHEN OLD.case_id <> NEW.case_id"),
    _never("note_moved", "UPDATE OF case_id ON note WHEN OLD.case_id <> NEW.case_id"),
    _never("desk_outbox_moved", "UPDATE OF case_id ON desk_outbox WHEN OLD.case_id <> NEW.case_id"),
    _never("audit_changed", "UPDATE ON audit"),
    _never("audit_removed", "DELETE ON audit WHEN OLD.seq > coalesce((SELECT seq FROM audit_anchor WHERE id = 1), 0)"),
)


def downgrade() -> None:
    for name in (
        "audit_anchor",
        "audit",
        "desk_state",
        "desk_seen",
        "waited",
        "complaint",
        "door",
        "shift",
        "responder",
        "desk_message",
        "desk_outbox",
        "note",
        "case_words",
        "consent",
        "case_key",
        "case_file",
    ):
        op.drop_table(name)
