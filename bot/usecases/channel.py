"""What a channel is to the use cases: what comes in from a person, what goes out, and what came of it. Knows no platform.

`Channel` reaches seekers. `DeskChannel` reaches responders: their own bot, where each case has a topic of its own inside
the responder's private chat (where topics are off, the same goes through replies). Files go from the one to the other
through memory only: `Channel.download`, then `DeskChannel.send_media`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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

    `thread_id`: the topic of the message, or of the message that holds a pressed button; 0 outside topics. `reply_to`: id
    of the message these words answer to, 0 for none (the note that opened a topic is none).

    Of media: `file_id` is the platform's handle, good for the bot it came to ("" when there is nothing to pass on: a
    contact, a sticker, a poll, a place), of a photo's sizes the largest; `file_size` in bytes and `mime` as the platform
    tells them (0 and "" when it does not); `caption`: the words beside it, cleaned as `text` is; `place`: (latitude,
    longitude) in degrees, held in memory only. File names are not kept: they can name people.
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
    thread_id: int = 0
    reply_to: int = 0
    file_id: str = ""
    file_size: int = 0
    mime: str = ""
    caption: str = ""
    place: tuple[float, float] | None = None


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
    """Words and buttons of one message, ready to leave. No markup: emphasis is in `bold`; `hidden` spans are covered until
    tapped, also on a lock screen and in the list of chats."""

    text: str
    bold: tuple[Bold, ...] = ()
    hidden: tuple[Bold, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way from one bot to another, in memory only. `mime` "": not known."""

    content: bytes = field(repr=False)
    mime: str = ""


MAX_FILE_BYTES: Final = 20 * 1024 * 1024
"""What a bot may download; nothing bigger is passed on."""


class Result(StrEnum):
    """What came of a call."""

    DONE = "done"  # `message_id` is set for sends. An edit that changes nothing is DONE
    RETRY = "retry"  # surely not done: again after `after` seconds
    UNKNOWN = "unknown"  # accepted or not, nobody knows (timeout or cut while waiting for the answer)
    MISSING = "missing"  # the message to edit or delete is not there or can no longer be edited; the topic is not there (`TOPIC_MISSING`)
    TOO_OLD = "too_old"  # can no longer be deleted
    GONE = "gone"  # blocked, deactivated, chat not found: stop
    REFUSED = "refused"  # our mistake, final; `error` names the class


TOPIC_MISSING: Final = "TopicMissing"
"""`Outcome.error` with MISSING: the topic is gone; make it again and send again. Nothing was said outside it, unless
`Outcome.message_id` names a message that stands there and could not be deleted yet."""

TOPICS_OFF: Final = "TopicsOff"
"""`Outcome.error` with REFUSED: the bot has no topics in private chats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Answer to one call. `after`: seconds to wait on RETRY (the platform's `retry_after` obeyed exactly). `handle`: the
    platform's handle of a sent file. `thread_id`: the topic made, or the one the sent message stands in; 0 for none."""

    result: Result
    message_id: int = 0
    sent_at: int = 0
    after: float = 0.0
    error: str = ""
    handle: str = ""
    thread_id: int = 0


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

    async def download(self, handle: str, limit: int = MAX_FILE_BYTES) -> bytes | None:
        """The file behind `Incoming.file_id`, in memory, at most `limit` bytes. None when it is bigger, gone, or could not be
        had whole in a few tries."""
        ...

    def answer_press(self, press_id: str, words: str = "") -> None:
        """Stop the button's spinner, soon, without waiting; a failure is of no consequence."""
        ...

    async def leave(self, chat_id: int) -> None:
        """Leave a group."""
        ...


class DeskChannel(Protocol):
    """A way to reach responders. As `Channel`: nothing is raised for what the platform answers, rate limits are waited for.

    `thread_id` 0: outside topics. A message meant for a topic never stays outside it: when the topic is gone the outcome is
    MISSING with `TOPIC_MISSING`. After UNKNOWN nobody could look where it landed. `protect`: it cannot be forwarded or
    saved. `silent`: no sound.
    """

    async def topics_enabled(self) -> bool:
        """Whether this bot has topics in private chats. Asked once; False while the platform has not answered."""
        ...

    async def send(
        self,
        chat_id: int,
        message: Rendered,
        *,
        thread_id: int = 0,
        reply_to: int = 0,
        silent: bool = False,
        protect: bool = True,
        urgent: bool = False,
        asks: bool = False,
    ) -> Outcome:
        """A new message. `reply_to` that is gone is no obstacle. `asks`: the text box opens as an answer to this message,
        and then it has no rows of buttons."""
        ...

    async def edit(self, chat_id: int, message_id: int, message: Rendered, *, urgent: bool = False) -> Outcome:
        """Change a message in place."""
        ...

    async def delete(self, chat_id: int, message_ids: Sequence[int], *, urgent: bool = False) -> Outcome:
        """Delete messages of either side, as `Channel.delete`."""
        ...

    async def open_topic(self, chat_id: int, name: str, *, urgent: bool = False) -> Outcome:
        """Make a topic; `Outcome.thread_id` is its id. Not idempotent: after UNKNOWN there may be one more of this name,
        empty, and nobody can ask for its id."""
        ...

    async def rename_topic(self, chat_id: int, thread_id: int, name: str) -> Outcome:
        """Give a topic another name. MISSING with `TOPIC_MISSING` when it is gone."""
        ...

    async def drop_topic(self, chat_id: int, thread_id: int, *, urgent: bool = False) -> Outcome:
        """Delete a topic with all its messages, whatever their age. DONE also when it is gone already."""
        ...

    async def send_media(
        self,
        chat_id: int,
        kind: MediaKind,
        source: Upload | str,
        *,
        thread_id: int = 0,
        reply_to: int = 0,
        silent: bool = False,
        protect: bool = True,
        hidden: bool = True,
        caption: str = "",
    ) -> Outcome:
        """A photo, video, voice note or document: `source` is the file, or the handle this bot gave it before. `hidden`:
        photos and videos are covered until tapped; a document shows no preview. The file's own name is never given."""
        ...

    async def send_place(
        self,
        chat_id: int,
        latitude: float,
        longitude: float,
        *,
        thread_id: int = 0,
        reply_to: int = 0,
        silent: bool = False,
        protect: bool = True,
    ) -> Outcome:
        """A point on the map, degrees. The platform cannot cover it."""
        ...

    def answer_press(self, press_id: str, words: str = "", *, alert: bool = False) -> None:
        """Stop the button's spinner, as `Channel.answer_press`. `alert`: the words stand in a box that must be closed."""
        ...

    async def leave(self, chat_id: int) -> None:
        """Leave a group."""
        ...


class Receiver(Protocol):
    """Where a channel puts what came in. Returns when everything is committed (or was seen before, or quarantined); then it may be
    acknowledged. Raises `StorageDown` when nothing may be acknowledged."""

    async def __call__(self, batch: Sequence[Incoming]) -> None: ...
