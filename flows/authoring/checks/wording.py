"""How it sounds: dull openings, sentences never said, no exclamation marks (voice.md 1 and 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue
from flows.authoring.words import DULL_CHARACTERS, dull_opening
from flows.desk import CRISES, LIVE_ELSEWHERE, NEWS
from flows.effects import Screen
from flows.state import Position

COMES: Final = frozenset({*(at for news, at in NEWS.items() if news not in CRISES), LIVE_ELSEWHERE})
"""Where news of the desk is told: these screens come by themselves, as new messages. A crisis is told under a line of our own."""


def openings(subject: Subject) -> Iterator[Issue]:
    """Sensitive words in the first forty characters of any screen, in any language: a notification or a chat list shows them (R24). On a
    screen that comes by itself the name of an organization is one."""
    told: set[tuple[str, str, str, str]] = set()
    for screen, text, path in subject.said():
        for word in (*dull_opening(text, subject.content.sensitive.get(screen.locale, ())), *_names(subject, screen, text)):
            key = (screen.flow, screen.step, screen.locale, word)
            if key not in told:
                told.add(key)
                message = f"step {screen.step!r} ({screen.locale}) begins with {text[:40]!r}, which holds {word!r}"
                place = subject.place(screen.flow, screen.step)
                yield finding("dull-opening", place, message, "begin with a sentence that could be an errand", path=path)


def _names(subject: Subject, screen: Screen, text: str) -> Iterator[str]:
    step = subject.program.step(screen.flow, screen.step)
    at = Position(flow=screen.flow, step=screen.step)
    if screen.desk is None or step is None or not (step.fresh or at in COMES):
        return
    for placeholder, name in (("{desk}", screen.desk.name), ("{other}", screen.desk.other)):
        if any(said and said in text and text.index(said) < DULL_CHARACTERS for said in (placeholder, name)):
            yield placeholder


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
