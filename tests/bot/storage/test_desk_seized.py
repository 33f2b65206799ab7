"""The desk's tables in a thief's hands: nothing to read, nothing to move, nothing to put back."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from bot.domain.case import BreakGlass, Direction, FollowUp, SafeContact, Waited, WordsState
from bot.domain.staff import Door, Shift
from bot.security.sealing import Cipher, SealBroken, new_secret
from bot.storage import desk_places as places
from bot.storage import desk_tables, tables
from bot.storage.sql_storage import SqlStorage
from bot.storage.trail import HEAD_FILE
from bot.usecases.desk_ports import DeskMessage, DeskVerdict, Staff
from tests.bot.storage.desk import (
    DAY,
    HOME,
    OTHER,
    case,
    complaint,
    consent,
    entry,
    item,
    note,
    put,
    responder,
    standing,
    tampered,
    words,
    written,
)
from tests.bot.storage.house import START, House, change, seeker

CANARIES = 25
ODD = 12_345
"""A second of the day that no slot and no day begins with."""


def _spellings(number: int) -> Iterator[bytes]:
    yield str(number).encode()
    for size in (6, 8):
        yield number.to_bytes(size, "big")
        yield number.to_bytes(size, "little")


def _wide(text: str) -> Iterator[bytes]:
    yield text.encode()
    yield text.encode("utf-16-le")


async def _planted(storage: SqlStorage, chance: random.Random) -> tuple[list[str], list[int]]:
    """A desk in full swing; what nobody may find of it: words and numbers."""
    said: list[str] = []
    numbers: list[int] = []

    def word(what: str) -> str:
        said.append(f"{what} {chance.randbytes(5).hex()} en la camioneta")
        return said[-1]

    def number() -> int:
        numbers.append(chance.randrange(10**11, 10**13))
        return numbers[-1]

    for n in range(1, CANARIES + 1):
        told = case(
            n,
            designation=word("alias"),
            next_step=word("paso"),
            outcome=word("fin"),
            word=word("clave"),
            return_key=word("papel"),
            needs=(word("necesidad"),),
            claimant=seeker(5000 + n),
            safe_contact=SafeContact(first_line=word("linea")),
            broken_glass=BreakGlass(reason=word("motivo"), first=1, second=None, at=START + ODD, until=START + ODD + 60),
            follow_ups=(FollowUp(at=START + ODD),),
            requested_at=START + ODD,
            due_at=START + ODD,
            consents=(consent(granted_at=START + ODD, until=START + ODD + 30 * DAY, scope=(word("alcance"),)),),
        )
        row = n * 100
        await put(
            storage,
            at=START + ODD,
            update_id=n,
            cases=(told,),
            words=(
                words(row, n, text=word("dijo"), source=number(), shown=number(), at=START + ODD),
                words(row + 1, n, direction=Direction.RESPONDER, text=word("responde"), state=WordsState.HELD, release_at=START + ODD),
                words(row + 2, n, text="", file=word("file"), place=word("19.4326,-99.1332"), thread=number()),
            ),
            notes=(note(row + 3, n, word("nota")),),
            items=(
                item(row + 4, n, payload=word("vista").encode()),
                item(row + 5, payload=word("tablero").encode(), kind=word("clase"), not_before=START + ODD),
            ),
            messages=(
                standing(row + 6, n, message_id=number(), thread=number(), kind=word("clase"), at=START + ODD),
                standing(row + 7, message_id=number()),
            ),
            responders=(
                responder(
                    account=chance.randbytes(32),
                    alias=word("apodo"),
                    code=word("codigo"),
                    chat_id=number(),
                    invited_by=word("quien"),
                    duty_until=START + ODD,
                ),
            ),
            shifts=(Shift(responder=n, begins=START + ODD, ends=START + ODD + 60),),
            complaints=(
                complaint(
                    row + 8,
                    ticket=word("folio"),
                    text=word("queja"),
                    reviewer=word("revisa"),
                    answered=word("dicho"),
                    answered_at=START + ODD,
                ),
            ),
            waited=(Waited(organization=HOME, day=START // DAY, seconds=number()),),
            doors=(Door(organization=HOME if n % 2 else OTHER, closed=True, until=START + ODD),),
            audit=(replace(entry(n, at=START + ODD), detail=word("detalle"), actor=word("actor"), object=word("objeto")),),
        )
    return said, numbers


async def test_nothing_said_or_numbered_is_found(house: House) -> None:
    async with await house.open() as storage:
        said, numbers = await _planted(storage, random.Random(3))
        while_open = house.bytes()
    everything = while_open + house.bytes() + b"".join(file.read_bytes() for file in house.folder.iterdir())
    assert len(said) > 600
    planted = [needle for text in said for needle in _wide(text)] + [needle for one in numbers for needle in _spellings(one)]
    assert [needle for needle in planted if needle in everything] == []
    assert HOME.encode() in everything  # the search can find what is there
    assert seeker(1) in everything  # type: ignore[comparison-overlap]  # bytes are found in bytes
    assert seeker(5001) not in everything  # type: ignore[comparison-overlap]  # bytes are found in bytes


async def test_exact_times_are_not_in_the_open(house: House) -> None:
    """Columns hold days and ten-minute slots."""
    async with await house.open() as storage:
        await _planted(storage, random.Random(4))
    raw = sqlite3.connect(house.path)
    found = {
        (table, value)
        for table in tables.metadata.tables
        for row in raw.execute(f"SELECT * FROM {table}")  # noqa: S608  # our own table names
        for value in row
        if isinstance(value, int) and value > START // 2
    }
    raw.close()
    assert found
    assert [one for one in found if one[1] % tables.SLOT_SECONDS] == []


async def test_only_these_columns_can_be_read(house: House) -> None:
    """Every column of the desk's tables that is not sealed, written out: whoever adds one has to say so here."""
    readable = {
        "case_key": "case_id epoch made_day",
        "case_file": "id version seeker organization status reaches erased day due_slot closed_day",
        "consent": "case_id n purpose organization until_slot withdrawn",
        "case_words": "id case_id version state",
        "note": "id case_id",
        "desk_outbox": "id responder case_id priority attempts",
        "desk_message": "id responder case_id day",
        "responder": "id account organization role state version",
        "shift": "id responder",
        "door": "organization closed",
        "complaint": "id answered_day",
        "waited": "id organization day",
        "desk_seen": "update_id at_slot",
        "desk_state": "id at_slot reserved",
        "audit": "seq day mac",
        "audit_anchor": "id seq",
    }
    own = {name: table for name, table in tables.metadata.tables.items() if getattr(desk_tables, name, None) is table}
    sealed = {"sealed", "wrapped"}
    assert {name: " ".join(column.name for column in table.c if column.name not in sealed) for name, table in own.items()} == readable


