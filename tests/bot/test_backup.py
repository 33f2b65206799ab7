"""Backups: nothing in them for who finds one, everything for who must go on, and nobody harmed by what a restored copy does not know."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from bot import cli_backup
from bot.backup.container import BackupBroken, Packed, Unpacking, padded, read_line
from bot.backup.making import IN_A_BACKUP, BackupTrouble, make_backup, make_identity, make_key_backup, nothing
from bot.backup.restoring import OLDEST_SECONDS, Restored, Source, drill, hidden, restore
from bot.botapi.people import Person
from bot.botapi.server import LocalBotApi
from bot.clock import SystemClock
from bot.demo import DemoClock
from bot.domain.seeker import SeekerId
from bot.house import SWITCHED_OFF
from bot.security import age
from bot.security.keyring import KEY_FILE, Keyring
from bot.storage.folder import DATABASE_FILE, DataFolder
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.usecases.ports import Change, ChatMessage, OutboxItem, Role
from flows.advance import begin
from flows.codec import encode_conversation
from flows.state import Mode, PhoneUse, Position
from tests.e2e.running import HOUR, MORNING, House, running_bot, town
from tests.faults.test_erasing import rows_of_people
from tests.faults.test_presses import stored
from tests.house import program
from tests.privacy.canaries import BY_CHANCE, found_in
from tests.privacy.test_canaries import blobs, canaries, lives, xiadani

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Where the person who keeps the backups has things, far from the server."""

    identity: Path
    recipient: str
    backup: Path
    key: Path

    def source(self, *, with_key: bool = True) -> Source:
        """What a restore is given."""
        return Source(file=self.backup, identities=(self.identity,), key=self.key if with_key else None)


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    """With an identity made by us."""
    shelf = tmp_path / "offline"
    shelf.mkdir()
    recipient = make_identity(shelf / "identity")
    return Keeper(identity=shelf / "identity", recipient=recipient, backup=shelf / "one.age", key=shelf / "key.age")


class Still:
    """A clock that stands."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same."""
        return self._now


SEEKER = SeekerId(b"\x07" * 32)
OTHER = SeekerId(b"\x08" * 32)


def change(seeker: SeekerId = SEEKER, update: int = 1, at: int = MORNING, **fields: object) -> Change:
    """Somebody who has begun to talk, with a screen in the chat and one owed."""
    conversation = begin(program(), locale="es")
    values: dict[str, object] = {
        "expected_version": 0,
        "conversation": encode_conversation(conversation),
        "program": conversation.program,
        "chat_id": 77,
        "messages": (ChatMessage(message_id=update, role=Role.TYPED, sent_at=at, delete_at=at + DAY),),
        "outbox": (OutboxItem(seeker=seeker, kind="ShowScreen", payload=b"0,0,0\n{}"),),
    }
    return Change(seeker=seeker, update_id=update, at=at, **{**values, **fields})  # type: ignore[arg-type]  # test values


@asynccontextmanager
async def opened(folder: Path, now: int = MORNING) -> AsyncIterator[SqlStorage]:
    """A folder's storage with its own key."""
    DataFolder.lock(folder).release()
    async with await open_storage(folder / DATABASE_FILE, Keyring.load_or_create(folder), Still(now)) as storage:
        yield storage


async def backed_up(folder: Path, keeper: Keeper, now: int = MORNING) -> None:
    """A folder with one person in it, its backup, and its key's copy."""
    async with opened(folder) as storage:
        await storage.write([change()])
    make_backup(folder, keeper.backup, keeper.recipient, now=now)
    make_key_backup(folder, keeper.key, keeper.recipient)


def inside(keeper: Keeper, folder: Path) -> Path:
    """The backup as whoever has the identity sees it."""
    folder.mkdir()
    unpacking = Unpacking(folder, IN_A_BACKUP)
    with keeper.backup.open("rb") as file:
        age.decrypt(file, unpacking, keeper.identity.read_text("utf-8"))
    unpacking.finish()
    return folder


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A database, looked at."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as raw:
        yield raw


# -- a whole life ------------------------------------------------------------------------------------------------------------------


async def talks(api: LocalBotApi, folder: Path, keeper: Keeper) -> Person:
    """A person in the middle of a guide; backup and key are copied while the bot runs. They go on a little, and the server is lost."""
    async with running_bot(api, folder) as running:
        home = House(api, running)
        who = xiadani(home)
        await lives(home, who)
        await home.says(who, "falta mi hijo")
        await home.taps(who, "Sí")
        await asyncio.to_thread(make_backup, folder, keeper.backup, keeper.recipient, now=int(api.now()))
        make_key_backup(folder, keeper.key, keeper.recipient)
        await home.says(who, "menú")
    return who


async def test_talk_backup_restore_and_go_on(tmp_path: Path, keeper: Keeper) -> None:
    """The server is lost; on another one the conversation goes on where it was, with its answers."""
    async with town() as api:
        who = await talks(api, tmp_path / "lost", keeper)
        shutil.rmtree(tmp_path / "lost")
        found = await restore(keeper.source(), tmp_path / "new", DemoClock(api))
        assert (found.people, found.unreadable, found.with_key, found.aside) == (1, 0, True, None)
        async with running_bot(api, tmp_path / "new") as running:
            home = House(api, running)
            assert (await stored(home, who, tmp_path / "new")).answers
            back = await home.says(who, "hola")
            assert "Seguir" in " ".join(back.labels)
            await home.says(who, "seguir")
            now = await stored(home, who, tmp_path / "new")
            assert now.mode is Mode.ACTIVE
            assert now.answers
            assert now.here.flow not in ("welcome", "cover")


