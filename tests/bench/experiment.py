"""One bot under one load: a load server, a bot, both pinned to processors of their own, and what came of it as plain numbers.

The bot has the first processor this process may use, the load server has the others. On a machine with a single one they share it, and
figures from such a machine compare nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.bench.bots import Bot
from tests.bench.workshop import Workshop

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
Numbers = dict[str, float]


class Failed(Exception):
    """A bot or the load server did not do its part; the message says which and what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What people do. `rate` 0: each writes again as soon as answered (closed loop); otherwise so many updates/s come whatever happens.

    `delay_ms`: how long the Bot API takes to answer each call. `faults`: further arguments of the load server.
    """

    users: int
    rate: float = 0.0
    delay_ms: int = 0
    faults: tuple[str, ...] = ()
    secs: float
    warm: float = 3.0
    drain: float = 10.0

    def arguments(self) -> list[str]:
        """For the load server."""
        loop = ["-loop", "open", "-rate", f"{self.rate:.1f}"] if self.rate else ["-loop", "closed"]
        times = ["-warm", f"{self.warm}s", "-secs", f"{self.secs}s", "-drain", f"{self.drain}s", "-delay", f"{self.delay_ms}ms"]
        return ["-users", str(self.users), *loop, *times, *self.faults]


class Stage:
    """A load server and a bot that talk. The bot may be killed and started again on the same data folder."""

    def __init__(self, bot: Bot, load: Load, workshop: Workshop, folder: Path, log: IO[bytes]) -> None:
        self._bot, self._load, self._workshop, self._folder, self._log = bot, load, workshop, folder, log
        self._port, self._hook_port = _free_ports()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pid(self) -> int:
        """The bot's process."""
        return self._running["bot"].pid

    def open(self) -> None:
        """Start the load server, then the bot."""
        others = processors()[1]
        server = [str(self._workshop.server), "-port", str(self._port), "-script", str(self._bot.script), "-procs", str(len(others))]
        command = [*pinned(others), *server, *self._load.arguments()]
        self._running["server"] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)
        self._until(0, 5.0, "the load server did not come up")
        self._start()

    def _start(self) -> None:
        command = self._bot.command(self._workshop, self._port)
        if command is None:
            raise Failed(f"{self._bot.name} cannot run on this machine")
        env = self._bot.environment(self._port, self._hook_port, self._folder)
        whole = [*pinned(processors()[0]), *command]
        self._running["bot"] = subprocess.Popen(whole, env=env, cwd=self._folder, stdout=self._log, stderr=self._log)

    def _ask(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=5) as answer:
            return int(answer.read())

    def _phase(self) -> int:
        """0: nobody polls yet, 1: warming up, 2: measuring, 3: draining, 4: done, -1: no server."""
        try:
            return self._ask("/_phase")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return -1

    def reach(self, phase: int) -> None:
        """Wait for a phase of the load server; the bot must live meanwhile."""
        self._until(phase, START_SECONDS, f"{self._bot.name} did not come")

    def _until(self, phase: int, seconds: float, problem: str) -> None:
        end = time.monotonic() + seconds
        while self._phase() < phase:
            self.check_alive()
            if time.monotonic() > end:
                raise Failed(f"{problem}{self._said()}")
            time.sleep(0.02)

    def check_alive(self) -> None:
        """Raises `Failed` when the bot, or the load server before its time, has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None and (name == "bot" or process.returncode):
                raise Failed(f"{self._bot.name}: the {name} ended by itself with status {process.returncode}{self._said()}")

    def _said(self) -> str:
        self._log.flush()
        text = Path(self._log.name).read_text("utf-8", "replace").strip()
        return f": {text[-1500:]}" if text else ""

    def kill(self) -> None:
        """kill -9, then start again at once, as a service manager would."""
        self.check_alive()
        self._running["bot"].send_signal(signal.SIGKILL)
        self._running["bot"].wait()
        self._ask("/_kill")
        self._start()

    def result(self) -> Numbers:
        """What the load server counted, once it is done; the bot must live until then."""
        try:
            printed = self._running["server"].communicate(timeout=self._load.secs + self._load.drain + 30)[0].decode().strip()
        except subprocess.TimeoutExpired:
            raise Failed("the load server did not end") from None
        self.check_alive()
        if not printed:
            raise Failed(f"the load server counted nothing{self._said()}")
        return _numbers(json.loads(printed.splitlines()[-1]))

    def close(self) -> None:
        """Stop both; kill what does not stop."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def stage(bot: Bot, load: Load, workshop: Workshop, stored: Path | None = None) -> Iterator[Stage]:
    """Set both up in a fresh folder (a copy of `stored`, when given) and clear everything away."""
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as scratch, (Path(scratch) / "said.txt").open("wb") as log:
        folder = Path(scratch) / "data"
        if stored:
            shutil.copytree(stored, folder)
        else:
            folder.mkdir(mode=0o700)
        opened = Stage(bot, load, workshop, folder, log)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


