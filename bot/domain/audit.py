"""Who did what to which object, and when. Never words, names or platform ids: an entry may outlive the case it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """Everything that is written down. A deed that moves a handoff has the name of the machine's trigger."""

    REQUEST = "request"
    OFFER = "offer"
    CLAIM = "claim"
    ANSWER = "answer"
    HEAR = "hear"
    RELEASE = "release"
    LAPSE = "lapse"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    DECLINE = "decline"
    PASS_ON = "pass_on"  # noqa: S105  # to another organization; no password
    CLOSE = "close"
    FOLLOW_UP = "follow_up"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    REOPEN = "reopen"
    GRANT = "grant"
    SHARE = "share"
    READ_CASE = "read_case"
    NOTE = "note"
    REFER = "refer"
    RAISE = "raise"
    RING = "ring"
    CONFIRM = "confirm"
    SAFE_CONTACT = "safe_contact"
    BREAK_GLASS_ASK = "break_glass_ask"
    BREAK_GLASS = "break_glass"
    DETACH = "detach"
    RETURN = "return"
    ERASE = "erase"
    COMPLAIN = "complain"
    ANSWER_COMPLAINT = "answer_complaint"
    INVITE = "invite"
    REDEEM = "redeem"
    APPROVE = "approve"
    REVOKE = "revoke"
    PANIC = "panic"
    ON_DUTY = "on_duty"
    OFF_DUTY = "off_duty"
    CLOSE_DOOR = "close_door"
    OPEN_DOOR = "open_door"
    SHIFT = "shift"
    LEAVE = "leave"  # an exit: everybody is silent until the person writes
    BLOCK = "block"
    EDIT = "edit"
    REMOVE = "remove"
    UNDO = "undo"
    HOLD_CLOCK = "hold_clock"
    REACH = "reach"
    PREFER = "prefer"
    REFUSED = "refused"  # somebody tried what they may not do


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the trail. `actor`: `seeker`, `program`, `administrator`, or `responder:ID`. `object`: `case:ID`, `responder:ID`,
    `organization:ID`. `detail`: a word from a fixed list (a purpose, a reason, an outcome), never free text. `at`: unix seconds."""

    at: int
    actor: str
    deed: Deed
    object: str
    detail: str = ""
