"""The walk: it plays the real engine, finds shortest ways in buttons, keeps apart what conditions keep apart, and knows its bound."""

from __future__ import annotations

from pathlib import Path

from flows.advance import advance
from flows.authoring.bundle import bundle
from flows.authoring.compile import compile_program
from flows.authoring.reach import STATES, Walk, distances, explore
from flows.effects import OrderKind
from flows.events import Pressed
from flows.program import Program
from flows.state import CaseStage, DeskState, Mode, Position
from tests.flows.authoring.house import Break, build


def program(folder: Path, *breaks: Break) -> Program:
    return compile_program(bundle(build(folder, *breaks).content, {}))


def walked(folder: Path, *breaks: Break) -> Walk:
    return explore(program(folder, *breaks), phrases={"search": "no llego a casa"})


def test_every_step_with_a_screen_is_reached(tmp_path: Path) -> None:
    made = program(tmp_path)
    reached = set(explore(made).first)
    steps = {(flow.id, step.id) for flow in made.flows.values() for step in flow.steps.values() if step.kind != "branch"}
    assert {(at.flow, at.step) for at in reached} == steps


def test_paths_are_shortest_and_told_in_buttons(tmp_path: Path) -> None:
    walk = walked(tmp_path)
    assert walk.path_to("welcome", "start") == ()
    assert walk.path_to("search", "minor") == ("Quiero ayuda", "Falta alguien")
    assert walk.path_to("person", "offer") == ("Una persona",)
    assert walk.path_to("nowhere", "at_all") == ()


def test_words_are_tried_where_no_button_leads(tmp_path: Path) -> None:
    walk = walked(
        tmp_path,
        Break(file="flows/doors.yaml", old='{id: search, text: Falta alguien, to: "@flow:search"}', new='{id: h, text: H, to: "@help"}'),
    )
    assert walk.path_to("search", "minor") == ("«no llego a casa»",)


def test_a_path_can_be_played(tmp_path: Path) -> None:
    """Pressing the labels of a path, from the start, leads to the state it was given for."""
    made = program(tmp_path)
    walk = explore(made)
    goal = walk.first[Position(flow="search", step="tonight")]
    conversation = walk.states[0].conversation
    for number, label in enumerate(walk.path(goal)):
        texts = made.messages["es"]
        shown = next(state.screen for state in walk.states if state.conversation.here == conversation.here)
        code = next(button.code for button in shown.buttons if label in (button.text, texts.get(button.label)))
        conversation, _ = advance(made, conversation, Pressed(at=1_000_000_000 + number, code=code))
    assert conversation.here == Position(flow="search", step="tonight")


def test_states_differ_where_conditions_do(tmp_path: Path) -> None:
    """The card says more to whom said yes, and less to whom an authority is part of it: both are visited, and both at once."""
    walk = walked(tmp_path)
    shown = {seen.screen.blocks for seen in walk.screens if seen.screen.step == "tonight"}
    line, office, minor = "card.tonight.line", "card.tonight.office", "card.tonight.minor"
    assert shown == {(line, office), (line, office, minor), (line,), (line, minor)}


def test_states_are_one_where_no_condition_asks(tmp_path: Path) -> None:
    """Without the paragraph for minors nobody asks any more, on that screen, whether he is one: only the authority makes a difference."""
    walk = walked(tmp_path, Break(file="cards/tonight.yaml", old="    when: search.minor is yes\n"))
    assert len([s for s in walk.states if s.conversation.here.step == "tonight" and not s.conversation.aside]) == 2


def test_all_modes_are_visited(tmp_path: Path) -> None:
    assert {state.conversation.mode for state in walked(tmp_path).states} == set(Mode)


def test_the_walk_is_the_same_each_time(tmp_path: Path) -> None:
    made = program(tmp_path)
    one, two = explore(made), explore(made)
    assert [(s.before, s.act, s.conversation.here) for s in one.states] == [(s.before, s.act, s.conversation.here) for s in two.states]


def test_the_bound_holds_and_is_told(tmp_path: Path) -> None:
    made = program(tmp_path)
    small = explore(made, limit=10)
    assert (len(small.states), small.bounded) == (10, True)
    whole = explore(made)
    assert len(whole.states) < STATES
    assert not whole.bounded


def test_distances_count_acts(tmp_path: Path) -> None:
    walk = walked(tmp_path)
    goal = walk.first[Position(flow="person", step="offer")]
    far = distances(walk, frozenset({goal}))
    assert far[goal] == 0
    assert far[0] == 1
    assert set(far) == set(range(len(walk.states)))


def test_every_step_of_the_desk_is_walked_under_every_door(tmp_path: Path) -> None:
    """What the desk does comes by itself; conditions that only it decides are seen without states of their own."""
    walk = walked(tmp_path)
    offers = {seen.screen.blocks for seen in walk.screens if seen.screen.step == "offer"}
    assert {("card.offer.consent",), ("card.offer.nobody",)} <= offers
    stages = {state.conversation.case for state in walk.states if state.conversation.here.flow in ("waiting", "live")}
    assert stages == set(CaseStage)
    assert {asked.order.what for asked in walk.asked} >= {
        OrderKind.REQUEST,
        OrderKind.WORDS,
        OrderKind.MEDIA,
        OrderKind.RING,
        OrderKind.SHARE,
        OrderKind.ELSEWHERE,
        OrderKind.WITHDRAW,
        OrderKind.WORD,
    }


def test_an_order_is_kept_with_the_place_it_was_given_in(tmp_path: Path) -> None:
    walk = walked(tmp_path)
    request = next(asked for asked in walk.asked if asked.order.what is OrderKind.REQUEST)
    assert request.act == "Que me escriban"
    assert request.conversation.desk.state is DeskState.OPEN
    assert set(request.order.blocks) & {"card.offer.consent", "card.danger.consent"}
