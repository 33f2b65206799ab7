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
STRENGTHS: Final = ("sure", "hint", "ask")

NEARLY_ALL: Final = 6
"""In so many words nothing else is said."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Concepts that must all be there. `strength`: `sure`, `hint` or `ask` (rules/crisis.yaml says what each does)."""

    label: str
    strength: str
    concepts: frozenset[str]

    @property
    def sure(self) -> bool:
        """More than a hint."""
        return self.strength == "sure"

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

    def asked(self, noted: Sequence[str], words: int) -> str | None:
        """The crisis a short message is asked about whatever it is likely to mean."""
        asking = (rule.label for rule in self.fired(noted) if rule.strength == "ask" and words <= NEARLY_ALL)
        return None if self.taken_back(noted) else next(asking, None)

    def taken_back(self, concepts: Sequence[str]) -> bool:
        """Whether an idiom, a denial or a school task speaks against a crisis."""
        return any(concept.removeprefix("no-") in self.unless for concept in concepts)

    def long_ago(self, concepts: Sequence[str]) -> bool:
        """Whether the message speaks of the past."""
        return any(concept in self.past for concept in concepts)


def _rules(written: Mapping[str, Any]) -> Iterator[Rule]:
    for crisis, label in LABELS.items():
        for strength in STRENGTHS:
            yield from (Rule(label, strength, frozenset(concepts)) for concepts in written.get(crisis, {}).get(strength, ()))
