"""Our merge keeps a translation with its id, says truthfully what it was made for, and never lends it to another text."""

from __future__ import annotations

from collections.abc import Mapping

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.catalogs import written
from bot.i18n.merge import CatalogError, blank, update
from flows.authoring.extract import SourceMessage


def message(id_: str, text: str, *, critical: bool = False) -> SourceMessage:
    return SourceMessage(id=id_, text=text, comment="Text", location="content/cards/a.yaml:3", critical=critical)


def messages(sources: Mapping[str, str]) -> list[SourceMessage]:
    return [message(id_, text) for id_, text in sources.items()]


def translated(sources: Mapping[str, str]) -> polib.POFile:
    """A catalog in which every text has the translation `EN <id>`."""
    catalog = update(blank({}), messages(sources))
    for entry in catalog:
        entry.msgstr = f"EN {entry.msgctxt}"
    return catalog


def entry(catalog: polib.POFile, id_: str) -> polib.POEntry:
    return next(each for each in catalog if each.msgctxt == id_)


def test_same_source_is_kept() -> None:
    after = update(translated({"a": "Uno"}), messages({"a": "Uno"}))
    assert (entry(after, "a").msgstr, entry(after, "a").flags) == ("EN a", [])


def test_a_new_text_is_empty_even_when_it_is_like_an_old_one() -> None:
    after = update(translated({"a": "Llama al 911 ahora."}), messages({"a": "Llama al 911 ahora.", "b": "Llama al 911 ahora!"}))
    assert entry(after, "b").msgstr == ""
    assert entry(after, "b").flags == []


@pytest.mark.parametrize("now", ["Uno.", "Algo que no se parece en nada a lo de antes"])
def test_a_rewritten_source_keeps_its_translation_as_fuzzy_with_the_text_it_was_made_for(now: str) -> None:
    after = entry(update(translated({"a": "Uno"}), messages({"a": now})), "a")
    assert (after.msgid, after.msgstr, after.flags, after.previous_msgid) == (now, "EN a", ["fuzzy"], "Uno")


def test_the_previous_text_is_that_of_the_translation_over_any_number_of_updates() -> None:
    catalog = translated({"a": "Uno"})
    for text in ("Dos", "Tres", "Cuatro"):
        catalog = reread(update(catalog, messages({"a": text})))
    assert entry(catalog, "a").previous_msgid == "Uno"


def test_a_source_that_comes_back_makes_its_translation_good_again() -> None:
    catalog = update(update(translated({"a": "Uno"}), messages({"a": "Dos"})), messages({"a": "Uno"}))
    assert (entry(catalog, "a").flags, entry(catalog, "a").previous_msgid) == ([], None)


def test_what_a_translator_doubted_stays_doubtful_when_its_source_comes_back() -> None:
    catalog = translated({"a": "Uno"})
    entry(catalog, "a").flags = ["fuzzy"]
    for text in ("Dos", "Tres", "Uno"):
        catalog = reread(update(catalog, messages({"a": text})))
    assert entry(catalog, "a").flags == ["fuzzy"]


def test_swapped_sources_do_not_swap_translations() -> None:
    after = update(translated({"a": "Uno", "b": "Dos"}), messages({"a": "Dos", "b": "Uno"}))
    assert {each.msgctxt: (each.msgstr, each.previous_msgid, each.flags) for each in after} == {
        "a": ("EN a", "Uno", ["fuzzy"]),
        "b": ("EN b", "Dos", ["fuzzy"]),
    }


def test_a_renamed_id_is_new_and_its_former_self_obsolete() -> None:
    after = update(translated({"old": "Uno"}), messages({"new": "Uno"}))
    assert entry(after, "new").msgstr == ""
    assert (entry(after, "old").obsolete, entry(after, "old").msgstr) == (True, "EN old")


def test_what_went_away_untranslated_leaves_nothing_behind() -> None:
    assert list(update(update(blank({}), messages({"a": "Uno"})), [])) == []


