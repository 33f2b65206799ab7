"""First tables: conversations with their keys, addresses, messages and outbox, what was seen, covers, erasures, programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation_key",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("life", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("made_day", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conversation",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("life", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("due_slot", sa.Integer),
        sa.Column("touched_day", sa.Integer, nullable=False),
    )
    op.create_index("conversation_due", "conversation", ["due_slot"], sqlite_where=sa.text("due_slot IS NOT NULL"))
    op.create_index("conversation_touched", "conversation", ["touched_day"])
    op.create_index("conversation_program", "conversation", ["program"])
    op.create_table(
        "address",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("life", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["seeker", "life"], ["conversation_key.seeker", "conversation_key.life"], ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seeker", sa.LargeBinary, nullable=False),
        sa.Column("life", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("look_slot", sa.Integer, nullable=False),
    )
    op.create_index("message_seeker", "message", ["seeker"])
    op.create_index("message_look", "message", ["look_slot"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seeker", sa.LargeBinary, nullable=False),
        sa.Column("life", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("outbox_seeker", "outbox", ["seeker"])
    op.create_table(
        "update_seen",
        sa.Column("update_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_slot", sa.Integer, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("update_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("at_slot", sa.Integer, nullable=False),
    )
    op.create_table(
        "cover",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("gone_slot", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erasure",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("life", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "remains",
        sa.Column("seeker", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("since_day", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "program",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
    )
    op.create_table(
        "media_file",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("handle", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for name in (
        "media_file",
        "program",
        "remains",
        "erasure",
        "cover",
        "quarantine",
        "update_seen",
        "outbox",
        "message",
        "address",
        "conversation",
        "conversation_key",
    ):
        op.drop_table(name)
