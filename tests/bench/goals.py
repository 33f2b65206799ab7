"""The goals, and how close this run came. A goal compares medians of the rounds; what was not measured is never counted as reached.

Goals are those of issue 2, part 8: rows 1, 2, 4, 7, 8 by default, the others on request. What each row means: docs/benchmarks.md.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.bench.experiment import Numbers, unanswered

SATURATED: Final = "saturated"
FAR: Final = "30 ms API"
CROWD: Final = "2,000 people"
CALM: Final = "200/s"
BRISK: Final = "1,000/s"
KILLS: Final = "two kills"
FAULTS: Final = "faults"
SLOW: Final = "slow commits"
HOOK: Final = "webhook"
FEW: Final = "1,000 stored"
MANY: Final = "many stored"
RELAY: Final = "relay"


@dataclass(slots=True)
class Results:
    """What was measured: by load and bot, one entry a round."""

    rounds: dict[tuple[str, str], list[Numbers]] = field(default_factory=lambda: defaultdict(list))

    def add(self, load: str, bot: str, counted: Numbers) -> None:
        """One more round."""
        self.rounds[load, bot].append(counted)

    def of(self, load: str, bot: str) -> list[Numbers]:
        """All rounds of a bot under a load; empty when it was not run."""
        return self.rounds.get((load, bot), [])

    def median(self, load: str, bot: str, number: str) -> float | None:
        """The median of one number, None when it was not measured."""
        values = [counted[number] for counted in self.of(load, bot)]
        return statistics.median(values) if values else None

    def worst(self, load: str, bot: str, number: str) -> float | None:
        """The largest of one number over the rounds."""
        return max((counted[number] for counted in self.of(load, bot)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One goal. `reached` None: not measured. `ours`, `other`, `ratio` are ready to be shown."""

    row: int
    what: str
    ours: str
    other: str
    ratio: str
    goal: str
    reached: bool | None


def judge(results: Results, rows: frozenset[int]) -> list[Judged]:
    """Every goal of these rows, in order."""
    makers = {1: _saturated, 2: _far, 3: _open, 4: _cost, 5: _growth, 6: _stalls, 7: _kills, 8: _faults, 9: _slow, 10: _webhook, 11: _relay}
    return [judged for row in sorted(rows) for judged in makers[row](results)]


def _saturated(results: Results) -> Iterator[Judged]:
    for bot, least in (("b", 6.0), ("c-full", 7.0), ("d", 4.0), ("f-sess-sqlite", 0.6)):
        yield _faster(results, 1, SATURATED, bot, least)


def _far(results: Results) -> Iterator[Judged]:
    for bot, least in (("a", 100.0), ("c-full", 100.0), ("d", 3.5), ("f-run-sqlite", 0.75)):
        yield _faster(results, 2, FAR, bot, least)


def _open(results: Results) -> Iterator[Judged]:
    for number, most in (("p50_ms", 1.0), ("p99_ms", 1.5)):
        ours, theirs = results.median(CALM, "amparo", number), results.median(CALM, "b", number)
        yield _judged(3, f"open loop, 200/s: {number[:3]} to b's", ours, theirs, "ms", at_most=most)
    yield _at_most(3, "open loop, 1,000/s: p99", results.median(BRISK, "amparo", "p99_ms"), 15.0, "ms")


def _cost(results: Results) -> Iterator[Judged]:
    yield _at_most(4, "CPU an update, saturated", results.median(SATURATED, "amparo", "cpu_us"), 330.0, "µs")
    rss, idle = results.median(CROWD, "amparo", "rss_mb"), results.median(CROWD, "amparo", "idle_mb")
    yield _at_most(4, "memory with 2,000 people", rss, 130.0, "MB")
    yield _at_most(4, "of it, above idle", None if rss is None or idle is None else rss - idle, 25.0, "MB")


def _growth(results: Results) -> Iterator[Judged]:
    yield _own(results, 5, "2,000 people to 200", (CROWD, "amparo"), (SATURATED, "amparo"), 0.9)
    yield _own(results, 5, "many stored conversations to 1,000", (MANY, "amparo"), (FEW, "amparo"), 0.9)
    many, few = results.median(MANY, "amparo", "rss_mb"), results.median(FEW, "amparo", "rss_mb")
    yield _at_most(5, "memory they add", None if many is None or few is None else many - few, 40.0, "MB")


