"""Everything that names something else: targets, flows, cards, facts, intents, recordings. Whatever it names must be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from flows.advance import COMMAND_FLOWS, COVER_CARD, COVER_FACE, CRISIS_FLOWS, CRISIS_INTENTS
from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Place
from flows.authoring.load import Content
from flows.authoring.schema import FlowFile, Kind, Step
from flows.desk import NEWS, ROOM, WAITING, WITHDRAWN
from flows.events import Command
from flows.navigation import ANYTHING_ELSE, ASK_PHONE, DOORS, WELCOME
from flows.state import Position
from flows.texts import fact_names

RETURNING = Position(flow="returning", step="back")
WITHDRAW = Position(flow=WAITING, step="withdraw")
NEEDED_STEPS = (
    *(WELCOME, DOORS, ANYTHING_ELSE, ASK_PHONE, COVER_CARD, COVER_FACE, RETURNING),
    *dict.fromkeys((ROOM, WITHDRAW, WITHDRAWN, *NEWS.values())),
)
"""Steps the engine goes to by name."""
NEEDED_FLOWS = tuple(
    dict.fromkeys((*(at.flow for at in NEEDED_STEPS), *COMMAND_FLOWS.values(), *sorted(CRISIS_FLOWS), "paused", "media", "voice"))
)
"""Flows the engine opens by name."""
TYPED = ("back", "menu", "language", "person", "exit", "erase", "pause", "resume", "help")
"""Commands that must be understood as typed words, in every state."""
HEARD = ("greeting", "goodbye", "yes", "no", "skip", "done")
"""What else the interface hears."""
WITHOUT_PRESS = ("next", "menu")
"""Commands a step without a screen may lead to, beside the flows that have a command's name."""
SCREENS = (Kind.SAY, Kind.ASK, Kind.ASK_MANY, Kind.ASK_PLACE, Kind.ASK_YES_NO, Kind.WAIT, Kind.OFFER_PERSON, Kind.TELL)


def playable(content: Content) -> bool:
    """Whether everything the engine needs by name is there, so that a conversation can be played at all."""
    steps = {(flow.flow, step.id) for flow in content.flows.values() for step in flow.steps}
    return all(name in content.flows for name in NEEDED_FLOWS) and all((at.flow, at.step) in steps for at in NEEDED_STEPS)


def needed(subject: Subject) -> Iterator[Issue]:
    """Flows and steps the engine knows by name."""
    for name in NEEDED_FLOWS:
        if name not in subject.content.flows:
            yield finding(
                "unknown-flow", Place(file="content/flows"), f"the engine needs a flow {name!r}", f"write content/flows/{name}.yaml"
            )
    for at in NEEDED_STEPS:
        flow = subject.content.flows.get(at.flow)
        if flow and at.step not in {step.id for step in flow.steps}:
            yield finding(
                "unknown-target",
                subject.content.place("flows", at.flow),
                f"the engine needs a step {at.step!r} in flow {at.flow!r}",
                "add the step",
            )


def targets(subject: Subject) -> Iterator[Issue]:
    """Every place a step leads to."""
    for flow, number, step in subject.steps():
        steps = {other.id for other in flow.steps}
        path = subject.walk.path_to(flow.flow, step.id)
        for target, pressed, *where in _targets(step):
            problem = _wrong_target(subject, target, steps, pressed=pressed)
            if problem:
                code, remedy = problem
                place = subject.content.place("flows", flow.flow, "steps", number, *where)
                yield finding(code, place, f"step {step.id!r} leads to {target!r}", remedy, path=path)
    for flow in subject.content.flows.values():
        yield from _flow_targets(subject, flow)


def _targets(step: Step) -> Iterator[tuple[str, bool, *tuple[str | int, ...]]]:
    """(target, whether a press leads there, where it is written)."""
    for number, choice in enumerate(step.choices):
        yield choice.to, True, "choices", number, "to"
    for number, arm in enumerate(step.branches):
        yield arm.to, False, "branches", number, "to"
    if step.skip:
        yield step.skip, True, "skip"
    if step.to:
        yield step.to, step.kind not in (Kind.CALL, Kind.SAY), "to"
    if step.then:
        yield step.then, True, "then"


