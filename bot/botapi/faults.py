"""Faults on demand: what a network and an overloaded server do to a bot, chosen by a test.

A rule names methods by a pattern (`send*`), a kind, how often and how likely. Kinds:

- `429` refuses with `retry_after`; `5xx` answers 502 with Telegram's words; neither performs the call.
- `timeout` lets the caller wait `delay` seconds (a day if 0) and closes the connection; the call is performed only
  when `performed` is set.
- `cut_before` closes the connection without performing the call, `cut_after` performs it and closes.
- `duplicate_update` hands an update out once more after it was confirmed (methods `getUpdates` and `webhook`).
- `slow` performs the call and answers after `delay` seconds.
- `topics_ignored` performs the call as if it named no topic: the message lands in the main chat and nobody is told, as
  Telegram did with deleted topics of private chats in May 2026 (tdlib/telegram-bot-api issue 854).
- `cut_download` sends half of a file and closes the connection.

Downloads go by the method name `download`; of the other kinds `429`, `5xx`, `timeout`, `cut_before` and `slow` strike
them too.

Chance is drawn from a seeded generator, so a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from bot.botapi.shapes import Json, as_flag, as_integer, as_number, as_text

KINDS = frozenset({"429", "5xx", "timeout", "cut_before", "cut_after", "duplicate_update", "slow", "topics_ignored", "cut_download"})
OF_DOWNLOADS = frozenset({"429", "5xx", "timeout", "cut_before", "slow", "cut_download"})
OF_CALLS = KINDS - {"duplicate_update", "cut_download"}
FOREVER = 86_400.0


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule. `times` None means until removed; `bot` 0 means every bot."""

    method: str
    kind: str
    times: int | None = None
    probability: float = 1.0
    retry_after: int = 1
    delay: float = 0.0
    performed: bool = False
    bot: int = 0
    status: int = 502

    def json(self) -> Json:
        """As the control interface tells it."""
        return {
            "method": self.method, "kind": self.kind, "times": self.times, "probability": self.probability,
            "retry_after": self.retry_after, "delay": self.delay, "performed": self.performed, "bot": self.bot,
            "status": self.status,
        }  # fmt: skip

    def fits(self, method: str, bot: int) -> bool:
        """Whether the rule speaks of this call."""
        return self.bot in {0, bot} and fnmatchcase(method.lower(), self.method.lower())


def fault_from(raw: Mapping[str, object]) -> Fault:
    """A rule from JSON; ValueError names what is wrong."""
    kind = as_text(raw.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"fault kind must be one of {', '.join(sorted(KINDS))}")
    times = raw.get("times")
    return Fault(
        method=as_text(raw.get("method")) or "*",
        kind=kind,
        times=None if times is None else as_integer(times),
        probability=as_number(raw.get("probability", 1.0), 1.0),
        retry_after=as_integer(raw.get("retry_after"), 1),
        delay=as_number(raw.get("delay")),
        performed=as_flag(raw.get("performed")),
        bot=as_integer(raw.get("bot")),
        status=as_integer(raw.get("status"), 502),
    )


class Faults:
    """The rules in force; each call asks once whether one strikes."""

    def __init__(self, seed: int = 1) -> None:
        self._rules: list[Fault] = []
        # Chance here decides which test calls fail; it protects nothing, and a seed makes a run repeatable.
        self._chance = Random(seed)  # noqa: S311

    def add(self, rules: Iterable[Fault]) -> None:
        """Put rules in force behind the ones already there."""
        self._rules.extend(rules)

    def clear(self) -> None:
        """No more faults."""
        self._rules.clear()

    def seed(self, seed: int) -> None:
        """Start the chance anew."""
        self._chance.seed(seed)

    def json(self) -> list[Json]:
        """The rules in force."""
        return [rule.json() for rule in self._rules]

    def strike(self, method: str, bot: int, *, kinds: frozenset[str] = KINDS) -> Fault | None:
        """The rule that strikes this call, one of its times used up, or None."""
        for rule in self._rules:
            if rule.kind in kinds and rule.fits(method, bot) and self._happens(rule):
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times <= 0:
                        self._rules.remove(rule)
                return rule
        return None

    def _happens(self, rule: Fault) -> bool:
        return rule.probability >= 1.0 or self._chance.random() < rule.probability
