"""`check`: all problems of the content at once, over every reachable state and every language, each with file, line, remedy and the way
there.

Pure: content, translations, the day and the seams to words (rendering, reading, the never-list) come as arguments. One file a theme; each
check is a function from a `Subject` to findings, and `CHECKS` lists them all. `CODES` documents every code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Final

from flows.authoring.bundle import bundle
from flows.authoring.checks import (
    consent,
    facts,
    guards,
    loops,
    numbers,
    paths,
    questions,
    references,
    sizes,
    stories,
    translations,
    unread,
    wording,
)
from flows.authoring.checks import desk as desks
from flows.authoring.checks.codes import CODES
from flows.authoring.checks.plain import plain_read, plain_render
from flows.authoring.checks.subject import Check, Never, Subject
from flows.authoring.checks.translated import Translation, Translations, usable
from flows.authoring.compile import compile_program
from flows.authoring.desk_load import DeskContent
from flows.authoring.extract import extract
from flows.authoring.issues import Issue, Level
from flows.authoring.load import Content
from flows.authoring.reach import STATES, Seen, Walk, explore
from flows.authoring.scenarios import Read, Render

__all__ = ["CHECKS", "CODES", "Findings", "Translation", "Translations", "as_json", "check", "examine", "run", "usable"]

CHECKS: Final[tuple[Check, ...]] = (
    references.needed,
    references.targets,
    references.parts,
    references.facts,
    references.intents,
    references.crises,
    references.interface,
    references.twice,
    guards.conditions,
    guards.branches,
    guards.urgency,
    questions.questions,
    questions.consent,
    consent.orders,
    consent.texts,
    consent.taps,
    paths.unreachable,
    paths.dead_ends,
    paths.exits,
    paths.persons,
    paths.labels,
    paths.commands,
    paths.bounded,
    loops.loops,
    sizes.texts,
    sizes.buttons,
    sizes.labels,
    sizes.copies,
    facts.dates,
    facts.conflicts,
    facts.marks,
    facts.lists,
    facts.sources,
    numbers.differ,
    numbers.loose,
    translations.currency,
    translations.placeholders,
    translations.orphans,
    wording.openings,
    wording.never_said,
    wording.exclamations,
    stories.scenarios,
)
NOWHERE: Final = Walk(states=(), ways=(), screens=(), bounded=False)


def _says_nothing_wrong(text: str, locale: str) -> Sequence[object]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found, and over how many reachable states (0: nothing could be played)."""

    issues: tuple[Issue, ...]
    states: int


def check(
    content: Content,
    load_issues: Iterable[Issue],
    translations: Translations,
    *,
    today: date,
    production: bool,
    never: Never = _says_nothing_wrong,
    rendered: Render | None = None,
    read: Read | None = None,
    recordings: Iterable[str] = (),
    spoken: Iterable[str] = (),
    desk: DeskContent | None = None,
) -> Findings:
    """All findings: `load_issues` (of `load_content`) first, then errors, then warnings, each by place.

    `rendered`: the whole visible text of a screen, facts filled in; `read`: what typed words mean in a language; `never`: the lint of
    voice.md 7; `recordings`: ids of content/voice; `spoken`: message ids the renderer says by itself; `desk`: organizations and clocks
    (`load_desk`, whose issues belong to `load_issues`). Left out, rendering and reading are plain, and there is no lint and no desk."""
    subject = examine(
        content,
        translations,
        today=today,
        production=production,
        never=never,
        rendered=rendered,
        read=read,
        recordings=recordings,
        spoken=spoken,
    )
    return Findings(issues=run(subject, load_issues, desk), states=len(subject.walk.states))


def run(subject: Subject, load_issues: Iterable[Issue] = (), desk: DeskContent | None = None) -> tuple[Issue, ...]:
    """All checks over a subject. What could not be read stands before everything, and what only follows from it is left out."""
    loaded = tuple(dict.fromkeys(load_issues))
    of_desk = desks.desk(subject, desk) if desk else ()
    found = unread.true_of(chain(chain.from_iterable(one(subject) for one in CHECKS), of_desk), loaded)
    return (*sorted(loaded, key=_order), *sorted(dict.fromkeys(issue for issue in found if issue not in loaded), key=_order))


def _order(issue: Issue) -> tuple[bool, str, int, str, str]:
    return (issue.level is Level.WARNING, issue.place.file, issue.place.line, issue.code, issue.message)


def examine(
    content: Content,
    translations: Translations,
    *,
    today: date,
    production: bool,
    never: Never = _says_nothing_wrong,
    rendered: Render | None = None,
    read: Read | None = None,
    recordings: Iterable[str] = (),
    spoken: Iterable[str] = (),
    limit: int = STATES,
) -> Subject:
    """Compile and walk: everything the checks look at. `limit`: states the walk may visit."""
    content = _named_as_filed(content)
    program = compile_program(bundle(content, _served(translations)))
    blocks = {block.message: block for flow in program.flows.values() for step in flow.steps.values() for block in step.blocks}
    walk = explore(program, phrases=_phrases(content), limit=limit) if references.playable(content) else NOWHERE
    return Subject(
        content=content,
        program=program,
        walk=walk,
        translations=translations,
        messages={message.id: message for message in extract(content)},
        blocks=blocks,
        shown=_shown(walk),
        today=today,
        production=production,
        never=never,
        render=rendered or plain_render(program, content, translations, blocks, today),
        read=read or plain_read(program, content),
        recordings=frozenset(recordings),
        spoken=frozenset(spoken),
    )


def _shown(walk: Walk) -> dict[str, Seen]:
    shown: dict[str, Seen] = {}
    for seen in walk.screens:
        for message in seen.screen.blocks:
            shown.setdefault(message, seen)
    return shown


def _served(translations: Translations) -> dict[str, dict[str, str]]:
    """Usable texts of the program; facts are not pinned, so not part of it."""
    return {
        locale: {name: text for name, text in texts.items() if not name.startswith("fact.")}
        for locale, texts in usable(translations).items()
    }


def _named_as_filed(content: Content) -> Content:
    """A flow or card that states another name than its file (`bad-name`, found on reading) is checked under the name of its file."""
    flows = {name: flow.model_copy(update={"flow": name}) for name, flow in content.flows.items()}
    cards = {name: card.model_copy(update={"card": name}) for name, card in content.cards.items()}
    return replace(content, flows=flows, cards=cards)


def _phrases(content: Content) -> dict[str, str]:
    return {phrase.intent: phrase.words[0] for phrase in reversed(content.phrases) if phrase.words and phrase.locale == "es"}


def as_json(issues: Iterable[Issue]) -> list[dict[str, object]]:
    """Findings as plain data for `amparo check --json`."""
    return [
        {
            "code": issue.code,
            "level": issue.level.value,
            "file": issue.place.file,
            "line": issue.place.line,
            "message": issue.message,
            "remedy": issue.remedy,
            "path": list(issue.path),
        }
        for issue in issues
    ]
