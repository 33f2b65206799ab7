"""The real content, compiled once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.house import Loaded, load_house
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
