"""What leaves for seekers: `TelegramChannel`, the Bot API side of `bot.usecases.channel.Channel`, and the files they
sent, fetched when a human may have them. How a call is made is in `speaking`, how a message is rendered in `rendering`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import orjson

from bot.channels.telegram.downloads import Downloads
from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outcomes import FILE_HANDLE_INVALID
from bot.channels.telegram.rendering import Parameters, entities, form, keyboard, message_parameters
from bot.channels.telegram.speaking import Speaker, jitter
from bot.channels.telegram.transport import Api
from bot.usecases.channel import MAX_FILE_BYTES, Outcome, Rendered, Result


class TelegramChannel(Speaker):
    """Reaches seekers through the Bot API. `limiter` None: no limits (only with a loopback server)."""

    def __init__(self, api: Api, limiter: Limiter | None, *, chance: Callable[[], float] = jitter) -> None:
        super().__init__(api, limiter, chance=chance)
        self._downloads = Downloads(api, chance=chance)

    async def send(self, chat_id: int, message: Rendered, *, silent: bool, urgent: bool = False) -> Outcome:
        """A new message."""
        body = render_send(chat_id, message, silent=silent)
        return await self._say(chat_id, partial(self._api.call, "sendMessage", body), urgent)

    async def send_voice(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, *, caption: str, silent: bool
    ) -> Outcome:
        """A recording (OGG/Opus)."""
        fields: Parameters = {"caption": caption} if caption else {}
        return await self._send_file(chat_id, "voice", name, content, handle, fields, silent=silent)

    async def send_picture(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, message: Rendered, *, silent: bool
    ) -> Outcome:
        """A picture with a caption and buttons."""
        fields: Parameters = {}
        if message.text:
            fields["caption"] = message.text
        if message.bold:
            fields["caption_entities"] = entities(message)
        if message.rows:
            fields["reply_markup"] = keyboard(message.rows)
        return await self._send_file(chat_id, "photo", name, content, handle, fields, silent=silent)

    async def download(self, handle: str, limit: int = MAX_FILE_BYTES) -> bytes | None:
        """A file a seeker sent, in memory; None when it is too big, gone, or could not be had whole."""
        return await self._downloads.fetch(handle, limit)

    async def _send_file(
        self,
        chat_id: int,
        kind: str,
        name: str,
        content: bytes | None,
        handle: str | None,
        fields: Parameters,
        *,
        silent: bool,
    ) -> Outcome:
        """By handle when there is one; a handle the platform no longer knows falls back to the content, once."""
        parameters: Parameters = {"chat_id": chat_id, **fields}
        if silent:
            parameters["disable_notification"] = True
        method, mime = ("sendVoice", "audio/ogg") if kind == "voice" else ("sendPhoto", "image/png")
        if handle is not None:
            body = orjson.dumps({**parameters, kind: handle})
            outcome = await self._say(chat_id, partial(self._api.call, method, body), False, keep_handle=True)
            if content is None or outcome.error != FILE_HANDLE_INVALID:
                return outcome
        if content is None:
            return Outcome(result=Result.REFUSED, error="FileMissing")
        return await self._say(
            chat_id,
            lambda: self._api.upload(method, form(parameters, kind, name, mime, content)),
            False,
            keep_handle=True,
        )


def render_send(chat_id: int, message: Rendered, *, silent: bool) -> bytes:
    """The body of a sendMessage."""
    parameters = message_parameters(chat_id, message)
    if silent:
        parameters["disable_notification"] = True
    return orjson.dumps(parameters)
