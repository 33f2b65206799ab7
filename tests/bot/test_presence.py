"""What Telegram shows before anybody writes: dull, within its limits, in each language, and set only where it differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.botapi.server import LocalBotApi
from bot.presence import MENU, presence, set_up_telegram
from bot.settings import Settings
from tests.bot.small import small_house
from tests.house import loaded, program

REVEALING = (
    "violencia",
    "cartel",
    "cártel",
    "víctima",
    "amenaza",
    "desaparec",
    "crimen",
    "violence",
    "threat",
    "victim",
    "missing",
    "crime",
)
TEXTS = presence(program())


def test_the_source_is_for_everybody_else() -> None:
    """A language we do not have sees Spanish."""
    assert TEXTS[""] == TEXTS["es"]
    assert set(TEXTS) <= {"", *program().locales}


@pytest.mark.parametrize("locale", sorted(TEXTS))
def test_within_telegrams_limits(locale: str) -> None:
    """Name 64, short description 120, description 512; commands 1-32 of a-z 0-9 _, each once, described in 1-256."""
    found = TEXTS[locale]
    assert 0 < len(found.name) <= 64
    assert 0 < len(found.short_description) <= 120
    assert 0 < len(found.description) <= 512
    words = [word for word, _ in found.commands]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", word) for word in words)
    assert all(0 < len(text) <= 256 for _, text in found.commands)


@pytest.mark.parametrize("locale", sorted(TEXTS))
def test_nothing_revealing(locale: str) -> None:
    """It stands in the chat list and above an empty chat: an errand, not a cry (R24)."""
    found = TEXTS[locale]
    everything = " ".join([found.name, found.short_description, found.description, *(text for _, text in found.commands)]).casefold()
    assert not [word for word in REVEALING if word in everything]


@pytest.mark.parametrize("locale", sorted(TEXTS))
def test_every_command_is_understood(locale: str) -> None:
    """What the menu offers, the engine knows as that command."""
    heard = [program().commands[word.replace("_", " ")] for word, _ in TEXTS[locale].commands]
    assert heard == [name for name in MENU if name in heard]
    assert {"exit", "erase", "person", "menu"} <= set(heard)


async def test_set_up_once_and_again() -> None:
    """The first time everything is set, the second time nothing: Telegram allows few changes a day."""
    async with LocalBotApi() as api:
        bot = api.add_bot("77:a-token-for-tests-only-0123456789abcdefg", name="Old name")
        settings = Settings(telegram_token=SecretStr(bot.token), telegram_api=api.root)
        changed = await set_up_telegram(settings, loaded())
        assert "name:default" in changed
        assert bot.profile.names[""] == TEXTS[""].name
        assert [each["command"] for each in bot.profile.commands[("default", "")]] == [word for word, _ in TEXTS[""].commands]
        assert await set_up_telegram(settings, loaded()) == ()
        assert api.problems() == []


async def test_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    """Without a loaded house, the one that AMPARO_CONTENT names."""
    async with LocalBotApi() as api:
        bot = api.add_bot("77:a-token-for-tests-only-0123456789abcdefg")
        await set_up_telegram(Settings(telegram_token=SecretStr(bot.token), telegram_api=api.root, content=small_house(tmp_path)))
        assert bot.profile.names[""] == "Notas"
