"""Every statement, written once in SQLAlchemy Core and rendered once to text with positional parameters.

SQLAlchemy's own execution costs over a millisecond a small transaction; a group therefore runs its statements on the driver's connection,
all in one visit to its thread. Core stays the author: column names, quoting and dialect are its business, and the order of parameters is
checked against what it rendered.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
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
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from bot.storage import tables as t

Value = int | str | bytes | None
Row = tuple[Value, ...]
Answer = tuple[Any, ...]
"""A row as the driver gives it; whoever reads it names the columns' types."""

_DIALECT: Final = dialect(paramstyle="qmark")
_SIZES: Final = (64, 16, 4, 1)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver takes it. `order`: its parameters' names, in order."""

    sql: str
    order: tuple[str, ...]

    def one(self, raw: sqlite3.Connection, *row: Value) -> int:
        """Run with one row; how many rows changed."""
        return raw.execute(self.sql, row).rowcount

    def many(self, raw: sqlite3.Connection, rows: Sequence[Row]) -> int:
        """Run with every row (nothing at all when there is none); how many rows changed."""
        return raw.executemany(self.sql, rows).rowcount if rows else 0

    def all(self, raw: sqlite3.Connection, *row: Value) -> list[Answer]:
        """Every row it answers."""
        return raw.execute(self.sql, row).fetchall()

    def first(self, raw: sqlite3.Connection, *row: Value) -> Answer | None:
        """The first row it answers, or None."""
        found = self.all(raw, *row)
        return found[0] if found else None


