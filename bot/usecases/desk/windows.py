"""When a seeker may be written to: the hours they named to the responder (features.md H18).

Hours are local to the organization that has the case, and may cross midnight; a span belongs to the day it begins on. Words written outside
them wait (`bot.usecases.desk.ladder`), and so does every other piece of news (`hushed`): it waits until the person writes. Only broken
glass, and the danger screen after a crisis word nobody answered, stand above the hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.domain.case import Case, SafeContact
from bot.domain.organization import FULL_DAY, Organization
from bot.usecases.desk.doing import Did
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from flows.events import News

DAYS_AHEAD: Final = 8
"""The same day of next week is the farthest a window can be."""
LOUD: Final = frozenset({News.WORDS, News.CRISIS})
"""Words have waited for their window already; a crisis does not wait."""


def opens(office: Office, case: Case, at: int) -> int | None:
    """When the seeker's hours begin (unix seconds), if `at` lies outside them; None when they may be written to now. Two people who opened
    the case in an emergency are not bound by it."""
    contact = case.safe_contact
    organization = office.organizations.get(case.organization)
    if contact is None or organization is None or glass_broken(case, at):
        return None
    spans = tuple(_spans(contact, organization, at))
    if any(begins <= at < ends for begins, ends in spans):
        return None
    return min((begins for begins, _ in spans if begins > at), default=None)


def _spans(contact: SafeContact, organization: Organization, at: int) -> Iterator[tuple[int, int]]:
    """The hours of yesterday (they may go on past midnight) and of the days to come."""
    ends = contact.ends if contact.ends > contact.begins else contact.ends + FULL_DAY
    today = organization.local(at).date()
    for number in range(-1, DAYS_AHEAD):
        day = today + timedelta(days=number)
        if not contact.days or day.weekday() in contact.days:
            yield organization.moment(day, contact.begins), organization.moment(day, ends)


def glass_broken(case: Case, at: int) -> bool:
    """Whether two people act on this case in an emergency now."""
    glass = case.broken_glass
    return glass is not None and glass.second is not None and at < glass.until


def hushed(office: Office, draft: Draft, did: Did) -> Did:
    """What came of a deed, with its news made quiet where the case was or is outside the seeker's hours."""
    news = did.news
    if news is None or did.seeker is None or news.what in LOUD:
        return did
    after = [case for case in draft.cases.values() if case.seeker == did.seeker]
    before = [office.book.cases[case.id] for case in after if case.id in office.book.cases]
    standing = [case for case in (office.book.case_of(did.seeker),) if case is not None]
    closed = any(opens(office, case, draft.at) is not None for case in (*after, *before, *standing))
    return replace(did, news=replace(news, quiet=True)) if closed else did
