"""Signed buttons: what a button carries, so that a forged, borrowed or stale one does nothing (promises.md R41).

A token reads `1|code|turn|mac`: format, the choice's code, the turn of the conversation in hexadecimal, and 12 bytes of HMAC-SHA-256 in
base64url. The MAC covers account, chat, program, step, turn and code. Because the turn grows with every event, each button works once,
with no table of used ones. Any string at all may come back from a client: `parse` answers each with a `Parsed` or None.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.security.sealing import Secret

FORMAT: Final = "1"
MAC_BYTES: Final = 12
CODE_CHARACTERS: Final = 12
TURN_LIMIT: Final = 1 << 32
TOKEN_CHARACTERS: Final = 40
"""No token is longer; the platform allows 64 bytes."""

_CODE: Final = re.compile(r"[!-{}~]{1,12}", re.ASCII)
_TOKEN: Final = re.compile(r"1\|([!-{}~]{1,12})\|(0|[1-9a-f][0-9a-f]{0,7})\|([A-Za-z0-9_-]{16})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A token taken apart, not yet believed."""

    code: str
    turn: int
    mac: bytes


def sign(key: Secret, *, user: int, chat: int, program: str, step: str, turn: int, code: str) -> str:
    """The token of one button: at most 40 ASCII characters. `step` is "flow.step"; `turn` is below 2**32; `code` has 1 to 12 visible
    ASCII characters without `|`. Anything else is our own mistake: ValueError."""
    return signer(key, user=user, chat=chat, program=program, step=step, turn=turn)(code)


def signer(key: Secret, *, user: int, chat: int, program: str, step: str, turn: int) -> Callable[[str], str]:
    """`sign` for all buttons of one screen, which differ only in their code: what they share is put together once."""
    if not 0 <= turn < TURN_LIMIT:
        raise ValueError("a turn is counted from 0 and stays below 2**32")
    revealed, shared, middle = key.reveal(), _shared(user, chat, program, step, turn), f"|{turn:x}|"

    def token(code: str) -> str:
        if not _CODE.fullmatch(code):
            raise ValueError("a code has 1 to 12 visible ASCII characters and no |")
        mac = hmac.digest(revealed, shared + code.encode(), "sha256")[:MAC_BYTES]
        return f"{FORMAT}|{code}{middle}{urlsafe_b64encode(mac).decode()}"

    return token


def parse(data: str) -> Parsed | None:
    """Read any string; None when it has not the form of a token."""
    found = _TOKEN.fullmatch(data)
    if found is None:
        return None
    code, turn, mac = found.groups()
    return Parsed(code=code, turn=int(turn, 16), mac=urlsafe_b64decode(mac))


def verify(key: Secret, data: str, *, user: int, chat: int, program: str, step: str) -> Parsed | None:
    """The token's parts when it was signed for exactly this account, chat, program and step; else None.

    Whether `Parsed.turn` is the conversation's turn now is for the caller to compare. The MAC is compared in constant time.
    """
    parsed = parse(data)
    if parsed is None:
        return None
    expected = _mac(key, user, chat, program, step, parsed.turn, parsed.code)
    return parsed if hmac.compare_digest(expected, parsed.mac) else None


def _mac(key: Secret, user: int, chat: int, program: str, step: str, turn: int, code: str) -> bytes:
    return hmac.digest(key.reveal(), _shared(user, chat, program, step, turn) + code.encode(), "sha256")[:MAC_BYTES]


def _shared(user: int, chat: int, program: str, step: str, turn: int) -> bytes:
    # Lengths before the two free strings: no two sets of parts give the same message.
    return f"{user}|{chat}|{len(program)}|{program}|{len(step)}|{step}|{turn:x}|".encode("utf-8", "surrogatepass")
