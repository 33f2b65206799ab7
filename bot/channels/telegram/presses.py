"""Answers to presses: they stop a button's spinner and travel by themselves.

Nobody waits for them and nobody is told what came of them. At most 96 are on their way at once, at most 4,096 wait,
and what is beyond that, or still waiting when the bot stops, is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import orjson

from bot.channels.telegram.transport import Api, NotSent, Unanswered

PRESSES_AT_ONCE: Final = 96
PRESSES_WAITING: Final = 4096
PRESS_WORDS: Final = 200


class Presses:
    """The answers that wait, sent by a bounded number of tasks."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._waiting: deque[bytes] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def put(self, press_id: str, words: str, *, alert: bool = False) -> None:
        """Answer soon. `words` are cut at 200 characters; `alert`: in a box that must be closed."""
        if self._closed or len(self._waiting) >= PRESSES_WAITING:
            return
        answer: dict[str, object] = {"callback_query_id": press_id}
        if words:
            answer["text"] = words[:PRESS_WORDS]
            if alert:
                answer["show_alert"] = True
        self._waiting.append(orjson.dumps(answer))
        if len(self._tasks) < PRESSES_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop what has not left."""
        self._closed = True
        self._waiting.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drain(self) -> None:
        while self._waiting:
            try:
                await self._api.call("answerCallbackQuery", self._waiting.popleft())
            except (NotSent, Unanswered):
                continue
