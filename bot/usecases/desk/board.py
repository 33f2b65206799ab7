"""The responder's board, the queue and their own cases; and what a supervisor does about the load: assign, close the door, see gaps.

The board is one message, edited in place. Lists (queue, own cases, load, team) are messages of their own, one of each: asking again removes
the one before. A row of the queue says wait, urgency with its reason, language and topic, and never who (features.md H6).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from bot.domain import duty, handoff, routing
from bot.domain.audit import Deed
from bot.domain.case import DAY, Case, CaseStatus
from bot.domain.machines import RuleBroken
from bot.domain.organization import Organization
from bot.domain.permissions import Action, answering, may_manage
from bot.domain.routing import Load
from bot.domain.staff import Door, Responder, StaffRole
from bot.usecases.channel import Kind
from bot.usecases.desk import conversing, joining
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from flows.events import News

LET_IN: Final = Action.PANIC
"""What everybody may who is let in, whatever their role and whether on duty or not: the way out is open to all of them, as is the board."""
HOUR: Final = 3600
Run = Callable[[Doing], Awaitable[Did]]


# -- looking ------------------------------------------------------------------------------------------------------------------


async def board(doing: Doing) -> Did:
    """The board, at the end of the chat when it was asked for by a command."""
    if doing.incoming.kind is Kind.PRESS:
        doing.draft.edit(doing.responder.id, "board")
    else:
        afresh(doing.draft, doing.responder.id, "board")
    return NOTHING


def afresh(draft: Draft, responder: int, view: str) -> None:
    """The one message of its kind, now at the end of the chat."""
    draft.remove(responder, view)
    draft.post(responder, view, topic=False)


async def queue(doing: Doing) -> Did:
    """*Fila*: who waits. Somebody off duty takes nobody, and reads why."""
    me = doing.responder
    if not may_manage(answering(me), Action.SEE_QUEUE, me.organization, doing.at):
        return said(doing, "rule_not_allowed" if me.role is StaffRole.REVIEWER else "rule_off_duty")
    afresh(doing.draft, me.id, "queue")
    return NOTHING


async def mine(doing: Doing) -> Did:
    """*Lo mío*: the cases they have, each with a way back to its topic."""
    afresh(doing.draft, doing.responder.id, "mine")
    return NOTHING


async def look(doing: Doing) -> Did:
    """*Ver qué es*: the notice, opened on purpose. That it was opened is written down."""
    case = doing.the_case
    doing.draft.log(Deed.READ_CASE, doing.actor, f"case:{case.id}", "notice")
    doing.draft.edit(doing.responder.id, "notice_open", case=case, kind="notice", topic=False)
    return NOTHING


async def show(doing: Doing) -> Did:
    """The header of a case again, at the end of its topic. A topic that was lost is made again on the way."""
    doing.draft.remove(doing.responder.id, "header", case=doing.the_case.id)
    doing.draft.post(doing.responder.id, "header", case=doing.the_case)
    return Did(says="shown_toast")


async def more(doing: Doing) -> Did:
    """*Más*: what is needed less often, in the case's topic."""
    doing.draft.remove(doing.responder.id, "more", case=doing.the_case.id)
    doing.draft.post(doing.responder.id, "more", case=doing.the_case)
    return NOTHING


async def less(doing: Doing) -> Did:
    """*Volver*: the menu whose button was pressed goes."""
    ledger = await doing.office.book.ledger(doing.responder.id)
    pressed = next((one for one in ledger.values() if one.message_id == doing.incoming.message_id), None)
    kind = pressed.kind if pressed is not None and pressed.kind != "header" else "more"
    doing.draft.remove(doing.responder.id, kind, case=doing.the_case.id)
    return NOTHING


async def help_(doing: Doing) -> Did:
    """*Ayuda*."""
    afresh(doing.draft, doing.responder.id, "help")
    return NOTHING


def said(doing: Doing, name: str) -> Did:
    """A line without values: over the button that was pressed, or as a message to who wrote."""
    if doing.incoming.kind is Kind.PRESS:
        return Did(says=name, alert=True)
    doing.draft.post(doing.responder.id, name, topic=False)
    return NOTHING


def why_not(office: Office, case: Case, responder: Responder, at: int) -> str | None:
    """The desk text that says why somebody may not take a case now; None: they may."""
    load = routing.loads_of(office.book.open_cases()).get(responder.id, Load())
    found = routing.why_not(case, responder, load, at)
    return f"why_{found.value}" if found is not None else None


# -- what a supervisor does -----------------------------------------------------------------------------------------------------


async def load(doing: Doing) -> Did:
    """*Carga*: who waits beyond the limit, who carries too much, when nobody is there."""
    _managing(doing, Action.SEE_LOAD)
    afresh(doing.draft, doing.responder.id, "load")
    return NOTHING


def _managing(doing: Doing, action: Action) -> Organization:
    """The organization this supervisor looks after."""
    organization = doing.office.organizations.get(doing.responder.organization)
    if organization is None or not may_manage(answering(doing.responder), action, organization.id, doing.at):
        raise RuleBroken("not-owner", f"{action} is not theirs")
    return organization


