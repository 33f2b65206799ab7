"""Every state a person can get into, found by letting the real `advance` play: each visible button, each command, each timer, each need
that words can name. Breadth first, so the way to a state is a shortest one.

Two states count as one when nothing that decides what comes next can tell them apart: where the person is (with the flows that wait for
this one to return), how the conversation stands, and how each condition that can still be met from here answers. What was asked anew in
between, and what nobody asks any more, is forgotten. Some simplifications keep it small. What lies under an aside (language, help, a
person...) is not kept: leaving it leads back to a state that was visited in its own right. An answer that only its own flow asks for is
forgotten when the flow is left. Whether the question about the phone was put is not kept: both ways on are visited. And free text is stood
for by its reading.

What the desk does is told as it is to the shell: the door opens and closes while somebody looks at a step that speaks of it, and while they
wait or talk every piece of news comes, at once and late, loud and quiet. Conditions that only the desk decides are looked at under every
door (`DESKS`); orders to the desk are kept with the place they were given in.

Visible buttons come before commands and timers, and these before typed needs, so that a path is told in buttons where there is one.

The number of states is bounded by `STATES`; a walk that hits the bound says so (`bounded`), and what was not visited is not proven.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from flows.advance import COMMAND_FLOWS, COVER_CARD, advance, begin
from flows.authoring.liveness import live_questions, values_asked
from flows.desk import LIVE, SAFETY, WAITING, relays
from flows.effects import Order, Screen, Shown, ShowScreen, SpeakVoice
from flows.events import (
    CaseNews,
    Command,
    CommandGiven,
    Crisis,
    DeskTold,
    Event,
    MediaKind,
    MediaReceived,
    News,
    Pressed,
    Reading,
    Started,
    TextReceived,
    TimerFired,
)
from flows.limits import ENVELOPE_SECONDS
from flows.navigation import ANYTHING_ELSE, ASK_PHONE, DOORS
from flows.program import Program, StepNode
from flows.screens import screen, waiting_for_a_look
from flows.state import CaseStage, Conversation, Desk, DeskState, Mode, Position
from flows.values import values

STATES: Final = 20_000
"""States a walk visits before it gives up."""
START: Final = 1_000_000_000
"""When the walk begins, in unix seconds. Nothing depends on it: it only moves with the timers."""
LATER: Final = START + ENVELOPE_SECONDS + 1
"""When what comes has to come in an envelope."""
_NAMED: Final = Desk(organization="organization", name="Organización de ejemplo", other="Otra de ejemplo", code="siete palabras")
DESKS: Final = MappingProxyType(
    {
        "open": replace(_NAMED, state=DeskState.OPEN, minutes=12, alias="Ejemplo", takes=(MediaKind.VOICE.value,)),
        "open, no minutes known": replace(_NAMED, state=DeskState.OPEN, speaks=False, answer="Lo que contestó quien revisa."),
        "away": replace(_NAMED, state=DeskState.AWAY, returns="2026-12-01T08:00"),
        "away, no return known": replace(_NAMED, state=DeskState.AWAY, speaks=False),
        "closed": Desk(),
        "closed for now": replace(_NAMED, state=DeskState.CLOSED, returns="2026-12-01T08:00"),
    }
)
"""The desk as the shell may tell of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state and how the walk first came there: from the state with index `before` (-1: the start), by `act`."""

    conversation: Conversation
    screen: Screen
    before: int
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A screen, and the first act that brought it: `act` in the state with index `before` (-1: at the start)."""

    screen: Screen
    before: int
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order to the desk: `act`, an `event`, brought it about in the state with index `before`, when the desk was as `conversation` holds
    it."""

    order: Order
    conversation: Conversation
    event: Event
    before: int
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk found. `ways`: for each state, the states one act leads to. `screens`: each different screen. `first`: the first state at
    each step. `asked`: every order to the desk, once for each act in each state."""

    states: tuple[State, ...]
    ways: tuple[frozenset[int], ...]
    screens: tuple[Seen, ...]
    bounded: bool
    first: Mapping[Position, int] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()

    def path(self, index: int) -> tuple[str, ...]:
        """What a person presses or types, from Start, to get into this state."""
        acts: list[str] = []
        while index >= 0 and self.states[index].before >= 0:
            acts.append(self.states[index].act)
            index = self.states[index].before
        return tuple(reversed(acts))

    def path_of(self, seen: Seen) -> tuple[str, ...]:
        """The way to a screen."""
        return (*self.path(seen.before), seen.act) if seen.before >= 0 else ()

    def path_to(self, flow: str, step: str) -> tuple[str, ...]:
        """The shortest way to a step; empty when there is none (or it is the start)."""
        index = self.first.get(Position(flow=flow, step=step))
        return self.path(index) if index is not None else ()


