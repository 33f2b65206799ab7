"""The responder's board: who waits, whom they have, who is there; and what a supervisor does about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.usecases.desk.doing import Verb

VERBS: Final[Mapping[str, Verb]] = MappingProxyType({})
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
COMMANDS: Final[Mapping[str, Verb]] = MappingProxyType({})
