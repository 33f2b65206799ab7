"""The bots that are compared, and how each is started. Each gets an empty data folder of its own and polls a server on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.workshop import HERE, ROOT, Workshop

PEERS: Final = HERE / "peers"
Command = Callable[[Workshop, int], list[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """`command(workshop, port)` is None when this machine lacks what the bot runs on. `script`: what people say to it."""

    name: str
    title: str
    command: Command
    script: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    def environment(self, port: int, hook_port: int, folder: Path) -> dict[str, str]:
        """A clean environment: nothing of whoever runs the bench reaches the bot."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("AMPARO_", "BENCH_", "PYTHON"))}
        told = {name: value.format(port=port, hook_port=hook_port, folder=folder) for name, value in self.extra.items()}
        return ours | {"BENCH_DATA": str(folder)} | told


AMPARO_SETTINGS: Final = {
    "AMPARO_TELEGRAM_TOKEN": "42:TEST",
    "AMPARO_TELEGRAM_API": "http://127.0.0.1:{port}",
    "AMPARO_DATA": "{folder}",
    "AMPARO_CONTENT": str(ROOT),
    "AMPARO_LIMITS": "off",
    "PYTHONPATH": str(ROOT),
}
WEBHOOK: Final = {"AMPARO_WEBHOOK_URL": "http://127.0.0.1:{hook_port}", "AMPARO_WEBHOOK_LISTEN": "127.0.0.1:{hook_port}"}


def _amparo(_: Workshop, __: int) -> list[str]:
    return [sys.executable, "-m", "bot", "run"]


def _profiled(_: Workshop, __: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.profiled"]


def _python(script: str, *arguments: str) -> Command:
    def command(workshop: Workshop, port: int) -> list[str]:
        return [str(workshop.python), str(PEERS / script), str(port), *arguments]

    return command


def _node(how: str) -> Command:
    def command(workshop: Workshop, port: int) -> list[str] | None:
        return ["node", str(workshop.node), str(port), how] if workshop.node else None

    return command


def _ours(name: str, title: str, extra: Mapping[str, str], command: Command = _amparo) -> Bot:
    return Bot(name=name, title=title, command=command, script=HERE / "amparo.json", extra=AMPARO_SETTINGS | dict(extra))


def _peer(name: str, title: str, command: Command) -> Bot:
    return Bot(name=name, title=title, command=command, script=PEERS / "triage.json")


def slow(workshop: Workshop, milliseconds: int) -> Bot | None:
    """Amparo on a disk whose commits take this much longer; None without a C compiler."""
    if workshop.slow_disk is None:
        return None
    extra = {"LD_PRELOAD": str(workshop.slow_disk), "BENCH_COMMIT_MS": str(milliseconds)}
    return _ours("amparo-slow", f"Amparo, commits {milliseconds} ms slower", extra)


def profiled(report: Path) -> Bot:
    """Amparo under cProfile, which writes `report` when it is stopped."""
    return _ours("amparo-profiled", "Amparo under cProfile", {"BENCH_PROFILE": str(report)}, _profiled)


AMPARO: Final = _ours("amparo", "Amparo", {})
AMPARO_WEBHOOK: Final = _ours("amparo-webhook", "Amparo, webhook", WEBHOOK)
A: Final = _peer("a", "a  python-telegram-bot, memory", _python("ptb_conversation.py", "none"))
B: Final = _peer("b", "b  python-telegram-bot + PicklePersistence", _python("ptb_conversation.py", "pickle"))
C: Final = _peer("c-full", "c  python-telegram-bot + aiosqlite, FULL", _python("ptb_sqlite.py"))
D: Final = _peer("d", "d  aiogram, memory", _python("aiogram_fsm.py"))
F: Final = _peer("f-sess-sqlite", "f  grammY session + SQLite", _node("start"))
F_RUN: Final = _peer("f-run-sqlite", "f  grammY runner + SQLite", _node("run"))
