"""Everything a seeker ever receives comes from the content store (features.md P13): outgoing text, line by line, is a text of content or
catalogs with facts filled in. Nothing a person typed ever comes back."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.botapi.calls import Call
from tests.e2e.running import house
from tests.e2e.test_screen import act
from tests.house import loaded, program

ORGANIZATION = "la organización de prueba"
CANARY = "canario verde diecisiete"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(text: str) -> str:
    """A text with the values of its facts, without marks."""
    facts = loaded().content.facts
    values = {"org": ORGANIZATION, **{name: fact.value or "" for name, fact in facts.items()}}
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text).replace("**", "")


def store() -> tuple[set[str], list[re.Pattern[str]], set[str]]:
    """Lines that may be said, patterns for lines with a choice or a date in them, and labels that may stand on buttons."""
    texts = [filled(text) for words in program().messages.values() for text in words.values()]
    texts += [filled(text) for words in loaded().texts.values() for name, text in words.items() if name.startswith("fact.")]
    texts += [filled(fact.statement) for fact in loaded().content.facts.values()]
    texts += [filled(fact.fallback) for fact in loaded().content.facts.values()]
    lines = {" ".join(line.split()) for text in texts for line in text.split("\n")}
    open_ended = [re.compile(_open(line)) for line in lines if "{" in line]
    labels = {" ".join(text.split()) for text in texts}
    return lines, open_ended, labels


def _open(line: str) -> str:
    """A line with a choice, a date, or what is known of the desk in it, as a pattern."""
    pattern = re.escape(line).replace(r"\{choice\}", "(?P<choice>.+)").replace(r"\{when\}", "[^.]+").replace(r"\{minutes\}", r"\d+")
    return pattern.replace(r"\{desk\}", "Organización de demostración").replace(r"\{other\}", "Segunda organización de demostración")


def unheard_of(text: str, lines: set[str], patterns: list[re.Pattern[str]], labels: set[str]) -> Iterator[str]:
    """Lines of a message that no content says."""
    for line in (" ".join(part.split()) for part in text.split("\n")):
        bare = line.removeprefix("(").removesuffix(")")
        if {line, bare} & lines:
            continue
        found = next((match for pattern in patterns if (match := pattern.fullmatch(bare))), None)
        if found is None or ("choice" in found.groupdict() and found["choice"] not in labels):
            yield line


def sources() -> set[str]:
    """What the page of sources adds: titles with their dates, and addresses."""
    facts = loaded().content.facts.values()
    return {f"{fact.source.title} ({fact.source.date})" for fact in facts} | {fact.source.url or "" for fact in facts}


@pytest.mark.parametrize("locale", ["es", "en", "ht"])
async def test_outgoing_text_is_content_and_nothing_else(tmp_path: Path, locale: str) -> None:
    """A random walk with words of the person's own in it; then every text and label that left is looked up."""
    lines, patterns, labels = store()
    lines |= {" ".join(line.split()) for line in sources()}
    dice = random.Random(11)
    async with house(tmp_path, organization=ORGANIZATION) as home:
        ana = home.person()
        screen = await home.says(ana, f"/start {locale}")
        for turn in range(40):
            screen = await (home.says(ana, f"{CANARY} {turn}") if turn % 8 == 7 else act(home, ana, screen, dice))
        await home.says(ana, "fuentes")
        said = [call for call in home.api.calls() if call.method in ("sendMessage", "editMessageText")]
        assert len(said) > 30
        for call in said:
            assert list(unheard_of(str(call.params["text"]), lines, patterns, labels)) == []
            assert CANARY not in str(call.params)
            assert all(label.removeprefix("✓ ") in labels for label in buttons(call))


def buttons(call: Call) -> list[str]:
    """Labels of a call's keyboard."""
    markup = call.params.get("reply_markup")
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return [" ".join(str(button["text"]).split()) for row in rows for button in row]