# -- moved, put back, cut ------------------------------------------------------------------------------------------------------------

Read = Callable[[SqlStorage], Awaitable[list[object]]]


async def _staff(storage: SqlStorage) -> Staff:
    return await storage.staff()


SEALED: dict[tuple[str, str, str], Read] = {
    # table, column, key -> what is read of the rows 1 and 2
    ("case_file", "sealed", "id"): lambda s: _list(s.cases()),
    ("case_key", "wrapped", "case_id"): lambda s: _list(s.cases()),
    ("case_words", "sealed", "id"): lambda s: _both(s.words(1), s.words(2)),
    ("note", "sealed", "id"): lambda s: _both(s.notes(1), s.notes(2)),
    ("desk_outbox", "sealed", "id"): lambda s: _list(s.desk_owed()),
    ("desk_message", "sealed", "id"): lambda s: _list(s.desk_messages(1)),
    ("responder", "sealed", "id"): lambda s: _of_staff(s, "responders"),
    ("shift", "sealed", "id"): lambda s: _of_staff(s, "shifts"),
    ("door", "sealed", "organization"): lambda s: _of_staff(s, "doors"),
    ("complaint", "sealed", "id"): lambda s: _list(s.complaints()),
    ("waited", "sealed", "id"): lambda s: _list(s.waited(0)),
    ("audit", "sealed", "seq"): lambda s: _list(s.audit_trail()),
}


async def _list(found: Awaitable[object]) -> list[object]:
    return list(await found)  # type: ignore[call-overload, no-any-return]  # every one of these answers a sequence


async def _both(one: Awaitable[object], other: Awaitable[object]) -> list[object]:
    return await _list(one) + await _list(other)


async def _of_staff(storage: SqlStorage, what: str) -> list[object]:
    return list(getattr(await storage.staff(), what))