async def door(doing: Doing) -> Did:
    """The door, in one tap: `c` closes it until it is opened, `c8` for eight hours, `o` opens it. Every offer changes with this commit;
    who waits already goes on waiting in the queue."""
    organization = _managing(doing, Action.CLOSE_DOOR)
    closes, hours = doing.arg.startswith("c"), doing.arg[1:]
    until = doing.at + int(hours, 36) * HOUR if closes and hours else None
    doing.draft.doors.append(Door(organization=organization.id, closed=closes, until=until))
    doing.draft.log(Deed.CLOSE_DOOR if closes else Deed.OPEN_DOOR, doing.actor, f"organization:{organization.id}")
    for one in doing.office.supervisors(organization.id):
        doing.draft.edit(one.id, "load")
        doing.draft.edit(one.id, "board")
    return Did(says="door_closed_now" if closes else "door_opened_now")


async def give(doing: Doing) -> Did:
    """A case that waits too long, with everybody it could be given to."""
    _managing(doing, Action.SEE_LOAD)
    doing.draft.log(Deed.READ_CASE, doing.actor, f"case:{doing.the_case.id}", "load")
    doing.draft.remove(doing.responder.id, "load_case")
    doing.draft.post(doing.responder.id, "load_case", case=doing.the_case, topic=False)
    return NOTHING


async def assign(doing: Doing) -> Did:
    """Given to somebody on duty who may take it; taken from whoever had it. The seeker reads who answers now."""
    office, draft, case = doing.office, doing.draft, doing.the_case
    to = office.book.responders.get(int(doing.arg, 36)) if doing.arg else None
    if to is None or to.organization != doing.responder.organization:
        raise RuleBroken("not-owner", "nobody of this organization")
    if to.id == case.responder:
        raise RuleBroken("own-case", "it is theirs already")
    refused = why_not(office, case, to, doing.at)
    if refused is not None:
        return Did(says=refused, alert=True)
    taken = draft.case(
        handoff.claim(_freed(doing, case), to.id, doing.at, clocks=office.clocks), Deed.CLAIM, doing.actor, f"responder:{to.id}"
    )
    conversing.notices_over(draft, case, besides=to.id)
    draft.remove(to.id, "notice", case=case.id)
    draft.post(to.id, "assigned", case=taken, topic=False, silent=False, priority=1)
    draft.post(to.id, "header", case=taken, silent=False, priority=1)
    await conversing.say_again(doing, taken, to.id)
    for view in ("load", "board"):
        draft.edit(doing.responder.id, view)
    draft.edit(to.id, "board")
    draft.remove(doing.responder.id, "load_case", case=case.id)
    return telling(taken, News.TAKEN, doing.at, says="assigned_toast")


def _freed(doing: Doing, case: Case) -> Case:
    """Whoever has it has it no more, and reads so."""
    if case.status is not CaseStatus.ASSIGNED or case.responder is None:
        return case
    freed = doing.draft.case(handoff.release(case, None, doing.at), Deed.RELEASE, doing.actor, "reassigned")
    conversing.give_up_chat(doing.office, doing.draft, case)
    doing.draft.post(case.responder, "reassigned", topic=False, silent=False, designation=case.designation)
    return freed


def warn(office: Office, draft: Draft, told: dict[str, int]) -> None:
    """Once a day, without a sound: hours of the next 24 in which nobody is there, and a list of holidays that runs out (features.md H12).
    `told`: organization -> day it was last told; filled here, kept by who calls."""
    for organization in office.organizations.values():
        if told.get(organization.id) == draft.at // DAY or not lacks(office, organization, draft.at):
            continue
        told[organization.id] = draft.at // DAY
        for one in office.supervisors(organization.id):
            afresh(draft, one.id, "gap")


def lacks(office: Office, organization: Organization, at: int) -> bool:
    """Whether a supervisor has to be told anything about who will be there."""
    return bool(gaps(office, organization, at)) or organization.holidays_run_out(at)


def gaps(office: Office, organization: Organization, at: int) -> tuple[tuple[int, int], ...]:
    """When, in the next 24 hours and within its hours, nobody is planned or on duty."""
    return duty.gaps(organization, tuple(office.book.active(organization.id)), office.book.shifts, at)


# -- by name ----------------------------------------------------------------------------------------------------------------------


def command(action: Action, run: Run) -> Verb:
    """A command: who had blocked the bot and writes again is reachable from here on."""

    async def answered(doing: Doing) -> Did:
        return await run(joining.back(doing))

    return Verb(action, answered)


def named(verbs: Mapping[tuple[str, ...], Verb]) -> Mapping[str, Verb]:
    """Each name of a command with its verb."""
    return MappingProxyType({name: verb for names, verb in verbs.items() for name in names})


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "board": Verb(LET_IN, board),
        "queue": Verb(LET_IN, queue),
        "mine": Verb(LET_IN, mine),
        "help": Verb(LET_IN, help_),
        "look": Verb(Action.SEE_HEADER, look),
        "show": Verb(Action.READ_CASE, show),
        "more": Verb(Action.READ_CASE, more),
        "less": Verb(Action.READ_CASE, less),
        "load": Verb(Action.SEE_LOAD, load),
        "door": Verb(Action.CLOSE_DOOR, door),
        "give": Verb(Action.ASSIGN, give),
        "asgn": Verb(Action.ASSIGN, assign),
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
COMMANDS: Final[Mapping[str, Verb]] = named(
    {
        ("start", "mesa", "board"): command(LET_IN, board),
        ("fila", "queue"): command(LET_IN, queue),
        ("casos", "cases"): command(LET_IN, mine),
        ("ayuda", "help"): command(LET_IN, help_),
        ("carga", "load", "puerta", "door"): command(Action.SEE_LOAD, load),  # the door's button stands on the load
        ("equipo", "team"): command(Action.REVOKE, joining.team),
    }
)
