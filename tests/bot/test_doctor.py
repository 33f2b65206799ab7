"""The doctor: each thing that can be wrong with a set-up is found, and nothing is changed by looking."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from bot import doctor
from bot.botapi.server import LocalBotApi
from bot.clock import SystemClock
from bot.doctor import Finding, examine
from bot.domain.audit import AuditEntry, Deed
from bot.domain.staff import Responder, ResponderState, Shift, StaffRole
from bot.security.keyring import KEY_FILE, Keyring
from bot.settings import Settings
from bot.storage.folder import DATABASE_FILE
from bot.storage.staff_desk import open_staff
from bot.usecases.desk_ports import DeskWrite
from tests.bot.small import rewrite, small_house

TOKEN = "77:a-token-for-tests-only-0123456789abcdefg"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small house with a data folder of a bot that has run."""
    data = small_house(tmp_path) / "data"
    data.mkdir(mode=0o700)
    Keyring.load_or_create(data)
    with sqlite3.connect(data / DATABASE_FILE) as database:
        database.execute("CREATE TABLE t (x BLOB)")
        database.executemany("INSERT INTO t VALUES (?)", [(b"x" * 900,)] * 300)
    database.close()
    return tmp_path


@pytest.fixture
def data(root: Path) -> Path:
    """Its data folder."""
    return root / "data"


def settings(root: Path, **more: object) -> Settings:
    """The settings of this set-up; nobody's own environment."""
    given = {"telegram_token": None, "telegram_api": "http://127.0.0.1:9", "data": root / "data", "content": root, **more}
    return Settings.model_validate(given)


async def levels(root: Path, **more: object) -> dict[str, str]:
    """What is found: words -> level."""
    return {finding.what: finding.level for finding in await examine(settings(root, **more))}


def about(found: dict[str, str], words: str) -> str:
    """The level of the one finding that holds these words."""
    named = [level for what, level in found.items() if words in what]
    assert len(named) == 1, found
    return named[0]


async def test_a_sound_set_up(root: Path) -> None:
    """Everything is looked at; only what is missing before real people come is a warning."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        found = await levels(root, telegram_token=SecretStr(TOKEN), telegram_api=api.root, organization="Una organización")
    assert "error" not in found.values(), found
    for words in (
        "Python",
        "the database is sound",
        "the key file is readable by its owner alone",
        "content: 0 errors",
        "Telegram knows this bot",
    ):
        assert about(found, words) == "ok"


async def test_every_trouble_has_a_remedy(root: Path) -> None:
    """Nobody is told what is wrong without what to do."""
    findings = await examine(settings(root, limits="off"))
    assert all(finding.remedy for finding in findings if finding.level != "ok")


async def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Neither folder nor key is made."""
    await examine(settings(small_house(tmp_path)))
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").mkdir(mode=0o700)
    await examine(settings(tmp_path))
    assert list((tmp_path / "data").iterdir()) == []


async def test_no_token(root: Path) -> None:
    """The first thing to get."""
    assert about(await levels(root), "AMPARO_TELEGRAM_TOKEN is not set") == "error"


async def test_limits_off(root: Path) -> None:
    """Fine on this machine, and to be said."""
    assert about(await levels(root, limits="off"), "rate limits are off") == "warning"


async def test_an_old_sqlite(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named with what is needed."""
    old = SimpleNamespace(sqlite_version="3.30.1", sqlite_version_info=(3, 30, 1), connect=sqlite3.connect, Error=sqlite3.Error)
    monkeypatch.setattr(doctor, "sqlite3", old)
    assert about(await levels(root), "this SQLite is too old") == "error"


async def test_no_data_folder_yet(tmp_path: Path) -> None:
    """It comes by itself."""
    assert about(await levels(small_house(tmp_path)), "is not there yet") == "warning"


async def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """Said as such."""
    (small_house(tmp_path) / "data").write_text("x")
    assert about(await levels(tmp_path), "is not a folder") == "error"


async def test_a_folder_that_cannot_be_written(root: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the system, as root may write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != data)
    assert about(await levels(root), "cannot be written") == "error"


async def test_a_folder_others_may_look_into(root: Path, data: Path) -> None:
    """Its remedy is a command."""
    os.chmod(data, 0o755)  # noqa: PTH101, S103 - what is tried here
    assert about(await levels(root), "others can look into") == "warning"


async def test_a_full_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it stops guidance and wiping."""
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=10, f_frsize=4096))
    assert about(await levels(root), "less than 200 MB are free") == "error"


async def test_a_file_that_is_no_database(root: Path, data: Path) -> None:
    """Its class is told, none of its bytes."""
    (data / DATABASE_FILE).write_bytes(b"this is no database at all, but long enough to be looked at" * 20)
    assert about(await levels(root), "the database cannot be read") == "error"