def _wrong_target(subject: Subject, target: str, steps: set[str], *, pressed: bool) -> tuple[str, str] | None:
    if not target.startswith("@"):
        return None if target in steps else ("unknown-target", f"name one of the steps {', '.join(sorted(steps))}")
    name, _, what = target[1:].partition(":")
    if name == "flow":
        return None if what in subject.content.flows else ("unknown-flow", f"write content/flows/{what}.yaml or mend the name")
    if name == "copy":
        return _wrong_copy(subject, what)
    if what or (name not in ("next", "erase_now") and name not in set(Command)):
        return "unknown-command", "see docs/content.md for the commands"
    if not pressed and name not in WITHOUT_PRESS and name not in subject.content.flows:
        return "unknown-command", "a step without a press leads to a step, @flow:…, @next or @menu only"
    return None


def _wrong_copy(subject: Subject, fact: str) -> tuple[str, str] | None:
    found = subject.content.facts.get(fact)
    if found is None:
        return "unknown-fact", "name a fact of content/facts"
    return None if found.value else ("fact-no-value", "only a fact with a value can be copied")


def _flow_targets(subject: Subject, flow: FlowFile) -> Iterator[Issue]:
    steps = {step.id for step in flow.steps}
    named = [("start", flow.start), ("guide", flow.guide or flow.start)]
    named += [("triggers", trigger.to or flow.start) for trigger in flow.triggers]
    for key, step in named:
        if step not in steps:
            place = subject.content.place("flows", flow.flow, key)
            yield finding("unknown-target", place, f"{key} names step {step!r}", f"name one of {', '.join(sorted(steps))}")
    for name in flow.replaces:
        if name not in subject.content.flows:
            place = subject.content.place("flows", flow.flow, "replaces")
            yield finding("unknown-flow", place, f"replaces flow {name!r}", "name a flow of content/flows")


def parts(subject: Subject) -> Iterator[Issue]:
    """Cards, called flows, recordings, and that a step with a screen says something."""
    for flow, number, step in subject.steps():
        place = subject.content.place("flows", flow.flow, "steps", number)
        path = subject.walk.path_to(flow.flow, step.id)
        if step.card and step.card not in subject.content.cards:
            yield finding("unknown-card", place, f"card {step.card!r} is not there", f"write content/cards/{step.card}.yaml", path=path)
        if step.kind is Kind.CALL and (step.flow or "") not in subject.content.flows:
            yield finding("unknown-flow", place, f"calls flow {step.flow!r}", "name a flow of content/flows", path=path)
        if step.voice and step.voice not in subject.recordings:
            yield finding("unknown-recording", place, f"recording {step.voice!r} is not there", "record it into content/voice", path=path)
        if step.kind in SCREENS and not (step.card or step.text):
            yield finding("nothing-to-say", place, f"step {step.id!r} shows an empty screen", "give it a text or a card", path=path)


def facts(subject: Subject) -> Iterator[Issue]:
    """Facts that blocks rest on, and values put into texts."""
    for card in subject.content.cards.values():
        for number, block in enumerate(card.blocks):
            place = subject.content.place("cards", card.card, "blocks", number)
            path = subject.path_of(f"card.{card.card}.{block.id}")
            for fact in block.facts:
                if fact not in subject.content.facts:
                    yield finding("unknown-fact", place, f"rests on fact {fact!r}", "name a fact of content/facts", path=path)
            yield from _values(subject, block.text, place, path)
    for flow, number, step in subject.steps():
        place = subject.content.place("flows", flow.flow, "steps", number)
        yield from _values(subject, step.text or "", place, subject.walk.path_to(flow.flow, step.id))


def _values(subject: Subject, text: str, place: Place, path: tuple[str, ...]) -> Iterator[Issue]:
    for name in fact_names(text):
        fact = subject.content.facts.get(name)
        if fact and not fact.value:
            yield finding(
                "fact-no-value", place, f"puts the value of {name!r} into a text", "it has none: name it under `facts`", path=path
            )


