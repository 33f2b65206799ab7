"""What may be said today, and how a copy of Amparo stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.facts import Facts, Standing, Worded, lacks, standing
from tests.bot.i18n.house import TODAY, fact

DUE = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("risk", "day", "value"),
    [
        ("high", DUE, "1"),
        ("high", DUE + timedelta(days=1), None),
        ("medium", DUE + timedelta(days=400), "1"),
        ("low", DUE + timedelta(days=400), "1"),
    ],
)
def test_only_a_high_risk_hides_a_fact_after_its_review_date(risk: str, day: date, value: str | None) -> None:
    facts = Facts.of([fact("line", "1", risk=risk)])
    assert facts.current("line", day) == value


def test_past_its_date_a_lower_risk_is_dated() -> None:
    facts = Facts.of([fact("line", "1", risk="medium"), fact("hidden", "2")])
    assert facts.dated("line", DUE) is None
    assert facts.dated("line", DUE + timedelta(days=1)) == date(2026, 11, 21)
    assert facts.dated("hidden", DUE + timedelta(days=1)) is None


def test_a_rule_has_no_value_but_is_not_hidden() -> None:
    assert Facts.of([fact("rule", None)]).current("rule", TODAY) == ""


def test_an_unknown_fact_is_hidden_and_has_no_fallback() -> None:
    facts = Facts.of([])
    assert facts.current("none", TODAY) is None
    assert facts.fallback("none", "es") is None


def test_the_emergency_switch_hides_any_fact_at_once_and_no_clock_undoes_it() -> None:
    before = Facts.of([fact("line", risk="low")])
    after = before.switching_off(["line"]).switching_off(["other"])
    assert after.switched_off == {"line", "other"}
    for days in (0, 1, 4000):
        assert after.current("line", TODAY + timedelta(days=days)) is None
    assert before.current("line", TODAY) is not None


def test_two_facts_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="one id"):
        Facts.of([fact("line", "1"), fact("line", "2")])


def test_the_version_changes_with_values_words_and_switches_and_with_nothing_else() -> None:
    one = Facts.of([fact("a"), fact("b")])
    assert one.version == Facts.of([fact("b"), fact("a")], words={}).version
    others = [
        Facts.of([fact("a"), fact("b", "1")]),
        Facts.of([fact("a"), fact("b")], words={"en": {"fact.a.fallback": "Ask."}}),
        one.switching_off(["a"]),
    ]
    assert len({one.version, *(each.version for each in others)}) == 4


def test_fallbacks_speak_the_language_where_translated() -> None:
    facts = Facts.of([fact("a")], words={"en": {"fact.a.fallback": "Ask for a."}})
    assert facts.fallback("a", "en") == Worded("Ask for a.", translated=True)
    assert facts.fallback("a", "ht") == Worded("Pregunta por a.", translated=False)
    assert facts.statement("a", "es") == Worded("Línea a.", translated=True)


def test_provenance_names_each_shown_fact_once() -> None:
    facts = Facts.of([fact("a"), fact("b"), fact("c")], switched_off=["b"])
    assert [each.fact for each in facts.provenance(["c", "a", "c", "b", "none"], TODAY)] == ["c", "a"]


@pytest.mark.parametrize(
    ("changes", "organization", "lacking"),
    [
        ({}, "Casa", ()),
        ({}, None, ("organization",)),
        ({}, "  ", ("organization",)),
        ({"signed_off_by": None}, "Casa", ("sign-off: line",)),
        ({"test_called": None}, "Casa", ("test call: line",)),
        ({"kind": "whatsapp", "test_called": None}, "Casa", ("test call: line",)),
        ({"kind": "link", "test_called": None}, "Casa", ()),
    ],
)
def test_a_copy_is_live_only_with_a_name_signatures_and_called_numbers(
    changes: dict[str, object], organization: str | None, lacking: tuple[str, ...]
) -> None:
    facts = Facts.of([fact("line", "55 1", **changes)])
    assert lacks(facts, organization=organization) == lacking
    assert standing(facts, organization=organization, loopback=False).test_version == bool(lacking)
    assert not standing(facts, organization=organization, loopback=True).test_version


def test_only_facts_in_use_count_and_a_missing_one_does_too() -> None:
    facts = Facts.of([fact("used"), fact("idle", signed_off_by=None)])
    assert lacks(facts, organization="Casa", used=["used"]) == ()
    assert lacks(facts, organization="Casa", used=["used", "gone"]) == ("sign-off: gone",)


def test_a_test_version_opens_no_case() -> None:
    assert Standing(organization="Casa").opens_cases
    assert not Standing(test_version=True).opens_cases
    assert standing(Facts.of([]), organization=" Casa ", loopback=False) == Standing(organization="Casa")
