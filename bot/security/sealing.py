"""Sealing: AES-256-GCM over one field at a time, tied to the place it stands in.

`seal` and `open_sealed` are all there is. The associated data says where the field belongs (`place`: table, column, row, version), so a
sealed field that was moved to another row or column, cut short or put back from an older version does not open. A `Secret` is key
material: it shows nothing when printed and refuses to be pickled. What is sealed is ciphertext and may rest anywhere.
"""

from __future__ import annotations

import hmac
import os
from collections import deque
from typing import Final, NewType, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Sealed = NewType("Sealed", bytes)
"""Format byte, 96-bit nonce, ciphertext, 128-bit tag."""

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_NONCES_DRAWN: Final = 512
FORMAT: Final = b"\x01"
OVERHEAD: Final = len(FORMAT) + NONCE_BYTES + TAG_BYTES


class SealBroken(Exception):
    """The field does not open: altered, cut, moved from another place, or sealed with a key that is not this one."""


class Secret:
    """Key material. Equal in constant time, printed as nothing, never pickled. Python cannot wipe memory: hold it shortly, or once."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """The bytes themselves: for a cipher or a MAC, never for a log."""
        return self._value

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled")


def new_secret() -> Secret:
    """256 bits from the operating system."""
    return Secret(os.urandom(KEY_BYTES))


_nonces: Final[deque[bytes]] = deque()
os.register_at_fork(after_in_child=_nonces.clear)


def _nonce() -> bytes:
    """A random nonce, never given twice. They are drawn from the system many at a time: each visit there lets other threads run first."""
    while True:
        try:
            return _nonces.pop()
        except IndexError:
            drawn = os.urandom(NONCE_BYTES * _NONCES_DRAWN)
            _nonces.extend(drawn[start : start + NONCE_BYTES] for start in range(0, len(drawn), NONCE_BYTES))


class Cipher:
    """A key ready for many fields: building the key schedule costs more than a field does."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: Secret) -> None:
        if len(key.reveal()) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        aead = AESGCM(key.reveal())
        self._encrypt = aead.encrypt
        self._decrypt = aead.decrypt

    def __repr__(self) -> str:
        return "Cipher()"

    def seal(self, plaintext: bytes, aad: bytes) -> Sealed:
        """Seal under a fresh random nonce. Under one key, stay far below 2**32 fields (a conversation's key sees thousands)."""
        nonce = _nonce()
        return Sealed(FORMAT + nonce + self._encrypt(nonce, plaintext, aad))

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plaintext, or `SealBroken`."""
        if len(sealed) < OVERHEAD or sealed[:1] != FORMAT:
            raise SealBroken("no sealed field of a known format")
        try:
            return self._decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], aad)
        except InvalidTag:
            raise SealBroken("the seal does not fit its place or its key") from None


def seal(key: Secret, plaintext: bytes, *, aad: bytes) -> Sealed:
    """Seal one field; for many fields under one key keep a `Cipher`."""
    return Cipher(key).seal(plaintext, aad)


def open_sealed(key: Secret, sealed: bytes, *, aad: bytes) -> bytes:
    """Open one field, or raise `SealBroken`."""
    return Cipher(key).open(sealed, aad)


def place(table: str, column: str, row: bytes, version: int) -> bytes:
    """Associated data for a field. The row's length is part of it, so no two places give the same bytes.

    `table` and `column` are identifiers (no `|`); `row` is the row's key in full, the owner's key included; `version` counts its writes.
    """
    return b"%b|%d|%b|%d" % (f"{table}|{column}".encode(), len(row), row, version)
