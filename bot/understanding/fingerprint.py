"""Checksums: whether weights are as new as the lines and lexicons they were made from, and whether a line is among them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b, sha256
from zlib import crc32

from bot.understanding.materials import Line, Materials


def fingerprint(materials: Materials) -> str:
    """Changes with any line or lexicon entry."""
    parts = [f"{line.locale}|{line.label}|{line.text}" for line in materials.lines]
    parts += [f"{each.concept}|{each.locale}|{each.phrase}" for each in materials.listed]
    return sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def line_mark(line: Line) -> int:
    """A checksum of one line and its meaning."""
    return crc32(f"{line.locale}|{line.label}|{line.text}".encode())


def words_mark(words: Iterable[str]) -> int:
    """A checksum of the words of a message, 64 bits: of all that people will ever write, nothing meets a listed line by chance."""
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")