async def test_a_restored_copy_never_writes_first(tmp_path: Path, keeper: Keeper) -> None:
    """Not when it starts, not when hours and days pass; it only takes its messages away, silently."""
    async with town() as api:
        await talks(api, tmp_path / "lost", keeper)
        await restore(keeper.source(), tmp_path / "new", DemoClock(api))
        before = len(api.calls())
        async with running_bot(api, tmp_path / "new") as running:
            home = House(api, running)
            for hours in (1, 5, 12, 24, 48):
                await home.later(hours * HOUR)
        made = {call.method for call in api.calls()[before:]}
        assert "deleteMessages" in made
        assert not [method for method in made if method.startswith(("send", "edit", "answer"))]


async def test_the_control_an_unrestored_copy_would_have_written(tmp_path: Path, keeper: Keeper) -> None:
    """The same folder without a restore covers the screen by itself: the silence is the restore's doing."""
    async with town() as api:
        await talks(api, tmp_path / "kept", keeper)
        before = len(api.calls())
        async with running_bot(api, tmp_path / "kept") as running:
            await House(api, running).later(5 * HOUR)
        assert [call for call in api.calls()[before:] if call.method in ("editMessageText", "sendMessage")]


async def test_people_are_told_that_something_older_may_stand_there(tmp_path: Path, keeper: Keeper) -> None:
    """Messages sent after the backup are nobody's to delete any more."""
    async with town() as api:
        who = await talks(api, tmp_path / "lost", keeper)
        await restore(keeper.source(), tmp_path / "new", DemoClock(api))
        async with running_bot(api, tmp_path / "new") as running:
            home = House(api, running)
            said = [(await home.says(who, words)).text for words in ("menú", "falta mi hijo", "menú")]
            assert any("quedan mensajes que ya no pude quitar" in text for text in said), said


async def test_who_erased_before_is_in_no_backup(tmp_path: Path, keeper: Keeper) -> None:
    """Neither a row, nor the sealed bytes, nor a page that once held them."""
    async with town() as api, running_bot(api, tmp_path / "data") as running:
        home = House(api, running)
        who = xiadani(home)
        await lives(home, who)
        sealed = blobs(tmp_path / "data")
        assert len(sealed) >= 4
        await home.says(who, "borrar")
        await home.taps(who, "Sí, borrar")
        make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=int(api.now()))
        wanted = canaries(home, who)
    folder = inside(keeper, tmp_path / "opened")
    assert set(rows_of_people(folder).values()) == {0}
    content = (folder / DATABASE_FILE).read_bytes()
    assert [blob for blob in sealed if blob in content] == []
    assert found_in([("opened", content)], wanted) == []


async def test_a_backup_alone_yields_nothing(tmp_path: Path, keeper: Keeper) -> None:
    """Seized without the identity: no canary in any spelling, no sealed byte, no form of a database. With it: still no canary."""
    async with town() as api:
        async with running_bot(api, tmp_path / "data") as running:
            home = House(api, running)
            who = xiadani(home)
            await lives(home, who)
            make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=int(api.now()))
            make_key_backup(tmp_path / "data", keeper.key, keeper.recipient)
            wanted = canaries(home, who)
        sealed = blobs(tmp_path / "data")
    file, key = keeper.backup.read_bytes(), keeper.key.read_bytes()
    assert found_in([("backup", file), ("key", key)], wanted, shortest=BY_CHANCE) == []
    assert [blob for blob in sealed if blob[:16] in file] == []
    secrets = [value for value in json.loads((tmp_path / "data" / KEY_FILE).read_text("utf-8")).values() if isinstance(value, str)]
    assert len(secrets) == 3
    folder = inside(keeper, tmp_path / "opened")
    for part in (b"SQLite format", b"conversation", b"amparo backup", DATABASE_FILE.encode(), *(value.encode() for value in secrets)):
        assert part not in file
        assert part not in key
    content = (folder / DATABASE_FILE).read_bytes()
    assert content.startswith(b"SQLite format 3")
    assert [blob for blob in sealed if blob[:16] in content]  # the control: inside, it is there, sealed
    assert found_in([("opened", content)], wanted) == []
    assert not [value for value in secrets if value.encode() in content]
    assert sorted(path.name for path in folder.iterdir()) == [DATABASE_FILE]


# -- erasures and what was owed -----------------------------------------------------------------------------------------------------


async def test_who_erased_since_stays_erased_where_it_is_known(tmp_path: Path, keeper: Keeper) -> None:
    """The folder that is set aside remembers whom it erased after the backup. Who came back since is erased up to then, too."""
    data = tmp_path / "data"
    async with opened(data) as storage:
        await storage.write([change(), change(OTHER, 2)])
        make_backup(data, keeper.backup, keeper.recipient, now=MORNING)
        for seeker, update in ((SEEKER, 3), (OTHER, 4)):
            erase = change(seeker, update, expected_version=1, conversation=None, erase=True, cover_until=MORNING + DAY, outbox=())
            await storage.write([erase])
            await storage.finish_erasure(seeker)
        await storage.write([change(OTHER, 5)])
    found = await restore(keeper.source(with_key=False), data, Still(MORNING + HOUR), replaces=True)
    assert (found.erased_since, found.people) == (2, 0)
    assert {name: count for name, count in rows_of_people(data).items() if count} == {}


