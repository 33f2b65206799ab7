"""Who could answer whom: organizations for a request, responders for a case, and the order in which cases wait.

Urgency first, then how long somebody has waited, then fit. Pure functions over tuples, cheap for a thousand cases and a hundred responders.
Nothing here relaxes what a seeker asked for: when nobody matches, `eligible` says why, so that the seeker can be told and choose.
Source: issue 3 (routing), features.md H6, H13, P10; voice.md 3 (Urgency).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.domain.case import Case, CaseStatus, Level
from bot.domain.clocks import RANK, Clocks, level_now, waiting_since
from bot.domain.organization import Organization
from bot.domain.staff import Responder, ResponderState, StaffRole

# -- organizations ----------------------------------------------------------------------------------------------------------


def serves(organization: Organization, needs: Sequence[str], place: str, *, minor: bool = False) -> bool:
    """Whether an organization answers at least one of these needs, there. No needs, or no place (code of a state): not asked, so any. A
    minor only goes where somebody is trained for minors."""
    needed = organization.needs is None or not needs or any(need in organization.needs for need in needs)
    placed = organization.states is None or not place or place in organization.states
    return needed and placed and (organization.minors or not minor)


def matches(organization: Organization, case: Case) -> bool:
    """Whether an organization answers the needs of a case in its language (or in another, where the seeker said that is well)."""
    return serves(organization, case.needs, "", minor=case.minor) and (case.any_language or organization.speaks(case.locale))


def organizations_for(
    needs: Sequence[str],
    place: str,
    locale: str,
    organizations: Iterable[Organization],
    at: int,
    *,
    minor: bool = False,
    staffed: Collection[str] = (),
) -> tuple[Organization, ...]:
    """Every organization that serves this, best first: who writes the language, has somebody there with room (`staffed`: their ids), is
    open by its hours, answers most of the needs, is there for just these needs and places. One that does not write the language stands
    last: the seeker is told (`Organization.speaks`) and chooses."""

    def fit(one: Organization) -> tuple[bool, bool, bool, int, int, str]:
        unmet = 0 if one.needs is None else sum(need not in one.needs for need in needs)
        return (not one.speaks(locale), one.id not in staffed, not one.open_now(at), unmet, one.needs is None or one.states is None, one.id)

    return tuple(sorted((one for one in organizations if serves(one, needs, place, minor=minor)), key=fit))


def organization_for(
    needs: Sequence[str],
    place: str,
    locale: str,
    organizations: Iterable[Organization],
    at: int,
    *,
    minor: bool = False,
    staffed: Collection[str] = (),
) -> Organization | None:
    """The organization a request would go to, or None when none serves it."""
    found = organizations_for(needs, place, locale, organizations, at, minor=minor, staffed=staffed)
    return found[0] if found else None


def next_organization(
    case: Case, organizations: Iterable[Organization], at: int, *, asked: Collection[str] = (), staffed: Collection[str] = ()
) -> Organization | None:
    """The organization the seeker could be asked about when nobody comes: one that matches, in the order the present one names them; one
    with somebody there before one without. `asked`: those the seeker said no to."""
    by_id = {one.id: one for one in organizations}
    here = by_id.get(case.organization)
    named = [by_id[name] for name in (here.next if here else ()) if name in by_id and name != case.organization and name not in asked]
    fitting = [one for one in named if matches(one, case)]
    return min(fitting, key=lambda one: (one.id not in staffed, not one.open_now(at)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody who asks for a person needs of whoever answers. `locale`: the language they must write (empty: any will do). `minor`:
    must be trained for minors. `prefers`: woman, man or empty."""

    locale: str = ""
    minor: bool = False
    prefers: str = ""

    def suits(self, responder: Responder) -> bool:
        """Whether this responder could be the one, once they are there and have room."""
        writes = not self.locale or self.locale in responder.languages
        return writes and (responder.minors or not self.minor) and (not self.prefers or responder.gender == self.prefers)


ANYBODY: Final = Wanted()
YOUTH: Final = "youth.path"
"""The answer that says the seeker is young and pressed to join: their case goes to those who are trained for minors."""


