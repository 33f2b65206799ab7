"""Keyed names: what a platform's id becomes before it may rest anywhere.

HMAC-SHA-256 under the pepper. Platform ids are few enough to try them all, so the pepper stays out of the database and out of its
backups (promises.md R1); whoever holds the database alone cannot tell whether a given person is in it.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from bot.security.sealing import Secret

_KIND: Final = re.compile(r"[a-z]+(-[a-z]+)*")


class Pseudonyms:
    """Maker of keyed names. The same id always gives the same 32 bytes; kinds never meet."""

    __slots__ = ("_pepper",)

    def __init__(self, pepper: Secret) -> None:
        self._pepper = pepper.reveal()

    def __repr__(self) -> str:
        return "Pseudonyms()"

    def telegram_user(self, user_id: int) -> bytes:
        """The keyed name of a Telegram account: 32 bytes."""
        return hmac.digest(self._pepper, b"tg-user%d" % user_id, "sha256")

    def mark(self, kind: str, name: bytes) -> bytes:
        """A keyed name derived from another one, so that two tables that hold the same person cannot be joined without the pepper."""
        if not _KIND.fullmatch(kind) or kind == "tg-user":
            raise ValueError("a kind is lower-case words joined by hyphens, and not tg-user")
        return hmac.digest(self._pepper, kind.encode() + b"\x00" + name, "sha256")
