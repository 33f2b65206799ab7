"""Menus of the desk: one message with buttons per kind and case, which changes in place while somebody goes through it.

`ask` puts a menu up (the one before it of that kind goes), `turn` shows something else in its place, `over` takes it away. What does not
fit on one page is turned over with `page` and `turning`. `typed` remembers what a responder wrote to the desk itself (a note, the name of
a service), so that it goes from their chat at once: it stands where it belongs, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.domain.machines import RuleBroken
from bot.usecases.channel import Button
from bot.usecases.desk.doing import Doing
from bot.usecases.desk.looking import Look
from bot.usecases.desk_ports import DeskMessage

SIZE: Final = 8
"""Things to choose from on one page: more is not read on a telephone."""
TYPED: Final = "to_the_desk"
"""Apart from what was written to the seeker (`typed`), which stays until the case goes from the chat."""
Row = tuple[Button, ...]
T = TypeVar("T")


# -- what a verb does with a menu ---------------------------------------------------------------------------------------------


def ask(doing: Doing, view: str, *, kind: str = "", **args: object) -> None:
    """Put a menu up at the end of the case's topic."""
    case = doing.the_case
    doing.draft.remove(doing.responder.id, kind or view, case=case.id)
    doing.draft.post(doing.responder.id, view, case=case, kind=kind or view, **args)  # type: ignore[arg-type]  # values of a view, none of `post`'s own names


def turn(doing: Doing, view: str, *, kind: str, **args: object) -> None:
    """Show something else where the menu stands."""
    doing.draft.edit(doing.responder.id, view, case=doing.the_case, kind=kind, **args)  # type: ignore[arg-type]  # as above


def over(doing: Doing, kind: str) -> None:
    """Take a menu (or a question that was answered) away."""
    doing.draft.remove(doing.responder.id, kind, case=doing.the_case.id)


def typed(doing: Doing) -> None:
    """What was written to the desk goes from the responder's chat. Should the platform refuse, it goes with the case."""
    incoming, draft = doing.incoming, doing.draft
    draft.messages.append(
        DeskMessage(
            row=draft.number(),
            responder=doing.responder.id,
            case=doing.the_case.id,
            kind=TYPED,
            message_id=incoming.message_id,
            thread=incoming.thread_id,
            at=doing.at,
        )
    )
    draft.remove(doing.responder.id, TYPED, case=doing.the_case.id)


def number(arg: str) -> int:
    """A number as a button carries it (base 36). Raises `RuleBroken` for a button of another time."""
    try:
        return int(arg, 36)
    except ValueError:
        raise RuleBroken("no-such-move", "no button of ours") from None


# -- pages --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `number` counts from 0; it is the `last` one when nothing follows."""

    items: Sequence[T]
    number: int
    last: int


def page(items: Sequence[T], number: object, size: int = SIZE) -> Page[T]:
    """The page asked for, or the nearest there is: a list may have grown shorter meanwhile."""
    last = max(0, (len(items) - 1) // size)
    wanted = min(max(0, number if isinstance(number, int) else 0), last)
    return Page(items[wanted * size : (wanted + 1) * size], wanted, last)


def turning(look: Look, shown: Page[T], verb: str) -> tuple[Row, ...]:
    """The row that turns pages; none when everything is on one."""
    row = []
    if shown.number > 0:
        row.append(look.button("b_before", verb, shown.number - 1))
    if shown.number < shown.last:
        row.append(look.button("b_after", verb, shown.number + 1))
    return (tuple(row),) if row else ()


def moment(look: Look, at: int, organization: str = "") -> str:
    """Day and hour where the organization is, `24/11 09:30`."""
    found = look.office.organizations.get(organization or (look.case.organization if look.case else look.responder.organization))
    return found.local(at).strftime("%d/%m %H:%M") if found else ""
