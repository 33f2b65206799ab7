"""`amparo responder`, `amparo shift`, `amparo audit`: who answers, when they plan to, and whether the trail is whole.

They work while the bot runs, on a connection of their own (it follows within seconds), and without it. Letting somebody in takes two people
who name themselves with `--by`: whoever invites and whoever approves (promises.md R30). What cannot be done is one line and status 2.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from bot.clock import SystemClock
from bot.domain.audit import AuditEntry, Deed
from bot.domain.staff import CASES_AT_ONCE, INVITATION_SECONDS, Responder, ResponderState, Shift, StaffRole
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.domain.organization import Organization
    from bot.storage.staff_desk import StaffStorage
    from bot.usecases.desk_ports import DeskWrite, Staff

ADMINISTRATOR: Final = "administrator"
TRIES: Final = 5
DAY_MINUTES: Final = 24 * 60
LANGUAGES: Final = ("es", "en", "pt", "fr", "ht")
T = TypeVar("T")

responder_app = typer.Typer(help="Who answers: invite, approve, list, revoke. Also while the bot runs.", no_args_is_help=True)
shift_app = typer.Typer(help="When they plan to be on duty. Also while the bot runs.", no_args_is_help=True)
audit_app = typer.Typer(help="The trail: who did what, and whether it is whole.", no_args_is_help=True)

out = Console()
err = Console(stderr=True)

By = Annotated[str, typer.Option("--by", help="Your own name. Whoever invites and whoever approves must be two people.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The alias.")]


class Gender(StrEnum):
    """What a seeker may ask for."""

    WOMAN = "woman"
    MAN = "man"


def add_to(app: typer.Typer) -> None:
    """Put these commands into the `amparo` command."""
    app.add_typer(responder_app, name="responder")
    app.add_typer(shift_app, name="shift")
    app.add_typer(audit_app, name="audit")


# -- who answers --------------------------------------------------------------------------------------------------------------


@responder_app.command("invite", epilog="Example: amparo responder invite --org casa --role supervisor --alias Encino --by Nora")
def invite(
    org: Annotated[str, typer.Option("--org", help="Id of the organization (a file of content/organizations).")],
    role: Annotated[StaffRole, typer.Option("--role", help="What they may do.")],
    alias: Annotated[str, typer.Option("--alias", help="The name they answer under; never a real one.")],
    by: By,
    language: Annotated[list[str] | None, typer.Option("--language", help="A language they write in; may be given again. [es]")] = None,
    gender: Annotated[Gender | None, typer.Option("--gender", help="Only for seekers who ask for a woman or a man.")] = None,
    minors: Annotated[bool, typer.Option("--minors", help="Trained for minors.")] = False,
    cap: Annotated[int, typer.Option("--cap", min=1, max=50, help="Cases at once.")] = CASES_AT_ONCE,
) -> None:
    """Print a one-time code. The person sends it as /start CODE to the responders' bot within 24 hours; then somebody else approves."""
    from bot.usecases.desk.joining import code_hash, draw_code

    organization, code = _organization(org), draw_code()
    languages = tuple(dict.fromkeys(language or ["es"]))
    if wrong := [one for one in languages if one not in LANGUAGES]:
        _fail(f"{wrong[0]!r} is no language of Amparo: {', '.join(LANGUAGES)}")
    new = Responder(
        id=0,
        organization=organization.id,
        role=role,
        alias=_plain("alias", alias),
        code=code_hash(code),
        code_until=_now() + INVITATION_SECONDS,
        invited_by=_plain("--by", by),
        languages=languages,
        gender=gender.value if gender else "",
        minors=minors,
        cap=cap,
    )
    _work(partial(_invite, new), makes=True)
    held = f"The code is shown this once and holds until {_utc(new.code_until)}:"
    _say(f"{new.alias} is invited to {organization.name} as {role.value}. {held}")
    _say(f"/start {code}")
    _say("Give it to them in person or over a safe channel. Afterwards somebody else runs:")
    _say(f"  amparo responder approve {new.alias!r} --by NAME")


async def _invite(new: Responder, storage: StaffStorage) -> None:
    from bot.storage.staff_desk import AliasTaken

    try:
        await storage.invite(new, at=_now(), audit=(_entry(Deed.INVITE, "responder:0", new.role.value),))
    except AliasTaken as error:
        _fail(f"{new.alias!r}: {error}")


