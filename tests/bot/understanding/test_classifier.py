"""The classifier as it is shipped: tables of crises, idioms and denials in each language, spellings, and what must never happen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.classifier import CRISES, Understood
from bot.understanding.words import words
from tests.house import understanding

DANGER = [
    "hay hombres armados afuera de mi casa",
    "se metieron a mi casa y traen pistolas",
    "me vienen siguiendo en una camioneta ayuda",
    "AYUDA ESTAN DISPARANDO",
    "kieren matarme estan en la puerta",
    "there are armed men outside my house",
    "they are breaking in, im hiding in the closet",
    "my husband is choking me right now",
    "tem homens armados na porta de casa",
    "estão atirando na rua e estamos no chão",
    "il y a des hommes armés devant chez moi",
    "ils défoncent la porte aidez-moi",
    "gen nèg ak zam devan pòt mwen",
    "y ap tire nan lari a nou kouche atè",
]
SELF_HARM = [
    "ya no quiero vivir",
    "me tomé todas las pastillas",
    "mi hija dice que se quiere morir",
    "no estoy en peligro pero me quiero matar",
    "i want to kill myself",
    "i took all the pills",
    "quero me matar",
    "não quero mais viver",
    "je veux mourir",
    "j'ai avalé tous les cachets",
    "mwen vle mouri",
    "m ap touye tèt mwen",
]
IDIOMS = [
    "me muero de risa con ese video",
    "mi mamá me va a matar si no lavo los trastes jaja",
    "estos zapatos me matan",
    "me mataron en el free fire",
    "im dying of laughter",
    "my boss is going to kill me lol",
    "my phone died",
    "morrendo de rir kkkk",
    "minha mãe vai me matar kkk",
    "je suis mort de rire",
    "je meurs de faim on mange quoi",
    "m ap mouri ri",
]
DENIALS = [
    ("no estoy en peligro, solo quiero saber cómo pedir asilo", "asylum"),
    ("no es emergencia, necesito un abogado", "legal_help"),
    ("no me quiero morir, solo estoy muy triste", "mental_health"),
    ("im not in danger just asking how to get asylum", "asylum"),
    ("im not suicidal just very sad", "mental_health"),
    ("não estou em perigo só quero pedir refúgio", "asylum"),
    ("je ne suis pas en danger, je cherche un avocat", "legal_help"),
    ("mwen pa an danje m jis bezwen yon avoka", "legal_help"),
]
LANGUAGES = [
    ("quiero hablar con una persona por favor", "es"),
    ("I would like to talk to somebody please", "en"),
    ("eu quero falar com uma pessoa", "pt"),
    ("je voudrais parler avec quelqu'un", "fr"),
    ("mwen vle pale ak yon moun tanpri", "ht"),
    ("mwen pè", "ht"),
    ("nos estan cobrando piso", "es"),
]


def classify(text: str, locale: str = "") -> Understood:
    """As shipped."""
    return understanding().classify(text, locale)


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard(text: str) -> None:
    """Believed, in every language and spelling."""
    assert classify(text).label == "immediate_danger"


@pytest.mark.parametrize("text", SELF_HARM)
def test_the_wish_to_die_is_heard(text: str) -> None:
    """Also about somebody else, also after a denial of danger."""
    assert classify(text).label == "self_harm"


@pytest.mark.parametrize("text", IDIOMS)
def test_idioms_are_no_crisis(text: str) -> None:
    """Dying of laughter is nobody's death."""
    assert classify(text).crisis is None


@pytest.mark.parametrize(("text", "label"), DENIALS)
def test_denials_are_respected(text: str, label: str) -> None:
    """The need that follows is what counts."""
    assert classify(text).label == label


@pytest.mark.parametrize(("text", "lang"), LANGUAGES)
def test_language(text: str, lang: str) -> None:
    """Of the five."""
    assert classify(text).lang == lang


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("kiero pedir asilo", "asylum"),
        ("me levantaron a mi hijo", "kidnapping"),
        ("nos estan cobrando piso", "extortion"),
        ("nesesito un avogado", "legal_help"),
        ("no tengo donde dormir con mis hijos", "shelter"),
        ("borra todo lo que te dije", "delete_data"),
        ("ya llegó mi marido, cierra", "quick_exit"),
        ("mi hijo no aparese desde ayer", "missing_person"),
        ("hola buenas tardes disculpe la molestia es que ocupo un doctor", "medical"),
    ],
)
def test_in_their_own_words(text: str, label: str) -> None:
    """Misspelt, polite, run together."""
    assert classify(text).label == label


def test_the_language_in_use_decides_where_nothing_else_does() -> None:
    """A word that several languages share."""
    assert {classify("ok", locale).lang for locale in ("es", "pt", "fr")} == {"es", "pt", "fr"}


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "🌵", "?!", "\x00", "’’’", "0" * 4096])
def test_nothing_to_understand(text: str) -> None:
    """Is no crisis, whatever it is."""
    assert classify(text).crisis is None


@given(st.text(max_size=400), st.sampled_from(["", "es", "ht", "xx"]))
def test_total_and_the_same_every_time(text: str, locale: str) -> None:
    """Never fails, and no chance is in it."""
    found = classify(text, locale)
    assert found == classify(text, locale)
    assert 0.0 <= found.score <= 1.0
    assert found.checkin is None or found.label not in CRISES


@given(st.lists(st.sampled_from(sorted({word for line in (*DANGER, *SELF_HARM, *IDIOMS) for word in line.split()})), max_size=40))
def test_total_over_alarming_words(said: list[str]) -> None:
    """The same of the words it looks for."""
    classify(" ".join(said))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("haser", "acer"),
        ("hijo", "ijo"),
        ("secuestraron", "secueztraron"),
        ("ayudaaaaa", "ayuda"),
        ("yegó", "llego"),
        ("j'ai peur", "j ai peur"),
        ("5512345678", "5587654321"),
    ],
)
def test_spelt_by_ear(one: str, other: str) -> None:
    """What sounds alike is alike, and a number is any number."""
    assert words(one) == words(other)


@pytest.mark.parametrize(("one", "other"), [("his", "is"), ("hit", "it"), ("casa", "cosa")])
def test_what_differs_stays_apart(one: str, other: str) -> None:
    """The fold joins no words that mean different things by themselves."""
    assert words(one) != words(other)
