"""A platform that refuses, hangs, cuts and forgets: everybody is answered in the end, and silence is kept when it is asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from bot.channels.telegram import outcomes, transport
from bot.usecases import deliver
from tests.faults.running import House, house
from tests.faults.test_erasing import rows_of_people


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter waits, so that a test takes seconds."""
    monkeypatch.setattr(deliver, "AMBIGUOUS_PAUSE", 0.3)
    quick = {"connections": 64, "connect_seconds": 2.0, "read_seconds": 0.5}
    monkeypatch.setattr(transport.HttpRequest.__init__, "__kwdefaults__", quick)


async def conversation(home: House, words: tuple[str, ...] = ("/start", "quiero ayuda", "falta mi hijo")) -> None:
    """Ten people say these things without waiting for anything, and are answered."""
    people = [home.person() for _ in range(10)]
    for text in words:
        for who in people:
            home.api.text(who, text)
        await asyncio.sleep(0.02)
    for who in people:
        await home.api.wait(lambda who=who: "18 años" in home.api.screen(who).text, seconds=60)  # type: ignore[misc]  # bound now
    home.api.clear_faults()
    await home.settle()
    for who in people:
        assert "18 años" in home.api.screen(who).text


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="*", kind="429", probability=0.3, retry_after=1),
        Fault(method="*", kind="5xx", probability=0.3),
        Fault(method="*", kind="5xx", probability=0.3, status=504),
        Fault(method="*", kind="cut_before", probability=0.3),
        Fault(method="*", kind="cut_after", probability=0.3),
        Fault(method="*", kind="timeout", probability=0.15, delay=1.0),
        Fault(method="*", kind="timeout", probability=0.15, delay=1.0, performed=True),
        Fault(method="*", kind="slow", probability=0.3, delay=0.3),
    ],
    ids=["429", "502", "504", "cut_before", "cut_after", "timeout", "timeout_accepted", "slow"],
)
async def test_nobody_stays_unanswered(tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of all calls goes wrong, polls included. Pauses grow as ever, to two seconds: six failures in a row (in one run of sixty)
    are more than a minute's pause in the product, and which call fails hangs on the order in which ten people's calls happen to come."""
    monkeypatch.setattr(outcomes, "MAX_BACKOFF_SECONDS", 2.0)
    monkeypatch.setattr(deliver, "PAUSE_LIMIT", 2.0)
    async with house(tmp_path) as home:
        home.api.world.faults.seed(11)
        home.api.faults(Fault(**fault.json()))  # type: ignore[arg-type]  # its own fields; a rule counts down in place
        await conversation(home)


async def test_silence_is_kept_for_as_long_as_was_asked(tmp_path: Path) -> None:
    """429 with retry_after: not one call to that chat before it, and the message after it; what is owed is only the newest screen."""
    async with house(tmp_path, limits="on") as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="editMessageText", kind="429", times=1, retry_after=2))
        home.api.tap_label(ana, "Quiero ayuda")
        await home.api.wait(lambda: any(call.fault for call in home.api.calls("editMessageText")))
        home.api.text(ana, "falta mi hijo")
        await home.api.wait(lambda: "18 años" in home.api.screen(ana).text)
        await home.settle()
        refused = next(call for call in home.api.calls() if call.fault == "429")
        after = [call for call in home.api.calls(since=refused.n) if call.method in ("sendMessage", "editMessageText", "deleteMessages")]
        assert after
        assert min(call.at for call in after) - refused.at >= 2


async def test_an_edit_of_unknown_fate_makes_no_second_message(tmp_path: Path) -> None:
    """Cut after acceptance: an edit is repeated harmlessly."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="editMessageText", kind="cut_after", times=3))
        await home.taps(ana, "Quiero ayuda")
        assert len(home.left(ana)) == 1
        assert len(home.api.calls("sendMessage")) == 1


async def test_a_message_of_unknown_fate_is_repeated_once_at_most(tmp_path: Path) -> None:
    """Cut after acceptance: a new message is sent once more, and the person is told later that something older may remain."""
    async with house(tmp_path) as home:
        ana = home.person()
        home.api.faults(Fault(method="sendMessage", kind="cut_after", times=1))
        await home.says(ana, "/start")
        assert [message.bot is not None for message in home.api.messages(ana)] == [False, True, True]
        await home.taps(ana, "Quiero ayuda")
        assert len([message for message in home.api.messages(ana) if message.bot]) == 2


async def test_a_newer_word_takes_the_place_of_a_message_of_unknown_fate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the pause the person writes again: the newer screen goes out instead of the repeat."""
    monkeypatch.setattr(deliver, "AMBIGUOUS_PAUSE", 30.0)
    async with house(tmp_path) as home:
        ana = home.person()
        home.api.faults(Fault(method="sendMessage", kind="cut_after", times=1))
        home.api.press_start(ana)
        await home.api.wait(lambda: "Soy Amparo" in home.api.screen(ana).text)
        home.api.text(ana, "falta mi hijo")
        await home.api.wait(lambda: "18 años" in home.api.screen(ana).text)
        await home.settle()
        shown = [str(call.params["text"]) for call in home.api.calls("sendMessage")]
        assert len(shown) == len(set(shown)) == 2


async def test_a_message_of_unknown_fate_is_found_by_its_button(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the pause the person presses a button of it: the press tells its number, so it goes when the next screen has come below it."""
    monkeypatch.setattr(deliver, "AMBIGUOUS_PAUSE", 30.0)
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="sendMessage", kind="cut_after", times=1))
        home.api.text(ana, "falta mi hijo")
        await home.api.wait(lambda: "18 años" in home.api.screen(ana).text)
        pressed = home.api.screen(ana)
        await home.taps(ana, "Sí")
        assert [message.id > pressed.id for message in home.ours(ana)] == [True]


async def test_a_wipe_goes_on_through_an_outage(tmp_path: Path) -> None:
    """Deleting fails a few times: everything still goes."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.says(ana, "falta mi hijo")
        home.api.faults(Fault(method="deleteMessages", kind="5xx", times=3))
        await home.says(ana, "salir")
        assert len(home.left(ana)) == 1
        assert "acta de nacimiento" in home.left(ana)[0]


async def test_who_blocks_the_bot_gets_one_send_at_most(tmp_path: Path) -> None:
    """The first 403 ends it: nothing more is sent, not by timers either; Start begins again."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        before = home.api.world.calls.total
        home.api.text(ana, "falta mi hijo")
        home.api.block(ana)
        await home.settle()
        await home.later(2 * 3600)
        await home.later(20 * 3600)
        sends = [
            call for call in home.api.calls(since=before) if call.method in ("sendMessage", "editMessageText", "sendVoice", "sendPhoto")
        ]
        assert len(sends) <= 1
        home.api.clear(ana)
        assert "Soy Amparo" in (await home.says(ana, "/start")).text


async def test_who_blocks_the_bot_in_the_middle_of_an_erasure_is_erased(tmp_path: Path) -> None:
    """403 to the cover: the key and the rows go all the same."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.says(ana, "borrar")
        home.api.tap_label(ana, "Sí, borrar")
        home.api.block(ana)
        await home.settle()
        left = rows_of_people(tmp_path)
        assert left["message"] == left["erasure"] == left["outbox"] == 0


async def test_a_screen_the_person_deleted_comes_as_a_new_one(tmp_path: Path) -> None:
    """They deleted the screen for both sides, or the whole chat: the next screen is a new message."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.clear(ana, for_both=True)
        assert "18 años" in (await home.says(ana, "falta mi hijo")).text
        assert home.api.problems() == []
