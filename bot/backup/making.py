"""Making a backup, a copy of the key, and the identity that opens them.

A backup is made for a recipient whose identity is kept offline, so whoever takes the server finds nothing that opens it. The key file never
goes into it: a backup with both would bring back everybody who asked to be forgotten. A copy of the key is a file of its own, for a place
of its own.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from bot.backup.container import Packed, Progress
from bot.house import SWITCHED_OFF
from bot.security import age
from bot.security.age import AgeError
from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.storage.copying import copied
from bot.storage.folder import DATABASE_FILE
from bot.usecases.ports import StorageDown

IN_A_BACKUP: Final = frozenset({DATABASE_FILE, SWITCHED_OFF})


class BackupTrouble(Exception):
    """A backup cannot be made or restored. The message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup on the disk. `size` in bytes; `schema`: revision of its tables."""

    file: Path
    size: int
    schema: str


def nothing(_: int, __: int) -> None:
    """Progress that nobody looks at."""


def make_backup(data: Path, file: Path, recipient: str, *, now: int, progress: Progress = nothing) -> Made:
    """Copy the data folder's database and its switched-off facts into a new `file` for `recipient`. `now`: unix seconds.

    The bot may run meanwhile. Raises `BackupTrouble`.
    """
    try:
        copy = copied(data / DATABASE_FILE, progress)
    except StorageDown as error:
        raise BackupTrouble(f"the database in {data} cannot be copied: {error}") from None
    except MemoryError:
        raise BackupTrouble("there is not enough memory: a backup needs four times the size of the database for a moment") from None
    files = [(DATABASE_FILE, copy.content), *_switched_off(data)]
    packed = Packed(made_at=now, schema=copy.schema, files=files, progress=progress)
    _written(file, lambda out: age.encrypt(packed, out, recipient))
    return Made(file=file, size=file.stat().st_size, schema=copy.schema)


def make_key_backup(data: Path, file: Path, recipient: str) -> None:
    """Copy the key file into a new `file` for `recipient`. Raises `BackupTrouble`."""
    key = data / KEY_FILE
    if not key.is_file():
        raise BackupTrouble(f"there is no {KEY_FILE} in {data}")
    try:
        Keyring.load_or_create(data)  # a copy of something that is no key would only be found out when it is needed
    except KeyFileError as error:
        raise BackupTrouble(str(error)) from None
    _written(file, lambda out: age.encrypt(io.BytesIO(key.read_bytes()), out, recipient))


def make_identity(file: Path) -> str:
    """Write a new identity into a new `file` that its owner alone may read; answers its recipient. Raises `BackupTrouble`."""
    content, recipient = age.new_identity()
    _written(file, lambda out: out.write(content.encode()), mode=0o400)
    return recipient


def _switched_off(data: Path) -> list[tuple[str, bytes]]:
    """A fact that somebody took off every screen must stay off in a restored copy."""
    try:
        return [(SWITCHED_OFF, (data / SWITCHED_OFF).read_bytes())]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BackupTrouble(f"{data / SWITCHED_OFF} cannot be read: {error.strerror}") from None


def _written(file: Path, write: Callable[[BinaryIO], object], *, mode: int = 0o600) -> None:
    """Write beside, flush, then rename: under its name a file is whole or is not there. One that is there is never overwritten."""
    if os.path.lexists(file):
        raise BackupTrouble(f"{file} is there already: name another, nothing is ever overwritten")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
        _flush(file.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, AgeError):
            raise BackupTrouble(str(error)) from None
        if isinstance(error, OSError):
            raise BackupTrouble(f"{file} cannot be written: {error.strerror or type(error).__name__}") from None
        raise


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
