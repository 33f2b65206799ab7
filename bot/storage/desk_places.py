"""What is inside the desk's seals, and which place each is tied to.

Values are sealed as JSON of their fields, padded to a multiple of 64 bytes so that the length of a message does not tell what it may be. A
field that is missing takes its default and one that is not known is left out, so that rows of an older Amparo keep opening. What a row is
tied to (its numbers, its case, the keyed name beside it) is part of its place: a case moved to another seeker's name does not open.
"""

from __future__ import annotations

from functools import cached_property
from struct import Struct
from typing import Final, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bot.domain.case import Case, Complaint, Note, Waited, Words
from bot.domain.staff import Door, Responder, Shift
from bot.security.sealing import Cipher, SealBroken, Sealed, place
from bot.usecases.desk_ports import DeskItem, DeskMessage

T = TypeVar("T")

_NUMBER: Final = Struct(">q")
_ITEM: Final = Struct(">qBI")
_STEP: Final = 64
_BYTES: Final = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


def numbered(*numbers: int) -> bytes:
    """A row's key from its numbers."""
    return b"".join(map(_NUMBER.pack, numbers))


def key_owner(case: int) -> bytes:
    """Whose key a wrapped key is; no seeker's owner is as short."""
    return b"case" + numbered(case)


class Form(Generic[T]):
    """How one kind of value is sealed in one table."""

    def __init__(self, table: str, kind: type[T]) -> None:
        self._table = table
        self._kind = kind

    @cached_property
    def _adapter(self) -> TypeAdapter[tuple[T]]:
        """Building one takes milliseconds: only when it is needed. A tuple of one, because a dataclass takes no settings of ours."""
        return TypeAdapter(tuple[self._kind], config=_BYTES)  # type: ignore[name-defined]  # a type made at run time

    def seal(self, cipher: Cipher, row: bytes, version: int, value: T) -> Sealed:
        """The value, tied to its row and version."""
        plain = self._adapter.dump_json((value,))
        return cipher.seal(plain + b" " * (-len(plain) % _STEP), place(self._table, "sealed", row, version))

    def open(self, cipher: Cipher, row: bytes, version: int, sealed: bytes) -> T:
        """The value, or `SealBroken`: also when it was written by a newer Amparo in words this one does not know."""
        plain = cipher.open(sealed, place(self._table, "sealed", row, version))
        try:
            return self._adapter.validate_json(plain)[0]
        except ValidationError:  # its text quotes the value: it goes no further
            raise SealBroken("a value of another shape") from None


_CASE: Final = Form("case_file", Case)
_RESPONDER: Final = Form("responder", Responder)
WORDS: Final = Form("case_words", Words)
NOTE: Final = Form("note", Note)
SHIFT: Final = Form("shift", Shift)
DOOR: Final = Form("door", Door)
COMPLAINT: Final = Form("complaint", Complaint)
WAITED: Final = Form("waited", Waited)
MESSAGE: Final = Form("desk_message", DeskMessage)


def seal_case(cipher: Cipher, case: Case) -> Sealed:
    """A case as it is to be written (its version the one it gets), tied to whose it is."""
    return _CASE.seal(cipher, numbered(case.id) + (case.seeker or b""), case.version, case)


def open_case(cipher: Cipher, case: int, seeker: bytes | None, version: int, sealed: bytes) -> Case:
    """The case, or `SealBroken`."""
    return _CASE.open(cipher, numbered(case) + (seeker or b""), version, sealed)


def seal_responder(staff: Cipher, responder: Responder) -> Sealed:
    """Somebody who answers, as to be written, tied to their account."""
    return _RESPONDER.seal(staff, numbered(responder.id) + (responder.account or b""), responder.version, responder)


def open_responder(staff: Cipher, responder: int, account: bytes | None, version: int, sealed: bytes) -> Responder:
    """Somebody who answers, or `SealBroken`."""
    return _RESPONDER.open(staff, numbered(responder) + (account or b""), version, sealed)


def seal_item(cipher: Cipher, item: DeskItem) -> Sealed:
    """Something owed to a responder: kind, time and payload."""
    kind = item.kind.encode()
    plain = _ITEM.pack(item.not_before, len(kind), len(item.payload)) + kind + item.payload
    return cipher.seal(
        plain + bytes(-len(plain) % _STEP), place("desk_outbox", "sealed", numbered(item.row, item.responder, item.case), item.attempts)
    )


def open_item(cipher: Cipher, row: int, responder: int, case: int, priority: int, attempts: int, sealed: bytes) -> DeskItem:
    """The item, or `SealBroken`."""
    plain = cipher.open(sealed, place("desk_outbox", "sealed", numbered(row, responder, case), attempts))
    not_before, named, filled = _ITEM.unpack_from(plain)
    start = _ITEM.size + named
    return DeskItem(
        row=row,
        responder=responder,
        kind=plain[_ITEM.size : start].decode(),
        payload=plain[start : start + filled],
        case=case,
        priority=priority,
        not_before=not_before,
        attempts=attempts,
    )
