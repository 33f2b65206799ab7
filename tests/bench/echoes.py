"""Which sentences of a held-out set echo a training line: the same words, or most of them. Short messages do by themselves ("help", "me
amenazan"), whoever writes them; figures without them say how the classifier does on what it has really never read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from bot.understanding.materials import Line
from bot.understanding.words import words

ALIKE: Final = 0.6
"""Words in common, of all words of the two."""
TRIED: Final = 80
"""So many training lines with the most words in common are compared."""


class Echoes:
    """Training lines by their words."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = [frozenset(words(line.text)) for line in lines]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, held in enumerate(self._lines):
            for word in held:
                self._holding[word].append(number)

    def __contains__(self, text: str) -> bool:
        """Whether a training line says nearly this."""
        said = frozenset(words(text))
        shared = Counter(number for word in said for number in self._holding.get(word, ()))
        return any(common / len(said | self._lines[number]) >= ALIKE for number, common in shared.most_common(TRIED))
