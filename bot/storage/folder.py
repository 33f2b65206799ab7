"""The data folder: one per running copy. It holds the database, the key file and a lock that keeps a second copy out.

Two processes on one folder would both believe they alone number rows and hold the newest of each conversation. The lock is the kernel's
(`flock`): it goes when the process goes, however it goes, and leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final, Self

DATABASE_FILE: Final = "amparo.sqlite3"
LOCK_FILE: Final = "amparo.lock"


class FolderError(Exception):
    """The data folder cannot be used. The message says why and what to do."""


class FolderInUse(FolderError):
    """Another process runs on this data folder. Stop it first, or give this one a folder of its own."""


class DataFolder:
    """A locked data folder; a context manager. `path`, `database` say where things are."""

    __slots__ = ("_handle", "path")

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def lock(cls, path: Path) -> Self:
        """Make the folder when it is missing (mode 0700) and lock it. Raises `FolderError`, `FolderInUse`."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise FolderError(f"the data folder cannot be used: {error.strerror}. It must be a folder this user may write to.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise FolderInUse(str(FolderInUse.__doc__)) from None
        return cls(path, handle)

    @property
    def database(self) -> Path:
        """The database file."""
        return self.path / DATABASE_FILE

    def release(self) -> None:
        """Let go; harmless when repeated."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
