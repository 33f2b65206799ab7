"""Translations: there where they must be, of today's source, read by a person, with the same {names}."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from flows.authoring.checks.subject import SOURCE, Subject, finding
from flows.authoring.checks.translated import Translation
from flows.authoring.extract import SourceMessage
from flows.authoring.issues import Issue, Level, Place
from flows.authoring.schema import STAFF_PLACEHOLDERS
from flows.texts import NOT_FACTS, PLACEHOLDER

COMPLETE = ("en",)
"""Languages that must hold every text."""
FIRST_ONLY = ("pt", "fr", "ht")
"""Languages that must hold the first screens (voice.md 5)."""
FIRST_FLOWS = ("welcome", "danger", "doors", "person", "phone", "distress", "language", "cover", "erase")
"""The flows of the first screens, with the cards they say and the interface."""
REMEDIES = {
    "translation-missing": "translate them",
    "translation-stale": "read the new source and renew them",
    "translation-machine": "have a person who speaks the language read them",
}
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")


def first_screens(subject: Subject) -> frozenset[str]:
    """Ids of everything the first screens say."""
    cards = {step.card for flow, _, step in subject.steps() if flow.flow in FIRST_FLOWS and step.card}
    starts = (*(f"flow.{flow}." for flow in FIRST_FLOWS), *(f"card.{card}." for card in cards), "ui.")
    return frozenset(name for name in subject.messages if name.startswith(starts))


def currency(subject: Subject) -> Iterator[Issue]:
    """Missing, stale and machine-made translations: one finding a language, file and weight, naming all its texts."""
    first = first_screens(subject)
    for locale in dict.fromkeys((*COMPLETE, *FIRST_ONLY, *subject.translations)):
        groups: dict[tuple[str, str, bool], list[SourceMessage]] = defaultdict(list)
        for message in subject.messages.values():
            if locale not in COMPLETE and message.id not in first:
                continue
            weighty = (message.critical or message.id in first) and not _heard(message.id)
            code = _state(message, subject.translations.get(locale, {}).get(message.id), weighty)
            if code:
                groups[code, message.file, weighty].append(message)
        for (code, file, weighty), messages in groups.items():
            yield _grouped(subject, locale, code, file, messages, weighty=weighty)


def _heard(name: str) -> bool:
    """Words people type are not shown to anybody."""
    return name.endswith(".hears") or name.startswith("ui.hears.")


def _state(message: SourceMessage, entry: Translation | None, weighty: bool) -> str | None:
    if entry is None or not entry.text:
        return "translation-missing"
    if entry.fuzzy or (entry.source and entry.source != message.text):
        return "translation-stale"
    return "translation-machine" if entry.machine and weighty else None


def _grouped(subject: Subject, locale: str, code: str, file: str, messages: list[SourceMessage], *, weighty: bool) -> Issue:
    names = ", ".join(message.id for message in messages)
    kind = "safety-critical" if weighty else "ordinary"
    where = subject.written(messages[0].id, locale)
    return finding(
        code,
        where,
        f"{locale}: {len(messages)} {kind} texts of {file}: {names}",
        REMEDIES[code],
        level=subject.severity(production=weighty),
        path=next((path for message in messages if (path := subject.path_of(message.id))), ()),
    )


def placeholders(subject: Subject) -> Iterator[Issue]:
    """{names} nobody fills in, and translations that hold others than their source."""
    for locale in subject.locales:
        for name, text, place in subject.texts(locale):
            yield from _unknown(subject, name, text, place)
            source = subject.messages[name].text
            if locale != SOURCE and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(source)):
                wanted = ", ".join(sorted(set(PLACEHOLDER.findall(source)))) or "none"
                message = f"{name} ({locale}) does not hold the same names as its source"
                yield finding("placeholders-differ", place, message, f"hold exactly: {wanted}", path=subject.path_of(name))


def _unknown(subject: Subject, name: str, text: str, place: Place) -> Iterator[Issue]:
    for found in dict.fromkeys(_BRACES.findall(text)):
        inside = PLACEHOLDER.fullmatch(found)
        if inside is None or not _filled(subject, name, inside[1]):
            message = f"{name} holds {found}, which nobody fills in"
            yield finding("unknown-placeholder", place, message, "name a fact, or write it out", path=subject.path_of(name))


def _filled(subject: Subject, name: str, inside: str) -> bool:
    """Whether somebody fills in {inside}: the desk in its own texts; the engine and the facts in all that a screen says; nobody in a canned
    reply, which is sent as it stands."""
    if name.startswith("desk."):
        return inside in STAFF_PLACEHOLDERS
    return not name.startswith("reply.") and (inside in NOT_FACTS or inside in subject.content.facts)


def orphans(subject: Subject) -> Iterator[Issue]:
    """Translations of what is no longer said."""
    for locale, entries in subject.translations.items():
        gone = [name for name in entries if name not in subject.messages]
        if gone:
            message = f"{locale}: {len(gone)} translations of texts that are gone: {', '.join(gone)}"
            yield finding("translation-orphan", entries[gone[0]].place, message, "bring the catalogs up to date", level=Level.WARNING)
