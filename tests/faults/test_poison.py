"""Updates that cannot be worked: they are noted by id and error class, their person gets a screen, and nobody else notices.

An error of ours is planted in `advance` or in storage for one person's words; malformed updates are put where the platform would put them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.botapi.inbox import Pending
from bot.botapi.people import Person
from bot.botapi.shapes import Json
from bot.storage.folder import DATABASE_FILE
from flows.advance import Advanced, advance
from flows.codec import encode_conversation
from flows.events import Event, TextReceived
from flows.program import Program
from flows.state import Conversation
from tests.faults.running import House, house

POISON = "veneno"


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """`advance` fails for one text. Answers the times it was asked."""
    tries: list[int] = []

    def failing(program: Program, conversation: Conversation, event: Event) -> Advanced:
        if isinstance(event, TextReceived) and event.text == POISON:
            tries.append(event.at)
            raise ZeroDivisionError(event.text)
        return advance(program, conversation, event)

    monkeypatch.setattr("bot.usecases.receive.advance", failing)
    return tries


def quarantined(folder: Path) -> list[tuple[str, int]]:
    """(error class, attempts) of what was noted."""
    with closing(sqlite3.connect(f"{(folder / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
        return [(str(error), int(attempts)) for error, attempts in raw.execute("SELECT error, attempts FROM quarantine")]


def puts(home: House, who: Person, message: Json) -> None:
    """An update as the platform would hand it out, whatever is in it."""
    home.api.world.tell(home.api.bot, "message", message, home.api.chat(who))


async def test_an_update_that_always_fails_is_noted_and_its_person_gets_a_screen(tmp_path: Path, poisoned: list[int]) -> None:
    """Three tries, a safe screen, one line in quarantine; neighbours of the same batch are served."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        await home.says(ana, "/start")
        await home.says(eva, "/start")
        home.api.text(eva, "falta mi hijo")
        home.api.text(ana, POISON)
        home.api.text(eva, "hola")
        await home.settle()
        assert len(poisoned) == 3
        assert quarantined(tmp_path) == [("ZeroDivisionError", 3)]
        assert "Soy Amparo" in home.api.screen(ana).text
        assert "18 años" in home.api.screen(eva).text
        doors = await home.taps(ana, "Quiero ayuda")
        assert "Aquí sigo" in doors.text


async def test_a_failure_uncovers_nobody(tmp_path: Path, poisoned: list[int]) -> None:
    """After an exit, and on a dimmed screen, the safe screen is the cover's face."""
    async with house(tmp_path) as home:
        for leaving in ("salir", "ocultar"):
            ana = home.person()
            await home.says(ana, "/start")
            await home.says(ana, "falta mi hijo")
            await home.says(ana, leaving)
            await home.says(ana, POISON)
            assert "Trámites" in home.api.screen(ana).text
            assert not any("Amparo" in text or "hijo" in text for text in home.left(ana))
        assert poisoned


async def test_a_poison_that_is_handed_out_again_changes_nothing(tmp_path: Path, poisoned: list[int]) -> None:
    """Once quarantined, a repeat of the update is seen and passed over."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        await home.says(ana, POISON)
        repeat = next(call for call in reversed(home.api.calls("getUpdates")) if call.result)
        assert isinstance(repeat.result, list)
        update = repeat.result[-1]
        home.api.bot.inbox.repeats.append(Pending(int(update["update_id"]), home.api.now(), ana.id, update))
        await home.says(ana, "quiero ayuda")  # the reader is woken by something new; the repeat comes before it
        assert "Aquí sigo" in home.api.screen(ana).text
        assert len(poisoned) == 3
        assert quarantined(tmp_path) == [("ZeroDivisionError", 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "eleven"},
        {"date": None},
        {"from": {"id": -5}},
        {"text": {"deep": [1, 2]}},
        {"entities": "none"},
        {"message_id": 2**62},
        {"chat": {"id": "seven", "type": "private"}},
        {"from": None, "chat": None, "text": None},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_malformed_updates_hold_nobody_up(tmp_path: Path, change: Json) -> None:
    """Whatever a message lacks, the ones before and behind it are answered, and the bot goes on."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        await home.says(ana, "/start")
        await home.says(eva, "/start")
        sound: Json = {
            "message_id": 10_000,
            "date": int(home.api.now()),
            "from": {"id": ana.id, "is_bot": False, "first_name": "Zutana"},
            "chat": {"id": ana.id, "type": "private", "first_name": "Zutana"},
            "text": "hola",
        }
        puts(home, ana, {**sound, **change})
        home.api.text(eva, "falta mi hijo")
        await home.settle()
        assert "18 años" in home.api.screen(eva).text
        doors = await home.taps(ana, "Quiero ayuda")
        assert doors.text
        again = await home.says(ana, "falta mi hijo")
        assert "18 años" in again.text


async def test_a_change_that_cannot_be_stored_leaves_a_safe_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage refuses one person's change even alone: the group is written, that person gets the safe screen."""

    def unwritable(conversation: Conversation) -> bytes:
        data = encode_conversation(conversation)
        return "no bytes" if conversation.here.flow == "missing_person" else data  # type: ignore[return-value]  # that is the fault

    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        await home.says(ana, "/start")
        await home.says(eva, "/start")
        monkeypatch.setattr("bot.usecases.receive.encode_conversation", unwritable)
        home.api.text(ana, "falta mi hijo")
        home.api.text(eva, "quiero ayuda")
        await home.settle()
        assert "Aquí sigo" in home.api.screen(eva).text
        assert "Soy Amparo" in home.api.screen(ana).text
        assert [attempts for _, attempts in quarantined(tmp_path)] == [3]


async def test_a_record_that_cannot_be_stored_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came of a delivery cannot be written, for a reason that is no outage: the chat goes on, and so does everybody else."""
    async with house(tmp_path) as home:
        ana, eva = home.person(), home.person()
        storage = home.running.storage
        honest = storage.record
        failed: list[object] = []

        async def failing(records: object) -> object:
            if not failed:
                failed.append(records)
                raise ValueError("planted")
            return await honest(records)  # type: ignore[arg-type]  # passed on

        class Failing:
            record = staticmethod(failing)

        monkeypatch.setattr(home.running.deliverer._records, "_storage", Failing)
        await home.says(ana, "/start")
        assert failed
        assert "Aquí sigo" in (await home.says(ana, "quiero ayuda")).text
        assert "Soy Amparo" in (await home.says(eva, "/start")).text


async def test_an_update_of_an_unknown_kind_is_passed_over(tmp_path: Path) -> None:
    """Service messages, edited voice notes and other things nobody answers do not stop the flow."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        puts(
            home,
            ana,
            {
                "message_id": 10_001,
                "date": int(home.api.now()),
                "from": {"id": ana.id, "is_bot": False, "first_name": "Zutana"},
                "chat": {"id": ana.id, "type": "private", "first_name": "Zutana"},
                "pinned_message": {"message_id": 1, "date": 0, "chat": {"id": ana.id, "type": "private"}},
            },
        )
        await home.settle()
        assert "Soy Amparo" in home.api.screen(ana).text
        assert quarantined(tmp_path) == []
