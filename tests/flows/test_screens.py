"""What stands on a screen besides the step itself: the row of ways out, sources, and what fits."""

from __future__ import annotations

import pytest

from flows.effects import EraseSeeker, Order, RemoveMedia, RemoveTyped, ShowScreen, SpeakVoice, Wipe
from flows.events import Command, MediaKind
from flows.screens import BUTTONS, place_of
from flows.state import Mode
from tests.flows.tiny import Walk, card, flow, program

DATED = card("""
    card: dated
    title: Con datos
    blocks:
      - {id: number, text: "Llama al {line_a}."}
      - {id: rule, text: Puedes pedirla., facts: [rule_b, line_a]}
      - {id: hidden, text: "Y al {line_c}.", when: k.x is y}
""")


def step(choices: str, more: str = "text: Hola.") -> Walk:
    """Somebody at a step with these choices."""
    made = flow(f"{{flow: k, title: K, start: s, steps: [{{id: s, kind: say, {more}, choices: [{choices}]}}]}}")
    return Walk(program(made, cards=[DATED]), "k.s").stale()


def many(count: int, to: str = "s") -> str:
    """So many choices."""
    return ", ".join(f"{{id: c{number}, text: Opción {number}, to: {to}}}" for number in range(count))


def test_every_screen_has_the_ways_out() -> None:
    """A person and the exit; back only when there is a way back."""
    walk = step(many(2))
    assert list(walk.codes()) == ["c0", "c1", "person", "exit"]
    assert list(walk.press("c0").codes()) == ["c0", "c1", "person", "back", "exit"]
    assert {button.row for button in walk.shown.buttons if button.code == "nexit"} == {98}


def test_a_full_screen_has_none() -> None:
    """With five choices of its own, the menu button beside the text box holds them."""
    assert list(step(many(BUTTONS)).codes()) == [f"c{number}" for number in range(BUTTONS)]


def test_copies_do_not_count() -> None:
    """A button that copies a number takes no way out away, and its press is nobody's: the phone does it."""
    walk = step(many(BUTTONS - 1) + ', {id: number, text: Copiar, to: "@copy:line_a"}')
    copies = [(button.copy, button.code) for button in walk.shown.buttons if button.copy]
    assert copies == [("line_a", "")]
    assert "exit" in walk.codes()


@pytest.mark.parametrize(("target", "gone"), [("@person", "person"), ("@exit", "exit"), ("@hide", "exit"), ("@back", "back")])
def test_what_the_author_placed_is_not_placed_twice(target: str, gone: str) -> None:
    """Where the wording matters, the author's button stands alone."""
    walk = step(f'{many(1)}, {{id: own, text: La mía, to: "{target}"}}').press("c0")
    assert gone not in walk.codes()
    assert "own" in walk.codes()


def test_sources_of_what_is_shown() -> None:
    """One tap shows the sources of the blocks that stand there, each once, and not those of a block that does not."""
    walk = step(many(1), "card: dated")
    assert "sources" in walk.codes()
    walk.press("sources")
    assert walk.shown.sources == ("line_a", "rule_b")
    assert place_of(walk.held) == "sources.sources"
    walk.press("back")
    assert (walk.here, place_of(walk.held)) == ("k.s", "k.s")
    assert not walk.shown.sources


def test_no_sources_without_facts() -> None:
    """Nothing dated, nothing to show."""
    assert "sources" not in step(many(1)).codes()


def test_back_from_an_aside_is_where_one_was() -> None:
    """Sources are looked at, not gone to."""
    walk = step(many(1), "card: dated").press("c0").asks(Command.SOURCES).asks(Command.BACK)
    assert (walk.here, walk.held.aside, len(walk.held.trail)) == ("k.s", "", 1)


def test_the_cover_shows_nothing_of_this() -> None:
    """A dull card has no exit and no person: it must not look like a way out."""
    walk = step(many(1)).asks(Command.HIDE)
    assert (walk.here, walk.held.mode, list(walk.codes())) == ("cover.card", Mode.DIMMED, ["face"])
    assert walk.effects[-1] == RemoveTyped()


def test_exit_covers_then_wipes() -> None:
    """In this order, urgent, without a sound."""
    walk = step(many(1)).press("c0").asks(Command.EXIT)
    shown = walk.effects[0]
    assert isinstance(shown, ShowScreen)
    assert (shown.urgent, shown.sound, shown.screen.flow) == (True, False, "cover")
    assert walk.effects[1:] == (Wipe(),)
    assert (walk.held.mode, walk.held.trail, dict(walk.held.answers)) == (Mode.COVERED, (), {})


def test_erase_asks_once_and_then_does() -> None:
    """One confirmation; then cover, wipe, and the end of everything held, with the mark for the cover."""
    walk = step(many(1)).asks(Command.ERASE)
    assert walk.here == "erase.confirm"
    walk.press("really")
    assert [type(effect) for effect in walk.effects] == [ShowScreen, Wipe, EraseSeeker, Order]
    assert EraseSeeker(cover_until=walk.held.cover_until) in walk.effects
    assert walk.held.mode is Mode.COVERED


def test_a_voice_note_is_answered_by_voice() -> None:
    """The recording comes before the screen, and going on leads back."""
    walk = step(many(1)).sends(MediaKind.VOICE)
    assert isinstance(walk.effects[0], SpeakVoice)
    assert walk.effects[0].recording == "hola"
    assert walk.press("ok").here == "k.s"


@pytest.mark.parametrize("kind", [MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT])
def test_pictures_and_files_are_asked_about(kind: MediaKind) -> None:
    """They go only when the person says so."""
    walk = step(many(1)).sends(kind)
    assert walk.here == "media.keep"
    assert RemoveMedia() not in walk.effects
    assert RemoveMedia() in walk.press("gone").effects
    assert walk.here == "k.s"


@pytest.mark.parametrize("kind", [MediaKind.LOCATION, MediaKind.CONTACT, MediaKind.OTHER])
def test_other_things_are_answered(kind: MediaKind) -> None:
    """Never silence: the same screen, and a word."""
    walk = step(many(1)).sends(kind)
    assert walk.here == "k.s"
    assert walk.shown.echo is not None
    assert walk.shown.echo.ref == "ui.echo_media"


@pytest.mark.parametrize("code", ["c9", "c", "cx", "nnothing", "g0", "g", "d", "s", "+", "-", "p0", "", "é", "c0c0"])
def test_a_code_the_screen_does_not_hold(code: str) -> None:
    """Forged or old: the current screen, and no act."""
    walk = step(many(1)).press(code)
    assert (walk.here, dict(walk.held.answers), walk.held.trail) == ("k.s", {}, ())
    assert walk.shown.echo is not None
