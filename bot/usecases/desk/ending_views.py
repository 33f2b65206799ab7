"""Being filled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.usecases.desk.looking import View

VIEWS: Final[Mapping[str, View]] = MappingProxyType({})
