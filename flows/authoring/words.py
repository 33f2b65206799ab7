"""How texts are compared when words are looked for: without accents, case, marks or emphasis, one sentence at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

DULL_CHARACTERS: Final = 40
"""What a notification or a chat list shows of a message (voice.md 1.11)."""

_END = r".!?¿¡;:…\n\r()\[\]«»“”\""
_SENTENCE: Final = re.compile(rf"([^{_END}]+)([{_END}]*)")
_NOT_WORD: Final = re.compile(r"[^\w{}%]+")


def folded(text: str) -> str:
    """Lower case, no accents, apostrophes straightened away ("don't" -> "dont"); as many words as before."""
    bare = "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))
    return re.sub(r"['’ʼ`´]", "", bare).casefold()


class Sentence(NamedTuple):
    """Folded words parted by one space, and whether a question mark ends them."""

    words: str
    asked: bool


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text. Quotes, brackets, colons and new lines end one, too; commas and emphasis do not."""
    parts = _SENTENCE.findall(text.replace("**", ""))
    folded_parts = ((" ".join(_NOT_WORD.sub(" ", folded(words)).split()), "?" in end) for words, end in parts)
    return tuple(Sentence(words, asked) for words, asked in folded_parts if words)


def dull_opening(text: str, sensitive: Iterable[str]) -> list[str]:
    """The `sensitive` words that begin within the first 40 characters of a text; none when it opens as dull as an errand.

    A word ending in `*` is a stem. Several words are looked for side by side."""
    opening = " ".join(_NOT_WORD.sub(" ", folded(text.replace("**", "").lstrip())).split())
    found = []
    for word in sensitive:
        stem = word.endswith("*")
        bare = " ".join(_NOT_WORD.sub(" ", folded(word.rstrip("*"))).split())
        match = re.search(rf"\b{re.escape(bare)}{'' if stem else chr(92) + 'b'}", opening) if bare else None
        if match and match.start() < DULL_CHARACTERS:
            found.append(word)
    return found
