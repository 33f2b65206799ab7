"""What Telegram shows of Amparo before anybody writes: a neutral name, dull descriptions, and commands beside the text box, in each
language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.channels.telegram.setup import SetupTexts, set_up
from bot.channels.telegram.transport import HttpRequest
from bot.house import Loaded, find_house, load_house
from bot.settings import Settings
from flows.program import Program

MENU: Final = ("menu", "person", "exit", "hide", "erase", "back", "language", "pause", "sources", "steps", "help")
"""In the order of the menu. Each has an ASCII word in every language: the first of `ui.hears.<command>` that Telegram accepts."""
DESK: Final = "desk."


async def set_up_telegram(settings: Settings, loaded: Loaded | None = None) -> tuple[str, ...]:
    """Bring name, descriptions and commands in line; answers what was changed."""
    house = loaded or load_house(settings.content or find_house())
    program, _ = house.compiled()
    request = HttpRequest(connections=4)
    await request.initialize()
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    try:
        changed = await set_up(settings.telegram_api, token, request, presence(program))
        if settings.one_bot:
            return changed
        desk = await set_up(settings.telegram_api, settings.desk_token, request, desk_presence(house), private_only=True)
        return (*changed, *(f"responders:{what}" for what in desk))
    finally:
        await request.shutdown()


def presence(program: Program) -> dict[str, SetupTexts]:
    """Texts by language; "" is what everybody else sees: the source."""
    by_locale = {locale: _texts(program, locale) for locale in program.locales if _complete(program, locale)}
    return {"": by_locale["es"], **by_locale}


def desk_presence(house: Loaded) -> dict[str, SetupTexts]:
    """The responders' bot, by language: a dull name, and its commands."""
    spoken = house.spoken()
    complete = [locale for locale, texts in spoken.items() if f"{DESK}bot_name" in texts]
    by_locale = {locale: _desk_texts({**spoken["es"], **spoken[locale]}) for locale in complete}
    return {"": by_locale["es"], **by_locale}


def _desk_texts(said: Mapping[str, str]) -> SetupTexts:
    commands = [(name.removeprefix(f"{DESK}command_"), text) for name, text in said.items() if name.startswith(f"{DESK}command_")]
    return SetupTexts(
        name=said[f"{DESK}bot_name"],
        short_description=said[f"{DESK}bot_short_description"],
        description=said[f"{DESK}bot_description"],
        commands=tuple(commands),
    )


def _complete(program: Program, locale: str) -> bool:
    return all(f"ui.{name}" in program.messages[locale] for name in ("bot_name", "bot_short_description", "bot_description"))


def _texts(program: Program, locale: str) -> SetupTexts:
    said = program.messages[locale]
    source = program.messages["es"]

    def words(name: str) -> str:
        return said.get(name) or source[name]

    commands = [(_command(program, locale, name), words(f"ui.command_{name}")) for name in MENU if f"ui.command_{name}" in source]
    return SetupTexts(
        name=words("ui.bot_name"),
        short_description=words("ui.bot_short_description"),
        description=words("ui.bot_description"),
        commands=tuple((word, text) for word, text in commands if word),
    )


def _command(program: Program, locale: str, name: str) -> str:
    """The first word for it that Telegram takes as a command: 1 to 32 of a-z, 0-9 and _."""
    for texts in (program.messages[locale], program.messages["es"]):
        for way in texts.get(f"ui.hears.{name}", "").split("|"):
            word = way.strip().casefold()
            if word.isascii() and word.replace("_", "").isalnum() and len(word) <= 32:
                return word
    return ""
