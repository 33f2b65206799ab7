"""Crisis rules: which concepts together mean danger or the wish to die, and what takes that back (idioms, denials, long ago).

The rules are data (`content/understanding/rules.yaml`), so that an administrator can read why a message was taken for a crisis. A rule
alone decides nothing: it makes the classifier believe a crisis at a lower probability, or ask the soft question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

DANGER: Final = "immediate_danger"
SELF_HARM: Final = "self_harm"
LABELS: Final = {"danger": DANGER, "self_harm": SELF_HARM}


@dataclass(frozen=True, slots=True)
class Rule:
    """Concepts that must all be there. `sure`: more than a hint."""

    label: str
    sure: bool
    concepts: frozenset[str]

    @property
    def name(self) -> str:
        """As it is shown to people."""
        return "+".join(sorted(self.concepts))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisRules:
    """All rules, and the concepts that take a crisis back."""

    rules: tuple[Rule, ...] = ()
    unless: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> CrisisRules:
        """From `rules.yaml`."""
        return cls(rules=tuple(_rules(written)), unless=frozenset(written.get("unless", ())), past=frozenset(written.get("past", ())))

    def fired(self, concepts: Sequence[str]) -> tuple[Rule, ...]:
        """Rules whose concepts are all said and not denied, the sure ones first."""
        held = frozenset(concepts)
        return tuple(sorted((rule for rule in self.rules if rule.concepts <= held), key=lambda rule: not rule.sure))

    def taken_back(self, concepts: Sequence[str]) -> bool:
        """Whether an idiom, a denial or a school task speaks against a crisis."""
        return any(concept.removeprefix("no-") in self.unless for concept in concepts)

    def long_ago(self, concepts: Sequence[str]) -> bool:
        """Whether the message speaks of the past."""
        return any(concept in self.past for concept in concepts)


def _rules(written: Mapping[str, Any]) -> Iterator[Rule]:
    for crisis, label in LABELS.items():
        for strength in ("sure", "hint"):
            yield from (Rule(label, strength == "sure", frozenset(concepts)) for concepts in written.get(crisis, {}).get(strength, ()))
