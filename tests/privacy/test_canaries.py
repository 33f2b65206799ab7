"""What rests on the disk and what is logged: nothing anybody said, and nothing anybody could be found by (promises.md 20, 23, 29).

One person with a telling name says telling things while much goes wrong; then every file of the data folder and every line of the log are
searched. A control proves that the search would find them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.botapi.shapes import Json
from bot.clock import SystemClock
from bot.security.keyring import Keyring
from bot.security.sealing import KEY_BYTES
from bot.storage.errors import StorageForeign
from bot.storage.folder import DATABASE_FILE
from bot.storage.sql_storage import open_storage
from flows.advance import Advanced, advance
from flows.codec import encode_conversation
from flows.events import Event, TextReceived
from flows.program import Program
from flows.state import Conversation
from tests.faults.running import TOKEN, House, house
from tests.faults.test_erasing import rows_of_people
from tests.faults.test_presses import stored
from tests.privacy.canaries import NAME, PLACE, SENTENCE, USERNAME, found_in, overheard, resting, spellings

FIRST_MESSAGE = 918_273_645
"""Message ids begin here, so that they can be told from any other number."""


def xiadani(home: House) -> Person:
    """The person all canaries belong to."""
    home.api.bot.next_message_id = FIRST_MESSAGE
    return home.api.add_user(NAME, username=USERNAME)


def canaries(home: House, who: Person) -> list[str | int]:
    """What is looked for: words, names, the account's number, the numbers of every message there ever was, the token."""
    numbers = {message.id for _, message, _ in home.api.chat(who).history}
    return [
        SENTENCE,
        "Quetzalli",
        "Xoconostle",
        NAME,
        USERNAME,
        PLACE,
        "Tlacotepec",
        TOKEN,
        TOKEN.partition(":")[2],
        who.id,
        *sorted(numbers),
    ]


async def lives(home: House, who: Person) -> None:
    """Everything a person does in a bad hour."""
    await home.says(who, "/start")
    await home.says(who, SENTENCE)
    await home.says(who, "falta mi hijo")
    await home.taps(who, "Sí")
    await home.says(who, PLACE)
    home.api.media(who, "photo", caption=SENTENCE)
    await home.settle()
    home.api.edit(who, home.api.text(who, "hola"), SENTENCE)
    await home.settle()
    home.api.tap_data(who, home.api.screen(who).id, SENTENCE[:60])
    await home.settle()
    await home.says(who, "menú")


def quotes(home: House, who: Person) -> None:
    """An update nobody can read, full of what it should not say."""
    update: Json = {
        "message_id": SENTENCE,
        "from": {"id": who.id, "first_name": NAME},
        "chat": {"id": who.id, "type": "private"},
        "text": {"x": PLACE},
    }
    home.api.world.tell(home.api.bot, "message", update, home.api.chat(who))


