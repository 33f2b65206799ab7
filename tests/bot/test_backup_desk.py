"""The desk in backups: nothing readable in them, nothing sent by a restored copy, and nobody let in whose access may have ended since."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.backup.desk import access, stilled
from bot.backup.making import make_backup, make_identity, make_key_backup
from bot.backup.restoring import Restored, Source, drill, restore
from bot.domain.case import CaseStatus, Direction, FollowUp, Reach, Referral, ReferralState, WordsState
from bot.domain.staff import Responder, ResponderState
from bot.security.keyring import KEY_FILE, Keyring
from bot.storage.folder import DATABASE_FILE, DataFolder
from bot.storage.migrations import downgrade
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.storage.staff_desk import open_staff
from bot.storage.trail import HEAD_FILE, Damage, Finding
from tests.bot.storage.desk import DAY, case, complaint, consent, entry, item, note, put, responder, standing, tampered, words
from tests.bot.storage.house import START, change, held_of, seeker
from tests.bot.test_backup import Keeper as Kept
from tests.bot.test_backup import Still, inside, reading

HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A data folder, and where its backups are kept."""

    data: Path
    new: Path
    shelf: Kept

    async def backs_up(self) -> None:
        """Backup and key's copy of now."""
        make_backup(self.data, self.shelf.backup, self.shelf.recipient, now=START)
        make_key_backup(self.data, self.shelf.key, self.shelf.recipient)

    async def restores(self) -> Restored:
        """Over the folder that went on."""
        source = Source(file=self.shelf.backup, identities=(self.shelf.identity,))
        return await restore(source, self.data, Still(START + HOUR), replaces=True)

    async def restores_elsewhere(self) -> Restored:
        """On a machine that knows nothing."""
        return await restore(self.shelf.source(), self.new, Still(START + HOUR))


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    shelf = tmp_path / "offline"
    shelf.mkdir()
    recipient = make_identity(shelf / "identity")
    kept = Kept(identity=shelf / "identity", recipient=recipient, backup=shelf / "one.age", key=shelf / "key.age")
    return Keeper(data=tmp_path / "data", new=tmp_path / "new", shelf=kept)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[SqlStorage]:
    DataFolder.lock(folder).release()
    async with await open_storage(folder / DATABASE_FILE, Keyring.load_or_create(folder), Still(START)) as storage:
        yield storage


async def a_desk(storage: SqlStorage, *, cases: int = 4) -> None:
    """People who wait and talk, and three who answer."""
    await put(
        storage,
        cases=tuple(case(n, due_at=START + 60, clock="nudge", reach=Reach.YES) for n in range(1, cases + 1)),
        words=tuple(words(100 + n, n, state=WordsState.DELIVERED) for n in range(1, cases + 1)),
        items=(item(200, 1), item(201)),
        notes=(note(202, 1),),
        messages=(standing(203, 1),),
        complaints=(complaint(204),),
        responders=tuple(responder(alias=name, account=name.encode() * 16, duty_until=START + DAY) for name in ("AA", "BB", "CC")),
        audit=(entry(1),),
    )


async def who(folder: Path) -> dict[str, ResponderState]:
    """Who stands how."""
    async with opened(folder) as storage:
        return {one.alias: one.state for one in (await storage.staff()).responders}


# -- what is in it ------------------------------------------------------------------------------------------------------------------


async def test_what_was_owed_and_what_was_erased_is_in_no_backup(keeper: Keeper, tmp_path: Path) -> None:
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        await put(storage, cases=(case(2, version=1, erased=True), case(3, version=1, erased=True)), shred=(2,))
        await keeper.backs_up()
    with reading(inside(keeper.shelf, tmp_path / "opened") / DATABASE_FILE) as raw:
        tables = {"case_file": "id", "case_key": "case_id", "consent": "case_id", "case_words": "case_id"}
        for table, column in tables.items():
            assert [row[0] for row in raw.execute(f"SELECT {column} FROM {table} ORDER BY 1")] == [1, 4]  # noqa: S608  # our own names
        assert raw.execute("SELECT count(*) FROM desk_outbox").fetchone() == (0,)
        assert raw.execute("SELECT count(*) FROM desk_message").fetchone() == (1,)
    assert sorted(path.name for path in (tmp_path / "opened").iterdir()) == [DATABASE_FILE]


