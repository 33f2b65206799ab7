"""The trained weights, as small whole numbers in one file of the package, and the little arithmetic they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.understanding import features, language

FILE: Final = Path(__file__).with_name("weights.npz")
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One linear model: small numbers for each feature that counts, their scale for each class, and what each class starts from."""

    places: NDArray[np.int32]
    rows: NDArray[np.int8]
    scale: Floats
    start: Floats

    @classmethod
    def of(cls, held: Any, name: str, size: int) -> Table:
        """Unpack one; features nobody learnt share the row of zeros at place 0."""
        places = np.zeros(size, np.int32)
        places[held[f"{name}_features"]] = np.arange(1, len(held[f"{name}_features"]) + 1, dtype=np.int32)
        rows = np.vstack([np.zeros((1, held[f"{name}_rows"].shape[1]), np.int8), held[f"{name}_rows"]])
        return cls(places=places, rows=rows, scale=held[f"{name}_scale"], start=held[f"{name}_start"])

    def likely(self, numbers: Sequence[int], values: Sequence[float]) -> Floats:
        """Probabilities of the classes."""
        looked_up = self.rows[self.places[np.asarray(numbers, np.int64)]].astype(np.float32)
        sums = np.asarray(values, np.float32) @ looked_up * self.scale + self.start
        grown: Floats = np.exp(sums - sums.max())
        share: Floats = grown / grown.sum()
        return share


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The model of labels and the one of languages. `known`: words of the training lines, so that none of them is taken for a slip;
    `lines`: checksums of those lines, to tell which are new.
    """

    labels: tuple[str, ...]
    meaning: Table
    language: Table
    known: frozenset[str]
    lines: frozenset[int]
    made_from: str

    def label(self, numbers: Sequence[int], values: Sequence[float]) -> Floats:
        """How likely each label is."""
        return self.meaning.likely(numbers, values)

    def locale(self, numbers: Sequence[int]) -> Floats:
        """How likely each of `language.LOCALES` is."""
        return self.language.likely(numbers, [1.0 / max(len(numbers), 1) ** 0.5] * len(numbers))


@cache
def shipped() -> Weights:
    """The weights that come with the package."""
    return read_weights(FILE)


def read_weights(file: Path) -> Weights:
    """Unpack a file of weights."""
    with np.load(file, allow_pickle=False) as held:
        return Weights(
            labels=tuple(map(str, held["labels"])),
            meaning=Table.of(held, "meaning", features.ROWS),
            language=Table.of(held, "language", language.ROWS),
            known=frozenset(str(held["known"]).split()),
            lines=frozenset(held["lines"].tolist()),
            made_from=str(held["made_from"]),
        )
