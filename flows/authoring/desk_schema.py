"""What administrators may write about the desk, as pydantic schemas: organizations and clocks.

An organization says what it answers, for whom, in which languages and when; the clocks say how long anybody may wait at each level. As in
`flows.authoring.schema`, an unknown or misspelt key is refused with its name. Lengths of time are written as people say them: `5 s`,
`10 min`, `2 h`, `7 d`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from flows.authoring.schema import Id, Strict, Text

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"^(\d{1,5}) ?(s|min|h|d)$")
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$")


def seconds(written: object) -> object:
    """`10 min` -> 600. What is no length of time is left for pydantic to refuse."""
    found = _SPAN.match(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("write a length of time, like `5 s`, `10 min`, `2 h` or `7 d`")
    return int(found[1]) * UNITS[found[2]]


Span = Annotated[int, BeforeValidator(seconds)]
"""A length of time, in seconds once read."""
Hours = Annotated[str, StringConstraints(pattern=_HOURS.pattern)]
"""`09:00-18:00`, local time; `22:00-06:00` goes on into the next day."""
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Media = Literal["voice", "photo", "video", "document", "location"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes(hours: str) -> tuple[int, int]:
    """`09:00-18:00` -> (540, 1080), minutes of the local day. An end that is not later lies on the next day."""
    begins, _, ends = hours.partition("-")
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in (begins, ends))
    return first, last if last > first else last + 24 * 60


class Alternatives(Strict):
    """Who answers when nobody of the organization does: ids of facts, of the same kind of help (features.md H11). `women`: for women;
    `cannot_speak`: by writing; `night`: at any hour."""

    general: Annotated[tuple[Id, ...], Field(min_length=1)]
    women: tuple[Id, ...] = ()
    cannot_speak: tuple[Id, ...] = ()
    night: tuple[Id, ...] = ()


class OrganizationFile(Strict):
    """An organization that answers: a file `content/organizations/<organization>.yaml`. `docs/handoff.md` says how to write one.

    `needs` (flow ids) and `states` (codes of content/places.yaml): `all`, or a list. `zone`: of the time-zone database. `hours`: `always`,
    or hours a day; a day left out is closed. `holidays`: days nobody answers, a year ahead; `none` if it answers on every day.
    `media`: kinds it takes from a seeker. `transcript`: `none` keeps no words of a conversation (what that costs is in docs/handoff.md).
    `minors`: has people trained for minors. `demo`: never used with the real Telegram. `complaints_to`: the organization whose reviewers
    read complaints about this one. `next`: whom a seeker is asked about when nobody here comes. `cool_down`: rest after a heavy case.
    """

    organization: Id
    name: Text
    demo: bool = False
    needs: Literal["all"] | Annotated[tuple[Id, ...], Field(min_length=1)] = "all"
    states: Literal["all"] | Annotated[tuple[Id, ...], Field(min_length=1)] = "all"
    languages: Annotated[tuple[Locale, ...], Field(min_length=1)]
    zone: Text = "America/Mexico_City"
    hours: Literal["always"] | dict[Day, tuple[Hours, ...]]
    holidays: Literal["none"] | Annotated[tuple[date, ...], Field(min_length=1)]
    media: tuple[Media, ...] = ()
    transcript: Literal["while_open", "none"] = "while_open"
    minors: bool = False
    complaints_to: Id
    next: tuple[Id, ...] = ()
    alternatives: Alternatives
    cool_down: Span | None = None

    @field_validator("hours")
    @classmethod
    def _some_hours(cls, hours: object) -> object:
        if isinstance(hours, dict) and not any(hours.values()):
            raise ValueError("it is never open: write the hours of at least one day")
        return hours


class LadderFile(Strict):
    """How long, from the moment somebody began to wait."""

    nudge: Span
    back_to_queue: Span
    next_organization: Span
    supervisor: Span


class LaddersFile(Strict):
    """One ladder a level."""

    danger: LadderFile
    high: LadderFile
    ordinary: LadderFile


class RaisesFile(Strict):
    """After this wait in the queue a level counts as the next one."""

    ordinary: Span
    high: Span


class ClocksFile(Strict):
    """`content/clocks.yaml`: every time of the desk. What each means is written there and in `bot.domain.clocks.Clocks`."""

    ladders: LaddersFile
    raises: RaisesFile
    crisis: Span
    hold: Span
    back_at_most: Span
    gap: Span
    follow_up_retry: Span
    cool_down: Span
    duty_reminder: Span
    break_glass: Span
    renewal: Span