async def test_a_new_server_cannot_know_who_erased_since(tmp_path: Path, keeper: Keeper) -> None:
    """That is why backups are short-lived, and why it is said."""
    data = tmp_path / "data"
    await backed_up(data, keeper)
    async with opened(data) as storage:
        await storage.write([change(update=3, expected_version=1, conversation=None, erase=True, cover_until=MORNING + DAY, outbox=())])
        await storage.finish_erasure(SEEKER)
    found = await restore(keeper.source(), tmp_path / "new", Still(MORNING + HOUR))
    assert (found.erased_since, found.people) == (0, 1)


@pytest.mark.parametrize(("hours", "kept"), [(1, 1), (48, 0)])
async def test_an_erasure_that_had_begun_is_finished(tmp_path: Path, keeper: Keeper, hours: int, kept: int) -> None:
    """While messages can still be deleted, where and which is kept for that and nothing else; later nothing is."""
    data = tmp_path / "data"
    async with opened(data) as storage:
        await storage.write([change()])
        await storage.write([change(update=2, expected_version=1, conversation=None, erase=True, cover_until=MORNING + 3 * DAY)])
    make_backup(data, keeper.backup, keeper.recipient, now=MORNING)
    make_key_backup(data, keeper.key, keeper.recipient)
    await restore(keeper.source(), tmp_path / "new", Still(MORNING + hours * HOUR))
    rows = rows_of_people(tmp_path / "new")
    assert (rows["conversation"], rows["outbox"], rows["erasure"], rows["conversation_key"]) == (0, 0, kept, kept)
    async with opened(tmp_path / "new") as storage:
        begun = await storage.begun_erasures()
        assert [(seeker, chat, len(messages)) for seeker, chat, messages in begun] == [(SEEKER, 77, 2)] * kept
        assert not (await storage.read([SEEKER], ()))[0][SEEKER].conversation


async def test_nothing_that_was_owed_is_in_a_backup(tmp_path: Path, keeper: Keeper) -> None:
    """It would be done twice."""
    await backed_up(tmp_path / "data", keeper)
    assert rows_of_people(tmp_path / "data")["outbox"] == 1
    assert rows_of_people(inside(keeper, tmp_path / "opened"))["outbox"] == 0


async def test_nothing_that_was_owed_is_restored(tmp_path: Path, keeper: Keeper) -> None:
    """Not even from a backup that holds it."""
    await backed_up(tmp_path / "data", keeper)
    content = (tmp_path / "data" / DATABASE_FILE).read_bytes()
    assert rows_of_people(tmp_path / "data")["outbox"] == 1
    with keeper.backup.open("wb") as out:
        age.encrypt(Packed(made_at=MORNING, schema="0001", files=[(DATABASE_FILE, content)], progress=nothing), out, keeper.recipient)
    assert (await restore(keeper.source(), tmp_path / "new", Still(MORNING))).people == 1
    assert rows_of_people(tmp_path / "new")["outbox"] == 0


async def test_an_erasure_under_way_where_it_is_known(tmp_path: Path, keeper: Keeper) -> None:
    """Begun after the backup, not finished, and the person has come back: what was erased is erased, what began since was never in it."""
    data = tmp_path / "data"
    await backed_up(data, keeper)
    async with opened(data) as storage:
        await storage.write([change(update=3, expected_version=1, conversation=None, erase=True, cover_until=MORNING + DAY)])
        await storage.write([change(update=4)])
    found = await restore(keeper.source(with_key=False), data, Still(MORNING + HOUR), replaces=True)
    assert (found.erased_since, found.people) == (1, 0)


