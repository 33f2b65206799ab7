"""Typed words against buttons."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.matching import normalise, pick


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hola", "hola"),
        ("  ¡HOLA!  ", "hola"),
        ("¿Qué pasó?", "que paso"),
        ("niño", "nino"),
        ("nin\u0303o", "nino"),
        ("ÁÉÍÓÚ Ü Ñ Ç", "aeiou u n c"),
        ("Michoaca\u0301n", "michoacan"),
        ("don't", "dont"),
        ("don’t", "dont"),
        ("don‘t", "dont"),
        ("donʼt", "dont"),
        ("don`t", "dont"),
        ("M ap chèche", "m ap cheche"),
        ("pa’m", "pam"),
        ("sí,no;tal-vez", "si no tal vez"),
        ("a\tb\n\nc", "a b c"),
        ("…", ""),
        ("🙏🏽", ""),
        ("911", "911"),
        ("Straße", "strasse"),
        ("ＨＯＬＡ", "hola"),
        ("ﬁn", "fin"),
        ("", ""),
    ],
)
def test_normalise(text: str, plain: str) -> None:
    """Lower case, no accents, words only; apostrophes leave no gap, because phones put them in by themselves."""
    assert normalise(text) == plain


@given(st.text(max_size=80))
def test_normalise_is_total_and_settles(text: str) -> None:
    """Any text at all; what comes out has single spaces and no marks. Said again, it stays."""
    plain = normalise(text)
    assert plain == " ".join(plain.split())
    assert not any(unicodedata.combining(letter) for letter in plain)
    assert normalise(plain) == plain


OPTIONS = [("c0", "yes"), ("c1", "no"), ("c2", "police"), ("c3", "soldiers"), ("s", "skip")]
LABELS = {
    "yes": frozenset({"si", "claro", "yes"}),
    "no": frozenset({"no", "nel", "no se"}),
    "police": frozenset({"lo tiene la policia", "la policia"}),
    "soldiers": frozenset({"lo tiene el ejercito", "militares"}),
    "skip": frozenset({"prefiero no decir"}),
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "c0"),
        ("5", "s"),
        (" 2. ", "c1"),
        ("0", None),
        ("6", None),
        ("12", None),
        ("100", None),
        ("99999999999999999999", None),
        ("Sí", "c0"),
        ("¡CLARO!", "c0"),
        ("yes", "c0"),
        ("no", "c1"),
        ("no tiene 22", "c1"),
        ("no sé", "c1"),
        ("no sé nada", "c1"),
        ("noche", None),
        ("creo que la policía lo tiene", "c2"),
        ("se lo llevaron militares", None),
        ("militares se lo llevaron", "c3"),
        ("lo tiene la policía o lo tiene el ejército", "c2"),
        ("creo: lo tiene la policía o lo tiene el ejército", None),
        ("mejor prefiero no decir", "s"),
        ("decir no", None),
        ("", None),
        ("¿?", None),
        ("②", "c1"),
    ],
)
def test_pick(text: str, code: str | None) -> None:
    """A digit is the place; a label in any dress; a label at the beginning; a label of several words within; two of them are none."""
    assert pick(text, OPTIONS, LABELS) == code


def test_digits_of_other_scripts_count() -> None:
    """Keyboards differ; the place does not."""
    assert pick("٢", OPTIONS, LABELS) == "c1"


@pytest.mark.parametrize("text", ["፩", "𐩀", "፩፩"])
def test_digits_that_are_no_numbers(text: str) -> None:
    """Python calls them digits and cannot count with them; they name nothing, and break nothing."""
    assert pick(text, OPTIONS, LABELS) is None


def test_a_way_two_options_share_is_none() -> None:
    """Ambiguous words are asked again, never guessed."""
    labels = {"yes": frozenset({"bueno"}), "no": frozenset({"bueno"})}
    assert pick("bueno", OPTIONS, labels) is None
    assert pick("bueno pues", OPTIONS, labels) is None


def test_the_longest_beginning_wins() -> None:
    """What says most is meant: "no sé" before "no"."""
    labels = {"yes": frozenset({"no se"}), "no": frozenset({"no"})}
    assert pick("no se bien", OPTIONS, labels) == "c0"
    assert pick("no bien", OPTIONS, labels) == "c1"


@given(st.text(max_size=60))
def test_pick_is_total(text: str) -> None:
    """Any text names one of the options or none."""
    assert pick(text, OPTIONS, LABELS) in {None, *(code for code, _ in OPTIONS)}
    assert pick(text, [], {}) is None
