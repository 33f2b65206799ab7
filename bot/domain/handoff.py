"""What may happen to a case, as pure moves: `(case, ..., at) -> Case`, or `RuleBroken` and nothing has changed.

Each move asks the machines (`bot.domain.machines`) whether it goes from here, checks who does it where that is part of the case (its owner,
the receiver of a transfer), and sets the clock that follows (`bot.domain.clocks`). Whether somebody may act at all (their role, their
organization, on duty, revoked) is asked before, of `bot.domain.permissions`. `at` is unix seconds; `clocks` are the house's. Three things
hold after every move: a case has an owner exactly while it is ASSIGNED; its level never sinks and its numbers only grow; what was withdrawn
or has expired never moves again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from bot.domain import clocks as ladder
from bot.domain.audit import Deed
from bot.domain.case import (
    Case,
    CaseStatus,
    Consent,
    Direction,
    HandoffStatus,
    Level,
    Purpose,
    Reach,
    ReferralState,
    SafeContact,
    SharedLine,
)
from bot.domain.clocks import RANK, Clocks, Rung
from bot.domain.machines import CASE, HANDOFF, STATUS_OF, UNANSWERED, WAITS, RuleBroken, next_status, triggers_of
from bot.domain.seeker import SeekerId

__all__ = ["CONTACT_SCOPE", "CRISIS_RULE", "Outcome", "RuleBroken"]

CONTACT_SCOPE: Final = ("language", "topic")
"""What a consent to contact lets an organization see, and nothing else (voice.md 4)."""
CRISIS_RULE: Final = "crisis_in_chat"
"""The urgency rule that a crisis word in a live conversation fires."""


class Outcome(StrEnum):
    """How a case ended, as its owner says it."""

    HELPED = "helped"
    REFERRED = "referred"
    NOT_REACHED = "not_reached"
    DECLINED = "declined"
    OTHER = "other"


def _moved(case: Case, deed: Deed, **changes: object) -> Case:
    """The case after a move: both statuses by their machines, then what the move changes. Leaving an owner leaves what hung on them."""
    facts = [fact for fact, holds in ((UNANSWERED, unanswered(case)), (WAITS, waits(case))) if holds]
    handoff = next_status(HANDOFF, case.handoff, deed, facts)
    status = next_status(CASE, case.status, deed) if deed in triggers_of(case.status) else case.status
    if status is not STATUS_OF[handoff]:
        raise RuleBroken("no-such-move", f"{deed}: a case that is {status} has no handoff that is {handoff}")
    left = {} if status is CaseStatus.ASSIGNED else _NOBODY
    return replace(case, status=status, handoff=handoff, **{**left, **changes})  # type: ignore[arg-type]  # every field is typed where it is named


_NOBODY: Final[dict[str, object]] = {
    "responder": None,
    "transfer_to": None,
    "transfer_from": 0,
    "back_at": None,
    "crisis_at": None,
    "told_away": False,
}
_THERE: Final[dict[str, object]] = {"crisis_at": None, "back_at": None, "told_away": False}
"""A human word has been said."""


def unanswered(case: Case) -> bool:
    """Whether who has the case has not written since they took it."""
    return case.claimed_at is not None and case.responder_wrote_at < case.claimed_at


def waits(case: Case) -> bool:
    """Whether the seeker wrote after a human last did."""
    return case.seeker_wrote_at > case.responder_wrote_at


def _owned_by(case: Case, by: int | None) -> None:
    if by is not None and case.responder != by:
        raise RuleBroken("not-owner", f"responder {by} does not have case {case.id}")


# -- into the queue ---------------------------------------------------------------------------------------------------------


def request(
    at: int,
    *,
    id: int,
    seeker: SeekerId,
    designation: str,
    consent: Consent,
    needs: tuple[str, ...] = (),
    level: Level = Level.ORDINARY,
    rules: tuple[str, ...] = (),
    minor: bool = False,
    sound: bool = False,
    begins: int | None = None,
) -> Case:
    """A new case in the queue of the organization its consent names. `begins`: when somebody is back to be rung (the request is then kept);
    None: now. A case that begins in danger is heavy."""
    if consent.purpose is not Purpose.CONTACT or not consent.holds(at):
        raise RuleBroken("no-consent", "a request needs a living consent to contact")
    case = Case(
        id=id,
        seeker=seeker,
        designation=designation,
        organization=consent.organization,
        locale=consent.locale,
        needs=needs,
        level=level,
        rules=rules,
        heavy=level is Level.DANGER,
        minor=minor,
        sound=sound,
        kept=begins is not None,
        consents=(consent,),
        requested_at=at,
    )
    return ladder.unclaimed(case, max(at, begins or 0))


def offer(case: Case, rung: Iterable[int], at: int, *, clocks: Clocks) -> Case:
    """Responders have been rung. When the ladder waited for that (`ring`, or a `nudge` that is due), it goes on. With nobody to ring the
    handoff stays as it is, and only the ladder goes on."""
    told = tuple(dict.fromkeys((*case.rung, *rung)))
    if not told:
        return climb(case, at, clocks=clocks)
    offered = _moved(case, Deed.OFFER, rung=told, offered_at=case.offered_at or at)
    if case.clock == Rung.RING:
        return ladder.climbed(replace(offered, due_at=min(at, case.due_at or at)), clocks)
    return climb(offered, at, clocks=clocks) if case.clock == Rung.NUDGE else offered


def climb(case: Case, at: int, *, clocks: Clocks) -> Case:
    """The rung that was due has been done (or nobody could be rung): the ladder goes on. Nothing changes while it is not due."""
    return ladder.climbed(case, clocks) if case.due_at is not None and case.due_at <= at else case


def pass_on(case: Case, organization: str, consent: Consent, at: int) -> Case:
    """To another organization, which the seeker said yes to by name. Of the answers it sees those in the consent's scope; the organization
    before loses all access with this move, and nothing that was agreed, noted or planned with it goes along: language, topic, level, how
    the seeker may be reached and whom they asked for are their own."""
    if consent.purpose is not Purpose.REFERRAL or consent.organization != organization or not consent.holds(at):
        raise RuleBroken("no-consent", f"passing case {case.id} on needs a living consent for that organization")
    if organization == case.organization:
        raise RuleBroken("own-case", "it is with that organization already")
    lines = tuple(line for line in case.shared if line.key in consent.scope)
    contact = replace(consent, purpose=Purpose.CONTACT, scope=CONTACT_SCOPE, shown="")
    share = (replace(consent, purpose=Purpose.SHARE, scope=tuple(line.key for line in lines)),) if lines else ()
    passed = _moved(
        case,
        Deed.PASS_ON,
        organization=organization,
        consents=(*_taken_back(case.consents, at), consent, contact, *share),
        shared=lines,
        rung=(),
        passed=(),
        offered_at=None,
        claimed_at=None,
        next_step="",
        broken_glass=None,
        referrals=(),
        rules=(),
        follow_ups=(),
        safe_contact=None,
        word="",
        confirmed=None,
        asked_word_at=None,
        claimant=None,
        crisis="",
        alarmed_at=0,
        told_no_match=False,
        asked_elsewhere="",
        renewal="",
    )
    return ladder.unclaimed(passed, at)


def reopen(case: Case, at: int) -> Case:
    """A closed case waits again. It needs a consent that holds: ask for a new one (`grant`) when it has ended."""
    if not case.may_see(at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent")
    again = _moved(case, Deed.REOPEN, requested_at=at, offered_at=None, claimed_at=None, answered_at=None, closed_at=None, outcome="")
    return ladder.unclaimed(replace(again, kept=False), at)


# -- taken and answered -----------------------------------------------------------------------------------------------------


def claim(case: Case, responder: int, at: int, *, clocks: Clocks) -> Case:
    """One responder takes it. Of fifty at once storage lets one write win; the others read the case again and are told `taken`."""
    if case.status is CaseStatus.ASSIGNED:
        raise RuleBroken("taken", f"case {case.id} is taken")
    if not case.may_see(at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent")
    began = max(at, case.responder_wrote_at + 1)
    claimed = _moved(case, Deed.CLAIM, responder=responder, claimed_at=began)
    return ladder.unanswered(claimed, at, clocks)


def answer(case: Case, at: int, *, by: int | None = None) -> Case:
    """A human word has left for the seeker (it is past the short hold; an envelope or a window may still hold it). It stops the clock.
    While a transfer waits, only the transfer's clock runs."""
    _owned_by(case, by)
    wrote = max(at, case.seeker_wrote_at, case.claimed_at or 0)
    written = _moved(case, Deed.ANSWER, responder_wrote_at=wrote, answered_at=case.answered_at or at, **_THERE)
    return written if written.handoff is HandoffStatus.TRANSFERRED else ladder.stopped(written)


