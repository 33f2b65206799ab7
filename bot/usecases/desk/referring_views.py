"""What is seen of referrals: how each goes, and what can be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Referral, ReferralState
from bot.domain.follow_up import REFERRAL_MOVES
from bot.domain.plain import unlinked
from bot.usecases.channel import Rendered
from bot.usecases.desk.looking import Look, View, base36
from bot.usecases.desk.menus import Row
from bot.usecases.desk.referring import REASONS, STATES


def referrals(look: Look) -> Rendered:
    """All of them; or one, with what can be said of it now."""
    one = _meant(look)
    if one is not None:
        text = look.say("referral_why", service=unlinked(one.service)) if look.args.get("rejecting") else _line(look, one)
        return Rendered(text=text, rows=(*_moves(look, one), (look.button("b_back", "refer", "all"),)))
    mine = look.the_case.referrals
    lines = [look.say("referrals_title"), *(f"· {_line(look, one)}" for one in mine)] if mine else [look.say("referrals_none")]
    going = (one for one in mine if one.state in REFERRAL_MOVES)
    rows = tuple((look.button("", "refer", one.id, text=one.service),) for one in going)
    new = look.button("b_refer_new" if mine else "b_refer_first", "refnew")
    return Rendered(text="\n".join(lines), rows=(*rows, (new,), (look.button("b_back", "less"),)))


def _meant(look: Look) -> Referral | None:
    number = look.args.get("referral")
    return next((one for one in look.the_case.referrals if one.id == number), None)


def _line(look: Look, one: Referral) -> str:
    status = look.say(f"referral_{one.state.value}")
    why = f" ({look.say(f'rejected_{one.reason}')})" if one.reason else ""
    return look.say("referral_row", service=unlinked(one.service), status=f"{status}{why}")


def _moves(look: Look, one: Referral) -> tuple[Row, ...]:
    """Where it may go from here; of a rejection, why."""
    if look.args.get("rejecting") and ReferralState.REJECTED in REFERRAL_MOVES.get(one.state, ()):
        return tuple(
            (look.button(f"rejected_{reason.value}", "refto", f"{base36(one.id)}-r-{letter}"),) for letter, reason in REASONS.items()
        )
    letters = {state: letter for letter, state in STATES.items()}
    to = REFERRAL_MOVES.get(one.state, ())
    return tuple((look.button(f"b_referral_{state.value}", "refto", f"{base36(one.id)}-{letters[state]}"),) for state in to)


def referral_due(look: Look) -> Rendered | None:
    """How does it go? Nothing, once it has ended."""
    one = _meant(look)
    if one is None or one.state not in REFERRAL_MOVES:
        return None
    return Rendered(text=look.say("referral_due", service=unlinked(one.service)), rows=_moves(look, one))


def refer_kept(look: Look) -> Rendered | None:
    """It was written down."""
    one = _meant(look)
    return look.plain("refer_kept", service=unlinked(one.service)) if one else None


def refer_prompt(look: Look) -> Rendered:
    """Its name is asked for."""
    return look.plain("refer_prompt")


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {"referrals": referrals, "referral_due": referral_due, "refer_kept": refer_kept, "refer_prompt": refer_prompt}
)
