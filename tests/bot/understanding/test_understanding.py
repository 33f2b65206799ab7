"""The seam: commands, phrases and classifier together become one reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.nearly import HARMLESS
from flows.events import Command, Crisis, Reading
from tests.house import program, understanding


def read(text: str, locale: str = "es") -> Reading:
    """With the real content."""
    return understanding()(text, program(), locale)


@pytest.mark.parametrize(("text", "command"), [("salir", Command.EXIT), ("borrar todo", Command.ERASE), ("menú", Command.MENU)])
def test_exact_words(text: str, command: Command) -> None:
    """Win over everything."""
    assert read(text).command is command


@pytest.mark.parametrize(("text", "command"), [("persoma", Command.PERSON), ("opsiones", Command.MENU), ("aiuda", Command.HELP)])
def test_a_slip_of_the_finger(text: str, command: Command) -> None:
    """Is forgiven where it harms nothing."""
    assert read(text).command is command


@pytest.mark.parametrize(
    "text", ["salirr", "borar todo", "ocultr", "ya llego mi esposo cierra", "borra lo que te conte", "ya me tengo que ir"]
)
def test_nothing_wipes_by_a_guess(text: str) -> None:
    """What hides or erases must be exact; a guess only dims, or asks."""
    found = read(text)
    assert found.command is None or found.command in HARMLESS
    assert found.guess in (None, Command.ERASE)


def test_a_guessed_goodbye_and_a_guessed_erasure() -> None:
    """One dims, the other asks."""
    assert read("ahí viene mi marido cierra esto").goodbye
    assert read("quiero que borren todo lo que les conté").guess is Command.ERASE


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        ("unos encapuchados están tumbando la puerta", Crisis.DANGER),
        ("ya tengo la soga lista", Crisis.SELF_HARM),
        ("me muero de risa", None),
        ("cómo saco mi curp", None),
    ],
)
def test_crises_nobody_listed(text: str, crisis: Crisis | None) -> None:
    """Are heard all the same."""
    assert read(text).crisis is crisis


def test_a_denied_cry_is_asked_about() -> None:
    """A listed cry beside a plain denial is no hard crisis."""
    found = read("no estoy en peligro")
    assert found.crisis is None


def test_maybe() -> None:
    """Phrases that ask for the soft question."""
    found = read("siento que algo me va a pasar")
    assert (found.crisis, found.soft_crisis) == (None, Crisis.DANGER)
    assert "maybe_danger" not in found.intents


def test_finer_phrases_win() -> None:
    """A listed phrase says more than a label, and nothing is added to it."""
    assert read("ya lo encontramos, está con nosotros").intents == ("came_back",)


def test_several_needs() -> None:
    """What one sentence names is all there."""
    assert {"threats", "extortion"} <= set(read("me amenazan de muerte y me cobran piso").intents)


@pytest.mark.parametrize(
    ("text", "locale", "heard"),
    [
        ("my brother did not come back from work", "es", "en"),
        ("mwen bezwen yon kote pou m dòmi aswè a", "es", "ht"),
        ("necesito un lugar donde dormir hoy", "en", "es"),
        ("ok", "fr", None),
        ("necesito un lugar donde dormir hoy", "es", None),
    ],
)
def test_the_answer_comes_in_their_language(text: str, locale: str, heard: str | None) -> None:
    """When they write enough of it."""
    assert read(text, locale).locale == heard


@given(st.text(max_size=300))
def test_total(text: str) -> None:
    """Never fails."""
    read(text)
