"""`amparo run` under cProfile: how `make bench ARGS=--profile` finds where the time goes. Profiling begins with polling, so that
loading and compiling the content is not in the picture, and the profile is written when the bot is stopped.

Only the event loop's thread is profiled; SQLite works in a thread of its own. cProfile makes small functions look dearer than they are,
and what the loop itself does and waits (uvloop is not Python) stands as own time of whatever Python function was running it.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import sys
from contextlib import suppress

from bot import bootstrap
from bot.channels.telegram.poller import Poller
from bot.cli import main

PROFILE = cProfile.Profile()


class ProfiledPoller(Poller):
    """The poller, which starts the profile first."""

    async def run(self, stop: asyncio.Event) -> None:
        """Profile from here on."""
        PROFILE.enable()
        await super().run(stop)


def run() -> None:
    """Serve until told to stop, then write the profile to the file named by BENCH_PROFILE."""
    sys.argv = ["amparo", "run"]
    bootstrap.Poller = ProfiledPoller  # type: ignore[attr-defined]  # the product knows nothing of profiles
    with suppress(SystemExit):
        main()
    PROFILE.disable()
    PROFILE.dump_stats(os.environ["BENCH_PROFILE"])


if __name__ == "__main__":
    run()
