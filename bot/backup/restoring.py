"""Restoring a backup, or trying whether it could be restored.

Everything is done in a folder beside the real one; only what was read whole, checked, brought to the newest tables and opened with the key
takes its place. What was there before is set aside, never overwritten.

A restored copy knows nothing of what happened after the backup, so it never writes first: what was owed is gone, every screen counts as
hidden, and agreed messages are dropped, because the person may have left, erased, or lost the phone since. It answers whoever writes, goes
on deleting the messages it knows of, and tells people that something older may stand in their chat. At the desk no clock runs, nothing of a
responder's is on its way, and nobody answers whose access may have been taken away since (`bot.backup.desk`). docs/backup.md tells who runs
it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from bot.backup.container import BackupBroken, Manifest, Progress, Unpacking
from bot.backup.desk import desk_silenced
from bot.backup.making import IN_A_BACKUP, BackupTrouble, nothing
from bot.ballast import BALLAST_FILE
from bot.domain.seeker import SeekerId
from bot.house import SWITCHED_OFF
from bot.security import age
from bot.security.age import AgeError
from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.storage.folder import DATABASE_FILE, LOCK_FILE, DataFolder, FolderError
from bot.storage.restoring import Quieted, quieted
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.storage.trail import HEAD_FILE
from bot.usecases.ports import Change, Clock, Held, StorageDown, Verdict
from flows.advance import advance
from flows.authoring.bundle import Bundle
from flows.authoring.compile import compile_program
from flows.codec import EnvelopeError, decode_conversation, encode_conversation
from flows.events import TimerFired
from flows.program import Program
from flows.state import Conversation

OLDEST_SECONDS: Final = 7 * 86_400
"""Backups are deleted after a week (promises.md 22): an older one brings back people who were promised to be forgotten."""
TOO_OLD: Final = "this backup is more than a week old: people who were promised to be forgotten are in it. To use it, say --even-old"
_STAGING: Final = "restoring"
_PAGE: Final = 64
_SIDE_FILES: Final = tuple(f"{DATABASE_FILE}{end}" for end in ("-wal", "-shm"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is restored from. `identities`: files that open the backup and the key's copy; `key`: the key's copy, if it is to be used."""

    file: Path
    identities: Sequence[Path]
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it. `made_at`: unix seconds. `people`: with anything held of them. `unreadable`: rows that do not open with the key.

    `erased_since`: people whom the copy set aside had erased after the backup, erased here too. `with_key`: whether the key was tried.
    `aside`: where the former files are. `cases`: of people who asked for a person; `ended_since`: cases that ended after the backup, gone
    here too. `to_approve`: responders who must be approved again before they see anything.
    """

    made_at: int
    people: int
    unreadable: int = 0
    erased_since: int = 0
    with_key: bool = False
    aside: Path | None = None
    cases: int = 0
    ended_since: int = 0
    to_approve: int = 0


async def drill(source: Source, clock: Clock, *, progress: Progress = nothing) -> Restored:
    """Do all that `restore` does into a folder that goes again, in memory where there is room. Raises `BackupTrouble`."""
    with tempfile.TemporaryDirectory(prefix="amparo-drill-", dir=_room(source.file)) as folder:
        return await _staged(source, Path(folder), clock, later=None, progress=progress)


async def restore(
    source: Source, data: Path, clock: Clock, *, replaces: bool = False, even_old: bool = False, progress: Progress = nothing
) -> Restored:
    """Put a backup into the data folder `data`. Raises `BackupTrouble`; the folder is then as it was, unless the disk failed between the
    last renames: then what is missing from it lies in its `before-...`.

    `replaces`: what is there may be set aside; its key is used when `source` has none, and erasures it knows of are taken over.
    `even_old`: also a backup that should have been deleted.
    """
    try:
        with DataFolder.lock(data):
            _look(source, data, replaces=replaces)
            with _staging(data) as folder:
                if source.key is None:
                    _private(folder / KEY_FILE, (data / KEY_FILE).read_bytes(), 0o400)
                later = data / DATABASE_FILE
                found = await _staged(source, folder, clock, later=later if later.exists() else None, progress=progress, even_old=even_old)
                return replace(found, aside=_take_place(folder, data, int(clock.now())))
    except FolderError as error:
        raise BackupTrouble(str(error)) from None
    except OSError as error:
        raise BackupTrouble(f"{data} cannot be written: {error.strerror or type(error).__name__}") from None


def _look(source: Source, data: Path, *, replaces: bool) -> None:
    there = {entry.name for entry in data.iterdir()} - {LOCK_FILE, BALLAST_FILE, _STAGING}
    if there and not replaces:
        raise BackupTrouble(f"{data} is not empty: name another folder, or say --replace and what is there is set aside")
    if source.key is None and KEY_FILE not in there:
        raise BackupTrouble(f"there is no {KEY_FILE} in {data}: without the copy of the key (--key) nothing in the backup can be opened")


async def _staged(source: Source, folder: Path, clock: Clock, *, later: Path | None, progress: Progress, even_old: bool = True) -> Restored:
    """Everything but taking the place: open, check, quieten, open with the key."""
    identities = "\n".join(_text(path) for path in source.identities)
    now = int(clock.now())
    try:
        manifest = _unpacked(source.file, folder, identities, progress)
        if now - manifest.made_at > OLDEST_SECONDS and not even_old:
            raise BackupTrouble(
                "this backup is more than a week old: people who were promised to be forgotten are in it. To use it: --even-old"
            )
        if source.key is not None:
            _private(folder / KEY_FILE, _opened(source.key, identities), 0o400)
        quiet = await quieted(folder / DATABASE_FILE, made_at=manifest.made_at, now=now, later=later)
        found = Restored(made_at=manifest.made_at, people=len(quiet.people), erased_since=quiet.erased_since, ended_since=quiet.ended_since)
        return await _with_key(found, folder, quiet, clock) if (folder / KEY_FILE).exists() else found
    except BackupBroken as error:
        raise BackupTrouble(f"{source.file} cannot be used: {error}") from None
    except StorageDown as error:
        raise BackupTrouble(f"the database in {source.file} cannot be used: {error}") from None
    except KeyFileError as error:
        raise BackupTrouble(str(error)) from None


async def _with_key(found: Restored, folder: Path, quiet: Quieted, clock: Clock) -> Restored:
    """Open everything with the key, let time pass, and see that nothing is sent first."""
    keyring = Keyring.load_or_create(folder)
    async with await open_storage(folder / DATABASE_FILE, keyring, clock) as storage:
        await storage.purge(int(clock.now()))
        people = await _silence(storage, quiet.people, made_at=found.made_at, now=int(clock.now()))
        desk = await desk_silenced(storage, quiet, made_at=found.made_at)
        if not await storage.truncate_log():
            raise StorageDown("somebody else reads the restored file")
        return replace(found, people=people, unreadable=storage.unreadable, with_key=True, cases=desk.cases, to_approve=desk.to_approve)


# -- opening -----------------------------------------------------------------------------------------------------------------------


def _unpacked(file: Path, folder: Path, identities: str, progress: Progress) -> Manifest:
    unpacking = Unpacking(folder, IN_A_BACKUP)
    try:
        with _opening(file) as encrypted:
            age.decrypt(_Watched(encrypted, file.stat().st_size, progress), unpacking, identities)
        manifest = unpacking.finish()
    except AgeError as error:
        raise BackupTrouble(f"{file} cannot be opened: {error}") from None
    finally:
        unpacking.close()
    if not (folder / DATABASE_FILE).exists():
        raise BackupBroken("it holds no database")
    return manifest


def _opened(file: Path, identities: str) -> bytes:
    content = _Gathered()
    try:
        with _opening(file) as encrypted:
            age.decrypt(encrypted, content, identities)
    except AgeError as error:
        raise BackupTrouble(f"{file} cannot be opened: {error}") from None
    return bytes(content.held)


@contextmanager
def _opening(file: Path) -> Iterator[BinaryIO]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BackupTrouble(f"{file} cannot be read: {error.strerror}") from None
    with opened:
        yield opened


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BackupTrouble(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no identity file'}") from None


class _Watched:
    """A file whose reading is seen."""

    def __init__(self, inner: BinaryIO, size: int, progress: Progress) -> None:
        self._inner, self._size, self._progress, self._read = inner, size, progress, 0

    def read(self, size: int = -1) -> bytes:
        part = self._inner.read(size)
        self._read += len(part)
        self._progress(self._read, self._size)
        return part


class _Gathered:
    """A small secret, in memory only."""

    _LIMIT: Final = 1 << 16

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, part: bytes) -> int:
        if len(self.held) + len(part) > self._LIMIT:
            raise BackupTrouble("this is no copy of a key: it is too large")
        self.held += part
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""


# -- never writing first -------------------------------------------------------------------------------------------------------------


async def _silence(storage: SqlStorage, people: Sequence[SeekerId], *, made_at: int, now: int) -> int:
    """Take every timer that could write to somebody. Answers how many people anything is held of."""
    programs: dict[str, Program | None] = {}
    there = 0
    for start in range(0, len(people), _PAGE):
        held, _ = await storage.read(people[start : start + _PAGE], ())
        there += sum(one.chat_id is not None for one in held.values())
        changes = [change for seeker, one in held.items() if (change := await _still(storage, programs, seeker, one, made_at, now))]
        for written in await storage.write(changes):
            if written.verdict is not Verdict.COMMITTED:
                raise BackupTrouble(f"a conversation cannot be written ({written.error or written.verdict})")
    return there


async def _still(
    storage: SqlStorage, programs: dict[str, Program | None], seeker: SeekerId, held: Held, made_at: int, now: int
) -> Change | None:
    """The change that hides a conversation without a message, or nothing when it has no timer that writes."""
    if held.conversation is None:
        return None
    try:
        conversation = decode_conversation(held.conversation)
    except EnvelopeError:
        return None  # the person starts from a safe place, as always
    if conversation.timers.keys() <= {"answers"}:
        return None
    if conversation.program not in programs:
        bundle = await storage.program(conversation.program)
        programs[conversation.program] = compile_program(Bundle(id=conversation.program, data=bundle)) if bundle else None
    after = hidden(conversation, programs[conversation.program], now)
    return Change(
        seeker=seeker,
        update_id=None,
        at=made_at,  # a restored conversation is not younger than it is
        expected_version=held.version,
        conversation=encode_conversation(after),
        program=after.program,
        due_at=after.due_at(),
    )


def hidden(conversation: Conversation, program: Program | None, now: int) -> Conversation:
    """As if its screen had been idle: the engine's own idle timer, whose message is not sent. Only the timer that empties answers stays."""
    idle = conversation.timers.get("idle")
    if idle is not None and program is not None:
        conversation, _ = advance(program, conversation, TimerFired(at=max(now, idle), name="idle"))
    left: Mapping[str, int] = {name: at for name, at in conversation.timers.items() if name == "answers"}
    if idle is not None and program is None and not left:  # a watched phone's answers end with its screen
        left = {"answers": idle}
    return conversation.evolve(timers=MappingProxyType(dict(left)))


