"""Room kept for the moment the disk is full: four megabytes, given back then, so that exits and wipes still work (promises.md R9)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()
BALLAST_FILE: Final = "amparo.ballast"
BYTES: Final = 4 * 1024 * 1024
PLENTY: Final = 16 * BYTES


class Ballast:
    """A file of the data folder that holds nothing."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / BALLAST_FILE

    def take_on(self) -> None:
        """Make the file, when it is not there and there is plenty of room."""
        free = os.statvfs(self._file.parent)
        if self._file.exists() or free.f_bavail * free.f_frsize < PLENTY:
            return
        try:
            with self._file.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BYTES)
        except OSError as error:
            log.warning("no_ballast", error=type(error).__name__)
            self._file.unlink(missing_ok=True)

    def drop(self) -> None:
        """Give the room back, when there is none left otherwise."""
        free = os.statvfs(self._file.parent)
        if free.f_bavail * free.f_frsize < BYTES and self._file.exists():
            self._file.unlink(missing_ok=True)
            log.error("ballast_dropped", reason="disk_full")
