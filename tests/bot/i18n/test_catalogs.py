"""Catalogs on disk: one layout, fresh or named as stale, and only what may be served is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.i18n.catalogs import (
    CatalogError,
    Lag,
    LocaleSummary,
    Translated,
    catalog_path,
    every_translation,
    fill,
    load_translations,
    read_catalog,
    review,
    stale,
    template_path,
    texts,
    update_all,
    written,
)
from flows.authoring.extract import SourceMessage


def messages(**sources: str) -> list[SourceMessage]:
    return [
        SourceMessage(id=f"ui.{name}", text=text, comment="Interface", location=f"content/interface.yaml:{line}")
        for line, (name, text) in enumerate(sources.items(), 1)
    ]


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    return tmp_path / "locales"


def test_a_first_update_writes_template_and_catalogs(locales: Path) -> None:
    summaries = update_all(locales, messages(back="Atrás"), ["en", "ht"])
    assert summaries == tuple(LocaleSummary(locale=each, translated=0, machine=0, fuzzy=0, missing=1) for each in ("en", "ht"))
    assert template_path(locales).read_text("utf-8") == (
        '#\nmsgid ""\nmsgstr ""\n"Project-Id-Version: amparo\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
        '#. Interface\n#: content/interface.yaml\nmsgctxt "ui.back"\nmsgid "Atrás"\nmsgstr ""\n'
    )


def test_moved_lines_change_no_file(locales: Path) -> None:
    update_all(locales, messages(back="Atrás"), ["en"])
    before = catalog_path(locales, "en").read_bytes()
    moved = [SourceMessage(id="ui.back", text="Atrás", comment="Interface", location="content/interface.yaml:99")]
    assert stale(locales, moved, ["en"]) == []
    update_all(locales, moved, ["en"])
    assert catalog_path(locales, "en").read_bytes() == before


def test_reading_and_writing_is_identity_and_long_lines_are_not_wrapped(locales: Path) -> None:
    sources = messages(long="palabra " * 60 + "fin", lines="uno\ndos\n\ntres", odd='"\\ #~ %s')
    update_all(locales, sources, ["fr"])
    fill(locales, "fr", {"ui.long": "mot " * 90 + "fin", "ui.lines": "un\ndeux"}, machine=True)
    text = catalog_path(locales, "fr").read_text("utf-8")
    assert written(read_catalog(catalog_path(locales, "fr"))) == text
    assert stale(locales, sources, ["fr"]) == []
    assert "mot " * 90 + "fin" in text


def test_stale_names_file_id_and_what(locales: Path) -> None:
    assert stale(locales, messages(back="Atrás"), ["en"]) == [
        Lag("locales/amparo.pot", "", "is not there"),
        Lag("locales/en/LC_MESSAGES/amparo.po", "", "is not there"),
    ]
    update_all(locales, messages(back="Atrás", old="Viejo"), ["en"])
    lags = stale(locales, messages(back="Regresar", new="Nuevo"))
    assert {(lag.id, lag.what) for lag in lags if lag.file.endswith("pot")} == {
        ("ui.back", "has changed"),
        ("ui.old", "is gone"),
        ("ui.new", "is new"),
    }
    assert {lag.id for lag in lags if lag.file.endswith("po")} == {"ui.back", "ui.old", "ui.new"}


def test_a_file_laid_out_by_another_tool_is_stale(locales: Path) -> None:
    update_all(locales, messages(back="Atrás"), ["en"])
    file = catalog_path(locales, "en")
    file.write_text(file.read_text("utf-8").replace('"Language: en\\n"', '"Language: en\\n"\n"X-Generator: Tool\\n"'), "utf-8")
    assert stale(locales, messages(back="Atrás")) == [Lag("locales/en/LC_MESSAGES/amparo.po", "", "is laid out differently")]


def test_people_named_in_the_header_stay_and_dates_go(locales: Path) -> None:
    update_all(locales, messages(back="Atrás"), ["en"])
    file = catalog_path(locales, "en")
    header = '"Language: en\\n"\n"Language-Team: Casa\\n"\n"PO-Revision-Date: 2026-01-01 10:00\\n"'
    file.write_text(file.read_text("utf-8").replace('"Language: en\\n"', header), "utf-8")
    update_all(locales, messages(back="Atrás"), [])
    assert "Language-Team: Casa" in file.read_text("utf-8")
    assert "Date" not in file.read_text("utf-8")


def test_only_translated_and_not_fuzzy_is_served(locales: Path) -> None:
    update_all(locales, messages(a="Uno", b="Dos", c="Tres"), ["en"])
    fill(locales, "en", {"ui.a": "One", "ui.b": "Two"}, machine=False)
    fill(locales, "en", {"ui.c": "Three"}, machine=True)
    update_all(locales, messages(a="Uno", b="Dos, pero otro", c="Tres", d="Cuatro"), ["en"])
    assert load_translations(locales) == {
        "en": {"ui.a": Translated("One", machine=False, source="Uno"), "ui.c": Translated("Three", machine=True, source="Tres")}
    }
    (summary,) = update_all(locales, messages(a="Uno", b="Dos, pero otro", c="Tres", d="Cuatro"), [])
    assert (summary.translated, summary.machine, summary.fuzzy, summary.missing) == (1, 1, 1, 1)


def test_obsolete_is_not_served(locales: Path) -> None:
    update_all(locales, messages(a="Uno"), ["en"])
    fill(locales, "en", {"ui.a": "One"}, machine=False)
    update_all(locales, messages(b="Dos"), [])
    assert load_translations(locales) == {"en": {}}
    assert every_translation(locales) == {"en": {}}


def test_a_lagging_catalog_leaves_a_gap_not_an_old_sentence(locales: Path) -> None:
    update_all(locales, messages(a="Llama al 911", b="Uno"), ["en"])
    fill(locales, "en", {"ui.a": "Call 911", "ui.b": "One"}, machine=False)
    now = messages(a="No llames", b="Uno")
    assert texts(load_translations(locales), now) == {"en": {"ui.b": "One"}}


def test_the_checks_see_fuzzy_and_machine_made_entries_with_their_place(locales: Path) -> None:
    update_all(locales, messages(a="Uno", b="Dos"), ["en"])
    fill(locales, "en", {"ui.a": "One", "ui.b": "Two"}, machine=True)
    update_all(locales, messages(a="Uno", b="Dos!"), ["en"])
    seen = every_translation(locales)["en"]
    assert (seen["ui.a"].machine, seen["ui.a"].fuzzy) == (True, False)
    assert (seen["ui.b"].fuzzy, seen["ui.b"].source) == (True, "Dos!")
    lines = catalog_path(locales, "en").read_text("utf-8").splitlines()
    assert seen["ui.a"].place.file == "locales/en/LC_MESSAGES/amparo.po"
    assert any('msgctxt "ui.a"' in line for line in lines[seen["ui.a"].place.line - 2 : seen["ui.a"].place.line + 4])


def test_a_machine_does_not_overwrite_people_but_may_mend_what_is_fuzzy(locales: Path) -> None:
    update_all(locales, messages(a="Uno", b="Dos"), ["en"])
    fill(locales, "en", {"ui.a": "One", "ui.b": "Two"}, machine=False)
    update_all(locales, messages(a="Uno", b="Dos y dos"), [])
    assert fill(locales, "en", {"ui.a": "Machine", "ui.b": "Two and two"}, machine=True) == ("ui.b",)
    served = load_translations(locales)["en"]
    assert served["ui.a"] == Translated("One", machine=False, source="Uno")
    assert served["ui.b"] == Translated("Two and two", machine=True, source="Dos y dos")


def test_a_named_reviewer_takes_the_machine_flag_off(locales: Path) -> None:
    update_all(locales, messages(a="Uno", b="Dos"), ["ht"])
    fill(locales, "ht", {"ui.a": "En"}, machine=True)
    assert review(locales, "ht", ["ui.a", "ui.b"], "persona lectora") == ("ui.a",)
    review(locales, "ht", ["ui.a"], "otra persona")
    (entry,) = [each for each in read_catalog(catalog_path(locales, "ht")) if each.msgctxt == "ui.a"]
    assert (entry.flags, entry.tcomment) == ([], "reviewed by otra persona")
    assert stale(locales, messages(a="Uno", b="Dos")) == []
    with pytest.raises(CatalogError, match="name of the reviewer"):
        review(locales, "ht", ["ui.a"], " ")


def test_a_broken_catalog_is_named(locales: Path) -> None:
    file = catalog_path(locales, "en")
    file.parent.mkdir(parents=True)
    file.write_text('msgctxt "ui.a"\nmsgid "Uno" oops"\n', "utf-8")
    with pytest.raises(CatalogError, match=r"amparo\.po"):
        load_translations(locales)


def test_control_characters_are_refused(locales: Path) -> None:
    with pytest.raises(CatalogError, match=r"U\+2028"):
        update_all(locales, messages(a="uno\u2028dos"), ["en"])
