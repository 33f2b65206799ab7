"""What lies inside the encryption: one line of JSON, then the files it names one after another, then zeros.

The line is the manifest: format, when it was made, revision of the tables, and each file's name, size and SHA-256. With the `age` command
alone it opens as `age -d -i IDENTITY FILE | tail -n +2 | head -c SIZE`, the database being first. The zeros round the size up, because the
size of an encrypted file is seen by everybody and would tell from day to day how many people write.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

Progress = Callable[[int, int], None]
"""(done, of how much); bytes."""

FORMAT: Final = "amparo backup 1"
_LINE_LIMIT: Final = 1 << 16
_SMALLEST: Final = 1 << 20
_BLOCK: Final = 1 << 16


class BackupBroken(Exception):
    """This is no backup, or not all of it is there. The message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file of a backup. `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `made_at`: unix seconds; `schema`: revision of the tables."""

    made_at: int
    schema: str
    pieces: tuple[Piece, ...]


class Packed:
    """A backup as bytes to be read once. `read` is all an encryption needs."""

    def __init__(self, *, made_at: int, schema: str, files: Sequence[tuple[str, bytes]], progress: Progress) -> None:
        line = _line(made_at, schema, files)
        filled = len(line) + sum(len(content) for _, content in files)
        self.size = padded(filled)
        self._progress = progress
        self._given = 0
        self._parts = _blocks((line, *(content for _, content in files)), self.size - filled)

    def read(self, size: int = -1) -> bytes:
        """The next block, of any size up to 64 KiB; nothing at the end. `size` only has to be at least 1."""
        part = self._left(size)
        self._given += len(part)
        self._progress(self._given, self.size)
        return part

    _rest: bytes = b""

    def _left(self, size: int) -> bytes:
        found = self._rest or next(self._parts, b"")
        if 0 <= size < len(found):
            found, self._rest = found[:size], found[size:]
        else:
            self._rest = b""
        return found


def padded(size: int) -> int:
    """The size a backup is filled up to: eight steps for each doubling, a mebibyte at least."""
    step = max(_BLOCK, 1 << max(0, size.bit_length() - 4))
    return max(_SMALLEST, -(-size // step) * step)


def _blocks(parts: Sequence[bytes], zeros: int) -> Iterator[bytes]:
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _BLOCK):
            yield bytes(view[start : start + _BLOCK])
    while zeros > 0:
        yield bytes(min(zeros, _BLOCK))
        zeros -= _BLOCK


def _line(made_at: int, schema: str, files: Sequence[tuple[str, bytes]]) -> bytes:
    pieces = [{"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files]
    return json.dumps({"format": FORMAT, "made_at": made_at, "schema": schema, "files": pieces}).encode() + b"\n"


def read_line(line: bytes, allowed: frozenset[str]) -> Manifest:
    """The manifest, or `BackupBroken`. Only the names in `allowed` may stand in it: anybody can write to a recipient."""
    try:
        told = json.loads(line)
        if told["format"] != FORMAT:
            raise BackupBroken("it is of a format this version does not know")
        pieces = tuple(Piece(name=str(one["name"]), size=int(one["size"]), sha256=str(one["sha256"])) for one in told["files"])
        manifest = Manifest(made_at=int(told["made_at"]), schema=str(told["schema"]), pieces=pieces)
    except (ValueError, KeyError, TypeError):
        raise BackupBroken("it is no backup of Amparo") from None
    names = [piece.name for piece in pieces]
    if not set(names) <= allowed or len(set(names)) != len(names) or any(piece.size < 0 for piece in pieces):
        raise BackupBroken("it names files a backup does not hold")
    return manifest


class Unpacking:
    """Takes a backup's bytes in any portions and writes its files into a folder. `finish` says whether all of it came."""

    def __init__(self, folder: Path, allowed: frozenset[str]) -> None:
        self._folder = folder
        self._allowed = allowed
        self._line = b""
        self._manifest: Manifest | None = None
        self._at = -1
        self._left = 0
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()

    def write(self, part: bytes) -> int:
        """Raises `BackupBroken` as soon as something cannot be right, `OSError` when a file cannot be written."""
        taken = len(part)
        if self._manifest is None:
            part = self._read_manifest(self._line + part)
        while part and self._file is not None:
            part = self._fill(part)
        if part.strip(b"\0"):
            raise BackupBroken("it goes on after its end")
        return taken

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self) -> Manifest:
        """The manifest, once every file is there and is what was packed; else `BackupBroken`."""
        if self._manifest is None or self._file is not None:
            raise BackupBroken("it is cut short")
        return self._manifest

    def close(self) -> None:
        """Let go of a file that was not filled."""
        if self._file is not None:
            self._file.close()

    def _read_manifest(self, part: bytes) -> bytes:
        line, end, rest = part.partition(b"\n")
        if not end:
            if len(part) > _LINE_LIMIT:
                raise BackupBroken("it is no backup of Amparo")
            self._line = part
            return b""
        self._manifest = read_line(line, self._allowed)
        self._next()
        return rest

    def _next(self) -> None:
        """Open the file whose bytes come now; one without bytes is done at once."""
        assert self._manifest is not None  # noqa: S101  # narrowing: only called once it is read
        self._at += 1
        if self._at == len(self._manifest.pieces):
            self._file = None
            return
        piece = self._manifest.pieces[self._at]
        handle = os.open(self._folder / piece.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._file, self._left, self._hash = os.fdopen(handle, "wb"), piece.size, hashlib.sha256()
        if not piece.size:
            self._end()

    def _fill(self, part: bytes) -> bytes:
        assert self._file is not None  # noqa: S101  # narrowing: the caller looked
        mine, rest = part[: self._left], part[self._left :]
        self._file.write(mine)
        self._hash.update(mine)
        self._left -= len(mine)
        if not self._left:
            self._end()
        return rest

    def _end(self) -> None:
        assert self._file is not None  # noqa: S101  # narrowing: there is a file to end
        assert self._manifest is not None  # noqa: S101  # narrowing: the file was named by it
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        piece = self._manifest.pieces[self._at]
        if self._hash.hexdigest() != piece.sha256:
            raise BackupBroken(f"{piece.name} in it is not what was packed")
        self._next()
