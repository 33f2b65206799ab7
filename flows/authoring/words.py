"""How texts are compared when words are looked for: without accents, case, marks or emphasis, one sentence at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

DULL_CHARACTERS: Final = 40
"""What a notification or a chat list shows of a message (voice.md 1.11)."""

_SENTENCE_END: Final = re.compile(r"[.!?¿¡;:…\n\r()\[\]«»“”\"]+")
_NOT_WORD: Final = re.compile(r"[^\w{}%]+")


def folded(text: str) -> str:
    """Lower case, no accents, apostrophes straightened away ("don't" -> "dont"); as many words as before."""
    bare = "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))
    return re.sub(r"['’ʼ`´]", "", bare).casefold()


def sentences(text: str) -> tuple[str, ...]:
    """The folded sentences of a text, words parted by one space. Quotes, brackets and colons end a sentence, too."""
    parts = (_NOT_WORD.sub(" ", folded(part)).strip() for part in _SENTENCE_END.split(text.replace("**", "")))
    return tuple(part for part in parts if part)


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
