"""What Amparo holds to be true today, and how this copy of it stands in the world.

Facts are never pinned to a conversation: a corrected number is everywhere at once, an expired one nowhere. So what a screen may say is
asked here, at the moment of saying, with today's date. Two things hide a fact: the emergency switch (*Apagar*, any fact, at once, never
undone by a clock), and a review date that has passed when the risk is high. A fact of lower risk past its date is shown with the day it was
checked.
Source of the rules: features.md A8, voice.md 9.1 and 9.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from flows.authoring.schema import Fact

SOURCE = "es"
"""The language facts are written in."""
DIALLED = frozenset({"phone", "whatsapp"})
"""Kinds somebody must have tried by hand before this copy may call itself live."""
Words = Mapping[str, Mapping[str, str]]
"""Locale -> message id (`fact.<id>.statement`, `fact.<id>.fallback`) -> text."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A text and whether it is in the language that was asked for (otherwise it is the source)."""

    text: str
    translated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fact was read and when somebody last looked. `read` is the date of the source in its
    own words; `url` is empty where the exact address is not known."""

    fact: str
    title: str
    read: str
    checked_on: date
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All facts by id, their translations, and those switched off. `version` changes whenever any of it does."""

    by_id: Mapping[str, Fact]
    words: Words
    switched_off: frozenset[str]
    version: str

    @classmethod
    def of(cls, facts: Iterable[Fact], *, words: Words | None = None, switched_off: Iterable[str] = ()) -> Facts:
        """Gather facts and, of `words`, what is about facts; raises ValueError when two facts claim one id."""
        gathered = tuple(facts)
        by_id = {fact.id: fact for fact in gathered}
        if len(by_id) != len(gathered):
            raise ValueError("two facts have one id; keep one of them")
        spoken = {locale: _about_facts(texts) for locale, texts in (words or {}).items()}
        off = frozenset(switched_off)
        return cls(
            by_id=MappingProxyType(by_id),
            words=MappingProxyType(spoken),
            switched_off=off,
            version=_version(by_id, spoken, off),
        )

    def switching_off(self, ids: Iterable[str]) -> Facts:
        """These facts with `ids` turned off too (*Apagar*). Unknown ids are kept: the fact may be on its way."""
        off = self.switched_off | frozenset(ids)
        return replace(self, switched_off=off, version=_version(self.by_id, self.words, off))

    def hides(self, fact_id: str, today: date) -> bool:
        """Whether it may not be shown: unknown, switched off, or of high risk and past its review date."""
        fact = self.by_id.get(fact_id)
        if fact is None or fact_id in self.switched_off:
            return True
        return fact.risk == "high" and today > fact.review_by

    def current(self, fact_id: str, today: date) -> str | None:
        """Its value, or None when it is hidden. A fact that is only a rule has the value ''."""
        return None if self.hides(fact_id, today) else self.by_id[fact_id].value or ""

    def worded(self, fact_id: str, today: date, locale: str) -> str | None:
        """Its value as this language says it: a deadline or a figure has words ("30 working days"), a phone has none."""
        value = self.current(fact_id, today)
        return self.words.get(locale, {}).get(f"fact.{fact_id}.value") or value if value else value

    def dated(self, fact_id: str, today: date) -> date | None:
        """The day it was checked, when that must be said beside it: shown although its review date has passed."""
        if self.hides(fact_id, today):
            return None
        fact = self.by_id[fact_id]
        return fact.checked_on if today > fact.review_by else None

    def statement(self, fact_id: str, locale: str) -> Worded | None:
        """What it says, in `locale` where translated."""
        fact = self.by_id.get(fact_id)
        return self._worded(f"fact.{fact_id}.statement", fact.statement, locale) if fact else None

    def fallback(self, fact_id: str, locale: str) -> Worded | None:
        """What stands in its place while it is hidden; None for an unknown fact."""
        fact = self.by_id.get(fact_id)
        return self._worded(f"fact.{fact_id}.fallback", fact.fallback, locale) if fact else None

    def provenance(self, ids: Iterable[str], today: date) -> tuple[Provenance, ...]:
        """Sources of the facts that are shown today, each fact once, in the order given."""
        shown = (fact_id for fact_id in dict.fromkeys(ids) if not self.hides(fact_id, today))
        return tuple(_provenance(self.by_id[fact_id]) for fact_id in shown)

    def _worded(self, message: str, source: str, locale: str) -> Worded:
        if locale == SOURCE:
            return Worded(source, translated=True)
        text = self.words.get(locale, {}).get(message)
        return Worded(text, translated=True) if text else Worded(source, translated=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How this copy stands: who runs it (None: nobody named), and whether it must call itself a test version."""

    organization: str | None = None
    test_version: bool = False

    @property
    def opens_cases(self) -> bool:
        """A test version opens no case: nobody is behind it."""
        return not self.test_version


def standing(facts: Facts, *, organization: str | None, loopback: bool, used: Collection[str] | None = None) -> Standing:
    """The standing that follows from settings and facts. A loopback API (the demo, the tests) is nobody's test version."""
    named = (organization or "").strip() or None
    lacking = bool(lacks(facts, organization=named, used=used))
    return Standing(organization=named, test_version=lacking and not loopback)


def lacks(facts: Facts, *, organization: str | None, used: Collection[str] | None = None) -> tuple[str, ...]:
    """What is missing before a copy may be live, one line each: a named organization, a signature under every fact in use, a test call to
    every number. `used`: ids of the facts the content rests on (None: all). A used id that is no fact lacks its signature, too."""
    ids = sorted(facts.by_id if used is None else used)
    found = [facts.by_id.get(fact_id) for fact_id in ids]
    unsigned = [f"sign-off: {fact_id}" for fact_id, fact in zip(ids, found, strict=True) if not (fact and fact.signed_off_by)]
    uncalled = [f"test call: {fact.id}" for fact in found if fact and fact.kind in DIALLED and fact.test_called is None]
    nobody = [] if (organization or "").strip() else ["organization"]
    return (*nobody, *unsigned, *uncalled)


def _about_facts(texts: Mapping[str, str]) -> dict[str, str]:
    return {message: text for message, text in texts.items() if message.startswith("fact.")}


def _provenance(fact: Fact) -> Provenance:
    return Provenance(
        fact=fact.id,
        title=fact.source.title,
        read=fact.source.date,
        checked_on=fact.checked_on,
        url=fact.source.url or "",
    )


def _version(by_id: Mapping[str, Fact], words: Words, off: frozenset[str]) -> str:
    """A hash over all of it; equal content has equal versions on every machine."""
    whole = {
        "facts": {fact_id: fact.model_dump(mode="json") for fact_id, fact in by_id.items()},
        "words": {locale: dict(texts) for locale, texts in words.items()},
        "off": sorted(off),
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]
