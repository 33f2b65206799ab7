"""A plain rendering and a plain reading, for checks that are given none: the words of a screen with today's facts, and exact commands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flows.authoring.checks.translated import Translations
from flows.authoring.load import Content
from flows.authoring.scenarios import Read, Render
from flows.authoring.schema import Fact
from flows.effects import Screen
from flows.events import Command, Reading
from flows.matching import normalise
from flows.program import BlockNode, Program
from flows.texts import PLACEHOLDER


def plain_render(program: Program, content: Content, translations: Translations, blocks: Mapping[str, BlockNode], today: date) -> Render:
    """The whole text of a screen: echo, paragraphs, why, sources. A paragraph whose fact is past review shows the fallback instead."""

    def say(message: str, locale: str) -> str:
        entry = translations.get(locale, {}).get(message)
        if entry and entry.text and not entry.fuzzy:
            return entry.text
        return program.messages["es"].get(message, "")

    def worded(fact: Fact, field: str, locale: str) -> str:
        entry = translations.get(locale, {}).get(f"fact.{fact.id}.{field}")
        return entry.text if entry and entry.text and not entry.fuzzy else str(getattr(fact, field))

    def filled(text: str) -> str:
        facts = content.facts
        return PLACEHOLDER.sub(lambda name: (facts[name[1]].value or "") if name[1] in facts else name[0], text)

    def paragraph(message: str, locale: str) -> str:
        used = blocks[message].facts if message in blocks else ()
        old = [content.facts[fact] for fact in used if fact in content.facts and _hidden(content.facts[fact], today)]
        return worded(old[0], "fallback", locale) if old else filled(say(message, locale))

    def render(screen: Screen) -> str:
        echo = [say(screen.echo.ref, screen.locale)] if screen.echo and screen.echo.ref else []
        said = [paragraph(message, screen.locale) for message in screen.blocks]
        why = [say(screen.why, screen.locale)] if screen.why else []
        sources = [worded(content.facts[fact], "statement", screen.locale) for fact in screen.sources if fact in content.facts]
        return "\n\n".join(part for part in (*echo, *said, *why, *sources) if part)

    return render


def _hidden(fact: Fact, today: date) -> bool:
    return fact.risk == "high" and today > fact.review_by


def plain_read(program: Program, content: Content) -> Read:
    """Exact commands, greetings and goodbyes, and the written phrases of intents; nothing cleverer."""
    phrases = {normalise(words): phrase.intent for phrase in reversed(content.phrases) for words in phrase.words}

    def read(text: str, locale: str) -> Reading:
        words = normalise(text)
        heard = program.commands.get(words, "")
        intent = phrases.get(words)
        return Reading(
            command=Command(heard) if heard in set(Command) else None,
            greeting=heard == "greeting",
            goodbye=heard == "goodbye",
            intents=(intent,) if intent else (),
        )

    return read
