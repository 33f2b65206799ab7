"""Conditions over answers, in words an administrator can read.

    missing.minor is yes
    threat.signs has deadline and authority is not yes
    missing.when is unknown or missing.when is today

`and` binds tighter than `or`; there are no parentheses, no code and no numbers: a condition that needs more wants its own step.
Besides answers, a guard may ask for `phone`, `locale` and `mode`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Values = Mapping[str, tuple[str, ...]]

_TERM = re.compile(r"^([a-z][a-z0-9_.]*) (is not|is|has not|has) ([a-z0-9_]+)$")


class GuardError(ValueError):
    """A condition nobody can read. Write `<answer> is <value>`, joined by `and` or `or`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One comparison. `known` and `unknown` ask whether there is an answer at all; `unsaid` counts as an answer."""

    key: str
    value: str
    negated: bool

    def holds(self, values: Values) -> bool:
        """Whether the comparison is true of these answers."""
        held = values.get(self.key, ())
        if self.value in ("known", "unknown"):
            return bool(held) == ((self.value == "known") != self.negated)
        return (self.value in held) != self.negated


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Alternatives of terms that must all hold."""

    source: str
    alternatives: tuple[tuple[Term, ...], ...]

    def holds(self, values: Values) -> bool:
        """Whether any alternative holds."""
        return any(all(term.holds(values) for term in terms) for terms in self.alternatives)

    @property
    def keys(self) -> frozenset[str]:
        """The answers it looks at."""
        return frozenset(term.key for terms in self.alternatives for term in terms)


def parse_guard(source: str) -> Guard:
    """Read a condition; raises `GuardError` naming the part that cannot be read."""
    arms = tuple(tuple(_term(part) for part in arm.split(" and ")) for arm in " ".join(source.split()).split(" or "))
    return Guard(source=source, alternatives=arms)


def _term(part: str) -> Term:
    match = _TERM.match(part.strip())
    if match is None:
        raise GuardError(f"cannot read {part.strip()!r}: write '<answer> is <value>', joined by 'and' or 'or'")
    key, verb, value = match.groups()
    return Term(key=key, value=value, negated=verb.endswith("not"))
