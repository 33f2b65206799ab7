"""What follows when nobody is there for a seeker who has asked: who has their case has gone off duty, or nobody fits what they asked for.

Nobody waits for somebody who is not there (issue 3). Words for an owner who is away go to the queue as soon as a colleague could take the
case; while nobody could, the seeker is told so once, and who answers meanwhile. The ladder calls this every pass: duty that ends, words
that come later and a wish that changes need nothing of their own.
"""

from __future__ import annotations

from typing import Final

from bot.domain import handoff, routing
from bot.domain.audit import Deed
from bot.domain.case import Case, CaseStatus, Direction, HandoffStatus, WordsState
from bot.domain.clocks import Rung
from bot.usecases.desk import conversing
from bot.usecases.desk.doing import NOTHING, Did, telling
from bot.usecases.desk.draft import PROGRAM, Draft
from bot.usecases.desk.office import Office
from flows.events import News

QUESTION: Final = 120
"""Seconds a question to the seeker ("is it still you?") stands before anything else is said about who is there."""
AWAITED: Final = (HandoffStatus.CLAIMED, HandoffStatus.ACTIVE)
"""A word is owed to the seeker. While a transfer waits, its own clock runs."""


def owes(office: Office, case: Case, at: int) -> bool:
    """Whether something of this module is due on a case."""
    if not case.may_see(at):
        return False
    if case.status is CaseStatus.OPEN:
        return _unmatched(office, case, at)
    return _left_alone(office, case, at) and (not case.told_away or bool(_others(office, case, at)))


def owed(office: Office, draft: Draft, case: Case) -> Did:
    """Do it."""
    if not owes(office, case, draft.at):
        return NOTHING
    if case.status is CaseStatus.OPEN:
        return no_match(office, draft, case)
    if not _others(office, case, draft.at):
        return telling(draft.case(handoff.tell_away(case)), News.AWAY, draft.at)
    freed = draft.case(handoff.release(case, None, draft.at), Deed.RELEASE, PROGRAM, "off_duty")
    conversing.give_up_chat(office, draft, case)
    if case.responder is not None:
        draft.post(case.responder, "duty_over_passed", topic=False, silent=False, designation=case.designation)
    return telling(freed, News.GIVEN_BACK, draft.at)


def no_match(office: Office, draft: Draft, case: Case) -> Did:
    """Somebody is there, but not as the seeker needs or asked for: they are told once, and choose; supervisors are told, because only they
    can find somebody. Whoever was rung and does not fit cannot take it any more. A request kept for an hour that was named is not told
    twice: the offer had said that nobody is there."""
    if case.told_no_match or not _lacks_somebody(office, case, draft.at):
        return NOTHING
    told = draft.case(handoff.tell_no_match(case))
    loads = routing.loads_of(office.book.open_cases())
    for number in case.rung:
        one = office.book.responders.get(number)
        why = routing.why_not(case, one, loads.get(number, routing.Load()), draft.at) if one else None
        if why in routing.UNMATCHED:
            draft.remove(number, "notice", case=case.id)
    for one in office.supervisors(case.organization):
        draft.post(one.id, "no_match_lead", topic=False, silent=False, priority=1, of=case.id, designation=case.designation)
    kept = case.kept and case.clock == Rung.RING and not case.prefers
    return NOTHING if kept else telling(told, News.NO_MATCH, draft.at)


def _unmatched(office: Office, case: Case, at: int) -> bool:
    """A request whose first bell has rung or is for later; the bell itself tells what it finds."""
    due = case.clock == Rung.RING and case.due_at is not None and case.due_at <= at
    return not case.told_no_match and not due and _lacks_somebody(office, case, at)


def _lacks_somebody(office: Office, case: Case, at: int) -> bool:
    team = tuple(office.book.active(case.organization))
    return routing.eligible(case, team, routing.loads_of(office.book.open_cases()), at).why in routing.UNMATCHED


def _left_alone(office: Office, case: Case, at: int) -> bool:
    """Whether the seeker's words wait for somebody who is not there. Who said when they are back, or has words in the short hold, is."""
    if case.handoff not in AWAITED or office.owner_there(case, at) is not None or (case.back_at or 0) > at:
        return False
    if case.asked_word_at is not None and at - case.asked_word_at < QUESTION:
        return False
    on_the_way = office.book.words.get(case.id, {}).values()
    return not any(one.direction is Direction.RESPONDER and one.state is WordsState.HELD for one in on_the_way)


def _others(office: Office, case: Case, at: int) -> tuple[int, ...]:
    """Colleagues who could take it now."""
    team = tuple(one for one in office.book.active(case.organization) if one.id != case.responder)
    return tuple(one.id for one in routing.eligible(case, team, routing.loads_of(office.book.open_cases()), at).responders)
