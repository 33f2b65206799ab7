"""What is inside each seal, and which place it is tied to. Exact times are in here; the tables hold only days and slots."""

from __future__ import annotations

from struct import Struct
from typing import Final

from bot.security.sealing import Cipher, SealBroken, Sealed, place
from bot.usecases.ports import ChatMessage, Role

_NUMBER: Final = Struct(">q")
_MESSAGE: Final = Struct(">qBqq")
_ROW: Final = Struct(">q")
_NEVER: Final = -1
_ROLES: Final = tuple(Role)
_ROLE_NUMBER: Final = {role: number for number, role in enumerate(_ROLES)}


def key_owner(seeker: bytes, life: int) -> bytes:
    """Whose key a wrapped key is."""
    return seeker + _ROW.pack(life)


def seal_conversation(cipher: Cipher, seeker: bytes, version: int, due_at: int | None, conversation: bytes) -> Sealed:
    """The engine's envelope with its exact due time before it."""
    due = _NUMBER.pack(_NEVER if due_at is None else due_at)
    return cipher.seal(due + conversation, place("conversation", "sealed", seeker, version))


def open_conversation(cipher: Cipher, seeker: bytes, version: int, sealed: bytes) -> tuple[int | None, bytes]:
    """(due time, envelope), or `SealBroken`."""
    plain = cipher.open(sealed, place("conversation", "sealed", seeker, version))
    due = int(_NUMBER.unpack_from(plain)[0])
    return None if due == _NEVER else due, plain[_NUMBER.size :]


def seal_address(cipher: Cipher, seeker: bytes, life: int, chat_id: int) -> Sealed:
    """The chat to send to."""
    return cipher.seal(_NUMBER.pack(chat_id), place("address", "sealed", key_owner(seeker, life), 1))


def open_address(cipher: Cipher, seeker: bytes, life: int, sealed: bytes) -> int:
    """The chat id, or `SealBroken`."""
    return int(_NUMBER.unpack(cipher.open(sealed, place("address", "sealed", key_owner(seeker, life), 1)))[0])


def seal_message(cipher: Cipher, seeker: bytes, row: int, version: int, message: ChatMessage) -> Sealed:
    """Platform id, role, and the two times of a message."""
    delete_at = _NEVER if message.delete_at is None else message.delete_at
    plain = _MESSAGE.pack(message.message_id, _ROLE_NUMBER[message.role], message.sent_at, delete_at)
    return cipher.seal(plain, place("message", "sealed", seeker + _ROW.pack(row), version))


def open_message(cipher: Cipher, seeker: bytes, row: int, version: int, sealed: bytes) -> ChatMessage:
    """The message, or `SealBroken`."""
    plain = cipher.open(sealed, place("message", "sealed", seeker + _ROW.pack(row), version))
    message_id, role, sent_at, delete_at = _MESSAGE.unpack(plain)
    if role >= len(_ROLES):
        raise SealBroken("a role that is not known")
    return ChatMessage(
        row=row,
        message_id=message_id,
        role=_ROLES[role],
        sent_at=sent_at,
        delete_at=None if delete_at == _NEVER else delete_at,
    )


def seal_payload(cipher: Cipher, seeker: bytes, row: int, payload: bytes) -> Sealed:
    """An effect waiting to be done."""
    return cipher.seal(payload, place("outbox", "sealed", seeker + _ROW.pack(row), 1))


def open_payload(cipher: Cipher, seeker: bytes, row: int, sealed: bytes) -> bytes:
    """The effect, or `SealBroken`."""
    return cipher.open(sealed, place("outbox", "sealed", seeker + _ROW.pack(row), 1))


def seal_cover(marks: Cipher, seeker: bytes, until: int) -> Sealed:
    """Until when the cover holds, under the keyring's own key because it outlives the conversation's."""
    return marks.seal(_NUMBER.pack(until), place("cover", "sealed", seeker, 1))


def open_cover(marks: Cipher, seeker: bytes, sealed: bytes) -> int:
    """Until when the cover holds, or `SealBroken`."""
    return int(_NUMBER.unpack(marks.open(sealed, place("cover", "sealed", seeker, 1)))[0])
