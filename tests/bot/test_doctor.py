"""The doctor: each thing that can be wrong with a set-up is found, and nothing is changed by looking."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from bot import doctor
from bot.botapi.server import LocalBotApi
from bot.doctor import Finding, examine
from bot.security.keyring import KEY_FILE, Keyring
from bot.settings import Settings
from bot.storage.folder import DATABASE_FILE
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
