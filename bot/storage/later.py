"""What the copy that ran on after a backup knows of the desk: which cases have ended since, and who may no longer answer.

It may be damaged, of an older version, or another Amparo altogether. Numbers of cases and responders mean the same only in one line of
history, so first the newest entry of the restored trail is looked up in the later one: its digest is made with the key file's key and
stands there only if this database came out of that one. Otherwise nothing is known, and nothing is concluded from what is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

_CASES: Final = """SELECT id, seeker, status, erased, EXISTS (
  SELECT 1 FROM consent WHERE case_id = id AND consent.organization = case_file.organization AND purpose = 'contact' AND withdrawn = 0
) FROM case_file"""


@dataclass(frozen=True, slots=True)
class Stand:
    """How a case stands: whose it is, and whether a consent to be contacted is not withdrawn."""

    seeker: bytes | None
    status: str
    erased: int
    heard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RanOn:
    """`cases`: how each stands there, None when that is not known; `staff`: account and state by number, None as well."""

    cases: Mapping[int, Stand] | None = None
    staff: Mapping[int, tuple[bytes | None, str]] | None = None

    def ended(self, raw: sqlite3.Connection) -> list[int]:
        """Cases of the restored database that have ended since: closed, withdrawn, erased, or no longer there."""
        if self.cases is None:
            return []
        return [case for case, stand in _stands(raw).items() if _ended(stand, self.cases.get(case))]

    def detached(self, raw: sqlite3.Connection) -> frozenset[int]:
        """Cases that belong to nobody's account there, or to another's."""
        if self.cases is None:
            return frozenset()
        there = self.cases
        return frozenset(case for case, stand in _stands(raw).items() if case in there and stand.seeker != there[case].seeker)

    def states(self, raw: sqlite3.Connection) -> Mapping[int, str]:
        """How responders of the restored database stand there, as far as it is the same person."""
        if self.staff is None:
            return MappingProxyType({})
        here = {int(row): account for row, account in raw.execute("SELECT id, account FROM responder")}
        there = self.staff
        known = {row: there[row] for row in here.keys() & there.keys()}
        return MappingProxyType({row: state for row, (account, state) in known.items() if here[row] in (None, account)})


def _stands(raw: sqlite3.Connection) -> dict[int, Stand]:
    return {int(case): Stand(seeker, str(status), int(erased), int(heard)) for case, seeker, status, erased, heard in raw.execute(_CASES)}


def _ended(here: Stand, there: Stand | None) -> bool:
    if there is None or there.erased:
        return True
    return (there.status == "closed" and here.status != "closed") or bool(here.heard and not there.heard)


def ran_on_in(later: Path, raw: sqlite3.Connection) -> RanOn:
    """What the file `later` knows; each part is whole or unknown."""
    mine = raw.execute("SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    try:
        with closing(sqlite3.connect(f"{later.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as other:
            if mine is None or other.execute("SELECT 1 FROM audit WHERE seq = ? AND mac = ?", mine).fetchone() is None:
                return RanOn()
            return RanOn(cases=_cases(other), staff=_staff(other))
    except sqlite3.Error:
        return RanOn()


def _cases(other: sqlite3.Connection) -> Mapping[int, Stand] | None:
    try:
        return _stands(other)
    except sqlite3.Error:
        return None


def _staff(other: sqlite3.Connection) -> Mapping[int, tuple[bytes | None, str]] | None:
    try:
        return {int(row): (account, str(state)) for row, account, state in other.execute("SELECT id, account, state FROM responder")}
    except sqlite3.Error:
        return None