async def _two_of_each(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(9, 9)])  # by whose key the file is known to be ours
        await put(
            storage,
            cases=(case(1), case(2)),
            words=(words(1, 1), words(2, 2)),
            notes=(note(1, 1), note(2, 2)),
            items=(item(1, 1), item(2)),
            messages=(standing(1, 1), standing(2)),
            responders=(responder(alias="A", account=b"\x01" * 32), responder(alias="B", account=b"\x02" * 32)),
            shifts=(Shift(responder=1, begins=1, ends=2), Shift(responder=1, begins=3, ends=4)),
            doors=(Door(organization=HOME, closed=True), Door(organization=OTHER, closed=True)),
            complaints=(complaint(1), complaint(2)),
            waited=(Waited(organization=HOME, day=1, seconds=1), Waited(organization=OTHER, day=1, seconds=2)),
            audit=(entry(1), entry(2)),
        )


def test_every_sealed_column_is_tried() -> None:
    tried = {place[:2] for place in SEALED} | {("audit_anchor", "sealed")}  # the anchor: test_trail
    own = {name: table for name, table in tables.metadata.tables.items() if getattr(desk_tables, name, None) is table}
    assert tried == {(name, column.name) for name, table in own.items() for column in table.c if column.name in ("sealed", "wrapped")}


@pytest.mark.parametrize("place", SEALED, ids=[f"{table}.{column}" for table, column, _ in SEALED])
async def test_rows_swapped_open_for_nobody(house: House, place: tuple[str, str, str]) -> None:
    table, column, key = place
    await _two_of_each(house)
    raw = sqlite3.connect(house.path)
    (one, first), (other, second) = raw.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {key}").fetchall()  # noqa: S608  # our own names
    raw.close()
    swap = f"UPDATE {table} SET {column} = ? WHERE {key} = ?"  # noqa: S608  # our own names
    async with await house.open() as storage:
        assert len(await SEALED[place](storage)) == 2
    tampered(house.path, (swap, (second, one)), (swap, (first, other)))
    async with await house.open() as storage:
        assert await SEALED[place](storage) == []
        assert storage.unreadable == 2
    tampered(house.path, (swap, (first[:-1], one)), (swap, (bytes([first[0] ^ 1]) + second[1:], other)))
    async with await house.open() as storage:
        assert await SEALED[place](storage) == []


MOVED = {
    "another seeker's case": ("UPDATE case_file SET seeker = (SELECT seeker FROM case_file WHERE id = 2) WHERE id = 1", "case_file"),
    "a case without its seeker": ("UPDATE case_file SET seeker = NULL WHERE id = 1", "case_file"),
    "another version": ("UPDATE case_file SET version = 9 WHERE id = 1", "case_file"),
    "words in another case": ("UPDATE case_words SET case_id = 2 WHERE id = 1", "case_words"),
    "another version of words": ("UPDATE case_words SET version = 9 WHERE id = 1", "case_words"),
    "a note in another case": ("UPDATE note SET case_id = 2 WHERE id = 1", "note"),
    "an item for another responder": ("UPDATE desk_outbox SET responder = 7 WHERE id = 1", "desk_outbox"),
    "an item of no case": ("UPDATE desk_outbox SET case_id = 0 WHERE id = 1", "desk_outbox"),
    "an item tried more often": ("UPDATE desk_outbox SET attempts = 3 WHERE id = 1", "desk_outbox"),
    "a message of another case": ("UPDATE desk_message SET case_id = 2 WHERE id = 1", "desk_message"),
    "another's account": ("UPDATE responder SET account = x'07' WHERE id = 1", "responder"),
    "another version of somebody": ("UPDATE responder SET version = 9 WHERE id = 1", "responder"),
    "another's shift": ("UPDATE shift SET responder = 2 WHERE id = 1", "shift"),
    "another's wait": ("UPDATE waited SET day = 2 WHERE id = 1", "waited"),
}


@pytest.mark.parametrize("how", MOVED)
async def test_what_stands_beside_a_seal_is_part_of_it(house: House, how: str) -> None:
    """A responder's account changed by hand gives nobody access; a case given to another's name goes to nobody."""
    moved, table = MOVED[how]
    read = next(read for place, read in SEALED.items() if place[0] == table and place[1] == "sealed")
    await _two_of_each(house)
    tampered(house.path, (moved, ()))
    async with await house.open() as storage:
        assert len(await read(storage)) == 1
        assert storage.unreadable == 1