def _stalls(results: Results) -> Iterator[Judged]:
    for load in (SATURATED, CALM, BRISK):
        yield _at_most(6, f"longest silence while somebody waits, {load}", results.worst(load, "amparo", "silence_ms"), 50.0, "ms")


def _kills(results: Results) -> Iterator[Judged]:
    runs = results.of(KILLS, "amparo")
    yield _at_most(7, "unanswered after two kills", max(map(unanswered, runs), default=None), 0.0, "")
    yield _at_most(7, "repeats before the first kill", results.worst(KILLS, "amparo", "dup_unkilled"), 0.0, "")
    yield _at_most(7, "most repeats to one chat after one kill", results.worst(KILLS, "amparo", "dup_chat_max"), 1.0, "")
    yield _at_most(7, "repeated edits", results.worst(KILLS, "amparo", "dup_edit"), 0.0, "")


def _faults(results: Results) -> Iterator[Judged]:
    yield _at_most(8, "unanswered with 4 % faulty sends", max(map(unanswered, results.of(FAULTS, "amparo")), default=None), 0.0, "")


def _slow(results: Results) -> Iterator[Judged]:
    yield _own(results, 9, "commits 10 ms slower, to its own", (SLOW, "amparo-slow"), (SATURATED, "amparo"), 0.6)


def _webhook(results: Results) -> Iterator[Judged]:
    yield _own(results, 10, "webhook to its own polling", (HOOK, "amparo-webhook"), (SATURATED, "amparo"), 0.8)


def _relay(results: Results) -> Iterator[Judged]:
    """No peer does this: figures against what a person notices. The way back is let go by a clock that looks once a second."""
    yield _at_most(11, "not arrived, 20 a second among 1,000 cases", results.worst(RELAY, "amparo", "lost"), 0.0, "")
    yield _at_most(11, "seeker to responder, p99", results.median(RELAY, "amparo", "relay_p99_ms"), 250.0, "ms")
    yield _at_most(11, "responder to seeker after the hold, p99", results.median(RELAY, "amparo", "back_p99_ms"), 1500.0, "ms")
    rss, idle = results.median(RELAY, "amparo", "rss_mb"), results.median(RELAY, "amparo", "idle_mb")
    yield _at_most(11, "memory above idle", None if rss is None or idle is None else rss - idle, 60.0, "MB")


def _faster(results: Results, row: int, load: str, bot: str, least: float) -> Judged:
    ours, theirs = results.median(load, "amparo", "updates_per_s"), results.median(load, bot, "updates_per_s")
    return _judged(row, f"{load}, to {bot}", ours, theirs, "/s", at_least=least)


def _own(results: Results, row: int, what: str, ours: tuple[str, str], other: tuple[str, str], least: float) -> Judged:
    one, two = results.median(*ours, "updates_per_s"), results.median(*other, "updates_per_s")
    return _judged(row, what, one, two, "/s", at_least=least)


def _judged(
    row: int, what: str, ours: float | None, other: float | None, unit: str, *, at_least: float = 0.0, at_most: float | None = None
) -> Judged:
    """A ratio to somebody else's number."""
    ratio = ours / other if ours is not None and other else None
    goal = f"at least {at_least:g}x" if at_most is None else f"at most {at_most:g}x"
    reached = None if ratio is None else ratio >= at_least if at_most is None else ratio <= at_most
    shown = "" if ratio is None else f"{ratio:.2f}x"
    return Judged(row=row, what=what, ours=_shown(ours, unit), other=_shown(other, unit), ratio=shown, goal=goal, reached=reached)


def _at_most(row: int, what: str, ours: float | None, most: float, unit: str) -> Judged:
    """A number by itself."""
    reached = None if ours is None else ours <= most
    goal = f"at most {most:g} {unit}".strip() if most else "none"
    return Judged(row=row, what=what, ours=_shown(ours, unit), other="", ratio="", goal=goal, reached=reached)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f} {unit}".strip() if value >= 100 or not unit else f"{value:.1f} {unit}"
