"""Goes round: in every round each row's bots one after the other, so that a slow minute of the machine hits all of them alike."""

from __future__ import annotations

import argparse
import json
import os
import platform
import pstats
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.bench import bots, goals, stored
from tests.bench.bots import Bot
from tests.bench.experiment import Failed, Load, Numbers, kill_twice, measure, unanswered
from tests.bench.goals import Judged, Results, judge
from tests.bench.relayed import measure_relay
from tests.bench.workshop import CACHE, HERE, NotReady, Workshop, prepare

out: Final = Console(highlight=False, width=130)
LOG: Final = HERE / "results.jsonl"
USUAL: Final = frozenset({1, 2, 4, 7, 8, 11})
ALL: Final = frozenset(range(1, 12))
RELAYED: Final = 11
"""The row that is no load of one bot: two bots, and people on both sides."""
FAULTY: Final = ("-p429", "0.01", "-retry-after", "1", "-p5xx", "0.02", "-pdrop-before", "0.01")
COMMIT_MS: Final = 10
NOISY: Final = 0.05
"""Share of the bot's processor that others may take before the line says so."""
RELAY_SECONDS: Final = 20.0
"""Least measured time of row 11: at twenty a second, four hundred messages."""
KILL_SECONDS: Final = 12.0
"""Least measured time of row 7: a start takes seconds, and there are two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One experiment of the round. `rows`: the goals that need it. `share`: the rate is this part of Amparo's own saturated one (kills).

    `stored`: conversations that are there beforehand.
    """

    rows: frozenset[int]
    name: str
    bot: Bot
    load: Load
    share: float = 0.0
    stored: int = 0


def main() -> int:
    """Set up, go round, print. Status 1 when a measured goal is missed, 2 when the bench cannot run."""
    options = _options()
    try:
        workshop = prepare(out.print)
        if options.profile:
            return _profile(workshop, options.secs)
        results = _rounds(workshop, options)
    except (NotReady, Failed) as problem:
        out.print(f"bench: {problem}", markup=False)
        return 2
    judged = judge(results, options.chosen)
    _show(judged, workshop)
    return 1 if any(goal.reached is False for goal in judged) else 0


class _Options(argparse.Namespace):
    rounds: int
    secs: float
    all: bool
    rows: str
    stored: int
    profile: bool
    chosen: frozenset[int]


def _options() -> _Options:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Amparo beside its peers, on this machine.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; medians are compared (3)")
    parser.add_argument("--secs", type=float, default=8.0, help="measured seconds of each run (8)")
    parser.add_argument("--all", action="store_true", help="all eleven rows, not only 1, 2, 4, 7, 8 and 11")
    parser.add_argument("--rows", default="", help="only these rows, such as 1,7")
    parser.add_argument("--stored", type=int, default=100_000, help="stored conversations of row 5 (100000)")
    parser.add_argument("--profile", action="store_true", help="Amparo alone under cProfile: the forty functions that take most time")
    options = parser.parse_args(namespace=_Options())
    rows = frozenset(int(row) for row in options.rows.split(",") if row)
    if not rows <= ALL:
        parser.error("rows are 1 to 11")
    options.chosen = rows or (ALL if options.all else USUAL)
    return options


def _plan(workshop: Workshop, secs: float, many: int) -> Iterator[Run]:
    """Everything there is to run, in the order of a round."""
    near, far = Load(users=200, secs=secs), Load(users=200, secs=secs, delay_ms=30)
    for bot in (bots.AMPARO, bots.B, bots.C, bots.D, bots.F):
        ours = {3, 4, 5, 6, 7, 9, 10} if bot is bots.AMPARO else set()  # the rows that compare with Amparo's own rate
        yield Run(rows=frozenset({1} | ours - {3}), name=goals.SATURATED, bot=bot, load=near)
    for bot in (bots.AMPARO, bots.A, bots.C, bots.D, bots.F_RUN):
        yield Run(rows=frozenset({2}), name=goals.FAR, bot=bot, load=far)
    for bot in (bots.AMPARO, bots.B):
        rows = frozenset({3, 6}) if bot is bots.AMPARO else frozenset({3})
        yield Run(rows=rows, name=goals.CALM, bot=bot, load=Load(users=400, rate=200, secs=secs))
    yield Run(rows=frozenset({3, 6}), name=goals.BRISK, bot=bots.AMPARO, load=Load(users=2000, rate=1000, secs=secs))
    yield Run(rows=frozenset({4, 5}), name=goals.CROWD, bot=bots.AMPARO, load=Load(users=2000, secs=secs))
    for name, count in ((goals.FEW, 1000), (goals.MANY, many)):
        yield Run(rows=frozenset({5}), name=name, bot=bots.AMPARO, load=near, stored=count)
    kills = Load(users=500, rate=1, secs=max(secs, KILL_SECONDS), warm=1, drain=30)
    yield Run(rows=frozenset({7}), name=goals.KILLS, bot=bots.AMPARO, load=kills, share=0.8)
    yield Run(rows=frozenset({8}), name=goals.FAULTS, bot=bots.AMPARO, load=Load(users=500, secs=secs, faults=FAULTY, drain=30))
    if (slow := bots.slow(workshop, COMMIT_MS)) is not None:
        yield Run(rows=frozenset({9}), name=goals.SLOW, bot=slow, load=near)
    yield Run(rows=frozenset({10}), name=goals.HOOK, bot=bots.AMPARO_WEBHOOK, load=near)


