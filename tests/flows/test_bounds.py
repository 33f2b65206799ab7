"""Every limit of the engine is reached once: what happens then is that somebody lands on a screen, with an answer."""

from __future__ import annotations

from types import MappingProxyType

from flows import limits
from flows.authoring.schema import FlowFile
from flows.events import Command
from flows.screens import screen
from tests.flows.tiny import START, Walk, flow, program


def nested(number: int) -> FlowFile:
    """A flow that calls the next one."""
    return flow(f"""
    flow: deep_{number}
    title: D
    start: call
    steps:
      - {{id: call, kind: call, flow: deep_{number + 1}, to: after}}
      - {{id: after, kind: say, text: Después., choices: [{{id: end, text: Fin, to: "@next"}}]}}
    """)


def test_stack_depth() -> None:
    """Calls deeper than the bound are not made: the person goes on where the innermost call would have come back to."""
    begin = flow(
        "{flow: k, title: K, start: go, steps: [{id: go, kind: say, text: Va., choices: [{id: on, text: Va, to: '@flow:deep_0'}]}]}"
    )
    walk = Walk(program(begin, *(nested(number) for number in range(10))), "k.go").press("on")
    assert len(walk.held.stack) == limits.STACK_DEPTH
    assert walk.here == f"deep_{limits.STACK_DEPTH - 2}.after"
    for _ in range(limits.STACK_DEPTH - 1):
        walk.press("end")
    assert walk.here == "k.go"


def test_hops() -> None:
    """Branches that lead in a circle end on the menu of doors."""
    circle = flow("""
        flow: k
        title: K
        start: go
        steps:
          - {id: go, kind: say, text: Va., choices: [{id: on, text: Va, to: one}]}
          - {id: one, kind: branch, branches: [{to: two}]}
          - {id: two, kind: branch, branches: [{to: one}]}
    """)
    walk = Walk(program(circle), "k.go").press("on")
    assert walk.here == "doors.doors"
    assert walk.asks(Command.BACK).here == "k.go"


def test_calls_in_a_circle() -> None:
    """Two flows that call each other stop at the bound, too."""
    back = flow("{flow: deep_1, title: D, start: c, steps: [{id: c, kind: call, flow: deep_0}]}")
    start = flow("{flow: help, title: H, start: h, steps: [{id: h, kind: call, flow: deep_0}]}")
    walk = Walk(program(nested(0), back, start)).asks(Command.HELP)
    assert len(walk.held.stack) <= limits.STACK_DEPTH
    assert screen(walk.program, walk.held).blocks


def test_trail() -> None:
    """The oldest turns are forgotten first; back works as often as there are turns, and then stays."""
    walk = Walk(program()).press("help")
    for _ in range(limits.TRAIL_LENGTH + 10):
        walk.press("again")
    assert len(walk.held.trail) == limits.TRAIL_LENGTH
    for _ in range(limits.TRAIL_LENGTH):
        walk.asks(Command.BACK)
    assert (walk.here, walk.held.trail) == ("doors.doors", ())
    assert walk.asks(Command.BACK).here == "doors.doors"


def test_answers() -> None:
    """The newest answers are kept."""
    walk = Walk(program())
    many = {f"k.a{number}": ("x",) for number in range(limits.ANSWERS + 9)}
    walk.held = walk.held.evolve(answers=MappingProxyType(many))
    walk.stale()
    assert list(walk.held.answers) == list(many)[-limits.ANSWERS :]


def test_seen_blocks() -> None:
    """The same for what is said once."""
    walk = Walk(program())
    walk.held = walk.held.evolve(seen=tuple(f"card.c.b{number}" for number in range(limits.SEEN_BLOCKS + 9)))
    assert len(walk.stale().held.seen) == limits.SEEN_BLOCKS


def test_cover_lasts_its_hours() -> None:
    """Up to the last second the face, from then on the welcome."""
    walk = Walk(program()).asks(Command.EXIT)
    assert walk.held.cover_until == START + limits.COVER_SECONDS
    assert walk.later(limits.COVER_SECONDS - 1).asks(Command.START).here == "cover.face"
    assert walk.later(1).asks(Command.START).here == "welcome.start"


def test_pause_lasts_its_hours() -> None:
    """A pause keeps the step's name and nothing else; after its time only the way to begin again is left."""
    walk = Walk(program()).press("help").asks(Command.PAUSE)
    assert walk.here == "paused.resume"
    assert walk.held.timers["answers"] == START + limits.PAUSE_SECONDS
    assert not walk.held.answers
    walk.later(limits.PAUSE_SECONDS, "answers")
    assert walk.here == "returning.back"


def test_resume_after_a_pause() -> None:
    """The step one was at."""
    walk = Walk(program()).press("help").asks(Command.PAUSE).press("on")
    assert walk.here == "doors.doors"
