"""What the desk keeps and owes, as protocols and values.

One event is one transaction here as well: a `DeskWrite` is everything an event did to cases, words, staff and the responders' outbox. It is
written alone (`DeskStorage.write_desk`), or with a seeker's own `Change` in the same commit (`Change.desk`). All row numbers but those of
responders, shifts and audit entries are drawn before writing from `DeskStorage.desk_number`, so a write needs no answer but its verdict.

The database keeps the consents apart and refuses, by triggers of its own, words and outbox items of a case nobody has consented to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import AuditEntry
from bot.domain.case import Case, Complaint, Note, Waited, Words
from bot.domain.staff import Door, Responder, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskItem:
    """Something owed to a responder's chat, in order per responder. `kind` names the view; `payload` is JSON bytes, sealed at rest.

    `case`: the case whose contents it carries (the database then asks for a living consent); 0: it carries none. `priority` and
    `not_before` as for seekers' items.
    """

    row: int
    responder: int
    kind: str
    payload: bytes
    case: int = 0
    priority: int = 2
    not_before: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskMessage:
    """A message of ours (or a responder's own) standing in a responder's chat. `kind`: what it is (board, notice, header, words, held, note
    prompt...); `case` 0: none; `words`: the row it shows; `thread`: its topic (0: the main chat)."""

    row: int
    responder: int
    case: int
    kind: str
    message_id: int
    thread: int = 0
    words: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWrite:
    """Everything one event does at the desk, written whole or not at all.

    `update_id`: of the *responders'* bot (its numbers are apart from the seekers'), None for timers and for a seeker's own turn.
    `cases` and `responders` are written as `version` + 1 and expect `version` (a case of version 0 is new). `words` and `notes`: version 0
    (id unknown to storage) inserts; otherwise the row is replaced if it still stands, and nothing happens if it does not: what was
    removed never comes back. `words_gone`, `notes_gone`: cases whose rows go. `shred`: cases whose key is destroyed with all their rows
    but the case's empty shell; such a case must be among `cases` with `erased` set. `items_gone`: outbox rows; `items_gone_of`:
    (responder, case) pairs, case 0 meaning every item of that responder. `messages_gone`: rows. `complaints` are put by id.
    """

    at: int
    update_id: int | None = None
    cases: tuple[Case, ...] = ()
    words: tuple[Words, ...] = ()
    words_gone: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    notes_gone: tuple[int, ...] = ()
    responders: tuple[Responder, ...] = ()
    doors: tuple[Door, ...] = ()
    shifts: tuple[Shift, ...] = ()
    shifts_gone: tuple[int, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    waited: tuple[Waited, ...] = ()
    items: tuple[DeskItem, ...] = ()
    items_gone: tuple[int, ...] = ()
    items_gone_of: tuple[tuple[int, int], ...] = ()
    messages: tuple[DeskMessage, ...] = ()
    messages_gone: tuple[int, ...] = ()
    shred: tuple[int, ...] = ()
    audit: tuple[AuditEntry, ...] = ()


class DeskVerdict(StrEnum):
    """How a desk write fared."""

    COMMITTED = "committed"
    SEEN = "seen"  # the update was committed before
    CONFLICT = "conflict"  # a version had moved, here or by the command line: read again
    REFUSED = "refused"  # the database's own rule: no living consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Everybody who answers, when they plan to, and the doors."""

    responders: tuple[Responder, ...] = ()
    shifts: tuple[Shift, ...] = ()
    doors: tuple[Door, ...] = ()


class DeskStorage(Protocol):
    """The desk's part of storage. All calls may raise `bot.usecases.ports.StorageDown`."""

    def desk_number(self) -> int:
        """A number no case, words, note, item, message or complaint ever had. No waiting."""
        ...

    async def write_desk(self, write: DeskWrite) -> DeskVerdict:
        """Write one event in one transaction; answers how it fared."""
        ...

    async def desk_seen(self, update_ids: Sequence[int]) -> frozenset[int]:
        """Which of these updates of the responders' bot were committed before."""
        ...

    async def cases(self) -> Sequence[Case]:
        """Every case that is not an erased shell, the closed ones within their retention included."""
        ...

    async def words(self, case: int) -> Sequence[Words]:
        """The transcript of a case, oldest first."""
        ...

    async def unfinished_words(self) -> Sequence[Words]:
        """Words that are held, outside a window or queued: for start-up."""
        ...

    async def notes(self, case: int) -> Sequence[Note]:
        """The notes of a case, oldest first."""
        ...

    async def staff(self) -> Staff:
        """Everybody, as stored now."""
        ...

    async def staff_moved(self) -> bool:
        """Whether another process (the command line) wrote to the database since the last `staff` or `staff_moved`. Cheap."""
        ...

    async def complaints(self) -> Sequence[Complaint]:
        """Every complaint kept."""
        ...

    async def waited(self, since_day: int) -> Sequence[Waited]:
        """Measured times to a first human word, since that day (UTC)."""
        ...

    async def desk_owed(self) -> Sequence[DeskItem]:
        """Every item owed to responders, oldest first. For start-up."""
        ...

    async def desk_messages(self, responder: int, case: int | None = None) -> Sequence[DeskMessage]:
        """What stands in a responder's chat (of one case, or all)."""
        ...

    async def audit_trail(self, limit: int = 100) -> Sequence[AuditEntry]:
        """The newest entries, oldest first."""
        ...
