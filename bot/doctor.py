"""`amparo doctor`: what is wrong with a set-up, in the order a person would mend it.

Of the desk it tells whether anybody would answer: organizations, approved people, a reviewer outside, hours nobody is planned for, holidays
that run out, the responders' bot and its topics, and whether the audit trail is whole. It reads the database beside a running bot, without
writing a byte to it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot.bootstrap import reachable
from bot.channels.telegram.transport import Api, HttpRequest, NotSent, Unanswered
from bot.clock import SystemClock
from bot.domain import duty
from bot.domain.facts import Facts, lacks
from bot.domain.organization import Organization, organization_of, served
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.house import HouseBroken, find_house, load_house
from bot.review import review
from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.settings import Settings
from bot.storage import desk_reading, trail
from bot.storage.errors import StorageForeign
from bot.storage.folder import DATABASE_FILE
from bot.storage.known import Memory, Shelf
from bot.usecases.desk_ports import Staff
from flows.authoring.desk_load import load_desk

NOBODY = Staff(responders=(), shifts=(), doors=())
INVITE = "amparo responder invite --help, then approve"


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
    found.extend(_desk(settings))
    found.extend([finding async for finding in _responders_bot(settings)])
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


# -- the desk: whether anybody would answer -------------------------------------------------------------------------------------


def _desk(settings: Settings) -> Iterator[Finding]:
    organizations = _organizations(settings)
    if not organizations:
        what = "no organization answers here: people are guided, and no case is opened"
        yield Finding(level="warning", what=what, remedy="write one: content/organizations/README.md")
    try:
        staff, whole = _staff(settings.data)
    except (sqlite3.Error, KeyFileError):
        return  # told above
    except StorageForeign:
        yield Finding(level="error", what="who answers cannot be read with this key", remedy="put the key of this database back")
        return
    if whole is not None:
        remedy = "" if whole else "`amparo audit verify` names the entries; compare with the copies of its head"
        yield Finding(level="ok" if whole else "error", what=f"the audit trail is {'whole' if whole else 'damaged'}", remedy=remedy)
    waiting = sum(one.state is ResponderState.REDEEMED for one in staff.responders)
    if waiting:
        what = f"{waiting} invited people wait for the second approval"
        yield Finding(level="warning", what=what, remedy="amparo responder approve NAME --by SOMEBODY_ELSE")
    at = int(SystemClock().now())
    for organization in organizations:
        yield from _answers(organization, staff, at)


def _organizations(settings: Settings) -> tuple[Organization, ...]:
    """Those this copy may use; none where the content cannot be read, which is told elsewhere."""
    try:
        content, _ = load_desk((settings.content or find_house()) / "content")
    except HouseBroken:
        return ()
    every = map(organization_of, content.organizations.values()) if content else ()
    return served(every, loopback=settings.loopback)


def _staff(folder: Path) -> tuple[Staff, bool | None]:
    """Who answers, and whether the trail is whole (None: there is none yet). Raises `sqlite3.Error`, `KeyFileError`, `StorageForeign`."""
    file = folder / DATABASE_FILE
    if not file.is_file() or not (folder / KEY_FILE).is_file():
        return NOBODY, None
    shelf = Shelf(keyring=Keyring.load_or_create(folder), memory=Memory(1))
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)) as raw:
        if raw.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('responder', 'audit')").fetchone()[0] < 2:
            return NOBODY, None  # it has never run with a desk
        desk_reading.belongs(raw, shelf)
        return desk_reading.staff(raw, shelf), not trail.verify(raw, shelf.keyring, trail.Head(folder / trail.HEAD_FILE))


def _answers(organization: Organization, staff: Staff, at: int) -> Iterator[Finding]:
    """Whether anybody of an organization is let in, when they are planned, and who reads complaints about it."""
    name = organization.name
    team = [one for one in staff.responders if one.organization == organization.id and one.state is ResponderState.ACTIVE]
    if not any(one.role is not StaffRole.REVIEWER for one in team):
        yield Finding(level="warning", what=f"{name}: nobody who answers is approved", remedy=INVITE)
        return
    yield Finding(level="ok", what=f"{name}: {sum(one.role is not StaffRole.REVIEWER for one in team)} people answer")
    if not any(one.role is StaffRole.SUPERVISOR for one in team):
        yield Finding(level="warning", what=f"{name}: no supervisor is told when nobody comes", remedy=INVITE)
    if not _reviewed(organization, staff.responders):
        what = f"{name}: complaints about it reach nobody outside"
        yield Finding(level="warning", what=what, remedy=f"invite a reviewer: --org {organization.complaints_to} --role reviewer")
    alone = sum(ends - begins for begins, ends in duty.gaps(organization, tuple(team), staff.shifts, at))
    if alone:
        what = f"{name}: nobody is planned for {max(1, alone // 3600)} of its hours in the next 24"
        yield Finding(level="warning", what=what, remedy="amparo shift add --help; outside them people are told that nobody is there")
    if organization.holidays_run_out(at):
        remedy = "add those of the coming year to its file in content/organizations"
        yield Finding(level="warning", what=f"{name}: its list of holidays runs out within 60 days", remedy=remedy)


def _reviewed(organization: Organization, everybody: Sequence[Responder]) -> bool:
    return any(
        one.organization == organization.complaints_to and one.role is StaffRole.REVIEWER and one.state is ResponderState.ACTIVE
        for one in everybody
    )


async def _responders_bot(settings: Settings) -> AsyncIterator[Finding]:
    """The bot responders write to: its own, known to Telegram, with topics in private chats."""
    if settings.telegram_token is None and settings.responders_token is None:
        return
    if settings.one_bot:
        what = "responders write to the seekers' own bot"
        yield Finding(level="warning", what=what, remedy="set AMPARO_RESPONDERS_TOKEN: a bot of their own, with topics for each case")
    elif settings.telegram_token and settings.desk_token == settings.telegram_token.get_secret_value():
        yield Finding(level="error", what="both tokens are of the same bot", remedy="get a second bot from @BotFather")
        return
    known = await _get_me(settings)
    if known is None:
        if not settings.one_bot:  # the seekers' bot is told of above
            yield Finding(level="error", what="Telegram does not know the responders' bot", remedy="check the token and the network")
    elif known.get("has_topics_enabled") is True:
        yield Finding(level="ok", what="each case gets a topic in the responders' chats")
    else:
        what = "topics in private chats are off: cases of a responder lie in one chat, told apart by alias and answers"
        yield Finding(level="warning", what=what, remedy="@BotFather: the bot's settings, threads in private chats")


async def _get_me(settings: Settings) -> Mapping[str, object] | None:
    """What the platform says of the responders' bot; None when it does not answer, or does not know it."""
    request = HttpRequest(connections=1)
    await request.initialize()
    try:
        answer = await Api(settings.telegram_api, settings.desk_token, request).call("getMe", b"{}")
    except (NotSent, Unanswered):
        return None
    finally:
        await request.shutdown()
    return answer.result if answer.ok and isinstance(answer.result, dict) else None
