"""What can go wrong with the database file, told apart: the storage is down, or one row is at fault."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bot.usecases.ports import StorageDown


class StorageDamaged(StorageDown):
    """The database file is damaged or is not one of ours. Stop, keep a copy of the file, and restore the last backup."""


class StorageForeign(StorageDown):
    """The key file in the data folder does not belong to this database. Put back the key file it was made with."""


_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_ROW: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG}
)  # one row's own fault


def down(error: BaseException) -> StorageDown | None:
    """The `StorageDown` an error means; None when the error is about one row, or about something else than storage."""
    if isinstance(error, StorageDown):
        return error
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the driver itself: a closed connection, or a value it cannot bind
        return StorageDown("closed") if "closed" in str(error) else None
    code &= 0xFF  # the primary code of an extended one
    if code in _DAMAGE:
        return StorageDamaged(str(StorageDamaged.__doc__))
    return None if code in _ROW else StorageDown(error.sqlite_errorname)


@contextmanager
def as_down() -> Iterator[None]:
    """Let storage trouble out as `StorageDown` (the driver's words stay inside), anything else as it is."""
    try:
        yield
    except sqlite3.Error as error:
        meaning = down(error)
        if meaning is None:
            raise
        raise meaning from None
