"""Names of cases: never the same twice, different nouns while there are any, and nothing that could be somebody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.designation import NOUNS, draw

NAMES = """
Alba Alma Aurora Azucena Brisa Celeste Cielo Consuelo Coral Cruz Dalia Dolores Esmeralda Esperanza Estrella Flor Gloria Iris Jazmín Lluvia
Lucero Luna Luz Mar Margarita Marina Nieves Paloma Perla Pilar Rocío Rosa Rubí Sol Soledad Valle Violeta Ángel León
Arroyo Campos Castillo Cerro Flores Fuentes Islas Lagos Laguna Molina Montes Nogal Olmos Palma Pino Piña Prado Puente Ríos Río Robles Roble
Rivera Salinas Sierra Torres Vela
"""
"""Words of nature that are given names, or family names."""
TRADE = "Halcón Plaza Nieve Hierba Cristal Piedra Polvo Gallo Cuerno Aguja Jale Perico Globo Cártel"


def test_a_name_is_a_noun_and_two_digits() -> None:
    assert len(NOUNS) == len(set(NOUNS)) >= 80
    assert draw((), lambda below: 0) == "Viento 10"
    assert draw((), lambda below: below - 1) == "Horizonte 99"


def test_no_noun_is_a_name_or_a_word_of_the_trade() -> None:
    assert not set(NOUNS) & set(f"{NAMES} {TRADE}".split())
    assert all(len(noun) <= 12 and noun[0].isupper() for noun in NOUNS)


def test_nouns_begin_differently_enough_to_be_told_apart() -> None:
    beginnings = [noun[:4].casefold() for noun in NOUNS]
    assert len(set(beginnings)) == len(beginnings)


@given(chances=st.lists(st.integers(0, 10**9), min_size=1, max_size=120))
def test_open_cases_never_share_a_name_and_share_a_noun_only_when_none_is_left(chances: list[int]) -> None:
    taken: list[str] = []
    for chance in chances:
        name = draw(taken, lambda below, chance=chance: chance % below)  # type: ignore[misc]  # a loop's own number
        assert name not in taken
        taken.append(name)
        nouns = [one.split(" ")[0] for one in taken]
        assert len(set(nouns)) == min(len(nouns), len(NOUNS))


EVERY = {f"{noun} {number}" for noun in NOUNS for number in range(10, 100)}


def test_when_every_short_name_is_taken_a_third_digit_comes() -> None:
    assert draw(EVERY - {"Faro 55"}, lambda below: below - 1) == "Faro 55"
    assert draw(EVERY, lambda below: 0) == "Viento 100"


def test_names_of_cases_that_may_be_reopened_are_used_last() -> None:
    assert draw((), lambda below: 0, avoid={"Viento 10"}) == "Viento 11"
    assert draw(EVERY - {"Faro 55"}, lambda below: 0, avoid={"Faro 55"}) == "Faro 55"
