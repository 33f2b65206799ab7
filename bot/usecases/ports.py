"""What the deeds of Amparo need from the outside, as protocols. `bot.bootstrap` alone knows who answers.

The unit of work is the **group**: many chats' changes in one commit. A `Change` is everything one event did to one seeker; storage writes a
group of them in one transaction, and when any of them cannot be written the group is rolled back and replayed one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from bot.domain.seeker import SeekerId
from bot.usecases.desk_ports import DeskStorage, DeskWrite

DELETABLE_SECONDS: Final = 48 * 3600
"""A bot can delete nothing older than this (promises.md, finding 6)."""


class Role(StrEnum):
    """Whose message it is in the chat, and what for."""

    SCREEN = "screen"  # the one message edited in place
    NOTICE = "notice"  # a new message the person waited for
    VOICE = "voice"  # our recording or its pictures
    TYPED = "typed"  # the person's words
    MEDIA = "media"  # the person's voice note, picture or file: never removed without asking
    HUMAN = "human"  # a responder's words, or the seeker's own to a responder: nothing of it is removed turn by turn


class Priority(IntEnum):
    """Lower leaves first (promises.md: panic > live relay > replies > the rest)."""

    PANIC = 0
    LIVE = 1
    REPLY = 2
    LATER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message standing in the chat, kept sealed until it can no longer be deleted.

    `row`: storage's id (0 until stored). `sent_at`, `delete_at`: unix seconds; `delete_at` None: not without asking.
    """

    row: int = 0
    message_id: int
    role: Role
    sent_at: int
    delete_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """Something owed to a seeker. `payload`: an effect in the envelope of `flows.codec` (JSON bytes), sealed at rest.

    `kind` is the effect's name; `not_before` unix seconds; `attempts` counts tries already made.
    """

    row: int = 0
    seeker: SeekerId
    kind: str
    payload: bytes
    priority: Priority = Priority.REPLY
    not_before: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What storage holds of a seeker, opened. Everything is empty for somebody unknown.

    `version` 0: no conversation. `conversation`: envelope bytes of `flows.codec`. `covered_until`: the keyed mark that outlives an erasure.
    `erasing`: an erasure has begun and is not finished. `older_remains`: something could not be deleted from the chat.
    """

    version: int = 0
    conversation: bytes | None = None
    chat_id: int | None = None
    messages: tuple[ChatMessage, ...] = ()
    covered_until: int = 0
    erasing: bool = False
    older_remains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything one event does to one seeker, written whole or not at all.

    `update_id` None: the event was ours (a timer). `expected_version`: the version that was read; the row is written as expected_version
    + 1.
    `conversation` None with `erase` False: the conversation is left as it is. `chat_id`: written when not yet held.
    `messages`: rows to add. `outbox`: in order. `drop_unsent_screens`: unsent `ShowScreen` items of this seeker are replaced by the newer.
    `lifetime`: seconds after sending at which every held message (media excepted) is to be deleted from now on.
    `erase`: the conversation row and all earlier outbox items go now; `cover_until` is written as the keyed mark; address, message ids
    and key go when the wipe has been done (`Storage.finish_erasure`). `desk`: what the same event does at the desk, in the same commit.
    """

    seeker: SeekerId
    update_id: int | None
    at: int
    expected_version: int
    conversation: bytes | None = None
    program: str = ""
    due_at: int | None = None
    chat_id: int | None = None
    messages: tuple[ChatMessage, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    drop_unsent_screens: bool = False
    lifetime: int | None = None
    erase: bool = False
    cover_until: int | None = None
    desk: DeskWrite | None = None


class Verdict(StrEnum):
    """How a change fared."""

    COMMITTED = "committed"
    SEEN = "seen"  # the update was committed before: a repeat changes nothing
    CONFLICT = "conflict"  # another writer moved the conversation: read again and advance again
    FAILED = "failed"  # could not be written by itself either


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of one change. `outbox` and `messages` carry their rows' ids when committed. `error` is an error class name, never
    words."""

    verdict: Verdict
    outbox: tuple[OutboxItem, ...] = ()
    messages: tuple[ChatMessage, ...] = ()
    error: str = ""


class Delivery(StrEnum):
    """What came of trying to deliver one outbox item."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """To be written after an attempt (grouped with others in one commit).

    DELIVERED and GAVE_UP remove the item; RETRY stores `attempts` + 1 and `not_before`. `item` 0: no outbox row (a scheduled clean-up).
    `added`: messages that now stand in the chat. `removed`: `ChatMessage.row`s that no longer do (or can no longer be deleted).
    `older_remains`: something older than can be deleted still stands there. `desk`: what the same outcome does at the desk (a responder's
    words have been delivered), in the same commit.
    """

    seeker: SeekerId
    item: int
    outcome: Delivery
    not_before: int = 0
    added: tuple[ChatMessage, ...] = ()
    removed: tuple[int, ...] = ()
    older_remains: bool = False
    desk: DeskWrite | None = None


class Storage(DeskStorage, Protocol):
    """The one place where anything rests. All calls may raise `StorageDown`."""

    async def read(self, seekers: Sequence[SeekerId], update_ids: Sequence[int]) -> tuple[Mapping[SeekerId, Held], frozenset[int]]:
        """What is held of these seekers, and which of these updates were committed before. One round trip."""
        ...

    async def write(self, changes: Sequence[Change]) -> Sequence[Written]:
        """One group, at most one change a seeker, in one transaction; replayed one by one when any cannot be written."""
        ...

    async def record(self, records: Sequence[DeliveryRecord]) -> Sequence[tuple[ChatMessage, ...]]:
        """Write what came of deliveries, in one transaction. Answers each record's `added` with row ids."""
        ...

    async def owed(self) -> Sequence[tuple[OutboxItem, Held]]:
        """Every outbox item with what is held of its seeker, oldest first within a seeker. For start-up only."""
        ...

    async def due(self, now: int, limit: int) -> Sequence[SeekerId]:
        """Seekers whose conversation has a timer that is due."""
        ...

    async def overdue_messages(self, now: int, limit: int) -> Sequence[tuple[SeekerId, int, tuple[ChatMessage, ...]]]:
        """Seekers with messages whose time to be deleted has come: (seeker, chat id, messages). Messages too old to delete are included."""
        ...

    async def begun_erasures(self) -> Sequence[tuple[SeekerId, int | None, tuple[ChatMessage, ...]]]:
        """Erasures that were begun and not finished (a crash in between): (seeker, chat id if held, messages)."""
        ...

    async def finish_erasure(self, seeker: SeekerId) -> bool:
        """Destroy the key, delete every row but the cover mark, truncate the log. True when the log was truncated with nobody reading it;
        False: must be called again (idempotent)."""
        ...

    async def truncate_log(self) -> bool:
        """Answers were purged: empty the log that still holds their earlier versions. False: somebody is reading; call again."""
        ...

    async def quarantine(self, update_id: int, error: str, at: int) -> int:
        """Note a failing update by id and error class. Returns how often it has failed so far; after 3 it counts as seen."""
        ...

    async def purge(self, now: int) -> Mapping[str, int]:
        """Remove what retention says must go (R8): table -> rows removed."""
        ...

    async def keep_program(self, program_id: str, bundle: bytes, at: int) -> None:
        """Keep a program's bundle while conversations are pinned to it."""
        ...

    async def program(self, program_id: str) -> bytes | None:
        """The bundle of a program, or None when it has gone."""
        ...

    async def media_file(self, name: str) -> str | None:
        """The platform's handle for a recording or picture of ours that was uploaded before."""
        ...

    async def keep_media_file(self, name: str, handle: str) -> None:
        """Remember that handle."""
        ...

    async def close(self) -> None:
        """Finish what is running, checkpoint, close."""
        ...


class StorageDown(Exception):
    """Storage cannot be written now (locked, full, damaged, closed). Nothing was acknowledged: the update comes again."""


class Clock(Protocol):
    """Source of time."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for waits and rates."""
        ...