def _rounds(workshop: Workshop, options: _Options) -> Results:
    results = Results()
    with tempfile.TemporaryDirectory(prefix="amparo-bench-stored-") as scratch:
        shelf = Path(scratch)
        for number in range(1, options.rounds + 1):
            for run in _plan(workshop, options.secs, options.stored):
                if run.rows & options.chosen and run.bot.command(workshop, 0) is not None:
                    counted = _once(run, results, workshop, shelf)
                    results.add(run.name, run.bot.name, counted)
                    _tell(number, run, counted)
            if RELAYED in options.chosen:
                counted = measure_relay(bots.AMPARO, workshop, max(options.secs, RELAY_SECONDS))
                results.add(goals.RELAY, bots.AMPARO.name, counted)
                _tell_relay(number, counted)
    return results


def _once(run: Run, results: Results, workshop: Workshop, shelf: Path) -> Numbers:
    if run.share:
        rate = run.share * (results.median(goals.SATURATED, "amparo", "updates_per_s") or 0.0)
        users = max(
            run.load.users, int(rate)
        )  # few enough that all steps, also those answered by a new message, are under way when it dies
        return kill_twice(run.bot, _with(run.load, rate=rate, users=users), workshop)
    return measure(run.bot, run.load, workshop, _stored(run, shelf) if run.stored else None)


def _with(load: Load, *, rate: float, users: int) -> Load:
    return Load(users=users, rate=rate, delay_ms=load.delay_ms, faults=load.faults, secs=load.secs, warm=load.warm, drain=load.drain)


def _stored(run: Run, shelf: Path) -> Path:
    """A folder with so many conversations, written once and copied for each round."""
    folder = shelf / str(run.stored)
    if not folder.exists():
        out.print(f"writing {run.stored:,} conversations")
        stored.fill(folder, json.loads(run.bot.script.read_text("utf-8")), run.stored)
    return folder


def _tell(number: int, run: Run, counted: Numbers) -> None:
    """One line on the screen, one in the log."""
    _note(number, run.name, run.bot, counted)
    speed = f"{counted['updates_per_s']:8,.0f}/s  p50 {counted['p50_ms']:7.1f}  p99 {counted['p99_ms']:7.1f} ms"
    cost = f"  {counted['cpu_us']:6,.0f} µs  {counted['rss_mb']:4.0f} MB" if "cpu_us" in counted else ""
    care = f"  unanswered {unanswered(counted):.0f}  repeats {counted['dup']:.0f}  silence {counted['silence_ms']:.0f} ms"
    noise = f"  [others took {counted['others']:.0%} of its processor]" if counted.get("others", 0.0) > NOISY else ""
    out.print(f"{number}  {run.name:13s} {run.bot.title:42s} {speed}{cost}{care}{noise}", markup=False, soft_wrap=True)


def _tell_relay(number: int, counted: Numbers) -> None:
    _note(number, goals.RELAY, bots.AMPARO, counted)
    times = "  ".join(f"{name} {counted[f'{name}_p50_ms']:.0f}/{counted[f'{name}_p99_ms']:.0f} ms" for name in ("relay", "back"))
    memory = f"{counted['rss_mb']:.0f} MB, of them {counted['rss_mb'] - counted['idle_mb']:.0f} above idle"
    out.print(f"{number}  {goals.RELAY:13s} p50/p99: {times}  lost {counted['lost']:.0f}  {memory}  CPU {counted['cpu']:.0%}", markup=False)


def _note(number: int, load: str, bot: Bot, counted: Numbers) -> None:
    """A line in the log."""
    with LOG.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"round": number, "load": load, "bot": bot.name} | _machine() | counted) + "\n")


def _machine() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "loadavg": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _show(judged: list[Judged], workshop: Workshop) -> None:
    table = Table("#", "goal", "Amparo", "other", "ratio", "to reach", "", box=None, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for goal in judged:
        verdict = {True: "reached", False: "MISSED", None: "not measured"}[goal.reached]
        table.add_row(str(goal.row), goal.what, goal.ours, goal.other, goal.ratio, goal.goal, verdict)
    out.print(table)
    for line in workshop.lacks:
        out.print(line, markup=False)


def _profile(workshop: Workshop, secs: float) -> int:
    report = CACHE / "amparo.pstats"
    report.unlink(missing_ok=True)
    counted = measure(bots.profiled(report), Load(users=200, secs=secs), workshop)
    out.print(f"{counted['updates_per_s']:,.0f} updates/s under the profiler, {counted['cpu_us']:,.0f} µs CPU each (it slows everything)")
    pstats.Stats(str(report), stream=sys.stdout).sort_stats("tottime").print_stats(40)
    return 0


if __name__ == "__main__":
    sys.exit(main())
