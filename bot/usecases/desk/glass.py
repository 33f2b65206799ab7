"""Break-glass: two named people act on a case outside its consent or its hours, for a reason from a fixed list (features.md H5).

The first asks and nothing is open; everybody who may be the second (a supervisor, whoever is on call) is rung with a notice that names the
colleague and the reason. Once another person confirms, the two may read the case and write to the seeker until the time is over
(`Clocks.break_glass`). Both stand in the trail. What they were shown goes from their chats when the time is over, and the seeker is told in
every case: at once, waiting for them to write where it is outside their hours, and only after a human is sure of them where their phone was
taken. There is no silent flag.

A case whose `broken_glass.until` is 0 was opened and closed again, and its seeker has not been told yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain.audit import Deed
from bot.domain.case import BreakGlass, Case, WordsState
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action, GlassReason, answering, ask_break_glass, confirm_break_glass, may
from bot.domain.staff import Responder
from bot.usecases.desk import menus
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import PROGRAM, Draft
from bot.usecases.desk.office import Office
from flows.events import News

REASONS: Final = tuple(GlassReason)
"""In the order of the buttons, which carry the number."""
OPENED: Final = ("glass_open", "glass_granted")
"""What stands in the chats of the two while it is open."""


async def why(doing: Doing) -> Did:
    """*Emergencia de dos*: the reasons. Whoever has the case reads them in its topic, where they pressed; without a consent nothing about
    it is said there, and others have no topic: then they stand in the main chat."""
    case, me = doing.the_case, doing.responder.id
    doing.draft.remove(me, "glass_why", case=case.id)
    if case.responder == me and case.may_see(doing.at):
        doing.draft.post(me, "glass_why", case=case, of=case.id)
        return NOTHING
    doing.draft.post(me, "glass_why", topic=False, of=case.id)
    return Did(says="glass_in_general", alert=True) if doing.incoming.thread_id else NOTHING


async def ask(doing: Doing) -> Did:
    """The first of the two, with a reason. Nothing is open yet."""
    case, draft, me = doing.the_case, doing.draft, doing.responder
    glass = case.broken_glass
    if glass is not None and doing.at < glass.until and (glass.second is not None or glass.first != me.id):
        raise RuleBroken("no-such-move", "somebody has asked already")
    reason = _reason(doing.arg)
    asked = ask_break_glass(case, reason, me.id, doing.at, clocks=doing.office.clocks)
    draft.case(asked, Deed.BREAK_GLASS_ASK, doing.actor, reason)
    for one in seconds(doing.office, asked, doing.at):
        draft.remove(one.id, "glass_asked", case=case.id)
        draft.post(one.id, "glass_asked", topic=False, silent=False, priority=0, of=case.id)
    draft.remove(me.id, "glass_why", case=case.id)
    untold = glass is not None and glass.until == 0
    told = telling(case, News.OPENED, doing.at, quiet=True) if untold else NOTHING  # the note of it would be lost with the new one
    return replace(told, says="glass_waiting_toast", alert=True)


def _reason(arg: str) -> str:
    if not arg.isdigit() or int(arg) >= len(REASONS):
        raise RuleBroken("no-reason", "no reason of the list")
    return REASONS[int(arg)].value


def seconds(office: Office, case: Case, at: int) -> Iterator[Responder]:
    """Who may be the second of two: never the first."""
    first = case.broken_glass.first if case.broken_glass else None
    everybody = office.book.active(case.organization)
    return (one for one in everybody if one.id != first and may(answering(one), Action.BREAK_GLASS_CONFIRM, case, at))


async def confirm(doing: Doing) -> Did:
    """The second: now the case is open to both, and the seeker is told, as soon as that is safe."""
    office, draft, me = doing.office, doing.draft, doing.responder
    case = confirm_break_glass(doing.the_case, me.id, doing.at, clocks=office.clocks)
    glass = the_glass(case)
    draft.case(case, Deed.BREAK_GLASS, doing.actor, glass.reason)
    draft.log(Deed.BREAK_GLASS, f"responder:{glass.first}", f"case:{case.id}", glass.reason)
    for one in seconds(office, case, doing.at):
        draft.remove(one.id, "glass_asked", case=case.id)
    for number in (glass.first, me.id):
        draft.post(number, "glass_granted", topic=False, silent=False, priority=0, of=case.id)
    if _later(case):
        return Did(says="glass_granted_toast")
    draft.log(Deed.BREAK_GLASS, PROGRAM, f"case:{case.id}", "told")
    return telling(case, News.OPENED, doing.at, says="glass_granted_toast")


def the_glass(case: Case) -> BreakGlass:
    """The broken glass of a case that has one."""
    if case.broken_glass is None:
        raise RuleBroken("no-glass", "nobody has asked")
    return case.broken_glass


def holds(case: Case, responder: int, at: int) -> bool:
    """Whether this is one of the two, and their time is not over."""
    glass = case.broken_glass
    return glass is not None and glass.second is not None and at < glass.until and responder in (glass.first, glass.second)


async def read(doing: Doing) -> Did:
    """The transcript and the notes, page by page, in the main chat. Each reading stands in the trail."""
    case, me = doing.the_case, doing.responder.id
    if not holds(case, me, doing.at):
        raise RuleBroken("no-glass", "it is not open")
    doing.draft.log(Deed.READ_CASE, doing.actor, f"case:{case.id}", the_glass(case).reason)
    if doing.arg:
        doing.draft.edit(me, "glass_open", of=case.id, page=menus.number(doing.arg))
    else:
        doing.draft.remove(me, "glass_open", case=case.id)
        doing.draft.post(me, "glass_open", topic=False, of=case.id, page=0)
    return NOTHING


async def send_now(doing: Doing) -> Did:
    """*Mandar ahora*: words that wait for the seeker's hours leave with the next pass."""
    case = doing.the_case
    if not holds(case, doing.responder.id, doing.at):
        raise RuleBroken("no-glass", "outside their hours only two people together write")
    words = doing.office.book.words.get(case.id, {}).get(menus.number(doing.arg))
    if words is None or words.state is not WordsState.WINDOW:
        raise RuleBroken("no-such-move", "they do not wait any more")
    doing.draft.put(replace(words, release_at=doing.at))
    doing.draft.log(Deed.BREAK_GLASS, doing.actor, f"case:{case.id}", "sent_now")
    doing.draft.edit(doing.responder.id, "glass_granted", of=case.id)
    return Did(says="glass_now_toast")


