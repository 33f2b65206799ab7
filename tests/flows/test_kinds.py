"""Every kind of step on a tiny program: what it shows, what it saves, where it leads, and what undoes it."""

from __future__ import annotations

import pytest

from flows import limits
from flows.effects import EchoKind, SetLifetimes, ShowScreen
from flows.events import Command
from flows.state import PhoneUse
from tests.flows.tiny import STATES, Walk, card, flow, program

COLOUR = flow("""
    flow: k
    title: K
    start: hello
    steps:
      - {id: hello, kind: say, text: Hola., choices: [{id: on, text: Seguir, to: colour}]}
      - id: colour
        kind: ask
        personal: true
        purpose: guidance
        why: Para saber.
        skip: after
        text: ¿Qué color?
        choices:
          - {id: red, text: Rojo, to: after, sets: {k.warm: "yes"}, hears: [colorado]}
          - {id: blue, text: Azul, to: after, when: k.warm is not yes}
          - {id: off, text: Otra cosa, to: "@menu"}
      - {id: after, kind: say, text: Bien., choices: [{id: again, text: De nuevo, to: colour}]}
""")


def test_say_shows_and_goes_on() -> None:
    """A card has its text, its choices and the way out; pressing goes on, and back returns."""
    walk = Walk(program(COLOUR), "k.hello").stale()
    assert walk.shown.blocks == ("flow.k.hello.text",)
    assert list(walk.codes()) == ["on", "person", "exit"]
    assert walk.press("on").here == "k.colour"
    assert "back" in walk.codes()
    assert walk.asks(Command.BACK).here == "k.hello"


def test_ask_saves_the_choice_and_what_it_sets() -> None:
    """The id of the choice is the answer under `<flow>.<step>`; `sets` writes further ones; back takes both away."""
    walk = Walk(program(COLOUR), "k.colour").press("red")
    assert (walk.here, walk.answer("k.colour"), walk.answer("k.warm")) == ("k.after", ("red",), ("yes",))
    walk.asks(Command.BACK)
    assert (walk.here, dict(walk.held.answers)) == ("k.colour", {})


def test_back_restores_the_earlier_answer() -> None:
    """Answering again and going back gives the first answer back, not none."""
    walk = Walk(program(COLOUR), "k.colour").press("blue", "again", "red").asks(Command.BACK)
    assert (walk.here, walk.answer("k.colour"), walk.answer("k.warm")) == ("k.colour", ("blue",), None)


def test_a_guard_hides_a_choice() -> None:
    """A choice whose guard does not hold is no button, and its old code does nothing."""
    walk = Walk(program(COLOUR), "k.colour").press("red", "again")
    assert "blue" not in walk.codes()
    walk.press("c1")
    assert (walk.here, walk.answer("k.colour")) == ("k.colour", ("red",))
    assert walk.shown.echo is not None
    assert walk.shown.echo.kind is EchoKind.STALE


def test_prefer_not_to_say_is_an_answer() -> None:
    """A personal question says why and has the way around; what is kept is `unsaid`."""
    walk = Walk(program(COLOUR), "k.colour").stale()
    assert walk.shown.why == "flow.k.colour.why"
    walk.press("skip")
    assert (walk.here, walk.answer("k.colour")) == ("k.after", ("unsaid",))


@pytest.mark.parametrize(
    ("text", "answer"),
    [("1", "red"), ("2", "blue"), ("ROJO", "red"), ("¡Azul!", "blue"), ("colorado", "red"), ("azul, creo", "blue"), ("paso", "unsaid")],
)
def test_typed_words_answer_a_question(text: str, answer: str) -> None:
    """A digit, the label in any dress, another word for it."""
    walk = Walk(program(COLOUR), "k.colour").types(text)
    assert (walk.here, walk.answer("k.colour")) == ("k.after", (answer,))


def test_typed_answer_is_said_back() -> None:
    """The label of what was understood stands first on the next screen; nothing typed is kept."""
    walk = Walk(program(COLOUR), "k.colour").types("el colorado no, digo azul").types("azul")
    assert walk.shown.echo is not None
    assert (walk.shown.echo.kind, walk.shown.echo.ref) == (EchoKind.CHOICE, "flow.k.colour.choice.blue")