def explore(program: Program, *, phrases: Mapping[str, str] | None = None, limit: int = STATES) -> Walk:
    """Visit every state from Start. `phrases`: intent -> words that name it, for readable paths."""
    return _Explorer(program, phrases or {}, limit).walk()


# -- the walk ---------------------------------------------------------------------------------------------------------------

_Key = tuple[object, ...]
_Act = tuple[str, Event, Desk | None]
"""A label, what happens, and the desk it happens under when that is another than before."""


def _opened(program: Program) -> dict[Command, Position]:
    """Where the commands lead that open something."""
    starts = {name: Position(flow=name, step=flow.start) for name, flow in program.flows.items()}
    opened = {command: starts[name] for command, name in COMMAND_FLOWS.items() if name in starts}
    return {**opened, Command.MENU: DOORS, Command.HIDE: COVER_CARD}


class _Explorer:
    """One breadth-first walk. Holds what is being built; everything it gives out is frozen."""

    def __init__(self, program: Program, phrases: Mapping[str, str], limit: int) -> None:
        self.program = program
        self.phrases = phrases
        self.limit = limit
        self.live = {at: tuple(sorted(asked, key=repr)) for at, asked in live_questions(program).items()}
        self.places = values_asked(program)
        self.states: list[State] = []
        self.ways: list[set[int]] = []
        self.index: dict[_Key, int] = {}
        self.first: dict[Position, int] = {}
        self.screens: dict[_Key, Seen] = {}
        self.visited: set[_Key] = set()
        self.opened = _opened(program)
        self.bounded = False
        self.asked: list[Asked] = []

    def walk(self) -> Walk:
        phases: tuple[deque[int], ...] = (deque(), deque(), deque())
        phases[0].append(self.enter(begin(self.program, locale="es"), -1, ""))
        phases[2].append(0)
        while any(phases):
            phase = next(number for number, todo in enumerate(phases) if todo)
            index = phases[phase].popleft()
            acts = (self.presses, self.others, self.needs)[phase](index)
            found = [self.step(index, label, event, desk) for label, event, desk in acts]
            self.ways[index].update(other for other, _ in found)
            phases[0].extend(dict.fromkeys(other for other, new in found if new))
            if phase == 0:
                phases[1].append(index)
        return Walk(
            states=tuple(self.states),
            ways=tuple(map(frozenset, self.ways)),
            screens=tuple(self.screens.values()),
            bounded=self.bounded,
            first=self.first,
            asked=tuple(self.asked),
        )

    def enter(self, conversation: Conversation, before: int, act: str) -> int:
        shown = screen(self.program, conversation)
        index = len(self.states)
        self.ways.append(set())
        self.states.append(State(conversation=conversation, screen=shown, before=before, act=act))
        self.index[self.key(conversation)] = index
        self.first.setdefault(conversation.here, index)
        self.see(shown, before, act)
        return index

    def step(self, index: int, label: str, event: Event, desk: Desk | None) -> tuple[int, bool]:
        """Let one thing happen; the state it leads to, and whether that is a new one. At the bound, unknown states lead nowhere."""
        before = self.states[index].conversation
        before = before if desk is None else before.evolve(desk=desk, offered=desk.organization, offered_other=desk.other, stood=0)
        after, effects = advance(self.program, before, event)
        orders = (effect for effect in effects if isinstance(effect, Order))
        self.asked += (Asked(order=order, conversation=before, event=event, before=index, act=label) for order in orders)
        known = self.index.get(self.key(after))
        new = known is None and len(self.states) < self.limit
        if known is None and not new:
            self.bounded = True
            return index, False
        reached = self.enter(after, index, label) if known is None else known
        for effect in effects:
            if isinstance(effect, ShowScreen | SpeakVoice):
                self.see(effect.screen, index, label)
        return reached, new

    def see(self, shown: Screen, before: int, act: str) -> None:
        said = (shown.blocks, shown.buttons, shown.echo, shown.why, shown.sources, shown.desk, shown.lines)
        key = (shown.flow, shown.step, shown.locale, said)
        self.screens.setdefault(key, Seen(screen=shown, before=before, act=act))

    def key(self, conversation: Conversation) -> _Key:
        """What tells this state from others."""
        here = conversation.here
        if conversation.aside:
            shown = screen(self.program, conversation)
            come = (conversation.news, bool(conversation.unread)) if conversation.aside == "envelope" else ()
            place = (here, conversation.case) if conversation.aside == "share" else ()
            return (conversation.mode, conversation.aside, conversation.page, shown.sources, shown.buttons, come, place)
        held = values(conversation)
        callers = tuple(at for at, above in pairwise(conversation.stack) if self.waits(at, above))
        asked = dict.fromkeys(question for at in (here, *callers) for question in self.live[at])
        answers = tuple(question.holds(held) for question in asked)
        stands = (conversation.case, waiting_for_a_look(conversation)) if here.flow in (WAITING, LIVE) else ()
        return (conversation.mode, here, callers, conversation.page, answers, self.picked(conversation), stands)

    def waits(self, at: Position, above: Position) -> bool:
        """Whether this frame goes on when the one above it ends: a call, or what the engine put under the question about the phone."""
        step = self.program.step(at.flow, at.step)
        called = step is not None and step.kind == "call" and step.flow == above.flow
        return called or (at == ANYTHING_ELSE and above.flow == ASK_PHONE.flow)

    def picked(self, conversation: Conversation) -> bool:
        """Several of several: whether anything is ticked yet."""
        step = self.program.flows[conversation.here.flow].steps[conversation.here.step]
        return step.kind == "ask_many" and bool(conversation.answers.get(step.saves))

    # -- what can happen ---------------------------------------------------------------------------------------------------

    def others(self, index: int) -> Iterator[_Act]:
        """What can happen beside the buttons: commands, timers, and once a place Start and media."""
        conversation = self.states[index].conversation
        here = (conversation.mode, conversation.here, conversation.aside)
        for command in Command:
            if self.tells(command, conversation):
                yield self.word(f"ui.{command.value}", command.value), CommandGiven(at=START, command=command), None
        for name, due in conversation.timers.items():
            if name == "wait" or self.new(name, here):
                yield f"({name})", TimerFired(at=due, name=name), None
        if self.program.flows[conversation.here.flow].steps[conversation.here.step].kind == "wait":
            yield "(…)", TextReceived(at=START, text="…"), None
        if self.new("media", here):
            yield "/start", Started(at=START), None
            yield from self.media()
        yield from self.doors(conversation)
        yield from self.told(conversation)
        if conversation.case or conversation.here.flow == LIVE:
            yield from self.news(conversation)

    def tells(self, command: Command, conversation: Conversation) -> bool:
        """Whether a command can show anything new: a person is asked for in every state, the others once a place, and once for each way
        the conditions behind them can hold."""
        target = self.opened.get(command)
        held = values(conversation)
        behind = tuple(question.holds(held) for question in self.live.get(target, ())) if target else ()
        place = self.new(command.value, (conversation.mode, conversation.here, conversation.aside, self.stage(conversation)))
        way = self.new(command.value, (conversation.mode, behind))
        return place or way or command is Command.PERSON

    def new(self, what: str, mark: _Key) -> bool:
        """Whether this was never tried before; it counts as tried from now on."""
        if (what, mark) in self.visited:
            return False
        self.visited.add((what, mark))
        return True

    # -- the desk ----------------------------------------------------------------------------------------------------------

    def stage(self, conversation: Conversation) -> CaseStage | None:
        """How far the case is, where that is kept apart."""
        return conversation.case if conversation.here.flow in (WAITING, LIVE) else None

    def doors(self, conversation: Conversation) -> Iterator[_Act]:
        """The door opens, or closes, while somebody looks at a step that speaks of it."""
        if conversation.mode is Mode.ACTIVE and not conversation.aside and self.step_of(conversation).speaks_of_desk:
            for name, desk in DESKS.items():
                yield f"(desk: {name})", DeskTold(at=START), desk

    def told(self, conversation: Conversation) -> Iterator[_Act]:
        """Words for a human, with a cry in them and without; in a live conversation also words that elsewhere are commands."""
        here = (conversation.here, conversation.case, conversation.aside)
        if conversation.mode is Mode.ACTIVE and relays(conversation, self.step_of(conversation), Reading()) and self.new("told", here):
            yield "«…»", TextReceived(at=START, text="…"), DESKS["open"]
            for crisis in Crisis:
                yield f"«{crisis.value}»", TextReceived(at=START, text="…", reading=Reading(crisis=crisis)), DESKS["open"]
            for command in Command:
                name = "safe words" if command in SAFETY else "words"
                yield f"«{command.value}» ({name})", TextReceived(at=START, text="…", reading=Reading(command=command)), DESKS["open"]

    def news(self, conversation: Conversation) -> Iterator[_Act]:
        """Every piece of news: at once, too late to be shown openly, and outside the agreed hours."""
        here = (conversation.mode, conversation.aside, self.stage(conversation), conversation.case)
        near = conversation.here if conversation.here.flow in (WAITING, LIVE) else conversation.here.flow
        desk = DESKS["open"]
        for news in News:
            words = int(news is News.WORDS)
            if self.new(news.value, (*here, near)):
                yield f"({news.value})", CaseNews(at=START, what=news, words=words), desk
            if self.new(news.value, (*here, LATER)):
                yield f"({news.value}, later)", CaseNews(at=LATER, what=news, words=words), desk
                yield f"({news.value}, quiet)", CaseNews(at=START, what=news, words=words, quiet=True), desk

    def step_of(self, conversation: Conversation) -> StepNode:
        return self.program.flows[conversation.here.flow].steps[conversation.here.step]

    def hidden(self, conversation: Conversation) -> Iterator[_Act]:
        """Choices that stand only under another door, where the doors are not kept apart."""
        if conversation.mode is not Mode.ACTIVE or conversation.aside or not self.step_of(conversation).speaks_of_desk:
            return
        stand = {button.code for button in screen(self.program, conversation).buttons}
        for desk in DESKS.values():
            other = conversation.evolve(desk=desk, offered=desk.organization)
            if self.key(other) == self.key(conversation):
                more = [button for button in screen(self.program, other).buttons if button.code and button.code not in stand]
                stand.update(button.code for button in more)
                yield from ((self.label(button), Pressed(at=START, code=button.code), desk) for button in more)

    # -- buttons, media, needs ---------------------------------------------------------------------------------------------

    def presses(self, index: int) -> Iterator[_Act]:
        state = self.states[index]
        here = state.conversation.here
        step = self.program.flows[here.flow].steps[here.step]
        places = self.program.places.get(step.place, ())
        tried = False
        for button in state.screen.buttons:
            if not button.code:
                continue
            if button.code[0] == "p":
                # places are many and alike: the first of a page stands for those no condition asks for
                if tried and places[int(button.code[1:])][0] not in self.places:
                    continue
                tried = True
            yield self.label(button), Pressed(at=START, code=button.code), None
        yield from self.hidden(state.conversation)

    def media(self) -> Iterator[_Act]:
        for kind in (MediaKind.VOICE, MediaKind.PHOTO, MediaKind.LOCATION):
            yield f"({kind.value})", MediaReceived(at=START, kind=kind), None

    def needs(self, index: int) -> Iterator[_Act]:
        """Words that open a flow, typed at the start: every intent with a trigger, every relative an echo knows, every crisis."""
        for intent, trigger in self.program.triggers.items():
            words = f"«{self.phrases.get(intent, intent)}»"
            for who in (None, *self.program.flows[trigger.flow].echoes):
                yield words, TextReceived(at=START, text=words, reading=Reading(intents=(intent,), who=who)), None
        for crisis in Crisis:
            yield f"«{crisis.value}»", TextReceived(at=START, text="…", reading=Reading(crisis=crisis)), None

    def label(self, button: Shown) -> str:
        return button.text or self.word(button.label, button.label)

    def word(self, message: str, otherwise: str) -> str:
        return self.program.messages["es"].get(message, otherwise)


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
