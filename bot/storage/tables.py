"""The tables. What a thief of this file learns: keyed names, ciphertext, counts, days, and for open conversations times to ten minutes.

Every table that concerns a person carries the seeker's key. A seeker's `life` counts conversations between erasures: everything sealed
belongs to one life and is sealed by that life's key, so finishing an old erasure can never touch what began after it. Exact times are
inside the seals; the columns named `*_slot` are cut to `SLOT_SECONDS` and only find candidates.

`HEAD` is the migration these tables correspond to; `tests/bot/storage/test_migrations.py` proves it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, MetaData, Table, Text

HEAD: Final = "0002"
SLOT_SECONDS: Final = 600

metadata = MetaData()


def needed(name: str, kind: type[Integer | LargeBinary | Text]) -> Column[object]:
    return Column(name, kind, nullable=False)


def _seeker(*, primary: bool = False) -> Column[bytes]:
    return Column("seeker", LargeBinary, primary_key=primary, nullable=False)


def _life(*, primary: bool = False) -> Column[int]:
    return Column("life", Integer, primary_key=primary, nullable=False, autoincrement=False)


conversation_key = Table(
    "conversation_key",
    metadata,
    _seeker(primary=True),
    _life(primary=True),
    needed("wrapped", LargeBinary),
    needed("epoch", Integer),
    needed("made_day", Integer),
    sqlite_with_rowid=False,
)
"""One key a life, sealed by the key-encryption key. Without it the life's rows are noise."""

conversation = Table(
    "conversation",
    metadata,
    _seeker(primary=True),
    _life(),
    needed("version", Integer),
    needed("program", Text),
    needed("sealed", LargeBinary),
    Column("due_slot", Integer),
    needed("touched_day", Integer),
)
"""Where a person is. `sealed`: exact due time and the engine's envelope."""
Index("conversation_due", conversation.c.due_slot, sqlite_where=conversation.c.due_slot.is_not(None))
Index("conversation_touched", conversation.c.touched_day)
Index("conversation_program", conversation.c.program)

address = Table(
    "address",
    metadata,
    _seeker(primary=True),
    _life(primary=True),
    needed("sealed", LargeBinary),
    ForeignKeyConstraint(["seeker", "life"], ["conversation_key.seeker", "conversation_key.life"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)
"""The chat a person is reached in: needed to send, kept apart from what they answered."""

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _seeker(),
    _life(),
    needed("version", Integer),
    needed("sealed", LargeBinary),
    needed("look_slot", Integer),
)
"""Messages standing in the chat. `sealed`: platform id, role, times. `look_slot`: when to look at it next, to delete or to forget it."""
Index("message_seeker", message.c.seeker)
Index("message_look", message.c.look_slot)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _seeker(),
    _life(),
    needed("kind", Text),
    needed("sealed", LargeBinary),
    needed("priority", Integer),
    needed("not_before", Integer),
    needed("attempts", Integer),
)
"""What is owed to a person, in order. `kind` is an effect's name."""
Index("outbox_seeker", outbox.c.seeker)

update_seen = Table(
    "update_seen",
    metadata,
    Column("update_id", Integer, primary_key=True, autoincrement=False),
    needed("at_slot", Integer),
)
"""Updates that were committed. It names no person."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("update_id", Integer, primary_key=True, autoincrement=False),
    needed("error", Text),
    needed("attempts", Integer),
    needed("at_slot", Integer),
)
"""Updates that fail, by id and error class."""

cover = Table(
    "cover",
    metadata,
    _seeker(primary=True),
    needed("sealed", LargeBinary),
    needed("gone_slot", Integer),
    sqlite_with_rowid=False,
)
"""The keyed mark that outlives an erasure. `sealed`: until when exactly, under the keyring's own key."""

erasure = Table("erasure", metadata, _seeker(primary=True), _life(), sqlite_with_rowid=False)
"""Erasures begun and not finished: every life up to `life` goes."""

remains = Table("remains", metadata, _seeker(primary=True), needed("since_day", Integer), sqlite_with_rowid=False)
"""Something older than can be deleted still stands in the chat."""

program = Table(
    "program",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    needed("bundle", LargeBinary),
    needed("at", Integer),
)
"""Bundles that conversations are pinned to."""

media_file = Table("media_file", metadata, Column("name", Text, primary_key=True, nullable=False), needed("handle", Text))
"""Recordings and pictures of ours that the platform holds already."""


def slot(at: int) -> int:
    """The start of the slot `at` (unix seconds) falls in."""
    return at - at % SLOT_SECONDS


def day(at: int) -> int:
    """Days since 1970 (UTC)."""
    return at // 86_400