@pytest.fixture
def tripping(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine fails at one text, and its error quotes it."""

    def failing(program: Program, conversation: Conversation, event: Event) -> Advanced:
        if isinstance(event, TextReceived) and event.text.endswith("tropiezo"):
            raise RuntimeError(event.text)
        return advance(program, conversation, event)

    monkeypatch.setattr("bot.usecases.receive.advance", failing)


async def test_nothing_rests_and_nothing_is_logged(tmp_path: Path, tripping: None) -> None:
    """A whole conversation with errors, faults and an outage: no canary in any file, none in any line at DEBUG."""
    with overheard() as log:
        async with house(tmp_path) as home:
            who = xiadani(home)
            await lives(home, who)
            await home.says(who, f"{SENTENCE} tropiezo")
            quotes(home, who)
            await home.settle()
            for kind in ("5xx", "cut_before", "cut_after"):
                home.api.faults(Fault(method="editMessageText", kind=kind, times=1), Fault(method="getUpdates", kind=kind, times=1))
                home.api.tap_label(who, home.api.screen(who).labels[0])
                await home.settle()
            home.api.faults(Fault(method="*", kind="429", times=2, retry_after=1))
            home.api.text(who, SENTENCE)
            await home.api.wait(lambda: any(call.fault == "429" for call in home.api.calls()))
            waiting = found_in(resting(tmp_path).items(), canaries(home, who))  # with an outbox that is not empty
            await home.settle()
            held = await stored(home, who, tmp_path)
            assert held.answers  # there was something to hide
            running = found_in(resting(tmp_path).items(), canaries(home, who))
            wanted = canaries(home, who)
    assert waiting == running == []
    assert found_in(resting(tmp_path).items(), wanted) == []
    lines = log.getvalue()
    assert "update_failed" in lines
    assert found_in([("log", lines.encode())], wanted) == []


async def test_the_search_would_find_them(tmp_path: Path) -> None:
    """The control: each spelling of each canary, planted in a table or in a line, is found."""
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as raw, raw:
        raw.execute("CREATE TABLE planted (x)")
        for value in (SENTENCE, 7_000_000_001, FIRST_MESSAGE):
            for needle in spellings(value).values():
                raw.execute("INSERT INTO planted VALUES (?)", (needle,))
    for value in (SENTENCE, 7_000_000_001, FIRST_MESSAGE):
        assert len(found_in(resting(tmp_path).items(), [value])) == len(spellings(value))


async def test_the_exit_takes_the_answers(tmp_path: Path) -> None:
    """After an exit the conversation holds no answer, no way back and no need, and one dull card stands in the chat."""
    async with house(tmp_path) as home:
        who = xiadani(home)
        await lives(home, who)
        await home.says(who, "falta mi hijo")
        await home.taps(who, "Sí")
        assert (await stored(home, who, tmp_path)).answers
        await home.says(who, "salir")
        after = await stored(home, who, tmp_path)
        assert (dict(after.answers), after.trail, after.needs, after.queue, after.seen) == ({}, (), (), (), ())
        assert len(home.left(who)) == 1
        assert rows_of_people(tmp_path)["message"] == 1
        assert rows_of_people(tmp_path)["outbox"] == 0
        assert found_in(resting(tmp_path).items(), canaries(home, who)) == []


async def test_an_erasure_leaves_the_cover_mark_alone(tmp_path: Path) -> None:
    """After an erasure: one row, the mark, in the whole database; an empty log; and the file no longer holds even the ciphertext."""
    async with house(tmp_path) as home:
        who = xiadani(home)
        await lives(home, who)
        sealed = blobs(tmp_path)
        assert len(sealed) >= 4
        await home.says(who, "borrar")
        home.api.tap_label(who, "Sí, borrar")
        await home.settle()
        assert set(rows_of_people(tmp_path).values()) == {0}
        with closing(sqlite3.connect(f"{(tmp_path / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
            assert raw.execute("SELECT count(*) FROM cover").fetchone() == (1,)
        assert (tmp_path / f"{DATABASE_FILE}-wal").stat().st_size == 0
        content = b"".join(resting(tmp_path).values())
        assert [blob for blob in sealed if blob in content] == []
        assert found_in(resting(tmp_path).items(), canaries(home, who)) == []


def blobs(folder: Path) -> list[bytes]:
    """Everything sealed that lies in the database now."""
    with closing(sqlite3.connect(f"{(folder / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
        found = [raw.execute(f"SELECT {column} FROM {table}").fetchall() for table, column in SEALED]  # noqa: S608
    return [bytes(row[0]) for rows in found for row in rows]


SEALED = (("conversation_key", "wrapped"), ("conversation", "sealed"), ("address", "sealed"), ("message", "sealed"))


async def test_a_seized_database_opens_with_no_other_key(tmp_path: Path) -> None:
    """Without the key file: another keyring is refused, and no sealed field holds its content in clear, nor a key that could open it."""
    async with house(tmp_path) as home:
        who = xiadani(home)
        await lives(home, who)
        wanted = canaries(home, who)
        conversation = encode_conversation(await stored(home, who, tmp_path))
    seized = tmp_path / "seized"
    seized.mkdir()
    (seized / DATABASE_FILE).write_bytes((tmp_path / DATABASE_FILE).read_bytes())
    with pytest.raises(StorageForeign):
        await open_storage(seized / DATABASE_FILE, Keyring.in_memory(), SystemClock())
    content = (seized / DATABASE_FILE).read_bytes()
    assert found_in([("database", content)], wanted) == []
    pieces = {conversation[at : at + 12] for at in range(len(conversation) - 12)}
    assert not any(piece in blob for blob in blobs(tmp_path) for piece in pieces)
    assert all(len(blob) > KEY_BYTES for blob in blobs(tmp_path))


async def test_the_webhook_logs_nothing_either(tmp_path: Path) -> None:
    """The same conversation pushed instead of polled."""
    with overheard() as log:
        async with house(tmp_path, webhook=True) as home:
            who = xiadani(home)
            await lives(home, who)
            quotes(home, who)
            await home.settle()
            wanted = canaries(home, who)
    assert found_in([("log", log.getvalue().encode()), *resting(tmp_path).items()], wanted) == []
