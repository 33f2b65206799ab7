"""The two status tables of helping, as `transitions` machines: what we follow (CASE) and one passing-over to a human (HANDOFF).

They hold no model and change nothing: `next_status` reads where a trigger leads, `triggers_of` what can happen next. Triggers carry the
names of `Deed`, so a move, its audit entry and its arrow in `docs/handoff.md` are one word. Some arrows have a condition, a plain word the
mover states (`WAITS`: the seeker's words wait; `UNANSWERED`: this owner has not written yet); the first arrow whose conditions all
hold is taken. The rules about *who* may move are `bot.domain.handoff` and `bot.domain.permissions`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from transitions import Machine

from bot.domain.audit import Deed
from bot.domain.case import CaseStatus, HandoffStatus

UNANSWERED: Final = "unanswered"
"""Condition: the owner has not written since they took the case."""
WAITS: Final = "waits"
"""Condition: the seeker wrote after the owner did."""

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no-such-move": "Read the case again: something else has happened to it. Offer only what `triggers_of` names.",
        "taken": "Tell the responder a colleague has it.",
        "not-owner": "Only who has the case may do this: claim it, or ask its owner.",
        "not-receiver": "Only who was asked to take over may answer: wait for them, or ask again.",
        "own-case": "Pick somebody else: it is theirs already.",
        "no-consent": "Ask the seeker for the consent this needs, and wait for the yes.",
        "consent-holds": "Close, release or withdraw it instead: the consent has not ended.",
        "shown-differs": "Share exactly the lines the seeker saw, in that order.",
        "no-outcome": "Name an outcome of the list.",
        "held-already": "Write a word first: the clock was held once since the last one.",
        "held-too-long": "Name fewer minutes, or give the case back.",
        "detached": "It is detached already: it is found again by its return key.",
        "attached": "It has a seeker: only a detached case can be attached.",
        "no-word": "No word was agreed: ask something only the person knows.",
        "no-follow-up": "Nothing is due: agree on a time first.",
        "no-referral": "There is no such referral on this case.",
        "referral-done": "That referral has ended: make a new one.",
        "no-reason": "Name a reason of the list.",
        "same-person": "The second person must be another one.",
        "no-glass": "Ask first, with a reason; the second person confirms within the time.",
        "past": "Name a time to come.",
        "too-long": "Send it in two.",
        "only-text": "Write it: from here only text passes, so that nobody knows who writes.",
        "left-already": "It has left: it can be removed, not taken back.",
        "full": "Close or pass on a case first.",
        "off-duty": "Begin your duty with /turno first.",
        "not-allowed": "Ask somebody whose part it is.",
        "window": "Wait for the agreed hours, or break the glass, two of you.",
    }
)
"""Every rule the moves may refuse by, and what the one who moved can do about it."""


class RuleBroken(Exception):
    """Something the desk's rules do not allow now. Nothing was changed; `remedy` says what can be done instead (style.md 2.7)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = RULES[code]


Arrow = tuple[Deed, Iterable[str], str, tuple[str, ...]]
"""Trigger, sources, destination, conditions."""

_QUEUE: Final = (HandoffStatus.REQUESTED, HandoffStatus.OFFERED)
_OWNED: Final = (HandoffStatus.CLAIMED, HandoffStatus.ACTIVE, HandoffStatus.WAITING)
_HELD: Final = (*_OWNED, HandoffStatus.TRANSFERRED)
_LIVE: Final = (*_QUEUE, *_HELD)
_ENDED: Final = (HandoffStatus.CLOSED, HandoffStatus.FOLLOWED_UP)


def _machine(states: Iterable[str], initial: str, arrows: Iterable[Arrow]) -> Machine:
    machine = Machine(model=None, states=[str(state) for state in states], initial=str(initial), auto_transitions=False)
    for trigger, sources, dest, conditions in arrows:
        for source in sources:
            machine.add_transition(str(trigger), str(source), str(dest), conditions=list(conditions))
    return machine


CASE: Final = _machine(
    CaseStatus,
    CaseStatus.OPEN,
    (
        (Deed.CLAIM, (CaseStatus.OPEN,), CaseStatus.ASSIGNED, ()),
        (Deed.RELEASE, (CaseStatus.ASSIGNED,), CaseStatus.OPEN, ()),
        (Deed.LAPSE, (CaseStatus.ASSIGNED,), CaseStatus.OPEN, ()),
        (Deed.PASS_ON, (CaseStatus.OPEN, CaseStatus.ASSIGNED), CaseStatus.OPEN, ()),
        (Deed.CLOSE, (CaseStatus.ASSIGNED,), CaseStatus.CLOSED, ()),
        (Deed.WITHDRAW, tuple(CaseStatus), CaseStatus.CLOSED, ()),
        (Deed.EXPIRE, (CaseStatus.OPEN, CaseStatus.ASSIGNED), CaseStatus.CLOSED, ()),
        (Deed.REOPEN, (CaseStatus.CLOSED,), CaseStatus.OPEN, ()),
    ),
)
"""What we follow: somebody waits, somebody answers, it has ended."""

