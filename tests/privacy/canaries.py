"""Canaries: things nobody may ever find where something rests, and how to look for them.

A value can hide in many spellings: as text in UTF-8 or UTF-16, as a number in decimal or hexadecimal, as the bytes of an integer in either
order, in base64, escaped in JSON, or as an unkeyed hash of any of these.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.logs import configure_logs

SENTENCE = "se llevaron a Quetzalli Xoconostle en la camioneta gris"
NAME = "Xiadani-Canaria"
USERNAME = "xiadani_canaria_77"
PLACE = "Tlacotepec de Canarios"
KEY_FILES = ("amparo.key",)


def spellings(value: str | int) -> dict[str, bytes]:
    """Every way a value is looked for, by name."""
    text = str(value)
    found = {
        "utf-8": text.encode(),
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "json": json.dumps(text).strip('"').encode(),
        "base64": b64encode(text.encode()).rstrip(b"="),
        "urlsafe": urlsafe_b64encode(text.encode()).rstrip(b"="),
        "hex of text": text.encode().hex().encode(),
    }
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(name, text.encode()).digest()
        found |= {name: digest, f"{name} in hex": digest.hex().encode()}
    if isinstance(value, int):
        found |= {"hex": f"{value:x}".encode(), "HEX": f"{value:X}".encode()}
        for size in (6, 8):
            found |= {f"{size} bytes, {order}": value.to_bytes(size, order) for order in ("little", "big")}
        found |= {"sha256 of bytes": hashlib.sha256(value.to_bytes(8, "big")).digest()}
        if value < 2**32:
            found["4 bytes"] = value.to_bytes(4, "big")
    return found


def resting(folder: Path) -> dict[str, bytes]:
    """Every file of a data folder as it lies on the disk, the key file excepted."""
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file() and file.name not in KEY_FILES}


BY_CHANCE = 6
"""Bytes: a megabyte of ciphertext holds a given four of them once in four thousand times, a given six of them never."""


def found_in(places: Iterable[tuple[str, bytes]], values: Iterable[str | int], *, shortest: int = 1) -> list[str]:
    """Where a canary sings: `place: spelling of value`. Where all is ciphertext, look for no spelling shorter than `BY_CHANCE`."""
    wanted = [(value, how, needle) for value in values for how, needle in spellings(value).items() if len(needle) >= shortest]
    return [f"{place}: {value!r} as {how}" for place, content in places for value, how, needle in wanted if needle in content]


class Everything(logging.Handler):
    """A handler that somebody adds later, at the lowest level, and that writes all a record holds."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__(logging.NOTSET)
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """All of it, arguments and exceptions included."""
        self._stream.write(f"{vars(record)!r} {record.getMessage()} {record.exc_info!r}\n")
        if record.exc_info and record.exc_info[1]:
            self._stream.write(f"{record.exc_info[1]!r}\n")


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """Logs as a process has them, the root logger at DEBUG, and a curious handler beside ours."""
    stream = io.StringIO()
    restore = configure_logs("debug", stream)
    curious = Everything(stream)
    logging.getLogger().addHandler(curious)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(curious)
        restore()
