"""`amparo run` under cProfile: how `make bench ARGS=--profile` finds where the time goes. The profile is written when the bot is stopped.

Only the event loop's thread is profiled; SQLite works in a thread of its own. cProfile makes small functions look dearer than they are.
"""

from __future__ import annotations

import cProfile
import os
import sys
from contextlib import suppress

from bot.cli import main


def run() -> None:
    """Serve until told to stop, then write the profile to the file named by BENCH_PROFILE."""
    sys.argv = ["amparo", "run"]
    profile = cProfile.Profile()
    profile.enable()
    with suppress(SystemExit):
        main()
    profile.disable()
    profile.dump_stats(os.environ["BENCH_PROFILE"])


if __name__ == "__main__":
    run()
