"""Plays the scenarios administrators write: "if the person answers X and Y, they reach Z and never see W".

A scenario begins with Start, under the door it names. Each thing the person `does` is one turn through `advance`: words are read by the
given understanding, a label in brackets presses the button with that label in the scenario's language, and in parentheses stands what
happens without the person: news of their case, the door that opens or closes, time that passes. As in the shell, the desk is told with
every event. After every turn the conversation goes through its stored form and back, so what storage loses, a scenario notices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from flows.advance import advance, begin
from flows.authoring.schema import Scenario
from flows.codec import decode_conversation, encode_conversation
from flows.effects import Effect, Order, Screen, Shown, ShowScreen, SpeakVoice
from flows.events import CaseNews, DeskTold, Event, News, Pressed, Reading, Started, TextReceived, TimerFired
from flows.matching import normalise
from flows.program import Program
from flows.screens import screen
from flows.state import NO_DESK, CaseStage, Conversation, Desk, DeskState
from flows.triage import urgency

Read = Callable[[str, str], Reading]
"""(text, locale) -> what it means."""
Render = Callable[[Screen], str]
"""The whole visible text of a screen, facts filled in, in the screen's language."""

BEGIN = 1_000_000_000
"""When a scenario begins, in unix seconds; each act comes a minute later."""
MINUTE = 60
_BUTTON = re.compile(r"\[(.+)\]")
_HAPPENS = re.compile(r"\((.+)\)")
_DOOR = re.compile(r"desk: (open|away|closed)")
_TIME = re.compile(r"(\d{1,4}) minutes?")
_NEWS = MappingProxyType({news.value: news for news in News})
_DESK = Desk(
    organization="organization",
    name="la organización de prueba",
    minutes=12,
    returns="2026-12-01T08:00",
    alias="Ejemplo",
    other="la otra organización",
    code="siete palabras en papel",
)
DOORS: Final = MappingProxyType(
    {
        "open": replace(_DESK, state=DeskState.OPEN, returns=""),
        "away": replace(_DESK, state=DeskState.AWAY, minutes=None),
        "closed": NO_DESK,
    }
)
"""The desk as scenarios know it."""


class ScenarioError(Exception):
    """The person cannot do what the scenario says. The text says where they are and what they could press."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a scenario is played with. `facts`: ids that `sees` and `never_sees` may name."""

    program: Program
    read: Read
    render: Render
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the person is after an act, and the screens it brought."""

    done: str
    conversation: Conversation
    screens: tuple[Screen, ...]
    at: int = BEGIN
    orders: tuple[Order, ...] = ()


def play(stage: Stage, scenario: Scenario) -> str | None:
    """Why a scenario fails, in words an administrator can act on; None when it holds."""
    try:
        scenes = list(perform(stage, scenario))
    except ScenarioError as error:
        return str(error)
    return next(_failures(stage, scenario, scenes), None)


def perform(stage: Stage, scenario: Scenario) -> Iterator[Scene]:
    """Play act by act; raises `ScenarioError` when a button is not there."""
    stage_of = CaseStage.NONE if scenario.case == "none" else CaseStage(scenario.case)
    conversation = begin(stage.program, locale=scenario.locale).evolve(desk=DOORS[scenario.desk], case=stage_of)
    scene = _turn(stage, conversation, Started(at=BEGIN), "pressing Start")
    yield scene
    for act in scenario.does:
        scene = _act(stage, scene, act, scene.at + MINUTE)
        yield scene


def _act(stage: Stage, scene: Scene, act: str, at: int) -> Scene:
    happens = _HAPPENS.fullmatch(act.strip())
    if happens:
        return _happens(stage, scene, happens[1], at)
    button = _BUTTON.fullmatch(act.strip())
    if button is None:
        reading = stage.read(act, scene.conversation.locale)
        return _turn(stage, scene.conversation, TextReceived(at=at, text=act, reading=reading), f"typing {act!r}")
    done = f"pressing [{button[1]}]"
    shown = _found(stage, scene, button[1])
    if shown.copy:
        return Scene(done=done, conversation=scene.conversation, screens=(), at=at)
    return _turn(stage, scene.conversation, Pressed(at=at, code=shown.code), done)


def _happens(stage: Stage, scene: Scene, what: str, at: int) -> Scene:
    """What is not the person's doing."""
    door, time = _DOOR.fullmatch(what), _TIME.fullmatch(what)
    done = f"({what})"
    if door:
        return _turn(stage, scene.conversation.evolve(desk=DOORS[door[1]]), DeskTold(at=at), done)
    if time:
        return _passes(stage, scene, scene.at + int(time[1]) * MINUTE, done)
    news = _NEWS.get(what)
    if news is None:
        raise ScenarioError(f"nothing like {done} happens: name a piece of news ({', '.join(_NEWS)}), a door, or minutes")
    return _turn(stage, scene.conversation, CaseNews(at=at, what=news, words=int(news is News.WORDS)), done)


