"""Sentences Amparo must never say, as data an administrator can read and mend: `content/never.yaml` (source: voice.md 7).

A rule lists patterns by language. A pattern is words, sought side by side within one sentence, whatever their case, accents and marks:

    espera*            any word that begins so
    ve/vaya/acude      any of these words
    [la]               this word or none
    ...                up to four words between
    ^paga              only at the beginning of a sentence

`unless` lists phrases that acquit what they overlap ("no hay que esperar" acquits "esperar ni 24"). Every rule brings its own tests:
sentences that must be caught, one that must not, and what to say instead, which no rule may catch either. A text is held against
the patterns of its own language and of the source, since cards to show to others carry Spanish in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from flows.authoring.load import read_yaml
from flows.authoring.schema import Id, Strict, Text
from flows.authoring.words import Sentence, folded, sentences

FILE: Final = "never.yaml"
SOURCE: Final = "es"
_TOKEN: Final = re.compile(r"^(\^?[\w%{}]+\*?(/[\w%{}]+\*?)*|\[[\w%{}]+\*?(/[\w%{}]+\*?)*\]|\.\.\.)$")


def _readable(pattern: str) -> str:
    for token in folded(pattern).split():
        if not _TOKEN.match(token):
            raise ValueError(f"cannot read {token!r} in the pattern {pattern!r}; use words, *, /, [word], ... and ^ only")
    return pattern


Pattern = Annotated[Text, AfterValidator(_readable)]


class NeverRule(Strict):
    """One thing never said. `marks` are characters sought in the raw text. `questions: false`: asking it is no harm ("¿Estás a salvo?")."""

    id: Id
    never: Text
    why: Text
    instead: dict[str, Text]
    catch: dict[str, list[Pattern]] = Field(default_factory=dict)
    unless: dict[str, list[Pattern]] = Field(default_factory=dict)
    marks: list[Annotated[str, Field(min_length=1, max_length=1)]] = Field(default_factory=list)
    questions: bool = True
    caught: dict[str, list[Text]]
    innocent: dict[str, Text]


class NeverFile(Strict):
    """`content/never.yaml`."""

    rules: Annotated[list[NeverRule], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken, and the words that broke it (folded: lower case, without accents)."""

    rule: str
    matched: str
    instead: str

    def __str__(self) -> str:
        return f"{self.rule}: says {self.matched!r}; say instead: {self.instead}"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The patterns of a rule in one language."""

    catch: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


class Never:
    """All rules, ready to be held against texts."""

    def __init__(self, rules: Iterable[NeverRule]) -> None:
        self.rules = tuple(rules)
        self._compiled = {(rule.id, locale): _in_locale(rule, locale) for rule in self.rules for locale in rule.catch}

    def find(self, text: str, locale: str) -> list[Finding]:
        """What `text` in `locale` says that is never said, each rule once."""
        read = sentences(text)
        found = []
        for rule in self.rules:
            matched = next((mark for mark in rule.marks if mark in text), "") or next(self._matches(rule, read, locale), "")
            if matched:
                found.append(Finding(rule.id, matched, rule.instead.get(locale) or rule.instead.get(SOURCE, "")))
        return found

    def _matches(self, rule: NeverRule, read: tuple[Sentence, ...], locale: str) -> Iterator[str]:
        for spoken in dict.fromkeys((locale, SOURCE)):
            compiled = self._compiled.get((rule.id, spoken))
            for sentence in read if compiled else ():
                if compiled and (rule.questions or not sentence.asked):
                    yield from _caught(compiled, sentence.words + " ")


def _in_locale(rule: NeverRule, locale: str) -> _Compiled:
    return _Compiled(tuple(map(_compiled, rule.catch[locale])), tuple(map(_compiled, rule.unless.get(locale, []))))


def read_never(content: Path) -> Never:
    """The rules of a content folder; raises `OSError`, `yaml.YAMLError` or `pydantic.ValidationError` when they cannot be read."""
    data, _ = read_yaml((content / FILE).read_text("utf-8"))
    return Never(NeverFile.model_validate(data).rules)


def _caught(compiled: _Compiled, words: str) -> Iterator[str]:
    for pattern in compiled.catch:
        for match in pattern.finditer(words):
            if not any(_overlap(match, other) for acquits in compiled.unless for other in acquits.finditer(words)):
                yield match.group().strip()


def _overlap(left: re.Match[str], right: re.Match[str]) -> bool:
    return left.start() < right.end() and right.start() < left.end()


def _compiled(pattern: str) -> re.Pattern[str]:
    """Every word of a sentence, the last one too, is followed by one space."""
    tokens = folded(pattern).split()
    start = "^" if tokens[0].startswith("^") else r"(?<!\S)"
    return re.compile(start + "".join(_token(token.removeprefix("^")) for token in tokens))


def _token(token: str) -> str:
    if token == "...":  # noqa: S105 -- a token of a pattern, not a secret
        return r"(?:\S+ ){0,4}?"
    words = "|".join(re.escape(word.removesuffix("*")) + (r"\S*" if word.endswith("*") else "") for word in token.strip("[]").split("/"))
    return rf"(?:(?:{words}) )?" if token.startswith("[") else rf"(?:{words}) "
