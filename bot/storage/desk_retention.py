"""What of the desk must go, and when (promises.md R8). Runs on the database's thread, a page at a visit.

A case's words go when it closes: that is the deed's own doing. Thirty days after closing its key is destroyed and everything of it goes.
Where the tables hold a day only, the exact second is looked up inside the seal; what does not open has nothing to be kept for.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.domain.case import ANSWERED_DAYS, DAY, KEPT_DAYS
from bot.security.sealing import SealBroken
from bot.storage import desk_places as places
from bot.storage import desk_statements as sql
from bot.storage import trail
from bot.storage.desk_rows import opened_key
from bot.storage.known import Shelf
from bot.storage.rendering import Answer, numbers
from bot.storage.tables import SLOT_SECONDS, day
from bot.storage.writing import Hook, transaction

SEEN_SECONDS: Final = 72 * 3600
STANDING_DAYS: Final = 3
"""Messages of a case that has gone wait this long to be deleted from the responder's chat; then they can no longer be."""
WAITED_DAYS: Final = 30
TRAIL_DAYS: Final = 365
PAGE: Final = 256


def forget(raw: sqlite3.Connection, shelf: Shelf, now: int, hook: Hook) -> dict[str, int]:
    """Remove one page of everything that has its age; rows removed, by table. A table that gave a full page may have more."""
    cases = _long_closed(raw, shelf, now)
    answered = _long_answered(raw, shelf, now)
    with transaction(raw, hook):
        sql.forget_cases(raw, cases)
        removed = {
            "case_file": len(cases),
            "complaint": sql.COMPLAINT_GONE.one(raw, numbers(answered)) if answered else 0,
            "desk_seen": len(sql.SEEN_OLD.all(raw, now - SEEN_SECONDS - SLOT_SECONDS, PAGE)),
            "desk_message": len(sql.MESSAGES_OF_NOBODY.all(raw, day(now) - STANDING_DAYS - 1, PAGE)),
            "waited": len(sql.WAITED_OLD.all(raw, day(now) - WAITED_DAYS - 1, PAGE)),
        }
    for case in cases:
        shelf.desk.forget(case)
    if cases or answered:
        shelf.residue = True  # their keys and words still stand in the log
    return removed


def age_trail(raw: sqlite3.Connection, shelf: Shelf, now: int, hook: Hook) -> int:
    """Entries of more than twelve months go, from the front."""
    with transaction(raw, hook):
        return trail.age_out(raw, shelf.keyring, now - TRAIL_DAYS * DAY)


def _long_closed(raw: sqlite3.Connection, shelf: Shelf, now: int) -> list[int]:
    rows = sql.LONG_CLOSED.all(raw, day(now) - KEPT_DAYS)
    return [row[0] for row in rows if _closed_at(shelf, row) + KEPT_DAYS * DAY <= now][:PAGE]


def _closed_at(shelf: Shelf, row: Answer) -> int:
    """Unix seconds; 0 for a shell and for what does not open."""
    case, seeker, version, erased, sealed, wrapped, epoch = row
    if erased or wrapped is None:
        return 0
    cipher = opened_key(shelf, case, wrapped, epoch)
    try:
        return (cipher and places.open_case(cipher, case, seeker, version, sealed).closed_at) or 0
    except SealBroken:
        shelf.unreadable += 1
        return 0


def _long_answered(raw: sqlite3.Connection, shelf: Shelf, now: int) -> list[int]:
    found: list[int] = []
    for row, _, sealed in sql.COMPLAINTS_ANSWERED.all(raw, day(now) - ANSWERED_DAYS):
        try:
            answered = places.COMPLAINT.open(shelf.keyring.staff, places.numbered(row), 1, sealed).answered_at or 0
        except SealBroken:
            shelf.unreadable += 1
            answered = 0
        if answered + ANSWERED_DAYS * DAY <= now:
            found.append(row)
    return found[:PAGE]
