"""The local Bot API server and our side of it. Every call a test makes must be one the Bot API knows (`problems() == []`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
import uvloop

from bot.botapi import LocalBotApi
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.transport import Api, HttpRequest
from bot.usecases.channel import Incoming

ON_BOTH_LOOPS = ("test_connections.py", "test_transport.py")


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The transport runs on uvloop where there is one, on asyncio's own loop where not; ends of connections differ."""
    plain: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    return plain | {"uvloop": uvloop.new_event_loop} if item.path.name in ON_BOTH_LOOPS else plain


@pytest.fixture
async def careless_server() -> AsyncIterator[LocalBotApi]:
    """A server whose calls are not judged, for tests that break the rules on purpose."""
    async with LocalBotApi() as server:
        yield server


@pytest.fixture
async def server(careless_server: LocalBotApi) -> AsyncIterator[LocalBotApi]:
    """A server; when the test is over, nothing it was asked may be against the Bot API."""
    yield careless_server
    assert careless_server.problems() == []


@pytest.fixture
async def request_() -> AsyncIterator[HttpRequest]:
    async with HttpRequest(connect_seconds=1, read_seconds=2) as request:
        yield request


@pytest.fixture
def api(careless_server: LocalBotApi, request_: HttpRequest) -> Api:
    return Api(careless_server.root, careless_server.token, request_)


@pytest.fixture
async def channel(api: Api) -> AsyncIterator[TelegramChannel]:
    """The channel without limits and without jitter."""
    channel = TelegramChannel(api, None, chance=lambda: 0.0)
    yield channel
    await channel.close()


class SteadyClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Inbox:
    """A receiver that remembers. `fail` may raise for a batch before anything is taken."""

    batches: list[list[Incoming]] = field(default_factory=list)
    fail: Callable[[Sequence[Incoming]], None] | None = None
    gate: asyncio.Event | None = None
    calls: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, batch: Sequence[Incoming]) -> None:
        self.calls += 1
        self.news.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fail is not None:
            self.fail(batch)
        self.batches.append(list(batch))

    @property
    def taken(self) -> list[Incoming]:
        return [each for batch in self.batches for each in batch]

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.taken]

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until it holds; asked again after every call and every few milliseconds."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.news.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self.news.wait()
                except TimeoutError:
                    continue


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()