def hear(case: Case, at: int, *, clocks: Clocks) -> Case:
    """The seeker wrote. Words that begin to wait start the owner's clock; further ones do not start it again. After a gap the optional word
    may be asked once more."""
    gap = bool(case.seeker_wrote_at) and at - case.seeker_wrote_at >= clocks.gap
    asked = {"confirmed": None, "asked_word_at": None} if gap else {}
    heard = _moved(case, Deed.HEAR, seeker_wrote_at=max(at, case.responder_wrote_at + 1), **asked)
    return ladder.unanswered(heard, at, clocks) if case.handoff is HandoffStatus.WAITING else heard


def release(case: Case, by: int | None, at: int) -> Case:
    """Given back to the queue by its owner; `by` None: by the program, because the owner was revoked or panicked."""
    _owned_by(case, by)
    return ladder.unclaimed(_given_back(case, Deed.RELEASE), at)


def lapse(case: Case, at: int, *, clocks: Clocks) -> Case:
    """Given back by the clock. Others are rung at once, and the ladder counts on from when the seeker began to wait."""
    return ladder.fallen_back(_given_back(case, Deed.LAPSE), at, clocks)


def _given_back(case: Case, deed: Deed) -> Case:
    passed = tuple(dict.fromkeys((*case.passed, *([case.responder] if case.responder is not None else []))))
    return _moved(case, deed, rung=(), passed=passed, offered_at=None, claimed_at=None)


