"""`amparo doctor`: what is wrong with a set-up, in the order a person would mend it."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot.bootstrap import reachable
from bot.clock import SystemClock
from bot.domain.facts import Facts, lacks
from bot.house import HouseBroken, find_house, load_house
from bot.review import review
from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.settings import Settings
from bot.storage.folder import DATABASE_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's table."""

    level: Literal["ok", "warning", "error"]
    what: str
    remedy: str = ""


async def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; never stops at the first problem, never changes anything."""
    found = [*_machine(), *_token(settings), *_data(settings.data), *_key(settings.data), *_content(settings)]
    found.extend([finding async for finding in _telegram(settings)])
    return tuple(found)


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(level="ok", what=f"Python {version}, SQLite {sqlite3.sqlite_version}")
    if sqlite3.sqlite_version_info < (3, 37):
        yield Finding(level="error", what="this SQLite is too old", remedy="SQLite 3.37 or newer is needed: use a newer Python or Debian")


def _token(settings: Settings) -> Iterator[Finding]:
    if settings.telegram_token is None:
        yield Finding(level="error", what="AMPARO_TELEGRAM_TOKEN is not set", remedy="get a token from @BotFather; or try `amparo demo`")
    if settings.limits == "off":
        yield Finding(level="warning", what="rate limits are off", remedy="unset AMPARO_LIMITS before real people come")


def _data(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding(level="warning", what=f"the data folder {folder} is not there yet", remedy="it is made at the first start")
        return
    if not folder.is_dir():
        yield Finding(level="error", what=f"{folder} is not a folder", remedy="set AMPARO_DATA to a folder")
        return
    if not os.access(folder, os.W_OK):
        yield Finding(level="error", what=f"the data folder {folder} cannot be written", remedy="give it to the user that runs Amparo")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Finding(level="warning", what=f"others can look into {folder}", remedy=f"chmod 700 {folder}")
    free = os.statvfs(folder)
    if free.f_bavail * free.f_frsize < 200 * 1024 * 1024:
        yield Finding(level="error", what="less than 200 MB are free", remedy="make room: a full disk stops guidance and wiping")
    yield from _database(folder / DATABASE_FILE)


def _database(file: Path) -> Iterator[Finding]:
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            answer = connection.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        yield Finding(level="error", what=f"the database cannot be read ({type(error).__name__})", remedy="restore the newest backup")
        return
    if answer != "ok":
        yield Finding(level="error", what="the database is damaged", remedy="stop Amparo and restore the newest backup")
    else:
        yield Finding(level="ok", what="the database is sound")


def _key(folder: Path) -> Iterator[Finding]:
    if not os.path.lexists(folder / KEY_FILE):
        if (folder / DATABASE_FILE).exists():
            remedy = "put the key file it was made with back; without it nothing sealed can be opened"
            yield Finding(level="error", what=f"there is a database and no {KEY_FILE}", remedy=remedy)
        return
    try:
        Keyring.load_or_create(folder)
    except KeyFileError as error:
        yield Finding(level="error", what=str(error), remedy="without this key nothing sealed can be opened; never copy it into a backup")
    else:
        yield Finding(level="ok", what="the key file is readable by its owner alone")


def _content(settings: Settings) -> Iterator[Finding]:
    root = settings.content
    try:
        loaded = load_house(root or find_house())
    except HouseBroken as error:
        yield Finding(level="error", what=str(error), remedy="run `amparo check`")
        return
    today = datetime.fromtimestamp(SystemClock().now(), tz=UTC).date()
    found = review(root, today=today, production=False)
    level: Literal["ok", "error"] = "error" if found.errors else "ok"
    yield Finding(level=level, what=f"content: {found.errors} errors", remedy="run `amparo check`" if found.errors else "")
    missing = lacks(Facts.of(loaded.content.facts.values()), organization=settings.organization)
    if missing:
        what = f"this copy calls itself a test version: {len(missing)} things are missing ({missing[0]}, ...)"
        yield Finding(level="warning", what=what, remedy="see docs/launch.md: an organization, sign-offs, test calls")


async def _telegram(settings: Settings) -> AsyncIterator[Finding]:
    if settings.telegram_token is None:
        return
    error = await reachable(settings)
    if error:
        yield Finding(level="error", what=f"Telegram does not answer as it should ({error})", remedy="check the token and the network")
    else:
        yield Finding(level="ok", what="Telegram knows this bot")
