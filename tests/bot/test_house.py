"""The house on disk: found, read whole or refused, and its facts kept fresh while a bot runs."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from bot import house as house_module
from bot.house import SWITCHED_OFF, HouseBroken, LiveFacts, find_house, load_house, read_switched_off, whole
from bot.i18n.catalogs import update_all
from tests.bot.small import rewrite, touch
from tests.flows.authoring.house import build
from tests.house import ROOT

TODAY = date(2026, 11, 21)
LINES = "content/facts/lines.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small sound house."""
    build(tmp_path)
    shutil.copy(ROOT / "content" / "clocks.yaml", tmp_path / "content")
    (tmp_path / "data").mkdir()
    return tmp_path


def live(root: Path) -> LiveFacts:
    """The facts of a bot that has just started."""
    return LiveFacts(whole(load_house(root)), root / "data")


def value(facts: LiveFacts, name: str = "search_line") -> str | None:
    """What a screen would say."""
    return facts().current(name, TODAY)


# -- finding and reading ---------------------------------------------------------------------------------------------------------


def test_find_house_is_the_checkout() -> None:
    """Run from a checkout, the checkout's own."""
    assert find_house() == ROOT


def test_find_house_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Installed without content: one line with the variable's name."""
    monkeypatch.setattr(house_module, "__file__", str(tmp_path / "bot" / "house.py"))
    with pytest.raises(HouseBroken, match="AMPARO_CONTENT"):
        find_house()
    (tmp_path / "bot" / "_house" / "content" / "flows").mkdir(parents=True)
    assert find_house() == tmp_path / "bot" / "_house"


def test_load_house(root: Path) -> None:
    """Content, messages and a program whose id hangs on words, not on facts."""
    found = whole(load_house(root))
    assert found.issues == ()
    program, bundle = found.compiled()
    assert program.id == bundle.id
    assert "search" in program.flows
    rewrite(root / LINES, "55 0000 0000", "55 1111 1111")
    assert load_house(root).compiled()[1].id == bundle.id
    rewrite(root / "content/flows/welcome.yaml", "Quiero ayuda", "Necesito ayuda")
    assert load_house(root).compiled()[1].id != bundle.id


def test_translations_are_served_when_they_are_of_this_source(root: Path) -> None:
    """And fact texts stay out of what conversations are pinned to."""
    found = load_house(root)
    update_all(root / "locales", found.messages, ("en",))
    catalog = root / "locales/en/LC_MESSAGES/amparo.po"
    rewrite(catalog, 'msgid "Quiero ayuda"\nmsgstr ""', 'msgid "Quiero ayuda"\nmsgstr "I want help"')
    rewrite(catalog, 'msgid "Recibe reportes."\nmsgstr ""', 'msgid "Recibe reportes."\nmsgstr "Takes reports."')
    program, _ = load_house(root).compiled()
    assert program.messages["en"]["flow.welcome.start.choice.help"] == "I want help"
    assert not [name for name in program.messages["en"] if name.startswith("fact.")]
    spoken = live(root)().statement("search_line", "en")
    assert spoken is not None
    assert (spoken.text, spoken.translated) == ("Takes reports.", True)
    rewrite(root / "content/flows/welcome.yaml", "Quiero ayuda", "Necesito ayuda")
    assert "flow.welcome.start.choice.help" not in load_house(root).texts["en"]


@pytest.mark.parametrize("missing", ["interface.yaml", "places.yaml"])
def test_without_its_base_nothing_is_compiled(root: Path, missing: str) -> None:
    """The message names the file."""
    (root / "content" / missing).unlink()
    with pytest.raises(HouseBroken, match=f"content/{missing}") as caught:
        load_house(root)
    assert caught.value.issues


def test_half_a_house_is_no_house_to_serve(root: Path) -> None:
    """One unreadable card: it can be looked at (the check lists everything), not served."""
    (root / "content/cards/tonight.yaml").write_text("card: [", "utf-8")
    found = load_house(root)
    assert "search" in found.content.flows
    with pytest.raises(HouseBroken, match=r"content/cards/tonight\.yaml"):
        whole(found)


def test_a_catalog_that_cannot_be_read_is_a_broken_house(root: Path) -> None:
    """Not another kind of error that nobody expects; the file is named."""
    file = root / "locales/en/LC_MESSAGES/amparo.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "a\nmsgstr', "utf-8")
    with pytest.raises(HouseBroken, match=r"amparo\.po"):
        load_house(root)