@responder_app.command("approve", epilog="Example: amparo responder approve Encino --by Rosa")
def approve(name: Name, by: By) -> None:
    """Let in whoever redeemed the code, or whoever panicked and is safe again. It must be somebody else than whoever invited them."""
    approved_by = _plain("--by", by)

    def change(one: Responder) -> tuple[Responder, Deed]:
        if one.state is ResponderState.INVITED:
            late = _now() >= one.code_until
            _fail(f"{one.alias} has not sent the code yet" + ("; it has expired: revoke, and invite again" if late else ""))
        if one.state is ResponderState.ACTIVE:
            _fail(f"{one.alias} is in already")
        if approved_by.casefold() in {one.invited_by.casefold(), one.alias.casefold()}:
            _fail(f"{one.alias} was invited by {one.invited_by}: the second approval must be somebody else's")
        return replace(one, state=ResponderState.ACTIVE, approved_by=approved_by, duty_until=0, reminded=False), Deed.APPROVE

    done = _change(name, change)
    _say(f"{done.alias} is in. A running Amparo tells them within seconds.")


@responder_app.command("revoke", epilog="Example: amparo responder revoke Encino")
def revoke(name: Name) -> None:
    """End somebody's access, also an invitation nobody has used. Their cases go back to the queue, their chat is emptied."""

    def change(one: Responder) -> tuple[Responder, Deed]:
        return replace(one, state=ResponderState.REVOKED, code="", code_until=0, duty_until=0, on_call=False), Deed.REVOKE

    done = _change(name, change)
    _say(f"{done.alias} has no access any more. A running Amparo follows within seconds: their cases go back to the queue.")


@responder_app.command("list", epilog="Example: amparo responder list --json")
def list_(
    as_json: Json = False,
    everybody: Annotated[bool, typer.Option("--all", help="Also those whose access was revoked.")] = False,
) -> None:
    """Everybody who answers: organization, role, state, on duty until when, and how many cases they have."""
    staff, cases = _work(_staff_and_cases)
    at = _now()
    rows = [_row(one, cases.get(one.id, 0), at) for one in staff.responders if everybody or one.state is not ResponderState.REVOKED]
    _show(
        sorted(rows, key=lambda row: (row["organization"], row["alias"].casefold())), as_json, "nobody yet: amparo responder invite --help"
    )


async def _staff_and_cases(storage: StaffStorage) -> tuple[Staff, Mapping[int, int]]:
    return await storage.staff(), await storage.open_cases()


def _row(one: Responder, cases: int, at: int) -> dict[str, str]:
    state = "expired" if one.state is ResponderState.INVITED and at >= one.code_until else one.state.value
    return {
        "alias": one.alias,
        "organization": one.organization,
        "role": one.role.value,
        "state": state,
        "on duty": f"until {_utc(one.duty_until)}" if one.on_duty(at) else "",
        "cases": str(cases),
        "languages": " ".join(one.languages),
    }


# -- shifts -------------------------------------------------------------------------------------------------------------------


@shift_app.command("add", epilog='Example: amparo shift add Encino --from "2026-12-01 08:00" --to "16:00" --weekly')
def shift_add(
    name: Name,
    begins: Annotated[str, typer.Option("--from", metavar='"YYYY-MM-DD HH:MM"', help="In the organization's own time.")],
    ends: Annotated[str, typer.Option("--to", metavar='"HH:MM"', help="On the same day, or the next when it is not later.")],
    weekly: Annotated[bool, typer.Option("--weekly", help="Every seven days, holidays left out, until it is removed.")] = False,
) -> None:
    """Plan when somebody is on duty. It says when people are back; that they are there, they say themselves with /turno."""
    one = _named(_work(_staff), name)
    organization = _organization(one.organization)
    first, last = _span(organization, begins, ends)
    if last <= _now() and not weekly:
        _fail("that shift is over already")
    shift = Shift(responder=one.id, begins=first, ends=last, weekly=weekly)
    number = _work(partial(_add_shift, shift))
    _say(f"shift {number}: {one.alias}, {_local(organization, first)} to {_local(organization, last)}{', every week' if weekly else ''}")


async def _staff(storage: StaffStorage) -> Staff:
    return await storage.staff()


async def _add_shift(shift: Shift, storage: StaffStorage) -> int:
    entry = _entry(Deed.SHIFT, f"responder:{shift.responder}", "added")
    return (await storage.write_desk(_write(shifts=(shift,), audit=(entry,)))).shifts[0]


