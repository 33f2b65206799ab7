"""Words are found whatever their accents, case and marks, and what shows in a chat list is dull."""

from __future__ import annotations

import pytest

from flows.authoring.words import dull_opening, folded, sentences


def test_folding_drops_accents_case_and_apostrophes() -> None:
    assert folded("No DON’T Qué'Ñandú") == "no dont quenandu"


def test_sentences_end_at_marks_quotes_and_lines() -> None:
    found = sentences("**Pide** la «búsqueda», ya: hoy. ¿Sí?\nNo, gracias")
    assert [sentence.words for sentence in found] == ["pide la", "busqueda", "ya", "hoy", "si", "no gracias"]
    assert [sentence.words for sentence in found if sentence.asked] == ["si"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Entendí: te amenazan.", ["amenaz*"]),
        ("Entendí. Aquí sigo contigo, paso por paso, con calma: amenazas", []),
        ("**Secuestro** y más", ["secuestro"]),
        ("SECUESTRÓ", ["secuestro"]),
        ("secuestros", []),
        ("Lo de 'cartel' aquí", ["cartel"]),
        ("", []),
        ("La violencia sexual", ["violencia sexual"]),
    ],
)
def test_a_dull_opening_holds_no_sensitive_word_in_its_first_forty_characters(text: str, found: list[str]) -> None:
    assert dull_opening(text, ["amenaz*", "secuestro", "cartel", "violencia sexual", " "]) == found