def test_words_that_are_no_choice_change_nothing() -> None:
    """The question stands again, kindly."""
    walk = Walk(program(COLOUR), "k.hello").press("on").types("no sé qué decir")
    assert walk.here == "k.colour"
    assert walk.shown.echo is not None
    assert walk.shown.echo.kind is EchoKind.NOT_A_CHOICE


def test_the_same_words_in_another_language() -> None:
    """A label is understood in every language, whatever the language of the screen."""
    english = {"flow.k.colour.choice.blue": "Blue", "flow.k.colour.choice.red": "Red"}
    assert Walk(program(COLOUR, english=english), "k.colour").types("blue").answer("k.colour") == ("blue",)


MANY = flow("""
    flow: k
    title: K
    start: before
    steps:
      - {id: before, kind: ask, purpose: guidance, text: "¿Vas?", choices: [{id: go, text: Voy, to: things}]}
      - id: things
        kind: ask_many
        personal: true
        purpose: guidance
        why: Para saber.
        to: after
        text: ¿Qué falta?
        choices:
          - {id: food, text: Comida, to: things}
          - {id: roof, text: Techo, to: things}
          - {id: none, text: Nada de eso, to: after}
      - {id: after, kind: say, text: Bien., choices: [{id: end, text: Fin, to: "@menu"}]}
""")


def test_ask_many_ticks_and_unticks() -> None:
    """A choice that stays is a tick: pressed again it is off. *Listo* goes on with what is ticked."""
    walk = Walk(program(MANY), "k.things").press("food", "roof")
    assert [button.picked for button in walk.shown.buttons[:3]] == [True, True, False]
    assert walk.press("food").answer("k.things") == ("roof",)
    assert walk.press("done").here == "k.after"
    assert walk.answer("k.things") == ("roof",)


def test_ask_many_by_words() -> None:
    """Ticks and *listo* can be typed."""
    walk = Walk(program(MANY), "k.things").types("techo").types("1").types("listo")
    assert (walk.here, walk.answer("k.things")) == ("k.after", ("roof", "food"))


def test_ask_many_none_of_these_replaces_the_ticks() -> None:
    """A choice that leads on is the whole answer."""
    walk = Walk(program(MANY), "k.things").press("food", "none")
    assert (walk.here, walk.answer("k.things")) == ("k.after", ("none",))


def test_ask_many_skip() -> None:
    """Preferring not to say takes the ticks back."""
    assert Walk(program(MANY), "k.things").press("food", "skip").answer("k.things") == ("unsaid",)


def test_back_from_done_keeps_the_ticks_and_one_more_back_takes_them_away() -> None:
    """Back is an inverse: to the ticked question first, then to before it, where nothing of it is held any more."""
    walk = Walk(program(MANY), "k.before").press("go", "food", "roof", "done").asks(Command.BACK)
    assert (walk.here, walk.answer("k.things")) == ("k.things", ("food", "roof"))
    walk.asks(Command.BACK)
    assert (walk.here, dict(walk.held.answers)) == ("k.before", {})


PLACE = flow("""
    flow: k
    title: K
    start: where
    steps:
      - {id: where, kind: ask_place, place: state, personal: true, purpose: guidance, why: Para saber., to: after, text: "¿Qué estado?"}
      - {id: after, kind: say, text: Bien., choices: [{id: end, text: Fin, to: "@menu"}]}
""")


def test_ask_place_has_pages() -> None:
    """Eight places a page, with more and previous; each page keeps the way around."""
    walk = Walk(program(PLACE), "k.where")
    names = [button.text for button in walk.shown.buttons if button.text]
    assert names == list(STATES[: limits.PLACES_A_PAGE])
    walk.press("+")
    assert [button.text for button in walk.shown.buttons if button.text] == list(STATES[limits.PLACES_A_PAGE :])
    assert {"previous", "skip"} <= set(walk.codes())
    assert "more" not in walk.codes()
    assert walk.press("-").held.page == 0
    assert walk.press("-").held.page == 0


