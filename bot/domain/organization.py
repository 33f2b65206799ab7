"""Organizations: whom they answer, in which languages, when they are open, and who answers while they are not.

Made from `content/organizations/` (`flows.authoring.desk_schema`), as everything administrators own. Hours are minutes of the local day in
the organization's own time zone; what is asked and answered here is unix seconds, so that summer time is nobody else's concern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from flows.authoring.desk_schema import DAYS, OrganizationFile, minutes
from flows.events import MediaKind

HOLIDAYS_AHEAD: Final = 60
"""Days before the last known holiday from which the list has to be made longer (features.md H12)."""
LOOKED_AHEAD: Final = 366
"""Days searched for the next opening."""
FULL_DAY: Final = 24 * 60
Span = tuple[int, int]
"""Begin and end, in minutes of a local day; an end over 1440 lies on the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """As its file says. `needs` and `states` None: all. `hours`: for Monday to Sunday the spans it is open; None: always. `alternatives`:
    kind (general, women, cannot_speak, night) -> fact ids of lines that answer. `keeps_words`: relayed words are kept, sealed, while a case
    is open. `cool_down`: seconds of rest after a heavy case; None: as the house says."""

    id: str
    name: str
    demo: bool = False
    needs: frozenset[str] | None = None
    states: frozenset[str] | None = None
    languages: tuple[str, ...] = ("es",)
    zone: str = "America/Mexico_City"
    hours: tuple[tuple[Span, ...], ...] | None = None
    holidays: frozenset[date] = frozenset()
    media: frozenset[MediaKind] = frozenset()
    keeps_words: bool = True
    minors: bool = False
    complaints_to: str = ""
    next: tuple[str, ...] = ()
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    cool_down: int | None = None

    def speaks(self, locale: str) -> bool:
        """Whether somebody there writes this language."""
        return locale in self.languages

    def local(self, at: int) -> datetime:
        """The local time there."""
        return datetime.fromtimestamp(at, _zone(self.zone))

    def moment(self, day: date, minute: int) -> int:
        """Unix seconds of a minute of a local day. A minute that summer time skips is the one after the gap."""
        whole, rest = divmod(minute, FULL_DAY)
        midnight = datetime.combine(day + timedelta(days=whole), datetime.min.time(), _zone(self.zone))
        return int(midnight.replace(hour=rest // 60, minute=rest % 60).timestamp())

    def holiday(self, day: date) -> bool:
        """Whether nobody answers on this local day."""
        return day in self.holidays

    def open_now(self, at: int) -> bool:
        """Whether its hours say so. Whether anybody is on duty is `bot.domain.duty`."""
        if self.hours is None and not self.holidays:
            return True
        today = self.local(at).date()
        return any(begins <= at < ends for day in (today - timedelta(days=1), today) for begins, ends in self.spans(day))

    def opens_next(self, at: int) -> int | None:
        """When it is open again: `at` itself while it is, otherwise the next opening within a year, or None."""
        if self.open_now(at):
            return at
        today = self.local(at).date()
        days = (today + timedelta(days=number) for number in range(LOOKED_AHEAD))
        return next((begins for day in days for begins, _ in self.spans(day) if begins > at), None)

    def spans(self, day: date) -> Iterator[Span]:
        """When it is open on a local day, as unix seconds, in order. What goes on past midnight belongs to the day it begins."""
        if self.holiday(day):
            return
        spans = ((0, FULL_DAY),) if self.hours is None else self.hours[day.weekday()]
        for begins, ends in sorted(spans):
            yield self.moment(day, begins), self.moment(day, ends)

    def holidays_run_out(self, at: int) -> bool:
        """Whether the list of holidays ends within 60 days: from then on it has to be made longer, or the desk promises hours nobody
        keeps."""
        return bool(self.holidays) and holidays_end(self.holidays, self.local(at).date())


def holidays_end(holidays: Iterable[date], today: date) -> bool:
    """Whether the last known holiday is less than 60 days away, or past."""
    return max(holidays) < today + timedelta(days=HOLIDAYS_AHEAD)


def organization_of(file: OrganizationFile) -> Organization:
    """The organization as administrators wrote it."""
    return Organization(
        id=file.organization,
        name=file.name,
        demo=file.demo,
        needs=None if file.needs == "all" else frozenset(file.needs),
        states=None if file.states == "all" else frozenset(file.states),
        languages=file.languages,
        zone=file.zone,
        hours=None if file.hours == "always" else tuple(tuple(map(minutes, file.hours.get(day, ()))) for day in DAYS),
        holidays=frozenset() if file.holidays == "none" else frozenset(file.holidays),
        media=frozenset(MediaKind(kind) for kind in file.media),
        keeps_words=file.transcript == "while_open",
        minors=file.minors,
        complaints_to=file.complaints_to,
        next=file.next,
        alternatives=MappingProxyType(dict(file.alternatives.model_dump())),
        cool_down=file.cool_down,
    )


def served(organizations: Iterable[Organization], *, loopback: bool) -> tuple[Organization, ...]:
    """Those this copy may use: an organization of the demo answers nobody on the real Telegram."""
    return tuple(one for one in organizations if loopback or not one.demo)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
