"""The audit trail: whoever edits, drops, swaps, adds or cuts an entry is found, wherever; and ageing is none of these."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateTable

from bot.domain.audit import AuditEntry, Deed
from bot.security.chain import START as BEGINNING
from bot.security.keyring import Keyring
from bot.storage import desk_statements as sql
from bot.storage import trail
from bot.storage.desk_tables import audit, audit_anchor
from bot.storage.sql_storage import SqlStorage
from bot.storage.trail import Damage, End, Finding, Head
from tests.bot.storage.desk import DAY, entry, put, tampered
from tests.bot.storage.house import START, House

KEYRING = Keyring.in_memory()
ENTRIES = 12


class Trail:
    """A trail in memory, with its head in a file."""

    def __init__(self, folder: Path) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        for table in (audit, audit_anchor):  # without the triggers: whoever tampers takes them away first
            self.raw.execute(str(CreateTable(table).compile(dialect=dialect())))
        self.head = Head(folder / trail.HEAD_FILE)

    def add(self, *entries: AuditEntry) -> End:
        end = trail.append(self.raw, KEYRING, entries)
        self.head.write(end)
        return end

    def findings(self) -> list[Finding]:
        return trail.verify(self.raw, KEYRING, self.head)

    def rows(self) -> list[tuple[int, int, bytes, bytes]]:
        return self.raw.execute("SELECT seq, day, sealed, mac FROM audit ORDER BY seq").fetchall()

    def put(self, rows: list[tuple[int, int, bytes, bytes]]) -> None:
        self.raw.execute("DELETE FROM audit")
        self.raw.executemany("INSERT INTO audit VALUES (?, ?, ?, ?)", rows)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Trail]:
    """Twelve entries, an hour apart."""
    found = Trail(tmp_path)
    for number in range(ENTRIES):
        found.add(entry(number, at=START + 3600 * number))
    with closing(found.raw):
        yield found


Rows = list[tuple[int, int, bytes, bytes]]


def _flipped(value: bytes, bit: int) -> bytes:
    at = bit // 8 % len(value)
    return value[:at] + bytes([value[at] ^ 1 << bit % 8]) + value[at + 1 :]


def _edit_entry(rows: Rows, one: int, _: int, bit: int) -> Rows:
    seq, day, sealed, mac = rows[one]
    return [*rows[:one], (seq, day, _flipped(sealed, bit), mac), *rows[one + 1 :]]


def _edit_digest(rows: Rows, one: int, _: int, bit: int) -> Rows:
    seq, day, sealed, mac = rows[one]
    return [*rows[:one], (seq, day, sealed, _flipped(mac, bit)), *rows[one + 1 :]]


def _edit_day(rows: Rows, one: int, _: int, bit: int) -> Rows:
    seq, day, sealed, mac = rows[one]
    return [*rows[:one], (seq, day - 1 - bit, sealed, mac), *rows[one + 1 :]]


def _drop(rows: Rows, one: int, _: int, __: int) -> Rows:
    return rows[:one] + rows[one + 1 :]


def _drop_and_renumber(rows: Rows, one: int, _: int, __: int) -> Rows:
    return rows[:one] + [(seq - 1, *rest) for seq, *rest in rows[one + 1 :]]  # type: ignore[misc]  # rows stay rows


def _swap(rows: Rows, one: int, other: int, _: int) -> Rows:
    found = list(rows)
    found[one], found[other] = (rows[one][0], *rows[other][1:]), (rows[other][0], *rows[one][1:])
    return found


def _insert(rows: Rows, one: int, other: int, _: int) -> Rows:
    """An older entry once more, with everything after it moved."""
    before = [*rows[:one], (rows[one][0], *rows[other][1:])]
    return before + [(seq + 1, *rest) for seq, *rest in rows[one:]]  # type: ignore[misc]  # rows stay rows


def _add(rows: Rows, one: int, _: int, __: int) -> Rows:
    return [*rows, (rows[-1][0] + 1, *rows[one][1:])]


def _cut(rows: Rows, one: int, _: int, __: int) -> Rows:
    return rows[:one]


def _cut_the_beginning(rows: Rows, one: int, _: int, __: int) -> Rows:
    return rows[one + 1 :]


TAMPERING: dict[str, Callable[[Rows, int, int, int], Rows]] = {
    "edit": _edit_entry,
    "digest": _edit_digest,
    "day": _edit_day,
    "drop": _drop,
    "drop and renumber": _drop_and_renumber,
    "swap": _swap,
    "insert": _insert,
    "add": _add,
    "cut": _cut,
    "cut the beginning": _cut_the_beginning,
}
places = st.integers(0, ENTRIES - 1)


@settings(max_examples=250, deadline=None)
@given(how=st.sampled_from(sorted(TAMPERING)), one=places, other=places, bit=st.integers(0, 4000), aged=st.integers(0, ENTRIES - 1))
def test_whatever_is_done_to_it_is_found(how: str, one: int, other: int, bit: int, aged: int) -> None:
    """At the right place, also in a trail whose beginning has aged out."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Trail(Path(folder))
        with closing(kept.raw):
            for number in range(ENTRIES + aged):
                kept.add(entry(number, at=START + 3600 * number))
            trail.age_out(kept.raw, KEYRING, START + 3600 * aged)
            rows = kept.rows()
            assert len(rows) == ENTRIES
            assert kept.findings() == []
            if how == "swap" and one == other:
                other = (one + 1) % ENTRIES
            kept.put(TAMPERING[how](rows, one, other, bit))
            findings = kept.findings()
            assert findings
            touched = {"swap": min(one, other), "add": ENTRIES, "cut the beginning": 0}.get(how, one)
            first = min(rows[0][0] + touched, rows[-1][0] + 1)
            assert first <= findings[0].seq <= first + 1, (how, findings)
            kept.put(rows)
            assert kept.findings() == []


