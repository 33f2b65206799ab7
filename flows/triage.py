"""Explainable urgency: rules an administrator can read, and the names of those that fired. The person never sees it."""

from __future__ import annotations

from dataclasses import dataclass

from flows.program import Program
from flows.state import Conversation
from flows.values import values

LEVELS = ("ordinary", "high", "danger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """The highest level any rule gave, and every rule that fired."""

    level: str
    rules: tuple[str, ...]


def urgency(program: Program, conversation: Conversation) -> Urgency:
    """What the answers say. An answer withheld (`unsaid`) can only raise a level, never lower it: rules may ask for it, none subtract."""
    held = values(conversation)
    fired = [rule for rule in program.urgency if rule.when.holds(held)]
    level = max((rule.level for rule in fired), key=LEVELS.index, default="ordinary")
    return Urgency(level=level, rules=tuple(rule.id for rule in fired))
