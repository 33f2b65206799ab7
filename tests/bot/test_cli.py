"""The command line: help for everything, one clear line for what a person can mend, the right status, never a stack trace."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TextIO

import pytest
import typer
from typer.testing import CliRunner, Result

from bot import cli
from bot.botapi.server import LocalBotApi
from bot.domain.facts import Facts, Standing
from bot.house import SWITCHED_OFF, Loaded, load_house
from bot.logs import configure_logs
from bot.simulator.stories import read_story, replay
from bot.understanding.understanding import Understanding
from tests.bot.small import rewrite, small_house

TOKEN = "77:a-token-for-tests-only-0123456789abcdefg"
RUN_ALL = [
    ["run"],
    ["demo"],
    ["check"],
    ["classify"],
    ["simulate"],
    ["doctor"],
    ["backup"],
    ["backup-key"],
    ["backup-identity"],
    ["restore"],
    ["telegram"],
    ["telegram", "setup"],
    ["translations"],
    ["translations", "update"],
    ["translations", "status"],
    ["facts"],
    ["facts", "due"],
    ["facts", "off"],
    ["facts", "on"],
    ["flows"],
    ["flows", "draw"],
    ["responder"],
    ["responder", "invite"],
    ["responder", "approve"],
    ["responder", "revoke"],
    ["responder", "list"],
    ["shift"],
    ["shift", "add"],
    ["shift", "list"],
    ["shift", "remove"],
    ["audit"],
    ["audit", "verify"],
    ["audit", "list"],
]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody's own settings; what a command does to the logs of the process is undone."""
    for name in list(os.environ):
        if name.upper().startswith("AMPARO_"):
            monkeypatch.delenv(name)
    undo = []

    def configured(level: str, stream: TextIO) -> None:
        undo.append(configure_logs(level, stream))

    monkeypatch.setattr(cli, "configure_logs", configured)
    yield
    for put_back in reversed(undo):
        put_back()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small house that the environment names, with its data folder."""
    small_house(tmp_path)
    monkeypatch.setenv("AMPARO_CONTENT", str(tmp_path))
    monkeypatch.setenv("AMPARO_DATA", str(tmp_path / "data"))
    return tmp_path


def amparo(*words: str, typed: str = "") -> Result:
    """Run the command. Whatever it raised but an exit is a stack trace to the person who typed it."""
    found = CliRunner().invoke(cli.app, list(words), input=typed, color=False)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def reader(house: Loaded) -> Understanding:
    """What reads words in this house."""
    return Understanding.of(house.content.phrases, house.root / "content" / "understanding")


def refused(found: Result) -> str:
    """The one line that says what is wrong."""
    assert found.exit_code == 2
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("amparo: ")
    return lines[0]


# -- help ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", RUN_ALL, ids=" ".join)
def test_help_of_all(words: list[str]) -> None:
    """Every command says what it does."""
    found = amparo(*words, "--help")
    assert found.exit_code == 0
    assert "Usage" in found.output


def test_the_list_is_whole() -> None:
    """A command that is added is tried here, too."""

    def walk(command: object, path: tuple[str, ...]) -> Iterator[list[str]]:
        if path:
            yield list(path)
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))

    assert sorted(walk(typer.main.get_command(cli.app), ())) == sorted(RUN_ALL)


def test_bare_is_help() -> None:
    """Typed alone it lists its commands."""
    assert "simulate" in amparo().output


# -- run -------------------------------------------------------------------------------------------------------------------------


def test_run_without_token() -> None:
    """What to get, and what needs none."""
    line = refused(amparo("run"))
    assert "AMPARO_TELEGRAM_TOKEN" in line
    assert "amparo demo" in line


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("AMPARO_TELEGRAM_API", "http://api.telegram.org", "AMPARO_TELEGRAM_API: must be https"),
        ("AMPARO_LIMITS", "off", "AMPARO_LIMITS=off"),
        ("AMPARO_LIMITS", "some", "AMPARO_LIMITS: "),
        ("AMPARO_CRASH_AT", "after_commit:1", "AMPARO_CRASH_AT"),
        ("AMPARO_WEBHOOK_LISTEN", "nonsense", "AMPARO_WEBHOOK_LISTEN: "),
    ],
)
def test_run_with_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str) -> None:
    """The message names the variable, and nothing is begun."""
    monkeypatch.setattr("bot.bootstrap.serve", lambda *_: pytest.fail("serves with a wrong setting"))
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
    line = refused(amparo("run"))
    assert named in line
    assert TOKEN not in line


def test_run_names_every_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once."""
    monkeypatch.setenv("AMPARO_LIMITS", "some")
    monkeypatch.setenv("AMPARO_LOG_LEVEL", "loud")
    found = amparo("run")
    assert found.exit_code == 2
    assert "AMPARO_LIMITS" in found.stderr
    assert "AMPARO_LOG_LEVEL" in found.stderr


