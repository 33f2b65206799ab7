"""kill -9 of the real program while seekers and responders write to each other through its two bots.

Promised (issue 3): no message is lost in either direction, at most one is repeated in a chat by a kill, the order is kept, and nothing is
sent after a withdrawal: nothing of the case stays with the responder.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final

import pytest

from bot.botapi.server import LocalBotApi
from bot.storage.folder import DATABASE_FILE
from tests.faults.live_people import LiveResponder, LiveSeeker, let_in, marks
from tests.faults.process import TOKEN, Program
from tests.faults.test_kills import no_words_in

DESK_TOKEN: Final = "4100000002:a-token-for-kill-tests-of-the-desk-0123456789abc"
SEEKERS, RESPONDERS = 8, 3
POINTS: Final = {
    "desk_after_poll": 6,
    "desk_before_acknowledging": 6,
    "desk_before_send": 30,
    "desk_after_send": 20,
    "words_after_send": 4,
    "before_commit": 60,
    "after_commit": 60,
    "after_poll": 15,
    "before_send": 20,
}
"""Every point a relayed message passes, and within how many passes of it the kill comes."""
SHARDS: Final = 4
SOAK_KILLS: Final = int(os.environ.get("AMPARO_SOAK_KILLS", "1000")) // 5
Killing = Callable[[Program, Random], Awaitable[None]]


async def survived(folder: Path, seed: int, killing: Killing, ending: str = "") -> None:
    """Let them converse while the program is killed; then judge. `ending`: a point only passed while some withdraw at the end, where it is
    killed once more."""
    random = Random(seed)
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        desk = api.add_bot(DESK_TOKEN, username="amparo_mesa_bot", name="Mesa", topics=True)
        program = Program(api, folder, responders_token=DESK_TOKEN)
        staff = [api.add_user(f"R{number}", "es", bot=desk) for number in range(RESPONDERS)]
        for person in staff:
            api.press_start(person, bot=desk)
        await let_in(program.data, staff)
        seekers = [LiveSeeker(api, api.add_user("Zutana", "es"), n, n % 4 == 3, Random(random.random())) for n in range(SEEKERS)]
        responders = [LiveResponder(api, desk, person, n, Random(random.random())) for n, person in enumerate(staff)]
        enough = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                for seeker in seekers:
                    group.create_task(seeker.converse(enough))
                for responder in responders:
                    group.create_task(responder.answer(enough))
                await killing(program, random)
                await program.start(ending)
                await asyncio.sleep(1.0)
                enough.set()
                if ending:
                    await program.dies(seconds=60)
                    await program.start()
            await nothing_owed(program.data)
            await program.stop()
        finally:
            await program.abandon()
        judge(seekers, responders, len(program.killed_at))
        assert api.problems() == []
        no_words_in(program.log, api)


async def nothing_owed(data: Path) -> None:
    """Wait until both outboxes are empty and no words are held: the short hold runs by the real clock."""
    outboxes = "(SELECT count(*) FROM outbox) + (SELECT count(*) FROM desk_outbox)"
    owed = f"SELECT {outboxes} + (SELECT count(*) FROM case_words WHERE state IN ('held', 'queued'))"  # noqa: S608
    for _ in range(1200):
        with closing(sqlite3.connect(f"{(data / DATABASE_FILE).as_uri()}?mode=ro", uri=True)) as raw:
            if raw.execute(owed).fetchone() == (0,):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("something is still owed after a minute")


def judge(seekers: Sequence[LiveSeeker], responders: Sequence[LiveResponder], kills: int) -> None:
    """What was written on one phone stands on the other: all of it, in order, and once but for one repeat a kill."""
    at_the_desk = {responder.number: marks(responder.texts(), "zarza") for responder in responders}
    assert sum(seeker.written for seeker in seekers) > SEEKERS, "nobody wrote"
    assert sum(sum(responder.written.values()) for responder in responders), "nobody answered"
    for seeker in seekers:
        found = {n: [number for who, number in came if who == seeker.number] for n, came in at_the_desk.items()}
        holders = [n for n, came in found.items() if came]
        if seeker.withdrawn:
            assert holders == [], f"words of {seeker.number}, who withdrew, stand with {holders}"
            continue
        assert len(holders) == 1, f"words of {seeker.number} stand with {holders}"
        complete(found[holders[0]], seeker.written, kills)
    came = {seeker.number: marks(seeker.texts(), "roble") for seeker in seekers}
    for responder in responders:
        for thread, written in responder.written.items():
            readers = {n: [number for topic, number in all_ if topic == thread] for n, all_ in came.items()}
            holders = [n for n, numbers in readers.items() if numbers]
            assert len(holders) <= 1, f"what was written in one topic reached {holders}"
            gone = [seeker for seeker in seekers if seeker.withdrawn]
            if not holders:
                assert gone, f"nothing written in topic {thread} has come anywhere"
            elif not seekers[holders[0]].withdrawn:
                complete(readers[holders[0]], written, kills)
            else:
                ordered(readers[holders[0]], kills)


def complete(numbers: Sequence[int], written: int, kills: int) -> None:
    """All of them, in order."""
    assert sorted(set(numbers)) == list(range(1, written + 1)), f"lost: {set(range(1, written + 1)) - set(numbers)}"
    ordered(numbers, kills)


def ordered(numbers: Sequence[int], kills: int) -> None:
    """None overtakes another; repeats are at most one a kill."""
    assert list(numbers) == sorted(numbers), f"out of order: {numbers}"
    assert len(numbers) - len(set(numbers)) <= kills, f"repeated: {numbers}"


def at_points(*points: str) -> Killing:
    """Once at each of these, really reached."""

    async def killing(program: Program, random: Random) -> None:
        for point in points:
            await program.start(f"{point}:{random.randint(1, POINTS[point])}")
            await program.dies(seconds=60)

    return killing


def at_random(kills: int, longest: float) -> Killing:
    """At moments nobody chose, also while it is starting and recovering."""

    async def killing(program: Program, random: Random) -> None:
        for _ in range(kills):
            await program.start()
            await asyncio.sleep(longest * random.random())
            await program.kill()

    return killing


async def test_kills_in_the_middle_of_relays(tmp_path: Path) -> None:
    """Once at every named point."""
    await survived(tmp_path, 1, at_points(*POINTS))


async def test_kills_at_random_in_the_middle_of_relays(tmp_path: Path) -> None:
    """A few kills at random moments: some within the hold of a responder's words."""
    await survived(tmp_path, 2, at_random(3, 6.0))


async def test_a_kill_in_the_middle_of_taking_away(tmp_path: Path) -> None:
    """While the words of somebody who withdrew leave a responder's phone: nothing of them stays."""
    await survived(tmp_path, 3, at_random(1, 4.0), ending="desk_inside_removals:1")


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(SHARDS))
async def test_kills_in_the_middle_of_relays_for_long(tmp_path: Path, shard: int) -> None:
    """Rounds of twenty kills: half of them where they were named, half at random."""
    for number in range(max(1, SOAK_KILLS // SHARDS // 20)):
        seed = 20_000 + 1000 * shard + number
        chance = Random(seed)
        for half, killing in (("named", at_points(*chance.choices(tuple(POINTS), k=10))), ("random", at_random(10, 6.0))):
            folder = tmp_path / f"{seed}-{half}"
            folder.mkdir()
            await survived(folder, seed, killing)
