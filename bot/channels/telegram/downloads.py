"""Files people sent, fetched into memory and nowhere else.

getFile tells where a file lies, a GET brings it. Nothing is decoded, written or kept here. A file is bounded twice: by
the size the platform tells, and by what really comes; so at most `AT_ONCE` times the limit is held at any time. Asking
again is harmless, so what fails for the moment (no connection, a cut, 429, 5xx) is tried three times in all; what is
refused is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import orjson

from bot.channels.telegram.outcomes import backoff_seconds
from bot.channels.telegram.transport import Answer, Api, NotSent, TooLong, Unanswered

AT_ONCE: Final = 2
TRIES: Final = 3
PATIENCE_SECONDS: Final = 30.0
DOWNLOAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Later:
    """Not now. `after`: seconds of silence the platform asked for, 0 when it did not."""

    after: float = 0.0


class Downloads:
    """Fetches files of one bot, two at a time."""

    def __init__(self, api: Api, *, chance: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._api = api
        self._chance = chance
        self._sleep = sleep
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, handle: str, limit: int) -> bytes | None:
        """The file, at most `limit` bytes; None when it is bigger, gone, or three tries brought nothing whole."""
        async with self._turns:
            for failures in range(1, TRIES + 1):
                found = await self._try(handle, limit)
                if not isinstance(found, _Later):
                    return found
                if failures == TRIES or found.after > PATIENCE_SECONDS:
                    break
                await self._sleep(found.after or backoff_seconds(failures, self._chance()))
        return None

    async def _try(self, handle: str, limit: int) -> bytes | _Later | None:
        try:
            answer = await self._api.call("getFile", orjson.dumps({"file_id": handle}))
            if not answer.ok:
                return _refused(answer.status, answer)
            path, size = _where(answer.result)
            if not path or size > limit:
                return None
            status, content = await self._api.file(path, limit, DOWNLOAD_SECONDS)
        except TooLong:
            return None
        except (NotSent, Unanswered):
            return _Later()
        if status != 200:
            return _refused(status, None)
        if len(content) > limit or not content:
            return None
        return content if size in (0, len(content)) else _Later()


def _refused(status: int, answer: Answer | None) -> _Later | None:
    """Whether asking again can help: not when the file is too big, unknown or forgotten."""
    if status == 429 or status >= 500 or 200 <= status < 300:
        return _Later(after=answer.after if answer is not None else 0.0)
    return None


def _where(result: object) -> tuple[str, int]:
    """(path below the file address, size or 0) from getFile. A path that leads elsewhere (upwards, or to the disk of a
    Bot API server run in local mode) is none."""
    if not isinstance(result, dict):
        return "", 0
    path, size = result.get("file_path"), result.get("file_size")
    if not isinstance(path, str) or path.startswith("/") or ".." in path.split("/"):
        path = ""
    return path, size if type(size) is int else 0