# -- facts of the moment ---------------------------------------------------------------------------------------------------------


def test_nothing_changed_nothing_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most looks are a few file times."""
    facts = live(root)
    before = facts()
    monkeypatch.setattr(house_module, "load_house", lambda _: pytest.fail("read again without need"))
    assert facts.refresh() is False
    assert facts() is before


def test_a_corrected_number_is_everywhere(root: Path) -> None:
    """Its file changed: the next look has it."""
    facts = live(root)
    assert value(facts) == "55 0000 0000"
    rewrite(root / LINES, "55 0000 0000", "55 2222 2222")
    assert value(facts) == "55 0000 0000"
    assert facts.refresh() is True
    assert value(facts) == "55 2222 2222"
    assert facts.refresh() is False


def test_a_new_file_of_facts(root: Path) -> None:
    """A file that comes or goes is a change."""
    facts = live(root)
    more = root / "content/facts/more.yaml"
    more.write_text((root / LINES).read_text("utf-8").replace("search_line", "new_line").replace("state_office", "new_office"), "utf-8")
    assert facts.refresh() is True
    assert value(facts, "new_line") == "55 0000 0000"
    more.unlink()
    assert facts.refresh() is True
    assert value(facts, "new_line") is None


def test_the_switch_takes_away_at_once_and_gives_back(root: Path) -> None:
    """A line in a file; blank lines and spaces do not count."""
    facts = live(root)
    switch = root / "data" / SWITCHED_OFF
    switch.write_text("\n  search_line \n\n", "utf-8")
    assert read_switched_off(switch) == ("search_line",)
    assert facts.refresh() is True
    assert (value(facts), value(facts, "state_office")) == (None, "55 0000 0001")
    switch.write_text("", "utf-8")
    touch(switch)
    assert facts.refresh() is True
    assert value(facts) == "55 0000 0000"


def test_the_switch_outlives_a_restart(root: Path) -> None:
    """What was off is off from the first screen on."""
    (root / "data" / SWITCHED_OFF).write_text("search_line\n", "utf-8")
    assert value(live(root)) is None


def test_no_switch_file() -> None:
    """Nothing is off."""
    assert read_switched_off(Path("/nowhere/at/all")) == ()


def test_unreadable_content_keeps_the_last_good_facts(root: Path) -> None:
    """A slip while editing takes no number away."""
    facts = live(root)
    (root / LINES).write_text("facts: [", "utf-8")
    touch(root / LINES)
    assert facts.refresh() is False
    assert value(facts) == "55 0000 0000"


def test_the_switch_works_while_content_is_broken(root: Path) -> None:
    """Somebody's half-saved file must not keep a dangerous number on the screens."""
    facts = live(root)
    (root / "content/cards/tonight.yaml").write_text("card: [", "utf-8")
    (root / "data" / SWITCHED_OFF).write_text("search_line\n", "utf-8")
    facts.refresh()
    assert value(facts) is None


def test_a_correction_made_while_content_is_broken_arrives_when_it_is_mended(root: Path) -> None:
    """The fact's file does not change again; the broken one does."""
    facts = live(root)
    card = root / "content/cards/tonight.yaml"
    good = card.read_text("utf-8")
    card.write_text("card: [", "utf-8")
    rewrite(root / LINES, "55 0000 0000", "55 3333 3333")
    facts.refresh()
    assert value(facts) == "55 0000 0000"
    card.write_text(good, "utf-8")
    touch(card)
    facts.refresh()
    assert value(facts) == "55 3333 3333"


def test_a_broken_catalog_does_not_stop_a_running_bot(root: Path) -> None:
    """A translator's slip is unreadable content like any other: the last good facts stand."""
    facts = live(root)
    file = root / "locales/en/LC_MESSAGES/amparo.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "a\nmsgstr', "utf-8")
    rewrite(root / LINES, "55 0000 0000", "55 4444 4444")
    assert facts.refresh() is False
    assert value(facts) == "55 0000 0000"


def test_a_file_nobody_may_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights gone wrong are unreadable content, too, and no reason to fall."""
    facts = live(root)
    rewrite(root / LINES, "55 0000 0000", "55 5555 5555")
    read = Path.read_text

    def refused(self: Path, *args: str) -> str:
        if self.name == "lines.yaml":
            raise PermissionError(13, "Permission denied")
        return read(self, *args)

    monkeypatch.setattr(Path, "read_text", refused)
    assert facts.refresh() is False
    assert value(facts) == "55 0000 0000"
