"""A screen becomes words and buttons: what is said, in which order, and what is left out."""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.facts import Facts
from bot.i18n.pieces import clipped, filled, laid_out, parsed, plain, units
from bot.i18n.render import UI_MESSAGES, Draft, Key, Renderer
from flows.effects import Echo, EchoKind, Screen, Shown
from flows.limits import COPY_CHARACTERS
from tests.bot.i18n.house import FACTS, INTERFACE, LIVE, TEST, TODAY, fact, program, screen, shown

EXPIRED = date(2027, 6, 1)
CALL = "card.lines.call"


def bold_words(draft: Draft) -> list[str]:
    raw = draft.text.encode("utf-16-le")
    return [raw[2 * start : 2 * (start + length)].decode("utf-16-le") for start, length in draft.bold]


def test_paragraphs_are_filled_joined_and_bold_is_in_spans() -> None:
    draft = shown(screen(CALL, "card.lines.two"))
    assert draft.text == "Pide que la busquen.\n55 1111 2222\nDi dónde estás.\n\nUno 😀 dos"
    assert bold_words(draft) == ["55 1111 2222", "Uno", "dos"]


def test_why_stands_last_in_parentheses() -> None:
    draft = shown(screen("card.lines.rule", why="flow.doors.doors.why"))
    assert draft.text == "No hay plazo para pedirlo.\n\n(Te pregunto para no repetir.)"
    assert bold_words(draft) == ["no"]


@pytest.mark.parametrize(
    ("echo", "said"),
    [
        (Echo(kind=EchoKind.CHOICE, ref="flow.doors.doors.choice.missing"), "Entendí: Falta alguien"),
        (Echo(kind=EchoKind.CHOICE, ref="Chiapas"), "Entendí: Chiapas"),
        (Echo(kind=EchoKind.INTENT, ref="flow.doors.echo"), "Entendí: 55 1111 2222 te escucha."),
        (Echo(kind=EchoKind.NOT_UNDERSTOOD), "No te entendí bien, y no es tu culpa."),
        (Echo(kind=EchoKind.NOT_A_CHOICE), "Elige una, o escribe de otro modo."),
        (Echo(kind=EchoKind.STALE), "Ese botón era de antes."),
        (Echo(kind=EchoKind.TYPED_REMOVED), "Quité tu mensaje de esta pantalla."),
        (Echo(kind=EchoKind.MESSAGE, ref="ui.echo_media"), "Recibí tu audio."),
    ],
)
def test_the_echo_comes_first(echo: Echo, said: str) -> None:
    assert shown(screen("card.lines.rule", echo=echo)).text == f"{said}\n\nNo hay plazo para pedirlo."


def test_every_kind_of_echo_was_tried_above() -> None:
    assert len(EchoKind) == 7


@pytest.mark.parametrize("ref", ["flow.gone.echo", "", "flow.doors.doors.choice.gone"])
def test_an_echo_without_words_is_left_out_and_no_id_is_ever_shown(ref: str) -> None:
    for kind in EchoKind:
        assert "flow." not in shown(screen("card.lines.rule", echo=Echo(kind=kind, ref=ref))).text


def test_a_place_named_with_marks_stays_as_it_is() -> None:
    assert shown(screen("card.lines.rule", echo=Echo(kind=EchoKind.CHOICE, ref="**{search}**"))).text.startswith("Entendí: **{search}**")


def test_what_rests_on_a_hidden_fact_is_replaced_once_a_screen() -> None:
    draft = shown(screen(CALL, "card.lines.again", "card.lines.rule"), today=EXPIRED)
    assert draft.text == ("Pregunta por search.\n\nNo hay plazo para pedirlo.\n(Dato revisado el 21 de noviembre de 2026)")


def test_a_rule_that_is_switched_off_takes_its_paragraph_along() -> None:
    facts = Facts.of(FACTS, switched_off=["no_wait"])
    assert shown(screen("card.lines.rule"), facts=facts).text == "Pregunta por no_wait."


def test_an_unknown_fact_takes_its_paragraph_along() -> None:
    assert shown(screen(CALL, "card.lines.two"), facts=Facts.of([])).text == "Uno 😀 dos"


def test_a_corrected_number_shows_at_once() -> None:
    renderer, asked, pinned = Renderer(), screen(CALL), program()
    for number in ("55 1", "55 2"):
        facts = Facts.of([fact("search", number)])
        draft = renderer.render(asked, program=pinned, facts=facts, standing=LIVE, today=TODAY)
        assert f"\n{number}\n" in draft.text


def test_standing_decides_and_no_organization_means_no_such_paragraph() -> None:
    asked = screen("card.lines.org", "card.lines.nobody", "flow.doors.org.text")
    assert shown(asked).text == "Te lee Casa Prueba.\n\nSoy de Casa Prueba."
    assert shown(asked, standing=TEST).text == "Nadie te lee."


