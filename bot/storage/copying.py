"""A copy of the database as it is at one moment, taken while the bot runs or not, and holding nothing that was deleted.

The pages are copied from one read transaction, so that what others write meanwhile is not in it, into memory, so that nothing lies on the
disk that an erasure would not reach. Then what nobody may use again goes (see `_leave_out`), and the copy is packed anew: free pages, where
deleted rows could linger, do not exist in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.storage.desk_statements import forget_cases
from bot.storage.errors import StorageDamaged, as_down
from bot.usecases.ports import StorageDown

Progress = Callable[[int, int], None]
"""(done, of how much); bytes."""

_PAGES: Final = 512
_ENDED: Final = ("conversation", "outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A database file's bytes, and the revision of its tables."""

    content: bytes
    schema: str


def copied(path: Path, progress: Progress) -> Copy:
    """Copy the database file at `path` without changing anything beside it. Raises `StorageDown`, `StorageDamaged`.

    Takes memory of about four times the file for a moment.
    """
    if not path.is_file():
        raise StorageDown("there is no database to copy")
    with as_down(), closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.execute("PRAGMA temp_store=MEMORY").fetchall()
        copy.execute("PRAGMA secure_delete=ON").fetchall()
        _copy(path, copy, progress)
        if copy.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
            raise StorageDamaged(str(StorageDamaged.__doc__))
        schema = _schema(copy)
        _leave_out(copy)
        copy.execute("VACUUM")
        return Copy(content=copy.serialize(), schema=schema)


def _copy(path: Path, copy: sqlite3.Connection, progress: Progress) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on this connection sees one moment
        size = int(source.execute("PRAGMA page_size").fetchone()[0])
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress((total - left) * size, total * size), sleep=0)
        source.execute("ROLLBACK")


def _leave_out(copy: sqlite3.Connection) -> None:
    """What is owed is done within seconds by the copy that runs, and must never be done again by one that is restored. Of somebody whose
    erasure has begun nothing stays but what finishing it needs: where, and which messages; of an erased case, not even its shell."""
    copy.execute("DELETE FROM outbox")
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'case_file'").fetchone():  # tables of an older version have no desk
        copy.execute("DELETE FROM desk_outbox")
        forget_cases(copy, [int(row[0]) for row in copy.execute("SELECT id FROM case_file WHERE erased = 1")])
    for table in _ENDED:
        copy.execute(
            f"DELETE FROM {table} WHERE EXISTS "  # noqa: S608 - our own table names
            f"(SELECT 1 FROM erasure WHERE erasure.seeker = {table}.seeker AND erasure.life >= {table}.life)"
        )


def _schema(copy: sqlite3.Connection) -> str:
    try:
        found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        found = None
    if found is None:
        raise StorageDamaged(str(StorageDamaged.__doc__))
    return str(found[0])
