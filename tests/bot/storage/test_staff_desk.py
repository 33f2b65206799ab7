"""Staff managed by another process while the bot runs: seen by it, numbered once, one trail, and nobody in the way of an erasure."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import CaseStatus
from bot.domain.staff import Door, ResponderState, Shift
from bot.security.keyring import Keyring
from bot.storage.database import Options
from bot.storage.errors import StorageForeign
from bot.storage.sql_storage import SqlStorage
from bot.storage.staff_desk import AliasTaken, StaffStorage, open_staff
from bot.storage.trail import Damage, Finding
from bot.usecases.desk_ports import DeskVerdict
from bot.usecases.ports import StorageDown
from tests.bot.storage.desk import HOME, case, complaint, entry, item, put, responder, tampered, words, written
from tests.bot.storage.house import START, House, change, seeker

INVITED = AuditEntry(at=START, actor="administrator", deed=Deed.INVITE, object="responder:0")


async def beside(house: House) -> StaffStorage:
    """As the command line opens it."""
    return await open_staff(house.path, house.keyring)


async def test_the_bot_sees_who_was_invited(house: House, storage: SqlStorage) -> None:
    await storage.staff()
    await put(storage, cases=(case(1),), audit=(entry(),))
    assert not await storage.staff_moved()  # its own writes are no news
    async with await beside(house) as desk:
        number = await desk.invite(responder(alias="Jacaranda", state=ResponderState.INVITED), at=START, audit=(INVITED,))
    assert number == 1
    assert await storage.staff_moved()
    assert not await storage.staff_moved()
    (someone,) = (await storage.staff()).responders
    assert (someone.id, someone.version, someone.alias, someone.state) == (1, 1, "Jacaranda", ResponderState.INVITED)
    assert [one.object for one in await storage.audit_trail()] == ["case:1", "responder:1"]
    assert not await storage.staff_moved()


async def test_reading_the_staff_counts_as_having_looked(house: House, storage: SqlStorage) -> None:
    async with await beside(house) as desk:
        await desk.invite(responder(alias="A"), at=START)
        await storage.staff()
        assert not await storage.staff_moved()
        await desk.write_desk(written(doors=(Door(organization=HOME, closed=True),)))
        assert await storage.staff_moved()


async def test_versions_hold_across_processes(house: House, storage: SqlStorage) -> None:
    async with await beside(house) as desk:
        await desk.invite(responder(alias="A"), at=START)
        (known,) = (await storage.staff()).responders
        revoked = await desk.write_desk(written(responders=(replace(known, state=ResponderState.REVOKED),)))
        assert revoked.verdict is DeskVerdict.COMMITTED
        stale = written(responders=(replace(known, duty_until=START + 60),), audit=(entry(),))
        assert await storage.write_desk(stale) is DeskVerdict.CONFLICT
        (now,) = (await storage.staff()).responders
        assert now.state is ResponderState.REVOKED
        await put(storage, responders=(replace(now, on_call=True),))
        assert (await desk.write_desk(written(responders=(now,)))).verdict is DeskVerdict.CONFLICT
    assert await storage.audit_trail() == []


async def test_numbers_of_what_is_new_are_answered(house: House) -> None:
    async with await beside(house) as desk:
        shifts = tuple(Shift(responder=1, begins=START + n, ends=START + n + 1) for n in range(3))
        done = await desk.write_desk(written(responders=(responder(alias="A"), responder(alias="B")), shifts=shifts))
        assert (done.verdict, done.responders, done.shifts) == (DeskVerdict.COMMITTED, (1, 2), (1, 2, 3))
        await desk.write_desk(written(shifts_gone=(2,)))
        assert [one.id for one in (await desk.staff()).shifts] == [1, 3]
        assert (await desk.write_desk(written(shifts=shifts[:1]))).shifts == (4,)


async def test_two_at_once_share_one_trail_and_no_number(house: House, storage: SqlStorage) -> None:
    """Two command lines and the bot, each writing as fast as it can."""
    await put(storage, cases=(case(1),))
    patient = Options(busy_ms=20_000)
    one, other = [await open_staff(house.path, house.keyring, options=patient) for _ in range(2)]
    await storage._database.run(lambda raw: raw.execute("PRAGMA busy_timeout=20000").fetchall())

    async def invites(desk: StaffStorage, name: str) -> list[int]:
        return [await desk.invite(responder(alias=f"{name}{n}"), at=START, audit=(INVITED,)) for n in range(15)]

    async def relays() -> None:
        for number in range(30):
            await put(storage, words=(words(100 + number, 1),), audit=(entry(number),))

    first, second, _ = await asyncio.gather(invites(one, "A"), invites(other, "B"), relays())
    assert sorted(first + second) == list(range(1, 31))
    assert list(await one.audit_verify()) == []
    assert (await other.audit_end()).seq == 60
    named = sorted(int(each.object.partition(":")[2]) for each in await one.audit_trail(60) if each.deed is Deed.INVITE)
    assert named == list(range(1, 31))
    await one.close()
    await other.close()


async def test_an_alias_is_somebodys_alone(house: House) -> None:
    async with await beside(house) as desk:
        await desk.invite(responder(alias="Jacaranda"), at=START)
        with pytest.raises(AliasTaken, match="Choose another"):
            await desk.invite(responder(alias="JACARANDA"), at=START, audit=(INVITED,))
        (known,) = (await desk.staff()).responders
        await desk.write_desk(written(responders=(replace(known, state=ResponderState.REVOKED),)))
        assert await desk.invite(responder(alias="Jacaranda"), at=START) == 2
        assert await desk.audit_trail() == []


async def test_how_many_cases_each_has(house: House, storage: SqlStorage) -> None:
    """Open ones, with an owner."""
    owned = {1: 1, 2: 1, 3: 2}
    closed = case(4, responder=1, status=CaseStatus.CLOSED, closed_at=START)
    await put(storage, cases=(*(case(n, responder=of) for n, of in owned.items()), closed, case(5), case(6, responder=3, erased=True)))
    async with await beside(house) as desk:
        assert dict(await desk.open_cases()) == {1: 2, 2: 1}


@pytest.mark.parametrize(
    "fields", [{"cases": (case(1),)}, {"items": (item(1),)}, {"complaints": (complaint(1),)}, {"update_id": 4}, {"words_gone": (1,)}]
)
async def test_only_staff_is_written_from_there(house: House, fields: dict[str, object]) -> None:
    """The rest is numbered and remembered by the bot."""
    async with await beside(house) as desk:
        with pytest.raises(ValueError, match="not from here"):
            await desk.write_desk(written(**fields))


async def test_another_key_is_refused(house: House, storage: SqlStorage) -> None:
    """With seekers or with staff alone."""
    async with await beside(house) as desk:
        await desk.invite(responder(alias="A"), at=START)
    with pytest.raises(StorageForeign):
        await open_staff(house.path, Keyring.in_memory())
    with pytest.raises(StorageForeign):
        await House(house.folder, Keyring.in_memory()).open()
    await storage.write([change(1, 1)])
    with pytest.raises(StorageForeign):
        await open_staff(house.path, Keyring.in_memory())


async def test_one_spoilt_row_of_the_staff_keeps_nobody_out(house: House) -> None:
    async with await beside(house) as desk:
        for name in "AB":
            await desk.invite(responder(alias=name), at=START)
    tampered(house.path, ("UPDATE responder SET sealed = zeroblob(90) WHERE id = 1", ()))
    async with await house.open() as storage:
        assert [one.alias for one in (await storage.staff()).responders] == ["B"]
        assert storage.unreadable == 1


async def test_before_the_bots_first_start(house: House) -> None:
    """Inviting may come first: the tables are made."""
    async with await beside(house) as desk:
        assert await desk.invite(responder(alias="A"), at=START, audit=(INVITED,)) == 1
    async with await house.open() as storage:
        assert [one.alias for one in (await storage.staff()).responders] == ["A"]
        assert storage.desk_number() == 1


async def test_a_locked_database_is_down(house: House, storage: SqlStorage) -> None:
    desk = await open_staff(house.path, house.keyring, options=Options(busy_ms=20))
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown):
        await desk.invite(responder(alias="A"), at=START)
    other.execute("ROLLBACK")
    other.close()
    await desk.invite(responder(alias="A"), at=START)
    await desk.close()


async def test_damage_is_found_from_there(house: House, storage: SqlStorage) -> None:
    async with await beside(house) as desk:
        await put(storage, audit=tuple(entry(n) for n in range(5)))
        assert list(await desk.audit_verify()) == []
        tampered(house.path, ("DELETE FROM audit WHERE seq = 3", ()))
        assert list(await desk.audit_verify()) == [Finding(damage=Damage.MISSING, seq=3)]
        tampered(house.path, ("DELETE FROM audit WHERE seq > 2", ()))
        assert list(await desk.audit_verify()) == [Finding(damage=Damage.CUT, seq=3)]


async def test_an_open_command_line_does_not_hold_an_erasure_back(house: House, storage: SqlStorage) -> None:
    async with await beside(house) as desk:
        await storage.write([change(1, 1)])
        await desk.staff()
        await desk.audit_verify()
        await storage.write([change(1, 2, 1, conversation=None, erase=True)])
        assert await storage.finish_erasure(seeker(1))
    assert house.log.stat().st_size == 0


async def test_closing_it_leaves_the_bot_its_log(house: House, storage: SqlStorage) -> None:
    await storage.write([change(1, 1)])
    async with await beside(house) as desk:
        await desk.invite(responder(alias="A"), at=START)
    await storage.write([change(1, 2, 1)])
    await storage.write([change(1, 3, 2, conversation=None, erase=True)])
    assert await storage.finish_erasure(seeker(1))
    assert house.log.stat().st_size == 0


COMMAND = """
import asyncio, sys
from pathlib import Path
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.security.keyring import Keyring
from bot.storage.staff_desk import open_staff

async def main() -> None:
    folder = Path(sys.argv[1])
    async with await open_staff(folder / "amparo.sqlite3", Keyring.load_or_create(folder)) as desk:
        one = Responder(id=0, organization="casa-puente", role=StaffRole.SUPERVISOR, alias="Tule")
        print(await desk.invite(one, at=1_800_000_000))
        print(len(await desk.audit_verify()))

asyncio.run(main())
"""


async def test_a_process_of_its_own(tmp_path: Path) -> None:
    """The real thing: another interpreter writes while this one has the database open, ends, and is in nobody's way."""
    house = House(tmp_path, Keyring.load_or_create(tmp_path))
    async with await house.open() as storage:
        await storage.staff()
        await storage.write([change(1, 1)])
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", textwrap.dedent(COMMAND), str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
        )
        assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, ["1", "0"], "")
        assert await storage.staff_moved()
        assert [one.alias for one in (await storage.staff()).responders] == ["Tule"]
        await storage.write([change(1, 2, 1, conversation=None, erase=True)])
        assert await storage.finish_erasure(seeker(1))
        assert house.log.stat().st_size == 0
