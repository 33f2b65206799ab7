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
    """Small numbers for each feature that counts and each class, the scale of a class, and what it starts from."""

    places: NDArray[np.int32]
    rows: NDArray[np.int8]
    scale: Floats
    start: Floats

    @classmethod
    def of(cls, held: Any, name: str, size: int) -> Table:
        """Unpack one; features nobody learnt share the row of zeros that stands first."""
        places = np.zeros(size, np.int32)
        places[held[f"{name}_features"]] = np.arange(1, len(held[f"{name}_features"]) + 1, dtype=np.int32)
        return cls(places=places, rows=held[f"{name}_rows"], scale=held[f"{name}_scale"], start=held[f"{name}_start"])

    def sums(self, numbers: Sequence[int], values: Sequence[float]) -> Floats:
        """What the features say, added up for each class."""
        looked_up = self.rows[self.places[np.asarray(numbers, np.int64)]].astype(np.float32)
        added: Floats = np.asarray(values, np.float32) @ looked_up * self.scale + self.start
        return added

    def likely(self, numbers: Sequence[int], values: Sequence[float]) -> Floats:
        """Probabilities of the classes."""
        return _shares(self.sums(numbers, values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A table of features whose sums, where they are positive, are weighed once more: what is alike is learnt together."""

    inner: Table
    outer: Floats
    start: Floats

    @classmethod
    def of(cls, held: Any, name: str, size: int) -> Network:
        """Unpack one. `outer`: hidden sums x classes."""
        return cls(inner=Table.of(held, f"{name}_inner", size), outer=held[f"{name}_outer"], start=held[f"{name}_outer_start"])

    def likely(self, numbers: Sequence[int], values: Sequence[float]) -> Floats:
        """Probabilities of the classes."""
        hidden = np.maximum(self.inner.sums(numbers, values), 0.0)
        return _shares(hidden @ self.outer + self.start)


def _shares(sums: Floats) -> Floats:
    grown: Floats = np.exp(sums - sums.max())
    share: Floats = grown / grown.sum()
    return share


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Training lines by a checksum of their words, in order, with the number of their label: what stands there word for word is known at
    once, and tens of thousands of lines take half a megabyte."""

    marks: NDArray[np.uint64]
    labels: NDArray[np.uint8]

    def number(self, mark: int) -> int | None:
        """The number of the label of a line, None for one that is not listed."""
        place = int(np.searchsorted(self.marks, np.uint64(mark)))
        return int(self.labels[place]) if place < len(self.marks) and int(self.marks[place]) == mark else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The model of labels and the one of languages. `known`: words of the training lines, so that none of them is taken for a slip;
    `lines`: checksums of those lines, to tell which are new; `listing`: their words.
    """

    labels: tuple[str, ...]
    meaning: Network
    language: Table
    known: frozenset[str]
    lines: NDArray[np.uint32]
    listing: Listing
    made_from: str

    def read(self, mark: int) -> bool:
        """Whether the line with this checksum was among those they were made from."""
        place = int(np.searchsorted(self.lines, np.uint32(mark)))
        return place < len(self.lines) and int(self.lines[place]) == mark

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
            meaning=Network.of(held, "meaning", features.ROWS),
            language=Table.of(held, "language", language.ROWS),
            known=frozenset(str(held["known"]).split()),
            lines=held["lines"],
            listing=Listing(marks=held["listed"], labels=held["listed_labels"]),
            made_from=str(held["made_from"]),
        )