def crises(subject: Subject) -> Iterator[Issue]:
    """Each crisis has a trigger of a crisis flow that says it was heard: otherwise it is a need like any other, and waits its turn."""
    for crisis, intent in CRISIS_INTENTS.items():
        trigger = subject.program.triggers.get(intent)
        if trigger is None or trigger.flow not in CRISIS_FLOWS or f"{trigger.flow}.heard" not in trigger.sets:
            flow = trigger.flow if trigger else ""
            place = subject.content.place("flows", flow, "triggers") if trigger else Place(file="content/flows")
            remedy = f"give one of {', '.join(sorted(CRISIS_FLOWS))} a trigger with intents: [{intent}] and sets: {{<flow>.heard: yes}}"
            yield finding("crisis-unheard", place, f"{crisis.value} said in words leads nowhere at once", remedy)


def interface(subject: Subject) -> Iterator[Issue]:
    """Words of the interface: those any screen, button or the renderer asks for, those of the commands; and none for nothing."""
    place = subject.content.place("interface", "messages")
    for name, path in _asked(subject).items():
        if name not in subject.messages:
            remedy = "add it to content/interface.yaml" if name.startswith("ui.") else "write it where it belongs"
            yield finding("unknown-text", place, f"{name!r} is to be said and is not there", remedy, path=path)
    hears = subject.content.interface.hears
    for name in TYPED:
        if not hears.get(name):
            yield finding("unknown-text", place, f"no word is heard as {name!r}", "add it under `hears`")
    for name in hears:
        if name not in (*set(Command), *HEARD) and not name.startswith("language_"):
            where = subject.content.place("interface", "hears", name)
            yield finding("unknown-command", where, f"words are heard as {name!r}, which is no command", "mend the name")


def _asked(subject: Subject) -> dict[str, tuple[str, ...]]:
    """Every message a screen of the walk holds, and the renderer's own, with the way there."""
    asked: dict[str, tuple[str, ...]] = dict.fromkeys(subject.spoken, ())
    for seen in subject.walk.screens:
        screen = seen.screen
        echo = (screen.echo.ref,) if screen.echo else ()
        lines = (name for line in screen.lines for name in (line.question, line.answer))
        for name in (*(button.label for button in screen.buttons), *screen.blocks, screen.why, *echo, *lines):
            if name:
                asked.setdefault(name, subject.walk.path_of(seen))
    return asked


def intents(subject: Subject) -> Iterator[Issue]:
    """Triggers wait for intents somebody has written words for; and no two flows wait for the same."""
    known = {phrase.intent for phrase in subject.content.phrases}
    taken: Counter[str] = Counter()
    for flow in subject.content.flows.values():
        for number, trigger in enumerate(flow.triggers):
            place = subject.content.place("flows", flow.flow, "triggers", number)
            for intent in trigger.intents:
                taken[intent] += 1
                if intent not in known:
                    yield finding("unknown-intent", place, f"waits for intent {intent!r}", "write words for it in content/understanding")
                if taken[intent] > 1:
                    yield finding("twice", place, f"intent {intent!r} has a trigger already", "keep one of the two")


def twice(subject: Subject) -> Iterator[Issue]:
    """Ids that more than one thing of a kind has."""
    content = subject.content
    for flow in content.flows.values():
        yield from _twice("step", [step.id for step in flow.steps], content, "flows", flow.flow, "steps")
        for number, step in enumerate(flow.steps):
            where = ("flows", flow.flow, "steps", number, "choices")
            yield from _twice("choice", [choice.id for choice in step.choices], content, *where)
    for card in content.cards.values():
        ids = [*(block.id for block in card.blocks), "title"]
        yield from _twice("block", ids, content, "cards", card.card, "blocks")
    yield from _twice("rule", [rule.id for rule in content.urgency], content, "urgency", "rules")


def _twice(what: str, ids: Iterable[str], content: Content, *where: str | int) -> Iterator[Issue]:
    seen: set[str] = set()
    for number, name in enumerate(ids):
        if name in seen:
            yield finding("twice", content.place(*where, number), f"{what} {name!r} is there already", "give it another id")
        seen.add(name)
