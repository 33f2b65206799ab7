"""A small house around one database on a real file: seekers, changes, and ways to open it again as after a crash."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.seeker import SeekerId
from bot.security.keyring import Keyring
from bot.storage.database import Options
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.usecases.ports import Change, ChatMessage, Held, OutboxItem, Role, Written

START = 1_800_000_000
QUICK = Options(busy_ms=50)


def seeker(number: int) -> SeekerId:
    """A keyed name for a test."""
    return SeekerId(hashlib.sha256(b"seeker%d" % number).digest())


def typed(message_id: int, *, sent_at: int = START, lifetime: int | None = 3600, role: Role = Role.TYPED) -> ChatMessage:
    """A message standing in the chat."""
    return ChatMessage(message_id=message_id, role=role, sent_at=sent_at, delete_at=None if lifetime is None else sent_at + lifetime)


def screen(to: SeekerId, payload: bytes = b"{}", kind: str = "ShowScreen") -> OutboxItem:
    """Something owed."""
    return OutboxItem(seeker=to, kind=kind, payload=payload)


def change(number: int, update_id: int | None, version: int = 0, **fields: object) -> Change:
    """A turn of seeker `number`; a conversation and an address unless told otherwise."""
    usual: dict[str, object] = {"at": START, "conversation": b"envelope %d" % version, "program": "p1", "chat_id": 1000 + number}
    named = {"seeker": seeker(number), "update_id": update_id, "expected_version": version, **usual, **fields}
    return Change(**named)  # type: ignore[arg-type]  # the fields are checked where they are used


class FakeClock:
    """Time that stands still."""

    def now(self) -> float:
        return float(START)

    def monotonic(self) -> float:
        return 0.0


@dataclass
class House:
    """Opens and reopens one database; `commits` counts."""

    folder: Path
    keyring: Keyring
    commits: int = 0
    at_point: Callable[[str], None] | None = None

    @property
    def path(self) -> Path:
        return self.folder / "amparo.sqlite3"

    @property
    def log(self) -> Path:
        return self.folder / "amparo.sqlite3-wal"

    async def open(self, options: Options = QUICK) -> SqlStorage:
        """Open as at a start."""
        return await open_storage(self.path, self.keyring, FakeClock(), options=options, hook=self._hook)

    def _hook(self, point: str) -> None:
        self.commits += point == "after_commit"
        if self.at_point is not None:
            self.at_point(point)

    def copy_as_after_a_crash(self, to: Path) -> House:
        """The files as a power cut would leave them now, in another folder."""
        to.mkdir()
        for part in (self.path, self.log):
            if part.exists():
                (to / part.name).write_bytes(part.read_bytes())
        return House(to, self.keyring)

    def bytes(self) -> bytes:
        """Everything that rests: database and log."""
        return self.path.read_bytes() + (self.log.read_bytes() if self.log.exists() else b"")

    def rows(self, table: str) -> int:
        """How many rows a table has, seen by another connection."""
        with sqlite3.connect(self.path) as other:
            found = other.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # a table's name, from the test
        other.close()
        return int(found[0])


async def held_of(storage: SqlStorage, number: int) -> Held:
    """What is held of one seeker."""
    held, _ = await storage.read([seeker(number)], [])
    return held[seeker(number)]


def verdicts(written: Sequence[Written]) -> list[str]:
    """Only how each fared."""
    return [one.verdict.value for one in written]
