"""The board, the queue, own cases and the load, as they look at the moment they leave.

Nothing here names a person: the queue shows wait, urgency with its reason, language and topic; own cases and the load show the case's
designation. A list is cut to what a screen holds, and says how many there are beyond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from bot.domain import duty, routing
from bot.domain.case import Case, CaseStatus, HandoffStatus, Purpose
from bot.domain.clocks import Rung, level_now, waiting_since
from bot.domain.organization import Organization
from bot.domain.permissions import Action, answering, may
from bot.domain.routing import Load
from bot.domain.staff import Responder, StaffRole
from bot.usecases.channel import Button, Rendered
from bot.usecases.desk import board as deeds
from bot.usecases.desk.looking import Look, View, base36

Row = tuple[Button, ...]
ROWS: Final = 10
"""Of a list; what is beyond comes up once these are taken."""
HOURS: Final = (4, 8, 12)
DOOR_HOURS: Final = (4, 8, 24)
GAPS: Final = 4


def clock_time(look: Look, at: int) -> str:
    """An hour in the organization's own time; with its day when that is not today."""
    organization = look.office.organizations.get(look.responder.organization)
    if organization is None:
        return look.say("hours", hours=max(1, (at - look.at) // 3600))
    then, now = organization.local(at), organization.local(look.at)
    hour = then.strftime("%H:%M")
    return hour if then.date() == now.date() else look.say("hour_of_day", hours=hour, when=then.strftime("%d/%m"))


# -- the board ----------------------------------------------------------------------------------------------------------------


def board(look: Look) -> Rendered:
    """One message, edited in place: on duty or not, own cases with how long each waits, and how many wait."""
    me = look.responder
    lines = [look.say("board", alias=me.alias)]
    if me.role is StaffRole.REVIEWER:
        review = (look.button("b_complaints", "cmpls", case=0),)
        return Rendered(text="\n".join([*lines, look.say("board_reviewer")]), rows=(review, *_last_rows(look)))
    lines += [_duty_line(look), *_own_lines(look), *_waiting_lines(look)]
    rows = (*_duty_rows(look), *_list_rows(look), *_supervisor_rows(look), *_last_rows(look))
    return Rendered(text="\n".join(lines), rows=rows)


def _duty_line(look: Look) -> str:
    me = look.responder
    if not me.on_duty(look.at):
        return look.say("board_carrying" if look.office.book.owned(me.id) else "board_off")
    resting = [look.say("board_resting", when=clock_time(look, me.resting_until))] if look.at < me.resting_until else []
    return "\n".join([look.say("board_on", when=clock_time(look, me.duty_until)), *resting])


def _own_lines(look: Look) -> list[str]:
    own = seen(look, look.office.book.owned(look.responder.id))
    full = [look.say("board_full")] if len(own) >= look.responder.cap else []
    return [look.say("board_mine", count=len(own), cap=look.responder.cap), *full, *(_mine_row(look, case) for case in own[:ROWS])]


def _waiting_lines(look: Look) -> list[str]:
    count = len(waiting(look))
    return [look.say("board_waiting", count=count) if count else look.say("board_nobody_waits")]


def _duty_rows(look: Look) -> tuple[Row, ...]:
    me = look.responder
    if not me.on_duty(look.at):
        return ((look.button("b_on_duty", "duty", "p"),),)
    hours = tuple(look.button("", "duty", number, text=look.say("b_hours", hours=number)) for number in HOURS)
    resting = look.at < me.resting_until
    pause = look.button("b_rest_over", "rest", "0") if resting else look.button("b_rest", "rest")
    return (*pairs(hours), (look.button("b_off_duty", "duty", "0"), pause))


def _list_rows(look: Look) -> tuple[Row, ...]:
    return ((look.button("b_queue", "queue"), look.button("b_mine", "mine")),)


def _supervisor_rows(look: Look) -> tuple[Row, ...]:
    if not may(answering(look.responder), Action.SEE_LOAD, None, look.at):
        return ()
    return (
        (look.button("b_load", "load"), look.button("b_team", "team")),
        (_door_button(look), look.button("b_closed_cases", "ended")),
    )


def _door_button(look: Look) -> Button:
    shut = duty.door_closed(look.office.book.doors.values(), look.responder.organization, look.at)
    return look.button("b_door_open", "door", "o") if shut else look.button("b_door_close", "door", "c")


def _last_rows(look: Look) -> tuple[Row, ...]:
    buttons = (look.button("b_help", "help"), look.button("b_panic", "panic"))
    return (buttons,) if look.responder.role is StaffRole.REVIEWER else ((look.button("b_talk", "talk"),), buttons)


def pairs(buttons: Sequence[Button]) -> tuple[Row, ...]:
    """Two buttons a row: three are cut in the middle of a word on a narrow screen."""
    return tuple(tuple(buttons[first : first + 2]) for first in range(0, len(buttons), 2))


def seen(look: Look, cases: Sequence[Case]) -> list[Case]:
    """Those whose consent holds, the longest waiting first."""
    return sorted((case for case in cases if case.may_see(look.at)), key=lambda case: (since(case), case.id))


def since(case: Case) -> int:
    """Since when the one whose turn it is has been waited for."""
    if case.handoff is HandoffStatus.ACTIVE:
        return max(case.seeker_wrote_at, case.claimed_at or 0)
    if case.handoff in (HandoffStatus.WAITING, HandoffStatus.TRANSFERRED):
        return case.responder_wrote_at or case.claimed_at or case.requested_at
    return waiting_since(case)


def _mine_row(look: Look, case: Case) -> str:
    status = look.say(f"status_{case.handoff.value}")
    return look.say("mine_row", designation=case.designation, status=status, ago=look.ago(since(case)))


# -- the queue ----------------------------------------------------------------------------------------------------------------


def waiting(look: Look) -> list[Case]:
    """The queue of their organization, in the order it is to be taken."""
    cases = routing.queue(look.office.book.open_cases(), look.at, look.office.clocks, viewer=look.responder)
    return [case for case in cases if case.may_see(look.at)]


def queue(look: Look) -> Rendered:
    """Who waits. What they may take has a button; what not says why."""
    cases = waiting(look)
    if not cases:
        return look.plain("queue_empty")
    load = routing.loads_of(look.office.book.open_cases()).get(look.responder.id, Load())
    lines, taken = [look.say("queue_title")], list[Button]()
    for number, case in enumerate(cases[:ROWS], 1):
        why = routing.why_not(case, look.responder, load, look.at)
        lines.append(f"{number}. {_queue_row(look, case)}" + (f"\n   {look.say(f'why_{why.value}')}" if why else ""))
        taken += [] if why else [look.button("", "claim", case=case.id, text=look.say("take_number", number=number))]
    return Rendered(text="\n".join([*lines, *_beyond(look, cases)]), rows=threes(taken))


def _queue_row(look: Look, case: Case) -> str:
    level = look.say(f"level_{level_now(case, look.at, look.office.clocks).value}")
    row = look.say("queue_row", ago=look.ago(waiting_since(case)), level=level, language=look.language(case.locale), topic=look.needs(case))
    why = reasons(look, case)
    return f"{row}\n   {look.say('queue_reason', reason=', '.join(why))}" if why else row


def reasons(look: Look, case: Case) -> list[str]:
    """Why it counts as it does, in words: the wait that raised it, and the rules that fired. Rules rest on answers, so they are named
    only to somebody the answers were shared with."""
    shared = case.consent(Purpose.SHARE, look.at) is not None
    names = [f"reason_{rule}" for rule in case.rules] if shared else []
    names += ["reason_waited"] if level_now(case, look.at, look.office.clocks) is not case.level else []
    return [look.say(name) for name in names if look.texts.find(look.responder.locale, f"desk.{name}")]


def _beyond(look: Look, cases: Sequence[Case]) -> list[str]:
    return [look.say("and_more", count=len(cases) - ROWS)] if len(cases) > ROWS else []


def threes(buttons: Sequence[Button]) -> tuple[Row, ...]:
    """Three buttons a row."""
    return tuple(tuple(buttons[first : first + 3]) for first in range(0, len(buttons), 3))


def mine(look: Look) -> Rendered:
    """Their own cases; a button puts the header at the end of its topic again."""
    own = seen(look, look.office.book.owned(look.responder.id))
    if not own:
        return look.plain("mine_none")
    lines = [look.say("mine_title"), *(_mine_row(look, case) for case in own[:ROWS]), *_beyond(look, own)]
    rows = tuple((look.button("", "show", case=case.id, text=case.designation),) for case in own[:ROWS])
    return Rendered(text="\n".join(lines), rows=rows)


# -- for a supervisor -----------------------------------------------------------------------------------------------------------


def load(look: Look) -> Rendered | None:
    """Who waits beyond the limit, who carries too much, when nobody is there; and the door."""
    organization = look.office.organizations.get(look.responder.organization)
    if organization is None or not may(answering(look.responder), Action.SEE_LOAD, None, look.at):
        return None
    late = late_cases(look)
    lines = [look.say("load_title"), *_late_lines(look, late), *_carried(look), *_lacking(look, organization), _door_line(look)]
    shown = [look.button("", "give", case=case.id, text=case.designation) for case in late[:ROWS]]
    return Rendered(text="\n".join(lines), rows=(*threes(shown), *_door_rows(look)))


def late_cases(look: Look) -> list[Case]:
    """Of their organization, those who have waited longer than the clocks allow: for anybody, or for whoever has them."""
    own = [case for case in look.office.book.open_cases() if case.organization == look.responder.organization]
    return [case for case in seen(look, own) if look.at - since(case) > _limit(look, case)]


def _limit(look: Look, case: Case) -> float:
    """Seconds anybody may wait: in the queue until another organization would be asked, with somebody until they would be reminded. It is
    nobody's limit while the seeker's turn is."""
    offsets = look.office.clocks.offsets[level_now(case, look.at, look.office.clocks)]
    if case.status is CaseStatus.OPEN:
        return offsets[Rung.NEXT_ORGANIZATION]
    return offsets[Rung.NUDGE] if case.handoff in (HandoffStatus.CLAIMED, HandoffStatus.ACTIVE) else float("inf")


def _late_lines(look: Look, late: Sequence[Case]) -> list[str]:
    rows = [
        look.say(
            "load_case", designation=case.designation, status=look.say(f"status_{case.handoff.value}"), ago=look.ago(waiting_since(case))
        )
        for case in late[:ROWS]
    ]
    return [look.say("load_waiting", count=len(late)), *rows, *_beyond(look, late)]


def _carried(look: Look) -> list[str]:
    """Everybody on duty, or with cases, and how much they carry."""
    loads = routing.loads_of(look.office.book.open_cases())
    team = sorted(look.office.book.active(look.responder.organization), key=lambda one: one.alias.casefold())
    shown = [one for one in team if one.on_duty(look.at) or one.id in loads]
    rows = [_carrier(look, one, loads.get(one.id, Load())) for one in shown]
    return rows if any(one.on_duty(look.at) for one in shown) else [look.say("load_nobody"), *rows]


def _carrier(look: Look, one: Responder, load: Load) -> str:
    row = look.say("load_row", alias=one.alias, count=load.cases, cap=one.cap)
    marks = {
        "load_heavy": load.heavy >= one.heavy_cap > 0,
        "load_full": load.cases >= one.cap,
        "load_resting": look.at < one.resting_until,
        "load_off_duty": not one.on_duty(look.at),
    }
    return " · ".join([row, *(look.say(name) for name, holds in marks.items() if holds)])


def _lacking(look: Look, organization: Organization) -> list[str]:
    """Hours nobody covers, and holidays that run out."""
    found = deeds.gaps(look.office, organization, look.at)[:GAPS]
    lines = [look.say("gap_ahead", begins=clock_time(look, begins), ends=clock_time(look, ends)) for begins, ends in found]
    if organization.holidays_run_out(look.at):
        last = max(organization.holidays).strftime("%d/%m/%Y")
        lines.append(look.say("holidays_end", organization=organization.name, when=last))
    return lines


def _door_line(look: Look) -> str:
    shut = duty.door_closed(look.office.book.doors.values(), look.responder.organization, look.at)
    if shut is None:
        return look.say("door_open")
    until = [look.say("door_until", when=clock_time(look, shut.until))] if shut.until is not None else []
    return "\n".join([look.say("door_closed"), *until])


def _door_rows(look: Look) -> tuple[Row, ...]:
    """Closed in one tap; closed, it may be said when somebody is back."""
    shut = duty.door_closed(look.office.book.doors.values(), look.responder.organization, look.at)
    if shut is None:
        return ((_door_button(look),),)
    hours = tuple(look.button("", "door", f"c{base36(number)}", text=look.say("b_door_hours", hours=number)) for number in DOOR_HOURS)
    return ((_door_button(look),), *pairs(hours))


def load_case(look: Look) -> Rendered | None:
    """A case for a supervisor to give to somebody: what may be seen of it, and everybody on duty who may take it."""
    case = look.the_case
    if not case.open:
        return None
    loads = routing.loads_of(look.office.book.open_cases())
    team = [one for one in look.office.book.active(case.organization) if one.id != case.responder]
    found = routing.eligible(case, team, loads, look.at)
    lines = [case.designation, _queue_row(look, case)]
    lines += [look.say("give_who")] if found.responders else [look.say("give_nobody"), *_why_nobody(look, found.why)]
    buttons = [look.button("", "asgn", one.id, text=_giving(look, one, loads)) for one in found.responders[:ROWS]]
    return Rendered(text="\n".join(lines), rows=tuple((button,) for button in buttons))


def _why_nobody(look: Look, why: routing.Why | None) -> list[str]:
    return [look.say(f"why_{why.value}")] if why not in (None, routing.Why.ELSEWHERE) else []


def _giving(look: Look, one: Responder, loads: Mapping[int, Load]) -> str:
    return look.say("load_row", alias=one.alias, count=loads.get(one.id, Load()).cases, cap=one.cap)


def overdue(look: Look) -> Rendered | None:
    """Nobody has taken it for too long: which one, and the way to give it to somebody."""
    case = look.the_case
    if not case.open:
        return None
    return Rendered(text=f"{case.designation}\n{look.say('overdue')}", rows=((look.button("b_give", "give"),),))


def crisis_unanswered(look: Look) -> Rendered | None:
    """A cry nobody answered: which one, and the way to give it to somebody who is there."""
    case = look.the_case
    if not case.open:
        return None
    text = look.say("crisis_unanswered", designation=case.designation)
    alias = [] if case.designation in text else [case.designation]
    return Rendered(text="\n".join((*alias, text)), rows=((look.button("b_give", "give"),),))


def assigned(look: Look) -> Rendered:
    """A supervisor gave them a case."""
    return look.plain("assigned", designation=look.the_case.designation)


def gap(look: Look) -> Rendered | None:
    """Once a day: when nobody will be there. Nothing any more once somebody will."""
    organization = look.office.organizations.get(look.responder.organization)
    if organization is None or not may(answering(look.responder), Action.SEE_LOAD, None, look.at):
        return None
    lines = _lacking(look, organization)
    return Rendered(text="\n".join([look.say("notice_supervisor"), *lines])) if lines else None


def help_(look: Look) -> Rendered:
    """How the desk works, and what is never said."""
    names = ("help", "help_reply", "help_commands", "help_never", "help_gender")
    return Rendered(text="\n\n".join(look.say(name) for name in names), rows=((look.button("b_languages", "langs"),),))


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "board": board,
        "queue": queue,
        "mine": mine,
        "load": load,
        "load_case": load_case,
        "assigned": assigned,
        "overdue": overdue,
        "crisis_unanswered": crisis_unanswered,
        "gap": gap,
        "help": help_,
    }
)