async def test_a_restored_conversation_is_not_younger(tmp_path: Path, keeper: Keeper) -> None:
    """Hiding it is no touch by the person: it ages out when it would have."""
    timers = {"idle": MORNING + HOUR, "answers": MORNING + DAY}
    talking = begin(program(), locale="es").evolve(timers=timers)
    async with opened(tmp_path / "data") as storage:
        await storage.write([change(conversation=encode_conversation(talking), due_at=MORNING + HOUR)])
    make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=MORNING)
    make_key_backup(tmp_path / "data", keeper.key, keeper.recipient)
    await restore(keeper.source(), tmp_path / "new", Still(MORNING + DAY + HOUR))
    with reading(tmp_path / "new" / DATABASE_FILE) as raw:
        assert raw.execute("SELECT version, touched_day FROM conversation").fetchall() == [(2, MORNING // DAY)]


@pytest.mark.parametrize("phone", list(PhoneUse))
def test_hiding_keeps_answers_but_on_a_watched_phone(phone: PhoneUse) -> None:
    """As the idle timer would: hidden, nothing that writes left; a watched phone's answers are gone with its screen."""
    talking = begin(program(), locale="es").evolve(
        phone=phone, answers={"a": ("b",)}, timers={"idle": MORNING + HOUR, "answers": MORNING + DAY, "wait": MORNING + 900}
    )
    watched = phone in (PhoneUse.CHECKED, PhoneUse.LENT)
    after = hidden(talking, program(), MORNING)
    assert after.mode is Mode.DIMMED
    assert after.here == Position(flow="cover", step="card")
    assert bool(after.answers) is not watched
    assert dict(after.timers) == {"answers": MORNING + DAY}


def test_hiding_when_the_program_has_gone() -> None:
    """The answers still end when they would have."""
    talking = begin(program(), locale="es").evolve(timers={"idle": MORNING + 300, "wait": MORNING})
    assert dict(hidden(talking, None, MORNING).timers) == {"answers": MORNING + 300}


async def test_what_has_aged_out_since_is_gone(tmp_path: Path, keeper: Keeper) -> None:
    """Time has passed for the backup as well."""
    await backed_up(tmp_path / "data", keeper)
    found = await restore(keeper.source(), tmp_path / "new", Still(MORNING + 6 * DAY))
    assert found.people == 0
    assert rows_of_people(tmp_path / "new")["conversation_key"] == 0


# -- copying ---------------------------------------------------------------------------------------------------------------------


async def test_a_copy_taken_during_writes_is_of_one_moment(tmp_path: Path, keeper: Keeper) -> None:
    """Two rows of each transaction: both or none, in every one of many copies, and the writer is never refused."""
    data = tmp_path / "data"
    async with opened(data):
        pass
    stop, problems = threading.Event(), []
    written = threading.Semaphore(0)

    def write() -> None:
        try:
            with closing(sqlite3.connect(data / DATABASE_FILE, isolation_level=None, timeout=10)) as raw:
                number = 0
                while not stop.is_set():
                    number += 1
                    raw.execute("BEGIN IMMEDIATE")
                    raw.execute("INSERT INTO update_seen VALUES (?, 0)", (number,))
                    raw.execute("INSERT INTO quarantine VALUES (?, 'x', 1, 0)", (number,))
                    raw.execute("COMMIT")
                    written.release()
        except sqlite3.Error as error:
            problems.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    counts = []
    try:
        for turn in range(8):
            for _ in range(20):
                assert written.acquire(timeout=30)
            file = tmp_path / f"{turn}.age"
            make_backup(data, file, keeper.recipient, now=MORNING)
            folder = tmp_path / f"opened{turn}"
            folder.mkdir()
            with file.open("rb") as encrypted:
                age.decrypt(encrypted, unpacking := Unpacking(folder, IN_A_BACKUP), keeper.identity.read_text("utf-8"))
            unpacking.finish()
            with reading(folder / DATABASE_FILE) as raw:
                seen, poison = (raw.execute(f"SELECT count(*), max({key}) FROM {table}").fetchone() for key, table in PAIRS)  # noqa: S608
            assert seen == poison
            counts.append(seen[0])
    finally:
        stop.set()
        thread.join()
    assert problems == []
    assert counts == sorted(counts)
    assert counts[0] >= 20


PAIRS = (("update_id", "update_seen"), ("update_id", "quarantine"))


async def test_what_a_killed_bot_left_in_its_log_is_copied(tmp_path: Path, keeper: Keeper) -> None:
    """The newest commits may stand only in the write-ahead log. Making the copy changes neither file."""
    async with opened(tmp_path / "data") as storage:
        await storage.write([change()])
        shutil.copytree(tmp_path / "data", tmp_path / "killed", ignore=shutil.ignore_patterns("*-shm"))
    killed = tmp_path / "killed"
    before = {file.name: file.read_bytes() for file in killed.iterdir()}
    assert before[f"{DATABASE_FILE}-wal"]
    make_backup(killed, keeper.backup, keeper.recipient, now=MORNING)
    assert {name: (killed / name).read_bytes() for name in before} == before
    assert rows_of_people(inside(keeper, tmp_path / "opened"))["conversation"] == 1


async def test_deleted_rows_are_in_no_free_page(tmp_path: Path, keeper: Keeper) -> None:
    """Even where something deleted them without overwriting."""
    data = tmp_path / "data"
    async with opened(data) as storage:
        await storage.write([change()])
    with closing(sqlite3.connect(data / DATABASE_FILE)) as raw, raw:
        raw.execute("PRAGMA secure_delete=OFF").fetchall()
        raw.execute("CREATE TABLE lingering (x)")
        raw.executemany("INSERT INTO lingering VALUES (?)", [(b"lingers" * 300,)] * 50)
        raw.commit()
        raw.execute("DELETE FROM lingering")
    assert b"lingerslingers" in (data / DATABASE_FILE).read_bytes()
    make_backup(data, keeper.backup, keeper.recipient, now=MORNING)
    assert b"lingerslingers" not in (inside(keeper, tmp_path / "opened") / DATABASE_FILE).read_bytes()


async def test_a_damaged_database_is_not_backed_up(tmp_path: Path, keeper: Keeper) -> None:
    """A backup that could not be restored would only be found out when it is needed."""
    await backed_up(tmp_path / "data", keeper)
    keeper.backup.unlink()
    file = tmp_path / "data" / DATABASE_FILE
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\x5a" * 4096 * 5
    file.write_bytes(content)
    with pytest.raises(BackupTrouble, match="cannot be copied"):
        make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=MORNING)
    assert list(keeper.backup.parent.glob("one*")) == []


async def test_an_erasure_is_not_held_up_by_a_backup_that_is_done(tmp_path: Path, keeper: Keeper) -> None:
    """The copy's look at the database ends with it."""
    async with opened(tmp_path / "data") as storage:
        await storage.write([change()])
        make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=MORNING)
        await storage.write([change(update=2, expected_version=1, conversation=None, erase=True, cover_until=MORNING + DAY)])
        assert await storage.finish_erasure(SEEKER)


# -- what does not open ------------------------------------------------------------------------------------------------------------


