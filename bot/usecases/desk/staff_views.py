"""What staff read about access, duty and themselves: approvals, the team, languages, and the lines that say how something ended.

A view of a question says, once it was answered, what came of it: so an old button stands nowhere for long.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.permissions import Action, answering, may, may_manage
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.usecases.channel import Button, Rendered
from bot.usecases.desk.looking import Look, View

Row = tuple[Button, ...]
HOURS_MORE: Final = (2, 4)
NAME_LETTERS: Final = 24
"""Of an alias on a button."""


# -- coming in ----------------------------------------------------------------------------------------------------------------


def approve_asked(look: Look) -> Rendered | None:
    """Somebody redeemed a code (or panicked, and would come back): may they come in?"""
    one = _who(look, Action.APPROVE)
    if one is None:
        return None
    if one.state is ResponderState.ACTIVE:
        return look.plain("approved", alias=one.alias)
    if one.state is ResponderState.REVOKED:
        return look.plain("refused", alias=one.alias)
    text = look.say("approve_asked", alias=one.alias, role=look.say(f"role_{one.role.value}"))
    return Rendered(text=text, rows=((look.button("approve_yes", "let", one.id), look.button("approve_no", "deny", one.id)),))


def _who(look: Look, action: Action) -> Responder | None:
    """The person a message is about, for somebody who manages their organization."""
    number = look.args.get("who")
    one = look.office.book.responders.get(number) if isinstance(number, int) else None
    if one is None or not may_manage(answering(look.responder), action, one.organization, look.at):
        return None
    return one


def let_in(look: Look) -> Rendered:
    """The second approval came."""
    name = "let_in_reviewer" if look.responder.role is StaffRole.REVIEWER else "let_in"
    return look.plain(name, alias=look.responder.alias)


def revoke_asked(look: Look) -> Rendered | None:
    """Before access is ended."""
    one = _who(look, Action.REVOKE)
    if one is None or one.state is ResponderState.REVOKED:
        return None
    rows = ((look.button("revoke_yes", "revyes", one.id), look.button("b_cancel", "revno", one.id)),)
    return Rendered(text=look.say("revoke_asked", alias=one.alias), rows=rows)


def team(look: Look) -> Rendered | None:
    """Everybody of the organization, with what a supervisor may do about them."""
    if not may(answering(look.responder), Action.REVOKE, None, look.at):
        return None
    own = [one for one in look.office.book.responders.values() if one.organization == look.responder.organization]
    here = sorted((one for one in own if one.state is not ResponderState.REVOKED), key=lambda one: one.alias.casefold())
    lines = [look.say("team_title"), *(_member(look, one) for one in here)]
    return Rendered(text="\n".join(lines), rows=tuple(row for one in here for row in _member_rows(look, one)))


def _member(look: Look, one: Responder) -> str:
    state = look.say("team_on_duty") if one.on_duty(look.at) else look.say(f"team_{one.state.value}")
    return look.say("team_row", alias=one.alias, role=look.say(f"role_{one.role.value}"), state=state)


def _member_rows(look: Look, one: Responder) -> tuple[Row, ...]:
    """Let in who waits; end the access of anybody but oneself."""
    if one.id == look.responder.id:
        return ()
    alias = one.alias[:NAME_LETTERS]
    remove = look.button("", "revoke", one.id, text=look.say("b_revoke", alias=alias))
    if one.state in (ResponderState.REDEEMED, ResponderState.PANICKED):
        return ((look.button("", "let", one.id, text=look.say("b_let", alias=alias)), remove),)
    return ((remove,),)


def panic_lead(look: Look) -> Rendered | None:
    """Somebody of the shift cut their access: who, and how they come back."""
    one = _who(look, Action.APPROVE)
    if one is None:
        return None
    lines = [look.say("panic_lead"), look.say("panic_who", alias=one.alias)]
    rows: tuple[Row, ...] = ()
    if one.state is ResponderState.PANICKED:
        rows = ((look.button("", "let", one.id, text=look.say("b_let", alias=one.alias[:NAME_LETTERS])),),)
    return Rendered(text="\n".join(lines), rows=rows)


def _about(name: str) -> View:
    """A line to a supervisor about somebody of theirs."""

    def view(look: Look) -> Rendered | None:
        one = _who(look, Action.REVOKE)
        return look.plain(name, alias=one.alias) if one is not None else None

    return view


# -- duty and languages -------------------------------------------------------------------------------------------------------


def still_there(look: Look) -> Rendered | None:
    """Before duty ends by itself."""
    if not look.responder.on_duty(look.at):
        return None
    longer = tuple(look.button("", "duty", hours, text=look.say("b_hours_more", hours=hours)) for hours in HOURS_MORE)
    return Rendered(text=look.say("still_there"), rows=(longer, (look.button("b_off_duty", "duty", "0"),)))


def languages(look: Look) -> Rendered:
    """The language of the desk, and those they write in."""
    me, known = look.responder, sorted(look.texts.messages)
    lines = (
        look.say("languages_read", language=look.language(me.locale)),
        look.say("languages_write", list=", ".join(look.language(one) for one in me.languages)),
    )
    reads = [_language(look, "b_read", "lang", one) for one in known if one != me.locale]
    writes = [_language(look, "b_write_not" if one in me.languages else "b_write", "speak", one) for one in known]
    return Rendered(text="\n".join(lines), rows=(*_pairs(reads), *_pairs(writes)))


def _language(look: Look, label: str, verb: str, code: str) -> Button:
    return look.button("", verb, code, text=look.say(label, language=look.language(code)))


def _pairs(buttons: list[Button]) -> list[Row]:
    return [tuple(buttons[first : first + 2]) for first in range(0, len(buttons), 2)]


# -- lines --------------------------------------------------------------------------------------------------------------------


def line(name: str) -> View:
    """A view that is one text, with whatever came with it."""

    def view(look: Look) -> Rendered:
        return look.plain(name, **look.args)

    return view


LINES: Final = (
    "redeemed",
    "unknown",
    "code_wrong",
    "put_out",
    "panicked",
    "off_duty_first",
    "reassigned",
    "rule_off_duty",
    "rule_not_allowed",
    "talk_nobody",
)
VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "approve_asked": approve_asked,
        "let_in": let_in,
        "revoke_asked": revoke_asked,
        "team": team,
        "panic_lead": panic_lead,
        "talk_asked": _about("talk_asked"),
        "unreachable_lead": _about("unreachable_lead"),
        "still_there": still_there,
        "languages": languages,
        **{name: line(name) for name in LINES},
    }
)
