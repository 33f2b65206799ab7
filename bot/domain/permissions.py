"""Everything anybody can do to a case or at the desk, and who may: one table, asked before every deed and before anything leaves.

Somebody stands in one or more relations (`Standing`) to a case, or to the desk when no case is meant; an action names the standings
that may do it, and whether the seeker's consent must hold. Nobody has a role that opens everything: a supervisor sees who waits and
who carries too much, but reads no words unless the case is theirs or two people broke the glass. Who is invited but not approved, has
panicked or was revoked, may nothing at all. Source: promises.md R30-R37, features.md H5, H16; style.md (hrm's action list).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.domain.case import BreakGlass, Case, CaseStatus, Complaint, HandoffStatus, Note, Visibility
from bot.domain.clocks import Clocks
from bot.domain.machines import RuleBroken
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder, ResponderState, StaffRole


class Standing(StrEnum):
    """How somebody stands to a case, or to the desk."""

    SEEKER = "seeker"  # whose case it is, or any seeker where no case is meant
    OTHER_SEEKER = "other seeker"
    OWNER = "owner"
    RECEIVER = "receiver"  # asked to take over
    COLLEAGUE = "colleague"  # of the organization, on duty, not the owner
    OFF_DUTY = "off duty"  # of the organization, off duty, not the owner
    ON_CALL = "on call"  # of the organization, may be woken as the second of two
    SUPERVISOR = "supervisor"  # of the organization
    GLASS = "broke the glass"  # one of the two, while it holds
    ELSEWHERE = "elsewhere"  # answers for another organization
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"  # on the command line
    REDEEMED = "redeemed"  # not approved yet
    PANICKED = "panicked"
    REVOKED = "revoked"
    STRANGER = "stranger"


class Action(StrEnum):
    """What can be done."""

    # a seeker
    REQUEST = "request"
    TELL = "tell"
    SHARE = "share"
    RENEW = "renew"
    AGREE_ELSEWHERE = "agree_elsewhere"
    SET_REACH = "set_reach"
    PREFER = "prefer"
    REFUSE_TRANSFER = "refuse_transfer"
    ANSWER_WORD = "answer_word"
    ANSWER_FOLLOW_UP = "answer_follow_up"
    REMOVE_WORDS = "remove_words"
    WITHDRAW = "withdraw"
    ERASE = "erase"
    DETACH = "detach"
    RETURN = "return"
    COMPLAIN = "complain"
    FEEDBACK = "feedback"
    # whoever answers, about a case
    SEE_HEADER = "see_header"
    CLAIM = "claim"
    READ_CASE = "read_case"
    OPEN_MEDIA = "open_media"
    WRITE_WORDS = "write_words"
    UNDO = "undo"
    CANNED = "canned"
    HOLD_CLOCK = "hold_clock"
    NEXT_STEP = "next_step"
    NOTE_MINE = "note_mine"
    NOTE_TEAM = "note_team"
    NOTE_ORGANIZATION = "note_organization"
    READ_NOTES_MINE = "read_notes_mine"
    READ_NOTES_TEAM = "read_notes_team"
    READ_NOTES_ORGANIZATION = "read_notes_organization"
    ASK_SHARE = "ask_share"
    RELEASE = "release"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    DECLINE = "decline"
    ASK_ELSEWHERE = "ask_elsewhere"
    REFER = "refer"
    CLOSE = "close"
    FOLLOW_UP = "follow_up"
    SAFE_CONTACT = "safe_contact"
    ASK_WORD = "ask_word"
    CONFIRM = "confirm"
    ADMIT = "admit"  # say that who came with the key on paper is the same person
    BREAK_GLASS_ASK = "break_glass_ask"
    BREAK_GLASS_CONFIRM = "break_glass_confirm"
    ASSIGN = "assign"
    REOPEN = "reopen"
    # at the desk
    SEE_QUEUE = "see_queue"
    SEE_LOAD = "see_load"
    ON_DUTY = "on_duty"
    PANIC = "panic"
    CLOSE_DOOR = "close_door"
    PLAN_SHIFT = "plan_shift"
    INVITE = "invite"
    REDEEM = "redeem"
    APPROVE = "approve"
    REVOKE = "revoke"
    READ_COMPLAINT = "read_complaint"
    ANSWER_COMPLAINT = "answer_complaint"
    VERIFY_AUDIT = "verify_audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who may. `on_case`: it is about one case, and nothing without it. `consent`: only while the seeker's consent holds (broken glass
    stands in for it)."""

    who: frozenset[Standing]
    on_case: bool
    consent: bool


