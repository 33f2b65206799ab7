"""Moving through flows: forward, back, into a flow and out of it. Every move forward leaves a `Turn` on the trail, and *back* undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from flows import limits
from flows.program import Program, StepNode
from flows.screens import visible_blocks
from flows.state import Conversation, PhoneUse, Position, Turn
from flows.values import values

DOORS: Final = Position(flow="doors", step="doors")
ANYTHING_ELSE: Final = Position(flow="doors", step="anything_else")
ASK_PHONE: Final = Position(flow="phone", step="ask")
WELCOME: Final = Position(flow="welcome", step="start")
SPOKEN: Final = ("danger", "distress")
"""Who was helped here and had nothing open before is asked what else is needed, not greeted anew."""
NO_TRAIL: Final = frozenset({"@back", "@resume", "@exit", "@hide", "@erase_now", "@start"})

Write = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A move decided but not yet made: the conversation with answers written and the trail laid, and where it leads."""

    conversation: Conversation
    target: str


def target_of(program: Program, conversation: Conversation, trigger: str) -> str:
    """Where the flow's machine leads from here; the menu when it leads nowhere."""
    flow = program.flows[conversation.here.flow]
    event = flow.machine.events.get(trigger)
    held = values(conversation)
    for move in event.transitions.get(conversation.here.step, ()) if event else ():
        if all(callable(condition.func) and condition.func(held) for condition in move.conditions):
            return str(move.dest)
    return "@menu"


def journey_to(program: Program, conversation: Conversation, trigger: str, writes: Sequence[Write] = ()) -> Journey:
    """Write answers, lay the trail, find the target."""
    step = program.flows[conversation.here.flow].steps[conversation.here.step]
    undo = tuple((key, conversation.answers.get(key)) for key, _ in writes)
    written = conversation.evolve(answers=MappingProxyType({**conversation.answers, **dict(writes)}))
    # A choice that was on the screen leads where it says, also when what it sets would have hidden it.
    target = target_of(program, conversation if trigger.startswith("choice:") else written, trigger)
    if target in NO_TRAIL:
        return Journey(conversation=written, target=target)
    return Journey(conversation=_say_once(step, _lay(conversation, written, undo)), target=target)


def _lay(before: Conversation, after: Conversation, undo: tuple[tuple[str, tuple[str, ...] | None], ...] = ()) -> Conversation:
    turn = Turn(stack=before.stack, undo=undo, seen=before.seen, needs=len(before.needs), queue=before.queue, page=before.page)
    return after.evolve(trail=(*after.trail, turn)[-limits.TRAIL_LENGTH :])


def _say_once(step: StepNode, conversation: Conversation) -> Conversation:
    """What a screen says once counts as said when the person moves on from it."""
    said = tuple(b.message for b in visible_blocks(step, conversation) if b.once)
    return conversation.evolve(seen=(*conversation.seen, *said)[-limits.SEEN_BLOCKS :]) if said else conversation


def tick(conversation: Conversation, question: str, value: str) -> Conversation:
    """Tick an option, or take the tick away. The move that led to this question learns to undo it: going back past the question unticks."""
    held = conversation.answers.get(question)
    ticked = tuple(v for v in held or () if v != value) if value in (held or ()) else (*(held or ()), value)
    written = conversation.evolve(answers=MappingProxyType({**conversation.answers, question: ticked}))
    if not conversation.trail or any(key == question for key, _ in conversation.trail[-1].undo):
        return written
    last = conversation.trail[-1]
    return written.evolve(trail=(*conversation.trail[:-1], replace(last, undo=(*last.undo, (question, held)))))


def go_back(program: Program, conversation: Conversation) -> Conversation:
    """Undo the last move: its answers, and whatever hung on them. Without a trail, the welcome screen's menu."""
    if conversation.aside:
        return conversation.evolve(aside="")
    if not conversation.trail:
        return conversation.evolve(stack=conversation.stack[:-1]) if len(conversation.stack) > 1 else conversation
    turn = conversation.trail[-1]
    answers = dict(conversation.answers)
    for key, held in reversed(turn.undo):
        if held is None:
            answers.pop(key, None)
        else:
            answers[key] = held
    return conversation.evolve(
        stack=turn.stack,
        answers=MappingProxyType(answers),
        trail=conversation.trail[:-1],
        seen=turn.seen,
        needs=conversation.needs[: turn.needs],
        queue=turn.queue,
        page=turn.page,
    )


def open_flow(
    program: Program, conversation: Conversation, flow: str, step: str = "", *, root: bool = False, laid: bool = False
) -> Conversation:
    """Enter a flow. One that is already open is gone back to instead of nested; too deep, and the oldest frames go. `laid`: the press
    that led here has laid its turn on the trail already, and one press is one turn."""
    node = program.flows.get(flow)
    if node is None:
        return conversation.evolve(stack=(DOORS,), aside="")
    at = Position(flow=flow, step=step if step in node.steps else node.start)
    below = () if root else _below(conversation.stack, flow)
    opened = conversation.evolve(stack=(*below, at)[-limits.STACK_DEPTH :], page=0, aside="")
    entered = opened if laid else _lay(conversation, opened)
    if node.need and flow not in entered.needs:
        entered = entered.evolve(needs=(*entered.needs, flow))
    return resolve(program, entered)


def _below(stack: tuple[Position, ...], flow: str) -> tuple[Position, ...]:
    for depth, at in enumerate(stack):
        if at.flow == flow:
            return stack[:depth]
    return stack


