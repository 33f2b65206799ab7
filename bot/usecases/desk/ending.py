"""How a case ends, what is agreed for later, and how it begins again.

Closing asks for an outcome. Where something would be lost by it (words still in the hold or waiting for the seeker's hours, words they have
not read, words of theirs without an answer) that is said first, once, with the numbers: the responder then waits, or closes knowingly. With
the close the conversation is gone: its words from storage, its topic from the responder's chat. Who had a heavy case rests.

A message later is agreed only after the seeker said yes to it in the conversation, and the responder says so: it goes in neutral words, is
repeated once and then never again (features.md H20). No time is offered that the seeker's consent does not reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.domain import duty, follow_up, handoff
from bot.domain.audit import Deed
from bot.domain.case import DAY, Case, Direction, Purpose, WordsState
from bot.domain.handoff import Outcome
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action
from bot.domain.staff import Responder
from bot.usecases.desk import conversing, menus, windows
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from flows.events import News

CLOSING: Final = "close_how"
FOLLOWING: Final = "follow_when"
LIST: Final = "closed_cases"
FOLLOW_DAYS: Final = (1, 3, 7, 14, 30)
OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType({outcome.value[0]: outcome for outcome in Outcome})
"""An outcome in one letter, as a button carries it."""
KNOWINGLY: Final = "y"
"""The second letter: what would be lost was said."""


# -- closing ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What hangs on a case at its end. `unsent`: words that have not left; `unread`: words the seeker has not read; `waits`: the seeker
    wrote and has no answer."""

    unsent: int
    unread: int
    waits: bool

    def __bool__(self) -> bool:
        return bool(self.unsent or self.unread or self.waits)


def left(office: Office, case: Case) -> Left:
    """What closing it now would leave behind."""
    mine = [words.state for words in office.book.words.get(case.id, {}).values() if words.direction is Direction.RESPONDER]
    unsent = sum(state in (WordsState.HELD, WordsState.WINDOW) for state in mine)
    return Left(unsent=unsent, unread=len(mine) - unsent, waits=handoff.waits(case))


async def close(doing: Doing) -> Did:
    """*Cerrar*: how did it end? Then, if nothing hangs on it or that was said, it is closed."""
    if not doing.arg:
        menus.ask(doing, CLOSING)
        return NOTHING
    outcome, knowingly = OUTCOMES.get(doing.arg[0]), doing.arg[1:] == KNOWINGLY
    if outcome is None:
        raise RuleBroken("no-outcome", "no outcome of the list")
    case = doing.the_case
    if left(doing.office, case) and not knowingly:
        menus.turn(doing, "close_sure", kind=CLOSING, outcome=outcome.value)
        return NOTHING
    return _close(doing, case, outcome)


def _close(doing: Doing, case: Case, outcome: Outcome) -> Did:
    office, draft, me = doing.office, doing.draft, doing.responder
    ended = draft.case(handoff.close(case, outcome.value, doing.at, by=me.id), Deed.CLOSE, doing.actor, outcome.value)
    conversing.give_up_chat(office, draft, case)
    draft.words_gone.append(case.id)
    draft.post(me.id, "closed", topic=False, designation=case.designation, outcome=outcome.value)
    rest(office, draft, me, case)
    return telling(ended, News.CLOSED, doing.at)


async def keep_open(doing: Doing) -> Did:
    """Not yet."""
    menus.over(doing, CLOSING)
    return NOTHING


def rest(office: Office, draft: Draft, responder: Responder, case: Case) -> None:
    """A case has ended for somebody: after a heavy one they are not rung for a while, and read so."""
    organization = office.organizations.get(case.organization)
    until = duty.rests_until(case, organization, draft.at, office.clocks) if organization else 0
    if until > responder.resting_until:
        draft.responder(replace(draft.responders.get(responder.id, responder), resting_until=until))
        draft.post(responder.id, "rest", topic=False, until=until)


# -- a message later ----------------------------------------------------------------------------------------------------------


async def follow(doing: Doing) -> Did:
    """*Mensaje después*: when; then, whether the seeker said yes; then it is agreed."""
    if not doing.arg:
        menus.ask(doing, FOLLOWING)
        return NOTHING
    days = menus.number(doing.arg.removesuffix(KNOWINGLY))
    if days not in FOLLOW_DAYS:
        raise RuleBroken("past", "no time of the list")
    if not doing.arg.endswith(KNOWINGLY):
        menus.turn(doing, "follow_sure", kind=FOLLOWING, days=days)
        return NOTHING
    return _agree(doing, days)


def _agree(doing: Doing, days: int) -> Did:
    case = doing.the_case
    when = reached(doing.office, case, doing.at, days)
    if when is None:
        raise RuleBroken("no-consent", "the consent has ended by then")
    if any(not one.outcome and abs(one.at - when) < DAY // 2 for one in case.follow_ups):
        return Did(says="follow_already", alert=True)
    doing.draft.case(follow_up.agree(case, when, doing.at), Deed.FOLLOW_UP, doing.actor, "agreed")
    menus.turn(doing, "follow_kept", kind=FOLLOWING, when=when)
    return NOTHING


def reached(office: Office, case: Case, at: int, days: int) -> int | None:
    """When a message in so many days would go, within the seeker's own hours; None when their consent has ended by then."""
    then = at + days * DAY
    when = windows.opens(office, case, then) or then
    return when if case.consent(Purpose.CONTACT, when) is not None else None


# -- again --------------------------------------------------------------------------------------------------------------------


async def list_closed(doing: Doing) -> Did:
    """A supervisor looks at what was closed: by alias and outcome, nothing else."""
    me = doing.responder.id
    if doing.arg:
        doing.draft.edit(me, LIST, page=menus.number(doing.arg))
    else:
        doing.draft.remove(me, LIST)
        doing.draft.post(me, LIST, topic=False, page=0)
    return NOTHING


async def reopen(doing: Doing) -> Did:
    """A supervisor puts it back into the queue; whoever had it is rung first, and the seeker is told."""
    again = reopened(doing.office, doing.draft, doing.the_case, doing.actor)
    doing.draft.edit(doing.responder.id, LIST, page=0)
    return telling(again, News.REOPENED, doing.at, says="reopened_toast")


def reopened(office: Office, draft: Draft, case: Case, actor: str) -> Case:
    """It waits again, under the consent that still holds. Not where the seeker has asked anew meanwhile: they have one case."""
    other = office.book.case_of(case.seeker) if case.seeker is not None else None
    if other is not None and other.open and other.id != case.id:
        raise RuleBroken("no-such-move", "the seeker has asked anew")
    return draft.case(handoff.reopen(case, draft.at), Deed.REOPEN, actor)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "close": Verb(Action.CLOSE, close),
        "keep": Verb(Action.CLOSE, keep_open),
        "follow": Verb(Action.FOLLOW_UP, follow),
        "ended": Verb(Action.SEE_LOAD, list_closed),
        "reopen": Verb(Action.REOPEN, reopen),
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