HANDOFF: Final = _machine(
    HandoffStatus,
    HandoffStatus.REQUESTED,
    (
        (Deed.OFFER, _QUEUE, HandoffStatus.OFFERED, ()),
        (Deed.CLAIM, _QUEUE, HandoffStatus.CLAIMED, ()),
        (Deed.ANSWER, _OWNED, HandoffStatus.WAITING, ()),
        (Deed.ANSWER, (HandoffStatus.TRANSFERRED,), HandoffStatus.TRANSFERRED, ()),
        (Deed.HEAR, (HandoffStatus.ACTIVE, HandoffStatus.WAITING), HandoffStatus.ACTIVE, ()),
        *((Deed.HEAR, (same,), same, ()) for same in (*_QUEUE, HandoffStatus.CLAIMED, HandoffStatus.TRANSFERRED)),
        (Deed.RELEASE, _HELD, HandoffStatus.REQUESTED, ()),
        (Deed.LAPSE, _HELD, HandoffStatus.REQUESTED, ()),
        (Deed.TRANSFER, _OWNED, HandoffStatus.TRANSFERRED, ()),
        (Deed.ACCEPT, (HandoffStatus.TRANSFERRED,), HandoffStatus.CLAIMED, ()),
        (Deed.DECLINE, (HandoffStatus.TRANSFERRED,), HandoffStatus.CLAIMED, (UNANSWERED,)),
        (Deed.DECLINE, (HandoffStatus.TRANSFERRED,), HandoffStatus.ACTIVE, (WAITS,)),
        (Deed.DECLINE, (HandoffStatus.TRANSFERRED,), HandoffStatus.WAITING, ()),
        (Deed.PASS_ON, _LIVE, HandoffStatus.REQUESTED, ()),
        (Deed.CLOSE, _HELD, HandoffStatus.CLOSED, ()),
        (Deed.FOLLOW_UP, _ENDED, HandoffStatus.FOLLOWED_UP, ()),
        (Deed.WITHDRAW, (*_LIVE, *_ENDED), HandoffStatus.WITHDRAWN, ()),
        (Deed.EXPIRE, _LIVE, HandoffStatus.EXPIRED, ()),
        (Deed.REOPEN, _ENDED, HandoffStatus.REQUESTED, ()),
    ),
)
"""One passing-over. It begins REQUESTED, by `Deed.REQUEST`."""

STATUS_OF: Final[Mapping[HandoffStatus, CaseStatus]] = MappingProxyType(
    {
        **dict.fromkeys(_QUEUE, CaseStatus.OPEN),
        **dict.fromkeys(_HELD, CaseStatus.ASSIGNED),
        **dict.fromkeys((*_ENDED, HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED), CaseStatus.CLOSED),
    }
)
"""How the two tables lie on each other: the status of a case in each state of its handoff."""

State = TypeVar("State", bound=StrEnum)


def next_status(machine: Machine, state: State, trigger: Deed, facts: Collection[str] = ()) -> State:
    """Where `trigger` leads from `state`, given the conditions that hold (`facts`). Raises `RuleBroken("no-such-move")` when nowhere."""
    for arrow in machine.get_transitions(str(trigger), str(state)):
        if all(condition.func in facts for condition in arrow.conditions):
            return type(state)(str(arrow.dest))
    raise RuleBroken("no-such-move", f"{trigger} does not go from {state}")


def triggers_of(state: HandoffStatus | CaseStatus) -> frozenset[Deed]:
    """Everything that can happen to a handoff (or a case) in this state."""
    machine = HANDOFF if isinstance(state, HandoffStatus) else CASE
    return frozenset(Deed(trigger) for trigger in machine.get_triggers(str(state)))


# -- drawings ----------------------------------------------------------------------------------------------------------------


def drawings() -> dict[str, str]:
    """Both machines as Mermaid text, by the mark they stand under in `docs/handoff.md`. Drawn from the very arrows above."""
    return {"handoff": _mermaid(HANDOFF, Deed.REQUEST), "case": _mermaid(CASE, Deed.REQUEST)}


def _mermaid(machine: Machine, entrance: Deed) -> str:
    start = str(machine.initial)
    ends = [state for state in machine.states if not machine.get_triggers(state)]
    lines = ["stateDiagram-v2", f"  [*] --> {start}: {entrance}", *_arrows(machine), *(f"  {end} --> [*]" for end in ends)]
    return "\n".join(lines)


def _arrows(machine: Machine) -> Iterator[str]:
    """One arrow for each pair of states, with all its triggers: a picture of forty lines nobody reads."""
    drawn: dict[tuple[str, str], list[str]] = {}
    for trigger, event in machine.events.items():
        for source, arrows in event.transitions.items():
            for arrow in arrows:
                conditions = "".join(f" [{condition.func}]" for condition in arrow.conditions)
                drawn.setdefault((source, str(arrow.dest)), []).append(f"{trigger}{conditions}")
    for (source, dest), words in drawn.items():
        yield f"  {source} --> {dest}: {', '.join(words)}"


def redrawn(page: str, drawn: Mapping[str, str]) -> str:
    """A page with its drawings made anew: each stands between `<!-- drawn: NAME -->` and `<!-- end -->`. Raises KeyError for a mark nobody
    draws under."""

    def fresh(found: re.Match[str]) -> str:
        text = drawn[found[1]]
        inner = text if text.startswith("|") else f"```mermaid\n{text}\n```"
        return f"<!-- drawn: {found[1]} -->\n\n{inner}\n\n<!-- end -->"

    return _DRAWN.sub(fresh, page)


_DRAWN: Final = re.compile(r"<!-- drawn: (\w+) -->.*?<!-- end -->", re.DOTALL)
