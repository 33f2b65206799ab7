"""One process a folder: the second is told so, and a dead one leaves nothing in the way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage.folder import LOCK_FILE, DataFolder, FolderError, FolderInUse

HOLD = """
import sys, time
from pathlib import Path
from bot.storage.folder import DataFolder
folder = DataFolder.lock(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with DataFolder.lock(tmp_path / "a" / "b") as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder.path / LOCK_FILE).stat().st_mode) == 0o600
        assert folder.database.parent == folder.path


def test_a_second_lock_is_refused_and_a_released_one_is_not(tmp_path: Path) -> None:
    folder = DataFolder.lock(tmp_path)
    with pytest.raises(FolderInUse, match="Another process runs"):
        DataFolder.lock(tmp_path)
    folder.release()
    folder.release()
    with DataFolder.lock(tmp_path):
        pass


def test_another_process_is_kept_out_until_it_dies(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(FolderInUse):
            DataFolder.lock(tmp_path)
        other.send_signal(signal.SIGKILL)
        other.wait()
        with DataFolder.lock(tmp_path):
            pass
    finally:
        other.kill()
        other.communicate()


def test_a_path_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be used"):
        DataFolder.lock(tmp_path / "file")