def _case(*who: Standing, consent: bool = True) -> Row:
    return Row(who=frozenset(who), on_case=True, consent=consent)


def _desk(*who: Standing) -> Row:
    return Row(who=frozenset(who), on_case=False, consent=False)


_S = Standing

TABLE: Final[Mapping[Action, Row]] = MappingProxyType(
    {
        Action.REQUEST: _desk(_S.SEEKER),
        Action.TELL: _case(_S.SEEKER),
        Action.SHARE: _case(_S.SEEKER),
        Action.RENEW: _case(_S.SEEKER, consent=False),
        Action.AGREE_ELSEWHERE: _case(_S.SEEKER),
        Action.SET_REACH: _case(_S.SEEKER, consent=False),
        Action.PREFER: _case(_S.SEEKER, consent=False),
        Action.REFUSE_TRANSFER: _case(_S.SEEKER, consent=False),
        Action.ANSWER_WORD: _case(_S.SEEKER),
        Action.ANSWER_FOLLOW_UP: _case(_S.SEEKER, consent=False),
        Action.REMOVE_WORDS: _case(_S.SEEKER, consent=False),
        Action.WITHDRAW: _case(_S.SEEKER, consent=False),
        Action.ERASE: _desk(_S.SEEKER),
        Action.DETACH: _case(_S.SEEKER, consent=False),
        Action.RETURN: _case(_S.OTHER_SEEKER, consent=False),
        Action.COMPLAIN: _desk(_S.SEEKER),
        Action.FEEDBACK: _desk(_S.SEEKER),
        Action.SEE_HEADER: _case(_S.OWNER, _S.RECEIVER, _S.COLLEAGUE, _S.SUPERVISOR, _S.GLASS),
        Action.CLAIM: _case(_S.COLLEAGUE),
        Action.READ_CASE: _case(_S.OWNER, _S.GLASS),
        Action.OPEN_MEDIA: _case(_S.OWNER, _S.GLASS),
        Action.WRITE_WORDS: _case(_S.OWNER, _S.GLASS),
        Action.UNDO: _case(_S.OWNER, _S.GLASS, consent=False),
        Action.CANNED: _case(_S.OWNER, _S.GLASS),
        Action.HOLD_CLOCK: _case(_S.OWNER),
        Action.NEXT_STEP: _case(_S.OWNER),
        Action.NOTE_MINE: _case(_S.OWNER),
        Action.NOTE_TEAM: _case(_S.OWNER),
        Action.NOTE_ORGANIZATION: _case(_S.OWNER),
        Action.READ_NOTES_MINE: _case(_S.OWNER),
        Action.READ_NOTES_TEAM: _case(_S.OWNER, _S.RECEIVER, _S.SUPERVISOR, _S.GLASS),
        Action.READ_NOTES_ORGANIZATION: _case(_S.OWNER, _S.RECEIVER, _S.COLLEAGUE, _S.SUPERVISOR, _S.GLASS),
        Action.ASK_SHARE: _case(_S.OWNER),
        Action.RELEASE: _case(_S.OWNER, consent=False),
        Action.TRANSFER: _case(_S.OWNER),
        Action.ACCEPT: _case(_S.RECEIVER),
        Action.DECLINE: _case(_S.RECEIVER, _S.OWNER, consent=False),
        Action.ASK_ELSEWHERE: _case(_S.OWNER),
        Action.REFER: _case(_S.OWNER),
        Action.CLOSE: _case(_S.OWNER, consent=False),
        Action.FOLLOW_UP: _case(_S.OWNER),
        Action.SAFE_CONTACT: _case(_S.OWNER),
        Action.ASK_WORD: _case(_S.OWNER),
        Action.CONFIRM: _case(_S.OWNER),
        Action.ADMIT: _case(_S.OWNER, _S.SUPERVISOR),
        Action.BREAK_GLASS_ASK: _case(_S.OWNER, _S.SUPERVISOR, consent=False),
        Action.BREAK_GLASS_CONFIRM: _case(_S.SUPERVISOR, _S.ON_CALL, consent=False),
        Action.ASSIGN: _case(_S.SUPERVISOR),
        Action.REOPEN: _case(_S.SEEKER, _S.SUPERVISOR),
        Action.SEE_QUEUE: _desk(_S.COLLEAGUE, _S.SUPERVISOR),
        Action.SEE_LOAD: _desk(_S.SUPERVISOR),
        Action.ON_DUTY: _desk(_S.COLLEAGUE, _S.OFF_DUTY),
        Action.PANIC: _desk(_S.COLLEAGUE, _S.OFF_DUTY, _S.REVIEWER),
        Action.CLOSE_DOOR: _desk(_S.SUPERVISOR),
        Action.PLAN_SHIFT: _desk(_S.SUPERVISOR, _S.ADMINISTRATOR),
        Action.INVITE: _desk(_S.ADMINISTRATOR),
        Action.REDEEM: _desk(_S.STRANGER),
        Action.APPROVE: _desk(_S.SUPERVISOR, _S.ADMINISTRATOR),
        Action.REVOKE: _desk(_S.SUPERVISOR, _S.ADMINISTRATOR),
        Action.READ_COMPLAINT: _desk(_S.REVIEWER),
        Action.ANSWER_COMPLAINT: _desk(_S.REVIEWER),
        Action.VERIFY_AUDIT: _desk(_S.ADMINISTRATOR),
    }
)
"""The whole of it. `docs/handoff.md` shows it as a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who wants to do something: a seeker, somebody of the staff, the command line, or nobody we know. Made with the functions below."""

    seeker: SeekerId | None = None
    responder: Responder | None = None
    administrator: bool = False