async def test_another_identity_opens_nothing(tmp_path: Path, keeper: Keeper) -> None:
    """And it is said so."""
    await backed_up(tmp_path / "data", keeper)
    make_identity(tmp_path / "another")
    source = Source(file=keeper.backup, identities=(tmp_path / "another",), key=keeper.key)
    with pytest.raises(BackupTrouble, match="another identity"):
        await restore(source, tmp_path / "new", Still(MORNING))
    assert holds(tmp_path / "new") == []


def holds(folder: Path) -> list[str]:
    """What a failed restore has left."""
    return sorted(file.name for file in folder.iterdir() if file.name != "amparo.lock")


async def test_two_identities(tmp_path: Path, keeper: Keeper) -> None:
    """The key's copy has one of its own, as it should."""
    await backed_up(tmp_path / "data", keeper)
    other = make_identity(tmp_path / "another")
    make_key_backup(tmp_path / "data", tmp_path / "key.age", other)
    both = Source(file=keeper.backup, identities=(keeper.identity, tmp_path / "another"), key=tmp_path / "key.age")
    assert (await restore(both, tmp_path / "new", Still(MORNING))).people == 1
    assert (tmp_path / "new" / KEY_FILE).read_bytes() == (tmp_path / "data" / KEY_FILE).read_bytes()
    assert stat.S_IMODE((tmp_path / "new" / KEY_FILE).stat().st_mode) == 0o400


@pytest.mark.parametrize("where", range(25))
async def test_a_flipped_bit_is_found(tmp_path: Path, keeper: Keeper, where: int) -> None:
    """Anywhere in the file, the header and the padding included."""
    await backed_up(tmp_path / "data", keeper)
    content = bytearray(keeper.backup.read_bytes())
    content[where * 9 if where < 12 else (len(content) - 1) * (where - 12) // 12] ^= 1
    keeper.backup.write_bytes(content)
    with pytest.raises(BackupTrouble):
        await restore(keeper.source(), tmp_path / "new", Still(MORNING))
    assert holds(tmp_path / "new") == []


@pytest.mark.parametrize("left", [0, 1, 100, 200, 65_536, 300_000, -65_552, -1])
async def test_a_file_cut_short_is_found(tmp_path: Path, keeper: Keeper, left: int) -> None:
    """At the edge of a part, too; and so is one that goes on."""
    await backed_up(tmp_path / "data", keeper)
    content = keeper.backup.read_bytes()
    for wrong in (content[:left], content + b"x", content + content):
        keeper.backup.write_bytes(wrong)
        with pytest.raises(BackupTrouble):
            await drill(keeper.source(), Still(MORNING))


async def test_the_wrong_key(tmp_path: Path, keeper: Keeper) -> None:
    """Of another folder, or no key at all."""
    await backed_up(tmp_path / "data", keeper)
    Keyring.load_or_create(tmp_path / "offline")
    (tmp_path / "other.age").unlink(missing_ok=True)
    make_key_backup(tmp_path / "offline", tmp_path / "other.age", keeper.recipient)
    with pytest.raises(BackupTrouble, match="key file"):
        await restore(Source(file=keeper.backup, identities=(keeper.identity,), key=tmp_path / "other.age"), tmp_path / "n", Still(MORNING))
    with pytest.raises(BackupTrouble, match="no copy of a key"):
        await restore(Source(file=keeper.backup, identities=(keeper.identity,), key=keeper.backup), tmp_path / "n", Still(MORNING))
    with pytest.raises(BackupTrouble, match="no backup of Amparo"):
        await restore(Source(file=keeper.key, identities=(keeper.identity,), key=keeper.key), tmp_path / "n", Still(MORNING))
    with pytest.raises(BackupTrouble, match="--key"):
        await restore(keeper.source(with_key=False), tmp_path / "n", Still(MORNING))
    assert holds(tmp_path / "n") == []


async def test_tables_of_a_newer_version(tmp_path: Path, keeper: Keeper) -> None:
    """Told as what it is."""
    await backed_up(tmp_path / "data", keeper)
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE_FILE)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    keeper.backup.unlink()
    make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=MORNING)
    with pytest.raises(BackupTrouble, match="newer Amparo"):
        await drill(keeper.source(), Still(MORNING))


async def test_a_row_that_does_not_open_is_counted(tmp_path: Path, keeper: Keeper) -> None:
    """A drill tells what a person would lose."""
    data = tmp_path / "data"
    await backed_up(data, keeper)
    with closing(sqlite3.connect(data / DATABASE_FILE)) as raw, raw:
        raw.execute("UPDATE address SET sealed = zeroblob(40)")
    keeper.backup.unlink()
    make_backup(data, keeper.backup, keeper.recipient, now=MORNING)
    assert (await drill(keeper.source(), Still(MORNING))).unreadable == 1


# -- the folder --------------------------------------------------------------------------------------------------------------------


async def test_a_folder_in_use_is_refused(tmp_path: Path, keeper: Keeper) -> None:
    """Stop the bot first."""
    await backed_up(tmp_path / "data", keeper)
    with DataFolder.lock(tmp_path / "data"), pytest.raises(BackupTrouble, match="Another process"):
        await restore(keeper.source(), tmp_path / "data", Still(MORNING), replaces=True)


