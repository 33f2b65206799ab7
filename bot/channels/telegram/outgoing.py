"""What leaves: `TelegramChannel`, the Bot API side of `bot.usecases.channel.Channel`.

Every call is rendered once to a JSON body and posted as it is. Text of seekers and of ours goes out without a parse
mode: emphasis is in entities, so nothing anybody writes can be read as markup. Previews of links are off. What came
of a call is told by `outcomes`; what is not known (a cut or a timeout after sending) is said to be unknown, never
guessed.

Answers to presses travel by themselves: at most 96 at once, at most 4,096 waiting, dropped beyond that and when the
bot stops.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import orjson

from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outcomes import FILE_HANDLE_INVALID, backoff_seconds, outcome_of
from bot.channels.telegram.transport import Answer, Api, Form, NotSent, Unanswered
from bot.usecases.channel import Button, Outcome, Rendered, Result

DELETE_AT_ONCE: Final = 100
PRESSES_AT_ONCE: Final = 96
PRESSES_WAITING: Final = 4096
PRESS_WORDS: Final = 200
PATIENCE_SECONDS: Final = 5.0
_FAILING_CHATS: Final = 10_000
_NOT_IN_A_FILE_NAME: Final = re.compile(r"[^\w. -]", re.ASCII)
_NO_PREVIEW: Final = {"is_disabled": True}


def _chance() -> float:
    """A number from 0 to 1: jitter, so that many waiting chats do not come back in the same instant."""
    return secrets.randbelow(1001) / 1000


class TelegramChannel:
    """Reaches seekers through the Bot API. `limiter` None: no limits (only with a loopback server)."""

    def __init__(self, api: Api, limiter: Limiter | None, *, chance: Callable[[], float] = _chance) -> None:
        self._api = api
        self._limiter = limiter
        self._chance = chance
        self._failures: dict[int, int] = {}
        self._presses = _Presses(api)

    async def send(self, chat_id: int, message: Rendered, *, silent: bool, urgent: bool = False) -> Outcome:
        """A new message."""
        body = render_send(chat_id, message, silent=silent)
        return await self._say(chat_id, partial(self._api.call, "sendMessage", body), urgent)

    async def edit(self, chat_id: int, message_id: int, message: Rendered, *, urgent: bool = False) -> Outcome:
        """Change a message in place; without rows its keyboard goes."""
        body = render_edit(chat_id, message_id, message)
        outcome = await self._say(chat_id, partial(self._api.call, "editMessageText", body), urgent)
        return replace(outcome, message_id=message_id) if outcome.result is Result.DONE else outcome

    async def delete(self, chat_id: int, message_ids: Sequence[int], *, urgent: bool = False) -> Outcome:
        """Delete, a hundred a call, in order; stops at the first call that is not done. Repeating is harmless."""
        outcome = Outcome(result=Result.DONE)
        for batch in _batches(message_ids):
            body = orjson.dumps({"chat_id": chat_id, "message_ids": batch})
            outcome = await self._say(chat_id, partial(self._api.call, "deleteMessages", body), urgent, counts_for_chat=False)
            if outcome.result is not Result.DONE:
                return outcome
        return outcome

    async def send_voice(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, *, caption: str, silent: bool
    ) -> Outcome:
        """A recording (OGG/Opus)."""
        fields: dict[str, object] = {"caption": caption} if caption else {}
        return await self._send_file(chat_id, "voice", name, content, handle, fields, silent=silent)

    async def send_picture(
        self, chat_id: int, name: str, content: bytes | None, handle: str | None, message: Rendered, *, silent: bool
    ) -> Outcome:
        """A picture with a caption and buttons."""
        fields: dict[str, object] = {}
        if message.text:
            fields["caption"] = message.text
        if message.bold:
            fields["caption_entities"] = _entities(message)
        if message.rows:
            fields["reply_markup"] = _keyboard(message.rows)
        return await self._send_file(chat_id, "photo", name, content, handle, fields, silent=silent)

    def answer_press(self, press_id: str, words: str = "") -> None:
        """Stop the spinner, soon."""
        self._presses.put(press_id, words)

    async def leave(self, chat_id: int) -> None:
        """Leave a group. What comes of it is of no consequence: another message from there makes us try again."""
        body = orjson.dumps({"chat_id": chat_id})
        await self._say(chat_id, partial(self._api.call, "leaveChat", body), False, counts_for_chat=False)

    async def close(self) -> None:
        """Drop the answers to presses that have not left; stop the limiter's timer."""
        await self._presses.close()
        if self._limiter is not None:
            self._limiter.close()

    async def _send_file(
        self,
        chat_id: int,
        kind: str,
        name: str,
        content: bytes | None,
        handle: str | None,
        fields: dict[str, object],
        *,
        silent: bool,
    ) -> Outcome:
        """By handle when there is one; a handle the platform no longer knows falls back to the content, once."""
        parameters: dict[str, object] = {"chat_id": chat_id, **fields}
        if silent:
            parameters["disable_notification"] = True
        method = "sendVoice" if kind == "voice" else "sendPhoto"
        if handle is not None:
            body = orjson.dumps({**parameters, kind: handle})
            outcome = await self._say(chat_id, partial(self._api.call, method, body), False, keep_handle=True)
            if content is None or outcome.error != FILE_HANDLE_INVALID:
                return outcome
        if content is None:
            return Outcome(result=Result.REFUSED, error="FileMissing")
        return await self._say(
            chat_id,
            lambda: self._api.upload(method, _form(parameters, kind, name, content)),
            False,
            keep_handle=True,
        )

    async def _say(
        self,
        chat_id: int,
        call: Callable[[], Awaitable[Answer]],
        urgent: bool,
        *,
        counts_for_chat: bool = True,
        keep_handle: bool = False,
    ) -> Outcome:
        """Wait for the turn, call, tell what came of it."""
        limiter = self._limiter
        if limiter is not None:
            if (silence := limiter.paused_for(chat_id)) > PATIENCE_SECONDS:
                return Outcome(result=Result.RETRY, after=silence, error="TooManyRequests")
            await limiter.turn(chat_id, urgent=urgent, counts=counts_for_chat)
        try:
            answer = await call()
        except NotSent as fault:
            return Outcome(result=Result.RETRY, after=self._backoff(chat_id), error=str(fault.message))
        except Unanswered as fault:
            return Outcome(result=Result.UNKNOWN, error=str(fault.message))
        if answer.ok:
            self._failures.pop(chat_id, None)
            outcome = outcome_of(answer, 0.0)
            return replace(outcome, handle=_handle(answer.result)) if keep_handle else outcome
        return self._failed(chat_id, answer)

    def _failed(self, chat_id: int, answer: Answer) -> Outcome:
        failing = answer.status >= 500 or answer.status == 429 or 300 <= answer.status < 400
        outcome = outcome_of(answer, self._backoff(chat_id) if failing else 0.0)
        if answer.status == 429 and self._limiter is not None:
            self._limiter.pause(chat_id, outcome.after)
        if not failing:
            self._failures.pop(chat_id, None)
        return outcome

    def _backoff(self, chat_id: int) -> float:
        """Seconds until this chat is tried again, longer with each failure in a row."""
        if len(self._failures) >= _FAILING_CHATS:
            self._failures.clear()
        failures = self._failures[chat_id] = self._failures.get(chat_id, 0) + 1
        return backoff_seconds(failures, self._chance())


