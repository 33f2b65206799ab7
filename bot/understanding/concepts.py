"""The lexicon of concepts: what words of five languages, with their slang, euphemisms and misspellings, stand for.

`content/understanding/lexicon/*.yaml` lists concepts (KIN, GUN, TAKE...) with their words in each language. A word that ends in `*`
matches every word that begins so; a phrase of several words matches as they stand; and a word nobody knows is taken for the listed one it
is nearest to. Concepts are what the rules and the model mostly look at: "mi carnal", "my brother" and "frè m" are all KIN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.materials import Listed
from bot.understanding.words import fold, plain

NEGATION: Final = "NEG"
REACH: Final = 3
"""How many words after a "no" are still denied by it."""
FUZZY_FROM: Final = 6
"""Shorter words differ too little for a guess."""
SHORT: Final = 4
BEGINS: Final = "*"


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to say a concept: its words in a row."""

    concept: str
    words: tuple[str, ...]
    locale: str

    def heard_in(self, locale: str) -> bool:
        """A short word means other things in other languages (*son*, *hit*, *die*): it is heard only in its own."""
        return len(self.words) > 1 or len(self.words[0].rstrip(BEGINS)) > SHORT or locale == self.locale


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A text as the rules and the model see it. `tags`: for each word the concepts it belongs to; `concepts`: all in their order."""

    words: tuple[str, ...]
    tags: tuple[frozenset[str], ...]
    concepts: tuple[str, ...]
    marks: tuple[str, ...] = ()


def patterns(listed: str) -> Iterator[tuple[str, ...]]:
    """The words of a listed phrase, by ear. A beginning that ends in c or g sounds one way or the other by what follows."""
    parts = [_sounds(part) for part in plain(listed).split()]
    made: list[tuple[str, ...]] = [()]
    for part in parts:
        made = [(*before, sound) for before in made for sound in part]
    return (row for row in made if row)


def _sounds(part: str) -> tuple[str, ...]:
    if not part.endswith(BEGINS):
        return (fold(part),)
    stem = part[:-1]
    endings = {"c": ("k", "s"), "g": ("g", "j"), "l": ("l", "y")}.get(stem[-1:], ())
    return tuple(f"{fold(stem[:-1])}{ending}{BEGINS}" for ending in endings) or (f"{fold(stem)}{BEGINS}",)


@dataclass(slots=True)
class Concepts:
    """Entries by their first word, or the beginning it must have. `known`: words that are spelt right, so no guess is made for them."""

    by_start: dict[str, list[Entry]] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    guesses: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Iterable[Listed], vocabulary: Iterable[str] = ()) -> Concepts:
        """Build the index."""
        made = cls()
        for each in listed:
            for row in patterns(each.phrase):
                made._add(Entry(each.concept, row, each.locale))
        made.known |= set(vocabulary)
        return made

    def _add(self, entry: Entry) -> None:
        first = entry.words[0]
        self.by_start.setdefault(first, []).append(entry)
        if first.endswith(BEGINS):
            self.lengths.add(len(first) - 1)
        self.known |= {word for word in entry.words if not word.endswith(BEGINS)}
        size = len(first.rstrip(BEGINS))
        if len(entry.words) == 1 and size >= FUZZY_FROM and first.isascii():
            self.guesses.setdefault((first[0], size if first.endswith(BEGINS) else 0), []).append(first.rstrip(BEGINS))

    def note(self, found: Sequence[str], locale: str) -> Noted:
        """Tag every word with its concepts; what a negation denies is told apart from what is said."""
        tags: list[set[str]] = [set() for _ in found]
        for start, word in enumerate(found):
            for entry in self._standing(found, start, word, locale):
                for place in range(start, start + len(entry.words)):
                    tags[place].add(entry.concept)
        return Noted(words=tuple(found), tags=tuple(map(frozenset, tags)), concepts=tuple(_spoken(tags)))

    def _standing(self, found: Sequence[str], start: int, word: str, locale: str) -> Iterator[Entry]:
        hit = False
        for key in self._keys(word):
            for entry in self.by_start.get(key, ()):
                if entry.heard_in(locale) and (len(entry.words) == 1 or _stands(entry.words, found, start)):
                    hit = hit or len(entry.words) == 1
                    yield entry
        if not hit and len(word) >= FUZZY_FROM and word not in self.known and word.isascii():
            yield from (entry for entry in self.by_start.get(self._nearest(word), ()) if len(entry.words) == 1)

    def _keys(self, word: str) -> Iterator[str]:
        yield word
        size = len(word)
        yield from (word[:length] + BEGINS for length in self.lengths if length <= size)

    def _nearest(self, word: str) -> str:
        """The listed word this is most likely a misspelling of: one letter wrong, two in a long word; the first letter is mostly right."""
        whole = process.extractOne(word, self.guesses.get((word[0], 0), ()), scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2)
        if whole:
            return str(whole[0])
        for size in range(min(len(word), 12), FUZZY_FROM - 1, -1):
            begun = process.extractOne(word[:size], self.guesses.get((word[0], size), ()), scorer=OSA.distance, score_cutoff=1)
            if begun:
                return f"{begun[0]}{BEGINS}"
        return ""


def _stands(pattern: Sequence[str], found: Sequence[str], start: int) -> bool:
    rest = found[start : start + len(pattern)]
    return len(rest) == len(pattern) and all(map(like, pattern, rest))


def like(pattern: str, word: str) -> bool:
    """Whether a word is the pattern, or begins as it says."""
    return word.startswith(pattern[:-1]) if pattern.endswith(BEGINS) else word == pattern


def _spoken(tags: Sequence[set[str]]) -> Iterator[str]:
    """Concepts in their order, one run once; within reach of a negation they are `no-...`."""
    denied, before = 0, set[str]()
    for here in tags:
        if NEGATION in here:
            denied = REACH + 1
        for concept in sorted(here - before):
            yield f"no-{concept}" if denied > 0 and concept != NEGATION else concept
        before = here
        denied -= 1
