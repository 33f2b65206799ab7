"""Which of the five languages a text is in: function words and letters, weighed by a small linear model of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

LOCALES: Final = ("es", "en", "pt", "fr", "ht")
ROWS: Final = 1 << 15
LETTERS: Final = (1, 2, 3, 4)


def language_rows(words: Sequence[str]) -> list[int]:
    """Rows of the weights: the words as they are spelt, and their letters."""
    return sorted({crc32(name.encode()) % ROWS for name in _names(words)})


def _names(words: Sequence[str]) -> Iterator[str]:
    for word in words[:60]:
        yield f"w:{word}"
        padded = f" {word} "
        for length in LETTERS:
            yield from (f"c:{padded[start : start + length]}" for start in range(len(padded) - length + 1))
