"""Urgency: rules an administrator can read, each result naming the rules that fired."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.guards import GuardError, parse_guard
from flows.program import Program
from flows.state import Answers
from flows.triage import LEVELS, Urgency
from tests.flows.tiny import Walk, program
from tests.house import loaded
from tests.house import program as real

RULES = """
rules:
  - {id: soon, level: danger, when: k.deadline is today or k.deadline is tomorrow, because: Hoy o mañana.}
  - {id: soon_unsaid, level: danger, when: k.deadline is unsaid, because: No se dijo.}
  - {id: later, level: high, when: k.deadline is later, because: Otro día.}
  - {id: no_roof, level: high, when: k.roof is "no" and k.deadline is not none, because: Sin techo.}
  - {id: note, level: ordinary, when: k.roof is known, because: Algo se dijo.}
  - {id: broken, level: danger, when: this cannot be read, because: Roto.}
"""


def said(given: Program, answers: dict[str, tuple[str, ...]]) -> Urgency:
    """The urgency of somebody who has said this."""
    walk = Walk(given)
    walk.held = walk.held.evolve(answers=MappingProxyType(answers))
    return walk.urgency()


@pytest.mark.parametrize(
    ("answers", "level", "rules"),
    [
        ({}, "ordinary", ()),
        ({"k.deadline": "none"}, "ordinary", ()),
        ({"k.deadline": "today"}, "danger", ("soon",)),
        ({"k.deadline": "later"}, "high", ("later",)),
        ({"k.deadline": "unsaid"}, "danger", ("soon_unsaid",)),
        ({"k.roof": "no"}, "high", ("no_roof", "note")),
        ({"k.roof": "no", "k.deadline": "tomorrow"}, "danger", ("soon", "no_roof", "note")),
        ({"k.roof": "no", "k.deadline": "none"}, "ordinary", ("note",)),
    ],
)
def test_the_highest_level_and_every_rule(answers: dict[str, str], level: str, rules: tuple[str, ...]) -> None:
    """The level is the highest any rule gave; all that fired are named, in the order of the file. A rule nobody can read never fires."""
    rules_text = RULES.replace('is "no"', "is no")
    assert said(program(rules=rules_text), {key: (value,) for key, value in answers.items()}) == Urgency(level=level, rules=rules)


def test_no_rules() -> None:
    """Without rules everything is ordinary."""
    assert said(program(), {"k.deadline": ("today",)}) == Urgency(level="ordinary", rules=())


# -- the rules seekers are judged by ------------------------------------------------------------------------------------------------


def _mentioned() -> dict[str, set[str]]:
    """Every question the rules look at, with the values they name."""
    found: dict[str, set[str]] = {}
    for rule in loaded().content.urgency:
        for arm in parse_guard(rule.when).alternatives:
            for term in arm:
                found.setdefault(term.key, {"unsaid"}).add(term.value)
    return found


ANSWERS: st.SearchStrategy[Answers] = st.fixed_dictionaries(
    {},
    optional={
        key: st.sampled_from(sorted(values - {"known", "unknown"})).map(lambda value: (value,)) for key, values in _mentioned().items()
    },
)


def test_every_rule_can_be_read() -> None:
    """None is silently dead."""
    for rule in loaded().content.urgency:
        try:
            parse_guard(rule.when)
        except GuardError as error:
            pytest.fail(f"{rule.id}: {error}")
    assert [rule.id for rule in real().urgency] == [rule.id for rule in loaded().content.urgency]


@given(ANSWERS, st.sampled_from(sorted(_mentioned())))
def test_not_saying_never_lowers(answers: Answers, key: str) -> None:
    """Compared with not having been asked, "prefer not to say" gives the same level or a higher one (voice.md, Urgency)."""
    asked = said(real(), {**answers, key: ("unsaid",)})
    silent = said(real(), {name: value for name, value in answers.items() if name != key})
    assert LEVELS.index(asked.level) >= LEVELS.index(silent.level)


@pytest.mark.parametrize("question", ["threats.deadline", "extortion.deadline"])
@pytest.mark.parametrize("said_value", ["today", "tomorrow", "unsaid"])
def test_deadlines_count(question: str, said_value: str) -> None:
    """Today and tomorrow are danger; unknown counts as the higher."""
    found = said(real(), {question: (said_value,)})
    assert found.level == "danger"
    assert any("deadline" in rule for rule in found.rules)