def leave_flow(program: Program, conversation: Conversation, hops: int = 0) -> Conversation:
    """The innermost flow is done. A caller goes on where it called; a need gives way to the next one, or to "anything else?"; an aside
    (language, help, privacy...) returns to where the person was, and the way back forgets it."""
    done, below = conversation.stack[-1], conversation.stack[:-1]
    caller = program.step(below[-1].flow, below[-1].step) if below else None
    if caller and caller.kind == "call" and caller.flow == done.flow:
        return _follow(program, conversation.evolve(stack=below), "go", hops + 1)
    if program.flows[done.flow].need or (done.flow in SPOKEN and below in ((), (WELCOME,))):
        return _next_need(program, conversation)
    if conversation.queue and below == (ANYTHING_ELSE,):
        return _next_need(program, conversation)
    if not below:
        return resolve(program, conversation.evolve(stack=(_safe(program, DOORS),), page=0), hops + 1)
    trail = conversation.trail
    cut = next((n for n in range(len(trail) - 1, -1, -1) if trail[n].stack == below), len(trail))
    return resolve(program, conversation.evolve(stack=below, trail=trail[:cut], page=0), hops + 1)


def _next_need(program: Program, conversation: Conversation) -> Conversation:
    """After the first help, once, the question about the phone; then the needs that wait; then "anything else?"."""
    known = conversation.phone is not PhoneUse.UNASKED or "phone.ask" in conversation.answers
    if not conversation.asked_phone and not known and program.step(ASK_PHONE.flow, ASK_PHONE.step):
        asked = conversation.evolve(asked_phone=True)
        return asked.evolve(stack=(_safe(program, ANYTHING_ELSE), ASK_PHONE), page=0)
    if conversation.queue:
        first, rest = conversation.queue[0], conversation.queue[1:]
        return open_flow(program, conversation.evolve(queue=rest), first, root=True)
    return resolve(program, conversation.evolve(stack=(_safe(program, ANYTHING_ELSE),), page=0))


def _safe(program: Program, wanted: Position) -> Position:
    """A step that exists: the wanted one, else the start of the doors, else of any flow."""
    if program.step(wanted.flow, wanted.step):
        return wanted
    flow = program.flows.get(DOORS.flow) or next(iter(program.flows.values()))
    return Position(flow=flow.id, step=flow.start)


def resolve(program: Program, conversation: Conversation, hops: int = 0) -> Conversation:
    """Pass the steps that show nothing (branches, calls, ends, cards with nothing left to say) until a screen, bounded by `limits.HOPS`."""
    if hops > limits.HOPS:
        return conversation.evolve(stack=(_safe(program, DOORS),))
    here = conversation.here
    step = program.step(here.flow, here.step)
    if step is None:
        return conversation.evolve(stack=(_safe(program, DOORS),))
    if step.kind == "branch":
        return _follow(program, conversation, "branch", hops + 1)
    if step.kind == "call" and step.flow in program.flows and len(conversation.stack) < limits.STACK_DEPTH:
        inner = program.flows[step.flow]
        needs = conversation.needs if not inner.need or inner.id in conversation.needs else (*conversation.needs, inner.id)
        called = Position(flow=inner.id, step=inner.start)
        return resolve(program, conversation.evolve(stack=(*conversation.stack, called), needs=needs), hops + 1)
    if step.kind == "call":
        return _follow(program, conversation, "go", hops + 1)
    if step.kind == "end" and not step.blocks:
        return leave_flow(program, conversation, hops + 1)
    if step.kind == "say" and step.blocks and not visible_blocks(step, conversation):
        return _follow(program, conversation, "go", hops + 1)
    return conversation


def _follow(program: Program, conversation: Conversation, trigger: str, hops: int) -> Conversation:
    """Take a move without a press. Only steps, flows and `@next` can be reached this way; anything else is the doors."""
    target = target_of(program, conversation, trigger)
    if target == "@next":
        return leave_flow(program, conversation, hops)
    if target.startswith("@flow:") and target.removeprefix("@flow:") in program.flows:
        flow = program.flows[target.removeprefix("@flow:")]
        at = Position(flow=flow.id, step=flow.start)
        needs = conversation.needs if not flow.need or flow.id in conversation.needs else (*conversation.needs, flow.id)
        return resolve(program, conversation.evolve(stack=(*_below(conversation.stack, flow.id), at), needs=needs, page=0), hops)
    if target.startswith("@"):
        flow_name = target[1:] if target[1:] in program.flows else DOORS.flow
        return resolve(
            program,
            conversation.evolve(stack=(*conversation.stack[:-1], Position(flow=flow_name, step=program.flows[flow_name].start))),
            hops,
        )
    here = Position(flow=conversation.here.flow, step=target)
    return resolve(program, conversation.evolve(stack=(*conversation.stack[:-1], here), page=0), hops)


def land(program: Program, conversation: Conversation) -> Conversation:
    """The program a conversation was pinned to has gone: keep the answers, keep every place this one still has, else a safe step."""
    stack = tuple(at for at in conversation.stack if program.step(at.flow, at.step))
    whole = len(stack) == len(conversation.stack)
    trail = tuple(t for t in conversation.trail if all(program.step(at.flow, at.step) for at in t.stack))
    return conversation.evolve(
        program=program.id,
        locale=conversation.locale if conversation.locale in program.locales else "es",
        stack=stack if whole else (_safe(program, DOORS),),
        trail=trail if whole else (),
        needs=tuple(need for need in conversation.needs if need in program.flows),
        queue=tuple(need for need in conversation.queue if need in program.flows),
        aside=conversation.aside if whole else "",
    )
