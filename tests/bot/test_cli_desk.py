"""Who answers, managed on the command line: two people let somebody in, a code is shown once, times are the organization's own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from bot import cli_desk
from bot.domain.audit import Deed
from bot.domain.case import DAY
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.security.keyring import KEY_FILE, Keyring
from bot.storage.folder import DATABASE_FILE
from bot.storage.sql_storage import open_storage
from bot.storage.staff_desk import open_staff
from bot.usecases.desk.joining import code_hash
from bot.usecases.desk_ports import DeskVerdict, DeskWrite, Staff
from tests.bot.domain.desk import T, claimed, consent
from tests.bot.storage.house import FakeClock

app = typer.Typer()
cli_desk.add_to(app)
INVITE = ("responder", "invite", "--org", "demo", "--role", "responder", "--by", "Nora", "--alias")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings, an empty data folder, and a clock that stands still."""
    for name in list(os.environ):
        if name.upper().startswith("AMPARO_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AMPARO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("AMPARO_TELEGRAM_API", "http://127.0.0.1:9")
    monkeypatch.setattr(cli_desk, "_now", lambda: T)
    return tmp_path / "data"


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def refused(*words: str) -> str:
    """One line about what is wrong."""
    output = run(*words, status=2).stderr.strip()
    assert output.startswith("amparo: ")
    assert "\n" not in output
    return output


def staff(data: Path) -> Staff:
    async def read() -> Staff:
        async with await open_staff(data / DATABASE_FILE, Keyring.load_or_create(data)) as storage:
            return await storage.staff()

    return asyncio.run(read())


def put(data: Path, **fields: Any) -> None:
    """What the bot writes."""

    async def write() -> None:
        async with await open_storage(data / DATABASE_FILE, Keyring.load_or_create(data), FakeClock()) as storage:
            assert await storage.write_desk(DeskWrite(at=T, **fields)) is DeskVerdict.COMMITTED

    asyncio.run(write())


def redeemed(data: Path) -> Responder:
    """The newest invited person sent the code."""
    new = staff(data).responders[-1]
    put(data, responders=(replace(new, state=ResponderState.REDEEMED, account=b"a" * 32, chat_id=5, code=""),))
    return staff(data).responders[-1]


def table(*words: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(run(*words, "--json").stdout)
    return found


# -- invite, approve, revoke --------------------------------------------------------------------------------------------------


def test_an_invitation_shows_its_code_once_and_stores_its_hash(data: Path) -> None:
    said = run(*INVITE, "Encino", "--language", "es", "--language", "en", "--gender", "woman", "--minors", "--cap", "3").stdout
    [code] = re.findall(r"^/start ([0-9a-f]{32})$", said, re.MULTILINE)
    [new] = staff(data).responders
    assert (new.code, new.code_until) == (code_hash(code), T + DAY)
    assert (new.alias, new.organization, new.role, new.state) == ("Encino", "demo", StaffRole.RESPONDER, ResponderState.INVITED)
    assert (new.languages, new.gender, new.minors, new.cap, new.invited_by) == (("es", "en"), "woman", True, 3, "Nora")
    assert code.encode() not in b"".join(file.read_bytes() for file in data.iterdir())
    assert code not in run("responder", "list").output
    [entry] = table("audit", "list")
    assert (entry["actor"], entry["deed"], entry["object"]) == ("administrator", "invite", f"responder:{new.id}")


@pytest.mark.parametrize("by", ["Nora", "nora ", "NORA", "Encino"])
def test_the_second_approval_is_somebody_elses(data: Path, by: str) -> None:
    run(*INVITE, "Encino")
    redeemed(data)
    assert "somebody else" in refused("responder", "approve", "Encino", "--by", by)
    run("responder", "approve", "encino", "--by", "Rosa")
    [one] = staff(data).responders
    assert (one.state, one.approved_by) == (ResponderState.ACTIVE, "Rosa")
    assert "in already" in refused("responder", "approve", "Encino", "--by", "Rosa")


def test_nobody_is_approved_before_the_code_came(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*INVITE, "Encino")
    assert "not sent the code yet" in refused("responder", "approve", "Encino", "--by", "Rosa")
    monkeypatch.setattr(cli_desk, "_now", lambda: T + DAY)
    assert "expired" in refused("responder", "approve", "Encino", "--by", "Rosa")
    assert table("responder", "list")[0]["state"] == "expired"


def test_whoever_panicked_comes_back_by_an_approval(data: Path) -> None:
    run(*INVITE, "Encino")
    put(data, responders=(replace(redeemed(data), state=ResponderState.PANICKED),))
    run("responder", "approve", "Encino", "--by", "Rosa")
    assert staff(data).responders[0].state is ResponderState.ACTIVE


def test_revoked_means_revoked_and_the_alias_is_free_again(data: Path) -> None:
    run(*INVITE, "Encino")
    assert "alias" in refused(*INVITE, "ENCINO")
    run("responder", "revoke", "Encino")
    assert staff(data).responders[0].state is ResponderState.REVOKED
    assert staff(data).responders[0].code == ""
    assert "no access already" in refused("responder", "revoke", "Encino")
    assert "nobody answers as" in refused("responder", "revoke", "Sauce")
    run(*INVITE, "Encino")
    assert [row["state"] for row in table("responder", "list")] == ["invited"]
    assert sorted(row["state"] for row in table("responder", "list", "--all")) == ["invited", "revoked"]
    assert [row["deed"] for row in table("audit", "list")] == ["invite", "revoke", "invite"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--org", "nowhere"), "there is no organization 'nowhere'; there are: demo, demo_second"),
        (("--language", "xx"), "no language of Amparo"),
        (("--by", " "), "--by: a name"),
        (("--alias", "x" * 41), "alias: a name"),
    ],
)
def test_what_is_wrong_is_one_line(words: tuple[str, ...], why: str) -> None:
    assert why in refused(*INVITE, "Encino", *words)


def test_an_organization_of_the_demo_answers_only_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMPARO_TELEGRAM_API")
    assert "there is no organization 'demo'" in refused(*INVITE, "Encino")


def test_the_list_says_who_is_there_and_what_they_carry(data: Path) -> None:
    run(*INVITE, "Encino")
    one = redeemed(data)
    case = replace(claimed(by=one.id), organization="demo", consents=(consent(organization="demo"),))
    put(data, responders=(replace(one, state=ResponderState.ACTIVE, duty_until=T + DAY),), cases=(case,))
    [row] = table("responder", "list")
    assert (row["alias"], row["role"], row["state"], row["cases"]) == ("Encino", "responder", "active", "1")
    assert row["on duty"] == "until 2027-01-16 08:00 UTC"
    assert "Encino" in run("responder", "list").stdout


def test_everything_works_while_the_bot_runs(data: Path) -> None:
    run(*INVITE, "Encino")

    async def both() -> tuple[bool, tuple[str, ...]]:
        async with await open_storage(data / DATABASE_FILE, Keyring.load_or_create(data), FakeClock()) as storage:
            await storage.staff()
            await asyncio.to_thread(run, *INVITE, "Sauce")
            return await storage.staff_moved(), tuple(one.alias for one in (await storage.staff()).responders)

    assert asyncio.run(both()) == (True, ("Encino", "Sauce"))


def test_when_the_bot_moved_somebody_at_the_same_moment_it_is_read_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.storage.staff_desk import StaffStorage

    run(*INVITE, "Encino")
    redeemed(data)
    read, calls = StaffStorage.staff, list[int]()

    async def late(self: StaffStorage) -> Staff:
        found = await read(self)
        if not calls:
            await asyncio.to_thread(put, data, responders=(replace(found.responders[0], locale="en"),))
        calls.append(1)
        return found

    monkeypatch.setattr(StaffStorage, "staff", late)
    run("responder", "approve", "Encino", "--by", "Rosa")
    monkeypatch.undo()
    assert len(calls) == 2


# -- shifts -------------------------------------------------------------------------------------------------------------------


def test_a_shift_is_written_in_the_organizations_time(data: Path) -> None:
    run(*INVITE, "Encino")
    run("shift", "add", "encino", "--from", "2027-02-01 08:00", "--to", "16:00")
    run("shift", "add", "Encino", "--from", "2027-02-02 22:00", "--to", "06:00", "--weekly")
    first, night = staff(data).shifts
    assert (first.begins, first.ends - first.begins, first.weekly) == (1_801_490_400, 8 * 3600, False)
    assert (night.ends - night.begins, night.weekly) == (8 * 3600, True)
    rows = table("shift", "list")
    assert [(row["from"], row["to"], row["weekly"]) for row in rows] == [
        ("2027-02-01 08:00", "2027-02-01 16:00", ""),
        ("2027-02-02 22:00", "2027-02-03 06:00", "weekly"),
    ]
    run("shift", "remove", rows[0]["id"])
    assert [row["id"] for row in table("shift", "list")] == [rows[1]["id"]]
    assert "no shift" in refused("shift", "remove", rows[0]["id"])
    assert [row["detail"] for row in table("audit", "list") if row["deed"] == Deed.SHIFT] == ["added", "added", "removed"]


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        ("tomorrow", "16:00", "--from"),
        ("2027-02-30 08:00", "16:00", "no such day"),
        ("2027-02-01 08:00", "4pm", "--to"),
        ("2020-02-01 08:00", "16:00", "over already"),
    ],
)
def test_a_time_that_is_none_is_refused(begins: str, ends: str, why: str) -> None:
    run(*INVITE, "Encino")
    assert why in refused("shift", "add", "Encino", "--from", begins, "--to", ends)


