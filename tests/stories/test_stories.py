"""Every story in this folder, played through the engine and told again as a person sees it.

A story that differs fails with what came instead, step by step. The state is saved and read again between all steps, so each story is also
a test of the envelope. Make a new one with `amparo simulate --record tests/stories/<name>.yaml`, then keep only what the story is about.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.facts import Facts, Standing
from bot.simulator.stories import read_story, replay
from tests.house import loaded, program, understanding

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.yaml"))
STANDING = Standing(organization="la organización de prueba", test_version=False)


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_story(file: Path) -> None:
    """What is told is what comes."""
    house = loaded()
    facts = Facts.of(house.content.facts.values(), words=house.texts)
    wrong = replay(read_story(file), program(), facts, STANDING, understanding())
    assert not wrong, "\n".join(wrong)


def test_there_are_stories() -> None:
    """A folder that is not found must not pass as a folder without faults."""
    assert len(STORIES) >= 25