async def test_tables_of_the_version_before_are_backed_up(keeper: Keeper, tmp_path: Path) -> None:
    """A backup made after an update and before its first start; it is restored into the newest tables."""
    async with opened(keeper.data) as storage:
        await storage.write([change(1, 1)])
        await storage._database._connection.run_sync(lambda connection: downgrade(connection, "0001"))
    await keeper.backs_up()
    with reading(inside(keeper.shelf, tmp_path / "opened") / DATABASE_FILE) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'case_file'").fetchone() == (0,)
    found = await keeper.restores_elsewhere()
    assert (found.people, found.cases, found.to_approve, found.ended_since) == (1, 0, 0, 0)


# -- on a machine that knows nothing ---------------------------------------------------------------------------------------------------


async def test_nobody_answers_before_they_are_approved_again(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        invited = responder(alias="DD", state=ResponderState.INVITED, code="hashed", code_until=START + DAY)
        await put(storage, responders=(invited, responder(alias="EE", state=ResponderState.REVOKED)))
    await keeper.backs_up()
    found = await keeper.restores_elsewhere()
    assert (found.to_approve, found.cases, found.ended_since, found.unreadable) == (3, 4, 0, 0)
    panicked = ResponderState.PANICKED
    assert await who(keeper.new) == {
        "AA": panicked,
        "BB": panicked,
        "CC": panicked,
        "DD": ResponderState.INVITED,
        "EE": ResponderState.REVOKED,
    }
    async with opened(keeper.new) as storage:
        staff = (await storage.staff()).responders
        assert [(one.code, one.code_until, one.duty_until) for one in staff] == [("", 0, 0)] * 5


async def test_no_case_moves_by_itself(keeper: Keeper) -> None:
    """No clock, no agreed message, nothing on its way, and nothing reaches anybody before they write."""
    async with opened(keeper.data) as storage:
        await a_desk(storage, cases=2)
        moving = case(
            3,
            status=CaseStatus.ASSIGNED,
            responder=1,
            back_at=START + 5,
            crisis_at=START,
            follow_ups=(FollowUp(at=START + DAY), FollowUp(at=START, outcome="helped")),
            referrals=(Referral(id=1, service="s", state=ReferralState.SENT, at=START, remind_at=START + DAY),),
        )
        on_the_way = [words(300 + n, 3, direction=Direction.RESPONDER, state=state) for n, state in enumerate(WordsState)]
        await put(storage, cases=(moving,), words=tuple(on_the_way))
    await keeper.backs_up()
    await keeper.restores_elsewhere()
    async with opened(keeper.new) as storage:
        cases = {one.id: one for one in await storage.cases()}
        assert {(one.clock, one.due_at, one.back_at, one.crisis_at, one.reach) for one in cases.values()} == {
            ("", None, None, None, Reach.WRITTEN)
        }
        assert [one.outcome for one in cases[3].follow_ups] == ["not_reached", "helped"]
        assert [one.remind_at for one in cases[3].referrals] == [None]
        assert (cases[3].responder, cases[3].seeker) == (1, seeker(3))
        states = [one.state for one in await storage.words(3)]
        lost = (WordsState.HELD, WordsState.WINDOW, WordsState.ENVELOPE, WordsState.QUEUED)
        assert states == [WordsState.NOT_DELIVERED if state in lost else state for state in WordsState]
        assert (await storage.unfinished_words(), await storage.desk_owed()) == ([], [])
        assert len(await storage.complaints()) == 1
        assert len(await storage.notes(1)) == 1


async def test_the_trail_is_whole_after_a_restore(keeper: Keeper) -> None:
    """It ends where the backup ended, and its head says so."""
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        await keeper.backs_up()
        await put(storage, audit=(entry(2), entry(3)))
    found = await keeper.restores()
    assert found.aside is not None
    for folder, entries in ((keeper.data, 1), (found.aside, 3)):
        keyring = Keyring.load_or_create(keeper.data)
        async with await open_staff(folder / DATABASE_FILE, keyring) as desk:
            assert list(await desk.audit_verify()) == []
            assert len(await desk.audit_trail()) == entries
    (keeper.data / HEAD_FILE).write_bytes((found.aside / HEAD_FILE).read_bytes())
    async with await open_staff(keeper.data / DATABASE_FILE, Keyring.load_or_create(keeper.data)) as desk:
        assert list(await desk.audit_verify()) == [Finding(damage=Damage.CUT, seq=2)]  # the control


async def test_a_desk_without_a_trail_has_no_head(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await storage.write([change(1, 1)])
    await keeper.backs_up()
    await keeper.restores_elsewhere()
    assert not (keeper.new / HEAD_FILE).exists()


async def test_a_closed_case_ages_out_in_a_backup_as_well(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await put(storage, cases=(case(1, status=CaseStatus.CLOSED, closed_at=START - 29 * DAY),), audit=(entry(),))
    await keeper.backs_up()
    source = keeper.shelf.source()
    assert (await drill(source, Still(START + HOUR))).cases == 1
    assert (await drill(source, Still(START + DAY))).cases == 0


async def test_numbers_go_on_after_a_restore(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await put(storage, items=(item(storage.desk_number()),))
    await keeper.backs_up()
    await keeper.restores_elsewhere()
    async with opened(keeper.new) as storage:
        assert storage.desk_number() > 1


# -- where the former copy is known ---------------------------------------------------------------------------------------------------


async def test_who_was_active_stays_and_who_was_revoked_stays_revoked(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        await keeper.backs_up()
        first, second, _ = (await storage.staff()).responders
        await put(
            storage,
            responders=(replace(first, state=ResponderState.REVOKED), replace(second, state=ResponderState.PANICKED)),
            audit=(entry(2),),
        )
    found = await keeper.restores()
    assert found.to_approve == 1
    assert await who(keeper.data) == {"AA": ResponderState.REVOKED, "BB": ResponderState.PANICKED, "CC": ResponderState.ACTIVE}


async def test_another_person_under_the_same_number_is_not_them(keeper: Keeper) -> None:
    """Their account tells."""
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        await keeper.backs_up()
        third = (await storage.staff()).responders[2]
        await put(storage, responders=(replace(third, account=b"someone else"),))
    assert (await keeper.restores()).to_approve == 1
    assert (await who(keeper.data))["CC"] is ResponderState.PANICKED


async def test_cases_that_ended_since_have_ended(keeper: Keeper) -> None:
    """Closed, withdrawn, erased, gone; what was so before, and what goes on, stays."""
    async with opened(keeper.data) as storage:
        await a_desk(storage, cases=6)
        closed = case(7, status=CaseStatus.CLOSED, closed_at=START, consents=(consent(withdrawn_at=START),))
        await put(storage, cases=(closed,))
        await keeper.backs_up()
        await put(
            storage,
            cases=(
                case(1, version=1, status=CaseStatus.CLOSED, closed_at=START),
                case(2, version=1, consents=(consent(withdrawn_at=START),)),
                case(3, version=1, erased=True),
                case(4, version=1, erased=True),
                case(5, version=1, seeker=None),
            ),
            shred=(4,),
        )
        await storage.finish_erasure(seeker(3))
    found = await keeper.restores()
    assert (found.ended_since, found.cases) == (4, 3)
    async with opened(keeper.data) as storage:
        assert {one.id: one.seeker for one in await storage.cases()} == {5: None, 6: seeker(6), 7: seeker(7)}
        assert await storage.words(1) == []
    with reading(keeper.data / DATABASE_FILE) as raw:
        assert raw.execute("SELECT count(*) FROM case_key").fetchone() == (3,)


async def test_who_erased_since_takes_their_cases_along(keeper: Keeper) -> None:
    """Also when the former database no longer tells of cases."""
    async with opened(keeper.data) as storage:
        await storage.write([change(1, 1), change(2, 2)])
        await a_desk(storage, cases=2)
        await keeper.backs_up()
        await storage.write([change(1, 3, 1, conversation=None, erase=True, cover_until=START + DAY)])
        await storage.finish_erasure(seeker(1))
    tampered(keeper.data / DATABASE_FILE, ("DROP TABLE audit", ()))
    found = await keeper.restores()
    assert (found.erased_since, found.ended_since, found.cases) == (1, 0, 1)
    async with opened(keeper.data) as storage:
        assert [one.id for one in await storage.cases()] == [2]
        assert (await held_of(storage, 1)).chat_id is None
    assert set((await who(keeper.data)).values()) == {ResponderState.PANICKED}


@pytest.mark.parametrize("loss", ["DROP TABLE consent", "DROP TABLE responder", "DROP TABLE case_file"])
async def test_from_what_is_missing_nothing_is_concluded(keeper: Keeper, loss: str) -> None:
    """Half a former database: what it can tell counts, what it cannot is not known."""
    async with opened(keeper.data) as storage:
        await a_desk(storage)
        await keeper.backs_up()
    tampered(keeper.data / DATABASE_FILE, (loss, ()))
    found = await keeper.restores()
    assert (found.ended_since, found.cases) == (0, 4)
    assert found.to_approve == (3 if "responder" in loss else 0)


async def test_a_folder_of_another_amparo_tells_nothing(keeper: Keeper) -> None:
    """The same numbers mean other people there."""
    async with opened(keeper.data) as storage:
        await a_desk(storage)
    await keeper.backs_up()
    async with opened(keeper.new) as storage:
        await put(
            storage,
            cases=(case(1, status=CaseStatus.CLOSED, closed_at=START),),
            responders=tuple(responder(alias=name, account=name.encode() * 16) for name in ("AA", "BB", "CC")),
            audit=(entry(1),),
        )
    found = await restore(keeper.shelf.source(), keeper.new, Still(START + HOUR), replaces=True)
    assert (found.ended_since, found.cases, found.to_approve) == (0, 4, 3)
    assert found.aside is not None
    assert (found.aside / KEY_FILE).exists()


async def test_a_destroyed_former_database_tells_nothing(keeper: Keeper) -> None:
    async with opened(keeper.data) as storage:
        await a_desk(storage)
    await keeper.backs_up()
    (keeper.data / DATABASE_FILE).write_bytes(b"no database" * 900)
    found = await keeper.restores()
    assert (found.ended_since, found.cases, found.to_approve) == (0, 4, 3)


# -- each by itself --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [None, *(state.value for state in ResponderState)])
@pytest.mark.parametrize("here", list(ResponderState))
def test_access_never_grows(here: ResponderState, later: str | None) -> None:
    """Active afterwards only if active in both."""
    after = access(responder(1, state=here, code="x", code_until=9, duty_until=9), later)
    assert (after.state is ResponderState.ACTIVE) is (here is ResponderState.ACTIVE and later == "active")
    assert (here is ResponderState.REVOKED or later == "revoked") is (after.state is ResponderState.REVOKED)
    assert isinstance(after, Responder)
    assert (after.code, after.code_until, after.duty_until) == ("", 0, 0)


def test_stilling_twice_changes_nothing() -> None:
    once = stilled(case(1, due_at=5, clock="x"), detached=False)
    assert stilled(once, detached=False) == once
    assert stilled(once, detached=True).seeker is None


async def test_a_row_of_the_desk_that_does_not_open_is_counted(keeper: Keeper) -> None:
    """A drill tells what would be lost."""
    async with opened(keeper.data) as storage:
        await storage.write([change(1, 1)])
        await a_desk(storage)
    with closing(sqlite3.connect(keeper.data / DATABASE_FILE)) as raw, raw:
        raw.execute("UPDATE responder SET sealed = zeroblob(90) WHERE id = 2")
        raw.execute("UPDATE case_file SET sealed = zeroblob(90) WHERE id = 2")
    await keeper.backs_up()
    found = await drill(keeper.shelf.source(), Still(START + HOUR))
    assert (found.unreadable, found.cases, found.to_approve) == (2, 3, 2)
