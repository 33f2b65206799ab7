"""Our own recordings and numbered pictures, from `content/voice/`: `<name>.<locale>.ogg` and `<name>.png`."""

from __future__ import annotations

from pathlib import Path


class FolderRecordings:
    """Reads a file when it is first needed and keeps it: they are few and small."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, bytes | None] = {}

    def recording(self, name: str, locale: str) -> bytes | None:
        """The recording in this language, else in Spanish."""
        return self._file(f"{name}.{locale}.ogg") or self._file(f"{name}.es.ogg")

    def picture(self, name: str) -> bytes | None:
        """The picture."""
        return self._file(f"{name}.png")

    def _file(self, name: str) -> bytes | None:
        if name not in self._read:
            path = self._folder / name
            self._read[name] = path.read_bytes() if path.is_file() else None
        return self._read[name]
