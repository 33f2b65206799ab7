"""Referrals to services outside, by name: sent, accepted, rejected with a reason, in progress, done, withdrawn (features.md H15).

Amparo passes nothing on: the responder says to the seeker whom to turn to, and writes down here how it goes. While it goes on its owner
is asked every three days (`bot.usecases.desk.ladder` posts `referral_due`), until it is done, has ended, or the case is closed. The name
stands sealed in the case; the trail holds only the state and, of a rejection, a reason from the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.domain import follow_up
from bot.domain.audit import Deed
from bot.domain.case import DAY, ReferralState
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action
from bot.usecases.desk import menus
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.notes import fits

KIND: Final = "referrals"
DUE: Final = "referral_due"
ASK: Final = "ask_referral"
REMIND_DAYS: Final = 3
SERVICE_MOST: Final = 80


class Rejected(StrEnum):
    """Why a service did not take somebody."""

    FULL = "full"
    REQUIREMENTS = "requirements"
    AREA = "area"
    NO_ANSWER = "no_answer"
    OTHER = "other"


STATES: Final[Mapping[str, ReferralState]] = MappingProxyType(
    {state.value[0]: state for state in ReferralState if state is not ReferralState.SENT}
)
"""A state in one letter, as a button carries it: accepted, rejected, in progress, done, withdrawn."""
REASONS: Final[Mapping[str, Rejected]] = MappingProxyType({reason.value[0]: reason for reason in Rejected})


async def refer(doing: Doing) -> Did:
    """*Servicio de fuera*: those there are; or one of them."""
    if doing.arg == "all":
        _shown(doing, 0)
    elif doing.arg:
        _shown(doing, menus.number(doing.arg))
    else:
        menus.ask(doing, KIND)
    return NOTHING


def _shown(doing: Doing, referral: int, rejecting: bool = False) -> None:
    """Where it was pressed: in the list, or in the question how it goes."""
    for kind in (KIND, DUE):
        menus.turn(doing, KIND, kind=kind, referral=referral, rejecting=rejecting)


async def ask_new(doing: Doing) -> Did:
    """Another one: its name is asked for."""
    menus.ask(doing, "refer_prompt", kind=ASK, asks=True)
    return NOTHING


async def keep_new(doing: Doing) -> Did:
    """The name came."""
    service = " ".join(doing.incoming.text.split())
    if not fits(doing, service, SERVICE_MOST):
        return NOTHING
    case, at = doing.the_case, doing.at
    number = max((one.id for one in case.referrals), default=0) + 1
    referred = follow_up.refer(case, number, service, at, remind_at=at + REMIND_DAYS * DAY)
    doing.draft.case(referred, Deed.REFER, doing.actor, ReferralState.SENT.value)
    menus.typed(doing)
    menus.over(doing, ASK)
    doing.draft.post(doing.responder.id, "refer_kept", case=referred, referral=number)
    _shown(doing, 0)
    return NOTHING


async def move(doing: Doing) -> Did:
    """How one of them went: `NUMBER-STATE`, and for a rejection `-REASON`. Without a reason it is asked for."""
    written, state, reason = _read(doing.arg)
    number = menus.number(written)
    if state is ReferralState.REJECTED and reason is None:
        _shown(doing, number, rejecting=True)
        return NOTHING
    at = doing.at
    why = reason.value if reason else ""
    moved = follow_up.move_referral(doing.the_case, number, state, at, reason=why, remind_at=at + REMIND_DAYS * DAY)
    doing.draft.case(moved, Deed.REFER, doing.actor, f"{state.value}_{why}" if why else state.value)
    _shown(doing, 0)
    return NOTHING


def _read(arg: str) -> tuple[str, ReferralState, Rejected | None]:
    number, _, rest = arg.partition("-")
    letter, _, why = rest.partition("-")
    if letter not in STATES or (why and why not in REASONS):
        raise RuleBroken("no-such-move", "no button of ours")
    return number, STATES[letter], REASONS[why] if why else None


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "refer": Verb(Action.REFER, refer),
        "refnew": Verb(Action.REFER, ask_new),
        "refto": Verb(Action.REFER, move),
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({ASK: Verb(Action.REFER, keep_new)})