def _passes(stage: Stage, scene: Scene, until: int, done: str) -> Scene:
    """Time passes: every timer that comes due on the way fires."""
    screens: tuple[Screen, ...] = ()
    while (due := scene.conversation.due_at()) is not None and due <= until:
        name = min(scene.conversation.timers, key=scene.conversation.timers.__getitem__)
        scene = _turn(stage, scene.conversation, TimerFired(at=due, name=name), done)
        screens += scene.screens
    return Scene(done=done, conversation=scene.conversation, screens=screens, at=until)


def _found(stage: Stage, scene: Scene, label: str) -> Shown:
    now = screen(stage.program, scene.conversation)
    for shown in now.buttons:
        if normalise(_label(stage, shown, now.locale)) == normalise(label) or _label(stage, shown, now.locale) == label:
            return shown
    raise ScenarioError(f"there is no button [{label}]: {_where(stage, scene)}")


def _label(stage: Stage, shown: Shown, locale: str) -> str:
    messages = stage.program.messages
    return shown.text or messages.get(locale, {}).get(shown.label) or messages["es"].get(shown.label, shown.label)


def _turn(stage: Stage, conversation: Conversation, event: Event, done: str) -> Scene:
    after, effects = advance(stage.program, conversation, event)
    stored = decode_conversation(encode_conversation(after))
    if stored != after.evolve(desk=NO_DESK):  # what is known of the desk is told anew with every turn
        raise ScenarioError(f"after {done} the stored conversation is not the one that was stored")
    orders = tuple(effect for effect in effects if isinstance(effect, Order))
    return Scene(done=done, conversation=after, screens=tuple(_screens(effects)), at=event.at, orders=orders)


def _screens(effects: tuple[Effect, ...]) -> Iterator[Screen]:
    for effect in effects:
        if isinstance(effect, ShowScreen | SpeakVoice):
            yield effect.screen


def _where(stage: Stage, scene: Scene) -> str:
    here = scene.conversation.here
    now = screen(stage.program, scene.conversation)
    buttons = " ".join(f"[{_label(stage, shown, now.locale)}]" for shown in now.buttons)
    return f"after {scene.done} I am at {here.flow}.{here.step}, the buttons are {buttons or 'none'}"


def _failures(stage: Stage, scenario: Scenario, scenes: list[Scene]) -> Iterator[str]:
    last = scenes[-1]
    if not _is_at(stage, last, scenario.reaches):
        yield f"it does not reach {scenario.reaches}: {_where(stage, last)}"
    for wanted in scenario.sees:
        if not any(_shows(stage, scene, wanted) for scene in scenes):
            yield f"nothing on the way shows {wanted!r}: {_where(stage, last)}"
    for unwanted in scenario.never_sees:
        seen = next((scene for scene in scenes if _shows(stage, scene, unwanted)), None)
        if seen:
            yield f"{unwanted!r} is shown: {_where(stage, seen)}"
    if scenario.asks is not None:
        asked = [f"{order.what.value} {order.value}".strip() for scene in scenes for order in scene.orders]
        if asked != scenario.asks:
            yield f"the desk is asked {asked or 'nothing'}, not {scenario.asks}"
    if scenario.urgency:
        found = urgency(stage.program, last.conversation)
        if found.level != scenario.urgency:
            rules = ", ".join(found.rules) or "no rule"
            yield f"the urgency is {found.level} ({rules}), not {scenario.urgency}"


def _is_at(stage: Stage, scene: Scene, wanted: str) -> bool:
    here = scene.conversation.here
    now = screen(stage.program, scene.conversation)
    return wanted in (f"{here.flow}.{here.step}", now.flow) or any(b.startswith(f"card.{wanted}.") for b in now.blocks)


def _shows(stage: Stage, scene: Scene, wanted: str) -> bool:
    if wanted in stage.facts:
        return any(wanted in _facts(stage, shown) for shown in scene.screens)
    words = normalise(wanted)
    return any(words in normalise(_text(stage, shown)) for shown in scene.screens)


def _text(stage: Stage, shown: Screen) -> str:
    """Words and labels: whatever an eye would meet."""
    return "\n".join((stage.render(shown), *(_label(stage, button, shown.locale) for button in shown.buttons)))


def _facts(stage: Stage, shown: Screen) -> frozenset[str]:
    step = stage.program.step(shown.flow, shown.step)
    said = {fact for block in (step.blocks if step else ()) if block.message in shown.blocks for fact in block.facts}
    return frozenset(said | {button.copy for button in shown.buttons} | set(shown.sources))
