"""What an open database keeps in memory: the newest of each seeker it met lately, opened, and the counters of rows.

One process owns the data folder (its lock says so) and all work runs on one thread in order, so what is remembered here is what the file
holds. It changes only after a commit, on that thread. A database taken from a running machine with its memory yields open
conversations; that is a stated limit (promises.md), and the number remembered is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from bot.domain.seeker import SeekerId
from bot.security.keyring import Keyring
from bot.security.sealing import Cipher
from bot.storage.desk_known import Desk
from bot.usecases.ports import ChatMessage, Held

_NO_CIPHERS: Final[Mapping[int, Cipher]] = MappingProxyType({})
_NO_ROWS: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({})


@dataclass(slots=True, kw_only=True, eq=False)
class Known:
    """All that is held of a seeker, opened. What is in memory is never changed: a commit puts a changed copy in its place.

    `life`: the newest life (0: none); `cipher`: its key. `erased`: lives up to this one are being erased (0: none); `older`: their keys.
    `unusual`: message row -> (life, version) where these are not (the newest life, 1). The fields after it are the conversation's row.
    """

    chat_id: int | None = None
    messages: tuple[ChatMessage, ...] = ()
    covered_until: int = 0
    older_remains: bool = False
    life: int = 0
    cipher: Cipher | None = None
    erased: int = 0
    older: Mapping[int, Cipher] = field(default_factory=lambda: _NO_CIPHERS)
    unusual: Mapping[int, tuple[int, int]] = field(default_factory=lambda: _NO_ROWS)
    version: int = 0
    conversation: bytes | None = None
    program: str = ""
    due_at: int | None = None
    due_slot: int | None = None
    touched_day: int = 0
    row_life: int = 0

    def copy(self) -> Known:
        """One to change. Written out, because it is made for every update (`copy.copy` costs ten times as much)."""
        return Known(
            chat_id=self.chat_id,
            messages=self.messages,
            covered_until=self.covered_until,
            older_remains=self.older_remains,
            life=self.life,
            cipher=self.cipher,
            erased=self.erased,
            older=self.older,
            unusual=self.unusual,
            version=self.version,
            conversation=self.conversation,
            program=self.program,
            due_at=self.due_at,
            due_slot=self.due_slot,
            touched_day=self.touched_day,
            row_life=self.row_life,
        )

    def held(self) -> Held:
        """What the deeds get to see of it."""
        return Held(
            version=self.version,
            conversation=self.conversation,
            chat_id=self.chat_id,
            messages=self.messages,
            covered_until=self.covered_until,
            erasing=self.erased > 0,
            older_remains=self.older_remains,
        )

    def ciphers(self) -> dict[int, Cipher]:
        """Every life's key."""
        newest = {} if self.cipher is None else {self.life: self.cipher}
        return {**self.older, **newest}

    def where(self, row: int) -> tuple[int, int]:
        """(life, version) of a message."""
        return self.unusual.get(row, (self.life, 1))

    def without_conversation(self) -> None:
        """The conversation's row has gone."""
        self.version, self.conversation, self.program, self.due_at, self.due_slot = 0, None, "", None, None
        self.touched_day, self.row_life = 0, 0


class Memory:
    """The seekers met last, at most `most` of them; the one not met for longest is forgotten first."""

    __slots__ = ("_entries", "_most")

    def __init__(self, most: int) -> None:
        self._entries: OrderedDict[SeekerId, Known] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, seeker: SeekerId) -> Known | None:
        """What is known of a seeker, or None when it must be read. Safe from any thread."""
        known = self._entries.get(seeker)
        if known is not None:
            try:
                self._entries.move_to_end(seeker)
            except KeyError:
                return known  # the other thread forgot it in between: what we hold is still the newest committed
        return known

    def put(self, seeker: SeekerId, known: Known) -> None:
        """Remember."""
        self._entries[seeker] = known
        self._entries.move_to_end(seeker)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def forget(self, seeker: SeekerId) -> None:
        """Forget one seeker."""
        self._entries.pop(seeker, None)

    def forget_all(self) -> None:
        """Forget everybody."""
        self._entries.clear()


@dataclass(slots=True, kw_only=True)
class Shelf:
    """What belongs to one open database beside the file. Rows are numbered here, so that a row's number can be part of its seal.

    `newest_seen`: no update above it was ever committed. `next_due`, `next_look`: nothing is due, no message needs a look, before then.
    `residue`: keys were deleted and the log could not be truncated after it. `unreadable`: rows that did not open, or could not be stored.
    `desk`: the same for the desk's tables.
    """

    keyring: Keyring
    memory: Memory
    newest_seen: int = 0
    message_rows: int = 0
    outbox_rows: int = 0
    next_due: int = 0
    next_look: int = 0
    residue: bool = False
    unreadable: int = 0
    desk: Desk = field(default_factory=Desk)

    def message_row(self) -> int:
        """A number no message had in this process."""
        self.message_rows += 1
        return self.message_rows

    def outbox_row(self) -> int:
        """A number no outbox item had in this process."""
        self.outbox_rows += 1
        return self.outbox_rows