# -- to a colleague ---------------------------------------------------------------------------------------------------------


def transfer(case: Case, to: int, at: int, *, clocks: Clocks, by: int | None = None) -> Case:
    """A colleague of the same organization is asked to take over; the sender keeps access until they accept."""
    _owned_by(case, by)
    if to == case.responder:
        raise RuleBroken("own-case", "it is theirs already")
    return ladder.transferring(_moved(case, Deed.TRANSFER, transfer_to=to), at, clocks)


def accept(case: Case, by: int, at: int, *, clocks: Clocks) -> Case:
    """The colleague takes over: the case is theirs now, and the seeker is owed a first word from them."""
    if case.handoff is HandoffStatus.TRANSFERRED and case.transfer_to != by:
        raise RuleBroken("not-receiver", f"responder {by} was not asked to take case {case.id} over")
    began = max(at, case.responder_wrote_at + 1)
    accepted = _moved(case, Deed.ACCEPT, responder=by, transfer_to=None, transfer_from=0, claimed_at=began, back_at=None)
    return ladder.unanswered(accepted, at, clocks)


def decline(case: Case, by: int | None, at: int, *, clocks: Clocks) -> Case:
    """The transfer comes to nothing: the colleague says no, the sender takes it back, or (`by` None) the seeker refuses or the clock ends
    it. Words that wait start the sender's clock again."""
    if case.handoff is HandoffStatus.TRANSFERRED and by not in (None, case.transfer_to, case.responder):
        raise RuleBroken("not-receiver", f"responder {by} was not asked to take case {case.id} over")
    back = _moved(case, Deed.DECLINE, transfer_to=None, transfer_from=0)
    return ladder.stopped(back) if back.handoff is HandoffStatus.WAITING else ladder.unanswered(back, at, clocks)


# -- ends -------------------------------------------------------------------------------------------------------------------


def close(case: Case, outcome: str, at: int, *, by: int | None = None) -> Case:
    """It has ended. Who had it stands in `rung`: they are the first to hear of a reopening."""
    _owned_by(case, by)
    if outcome not in {one.value for one in Outcome}:
        raise RuleBroken("no-outcome", f"{outcome!r} is no outcome")
    had = (case.responder,) if case.responder is not None else ()
    return ladder.stopped(_moved(case, Deed.CLOSE, outcome=str(outcome), closed_at=at, rung=had, unread=0))


def withdraw(case: Case, at: int) -> Case:
    """The seeker takes every consent back. Nothing of the case may be seen or sent from here on."""
    referrals = tuple(
        one if one.state in _REFERRAL_ENDS else replace(one, state=ReferralState.WITHDRAWN, at=at, remind_at=None) for one in case.referrals
    )
    return ladder.stopped(_moved(case, Deed.WITHDRAW, consents=_taken_back(case.consents, at), referrals=referrals, **_ended(case, at)))