async def test_a_damaged_database(root: Path, data: Path) -> None:
    """Pages that no longer hang together."""
    file = data / DATABASE_FILE
    whole = bytearray(file.read_bytes())
    whole[4096 + 8 : 4096 + 200] = b"\xff" * 192
    file.write_bytes(bytes(whole))
    assert about(await levels(root), "the database") == "error"


async def test_a_key_others_may_read(root: Path, data: Path) -> None:
    """The key file says it itself, with the command that mends it."""
    (data / KEY_FILE).chmod(0o444)
    assert about(await levels(root), "chmod 400") == "error"


async def test_a_key_that_is_none(root: Path, data: Path) -> None:
    """And none of what stands in it is shown."""
    (data / KEY_FILE).chmod(0o600)
    (data / KEY_FILE).write_text("my secret")
    (data / KEY_FILE).chmod(0o400)
    found = await levels(root)
    assert about(found, "is not a key file") == "error"
    assert not [what for what in found if "secret" in what]


async def test_a_key_that_is_gone(root: Path, data: Path) -> None:
    """A database without its key: a start now would make a new key that opens nothing."""
    (data / KEY_FILE).unlink()
    assert about(await levels(root), f"no {KEY_FILE}") == "error"


async def test_a_key_that_leads_nowhere(root: Path, data: Path) -> None:
    """A link is not a key file."""
    (data / KEY_FILE).unlink()
    (data / KEY_FILE).symlink_to(data / "elsewhere")
    assert about(await levels(root), "must be a plain file") == "error"


async def test_content_with_errors(root: Path) -> None:
    """Counted here, listed by the check."""
    rewrite(root / "content/flows/search.yaml", "to: tonight, when", "to: nowhere, when")
    found = await levels(root)
    assert [level for what, level in found.items() if what.startswith("content: ")] == ["error"]


async def test_no_content(root: Path) -> None:
    """Read from where the settings say."""
    (root / "content/interface.yaml").unlink()
    assert about(await levels(root), "content/interface.yaml") == "error"


async def test_a_test_version(root: Path) -> None:
    """What is missing before it may call itself live."""
    assert about(await levels(root), "calls itself a test version: 1 things are missing (organization") == "warning"


async def test_a_token_nobody_knows(root: Path) -> None:
    """Telegram answers, and not as it should."""
    async with LocalBotApi() as api:
        api.add_bot("78:another-token-for-tests-0123456789abcdefg")
        found = await levels(root, telegram_token=SecretStr(TOKEN), telegram_api=api.root)
    assert about(found, "Telegram does not answer as it should (status 401)") == "error"
    assert not [what for what in found if TOKEN in what]


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


async def test_nobody_answers(root: Path, deaf: int) -> None:
    """The class of the trouble, not its address (it holds the token)."""
    found = await levels(root, telegram_token=SecretStr(TOKEN), telegram_api=f"http://127.0.0.1:{deaf}")
    assert about(found, "Telegram does not answer as it should (NotSent)") == "error"


def test_a_finding_is_a_value() -> None:
    """Without a remedy when all is well."""
    assert Finding(level="ok", what="x").remedy == ""


# -- the desk -------------------------------------------------------------------------------------------------------------------

TEAM = (
    Responder(id=0, organization="casa", role=StaffRole.RESPONDER, alias="Encino", state=ResponderState.ACTIVE, account=b"a" * 32),
    Responder(id=0, organization="casa", role=StaffRole.SUPERVISOR, alias="Roble", state=ResponderState.ACTIVE, account=b"b" * 32),
    Responder(id=0, organization="otra", role=StaffRole.REVIEWER, alias="Pino", state=ResponderState.ACTIVE, account=b"c" * 32),
)
NOW = int(SystemClock().now())
LASTING = (Shift(responder=1, begins=NOW - 3600, ends=NOW + 2 * 86_400),)
DESK_TOKEN = "78:another-token-for-tests-only-0123456789"


def organizations(root: Path, **replaced: str) -> None:
    """Two organizations that answer at every hour; `replaced` lines of the first one."""
    lines = {"hours": "always", "holidays": "none", "complaints_to": "otra", **replaced}
    rest = "languages: [es]\nalternatives: {general: [search_line]}\n"
    folder = root / "content" / "organizations"
    folder.mkdir(exist_ok=True)
    written = "".join(f"{name}: {value}\n" for name, value in lines.items())
    (folder / "casa.yaml").write_text(f"organization: casa\nname: Casa\n{written}{rest}", "utf-8")
    other = "organization: otra\nname: Otra\nhours: always\nholidays: none\ncomplaints_to: casa\n"
    (folder / "otra.yaml").write_text(other + rest, "utf-8")


