"""What a channel is to the use cases: what comes in from a seeker, what goes out, and what came of it. Knows no platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from flows.events import MediaKind


class Kind(StrEnum):
    """What came."""

    START = "start"
    TEXT = "text"
    COMMAND = "command"
    PRESS = "press"
    MEDIA = "media"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    IGNORED = "ignored"  # committed as seen, nothing else (edited messages of ours to skip, channel posts, service messages...)
    GROUP = "group"  # the bot stands in a group: it leaves
    UNREADABLE = "unreadable"  # quarantined by id and error class


THEIRS: Final = (Kind.START, Kind.TEXT, Kind.COMMAND, Kind.MEDIA)
"""Kinds that leave a message of the person's in the chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One update, read. `user_id`/`chat_id` are the platform's and live only in memory; never logged.

    `text`: words, or a start payload, or a command's name (`salir`). `message_id`: of the message that now stands in the chat (0: none),
    for a press the message that holds the button (0 when inaccessible). `sent_at`: unix seconds, the platform's date of that message.
    `press_id` must be answered so that no spinner turns. `edited`: the person changed words already sent.
    """

    update_id: int
    kind: Kind
    user_id: int = 0
    chat_id: int = 0
    text: str = ""
    message_id: int = 0
    sent_at: int = 0
    language_code: str = ""
    media: MediaKind | None = None
    press_id: str = ""
    press_data: str = ""
    edited: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button as it leaves: `data` (callback bytes, at most 64) or `copy` (text for the clipboard)."""

    text: str
    data: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Bold:
    """Bold from `offset` for `length`, both in UTF-16 code units (the platform's measure)."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Words and buttons of one message, ready to leave. No markup: emphasis is in `bold`."""

    text: str
    bold: tuple[Bold, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()


class Result(StrEnum):
    """What came of a call."""

    DONE = "done"  # `message_id` is set for sends. An edit that changes nothing is DONE
    RETRY = "retry"  # surely not done: again after `after` seconds
    UNKNOWN = "unknown"  # accepted or not, nobody knows (timeout or cut while waiting for the answer)
    MISSING = "missing"  # the message to edit or delete is not there, or can no longer be edited
    TOO_OLD = "too_old"  # can no longer be deleted
    GONE = "gone"  # blocked, deactivated, chat not found: stop
    REFUSED = "refused"  # our mistake, final; `error` names the class


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Answer to one call. `after`: seconds to wait on RETRY (the platform's `retry_after` obeyed exactly)."""

    result: Result
    message_id: int = 0
    sent_at: int = 0
    after: float = 0.0
    error: str = ""
    handle: str = ""


class Channel(Protocol):
    """A way to reach seekers. Calls never raise for what the platform answers; they wait for the rate limits by themselves."""

    async def send(self, chat_id: int, message: Rendered, *, silent: bool, urgent: bool = False) -> Outcome:
        """A new message."""
        ...

    async def edit(self, chat_id: int, message_id: int, message: Rendered, *, urgent: bool = False) -> Outcome:
        """Change a message in place."""
        ...

    async def delete(self, chat_id: int, message_ids: Sequence[int], *, urgent: bool = False) -> Outcome:
        """Delete at most 100 messages of either side. Says DONE also when the platform skipped some."""
        ...

    async def send_voice(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, *, caption: str, silent: bool
    ) -> Outcome:
        """A recording (OGG/Opus): by `handle` when uploaded before, else `content`. `Outcome.handle` is the platform's handle."""
        ...

    async def send_picture(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, message: Rendered, *, silent: bool
    ) -> Outcome:
        """A picture with a caption and buttons."""
        ...

    def answer_press(self, press_id: str, words: str = "") -> None:
        """Stop the button's spinner, soon, without waiting; a failure is of no consequence."""
        ...

    async def leave(self, chat_id: int) -> None:
        """Leave a group."""
        ...


class Receiver(Protocol):
    """Where a channel puts what came in. Returns when everything is committed (or was seen before, or quarantined); then it may be
    acknowledged. Raises `StorageDown` when nothing may be acknowledged."""

    async def __call__(self, batch: Sequence[Incoming]) -> None: ...