def test_what_comes_back_is_restored() -> None:
    gone = reread(update(translated({"a": "Uno"}), []))
    back = entry(update(gone, messages({"a": "Uno"})), "a")
    assert (back.obsolete, back.msgstr, back.flags) == (False, "EN a", [])


def test_what_comes_back_changed_is_fuzzy_with_the_text_it_was_made_for() -> None:
    changed = update(translated({"a": "Uno"}), messages({"a": "Dos"}))
    back = entry(update(reread(update(changed, [])), messages({"a": "Tres"})), "a")
    assert (back.flags, back.previous_msgid) == (["fuzzy"], "Uno")


def test_machine_flag_and_comments_of_translators_stay() -> None:
    catalog = translated({"a": "Uno"})
    entry(catalog, "a").flags = ["machine"]
    entry(catalog, "a").tcomment = "tú, never usted"
    after = entry(update(update(catalog, messages({"a": "Dos"})), messages({"a": "Uno"})), "a")
    assert (after.flags, after.tcomment) == (["machine"], "tú, never usted")


def test_safety_critical_texts_say_so_to_the_translator() -> None:
    after = update(blank({}), [message("a", "Uno", critical=True)])
    assert entry(after, "a").comment == "Text\nSafety-critical."


def test_an_id_claimed_twice_is_refused() -> None:
    with pytest.raises(CatalogError, match="two texts claim"):
        update(blank({}), [message("a", "Uno"), message("a", "Dos")])
    doubled = translated({"a": "Uno"})
    doubled.append(polib.POEntry(msgctxt="a", msgid="Dos", msgstr="x"))
    with pytest.raises(CatalogError, match="twice"):
        update(doubled, [])


def test_an_entry_without_id_is_refused() -> None:
    catalog = blank({})
    catalog.append(polib.POEntry(msgid="Uno", msgstr="One"))
    with pytest.raises(CatalogError, match="without msgctxt"):
        update(catalog, [])


def reread(catalog: polib.POFile) -> polib.POFile:
    """Through its file layout and back."""
    return polib.pofile(written(catalog), wrapwidth=0)


IDS = st.sampled_from(["flow.a.title", "flow.a.b.text", "card.c.d", "ui.back"])
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\x85")
SENTENCES = st.sampled_from(["Uno", "Uno.", "Llama al\n**{x}**\nya", 'tab\t\\ "q" \\n', "#~ no", 'msgid "x"']) | st.text(
    CHARACTERS | st.sampled_from('\n\t\\"'), min_size=1, max_size=30
).filter(lambda text: bool(text.strip()))
HISTORIES = st.lists(st.dictionaries(IDS, SENTENCES), min_size=1, max_size=6)


@given(HISTORIES, st.sampled_from(["English", "two\nlines\n", 'q"\\']))
def test_over_any_history_a_served_translation_was_made_for_exactly_this_id_and_text(history: list[dict[str, str]], words: str) -> None:
    """After each update a translator fills in what is empty; later on, what is not fuzzy must say what it was made for."""
    catalog = blank({})
    for sources in history:
        catalog = reread(update(catalog, messages(sources)))
        assert {each.msgctxt: each.msgid for each in catalog if not each.obsolete} == sources
        for each in catalog:
            made = f"{words} {each.msgctxt} {each.msgid}"
            if not each.obsolete and not each.msgstr:
                each.msgstr = made
            elif "fuzzy" in each.flags:
                assert each.msgstr == f"{words} {each.msgctxt} {each.previous_msgid}"
                assert each.previous_msgid != each.msgid
            else:
                assert each.msgstr == made


@given(HISTORIES)
def test_an_update_repeated_changes_nothing_and_the_layout_survives_reading(history: list[dict[str, str]]) -> None:
    catalog = blank({"Language": "en"})
    for number, sources in enumerate(history):
        catalog = update(catalog, messages(sources))
        text = written(catalog)
        assert written(reread(catalog)) == text
        assert written(update(reread(catalog), messages(sources))) == text
        for each in list(catalog)[:: number + 1]:
            each.msgstr = each.msgstr or f"t{number}"
