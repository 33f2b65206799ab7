"""What is seen of a transfer: the colleagues who could go on, the notice one of them gets, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Case, HandoffStatus
from bot.domain.plain import unlinked
from bot.usecases.channel import Rendered
from bot.usecases.desk import menus, referring_views
from bot.usecases.desk.looking import Look, View
from bot.usecases.desk.passing import colleagues


def transfer_who(look: Look) -> Rendered:
    """Who could go on; or, once somebody was asked, who that is, and the way to take it back."""
    case = look.the_case
    if case.handoff is HandoffStatus.TRANSFERRED:
        rows = ((look.button("b_take_back_transfer", "declin"),),)
        return Rendered(text=look.say("transfer_sent", colleague=_alias(look, case.transfer_to)), rows=rows)
    shown = menus.page(colleagues(look.office, case, look.at), look.args.get("page"))
    if not shown.items:
        return Rendered(text=look.say("transfer_nobody"), rows=((look.button("b_back", "less"),),))
    who = tuple((look.button("", "trans", one.id, text=one.alias),) for one in shown.items)
    return Rendered(text=look.say("transfer_who"), rows=(*who, *menus.turning(look, shown, "trpage"), (look.button("b_back", "less"),)))


def _alias(look: Look, number: int | None) -> str:
    found = look.office.book.responders.get(number) if number is not None else None
    return found.alias if found else look.say("nobody")


def transfer_asked(look: Look) -> Rendered:
    """The notice of who was asked: what the seeker agreed to be seen, the line for the handover, and not a word of the conversation."""
    case = look.the_case
    if case.handoff is not HandoffStatus.TRANSFERRED or case.transfer_to != look.responder.id:
        return transfer_over(look)
    lines = [look.say("transfer_asked", colleague=_alias(look, case.responder)), case.designation, *_what(look, case)]
    rows = ((look.button("b_accept", "accept"), look.button("b_decline", "declin")), (look.button("b_notes", "notes"),))
    return Rendered(text="\n".join(lines), rows=rows)


def _what(look: Look, case: Case) -> tuple[str, ...]:
    lines = (look.say("line_language", language=look.language(case.locale)), look.say("line_topic", topic=look.needs(case)))
    return (*lines, look.say("line_next_step", step=unlinked(case.next_step))) if case.next_step else lines


def transfer_over(look: Look) -> Rendered:
    """There is nothing to answer any more."""
    return look.plain("transfer_over")


def transfer_accepted(look: Look) -> Rendered:
    """To who had it: it has gone, and with it what had not left yet."""
    said = look.say("transfer_accepted", colleague=look.args["colleague"])
    return Rendered(text="\n".join((f"{look.args['designation']}: {said}", *_unsent(look))))


def transfer_yours(look: Look) -> Rendered:
    """To who has it now."""
    return Rendered(text="\n".join((look.say("transfer_yours", designation=look.the_case.designation), *_unsent(look))))


def _unsent(look: Look) -> tuple[str, ...]:
    count = look.args.get("unsent")
    return (look.say("transfer_unsent", count=count),) if count else ()


def words_older(look: Look) -> Rendered:
    """There was more before."""
    before = look.args.get("before")
    rows = ((look.button("b_older", "older", before),),) if isinstance(before, int) else ()
    return Rendered(text=look.say("words_older", count=look.args.get("count", "")), rows=rows)


def _with_colleague(name: str) -> View:
    return lambda look: look.plain(name, colleague=look.args.get("colleague", ""))


def _said(name: str) -> View:
    return lambda look: look.plain(name, designation=look.case.designation if look.case else "")


# -- another organization -----------------------------------------------------------------------------------------------------


def elsewhere_sure(look: Look) -> Rendered:
    """Which organization the seeker would be asked about."""
    other = look.office.elsewhere(look.the_case, look.at)
    if other is None:
        return Rendered(text=look.say("elsewhere_nobody"), rows=((look.button("b_back", "less"),),))
    rows = ((look.button("b_ask_elsewhere", "elsew", "yes"),), (look.button("b_back", "less"),))
    return Rendered(text=look.say("elsewhere_sure", other=other.name), rows=rows)


def _about_other(name: str) -> View:
    """A text about another organization, named by its id."""

    def view(look: Look) -> Rendered:
        other = look.office.organizations.get(str(look.args.get("other", "")))
        designation = str(look.args.get("designation", look.case.designation if look.case else ""))
        return look.plain(name, other=other.name if other else "", designation=designation)

    return view


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "transfer_who": transfer_who,
        "transfer_asked": transfer_asked,
        "transfer_over": transfer_over,
        "transfer_accepted": transfer_accepted,
        "transfer_yours": transfer_yours,
        "transfer_declined": _with_colleague("transfer_declined"),
        "transfer_cancelled": _said("transfer_cancelled"),
        "transfer_unanswered": _said("transfer_unanswered"),
        "transfer_refused": _said("transfer_refused"),
        "words_older": words_older,
        "words_lost": _said("words_lost"),
        "elsewhere_sure": elsewhere_sure,
        "elsewhere_asked": _about_other("elsewhere_asked"),
        "elsewhere_yes": _about_other("elsewhere_yes"),
        "elsewhere_no": _about_other("elsewhere_no"),
        **referring_views.VIEWS,
    }
)
