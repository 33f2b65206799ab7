"""Every statement, written once in SQLAlchemy Core and rendered once to text with positional parameters.

SQLAlchemy's own execution costs over a millisecond a small transaction; a group therefore runs its statements on the driver's connection,
all in one visit to its thread. Core stays the author: column names, quoting and dialect are its business. `Statement.order` names the
parameters in the order rows must give them, and is checked against what Core rendered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Delete, Integer, Select, Table, Update, bindparam, column, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import dialect, insert as upsert_into
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from bot.storage import tables as t

Value = int | str | bytes | None
Row = tuple[Value, ...]

_DIALECT: Final = dialect(paramstyle="qmark")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor untyped


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver takes it."""

    sql: str
    order: tuple[str, ...]

    def one(self, raw: sqlite3.Connection, row: Row = ()) -> int:
        """Run with one row; how many rows changed."""
        return raw.execute(self.sql, row).rowcount

    def many(self, raw: sqlite3.Connection, rows: Sequence[Row]) -> int:
        """Run with every row (nothing at all when there is none); how many rows changed."""
        return raw.executemany(self.sql, rows).rowcount if rows else 0

    def all(self, raw: sqlite3.Connection, row: Row = ()) -> list[tuple[object, ...]]:
        """Every row it answers."""
        return raw.execute(self.sql, row).fetchall()


def _render(statement: Executable, columns: Iterable[str] | None = None, order: tuple[str, ...] | None = None) -> Statement:
    compiled = statement.compile(dialect=_DIALECT, column_keys=None if columns is None else list(columns))
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  # narrows the type: statements compile to SQL
    found = tuple(compiled.positiontup or ())
    if order is not None and found != order:
        raise ValueError(f"rows are given as {order}, the statement takes {found}")
    return Statement(str(compiled), found)


def _insert(table: Table) -> Statement:
    names = tuple(column.name for column in table.columns)
    return _render(insert(table), names, names)
