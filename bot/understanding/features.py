"""Words become numbers: which rows of the weights a text looks up, and how much each counts.

Five kinds: words with their neighbours, beginnings of words, pieces of letters (they forgive spelling), concepts of the lexicon with their
neighbours (they carry what was learnt in one language to the others), and crisis rules that fired. Each kind is brought to the same length,
so that a long story does not drown in letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final
from zlib import crc32

from bot.understanding.concepts import Noted

ROWS: Final = 1 << 17
"""Rows of the weights; features share a row by chance of their checksum, which costs nothing measurable at this size."""
PAIRED: Final = 14
"""So many different concepts of a text are paired; a longer story says no more by its pairs."""
BEGINNING: Final = 5
KIND_WEIGHTS: Final = {"w": 1.0, "c": 1.0, "k": 1.0, "m": 0.25}
LETTERS: Final = (3, 4, 5)


def rows(noted: Noted) -> tuple[list[int], list[float]]:
    """Rows of the weights with their values. Every kind has length `KIND_WEIGHTS`."""
    numbers: dict[int, float] = {}
    for kind, names in (
        ("w", set(_words(noted.words))),
        ("c", set(_letters(noted.words))),
        ("k", set(_concepts(noted))),
        ("m", set(_marks(noted))),
    ):
        value = KIND_WEIGHTS[kind] / len(names) ** 0.5 if names else 0.0
        for name in names:
            row = row_of(kind, name)
            numbers[row] = numbers.get(row, 0.0) + value
    return list(numbers), list(numbers.values())


def row_of(kind: str, name: str) -> int:
    """The row of one feature: the same on every machine."""
    return crc32(f"{kind}:{name}".encode()) % ROWS


def _words(words: Sequence[str]) -> Iterator[str]:
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(("^", *words, "$")))
    yield from (f"{word[:BEGINNING]}*" for word in words if len(word) > BEGINNING)


def _letters(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for length in LETTERS:
            yield from (padded[start : start + length] for start in range(max(1, len(padded) - length + 1)))


def _concepts(noted: Noted) -> Iterator[str]:
    distinct = list(dict.fromkeys(noted.concepts))
    yield from distinct
    yield from (f"{first}>{second}" for first, second in pairwise(noted.concepts))
    yield from ("+".join(sorted(pair)) for pair in combinations(distinct[:PAIRED], 2))


def _marks(noted: Noted) -> Iterator[str]:
    yield f"n{min(len(noted.words), 3)}" if len(noted.words) < 4 else f"n{min(len(noted.words) // 5, 5) + 4}"
    yield from noted.marks
