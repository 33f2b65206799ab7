"""The never-sentences catch what they must and spare what they must not; the data in `content/never.yaml` brings the examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.authoring.load import read_yaml
from flows.authoring.never import Never, NeverFile, NeverRule, read_never
from tests.flows.authoring.drafts import DRAFTS
from tests.flows.authoring.sentences import CAUGHT as MORE_CAUGHT
from tests.flows.authoring.sentences import SPARED as MORE_SPARED

CONTENT = Path(__file__).parents[3] / "content"
NEVER = read_never(CONTENT)
CAUGHT = [(rule.id, locale, text) for rule in NEVER.rules for locale, texts in rule.caught.items() for text in texts]
SPARED = [(rule.id, locale, text) for rule in NEVER.rules for locale, text in (*rule.innocent.items(), *rule.instead.items())]


@pytest.mark.parametrize(("rule", "locale", "text"), CAUGHT)
def test_paraphrases_are_caught(rule: str, locale: str, text: str) -> None:
    assert rule in [finding.rule for finding in NEVER.find(text, locale)]


@pytest.mark.parametrize(("rule", "locale", "text"), SPARED)
def test_innocent_sentences_and_what_to_say_instead_are_not(rule: str, locale: str, text: str) -> None:
    assert NEVER.find(text, locale) == [], f"the test of {rule}"


@pytest.mark.parametrize("rule", NEVER.rules, ids=lambda rule: rule.id)
def test_the_sentence_itself_is_caught(rule: NeverRule) -> None:
    assert rule.id in [finding.rule for finding in NEVER.find(rule.never, "es")]


def test_all_twenty_are_there_each_with_two_caught_and_one_innocent_in_both_languages() -> None:
    assert [rule.id[:3] for rule in NEVER.rules if rule.id.startswith("n")] == [f"n{number:02}" for number in range(1, 21)]
    for rule in NEVER.rules:
        for locale in ("es", "en"):
            assert len(rule.caught[locale]) >= 2, rule.id
            assert rule.innocent[locale], rule.id
            assert rule.instead[locale], rule.id


def test_each_of_the_twenty_has_patterns_and_an_example_in_every_language() -> None:
    for rule in NEVER.rules:
        if rule.id.startswith("n"):
            assert set(rule.catch) == {"es", "en", "pt", "fr", "ht"}, rule.id
            assert set(rule.caught) >= set(rule.catch), rule.id


@pytest.mark.parametrize(("locale", "text"), DRAFTS)
def test_no_draft_of_the_voice_is_caught(locale: str, text: str) -> None:
    assert [str(finding) for finding in NEVER.find(text, locale)] == []


@pytest.mark.parametrize(("locale", "start", "text"), MORE_CAUGHT)
def test_other_ways_to_say_it_are_caught(locale: str, start: str, text: str) -> None:
    assert start in [finding.rule[:3] for finding in NEVER.find(text, locale)]


@pytest.mark.parametrize(("locale", "text"), MORE_SPARED)
def test_what_amparo_does_say_is_spared(locale: str, text: str) -> None:
    assert [str(finding) for finding in NEVER.find(text, locale)] == []


@pytest.mark.parametrize(
    "text",
    ["NO TE PREOCUPES", "no te   preocupes", "**No** te preocupes", "No, te preocupes", "Escúchame: no te preocupés"],
)
def test_case_accents_spaces_and_emphasis_do_not_hide_it(text: str) -> None:
    assert [finding.rule for finding in NEVER.find(text, "es")] == ["n01_all_will_be_well"]


def test_words_of_two_sentences_are_not_read_together() -> None:
    assert NEVER.find("Espera. 24 personas escribieron.", "es") == []


def test_spanish_on_a_card_to_show_is_read_in_every_language() -> None:
    assert NEVER.find("«No se preocupe»\nPa gen pwoblèm.", "ht")


def test_what_acquits_one_part_of_a_sentence_does_not_acquit_another() -> None:
    assert NEVER.find("No hay que esperar 24 horas, pero a veces espera 72 horas.", "es")


def test_a_finding_says_what_to_say_instead() -> None:
    (finding,) = NEVER.find("En breve te escriben.", "en")
    assert str(finding) == (
        "n18_shortly: says 'en breve'; say instead: Nobody is here now. Someone is back {day} at {time}. Until then, {line}."
    )


def test_each_rule_is_named_once() -> None:
    assert len(NEVER.find("No pagues. No pagues nada. Nunca pagues.", "es")) == 1


@pytest.mark.parametrize("pattern", ["no (te", "a+", "a [b c] d", "x.*"])
def test_a_pattern_nobody_can_read_is_refused_by_name(pattern: str) -> None:
    data, _ = read_yaml((CONTENT / "never.yaml").read_text("utf-8"))
    assert isinstance(data, dict)
    data["rules"][0]["catch"]["es"] = [pattern]
    with pytest.raises(ValidationError, match="cannot read"):
        NeverFile.model_validate(data)


def rule(catch: list[str], unless: list[str]) -> Never:
    return Never(
        [
            NeverRule.model_validate(
                {
                    "id": "r",
                    "never": "x",
                    "why": "x",
                    "instead": {"es": "x"},
                    "catch": {"es": catch},
                    "unless": {"es": unless},
                    "caught": {},
                    "innocent": {},
                }
            )
        ]
    )


@pytest.mark.parametrize(
    ("pattern", "text", "caught"),
    [
        ("paga*", "pagarás", True),
        ("paga*", "apaga", False),
        ("ve/vaya a", "vaya a", True),
        ("a [la] b", "a b", True),
        ("a [la] b", "a la b", True),
        ("a [la] b", "a el b", False),
        ("a ... b", "a uno dos tres cuatro b", True),
        ("a ... b", "a uno dos tres cuatro cinco b", False),
        ("^a", "b a", False),
        ("^a", "b. a", True),
        ("100% a", "100% a", True),
    ],
)
def test_patterns_mean_what_their_description_says(pattern: str, text: str, caught: bool) -> None:
    assert bool(rule([pattern], []).find(text, "es")) == caught


def test_acquittal_needs_an_overlap() -> None:
    never = rule(["esper*"], ["sin esper*"])
    assert never.find("sin esperar", "es") == []
    assert never.find("sin esperar, espera", "es")
