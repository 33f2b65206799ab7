"""Organizations and clocks: everything they name is there, somebody else reads complaints, hours and holidays can be kept, and nobody in
danger waits longer than somebody who is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.authoring.checks.facts import CONTACTS
from flows.authoring.checks.subject import SOURCE, Subject, finding
from flows.authoring.desk_load import CLOCKS, ORGANIZATIONS, DeskContent
from flows.authoring.desk_schema import DAYS, LadderFile, OrganizationFile, minutes
from flows.authoring.issues import Issue, Level
from flows.texts import fact_names

AHEAD: Final = timedelta(days=60)
"""A list of holidays that ends sooner has to be made longer now (features.md H12; bot.domain.organization, same number)."""
URGENT: Final = ("danger", "distress")
"""Flows somebody may ask from without having named a need."""
RUNGS: Final = ("nudge", "back_to_queue", "next_organization", "supervisor")
LEVELS: Final = ("danger", "high", "ordinary")
LONGEST: Final[Mapping[str, int]] = MappingProxyType({"crisis": 120, "hold": 60})
"""Seconds after which nobody can say any more that somebody answers, or that words leave."""
LONGEST_IN_DANGER: Final = 15 * 60
WRITTEN: Final = ("whatsapp", "link", "email")
WHO_ELSE: Final = ("person", "who")
"""The step that says who answers when nobody here does."""
Found = Iterator[Issue]


def desk(subject: Subject, content: DeskContent) -> Found:
    """Every finding about the desk's content."""
    for name, organization in content.organizations.items():
        yield from _named(subject, content, name, organization)
        yield from _alternatives(subject, content, name, organization)
        yield from _hours(content, name, organization)
        yield from _holidays(subject, content, name, organization)
    yield from _only_demo(subject, content)
    yield from _clocks(content)


