"""A chain of keyed digests over numbered entries: whoever changes, drops, swaps or adds one without the key breaks it.

Each digest is HMAC-SHA-256 over the one before it, the entry's number and the entry. That the end was not cut off cannot be seen from the
chain itself: keep its newest number and digest somewhere else as well (promises.md R37).
"""

from __future__ import annotations

import hmac
from struct import Struct
from typing import Final

from bot.security.sealing import Secret

START: Final = bytes(32)
"""What stands before the first entry."""
_NUMBER: Final = Struct(">q")


class Chain:
    """The links' key."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key.reveal()

    def __repr__(self) -> str:
        return "Chain()"

    def link(self, before: bytes, number: int, entry: bytes) -> bytes:
        """The digest of an entry: 32 bytes. `before`: 32 bytes, the digest of the entry before it, or `START`."""
        if len(before) != len(START):
            raise ValueError(f"a digest has {len(START)} bytes")
        return hmac.digest(self._key, before + _NUMBER.pack(number) + entry, "sha256")

    def fits(self, link: bytes, before: bytes, number: int, entry: bytes) -> bool:
        """Whether `link` is the entry's digest; in constant time."""
        return len(before) == len(START) and hmac.compare_digest(link, self.link(before, number, entry))
