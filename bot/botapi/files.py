"""Files the server holds, and the names bots know them by.

A file is stored once; each bot gets its own `file_id` for it (Telegram's identifiers are not portable between bots)
and all share one `file_unique_id`. A download path is alive for an hour after getFile gave it. A test may store a file
by size alone, to be refused as too big without holding the bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

DOWNLOAD_LIMIT = 20 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
PATH_LIFETIME = 3600

EXTENSION: Mapping[str, str] = {
    "photo": ".jpg",
    "voice": ".oga",
    "audio": ".mp3",
    "video": ".mp4",
    "animation": ".mp4",
    "video_note": ".mp4",
    "sticker": ".webp",
}
MIME: Mapping[str, str] = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "animation": "video/mp4",
    "video_note": "video/mp4",
    "sticker": "image/webp",
    "document": "application/octet-stream",
}
FOLDER: Mapping[str, str] = {"photo": "photos", "document": "documents", "video": "videos", "audio": "music"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file part of a multipart call."""

    filename: str
    mime: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """A file on the server; `size` may exceed `len(data)` when a test pretends a big file (a download is then filled up with
    zeros). Without `tells_size` messages and getFile leave `file_size` out, as the Bot API may."""

    number: int
    kind: str
    name: str
    mime: str
    data: bytes
    size: int
    duration: int = 0
    title: str = ""
    performer: str = ""
    tells_size: bool = True
    paths: dict[int, float] = field(default_factory=dict)

    @property
    def unique_id(self) -> str:
        """The same for every bot."""
        return _encode(f"u:{self.number}")

    @property
    def body(self) -> bytes:
        """What a download brings: exactly `size` bytes."""
        return self.data.ljust(self.size, b"\0") if self.size <= DOWNLOAD_LIMIT else self.data

    @property
    def path(self) -> str:
        """What comes after /file/bot<token>/."""
        extension = "." + self.name.rsplit(".", 1)[1] if "." in self.name else EXTENSION.get(self.kind, ".bin")
        safe = "".join(c for c in extension if c.isascii() and (c.isalnum() or c == "."))
        return f"{FOLDER.get(self.kind, self.kind)}/file_{self.number}{safe}"

    def file_id(self, bot_id: int) -> str:
        """The identifier this bot may use."""
        return _encode(f"f:{self.kind}:{bot_id}:{self.number}")


class FileStore:
    """All files of one server, found by number, by a bot's file_id or by download path."""

    def __init__(self) -> None:
        self._files: dict[int, StoredFile] = {}

    def add(self, kind: str, data: bytes, *, name: str = "", mime: str = "", size: int | None = None, duration: int = 0,
            tells_size: bool = True) -> StoredFile:  # fmt: skip
        """Store a file; the size defaults to the number of bytes and is never below it."""
        number = len(self._files) + 1
        stored = StoredFile(
            number=number,
            kind=kind,
            name=name or f"file_{number}{EXTENSION.get(kind, '.bin')}",
            mime=mime or MIME.get(kind, "application/octet-stream"),
            data=data,
            size=max(len(data), size or 0),
            duration=duration,
            tells_size=tells_size,
        )
        self._files[number] = stored
        return stored

    def by_id(self, file_id: str, bot_id: int) -> StoredFile | None:
        """The file this bot means, or None when the identifier is another bot's or gone."""
        parts = decode_file_id(file_id)
        if parts is None or parts[1] != bot_id:
            return None
        return self._files.get(parts[2])

    def by_number(self, number: int) -> StoredFile | None:
        """The file with this number, for the demo page."""
        return self._files.get(number)

    def open_path(self, stored: StoredFile, bot_id: int, now: float) -> None:
        """Let this bot download the file for an hour."""
        stored.paths[bot_id] = now + PATH_LIFETIME

    def by_path(self, path: str, bot_id: int, now: float) -> StoredFile | None:
        """The file behind a download path this bot was given less than an hour ago."""
        number = path.rsplit("/file_", 1)[-1].split(".", 1)[0]
        stored = self._files.get(int(number)) if number.isdigit() else None
        if stored is None or stored.path != path or stored.paths.get(bot_id, 0) < now:
            return None
        return stored


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_file_id(file_id: str) -> tuple[str, int, int] | None:
    """(kind, bot id, number) of a well-formed file_id, else None."""
    try:
        text = base64.urlsafe_b64decode(file_id + "=" * (-len(file_id) % 4)).decode()
    except ValueError:
        return None
    parts = text.split(":")
    if len(parts) != 4 or parts[0] != "f" or not (parts[2].isdigit() and parts[3].isdigit()):
        return None
    return parts[1], int(parts[2]), int(parts[3])