def measure(bot: Bot, load: Load, workshop: Workshop, stored: Path | None = None) -> Numbers:
    """Run a bot under a load.

    Numbers of the load server, and `cpu_us` an update, `cpu` (the bot's share of its processor), `others` (what others took of it: a
    busy machine), `rss_mb` at the end, `idle_mb` before anybody wrote.
    """
    with stage(bot, load, workshop, stored) as on:
        on.reach(1)
        idle = rss_mb(on.pid)
        on.reach(2)
        began, cpu, busy = time.monotonic(), cpu_seconds(on.pid), busy_seconds(processors()[0][0])
        time.sleep(max(0.5, load.secs - 0.2))
        on.check_alive()
        took = time.monotonic() - began
        share = (cpu_seconds(on.pid) - cpu) / took
        others = max(0.0, (busy_seconds(processors()[0][0]) - busy) / took - share)
        rss = rss_mb(on.pid)
        counted = on.result()
    per_update = share / counted["updates_per_s"] * 1e6 if counted["updates_per_s"] else float("inf")
    return counted | {"cpu": share, "others": others, "cpu_us": per_update, "rss_mb": rss, "idle_mb": idle}


def kill_twice(bot: Bot, load: Load, workshop: Workshop) -> Numbers:
    """Kill the bot in the middle of its work, twice, evenly spread over the measured time."""
    with stage(bot, load, workshop) as on:
        on.reach(2)
        for _ in range(2):
            time.sleep(load.secs / 3)
            on.kill()
        return on.result()


def unanswered(counted: Numbers) -> float:
    """People still waiting at the end, given up on, or answered with something else."""
    return counted["waiting"] + counted["lost"] + counted["unexpected"] + counted["no_button"]


def cpu_seconds(pid: int) -> float:
    """Time the process has used, user and system, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds(processor: int) -> float:
    """Time this processor was not idle, whoever used it, a hypervisor included."""
    lines = Path("/proc/stat").read_text("utf-8").splitlines()
    fields = next(line.split()[1:9] for line in lines if line.startswith(f"cpu{processor} "))
    idle, waiting = 3, 4
    return sum(int(value) for place, value in enumerate(fields) if place not in (idle, waiting)) / TICKS


def rss_mb(pid: int) -> float:
    """Resident memory in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * PAGE / 2**20


def processors() -> tuple[list[int], list[int]]:
    """The bot's processor, and the others."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[:1], allowed[1:] or allowed


def pinned(which: list[int]) -> list[str]:
    """What stands before a command to keep it on these processors."""
    return ["taskset", "-c", ",".join(map(str, which))]


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])


def _numbers(said: dict[str, object]) -> Numbers:
    """The flat numbers, and calls to the Bot API as `call.<method>`."""
    flat = {name: float(value) for name, value in said.items() if isinstance(value, int | float)}
    calls = said.get("calls")
    per = {f"call.{name}": float(value) for name, value in calls.items()} if isinstance(calls, dict) else {}
    return flat | per
