"""A small desk for tests: the house's own clocks, an organization, people and cases, made with what a test cares about."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from bot.domain import handoff
from bot.domain.case import DAY, Case, Consent, Level, Purpose
from bot.domain.clocks import Clocks, clocks_of
from bot.domain.handoff import CONTACT_SCOPE
from bot.domain.organization import Organization
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder, ResponderState, StaffRole
from flows.authoring.desk_load import DeskContent, load_desk
from tests.house import ROOT

T = 1_800_000_000
"""A Friday, 02:00 in Mexico City."""
MINUTE = 60
HOUR = 3600
SEEKER = SeekerId(b"s" * 32)
OTHER = SeekerId(b"o" * 32)
HOUSE = Organization(id="casa", name="Casa", minors=True)


@cache
def content() -> DeskContent:
    """The project's own organizations and clocks."""
    found, issues = load_desk(ROOT / "content")
    assert found is not None
    assert issues == ()
    return found


@cache
def clocks() -> Clocks:
    """The project's own clocks."""
    return clocks_of(content().clocks)


def consent(purpose: Purpose = Purpose.CONTACT, organization: str = "casa", at: int = T, **rest: Any) -> Consent:
    """A consent of thirty days."""
    values: dict[str, Any] = {"scope": CONTACT_SCOPE, "text_version": "0" * 16, "locale": "es", "until": at + 30 * DAY} | rest
    return Consent(purpose=purpose, organization=organization, granted_at=at, **values)


def waiting(level: Level = Level.ORDINARY, at: int = T, number: int = 1, **rest: Any) -> Case:
    """A case in the queue since `at`."""
    made = handoff.request(at, id=number, seeker=SEEKER, designation=f"Faro {number}", consent=consent(at=at), level=level)
    return replace(made, **rest)


def claimed(level: Level = Level.ORDINARY, at: int = T, by: int = 7, **rest: Any) -> Case:
    """A case somebody has just taken."""
    return handoff.claim(waiting(level, at, **rest), by, at, clocks=clocks())


def answered(level: Level = Level.ORDINARY, at: int = T, by: int = 7, **rest: Any) -> Case:
    """A case in which it is the seeker's turn."""
    return handoff.answer(claimed(level, at, by, **rest), at)


def responder(number: int = 7, **rest: Any) -> Responder:
    """Somebody on duty for the next hours."""
    values: dict[str, Any] = {
        "organization": "casa",
        "role": StaffRole.RESPONDER,
        "state": ResponderState.ACTIVE,
        "alias": f"R{number}",
        "chat_id": number,
        "duty_until": T + 8 * HOUR,
    }
    return Responder(id=number, **(values | rest))
