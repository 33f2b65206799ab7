"""Fixtures of the storage tests: a house on a real file, and its storage, closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.security.keyring import Keyring
from bot.storage.sql_storage import SqlStorage
from tests.bot.storage.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, Keyring.in_memory())


@pytest.fixture
async def storage(house: House) -> AsyncIterator[SqlStorage]:
    async with await house.open() as opened:
        yield opened
