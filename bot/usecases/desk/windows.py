"""When a seeker may be written to: the hours they named to the responder (features.md H18)."""

from __future__ import annotations

from bot.domain.case import Case
from bot.usecases.desk.office import Office

LOOKED_AHEAD = 8


def opens(office: Office, case: Case, at: int) -> int | None:
    """When the seeker's hours begin, if `at` lies outside them; None when they may be written to now. Two people who opened the case in an
    emergency are not bound by it."""
    contact = case.safe_contact
    organization = office.organizations.get(case.organization)
    if contact is None or organization is None or _glass_broken(case, at):
        return None
    now = organization.local(at)
    minute = now.hour * 60 + now.minute
    if _on(contact.days, now.weekday()) and contact.begins <= minute < contact.ends:
        return None
    for later in range(LOOKED_AHEAD):
        day = organization.local(at + later * 86_400).date()
        start = organization.moment(day, contact.begins)
        if start > at and _on(contact.days, day.weekday()):
            return start
    return None


def _on(days: tuple[int, ...], weekday: int) -> bool:
    return not days or weekday in days


def _glass_broken(case: Case, at: int) -> bool:
    glass = case.broken_glass
    return glass is not None and glass.second is not None and at < glass.until
