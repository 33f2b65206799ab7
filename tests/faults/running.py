"""The whole bot in this process, for tests in which things go wrong: errors in its log are expected here, unsound calls never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.botapi.server import LocalBotApi
from tests.e2e.running import MORNING, TOKEN, House, running_bot

__all__ = ["TOKEN", "House", "house"]


@asynccontextmanager
async def house(folder: Path, *, webhook: bool = False, **settings: object) -> AsyncIterator[House]:
    """Start everything; at the end every call the bot made must have been a sound one."""
    async with LocalBotApi() as api:
        api.world.clock.set_to(MORNING)
        api.add_bot(TOKEN)
        async with running_bot(api, folder, webhook=webhook, **settings) as running:
            yield House(api, running)
        assert api.problems() == []
