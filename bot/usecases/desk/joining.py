"""How somebody comes to the desk, and how others end their access: an invitation redeemed, a second approval, a revocation.

Two people let somebody in (promises.md R30): whoever invited them on the command line, and whoever approves, here or there, who must be
somebody else. The code of an invitation has 128 bits; only its hash is stored, for a day, and it is bound to the account that redeems it.
Until the second approval they see nothing. Whoever we do not know learns nothing, not even that this is a desk.

Ending access is one change of state in a commit of its own: from then on nothing is shown or taken from them. Their cases follow from
`bot.usecases.desk.ladder`, one commit each, because each has a seeker who must be told.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from bot.domain.audit import Deed
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action, answering, may, may_manage
from bot.domain.staff import Responder, ResponderState
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import conversing
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.draft import Draft, by
from bot.usecases.desk.office import Office

CODE_BYTES: Final = 16
CODES_AN_HOUR: Final = 5
"""Wrong codes of one account; further ones are not even looked at."""
HOUR: Final = 3600
ACCOUNTS: Final = 10_000
"""Strangers remembered; the longest unseen goes first, which only ever gives somebody another try."""
WAITS: Final = (ResponderState.REDEEMED, ResponderState.PANICKED)
"""Who can be let in: the second approval, or again after a panic."""

PUT_OUT: Final = (ResponderState.PANICKED, ResponderState.REVOKED)

_CODE: Final = re.compile(r"[0-9a-f]{32}")


# -- codes ------------------------------------------------------------------------------------------------------------------


def draw_code() -> str:
    """A new one-time code: 128 bits in 32 hexadecimal digits."""
    return secrets.token_hex(CODE_BYTES)


def code_hash(code: str) -> str:
    """What is stored of it. No key and no salt: nobody can try all codes of 128 bits."""
    return hashlib.sha256(b"amparo invitation " + code.strip().lower().encode()).hexdigest()


@dataclass(slots=True)
class Knocks:
    """Who knocked without access: wrong codes, and the one line that was said. In memory only; it forgets at a restart."""

    _wrong: OrderedDict[bytes, tuple[int, int]] = field(default_factory=OrderedDict)
    _said: OrderedDict[bytes, int] = field(default_factory=OrderedDict)

    def wrong(self, account: bytes, at: int) -> None:
        """A code that opens nothing."""
        since, count = self._wrong.pop(account, (at, 0))
        self._wrong[account] = (since, count + 1) if at - since < HOUR else (at, 1)
        if len(self._wrong) > ACCOUNTS:
            self._wrong.popitem(last=False)

    def tired(self, account: bytes, at: int) -> bool:
        """Whether further codes of this account are not looked at for now."""
        since, count = self._wrong.get(account, (at, 0))
        return at - since < HOUR and count >= CODES_AN_HOUR

    def may_say(self, account: bytes, at: int) -> bool:
        """Whether the one line may be said: once an hour."""
        said = self._said.pop(account, None)
        again = said is None or at - said >= HOUR
        self._said[account] = at if said is None or again else said
        if len(self._said) > ACCOUNTS:
            self._said.popitem(last=False)
        return again


KNOCKS: Final = Knocks()
"""Of this process: it serves one bot."""


# -- somebody without access wrote ------------------------------------------------------------------------------------------


def stranger(
    office: Office, draft: Draft, responder: Responder | None, incoming: Incoming, account: bytes, *, knocks: Knocks = KNOCKS
) -> Did:
    """A code is redeemed; anything else is met with silence, or with one neutral line for an account that once held a code."""
    if incoming.kind in (Kind.BLOCKED, Kind.UNBLOCKED) or incoming.chat_id != incoming.user_id:
        return NOTHING
    if responder is not None and responder.state in PUT_OUT and incoming.kind is Kind.START:
        _nothing_left(draft, responder, incoming)
    code = _code_in(incoming)
    if code and may(answering(responder), Action.REDEEM, None, draft.at) and not knocks.tired(account, draft.at):
        invited = _invited(office, code, draft.at)
        if invited is not None:
            bound = redeem(office, draft, invited, incoming.chat_id, account)
            conversing.remember(Doing(office=office, draft=draft, responder=bound, incoming=incoming), "typed")
            return NOTHING
        knocks.wrong(account, draft.at)
    if responder is not None and responder.state is ResponderState.REDEEMED:
        conversing.remember(Doing(office=office, draft=draft, responder=responder, incoming=incoming), "typed")
    if responder is not None and knocks.may_say(account, draft.at):
        draft.post(responder.id, "redeemed" if responder.state is ResponderState.REDEEMED else "unknown", topic=False)
    return NOTHING


def _nothing_left(draft: Draft, responder: Responder, incoming: Incoming) -> None:
    """Who lost access while they had blocked the bot kept what stood in their chat, because nobody could take it away. Now it goes."""
    if responder.chat_id is None:
        draft.responder(replace(responder, chat_id=incoming.chat_id))
    draft.clear(responder.id, everything=True)


def _code_in(incoming: Incoming) -> str:
    """The payload of `/start CODE`; empty when it has not the form of a code."""
    code = incoming.text.strip().lower()
    return code if incoming.kind is Kind.START and _CODE.fullmatch(code) else ""


def invites(office: Office, incoming: Incoming) -> bool:
    """Whether this is an invitation that holds now."""
    code = _code_in(incoming)
    return bool(code) and _invited(office, code, office.now()) is not None


def _invited(office: Office, code: str, at: int) -> Responder | None:
    """Whose invitation this is, if it still holds. Every hash is compared, in constant time."""
    wanted = code_hash(code)
    open_ones = [one for one in office.book.responders.values() if one.state is ResponderState.INVITED and at < one.code_until]
    found = [one for one in open_ones if hmac.compare_digest(one.code, wanted)]
    return found[0] if found else None


def redeem(office: Office, draft: Draft, invited: Responder, chat_id: int, account: bytes) -> Responder:
    """The code is used up, and bound to this account and chat. Nothing is opened: somebody else has to approve."""
    bound = replace(invited, state=ResponderState.REDEEMED, account=account, chat_id=chat_id, code="", code_until=0)
    draft.responder(bound, Deed.REDEEM, by(invited.id))
    draft.post(bound.id, "redeemed", topic=False)
    for one in office.supervisors(bound.organization):
        draft.post(one.id, "approve_asked", kind=_asking(bound), topic=False, silent=False, who=bound.id)
    return bound


def _asking(about: Responder) -> str:
    """The kind of the message that asks for an approval, so that it can be changed once somebody has answered."""
    return f"approve:{about.id}"


# -- approving, refusing, revoking --------------------------------------------------------------------------------------------


def _meant(doing: Doing, action: Action) -> Responder:
    """The person a button is about, if they are of an organization this supervisor manages."""
    one = doing.office.book.responders.get(int(doing.arg, 36)) if doing.arg else None
    if one is None or not may_manage(answering(doing.responder), action, one.organization, doing.at):
        raise RuleBroken("not-owner", "nobody of this organization")
    return one


async def approve(doing: Doing) -> Did:
    """*Dejar entrar*: the second of two, or again after a panic."""
    one = _meant(doing, Action.APPROVE)
    if one.state not in WAITS:
        _answered(doing, one)
        return Did(says="approve_late")
    if one.invited_by.casefold() in {doing.responder.alias.casefold(), doing.actor}:
        return Did(says="rule_same_person", alert=True)
    draft = doing.draft
    draft.responder(
        replace(one, state=ResponderState.ACTIVE, approved_by=doing.actor, duty_until=0, reminded=False), Deed.APPROVE, doing.actor
    )
    draft.post(one.id, "let_in", topic=False, silent=False)
    draft.post(one.id, "board", topic=False)
    _answered(doing, one)
    return Did(says="approve_done")


async def refuse(doing: Doing) -> Did:
    """*No*: whoever redeemed the code stays outside for good; for a mistake there is another invitation, for another account."""
    one = _meant(doing, Action.APPROVE)
    if one.state not in WAITS:
        _answered(doing, one)
        return Did(says="approve_late")
    end(doing.draft, one, doing.actor, "refused")
    _answered(doing, one)
    return Did(says="refuse_done")


def _answered(doing: Doing, about: Responder) -> None:
    """Every supervisor's question says what came of it."""
    for one in doing.office.supervisors(about.organization):
        doing.draft.edit(one.id, "approve_asked", kind=_asking(about), who=about.id)
        doing.draft.edit(one.id, "team")


