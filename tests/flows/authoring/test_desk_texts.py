"""Every text of the desk that the code names is in content/desk.yaml: the desk shows a name in place of a text that nobody wrote."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.case import HandoffStatus, Level, Reach, ReferralState, Visibility, WordsState
from bot.domain.handoff import Outcome
from bot.domain.machines import RULES
from bot.domain.permissions import GlassReason
from bot.domain.routing import Why
from bot.domain.staff import StaffRole
from flows.authoring.never import read_never
from tests.house import ROOT, loaded

DESK = ROOT / "bot" / "usecases" / "desk"
TEXTS = loaded().content.desk
SAYING = ("say", "plain", "button")
FAMILIES = {
    "level": Level,
    "reach": Reach,
    "status": HandoffStatus,
    "words": WordsState,
    "note": Visibility,
    "referral": ReferralState,
    "outcome": Outcome,
    "glass": GlassReason,
    "why": Why,
    "role": StaffRole,
}


def named(file: Path) -> Iterator[str]:
    """Names given outright to `say`, `plain` and `button`, and to `texts.say` after the language."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYING:
            said = node.args[_place(node.func)] if len(node.args) > _place(node.func) else None
            if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
                yield said.value


def _place(called: ast.Attribute) -> int:
    """Which argument is the name: `texts.say` takes the language first."""
    holder = called.value
    return int(called.attr == "say" and ast.unparse(holder).endswith("texts"))


def test_every_text_the_code_names_is_written() -> None:
    names = {name: file.name for file in sorted(DESK.glob("*.py")) for name in named(file)}
    assert len(names) > 100
    assert {name: file for name, file in names.items() if name not in TEXTS} == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_of_a_family_is_written(family: str) -> None:
    assert [one.value for one in FAMILIES[family] if f"{family}_{one.value}" not in TEXTS] == []


def test_every_rule_and_every_reason_is_written() -> None:
    """What the desk refuses says why; an urgency says why it is one."""
    assert [code for code in RULES if f"rule_{code.replace('-', '_')}" not in TEXTS] == []
    assert [rule.id for rule in loaded().content.urgency if f"reason_{rule.id}" not in TEXTS] == []


def test_there_are_replies_and_none_says_what_is_never_said() -> None:
    """About twenty-five, in the order they were written; the never list binds them in every language that has them."""
    replies = loaded().content.replies
    assert len(replies) >= 25
    assert next(iter(replies)) == "greeting"
    never = read_never(ROOT / "content")
    for locale, texts in loaded().texts.items():
        for name, text in texts.items():
            assert not (name.startswith("reply.") and never.find(text, locale)), (locale, name)
    for reply in replies.values():
        assert not never.find(reply.text, "es")
