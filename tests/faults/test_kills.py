"""kill -9 of the real program at every named point and at random moments, while fifty people converse with it.

Promised (promises.md 1, 2, 3, 6): no update is lost, no effect happens twice, order is kept in each chat, at most one new message a chat is
repeated by a kill and none where a screen is edited in place. `AMPARO_SOAK_KILLS` says how many kills the long run makes.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from bot.botapi.faults import Fault
from bot.botapi.server import LocalBotApi
from bot.storage.folder import DATABASE_FILE
from tests.faults.ledger import check_calls, check_database
from tests.faults.people import PATIENCE, Seeker
from tests.faults.process import TOKEN, Program

PEOPLE = 50
POINTS = {
    "after_poll": 12,
    "after_advance": 12,
    "before_commit": 30,
    "after_commit": 30,
    "before_acknowledging": 12,
    "before_send": 80,
    "after_send": 80,
    "inside_deletions": 60,
    "between_key_and_checkpoint": 2,
}
"""Every point, and within how many passes of it the kill comes."""
SHARDS = 4
SOAK_KILLS = int(os.environ.get("AMPARO_SOAK_KILLS", "1000"))
Killing = Callable[[Program, Random], Awaitable[None]]


def crowd(api: LocalBotApi, data: Path, seed: int) -> list[Seeker]:
    """Fifty people: some will leave, some will erase everything."""
    endings = ("stay", "exit", "stay", "erase", "exit")
    return [
        Seeker(api, data, api.add_user("Zutana", ("es", "es", "en")[n % 3]), endings[n % len(endings)], seed * 1000 + n)
        for n in range(PEOPLE)
    ]


async def survived(folder: Path, seed: int, killing: Killing, *, acts: int = 6) -> int:
    """Let the crowd converse while the program is killed; then judge. Answers how many messages were repeated."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        program = Program(api, folder)
        seekers = crowd(api, program.data, seed)
        enough = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                for seeker in seekers:
                    group.create_task(seeker.converse(acts, enough))
                await killing(program, Random(seed))
                enough.set()
                await program.start()
            await nothing_owed(program.data)
            await program.stop()
        finally:
            await program.abandon()
        repeated = check_calls(api, seekers, program.killed_at)
        await check_database(program.data, api, seekers, program.killed_at)
        assert api.problems() == []
        no_words_in(program.log, api)
        return repeated


async def nothing_owed(data: Path) -> None:
    """Wait until the outbox is empty and every erasure is finished."""
    for _ in range(1200):
        with closing(sqlite3.connect(f"{(data / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
            if raw.execute("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM erasure)").fetchone() == (0,):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("something is still owed after a minute")


def no_words_in(log: Path, api: LocalBotApi) -> None:
    """A whole run at DEBUG, crashes included, names nobody."""
    text = log.read_text("utf-8")
    assert '"serving"' in text
    assert TOKEN not in text
    assert "Zutana" not in text
    assert not any(str(person) in text for person in api.world.people)


@pytest.mark.parametrize("point", POINTS)
async def test_kill_at_a_named_point(tmp_path: Path, point: str) -> None:
    """Twice at this point, at two different passes of it, each really reached."""

    async def killing(program: Program, random: Random) -> None:
        for _ in range(2):
            await program.start(f"{point}:{random.randint(1, POINTS[point])}")
            await program.dies(seconds=60)

    await survived(tmp_path, sorted(POINTS).index(point), killing)


def at_random(kills: int, longest: float) -> Killing:
    """Kills at moments nobody chose, also while it is starting and recovering."""

    async def killing(program: Program, random: Random) -> None:
        for _ in range(kills):
            await program.start()
            await asyncio.sleep(random.random() * longest)
            await program.kill()

    return killing


@pytest.mark.parametrize("seed", [101, 102])
async def test_kill_at_random(tmp_path: Path, seed: int) -> None:
    """A few kills at random moments."""
    await survived(tmp_path, seed, at_random(4, 0.8))


async def test_a_kill_keeps_a_cover_from_us_that_a_newer_word_replaces(tmp_path: Path) -> None:
    """Somebody leaves and writes again at once. The cover was sent and its number never kept; the wipe, done after the kill, takes away the
    words that stood between it and the screen before. The answer must stand below the cover, not be edited in above it."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        program = Program(api, tmp_path)
        who = api.add_user("Zutana", "es")
        try:
            await program.start()
            api.press_start(who)
            await api.wait(lambda: "Soy Amparo" in api.screen(who).text, seconds=PATIENCE)
            await program.stop()
            api.text(who, "salir")
            api.text(who, "me piden dinero")
            api.faults(Fault(method="sendMessage", kind="slow", times=1, delay=1.0))  # both are committed meanwhile
            await program.start("after_send:1")
            await program.dies(seconds=60)
            await program.start()
            await api.wait(lambda: "te piden dinero" in api.screen(who).text, seconds=PATIENCE)
            await nothing_owed(program.data)
            await program.stop()
        finally:
            await program.abandon()
        assert api.problems() == []


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(SHARDS))
async def test_kill_at_random_for_long(tmp_path: Path, shard: int) -> None:
    """The long run: the kills divided among shards, in rounds of fifty over a data folder that goes on."""
    left, seed = SOAK_KILLS // SHARDS + (shard < SOAK_KILLS % SHARDS), 10_000 * (shard + 1)
    while left > 0:
        folder = tmp_path / str(seed)
        folder.mkdir()
        await survived(folder, seed, at_random(min(left, 50), 1.0), acts=10)
        left, seed = left - 50, seed + 1
