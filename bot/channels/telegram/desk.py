"""What leaves for responders: `TelegramDeskChannel`, the Bot API side of `bot.usecases.channel.DeskChannel`.

Each case has a topic in the responder's private chat with this bot. Words of a case must never stand outside its topic,
and Telegram has two ways of losing one: it refuses ("message thread not found"), or, as private chats did in 2026, it
drops the message into the main chat and says nothing. So every message sent into a topic is looked at when it comes
back, and what landed elsewhere is deleted at once. Both ways end as MISSING with `TOPIC_MISSING`; making the topic again
is the use case's part. Content is protected against forwarding and saving unless a call says otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import orjson

from bot.channels.telegram.incoming_parts import mime_of
from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outcomes import REPLY_MISSING
from bot.channels.telegram.rendering import Parameters, form, message_parameters
from bot.channels.telegram.speaking import Speaker, jitter
from bot.channels.telegram.transport import Answer, Api, NotSent, Unanswered
from bot.usecases.channel import TOPIC_MISSING, TOPICS_OFF, Outcome, Rendered, Result, Upload
from flows.events import MediaKind

TOPIC_NAME: Final = 128
UPLOADS_AT_ONCE: Final = 4
"""As many as the deliverer has in memory at once: whoever has fetched a file does not wait here for another turn."""
UPLOAD_SECONDS: Final = 60.0
SLOWEST_LINE: Final = 100_000
"""Bytes a second; an upload may take this long before it counts as unanswered."""

_FORCE_REPLY: Final = {"force_reply": True, "selective": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How a kind of file is sent: the method, its field, what it is called and taken for when nothing else is known.
    `cover`: what hides it."""

    method: str
    field: str
    name: str
    mime: str
    cover: Parameters


_FORMS: Final = {
    MediaKind.PHOTO: _Form(method="sendPhoto", field="photo", name="foto", mime="image/jpeg", cover={"has_spoiler": True}),
    MediaKind.VIDEO: _Form(method="sendVideo", field="video", name="video", mime="video/mp4", cover={"has_spoiler": True}),
    MediaKind.VOICE: _Form(method="sendVoice", field="voice", name="voz", mime="audio/ogg", cover={}),
    MediaKind.DOCUMENT: _Form(
        method="sendDocument",
        field="document",
        name="archivo",
        mime="application/octet-stream",
        cover={"disable_content_type_detection": True},
    ),
}