STRANGER: Final = Actor()
ADMINISTRATOR: Final = Actor(administrator=True)


def seeking(seeker: SeekerId) -> Actor:
    """A seeker."""
    return Actor(seeker=seeker)


def answering(responder: Responder | None) -> Actor:
    """Who wrote to the responders' bot; None: nobody we know."""
    return Actor(responder=responder)


def may(actor: Actor, action: Action, case: Case | None, at: int) -> bool:
    """Whether somebody may do something now. Everything that is not in the table is refused, as is everything about an erased case."""
    row = TABLE[action]
    if not row.on_case:
        return bool(row.who & standings(actor, None, at))
    if case is None or case.erased or not _goes(action, case):
        return False
    standing = row.who & standings(actor, case, at)
    consented = not row.consent or case.may_see(at) or action is Action.REOPEN
    return bool(standing) if consented else Standing.GLASS in standing


def _goes(action: Action, case: Case) -> bool:
    """What the state of the case adds."""
    match action:
        case Action.CLAIM:
            return case.status is CaseStatus.OPEN
        case Action.ASSIGN:
            return case.open
        case Action.REOPEN:
            return case.handoff in (HandoffStatus.CLOSED, HandoffStatus.FOLLOWED_UP)
        case Action.RETURN:
            return bool(case.return_key) and case.open
        case _:
            return True


def standings(actor: Actor, case: Case | None, at: int) -> frozenset[Standing]:
    """Every way somebody stands to a case, or to the desk (`case` None)."""
    if actor.administrator:
        return frozenset({Standing.ADMINISTRATOR})
    if actor.seeker is not None:
        own = case is None or case.seeker == actor.seeker
        return frozenset({Standing.SEEKER if own else Standing.OTHER_SEEKER})
    if actor.responder is None:
        return frozenset({Standing.STRANGER})
    return _staff(actor.responder, case, at)


_NOT_IN: Final[Mapping[ResponderState, Standing]] = MappingProxyType(
    {
        ResponderState.INVITED: Standing.STRANGER,
        ResponderState.REDEEMED: Standing.REDEEMED,
        ResponderState.PANICKED: Standing.PANICKED,
        ResponderState.REVOKED: Standing.REVOKED,
    }
)