def is_minor(answers: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the person said that they themselves are a minor. `missing.minor` and the like speak of somebody else."""
    return "yes" in answers.get(YOUTH, ())


def wanted(case: Case) -> Wanted:
    """What a case needs."""
    return Wanted(locale="" if case.any_language else case.locale, minor=case.minor, prefers=case.prefers)


# -- responders -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """Open cases somebody has, and how many of them are heavy."""

    cases: int = 0
    heavy: int = 0


def loads_of(cases: Iterable[Case]) -> Mapping[int, Load]:
    """Responder id -> load. Who has none is not in it."""
    owned = [case for case in cases if case.status is CaseStatus.ASSIGNED and case.responder is not None]
    count = Counter(case.responder for case in owned)
    heavy = Counter(case.responder for case in owned if case.heavy)
    return MappingProxyType({who: Load(number, heavy[who]) for who, number in count.items() if who is not None})


class Why(StrEnum):
    """Why somebody cannot take a case; of several reasons the first. For a whole organization: what the last ones left were lacking."""

    ELSEWHERE = "elsewhere"  # another organization, or not one who answers
    NOT_IN = "not_in"  # not approved, revoked, panicked
    OFF_DUTY = "off_duty"
    LANGUAGE = "language"
    MINORS = "minors"  # not trained for minors
    GENDER = "gender"  # the seeker asked for a woman or a man
    RESTING = "resting"  # after a heavy case
    FULL = "full"
    HEAVY = "heavy"  # no room for one more heavy case


UNMATCHED: Final = frozenset({Why.LANGUAGE, Why.MINORS, Why.GENDER})
"""Somebody is there, but not as this seeker needs or asked for."""
_DEPTH: Final[Mapping[Why, int]] = MappingProxyType({why: number for number, why in enumerate(Why)})


def why_not(case: Case, responder: Responder, load: Load, at: int) -> Why | None:
    """Why this responder may not be rung for this case nor take it; None: they may."""
    checks = (
        (Why.ELSEWHERE, responder.organization != case.organization or responder.role is StaffRole.REVIEWER),
        (Why.NOT_IN, responder.state is not ResponderState.ACTIVE or responder.chat_id is None),
        (Why.OFF_DUTY, not responder.on_duty(at)),
        (Why.LANGUAGE, not case.any_language and case.locale not in responder.languages),
        (Why.MINORS, case.minor and not responder.minors),
        (Why.GENDER, bool(case.prefers) and responder.gender != case.prefers),
        (Why.RESTING, at < responder.resting_until),
        (Why.FULL, load.cases >= responder.cap),
        (Why.HEAVY, case.heavy and load.heavy >= responder.heavy_cap),
    )
    return next((why for why, holds in checks if holds), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """Who may be rung, best first; or why nobody may: what those who came nearest were lacking."""

    responders: tuple[Responder, ...] = ()
    why: Why | None = None


def eligible(case: Case, responders: Iterable[Responder], loads: Mapping[int, Load], at: int) -> Eligible:
    """Everybody who may take a case now, best first (`fit`)."""
    may: list[Responder] = []
    nearest = Why.ELSEWHERE
    for responder in responders:
        why = why_not(case, responder, loads.get(responder.id, Load()), at)
        if why is None:
            may.append(responder)
        elif _DEPTH[why] > _DEPTH[nearest]:
            nearest = why
    may.sort(key=lambda one: fit(case, one, loads))
    return Eligible(responders=tuple(may), why=None if may else nearest)


def fit(case: Case, responder: Responder, loads: Mapping[int, Load]) -> tuple[bool, bool, bool, int, int, int]:
    """Smaller fits better: who did not give this case back, who knows of it, responders before supervisors, who carries less."""
    load = loads.get(responder.id, Load())
    supervises = responder.role is StaffRole.SUPERVISOR
    return (responder.id in case.passed, responder.id not in case.rung, supervises, load.heavy, load.cases, responder.id)


FIRST_RUNG: Final[Mapping[Level, int]] = MappingProxyType({Level.ORDINARY: 3, Level.HIGH: 5, Level.DANGER: 100})
"""How many are rung first. In danger everybody who may; otherwise a few, so that not everybody drops what they are doing."""


def whom_to_ring(
    case: Case, responders: Iterable[Responder], loads: Mapping[int, Load], at: int, *, wide: bool = False
) -> tuple[Responder, ...]:
    """Whom to ring, best first. `wide` (a nudge): everybody who may. Who gave the case back is rung only when nobody else may."""
    found = eligible(case, responders, loads, at).responders
    fresh = tuple(one for one in found if one.id not in case.passed) or found
    return fresh if wide else fresh[: FIRST_RUNG[case.level]]


# -- the queue --------------------------------------------------------------------------------------------------------------


def queue(cases: Iterable[Case], at: int, clocks: Clocks, *, viewer: Responder | None = None) -> tuple[Case, ...]:
    """The cases that wait, in the order they are to be taken: level (raised by waiting), then wait, then fit. `viewer`: only those of their
    organization, and of equal ones first what they can take on."""
    waiting = [case for case in cases if case.status is CaseStatus.OPEN and (viewer is None or case.organization == viewer.organization)]
    return tuple(sorted(waiting, key=lambda case: place_in_queue(case, at, clocks, viewer)))


def place_in_queue(case: Case, at: int, clocks: Clocks, viewer: Responder | None = None) -> tuple[int, int, int, bool, int]:
    """The sort key of a waiting case; smaller is taken first. Of two that waited alike the one that was urgent from the beginning."""
    unfit = viewer is not None and why_not(case, viewer, Load(), at) is not None
    return (-RANK[level_now(case, at, clocks)], waiting_since(case), -RANK[case.level], unfit, case.id)