def test_ask_place_by_button() -> None:
    """The code of the place is the answer, and the page is forgotten."""
    walk = Walk(program(PLACE), "k.where").press("+", "Yucatán")
    assert (walk.here, walk.answer("k.where"), walk.held.page) == ("k.after", ("s8",), 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [("Michoacán", "s6"), ("michoacan", "s6"), ("YUCATAN.", "s8"), ("nuevo leon", "s7"), ("ciudad de mexico", "s4"), ("paso", "unsaid")],
)
def test_ask_place_by_words(text: str, code: str) -> None:
    """A place is found by its name on whatever page, accents or none."""
    assert Walk(program(PLACE), "k.where").types(text).answer("k.where") == (code,)


@pytest.mark.parametrize("code", ["p9", "p99999", "p-1", "p", "px", "p1e1", "p²"])
def test_ask_place_refuses_what_is_no_place(code: str) -> None:
    """A made-up code is stale, never an answer."""
    walk = Walk(program(PLACE), "k.where").press(code)
    assert (walk.here, walk.answer("k.where")) == ("k.where", None)


YES_NO = flow("""
    flow: k
    title: K
    start: sure
    steps:
      - id: sure
        kind: ask_yes_no
        purpose: guidance
        saves: k.is_sure
        to: after
        text: ¿Sí o no?
        choices: [{id: "no", text: "Todavía no", to: "@menu"}, {id: maybe, text: A lo mejor, to: after}]
      - {id: after, kind: say, text: Bien., choices: [{id: end, text: Fin, to: "@menu"}]}
""")


def test_ask_yes_no_brings_its_own_buttons() -> None:
    """Yes is the interface's; no, written by the author, is the author's."""
    walk = Walk(program(YES_NO), "k.sure")
    assert [button.label for button in walk.shown.buttons[:3]] == ["ui.yes", "flow.k.sure.choice.no", "flow.k.sure.choice.maybe"]
    assert walk.types("claro").answer("k.is_sure") == ("yes",)
    assert walk.here == "k.after"


def test_ask_yes_no_authors_choice_leads_where_it_says() -> None:
    """The answer is saved under the name the author gave."""
    walk = Walk(program(YES_NO), "k.sure").types("todavía no")
    assert (walk.here, walk.answer("k.is_sure")) == ("doors.doors", ("no",))


WAIT = flow("""
    flow: k
    title: K
    start: wait
    steps:
      - {id: wait, kind: wait, timer: 900, then: checkin, to: after, text: Te espero., choices: [{id: stop, text: Ya no, to: "@menu"}]}
      - {id: checkin, kind: say, text: ¿Sigues ahí?, choices: [{id: yes_here, text: Aquí, to: after}]}
      - {id: after, kind: say, text: Bien., choices: [{id: end, text: Fin, to: "@menu"}]}
""")


def test_wait_is_answered_by_silence() -> None:
    """After the timer the check-in comes as a new message; it is silent while nobody has said that the phone is theirs alone."""
    walk = Walk(program(WAIT), "k.wait").stale()
    assert walk.held.timers["wait"] == walk.now + 900
    walk.later(900, "wait")
    assert walk.here == "k.checkin"
    assert [(effect.fresh, effect.sound) for effect in walk.effects if isinstance(effect, ShowScreen)] == [(True, False)]


def test_wait_may_ring_on_a_private_phone_only() -> None:
    """The table of times decides: a private phone may ring, on a watched one nothing is sent first."""
    walk = Walk(program(WAIT), "k.wait").stale()
    walk.held = walk.held.evolve(phone=PhoneUse.PRIVATE)
    walk.later(900, "wait")
    assert [effect.sound for effect in walk.effects if isinstance(effect, ShowScreen)] == [True]
    watched = Walk(program(WAIT), "k.wait").stale()
    watched.held = watched.held.evolve(phone=PhoneUse.CHECKED)
    watched.later(900, "wait")
    assert (watched.here, watched.effects) == ("k.wait", ())