def _span(organization: Organization, begins: str, ends: str) -> tuple[int, int]:
    """Unix seconds of a shift written in the organization's time."""
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[ T]([01]\d|2[0-3]):([0-5]\d)", begins.strip())
    until = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", ends.strip())
    if found is None:
        _fail(f'--from {begins!r}: write it as "2026-12-01 08:00"')
    if until is None:
        _fail(f'--to {ends!r}: write it as "16:00"')
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        _fail(f"--from {begins!r}: there is no such day")
    first, last = int(found[2]) * 60 + int(found[3]), int(until[1]) * 60 + int(until[2])
    return organization.moment(day, first), organization.moment(day, last if last > first else last + DAY_MINUTES)


@shift_app.command("list", epilog="Example: amparo shift list --json")
def shift_list(as_json: Json = False) -> None:
    """Every planned shift, in its organization's own time."""
    staff, organizations = _work(_staff), _organizations()
    people = {one.id: one for one in staff.responders}
    rows = []
    for shift in sorted(staff.shifts, key=lambda shift: (shift.begins, shift.id)):
        one = people.get(shift.responder)
        organization = organizations.get(one.organization) if one else None
        if one is not None and one.state is not ResponderState.REVOKED:
            rows.append(_shift_row(shift, one, organization))
    _show(rows, as_json, "no shift is planned: amparo shift add --help")


def _shift_row(shift: Shift, one: Responder, organization: Organization | None) -> dict[str, str]:
    said = partial(_local, organization) if organization else _utc
    return {
        "id": str(shift.id),
        "alias": one.alias,
        "organization": one.organization,
        "from": said(shift.begins),
        "to": said(shift.ends),
        "weekly": "weekly" if shift.weekly else "",
    }


@shift_app.command("remove", epilog="Example: amparo shift remove 3")
def shift_remove(number: Annotated[int, typer.Argument(metavar="ID", help="As `amparo shift list` shows it.")]) -> None:
    """Take a shift out of the plan. Whoever is on duty stays so."""
    found = next((shift for shift in _work(_staff).shifts if shift.id == number), None)
    if found is None:
        _fail(f"there is no shift {number}; `amparo shift list` shows them")
    entry = _entry(Deed.SHIFT, f"responder:{found.responder}", "removed")
    _work(lambda storage: storage.write_desk(_write(shifts_gone=(number,), audit=(entry,))))
    _say(f"shift {number} is removed")


# -- the trail ----------------------------------------------------------------------------------------------------------------


@audit_app.command("verify", epilog="Example: amparo audit verify || echo 'look at the trail'")
def audit_verify() -> None:
    """Look the whole trail over: any entry edited, dropped, swapped, added, or an end cut off. Status 1 when something is found."""

    async def look(storage: StaffStorage) -> tuple[Sequence[str], int]:
        findings = await storage.audit_verify()
        return [f"entry {one.seq}: {_DAMAGE[one.damage.value]}" for one in findings], (await storage.audit_end()).seq if not findings else 0

    findings, newest = _work(look)
    for finding in findings:
        _say(finding)
    if findings:
        raise typer.Exit(1)
    _say(f"the trail is whole, up to entry {newest}")


_DAMAGE: Final[Mapping[str, str]] = {
    "altered": "altered, swapped or added",
    "missing": "missing",
    "cut": "the end is cut off from here",
    "anchor": "what says where the trail begins cannot be read",
    "head": "the line beside the database (audit.head) is missing or names another end",
}


@audit_app.command("list", epilog="Example: amparo audit list --limit 20")
def audit_list(
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Newest entries.")] = 50, as_json: Json = False
) -> None:
    """The newest entries, oldest first: who did what to which object, and when (UTC). Never words."""
    entries = _work(lambda storage: storage.audit_trail(limit))
    rows = [
        {"when": _utc(one.at), "actor": one.actor, "deed": one.deed.value, "object": one.object, "detail": one.detail} for one in entries
    ]
    _show(rows, as_json, "nothing has been done yet")


# -- the storage underneath -----------------------------------------------------------------------------------------------------


