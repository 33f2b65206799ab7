"""The first understanding: exact commands in every language, and phrases that administrators list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.lexicon import CRISES, KIN, Lexicon
from flows.authoring.load import Phrases
from flows.events import COMMANDS, Command, Crisis, Reading
from flows.limits import TEXT_CHARACTERS
from flows.program import Program
from tests.flows.tiny import program
from tests.house import loaded
from tests.house import program as real


def phrases(**intents: str) -> Lexicon:
    """Intent -> phrases joined by |."""
    return Lexicon(Phrases(intent=intent, locale="es", words=words.split("|")) for intent, words in intents.items())


SMALL = phrases(
    missing="no aparece|no llegó|desaparec*|se llevaron a mi",
    threats="me amenaz* de muerte|amenaza",
    danger="están afuera|me van a matar",
    self_harm="quiero morirme",
    kin_son="mi hijo|mi muchach*",
    kin_brother="mi hermano",
    greeting="buenas noches",
    goodbye="luego te escribo",
)


def read(text: str, lexicon: Lexicon = SMALL, given_program: Program | None = None) -> Reading:
    """What it is understood to mean."""
    return lexicon(text, given_program or program(), "es")


# -- phrases ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("no aparece", ("missing",)),
        ("¡NO APARECE!", ("missing",)),
        ("Mi tío no   aparece desde ayer", ("missing",)),
        ("desapareció", ("missing",)),
        ("desaparecieron dos", ("missing",)),
        ("desapareci", ("missing",)),
        ("desapare", ()),
        ("no apareces", ()),
        ("aparece no", ()),
        ("no, aparece", ("missing",)),
        ("me amenazaron de muerte", ("threats",)),
        ("me amenazaron ayer", ()),
        ("se llevaron a mi prima y me amenazaron de muerte", ("threats", "missing")),
        ("no aparece no llegó", ("missing",)),
        ("", ()),
        ("🙏", ()),
    ],
)
def test_phrases_are_whole_words(text: str, intents: tuple[str, ...]) -> None:
    """Accents, case, marks and spaces do not count; a star is any ending; each intent once, what says most first."""
    assert read(text).intents == intents


@pytest.mark.parametrize(
    ("text", "who"),
    [("mi hijo no aparece", "son"), ("mi muchachito no llegó", "son"), ("mi hermano no llegó", "brother"), ("no llegó", None)],
)
def test_kin(text: str, who: str | None) -> None:
    """Who is spoken of is no need."""
    found = read(text)
    assert found.who == who
    assert found.intents == ("missing",)


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        ("ya están afuera", Crisis.DANGER),
        ("quiero morirme", Crisis.SELF_HARM),
        ("mi hijo no aparece y me van a matar", Crisis.DANGER),
        ("no aparece", None),
    ],
)
def test_crisis(text: str, crisis: Crisis | None) -> None:
    """A cry is told apart from needs, wherever it stands."""
    found = read(text)
    assert found.crisis is crisis
    assert not set(found.intents) & set(CRISES)


def test_greeting_and_goodbye() -> None:
    """Phrases for them are flags too; a need beside them stays a need."""
    assert read("buenas noches").greeting
    found = read("buenas noches, no aparece mi hijo, luego te escribo")
    assert (found.greeting, found.goodbye, found.who) == (True, True, "son")
    assert "missing" in found.intents


def test_a_star_in_the_first_word() -> None:
    """Stems of different lengths beside each other."""
    lexicon = phrases(a="amena*", b="amenaz* hoy", c="am*")
    assert set(read("amenazan hoy", lexicon).intents) == {"a", "b", "c"}
    assert read("ama", lexicon).intents == ("c",)


@pytest.mark.parametrize("words", ["", "  ", "¿?", "...", "*"])
def test_phrases_that_say_nothing(words: str) -> None:
    """A slip in the list must not make every message mean something."""
    assert read("cualquier cosa", phrases(slip=words)).intents == ()


def test_only_what_telegram_could_send_is_read() -> None:
    """Longer text is cut first (R43)."""
    assert read("x " * (TEXT_CHARACTERS // 2) + "no aparece").intents == ()
    assert read("x " * (TEXT_CHARACTERS // 2 - 10) + "no aparece").intents == ("missing",)


# -- commands, on the real content ------------------------------------------------------------------------------------------------

EXACT = [(word, name) for word, name in sorted(real().commands.items()) if name in COMMANDS]
LANGUAGES = [(word, name.removeprefix("language_")) for word, name in sorted(real().commands.items()) if name.startswith("language_")]
REAL = Lexicon(loaded().content.phrases)


@pytest.mark.parametrize(("word", "name"), EXACT)
def test_exact_words_are_commands(word: str, name: str) -> None:
    """Every word of every language, in any dress; a command is never taken for a cry as well."""
    for dress in (word, word.upper(), f"  ¡{word}! "):
        found = read(dress, REAL, real())
        assert found.command is Command(name)
        assert found.crisis is None


@pytest.mark.parametrize(("word", "locale"), LANGUAGES)
def test_names_of_languages(word: str, locale: str) -> None:
    """Naming a language asks for it."""
    found = read(word, REAL, real())
    assert (found.command, found.locale) == (Command.LANGUAGE, locale)


def test_every_command_has_a_word() -> None:
    """Understood in every state also by those who type."""
    assert {name for _, name in EXACT} == {command.value for command in Command}


@pytest.mark.parametrize("text", ["no quiero salir de mi casa", "me quieren borrar", "salir adelante", "el peligro pasó"])
def test_a_command_within_a_sentence_is_none(text: str) -> None:
    """Only exact words wipe or erase."""
    assert read(text, REAL, real()).command is None


@pytest.mark.parametrize("locale", real().locales)
def test_leaving_in_every_language(locale: str) -> None:
    """Each language that is served has its own words for the exit, erasing and danger, and they work whatever the screen's language."""
    for name in ("exit", "erase", "danger"):
        for word in real().messages[locale].get(f"ui.hears.{name}", real().messages["es"][f"ui.hears.{name}"]).split("|"):
            assert read(word, REAL, real()).command is Command(name)


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        ("me van a matar", Crisis.DANGER),
        ("están afuera de mi casa", Crisis.DANGER),
        ("i'm in danger", Crisis.DANGER),
        ("they’re outside my house", Crisis.DANGER),
        ("ya no quiero vivir", Crisis.SELF_HARM),
        ("I don't want to live", Crisis.SELF_HARM),
        ("me quiero morir", Crisis.SELF_HARM),
        ("quiero morir de risa no", Crisis.SELF_HARM),
        ("mi hijo no llegó", None),
        ("hola", None),
    ],
)
def test_cries_are_heard(text: str, crisis: Crisis | None) -> None:
    """With whichever apostrophe the phone puts in. When in doubt, it is a cry."""
    assert read(text, REAL, real()).crisis is crisis


def test_every_phrase_is_found_as_it_is_written() -> None:
    """None of the list is dead: each, typed as it stands, means what it is listed for."""
    dead = []
    for group in loaded().content.phrases:
        for words in group.words:
            found = read(words.replace("*", ""), REAL, real())
            heard = {*found.intents, f"{KIN}{found.who}", *(name for name, crisis in CRISES.items() if crisis is found.crisis)}
            heard |= {"greeting"} if found.greeting else set()
            heard |= {"goodbye"} if found.goodbye else set()
            if group.intent not in heard and found.command is None:
                dead.append((group.intent, words))
    assert not dead


@given(st.text(max_size=300))
def test_total_over_any_text(text: str) -> None:
    """Never fails, and never makes up an intent."""
    found = read(text, REAL, real())
    assert set(found.intents) <= {group.intent for group in loaded().content.phrases}


WORDS = st.sampled_from(sorted({word for group in loaded().content.phrases for words in group.words for word in words.split()}))


@given(st.lists(WORDS, max_size=30))
def test_total_over_their_own_words(words: list[str]) -> None:
    """The same with text that is made of what it looks for."""
    found = read(" ".join(words), REAL, real())
    assert len(set(found.intents)) == len(found.intents)
