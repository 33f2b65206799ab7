"""Statements written in SQLAlchemy Core and rendered once to text with positional parameters.

SQLAlchemy's own execution costs over a millisecond a small transaction; a group therefore runs its statements on the driver's connection,
all in one visit to its thread. Core stays the author: column names, quoting and dialect are its business, and the order of parameters is
checked against what it rendered. The statements themselves stand in `statements` and `desk_statements`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

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


def render(statement: ClauseElement, columns: Sequence[str] | None = None) -> Statement:
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
        self._by_size = {size: render(build([bindparam(f"s{i}", type_=LargeBinary) for i in range(size)])).sql for size in (64, 8, 1)}

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


def names_of(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def inserting(table: Table, *, over: str = "") -> Batch:
    """Rows in the order of the table's columns; `over`: the column that is written over when the key is there already."""

    def build(size: int) -> Statement:
        names = names_of(table)
        statement = insert_or(table).values([{name: bindparam(f"{name}_{i}") for name in names} for i in range(size)])
        if over:
            keys = [column.name for column in table.primary_key]
            statement = statement.on_conflict_do_update(index_elements=keys, set_={over: statement.excluded[over]})
        rendered = render(statement)
        if rendered.order != tuple(f"{name}_{i}" for i in range(size) for name in names):
            raise ValueError(f"unexpected order of parameters: {rendered.order}")
        return rendered

    return Batch(build)


def replacing(table: Table) -> Statement:
    """One row in the order of the table's columns, in place of the one that has its key."""
    statement = insert_or(table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in names_of(table) if name not in keys}
    return render(statement.on_conflict_do_update(index_elements=keys, set_=others), names_of(table))


def keeping(table: Table) -> Statement:
    """One row in the order of the table's columns, unless its key is there already."""
    return render(insert_or(table).on_conflict_do_nothing(), names_of(table))


def listed(name: str) -> Any:
    return select(column("value")).select_from(func.json_each(bindparam(name)))


def at_most(query: Select[Any], most: ColumnElement[int] | None = None) -> Select[Any]:
    """The first rows of a query: as many as the parameter `most` says."""
    return query.limit(bindparam("most") if most is None else most).offset(literal_column("0"))