def expire(case: Case, at: int) -> Case:
    """The consent has ended and was not renewed, or nobody came and the request is let go. Never in the middle of a consented
    conversation."""
    if case.status is CaseStatus.ASSIGNED and case.may_see(at):
        raise RuleBroken("consent-holds", f"the consent of case {case.id} holds")
    return ladder.stopped(_moved(case, Deed.EXPIRE, consents=_taken_back(case.consents, at), **_ended(case, at)))


_REFERRAL_ENDS: Final = (ReferralState.REJECTED, ReferralState.DONE, ReferralState.WITHDRAWN)


def _ended(case: Case, at: int) -> dict[str, object]:
    """What no organization keeps of a case whose consent is gone."""
    return {
        "closed_at": case.closed_at or at,
        "shared": (),
        "rung": (),
        "next_step": "",
        "unread": 0,
        "follow_ups": tuple(one for one in case.follow_ups if one.outcome),
        "safe_contact": None,
        "broken_glass": None,
        "claimant": None,
    }


def _taken_back(consents: tuple[Consent, ...], at: int) -> tuple[Consent, ...]:
    return tuple(one if one.withdrawn_at is not None else replace(one, withdrawn_at=at) for one in consents)


# -- consent and reach ------------------------------------------------------------------------------------------------------


def grant(case: Case, consent: Consent) -> Case:
    """A further consent, or a renewal: what it replaces (same purpose, same organization) ends when it begins. Contact may be renewed after
    closing, so that the case can be reopened; a withdrawn or expired case takes none."""
    if case.erased or case.handoff in (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED):
        raise RuleBroken("no-such-move", f"case {case.id} has ended for good")
    if consent.purpose is not Purpose.REFERRAL and consent.organization != case.organization:
        raise RuleBroken("no-consent", "the consent names another organization")
    renewal = case.renewal
    if consent.purpose is Purpose.CONTACT:
        renewal = "renewed" if case.renewal == "ended" and case.open else ""
    return replace(case, consents=(*_replaced(case.consents, consent), consent), renewal=renewal)


def share(case: Case, consent: Consent, lines: tuple[SharedLine, ...]) -> Case:
    """The seeker shares answers: exactly these lines, which the consent lists in this order. A later list takes the place of the former."""
    if consent.purpose is not Purpose.SHARE or not lines or not consent.shown:
        raise RuleBroken("no-consent", "sharing needs a consent to share, and lines that were shown")
    if consent.scope != tuple(line.key for line in lines):
        raise RuleBroken("shown-differs", "the lines are not those of the consent")
    if not case.may_see(consent.granted_at):
        raise RuleBroken("no-consent", f"case {case.id} has no living consent to contact")
    return replace(grant(case, consent), shared=lines)


def _replaced(consents: tuple[Consent, ...], new: Consent) -> tuple[Consent, ...]:
    return tuple(
        replace(one, withdrawn_at=new.granted_at)
        if (one.purpose, one.organization) == (new.purpose, new.organization) and one.withdrawn_at is None
        else one
        for one in consents
    )


def ask_renewal(case: Case) -> Case:
    """The consent ends soon: the seeker was asked whether to go on."""
    return replace(_live(case), renewal="asked")


def suspend(case: Case) -> Case:
    """The consent has ended, and may be renewed for some days (`grant`): who has the case keeps it, and sees nothing of it."""
    return replace(_live(case), renewal="ended")


def resume(case: Case, at: int) -> Case:
    """Renewed after it had ended: it goes on where it stood. In the queue everybody is rung anew, as nothing of it stands anywhere."""
    going_on = replace(_live(case), renewal="")
    if case.status is CaseStatus.ASSIGNED:
        return going_on
    return ladder.unclaimed(replace(going_on, rung=(), offered_at=None), at)


def set_reach(case: Case, reach: Reach) -> Case:
    """The seeker's answer to "may a message reach you here?"."""
    return replace(_live(case), reach=reach)


def set_safe_contact(case: Case, contact: SafeContact | None, *, by: int | None = None) -> Case:
    """When and how the seeker may be written to, as they told the owner; None: no such agreement."""
    _owned_by(case, by)
    return replace(_live(case), safe_contact=contact)


def _live(case: Case) -> Case:
    if not case.open:
        raise RuleBroken("no-such-move", f"case {case.id} has ended")
    return case


