"""Several programs on one database file: the bot, a second opening in its own process (the demo makes its people so), and the command line.

SQLite's locks are the kernel's POSIX locks. They belong to a process and a file: whoever closes *any* descriptor of the file drops them
all, also those of SQLite beside it. The next program to close the database then believes that it is the last and removes the log, and what
the bot writes from there on is in a file that no longer exists.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage.database import Database, Options
from bot.storage.folder import DataFolder, FolderInUse
from bot.usecases.desk_ports import DeskVerdict, DeskWrite
from bot.usecases.ports import StorageDown
from tests.bot.storage.desk import responder
from tests.bot.storage.house import START, House

COMMAND_LINE = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute('SELECT count(*) FROM responder').fetchone()[0]); c.close()"
)


def counted(path: Path) -> int:
    """What another process finds, which opens the file, reads and closes it."""
    ran = subprocess.run([sys.executable, "-c", COMMAND_LINE, str(path)], capture_output=True, text=True, check=True)
    return int(ran.stdout)


async def test_a_second_opening_and_another_process_leave_the_log_where_it_is(house: House) -> None:
    async with await house.open() as storage:
        assert await storage.write_desk(DeskWrite(at=START, responders=(responder(),))) is DeskVerdict.COMMITTED
        before = house.log.stat().st_ino
        async with await house.open() as second:
            assert len((await second.staff()).responders) == 1
        database = await Database.open(house.path, Options())
        await database.close()
        assert counted(house.path) == 1
        assert house.log.exists()
        assert house.log.stat().st_ino == before
        assert await storage.write_desk(DeskWrite(at=START, responders=(responder(account=b"b" * 32),))) is DeskVerdict.COMMITTED
        assert counted(house.path) == 2, "written to the log everybody reads"


async def test_an_existing_file_is_not_opened_beside_sqlite(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = os.open

    def watched(path: object, flags: int, mode: int = 0o777, **rest: int) -> int:
        handle = real(path, flags, mode, **rest)  # type: ignore[arg-type]  # as it came
        if str(path) == str(house.path):
            opened.append(flags)
        return handle

    monkeypatch.setattr(os, "open", watched)
    async with await house.open():
        pass
    async with await house.open():
        pass
    assert len(opened) == 1
    assert opened[0] & os.O_EXCL
    assert stat.S_IMODE(house.path.stat().st_mode) == 0o600


async def test_what_is_no_file_is_down(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageDown):
        await Database.open(tmp_path / "folder", Options())
    with pytest.raises(StorageDown):
        await Database.open(tmp_path / "nowhere" / "amparo.sqlite3", Options())


def test_somebody_who_is_refused_the_folder_takes_no_lock_from_who_has_it(tmp_path: Path) -> None:
    """The folder's lock is `flock`: it hangs on the opening, not on the process."""
    with DataFolder.lock(tmp_path):
        for _ in range(2):
            with pytest.raises(FolderInUse):
                DataFolder.lock(tmp_path)
