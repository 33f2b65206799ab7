"""Texts with emphasis, from template to plain words and spans. Emphasis never travels as markup: what a fact or a person's choice puts into
a text stays what it is, stars and braces included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

TEXT_UNITS: Final = 4096
"""Telegram's bound on a message after its entities are taken out; counted here in UTF-16 code units, the stricter way."""

_MARKS: Final = re.compile(r"(\*\*|\{[a-z][a-z0-9_]*\})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, bold or not. In a template `name` stands for something to be filled in."""

    text: str
    bold: bool = False
    name: str = ""


Pieces = tuple[Piece, ...]
Span = tuple[int, int]
"""Offset and length in UTF-16 code units."""


@lru_cache(maxsize=8192)
def parsed(template: str) -> Pieces:
    """The stretches of a template. A `**` without its partner is two stars."""
    marks = _MARKS.split(template)
    stars = marks.count("**")
    found, bold, met = [], False, 0
    for mark in marks:
        if mark == "**":
            met += 1
            if met == stars and stars % 2:
                found.append(Piece(mark))
            else:
                bold = not bold
        elif len(mark) > 2 and _MARKS.fullmatch(mark):
            found.append(Piece("", bold, mark[1:-1]))
        elif mark:
            found.append(Piece(mark, bold))
    return tuple(found)


def filled(template: str, value: Callable[[str], str | None]) -> Pieces | None:
    """The template with every name filled in; None when a name has nothing to stand for it."""
    found = []
    for piece in parsed(template):
        text = value(piece.name) if piece.name else piece.text
        if piece.name and not text:
            return None
        found.append(Piece(text or "", piece.bold))
    return tuple(found)


def plain(pieces: Iterable[Piece]) -> str:
    """The words alone."""
    return "".join(piece.text for piece in pieces)


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def joined(paragraphs: Iterable[Pieces], *, between: str = "\n\n") -> Pieces:
    """Paragraphs with a blank line between."""
    found: list[Piece] = []
    for paragraph in paragraphs:
        if found:
            found.append(Piece(between))
        found.extend(paragraph)
    return tuple(found)


def laid_out(pieces: Iterable[Piece], limit: int = TEXT_UNITS) -> tuple[str, tuple[Span, ...]]:
    """Plain text and bold spans, cut at `limit` with an ellipsis (the check warns long before)."""
    text = plain(pieces := _cut(tuple(pieces), limit))
    spans: list[Span] = []
    offset = 0
    for piece in pieces:
        length = units(piece.text)
        if piece.bold and length:
            if spans and sum(spans[-1]) == offset:
                spans[-1] = (spans[-1][0], spans[-1][1] + length)
            else:
                spans.append((offset, length))
        offset += length
    return text, tuple(spans)


def clipped(text: str, limit: int) -> str:
    """At most `limit` UTF-16 code units, never half a character; an ellipsis shows that something was cut."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: max(limit - 1, 0) * 2].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"


def _cut(pieces: Pieces, limit: int) -> Pieces:
    if units(plain(pieces)) <= limit:
        return pieces
    room = limit
    found: list[Piece] = []
    for piece in pieces:
        length = units(piece.text)
        if length < room:
            found.append(piece)
            room -= length
        else:  # the last that fits, in part: one more character makes sure that the ellipsis has its place
            found.append(Piece(clipped(piece.text + " ", room), piece.bold))
            break
    return tuple(found)
