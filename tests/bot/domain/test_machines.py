"""The two status tables: what goes, what does not, and that they are drawn as they are."""

from __future__ import annotations

import ast

import pytest

from bot.domain import machines, permissions
from bot.domain.audit import Deed
from bot.domain.case import CaseStatus, HandoffStatus
from bot.domain.machines import CASE, HANDOFF, RULES, STATUS_OF, RuleBroken, next_status, redrawn, triggers_of
from flows.authoring.load import read_yaml
from tests.house import ROOT

MOVES = """
requested    offer>offered claim>claimed hear>requested pass_on>requested withdraw>withdrawn expire>expired
offered      offer>offered claim>claimed hear>offered pass_on>requested withdraw>withdrawn expire>expired
claimed      answer>waiting hear>claimed release>requested lapse>requested transfer>transferred
claimed      pass_on>requested close>closed withdraw>withdrawn expire>expired
active       answer>waiting hear>active release>requested lapse>requested transfer>transferred
active       pass_on>requested close>closed withdraw>withdrawn expire>expired
waiting      answer>waiting hear>active release>requested lapse>requested transfer>transferred
waiting      pass_on>requested close>closed withdraw>withdrawn expire>expired
transferred  answer>transferred hear>transferred release>requested lapse>requested accept>claimed decline>waiting
transferred  pass_on>requested close>closed withdraw>withdrawn expire>expired
closed       follow_up>followed_up withdraw>withdrawn reopen>requested
followed_up  follow_up>followed_up withdraw>withdrawn reopen>requested
withdrawn
expired
"""
"""Every move of a handoff, written apart from the machine."""
CASE_MOVES = """
open      claim>assigned pass_on>open withdraw>closed expire>closed
assigned  release>open lapse>open pass_on>open close>closed withdraw>closed expire>closed
closed    withdraw>closed reopen>open
"""


def _table(text: str) -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for line in text.strip().splitlines():
        state, *moves = line.split()
        for move in moves:
            deed, _, to = move.partition(">")
            table.setdefault(state, {})[deed] = to
        table.setdefault(state, {})
    return table


@pytest.mark.parametrize("state", HandoffStatus)
@pytest.mark.parametrize("deed", Deed)
def test_every_move_of_a_handoff_goes_where_the_table_says_or_nowhere(state: HandoffStatus, deed: Deed) -> None:
    wanted = _table(MOVES)[state].get(deed)
    assert (deed in triggers_of(state)) == (wanted is not None)
    if wanted is None:
        with pytest.raises(RuleBroken) as broken:
            next_status(HANDOFF, state, deed)
        assert broken.value.code == "no-such-move"
    else:
        assert next_status(HANDOFF, state, deed) is HandoffStatus(wanted)


@pytest.mark.parametrize("state", CaseStatus)
@pytest.mark.parametrize("deed", Deed)
def test_every_move_of_a_case_goes_where_the_table_says_or_nowhere(state: CaseStatus, deed: Deed) -> None:
    wanted = _table(CASE_MOVES)[state].get(deed)
    assert (deed in triggers_of(state)) == (wanted is not None)
    if wanted is not None:
        assert next_status(CASE, state, deed) is CaseStatus(wanted)


def test_the_two_tables_lie_on_each_other() -> None:
    """Whatever a handoff does, the case's own machine agrees, or has nothing to say and nothing changes."""
    for state in HandoffStatus:
        for deed in triggers_of(state):
            for facts in ((), (machines.WAITS,), (machines.UNANSWERED,)):
                after = STATUS_OF[next_status(HANDOFF, state, deed, facts)]
                before = STATUS_OF[state]
                moves = deed in triggers_of(before)
                assert (next_status(CASE, before, deed) if moves else before) is after, (state, deed)


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        ((), HandoffStatus.WAITING),
        ((machines.WAITS,), HandoffStatus.ACTIVE),
        ((machines.UNANSWERED,), HandoffStatus.CLAIMED),
        ((machines.UNANSWERED, machines.WAITS), HandoffStatus.CLAIMED),
    ],
)
def test_a_declined_transfer_goes_back_to_where_it_stood(facts: tuple[str, ...], to: HandoffStatus) -> None:
    assert next_status(HANDOFF, HandoffStatus.TRANSFERRED, Deed.DECLINE, facts) is to


def test_what_was_withdrawn_or_has_expired_never_moves_again() -> None:
    assert triggers_of(HandoffStatus.WITHDRAWN) == triggers_of(HandoffStatus.EXPIRED) == frozenset()


def test_every_state_can_be_reached() -> None:
    reached = {HandoffStatus.REQUESTED}
    while True:
        further = {next_status(HANDOFF, state, deed) for state in reached for deed in triggers_of(state)} - reached
        if not further:
            break
        reached |= further
    assert reached == set(HandoffStatus)


def test_a_broken_rule_says_what_can_be_done() -> None:
    broken = RuleBroken("taken", "case 1 is taken")
    assert (broken.code, str(broken), broken.remedy) == ("taken", "case 1 is taken", RULES["taken"])
    with pytest.raises(KeyError):
        RuleBroken("unheard-of", "no")


def test_every_rule_that_is_broken_anywhere_has_its_remedy_and_its_words() -> None:
    """Each code raised in the code is in the table, and a responder reads each of the table in the desk's own words."""
    raised: set[str] = set()
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleBroken" and node.args:
                raised |= {str(part.value) for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)}
    assert raised <= set(RULES)
    words, _ = read_yaml((ROOT / "content" / "desk.yaml").read_text("utf-8"))
    texts = words["messages"] if isinstance(words, dict) else {}
    assert {f"rule_{code.replace('-', '_')}" for code in RULES} <= set(texts)


def test_the_page_is_drawn_as_the_code_is() -> None:
    """Mend with `amparo flows draw`."""
    page = (ROOT / "docs" / "handoff.md").read_text("utf-8")
    drawn = {**machines.drawings(), **permissions.drawings()}
    assert page == redrawn(page, drawn)
    assert all(f"<!-- drawn: {name} -->" in page and text in page for name, text in drawn.items())


def test_a_mark_nobody_draws_under_is_told() -> None:
    with pytest.raises(KeyError):
        redrawn("<!-- drawn: nothing --><!-- end -->", {})


def test_every_arrow_is_drawn() -> None:
    """Each move of the table stands on its arrow in the picture."""
    drawn = {line.strip() for line in machines.drawings()["handoff"].splitlines()}
    arrows = {tuple(line.split(": ")[0].split(" --> ")): line.split(": ")[1] for line in drawn if " --> " in line and ": " in line}
    for state, moves in _table(MOVES).items():
        for deed, to in moves.items():
            assert deed in [word.split(" ")[0] for word in arrows[state, to].split(", ")]