# How a passed-on file is named: by what it says it is. What is not here opens with nothing by itself.
_ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a message goes, and how."""

    chat_id: int
    thread_id: int
    reply_to: int
    silent: bool
    protect: bool

    def parameters(self) -> Parameters:
        """The same for every sending method."""
        parameters: Parameters = {"chat_id": self.chat_id}
        if self.thread_id:
            parameters["message_thread_id"] = self.thread_id
        if self.reply_to:
            parameters["reply_parameters"] = {"message_id": self.reply_to, "allow_sending_without_reply": True}
        if self.silent:
            parameters["disable_notification"] = True
        if self.protect:
            parameters["protect_content"] = True
        return parameters


class TelegramDeskChannel(Speaker):
    """Reaches responders through a bot of theirs. `limiter` None: no limits (only with a loopback server)."""

    def __init__(self, api: Api, limiter: Limiter | None, *, chance: Callable[[], float] = jitter) -> None:
        super().__init__(api, limiter, chance=chance)
        self._topics: bool | None = None
        self._asking = asyncio.Lock()
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def topics_enabled(self) -> bool:
        """What getMe says of topics in private chats; asked until it answers, then remembered until the platform says
        otherwise."""
        async with self._asking:
            if self._topics is None:
                self._topics = await self._ask_for_topics()
        return bool(self._topics)

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
        """A new message."""
        fields = message_parameters(chat_id, message)
        if asks:
            fields["reply_markup"] = _FORCE_REPLY
        place = _Place(chat_id=chat_id, thread_id=thread_id, reply_to=reply_to, silent=silent, protect=protect)
        return await self._put(place, "sendMessage", fields, urgent=urgent)

    async def open_topic(self, chat_id: int, name: str, *, urgent: bool = False) -> Outcome:
        """Make a topic. Not idempotent."""
        body = orjson.dumps({"chat_id": chat_id, "name": name[:TOPIC_NAME]})
        outcome = await self._say(chat_id, partial(self._api.call, "createForumTopic", body), urgent)
        if outcome.error == TOPICS_OFF:
            self._topics = None  # switched off since we asked
        if outcome.result is Result.DONE and not outcome.thread_id:
            return Outcome(result=Result.UNKNOWN, error="UnreadableAnswer")
        return outcome

    async def rename_topic(self, chat_id: int, thread_id: int, name: str) -> Outcome:
        """Give a topic another name; the one it has already is no mistake."""
        body = orjson.dumps({"chat_id": chat_id, "message_thread_id": thread_id, "name": name[:TOPIC_NAME]})
        outcome = await self._say(chat_id, partial(self._api.call, "editForumTopic", body), False)
        return replace(outcome, thread_id=thread_id) if outcome.result is Result.DONE else outcome

    async def drop_topic(self, chat_id: int, thread_id: int, *, urgent: bool = False) -> Outcome:
        """Delete a topic with all its messages. Repeating is harmless. As other deletions it does not wait behind the
        chat's own rate: a panic empties many topics in seconds."""
        body = orjson.dumps({"chat_id": chat_id, "message_thread_id": thread_id})
        outcome = await self._say(chat_id, partial(self._api.call, "deleteForumTopic", body), urgent, counts_for_chat=False)
        return Outcome(result=Result.DONE) if outcome.error == TOPIC_MISSING else outcome

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
        """A file by its content, or by the handle this bot gave it. Captions of more than 1,024 characters are refused."""
        way = _FORMS.get(kind)
        if way is None:
            return Outcome(result=Result.REFUSED, error="MediaKindUnknown")
        fields: Parameters = {"caption": caption} if caption else {}
        if hidden:
            fields |= way.cover
        place = _Place(chat_id=chat_id, thread_id=thread_id, reply_to=reply_to, silent=silent, protect=protect)
        if isinstance(source, str):
            return await self._put(place, way.method, {**fields, way.field: source})
        async with self._uploads:
            return await self._put(place, way.method, fields, upload=(way, source))

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
        """A point on the map, degrees."""
        place = _Place(chat_id=chat_id, thread_id=thread_id, reply_to=reply_to, silent=silent, protect=protect)
        return await self._put(place, "sendLocation", {"latitude": latitude, "longitude": longitude})

    async def _put(
        self, place: _Place, method: str, fields: Parameters, *, upload: tuple[_Form, Upload] | None = None, urgent: bool = False
    ) -> Outcome:
        """Send, and see to it that it stands where it should. A reply the platform will not make is sent as no reply: what is
        said counts more than what it answers to."""
        parameters = {**fields, **place.parameters()}
        outcome = await self._say(
            place.chat_id, partial(self._post, method, parameters, upload), urgent, keep_handle=method != "sendMessage"
        )
        if outcome.error == REPLY_MISSING and place.reply_to:
            return await self._put(replace(place, reply_to=0), method, fields, upload=upload, urgent=urgent)
        return await self._kept_inside(place, outcome)

    async def _post(self, method: str, parameters: Parameters, upload: tuple[_Form, Upload] | None) -> Answer:
        if upload is None:
            return await self._api.call(method, orjson.dumps(parameters))
        way, file = upload
        mime = mime_of(file.mime) or way.mime
        body = form(parameters, way.field, way.name + _ENDINGS.get(mime, ".bin"), mime, file.content)
        return await self._api.upload(method, body, UPLOAD_SECONDS + len(file.content) / SLOWEST_LINE)

    async def _kept_inside(self, place: _Place, outcome: Outcome) -> Outcome:
        """What landed outside its topic goes at once."""
        if outcome.result is not Result.DONE or not place.thread_id or outcome.thread_id == place.thread_id:
            return outcome
        if not outcome.message_id:
            return Outcome(result=Result.UNKNOWN, error="UnreadableAnswer")
        removed = await self.delete(place.chat_id, [outcome.message_id], urgent=True)
        left = 0 if removed.result is Result.DONE else outcome.message_id
        return Outcome(result=Result.MISSING, error=TOPIC_MISSING, message_id=left)

    async def _ask_for_topics(self) -> bool | None:
        try:
            answer = await self._api.call("getMe", b"{}")
        except (NotSent, Unanswered):
            return None
        if not answer.ok or not isinstance(answer.result, dict):
            return None
        return answer.result.get("has_topics_enabled") is True
