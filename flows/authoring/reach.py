"""Every state a person can get into, found by letting the real `advance` play: each visible button, each command, each timer, each need
that words can name. Breadth first, so the way to a state is a shortest one.

Two states count as one when nothing that decides what comes next can tell them apart. The `State` key therefore keeps where the person is
(with the flows that wait for this one to return), how the conversation stands, and of the answers only those values some condition asks
for: in the flow they are read in, or everywhere when another flow than the one that asks reads them. What lies under an aside (language,
help, a person...) is not kept: leaving it leads back to a state that was visited in its own right. Free text is stood for by its reading.

The number of states is bounded by `STATES`; a walk that hits the bound says so (`bounded`), and what was not visited is not proven.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from flows.advance import advance, begin
from flows.effects import Screen, Shown, ShowScreen, SpeakVoice
from flows.events import (
    Command,
    CommandGiven,
    Crisis,
    Event,
    MediaKind,
    MediaReceived,
    Pressed,
    Reading,
    Started,
    TextReceived,
    TimerFired,
)
from flows.guards import Guard
from flows.program import FlowNode, Program, StepNode
from flows.screens import LOCAL_DOORS, screen
from flows.state import Conversation, Position
from flows.values import values

STATES: Final = 20_000
"""States a walk visits before it gives up."""
START: Final = 1_000_000_000
"""When the walk begins, in unix seconds. Nothing depends on it: it only moves with the timers."""
KNOWN: Final = ("known", "unknown")
CONSENT: Final = "consent"
"""The answer that says a person agreed to be asked more."""

Asked = Mapping[str, frozenset[str]]
"""Answer -> the values conditions ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state and how the walk first came there: from the state with index `before` (-1: the start), by `act`."""

    conversation: Conversation
    screen: Screen
    before: int
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk found. `ways`: for each state, the states one act leads to. `screens`: each different screen and where it was seen."""

    states: tuple[State, ...]
    ways: tuple[frozenset[int], ...]
    screens: tuple[tuple[Screen, int], ...]
    bounded: bool
    first: Mapping[Position, int] = field(default_factory=dict)

    def path(self, index: int) -> tuple[str, ...]:
        """What a person presses or types, from Start, to get into this state."""
        acts: list[str] = []
        while index >= 0 and self.states[index].before >= 0:
            acts.append(self.states[index].act)
            index = self.states[index].before
        return tuple(reversed(acts))

    def path_to(self, flow: str, step: str) -> tuple[str, ...]:
        """The shortest way to a step; empty when there is none (or it is the start)."""
        index = self.first.get(Position(flow=flow, step=step))
        return self.path(index) if index is not None else ()


def explore(program: Program, *, phrases: Mapping[str, str] | None = None, limit: int = STATES) -> Walk:
    """Visit every state from Start. `phrases`: intent -> words that name it, for readable paths."""
    return _Explorer(program, phrases or {}, limit).walk()


# -- what decides what comes next ------------------------------------------------------------------------------------------


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


def asked_in(flow: FlowNode) -> dict[str, frozenset[str]]:
    """The values a flow's conditions ask for; `known` stands for "is there an answer at all"."""
    asked: dict[str, set[str]] = defaultdict(set)
    for step in flow.steps.values():
        if any(block.door in LOCAL_DOORS for block in step.blocks):
            asked["authority"].add("yes")
        for guard in guards_of(step):
            for term in (term for terms in guard.alternatives for term in terms):
                asked[term.key].add("known" if term.value in KNOWN else term.value)
        if step.kind == "wait" or step.saves.startswith(CONSENT):
            asked[CONSENT].add("yes")
    return {key: frozenset(held) for key, held in asked.items()}


