"""Organizations: their hours where they are, their holidays, and what the demo's may not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.organization import Organization, organization_of, served
from flows.authoring.desk_schema import OrganizationFile
from flows.events import MediaKind
from tests.bot.domain.desk import HOUR, content

MEXICO = ZoneInfo("America/Mexico_City")
TIJUANA = ZoneInfo("America/Tijuana")
OFFICE = Organization(
    id="casa",
    name="Casa",
    hours=(*[((540, 840), (960, 1200))] * 4, ((540, 840), (1320, 1800)), (), ()),
    holidays=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
)
"""Monday to Thursday 9-14 and 16-20, Friday 9-14 and 22-06, closed on two days."""


def moment(text: str, zone: ZoneInfo = MEXICO) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("now", "is_open", "then"),
    [
        ("2026-11-23T08:59", False, "2026-11-23T09:00"),  # a Monday
        ("2026-11-23T09:00", True, "2026-11-23T09:00"),
        ("2026-11-23T13:59", True, "2026-11-23T13:59"),
        ("2026-11-23T14:00", False, "2026-11-23T16:00"),
        ("2026-11-23T20:00", False, "2026-11-24T09:00"),
        ("2026-11-27T23:30", True, "2026-11-27T23:30"),  # Friday night
        ("2026-11-28T05:59", True, "2026-11-28T05:59"),  # goes on into Saturday
        ("2026-11-28T06:00", False, "2026-11-30T09:00"),
        ("2026-12-24T10:00", False, "2026-12-28T09:00"),  # two holidays and a weekend
    ],
)
def test_it_is_open_by_its_hours_and_closed_on_holidays(now: str, is_open: bool, then: str) -> None:
    assert OFFICE.open_now(moment(now)) is is_open
    assert OFFICE.opens_next(moment(now)) == moment(then)


def test_a_night_before_a_holiday_goes_on_and_the_night_of_one_never_begins() -> None:
    night = replace(OFFICE, hours=(((1320, 1800),),) * 7, holidays=frozenset({date(2026, 12, 25)}))
    assert night.open_now(moment("2026-12-25T05:00"))
    assert not night.open_now(moment("2026-12-25T23:00"))
    assert not night.open_now(moment("2026-12-26T05:00"))


def test_always_is_always_but_for_holidays() -> None:
    always = replace(OFFICE, hours=None, holidays=frozenset())
    assert always.open_now(moment("2026-12-25T03:00"))
    resting = replace(OFFICE, hours=None)
    assert not resting.open_now(moment("2026-12-24T03:00"))
    assert resting.opens_next(moment("2026-12-24T03:00")) == moment("2026-12-26T00:00")


def test_summer_time_keeps_the_local_hour() -> None:
    """Tijuana changes its clocks, Mexico City does not any more."""
    border = replace(OFFICE, zone="America/Tijuana", hours=(((540, 840),),) * 7, holidays=frozenset())
    for day in ("2027-03-13", "2027-03-14", "2027-11-06", "2027-11-07"):
        assert border.opens_next(moment(f"{day}T08:00", TIJUANA)) == moment(f"{day}T09:00", TIJUANA)
    assert border.moment(date(2027, 3, 14), 150) == moment("2027-03-14T03:30", TIJUANA), "02:30 does not exist that night"


def test_what_never_opens_within_a_year_says_so() -> None:
    assert replace(OFFICE, hours=((),) * 7).opens_next(moment("2026-11-23T08:59")) is None


@given(now=st.integers(1_790_000_000, 1_830_000_000))
def test_the_next_opening_is_the_first_moment_it_is_open(now: int) -> None:
    then = OFFICE.opens_next(now)
    assert then is not None
    assert then >= now
    assert OFFICE.open_now(then)
    assert (then == now) == OFFICE.open_now(now)
    if then > now:
        assert not OFFICE.open_now(then - 1)
        assert not any(OFFICE.open_now(at) for at in range(now, then, HOUR))


@pytest.mark.parametrize(("days", "runs_out"), [(61, False), (60, False), (59, True), (0, True), (-9, True)])
def test_the_list_of_holidays_has_to_be_longer_sixty_days_before_it_ends(days: int, runs_out: bool) -> None:
    now = moment("2026-12-25T12:00") - days * 24 * HOUR
    assert OFFICE.holidays_run_out(now) is runs_out
    assert not replace(OFFICE, holidays=frozenset()).holidays_run_out(now), "who closes on no day needs no list"


def test_a_file_says_all_of_it() -> None:
    file = OrganizationFile.model_validate(
        {
            "organization": "casa",
            "name": "Casa",
            "needs": ["threats"],
            "states": ["cmx"],
            "languages": ["es"],
            "hours": {"mon": ["09:00-14:00"], "fri": ["22:00-06:00", "12:00-24:00"]},
            "holidays": ["2026-12-25"],
            "media": ["voice", "location"],
            "transcript": "none",
            "complaints_to": "otra",
            "next": ["otra"],
            "alternatives": {"general": ["line_911"], "night": ["linea_vida"]},
            "cool_down": "20 min",
        }
    )
    made = organization_of(file)
    assert (made.needs, made.states, made.keeps_words, made.cool_down) == (frozenset({"threats"}), frozenset({"cmx"}), False, 1200)
    assert made.hours == (((540, 840),), (), (), (), ((1320, 1800), (720, 1440)), (), ())
    assert made.media == {MediaKind.VOICE, MediaKind.LOCATION}
    assert made.holidays == {date(2026, 12, 25)}
    assert dict(made.alternatives) == {"general": ("line_911",), "women": (), "cannot_speak": (), "night": ("linea_vida",)}


def test_the_demo_answers_at_any_hour_and_never_on_the_real_telegram() -> None:
    demo = [organization_of(file) for file in content().organizations.values()]
    assert [one.id for one in demo] == ["demo", "demo_second"]
    assert all(one.demo for one in demo)
    assert served(demo, loopback=False) == ()
    assert served([*demo, OFFICE], loopback=False) == (OFFICE,)
    assert served(demo, loopback=True) == tuple(demo)
    first = demo[0]
    assert first.needs is None
    assert first.states is None
    assert first.languages == ("es", "en")
    assert first.minors
    assert first.media == {MediaKind.VOICE, MediaKind.PHOTO, MediaKind.DOCUMENT, MediaKind.LOCATION}
    assert first.open_now(0)
    assert first.opens_next(7) == 7
    assert first.next == ("demo_second",)
    assert first.complaints_to != first.id


def test_local_days_are_the_organizations() -> None:
    late = moment("2026-11-23T23:30")
    assert OFFICE.local(late).date() == date(2026, 11, 23)
    assert OFFICE.moment(date(2026, 11, 23), 24 * 60 + 30) == late + HOUR
    assert OFFICE.moment(date(2026, 11, 23) + timedelta(days=1), 30) == late + HOUR
