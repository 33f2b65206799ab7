"""Steps without a screen that lead to each other: branches, calls, and cards with nothing left to say. The engine is bounded and would land
on the menu; this finds the mistake. Every combination of the answers that the conditions of a flow ask for is tried, so that arms which
exclude each other are no loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue
from flows.authoring.liveness import guards_of
from flows.guards import Values
from flows.program import Program, StepNode
from flows.screens import LOCAL_DOORS
from flows.state import Position

TRIALS = 4096
"""Combinations of answers tried for one step."""
OTHER = "another"
Stack = tuple[Position, ...]


def loops(subject: Subject) -> Iterator[Issue]:
    """Every step from which nothing but steps without a screen follow, forever."""
    told: set[frozenset[Position]] = set()
    for flow, _, step in subject.steps():
        at = Position(flow=flow.flow, step=step.id)
        found = _loop(subject.program, at)
        if found and frozenset(found) not in told:
            told.add(frozenset(found))
            names = " > ".join(f"{other.flow}.{other.step}" for other in found)
            yield finding(
                "loop-without-input",
                subject.place(at.flow, at.step),
                f"these lead to each other and wait for nobody: {names}",
                "let one of them lead to a step with a screen",
                path=subject.walk.path_to(at.flow, at.step),
            )


def _loop(program: Program, start: Position) -> Stack:
    step = program.step(start.flow, start.step)
    if step is None or step.kind not in ("branch", "call", "say"):
        return ()
    for held in _trials(program, start):
        found = _follow(program, start, held)
        if found:
            return found
    return ()


def _near(program: Program, start: Position) -> Iterator[StepNode]:
    """The steps without a screen that can follow, whatever the answers."""
    done: set[Position] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        step = program.step(at.flow, at.step)
        if at in done or step is None or step.kind not in ("branch", "call", "say", "end"):
            continue
        done.add(at)
        yield step
        targets = [to for _, to in step.branches] if step.kind == "branch" else [step.to]
        todo += [other for target in targets if (other := _at(program, at.flow, target))]
        if step.kind == "call" and step.flow in program.flows:
            todo.append(Position(flow=step.flow, step=program.flows[step.flow].start))


def _trials(program: Program, start: Position) -> Iterator[Values]:
    asked: dict[str, set[str]] = {"authority": {"yes"}}
    for step in _near(program, start):
        for guard in guards_of(step):
            for term in (term for terms in guard.alternatives for term in terms):
                asked.setdefault(term.key, set()).add(term.value)
    options = [[(key, value) for value in (None, OTHER, *sorted(held))] for key, held in sorted(asked.items())]
    for chosen in islice(product(*options), TRIALS):
        yield {key: (value,) for key, value in chosen if value is not None}


def _follow(program: Program, start: Position, held: Values) -> Stack:
    """Pass from step to step as the engine would; the steps passed when one comes back with the same callers."""
    stack: Stack = (start,)
    passed: list[Stack] = []
    while stack and stack not in passed:
        passed.append(stack)
        if len(stack) > 8:
            return tuple(dict.fromkeys(frame[-1] for frame in passed))
        stack = _next(program, stack, held)
    return tuple(dict.fromkeys(frame[-1] for frame in passed[passed.index(stack) :])) if stack else ()


def _next(program: Program, stack: Stack, held: Values) -> Stack:
    """The stack after one step without a screen; empty when the step has a screen, or the flow is left."""
    at = stack[-1]
    step = program.step(at.flow, at.step)
    if step is None or not _passes(step, held):
        return ()
    if step.kind == "call" and step.flow in program.flows:
        return (*stack, Position(flow=step.flow, step=program.flows[step.flow].start))
    if step.kind == "end":
        return _left(program, stack)
    target = _arm(step, held) if step.kind == "branch" else step.to
    if target == "@next":
        return _left(program, stack)
    to = _at(program, at.flow, target)
    return (*stack[:-1], to) if to else ()


def _left(program: Program, stack: Stack) -> Stack:
    if len(stack) < 2:
        return ()
    below = stack[-2]
    caller = program.step(below.flow, below.step)
    to = _at(program, below.flow, caller.to) if caller else None
    return (*stack[:-2], to) if to else ()


def _arm(step: StepNode, held: Mapping[str, tuple[str, ...]]) -> str:
    return next((to for when, to in step.branches if when is None or when.holds(held)), "")


def _passes(step: StepNode, held: Mapping[str, tuple[str, ...]]) -> bool:
    if step.kind == "say":
        closed = LOCAL_DOORS if "yes" in held.get("authority", ()) else ()
        return bool(step.blocks) and not any(
            (block.when is None or block.when.holds(held)) and block.door not in closed for block in step.blocks
        )
    return step.kind in ("branch", "call") or (step.kind == "end" and not step.blocks)


def _at(program: Program, flow: str, target: str) -> Position | None:
    if target.startswith("@flow:") and target[6:] in program.flows:
        return Position(flow=target[6:], step=program.flows[target[6:]].start)
    return Position(flow=flow, step=target) if program.step(flow, target) else None