# -- when the time is over --------------------------------------------------------------------------------------------------------


def due(case: Case, at: int) -> bool:
    """Whether it lapsed, or is over, or the seeker can be told now."""
    glass = case.broken_glass
    if glass is None:
        return False
    if glass.until == 0:
        taken = glass.reason == GlassReason.PHONE_TAKEN and case.confirmed is not True
        return case.seeker is not None and not taken
    return glass.until <= at


def _later(case: Case) -> bool:
    """Whether the seeker is told only afterwards: nobody is there to be told, or whoever has the phone may be somebody else."""
    return case.seeker is None or the_glass(case).reason == GlassReason.PHONE_TAKEN


def opened(case: Case) -> bool:
    """Whether two people have it open, for a reason its seeker may hear at once."""
    glass = case.broken_glass
    return glass is not None and glass.second is not None and glass.until > 0 and glass.reason != GlassReason.PHONE_TAKEN


def over(office: Office, draft: Draft, case: Case) -> Did:
    """Close it again: what the two were shown goes; what is still owed to the seeker is kept, or told."""
    glass = the_glass(case)
    if glass.until == 0:
        told = draft.case(replace(case, broken_glass=None), Deed.BREAK_GLASS, PROGRAM, "told")
        return telling(told, News.OPENED, draft.at)
    for one in seconds(office, case, draft.at):
        draft.remove(one.id, "glass_asked", case=case.id)
    if glass.second is None:
        draft.case(replace(case, broken_glass=None), Deed.BREAK_GLASS_ASK, PROGRAM, "lapsed")
        draft.post(glass.first, "glass_lapsed", topic=False)
        return NOTHING
    for number in (glass.first, glass.second):
        _close(draft, case, number)
    kept = replace(glass, until=0) if _later(case) else None
    draft.case(replace(case, broken_glass=kept), Deed.BREAK_GLASS, PROGRAM, "over")
    return NOTHING


def _close(draft: Draft, case: Case, number: int) -> None:
    """Whoever has the case keeps what is theirs; from the other one's chat everything about it goes."""
    if number == case.responder:
        for kind in OPENED:
            draft.remove(number, kind, case=case.id)
    else:
        draft.clear(number, case.id)
    draft.post(number, "glass_over", topic=False)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "glass": Verb(Action.BREAK_GLASS_ASK, why),
        "gask": Verb(Action.BREAK_GLASS_ASK, ask),
        "gyes": Verb(Action.BREAK_GLASS_CONFIRM, confirm),
        "gopen": Verb(Action.READ_CASE, read),
        "gnow": Verb(Action.WRITE_WORDS, send_now),
    }
)
