"""The log of calls bots made, for tests and the demo: what was asked, what was answered, what the specification says.

The log keeps the newest calls only and is read from a number on, so reading it again costs what is new. getUpdates is
logged when it brought updates or failed; empty long polls would drown the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bot.botapi.files import Upload
from bot.botapi.shapes import Json

KEPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `answer` is the whole envelope (None when the connection was cut before an answer)."""

    n: int
    at: float
    bot: int
    method: str
    params: Json
    answer: Json | None
    problems: tuple[str, ...]
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the caller was told it went well."""
        return self.answer is not None and self.answer.get("ok") is True

    @property
    def result(self) -> object:
        """What a successful call returned."""
        return self.answer.get("result") if self.answer else None

    @property
    def error(self) -> str | None:
        """The description of a refusal."""
        return str(self.answer.get("description")) if self.answer and not self.ok else None

    def json(self) -> Json:
        """As the control interface tells it."""
        out: Json = {"n": self.n, "at": self.at, "bot": self.bot, "method": self.method, "params": readable(self.params)}
        if self.answer is None:
            out["error"] = "no answer"
        elif self.ok:
            out["result"] = self.result
        else:
            out["error"] = self.error
            out["error_code"] = self.answer.get("error_code")
        return {**out, "problems": list(self.problems), "fault": self.fault}


def readable(params: Json) -> Json:
    """Parameters with uploads named, not spelled out."""
    return {
        name: f"<file {value.filename}, {len(value.data)} bytes>" if isinstance(value, Upload) else value for name, value in params.items()
    }


class CallLog:
    """The newest calls in order. `n` of the first call is 1 and never repeats."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self.total = 0

    def add(self, *, at: float, bot: int, method: str, params: Json, answer: Json | None,
            problems: list[str], fault: str | None) -> None:  # fmt: skip
        """Write one call down."""
        self.total += 1
        made = Call(n=self.total, at=at, bot=bot, method=method, params=params, answer=answer, problems=tuple(problems), fault=fault)
        self._calls.append(made)

    def since(self, n: int) -> list[Call]:
        """The calls after number n, oldest first."""
        skipped = self.total - len(self._calls)
        wanted = max(0, self.total - max(n, skipped))
        return list(islice(reversed(self._calls), wanted))[::-1]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)
