"""The real content, compiled once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.house import Loaded, load_house
from bot.understanding.understanding import Understanding
from flows.program import Program

ROOT = Path(__file__).resolve().parent.parent


@cache
def loaded() -> Loaded:
    """This project's own content and catalogs."""
    return load_house(ROOT)


@cache
def program() -> Program:
    """The program seekers would meet."""
    return loaded().compiled()[0]


@cache
def understanding() -> Understanding:
    """What reads the words of seekers: phrases and classifier, as they are shipped."""
    return Understanding.of(loaded().content.phrases, ROOT / "content" / "understanding")
