"""Row 11: a thousand open cases, a hundred responders, and twenty messages a second between them, both ways.

The local Bot API server runs here, with both bots and everybody's phones; Amparo is the real program on a processor of its own. The cases
are written beforehand through Amparo's own storage; everything else comes as it would from Telegram: people press Start, each seeker's
first message makes the topic in which the responder then answers. Times are taken by the server's own record of calls.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import IO, Final

from bot.botapi.people import Bot as ApiBot
from bot.botapi.people import Person
from bot.botapi.server import LocalBotApi
from bot.clock import SystemClock
from bot.domain import handoff
from bot.domain.case import CONSENT_DAYS, DAY, Case, Consent, Purpose
from bot.domain.clocks import Clocks, clocks_of
from bot.domain.handoff import CONTACT_SCOPE
from bot.domain.seeker import SeekerId
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.house import load_house
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.storage.folder import DataFolder
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.usecases.desk_ports import DeskWrite
from tests.bench.bots import Bot
from tests.bench.experiment import Failed, Numbers, cpu_seconds, pinned, processors, rss_mb
from tests.bench.workshop import ROOT, Workshop

TOKEN: Final = "4200000001:the-seekers-bot-of-the-bench-only-012345678"
DESK_TOKEN: Final = "4200000002:the-responders-bot-of-the-bench-only-0123"
CASES, RESPONDERS, RATE = 1000, 100, 20.0
MARK: Final = re.compile(r"nopal-(\d+)")
READY_SECONDS: Final = 180.0
DRAIN_SECONDS: Final = 20.0


def measure_relay(bot: Bot, workshop: Workshop, secs: float) -> Numbers:
    """Relay for `secs`. Times in ms: `relay_...` from a seeker's message accepted to its arrival in the responder's topic, `back_...` the
    other way, less the short hold. `lost`: never arrived. Memory in MB: `idle_mb` with an empty folder, `cases_mb` with all cases and
    nothing said yet, `rss_mb` at the end. `cpu`: share of its processor."""
    return asyncio.run(_measure(bot, workshop, secs))


async def _measure(bot: Bot, workshop: Workshop, secs: float) -> Numbers:
    with tempfile.TemporaryDirectory(prefix="amparo-bench-relay-") as scratch:
        async with LocalBotApi(checked=False) as api:
            api.add_bot(TOKEN)
            desk = api.add_bot(DESK_TOKEN, username="amparo_bench_desk_bot", name="Mesa", topics=True)
            idle = await _idle(bot, workshop, api, Path(scratch))
            town = Town(api, desk)
            clocks = await town.settle_in(Path(scratch) / "data")
            with (Path(scratch) / "said.txt").open("wb") as log, Running(bot, workshop, api, Path(scratch) / "data", log) as running:
                await town.begin(running)
                cases = rss_mb(running.pid)
                cpu, began = cpu_seconds(running.pid), time.monotonic()
                await town.converse(secs)
                share = (cpu_seconds(running.pid) - cpu) / (time.monotonic() - began)
                await town.arrived(clocks.hold + DRAIN_SECONDS, running)
                rss = rss_mb(running.pid)
            return town.counted(clocks.hold) | {"idle_mb": idle, "cases_mb": cases, "rss_mb": rss, "cpu": share}


async def _idle(bot: Bot, workshop: Workshop, api: LocalBotApi, scratch: Path) -> float:
    with (scratch / "idle.txt").open("wb") as log, Running(bot, workshop, api, scratch / "empty", log) as running:
        await running.until(lambda: len(api.calls("deleteWebhook")) >= 2, READY_SECONDS)
        await asyncio.sleep(1.0)
        return rss_mb(running.pid)


class Running:
    """Amparo as a process on its own processor."""

    def __init__(self, bot: Bot, workshop: Workshop, api: LocalBotApi, folder: Path, log: IO[bytes]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._log = log
        command = bot.command(workshop, 0)
        if command is None:
            raise Failed(f"{bot.name} cannot run on this machine")
        told = {"AMPARO_TELEGRAM_TOKEN": TOKEN, "AMPARO_RESPONDERS_TOKEN": DESK_TOKEN, "AMPARO_TELEGRAM_API": api.root}
        environment = bot.environment(0, 0, folder) | told
        self._process = subprocess.Popen([*pinned(processors()[0]), *command], env=environment, cwd=folder, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for something; it must live meanwhile. Answers whether it came."""
        end = time.monotonic() + seconds
        while not condition():
            if self._process.poll() is not None:
                raise Failed(f"amparo ended by itself: {self._said()}")
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    def _said(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text("utf-8", "replace")[-1500:]


class Town:
    """Everybody, and what was said when."""

    def __init__(self, api: LocalBotApi, desk: ApiBot) -> None:
        self._api, self._desk = api, desk
        self._random = Random(11)
        self._seekers = [api.add_user("Zutana", "es") for _ in range(CASES)]
        self._staff = [api.add_user(f"R{number}", "es", bot=desk) for number in range(RESPONDERS)]
        self._threads: dict[int, tuple[Person, int]] = {}
        self._sent: dict[int, tuple[float, bool]] = {}
        self._came: dict[int, float] = {}
        self._read = 0
        self._number = 0

    async def settle_in(self, folder: Path) -> Clocks:
        """Write responders and their cases, ten each; everybody has pressed Start."""
        loaded = load_house(ROOT)
        if loaded.desk is None:
            raise Failed("content/clocks.yaml cannot be read")
        clocks = clocks_of(loaded.desk.clocks)
        with DataFolder.lock(folder) as held:
            keyring, now = Keyring.load_or_create(held.path), int(time.time())
            async with await open_storage(held.database, keyring, SystemClock()) as storage:
                await _write(storage, Pseudonyms(keyring.pepper), self._seekers, self._staff, now, clocks)
        for person in self._staff:
            self._api.press_start(person, bot=self._desk)
        for person in self._seekers:
            self._api.press_start(person)
        return clocks

    async def begin(self, running: Running) -> None:
        """Everybody's screen is there, and each case has its topic: made by the first message."""
        await self._ready(running, lambda: all(self._answered(person) for person in self._seekers), "people were not answered")
        for person in self._seekers:
            self._say(person)
        await self._ready(running, self._all_came, "first messages did not arrive")
        for person in self._staff:
            for thread, _ in self._api.topics(person, bot=self._desk):
                self._threads[len(self._threads)] = (person, thread)
        if len(self._threads) != CASES:
            raise Failed(f"{len(self._threads)} topics for {CASES} cases")
        self._sent.clear()
        self._came.clear()

    async def _ready(self, running: Running, condition: Callable[[], bool], problem: str) -> None:
        if not await running.until(condition, READY_SECONDS):
            raise Failed(problem)

    def _answered(self, person: Person) -> bool:
        return any(message.bot is not None for message in self._api.messages(person))

    def _say(self, person: Person) -> None:
        self._number += 1
        self._sent[self._number] = (self._api.now(), False)
        self._api.text(person, f"le cuento que nopal-{self._number}")

    def _reply(self, person: Person, thread: int) -> None:
        self._number += 1
        self._sent[self._number] = (self._api.now(), True)
        self._api.text(person, f"le contesto que nopal-{self._number}", bot=self._desk, thread=thread)

    async def converse(self, secs: float) -> None:
        """One message after the other, by the clock: from a seeker, from a responder, and so on."""
        began = time.monotonic()
        for number in range(int(RATE * secs)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            if number % 2:
                self._reply(*self._threads[self._random.randrange(CASES)])
            else:
                self._say(self._random.choice(self._seekers))

    async def arrived(self, seconds: float, running: Running) -> None:
        """Wait for what is still on its way; what has not come then is lost."""
        await running.until(self._all_came, seconds)

    def _all_came(self) -> bool:
        calls = self._api.calls()
        fresh = [call for call in calls if call.n > self._read]
        self._read = max((call.n for call in fresh), default=self._read)
        for call in fresh:
            if call.method == "sendMessage" and call.ok:
                for mark in MARK.findall(str(call.params.get("text", ""))):
                    self._came.setdefault(int(mark), call.at)
        return self._sent.keys() <= self._came.keys()

    def counted(self, hold: int) -> Numbers:
        """What came of it."""
        there = {True: list[float](), False: list[float]()}
        for number, (at, back) in self._sent.items():
            if number in self._came:
                there[back].append((self._came[number] - at - (hold if back else 0)) * 1000)
        return {
            "relayed": float(len(self._sent)),
            "lost": float(len(self._sent.keys() - self._came.keys())),
            "relay_p50_ms": _percentile(there[False], 0.5),
            "relay_p99_ms": _percentile(there[False], 0.99),
            "back_p50_ms": _percentile(there[True], 0.5),
            "back_p99_ms": _percentile(there[True], 0.99),
        }


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


async def _write(
    storage: SqlStorage, pseudonyms: Pseudonyms, seekers: Sequence[Person], staff: Sequence[Person], now: int, clocks: Clocks
) -> None:
    each = CASES // RESPONDERS
    responders = tuple(
        Responder(
            id=0,
            account=pseudonyms.mark("tg-responder", pseudonyms.telegram_user(person.id)),
            organization="demo",
            role=StaffRole.RESPONDER,
            state=ResponderState.ACTIVE,
            alias=f"R{number}",
            chat_id=person.id,
            cap=2 * each,
            duty_until=now + DUTY_SECONDS,
        )
        for number, person in enumerate(staff)
    )
    await storage.write_desk(DeskWrite(at=now, responders=responders))
    known = {one.chat_id: one.id for one in (await storage.staff()).responders}
    for number, person in enumerate(staff):
        mine = seekers[number * each : (number + 1) * each]
        made = (
            _case(storage.desk_number(), SeekerId(pseudonyms.telegram_user(one.id)), number * each + at, now) for at, one in enumerate(mine)
        )
        taken = tuple(handoff.answer(handoff.claim(case, known[person.id], now, clocks=clocks), now) for case in made)
        await storage.write_desk(DeskWrite(at=now, cases=taken))


def _case(number: int, seeker: SeekerId, name: int, now: int) -> Case:
    consent = Consent(
        purpose=Purpose.CONTACT,
        organization="demo",
        text_version="0" * 16,
        locale="es",
        scope=CONTACT_SCOPE,
        granted_at=now,
        until=now + CONSENT_DAYS * DAY,
    )
    return handoff.request(now, id=number, seeker=seeker, designation=f"Faro {name}", consent=consent)