async def test_what_is_there_is_set_aside(tmp_path: Path, keeper: Keeper) -> None:
    """Never overwritten, and only when asked; the key that is there is used, and stays."""
    data = tmp_path / "data"
    await backed_up(data, keeper)
    async with opened(data) as storage:
        await storage.write([change(OTHER, 9)])
    former = {name: (data / name).read_bytes() for name in (DATABASE_FILE, KEY_FILE)}
    with pytest.raises(BackupTrouble, match="--replace"):
        await restore(keeper.source(), data, Still(MORNING + 60))
    found = await restore(keeper.source(with_key=False), data, Still(MORNING + 60), replaces=True)
    assert found.aside is not None
    assert (found.aside / DATABASE_FILE).read_bytes() == former[DATABASE_FILE]
    assert (data / KEY_FILE).read_bytes() == former[KEY_FILE]
    assert rows_of_people(data)["conversation"] == 1
    assert rows_of_people(found.aside)["conversation"] == 2
    assert stat.S_IMODE(found.aside.stat().st_mode) == 0o700


async def test_a_damaged_folder_is_replaced(tmp_path: Path, keeper: Keeper) -> None:
    """The case backups are for: the database is broken, the key is there."""
    data = tmp_path / "data"
    await backed_up(data, keeper)
    (data / DATABASE_FILE).write_bytes(b"not a database at all" * 1000)
    found = await restore(keeper.source(with_key=False), data, Still(MORNING + 60), replaces=True)
    assert (found.people, found.erased_since) == (1, 0)


async def test_another_key_in_the_folder_goes_aside_with_what_it_opens(tmp_path: Path, keeper: Keeper) -> None:
    """The folder belonged to another copy."""
    data = tmp_path / "other"
    await backed_up(tmp_path / "data", keeper)
    async with opened(data) as storage:
        await storage.write([change(OTHER)])
    former = (data / KEY_FILE).read_bytes()
    found = await restore(keeper.source(), data, Still(MORNING + 60), replaces=True)
    assert found.aside is not None
    assert (found.aside / KEY_FILE).read_bytes() == former
    assert (data / KEY_FILE).read_bytes() == (tmp_path / "data" / KEY_FILE).read_bytes()


async def test_what_was_switched_off_stays_off(tmp_path: Path, keeper: Keeper) -> None:
    """In either copy: a dangerous number must not come back with a backup."""
    data = tmp_path / "data"
    data.mkdir()
    (data / SWITCHED_OFF).write_text("one\ntwo\n", "utf-8")
    await backed_up(data, keeper)
    (data / SWITCHED_OFF).write_text("two\nthree\n", "utf-8")
    await restore(keeper.source(), data, Still(MORNING), replaces=True)
    assert (data / SWITCHED_OFF).read_text("utf-8").split() == ["one", "two", "three"]
    await restore(keeper.source(), tmp_path / "new", Still(MORNING))
    assert (tmp_path / "new" / SWITCHED_OFF).read_text("utf-8").split() == ["one", "two"]


async def test_after_a_week_only_when_it_is_meant(tmp_path: Path, keeper: Keeper) -> None:
    """People were promised that a week later no backup holds them."""
    await backed_up(tmp_path / "data", keeper)
    with pytest.raises(BackupTrouble, match="--even-old"):
        await restore(keeper.source(), tmp_path / "new", Still(MORNING + OLDEST_SECONDS + 1))
    assert (await restore(keeper.source(), tmp_path / "new", Still(MORNING + OLDEST_SECONDS + 1), even_old=True)).made_at == MORNING


async def test_a_drill_touches_nothing(tmp_path: Path, keeper: Keeper) -> None:
    """With the key and without."""
    await backed_up(tmp_path / "data", keeper)
    before = everything(tmp_path)
    assert await drill(keeper.source(), Still(MORNING)) == Restored(made_at=MORNING, people=1, with_key=True)
    assert await drill(keeper.source(with_key=False), Still(MORNING)) == Restored(made_at=MORNING, people=1)
    assert everything(tmp_path) == before


def everything(folder: Path) -> dict[Path, bytes]:
    """Every file below, and what is in it."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


async def test_what_a_killed_restore_left_is_cleared(tmp_path: Path, keeper: Keeper) -> None:
    """It is not taken for something of ours."""
    await backed_up(tmp_path / "data", keeper)
    (tmp_path / "new" / "restoring").mkdir(parents=True)
    (tmp_path / "new" / "restoring" / DATABASE_FILE).write_bytes(b"half")
    assert (await restore(keeper.source(), tmp_path / "new", Still(MORNING))).people == 1
    assert not (tmp_path / "new" / "restoring").exists()


async def test_files_are_nobody_elses(tmp_path: Path, keeper: Keeper) -> None:
    """And never overwritten."""
    await backed_up(tmp_path / "data", keeper)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in keeper.backup.parent.iterdir()}
    assert modes == {"identity": 0o400, "one.age": 0o600, "key.age": 0o600}
    with pytest.raises(BackupTrouble, match="there already"):
        make_backup(tmp_path / "data", keeper.backup, keeper.recipient, now=MORNING)
    with pytest.raises(BackupTrouble, match="cannot be written"):
        make_backup(tmp_path / "data", tmp_path / "no such folder" / "x", keeper.recipient, now=MORNING)


class Full:
    """A disk without room."""

    def write(self, part: bytes) -> int:
        """Refuses."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Would have nothing to do."""


