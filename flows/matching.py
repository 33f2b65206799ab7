"""Typed words against the options of a question: digits, labels in any language, accents, case and punctuation ignored."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

_ACCENTS = {ord(letter): ord(plain) for letter, plain in zip("áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc", strict=True)}


# Apostrophes go without leaving a space: phones put them in by themselves, and "dont" must be "don't".
_FOLD = {**_ACCENTS, **dict.fromkeys(map(ord, "'’‘ʼ`´"))}


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Lower case, no accents, words only, one space between."""
    folded = text.casefold().translate(_FOLD)
    if not folded.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
        folded = plain.casefold().translate(_FOLD)
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def pick(text: str, options: Sequence[tuple[str, str]], labels: Mapping[str, frozenset[str]]) -> str | None:
    """The option a text names, or None when it names none or more than one.

    `options`: (code of the button, message id of the label) in the order of the buttons. A digit is the place of the button. Then an
    exact label; then the longest label the text begins with; then the one label of two words or more that stands inside the text.
    """
    words = normalise(text)
    if words.isdecimal():
        place = int(words) if len(words) < 3 else 0
        return options[place - 1][0] if 1 <= place <= len(options) else None
    ways = [(code, way) for code, label in options for way in labels.get(label, ())]
    exact = {code for code, way in ways if way == words}
    if exact:
        return exact.pop() if len(exact) == 1 else None
    return _one(_longest([(code, way) for code, way in ways if words.startswith(way + " ")])) or _one(
        {code for code, way in ways if " " in way and f" {way} " in f" {words} "}
    )


def _longest(found: Sequence[tuple[str, str]]) -> set[str]:
    most = max((len(way) for _, way in found), default=0)
    return {code for code, way in found if len(way) == most}


def _one(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
