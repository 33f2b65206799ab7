"""What a reviewer reads of a complaint. The notice says that something came, and of whom; the words are shown only on tap."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Complaint
from bot.domain.permissions import answering, may_review
from bot.domain.plain import unlinked
from bot.usecases.channel import Rendered
from bot.usecases.desk import complaints as deeds
from bot.usecases.desk.looking import Look, View

LISTED: Final = 20
"""Rows of the list: a message holds no more buttons a thumb can tell apart."""


def complaint(look: Look) -> Rendered | None:
    """Something came to be reviewed."""
    found = _found(look)
    if found is None or found.answered:
        return None
    name = "complaint" if found.text else "complaint_unsafe"
    text = look.say(name, ticket=found.ticket, organization=_about(look, found))
    return Rendered(text=text, rows=((look.button("see", "cread", found.id, case=0),),))


def complaint_open(look: Look) -> Rendered | None:
    """All of it, with the answer if there is one."""
    found = _found(look)
    if found is None:
        return None
    name = "complaint_text" if found.text else "complaint_unsafe"
    lines = [look.say(name, ticket=found.ticket, organization=_about(look, found))]
    lines += [unlinked(found.text)] if found.text else []
    if found.answered:
        return Rendered(text="\n".join((*lines, look.say("complaint_said"), unlinked(found.answered))))
    lines.append(look.say("complaint_due", ticket=found.ticket, when=_due(look, found)))
    return Rendered(text="\n".join(lines), rows=((look.button("b_answer", "cansw", found.id, case=0),),))


def complaints(look: Look) -> Rendered:
    """Everything they may read, those that wait first."""
    found = deeds.theirs(look.office, look.responder, look.at)[:LISTED]
    if not found:
        return look.plain("complaints_none")
    rows = tuple((look.button("", "cread", one.id, case=0, text=_row(look, one)),) for one in found)
    return Rendered(text=look.say("complaints_title"), rows=rows)


def complaint_prompt(look: Look) -> Rendered | None:
    """Words in answer to this are the answer."""
    return look.plain("complaint_prompt") if _found(look) else None


def complaint_long(look: Look) -> Rendered | None:
    """Once more, shorter."""
    return look.plain("too_long") if _found(look) else None


def complaint_answered(look: Look) -> Rendered:
    """It is done."""
    return look.plain("complaint_answered", **look.args)


def complaint_due(look: Look) -> Rendered | None:
    """The time to answer is over, and nobody has."""
    mine = deeds.theirs(look.office, look.responder, look.at)
    found = next((one for one in mine if one.ticket == look.args.get("ticket") and not one.answered), None)
    if found is None:
        return None
    text = look.say("complaint_due", ticket=found.ticket, when=_due(look, found))
    return Rendered(text=text, rows=((look.button("see", "cread", found.id, case=0),),))


def _found(look: Look) -> Complaint | None:
    """The complaint this is about, if they may read it now."""
    number = look.args.get("of") or look.args.get("complaint")
    found = look.office.book.complaints.get(number) if isinstance(number, int) else None
    if found is None or not deeds.kept(found, look.at) or not may_review(answering(look.responder), found, look.at):
        return None
    return found


def _about(look: Look, found: Complaint) -> str:
    organization = look.office.organizations.get(found.about)
    return organization.name if organization else found.about


def _due(look: Look, found: Complaint) -> str:
    """A date of this reviewer's organization."""
    home = look.office.organizations.get(look.responder.organization)
    return home.local(found.due_at).strftime("%d/%m") if home else ""


def _row(look: Look, found: Complaint) -> str:
    name = "complaint_row_answered" if found.answered else "complaint_row"
    return look.say(name, ticket=found.ticket, ago=look.ago(found.at))


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "complaint": complaint,
        "complaint_open": complaint_open,
        "complaint_due": complaint_due,
        "complaints": complaints,
        "complaint_prompt": complaint_prompt,
        "complaint_long": complaint_long,
        "complaint_answered": complaint_answered,
    }
)