# -- the trail ----------------------------------------------------------------------------------------------------------------


def test_the_trail_is_whole_until_somebody_edits_it(data: Path) -> None:
    run(*INVITE, "Encino")
    run("responder", "revoke", "Encino")
    assert run("audit", "verify").stdout.strip() == "the trail is whole, up to entry 2"
    raw = sqlite3.connect(data / DATABASE_FILE)
    raw.execute("DROP TRIGGER audit_changed")
    raw.execute("UPDATE audit SET sealed = zeroblob(length(sealed)) WHERE seq = 1")
    raw.commit()
    raw.close()
    assert "entry 1: altered" in run("audit", "verify", status=1).stdout


def test_the_trail_that_lost_its_end_is_noticed(data: Path) -> None:
    for alias in ("Encino", "Sauce"):
        run(*INVITE, alias)
    raw = sqlite3.connect(data / DATABASE_FILE)
    raw.execute("DROP TRIGGER audit_removed")
    raw.execute("DELETE FROM audit WHERE seq = 2")
    raw.commit()
    raw.close()
    assert run("audit", "verify", status=1).stdout.strip() == "entry 2: the end is cut off from here"


# -- where nothing is, and help -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("responder", "list"), ("shift", "list"), ("audit", "verify"), ("audit", "list")])
def test_without_a_database_nothing_is_made(data: Path, words: tuple[str, ...]) -> None:
    assert "there is no database" in refused(*words)
    assert not data.exists()


def test_a_database_without_its_key_is_left_alone(data: Path) -> None:
    run(*INVITE, "Encino")
    (data / KEY_FILE).unlink()
    assert "put its key back" in refused("responder", "list")
    assert not (data / KEY_FILE).exists()


def test_a_file_that_is_no_database_is_said_plainly(data: Path) -> None:
    data.mkdir()
    Keyring.load_or_create(data)
    (data / DATABASE_FILE).write_bytes(b"no database at all" * 500)
    assert "cannot be used" in refused("responder", "list")


@pytest.mark.parametrize(
    "words",
    [("responder", name) for name in ("invite", "approve", "list", "revoke")]
    + [("shift", name) for name in ("add", "list", "remove")]
    + [("audit", name) for name in ("verify", "list")],
)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    assert f"amparo {' '.join(words)}" in " ".join(run(*words, "--help").stdout.split())
