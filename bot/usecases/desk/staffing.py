"""How somebody becomes one who answers, goes on and off duty, and how their access ends."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.staff import Responder
from bot.usecases.channel import Incoming
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office


def stranger(office: Office, draft: Draft, responder: Responder | None, incoming: Incoming, account: bytes) -> Did:
    """Somebody without access wrote."""
    return NOTHING


async def unreachable(doing: Doing) -> Did:
    """The responder blocked the bot."""
    return NOTHING


VERBS: Final[Mapping[str, Verb]] = MappingProxyType({})
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
COMMANDS: Final[Mapping[str, Verb]] = MappingProxyType({})
