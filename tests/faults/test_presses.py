"""Buttons pressed twice, twenty times a second, too late, by somebody else or with bytes of one's own; and updates that come twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.domain.seeker import SeekerId
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from flows.codec import decode_conversation
from flows.state import Conversation
from tests.faults.running import House, house


async def stored(home: House, who: Person, folder: Path) -> Conversation:
    """The conversation as the database has it."""
    seeker = SeekerId(Pseudonyms(Keyring.load_or_create(folder).pepper).telegram_user(who.id))
    held = (await home.running.storage.read([seeker], ()))[0][seeker]
    assert held.conversation is not None
    return decode_conversation(held.conversation)


def data_of(home: House, who: Person, label: str) -> tuple[int, str]:
    """(message id, data) of a button of the screen."""
    screen = home.api.screen(who)
    return screen.id, next(str(b["callback_data"]) for row in screen.rows for b in row if label in str(b["text"]))


@pytest.mark.parametrize("times", [2, 20])
async def test_many_taps_are_one(tmp_path: Path, times: int) -> None:
    """Twenty taps on one button in one moment: one effect, one way back, no repeated message, no spinner left."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.taps(ana, "Quiero ayuda")
        message, data = data_of(home, ana, "Falta alguien")
        for _ in range(times):
            home.api.tap_data(ana, message, data)
        await home.settle()
        after = await stored(home, ana, tmp_path)
        assert after.here.flow == "missing_person"
        assert after.needs == ("missing_person",)
        assert "18 años" in home.api.screen(ana).text
        assert len(home.api.calls("sendMessage")) == 1
        assert home.api.spinning(ana) == []
        once = await home.taps(ana, "Atrás")
        assert "Aquí sigo" in once.text


async def test_an_old_button_shows_where_the_person_is(tmp_path: Path) -> None:
    """A button of an earlier screen does nothing but show the current one."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        message, old = data_of(home, ana, "Peligro")
        await home.taps(ana, "Quiero ayuda")
        await home.taps(ana, "Falta alguien")
        before = await stored(home, ana, tmp_path)
        home.api.tap_data(ana, message, old)
        await home.settle()
        after = await stored(home, ana, tmp_path)
        assert (after.stack, after.answers, after.trail) == (before.stack, before.answers, before.trail)
        assert "18 años" in home.api.screen(ana).text
        assert home.api.spinning(ana) == []


async def test_forged_and_borrowed_buttons_do_nothing(tmp_path: Path) -> None:
    """Bytes of one's own, altered tokens, another person's button, a token for another step: the current screen, and no action."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        await home.says(ana, "/start")
        await home.says(eva, "/start")
        await home.taps(ana, "Quiero ayuda")
        message, own = data_of(home, ana, "Falta alguien")
        borrowed = data_of(home, eva, "Peligro")[1]
        form, code, turn, mac = own.split("|")
        random = Random(7)
        forged = [
            borrowed,
            "",
            "x" * 64,
            "1|c0|1|AAAAAAAAAAAAAAAA",
            f"{form}|c1|{turn}|{mac}",
            f"{form}|{code}|{int(turn, 16) + 1:x}|{mac}",
            f"{form}|{code}|{turn}|{mac[::-1]}",
            f"2|{code}|{turn}|{mac}",
            "1|nerase|2|" + mac,
            *("".join(random.choice(own + "{}%\x00ñ🙂"[: 4 + n]) for _ in range(40)) for n in range(4)),
        ]
        before = await stored(home, ana, tmp_path)
        for data in forged:
            home.api.tap_data(ana, message, data)
            await home.settle()
            after = await stored(home, ana, tmp_path)
            assert (after.stack, after.answers, after.trail, after.mode) == (before.stack, before.answers, before.trail, before.mode)
            assert "Aquí sigo" in home.api.screen(ana).text
        assert home.api.spinning(ana) == []


async def test_updates_that_come_twice_change_nothing(tmp_path: Path) -> None:
    """The platform hands out updates again after they were confirmed: no second effect and no second message."""
    async with house(tmp_path) as home:
        home.api.faults(Fault(method="getUpdates", kind="duplicate_update"))
        people = [home.person() for _ in range(5)]
        for who in people:
            await home.says(who, "/start")
        for words in ("falta mi hijo", "sí", "atrás"):
            for who in people:
                home.api.text(who, words)
            await home.settle()
        home.api.clear_faults()
        await home.settle()
        handed = Counter(
            update["update_id"] for call in home.api.calls("getUpdates") if isinstance(call.result, list) for update in call.result
        )
        assert max(handed.values()) > 1
        for who in people:
            assert (await stored(home, who, tmp_path)).turn == 4
        shown = Counter(str(call.params) for call in home.api.calls("sendMessage"))
        assert max(shown.values()) == 1
