"""The small world, fresh for every test; and for the tests of the page a browser, started once for each file of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.botapi import LocalBotApi
from bot.botapi.spec import check_object, check_result
from tests.botapi.browsing import ARGUMENTS, CHROMIUM, Bot, House
from tests.botapi.scene import Scene, scene


@pytest.fixture
async def world() -> AsyncIterator[Scene]:
    """A running server with people, chats and messages.

    When the test is over, everything the server answered and every update it made is held to the Bot API as data: a
    local server that invents a field would teach the bot to rely on it.
    """
    async with scene() as made:
        yield made
        wrong = [line for call in made.api.calls() if call.ok for line in check_result(call.method, call.result)]
        for bot in made.api.world.bots.values():
            wrong += [line for pending in bot.inbox.waiting.values() for line in check_object("Update", pending.json)]
        assert wrong == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def house(browser: Browser) -> AsyncIterator[House]:
    """A server of its own for each test; what the browser complained about is checked when the test is over."""
    async with LocalBotApi() as server, aiohttp.ClientSession() as http:
        bot = Bot(root=server.root, token=server.token, id=server.bot.id, http=http)
        house = House(server=server, bot=bot, browser=browser)
        yield house
        for context in house.contexts:
            await context.close()
        assert house.complaints == []
