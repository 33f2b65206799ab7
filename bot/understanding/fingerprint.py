"""Whether weights are as new as the lines and lexicons they were made from."""

from __future__ import annotations

from hashlib import sha256
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