def _merge(parts: Iterator[Asked]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for part in parts:
        for key, held in part.items():
            merged[key] = merged.get(key, frozenset()) | held
    return merged


def _written(program: Program) -> dict[str, set[str]]:
    """Answer -> the flows that write it."""
    written: dict[str, set[str]] = defaultdict(set)
    for flow in program.flows.values():
        for step in flow.steps.values():
            if step.kind.startswith("ask") or step.kind == "wait":
                written[step.saves].add(flow.id)
            for choice in step.choices:
                for key in choice.sets:
                    written[key].add(flow.id)
    for trigger in program.triggers.values():
        for key in trigger.sets:
            written[key].add(trigger.flow)
    return written


def _kept(program: Program) -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Flow -> the answers (and of them the values) that matter while a person is in it."""
    reads = {name: asked_in(flow) for name, flow in program.flows.items()}
    written = _written(program)
    everywhere = _merge({key: held} for name, asked in reads.items() for key, held in asked.items() if written.get(key, set()) - {name})
    calls = {name: {s.flow for s in flow.steps.values() if s.kind == "call"} & set(reads) for name, flow in program.flows.items()}
    kept: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {}
    for name in reads:
        near = _closure(name, calls)
        kept[name] = tuple(sorted(_merge(iter((everywhere, *(reads[flow] for flow in near)))).items()))
    return kept


def _closure(name: str, calls: Mapping[str, set[str]]) -> set[str]:
    found, todo = {name}, [name]
    while todo:
        for flow in calls[todo.pop()] - found:
            found.add(flow)
            todo.append(flow)
    return found


# -- the walk ---------------------------------------------------------------------------------------------------------------

_Key = tuple[object, ...]
_Act = tuple[str, Event]


class _Explorer:
    """One breadth-first walk. Holds what is being built; everything it gives out is frozen."""

    def __init__(self, program: Program, phrases: Mapping[str, str], limit: int) -> None:
        self.program = program
        self.phrases = phrases
        self.limit = limit
        self.kept = _kept(program)
        self.states: list[State] = []
        self.ways: list[frozenset[int]] = []
        self.index: dict[_Key, int] = {}
        self.first: dict[Position, int] = {}
        self.screens: dict[_Key, tuple[Screen, int]] = {}
        self.visited: set[_Key] = set()
        self.bounded = False

    def walk(self) -> Walk:
        todo = deque([self.enter(begin(self.program, locale="es"), -1, "")])
        while todo:
            index = todo.popleft()
            found = [self.step(index, label, event) for label, event in self.acts(index)]
            self.ways.append(frozenset(other for other, _ in found))
            todo.extend(dict.fromkeys(other for other, new in found if new))
        return Walk(
            states=tuple(self.states),
            ways=tuple(self.ways),
            screens=tuple(self.screens.values()),
            bounded=self.bounded,
            first=self.first,
        )

    def enter(self, conversation: Conversation, before: int, act: str) -> int:
        shown = screen(self.program, conversation)
        index = len(self.states)
        self.states.append(State(conversation=conversation, screen=shown, before=before, act=act))
        self.index[self.key(conversation)] = index
        self.first.setdefault(conversation.here, index)
        self.see(shown, index)
        return index

    def step(self, index: int, label: str, event: Event) -> tuple[int, bool]:
        """Let one thing happen; the state it leads to, and whether that is a new one. At the bound, unknown states lead nowhere."""
        after, effects = advance(self.program, self.states[index].conversation, event)
        known = self.index.get(self.key(after))
        new = known is None and len(self.states) < self.limit
        if known is None and not new:
            self.bounded = True
            return index, False
        reached = self.enter(after, index, label) if known is None else known
        for effect in effects:
            if isinstance(effect, ShowScreen | SpeakVoice):
                self.see(effect.screen, reached)
        return reached, new

    def see(self, shown: Screen, index: int) -> None:
        key = (shown.flow, shown.step, shown.locale, shown.blocks, shown.buttons, shown.echo, shown.why, shown.sources)
        self.screens.setdefault(key, (shown, index))

    def key(self, conversation: Conversation) -> _Key:
        """What tells this state from others."""
        held = values(conversation)
        here = conversation.here
        callers = tuple(at for at in conversation.stack[:-1] if self.waits(at))
        flows = dict.fromkeys((here.flow, *(at.flow for at in callers)))
        asked = _merge(iter(dict(self.kept[flow]) for flow in flows)) if len(flows) > 1 else dict(self.kept[here.flow])
        answers = tuple(sorted((name, _seen(held.get(name, ()), wanted)) for name, wanted in asked.items()))
        started = self.picked(conversation)
        return (conversation.mode, here, callers, conversation.aside, conversation.page, conversation.asked_phone, answers, started)

    def waits(self, at: Position) -> bool:
        step = self.program.step(at.flow, at.step)
        return step is not None and step.kind == "call"

    def picked(self, conversation: Conversation) -> bool:
        """Several of several: whether anything is ticked yet."""
        step = self.program.flows[conversation.here.flow].steps[conversation.here.step]
        return step.kind == "ask_many" and bool(conversation.answers.get(step.saves))

    # -- what can happen ---------------------------------------------------------------------------------------------------

    def acts(self, index: int) -> Iterator[_Act]:
        """Everything that can happen here. What no answer changes (timers of the phone, Start) is tried once a place."""
        conversation = self.states[index].conversation
        yield from self.presses(index)
        for command in Command:
            yield self.word(f"ui.{command.value}", command.value), CommandGiven(at=START, command=command)
        for name, due in conversation.timers.items():
            yield f"({name})", TimerFired(at=due, name=name)
        if self.program.flows[conversation.here.flow].steps[conversation.here.step].kind == "wait":
            yield "(…)", TextReceived(at=START, text="…")
        place = (conversation.mode, conversation.here, conversation.aside)
        if place not in self.visited:
            self.visited.add(place)
            yield "/start", Started(at=START)
            yield from self.media()
        if index == 0:
            yield from self.needs()

    def presses(self, index: int) -> Iterator[_Act]:
        state = self.states[index]
        here = state.conversation.here
        step = self.program.flows[here.flow].steps[here.step]
        wanted = {value for _, held in self.kept[here.flow] for value in held}
        places = self.program.places.get(step.place, ())
        tried = False
        for button in state.screen.buttons:
            if not button.code:
                continue
            if button.code[0] == "p":
                # places are many and alike: the first of a page stands for those no condition asks for
                if tried and places[int(button.code[1:])][0] not in wanted:
                    continue
                tried = True
            yield self.label(button), Pressed(at=START, code=button.code)

    def media(self) -> Iterator[_Act]:
        for kind in (MediaKind.VOICE, MediaKind.PHOTO, MediaKind.LOCATION):
            yield f"({kind.value})", MediaReceived(at=START, kind=kind)

    def needs(self) -> Iterator[_Act]:
        """Words that open a flow: every intent with a trigger, every relative an echo knows, every crisis."""
        for intent, trigger in self.program.triggers.items():
            words = f"«{self.phrases.get(intent, intent)}»"
            for who in (None, *self.program.flows[trigger.flow].echoes):
                yield words, TextReceived(at=START, text=words, reading=Reading(intents=(intent,), who=who))
        for crisis in Crisis:
            yield f"«{crisis.value}»", TextReceived(at=START, text="…", reading=Reading(crisis=crisis))

    def label(self, button: Shown) -> str:
        return button.text or self.word(button.label, button.label)

    def word(self, message: str, otherwise: str) -> str:
        return self.program.messages["es"].get(message, otherwise)


def _seen(held: tuple[str, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    known = ("known",) if "known" in wanted and held else ()
    return (*known, *sorted(value for value in held if value in wanted))


def distances(walk: Walk, goals: frozenset[int]) -> Mapping[int, int]:
    """Acts from each state to the nearest of `goals`; states that cannot get there are left out."""
    back: dict[int, list[int]] = defaultdict(list)
    for index, others in enumerate(walk.ways):
        for other in others:
            back[other].append(index)
    found = dict.fromkeys(goals, 0)
    todo = deque(goals)
    while todo:
        index = todo.popleft()
        for before in back[index]:
            if before not in found:
                found[before] = found[index] + 1
                todo.append(before)
    return found