def test_wait_early_or_unknown_timers_change_nothing() -> None:
    """A timer that is not due, or not set, is no turn at all."""
    walk = Walk(program(WAIT), "k.wait").stale()
    before = walk.held
    for seconds, name in ((899, "wait"), (0, "nothing")):
        walk.later(seconds, name)
        assert (walk.held, walk.effects) == (before, ())


def test_wait_is_answered_by_any_words() -> None:
    """Whatever is typed while waiting goes on; the timer is gone."""
    walk = Walk(program(WAIT), "k.wait").stale().types("ya llamé")
    assert walk.here == "k.after"
    assert "wait" not in walk.held.timers


CALLS = (
    flow("""
    flow: k
    title: K
    start: ask
    steps:
      - {id: ask, kind: say, text: Antes., choices: [{id: go, text: Ir, to: there}]}
      - {id: there, kind: call, flow: inner, to: after}
      - {id: after, kind: say, text: Después., choices: [{id: end, text: Fin, to: "@menu"}]}
    """),
    flow("""
    flow: inner
    title: Dentro
    start: one
    steps:
      - {id: one, kind: ask, purpose: guidance, text: Uno., choices: [{id: yes_one, text: Va, to: two}]}
      - {id: two, kind: end}
    """),
)


def test_call_goes_in_and_comes_back() -> None:
    """A call opens the other flow, its end returns to what follows the call, and back walks the same way."""
    walk = Walk(program(*CALLS), "k.ask").press("go")
    assert [f"{at.flow}.{at.step}" for at in walk.held.stack] == ["k.there", "inner.one"]
    assert walk.press("yes_one").here == "k.after"
    assert len(walk.held.stack) == 1
    assert walk.asks(Command.BACK).here == "inner.one"
    assert walk.asks(Command.BACK).here == "k.ask"


BRANCH = flow("""
    flow: k
    title: K
    start: ask
    steps:
      - id: ask
        kind: ask
        purpose: guidance
        text: ¿Qué?
        choices: [{id: a, text: La a, to: fork}, {id: b, text: La b, to: fork}, {id: c, text: La c, to: fork}]
      - {id: fork, kind: branch, branches: [{to: for_a, when: k.ask is a}, {to: "@flow:inner", when: k.ask is b}, {to: "@next"}]}
      - {id: for_a, kind: say, text: A., choices: [{id: end, text: Fin, to: "@menu"}]}
""")


@pytest.mark.parametrize(("answer", "here"), [("a", "k.for_a"), ("b", "inner.one"), ("c", "doors.doors")])
def test_branch_takes_the_first_arm_that_holds(answer: str, here: str) -> None:
    """A step, another flow, or out of this one; the branch itself is never seen, and one back passes over it."""
    walk = Walk(program(BRANCH, CALLS[1]), "k.ask").press(answer)
    assert walk.here == here
    walk.asks(Command.BACK)
    assert (walk.here, dict(walk.held.answers)) == ("k.ask", {})


def test_branch_without_an_arm_that_holds_is_the_menu() -> None:
    """A mistake of ours strands nobody."""
    lost = flow("""
        flow: k
        title: K
        start: fork
        steps: [{id: fork, kind: branch, branches: [{to: fork, when: k.x is y}]}]
    """)
    assert Walk(program(lost)).press("help").asks(Command.MENU).here == "doors.doors"
    walk = Walk(program(lost, flow("{flow: help, title: H, start: h, steps: [{id: h, kind: call, flow: k}]}")))
    assert walk.asks(Command.HELP).here == "doors.doors"


def test_offer_person_shows_and_returns() -> None:
    """The person's screen does not offer itself again; leaving it goes back to where one was, and the way back forgets it."""
    walk = Walk(program(COLOUR), "k.hello").press("on").asks(Command.PERSON)
    assert walk.here == "person.offer"
    assert "person" not in walk.codes()
    walk.press("ok")
    assert walk.here == "k.colour"
    assert walk.asks(Command.BACK).here == "k.hello"


