"""What every channel of ours does alike: wait for the turn, call, and tell what came of it.

What came of a call is read by `outcomes`; what is not known (a cut or a timeout after sending) is said to be unknown,
never guessed, and nothing is ever sent a second time from here. Changing and deleting messages, stopping spinners and
leaving groups are the same for seekers' and responders' bot. Nothing here is shared between two bots: each has a
channel of its own, with its own `Api` and its own limiter (one bot that serves both shares its limiter).
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import orjson

from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outcomes import backoff_seconds, outcome_of
from bot.channels.telegram.presses import Presses
from bot.channels.telegram.rendering import message_parameters
from bot.channels.telegram.transport import Answer, Api, NotSent, Unanswered
from bot.usecases.channel import Outcome, Rendered, Result

DELETE_AT_ONCE: Final = 100
PATIENCE_SECONDS: Final = 5.0
_FAILING_CHATS: Final = 10_000


def jitter() -> float:
    """A number from 0 to 1, so that many waiting chats do not come back in the same instant."""
    return secrets.randbelow(1001) / 1000


class Speaker:
    """One bot's way out. `limiter` None: no limits (only with a loopback server)."""

    def __init__(self, api: Api, limiter: Limiter | None, *, chance: Callable[[], float] = jitter) -> None:
        self._api = api
        self._limiter = limiter
        self._chance = chance
        self._failures: dict[int, int] = {}
        self._presses = Presses(api)

    async def edit(self, chat_id: int, message_id: int, message: Rendered, *, urgent: bool = False) -> Outcome:
        """Change a message in place; without rows its keyboard goes."""
        body = orjson.dumps({**message_parameters(chat_id, message), "message_id": message_id})
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

    def answer_press(self, press_id: str, words: str = "", *, alert: bool = False) -> None:
        """Stop the spinner, soon."""
        self._presses.put(press_id, words, alert=alert)

    async def leave(self, chat_id: int) -> None:
        """Leave a group. What comes of it is of no consequence: another message from there makes us try again."""
        body = orjson.dumps({"chat_id": chat_id})
        await self._say(chat_id, partial(self._api.call, "leaveChat", body), False, counts_for_chat=False)

    async def close(self) -> None:
        """Drop the answers to presses that have not left; stop the limiter's timer."""
        await self._presses.close()
        if self._limiter is not None:
            self._limiter.close()

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


def _batches(message_ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids that can be ids, each once, a hundred at a time."""
    ids = [each for each in dict.fromkeys(message_ids) if each > 0]
    for start in range(0, len(ids), DELETE_AT_ONCE):
        yield ids[start : start + DELETE_AT_ONCE]


def _handle(result: object) -> str:
    """The platform's handle of the file in a sent message. It may have filed a recording as a sound file or a
    document, a video as an animation (which carries a document too)."""
    if not isinstance(result, dict):
        return ""
    photo = result.get("photo")
    sizes = photo[-1:] if isinstance(photo, list) else []
    for found in (*(result.get(kind) for kind in ("voice", "audio", "video", "animation", "document")), *sizes):
        handle = found.get("file_id") if isinstance(found, dict) else None
        if isinstance(handle, str):
            return handle
    return ""
