"""The real program as a process of its own: `python -m bot run` against a local Bot API server in the test's process."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from bot.botapi.server import LocalBotApi
from tests.house import ROOT

TOKEN = "4100000001:a-token-for-kill-tests-only-0123456789abc"
ORGANIZATION = "la organización de prueba"


def nobody_answers(house: Path) -> Path:
    """This project's content without any organization: the model of these tests is the engine alone, which knows no desk."""
    if not house.exists():
        shutil.copytree(ROOT / "content", house / "content", ignore=shutil.ignore_patterns("organizations"))
        shutil.copytree(ROOT / "locales", house / "locales")
    return house


class Program:
    """Amparo over one data folder: started, killed and stopped as often as a test likes. Its log is kept beside the folder."""

    def __init__(self, api: LocalBotApi, folder: Path, *, responders_token: str = "") -> None:
        self._api = api
        if responders_token:
            self._own = {"AMPARO_RESPONDERS_TOKEN": responders_token}
        else:
            self._own = {"AMPARO_CONTENT": str(nobody_answers(folder / "house"))}
        self.data = folder / "data"
        self.log = folder / "log"
        self.killed_at: list[int] = []
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, crash_at: str = "") -> None:
        """Start, and return when it makes its first call. `crash_at`: POINT:N."""
        seen = self._api.world.calls.total
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AMPARO_")} | {
            "AMPARO_TELEGRAM_TOKEN": TOKEN,
            "AMPARO_TELEGRAM_API": self._api.root,
            "AMPARO_DATA": str(self.data),
            "AMPARO_LIMITS": "off",
            "AMPARO_ORGANIZATION": ORGANIZATION,
            "AMPARO_LOG_LEVEL": "debug",
            "AMPARO_CRASH_AT": crash_at,
            **self._own,
        }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=environment, cwd=ROOT, stdout=log, stderr=log
            )
        for _ in range(6000):
            if self._api.world.calls.total > seen or not self.running:  # dead already: a point can lie in the recovery
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it makes no call")

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.returncode is None

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        if self.running:
            self._process.kill()
        await self.dies(seconds=10)

    async def dies(self, *, seconds: float) -> None:
        """Wait until it has killed itself at the point it was given; AssertionError when it does not reach it."""
        assert self._process is not None
        try:
            status = await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            raise AssertionError("the point was never reached") from None
        assert status == -signal.SIGKILL, f"ended with {status}: {self.log.read_text('utf-8')[-2000:]}"
        await asyncio.sleep(0.05)  # a call it made in its last moment may still be on its way
        self.killed_at.append(self._api.world.calls.total)

    async def stop(self) -> None:
        """Ask it to end, as a service manager does; AssertionError when it does not end well."""
        if not self.running:
            return
        assert self._process is not None
        self._process.terminate()
        try:
            status = await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError("it did not end when asked to") from None
        assert status == 0, self.log.read_text("utf-8")[-2000:]

    async def abandon(self) -> None:
        """End it whatever happened."""
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()