def _staff(responder: Responder, case: Case | None, at: int) -> frozenset[Standing]:
    if responder.state is not ResponderState.ACTIVE:
        return frozenset({_NOT_IN[responder.state]})
    if responder.role is StaffRole.REVIEWER:
        return frozenset({Standing.REVIEWER})
    if case is not None and responder.organization != case.organization:
        return frozenset({Standing.ELSEWHERE})
    owns = case is not None and case.status is CaseStatus.ASSIGNED and case.responder == responder.id
    here = Standing.OWNER if owns else Standing.COLLEAGUE if responder.on_duty(at) else Standing.OFF_DUTY
    further = {
        Standing.SUPERVISOR: responder.role is StaffRole.SUPERVISOR,
        Standing.ON_CALL: responder.on_call,
        Standing.RECEIVER: case is not None and case.handoff is HandoffStatus.TRANSFERRED and case.transfer_to == responder.id,
        Standing.GLASS: case is not None and _broke(case.broken_glass, responder, at),
    }
    return frozenset({here, *(standing for standing, holds in further.items() if holds)})


def _broke(glass: BreakGlass | None, responder: Responder, at: int) -> bool:
    return glass is not None and glass.second is not None and at < glass.until and responder.id in (glass.first, glass.second)


def may_read_note(actor: Actor, note: Note, case: Case, at: int) -> bool:
    """Whether somebody may read this note: a note of one's own is read by nobody else."""
    if note.case != case.id:
        return False
    author = actor.responder is not None and actor.responder.id == note.author
    if note.visibility is Visibility.MINE and not author:
        return False
    return may(actor, _NOTES[note.visibility], case, at)


_NOTES: Final[Mapping[Visibility, Action]] = MappingProxyType(
    {
        Visibility.MINE: Action.READ_NOTES_MINE,
        Visibility.TEAM: Action.READ_NOTES_TEAM,
        Visibility.ORGANIZATION: Action.READ_NOTES_ORGANIZATION,
    }
)


def may_review(actor: Actor, complaint: Complaint, at: int) -> bool:
    """Whether somebody may read and answer this complaint: a reviewer it was sent to, never one of the organization it is about."""
    if actor.responder is None or not may(actor, Action.READ_COMPLAINT, None, at):
        return False
    return actor.responder.organization == complaint.reviewer and complaint.reviewer != complaint.about


def may_manage(actor: Actor, action: Action, organization: str, at: int) -> bool:
    """Whether somebody may do a thing of the desk (a door, a shift, approving, revoking, seeing the queue) in this organization. Only the
    command line reaches all of them."""
    if not may(actor, action, None, at):
        return False
    return actor.administrator or (actor.responder is not None and actor.responder.organization == organization)


# -- breaking the glass -----------------------------------------------------------------------------------------------------


class GlassReason(StrEnum):
    """Why two people act outside a consent or a window."""

    LIFE_AT_RISK = "life_at_risk"
    CHILD_AT_RISK = "child_at_risk"
    WRONG_PERSON = "wrong_person"  # words went to somebody they were not meant for
    PHONE_TAKEN = "phone_taken"


def ask_break_glass(case: Case, reason: str, by: int, at: int, *, clocks: Clocks) -> Case:
    """The first of two asks. Nothing is open yet; without a second person it lapses."""
    if reason not in {one.value for one in GlassReason}:
        raise RuleBroken("no-reason", f"{reason!r} is no reason")
    if case.erased or case.handoff in (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED):
        raise RuleBroken("no-such-move", f"case {case.id} has ended for good")
    return replace(case, broken_glass=BreakGlass(reason=str(reason), first=by, second=None, at=at, until=at + clocks.break_glass))


def confirm_break_glass(case: Case, by: int, at: int, *, clocks: Clocks) -> Case:
    """The second agrees: both may act until the time is over. The seeker is told when that is safe."""
    glass = case.broken_glass
    if glass is None or glass.second is not None or at >= glass.until:
        raise RuleBroken("no-glass", f"nobody has asked to act on case {case.id}")
    if by == glass.first:
        raise RuleBroken("same-person", "one person is not two")
    return replace(case, broken_glass=replace(glass, second=by, at=at, until=at + clocks.break_glass))


# -- as a page --------------------------------------------------------------------------------------------------------------


def drawings() -> dict[str, str]:
    """The table as Markdown, by the mark it stands under in `docs/handoff.md`."""
    lines = ["| action | who may | needs consent |", "|---|---|---|"]
    for action, row in TABLE.items():
        who = ", ".join(standing.value for standing in Standing if standing in row.who)
        lines.append(f"| {action.value} | {who} | {'yes' if row.consent else ''} |")
    return {"permissions": "\n".join(lines)}
