"""Facts: used, current, signed off, dialled, their sources within reach; never the only door when their sources disagree, never what holds
a numbered list together; and local doors marked as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Level
from flows.authoring.reach import Seen
from flows.authoring.schema import Fact
from flows.effects import Screen
from flows.program import BlockNode
from flows.screens import COVER, LOCAL_DOORS
from flows.texts import fact_names

SOON = timedelta(days=30)
PHONES = ("phone", "whatsapp")
CONTACTS = (*PHONES, "link", "email")
"""Kinds of fact that are a door somebody can knock at."""
STEP = re.compile(r"\*\*(\d+)\.\*\*")
"""The number of a step in a list, as our texts write it."""
NEAR = re.compile(
    r"Ministerios? Públicos?(?! [Ff]ederal| de la Federación)|\bMP\b|\bDIF\b(?! [Nn]acional)|\btu municipio"
    r"|[Ff]iscalías? (?:de tu estado|estatal(?:es)?|local(?:es)?)|[Pp]olicías? (?:municipal(?:es)?|local(?:es)?|estatal(?:es)?)"
    r"|[Cc]omisi(?:ón|ones)\b[^.;:]* de tu estado"
)
"""Local and state authorities, as Spanish texts name them."""
AROUND = re.compile(r"\b(?:no (?:te muestro|son|pasan)|quité|sin (?:ir|pasar|acudir))\b[^.;:]*", re.IGNORECASE)
"""Said of doors a text keeps away from."""


def used(subject: Subject) -> frozenset[str]:
    """Facts that a card, a text, a copy button or another fact refers to."""
    found = {fact for block in subject.blocks.values() for fact in block.facts}
    for _, _, step in subject.steps():
        found.update(choice.to.removeprefix("@copy:") for choice in step.choices if choice.to.startswith("@copy:"))
    for message in subject.messages.values():
        found.update(fact_names(message.text))
    return frozenset(found)


def dates(subject: Subject) -> Iterator[Issue]:
    """Use, review dates, signatures and test calls."""
    in_use = used(subject)
    ways = _ways(subject)
    for fact in subject.content.facts.values():
        place = subject.content.place("facts", fact.id)
        if fact.id not in in_use:
            yield finding("fact-no-use", place, f"nothing refers to {fact.id!r}", "use it, or take it out", level=Level.WARNING)
            continue
        path = ways.get(fact.id, ())
        yield from _review(subject, fact, path)
        if subject.production:
            yield from _launch(subject, fact, path)


def _ways(subject: Subject) -> Mapping[str, tuple[str, ...]]:
    """The shortest way to a screen that rests on each fact."""
    first: dict[str, Seen] = {}
    for seen in subject.walk.screens:
        for fact in doors(subject, seen.screen):
            first.setdefault(fact, seen)
    return {fact: subject.walk.path_of(seen) for fact, seen in first.items()}


def _review(subject: Subject, fact: Fact, path: tuple[str, ...]) -> Iterator[Issue]:
    place = subject.content.place("facts", fact.id)
    if subject.today > fact.review_by:
        level = subject.severity(production=fact.risk == "high")
        message = f"{fact.id!r} was to be reviewed by {fact.review_by}"
        yield finding("fact-past-review", place, message, "check it at its source and date it", level=level, path=path)
    elif subject.today + SOON >= fact.review_by:
        message = f"{fact.id!r} is to be reviewed by {fact.review_by}"
        yield finding("fact-review-soon", place, message, "check it at its source and date it", level=Level.WARNING, path=path)


def _launch(subject: Subject, fact: Fact, path: tuple[str, ...]) -> Iterator[Issue]:
    place = subject.content.place("facts", fact.id)
    if fact.signed_off_by is None:
        yield finding("fact-unsigned", place, f"nobody has signed off {fact.id!r}", "have it signed (`signed_off_by`)", path=path)
    if fact.kind in PHONES and fact.test_called is None:
        yield finding("phone-untested", place, f"nobody has dialled {fact.id!r}", "dial it and state the day (`test_called`)", path=path)


def doors(subject: Subject, screen: Screen) -> tuple[str, ...]:
    """The facts a screen rests on, its copy buttons included."""
    found = [fact for message in screen.blocks if message in subject.blocks for fact in subject.blocks[message].facts]
    return tuple(dict.fromkeys((*found, *(button.copy for button in screen.buttons if button.copy))))


def conflicts(subject: Subject) -> Iterator[Issue]:
    """Screens whose only door is a fact with a recorded conflict."""
    told: set[tuple[str, str]] = set()
    for seen in subject.walk.screens:
        screen = seen.screen
        known = [subject.content.facts[fact] for fact in doors(subject, screen) if fact in subject.content.facts]
        contacts = [fact for fact in known if fact.kind in CONTACTS]
        if contacts and all(fact.conflict for fact in contacts) and (screen.flow, screen.step) not in told:
            told.add((screen.flow, screen.step))
            names = ", ".join(fact.id for fact in contacts)
            message = f"on the screen of step {screen.step!r} the only door is {names}, whose sources disagree"
            place = subject.place(screen.flow, screen.step)
            yield finding("conflict-only-door", place, message, "set a second door beside it", path=subject.walk.path_of(seen))


def marks(subject: Subject) -> Iterator[Issue]:
    """Blocks and texts that use a local or state authority, or name one, without saying so. A `when` that asks for the authority says so
    too: its author has thought of it."""
    for name, block in subject.blocks.items():
        if block.door is not None:
            continue
        near = [fact for fact in block.facts if fact in subject.content.facts and subject.content.facts[fact].door in LOCAL_DOORS]
        named = [] if near or _considered(block) else near_doors(subject.messages[name].text)
        if near or named:
            what = f"uses {', '.join(near)}" if near else f"names {', '.join(map(repr, named))}"
            message = f"{what}, a local or state authority, and stays when the authority is part of it"
            remedy = "state `door: local` or `door: state` on the block of a card"
            yield finding("door-unmarked", subject.origin(name), message, remedy, path=subject.path_of(name))


def _considered(block: BlockNode) -> bool:
    return block.when is not None and "authority" in block.when.keys


def near_doors(text: str) -> list[str]:
    """The local and state authorities a Spanish text sends somebody to; not those it says it leads around."""
    return list(dict.fromkeys(NEAR.findall(AROUND.sub("", text))))


def lists(subject: Subject) -> Iterator[Issue]:
    """Numbered steps that hold the value of a fact of high risk. Hidden, its fallback stands there without the number, and the list begins
    at two or has a gap. The last step may: nothing follows it."""
    last = {card: max(numbers) for card, numbers in _numbered(subject).items()}
    for name, block in subject.blocks.items():
        text = subject.messages[name].text
        numbers = [int(number) for number in STEP.findall(text)]
        risky = [fact for fact in fact_names(text) if fact in subject.content.facts and subject.content.facts[fact].risk == "high"]
        if risky and numbers and (min(numbers) == 1 or max(numbers) < last[_card(block)]):
            message = f"step {numbers[0]} of a list holds {', '.join(risky)}: hidden, the number goes with it"
            remedy = "put the value into a block of its own, after the step"
            yield finding("numbered-with-fact", subject.origin(name), message, remedy, level=Level.WARNING, path=subject.path_of(name))


def _numbered(subject: Subject) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, block in subject.blocks.items():
        numbers = [int(number) for number in STEP.findall(subject.messages[name].text)]
        if numbers:
            found.setdefault(_card(block), []).extend(numbers)
    return found


def _card(block: BlockNode) -> str:
    return block.message.rpartition(".")[0]


def sources(subject: Subject) -> Iterator[Issue]:
    """Screens that rest on facts and show no way to their sources. The cover shows none: there they would give it away."""
    told: set[tuple[str, str]] = set()
    for seen in subject.walk.screens:
        screen = seen.screen
        at = (screen.flow, screen.step)
        rests = any(subject.blocks[message].facts for message in screen.blocks if message in subject.blocks)
        if not rests or screen.flow == COVER or at in told or _shows_sources(subject, screen):
            continue
        told.add(at)
        message = f"the screen of step {screen.step!r} rests on facts and shows no sources"
        remedy = "keep to four choices, or lead one to @sources"
        yield finding("sources-unreachable", subject.place(*at), message, remedy, level=Level.WARNING, path=subject.walk.path_of(seen))


def _shows_sources(subject: Subject, screen: Screen) -> bool:
    step = subject.program.step(screen.flow, screen.step)
    leads = {choice.label for choice in step.choices if choice.to == "@sources"} if step else set()
    return any(button.code == "nsources" or button.label in leads for button in screen.buttons)