@pytest.mark.parametrize(
    ("flow", "step", "turn", "says"),
    [
        ("welcome", "start", 9, True),
        ("returning", "back", 9, True),
        ("doors", "doors", 1, True),
        ("doors", "doors", 2, False),
        ("cover", "face", 1, False),
        ("cover", "card", 9, False),
    ],
)
def test_a_test_version_says_so_on_first_screens_the_cover_excepted(flow: str, step: str, turn: int, says: bool) -> None:
    asked = screen("card.lines.rule", flow=flow, step=step, turn=turn)
    assert shown(asked, standing=TEST).text.startswith("Versión de prueba") == says
    assert "prueba:" not in shown(asked).text


ENGLISH = {"en": {"card.lines.rule": "No waiting.", "ui.only_in_spanish": "This part is only in Spanish.", "ui.back": "Back"}}


def test_a_text_that_is_missing_in_a_language_falls_back_visibly_once() -> None:
    draft = shown(screen("card.lines.rule", CALL, "card.lines.again", locale="en"), translations=ENGLISH)
    assert draft.text.startswith("This part is only in Spanish.\n\nNo waiting.\n\nPide que la busquen.")
    assert draft.text.count("only in Spanish") == 1


def test_a_button_in_another_language_is_said_too() -> None:
    asked = screen("card.lines.rule", locale="en", buttons=(Shown(label="ui.exit", code="nexit"),))
    assert shown(asked, translations=ENGLISH).text.startswith("This part is only in Spanish.")


def test_what_is_translated_needs_no_notice() -> None:
    asked = screen("card.lines.rule", locale="en", buttons=(Shown(label="ui.back", code="nback"),))
    assert shown(asked, translations=ENGLISH) == Draft(text="No waiting.", rows=((Key("Back", code="nback"),),))


def test_a_paragraph_that_is_not_shown_causes_no_notice() -> None:
    facts = Facts.of(FACTS, words={"en": {"fact.search.fallback": "Ask for search."}})
    texts = {"en": {**ENGLISH["en"], "ui.fact_dated": "Checked on {when}"}}
    draft = shown(screen("card.lines.rule", CALL, locale="en"), translations=texts, facts=facts, today=EXPIRED)
    assert "Ask for search." in draft.text
    assert not draft.text.startswith("This part")


def test_a_locale_nobody_knows_gets_the_source() -> None:
    assert "No hay plazo" in shown(screen("card.lines.rule", locale="xx")).text


def test_buttons_stand_in_rows_and_picked_ones_are_ticked() -> None:
    buttons = (
        Shown(label="flow.doors.doors.choice.missing", code="c0", picked=True),
        Shown(text="Chiapas", code="p1", row=1),
        Shown(text="Oaxaca", code="p2", row=1),
        Shown(label="flow.doors.doors.choice.call", code="c1"),
        Shown(label="ui.back", code="nback", row=98),
        Shown(label="ui.exit", code="nexit", row=98),
    )
    assert shown(screen("card.lines.rule", buttons=buttons)).rows == (
        (Key("✓ Falta alguien", code="c0"),),
        (Key("Chiapas", code="p1"), Key("Oaxaca", code="p2")),
        (Key("Llamar a 55 1111 2222", code="c1"),),
        (Key("Atrás", code="nback"), Key("Salir", code="nexit")),
    )


def test_a_copy_button_holds_the_value_and_goes_with_it() -> None:
    asked = screen("card.lines.rule", buttons=(Shown(label="ui.copy", copy="search"),))
    assert shown(asked).rows == ((Key("Copiar número", copy="55 1111 2222"),),)
    assert shown(asked, today=EXPIRED).rows == ()
    assert shown(asked, facts=Facts.of([fact("search", "1" * (COPY_CHARACTERS + 1))])).rows == ()
    assert shown(screen("card.lines.rule", buttons=(Shown(label="ui.copy", copy="no_wait"),))).rows == ()


def test_a_way_on_never_goes_missing() -> None:
    asked = screen("card.lines.rule", buttons=(Shown(label="flow.doors.doors.choice.call", code="c1"), Shown(label="gone", code="c2")))
    assert [key.text for row in shown(asked, today=EXPIRED).rows for key in row] == ["Llamar a", "…"]


def test_sources_show_what_where_and_when() -> None:
    facts = Facts.of([fact("search", "55 1", source={"title": "Hoja", "date": "2026-10", "url": "https://example.org/a"}), FACTS[1]])
    asked = screen("ui.sources_title", flow="sources", step="sources", sources=("search", "no_wait", "gone"))
    assert shown(asked, facts=facts).text == (
        "De dónde sale\n\nLínea search.\nHoja (2026-10)\nRevisado el 21 de noviembre de 2026\nhttps://example.org/a\n\n"
        "Línea no_wait.\nHoja no_wait (2026-10)\nRevisado el 21 de noviembre de 2026"
    )
    assert "search" not in shown(asked, facts=facts.switching_off(["search"])).text
    assert shown(asked, facts=Facts.of([])).text == "De dónde sale\n\nAquí no hay fuentes."


