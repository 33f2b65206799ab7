"""The small world, fresh for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.botapi.spec import check_object, check_result
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
