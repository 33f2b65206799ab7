"""Carrying updates to webhooks: in order within a chat, chats side by side, again until the bot says 200.

Each update is one POST with the secret in its header. Anything but a 2xx answer is tried again later, after
`Retry-After` when the answer names it, else after a pause that doubles; an update is given up when it is a day old on
the server's clock. Pauses run on that clock too, so a test moves time instead of waiting. Only loopback addresses are
called: a local server sends nothing into the world.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import aiohttp
import orjson
from yarl import URL

from bot.botapi.dispatch import answer_in_hook
from bot.botapi.inbox import LIFETIME, Pending, Webhook
from bot.botapi.methods_updates import is_loopback
from bot.botapi.people import Bot
from bot.botapi.world import World

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
ANSWER_TIMEOUT = 60.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the name of the header, not a secret


@dataclass(slots=True)
class _Lane:
    """One chat's updates on their way to one bot."""

    queue: deque[Pending] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Couriers:
    """Every webhook delivery of one server."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lanes: dict[tuple[int, int], _Lane] = {}
        self._slots: dict[int, asyncio.Semaphore] = {}
        self._session: aiohttp.ClientSession | None = None

    def offer(self, bot: Bot, pending: Pending) -> None:
        """Take an update into its chat's lane."""
        lane = self._lanes.setdefault((bot.id, pending.chat), _Lane())
        if pending not in lane.queue:
            lane.queue.append(pending)
        if lane.task is None or lane.task.done():
            lane.task = asyncio.get_running_loop().create_task(self._run(bot, lane))

    async def close(self) -> None:
        """Stop all deliveries."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, bot: Bot, lane: _Lane) -> None:
        while lane.queue:
            pending = lane.queue[0]
            if bot.inbox.has(pending):
                await self._deliver(bot, pending)
            if bot.inbox.webhook is None:
                lane.queue.clear()
            elif lane.queue and lane.queue[0] is pending:
                lane.queue.popleft()

    async def _deliver(self, bot: Bot, pending: Pending) -> None:
        pause = FIRST_PAUSE
        while (hook := bot.inbox.webhook) is not None and bot.inbox.has(pending):
            if pending.at + LIFETIME <= self._world.clock.now():
                bot.inbox.remove(pending)
                return
            asked = await self._post(bot, hook, pending)
            if asked is None:
                self._taken(bot, pending)
                return
            await self._world.clock.sleep(asked or pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _taken(self, bot: Bot, pending: Pending) -> None:
        if self._world.faults.strike("webhook", bot.id, kinds=frozenset({"duplicate_update"})):
            again = asyncio.get_running_loop().create_task(self._repeat(bot, pending))
            self._lanes.setdefault((bot.id, -pending.update_id), _Lane()).task = again
        bot.inbox.remove(pending)
        self._world.touch()

    async def _repeat(self, bot: Bot, pending: Pending) -> None:
        if (hook := bot.inbox.webhook) is not None:
            await self._post(bot, hook, pending)

    async def _post(self, bot: Bot, hook: Webhook, pending: Pending) -> float | None:
        """None when the bot took the update, else the seconds it asked to wait (0 when it did not say)."""
        if not is_loopback(URL(hook.url).host or ""):
            return self._failed(hook, "this local server delivers to loopback addresses only")
        limit = self._slots.setdefault(bot.id, asyncio.Semaphore(hook.max_connections))
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers[SECRET_HEADER] = hook.secret
        try:
            async with limit, self._client().post(hook.url, data=orjson.dumps(pending.json), headers=headers) as answer:
                body = await answer.read()
                if 200 <= answer.status < 300:
                    await answer_in_hook(self._world, bot, body)
                    return None
                self._failed(hook, f"Wrong response from the webhook: {answer.status} {answer.reason}")
                return _seconds(answer.headers.get("Retry-After", ""))
        except (TimeoutError, aiohttp.ClientError) as broken:
            text = "Connection refused" if isinstance(broken, aiohttp.ClientConnectorError) else "Read timeout expired"
            return self._failed(hook, text)

    def _failed(self, hook: Webhook, text: str) -> float:
        hook.last_error = text
        hook.last_error_date = self._world.now()
        return 0.0

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT))
        return self._session


def _seconds(header: str) -> float:
    return float(header) if header.isdigit() else 0.0
