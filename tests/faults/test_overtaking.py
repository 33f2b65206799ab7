"""What is still waiting when a person leaves, cries for help, or goes on: nothing older may be shown after it, and nothing may stay behind.

Each test holds up a delivery (the platform is slow, says 429 or 502), lets the person act meanwhile, and looks at the phone at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from tests.faults.running import House, house

CARD = "acta de nacimiento"


def stands(home: House, who: object, words: str) -> bool:
    """Whether the phone shows these words anywhere."""
    return any(words in text for text in home.left(who))  # type: ignore[arg-type]  # a Person


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
async def test_nothing_that_waited_is_shown_after_an_exit(tmp_path: Path, method: str) -> None:
    """The screen before the exit waits for its second try while the person leaves. Only the cover card remains."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method=method, kind="429", times=1, retry_after=1))
        if method == "sendMessage":
            home.api.text(ana, "falta mi hijo")
        else:
            home.api.tap_label(ana, "Quiero ayuda")
        await home.api.wait(lambda: any(call.fault for call in home.api.calls(method)))
        home.api.text(ana, "salir")
        await home.settle()
        assert len(home.left(ana)) == 1
        assert CARD in home.left(ana)[0]


async def test_danger_is_not_covered_by_an_older_screen(tmp_path: Path) -> None:
    """The danger screen leaves first; what it overtook does not come after it."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="editMessageText", kind="429", times=1, retry_after=1))
        home.api.tap_label(ana, "Quiero ayuda")
        await home.api.wait(lambda: any(call.fault for call in home.api.calls("editMessageText")))
        home.api.text(ana, "/peligro")
        await home.settle()
        assert "911" in home.api.screen(ana).text


async def test_a_recording_that_waited_does_not_follow_an_exit(tmp_path: Path) -> None:
    """The answer to a voice note is given up when its person leaves."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="sendVoice", kind="429", times=1, retry_after=1), Fault(method="sendPhoto", kind="429", times=1))
        home.api.media(ana, "voice")
        await home.api.wait(lambda: any(call.fault for call in home.api.calls()))
        home.api.text(ana, "salir")
        await home.settle()
        assert [message.content.kind for message in home.api.messages(ana) if message.bot] == ["text"]
        assert CARD in home.left(ana)[-1]


async def test_nothing_stays_behind_when_the_exit_comes_between_sending_and_recording(tmp_path: Path) -> None:
    """The exit is read while the record of the last screen is on its way to the disk: the wipe must know of that screen."""
    async with house(tmp_path) as home:
        for _ in range(40):
            ana = home.person()
            home.api.press_start(ana)
            home.api.text(ana, "falta mi hijo")
            await home.api.wait(lambda ana=ana: len(home.api.screen(ana).labels) > 0)  # type: ignore[misc]  # bound now
            home.api.text(ana, "salir")
            await home.settle()
            assert len(home.left(ana)) == 1
            assert CARD in home.left(ana)[0]


async def test_a_clean_up_under_way_does_not_hide_the_rest_from_a_wipe(tmp_path: Path) -> None:
    """Messages whose time has come are being deleted (slowly) when the person leaves: everything else goes as well."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.advance(23 * 3600)
        await home.says(ana, "quiero ayuda")
        await home.says(ana, "falta alguien")
        home.api.advance(3700)
        home.api.faults(Fault(method="deleteMessages", kind="slow", times=1, delay=0.5))
        await home.running.worker.tick()
        home.api.text(ana, "salir")
        await home.settle()
        assert len(home.left(ana)) == 1


async def test_the_exit_does_not_wait_behind_a_pause(tmp_path: Path) -> None:
    """An exit that arrives while an earlier call is failing is tried at once, not after that call's pause."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="editMessageText", kind="429", times=1, retry_after=600, delay=0.4))
        home.api.tap_label(ana, "Quiero ayuda")
        await home.api.wait(lambda: any(call.fault for call in home.api.calls("editMessageText")))
        home.api.text(ana, "salir")
        await home.api.wait(lambda: len(home.left(ana)) == 1 and CARD in home.left(ana)[0])
        await home.settle()
