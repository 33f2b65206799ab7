"""What a restored database must not hold and must not do, before anybody is served from it.

Between the backup and now the copy that ran went on: it delivered what was owed, erased whom it was asked to erase, and sent messages this
database does not know of. So nothing is owed any more; erasures asked for, cases that ended and access that was taken away are taken over
from the copy that ran (see `later`), as far as it can still be read; and everybody is marked as having something older in the chat, so that
they are told how to remove it by hand when they come back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from alembic.util.exc import CommandError

from bot.domain.seeker import SeekerId
from bot.storage import statements as sql
from bot.storage.database import Database, Options
from bot.storage.desk_statements import forget_cases
from bot.storage.erasing import truncated
from bot.storage.later import RanOn, ran_on_in
from bot.storage.tables import day
from bot.usecases.ports import DELETABLE_SECONDS, StorageDown


class StorageNewer(StorageDown):
    """These tables are of a newer Amparo than this one. Restore with the version that made them, or a newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quieted:
    """`erased_since`: people who erased after the backup, and are gone from it now. `people`: who is left in it. `ended_since`: cases that
    were closed, withdrawn or erased after it, and are gone as well. `detached`: cases whose seeker gave the phone back since. `states`: how
    responders stood later, by number; nobody is in it of whom that is not known."""

    erased_since: int
    people: tuple[SeekerId, ...]
    ended_since: int = 0
    detached: frozenset[int] = frozenset()
    states: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


async def quieted(path: Path, *, made_at: int, now: int, later: Path | None) -> Quieted:
    """Check the file whole, bring it to the newest tables, and make it harmless; needs no key.

    `made_at`, `now`: unix seconds. `later`: a database of the same keys that ran on after the backup, perhaps damaged.
    Raises `StorageDown` and its kinds.
    """
    try:
        database = await Database.open(path, Options())
    except CommandError:
        raise StorageNewer(str(StorageNewer.__doc__)) from None
    try:
        forgotten = forgotten_in(later) if later is not None else {}
        found = await database.run(lambda raw: _quiet(raw, forgotten, later, made_at=made_at, now=now))
        if not await database.run(lambda raw: truncated(raw, database.log)):
            raise StorageDown("somebody else reads the restored file")
        return found
    finally:
        await database.close()


def forgotten_in(later: Path) -> dict[SeekerId, frozenset[bytes]]:
    """Who asked a copy to erase them (it keeps a mark of that for some days), with the sealed keys it holds of them since. A damaged copy
    answers what can still be read of it."""
    found: dict[SeekerId, frozenset[bytes]] = {}
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{later.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as raw:
        for table in ("cover", "erasure"):
            with suppress(sqlite3.Error):
                for (seeker,) in raw.execute(f"SELECT seeker FROM {table}"):  # noqa: S608 - our own table names
                    found[SeekerId(bytes(seeker))] = frozenset()
        for seeker in found:
            with suppress(sqlite3.Error):
                keys = raw.execute(
                    "SELECT wrapped FROM conversation_key WHERE seeker = ? "
                    "AND life > coalesce((SELECT life FROM erasure WHERE erasure.seeker = conversation_key.seeker), 0)",
                    (seeker,),
                )
                found[seeker] = frozenset(bytes(wrapped) for (wrapped,) in keys)
    return found


def _quiet(raw: sqlite3.Connection, forgotten: dict[SeekerId, frozenset[bytes]], later: Path | None, *, made_at: int, now: int) -> Quieted:
    raw.execute("BEGIN IMMEDIATE")
    try:
        raw.execute("DELETE FROM outbox")
        raw.execute("DELETE FROM desk_outbox")
        ran_on = ran_on_in(later, raw) if later is not None else RanOn()
        ended = ran_on.ended(raw)
        forget_cases(raw, [*ended, *(int(row[0]) for row in raw.execute("SELECT id FROM case_file WHERE erased = 1"))])
        for seeker, life in _no_longer_deletable(raw) if now - made_at >= DELETABLE_SECONDS else ():
            _forget(raw, seeker, life)
        erased = _forget_erased(raw, forgotten)
        raw.execute(
            "INSERT OR IGNORE INTO remains (seeker, since_day) SELECT DISTINCT seeker, ? FROM address "
            "WHERE seeker NOT IN (SELECT seeker FROM erasure)",
            (day(now),),
        )
        people = raw.execute("SELECT DISTINCT seeker FROM conversation_key").fetchall()
    except BaseException:
        raw.execute("ROLLBACK")
        raise
    raw.execute("COMMIT")
    return Quieted(
        erased_since=erased,
        people=tuple(SeekerId(bytes(row[0])) for row in people),
        ended_since=len(ended),
        detached=ran_on.detached(raw),
        states=ran_on.states(raw),
    )


def _no_longer_deletable(raw: sqlite3.Connection) -> Sequence[tuple[SeekerId, int]]:
    """Erasures begun: when no message can be deleted from the chat any more, nothing is left to wait for."""
    return [(SeekerId(bytes(seeker)), int(life)) for seeker, life in raw.execute("SELECT seeker, life FROM erasure").fetchall()]


def _forget_erased(raw: sqlite3.Connection, forgotten: dict[SeekerId, frozenset[bytes]]) -> int:
    """A life whose key the later copy no longer holds, of somebody who asked it to erase, has been erased: so it is here."""
    erased = 0
    for seeker, alive in forgotten.items():
        lives = raw.execute("SELECT life, wrapped FROM conversation_key WHERE seeker = ?", (seeker,)).fetchall()
        ended = max((int(life) for life, wrapped in lives if bytes(wrapped) not in alive), default=0)
        if ended:
            _forget(raw, seeker, ended)
            erased += 1
    return erased


def _forget(raw: sqlite3.Connection, seeker: SeekerId, life: int) -> None:
    for statement in sql.LIFE_GONE:
        statement.one(raw, seeker, life)
    sql.REMAINS_GONE.one(raw, seeker)
    sql.ERASURE_GONE.one(raw, seeker)
    forget_cases(raw, [int(row[0]) for row in raw.execute("SELECT id FROM case_file WHERE seeker = ?", (seeker,))])
