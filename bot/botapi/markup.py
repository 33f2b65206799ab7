"""Which parser belongs to which parse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bot.botapi.errors import bad_request
from bot.botapi.markup_html import parse_html
from bot.botapi.markup_markdown import parse_markdown, parse_markdown_v2
from bot.botapi.shapes import Json

Parser: TypeAlias = Callable[[str], tuple[str, list[Json]]]

_PARSERS: dict[str, Parser | None] = {
    "": None,
    "none": None,
    "html": parse_html,
    "markdown": parse_markdown,
    "markdownv2": parse_markdown_v2,
}


def parser(mode: str) -> Parser | None:
    """The parser of a parse mode (any case), None for plain text; 400 for an unknown one."""
    folded = mode.strip().lower()
    if folded not in _PARSERS:
        raise bad_request("unsupported parse_mode")
    return _PARSERS[folded]
