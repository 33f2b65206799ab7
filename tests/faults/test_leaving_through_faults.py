"""What leads a person out of danger survives a bad hour: long outages, swallowed answers, a database that cannot be written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.storage.database import Options
from bot.storage.folder import DATABASE_FILE
from bot.usecases import deliver
from bot.usecases.patience import growing
from tests.faults.running import House, house
from tests.faults.test_storage_down import _patience, locked

__all__ = ["_patience"]  # the fixture serves here as well
TRIES_BEFORE = 61
"""So many quick tries once used up a screen's patience in twelve seconds."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses grow as ever, but to hundredths of a second."""
    monkeypatch.setattr(deliver, "PAUSE_LIMIT", 0.02)


async def arrived(home: House, who: Person) -> None:
    """In the middle of the search for a child."""
    await home.says(who, "/start")
    await home.says(who, "mi hijo no llego anoche y no contesta")


async def test_danger_comes_after_a_long_outage_of_edits(tmp_path: Path, quick: None) -> None:
    """Edits fail for longer than any patience; when the platform has recovered, the danger screen is there."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.faults(Fault(method="editMessageText", kind="5xx", status=504))
        home.api.tap_label(ana, "Peligro ahora")
        await home.api.wait(lambda: len(home.api.calls("editMessageText")) > TRIES_BEFORE, seconds=30)
        home.api.clear_faults()
        await home.api.wait(lambda: "911" in home.api.screen(ana).text)


async def test_an_exit_covers_after_a_long_outage_of_edits(tmp_path: Path, quick: None) -> None:
    """The cover is never given up, and until it stands the wipe does not pass it by."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        home.api.faults(Fault(method="editMessageText", kind="cut_before"))
        home.api.tap_label(ana, "Salir")
        await home.api.wait(lambda: len(home.api.calls("editMessageText")) > TRIES_BEFORE, seconds=30)
        home.api.clear_faults()
        await home.settle()
        assert [text[:30] for text in home.left(ana)] == ["Copia del acta de nacimiento. "]


def test_pauses_grow() -> None:
    """Each further try may leave a copy that nobody can find again: an hour of cuts must not leave hundreds."""
    pauses = [growing(tries, 1.0) for tries in range(20)]
    assert pauses[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    assert set(pauses[7:]) == {60.0}


async def test_an_exit_leaves_no_answers_in_the_log(tmp_path: Path) -> None:
    """What was answered before an exit is not to be found in the write-ahead log either, a worker's pass later."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        await home.says(ana, "salir")
        log = tmp_path / f"{DATABASE_FILE}-wal"
        assert log.stat().st_size > 0
        await home.running.worker.tick()
        assert log.stat().st_size == 0


async def test_blocking_ends_the_session(tmp_path: Path) -> None:
    """Whoever unblocks the bot later may be somebody else: they meet the cover, not the middle of the guide."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        home.api.block(ana)
        await home.settle()
        home.api.unblock(ana)
        await home.settle()
        screen = await home.says(ana, "hola")
        assert "Trámites" in screen.text


async def test_an_exit_while_covered_takes_its_own_word_along(tmp_path: Path) -> None:
    """ "salir" typed again under the cover does not stand above it."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        await home.says(ana, "salir")
        await home.says(ana, "salir")
        assert all(text != "salir" for text in home.left(ana))
        assert len(home.left(ana)) == 1


async def test_leaving_works_while_nothing_can_be_written(tmp_path: Path) -> None:
    """The database is locked: who types "salir" is covered and wiped all the same, a pressed button does not spin, and when storage is back
    the exit is a true one."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        await arrived(home, ana)
        await arrived(home, eva)
        with locked(tmp_path):
            home.api.text(ana, "salir")
            home.api.tap_label(eva, "No")
            await home.api.wait(lambda: [text[:20] for text in home.left(ana)] == ["Copia del acta de na"], seconds=20)
            await home.api.wait(lambda: not home.api.spinning(eva), seconds=20)
        await home.settle()
        assert [text[:20] for text in home.left(ana)] == ["Copia del acta de na"]
        assert "Trámites" in (await home.says(ana, "hola")).text


async def test_leaving_covers_what_storage_could_not_keep(tmp_path: Path) -> None:
    """The database is locked between the sending of a screen and the record of it: an exit must not be covered above that screen, which
    only memory knows of."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        home.api.faults(Fault(method="sendMessage", kind="slow", times=1, delay=0.5))
        before = home.api.screen(ana).id
        home.api.text(ana, "me amenazan")
        await home.api.wait(lambda: not home.api.bot.inbox.waiting)
        with locked(tmp_path):
            await home.api.wait(lambda: home.api.screen(ana).id > before)
            home.api.text(ana, "salir")
            await home.api.wait(lambda: [text[:20] for text in home.left(ana)] == ["Copia del acta de na"], seconds=20)
        await home.settle()
        assert [text[:20] for text in home.left(ana)] == ["Copia del acta de na"]


async def test_leaving_while_storage_is_down_covers_the_emergency_card(tmp_path: Path) -> None:
    """The card is the last message of the chat, and storage does not know of it: it becomes the cover, once."""
    async with house(tmp_path) as home:
        ana = home.person()
        await arrived(home, ana)
        with locked(tmp_path):
            home.api.text(ana, "me amenazan")
            await home.api.wait(lambda: "911" in home.api.screen(ana).text, seconds=20)
            sent = len(home.api.calls("sendMessage"))
            home.api.text(ana, "salir")
            await home.api.wait(lambda: [text[:20] for text in home.left(ana)] == ["Copia del acta de na"], seconds=20)
            assert len(home.api.calls("sendMessage")) == sent
        await home.settle()
        assert [text[:20] for text in home.left(ana)] == ["Copia del acta de na"]


async def test_groups_hold_nobody_up(tmp_path: Path) -> None:
    """Leaving groups takes the platform half a second each; a person who writes in the same moment is answered at once."""
    async with house(tmp_path) as home:
        ana = home.person()
        home.api.faults(Fault(method="leaveChat", kind="slow", delay=5.0))
        for number in range(4):
            group = home.api.add_group(f"G{number}", people=[ana])
            home.api.set_member(group, ana)
        home.api.text(ana, "/start")
        await asyncio.wait_for(_answered(home, ana), 4)


async def _answered(home: House, who: Person) -> None:
    await home.api.wait(lambda: "Soy Amparo" in home.api.screen(who).text)


async def test_a_screen_in_use_is_renewed_before_its_time(tmp_path: Path) -> None:
    """Somebody who taps every hour for a day and a half never finds an empty chat."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.taps(ana, "Quiero ayuda")
        for turn in range(36):
            await home.later(3000)
            await home.taps(ana, "Atrás" if turn % 2 else "Me amenazan")
            assert len(home.left(ana)) == 1


async def test_a_second_tap_needs_no_remark(tmp_path: Path) -> None:
    """A trembling finger: the button works once, and the screen says nothing about the second tap."""
    async with house(tmp_path) as home:
        ana = home.person()
        screen = await home.says(ana, "/start")
        data = screen.rows[1][0]["callback_data"]
        for _ in range(2):
            home.api.tap_data(ana, screen.id, str(data))
        await home.settle()
        assert home.api.screen(ana).text.startswith("Aquí sigo")


def test_the_options_are_shortened_only_here() -> None:
    """The lock's patience in the product is five seconds."""
    assert Options().busy_ms == 5000
