"""How it sounds: dull openings, sentences never said, no exclamation marks (voice.md 1 and 7)."""

from __future__ import annotations

from collections.abc import Iterator

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue
from flows.authoring.words import dull_opening


def openings(subject: Subject) -> Iterator[Issue]:
    """Sensitive words in the first forty characters of any screen, in any language: a notification or a chat list shows them (R24)."""
    told: set[tuple[str, str, str, str]] = set()
    for screen, text, path in subject.said():
        for word in dull_opening(text, subject.content.sensitive.get(screen.locale, ())):
            key = (screen.flow, screen.step, screen.locale, word)
            if key not in told:
                told.add(key)
                message = f"step {screen.step!r} ({screen.locale}) begins with {text[:40]!r}, which holds {word!r}"
                place = subject.place(screen.flow, screen.step)
                yield finding("dull-opening", place, message, "begin with a sentence that could be an errand", path=path)


def never_said(subject: Subject) -> Iterator[Issue]:
    """Sentences Amparo must never say, in every text of every language."""
    for locale in subject.locales:
        for name, text, place in subject.texts(locale):
            if _heard(name):
                continue
            for found in subject.never(text, locale):
                message = f"{name} ({locale}): {found}"
                yield finding("never-said", place, message, "say it as voice.md 7 does", path=subject.path_of(name))


def _heard(name: str) -> bool:
    return name.endswith(".hears") or name.startswith("ui.hears.")


def exclamations(subject: Subject) -> Iterator[Issue]:
    """No cheer, no alarm: no exclamation marks where a need is answered."""
    needs = {flow.flow for flow in subject.content.flows.values() if flow.need}
    cards = {step.card for flow, _, step in subject.steps() if flow.flow in needs and step.card}
    starts = (*(f"flow.{flow}." for flow in needs), *(f"card.{card}." for card in cards))
    for locale in subject.locales:
        for name, text, place in subject.texts(locale):
            if name.startswith(starts) and not _heard(name) and ("!" in text or "¡" in text):
                message = f"{name} ({locale}) holds an exclamation mark"
                yield finding("exclamation", place, message, "say it calmly", path=subject.path_of(name))