def test_an_untouched_trail_is_whole(kept: Trail) -> None:
    assert kept.findings() == []
    assert kept.head.read() == End(seq=ENTRIES, mac=kept.rows()[-1][3])


def test_an_empty_one_as_well(tmp_path: Path) -> None:
    found = Trail(tmp_path)
    with closing(found.raw):
        assert found.findings() == []
        assert trail.end_of(found.raw, KEYRING) == End(seq=0, mac=BEGINNING)


def test_what_was_found_has_a_name(kept: Trail) -> None:
    rows = kept.rows()
    kept.put(_edit_entry(rows, 3, 0, 77))
    assert kept.findings() == [Finding(damage=Damage.ALTERED, seq=4)]
    kept.put(_drop(rows, 3, 0, 0))
    assert kept.findings() == [Finding(damage=Damage.MISSING, seq=4)]
    kept.put(_swap(rows, 3, 6, 0))
    assert next(one.seq for one in kept.findings() if one.damage is Damage.ALTERED) == 4
    kept.put(_cut(rows, 9, 0, 0))
    assert kept.findings() == [Finding(damage=Damage.CUT, seq=10)]
    kept.put([])
    assert kept.findings() == [Finding(damage=Damage.CUT, seq=1)]


def test_entries_of_another_key_are_found(kept: Trail) -> None:
    """Whoever writes entries without the key file cannot make them fit."""
    forger = Keyring.in_memory()
    trail.append(kept.raw, forger, [entry(99)])
    assert kept.findings() == [Finding(damage=Damage.ALTERED, seq=ENTRIES + 1)]


def test_a_head_that_lags_is_no_damage(kept: Trail) -> None:
    """A crash between the commit and the head."""
    trail.append(kept.raw, KEYRING, [entry(99)])
    assert kept.findings() == []


@pytest.mark.parametrize("content", [None, b"", b"x", b"\0" * 85, b"0" * 84 + b"\n"])
def test_a_head_that_is_not_there_is_told(kept: Trail, content: bytes | None) -> None:
    kept.head.path.unlink()
    if content is not None:
        kept.head.path.write_bytes(content)
    assert kept.findings() == [Finding(damage=Damage.HEAD, seq=ENTRIES)]


def test_a_head_of_another_trail_is_told(kept: Trail) -> None:
    kept.head.write(End(seq=5, mac=b"\x01" * 32))
    assert kept.findings() == [Finding(damage=Damage.HEAD, seq=5)]


def test_a_head_that_cannot_be_written_stops_nothing(kept: Trail, tmp_path: Path) -> None:
    Head(tmp_path / "nowhere" / "head").write(End())
    assert Head(tmp_path / "nowhere" / "head").read() is None


def test_a_broken_anchor_is_told_and_the_rest_still_looked_over(kept: Trail) -> None:
    trail.age_out(kept.raw, KEYRING, START + 3600 * 4)
    kept.raw.execute("UPDATE audit_anchor SET seq = 2")
    assert kept.findings()[0] == Finding(damage=Damage.ANCHOR, seq=0)
    kept.put(_edit_entry(kept.rows(), 2, 0, 9))
    assert Finding(damage=Damage.ALTERED, seq=7) in kept.findings()