# -- taking the place ----------------------------------------------------------------------------------------------------------------


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """A folder inside the data folder, so that taking the place is a rename. What a killed restore left there goes first."""
    folder = data / _STAGING
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _take_place(folder: Path, data: Path, now: int) -> Path | None:
    """Former files go aside (the database first: without one nothing starts on half a change), new ones come (the database last)."""
    _stay_off(folder, data)
    new_key = (folder / KEY_FILE).read_bytes()
    same_key = (data / KEY_FILE).exists() and (data / KEY_FILE).read_bytes() == new_key
    former = [DATABASE_FILE, *_SIDE_FILES, SWITCHED_OFF, HEAD_FILE, *(() if same_key else (KEY_FILE,))]
    aside = _move([name for name in former if (data / name).exists()], data, data / f"before-{now}")
    for name in (*(() if same_key else (KEY_FILE,)), SWITCHED_OFF, HEAD_FILE, DATABASE_FILE):
        if (folder / name).exists():
            (folder / name).rename(data / name)
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return aside


def _move(names: Sequence[str], data: Path, aside: Path) -> Path | None:
    if not names:
        return None
    aside.mkdir(mode=0o700)
    for name in names:
        (data / name).rename(aside / name)
    return aside


def _stay_off(folder: Path, data: Path) -> None:
    """A fact switched off in either copy is off: a dangerous number must not come back with a backup."""
    files = [each / SWITCHED_OFF for each in (folder, data) if (each / SWITCHED_OFF).exists()]
    if files:
        names = dict.fromkeys(name for file in files for name in file.read_text("utf-8").splitlines() if name.strip())
        (folder / SWITCHED_OFF).unlink(missing_ok=True)
        _private(folder / SWITCHED_OFF, "".join(f"{name}\n" for name in names).encode(), 0o600)


def _private(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(handle)


def _room(file: Path) -> Path | None:
    """Memory that looks like a folder, when it holds three times the backup; else the system's own place for what goes again."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is this user's alone
    try:
        free = os.statvfs(memory)
        return memory if free.f_bavail * free.f_frsize > 3 * file.stat().st_size and os.access(memory, os.W_OK) else None
    except OSError:
        return None
