"""The audit trail: appended in the transaction of the deed it tells of, linked by keyed digests, and looked over for damage.

An entry is sealed (it holds who and the exact second) and tied to its number; its digest covers the digest before it. Entries age out from
the front only, and a sealed anchor then says where the rest begins. The newest number and digest are also written into a small file beside
the database after every commit, so that an end that was cut off is missed: that file may lag behind a crash, it never leads. Whoever wants
to be sure against somebody who holds the whole machine copies that one line elsewhere (`Head.read`).
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from struct import Struct
from typing import Final

from bot.domain.audit import AuditEntry, Deed
from bot.security.chain import START
from bot.security.keyring import Keyring
from bot.security.sealing import SealBroken, place
from bot.storage import desk_statements as sql
from bot.storage.desk_places import numbered
from bot.storage.rendering import Answer, Row
from bot.storage.tables import day

HEAD_FILE: Final = "audit.head"
_ANCHOR: Final = Struct(">q32s")
_LINE: Final = 85


class Damage(StrEnum):
    """What was found wrong with the trail."""

    ALTERED = "altered"  # does not open in its place, or does not follow from the one before it: edited, swapped or added
    MISSING = "missing"  # a number is not there
    CUT = "cut"  # the end is not there: the head beside the database knows of later entries
    ANCHOR = "anchor"  # what says where the trail begins does not open
    HEAD = "head"  # the head beside the database is not there, cannot be read, or names another digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Damage, and where: `seq` is the number of the first entry concerned."""

    damage: Damage
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The newest entry's number and digest; 0 and `START` before the first."""

    seq: int = 0
    mac: bytes = START