def test_an_anchor_put_back_is_told(kept: Trail) -> None:
    """An older anchor does not lead to what is left."""
    trail.age_out(kept.raw, KEYRING, START + 3600 * 2)
    (older,) = kept.raw.execute("SELECT id, seq, sealed FROM audit_anchor").fetchall()
    trail.age_out(kept.raw, KEYRING, START + 3600 * 6)
    kept.raw.execute("UPDATE audit_anchor SET seq = ?, sealed = ?", older[1:])
    assert kept.findings() == [Finding(damage=Damage.MISSING, seq=3)]
    kept.raw.execute("DELETE FROM audit_anchor")
    assert kept.findings() == [Finding(damage=Damage.MISSING, seq=1)]


def test_everything_may_age_out_and_the_trail_goes_on(kept: Trail) -> None:
    assert trail.age_out(kept.raw, KEYRING, START + DAY) == ENTRIES
    assert kept.rows() == []
    assert kept.findings() == []
    assert kept.add(entry(50)).seq == ENTRIES + 1
    assert kept.findings() == []
    kept.put([])
    assert kept.findings() == [Finding(damage=Damage.CUT, seq=ENTRIES + 1)]


def test_nothing_young_ages_out_with_the_old(kept: Trail) -> None:
    """A clock that stood wrong: only the front goes, in one piece."""
    kept.add(entry(60, at=START - 90 * DAY))
    assert trail.age_out(kept.raw, KEYRING, START + 3600 * 3) == 3
    assert trail.age_out(kept.raw, KEYRING, START + 3600 * 3) == 0
    assert len(kept.rows()) == ENTRIES - 2
    assert kept.findings() == []


def test_evidence_cannot_be_aged_out_by_its_column(kept: Trail) -> None:
    kept.raw.execute("UPDATE audit SET day = day - 500 WHERE seq <= 5")
    assert trail.age_out(kept.raw, KEYRING, START - 400 * DAY) == 0
    kept.raw.execute("UPDATE audit SET sealed = zeroblob(90) WHERE seq = 1")
    assert trail.age_out(kept.raw, KEYRING, START + DAY) == 0


async def test_the_database_refuses_changes_to_the_trail(house: House, storage: SqlStorage) -> None:
    await put(storage, audit=(entry(1), entry(2)))
    raw = sqlite3.connect(house.path, isolation_level=None)
    for refused in ("UPDATE audit SET day = 1", "UPDATE audit SET seq = seq + 1", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="audit_"):
            raw.execute(refused)
    raw.close()
    assert len(await storage.audit_trail()) == 2


async def test_the_head_is_written_with_every_commit_and_never_leads(house: House, storage: SqlStorage) -> None:
    seen: list[tuple[str, int, int]] = []
    head = Head(house.folder / trail.HEAD_FILE)

    def look(point: str) -> None:
        raw = sqlite3.connect(f"file:{house.path}?mode=ro", uri=True)
        committed = raw.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
        raw.close()
        told = head.read()
        seen.append((point, told.seq if told else 0, committed))

    house.at_point = look
    for number in range(3):
        await put(storage, audit=(entry(number), entry(number)))
        told = head.read()
        assert told is not None
        assert told.seq == 2 * (number + 1)
    house.at_point = None
    assert seen == [(point, 2 * n, 2 * (n + (point == "after_commit"))) for n in range(3) for point in ("before_commit", "after_commit")]
    assert head.path.stat().st_mode & 0o777 == 0o600
    assert b"responder" not in head.path.read_bytes()


async def test_an_entry_that_does_not_open_costs_only_itself(house: House) -> None:
    async with await house.open() as storage:
        await put(storage, audit=tuple(entry(n) for n in range(3)))
    tampered(house.path, ("UPDATE audit SET sealed = zeroblob(90) WHERE seq = 2", ()))
    async with await house.open() as storage:
        assert list(await storage.audit_trail()) == [entry(0), entry(2)]
        assert storage.unreadable == 1


def test_a_deed_of_a_newer_amparo_is_passed_over(kept: Trail) -> None:
    """Its link still counts."""
    plain, seq = f'[{START}, "program", "teleport", "case:1", ""]'.encode(), ENTRIES + 1
    mac = KEYRING.chain.link(kept.rows()[-1][3], seq, plain)
    kept.raw.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (seq, START // DAY, KEYRING.trail.seal(plain, trail._place(seq)), mac))
    found, broken = trail.newest(kept.raw, KEYRING, 2)
    assert (found, broken) == ([entry(ENTRIES - 1, at=START + 3600 * (ENTRIES - 1))], 1)
    assert kept.findings() == []


def test_every_deed_and_any_word_goes_in_and_out(kept: Trail) -> None:
    told = [replace(entry(1, deed), detail="ñ—\u2028") for deed in Deed]
    kept.add(*told)
    assert trail.newest(kept.raw, KEYRING, len(told)) == (told, 0)
    assert len(sql.ENTRIES.all(kept.raw)) == ENTRIES + len(told)
    assert kept.findings() == []
