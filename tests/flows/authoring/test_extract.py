"""Every text an administrator writes has a message id, and says where it stands."""

from __future__ import annotations

from pathlib import Path

from flows.authoring.bundle import bundle
from flows.authoring.compile import compile_program
from flows.authoring.extract import SourceMessage, extract, twice
from flows.authoring.issues import Place
from flows.authoring.load import Content
from flows.authoring.schema import Block, CardFile, FlowFile
from tests.bot.i18n.house import CARD, FLOW, INTERFACE, content
from tests.flows.authoring.house import build


def by_id(held: Content) -> dict[str, SourceMessage]:
    return {message.id: message for message in extract(held)}


def test_ids_are_those_the_program_asks_for() -> None:
    held = content()
    said = {id_: message.text for id_, message in by_id(held).items() if not id_.startswith("fact.")}
    assert said == dict(compile_program(bundle(held, {})).messages["es"])


def test_facts_are_messages_too_though_no_program_holds_them() -> None:
    found = by_id(content())
    assert found["fact.search.fallback"].text == "Pregunta por search."
    assert found["fact.search.statement"].critical
    assert not found["fact.no_wait.statement"].critical


def test_words_to_type_are_one_message() -> None:
    found = by_id(content())
    assert found["flow.doors.doors.choice.missing.hears"].text == "no aparece|se lo llevaron"
    assert found["ui.hears.back"].text == "atrás|regresar"


def test_critical_cards_and_flows_pass_it_on() -> None:
    found = by_id(content(flow=FlowFile.model_validate({**FLOW.model_dump(mode="json"), "safety": "critical"})))
    assert found["card.lines.call"].critical
    assert found["flow.doors.doors.why"].critical
    assert not found["ui.back"].critical


def test_a_message_knows_its_file_and_line() -> None:
    held = content()
    file = "content/cards/lines.yaml"
    where: dict[tuple[str | int, ...], Place] = {
        ("cards", "lines"): Place(file=file, line=1),
        ("cards", "lines", "blocks", 1, "text"): Place(file=file, line=9),
    }
    placed = Content(
        flows=held.flows,
        cards=held.cards,
        facts=held.facts,
        interface=INTERFACE,
        urgency=(),
        lists=held.lists,
        scenarios={},
        where=where,
    )
    found = by_id(placed)
    assert found["card.lines.again"].location == "content/cards/lines.yaml:9"
    assert found["card.lines.call"].location == "content/cards/lines.yaml:1"
    assert found["card.lines.call"].file == "content/cards/lines.yaml"


def test_the_order_is_stable_and_follows_the_writing() -> None:
    ids = [message.id for message in extract(content())]
    assert ids == [message.id for message in extract(content())]
    cards = [id_ for id_ in ids if id_.startswith("card.")]
    assert cards == ["card.lines.title", *(f"card.lines.{block.id}" for block in CARD.blocks)]


def test_an_id_claimed_twice_is_found() -> None:
    card = CardFile(card="lines", title="Líneas", blocks=[Block(id="title", text="Otro")])
    assert twice(extract(content(card=card))) == ("card.lines.title",)
    assert twice(extract(content())) == ()


def test_texts_of_the_desk_and_replies_have_ids_of_their_own(tmp_path: Path) -> None:
    """They are translated like all others, weigh what a seeker's words weigh, and no program holds them."""
    house = build(tmp_path)
    found = {message.id: message for message in extract(house.content)}
    assert found["desk.notice"].text == "Alguien espera."
    assert not found["desk.notice"].critical
    assert (found["reply.greeting.title"].text, found["reply.greeting"].text) == ("Saludo", "Buenas.")
    assert found["reply.greeting"].critical
    assert found["reply.greeting"].location.startswith("content/replies.yaml:")
    held = compile_program(bundle(house.content, {"en": dict.fromkeys(found, "x")})).messages["en"]
    assert "card.offer.consent" in held
    assert not [name for name in held if name.startswith(("desk.", "reply.", "fact."))]
