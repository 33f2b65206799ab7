"""Files for one reader elsewhere: the `age` format, to an X25519 recipient whose identity never comes near this machine.

What is written here can be read by the `age` command as well, should this program be gone. age hides and protects the content, but anybody
who knows a recipient can write to it: that a file opens says nothing about who made it.
"""

from __future__ import annotations

from typing import Final, Protocol

import pyrage  # type: ignore[import-untyped]  # the library ships no types; everything it returns is checked or turned into text here
from pyrage import x25519

RECIPIENT_PREFIX: Final = "age1"
_IDENTITY_PREFIX: Final = "AGE-SECRET-KEY-"


class AgeError(Exception):
    """A file for somebody else's eyes cannot be written or read. The message says why; it holds no secret."""


class Reader(Protocol):
    """Where bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Writer(Protocol):
    """Where bytes go."""

    def write(self, part: bytes, /) -> int:
        """Take them all."""
        ...

    def flush(self) -> None:
        """Nothing is held back."""
        ...


def new_identity() -> tuple[str, str]:
    """(identity file, recipient): the file is what `age-keygen` writes, and is a secret; the recipient is not."""
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    return f"# public key: {recipient}\n{identity}\n", recipient


def recipients_of(identities: str) -> tuple[str, ...]:
    """The recipients an identity file can read for. Raises `AgeError`."""
    return tuple(str(identity.to_public()) for identity in _identities(identities))


def encrypt(reader: Reader, writer: Writer, recipient: str) -> None:
    """All of `reader`, readable by `recipient` alone. Raises `AgeError`, and whatever reading or writing raises."""
    source, sink = _Source(reader), _Sink(writer)
    try:
        pyrage.encrypt_io(source, sink, [_recipient(recipient)])
    except pyrage.EncryptError:
        raise source.failed or sink.failed or AgeError("it cannot be encrypted") from None


def decrypt(reader: Reader, writer: Writer, identities: str) -> None:
    """All that was encrypted. Raises `AgeError` when it is for another identity, altered or cut; `writer` then holds a part of it that
    must not be used. Also raises whatever reading or writing raises."""
    source, sink = _Source(reader), _Sink(writer)
    opened = _identities(identities)
    try:
        pyrage.decrypt_io(source, sink, opened)
    except pyrage.DecryptError as error:
        if source.failed or sink.failed:
            raise source.failed or sink.failed or error from None
        if "No matching keys" in str(error):
            raise AgeError("it was made for another identity than this one") from None
        raise AgeError("it is damaged or cut short, or no age file") from None
    except OSError:  # what the library says of a part whose seal is broken
        raise source.failed or sink.failed or AgeError("it is damaged or cut short") from None


class _Source:
    """A reader whose own error is kept: the library turns it into text."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self.failed: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._inner.read(size)
        except BaseException as error:
            self.failed = error
            raise


class _Sink:
    """A writer whose own error is kept."""

    def __init__(self, inner: Writer) -> None:
        self._inner = inner
        self.failed: BaseException | None = None

    def write(self, part: bytes) -> int:
        try:
            return self._inner.write(part)
        except BaseException as error:
            self.failed = error
            raise

    def flush(self) -> None:
        try:
            self._inner.flush()
        except BaseException as error:
            self.failed = error
            raise


def _recipient(written: str) -> object:
    if written.upper().startswith(_IDENTITY_PREFIX):
        raise AgeError(f"this is an identity, a secret, and not a recipient: a recipient begins with {RECIPIENT_PREFIX}")
    try:
        return x25519.Recipient.from_str(written.strip())
    except pyrage.RecipientError:
        raise AgeError(f"this is no age recipient: one begins with {RECIPIENT_PREFIX} and `amparo backup-identity` prints it") from None


def _identities(written: str) -> list[x25519.Identity]:
    lines = [line.strip() for line in written.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        found = [x25519.Identity.from_str(line) for line in lines]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise AgeError(f"this file holds no age identity: a line of it must begin with {_IDENTITY_PREFIX}")
    return found
