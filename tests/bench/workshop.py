"""Sets up what the bench needs in `.venv/bench`, once: the load server (Go), the peers' Python environment, grammY (Node), a slow disk (C).

What cannot be set up for want of a program is said in one line. Without Go nothing runs; without Node the grammY peers are left out, and
their goals are then shown as not measured, never as reached.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
CACHE: Final = ROOT / ".venv" / "bench"
NO_GO: Final = "Go is missing: run 'apt-get install golang-go' as root, then again"
NO_NODE: Final = "Node is missing, so grammY is left out: run 'apt-get install nodejs npm' as root to have it"
NO_GCC: Final = "gcc is missing, so the slow disk is left out: run 'apt-get install gcc libc6-dev' as root to have it"


class NotReady(Exception):
    """The bench cannot be set up; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where everything is. None: could not be had, and `lacks` says why."""

    server: Path
    python: Path
    node: Path | None
    slow_disk: Path | None
    lacks: tuple[str, ...]


def prepare(say: Callable[[str], None]) -> Workshop:
    """Build what is missing or has changed. Raises `NotReady`. Needs the network the first time, for the peers' packages."""
    CACHE.mkdir(parents=True, exist_ok=True)
    server, python = _server(say), _peers(say)
    node = _node(say) if shutil.which("node") and shutil.which("npm") else None
    slow = _slow_disk(say) if shutil.which("gcc") else None
    lacks = [line for line, had in ((NO_NODE, node), (NO_GCC, slow)) if had is None]
    return Workshop(server=server, python=python, node=node, slow_disk=slow, lacks=tuple(lacks))


def _server(say: Callable[[str], None]) -> Path:
    built = CACHE / "load_server"
    if not shutil.which("go"):
        raise NotReady(NO_GO)
    sources = [*sorted((HERE / "load_server").glob("*.go")), HERE / "load_server" / "go.mod"]
    _once(built, sources, say, "building the load server", lambda: _run(["go", "build", "-o", str(built), "."], HERE / "load_server"))
    return built


def _peers(say: Callable[[str], None]) -> Path:
    home = CACHE / "peers"
    python = home / "bin" / "python"
    pins = ROOT / "requirements" / "bench.txt"

    def make() -> None:
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)], ROOT)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(pins)]
        _run(pip, ROOT)

    _once(home, [pins], say, "installing python-telegram-bot and aiogram for the peers", make)
    return python


def _node(say: Callable[[str], None]) -> Path:
    home = CACHE / "node"
    sources = sorted((HERE / "node").glob("*.js*"))

    def make() -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for source in sources:
            shutil.copy(source, home)
        _run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"], home)
        _run(["node", "-e", 'new (require("better-sqlite3"))(":memory:")'], home)

    _once(home, sources, say, "installing grammY", make)
    return home / "grammy_session.js"


def _slow_disk(say: Callable[[str], None]) -> Path:
    built = CACHE / "slow_disk.so"
    source = HERE / "slow_disk.c"
    gcc = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(built), str(source), "-ldl"]
    _once(built, [source], say, "building the slow disk", lambda: _run(gcc, ROOT))
    return built


def _once(made: Path, sources: Sequence[Path], say: Callable[[str], None], what: str, make: Callable[[], None]) -> None:
    """Make it unless it was made from these very sources."""
    seal = CACHE / f"{made.name}.made-from"
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    if made.exists() and seal.exists() and seal.read_text("utf-8") == digest:
        return
    say(what)
    seal.unlink(missing_ok=True)
    make()
    seal.write_text(digest, "utf-8")


def _run(command: Sequence[str], where: Path) -> None:
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=where, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(f"{' '.join(command[:4])} ... failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
