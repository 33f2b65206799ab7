"""What people see before they write: the bot's name, its two descriptions and its commands, in each language.

Idempotent: each text is read first and set only when it differs, because Telegram allows few changes of a name a day.
Texts come in as plain data; a neutral name and dull descriptions are content's matter (R24). The responders' bot is set
up the same way with its own texts, its commands in private chats only. Made with the library's typed calls, through
our session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeDefault

from bot.channels.telegram.transport import HttpRequest, checked_root


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTexts:
    """One language's texts. Limits of the platform: name 64, short description 120, description 512 characters; at
    most 100 commands of 1-32 of a-z 0-9 _, each described in 1-256. `commands`: (name without slash, description), in
    the order of the menu."""

    name: str
    short_description: str
    description: str
    commands: tuple[tuple[str, str], ...]


async def set_up(
    root: str, token: str, request: HttpRequest, texts: Mapping[str, SetupTexts], *, private_only: bool = False
) -> tuple[str, ...]:
    """Bring the bot's texts in line. `texts`: two-letter language -> texts; "" for everybody else. `private_only`: the
    commands show in private chats and nowhere else; what was set for every chat before goes.

    Returns what was changed, as "name:es". Raises `telegram.error.TelegramError` at the first refusal (`MustWait`
    when the platform wants time); what was set stays, and a repeat goes on from there.
    """
    bot = Bot(token, base_url=f"{checked_root(root)}/bot", request=request, get_updates_request=request)
    changed: list[str] = []
    for language, wanted in texts.items():
        for what, step in _steps(bot, language, wanted, private_only=private_only).items():
            if await step():
                changed.append(f"{what}:{language or 'default'}")
    return tuple(changed)


def _steps(bot: Bot, language: str, wanted: SetupTexts, *, private_only: bool) -> dict[str, Callable[[], Awaitable[bool]]]:
    """What is looked at in one language; each step says whether it changed something."""

    async def name() -> bool:
        if (await bot.get_my_name(language_code=language)).name == wanted.name:
            return False
        return await bot.set_my_name(wanted.name, language_code=language)

    async def short_description() -> bool:
        if (await bot.get_my_short_description(language_code=language)).short_description == wanted.short_description:
            return False
        return await bot.set_my_short_description(wanted.short_description, language_code=language)

    async def description() -> bool:
        if (await bot.get_my_description(language_code=language)).description == wanted.description:
            return False
        return await bot.set_my_description(wanted.description, language_code=language)

    async def commands() -> bool:
        scope = BotCommandScopeAllPrivateChats() if private_only else BotCommandScopeDefault()
        there = tuple((each.command, each.description) for each in await bot.get_my_commands(scope, language_code=language))
        if there == wanted.commands:
            return False
        return await bot.set_my_commands([BotCommand(*each) for each in wanted.commands], scope, language_code=language)

    async def commands_elsewhere() -> bool:
        if not private_only or not await bot.get_my_commands(language_code=language):
            return False
        return await bot.delete_my_commands(language_code=language)

    return {
        "name": name,
        "short_description": short_description,
        "description": description,
        "commands": commands,
        "commands_elsewhere": commands_elsewhere,
    }
