"""What is seen of an ending: the outcomes, what would be lost, the times for a message later; and, for supervisors, what was closed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Case, HandoffStatus
from bot.domain.handoff import Outcome
from bot.domain.permissions import Action, answering, may, may_manage
from bot.usecases.channel import Rendered
from bot.usecases.desk import ending, menus
from bot.usecases.desk.board_views import clock_time
from bot.usecases.desk.looking import Look, View, base36


def close_how(look: Look) -> Rendered:
    """How did it end?"""
    ways = tuple((look.button(f"outcome_{outcome.value}", "close", letter),) for letter, outcome in ending.OUTCOMES.items())
    return Rendered(text=look.say("close_how"), rows=(*ways, (look.button("b_cancel", "keep"),)))


def close_sure(look: Look) -> Rendered:
    """What closing now would leave behind, as it stands now."""
    left = ending.left(look.office, look.the_case)
    lines = [look.say("close_unsent", count=left.unsent)] if left.unsent else []
    lines += [look.say("close_unread", count=left.unread)] if left.unread else []
    lines += [look.say("close_waits")] if left.waits else []
    outcome = Outcome(str(look.args["outcome"]))
    rows = ((look.button("b_close_anyway", "close", f"{outcome.value[0]}{ending.KNOWINGLY}"),), (look.button("b_wait", "keep"),))
    return Rendered(text="\n".join((*lines, look.say("close_sure", outcome=look.say(f"outcome_{outcome.value}")))), rows=rows)


def closed(look: Look) -> Rendered:
    """It has ended, and their chat is empty of it."""
    said = look.say("closed", outcome=look.say(f"outcome_{look.args['outcome']}"))
    return Rendered(text=f"{look.args['designation']}: {said}")


def rest(look: Look) -> Rendered:
    """It was heavy: nothing new for a while."""
    until = look.args.get("until")
    return look.plain("rest", when=clock_time(look, until) if isinstance(until, int) else "")


# -- a message later ----------------------------------------------------------------------------------------------------------


def follow_when(look: Look) -> Rendered:
    """The times the seeker's consent reaches; where it does not reach them all, that is said."""
    case = look.the_case
    found = [days for days in ending.FOLLOW_DAYS if ending.reached(look.office, case, look.at, days) is not None]
    rows = tuple((look.button(f"follow_in_{days}", "follow", days),) for days in found)
    lines = [look.say("follow_when")] if found else []
    if len(found) < len(ending.FOLLOW_DAYS):
        until = max((one.until for one in case.consents if one.holds(look.at)), default=look.at)
        lines.append(look.say("follow_ends", when=menus.moment(look, until)))
    return Rendered(text="\n".join(lines), rows=(*rows, (look.button("b_back", "less"),)))


def follow_sure(look: Look) -> Rendered | None:
    """Whether they said yes."""
    days = look.args.get("days")
    when = ending.reached(look.office, look.the_case, look.at, days) if isinstance(days, int) else None
    if when is None or not isinstance(days, int):
        return follow_when(look)
    yes = look.button("b_follow_yes", "follow", f"{base36(days)}{ending.KNOWINGLY}")
    return Rendered(text=look.say("follow_sure", when=menus.moment(look, when)), rows=((yes,), (look.button("b_not_yet", "follow"),)))


def follow_kept(look: Look) -> Rendered:
    """It is agreed."""
    return look.plain("follow_kept", when=_moment(look, "when"))


def _moment(look: Look, name: str) -> str:
    at = look.args.get(name)
    return menus.moment(look, at) if isinstance(at, int) else ""


# -- what was closed ----------------------------------------------------------------------------------------------------------


def closed_cases(look: Look) -> Rendered | None:
    """Cases of their organization that were closed, the last first. Those that may be opened again have a button."""
    actor, organization = answering(look.responder), look.responder.organization
    if not may_manage(actor, Action.SEE_LOAD, organization, look.at):
        return None
    ended = (HandoffStatus.CLOSED, HandoffStatus.FOLLOWED_UP)
    mine = [case for case in look.office.book.cases.values() if case.organization == organization and case.handoff in ended]
    shown = menus.page(sorted(mine, key=lambda case: -(case.closed_at or 0)), look.args.get("page"))
    lines = [look.say("closed_title" if mine else "closed_none"), *(_row(look, case) for case in shown.items)]
    again = [case for case in shown.items if may(actor, Action.REOPEN, case, look.at) and case.may_see(look.at)]
    rows = tuple((look.button("b_reopen", "reopen", case=case.id, designation=case.designation),) for case in again)
    return Rendered(text="\n".join(lines), rows=(*rows, *menus.turning(look, shown, "ended")))


def _row(look: Look, case: Case) -> str:
    outcome = look.say(f"outcome_{case.outcome}") if case.outcome else ""
    return look.say("closed_row", designation=case.designation, outcome=outcome, ago=look.ago(case.closed_at or look.at))


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "close_how": close_how,
        "close_sure": close_sure,
        "closed": closed,
        "rest": rest,
        "follow_when": follow_when,
        "follow_sure": follow_sure,
        "follow_kept": follow_kept,
        "closed_cases": closed_cases,
    }
)
