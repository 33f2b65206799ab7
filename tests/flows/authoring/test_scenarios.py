"""Scenarios: what an administrator writes is played as a person would, and a failure says where the person is and what they could press."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.authoring.checks import Translation, examine
from flows.authoring.scenarios import ScenarioError, Stage, perform, play
from flows.authoring.schema import Scenario
from flows.events import Reading
from tests.flows.authoring.house import TODAY, Break, build


def stage(folder: Path, *breaks: Break, english: dict[str, str] | None = None) -> Stage:
    house = build(folder, *breaks)
    for name, text in (english or {}).items():
        house.translations["en"][name] = Translation(text=text)
    subject = examine(house.content, house.translations, today=TODAY, production=False)
    return Stage(program=subject.program, read=subject.read, render=subject.render, facts=frozenset(house.content.facts))


def scenario(*does: str, reaches: str = "tonight", **rest: object) -> Scenario:
    return Scenario.model_validate({"scenario": "Prueba", "does": list(does), "reaches": reaches, **rest})


TO_TONIGHT = ("[Quiero ayuda]", "[Falta alguien]", "[Sí]", "[Guerrero]")


def test_buttons_lead_to_a_card(tmp_path: Path) -> None:
    assert play(stage(tmp_path), scenario(*TO_TONIGHT)) is None


@pytest.mark.parametrize(
    ("rest", "failure"),
    [
        ({"reaches": "search.tonight"}, None),
        (
            {"reaches": "search.where"},
            "it does not reach search.where: after pressing [Guerrero] I am at search.tonight, the buttons",
        ),
        ({"sees": ["55 0000 0000", "search_line", "Falta alguien", "copiar numero"]}, None),
        ({"sees": ["55 1111"]}, "nothing on the way shows '55 1111': after pressing [Guerrero]"),
        ({"never_sees": ["no llego", "linea_vida"]}, None),
        ({"never_sees": ["state_office"]}, "'state_office' is shown: after pressing [Guerrero] I am at search.tonight"),
        ({"never_sees": ["elige lo más parecido"]}, "'elige lo más parecido' is shown: after pressing [Quiero ayuda] I am at doors.doors"),
        ({"urgency": "danger"}, None),
        ({"urgency": "ordinary"}, "the urgency is danger (somebody_small), not ordinary"),
    ],
)
def test_what_a_scenario_can_say(tmp_path: Path, rest: dict[str, object], failure: str | None) -> None:
    found = play(stage(tmp_path), scenario(*TO_TONIGHT, **{"reaches": "tonight", **rest}))  # type: ignore[arg-type]
    assert found is None if failure is None else found is not None and found.startswith(failure)


def test_a_button_that_is_not_there(tmp_path: Path) -> None:
    found = play(stage(tmp_path), scenario("hola", "[Nada]"))
    assert found is not None
    assert found.startswith(
        "there is no button [Nada]: after typing 'hola' I am at welcome.start, the buttons are [Quiero ayuda] [Ahora mismo]"
    )


def test_words_are_read_by_the_given_understanding(tmp_path: Path) -> None:
    base = stage(tmp_path)
    heard: list[tuple[str, str]] = []

    def read(text: str, locale: str) -> Reading:
        heard.append((text, locale))
        return Reading(intents=("search",))

    mine = Stage(program=base.program, read=read, render=base.render)
    assert play(mine, scenario("dónde estará", reaches="search.minor", locale="en")) is None
    assert heard == [("dónde estará", "en")]


def test_labels_are_those_of_the_scenario_s_language(tmp_path: Path) -> None:
    english = stage(tmp_path, english={"flow.welcome.start.choice.help": "I want help"})
    assert play(english, scenario("[I want help]", reaches="doors.doors", locale="en")) is None
    found = play(english, scenario("[Quiero ayuda]", reaches="doors.doors", locale="en"))
    assert found is not None
    assert "[I want help]" in found


def test_a_copy_button_leaves_the_person_where_they_are(tmp_path: Path) -> None:
    assert play(stage(tmp_path), scenario(*TO_TONIGHT, "[Copiar número]", reaches="search.tonight")) is None


def test_the_authority_takes_doors_away(tmp_path: Path) -> None:
    scenes = list(perform(stage(tmp_path), scenario(*TO_TONIGHT, "[Una autoridad es parte]")))
    assert "card.tonight.office" in scenes[-2].screens[0].blocks
    assert "card.tonight.office" not in scenes[-1].screens[0].blocks


def test_what_storage_loses_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.authoring.scenarios.decode_conversation", lambda data: None)
    with pytest.raises(ScenarioError, match="is not the one that was stored"):
        list(perform(stage(tmp_path), scenario("hola")))


def test_the_desk_and_a_case_are_part_of_a_scenario(tmp_path: Path) -> None:
    """The door, news of the case and time that passes are acts; what the desk is asked is compared in order."""
    on = stage(tmp_path)
    does = ["persona", "[Que me escriban]", "(taken)", "hola"]
    asked = Scenario(scenario="asked", desk="open", does=does, reaches="live.chat", asks=["request", "words"])
    assert play(on, asked) is None
    assert "the desk is asked ['request', 'words'], not []" in (play(on, asked.model_copy(update={"asks": []})) or "")
    closed = asked.model_copy(update={"desk": "closed"})
    assert "there is no button [Que me escriban]" in (play(on, closed) or "")
    shuts = Scenario(scenario="shuts", desk="open", does=["persona", "(desk: closed)", "[Que me escriban]"], reaches="waiting.reach")
    assert "there is no button [Que me escriban]" in (play(on, shuts) or "")
    hidden = Scenario(scenario="hidden", case="live", desk="open", does=["(90 minutes)"], reaches="cover.card")
    assert play(on, hidden) is None
    assert "nothing like (rain) happens" in (play(on, hidden.model_copy(update={"does": ["(rain)"]})) or "")