class _Presses:
    """Answers to presses, sent by a bounded number of tasks; nobody waits for them and nobody is told."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._waiting: deque[bytes] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def put(self, press_id: str, words: str) -> None:
        if self._closed or len(self._waiting) >= PRESSES_WAITING:
            return
        answer = {"callback_query_id": press_id}
        if words:
            answer["text"] = words[:PRESS_WORDS]
        self._waiting.append(orjson.dumps(answer))
        if len(self._tasks) < PRESSES_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        while self._waiting:
            try:
                await self._api.call("answerCallbackQuery", self._waiting.popleft())
            except (NotSent, Unanswered):
                continue

    async def close(self) -> None:
        self._closed = True
        self._waiting.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def render_send(chat_id: int, message: Rendered, *, silent: bool) -> bytes:
    """The body of a sendMessage."""
    parameters = _message(chat_id, message)
    if silent:
        parameters["disable_notification"] = True
    return orjson.dumps(parameters)


def render_edit(chat_id: int, message_id: int, message: Rendered) -> bytes:
    """The body of an editMessageText."""
    parameters = _message(chat_id, message)
    parameters["message_id"] = message_id
    return orjson.dumps(parameters)


def _message(chat_id: int, message: Rendered) -> dict[str, object]:
    parameters: dict[str, object] = {"chat_id": chat_id, "text": message.text, "link_preview_options": _NO_PREVIEW}
    if message.bold:
        parameters["entities"] = _entities(message)
    if message.rows:
        parameters["reply_markup"] = _keyboard(message.rows)
    return parameters


def _entities(message: Rendered) -> list[dict[str, object]]:
    return [{"type": "bold", "offset": bold.offset, "length": bold.length} for bold in message.bold]


def _keyboard(rows: Sequence[Sequence[Button]]) -> dict[str, object]:
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]}


def _button(button: Button) -> dict[str, object]:
    if button.copy:
        return {"text": button.text, "copy_text": {"text": button.copy}}
    return {"text": button.text, "callback_data": button.data}


def _batches(message_ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids that can be ids, each once, a hundred at a time."""
    ids = [each for each in dict.fromkeys(message_ids) if each > 0]
    for start in range(0, len(ids), DELETE_AT_ONCE):
        yield ids[start : start + DELETE_AT_ONCE]


def _form(parameters: dict[str, object], kind: str, name: str, content: bytes) -> Form:
    """A multipart form: plain fields, JSON for what is no text, and the file. The boundary is drawn anew each time, so
    no text can hold it."""
    boundary = secrets.token_hex(16)
    parts: list[str | bytes] = []
    for field, value in parameters.items():
        shown = value if isinstance(value, str) else orjson.dumps(value).decode()
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{shown}\r\n')
    media = "audio/ogg" if kind == "voice" else "image/png"
    plain = _NOT_IN_A_FILE_NAME.sub("_", name)
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{kind}"; filename="{plain}"\r\nContent-Type: {media}\r\n\r\n')
    parts += [content, f"\r\n--{boundary}--\r\n"]
    body = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return Form(kind=f"multipart/form-data; boundary={boundary}".encode(), body=body)


def _handle(result: object) -> str:
    """The platform's handle of the file in a sent message. It may have filed a recording as a sound file or a
    document."""
    if not isinstance(result, dict):
        return ""
    photo = result.get("photo")
    sizes = photo[-1:] if isinstance(photo, list) else []
    for found in (*(result.get(kind) for kind in ("voice", "audio", "document")), *sizes):
        handle = found.get("file_id") if isinstance(found, dict) else None
        if isinstance(handle, str):
            return handle
    return ""
