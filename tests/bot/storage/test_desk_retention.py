"""Retention at the desk, by a clock that can be moved (promises.md R8): each thing is there until its time, and gone soon after it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from bot.domain.case import CaseStatus, FollowUp, Waited
from bot.storage.desk_retention import PAGE
from bot.storage.sql_storage import SqlStorage
from bot.usecases.desk_ports import DeskWrite
from tests.bot.storage.desk import HOME, case, complaint, consent, entry, item, note, put, responder, standing, tampered, words, written
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed

HOUR = 3600
DAY = 24 * HOUR
LATENESS = 15 * 60

CLOSED = case(1, status=CaseStatus.CLOSED, closed_at=START, outcome="helped", seeker=None)
MATRIX: list[tuple[str, str, DeskWrite, int, int]] = [
    # what, its table, how it comes to be, still there at, gone at (seconds after START)
    ("closed cases", "case_file", written(cases=(CLOSED,)), 30 * DAY - 1, 30 * DAY),
    ("keys of closed cases", "case_key", written(cases=(CLOSED,)), 30 * DAY - 1, 30 * DAY),
    ("consents of closed cases", "consent", written(cases=(CLOSED,)), 30 * DAY - 1, 30 * DAY),
    ("notes of closed cases", "note", written(cases=(CLOSED,), notes=(note(11, 1),)), 30 * DAY - 1, 30 * DAY),
    ("words left in closed cases", "case_words", written(cases=(CLOSED,), words=(words(11, 1),)), 30 * DAY - 1, 30 * DAY),
    ("items left of closed cases", "desk_outbox", written(cases=(CLOSED,), items=(item(11, 1),)), 30 * DAY - 1, 30 * DAY),
    ("shells", "case_file", written(cases=(case(1, erased=True),), shred=(1,)), 29 * DAY, 30 * DAY),
    ("messages of gone cases", "desk_message", written(messages=(standing(11, 9),)), 72 * HOUR, 5 * DAY),
    ("seen updates", "desk_seen", written(update_id=5), 72 * HOUR, 72 * HOUR + LATENESS),
    ("answered complaints", "complaint", written(complaints=(complaint(11, answered="yes", answered_at=START),)), 90 * DAY - 1, 90 * DAY),
    ("waits", "waited", written(waited=(Waited(organization=HOME, day=START // DAY, seconds=5),)), 30 * DAY, 32 * DAY),
    ("the trail", "audit", written(audit=(entry(),)), 365 * DAY, 365 * DAY + 1),
]


@pytest.mark.parametrize(("table", "seed", "there", "gone"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
async def test_each_thing_goes_at_its_time(house: House, storage: SqlStorage, table: str, seed: DeskWrite, there: int, gone: int) -> None:
    await storage.write_desk(seed)
    assert house.rows(table) == 1
    await storage.purge(START + there)
    assert house.rows(table) == 1
    removed = await storage.purge(START + gone)
    assert house.rows(table) == 0
    assert sum(removed.values()) > 0
    assert sum((await storage.purge(START + gone)).values()) == 0
    assert storage.unreadable == 0


async def test_what_has_no_age_stays(house: House, storage: SqlStorage) -> None:
    """Open cases (their consents end by themselves), unanswered complaints, staff, messages that still stand, what is owed."""
    await put(
        storage,
        cases=(case(1),),
        words=(words(11, 1),),
        notes=(note(12, 1),),
        complaints=(complaint(13),),
        responders=(responder(),),
        messages=(standing(14, 1), standing(15)),
        items=(item(16, 1), item(17)),
    )
    await storage.purge(START + 400 * DAY)
    kept = ("case_file", "case_key", "case_words", "note", "complaint", "responder", "desk_message", "desk_outbox")
    assert [house.rows(table) for table in kept] == [1, 1, 1, 1, 1, 1, 2, 2]
    assert len(await storage.cases()) == 1


async def test_a_closed_case_that_is_opened_again_stays(storage: SqlStorage) -> None:
    await put(storage, cases=(CLOSED,))
    await put(storage, at=START + 29 * DAY, cases=(replace(CLOSED, version=1, status=CaseStatus.OPEN, closed_at=None),))
    await storage.purge(START + 60 * DAY)
    assert [one.id for one in await storage.cases()] == [1]


async def test_a_closed_case_that_does_not_open_goes_as_well(house: House) -> None:
    """Nothing could ever be read of it, so it is kept for nobody."""
    async with await house.open() as storage:
        await put(storage, cases=(CLOSED, replace(CLOSED, id=2)))
    tampered(
        house.path,
        ("UPDATE case_file SET sealed = zeroblob(80) WHERE id = 1", ()),
        ("UPDATE case_key SET wrapped = x'00' WHERE case_id = 2", ()),
    )
    async with await house.open() as storage:
        assert (await storage.purge(START + 30 * DAY - 1))["case_file"] == 2
    assert house.rows("case_key") == 0


async def test_the_key_of_an_aged_case_is_in_no_log(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=(CLOSED,), notes=(note(11, 1),))
    with sqlite3.connect(house.path) as raw:
        blobs = [
            row[0] for row in raw.execute("SELECT wrapped FROM case_key UNION SELECT sealed FROM note UNION SELECT sealed FROM case_file")
        ]
    raw.close()
    await storage.purge(START + 30 * DAY)
    assert house.log.stat().st_size == 0
    assert [blob for blob in blobs if blob in house.bytes()] == []


async def test_more_than_a_page_goes_in_one_purge(house: House, storage: SqlStorage) -> None:
    many = PAGE + 5
    await put(
        storage,
        cases=tuple(replace(CLOSED, id=number) for number in range(1, many + 1)),
        complaints=tuple(complaint(5000 + n, answered="x", answered_at=START) for n in range(many)),
        waited=tuple(Waited(organization=HOME, day=START // DAY, seconds=n) for n in range(many)),
        messages=tuple(standing(9000 + n, 8000) for n in range(many)),
    )
    removed = await storage.purge(START + 90 * DAY)
    assert {name: removed[name] for name in ("case_file", "complaint", "waited", "desk_message")} == dict.fromkeys(
        ("case_file", "complaint", "waited", "desk_message"), many
    )
    assert [house.rows(name) for name in ("case_file", "case_key", "consent", "complaint", "waited", "desk_message")] == [0] * 6


async def test_whoever_is_awaited_keeps_their_address(house: House, storage: SqlStorage) -> None:
    """A seeker says nothing for days while a responder works for them: the answer must still find them."""
    await put(
        storage,
        cases=(
            case(1),
            case(2, status=CaseStatus.CLOSED, closed_at=START, follow_ups=(FollowUp(at=START + 9 * DAY),)),
            case(3, status=CaseStatus.CLOSED, closed_at=START, follow_ups=(FollowUp(at=START, outcome="helped"),)),
            case(4, seeker=None),
            case(5, erased=True),
        ),
    )
    people = range(1, 7)
    await storage.write([change(n, n, messages=(typed(n),), outbox=(screen(seeker(n)),)) for n in people])
    await storage.purge(START + 10 * DAY)
    assert [(await held_of(storage, n)).chat_id for n in people] == [1001, 1002, None, None, None, None]
    assert [item_.seeker for item_, _ in await storage.owed()] == [seeker(1), seeker(2)]
    closed = case(1, version=1, status=CaseStatus.CLOSED, closed_at=START + 10 * DAY)
    followed = case(2, version=1, status=CaseStatus.CLOSED, closed_at=START, follow_ups=(FollowUp(at=START, outcome="helped"),))
    await put(storage, cases=(closed, followed))
    await storage.purge(START + 11 * DAY)
    assert [(await held_of(storage, n)).chat_id for n in people] == [None] * 6
    assert house.rows("conversation_key") == 0


async def test_a_purge_beside_an_expired_consent_changes_nothing_of_the_case(storage: SqlStorage) -> None:
    """The end of a consent is the deed's business (it tells the person); retention only removes what is closed."""
    await put(storage, cases=(case(1, consents=(consent(until=START + 60),)),), words=(words(11, 1),))
    await storage.purge(START + 40 * DAY)
    assert len(await storage.words(1)) == 1
