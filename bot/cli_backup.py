"""`amparo backup`, `backup-key`, `backup-identity`, `restore`: what a person types and what they are told. docs/backup.md is their page."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress as Bar

from bot.clock import SystemClock
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.backup.restoring import Restored

RECIPIENT: Final = "AMPARO_BACKUP_RECIPIENT"
HOUR: Final = 3600

LOSSES: Final = """\
Two losses, and what each means:
  the key lost, and every copy of it: everything that is sealed is lost for good. Nobody can bring it back: not what people answered, no
    case and no word of it, not who answers here. People must ask again, responders be invited again, and the trail proves nothing more.
  the key and a database (or a backup) in the same hands: everything can be read, also what people asked to forget since.
So keep this copy apart from the backups: another place, another identity, other people."""

AFTERWARDS: Final = """\
What this copy does not know:
  whoever erased after the backup is in it again, unless they were taken out above. If you know of anybody, they must erase again.
  a case that was withdrawn or closed after the backup is open again, unless it was taken out above. Nothing reaches its seeker before they
    write; tell the responders so, and if you know of a withdrawal, have it closed.
  people invited after the backup must be invited again; printed codes are void.
  messages sent after the backup stand in chats that Amparo cannot clean; people are told how when they come back.
Nothing is sent by itself: all that was owed is gone and every screen counts as hidden. Amparo answers whoever writes."""

out = Console()
err = Console(stderr=True)

To = Annotated[str, typer.Option("--to", envvar=RECIPIENT, help=f"age recipient (age1...); or {RECIPIENT}.")]
KeyTo = Annotated[str, typer.Option("--to", help="age recipient of the key's copy (age1...): not the one of the backups.")]
DataFolderOption = Annotated[Path | None, typer.Option("--data", help="Data folder; by default AMPARO_DATA.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands into the `amparo` command."""
    app.command("backup")(backup)
    app.command("backup-key")(backup_key)
    app.command("backup-identity")(backup_identity)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The new backup file.")],
    to: To = "",
    data: DataFolderOption = None,
) -> None:
    """Copy the database, also while the bot runs, for somebody whose identity is kept offline. The key is not in it."""
    from bot.backup.making import make_backup

    if not to:
        _fail(f"for whom? Name an age recipient with --to or {RECIPIENT}; `amparo backup-identity FILE` makes one.")
    with _told(), _bar("copying") as progress:
        made = make_backup(_data(data), file, to, now=int(SystemClock().now()), progress=progress)
    _say(f"{made.file}: {made.size:,} bytes, tables {made.schema}. Delete it within 7 days: people who erase from now on are still in it.")


def backup_key(
    file: Annotated[Path, typer.Argument(help="The new file with the key's copy.")],
    to: KeyTo = "",
    data: DataFolderOption = None,
) -> None:
    """Copy the key for somebody whose identity is kept offline. Never keep it together with backups."""
    from bot.backup.making import make_key_backup

    if not to:
        _fail("for whom? Name an age recipient with --to: another one than the backups have.")
    with _told():
        make_key_backup(_data(data), file, to)
    _say(f"{file}: a copy of the key.")
    if to.strip() == os.environ.get(RECIPIENT, "").strip():
        _say("!! The same identity opens the backups. Whoever has it, this file and a backup can read everything.")
    _say(LOSSES)


def backup_identity(file: Annotated[Path, typer.Argument(help="The new identity file.")]) -> None:
    """Make an age identity (best on a machine that is offline) and print its recipient. Whoever has the file reads the backups."""
    from bot.backup.making import make_identity

    with _told():
        recipient = make_identity(file)
    _say(f"{file} is a secret: keep it offline, with a second copy elsewhere. If it is lost, its backups open for nobody.")
    _say("Recipient, for the server:")
    _say(recipient)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    identity: Annotated[list[Path], typer.Option(help="Identity file that opens it; may be given twice (the key's copy has its own).")],
    data: DataFolderOption = None,
    key: Annotated[Path | None, typer.Option(help="The key's copy (backup-key); not needed when the folder has its key.")] = None,
    replaces: Annotated[bool, typer.Option("--replace", help="The folder's files are set aside, never overwritten.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Only try: everything into a folder that goes again.")] = False,
    even_old: Annotated[bool, typer.Option("--even-old", help="Also a backup of more than a week.")] = False,
) -> None:
    """Restore a backup into a data folder while the bot is stopped, or try whether it would work."""
    from bot.backup import restoring

    source, clock = restoring.Source(file=file, identities=tuple(identity), key=key), SystemClock()
    with _told(), _bar("opening") as progress:
        if verify:
            found = asyncio.run(restoring.drill(source, clock, progress=progress))
        else:
            work = restoring.restore(source, _data(data), clock, replaces=replaces, even_old=even_old, progress=progress)
            found = asyncio.run(work)
    _report(found, now=int(clock.now()), verify=verify)
    if found.unreadable:
        raise typer.Exit(1)


def _report(found: Restored, *, now: int, verify: bool) -> None:
    made = datetime.fromtimestamp(found.made_at, tz=UTC)
    _say(f"Backup of {made:%Y-%m-%d %H:%M} UTC, {_age(now - found.made_at)} old; people in it: {found.people}.")
    if now < found.made_at:
        _say("!! It says it was made later than now: this machine's clock is wrong, or the other's was.")
    if found.unreadable:
        _say(f"!! Rows that do not open with this key: {found.unreadable}.")
    if found.erased_since:
        _say(f"Erased since then, and therefore here, too: {found.erased_since}.")
    if found.ended_since:
        _say(f"Cases that ended since then, and therefore here, too: {found.ended_since}.")
    if found.with_key and found.cases:
        _say(f"Cases in it: {found.cases}.")
    if found.to_approve:
        _say(f"!! Responders without access until you approve them again (`amparo responder approve NAME`): {found.to_approve}.")
    if verify:
        tried = "and opens with the key" if found.with_key else "; the key was not tried (--key)"
        _say(f"It would work: the file is whole, its database sound{' ' if found.with_key else ''}{tried}. Nothing was kept.")
        return
    if found.aside:
        _say(f"What was there before is in {found.aside}: delete it when you no longer need it.")
    _say(AFTERWARDS)


def _age(seconds: int) -> str:
    return f"{seconds // HOUR} h" if seconds >= HOUR else f"{max(0, seconds) // 60} min"


def _data(named: Path | None) -> Path:
    try:
        return named or Settings().data
    except ValidationError as error:
        _fail(f"a setting is wrong ({len(error.errors())}): `amparo doctor` names it")


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be done is one line and status 2. No core dumps: one would hold the keys."""
    from bot.backup.making import BackupTrouble

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        yield
    except BackupTrouble as error:
        _fail(str(error))


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar where somebody looks; nothing in a log of a timer."""
    if not err.is_terminal:
        yield lambda _, __: None
        return
    with Bar(console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    err.print(f"amparo: {message}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)