async def ask_revoke(doing: Doing) -> Did:
    """Access is not ended by one slip of a finger."""
    one = _meant(doing, Action.REVOKE)
    doing.draft.remove(doing.responder.id, "revoke_asked")
    doing.draft.post(doing.responder.id, "revoke_asked", topic=False, who=one.id)
    return NOTHING


async def revoke(doing: Doing) -> Did:
    """Access ends with this commit: their chat is emptied, and the ladder gives their cases back to the queue."""
    one = _meant(doing, Action.REVOKE)
    doing.draft.remove(doing.responder.id, "revoke_asked")
    if one.id == doing.responder.id:
        return Did(says="rule_same_person", alert=True)
    if one.state is not ResponderState.REVOKED:
        end(doing.draft, one, doing.actor)
    _answered(doing, one)
    return Did(says="revoke_done")


async def keep(doing: Doing) -> Did:
    """Not revoked after all."""
    doing.draft.remove(doing.responder.id, "revoke_asked")
    return NOTHING


def end(draft: Draft, one: Responder, actor: str, detail: str = "") -> None:
    """No access from here on, and nothing left in their chat."""
    draft.responder(
        replace(one, state=ResponderState.REVOKED, code="", code_until=0, duty_until=0, on_call=False), Deed.REVOKE, actor, detail
    )
    if one.chat_id is not None:
        draft.clear(one.id, everything=True)
        draft.post(one.id, "put_out", topic=False)


async def team(doing: Doing) -> Did:
    """Everybody of the organization, for a supervisor."""
    if not may_manage(answering(doing.responder), Action.REVOKE, doing.responder.organization, doing.at):
        raise RuleBroken("not-owner", "not a supervisor")
    doing.draft.remove(doing.responder.id, "team")
    doing.draft.post(doing.responder.id, "team", topic=False)
    return NOTHING


# -- coming back --------------------------------------------------------------------------------------------------------------


def back(doing: Doing) -> Doing:
    """Whoever could not be reached (they had blocked the bot) is here again. What was left in their chat goes first; then come the cases
    that the ladder has not given back yet, and the words that found nobody."""
    me = doing.responder
    if me.chat_id == doing.incoming.chat_id:
        return doing
    here = doing.draft.responder(replace(me, chat_id=doing.incoming.chat_id))
    doing.draft.clear(me.id, everything=True)
    for case in (one for one in doing.office.book.owned(me.id) if one.may_see(doing.at)):
        doing.draft.post(me.id, "header", case=case, priority=1)
        for words in doing.office.book.to_responder(case.id):
            doing.office.pass_to_responder(doing.draft, case, words)
    return replace(doing, responder=here)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "let": Verb(Action.APPROVE, approve),
        "deny": Verb(Action.APPROVE, refuse),
        "revoke": Verb(Action.REVOKE, ask_revoke),
        "revyes": Verb(Action.REVOKE, revoke),
        "revno": Verb(Action.REVOKE, keep),
        "team": Verb(Action.REVOKE, team),
    }
)
