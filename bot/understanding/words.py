"""Messy text becomes plain words: lower case, no accents, spelt by ear, emoji as words of their own, chat spellings undone.

"Ayudaaa xfa, kieren k pague" and "ayuda por favor, quieren que pague" give the same words. They are spelt as they sound (`fold`), because
people write *haser*, *ijo*, *secuestraron* and *secueztraron*; lexicons, rules and training lines go through the same fold, so nobody has
to think of it. Numbers become `0` (a telephone or a sum says nothing about what somebody needs, and must not be learnt); only emergency
numbers stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

EMERGENCY: Final = frozenset({"911", "066", "089", "190", "112", "114", "988"})
FIRST_SYMBOL: Final = 0x2190
MUTE_FROM: Final = 4
"""A word this long loses its first h (hijo, ijo); a shorter one (his, hit) would become another."""
_ELIDED: Final = re.compile(r"\b(qu|[ldjmtsnc])['’‘`´]\s?(?=\w)")
_MARKS: Final = re.compile(r"['’‘ʼ`´\u200d\ufe0f]")
_STRETCHED: Final = re.compile(r"([^\W\d])\1{2,}")
_WORD: Final = re.compile(r"[a-z]+|\d+|[^\W\d_]+|[^\x00-\u2189\s]")
_BY_EAR: Final = re.compile(r"^h(?=[aeiou])|ch|qu|q|ph|c(?=[ei])|c|z|v|ll|g(?=[ei])|([a-z])\1")
_SOUNDS: Final = {"h": "", "ch": "X", "qu": "k", "q": "k", "ph": "f", "z": "s", "v": "b", "ll": "y", "g": "j"}


def plain(text: str) -> str:
    """Lower case, without accents or apostrophes; French and Kreyòl elisions become words (`j'ai` is `j ai`, but `don't` is `dont`)."""
    folded = _MARKS.sub("", _ELIDED.sub(r"\1 ", text.casefold()))
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return _STRETCHED.sub(r"\1", folded)


def fold(word: str) -> str:
    """A word as it sounds, for languages whose speakers write b for v, s for c and z, and leave out the h."""
    if not word.isascii():
        return word
    kept = f"H{word[1:]}" if word[:1] == "h" and len(word) < MUTE_FROM else word
    return _BY_EAR.sub(_sound, kept).lower()


def _sound(found: re.Match[str]) -> str:
    piece = found[0]
    if piece == "c":
        following = found.string[found.end() : found.end() + 1]
        return "s" if following in ("e", "i") else "k"
    return _SOUNDS.get(piece, piece[0])  # what stands in no list is a doubled letter: it is one


def spoken(text: str) -> list[str]:
    """The words of a text as they are written, less accents; numbers are 0."""
    return [word if not word.isdigit() or word in EMERGENCY else "0" for word in _WORD.findall(plain(text))]


def words(text: str, spellings: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """The words of a text, by ear. `spellings`: chat word -> the words it stands for."""
    found: list[str] = []
    for word in spoken(text):
        found.extend(map(fold, spellings.get(word, (word,)) if spellings else (word,)))
    return found
