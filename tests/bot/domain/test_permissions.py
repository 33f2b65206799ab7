"""The access matrix, every cell of it: who stands how, what they may do, and what the state of the case adds.

`GRID` is written apart from the table in the code, one line an action, so that a slip in either is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import handoff, permissions
from bot.domain.case import DAY, BreakGlass, Case, Complaint, Note, Visibility
from bot.domain.permissions import (
    ADMINISTRATOR,
    STRANGER,
    TABLE,
    Action,
    Actor,
    GlassReason,
    Standing,
    answering,
    may,
    may_manage,
    may_read_note,
    may_review,
    seeking,
    standings,
)
from bot.domain.staff import Responder, ResponderState, StaffRole
from tests.bot.domain.desk import HOUR, OTHER, SEEKER, T, answered, claimed, clocks, responder, waiting
from tests.bot.domain.test_handoff import refused

OWNER, RECEIVER = 7, 8
SUPERVISES: dict[str, Any] = {"role": StaffRole.SUPERVISOR}
OFF: dict[str, Any] = {"duty_until": 0}

ACTORS: dict[str, Actor] = {
    "seeker": seeking(SEEKER),
    "other seeker": seeking(OTHER),
    "owner": answering(responder(OWNER)),
    "owner off duty": answering(responder(OWNER, **OFF)),
    "receiver": answering(responder(RECEIVER)),
    "colleague": answering(responder(20)),
    "off duty": answering(responder(21, **OFF)),
    "on call": answering(responder(22, on_call=True, **OFF)),
    "supervisor": answering(responder(30, **SUPERVISES)),
    "supervisor off": answering(responder(31, **SUPERVISES, **OFF)),
    "supervisor owns": answering(responder(OWNER, **SUPERVISES)),
    "elsewhere": answering(responder(40, organization="otra")),
    "supervisor elsewhere": answering(responder(41, organization="otra", **SUPERVISES)),
    "reviewer": answering(responder(50, role=StaffRole.REVIEWER)),
    "reviewer elsewhere": answering(responder(51, role=StaffRole.REVIEWER, organization="otra")),
    "administrator": ADMINISTRATOR,
    "invited": answering(responder(60, state=ResponderState.INVITED)),
    "redeemed": answering(responder(61, state=ResponderState.REDEEMED)),
    "panicked owner": answering(responder(OWNER, state=ResponderState.PANICKED)),
    "revoked owner": answering(responder(OWNER, state=ResponderState.REVOKED)),
    "revoked supervisor": answering(responder(64, state=ResponderState.REVOKED, **SUPERVISES)),
    "stranger": STRANGER,
}
OWNS = ["owner", "owner off duty", "supervisor owns"]
SUPERVISE = ["supervisor", "supervisor off", "supervisor owns"]
COLLEAGUES = ["colleague", "supervisor", "receiver"]

GRID: dict[str, list[str]] = {
    "request": ["seeker", "other seeker"],
    "tell": ["seeker"],
    "share": ["seeker"],
    "renew": ["seeker"],
    "agree_elsewhere": ["seeker"],
    "set_reach": ["seeker"],
    "prefer": ["seeker"],
    "refuse_transfer": ["seeker"],
    "answer_word": ["seeker"],
    "answer_follow_up": ["seeker"],
    "remove_words": ["seeker"],
    "withdraw": ["seeker"],
    "erase": ["seeker", "other seeker"],
    "detach": ["seeker"],
    "return": [],
    "complain": ["seeker", "other seeker"],
    "feedback": ["seeker", "other seeker"],
    "see_header": [*OWNS, *SUPERVISE, *COLLEAGUES],
    "claim": [],
    "read_case": OWNS,
    "open_media": OWNS,
    "write_words": OWNS,
    "undo": OWNS,
    "canned": OWNS,
    "hold_clock": OWNS,
    "next_step": OWNS,
    "note_mine": OWNS,
    "note_team": OWNS,
    "note_organization": OWNS,
    "read_notes_mine": OWNS,
    "read_notes_team": [*OWNS, *SUPERVISE, "receiver"],
    "read_notes_organization": [*OWNS, *SUPERVISE, *COLLEAGUES],
    "ask_share": OWNS,
    "release": OWNS,
    "transfer": OWNS,
    "accept": ["receiver"],
    "decline": [*OWNS, "receiver"],
    "ask_elsewhere": OWNS,
    "refer": OWNS,
    "close": OWNS,
    "follow_up": OWNS,
    "safe_contact": OWNS,
    "ask_word": OWNS,
    "confirm": OWNS,
    "admit": [*OWNS, *SUPERVISE],
    "break_glass_ask": [*OWNS, *SUPERVISE],
    "break_glass_confirm": [*SUPERVISE, "on call"],
    "assign": SUPERVISE,
    "reopen": [],
    "see_queue": ["owner", *COLLEAGUES, *SUPERVISE],
    "see_load": SUPERVISE,
    "on_duty": ["owner", "owner off duty", "off duty", "on call", "elsewhere", *COLLEAGUES, *SUPERVISE],
    "panic": ["owner", "owner off duty", "off duty", "on call", "elsewhere", "reviewer", "reviewer elsewhere", *COLLEAGUES, *SUPERVISE],
    "close_door": SUPERVISE,
    "plan_shift": [*SUPERVISE, "administrator"],
    "invite": ["administrator"],
    "redeem": ["stranger", "invited"],
    "approve": [*SUPERVISE, "administrator"],
    "revoke": [*SUPERVISE, "administrator"],
    "read_complaint": ["reviewer", "reviewer elsewhere"],
    "answer_complaint": ["reviewer", "reviewer elsewhere"],
    "verify_audit": ["administrator"],
}
"""Who may, of a case that has an owner and whose transfer waits for the receiver."""
ANYWHERE = {"see_queue", "see_load", "close_door", "plan_shift", "approve", "revoke", "on_duty", "panic"}
"""Of the desk: `may` asks the role, `may_manage` the organization, so a supervisor elsewhere may as well, at theirs."""


def asked_over() -> Case:
    return handoff.transfer(answered(by=OWNER), RECEIVER, T, clocks=clocks())


def test_the_grid_has_every_action() -> None:
    assert set(GRID) == {action.value for action in Action} == {action.value for action in TABLE}


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("action", Action)
def test_every_cell(who: str, action: Action) -> None:
    wanted = who in GRID[action] or (action.value in ANYWHERE and who in ("supervisor elsewhere", "elsewhere") and _same_role(who, action))
    assert may(ACTORS[who], action, asked_over(), T) is wanted, (who, action)


def _same_role(who: str, action: Action) -> bool:
    """What their like may do here, they may do there."""
    return {"elsewhere": "colleague", "supervisor elsewhere": "supervisor"}[who] in GRID[action]


@pytest.mark.parametrize("who", ACTORS)
def test_a_case_in_the_queue_is_taken_by_who_is_on_duty_there(who: str) -> None:
    wanted = who in ("owner", "receiver", "colleague", "supervisor", "supervisor owns")
    assert may(ACTORS[who], Action.CLAIM, waiting(), T) is wanted
    assert not may(ACTORS[who], Action.READ_CASE, waiting(), T), "nobody reads a case that waits"


@pytest.mark.parametrize("who", ACTORS)
def test_what_is_about_a_case_is_nothing_without_one(who: str) -> None:
    for action, row in TABLE.items():
        if row.on_case:
            assert not may(ACTORS[who], action, None, T)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize(
    "gone",
    [
        lambda: replace(asked_over(), erased=True),
        lambda: handoff.withdraw(asked_over(), T),
        lambda: replace(asked_over(), consents=()),
    ],
)
def test_without_a_consent_nobody_who_answers_sees_or_writes_anything(who: str, gone: Callable[[], Case]) -> None:
    case = gone()
    if who in ("seeker", "other seeker"):
        return
    for action, row in TABLE.items():
        if row.on_case and row.consent:
            assert not may(ACTORS[who], action, case, T), (who, action)


def test_the_consent_ends_by_itself() -> None:
    owner = ACTORS["owner"]
    assert may(owner, Action.READ_CASE, asked_over(), T + 30 * DAY - 1)
    assert not may(owner, Action.READ_CASE, asked_over(), T + 30 * DAY)
    assert may(owner, Action.RELEASE, asked_over(), T + 30 * DAY), "it can still be given back"
    assert may(ACTORS["seeker"], Action.RENEW, asked_over(), T + 30 * DAY)


def test_an_erased_case_is_nobodys() -> None:
    gone = replace(asked_over(), erased=True)
    assert not any(may(actor, action, gone, T) for actor in ACTORS.values() for action, row in TABLE.items() if row.on_case)


def test_who_had_a_case_has_it_no_more() -> None:
    """Closed, given back, or accepted by another: the one before reads nothing."""
    for case in (handoff.close(answered(by=OWNER), "helped", T), handoff.release(claimed(by=OWNER), OWNER, T)):
        assert not may(ACTORS["owner"], Action.READ_CASE, case, T)
    taken = handoff.accept(asked_over(), RECEIVER, T, clocks=clocks())
    assert may(ACTORS["receiver"], Action.READ_CASE, taken, T)
    assert not may(ACTORS["owner"], Action.READ_CASE, taken, T)
    assert not may(ACTORS["receiver"], Action.ACCEPT, taken, T)


def test_a_closed_case_is_reopened_by_its_seeker_or_a_supervisor() -> None:
    closed = handoff.close(answered(by=OWNER), "helped", T)
    allowed = {who for who, actor in ACTORS.items() if may(actor, Action.REOPEN, closed, T)}
    assert allowed == {"seeker", *SUPERVISE}
    assert not may(ACTORS["seeker"], Action.REOPEN, handoff.withdraw(closed, T), T)


def test_the_key_on_paper_is_for_who_does_not_have_the_case() -> None:
    keyed = replace(answered(), return_key="k")
    assert may(seeking(OTHER), Action.RETURN, keyed, T)
    assert not may(seeking(SEEKER), Action.RETURN, keyed, T)
    away = handoff.detach(answered(), "k")
    assert may(seeking(SEEKER), Action.RETURN, away, T)
    assert not may(seeking(SEEKER), Action.TELL, away, T)
    assert not may(seeking(OTHER), Action.RETURN, answered(), T)
    assert not may(seeking(OTHER), Action.RETURN, handoff.close(keyed, "helped", T), T)


def test_everybody_stands_somewhere_and_every_standing_is_somebodys() -> None:
    case = replace(asked_over(), broken_glass=BreakGlass(reason="x", first=30, second=22, at=T, until=T + HOUR))
    found = [standings(actor, one, T) for actor in ACTORS.values() for one in (case, None)]
    assert all(found)
    assert frozenset[Standing]().union(*found) == set(Standing)


# -- organizations, notes, complaints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("action", [Action.SEE_QUEUE, Action.SEE_LOAD, Action.CLOSE_DOOR, Action.APPROVE, Action.REVOKE, Action.PLAN_SHIFT])
def test_the_desk_is_managed_in_ones_own_organization(who: str, action: Action) -> None:
    allowed = who in GRID[action]
    there = who == "administrator" and allowed
    assert may_manage(ACTORS[who], action, "casa", T) is allowed
    assert may_manage(ACTORS[who], action, "otra", T) is (
        there or (who in ("elsewhere", "supervisor elsewhere") and _same_role(who, action))
    )


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("who", ACTORS)
def test_a_note_is_read_by_those_it_is_for(who: str, visibility: Visibility) -> None:
    note = Note(case=1, author=OWNER, visibility=visibility, text="x", at=T)
    wanted = {
        Visibility.MINE: OWNS,
        Visibility.TEAM: GRID["read_notes_team"],
        Visibility.ORGANIZATION: GRID["read_notes_organization"],
    }[visibility]
    assert may_read_note(ACTORS[who], note, asked_over(), T) is (who in wanted)
    assert not may_read_note(ACTORS[who], replace(note, case=2), asked_over(), T)


def test_a_note_of_ones_own_is_not_read_by_the_next_owner() -> None:
    note = Note(case=1, author=OWNER, visibility=Visibility.MINE, text="x", at=T)
    taken = handoff.accept(asked_over(), RECEIVER, T, clocks=clocks())
    assert not may_read_note(ACTORS["receiver"], note, taken, T)
    assert not may_read_note(ACTORS["owner"], note, taken, T), "nor by its author, once the case is another's"


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize(
    ("about", "reviewer", "reads"), [("casa", "otra", "reviewer elsewhere"), ("otra", "casa", "reviewer"), ("casa", "casa", "")]
)
def test_a_complaint_is_read_outside_the_organization_it_is_about(who: str, about: str, reviewer: str, reads: str) -> None:
    complaint = Complaint(ticket="t", about=about, reviewer=reviewer, text="x", at=T)
    assert may_review(ACTORS[who], complaint, T) is (who == reads)


# -- breaking the glass -----------------------------------------------------------------------------------------------------

FIRST = answering(responder(30, **SUPERVISES))
SECOND = answering(responder(22, on_call=True, duty_until=0))


def broken(case: Case) -> Case:
    asked = permissions.ask_break_glass(case, GlassReason.LIFE_AT_RISK.value, 30, T, clocks=clocks())
    return permissions.confirm_break_glass(asked, 22, T + 60, clocks=clocks())


@pytest.mark.parametrize("case", [asked_over(), replace(asked_over(), consents=())])
def test_two_people_may_act_for_an_hour_with_or_without_the_consent(case: Case) -> None:
    open_now = broken(case)
    for actor in (FIRST, SECOND):
        assert may(actor, Action.READ_CASE, open_now, T + 60)
        assert may(actor, Action.WRITE_WORDS, open_now, T + HOUR + 59)
        assert not may(actor, Action.READ_CASE, open_now, T + HOUR + 60)
        assert not may(actor, Action.CLOSE, open_now, T + 60), "only what the emergency needs"
    assert not may(ACTORS["supervisor off"], Action.READ_CASE, open_now, T + 60)


def test_one_person_is_not_two() -> None:
    asked = permissions.ask_break_glass(asked_over(), "life_at_risk", 30, T, clocks=clocks())
    assert not may(FIRST, Action.READ_CASE, asked, T), "asking opens nothing"
    with refused("same-person"):
        permissions.confirm_break_glass(asked, 30, T + 1, clocks=clocks())
    with refused("no-glass"):
        permissions.confirm_break_glass(asked, 22, T + HOUR, clocks=clocks())
    with refused("no-glass"):
        permissions.confirm_break_glass(asked_over(), 22, T, clocks=clocks())
    with refused("no-glass"):
        permissions.confirm_break_glass(broken(asked_over()), 99, T + 61, clocks=clocks())


def test_a_reason_is_one_of_the_list_and_a_withdrawal_is_never_broken_open() -> None:
    with refused("no-reason"):
        permissions.ask_break_glass(asked_over(), "curious", 30, T, clocks=clocks())
    for gone in (handoff.withdraw(asked_over(), T), replace(asked_over(), erased=True), handoff.expire(waiting(), T)):
        with refused("no-such-move"):
            permissions.ask_break_glass(gone, "life_at_risk", 30, T, clocks=clocks())
    assert handoff.withdraw(broken(asked_over()), T + 61).broken_glass is None


def test_who_was_revoked_after_breaking_the_glass_has_nothing() -> None:
    gone = answering(responder(30, state=ResponderState.REVOKED, **SUPERVISES))
    assert not may(gone, Action.READ_CASE, broken(asked_over()), T + 60)


def test_every_state_of_a_responder_is_decided() -> None:
    """Nobody but an active one may anything, whatever their role; no state is forgotten."""
    for state in ResponderState:
        for role in StaffRole:
            one: Responder = responder(OWNER, state=state, role=role)
            allowed = {action for action in Action if may(answering(one), action, asked_over(), T)}
            if state is not ResponderState.ACTIVE:
                assert allowed <= {Action.REDEEM}
