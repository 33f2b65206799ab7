"""Several needs in one sentence, the question about the phone, cries: what the engine does between flows."""

from __future__ import annotations

import pytest

from flows import limits
from flows.authoring.schema import FlowFile
from flows.effects import Echo, EchoKind
from flows.events import Command, Crisis, Reading
from flows.program import Program
from tests.flows.tiny import Walk, flow, program


def need(name: str, first: int, more: str = "") -> FlowFile:
    """A need of one question, heard as its own name."""
    return flow(f"""
    flow: {name}
    title: {name.title()}
    need: true
    first: {first}
    guide: guide
    echo: "Entendí: {name}."
    echoes: {{son: "Entendí: tu hijo."}}
    triggers: [{{intents: [{name}], sets: {{{name}.open: "yes"}}}}, {{intents: [{name}_late], to: guide}}]
    start: ask
    {more}
    steps:
      - {{id: ask, kind: ask, purpose: guidance, text: "¿Qué?", choices: [{{id: a, text: La a, to: guide}}]}}
      - {{id: guide, kind: say, text: Guía., choices: [{{id: end, text: Fin, to: "@next"}}]}}
    """)


def house() -> Program:
    """Three needs; the return of somebody ends the search."""
    return program(need("search", 20), need("threats", 10), need("roof", 30), need("came_back", 5, "replaces: [search]"))


def heard(*intents: str, who: str | None = None) -> Reading:
    """Words that name these."""
    return Reading(intents=intents, who=who)


def test_one_need_is_opened_and_said_back() -> None:
    """What the words answered is written; the relative is named back."""
    walk = Walk(house()).types("mi hijo no llegó", heard("search", who="son"))
    assert (walk.here, walk.answer("search.open"), walk.held.needs) == ("search.ask", ("yes",), ("search",))
    assert walk.shown.echo == Echo(kind=EchoKind.INTENT, ref="flow.search.echoes.son", who="son")


def test_an_unknown_relative_gets_the_plain_echo() -> None:
    """Words we have none for are not made up."""
    echo = Walk(house()).types("falta mi compadre", heard("search", who="friend")).shown.echo
    assert echo == Echo(kind=EchoKind.INTENT, ref="flow.search.echo", who="friend")


def test_a_trigger_may_lead_into_the_middle() -> None:
    """`to` names the step."""
    assert Walk(house()).types("x", heard("search_late")).here == "search.guide"


def test_several_needs_queue_in_order_of_harm() -> None:
    """Whatever the order of the words: the most harmful first, the others wait, and each is reached through the end of the one before."""
    walk = Walk(house()).types("x", heard("roof", "search", "threats", "nonsense"))
    assert (walk.here, walk.held.queue) == ("threats.ask", ("search", "roof"))
    assert walk.press("a", "end", "private").here == "search.ask"
    assert walk.press("a", "end").here == "roof.ask"
    assert walk.held.queue == ()
    assert walk.held.needs == ("threats", "search", "roof")


def test_a_need_said_later_goes_before_those_that_wait() -> None:
    """The queue keeps what waited, behind; a need is never in it twice."""
    walk = Walk(house()).types("x", heard("threats", "roof")).types("y", heard("search", "roof"))
    assert (walk.here, walk.held.queue) == ("search.ask", ("roof",))


@pytest.mark.parametrize("said_together", [True, False])
def test_replaces_takes_the_other_need_out(said_together: bool) -> None:
    """Who came back is no longer missing: heard together, or heard while the search still waits."""
    walk = Walk(house())
    if said_together:
        walk.types("x", heard("search", "came_back"))
    else:
        walk.types("x", heard("threats", "search")).types("y", heard("came_back"))
    assert walk.here == "came_back.ask"
    assert "search" not in walk.held.queue


def test_the_queue_is_bounded() -> None:
    """More needs than anybody has: the least harmful are left to "anything else?"."""
    names = [f"need_{number}" for number in range(limits.QUEUED_FLOWS + 3)]
    walk = Walk(program(*(need(name, 10 + number) for number, name in enumerate(names)))).types("x", heard(*reversed(names)))
    assert walk.here == "need_0.ask"
    assert walk.held.queue == tuple(names[1 : limits.QUEUED_FLOWS + 1])


def test_the_phone_is_asked_once_after_the_first_help() -> None:
    """Not before the first guide has ended, then "anything else?", and never again."""
    walk = Walk(house()).types("x", heard("search"))
    assert walk.press("a", "end").here == "phone.ask"
    assert walk.press("private").here == "doors.anything_else"
    assert walk.types("y", heard("roof")).press("a", "end").here == "doors.anything_else"


def test_the_phone_is_asked_after_the_first_of_several_needs() -> None:
    """Once, after the first help (voice.md 9.14); then the needs that wait."""
    walk = Walk(house()).types("x", heard("threats", "search")).press("a", "end")
    assert walk.here == "phone.ask"
    assert walk.press("checked").here == "search.ask"
    assert walk.press("a", "end").here == "doors.anything_else"


def test_back_from_the_phone_question_is_the_guide() -> None:
    """The inserted question is left as every other screen is."""
    assert Walk(house()).types("x", heard("search")).press("a", "end").asks(Command.BACK).here == "search.guide"


def test_steps_lists_the_guides_of_the_needs() -> None:
    """*Mis pasos* leads back to the guide of each need, from wherever."""
    walk = Walk(house()).types("x", heard("threats", "search")).asks(Command.STEPS)
    assert [button.label for button in walk.shown.buttons][:1] == ["flow.threats.title"]
    assert walk.press("g0").here == "threats.guide"
    walk.asks(Command.STEPS).press("back")
    assert (walk.here, walk.held.aside) == ("threats.guide", "")


def test_a_cry_goes_before_the_question() -> None:
    """Danger heard in words: the danger screen, urgent, with what was heard written down."""
    walk = Walk(house()).types("x", heard("search")).types("a", Reading(crisis=Crisis.DANGER))
    assert (walk.here, walk.answer("danger.heard")) == ("danger.now", ("yes",))


def test_a_wish_to_die_is_asked_about() -> None:
    """Also when other needs stand in the same sentence."""
    walk = Walk(house()).types("x", Reading(crisis=Crisis.SELF_HARM, intents=("search", "roof")))
    assert (walk.here, walk.answer("distress.heard")) == ("distress.ask", ("yes",))


def test_an_answer_within_the_crisis_is_an_answer() -> None:
    """On the screen that asks about it, the words are taken as its answer, not as a new cry."""
    walk = Walk(house()).types("x", Reading(crisis=Crisis.SELF_HARM)).types("sí", Reading(crisis=Crisis.SELF_HARM))
    assert walk.answer("distress.ask") == ("yes",)


def test_not_understood_is_ours() -> None:
    """Neither silence nor a change: the same screen, and a word that it is not their fault. The very first words are no mistake."""
    walk = Walk(house()).types("asdf")
    assert walk.shown.echo is None
    walk.types("asdf")
    assert walk.here == "welcome.start"
    assert walk.shown.echo is not None
    assert walk.shown.echo.kind in (EchoKind.NOT_UNDERSTOOD, EchoKind.MESSAGE)