def _named(subject: Subject, content: DeskContent, name: str, organization: OrganizationFile) -> Found:
    """What a file refers to: needs, states, languages, other organizations, a time zone."""
    needs = {flow.flow for flow in subject.content.flows.values() if flow.need} | set(URGENT)
    for number, need in enumerate(organization.needs if organization.needs != "all" else ()):
        if need not in needs:
            place = content.place(ORGANIZATIONS, name, "needs", number)
            yield finding("unknown-flow", place, f"{need!r} is no need", "name a flow with `need: true`, or write `all`")
    for number, state in enumerate(organization.states if organization.states != "all" else ()):
        if state not in subject.content.lists.state:
            place = content.place(ORGANIZATIONS, name, "states", number)
            yield finding("unknown-place", place, f"{state!r} is no state", "use a code of content/places.yaml, or write `all`")
    for number, locale in enumerate(organization.languages):
        if locale not in subject.locales:
            place = content.place(ORGANIZATIONS, name, "languages", number)
            yield finding("unknown-language", place, f"nobody can ask in {locale!r}", f"keep to {', '.join(subject.locales)}")
    yield from _others(content, name, organization)
    try:
        ZoneInfo(organization.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of the time-zone database
        place = content.place(ORGANIZATIONS, name, "zone")
        yield finding("unknown-zone", place, f"there is no time zone {organization.zone!r}", "write it like America/Mexico_City")


def _others(content: DeskContent, name: str, organization: OrganizationFile) -> Found:
    place = content.place(ORGANIZATIONS, name, "complaints_to")
    if organization.complaints_to == name:
        remedy = "name another organization: a complaint is read outside the one it is about"
        yield finding("complaints-inside", place, f"{name!r} would read complaints about itself", remedy)
    named = [(organization.complaints_to, place)]
    named += [(other, content.place(ORGANIZATIONS, name, "next", number)) for number, other in enumerate(organization.next)]
    for other, where in named:
        known = content.organizations.get(other)
        if known is None or (where is not place and other == name):
            yield finding("unknown-organization", where, f"{other!r} is no other organization", "name a file of content/organizations")
        elif known.demo and not organization.demo:
            yield finding("unknown-organization", where, f"{other!r} is an organization of the demo", "name one that answers people")


def _alternatives(subject: Subject, content: DeskContent, name: str, organization: OrganizationFile) -> Found:
    """Lines that answer when nobody here does: known facts, doors, said on the screen of who else answers, and not only ones whose sources
    disagree."""
    step = subject.program.step(*WHO_ELSE)
    blocks = step.blocks if step else ()
    texts = " ".join(subject.program.messages[SOURCE].get(block.message, "") for block in blocks)
    shown = {*fact_names(texts), *(fact for block in blocks for fact in block.facts)}
    for kind, facts in organization.alternatives.model_dump().items():
        place = content.place(ORGANIZATIONS, name, "alternatives", kind)
        for fact_id in facts:
            fact = subject.content.facts.get(fact_id)
            if fact is None:
                yield finding("unknown-fact", place, f"there is no fact {fact_id!r}", "name a fact of content/facts")
            elif fact.kind not in CONTACTS:
                message = f"{fact_id!r} is nothing one can call or write to"
                yield finding("alternative-no-door", place, message, "name a phone, a chat or a page")
            elif kind == "cannot_speak" and fact.kind not in WRITTEN:
                message = f"{fact_id!r} is nothing one can write to"
                yield finding("alternative-spoken", place, message, "name a chat or a page: they cannot speak")
            elif shown and fact_id not in shown:
                message = f"{fact_id!r} stands on no screen that says who else answers"
                yield finding("alternative-unsaid", place, message, "say it on content/cards/person_who.yaml, or leave it out")
        known = [subject.content.facts[fact_id] for fact_id in facts if fact_id in subject.content.facts]
        if known and all(fact.conflict for fact in known):
            yield finding("conflict-only-door", place, f"the sources of {', '.join(facts)} disagree", "set a second door beside it")


def _hours(content: DeskContent, name: str, organization: OrganizationFile) -> Found:
    if organization.hours == "always":
        return
    for day in DAYS:
        spans = sorted(minutes(hours) for hours in organization.hours.get(day, ()))
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            place = content.place(ORGANIZATIONS, name, "hours", day)
            yield finding("hours-overlap", place, f"the hours of {day} lie on each other", "write each time once")


def _holidays(subject: Subject, content: DeskContent, name: str, organization: OrganizationFile) -> Found:
    if organization.holidays == "none":
        return
    last = max(organization.holidays)
    if last < subject.today + AHEAD:
        place = content.place(ORGANIZATIONS, name, "holidays")
        message = f"the last holiday {name!r} knows is {last}"
        yield finding("holidays-run-out", place, message, "write those of the coming year: without them it promises hours nobody keeps")


def _only_demo(subject: Subject, content: DeskContent) -> Found:
    if subject.production and content.organizations and all(one.demo for one in content.organizations.values()):
        place = content.place(ORGANIZATIONS, next(iter(content.organizations)))
        yield finding("only-demo", place, "every organization is one of the demo", "write your own: content/organizations/README.md")


def _clocks(content: DeskContent) -> Found:
    """Each ladder rises, and no level waits longer than the one below it."""
    ladders: dict[str, LadderFile] = {level: getattr(content.clocks.ladders, level) for level in LEVELS}
    for level, ladder in ladders.items():
        for earlier, later in pairwise(RUNGS):
            if getattr(ladder, later) < getattr(ladder, earlier):
                place = content.place(CLOCKS, "ladders", level, later)
                yield finding("clock-order", place, f"{level}: {later} comes before {earlier}", "let each come after the one before it")
    for (more, quick), (less, slow) in pairwise(ladders.items()):
        for rung in RUNGS:
            if getattr(quick, rung) > getattr(slow, rung):
                place = content.place(CLOCKS, "ladders", more, rung)
                yield finding("clock-order", place, f"{rung}: {more} waits longer than {less}", "let the more urgent wait less")
    for name, longest in LONGEST.items():
        if getattr(content.clocks, name) > longest:
            place = content.place(CLOCKS, name)
            yield finding("clock-slow", place, f"{name} is longer than {longest} s", f"keep to {longest} s", level=Level.WARNING)
    if ladders["danger"].supervisor > LONGEST_IN_DANGER:
        place = content.place(CLOCKS, "ladders", "danger", "supervisor")
        message = "somebody in danger waits longer than 15 minutes before anybody is told"
        yield finding("clock-slow", place, message, "keep to 15 min", level=Level.WARNING)