async def answered_by(root: Path, team: tuple[Responder, ...] = TEAM, shifts: tuple[Shift, ...] = LASTING) -> None:
    """A data folder whose desk has these people and shifts, and a trail that says so."""
    organizations(root)
    (root / "data" / DATABASE_FILE).unlink()
    entry = AuditEntry(at=NOW, actor="administrator", deed=Deed.INVITE, object="responder:0")
    async with await open_staff(root / "data" / DATABASE_FILE, Keyring.load_or_create(root / "data")) as storage:
        for one in team:
            await storage.invite(one, at=NOW, audit=(entry,))
        await storage.write_desk(DeskWrite(at=NOW, shifts=shifts))


async def casa(root: Path, **more: object) -> list[tuple[str, str]]:
    """What is said of the first organization, with the desk's bot and the trail left out."""
    return [(level, what.removeprefix("Casa: ")) for what, level in (await levels(root, **more)).items() if what.startswith("Casa")]


async def test_nobody_answers_here(root: Path) -> None:
    assert about(await levels(root), "no organization answers here") == "warning"
    organizations(root)
    assert await casa(root) == [("warning", "nobody who answers is approved")]


async def test_an_organization_of_the_demo_answers_nobody_in_earnest(root: Path) -> None:
    organizations(root, demo="true")
    found = await levels(root, telegram_api="https://127.0.0.1.invalid")
    assert not [what for what in found if what.startswith("Casa")]


async def test_somebody_answers_at_every_hour(root: Path) -> None:
    await answered_by(root)
    before = {path: path.read_bytes() for path in (root / "data").iterdir()}
    assert await casa(root) == [("ok", "2 people answer")]
    assert about(await levels(root), "the audit trail is whole") == "ok"
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("missing", "said"),
    [(0, ""), (1, "no supervisor is told when nobody comes"), (2, "complaints about it reach nobody outside")],
)
async def test_each_role_is_looked_for(root: Path, missing: int, said: str) -> None:
    """Somebody else of the organization is on duty all the same, but for the supervisor's own."""
    team = tuple(one for number, one in enumerate(TEAM) if number != missing)
    await answered_by(root, team)
    found = await casa(root)
    assert [what for level, what in found if level == "warning"] == ([said] if said else [])


async def test_hours_nobody_is_planned_for(root: Path) -> None:
    """As many as there are; a shift of a reviewer is nobody's."""
    await answered_by(root, shifts=(replace(LASTING[0], responder=3),))
    assert ("warning", "nobody is planned for 24 of its hours in the next 24") in await casa(root)


async def test_holidays_that_run_out(root: Path) -> None:
    await answered_by(root)
    organizations(root, holidays="[2020-01-01]")
    assert ("warning", "its list of holidays runs out within 60 days") in await casa(root)


async def test_somebody_waits_for_the_second_approval(root: Path) -> None:
    await answered_by(root, (*TEAM, replace(TEAM[0], alias="Sauce", state=ResponderState.REDEEMED, account=b"d" * 32)))
    assert about(await levels(root), "1 invited people wait for the second approval") == "warning"


async def test_a_trail_that_was_cut(root: Path) -> None:
    """Three entries written, two there: the line beside the database knows."""
    await answered_by(root)
    with sqlite3.connect(root / "data" / DATABASE_FILE) as database:
        database.execute("DROP TRIGGER audit_removed")
        database.execute("DELETE FROM audit WHERE seq = 3")
    database.close()
    assert about(await levels(root), "the audit trail is damaged") == "error"


async def test_people_of_another_key(root: Path, data: Path) -> None:
    await answered_by(root)
    (data / KEY_FILE).unlink()
    Keyring.load_or_create(data)
    assert about(await levels(root), "who answers cannot be read with this key") == "error"


async def test_the_responders_bot(root: Path) -> None:
    """None of its own; the same one twice; unknown; without topics; and as it should be."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN, topics=False)

        async def said(token: str | None) -> dict[str, str]:
            given = SecretStr(token) if token else None
            return await levels(root, telegram_token=SecretStr(TOKEN), responders_token=given, telegram_api=api.root)

        found = await said(None)
        assert about(found, "responders write to the seekers' own bot") == "warning"
        assert about(found, "topics in private chats are off") == "warning"
        assert about(await said(TOKEN), "both tokens are of the same bot") == "error"
        assert about(await said(DESK_TOKEN), "Telegram does not know the responders' bot") == "error"
        desk = api.add_bot(DESK_TOKEN, username="amparo_desk_bot", name="Mesa", topics=True)
        assert about(await said(DESK_TOKEN), "each case gets a topic") == "ok"
        api.set_topics(desk, on=False)
        assert about(await said(DESK_TOKEN), "topics in private chats are off") == "warning"