def _render(statement: ClauseElement, columns: Sequence[str] | None = None) -> Statement:
    compiled = statement.compile(dialect=_DIALECT, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  # narrows the type: these statements all compile to SQL
    return Statement(str(compiled), tuple(compiled.positiontup or ()))


class Batch:
    """A statement over many rows at once, rendered for a few sizes.

    The driver lets go of the interpreter at every step of a statement, and under load has to wait for it again: a statement a row makes a
    group wait hundreds of times, a statement a batch only a few (measured: 30 times shorter groups beside a busy event loop).
    """

    __slots__ = ("_by_size",)

    def __init__(self, build: Callable[[int], Statement]) -> None:
        self._by_size = tuple((size, build(size).sql) for size in _SIZES)

    def run(self, raw: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Run over all rows, in as few statements as the sizes allow."""
        start, left = 0, len(rows)
        for size, sql in self._by_size:
            while left >= size:
                raw.execute(sql, [value for row in rows[start : start + size] for value in row])
                start, left = start + size, left - size


class Lookup:
    """A statement with `IN (...)` over seekers, rendered for a few sizes; a short list is filled up with its last."""

    __slots__ = ("_by_size",)

    def __init__(self, build: Callable[[list[Any]], ClauseElement]) -> None:
        self._by_size = {size: _render(build([bindparam(f"s{i}", type_=LargeBinary) for i in range(size)])).sql for size in (64, 8, 1)}

    def all(self, raw: sqlite3.Connection, seekers: Sequence[bytes]) -> list[Answer]:
        """Every row it answers (none for a statement that changes)."""
        found: list[Answer] = []
        for start in range(0, len(seekers), 64):
            part = list(seekers[start : start + 64])
            size = 1 if len(part) == 1 else 8 if len(part) <= 8 else 64
            part += part[-1:] * (size - len(part))
            found += raw.execute(self._by_size[size], part).fetchall()
        return found


def numbers(ids: Sequence[int]) -> str:
    """A list of whole numbers as one parameter."""
    return json.dumps(ids)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _insert(table: Table, *, over: str = "") -> Batch:
    """Rows in the order of the table's columns; `over`: the column that is written over when the key is there already."""

    def build(size: int) -> Statement:
        names = _names(table)
        statement = insert_or(table).values([{name: bindparam(f"{name}_{i}") for name in names} for i in range(size)])
        if over:
            keys = [column.name for column in table.primary_key]
            statement = statement.on_conflict_do_update(index_elements=keys, set_={over: statement.excluded[over]})
        rendered = _render(statement)
        if rendered.order != tuple(f"{name}_{i}" for i in range(size) for name in names):
            raise ValueError(f"unexpected order of parameters: {rendered.order}")
        return rendered

    return Batch(build)


def _replace(table: Table) -> Statement:
    """One row in the order of the table's columns, in place of the one that has its key."""
    statement = insert_or(table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in _names(table) if name not in keys}
    return _render(statement.on_conflict_do_update(index_elements=keys, set_=others), _names(table))


def _keep(table: Table) -> Statement:
    """One row in the order of the table's columns, unless its key is there already."""
    return _render(insert_or(table).on_conflict_do_nothing(), _names(table))


def _move(size: int) -> Statement:
    """Rows of (seeker, new version, sealed): written where the version is exactly one less."""
    rows: list[tuple[Any, ...]] = [(bindparam(f"s{i}"), bindparam(f"v{i}"), bindparam(f"b{i}")) for i in range(size)]
    columns = column("seeker", LargeBinary), column("version", Integer), column("sealed", LargeBinary)
    new = values(*columns, name="moved").data(rows).cte("new")
    here = t.conversation.c
    one = literal_column("1", Integer)
    matched = update(t.conversation).where(here.seeker == new.c.seeker, here.version == new.c.version - one)
    rendered = _render(matched.values(version=new.c.version, sealed=new.c.sealed))
    if rendered.order != tuple(f"{name}{i}" for i in range(size) for name in "svb"):
        raise ValueError(f"unexpected order of parameters: {rendered.order}")
    return rendered


def _listed(name: str) -> Any:
    return select(column("value")).select_from(func.json_each(bindparam(name)))


# What a group writes.
SEEN_NEW: Final = _insert(t.update_seen)
KEY_NEW: Final = _insert(t.conversation_key)
CONVERSATION_NEW: Final = _insert(t.conversation)
CONVERSATION_MOVED: Final = Batch(_move)
_of = t.conversation.c.seeker == bindparam("of")
CONVERSATION_TOUCHED: Final = _render(
    update(t.conversation)
    .where(_of)
    .values(life=bindparam("a"), program=bindparam("b"), due_slot=bindparam("c"), touched_day=bindparam("d"))
)
CONVERSATION_GONE: Final = _render(delete(t.conversation).where(_of, t.conversation.c.version == bindparam("expected")))
ADDRESS_PUT: Final = _insert(t.address, over="sealed")
OUTBOX_NEW: Final = _insert(t.outbox)
OUTBOX_CLEARED: Final = Lookup(lambda seekers: delete(t.outbox).where(t.outbox.c.seeker.in_(seekers)))
OUTBOX_OF_KIND_CLEARED: Final = Lookup(
    lambda seekers: delete(t.outbox).where(t.outbox.c.kind == literal_column("'ShowScreen'"), t.outbox.c.seeker.in_(seekers))
)
MESSAGE_NEW: Final = _insert(t.message)
MESSAGE_RESEALED: Final = _render(
    update(t.message)
    .where(t.message.c.id == bindparam("of"))
    .values(version=bindparam("a"), sealed=bindparam("b"), look_slot=bindparam("c"))
)
COVER_PUT: Final = _replace(t.cover)
ERASURE_PUT: Final = _replace(t.erasure)

# What is recorded of deliveries.
OUTBOX_GONE: Final = _render(delete(t.outbox).where(t.outbox.c.id.in_(_listed("ids"))))
OUTBOX_LIVES: Final = _render(select(t.outbox.c.id, t.outbox.c.life).where(t.outbox.c.id.in_(_listed("ids"))))
OUTBOX_RETRY: Final = _render(
    update(t.outbox)
    .where(t.outbox.c.id == bindparam("of"))
    .values(attempts=t.outbox.c.attempts + literal_column("1", Integer), not_before=bindparam("a"))
)
MESSAGE_GONE: Final = _render(delete(t.message).where(t.message.c.id.in_(_listed("ids"))))
REMAINS_KEPT: Final = _keep(t.remains)


# What is read.
def _at_most(query: Select[Any], most: ColumnElement[int] | None = None) -> Select[Any]:
    """The first rows of a query: as many as the parameter `most` says."""
    return query.limit(bindparam("most") if most is None else most).offset(literal_column("0"))


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
SEEN: Final = _render(select(t.update_seen.c.update_id).where(t.update_seen.c.update_id.in_(_listed("ids"))))
NEWEST_SEEN: Final = _render(select(func.max(t.update_seen.c.update_id)))
NEWEST_MESSAGE: Final = _render(select(func.max(t.message.c.id)))
NEWEST_OUTBOX: Final = _render(select(func.max(t.outbox.c.id)))
OWED: Final = _render(select(t.outbox).order_by(t.outbox.c.id))
ANY_KEY: Final = _render(_at_most(select(t.conversation_key), literal_column("1")))
LATE: Final = _render(
    _at_most(select(t.conversation.c.seeker).where(t.conversation.c.due_slot < bindparam("slot")).order_by(t.conversation.c.due_slot))
)
IN_SLOT: Final = _render(select(t.conversation.c.seeker).where(t.conversation.c.due_slot == bindparam("slot")))
LOOKED_AT: Final = _render(
    select(t.message.c.seeker)
    .where(t.message.c.look_slot < bindparam("slot"))
    .group_by(t.message.c.seeker)
    .order_by(func.min(t.message.c.look_slot))
)
LOOKED_AT_IN_SLOT: Final = _render(select(t.message.c.seeker).where(t.message.c.look_slot == bindparam("slot")).distinct())
BEGUN: Final = _render(select(t.erasure))

# What finishing an erasure removes: everything of the lives it covers.
EVERY_LIFE: Final = 1 << 62
_ended = (t.conversation, t.outbox, t.message, t.address, t.conversation_key)
LIFE_GONE: Final = tuple(
    _render(delete(table).where(table.c.seeker == bindparam("of"), table.c.life <= bindparam("life"))) for table in _ended
)
REMAINS_GONE: Final = _render(delete(t.remains).where(t.remains.c.seeker == bindparam("of")))
ERASURE_GONE: Final = _render(delete(t.erasure).where(t.erasure.c.seeker == bindparam("of")))

# Quarantine, programs, files.
QUARANTINED: Final = _render(select(t.quarantine.c.attempts).where(t.quarantine.c.update_id == bindparam("of")))
QUARANTINE_PUT: Final = _replace(t.quarantine)
SEEN_KEPT: Final = _keep(t.update_seen)
PROGRAM_PUT: Final = _replace(t.program)
PROGRAM: Final = _render(select(t.program.c.bundle).where(t.program.c.id == bindparam("of")))
MEDIA_FILE: Final = _render(select(t.media_file.c.handle).where(t.media_file.c.name == bindparam("of")))
MEDIA_FILE_PUT: Final = _replace(t.media_file)

# What retention removes, a page at a time: nobody waits long behind it.
_before: Final = bindparam("before", type_=Integer)


def _old(table: Table, name: str) -> Statement:
    key = next(iter(table.primary_key))
    page = _at_most(select(key).where(table.c[name] <= _before))
    return _render(delete(table).where(key.in_(page)).returning(key))


SEEN_OLD: Final = _old(t.update_seen, "at_slot")
QUARANTINE_OLD: Final = _old(t.quarantine, "at_slot")
COVER_OLD: Final = _old(t.cover, "gone_slot")
REMAINS_OLD: Final = _old(t.remains, "since_day")
MESSAGE_SLOTS: Final = _render(select(t.message.c.seeker).where(t.message.c.look_slot <= _before).distinct())
_idle = select(t.conversation.c.seeker).where(t.conversation.c.touched_day <= _before)
_with_something = [
    select(table.c.seeker).where(table.c.seeker == t.conversation_key.c.seeker)
    for table in (t.conversation, t.message, t.outbox, t.erasure)
]
_empty = select(t.conversation_key.c.seeker).where(
    t.conversation_key.c.made_day <= bindparam("made"), *(~query.exists() for query in _with_something)
)
ABANDONED: Final = _render(union(_idle, _empty).limit(bindparam("most")).offset(literal_column("0")))
_last = select(t.program.c.id).order_by(t.program.c.at.desc(), t.program.c.id).limit(literal_column("1")).offset(literal_column("0"))
PROGRAM_UNUSED: Final = _render(
    delete(t.program).where(t.program.c.id.not_in(select(t.conversation.c.program)), t.program.c.id.not_in(_last))
)