def test_dates_of_sources_are_in_the_language() -> None:
    asked = screen("card.lines.rule", flow="sources", sources=("no_wait",), locale="en")
    texts = {"en": {**ENGLISH["en"], "ui.source_checked": "Checked on {when}"}}
    assert "Checked on November 21, 2026" in shown(asked, translations=texts).text


def test_many_long_sources_fit_in_one_message() -> None:
    many = [fact(f"f{number}", statement="palabra " * 90, source={"title": "t" * 900, "date": "x"}) for number in range(40)]
    asked = screen("ui.sources_title", flow="sources", sources=tuple(each.id for each in many))
    text = shown(asked, facts=Facts.of(many)).text
    assert 2000 < units(text) <= 4096
    assert text.endswith("Revisado el 21 de noviembre de 2026")


def test_a_screen_without_anything_to_say_still_says_its_title() -> None:
    assert shown(screen()).text == "Lo primero"
    assert shown(screen("card.gone.block", flow="gone")).text == "Amparo"


def test_the_messages_of_the_renderer_are_in_the_interface_of_these_tests() -> None:
    assert {name.removeprefix("ui.") for name in UI_MESSAGES} <= set(INTERFACE.messages)


# Memory


def test_a_second_question_is_answered_from_memory_whatever_the_turn() -> None:
    renderer, pinned, facts = Renderer(), program(), Facts.of(FACTS)
    first, again = (renderer.render(screen(CALL, turn=turn), program=pinned, facts=facts, standing=LIVE, today=TODAY) for turn in (7, 8))
    assert first is again


def test_memory_is_bounded_and_never_changes_an_answer() -> None:
    renderer, chance = Renderer(drafts=3), random.Random(4)
    programs = [program(), program(ENGLISH)]
    all_facts = [Facts.of(FACTS), Facts.of([fact("search", "1")]), Facts.of(FACTS, switched_off=["search"])]
    for _ in range(300):
        asked = screen(
            *chance.sample([CALL, "card.lines.rule", "card.lines.org"], 2),
            locale=chance.choice(["es", "en"]),
            turn=chance.randint(0, 3),
            flow=chance.choice(["welcome", "doors"]),
            step="start",
        )
        given_ = {
            "program": chance.choice(programs),
            "facts": chance.choice(all_facts),
            "standing": chance.choice([LIVE, TEST]),
            "today": chance.choice([TODAY, EXPIRED]),
        }
        assert renderer.render(asked, **given_) == Renderer().render(asked, **given_)  # type: ignore[arg-type]  # drawn by name
        assert len(renderer._drafts) <= 3


# Laws of texts

MARKED = st.lists(st.sampled_from(["**", "*", "{a}", "{b}", "{", "}", "😀", "palabra ", "\n", "é"]), max_size=14).map("".join)


@given(MARKED, st.sampled_from(["", "**", "{a}", "x😀"]))
def test_words_are_kept_and_spans_are_right(template: str, value: str) -> None:
    pieces = filled(template, lambda name: value if name == "a" else "B")
    if pieces is None:
        assert value == ""
        return
    text, spans = laid_out(pieces)
    assert text == plain(pieces)
    raw = text.encode("utf-16-le")
    marked = "".join(raw[2 * start : 2 * (start + length)].decode("utf-16-le") for start, length in spans)
    assert marked == "".join(piece.text for piece in pieces if piece.bold)
    assert all(left[0] + left[1] < right[0] for left, right in pairwise(spans))


@given(MARKED, st.integers(1, 12))
def test_a_cut_text_fits_and_so_do_its_spans(template: str, limit: int) -> None:
    text, spans = laid_out(parsed(template), limit)
    whole = plain(parsed(template))
    assert units(text) <= limit
    assert whole == text or (text.endswith("…") and whole.startswith(text[:-1]))
    assert all(start >= 0 and length > 0 and start + length <= units(text) for start, length in spans)


@given(st.text(max_size=30), st.integers(1, 30))
def test_clipping_never_leaves_half_a_character(text: str, limit: int) -> None:
    short = clipped(text, limit)
    assert units(short) <= limit
    short.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


BLOCKS = st.lists(st.sampled_from([CALL, "card.lines.org", "card.lines.nobody", "card.lines.rule", "card.gone.x", "ui.back"]), max_size=5)
PROGRAM, KNOWN = program(ENGLISH), Facts.of(FACTS)


@given(BLOCKS, st.sampled_from(["es", "en", "ht", ""]), st.sampled_from([LIVE, TEST]), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_any_screen_on_any_day_has_words_without_marks_or_names(blocks: list[str], locale: str, standing: object, today: date) -> None:
    asked: Screen = screen(*blocks, locale=locale, flow="sources", sources=("search", "gone"))
    draft = Renderer().render(asked, program=PROGRAM, facts=KNOWN, standing=standing, today=today)  # type: ignore[arg-type]  # drawn
    assert 1 <= units(draft.text) <= 4096
    assert not any(mark in draft.text for mark in ("**", "{", "}"))
