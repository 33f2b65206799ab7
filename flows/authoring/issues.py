"""A problem somebody can act on: what, where, how to mend it, and the shortest way a person would get there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """An error blocks publishing; a warning does not, unless `--production` raises it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """File (relative to the house) and line, counted from 1; 0 when a whole file or folder is meant."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding. `code` is stable; `path` is what a person would press or type to get there."""

    code: str
    level: Level
    place: Place
    message: str
    remedy: str
    path: tuple[str, ...] = field(default=())
