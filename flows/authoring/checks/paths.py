"""What the walk shows: steps nobody reaches, screens without a way on, an exit or a person too far away, words that mean two things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flows.authoring.checks.subject import SOURCE, Subject, finding
from flows.authoring.issues import Issue, Place
from flows.authoring.reach import distances
from flows.authoring.schema import Kind
from flows.desk import LIVE, WAITING
from flows.effects import Screen
from flows.events import Command
from flows.program import ChoiceNode, StepNode
from flows.screens import BUTTONS, COVER
from flows.state import Conversation, Mode, Position

WITHOUT_SCREEN = (Kind.BRANCH, Kind.CALL, Kind.END)
EXITS = ("@exit", "@hide", "@erase_now")
PERSON_ACTS = 2
"""A person is never further away than this many acts."""


def unreachable(subject: Subject) -> Iterator[Issue]:
    """Steps no choices lead to. A step without a screen counts as reached when a reached one leads to it."""
    if not subject.walk.states:
        return
    reached = _reached(subject)
    for flow, number, step in subject.steps():
        if Position(flow=flow.flow, step=step.id) not in reached:
            place = subject.content.place("flows", flow.flow, "steps", number)
            yield finding(
                "unreachable-step", place, f"nothing leads to step {step.id!r} of flow {flow.flow!r}", "lead to it, or take it out"
            )


def _reached(subject: Subject) -> set[Position]:
    reached = set(subject.walk.first)
    flows = {at.flow for at in reached}
    todo = list(reached)
    todo += [Position(flow=name, step=flow.start) for name, flow in subject.program.flows.items() if name in flows]
    todo += [Position(flow=trigger.flow, step=trigger.step) for trigger in subject.program.triggers.values()]
    done: set[Position] = set()
    while todo:
        at = todo.pop()
        step = subject.program.step(at.flow, at.step)
        if at in done or step is None or (at not in reached and not _hidden(step)):
            continue
        done.add(at)
        todo += [_position(subject, at.flow, target) for target in _leads(step)]
        if step.kind == "call" and step.flow in subject.program.flows:
            todo.append(Position(flow=step.flow, step=subject.program.flows[step.flow].start))
    return reached | done


def _hidden(step: StepNode) -> bool:
    """Steps that can be passed without stopping: those without a screen, and cards all of whose paragraphs may stay unsaid."""
    return step.kind in ("branch", "call", "end") or (
        step.kind == "say" and bool(step.blocks) and all(block.when or block.once or block.door for block in step.blocks)
    )


def _leads(step: StepNode) -> tuple[str, ...]:
    return (*(choice.to for choice in step.choices), *(to for _, to in step.branches), step.to, step.skip, step.then)


def _position(subject: Subject, flow: str, target: str) -> Position:
    if target.startswith("@flow:") and target[6:] in subject.program.flows:
        return Position(flow=target[6:], step=subject.program.flows[target[6:]].start)
    return Position(flow=flow, step=target)


def dead_ends(subject: Subject) -> Iterator[Issue]:
    """Screens from which only back, a person, the sources or the exit lead on. A wait goes on by itself."""
    told: set[Position] = set()
    for index, state in enumerate(subject.walk.states):
        at = state.conversation.here
        step = subject.program.flows[at.flow].steps[at.step]
        if state.conversation.aside or at in told or step.kind == "wait":
            continue
        if not any(button.code and button.code[0] != "n" for button in state.screen.buttons):
            told.add(at)
            yield finding(
                "dead-end",
                subject.place(at.flow, at.step),
                f"the screen of step {at.step!r} offers no way on",
                "give it a choice that holds here: @next, @menu or a step",
                path=subject.walk.path(index),
            )


def exits(subject: Subject) -> Iterator[Issue]:
    """Screens without a visible exit. A full screen may state that the exit lives in the menu button (`exit: menu`); a cover is one."""
    told: set[tuple[str, str]] = set()
    for seen in subject.walk.screens:
        screen = seen.screen
        step = subject.program.step(screen.flow, screen.step)
        at = (screen.flow, screen.step)
        if screen.flow == COVER or at in told or (step is not None and _shows_exit(screen, step)):
            continue
        if step is None and any(button.code == "nexit" for button in screen.buttons):
            continue
        told.add(at)
        yield finding(
            "no-exit",
            subject.place(*at),
            f"the screen of step {screen.step!r} shows no way to leave quickly",
            f"add a choice to @exit or @hide, or, with {BUTTONS} or more choices, state `exit: menu`",
            path=subject.walk.path_of(seen),
        )


def _shows_exit(screen: Screen, step: StepNode) -> bool:
    if any(button.code in ("nexit", "nhide") for button in screen.buttons):
        return True
    if any(choice.to in EXITS for choice in _shown(screen, step)):
        return True
    return step.exit_by_menu and len(_shown(screen, step)) >= BUTTONS


def _shown(screen: Screen, step: StepNode) -> list[ChoiceNode]:
    return [step.choices[int(b.code[1:])] for b in screen.buttons if b.code[:1] == "c" and b.code[1:].isdigit()]


def persons(subject: Subject) -> Iterator[Issue]:
    """States from which a person is more than two acts away, found by playing, not by trusting the menu."""
    walk = subject.walk
    goals = frozenset(
        index for index, state in enumerate(walk.states) if _leads_to_human(state.conversation) or _offers(subject, state.conversation.here)
    )
    far = distances(walk, goals)
    told: set[tuple[Position, Mode]] = set()
    for index, state in enumerate(walk.states):
        at = (state.conversation.here, state.conversation.mode)
        acts = far.get(index)
        if at in told or (acts is not None and acts <= PERSON_ACTS):
            continue
        told.add(at)
        away = f"{acts} acts away" if acts is not None else "out of reach"
        yield finding(
            "no-person",
            subject.place(at[0].flow, at[0].step),
            f"from step {at[0].step!r} ({at[1].value}) a person is {away}",
            "add a choice that leads to @person, or nearer to it",
            path=walk.path(index),
        )


def _leads_to_human(conversation: Conversation) -> bool:
    """Where a person is offered, or where somebody who asked for one waits for them or talks with them."""
    return conversation.here.flow == "person" or (bool(conversation.case) and conversation.here.flow in (WAITING, LIVE))


def _offers(subject: Subject, at: Position) -> bool:
    step = subject.program.step(at.flow, at.step)
    return step is not None and step.kind == "offer_person"


def labels(subject: Subject) -> Iterator[Issue]:
    """Labels that are commands, and labels of one step that are typed alike, in any language."""
    for flow, number, step in subject.steps():
        node = subject.program.flows[flow.flow].steps.get(step.id)
        if node is None:
            continue
        place = subject.content.place("flows", flow.flow, "steps", number)
        yield from _shadowed(subject, node, flow.flow, place)
        yield from _alike(subject, node, flow.flow, place)


def _shadowed(subject: Subject, step: StepNode, flow: str, place: Place) -> Iterator[Issue]:
    for choice in step.choices:
        for way in sorted(subject.program.labels.get(choice.label, ())):
            command = subject.program.commands.get(way)
            if command in set(Command) and choice.to != f"@{command}":
                yield finding(
                    "shadowed-choice",
                    place,
                    f"{way!r} names choice {choice.id!r}, but typed it is the command {command!r}",
                    "word the choice otherwise in that language, or let it lead to the command",
                    path=subject.walk.path_to(flow, step.id),
                )


def _alike(subject: Subject, step: StepNode, flow: str, place: Place) -> Iterator[Issue]:
    for locale in subject.locales:
        names: dict[str, list[ChoiceNode]] = defaultdict(list)
        for choice in step.choices:
            for way in subject.ways(choice.label, locale):
                if choice not in names[way]:
                    names[way].append(choice)
        for way, choices in names.items():
            if len(choices) > 1 and not _apart(choices):
                both = " and ".join(repr(choice.id) for choice in choices)
                yield finding(
                    "same-label",
                    place if locale == SOURCE else subject.written(choices[0].label, locale),
                    f"{way!r} ({locale}) names {both}",
                    "word one of them otherwise",
                    path=subject.walk.path_to(flow, step.id),
                )


def commands(subject: Subject) -> Iterator[Issue]:
    """Words that two commands claim, in one language or in two: only one of them would be understood."""
    heard: dict[str, dict[str, str]] = defaultdict(dict)
    for name in subject.content.interface.hears:
        for locale in subject.locales:
            for way in subject.ways(f"ui.hears.{name}", locale):
                heard[way].setdefault(name, locale)
    for way, names in heard.items():
        if len(names) > 1:
            both = " and ".join(f"{name!r} ({locale})" for name, locale in names.items())
            name, locale = list(names.items())[-1]
            where = subject.written(f"ui.hears.{name}", locale)
            yield finding("same-label", where, f"{way!r} is heard as {both}", "leave it to one of them")


def _apart(choices: list[ChoiceNode]) -> bool:
    """Choices of which each has a condition are never on one screen, or are their author's considered pair."""
    return all(choice.when for choice in choices) and len({choice.when.source for choice in choices if choice.when}) > 1


def bounded(subject: Subject) -> Iterator[Issue]:
    """A walk that gave up."""
    if subject.walk.bounded:
        yield finding(
            "walk-bounded",
            Place(file="content/flows"),
            f"the walk stopped after {len(subject.walk.states)} states",
            "ask fewer answers across flows, or raise flows.authoring.reach.STATES",
        )
