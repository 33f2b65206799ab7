"""How a responder goes on and off duty, rests, asks for help, chooses languages, and ends their own access in one tap.

Whether somebody is there they say themselves, for twelve hours at most or until the end of the shift they planned, because offers to
seekers rest on it. Panic asks no question: with its commit all access ends; their chat is emptied and supervisors are alerted at once, and
the ladder gives the cases back (`bot.usecases.desk.joining` tells how they come in again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain import clocks as ladder
from bot.domain import duty as duties
from bot.domain.audit import Deed
from bot.domain.case import CaseStatus
from bot.domain.clocks import Rung
from bot.domain.permissions import Action
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState
from bot.usecases.desk import board, joining
from bot.usecases.desk.board import LET_IN, afresh
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.joining import stranger
from bot.usecases.desk.office import Office

__all__ = ["COMMANDS", "PROMPTS", "VERBS", "stranger", "unreachable"]

HOUR: Final = 3600
EARLY: Final = HOUR
"""Who comes up to an hour before a planned shift has come for that shift."""


# -- on and off duty --------------------------------------------------------------------------------------------------------


async def turn(doing: Doing) -> Did:
    """`/turno`: on duty if they were off, off if they were on."""
    did = _end(doing) if doing.responder.on_duty(doing.at) else _begin(doing, until(doing.office, doing.responder, doing.at))
    afresh(doing.draft, doing.responder.id, "board")
    return did


async def duty(doing: Doing) -> Did:
    """The buttons: `0` ends it, `p` is as planned, a number is for so many hours from now."""
    hours = doing.arg
    did = _end(doing) if hours == "0" else _begin(doing, _named(doing, hours))
    doing.draft.remove(doing.responder.id, "still_there")
    doing.draft.edit(doing.responder.id, "board")
    return did


def _named(doing: Doing, hours: str) -> int:
    if hours in ("", "p"):
        return until(doing.office, doing.responder, doing.at)
    return doing.at + min(int(hours, 36) * HOUR, DUTY_SECONDS)


def until(office: Office, responder: Responder, at: int) -> int:
    """When duty that begins now ends by itself: with the planned shift that is on (or begins within the hour), or after twelve hours."""
    organization = office.organizations.get(responder.organization)
    shifts = [one for one in office.book.shifts if one.responder == responder.id] if organization else []
    ends = [end for one in shifts if organization for _, end in duties.occurrences(one, organization, at, at + EARLY)]
    return min(max(ends, default=at + DUTY_SECONDS), at + DUTY_SECONDS)


def _begin(doing: Doing, ends: int) -> Did:
    """On duty. What was left while nobody was there, to be rung when somebody is back, is rung now."""
    me, draft, office = doing.responder, doing.draft, doing.office
    soon = ends - doing.at <= office.clocks.duty_reminder
    draft.responder(replace(me, duty_until=ends, reminded=soon), None if me.on_duty(doing.at) else Deed.ON_DUTY, doing.actor)
    waiting = [case for case in office.book.open_cases() if case.status is CaseStatus.OPEN and case.organization == me.organization]
    for case in waiting:
        if case.clock == Rung.RING and case.due_at is not None and case.due_at > doing.at:
            draft.case(ladder.unclaimed(case, doing.at))
    if waiting:
        afresh(draft, me.id, "queue")
    return Did(says="on_duty_toast")


def _end(doing: Doing) -> Did:
    """Off duty. Their cases stay theirs, with the clocks on them; who carries some is reminded of it."""
    me, draft = doing.responder, doing.draft
    draft.responder(replace(me, duty_until=0, reminded=False), Deed.OFF_DUTY, doing.actor)
    draft.remove(me.id, "queue")
    carried = len(doing.office.book.owned(me.id))
    if carried:
        draft.post(me.id, "off_duty_first", topic=False, count=carried)
    return Did(says="off_duty_toast")


# -- resting, talking ---------------------------------------------------------------------------------------------------------


async def rest(doing: Doing) -> Did:
    """A pause of their own: nothing new is rung for a while; `0` ends it."""
    organization = doing.office.organizations.get(doing.responder.organization)
    own = organization.cool_down if organization else None
    length = 0 if doing.arg == "0" else own or doing.office.clocks.cool_down
    doing.draft.responder(replace(doing.responder, resting_until=doing.at + length if length else 0))
    doing.draft.edit(doing.responder.id, "board")
    return Did(says="rest_toast" if length else "rest_over_toast")


async def talk(doing: Doing) -> Did:
    """*Pedir hablar*: one tap tells the supervisors. Written down nowhere: asking must cost nothing."""
    asked = [one for one in doing.office.supervisors(doing.responder.organization) if one.id != doing.responder.id]
    for one in asked:
        doing.draft.post(one.id, "talk_asked", topic=False, silent=False, who=doing.responder.id)
    return Did(says="talk_toast" if asked else "talk_nobody", alert=True)


# -- languages ----------------------------------------------------------------------------------------------------------------


async def languages(doing: Doing) -> Did:
    """`/idioma`: the language of the desk, and those they write in."""
    afresh(doing.draft, doing.responder.id, "languages")
    return NOTHING


async def language(doing: Doing) -> Did:
    """The language they read the desk in."""
    if doing.arg in doing.office.texts.messages:
        doing.draft.responder(replace(doing.responder, locale=doing.arg))
        doing.draft.edit(doing.responder.id, "languages")
        doing.draft.edit(doing.responder.id, "board")
    return NOTHING


async def speak(doing: Doing) -> Did:
    """A language they write in, or no longer; one stays."""
    had = doing.responder.languages
    if doing.arg not in doing.office.texts.messages:
        return NOTHING
    now = tuple(one for one in had if one != doing.arg) if doing.arg in had else (*had, doing.arg)
    if not now:
        return Did(says="language_last", alert=True)
    doing.draft.responder(replace(doing.responder, languages=now))
    doing.draft.edit(doing.responder.id, "languages")
    return NOTHING


# -- the end of access --------------------------------------------------------------------------------------------------------


async def panic(doing: Doing) -> Did:
    """`/panico`, and its button: no question. Access has ended with this commit; the chat is emptied before anything else is said."""
    me, draft = doing.responder, doing.draft
    draft.responder(replace(me, state=ResponderState.PANICKED, duty_until=0, on_call=False), Deed.PANIC, doing.actor)
    draft.clear(me.id, everything=True)
    draft.post(me.id, "panicked", topic=False)
    for one in doing.office.supervisors(me.organization):
        if one.id != me.id:
            draft.post(one.id, "panic_lead", topic=False, silent=False, priority=0, who=me.id)
    return NOTHING


async def unreachable(doing: Doing) -> Did:
    """They blocked the bot: off duty, and nothing can reach them. The ladder gives their cases back; whatever they write next brings them
    back (`joining.back`)."""
    me, draft = doing.responder, doing.draft
    if me.chat_id is None:
        return NOTHING
    draft.responder(replace(me, chat_id=None, duty_until=0, reminded=False), Deed.OFF_DUTY, doing.actor, "unreachable")
    carried = len(doing.office.book.owned(me.id))
    for one in doing.office.supervisors(me.organization) if carried else ():
        if one.id != me.id:
            draft.post(one.id, "unreachable_lead", topic=False, silent=False, priority=1, who=me.id)
    return NOTHING


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        **joining.VERBS,
        "duty": Verb(Action.ON_DUTY, duty),
        "rest": Verb(Action.ON_DUTY, rest),
        "talk": Verb(LET_IN, talk),
        "langs": Verb(LET_IN, languages),
        "lang": Verb(LET_IN, language),
        "speak": Verb(LET_IN, speak),
        "panic": Verb(Action.PANIC, panic),
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({})
COMMANDS: Final[Mapping[str, Verb]] = board.named(
    {
        ("turno", "duty"): board.command(Action.ON_DUTY, turn),
        ("panico", "panic"): board.command(Action.PANIC, panic),
        ("idioma", "language"): board.command(LET_IN, languages),
    }
)
