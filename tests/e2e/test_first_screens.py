"""What everybody meets first: danger within two taps in every language, who runs this, what a test copy says, and Telegram's own pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain.facts import Facts, standing
from bot.i18n.render import Draft, render
from bot.presence import MENU, set_up_telegram
from bot.settings import Settings
from flows.advance import advance, begin
from flows.effects import ShowScreen
from flows.events import Event, Reading, Started, TextReceived
from flows.screens import screen
from flows.state import Position
from tests.e2e.running import MORNING, TOKEN, house, town
from tests.house import loaded, program

LANGUAGES = ["es", "en", "pt", "fr", "ht"]
TODAY = date(2026, 12, 1)
ORGANIZATION = "La Casa de Prueba"


def said(message: str, locale: str) -> str:
    """A text of the program in a language, or in Spanish where there is none."""
    messages = program().messages
    return messages.get(locale, {}).get(message) or messages["es"][message]


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_danger_numbers_are_two_taps_from_start(tmp_path: Path, locale: str) -> None:
    """Tap one is Start, tap two the first button; a person's screen is within four (features.md S1)."""
    async with house(tmp_path) as home:
        ana = home.person("es")
        welcome = await home.says(ana, f"/start {locale}")
        assert welcome.labels[0] == said("flow.welcome.start.choice.danger", locale)
        assert "911" in (await home.taps(ana, welcome.labels[0])).text
        again = await home.says(ana, "/start")
        person = await home.taps(ana, again.labels[2])
        assert "911" in person.text


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_the_client_s_language_is_only_a_hint(tmp_path: Path, locale: str) -> None:
    """Whatever the client says, every other language stands on the first screen, and one tap leads to all of them by their own names."""
    names = {"es": "Español", "en": "English", "pt": "Português", "fr": "Français", "ht": "Kreyòl"}
    async with house(tmp_path) as home:
        ana = home.person(locale)
        welcome = await home.says(ana, "hola")
        button = welcome.labels[3]
        assert sum(name in button for code, name in names.items()) >= 4
        chooser = await home.taps(ana, button)
        assert set(names.values()) <= set(chooser.labels)
        back = await home.taps(ana, "Kreyòl")
        assert back.labels[0] == said("flow.welcome.start.choice.danger", "ht")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_first_screen_is_honest_and_short(locale: str) -> None:
    """At most 60 words (not counting its name) and five buttons; who runs it, that Telegram can read it (features.md S2)."""
    draft = first(locale, loopback=True)
    assert len(draft.text.replace(ORGANIZATION, "").split()) <= 60
    assert sum(len(row) for row in draft.rows) <= 5
    assert ORGANIZATION in draft.text
    assert "Telegram" in draft.text


def first(locale: str, *, loopback: bool, event: Event | None = None) -> Draft:
    """The screen that answers the first thing somebody does."""
    facts = Facts.of(loaded().content.facts.values(), words=loaded().texts)
    stands = standing(facts, organization=ORGANIZATION, loopback=loopback)
    assert stands.opens_cases is loopback
    _, effects = advance(program(), begin(program(), locale=locale), event or Started(at=MORNING))
    shown = next(effect.screen for effect in effects if isinstance(effect, ShowScreen))
    return render(shown, program=program(), facts=facts, standing=stands, today=TODAY)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("words", ["", "hola", "mi hijo no aparece", "peligro"])
def test_a_copy_on_the_real_telegram_says_that_it_is_a_test(locale: str, words: str) -> None:
    """Numbers nobody has called, facts nobody has signed: whatever comes first, its screen says that nobody is behind it, and 911."""
    reading = Reading(greeting=words == "hola", intents=("missing_person",) if "hijo" in words else ())
    event: Event = TextReceived(at=MORNING, text=words, reading=reading) if words else Started(at=MORNING)
    notice = said("ui.test_version", locale).replace("**", "")
    draft = first(locale, loopback=False, event=event)
    assert draft.text.startswith(notice)
    assert "911" in notice
    assert notice not in first(locale, loopback=True, event=event).text


def test_a_test_copy_promises_no_person() -> None:
    """The person's screen says whose words these are, in both standings, and neither says "soon"."""
    facts = Facts.of(loaded().content.facts.values(), words=loaded().texts)
    there = begin(program(), locale="es").evolve(stack=(Position(flow="person", step="offer"),), turn=9)
    for loopback, words in ((True, "todavía no contesta ninguna persona"), (False, "versión de prueba")):
        stands = standing(facts, organization=ORGANIZATION, loopback=loopback)
        text = render(screen(program(), there), program=program(), facts=facts, standing=stands, today=TODAY).text
        assert words in text
        assert "pronto" not in text


async def test_setup_names_and_commands_in_every_language(tmp_path: Path) -> None:
    """What Telegram shows before anybody writes: neutral, dull, and in each language; a second run changes nothing."""
    async with town() as api:
        settings = Settings(telegram_token=SecretStr(TOKEN), telegram_api=api.root, data=tmp_path, organization=ORGANIZATION)
        assert await set_up_telegram(settings, loaded())
        profile = api.bot.profile
        by_language = {code: commands for (_, code), commands in profile.commands.items()}
        for locale in LANGUAGES:
            assert profile.names.get(locale, api.bot.name) == said("ui.bot_name", locale)
            assert profile.descriptions.get(locale, profile.descriptions[""]) == said("ui.bot_description", locale)
            assert profile.short_descriptions.get(locale, profile.short_descriptions[""]) == said("ui.bot_short_description", locale)
            shown = [command["description"] for command in by_language.get(locale, by_language[""])]
            assert shown == [said(f"ui.command_{name}", locale) for name in MENU]
        assert await set_up_telegram(settings, loaded()) == ()


async def test_every_command_of_the_menu_is_understood(tmp_path: Path) -> None:
    """A word Telegram offers beside the text box, in any language, must never meet "I did not understand"."""
    async with house(tmp_path) as home:
        await set_up_telegram(home.running.settings, loaded())
        commands = {str(command["command"]) for shown in home.api.bot.profile.commands.values() for command in shown}
        assert commands <= set(program().commands)
        ana = home.person()
        for command in sorted(str(each["command"]) for each in home.api.bot.profile.commands["default", ""]):
            screen = await home.says(ana, f"/{command}")
            assert "No te entendí" not in screen.text
            assert "No supe cuál" not in screen.text