def test_run_with_unreadable_content(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service with half its content does not start; the file is named."""
    monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("AMPARO_TELEGRAM_API", "http://127.0.0.1:9")
    (root / "content/cards/tonight.yaml").write_text("card: [", "utf-8")
    assert "content/cards/tonight.yaml" in refused(amparo("run"))


def test_run_on_a_folder_that_cannot_be_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on a folder that is none."""
    monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("AMPARO_TELEGRAM_API", "http://127.0.0.1:9")
    (root / "data").write_text("x", "utf-8")
    assert "data folder" in refused(amparo("run"))


# -- check -----------------------------------------------------------------------------------------------------------------------


def test_check_passes(root: Path) -> None:
    """Status 0 with warnings or none, and the sum."""
    found = amparo("check", "--today", "2026-11-21")
    assert found.exit_code == 0
    assert "0 errors" in found.stdout


def test_check_finds(root: Path) -> None:
    """Status 1 with errors; as JSON the same, for machines."""
    rewrite(root / "content/flows/search.yaml", "to: tonight, when", "to: nowhere, when")
    found = amparo("check", "--content", str(root))
    assert found.exit_code == 1
    assert "content/flows/search.yaml" in found.stdout.replace("\n", "")
    as_json = amparo("check", "--json", "--content", str(root))
    assert as_json.exit_code == 1
    told = json.loads(as_json.stdout)
    assert told["errors"] >= 1
    assert {"code", "message", "remedy"} <= set(told["issues"][0])


def test_check_for_production(root: Path) -> None:
    """What must be true before real people come is an error then."""
    catalog = root / "locales/en/LC_MESSAGES/amparo.po"
    rewrite(catalog, 'msgctxt "card.tonight.line"', '#, machine\nmsgctxt "card.tonight.line"')
    assert amparo("check", "--today", "2026-11-21").exit_code == 0
    assert amparo("check", "--today", "2026-11-21", "--production").exit_code == 1


def test_check_quietly(root: Path) -> None:
    """One line when there is no error."""
    found = amparo("check", "--quiet", "--today", "2026-11-21")
    assert len(found.stdout.strip().splitlines()) == 1


def test_check_on_no_day(root: Path) -> None:
    """A slip of the pen."""
    assert "YYYY-MM-DD" in refused(amparo("check", "--today", "tomorrow"))


def test_check_of_nothing(tmp_path: Path) -> None:
    """A folder without content is an error found."""
    assert amparo("check", "--content", str(tmp_path)).exit_code == 1


# -- simulate --------------------------------------------------------------------------------------------------------------------

PLAYED = """hola

/start
[Quiero ayuda]
#99
[No such button]
no aparece mi hermano
sí
/wait 2h
/voice
/nonsense
salir
/quit
never read
"""


def test_simulate_and_replay(root: Path) -> None:
    """What is played is written as a story, and the story holds when it is replayed."""
    file = root / "first_night.yaml"
    found = amparo("simulate", "--record", str(file), typed=PLAYED)
    assert found.exit_code == 0
    assert "Soy un programa" in found.stdout
    assert "no button 'No such button'" in found.stdout
    story = read_story(file)
    assert story.story == "first night"
    assert [act.types for act in story.steps if act.types] == ["hola", "no aparece mi hermano", "sí", "/nonsense", "salir"]
    house = load_house(root)
    facts = Facts.of(house.content.facts.values(), words=house.texts)
    standing = Standing(organization="la organización de esta simulación", test_version=False)
    assert replay(story, house.compiled()[0], facts, standing, reader(house)) == []


def test_a_story_that_is_told_otherwise_is_found(root: Path) -> None:
    """The replay can fail."""
    file = root / "told.yaml"
    amparo("simulate", "--record", str(file), typed="/start\n[Quiero ayuda]\n")
    rewrite(file, "doors.doors", "doors.elsewhere")
    house = load_house(root)
    wrong = replay(read_story(file), house.compiled()[0], Facts.of(house.content.facts.values()), Standing(), reader(house))
    assert [line for line in wrong if "doors.elsewhere" in line]


def test_simulate_ends_with_its_input(root: Path) -> None:
    """No /quit needed, and nothing is written without --record."""
    before = sorted(root.rglob("*"))
    assert amparo("simulate", "--language", "en", typed="/start\n").exit_code == 0
    assert sorted(root.rglob("*")) == before


def test_simulate_into_nowhere(root: Path) -> None:
    """Said before playing, not after."""
    assert "no folder" in refused(amparo("simulate", "--record", str(root / "nowhere" / "a.yaml"), typed="hola\n"))


# -- facts -----------------------------------------------------------------------------------------------------------------------


def test_facts_off_and_on(root: Path) -> None:
    """The switch is a file of names that a running bot reads; the data folder it makes is nobody else's."""
    switch = root / "data" / SWITCHED_OFF
    assert "search_line is off" in amparo("facts", "off", "search_line").stdout
    assert "state_office is off" in amparo("facts", "off", "state_office").stdout
    amparo("facts", "off", "search_line")
    assert switch.read_text("utf-8").split() == ["state_office", "search_line"]
    assert stat.S_IMODE(switch.parent.stat().st_mode) == 0o700
    assert "state_office is on" in amparo("facts", "on", "state_office").stdout
    assert switch.read_text("utf-8") == "search_line\n"


def test_facts_off_of_what_is_none(root: Path) -> None:
    """A misspelt name must not look done."""
    assert "no_such_fact" in refused(amparo("facts", "off", "no_such_fact"))
    assert not (root / "data").exists()


def test_facts_on_of_what_is_gone(root: Path) -> None:
    """A name that is off can be taken off the list, also when no such fact is there any more."""
    (root / "data").mkdir()
    (root / "data" / SWITCHED_OFF).write_text("long_gone\n", "utf-8")
    assert amparo("facts", "on", "long_gone").exit_code == 0
    assert (root / "data" / SWITCHED_OFF).read_text("utf-8") == ""


def test_facts_off_where_nothing_can_be_written(root: Path) -> None:
    """Never silence about a switch that did not switch."""
    (root / "data").write_text("x", "utf-8")
    assert "cannot be written" in refused(amparo("facts", "off", "search_line"))


def test_facts_due(root: Path) -> None:
    """Within so many days; soonest first."""
    rewrite(root / "content/facts/lines.yaml", "review_by: 2027-10-01\n    risk: low", "review_by: 2020-01-01\n    risk: low")
    found = amparo("facts", "due", "--days", "0").stdout
    assert "state_office" in found
    assert ("search_line" in found) == (date.today() >= date(2027, 10, 1))  # noqa: DTZ011 - the shell's own day
    everything = amparo("facts", "due", "--days", "9999").stdout
    assert everything.index("state_office") < everything.index("search_line")


# -- translations, flows, telegram, doctor ----------------------------------------------------------------------------------------


def test_translations_status_and_update(root: Path) -> None:
    """Fresh; a changed source lags, which fails with --check only; an update mends it."""
    assert "fresh" in amparo("translations", "status", "--check").stdout
    rewrite(root / "content/flows/welcome.yaml", "Quiero ayuda", "Necesito ayuda")
    lagging = amparo("translations", "status", "--check")
    assert lagging.exit_code == 1
    assert "amparo translations update" in lagging.stdout
    assert amparo("translations", "status").exit_code == 0
    assert amparo("translations", "update").exit_code == 0
    assert amparo("translations", "status", "--check").exit_code == 0
    assert "fuzzy" in (root / "locales/en/LC_MESSAGES/amparo.po").read_text("utf-8")


def test_flows_draw(root: Path) -> None:
    """One picture a flow."""
    found = amparo("flows", "draw", "--folder", str(root / "drawn"))
    assert found.exit_code == 0
    assert {file.stem for file in (root / "drawn").glob("*.md")} == set(load_house(root).content.flows)
    assert "mermaid" in (root / "drawn" / "search.md").read_text("utf-8")


@pytest.mark.parametrize(
    "words", [["translations", "update"], ["translations", "status"], ["facts", "due"], ["flows", "draw"], ["simulate"]]
)
def test_content_that_cannot_be_read(root: Path, words: list[str]) -> None:
    """One line, for every command that needs it."""
    (root / "content/interface.yaml").unlink()
    assert "content/interface.yaml" in refused(amparo(*words))


def test_telegram_setup_without_token(root: Path) -> None:
    """Nothing to set up."""
    assert "AMPARO_TELEGRAM_TOKEN" in refused(amparo("telegram", "setup"))


async def test_telegram_setup(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what it changed; the second time that there is nothing; a token nobody knows is one line without the token."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN, name="Old")
        monkeypatch.setenv("AMPARO_TELEGRAM_API", api.root)
        monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
        first = await asyncio.to_thread(amparo, "telegram", "setup")
        assert "name:default" in first.stdout
        assert "nothing to change" in (await asyncio.to_thread(amparo, "telegram", "setup")).stdout
        monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", "99:nobody-knows-this-token-0123456789abcdefg")
        line = refused(await asyncio.to_thread(amparo, "telegram", "setup"))
        assert "does not answer" in line
        assert "nobody-knows" not in line


def test_doctor(root: Path) -> None:
    """A table; status 1 while something must be mended."""
    found = amparo("doctor")
    assert found.exit_code == 1
    assert "AMPARO_TELEGRAM_TOKEN is not set" in found.stdout


async def test_doctor_finds_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings alone are status 0."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        monkeypatch.setenv("AMPARO_TELEGRAM_API", api.root)
        monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
        assert (await asyncio.to_thread(amparo, "doctor")).exit_code == 0


async def test_demo_on_a_port_that_is_taken() -> None:
    """Which, and how to name another."""
    async with LocalBotApi() as other:
        port = other.root.rpartition(":")[2]
        found = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", "--port", port, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        _, said = await asyncio.wait_for(found.communicate(), 60)
    assert found.returncode == 2
    assert f"port {port}" in said.decode()
    assert "Traceback" not in said.decode()
