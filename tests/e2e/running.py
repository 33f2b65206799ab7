"""The whole bot against the local Bot API server, over HTTP, in one process, with one movable clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.bootstrap import Service, service, webhook_settings
from bot.botapi.chats import Message
from bot.botapi.people import Person
from bot.botapi.server import LocalBotApi
from bot.channels.telegram.poller import Poller
from bot.channels.telegram.webhook import WebhookServer, set_webhook
from bot.demo import DemoClock
from bot.settings import Settings
from tests.house import loaded

TOKEN = "77:a-token-for-tests-only-0123456789abcdefg"
MORNING = 1_796_137_200
"""When these tests begin: 2026-12-01T15:00Z. Facts are dated, so what is said must not depend on the day the tests run."""
HOUR = 3600


class House:
    """A running bot and the people around it."""

    def __init__(self, api: LocalBotApi, running: Service) -> None:
        self.api = api
        self.running = running

    def person(self, language: str = "es", name: str = "Zutana") -> Person:
        """Somebody with a phone."""
        return self.api.add_user(name, language_code=language)

    async def settle(self) -> None:
        """Wait until every update has been answered and nothing is owed."""
        for _ in range(2000):
            await asyncio.sleep(0.005)
            if not self.api.bot.inbox.waiting:
                break
        else:
            raise AssertionError("updates are still waiting after 10 s")
        await self.running.deliverer.settle()
        await asyncio.sleep(0.005)

    async def says(self, who: Person, text: str) -> Message:
        """Type, and wait for the screen."""
        if text.startswith("/start"):
            self.api.press_start(who, text.removeprefix("/start").strip())
        else:
            self.api.text(who, text)
        await self.settle()
        return self.api.screen(who)

    async def taps(self, who: Person, label: str) -> Message:
        """Tap a button of the screen, and wait."""
        self.api.tap_label(who, label)
        await self.settle()
        return self.api.screen(who)

    async def later(self, seconds: int) -> None:
        """Time passes; the worker makes its pass."""
        self.api.advance(seconds)
        await self.running.worker.tick()
        await self.settle()

    def left(self, who: Person) -> list[str]:
        """What somebody who takes the phone would read."""
        return [message.text for message in self.api.messages(who)]

    def ours(self, who: Person) -> list[Message]:
        """Messages of the bot the person sees."""
        return [message for message in self.api.messages(who) if message.bot is not None]


@asynccontextmanager
async def house(folder: Path, *, webhook: bool = False, **settings: object) -> AsyncIterator[House]:
    """Start everything; at the end every call the bot made must have been a sound one."""
    async with town() as api, running_bot(api, folder, webhook=webhook, **settings) as running:
        yield House(api, running)


@asynccontextmanager
async def town() -> AsyncIterator[LocalBotApi]:
    """A Bot API server whose clock shows the morning of these tests; at the end every call made to it must have been a sound one, and
    nothing may have failed quietly: an update that was given up leaves only a line in the log."""
    with capture_logs() as lines:
        async with _api() as api:
            yield api
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []


@asynccontextmanager
async def _api() -> AsyncIterator[LocalBotApi]:
    async with LocalBotApi() as api:
        api.world.clock.set_to(MORNING)
        api.add_bot(TOKEN)
        yield api
        assert api.problems() == []


@asynccontextmanager
async def running_bot(api: LocalBotApi, folder: Path, *, webhook: bool = False, **settings: object) -> AsyncIterator[Service]:
    """A bot on this server; may be stopped and started again on the same folder."""
    values: dict[str, object] = {"organization": "la organización de prueba", "limits": "off", **settings}
    chosen = Settings(telegram_token=SecretStr(TOKEN), telegram_api=api.root, data=folder, **values)  # type: ignore[arg-type]  # test settings
    stop = asyncio.Event()
    async with service(chosen, clock=DemoClock(api), loaded=loaded()) as running:
        if webhook:
            wanted = webhook_settings(chosen.model_copy(update={"webhook_listen": "127.0.0.1:0", "webhook_url": "http://127.0.0.1"}))
            server = WebhookServer(wanted, running.receive)
            reached = wanted.__class__(url=f"http://127.0.0.1:{server.port}", path=wanted.path, secret=wanted.secret)
            await set_webhook(running.api, reached)
            task = asyncio.create_task(server.run(stop))
        else:
            task = asyncio.create_task(Poller(running.api, running.receive, seconds=2).run(stop))
        try:
            yield running
        finally:
            stop.set()
            await task
