"""What is checked: content, program, translations, the day; and how a finding is made. Checks are functions over a `Subject`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flows.authoring.checks.codes import CODES
from flows.authoring.checks.translated import Translations
from flows.authoring.extract import SourceMessage
from flows.authoring.issues import Issue, Level, Place
from flows.authoring.load import Content
from flows.authoring.reach import Seen, Walk
from flows.authoring.scenarios import Read, Render
from flows.authoring.schema import FlowFile, Step
from flows.effects import Screen
from flows.matching import normalise
from flows.program import BlockNode, Program

SOURCE = "es"
Never = Callable[[str, str], Sequence[object]]
"""(text, locale) -> the sentences in it that Amparo must never say; `str()` of each is shown."""
Check = Callable[["Subject"], Iterator[Issue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Everything a check may look at. `messages`: every source text by its message id; `blocks`: every paragraph by its message id;
    `shown`: the first screen on which a paragraph stands.

    `walk` is empty when a flow the engine needs is missing: nothing can be played then, and that is what is reported."""

    content: Content
    program: Program
    walk: Walk
    translations: Translations
    messages: Mapping[str, SourceMessage]
    blocks: Mapping[str, BlockNode]
    shown: Mapping[str, Seen]
    today: date
    production: bool
    never: Never
    render: Render
    read: Read
    recordings: frozenset[str]
    spoken: frozenset[str]

    @property
    def locales(self) -> tuple[str, ...]:
        """All languages, the source first."""
        return (SOURCE, *self.translations)

    def steps(self) -> Iterator[tuple[FlowFile, int, Step]]:
        """Every step with its flow and its number there."""
        for flow in self.content.flows.values():
            for number, step in enumerate(flow.steps):
                yield flow, number, step

    def place(self, flow: str, step: str, *rest: str | int) -> Place:
        """Where a step (or something in it) is written."""
        file = self.content.flows.get(flow)
        numbers = [number for number, other in enumerate(file.steps) if other.id == step] if file else []
        return self.content.place("flows", flow, *(("steps", numbers[0], *rest) if numbers else ()))

    def origin(self, message: str) -> Place:
        """Where a source text is written."""
        found = self.messages.get(message)
        if found is None:
            return Place()
        file, _, line = found.location.rpartition(":")
        return Place(file=file, line=int(line or 0))

    def texts(self, locale: str) -> Iterator[tuple[str, str, Place]]:
        """All texts of a language that may be shown: message id, text, where it is written."""
        if locale == SOURCE:
            yield from ((name, message.text, self.origin(name)) for name, message in self.messages.items())
            return
        for name, entry in self.translations[locale].items():
            if entry.text and name in self.messages:
                yield name, entry.text, self.written(name, locale)

    def written(self, message: str, locale: str) -> Place:
        """Where a text of a language is written: its catalog, else its source."""
        entry = self.translations.get(locale, {}).get(message)
        return entry.place if entry and entry.place.file else self.origin(message)

    def ways(self, label: str, locale: str) -> frozenset[str]:
        """Every way to type a choice in one language: its label and the words it hears."""
        texts = [text for name in (label, f"{label}.hears") if (text := self.program.messages.get(locale, {}).get(name))]
        return frozenset(normalise(way) for text in texts for way in text.split("|")) - {""}

    def path_of(self, message: str) -> tuple[str, ...]:
        """The shortest way to a screen that says this text."""
        parts = message.split(".")
        if parts[0] == "flow" and len(parts) > 2:
            return self.walk.path_to(parts[1], parts[2])
        seen = self.shown.get(message)
        return self.walk.path_of(seen) if seen else ()

    def said(self) -> Iterator[tuple[Screen, str, tuple[str, ...]]]:
        """Every different screen in every language: the screen, its whole text, and the way there."""
        for seen in self.walk.screens:
            path = self.walk.path_of(seen)
            for locale in self.locales:
                spoken = replace(seen.screen, locale=locale)
                yield spoken, self.render(spoken), path

    def severity(self, *, production: bool = True) -> Level:
        """A warning until production (when `production` is true of the finding)."""
        return Level.ERROR if self.production and production else Level.WARNING


def finding(code: str, place: Place, message: str, remedy: str, *, level: Level = Level.ERROR, path: tuple[str, ...] = ()) -> Issue:
    """One finding; a code that is not in the table is a mistake of ours."""
    if code not in CODES:
        raise KeyError(code)
    return Issue(code=code, level=level, place=place, message=message, remedy=remedy, path=path)
