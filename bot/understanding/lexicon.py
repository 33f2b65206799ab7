"""The first understanding: exact commands, and phrases that administrators list in `content/understanding/`.

A phrase matches as whole words, accents, case and punctuation ignored; a word that ends in `*` matches every word that begins so. This
is the seam for the classifier: whatever replaces `Lexicon` answers the same question with the same `Reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.authoring.load import Phrases
from flows.events import COMMANDS, Command, Crisis, Reading
from flows.matching import normalise
from flows.program import Program

CRISES: Final[Mapping[str, Crisis]] = {"danger": Crisis.DANGER, "immediate_danger": Crisis.DANGER, "self_harm": Crisis.SELF_HARM}
SPOKEN_COMMANDS: Final = frozenset({Command.DANGER, Command.PERSON, Command.HELP})
"""Asking for help in one language means wanting the answer in it; leaving or going back says nothing of the kind."""
KIN: Final = "kin_"
"""Intents `kin_son`, `kin_daughter`... name the relative spoken of."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as a row of words; `intent` is what it means. `locale`: the language it was listed for."""

    intent: str
    words: tuple[str, ...]
    locale: str

    def stands_at(self, text: Sequence[str], start: int) -> bool:
        """Whether the phrase stands in the text at this word."""
        rest = text[start : start + len(self.words)]
        return len(rest) == len(self.words) and all(map(_same, self.words, rest))


def _same(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


class Lexicon:
    """Phrases by their first word, or the beginning it must have, so that a text looks only at those it could hold."""

    def __init__(self, phrases: Iterable[Phrases]) -> None:
        self._by_start: dict[str, list[Phrase]] = {}
        self._lengths: set[int] = set()
        self._spoken: dict[tuple[str, ...], set[str]] = {}
        for group in phrases:
            for text in group.words:
                words = tuple(_pattern(word) for word in text.split())
                words = tuple(word for word in words if word)
                if any(word != "*" for word in words):  # a star alone would hear its intent in everything
                    self._by_start.setdefault(words[0], []).append(Phrase(group.intent, words, group.locale))
                    self._spoken.setdefault(words, set()).add(group.locale)
                    if words[0].endswith("*"):
                        self._lengths.add(len(words[0]) - 1)

    def __call__(self, text: str, program: Program, locale: str) -> Reading:
        """Read a text. Never fails, whatever it holds."""
        plain = normalise(text[:4096])
        exact = program.commands.get(plain, "")
        command = COMMANDS.get(exact)
        named = exact.removeprefix("language_") if exact.startswith("language_") else None
        if named:
            command = Command.LANGUAGE
        # An exact command is nothing else: its words need no further look.
        phrases = () if command else tuple(self._found(plain.split()))
        intents = tuple(dict.fromkeys(phrase.intent for phrase in phrases))
        spoken = program.spoken_in.get(plain, "") if command in SPOKEN_COMMANDS else self._language(phrases, locale)
        return Reading(
            command=command,
            intents=tuple(intent for intent in intents if not intent.startswith(KIN) and intent not in CRISES),
            crisis=next((CRISES[intent] for intent in intents if intent in CRISES), None) if command is None else None,
            locale=named or (spoken if spoken != locale else "") or None,
            who=next((intent.removeprefix(KIN) for intent in intents if intent.startswith(KIN)), None),
            greeting=exact == "greeting" or "greeting" in intents,
            goodbye=exact == "goodbye" or "goodbye" in intents,
        )

    def _language(self, phrases: Sequence[Phrase], locale: str) -> str:
        """The one language in which everything that was understood is listed; none when it could be the present one, or a single word."""
        shared: set[str] | None = None
        for phrase in phrases:
            if len(phrase.words) > 1:
                languages = self._spoken[phrase.words]
                shared = languages if shared is None else shared & languages
        return next(iter(shared)) if shared and len(shared) == 1 and locale not in shared else ""

    def _found(self, words: Sequence[str]) -> list[Phrase]:
        """Longest phrases first: they say most."""
        found = [
            phrase
            for start, word in enumerate(words)
            for key in (word, *(word[:length] + "*" for length in self._lengths if length <= len(word)))
            for phrase in self._by_start.get(key, ())
            if phrase.stands_at(words, start)
        ]
        return sorted(found, key=lambda phrase: -sum(map(len, phrase.words)))


def _pattern(word: str) -> str:
    return normalise(word) + ("*" if word.endswith("*") else "")