class Head:
    """The line beside the database."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, end: End) -> None:
        """One line of fixed length over the former one, in place: a crash leaves the former or the new. Trouble here is told by `verify`,
        never to somebody whose deed is committed already."""
        line = f"{end.seq:019d} {end.mac.hex()}\n".encode()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return
        try:
            os.pwrite(handle, line, 0)
        except OSError:
            return
        finally:
            os.close(handle)

    def read(self) -> End | None:
        """What it says; None when it is not there or cannot be read."""
        try:
            line = self.path.read_bytes()
            number, _, mac = line.decode("ascii").strip().partition(" ")
            return End(seq=int(number), mac=bytes.fromhex(mac)) if len(line) == _LINE and len(mac) == 2 * len(START) else None
        except (OSError, ValueError):
            return None


def end_of(raw: sqlite3.Connection, keyring: Keyring) -> End:
    """The newest entry. Inside a transaction: another process may write entries, too. Raises `SealBroken` when a broken anchor is all there
    is."""
    last = sql.LAST_ENTRY.first(raw)
    if last is not None:
        return End(seq=int(last[0]), mac=bytes(last[1]))
    return anchor(raw, keyring)


def anchor(raw: sqlite3.Connection, keyring: Keyring) -> End:
    """Where the trail begins: after this. Raises `SealBroken`."""
    found = sql.ANCHOR.first(raw)
    if found is None:
        return End()
    seq, mac = _ANCHOR.unpack(keyring.trail.open(found[1], place("audit_anchor", "sealed", numbered(found[0]), 1)))
    return End(seq=seq, mac=mac)


def append(raw: sqlite3.Connection, keyring: Keyring, entries: Sequence[AuditEntry]) -> End:
    """Write entries; answers the new end, for the head once the transaction is committed."""
    end, rows = end_of(raw, keyring), list[Row]()
    for entry in entries:
        plain, seq = _plain(entry), end.seq + 1
        end = End(seq=seq, mac=keyring.chain.link(end.mac, seq, plain))
        rows.append((seq, day(entry.at), keyring.trail.seal(plain, _place(seq)), end.mac))
    sql.ENTRY_NEW.run(raw, rows)
    return end


def newest(raw: sqlite3.Connection, keyring: Keyring, limit: int) -> tuple[list[AuditEntry], int]:
    """The newest entries, oldest first, and how many did not open."""
    found, broken = list[AuditEntry](), 0
    for seq, _, sealed, _ in reversed(sql.NEWEST_ENTRIES.all(raw, limit)):
        try:
            found.append(_entry(keyring.trail.open(sealed, _place(seq))))
        except SealBroken:
            broken += 1
    return found, broken


def verify(raw: sqlite3.Connection, keyring: Keyring, head: Head) -> list[Finding]:
    """Look the whole trail over; what is wrong, in order. Other processes may go on writing meanwhile."""
    told = head.read()  # before the look at the database: it never leads
    raw.execute("BEGIN")
    try:
        return _verified(raw, keyring, told)
    finally:
        raw.execute("ROLLBACK")


def _verified(raw: sqlite3.Connection, keyring: Keyring, told: End | None) -> list[Finding]:
    findings = list[Finding]()
    try:
        begins = anchor(raw, keyring)
    except SealBroken:
        begins = None
        findings.append(Finding(damage=Damage.ANCHOR, seq=0))
    before: bytes | None = begins.mac if begins else None
    expected = begins.seq + 1 if begins else None
    last, known = begins or End(), {} if begins is None else {begins.seq: begins.mac}
    for seq, on, sealed, mac in raw.execute(sql.ENTRIES.sql):
        if expected is not None and seq != expected:
            findings.append(Finding(damage=Damage.MISSING if seq > expected else Damage.ALTERED, seq=min(seq, expected)))
            before = None  # what it followed is not there
        if not _fits(keyring, before, (seq, on, sealed, mac)):
            findings.append(Finding(damage=Damage.ALTERED, seq=seq))
        before, expected, last = mac, seq + 1, End(seq=seq, mac=mac)
        if told is not None and seq == told.seq:
            known[seq] = mac
    return findings + _end(told, last, known)


def _fits(keyring: Keyring, before: bytes | None, row: Answer) -> bool:
    seq, on, sealed, mac = row
    try:
        plain = keyring.trail.open(sealed, _place(seq))
    except SealBroken:
        return False
    return day(int(json.loads(plain)[0])) == on and (before is None or keyring.chain.fits(mac, before, seq, plain))


def _end(told: End | None, last: End, known: dict[int, bytes]) -> list[Finding]:
    if told is None:
        return [Finding(damage=Damage.HEAD, seq=last.seq)] if last.seq else []
    if told.seq > last.seq:
        return [Finding(damage=Damage.CUT, seq=last.seq + 1)]
    if told.seq in known and known[told.seq] != told.mac:
        return [Finding(damage=Damage.HEAD, seq=told.seq)]
    return []


def age_out(raw: sqlite3.Connection, keyring: Keyring, before: int) -> int:
    """Remove entries from the front as far as they are older than `before` (unix seconds); how many. Inside a transaction.

    What is inside the seal decides, not the day beside it, and an entry that does not open stops it: nobody can have evidence aged out by
    changing a column. The anchor goes first, because the database lets nothing be removed beyond it.
    """
    upto, mac = 0, b""
    for seq, _, sealed, link in raw.execute(sql.ENTRIES_AGED.sql, (day(before),)):
        try:
            if _entry(keyring.trail.open(sealed, _place(seq))).at >= before:
                break
        except SealBroken:
            break
        upto, mac = seq, link
    if not upto:
        return 0
    sealed = keyring.trail.seal(_ANCHOR.pack(upto, mac), place("audit_anchor", "sealed", numbered(upto), 1))
    sql.ANCHOR_PUT.one(raw, 1, upto, sealed)
    return sql.ENTRIES_OLD.one(raw, upto)


def _place(seq: int) -> bytes:
    return place("audit", "sealed", numbered(seq), 1)


def _plain(entry: AuditEntry) -> bytes:
    return json.dumps([entry.at, entry.actor, entry.deed.value, entry.object, entry.detail], ensure_ascii=False).encode()


def _entry(plain: bytes) -> AuditEntry:
    at, actor, deed, on, detail = json.loads(plain)
    try:
        return AuditEntry(at=at, actor=actor, deed=Deed(deed), object=on, detail=detail)
    except ValueError:  # a deed of a newer Amparo
        raise SealBroken("a deed that is not known") from None