def next_number(case: Case, direction: Direction) -> tuple[Case, int]:
    """The number of the next words in this direction, and the case that has given it out."""
    _live(case)
    if direction is Direction.SEEKER:
        return replace(case, numbered_in=case.numbered_in + 1), case.numbered_in + 1
    return replace(case, numbered_out=case.numbered_out + 1), case.numbered_out + 1


# -- urgency and the clock --------------------------------------------------------------------------------------------------


def raise_level(case: Case, level: Level, rule: str, at: int, *, clocks: Clocks) -> Case:
    """A rule fired. The level rises, or stays; the clock goes by the quicker ladder from now on."""
    rules = case.rules if rule in case.rules else (*case.rules, rule)
    known = replace(_live(case), rules=rules)
    if RANK[level] <= RANK[case.level]:
        return known
    return ladder.hurried(replace(known, level=level, heavy=case.heavy or level is Level.DANGER), at, clocks)


def ring(case: Case, at: int, *, clocks: Clocks) -> Case:
    """A crisis word was said. It is danger now; in a live conversation its owner is rung, and the program steps in if no human word
    follows. A second crisis word does not put that off."""
    urgent = raise_level(case, Level.DANGER, CRISIS_RULE, at, clocks=clocks)
    if urgent.status is not CaseStatus.ASSIGNED:
        return urgent
    return replace(urgent, crisis_at=at if urgent.crisis_at is None else urgent.crisis_at)


def step_in(case: Case) -> Case:
    """The program has shown the danger screen: once for this crisis."""
    return replace(case, crisis_at=None)


def hold_clock(case: Case, minutes: int, at: int, *, clocks: Clocks, by: int | None = None) -> Case:
    """ "I am back in N minutes": the seeker is told, and nothing rings before. Once between two words, so that nobody is held off for ever.
    A crisis is not held."""
    _owned_by(case, by)
    if case.status is not CaseStatus.ASSIGNED:
        raise RuleBroken("not-owner", f"nobody has case {case.id}")
    if case.back_at is not None:
        raise RuleBroken("held-already", "the clock was held since the last word")
    if not 0 < minutes * 60 <= clocks.back_at_most:
        raise RuleBroken("held-too-long", f"{minutes} minutes")
    until = at + minutes * 60
    return ladder.held_until(replace(case, back_at=until), until)


def hold_words(case: Case, at: int, *, clocks: Clocks) -> Case:
    """The owner's words are in the short hold (or they are typing): the ladder waits until they have left."""
    return ladder.held_until(case, at + clocks.hold + 1) if case.status is CaseStatus.ASSIGNED else case


def tell_away(case: Case) -> Case:
    """The seeker was told that who has the case is not there, and nobody else is: once, until a human writes again."""
    return replace(_live(case), told_away=True)


def tell_no_match(case: Case) -> Case:
    """The seeker was told that nobody is there as they need or asked for: once for each wish."""
    return replace(_live(case), told_no_match=True)


# -- who is on the other side -----------------------------------------------------------------------------------------------


def detach(case: Case, return_key: str) -> Case:
    """The phone was lent and goes back: the account and the case know nothing of each other any more. `return_key`: keyed hash of the key
    on paper. Unread words wait; nothing is sent."""
    if case.seeker is None:
        raise RuleBroken("detached", f"case {case.id} is detached")
    return replace(_live(case), seeker=None, claimant=None, return_key=return_key, confirmed=False, asked_word_at=None)


def attach(case: Case, seeker: SeekerId) -> Case:
    """Somebody came with the key on paper. Who stands as `claimant` is the same person, a human says, and takes the place of the account
    before; anybody else comes to a detached case only, and is not confirmed until a human has asked something only the person knows."""
    claimed = case.claimant == seeker
    if case.seeker is not None and not claimed:
        raise RuleBroken("attached", f"case {case.id} has a seeker")
    return replace(_live(case), seeker=seeker, claimant=None, return_key="", confirmed=claimed)


def ask_word(case: Case, at: int) -> Case:
    """ "Is it still you?" was asked: not confirmed until it is answered. It never locks anybody out."""
    if not case.word:
        raise RuleBroken("no-word", f"case {case.id} has no word")
    return replace(_live(case), confirmed=False, asked_word_at=at)


def confirm(case: Case, right: bool) -> Case:
    """The word was answered (rightly or not), or a human has made sure."""
    return replace(_live(case), confirmed=right, asked_word_at=None)
