"""The small world, fresh for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.botapi.scene import Scene, scene


@pytest.fixture
async def world() -> AsyncIterator[Scene]:
    """A running server with people, chats and messages."""
    async with scene() as made:
        yield made
