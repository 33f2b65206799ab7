"""Being filled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.usecases.desk.doing import Verb

VERBS: Final[Mapping[str, Verb]] = MappingProxyType({})
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
