"""Who is rung, for what, and in which order cases wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import handoff, routing
from bot.domain.case import Case, Level
from bot.domain.clocks import RANK, level_now, waiting_since
from bot.domain.organization import Organization
from bot.domain.routing import FIRST_RUNG, Eligible, Load, Why, eligible, loads_of, queue, whom_to_ring, why_not
from bot.domain.staff import Responder, ResponderState, StaffRole
from tests.bot.domain.desk import HOUR, T, answered, claimed, clocks, responder, waiting

ANY = Organization(id="any", name="Any", languages=("es", "en"), minors=True)
MISSING = Organization(id="missing", name="Missing", needs=frozenset({"missing_person"}), states=frozenset({"gro", "mor"}))
THREATS = Organization(id="threats", name="Threats", needs=frozenset({"threats", "extortion"}), languages=("es", "ht"))
ALL = (ANY, MISSING, THREATS)

# -- organizations ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needs", "place", "locale", "minor", "order"),
    [
        (("missing_person",), "gro", "es", False, "missing any"),
        (("missing_person",), "", "es", False, "missing any"),
        (("missing_person",), "cmx", "es", False, "any"),
        (("missing_person",), "gro", "es", True, "any"),
        (("threats", "missing_person"), "gro", "es", False, "any missing threats"),
        (("threats",), "", "ht", False, "threats any"),
        (("threats",), "", "en", False, "any threats"),
        ((), "", "es", False, "any missing threats"),
        (("asylum",), "", "fr", False, "any"),
    ],
)
def test_a_request_goes_where_need_place_and_language_are_met(
    needs: tuple[str, ...], place: str, locale: str, minor: bool, order: str
) -> None:
    found = routing.organizations_for(needs, place, locale, ALL, T, minor=minor)
    assert sorted(one.id for one in found) == sorted(order.split())
    first = routing.organization_for(needs, place, locale, ALL, T, minor=minor)
    assert first is found[0]
    assert first.id in order.split()
    if len(needs) == 1 and order != "any":
        assert first.id == order.split()[0]


def test_somebody_there_comes_before_nobody_there() -> None:
    assert routing.organization_for(("missing_person",), "", "es", ALL, T) == MISSING
    assert routing.organization_for(("missing_person",), "", "es", ALL, T, staffed={"any"}) == ANY
    assert routing.organization_for(("threats",), "", "ht", ALL, T, staffed={"any"}) == THREATS, "a person one can talk with comes first"
    assert routing.organization_for(("asylum",), "", "es", (MISSING, THREATS), T) is None


def test_open_hours_come_before_closed_ones() -> None:
    closed = replace(THREATS, id="a_closed", hours=((),) * 7)
    assert routing.organization_for(("threats",), "", "es", (closed, THREATS), T) == THREATS


def test_the_next_organization_is_one_the_present_one_names_and_that_matches() -> None:
    here = replace(ANY, id="casa", next=("threats", "missing", "nowhere", "casa"))
    case = waiting(needs=("missing_person",))
    everyone = (here, MISSING, THREATS)
    assert routing.next_organization(case, everyone, T) == MISSING
    assert routing.next_organization(case, everyone, T, asked={"missing"}) is None
    assert routing.next_organization(replace(case, locale="fr"), everyone, T) is None
    assert routing.next_organization(replace(case, locale="fr", any_language=True), everyone, T) == MISSING
    assert routing.next_organization(replace(case, minor=True), everyone, T) is None
    both = replace(case, needs=("missing_person", "threats"))
    assert routing.next_organization(both, everyone, T) == THREATS
    assert routing.next_organization(both, everyone, T, staffed={"missing"}) == MISSING
    assert routing.next_organization(replace(case, organization="gone"), everyone, T) is None


# -- responders -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "case", "load", "why"),
    [
        ({}, {}, Load(), None),
        ({"organization": "otra"}, {}, Load(), Why.ELSEWHERE),
        ({"role": StaffRole.REVIEWER}, {}, Load(), Why.ELSEWHERE),
        ({"role": StaffRole.SUPERVISOR}, {}, Load(), None),
        ({"state": ResponderState.INVITED}, {}, Load(), Why.NOT_IN),
        ({"state": ResponderState.REDEEMED}, {}, Load(), Why.NOT_IN),
        ({"state": ResponderState.PANICKED}, {}, Load(), Why.NOT_IN),
        ({"state": ResponderState.REVOKED}, {}, Load(), Why.NOT_IN),
        ({"chat_id": None}, {}, Load(), Why.NOT_IN),
        ({"duty_until": T}, {}, Load(), Why.OFF_DUTY),
        ({}, {"locale": "ht"}, Load(), Why.LANGUAGE),
        ({}, {"locale": "ht", "any_language": True}, Load(), None),
        ({"languages": ("es", "ht")}, {"locale": "ht"}, Load(), None),
        ({}, {"minor": True}, Load(), Why.MINORS),
        ({"minors": True}, {"minor": True}, Load(), None),
        ({}, {"prefers": "woman"}, Load(), Why.GENDER),
        ({"gender": "man"}, {"prefers": "woman"}, Load(), Why.GENDER),
        ({"gender": "woman"}, {"prefers": "woman"}, Load(), None),
        ({"resting_until": T + 1}, {}, Load(), Why.RESTING),
        ({"resting_until": T}, {}, Load(), None),
        ({}, {}, Load(5, 0), None),
        ({}, {}, Load(6, 0), Why.FULL),
        ({"cap": 1}, {}, Load(1, 0), Why.FULL),
        ({}, {"heavy": True}, Load(2, 1), None),
        ({}, {"heavy": True}, Load(2, 2), Why.HEAVY),
        ({}, {"heavy": False}, Load(2, 2), None),
    ],
)
def test_who_may_be_rung_and_why_not(who: dict[str, Any], case: dict[str, Any], load: Load, why: Why | None) -> None:
    asked, one = replace(waiting(), **case), responder(7, **who)
    assert why_not(asked, one, load, T) is why
    found = eligible(asked, (one,), {7: load}, T)
    assert found == (Eligible(responders=(one,)) if why is None else Eligible(why=why))


def test_when_nobody_matches_it_says_what_the_nearest_were_lacking() -> None:
    """Somebody off duty and somebody who is no woman: the seeker hears that no woman is there, not that nobody is."""
    case = replace(waiting(), prefers="woman")
    assert eligible(case, (responder(1, duty_until=0), responder(2, gender="man")), {}, T).why is Why.GENDER
    assert eligible(case, (responder(1, duty_until=0), responder(2, organization="otra")), {}, T).why is Why.OFF_DUTY
    assert eligible(case, (), {}, T).why is Why.ELSEWHERE


def test_best_first() -> None:
    loads = {1: Load(3, 0), 2: Load(1, 1), 3: Load(1, 0), 5: Load(0, 0)}
    team = [responder(1), responder(2), responder(3), responder(4, role=StaffRole.SUPERVISOR), responder(5), responder(6)]
    case = replace(waiting(), passed=(5,), rung=(1,))
    assert [one.id for one in eligible(case, team, loads, T).responders] == [1, 6, 3, 2, 4, 5]


@pytest.mark.parametrize(("level", "first"), [(Level.ORDINARY, 3), (Level.HIGH, 5), (Level.DANGER, 12)])
def test_a_few_are_rung_first_and_everybody_who_may_on_the_nudge(level: Level, first: int) -> None:
    team = [responder(number) for number in range(1, 14)]
    case = replace(waiting(level), passed=(1,))
    assert len(whom_to_ring(case, team, {}, T)) == min(first, FIRST_RUNG[level])
    assert [one.id for one in whom_to_ring(case, team, {}, T, wide=True)] == list(range(2, 14)), "who gave it back is left in peace"
    assert [one.id for one in whom_to_ring(case, team[:1], {}, T)] == [1], "unless there is nobody else"


def test_loads_count_what_is_theirs_now() -> None:
    cases = [answered(by=1), claimed(Level.DANGER, by=1), claimed(by=2), waiting(), handoff.close(answered(by=2), "helped", T)]
    assert dict(loads_of(cases)) == {1: Load(2, 1), 2: Load(1, 0)}


# -- the queue --------------------------------------------------------------------------------------------------------------


def test_urgency_then_wait_then_fit() -> None:
    viewer = responder(7, languages=("es",))
    cases = [
        waiting(Level.ORDINARY, T - 100, number=1),
        waiting(Level.HIGH, T - 50, number=2),
        waiting(Level.DANGER, T - 10, number=3),
        waiting(Level.DANGER, T - 20, number=4),
        replace(waiting(Level.HIGH, T - 50, number=5), locale="ht"),
        waiting(Level.HIGH, T - 50, number=6),
        replace(waiting(Level.DANGER, T - 99, number=8), organization="otra"),
        claimed(Level.DANGER, T - 99),
    ]
    assert [case.id for case in queue(cases, T, clocks())] == [8, 4, 3, 2, 5, 6, 1]
    assert [case.id for case in queue(cases, T, clocks(), viewer=viewer)] == [4, 3, 2, 6, 5, 1]


def test_nobody_starves() -> None:
    """An ordinary case of seven hours stands before a danger of one minute; of six and a half among the high ones."""
    cases = [
        waiting(Level.DANGER, T - 60, number=1),
        waiting(Level.HIGH, T - 600, number=2),
        waiting(Level.ORDINARY, T - 7 * HOUR - 1, number=3),
        waiting(Level.ORDINARY, T - 6 * HOUR - 1800, number=4),
        waiting(Level.ORDINARY, T - 5 * HOUR, number=5),
    ]
    assert [case.id for case in queue(cases, T, clocks())] == [3, 1, 4, 2, 5]


people = st.builds(
    responder,
    st.integers(1, 30),
    organization=st.sampled_from(["casa", "otra"]),
    role=st.sampled_from(list(StaffRole)),
    state=st.sampled_from([*ResponderState, *[ResponderState.ACTIVE] * 6]),
    duty_until=st.sampled_from([0, T, T + 1, T + HOUR, T + HOUR]),
    resting_until=st.sampled_from([0, 0, T, T + 1]),
    languages=st.sampled_from([("es",), ("en",), ("es", "ht")]),
    gender=st.sampled_from(["", "woman", "man"]),
    minors=st.booleans(),
)
cases = st.builds(
    lambda number, level, waited, more: replace(waiting(level, T - waited, number=number), **more),
    st.integers(1, 10**6),
    st.sampled_from(list(Level)),
    st.integers(0, 30 * HOUR),
    st.fixed_dictionaries(
        {
            "locale": st.sampled_from(["es", "en", "ht"]),
            "prefers": st.sampled_from(["", "", "woman", "man"]),
            "minor": st.booleans(),
            "organization": st.sampled_from(["casa", "otra"]),
            "passed": st.lists(st.integers(1, 30), max_size=3).map(tuple),
            "rung": st.lists(st.integers(1, 30), max_size=3).map(tuple),
        }
    ),
)
loads = st.dictionaries(st.integers(1, 30), st.builds(Load, st.integers(0, 7), st.integers(0, 3)))


@given(case=cases, team=st.lists(people, max_size=12, unique_by=lambda one: one.id), load=loads, wide=st.booleans())
def test_nobody_is_rung_who_may_not_take_it(case: Case, team: list[Responder], load: dict[int, Load], wide: bool) -> None:
    """Checked against the rules written out again, not against `why_not`."""
    rung = whom_to_ring(case, team, load, T, wide=wide)
    for one in rung:
        has = load.get(one.id, Load())
        assert one.organization == case.organization
        assert one.role is not StaffRole.REVIEWER
        assert one.state is ResponderState.ACTIVE
        assert one.duty_until > T >= one.resting_until
        assert case.locale in one.languages
        assert one.minors or not case.minor
        assert case.prefers in ("", one.gender)
        assert has.cases < one.cap
        assert has.heavy < one.heavy_cap or not case.heavy
    assert len({one.id for one in rung}) == len(rung)
    found = eligible(case, team, load, T)
    assert bool(rung) == bool(found.responders) == (found.why is None)
    assert set(rung) <= set(found.responders)


@given(waiters=st.lists(cases, max_size=15, unique_by=lambda one: one.id))
def test_danger_is_never_after_an_older_ordinary_case_unless_waiting_raised_it(waiters: list[Case]) -> None:
    order = queue(waiters, T, clocks())
    assert sorted(case.id for case in order) == sorted(case.id for case in waiters)
    for place, case in enumerate(order):
        for later in order[place + 1 :]:
            if RANK[later.level] > RANK[case.level]:
                assert RANK[level_now(case, T, clocks())] > RANK[case.level], "only waiting puts a lower level first"
                assert waiting_since(case) < waiting_since(later)
            if later.level is case.level:
                assert waiting_since(case) <= waiting_since(later)


def test_a_thousand_cases_and_a_hundred_responders_are_no_work() -> None:
    """Not timed: it only has to end well within a test's time, called as often as a busy desk does."""
    team = [responder(number) for number in range(1, 101)]
    busy = [waiting(list(Level)[number % 3], T - number, number=number) for number in range(1, 1001)]
    for _ in range(10):
        assert len(queue(busy, T, clocks(), viewer=team[0])) == 1000
    for case in busy[:200]:
        assert whom_to_ring(case, team, {}, T)
