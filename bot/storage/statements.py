"""Every statement of the seekers' tables, written once. How they are rendered, and why not run by SQLAlchemy: `rendering`."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Integer,
    LargeBinary,
    Table,
    bindparam,
    column,
    delete,
    func,
    literal_column,
    select,
    union,
    update,
    values,
)

from bot.storage import tables as t
from bot.storage.desk_tables import case_file
from bot.storage.rendering import (
    Answer,
    Batch,
    Lookup,
    Row,
    Statement,
    Value,
    at_most,
    inserting,
    keeping,
    listed,
    numbers,
    render,
    replacing,
)

__all__ = ["Answer", "Batch", "Lookup", "Row", "Statement", "Value", "numbers"]


def _move(size: int) -> Statement:
    """Rows of (seeker, new version, sealed): written where the version is exactly one less."""
    rows: list[tuple[Any, ...]] = [(bindparam(f"s{i}"), bindparam(f"v{i}"), bindparam(f"b{i}")) for i in range(size)]
    columns = column("seeker", LargeBinary), column("version", Integer), column("sealed", LargeBinary)
    new = values(*columns, name="moved").data(rows).cte("new")
    here = t.conversation.c
    one = literal_column("1", Integer)
    matched = update(t.conversation).where(here.seeker == new.c.seeker, here.version == new.c.version - one)
    rendered = render(matched.values(version=new.c.version, sealed=new.c.sealed))
    if rendered.order != tuple(f"{name}{i}" for i in range(size) for name in "svb"):
        raise ValueError(f"unexpected order of parameters: {rendered.order}")
    return rendered


# What a group writes.
SEEN_NEW: Final = inserting(t.update_seen)
KEY_NEW: Final = inserting(t.conversation_key)
CONVERSATION_NEW: Final = inserting(t.conversation)
CONVERSATION_MOVED: Final = Batch(_move)
_of = t.conversation.c.seeker == bindparam("of")
CONVERSATION_TOUCHED: Final = render(
    update(t.conversation)
    .where(_of)
    .values(life=bindparam("a"), program=bindparam("b"), due_slot=bindparam("c"), touched_day=bindparam("d"))
)
CONVERSATION_GONE: Final = render(delete(t.conversation).where(_of, t.conversation.c.version == bindparam("expected")))
ADDRESS_PUT: Final = inserting(t.address, over="sealed")
OUTBOX_NEW: Final = inserting(t.outbox)
OUTBOX_CLEARED: Final = Lookup(lambda seekers: delete(t.outbox).where(t.outbox.c.seeker.in_(seekers)))
OUTBOX_OF_KIND_CLEARED: Final = Lookup(
    lambda seekers: delete(t.outbox).where(t.outbox.c.kind == literal_column("'ShowScreen'"), t.outbox.c.seeker.in_(seekers))
)
MESSAGE_NEW: Final = inserting(t.message)
MESSAGE_RESEALED: Final = render(
    update(t.message)
    .where(t.message.c.id == bindparam("of"))
    .values(version=bindparam("a"), sealed=bindparam("b"), look_slot=bindparam("c"))
)
COVER_PUT: Final = replacing(t.cover)
ERASURE_PUT: Final = replacing(t.erasure)

# What is recorded of deliveries.
OUTBOX_GONE: Final = render(delete(t.outbox).where(t.outbox.c.id.in_(listed("ids"))))
OUTBOX_LIVES: Final = render(select(t.outbox.c.id, t.outbox.c.life).where(t.outbox.c.id.in_(listed("ids"))))
OUTBOX_RETRY: Final = render(
    update(t.outbox)
    .where(t.outbox.c.id == bindparam("of"))
    .values(attempts=t.outbox.c.attempts + literal_column("1", Integer), not_before=bindparam("a"))
)
MESSAGE_GONE: Final = render(delete(t.message).where(t.message.c.id.in_(listed("ids"))))
REMAINS_KEPT: Final = keeping(t.remains)


# What is read.
def _of_seekers(table: Table) -> Lookup:
    order = list(table.primary_key)
    return Lookup(lambda seekers: select(table).where(table.c.seeker.in_(seekers)).order_by(*order))


KEYS: Final = _of_seekers(t.conversation_key)
CONVERSATIONS: Final = _of_seekers(t.conversation)
ADDRESSES: Final = _of_seekers(t.address)
MESSAGES: Final = _of_seekers(t.message)
COVERS: Final = _of_seekers(t.cover)
ERASURES: Final = _of_seekers(t.erasure)
REMAINS: Final = _of_seekers(t.remains)
SEEN: Final = render(select(t.update_seen.c.update_id).where(t.update_seen.c.update_id.in_(listed("ids"))))
NEWEST_SEEN: Final = render(select(func.max(t.update_seen.c.update_id)))
NEWEST_MESSAGE: Final = render(select(func.max(t.message.c.id)))
NEWEST_OUTBOX: Final = render(select(func.max(t.outbox.c.id)))
OWED: Final = render(select(t.outbox).order_by(t.outbox.c.id))
ANY_KEY: Final = render(at_most(select(t.conversation_key), literal_column("1")))
LATE: Final = render(
    at_most(select(t.conversation.c.seeker).where(t.conversation.c.due_slot < bindparam("slot")).order_by(t.conversation.c.due_slot))
)
IN_SLOT: Final = render(select(t.conversation.c.seeker).where(t.conversation.c.due_slot == bindparam("slot")))
LOOKED_AT: Final = render(
    select(t.message.c.seeker)
    .where(t.message.c.look_slot < bindparam("slot"))
    .group_by(t.message.c.seeker)
    .order_by(func.min(t.message.c.look_slot))
)
LOOKED_AT_IN_SLOT: Final = render(select(t.message.c.seeker).where(t.message.c.look_slot == bindparam("slot")).distinct())
BEGUN: Final = render(select(t.erasure))

# What finishing an erasure removes: everything of the lives it covers.
EVERY_LIFE: Final = 1 << 62
_ended = (t.conversation, t.outbox, t.message, t.address, t.conversation_key)
LIFE_GONE: Final = tuple(
    render(delete(table).where(table.c.seeker == bindparam("of"), table.c.life <= bindparam("life"))) for table in _ended
)
REMAINS_GONE: Final = render(delete(t.remains).where(t.remains.c.seeker == bindparam("of")))
ERASURE_GONE: Final = render(delete(t.erasure).where(t.erasure.c.seeker == bindparam("of")))

# Quarantine, programs, files.
QUARANTINED: Final = render(select(t.quarantine.c.attempts).where(t.quarantine.c.update_id == bindparam("of")))
QUARANTINE_PUT: Final = replacing(t.quarantine)
SEEN_KEPT: Final = keeping(t.update_seen)
PROGRAM_PUT: Final = replacing(t.program)
PROGRAM: Final = render(select(t.program.c.bundle).where(t.program.c.id == bindparam("of")))
MEDIA_FILE: Final = render(select(t.media_file.c.handle).where(t.media_file.c.name == bindparam("of")))
MEDIA_FILE_PUT: Final = replacing(t.media_file)

# What retention removes, a page at a time: nobody waits long behind it.
_before: Final = bindparam("before", type_=Integer)


def _old(table: Table, name: str) -> Statement:
    key = next(iter(table.primary_key))
    page = at_most(select(key).where(table.c[name] <= _before))
    return render(delete(table).where(key.in_(page)).returning(key))


SEEN_OLD: Final = _old(t.update_seen, "at_slot")
QUARANTINE_OLD: Final = _old(t.quarantine, "at_slot")
COVER_OLD: Final = _old(t.cover, "gone_slot")
REMAINS_OLD: Final = _old(t.remains, "since_day")
MESSAGE_SLOTS: Final = render(select(t.message.c.seeker).where(t.message.c.look_slot <= _before).distinct())
_awaited = case_file.c.reaches == literal_column("1")
_idle = select(t.conversation.c.seeker).where(
    t.conversation.c.touched_day <= _before, ~select(case_file.c.id).where(case_file.c.seeker == t.conversation.c.seeker, _awaited).exists()
)
_with_something = [
    *(
        select(table.c.seeker).where(table.c.seeker == t.conversation_key.c.seeker)
        for table in (t.conversation, t.message, t.outbox, t.erasure)
    ),
    select(case_file.c.id).where(case_file.c.seeker == t.conversation_key.c.seeker, _awaited),
]
_empty = select(t.conversation_key.c.seeker).where(
    t.conversation_key.c.made_day <= bindparam("made"), *(~query.exists() for query in _with_something)
)
ABANDONED: Final = render(union(_idle, _empty).limit(bindparam("most")).offset(literal_column("0")))
_last = select(t.program.c.id).order_by(t.program.c.at.desc(), t.program.c.id).limit(literal_column("1")).offset(literal_column("0"))
PROGRAM_UNUSED: Final = render(
    delete(t.program).where(t.program.c.id.not_in(select(t.conversation.c.program)), t.program.c.id.not_in(_last))
)