def _change(name: str, change: Callable[[Responder], tuple[Responder, Deed]]) -> Responder:
    """Change somebody as they stand now; a bot that moved them meanwhile only means reading again."""

    async def work(storage: StaffStorage) -> Responder:
        from bot.usecases.desk_ports import DeskVerdict

        for _ in range(TRIES):
            changed, deed = change(_named(await storage.staff(), name))
            entry = _entry(deed, f"responder:{changed.id}")
            written = await storage.write_desk(_write(responders=(changed,), audit=(entry,)))
            if written.verdict is DeskVerdict.COMMITTED:
                return changed
        _fail("it was changed elsewhere at the same moment: try again")

    return _work(work)


def _named(staff: Staff, name: str) -> Responder:
    found = [one for one in staff.responders if one.alias.casefold() == name.strip().casefold()]
    alive = [one for one in found if one.state is not ResponderState.REVOKED]
    if not alive:
        _fail(f"{name!r} has no access already" if found else f"nobody answers as {name!r}; `amparo responder list` shows them")
    return alive[0]


def _write(**fields: object) -> DeskWrite:
    from bot.usecases.desk_ports import DeskWrite

    return DeskWrite(at=_now(), **fields)  # type: ignore[arg-type]  # each field is typed where it is made


def _entry(deed: Deed, thing: str, detail: str = "") -> AuditEntry:
    return AuditEntry(at=_now(), actor=ADMINISTRATOR, deed=deed, object=thing, detail=detail)


def _work(work: Callable[[StaffStorage], Awaitable[T]], *, makes: bool = False) -> T:
    """Do something with the staff's storage. No core dumps: one would hold the keys. `makes`: a data folder that is not there is made."""
    from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
    from bot.storage.folder import DATABASE_FILE
    from bot.storage.staff_desk import open_staff
    from bot.usecases.ports import StorageDown

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = _settings().data
    database = folder / DATABASE_FILE

    async def go() -> T:
        async with await open_staff(database, Keyring.load_or_create(folder)) as storage:
            return await work(storage)

    if database.exists() and not (folder / KEY_FILE).exists():
        _fail(f"{folder} holds a database but no {KEY_FILE}: put its key back; a new one could open nothing")
    if not database.exists() and not makes:
        _fail(f"there is no database in {folder} yet: invite somebody, or run `amparo run` once")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return asyncio.run(go())
    except KeyFileError as error:
        _fail(str(error))
    except StorageDown as error:
        _fail(f"the database in {folder} cannot be used: {error or type(error).__name__}. `amparo doctor` says more.")
    except OSError as error:
        _fail(f"the data folder {folder} cannot be used: {error.strerror}")


def _organizations() -> Mapping[str, Organization]:
    """Those this copy may use, by id."""
    from bot.domain.organization import organization_of, served
    from bot.house import HouseBroken, find_house
    from flows.authoring.desk_load import load_desk

    chosen = _settings()
    try:
        content, issues = load_desk((chosen.content or find_house()) / "content")
    except HouseBroken as error:
        _fail(str(error))
    if content is None:
        _fail("; ".join(f"{issue.place.file}:{issue.place.line} {issue.message}" for issue in issues[:3]) or "content cannot be read")
    every = [organization_of(file) for file in content.organizations.values()]
    return {one.id: one for one in served(every, loopback=chosen.loopback)}


def _organization(id: str) -> Organization:
    known = _organizations()
    if id not in known:
        there = (
            f"there are: {', '.join(sorted(known))}" if known else "write one in content/organizations (the demo's answer only the demo)"
        )
        _fail(f"there is no organization {id!r}; {there}")
    return known[id]


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        _fail(f"a setting is wrong ({len(error.errors())}): `amparo doctor` names it")


# -- saying it --------------------------------------------------------------------------------------------------------------------


def _plain(what: str, written: str) -> str:
    """A name as people write it: one line of at most 40 characters."""
    name = " ".join(written.split())
    if not name or len(name) > 40 or not name.isprintable():
        _fail(f"{what}: a name of 1 to 40 characters, please")
    return name


def _now() -> int:
    return int(SystemClock().now())


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M} UTC"


def _local(organization: Organization, at: int) -> str:
    return f"{organization.local(at):%Y-%m-%d %H:%M}"


def _show(rows: Sequence[Mapping[str, str]], as_json: bool, empty: str) -> None:
    """A table where somebody looks; JSON for a program."""
    if as_json:
        sys.stdout.write(json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n")
        return
    if not rows:
        _say(empty)
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    out.print(table, markup=False)


def _say(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    err.print(f"amparo: {message}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)
