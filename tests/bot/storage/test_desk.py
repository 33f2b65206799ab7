"""The desk's writes: whole or not at all, by version, never outside a living consent, and never twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from bot.domain.case import (
    BreakGlass,
    Case,
    CaseStatus,
    Direction,
    FollowUp,
    HandoffStatus,
    Level,
    Purpose,
    Referral,
    ReferralState,
    SafeContact,
    SharedLine,
    Waited,
    WordsState,
)
from bot.domain.staff import Door, ResponderState, Shift
from bot.security.sealing import Cipher, SealBroken, new_secret, place
from bot.storage import desk_places
from bot.storage.known import Shelf
from bot.storage.sql_storage import SqlStorage
from bot.usecases.desk_ports import DeskItem, DeskVerdict, DeskWrite
from bot.usecases.ports import Delivery, DeliveryRecord, StorageDown
from flows.events import MediaKind
from tests.bot.storage.desk import (
    DAY,
    HOME,
    OTHER,
    case,
    case_of,
    complaint,
    consent,
    entry,
    item,
    note,
    put,
    raised,
    responder,
    standing,
    words,
    written,
)
from tests.bot.storage.house import START, House, change, held_of, screen, seeker, typed, verdicts

FULL = case(
    7,
    designation="Colibrí Azul",
    status=CaseStatus.ASSIGNED,
    handoff=HandoffStatus.TRANSFERRED,
    needs=("missing", "threats"),
    level=Level.DANGER,
    rules=("a", "b"),
    consents=(consent(), consent(purpose=Purpose.SHARE, shown="ab", scope=("where",)), consent(organization=OTHER, withdrawn_at=START)),
    shared=(SharedLine(key="where", question="q", answer="a"),),
    responder=3,
    rung=(3, 4),
    due_at=START + 61,
    follow_ups=(FollowUp(at=START + DAY, tries=1),),
    referrals=(Referral(id=1, service="albergue", state=ReferralState.REJECTED, at=START, reason="full"),),
    safe_contact=SafeContact(days=(0, 2), begins=540, ends=900, first_line="Hola"),
    broken_glass=BreakGlass(reason="danger", first=3, second=None, at=START, until=START + 60),
    confirmed=False,
    return_key="5f" * 16,
    word="salted",
    claimant=seeker(8),
)


# -- what is written is what is read -----------------------------------------------------------------------------------------------


async def test_everything_of_a_case_comes_back_after_a_restart(house: House) -> None:
    said = (
        words(21, 7, text="ayúdame"),
        words(22, 7, direction=Direction.RESPONDER, author=3, text="", canned="here", state=WordsState.HELD, release_at=START + 8),
        words(23, 7, media=MediaKind.PHOTO, file="handle", mime="image/jpeg", place="19.1,-99.2", state=WordsState.QUEUED),
        words(24, 7, state=WordsState.DELIVERED),
    )
    owes = (item(31, 7, payload=b'{"x": 1}', not_before=START + 5), item(32, kind="board", priority=1, responder=2))
    async with await house.open() as storage:
        await put(storage, cases=(FULL,), words=said, notes=(note(41, 7),), items=owes, messages=(standing(51, 7, thread=4), standing(52)))
    async with await house.open() as storage:
        assert list(await storage.cases()) == [replace(FULL, version=1)]
        assert list(await storage.words(7)) == [replace(one, version=1) for one in said]
        assert [one.id for one in await storage.unfinished_words()] == [21, 22, 23]
        assert list(await storage.notes(7)) == [note(41, 7)]
        assert list(await storage.desk_owed()) == list(owes)
        assert list(await storage.desk_messages(1)) == [standing(51, 7, thread=4), standing(52)]
        assert list(await storage.desk_messages(1, 7)) == [standing(51, 7, thread=4)]
        assert list(await storage.desk_messages(2)) == []
        assert storage.unreadable == 0


async def test_staff_comes_back_after_a_restart(house: House) -> None:
    someone = responder(account=b"\x05" * 32, on_call=True, languages=("es", "en"), chat_id=99, duty_until=START + 60)
    async with await house.open() as storage:
        await put(
            storage,
            responders=(someone, responder(alias="Cempasúchil")),
            shifts=(Shift(responder=1, begins=START, ends=START + 60, weekly=True), Shift(responder=2, begins=START, ends=START + 9)),
            doors=(Door(organization=HOME, closed=True, until=START + 60),),
            complaints=(complaint(61),),
            waited=(Waited(organization=HOME, day=START // DAY, seconds=40), Waited(organization=HOME, day=START // DAY - 3, seconds=50)),
            audit=(entry(1), entry(2)),
        )
    async with await house.open() as storage:
        staff = await storage.staff()
        assert staff.responders == (replace(someone, id=1, version=1), responder(2, alias="Cempasúchil", version=1))
        assert staff.shifts == (
            Shift(id=1, responder=1, begins=START, ends=START + 60, weekly=True),
            Shift(id=2, responder=2, begins=START, ends=START + 9),
        )
        assert staff.doors == (Door(organization=HOME, closed=True, until=START + 60),)
        assert list(await storage.complaints()) == [complaint(61)]
        assert [one.seconds for one in await storage.waited(START // DAY - 1)] == [40]
        assert sorted(one.seconds for one in await storage.waited(0)) == [40, 50]
        assert list(await storage.audit_trail()) == [entry(1), entry(2)]
        assert list(await storage.audit_trail(1)) == [entry(2)]


async def test_rows_of_an_older_amparo_keep_opening(house: House, storage: SqlStorage) -> None:
    """Fields that came later take their defaults; fields that went are passed over."""
    cipher = house.keyring.staff
    old = b'[{"id": 1, "version": 1, "organization": "o", "role": "responder", "alias": "A", "shoe_size": 43}]'
    form = desk_places._RESPONDER
    sealed = cipher.seal(old, place("responder", "sealed", desk_places.numbered(1), 1))
    assert desk_places.open_responder(cipher, 1, None, 1, sealed) == responder(
        1, version=1, organization="o", alias="A", state=ResponderState.INVITED
    )
    newer = cipher.seal(b'[{"id": 1, "alias": "A"}]', place("responder", "sealed", desk_places.numbered(1), 1))
    with pytest.raises(SealBroken) as broken:
        form.open(cipher, desk_places.numbered(1), 1, newer)
    assert broken.value.__cause__ is None
    assert "A" not in str(broken.value)


async def test_a_responder_changes_by_version(storage: SqlStorage) -> None:
    await put(storage, responders=(responder(),))
    (known,) = (await storage.staff()).responders
    on = replace(known, duty_until=START + 60, account=b"\x09" * 32)
    await put(storage, responders=(on,))
    assert await storage.write_desk(written(responders=(on,))) is DeskVerdict.CONFLICT
    assert (await storage.staff()).responders == (replace(on, version=2),)


async def test_one_account_answers_once(storage: SqlStorage) -> None:
    """Two codes redeemed from one account: the second is a conflict, and changes nothing."""
    await put(storage, responders=(responder(account=b"\x05" * 32), responder(alias="B")))
    second = (await storage.staff()).responders[1]
    taken = written(responders=(replace(second, account=b"\x05" * 32),), audit=(entry(),))
    assert await storage.write_desk(taken) is DeskVerdict.CONFLICT
    assert (await storage.staff()).responders[1] == second
    assert await storage.audit_trail() == []


async def test_shifts_and_items_and_messages_go(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1), case(2)), shifts=(Shift(responder=1, begins=1, ends=2), Shift(responder=1, begins=3, ends=4)))
    await put(storage, items=(item(11, 1), item(12, 2), item(13), item(14, 1, responder=2)), messages=(standing(21), standing(22)))
    await put(storage, shifts_gone=(1,), items_gone=(13,), items_gone_of=((1, 1),), messages_gone=(21,), items=(item(15),))
    assert [one.id for one in (await storage.staff()).shifts] == [2]
    assert [one.row for one in await storage.desk_owed()] == [12, 14, 15]
    assert [one.row for one in await storage.desk_messages(1)] == [22]
    await put(storage, items_gone_of=((1, 0),))
    assert [one.row for one in await storage.desk_owed()] == [14]


async def test_an_item_tried_again_is_put_back_only_where_it_stands(storage: SqlStorage) -> None:
    await put(storage, items=(item(11), item(12)))
    await put(storage, items_gone=(12,))
    await put(storage, items=(item(11, attempts=1, not_before=START + 4), item(12, attempts=1)))
    assert list(await storage.desk_owed()) == [item(11, attempts=1, not_before=START + 4)]


async def test_complaints_and_doors_are_put(storage: SqlStorage) -> None:
    await put(storage, complaints=(complaint(5),), doors=(Door(organization=HOME, closed=True),))
    answered = complaint(5, answered="talked to them", answered_at=START + 5)
    await put(storage, complaints=(answered,), doors=(Door(organization=HOME, closed=False),))
    assert list(await storage.complaints()) == [answered]
    assert (await storage.staff()).doors == (Door(organization=HOME, closed=False),)


# -- versions ----------------------------------------------------------------------------------------------------------------------


async def test_of_fifty_claims_one_wins(house: House, storage: SqlStorage) -> None:
    """All expect the version they read; nothing of the others is written."""
    await put(storage, cases=(case(1),))
    claims = [
        written(
            cases=(case(1, version=1, status=CaseStatus.ASSIGNED, handoff=HandoffStatus.CLAIMED, responder=number),),
            items=(item(100 + number, 1, responder=number),),
            audit=(entry(),),
            update_id=number,
        )
        for number in range(1, 51)
    ]
    fared = await asyncio.gather(*(storage.write_desk(claim) for claim in claims))
    assert sorted(fared) == [DeskVerdict.COMMITTED] + [DeskVerdict.CONFLICT] * 49
    winner = fared.index(DeskVerdict.COMMITTED) + 1
    assert (await case_of(storage, 1)).responder == winner
    assert [one.responder for one in await storage.desk_owed()] == [winner]
    assert house.rows("audit") == house.rows("desk_seen") == 1


async def test_a_case_that_is_there_is_not_new(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    assert await storage.write_desk(written(cases=(case(1, designation="other"),))) is DeskVerdict.CONFLICT
    assert await storage.write_desk(written(cases=(case(2, version=4),))) is DeskVerdict.CONFLICT
    assert [one.designation for one in await storage.cases()] == ["Colibrí 1"]


async def test_words_are_replaced_where_they_stand_and_never_come_back(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),), words=(words(11, 1), words(12, 1)))
    first, second = await storage.words(1)
    await put(storage, words=(replace(first, state=WordsState.DELIVERED, shown=5),))
    (kept, _) = await storage.words(1)
    assert (kept.state, kept.shown, kept.version) == (WordsState.DELIVERED, 5, 2)
    await put(storage, words_gone=(1,))
    await put(storage, words=(second,))
    assert await storage.words(1) == []
    assert await storage.unfinished_words() == []


async def test_a_repeated_update_changes_nothing(storage: SqlStorage) -> None:
    first = written(update_id=50, cases=(case(1),), audit=(entry(),))
    assert await storage.write_desk(first) is DeskVerdict.COMMITTED
    assert await storage.write_desk(replace(first, cases=(case(1, version=1, designation="again"),))) is DeskVerdict.SEEN
    assert await storage.desk_seen([49, 50, 51]) == {50}
    assert len(await storage.audit_trail()) == 1


async def test_updates_of_the_two_bots_are_apart(house: House) -> None:
    async with await house.open() as storage:
        await storage.write([change(1, 70)])
        await put(storage, update_id=71)
        assert await storage.desk_seen([70, 71]) == {71}
        assert (await storage.read([], [70, 71]))[1] == {70}
    async with await house.open() as storage:
        assert await storage.desk_seen([70, 71]) == {71}
        assert await storage.write_desk(written(update_id=71)) is DeskVerdict.SEEN


async def test_numbers_are_never_given_twice(house: House) -> None:
    """Not after a restart, not when what had them has gone, not when somebody chose one."""
    given: list[int] = []
    for turn in range(3):
        async with await house.open() as storage:
            drawn = [storage.desk_number() for _ in range(3 + 5000 * turn)]
            assert not set(given) & set(drawn)
            given += drawn
            await put(storage, items=(item(drawn[-1]),))
            await put(storage, items_gone=(drawn[-1],))
    async with await house.open() as storage:
        await put(storage, items=(item(900_000),))
        assert storage.desk_number() == 900_001
        await put(storage, items_gone=(900_000,))
    async with await house.open() as storage:
        assert storage.desk_number() > 900_001


# -- consent -----------------------------------------------------------------------------------------------------------------------

CARRYING: dict[str, Callable[[int], dict[str, object]]] = {
    "words": lambda of: {"words": (words(91, of),)},
    "a note": lambda of: {"notes": (note(92, of),)},
    "an item": lambda of: {"items": (item(93, of),)},
}
UNHEARD: dict[str, Case] = {
    "never given": case(1, consents=()),
    "withdrawn": case(1, consents=(consent(withdrawn_at=START - 5),)),
    "ended": case(1, consents=(consent(until=START),)),
    "for sharing only": case(1, consents=(consent(purpose=Purpose.SHARE),)),
    "to another organization": case(1, consents=(consent(organization=OTHER),)),
    "erased": case(1, erased=True),
}


@pytest.mark.parametrize("what", CARRYING)
@pytest.mark.parametrize("how", UNHEARD)
async def test_without_a_living_consent_nothing_is_written(house: House, storage: SqlStorage, how: str, what: str) -> None:
    await put(storage, cases=(UNHEARD[how],))
    refused = written(cases=(replace(UNHEARD[how], version=1),), audit=(entry(),), **CARRYING[what](1))
    assert await storage.write_desk(refused) is DeskVerdict.REFUSED
    assert await storage.write_desk(written(**CARRYING[what](1))) is DeskVerdict.REFUSED
    assert await storage.write_desk(written(**CARRYING[what](8))) is DeskVerdict.REFUSED
    assert [house.rows(table) for table in ("case_words", "note", "desk_outbox", "audit")] == [0] * 4
    with sqlite3.connect(house.path) as raw:
        assert raw.execute("SELECT version FROM case_file").fetchall() == [(1,)]
    raw.close()


@pytest.mark.parametrize("what", CARRYING)
async def test_with_one_it_is(storage: SqlStorage, what: str) -> None:
    await put(storage, cases=(case(1),), **CARRYING[what](1))


@pytest.mark.parametrize("what", CARRYING)
async def test_a_consent_ends_at_its_second(storage: SqlStorage, what: str) -> None:
    """The tables hold slots; what is inside the seal decides."""
    await put(storage, cases=(case(1, consents=(consent(until=START + 61),)),))
    assert await storage.write_desk(written(at=START + 61, **CARRYING[what](1))) is DeskVerdict.REFUSED
    await put(storage, at=START + 60, **CARRYING[what](1))


async def test_it_is_known_after_a_restart_without_reading_the_cases(house: House) -> None:
    async with await house.open() as storage:
        await put(storage, cases=(case(1, consents=(consent(until=START + 61),)), case(2, consents=())))
    async with await house.open() as storage:
        assert await storage.write_desk(written(at=START + 61, words=(words(11, 1),))) is DeskVerdict.REFUSED
        assert await storage.write_desk(written(words=(words(12, 2),))) is DeskVerdict.REFUSED
        await put(storage, at=START + 60, words=(words(13, 1),))


async def test_giving_and_withdrawing_count_from_the_same_write_on(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1, consents=()),))
    await put(storage, cases=(case(1, version=1),), words=(words(11, 1),))
    gone = case(1, version=2, consents=(consent(withdrawn_at=START),))
    assert await storage.write_desk(written(cases=(gone,), words=(words(12, 1),))) is DeskVerdict.REFUSED
    await put(storage, cases=(gone,), words_gone=(1,), items=(item(31, kind="access_ended"),))
    assert await storage.words(1) == []


async def test_another_organization_needs_its_own(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    passed = case(1, version=1, organization=OTHER)
    assert await storage.write_desk(written(cases=(passed,), items=(item(31, 1),))) is DeskVerdict.REFUSED
    passed = replace(passed, consents=(consent(), consent(organization=OTHER)))
    await put(storage, cases=(passed,), items=(item(31, 1),))


RAW = {
    "case_words": "INSERT INTO case_words (id, case_id, version, state, sealed) VALUES (900, ?, 1, 'queued', x'00')",
    "note": "INSERT INTO note (id, case_id, sealed) VALUES (900, ?, x'00')",
    "desk_outbox": "INSERT INTO desk_outbox (id, responder, case_id, priority, attempts, sealed) VALUES (900, 1, ?, 2, 0, x'00')",
}


@pytest.mark.parametrize("table", RAW)
async def test_the_database_refuses_by_itself(house: House, table: str) -> None:
    """Whatever program writes: the rule is in the file."""
    async with await house.open() as storage:
        await put(storage, cases=(case(1), case(2, consents=()), case(3, consents=(consent(until=START + 600),))), words=(words(11, 1),))
    raw = sqlite3.connect(house.path, isolation_level=None)
    raw.execute(RAW[table], (1,))
    for without in (2, 99):
        with pytest.raises(sqlite3.IntegrityError, match="ConsentMissing"):
            raw.execute(RAW[table].replace("900", "901"), (without,))
    raw.execute(RAW[table].replace("900", "902"), (3,))
    raw.execute("UPDATE desk_state SET at_slot = at_slot + 1200")  # time goes on
    with pytest.raises(sqlite3.IntegrityError, match="ConsentMissing"):
        raw.execute(RAW[table].replace("900", "903"), (3,))
    with pytest.raises(sqlite3.IntegrityError, match=f"{table}_moved"):
        raw.execute(f"UPDATE {table} SET case_id = 2 WHERE id = 900")  # noqa: S608  # our own names
    raw.execute("DELETE FROM desk_state")  # without a time: nothing
    with pytest.raises(sqlite3.IntegrityError, match="ConsentMissing"):
        raw.execute(RAW[table].replace("900", "904"), (1,))
    raw.close()


async def test_the_database_is_asked_as_well(house: House, storage: SqlStorage) -> None:
    """Even when what storage remembers would let it pass."""
    await put(storage, cases=(case(1),))
    with sqlite3.connect(house.path) as raw:
        raw.execute("UPDATE consent SET withdrawn = 1")
    raw.close()
    assert await storage.write_desk(written(words=(words(11, 1),))) is DeskVerdict.REFUSED
    assert (await storage.write([change(1, 1, desk=written(words=(words(11, 1),)))]))[0].error == "ConsentMissing"


async def test_items_that_carry_nothing_need_none(storage: SqlStorage) -> None:
    await put(storage, items=(item(1), item(2, responder=2)))


# -- erasing -----------------------------------------------------------------------------------------------------------------------


async def _a_life(storage: SqlStorage, number: int) -> None:
    rows = number * 10
    await put(
        storage,
        cases=(case(number),),
        words=(words(rows, number),),
        notes=(note(rows + 1, number),),
        items=(item(rows + 2, number),),
        messages=(standing(rows + 3, number),),
    )


async def test_shredding_leaves_the_shell_and_what_must_leave_the_chat(house: House, storage: SqlStorage) -> None:
    await _a_life(storage, 1)
    await _a_life(storage, 2)
    await put(storage, cases=(case(1, version=1, erased=True),), shred=(1,))
    assert [one.id for one in await storage.cases()] == [2]
    assert (await storage.words(1), await storage.notes(1)) == ([], [])
    assert [one.case for one in await storage.desk_owed()] == [2]
    assert [one.row for one in await storage.desk_messages(1, 1)] == [13]
    with sqlite3.connect(house.path) as raw:
        assert raw.execute("SELECT id, version, seeker, erased, reaches, sealed FROM case_file WHERE id = 1").fetchall() == [
            (1, 2, None, 1, 0, b"")
        ]
        assert raw.execute("SELECT case_id FROM case_key UNION SELECT case_id FROM consent").fetchall() == [(2,)]
    raw.close()
    for late in ({"cases": (case(1, version=1),)}, {"cases": (case(1, version=2),)}, {"cases": (case(1),)}):
        assert await storage.write_desk(written(**late)) is DeskVerdict.CONFLICT
    assert await storage.write_desk(written(words=(words(19, 1),))) is DeskVerdict.REFUSED
    await put(storage, words=(words(10, 1, version=1),))
    assert await storage.words(1) == []


async def test_what_was_shredded_is_not_in_the_file_once_the_log_is_empty(house: House, storage: SqlStorage) -> None:
    await _a_life(storage, 1)
    await storage.truncate_log()
    with sqlite3.connect(house.path) as raw:
        blobs = [
            row[0] for row in raw.execute("SELECT wrapped FROM case_key UNION SELECT sealed FROM case_words UNION SELECT sealed FROM note")
        ]
    raw.close()
    assert all(blob in house.bytes() for blob in blobs)
    await put(storage, cases=(case(1, version=1, erased=True),), shred=(1,))
    assert house.log.stat().st_size == 0  # at once
    assert not [blob for blob in blobs if blob in house.bytes()]
    assert seeker(1) not in house.bytes()  # type: ignore[comparison-overlap]  # bytes are found in bytes


async def test_words_that_go_are_in_no_log(house: House, storage: SqlStorage) -> None:
    """A withdrawal, alone or with the seeker's own turn; held back by a reader elsewhere, by the next purge."""
    for number in (1, 2, 3):
        await _a_life(storage, number)
    with sqlite3.connect(house.path) as raw:
        blobs = [row[0] for row in raw.execute("SELECT sealed FROM case_words UNION SELECT sealed FROM note ORDER BY 1")]
    raw.close()
    await put(storage, words_gone=(1,), notes_gone=(1,))
    assert sum(blob in house.bytes() for blob in blobs) == 4
    await storage.write([change(2, 2, desk=written(words_gone=(2,), notes_gone=(2,)))])
    assert sum(blob in house.bytes() for blob in blobs) == 2
    await put(storage, items=(item(77),))  # something only the log holds
    reader = sqlite3.connect(house.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM note").fetchone()
    await put(storage, words_gone=(3,), notes_gone=(3,))
    assert house.log.stat().st_size > 0
    reader.execute("COMMIT")
    reader.close()
    await storage.purge(START)
    assert house.log.stat().st_size == 0
    assert not [blob for blob in blobs if blob in house.bytes()]


async def test_one_removed_message_is_in_no_log(house: House, storage: SqlStorage) -> None:
    """Taken back by its author: what it said is gone with the commit, and the row says that it was removed."""
    await put(storage, cases=(case(1),), words=(words(11, 1), words(12, 1)))
    with sqlite3.connect(house.path) as raw:
        blobs = [row[0] for row in raw.execute("SELECT sealed FROM case_words ORDER BY id")]
    raw.close()
    (first, _) = await storage.words(1)
    await put(storage, words=(replace(first, text="", state=WordsState.REMOVED),))
    assert [blob in house.bytes() for blob in blobs] == [False, True]
    assert [(one.text, one.state) for one in await storage.words(1)] == [("", WordsState.REMOVED), ("words 12", WordsState.QUEUED)]


async def test_the_shell_of_a_case_that_aged_out_is_no_conflict(house: House, storage: SqlStorage) -> None:
    """A seeker erases: a case of theirs that retention has taken meanwhile, or that moved on, must not keep the erasure from being done."""
    await put(storage, cases=(case(1), case(2)))
    await put(storage, cases=(raised(case(2)),))
    shells = tuple(replace(case(n), seeker=None, designation="", consents=(), erased=True, version=1) for n in (1, 2, 3))
    await put(storage, cases=shells, shred=(1, 2, 3))
    assert await storage.cases() == []
    with closing(sqlite3.connect(house.path)) as raw:
        assert raw.execute("SELECT id, seeker, erased FROM case_file ORDER BY id").fetchall() == [(1, None, 1), (2, None, 1)]
        assert raw.execute("SELECT count(*) FROM case_key").fetchall() == [(0,)]


async def test_a_commit_stands_when_emptying_the_log_after_it_fails(storage: SqlStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed must not be told as not committed: the desk would go on as if nobody had withdrawn."""
    await put(storage, cases=(case(1),), words=(words(11, 1),))

    async def full(self: SqlStorage) -> bool:
        raise StorageDown("SQLITE_IOERR")

    monkeypatch.setattr(SqlStorage, "truncate_log", full)
    await put(storage, words_gone=(1,))
    assert await storage.words(1) == []
    assert verdicts(await storage.write([change(1, 1, desk=written(notes_gone=(1,)))])) == ["committed"]


async def test_a_case_to_shred_must_be_written_as_erased(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    for wrong in (written(shred=(1,)), written(cases=(case(1, version=1),), shred=(1,))):
        with pytest.raises(ValueError, match="erased"):
            await storage.write_desk(wrong)


async def test_finishing_an_erasure_takes_cases_that_were_only_marked(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    await _a_life(storage, 1)
    await _a_life(storage, 2)
    marked = case(1, version=1, erased=True)
    await storage.write([change(1, 2, 1, conversation=None, erase=True, desk=written(cases=(marked,)))])
    assert await storage.finish_erasure(seeker(1))
    with sqlite3.connect(house.path) as raw:
        for table, column in (
            ("case_file", "id"),
            ("case_key", "case_id"),
            ("consent", "case_id"),
            ("case_words", "case_id"),
            ("note", "case_id"),
        ):
            assert raw.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall() == [(2,)]  # noqa: S608  # our own names
    raw.close()
    assert seeker(1) not in house.bytes()  # type: ignore[comparison-overlap]  # bytes are found in bytes
    assert await storage.finish_erasure(seeker(1))


async def test_an_erasure_and_its_shredding_are_one_commit(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    await _a_life(storage, 1)
    before = house.commits
    gone = written(cases=(case(1, version=1, erased=True),), shred=(1,), audit=(entry(),))
    assert verdicts(await storage.write([change(1, 2, 1, conversation=None, erase=True, desk=gone)])) == ["committed"]
    assert house.commits - before == 1
    assert await storage.finish_erasure(seeker(1))
    assert seeker(1) not in house.bytes()  # type: ignore[comparison-overlap]  # bytes are found in bytes


# -- with a seeker's own change ------------------------------------------------------------------------------------------------------


async def test_a_group_with_the_desk_is_one_commit(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=tuple(case(n) for n in range(1, 21)))
    before = house.commits
    group = [
        change(
            n,
            n,
            desk=written(cases=(case(n, version=1, unread=1),), words=(words(100 + n, n),), items=(item(200 + n, n),), audit=(entry(n),)),
        )
        if n % 2
        else change(n, n)
        for n in range(1, 21)
    ]
    assert verdicts(await storage.write(group)) == ["committed"] * 20
    assert house.commits - before == 1
    assert [one.unread for one in await storage.cases()] == [1, 0] * 10
    assert house.rows("case_words") == house.rows("desk_outbox") == house.rows("audit") == 10
    assert [one.object for one in await storage.audit_trail()] == [f"case:{n}" for n in range(1, 21, 2)]


async def test_a_conflict_at_the_desk_is_its_changes_alone(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1), case(2)), responders=(responder(),))
    someone = (await storage.staff()).responders[0]
    group = [
        change(1, 1, desk=written(cases=(case(1, version=1),))),
        change(2, 2, desk=written(cases=(case(2, version=9),))),
        change(3, 3, desk=written(responders=(someone,))),
        change(4, 4, desk=written(responders=(someone,))),
        change(5, 5),
    ]
    assert verdicts(await storage.write(group)) == ["committed", "conflict", "committed", "conflict", "committed"]
    assert [(await held_of(storage, n)).version for n in range(1, 6)] == [1, 0, 1, 0, 1]
    assert verdicts(await storage.write([replace(group[3], desk=written(responders=(replace(someone, version=2),)))])) == ["committed"]


async def test_a_refusal_at_the_desk_fails_its_change_alone(storage: SqlStorage) -> None:
    await put(storage, cases=(case(1, consents=()), case(2)))
    group = [change(n, n, desk=written(words=(words(10 + n, n),), items=(item(20 + n, n),))) for n in (1, 2)]
    done = await storage.write(group)
    assert verdicts(done) == ["failed", "committed"]
    assert done[0].error == "ConsentMissing"
    assert (await held_of(storage, 1)).version == 0
    assert [one.row for one in await storage.desk_owed()] == [22]


async def test_a_turn_that_conflicts_leaves_nothing_at_the_desk(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    assert verdicts(await storage.write([change(1, 1, 5, desk=written(words=(words(11, 1),), audit=(entry(),)))])) == ["conflict"]
    assert await storage.words(1) == []
    assert house.rows("audit") == 0


async def test_without_a_desk_not_one_statement_more(house: House, storage: SqlStorage) -> None:
    """Nothing of the desk's is even named in a group of seekers' own turns."""
    await put(storage, cases=(case(1),), audit=(entry(),))
    ran: list[str] = []
    await storage._database.run(lambda raw: raw.set_trace_callback(ran.append))
    written_ = await storage.write([change(n, n, messages=(typed(n),), outbox=(screen(seeker(n)),)) for n in range(2, 10)])
    await storage.record(
        [
            DeliveryRecord(seeker=one.outbox[0].seeker, item=one.outbox[0].row, outcome=Delivery.DELIVERED, added=(typed(99),))
            for one in written_
        ]
    )
    await storage._database.run(lambda raw: raw.set_trace_callback(None))
    named = [text for text in ran for table in ("case_", "consent", "desk_", "audit", "responder", "note") if table in text]
    assert ran
    assert named == []


async def test_what_was_delivered_is_told_the_desk_in_the_same_commit(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),), words=(words(11, 1, direction=Direction.RESPONDER),))
    (turn,) = await storage.write([change(1, 1, outbox=(screen(seeker(1)),))])
    (waiting,) = await storage.words(1)
    before = house.commits
    told = written(words=(replace(waiting, state=WordsState.DELIVERED, shown=77),), audit=(entry(),))
    record = DeliveryRecord(seeker=seeker(1), item=turn.outbox[0].row, outcome=Delivery.DELIVERED, added=(typed(77),), desk=told)
    (added,) = await storage.record([record])
    assert house.commits - before == 1
    assert added[0].row > 0
    assert [(one.state, one.shown) for one in await storage.words(1)] == [(WordsState.DELIVERED, 77)]


async def test_a_record_whose_case_moved_on_still_keeps_its_words(storage: SqlStorage) -> None:
    """The item was delivered: it must not be sent again, and its words are told as delivered."""
    await put(storage, cases=(case(1), case(2)), words=(words(11, 1), words(12, 2)))
    turns = await storage.write([change(n, n, outbox=(screen(seeker(n)),)) for n in (1, 2)])
    said = [(await storage.words(n))[0] for n in (1, 2)]
    records = [
        DeliveryRecord(
            seeker=seeker(n),
            item=turns[n - 1].outbox[0].row,
            outcome=Delivery.DELIVERED,
            added=(typed(70 + n),),
            desk=written(cases=(case(n, version=1 if n == 1 else 8, unread=0),), words=(replace(said[n - 1], state=WordsState.DELIVERED),)),
        )
        for n in (1, 2)
    ]
    added = await storage.record(records)
    assert all(one[0].row > 0 for one in added)
    assert await storage.owed() == []
    assert [(await storage.words(n))[0].state for n in (1, 2)] == [WordsState.DELIVERED] * 2
    assert [one.version for one in await storage.cases()] == [2, 1]


# -- trouble -----------------------------------------------------------------------------------------------------------------------


async def test_a_locked_database_is_down_and_comes_back(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown):
        await storage.write_desk(written(cases=(case(1, version=1),), words=(words(11, 1),)))
    assert [one.version for one in await storage.cases()] == [1]
    other.execute("ROLLBACK")
    other.close()
    await put(storage, cases=(case(1, version=1),), words=(words(11, 1),))


async def test_a_full_disk_is_down_and_nothing_is_half_written(house: House, storage: SqlStorage) -> None:
    await put(storage, cases=(case(1),))
    database = storage._database
    pages = await database.run(lambda raw: raw.execute("PRAGMA page_count").fetchone()[0])
    await database.run(lambda raw: raw.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall())
    much = written(cases=(case(1, version=1),), words=tuple(words(n, 1, text="a" * 3000) for n in range(10, 60)), audit=(entry(),))
    with pytest.raises(StorageDown):
        await storage.write_desk(much)
    assert [one.version for one in await storage.cases()] == [1]
    assert (await storage.words(1), await storage.audit_trail()) == ([], [])
    await database.run(lambda raw: raw.execute("PRAGMA max_page_count = 100000").fetchall())
    assert await storage.write_desk(much) is DeskVerdict.COMMITTED


async def test_a_crash_before_the_commit_leaves_nothing_and_after_it_everything(house: House) -> None:
    copies: dict[str, House] = {}

    async with await house.open() as storage:
        await put(storage, cases=(case(1),))
        house.at_point = lambda point: copies.update({point: house.copy_as_after_a_crash(house.folder / point)})
        await put(storage, update_id=9, cases=(case(1, version=1), case(2)), words=(words(11, 1),), items=(item(12, 2),), audit=(entry(),))
        house.at_point = None
    found = {}
    for point, copied in copies.items():
        async with await copied.open() as storage:
            found[point] = (
                [one.version for one in await storage.cases()],
                len(await storage.words(1)),
                len(await storage.desk_owed()),
                len(await storage.audit_trail()),
                await storage.desk_seen([9]),
            )
            assert storage.unreadable == 0
    assert found == {"before_commit": ([1], 0, 0, 0, frozenset()), "after_commit": ([2, 1], 1, 1, 1, {9})}


async def test_what_failed_is_not_remembered(house: House, storage: SqlStorage) -> None:
    """Keys, consents, numbers and the time are remembered after a commit only."""

    def fail(point: str) -> None:
        raise StorageDown(point)

    house.at_point = fail
    with pytest.raises(StorageDown):
        await storage.write_desk(written(cases=(case(1),), words=(words(11, 1),), audit=(entry(),)))
    house.at_point = None
    assert await storage.write_desk(written(words=(words(11, 1),))) is DeskVerdict.REFUSED
    await put(storage, cases=(case(1),), words=(words(11, 1),), audit=(entry(),))
    storage._shelf.desk.forget(1)
    assert [one.text for one in await storage.words(1)] == ["words 11"]
    assert len(await storage.audit_trail()) == 1


async def test_what_is_remembered_is_what_the_file_holds(house: House, storage: SqlStorage) -> None:
    """After moves of all kinds, looked at with nothing remembered."""
    await put(storage, cases=(case(1), case(2, consents=()), case(3)))
    await put(storage, cases=(case(2, version=1), case(3, version=1, consents=(consent(withdrawn_at=START),))))
    remembered = dict(storage._shelf.desk.heard)
    storage._shelf = Shelf(keyring=house.keyring, memory=storage._shelf.memory)
    await storage.write_desk(written(words=tuple(words(n, n, version=0) for n in (1, 2, 3))))
    for number in (1, 2, 3):
        await storage.write_desk(written(words=(words(number, number),)))
    assert {number: storage._shelf.desk.heard[number] for number in (1, 2, 3)} == remembered


async def test_values_that_cannot_be_stored_are_told(storage: SqlStorage) -> None:
    """A fault of the caller's is an exception, not a verdict; nothing is written."""
    await put(storage, cases=(case(1),))
    with pytest.raises(OverflowError):
        await storage.write_desk(written(update_id=1 << 70, cases=(case(1, version=1),)))
    assert [one.version for one in await storage.cases()] == [1]
    done = await storage.write([change(1, 1, desk=written(update_id=1 << 70)), change(2, 2)])
    assert verdicts(done) == ["failed", "committed"]


def test_an_item_takes_any_payload() -> None:
    """Bytes are bytes."""
    cipher = Cipher(new_secret())
    odd = DeskItem(row=1, responder=2, kind="palabras", payload=bytes(range(256)) * 3, case=4, not_before=-1, attempts=3)
    assert desk_places.open_item(cipher, 1, 2, 4, 2, 3, desk_places.seal_item(cipher, odd)) == odd
    empty = DeskItem(row=1, responder=2, kind="", payload=b"")
    assert desk_places.open_item(cipher, 1, 2, 0, 2, 0, desk_places.seal_item(cipher, empty)) == empty


async def test_an_empty_write_is_a_commit(storage: SqlStorage) -> None:
    assert await storage.write_desk(DeskWrite(at=START)) is DeskVerdict.COMMITTED
    assert raised(case(1)).version == 1