async def test_an_older_value_put_back_does_not_open(house: House) -> None:
    """A revoked responder is not let in again by the bytes of yesterday."""
    await _two_of_each(house)
    raw = sqlite3.connect(house.path)
    old = {name: raw.execute(f"SELECT sealed FROM {name} WHERE id = 1").fetchone()[0] for name in ("responder", "case_file", "case_words")}  # noqa: S608
    raw.close()
    async with await house.open() as storage:
        someone, said = (await storage.staff()).responders[0], (await storage.words(1))[0]
        await put(storage, cases=(case(1, version=1),), responders=(someone,), words=(said,))
    tampered(house.path, *((f"UPDATE {name} SET sealed = ? WHERE id = 1", (blob,)) for name, blob in old.items()))  # noqa: S608
    async with await house.open() as storage:
        assert [one.id for one in (await storage.staff()).responders] == [2]
        assert [one.id for one in await storage.cases()] == [2]
        assert await storage.words(1) == []
        assert storage.unreadable == 3


async def test_the_length_of_a_message_is_hidden(house: House) -> None:
    """Yes and no are as long as each other."""
    async with await house.open() as storage:
        await put(storage, cases=(case(1),), words=tuple(words(n, 1, text="a" * n) for n in range(1, 30)))
    raw = sqlite3.connect(house.path)
    lengths = {row[0] for row in raw.execute("SELECT length(sealed) FROM case_words")}
    raw.close()
    assert len(lengths) <= 2


async def test_without_its_key_a_case_is_noise(house: House) -> None:
    """And everything else stays readable."""
    await _two_of_each(house)
    tampered(house.path, ("DELETE FROM case_key WHERE case_id = 1", ()))
    async with await house.open() as storage:
        assert [one.id for one in await storage.cases()] == [2]
        assert (await storage.words(1), await storage.notes(1)) == ([], [])
        assert [one.case for one in await storage.desk_owed()] == [0]
        assert len(await storage.desk_messages(1)) == 2
        assert len(await storage.complaints()) == 2


def test_every_form_is_tied_to_its_table() -> None:
    """The same bytes do not open as something else."""
    cipher = Cipher(new_secret())
    forms: list[places.Form[object]] = [value for value in vars(places).values() if isinstance(value, places.Form)]
    assert len(forms) == 9
    message = DeskMessage(row=1, responder=1, case=1, kind="k", message_id=1)
    sealed = places.MESSAGE.seal(cipher, b"row", 1, message)
    assert places.MESSAGE.open(cipher, b"row", 1, sealed) == message
    for form in forms:
        for row, version in ((b"row", 2), (b"wor", 1), (b"row", 1)):
            if (form, row, version) != (places.MESSAGE, b"row", 1):
                with pytest.raises(SealBroken):
                    form.open(cipher, row, version, sealed)


async def test_a_case_that_does_not_open_lets_nothing_in(house: House) -> None:
    """Its consents cannot be looked up, so there is none."""
    async with await house.open() as storage:
        await put(storage, cases=(case(1),))
    tampered(house.path, ("UPDATE case_file SET sealed = zeroblob(90)", ()))
    async with await house.open() as storage:
        assert await storage.write_desk(written(words=(words(11, 1),))) is DeskVerdict.REFUSED
        assert storage.unreadable == 1


async def test_spoilt_complaints_and_anchors_stop_nothing(house: House) -> None:
    """A complaint that cannot be read ages like one that can; a trail without a beginning gets no head."""
    async with await house.open() as storage:
        await put(storage, complaints=(complaint(1, answered="x", answered_at=START),), audit=(entry(at=START - 400 * DAY),))
        await storage.purge(START)
    tampered(house.path, ("UPDATE complaint SET sealed = zeroblob(90)", ()), ("UPDATE audit_anchor SET sealed = zeroblob(90)", ()))
    (house.folder / HEAD_FILE).unlink()
    async with await house.open() as storage:
        await storage.keep_head()
        assert not (house.folder / HEAD_FILE).exists()
        assert (await storage.purge(START + 90 * DAY))["complaint"] == 1
        assert storage.unreadable == 2
