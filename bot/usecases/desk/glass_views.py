"""What the people of an emergency see: the reasons, the notice for the second one, and, once two agreed, the case.

These views are posted without the case, naming it by `of`: they have to reach people who do not own it, also when no consent is alive. So
each asks the permissions itself, at the moment it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from bot.domain.case import Case, Direction, Note, Visibility, Words, WordsState
from bot.domain.permissions import Action, answering, may, may_read_note
from bot.domain.plain import unlinked
from bot.usecases.channel import Button, Rendered
from bot.usecases.desk import glass as deeds
from bot.usecases.desk.looking import Look, View

BY_PERMISSION: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "glass_why": Action.BREAK_GLASS_ASK,
        "glass_asked": Action.BREAK_GLASS_CONFIRM,
        "glass_granted": Action.READ_CASE,
        "glass_open": Action.READ_CASE,
    }
)
"""View -> what somebody must be allowed to do with the case to see it."""
PAGE: Final = 3000
"""Characters of a page: with its header it must fit into one of the platform's messages."""


def _case(look: Look, view: str) -> Case | None:
    """The case named by `of`, if they may now."""
    number = look.args.get("of")
    case = look.office.book.cases.get(number) if isinstance(number, int) else None
    return case if case is not None and may(answering(look.responder), BY_PERMISSION[view], case, look.at) else None


def glass_why(look: Look) -> Rendered | None:
    """The fixed list."""
    case = _case(look, "glass_why")
    if case is None:
        return None
    rows = tuple((look.button(f"glass_{one.value}", "gask", str(n), case=case.id),) for n, one in enumerate(deeds.REASONS))
    return Rendered(text=look.say("glass_why"), rows=rows)


def glass_asked(look: Look) -> Rendered | None:
    """For who may be the second: who asks, and why."""
    case = _case(look, "glass_asked")
    glass = case.broken_glass if case else None
    if case is None or glass is None or glass.second is not None or look.at >= glass.until or glass.first == look.responder.id:
        return None
    text = look.say("glass_asked", colleague=_alias(look, glass.first), reason=look.say(f"glass_{glass.reason}"))
    return Rendered(text=text, rows=((look.button("glass_confirm", "gyes", case=case.id),),))


def _alias(look: Look, number: int | None) -> str:
    one = look.office.book.responders.get(number) if number is not None else None
    return one.alias if one else look.say("nobody")


def glass_granted(look: Look) -> Rendered | None:
    """Open, until when, by whom; read it, or let what waits for the seeker's hours go."""
    case = _case(look, "glass_granted")
    if case is None or case.broken_glass is None or not deeds.holds(case, look.responder.id, look.at):
        return None
    glass = case.broken_glass
    home = look.office.organizations.get(case.organization)
    until = home.local(glass.until).strftime("%H:%M") if home else ""
    who = ", ".join(_alias(look, number) for number in (glass.first, glass.second))
    text = look.say("glass_granted", when=until, who=who, reason=look.say(f"glass_{glass.reason}"))
    rows = [(look.button("b_read_case", "gopen", case=case.id),)]
    waiting = [one for one in look.office.book.words.get(case.id, {}).values() if one.state is WordsState.WINDOW]
    rows += [(look.button("b_send_now", "gnow", one.id, case=case.id, number=one.number),) for one in waiting[:8]]
    return Rendered(text="\n".join((text, look.say("glass_how"))), rows=tuple(rows))


def glass_open(look: Look) -> Rendered | None:
    """Transcript and notes, a page at a time. An answer to this message goes to the seeker."""
    case = _case(look, "glass_open")
    if case is None or look.case is None or not deeds.holds(case, look.responder.id, look.at):
        return None
    found = pages([*_said(look, look.transcript), *_noted(look, case, look.notes)] or [look.say("glass_nothing")])
    asked = look.args.get("page", 0)
    page = min(max(asked, 0), len(found) - 1) if isinstance(asked, int) else 0
    title = look.say("glass_title", designation=case.designation, number=page + 1, count=len(found))
    turn = [look.button("b_earlier", "gopen", page - 1, case=case.id)] if page else []
    turn += [look.button("b_later", "gopen", page + 1, case=case.id)] if page + 1 < len(found) else []
    rows: tuple[tuple[Button, ...], ...] = (tuple(turn),) if turn else ()
    return Rendered(text=f"{title}\n{found[page]}", rows=rows)


def _said(look: Look, transcript: Sequence[Words]) -> list[str]:
    lines = []
    for one in transcript:
        number = look.say("own_number", number=one.number) if one.direction is Direction.RESPONDER else str(one.number)
        kind = look.say(f"media_{one.media.value}") if one.media else ""
        gone = look.say("gone") if one.state is WordsState.REMOVED else ""
        lines.append(f"{number} · {gone or unlinked(one.text) or kind or look.say('words_not_kept')}")
    return lines


def _noted(look: Look, case: Case, notes: Sequence[Note]) -> list[str]:
    mine = [one for one in notes if may_read_note(answering(look.responder), one, case, look.at)]
    kinds = {Visibility.MINE: "note_mine", Visibility.TEAM: "note_team", Visibility.ORGANIZATION: "note_organization"}
    return [look.say("note_row", when=look.ago(one.at), kind=look.say(kinds[one.visibility]), text=unlinked(one.text)) for one in mine]


def pages(lines: Sequence[str]) -> list[str]:
    """Lines put together into pages; a line longer than a page is cut into several."""
    found: list[str] = [""]
    for line in lines:
        for part in [line[start : start + PAGE] for start in range(0, len(line), PAGE)] or [""]:
            if found[-1] and len(found[-1]) + len(part) >= PAGE:
                found.append("")
            found[-1] = f"{found[-1]}\n{part}" if found[-1] else part
    return found


def _text(name: str) -> View:
    def view(look: Look) -> Rendered:
        return look.plain(name)

    return view


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "glass_why": glass_why,
        "glass_asked": glass_asked,
        "glass_granted": glass_granted,
        "glass_open": glass_open,
        "glass_lapsed": _text("glass_lapsed"),
        "glass_over": _text("glass_over"),
    }
)
