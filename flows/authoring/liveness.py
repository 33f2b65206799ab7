"""Which answers can still make a difference at a step: the questions its conditions ask of them, and those of the steps it can lead to.

An answer that is asked anew in between, or that nobody asks any more, makes none. This is what lets a walk (`flows.authoring.reach`) treat
two states as one. An answer that only its own flow asks for is forgotten when that flow is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from flows.advance import COMMAND_FLOWS, CRISIS_FLOWS
from flows.authoring.compile import DESK_KEYS
from flows.desk import LIVE, WAITING
from flows.guards import Guard, Term
from flows.navigation import ANYTHING_ELSE, ASK_PHONE, DOORS
from flows.program import Program, StepNode
from flows.screens import LOCAL_DOORS
from flows.state import Position

ASIDES: Final = frozenset({*COMMAND_FLOWS.values(), *CRISIS_FLOWS, WAITING, LIVE, "cover", "paused", "returning", "media", "voice"})
"""Flows that lie on top of what a person was doing and return to it."""
CONSENT: Final = "consent"
"""The answer that says a person agreed to be asked more."""
AUTHORITY: Final = Term(key="authority", value="yes", negated=False)
CONSENTED: Final = Term(key=CONSENT, value="yes", negated=False)
WALKED_ALONE: Final = frozenset({"@person", "@withdraw", "@complaint", f"@flow:{WAITING}"})
"""Where a choice leads that only the desk can hide: places the walk visits in their own right, whoever offers them."""
Question = Guard | Term
"""Something asked about one answer: a condition about it alone, or one comparison of a longer condition."""
Live = dict[Position, frozenset[Question]]


def guards_of(step: StepNode) -> Iterator[Guard]:
    """Every condition at a step."""
    for choice in step.choices:
        if choice.when:
            yield choice.when
    for when, _ in step.branches:
        if when:
            yield when
    for block in step.blocks:
        if block.when:
            yield block.when


def _key(question: Question) -> str:
    return question.key if isinstance(question, Term) else next(iter(question.keys))


def _questions(step: StepNode) -> Iterator[Question]:
    """What a step's own conditions ask."""
    if any(block.door in LOCAL_DOORS for block in step.blocks):
        yield AUTHORITY
    for guard in _deciding(step):
        if len(guard.keys) == 1:
            yield replace(guard, source="")
        else:
            yield from (term for terms in guard.alternatives for term in terms)


def _deciding(step: StepNode) -> Iterator[Guard]:
    """The conditions that keep states apart. Those that ask only the desk do so where they decide which way on there is. A paragraph that
    comes and goes with the desk, and a choice to a place that is walked by itself, are looked at under every door without a state of their
    own."""
    for choice in step.choices:
        if choice.when and not (choice.to in WALKED_ALONE and choice.when.keys <= DESK_KEYS):
            yield choice.when
    yield from (when for when, _ in step.branches if when)
    yield from (block.when for block in step.blocks if block.when and not block.when.keys <= DESK_KEYS)


def _moves(program: Program, at: Position, step: StepNode) -> Iterator[tuple[Position, frozenset[str]]]:
    """Where a step can lead, and which answers are written anew on the way (what was held before no longer matters there)."""
    saved = frozenset({step.saves}) if step.kind.startswith("ask") else frozenset()
    for choice in step.choices:
        yield from _ends(program, at, choice.to, saved | frozenset(choice.sets) - DESK_KEYS)
    for target in (*(to for _, to in step.branches), step.to, step.then):
        yield from _ends(program, at, target, frozenset())
    yield from _ends(program, at, step.skip, saved)
    if step.kind == "call" and step.flow in program.flows:
        yield Position(flow=step.flow, step=program.flows[step.flow].start), frozenset()
    if at.flow not in ASIDES:
        yield DOORS, frozenset()


def _ends(program: Program, at: Position, target: str, written: frozenset[str]) -> Iterator[tuple[Position, frozenset[str]]]:
    if target == "@next" and at.flow not in ASIDES:
        yield ANYTHING_ELSE, written
        yield ASK_PHONE, written
    elif target.startswith("@flow:") and target[6:] in program.flows:
        yield Position(flow=target[6:], step=program.flows[target[6:]].start), written
    elif target and not target.startswith("@"):
        yield Position(flow=at.flow, step=target), written


def live_questions(program: Program) -> Live:
    """For each step, the questions still to be asked of the answers held there: its own, and those of the steps it can lead to."""
    steps = {Position(flow=flow.id, step=step.id): step for flow in program.flows.values() for step in flow.steps.values()}
    always = frozenset({CONSENTED}) if _asks_consent(program) else frozenset()
    live: Live = {at: always | frozenset(_questions(step)) for at, step in steps.items()}
    shared = _shared(steps)
    moves = {at: tuple(_moves(program, at, step)) for at, step in steps.items()}
    changed = True
    while changed:
        changed = False
        for at, leads in moves.items():
            ahead = (
                question
                for to, written in leads
                for question in live.get(to, ())
                if _key(question) not in written and (to.flow == at.flow or _key(question) in shared)
            )
            grown = live[at].union(ahead)
            changed = changed or len(grown) > len(live[at])
            live[at] = grown
    return live


def _shared(steps: Mapping[Position, StepNode]) -> frozenset[str]:
    """Answers that one flow writes and another asks for; the others are forgotten when their flow is left. What is known of the desk is no
    answer: the shell tells it anew with every turn."""
    written: dict[str, set[str]] = defaultdict(set, {f"{flow}.heard": {flow} for flow in CRISIS_FLOWS})
    for at, step in steps.items():
        for key in (*((step.saves,) if step.kind.startswith("ask") else ()), *(key for choice in step.choices for key in choice.sets)):
            written[key].add(at.flow)
    asked = ((at.flow, _key(question)) for at, step in steps.items() for question in _questions(step))
    return frozenset(key for flow, key in asked if written[key] - {flow} and key not in DESK_KEYS)


def values_asked(program: Program) -> frozenset[str]:
    """Every value any condition asks for."""
    guards = (guard for flow in program.flows.values() for step in flow.steps.values() for guard in guards_of(step))
    return frozenset(term.value for guard in guards for terms in guard.alternatives for term in terms)


def _asks_consent(program: Program) -> bool:
    steps = [step for flow in program.flows.values() for step in flow.steps.values()]
    return any(step.saves == CONSENT or any(CONSENT in choice.sets for choice in step.choices) for step in steps)