async def test_a_full_disk_is_told_as_one(tmp_path: Path, keeper: Keeper) -> None:
    """The library below would call it an error of encryption, or of the file; and nothing half made is left."""
    await backed_up(tmp_path / "data", keeper)
    with keeper.backup.open("rb") as file, pytest.raises(OSError, match="No space left"):
        age.encrypt(file, Full(), keeper.recipient)
    with keeper.backup.open("rb") as file, pytest.raises(OSError, match="No space left"):
        age.decrypt(file, Full(), keeper.identity.read_text("utf-8"))
    with keeper.identity.open("rb") as file, pytest.raises(age.AgeError, match="no age file"):
        age.decrypt(file, Full(), keeper.identity.read_text("utf-8"))
    assert age.recipients_of(keeper.identity.read_text("utf-8")) == (keeper.recipient,)


def test_a_backup_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither under its name nor beside it."""
    asyncio.run(data_folder(tmp_path / "data"))
    recipient = make_identity(tmp_path / "identity")

    def breaks(_: object, out: Full, __: str) -> None:
        out.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.security.age.encrypt", breaks)
    (tmp_path / "backups").mkdir()
    with pytest.raises(BackupTrouble, match="No space left"):
        make_backup(tmp_path / "data", tmp_path / "backups" / "b.age", recipient, now=MORNING)
    assert list((tmp_path / "backups").iterdir()) == []


# -- the container -----------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 1 << 34))
def test_sizes_tell_little(size: int) -> None:
    """At most an eighth more, and few different ones."""
    full = padded(size)
    assert size <= full
    assert full <= max(1 << 20, size + size // 8 + (1 << 16))
    assert padded(full) == full


@given(st.lists(st.binary(max_size=300), max_size=2), st.lists(st.integers(1, 70_000), min_size=1), st.integers(1, 5000))
def test_packed_and_unpacked(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], reads: list[int], portion: int) -> None:
    """In whatever portions it is read and written."""
    files = list(zip((DATABASE_FILE, SWITCHED_OFF), contents, strict=False))
    packed = Packed(made_at=7, schema="0001", files=files, progress=nothing)
    content, turn = b"", 0
    while part := packed.read(reads[turn % len(reads)] + 4000):
        content, turn = content + part, turn + 1
    assert len(content) == packed.size
    folder = tmp_path_factory.mktemp("unpacked")
    unpacking = Unpacking(folder, IN_A_BACKUP)
    head = content[:3000]
    for start in range(0, len(head), portion):
        unpacking.write(head[start : start + portion])
    unpacking.write(content[3000:])
    manifest = unpacking.finish()
    assert (manifest.made_at, manifest.schema) == (7, "0001")
    assert [(name, (folder / name).read_bytes()) for name, _ in files] == files


@pytest.mark.parametrize(
    "files",
    [
        [{"name": "../amparo.key", "size": 0, "sha256": ""}],
        [{"name": KEY_FILE, "size": 0, "sha256": ""}],
        [{"name": DATABASE_FILE, "size": -1, "sha256": ""}],
        [{"name": DATABASE_FILE, "size": 0, "sha256": ""}] * 2,
        [{"name": DATABASE_FILE}],
        [7],
    ],
)
def test_a_forged_list_of_files(files: list[object]) -> None:
    """Anybody who knows the recipient can write a backup: it can only name what a backup holds."""
    line = json.dumps({"format": "amparo backup 1", "made_at": 1, "schema": "0001", "files": files}).encode()
    with pytest.raises(BackupBroken):
        read_line(line, IN_A_BACKUP)


@pytest.mark.parametrize("line", [b"", b"[]", b"7", b"\xff", b'{"format": "amparo backup 2"}', b"{}"])
def test_another_line(line: bytes) -> None:
    """No stack trace for whatever stands there."""
    with pytest.raises(BackupBroken):
        read_line(line, IN_A_BACKUP)


def test_content_that_is_not_what_was_packed(tmp_path: Path) -> None:
    """Hash by hash, and nothing after the end but zeros."""
    packed = Packed(made_at=7, schema="0001", files=[(DATABASE_FILE, b"x" * 900)], progress=nothing)
    content = b""
    while part := packed.read(1 << 16):
        content += part
    for number, wrong in enumerate((content.replace(b"xx", b"xy", 1), content[:-1] + b"1", content + b"1")):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(BackupBroken):
            Unpacking(folder, IN_A_BACKUP).write(wrong)
    unpacking = Unpacking(tmp_path, IN_A_BACKUP)
    unpacking.write(content[:600])
    with pytest.raises(BackupBroken, match="short"):
        unpacking.finish()
    unpacking.close()


# -- the command -------------------------------------------------------------------------------------------------------------------


def amparo(*words: object, **environment: str) -> Result:
    """Run a command. Whatever it raised but an exit is a stack trace to the person who typed it."""
    app = typer.Typer()
    cli_backup.add_to(app)
    found = CliRunner(env={"AMPARO_BACKUP_RECIPIENT": "", "AMPARO_DATA": "", **environment}).invoke(app, [str(word) for word in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def refused(found: Result) -> str:
    """The one line that says what is wrong."""
    assert found.exit_code == 2
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("amparo: ")
    return lines[0]


async def data_folder(folder: Path) -> None:
    """With somebody who talks today."""
    async with opened(folder) as storage:
        await storage.write([change(at=int(SystemClock().now()))])


def test_the_whole_path_by_hand(tmp_path: Path) -> None:
    """As docs/backup.md tells it: identities, backup, copy of the key, drill, restore."""
    data = tmp_path / "data"
    asyncio.run(data_folder(data))
    recipients = [amparo("backup-identity", tmp_path / name).stdout.strip().splitlines()[-1] for name in ("backups", "keys")]
    assert all(recipient.startswith("age1") for recipient in recipients)
    made = amparo("backup", tmp_path / "b.age", AMPARO_DATA=str(data), AMPARO_BACKUP_RECIPIENT=recipients[0])
    assert made.exit_code == 0
    assert "Delete it within 7 days" in made.stdout
    key = amparo("backup-key", tmp_path / "k.age", "--to", recipients[1], "--data", data, AMPARO_BACKUP_RECIPIENT=recipients[0])
    assert "lost for good" in key.stdout
    assert "everything can be read" in key.stdout
    assert "!!" not in key.stdout
    opening = ("--identity", tmp_path / "backups", "--identity", tmp_path / "keys", "--key", tmp_path / "k.age")
    tried = amparo("restore", tmp_path / "b.age", *opening, "--verify")
    assert tried.exit_code == 0
    assert "It would work" in tried.stdout
    assert "people in it: 1." in tried.stdout
    done = amparo("restore", tmp_path / "b.age", *opening, "--data", tmp_path / "new")
    assert done.exit_code == 0
    assert "must erase again" in done.stdout
    assert "old; people in it: 1." in done.stdout
    assert rows_of_people(tmp_path / "new")["conversation"] == 1
    assert "not empty" in refused(amparo("restore", tmp_path / "b.age", *opening, "--data", tmp_path / "new"))
    again = amparo("restore", tmp_path / "b.age", *opening, "--data", tmp_path / "new", "--replace")
    assert f"{tmp_path / 'new'}/before-" in again.stdout


def test_one_identity_for_both_is_warned_of(tmp_path: Path) -> None:
    """It is possible, and it is said what it means."""
    recipient = make_identity(tmp_path / "identity")
    Keyring.load_or_create(tmp_path)
    found = amparo("backup-key", tmp_path / "k.age", "--to", recipient, "--data", tmp_path, AMPARO_BACKUP_RECIPIENT=recipient)
    assert found.exit_code == 0
    assert "!!" in found.stdout


def test_a_drill_without_the_key_says_so(tmp_path: Path) -> None:
    """Half a drill must not look like a whole one."""
    asyncio.run(data_folder(tmp_path / "data"))
    recipient = make_identity(tmp_path / "identity")
    amparo("backup", tmp_path / "b.age", "--to", recipient, "--data", tmp_path / "data")
    found = amparo("restore", tmp_path / "b.age", "--identity", tmp_path / "identity", "--verify")
    assert "the key was not tried" in found.stdout


def test_a_drill_that_finds_something_fails(tmp_path: Path) -> None:
    """A timer that runs it must notice."""
    data = tmp_path / "data"
    asyncio.run(data_folder(data))
    with closing(sqlite3.connect(data / DATABASE_FILE)) as raw, raw:
        raw.execute("UPDATE address SET sealed = zeroblob(40)")
    recipient = make_identity(tmp_path / "identity")
    amparo("backup", tmp_path / "b.age", "--to", recipient, "--data", data)
    amparo("backup-key", tmp_path / "k.age", "--to", recipient, "--data", data)
    found = amparo("restore", tmp_path / "b.age", "--identity", tmp_path / "identity", "--key", tmp_path / "k.age", "--verify")
    assert found.exit_code == 1
    assert "do not open with this key: 1" in found.stdout


def test_a_backup_from_the_future(tmp_path: Path) -> None:
    """A wrong clock spoils every time that follows from it."""
    asyncio.run(data_folder(tmp_path / "data"))
    recipient = make_identity(tmp_path / "identity")
    make_backup(tmp_path / "data", tmp_path / "b.age", recipient, now=int(SystemClock().now()) + DAY)
    found = amparo("restore", tmp_path / "b.age", "--identity", tmp_path / "identity", "--verify")
    assert "clock is wrong" in found.stdout


def test_refusals(tmp_path: Path) -> None:
    """One line each, and never the secret that was given by mistake."""
    recipient = make_identity(tmp_path / "identity")
    secret = (tmp_path / "identity").read_text("utf-8").splitlines()[-1]
    here = ("--data", tmp_path / "nothing")
    assert "AMPARO_BACKUP_RECIPIENT" in refused(amparo("backup", tmp_path / "b.age", *here))
    assert "no database" in refused(amparo("backup", tmp_path / "b.age", "--to", recipient, *here))
    assert "--to" in refused(amparo("backup-key", tmp_path / "k.age", *here))
    assert KEY_FILE in refused(amparo("backup-key", tmp_path / "k.age", "--to", recipient, *here))
    assert "there already" in refused(amparo("backup-identity", tmp_path / "identity"))
    asyncio.run(data_folder(tmp_path / "data"))
    line = refused(amparo("backup", tmp_path / "b.age", "--to", secret, "--data", tmp_path / "data"))
    assert "a secret" in line
    assert secret not in line
    assert "no age recipient" in refused(amparo("backup", tmp_path / "b.age", "--to", "age1x", "--data", tmp_path / "data"))
    opening = ("--identity", tmp_path / "identity")
    assert "cannot be read" in refused(amparo("restore", tmp_path / "b.age", *opening, "--verify"))
    (tmp_path / "b.age").write_text("nothing of ours", "utf-8")
    assert "no age file" in refused(amparo("restore", tmp_path / "b.age", *opening, "--verify"))
    assert "no age identity" in refused(amparo("restore", tmp_path / "b.age", "--identity", tmp_path / "b.age", "--verify"))
    assert "cannot be read" in refused(amparo("restore", tmp_path / "b.age", "--identity", tmp_path / "none", "--verify"))