def test_end_with_words_is_seen_first() -> None:
    """An end that says something is a screen; one that says nothing is passed."""
    said = flow("""
        flow: k
        title: K
        start: bye
        steps: [{id: bye, kind: end, text: Eso es todo., choices: [{id: ok, text: Bien, to: "@next"}]}]
    """)
    walk = Walk(program(said), "k.bye").stale()
    assert walk.shown.blocks == ("flow.k.bye.text",)
    assert walk.press("ok").here == "doors.doors"


# -- blocks ------------------------------------------------------------------------------------------------------------------

NUMBERS = card("""
    card: numbers
    title: Números
    blocks:
      - {id: first, text: Primera vez., once: true}
      - {id: local, text: Tu municipio., door: local}
      - {id: state, text: Tu estado., door: state}
      - {id: federal, text: La federación., door: federal}
      - {id: red, text: Es rojo., when: k.ask is red}
""")
BLOCKS = flow("""
    flow: k
    title: K
    start: ask
    steps:
      - id: ask
        kind: ask
        purpose: guidance
        card: numbers
        choices: [{id: red, text: Rojo, to: next}, {id: theirs, text: La autoridad es parte, to: next, sets: {authority: "yes"}}]
      - {id: next, kind: say, text: Va., choices: [{id: again, text: Otra vez, to: ask}]}
""")


def _blocks(walk: Walk) -> list[str]:
    return [name.removeprefix("card.numbers.") for name in walk.shown.blocks]


def test_once_is_said_once_and_back_says_it_again() -> None:
    """What was said once is not said again going on; going back to it undoes the saying too."""
    walk = Walk(program(BLOCKS, cards=[NUMBERS]), "k.ask")
    assert _blocks(walk) == ["first", "local", "state", "federal"]
    assert _blocks(walk.press("red", "again")) == ["local", "state", "federal", "red"]
    assert "first" in _blocks(walk.asks(Command.BACK).asks(Command.BACK))


def test_the_authority_takes_its_doors_away() -> None:
    """Once it is part of it, no local or state door stands on any card, for the rest of the conversation."""
    walk = Walk(program(BLOCKS, cards=[NUMBERS]), "k.ask").press("theirs", "again")
    assert _blocks(walk) == ["federal"]
    assert _blocks(walk.asks(Command.MENU).asks(Command.BACK)) == ["federal"]


def test_a_card_with_nothing_left_to_say_is_passed() -> None:
    """All its blocks said or guarded away: the person sees what follows."""
    silent = flow("""
        flow: k
        title: K
        start: ask
        steps:
          - {id: ask, kind: say, text: Va., choices: [{id: go, text: Ir, to: empty}]}
          - {id: empty, kind: say, card: guarded, to: after}
          - {id: after, kind: say, text: Bien., choices: [{id: end, text: Fin, to: "@menu"}]}
    """)
    guarded = card("{card: guarded, title: G, blocks: [{id: never, text: Nunca., when: k.x is y}]}")
    assert Walk(program(silent, cards=[guarded]), "k.ask").press("go").here == "k.after"


# -- answers that change how Amparo behaves --------------------------------------------------------------------------------------


def test_special_sets() -> None:
    """Language, phone and reading mode change the conversation, are no answers, and the phone moves what stands already."""
    special = flow("""
        flow: k
        title: K
        start: ask
        steps:
          - id: ask
            kind: say
            text: Va.
            choices:
              - {id: english, text: English, to: ask, sets: {locale: en}}
              - {id: klingon, text: Klingon, to: ask, sets: {locale: xx}}
              - {id: mine, text: Mío, to: ask, sets: {phone: private}}
              - {id: slow, text: Uno por paso, to: ask, sets: {reading_mode: "on"}}
    """)
    walk = Walk(program(special), "k.ask").press("english", "klingon")
    assert walk.held.locale == "en"
    walk.press("mine")
    assert walk.held.phone is PhoneUse.PRIVATE
    assert SetLifetimes(seconds=40 * 3600) in walk.effects
    walk.press("slow")
    assert walk.held.reading_mode
    assert all(effect.fresh for effect in walk.effects if isinstance(effect, ShowScreen))
    assert not walk.held.answers
