"""The `amparo` command. Each subcommand is a few lines over something that can be called without it."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from bot import cli_backup, cli_classify, cli_desk
from bot.logs import configure_logs
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.house import Loaded

app = typer.Typer(
    help="Amparo: a Telegram bot that guides people hit by cartel violence in Mexico.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
telegram_app = typer.Typer(help="What Telegram itself shows of the bot.", no_args_is_help=True)
translations_app = typer.Typer(help="Catalogs: extract, update, status.", no_args_is_help=True)
facts_app = typer.Typer(help="Facts: what is due, and the emergency switch.", no_args_is_help=True)
flows_app = typer.Typer(help="Flows: pictures of them.", no_args_is_help=True)
app.add_typer(telegram_app, name="telegram")
app.add_typer(translations_app, name="translations")
app.add_typer(facts_app, name="facts")
app.add_typer(flows_app, name="flows")
cli_backup.add_to(app)
cli_desk.add_to(app)
cli_classify.add_to(app)

TRANSLATED = ("en", "pt", "fr", "ht")
"""Languages with a catalog; the source is Mexican Spanish."""

out = Console()
err = Console(stderr=True)


def fail(message: str, status: int = 2) -> NoReturn:
    """Say what is wrong and stop; never a stack trace."""
    err.print(f"amparo: {message}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(status)


def settings() -> Settings:
    """Settings from the environment, or a line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        fail("\n        ".join(_wrong(problem["loc"], problem["msg"]) for problem in error.errors()))


def _wrong(where: tuple[int | str, ...], what: str) -> str:
    """One problem of the settings. A rule about several variables names them itself."""
    said = what.removeprefix("Value error, ")
    return f"AMPARO_{'_'.join(map(str, where)).upper()}: {said}" if where else said


def house() -> Loaded:
    """The content of AMPARO_CONTENT or of this project, or one line about why it cannot be read."""
    from bot.house import HouseBroken, find_house, load_house

    try:
        return load_house(settings().content or find_house())
    except HouseBroken as error:
        fail(str(error))


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """An event loop (uvloop when present) that ends cleanly. No core dumps: one would hold open conversations."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def stop_on_signals() -> asyncio.Event:
    """Set by Ctrl-C or a service manager's stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@app.command()
def run() -> None:
    """Serve seekers on Telegram (AMPARO_TELEGRAM_TOKEN)."""
    from bot.bootstrap import serve
    from bot.channels.telegram.poller import TokenRejected
    from bot.house import HouseBroken
    from bot.security.keyring import KeyFileError
    from bot.storage.folder import FolderError
    from bot.understanding.materials import MaterialsBroken
    from bot.usecases.ports import StorageDown

    chosen = settings()
    configure_logs(chosen.log_level, sys.stderr)
    if chosen.telegram_token is None:
        fail("AMPARO_TELEGRAM_TOKEN is not set. Get a token from @BotFather, or try `amparo demo`, which needs none.")

    async def go() -> None:
        await serve(chosen, stop_on_signals())

    try:
        run_until_stopped(go())
    except (FolderError, KeyFileError, HouseBroken, MaterialsBroken) as error:
        fail(str(error))
    except StorageDown as error:
        fail(f"the database in {chosen.data} cannot be used: {error or type(error).__name__}. `amparo doctor` says more.")
    except TokenRejected:
        fail("Telegram does not know this token. Check AMPARO_TELEGRAM_TOKEN.")
    except OSError as error:
        fail(f"cannot start: {error.strerror or type(error).__name__}" + (f" ({chosen.webhook_listen})" if chosen.webhook_url else ""))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page is served.")] = 8090,
    data: Annotated[Path | None, typer.Option(help="Keep the demo's data here; by default it goes when the demo ends.")] = None,
    language: Annotated[str, typer.Option(help="Language of the first phone.")] = "es",
) -> None:
    """Talk to Amparo in a browser, without Telegram and without a token."""
    from bot.demo import serve_demo
    from bot.storage.folder import FolderError
    from bot.understanding.materials import MaterialsBroken

    configure_logs("warning", sys.stderr)

    async def go() -> None:
        await serve_demo(stop_on_signals(), port=port, data=data, language=language, say=lambda line: out.print(line))

    try:
        run_until_stopped(go())
    except (FolderError, MaterialsBroken) as error:
        fail(str(error))
    except OSError as error:
        fail(f"the demo cannot listen on port {port} ({error.strerror}). Name another: --port 8091")


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
    production: Annotated[bool, typer.Option("--production", help="What must be true before real people come.")] = False,
    today: Annotated[str, typer.Option(help="Check as of this day (YYYY-MM-DD).")] = "",
    content: Annotated[Path | None, typer.Option(help="Folder that holds content/ and locales/.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Errors and the sum only.")] = False,
) -> None:
    """Check everything Amparo says, in every language, over every state a person can reach. Status 1 with errors, 0 with warnings."""
    from bot.review import review

    found = review(content or settings().content, today=_day(today), production=production)
    if as_json:
        sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        found.show(out, quiet=quiet)
    raise typer.Exit(1 if found.errors else 0)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written) if written else datetime.now(tz=UTC).date()  # noqa: TID251 - the command line is the shell
    except ValueError:
        fail(f"{written!r} is no day: write YYYY-MM-DD")


@app.command()
def simulate(
    language: Annotated[str, typer.Option(help="es, en, pt, fr or ht.")] = "es",
    record: Annotated[Path | None, typer.Option(help="Write what is played here, as a story file.")] = None,
) -> None:
    """The same conversation in a terminal."""
    from bot.simulator.terminal import play

    configure_logs("error", sys.stderr)
    if record and not record.parent.is_dir():
        fail(f"there is no folder {record.parent} to write the story in")
    play(house(), language=language, record=record, console=out)


@app.command()
def doctor() -> None:
    """What is wrong with this set-up, and what to do. Status 1 when something must be mended."""
    from bot.doctor import examine

    chosen = settings()
    findings = asyncio.run(examine(chosen))
    table = Table("", "what", "remedy", box=None, pad_edge=False)
    for finding in findings:
        table.add_row({"ok": "ok", "warning": "!!", "error": "XX"}[finding.level], finding.what, finding.remedy)
    out.print(table)
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


@telegram_app.command("setup")
def telegram_setup() -> None:
    """Set the neutral name, descriptions and commands in each language. Changes only what differs."""
    from bot.bootstrap import reachable
    from bot.presence import set_up_telegram

    chosen = settings()
    configure_logs(chosen.log_level, sys.stderr)
    if chosen.telegram_token is None:
        fail("AMPARO_TELEGRAM_TOKEN is not set.")
    if trouble := asyncio.run(reachable(chosen)):
        fail(f"Telegram does not answer as it should ({trouble}). Check AMPARO_TELEGRAM_TOKEN and the network.")
    for line in asyncio.run(set_up_telegram(chosen, house())) or ("nothing to change",):
        out.print(line)


@translations_app.command("update")
def translations_update() -> None:
    """Extract the source texts and bring every catalog up to date. A changed source makes its translations fuzzy; nothing is lost."""
    from bot.i18n.catalogs import update_all

    loaded = house()
    summaries = update_all(loaded.root / "locales", loaded.messages, TRANSLATED)
    _show_summaries(summaries)


@translations_app.command("status")
def translations_status(
    check_only: Annotated[bool, typer.Option("--check", help="Status 1 when a catalog lags behind its source.")] = False,
) -> None:
    """How complete each language is, and whether the catalogs lag."""
    from bot.i18n.catalogs import stale

    loaded = house()
    lags = stale(loaded.root / "locales", loaded.messages)
    for lag in lags[:20]:
        out.print(str(lag), markup=False, highlight=False)
    if lags:
        out.print(f"{len(lags)} texts lag: run `amparo translations update`")
        raise typer.Exit(1 if check_only else 0)
    out.print("catalogs are fresh")


def _show_summaries(summaries: object) -> None:
    for row in summaries if isinstance(summaries, tuple) else ():
        out.print(str(row), markup=False, highlight=False)


@facts_app.command("due")
def facts_due(days: Annotated[int, typer.Option(help="Within this many days.")] = 30) -> None:
    """Facts whose review is due, soonest first."""
    today = _day("")
    table = Table("review by", "fact", "risk", "statement", box=None)
    for fact in sorted(house().content.facts.values(), key=lambda fact: fact.review_by):
        if (fact.review_by - today).days <= days:
            table.add_row(fact.review_by.isoformat(), fact.id, fact.risk, fact.statement)
    out.print(table)


@facts_app.command("off")
def facts_off(fact: str) -> None:
    """Take a fact off every screen at once, also while the bot runs. No clock brings it back: only `facts on` does."""
    _switch(fact, off=True)


@facts_app.command("on")
def facts_on(fact: str) -> None:
    """Undo `facts off`."""
    _switch(fact, off=False)


def _switch(fact: str, *, off: bool) -> None:
    from bot.house import SWITCHED_OFF, read_switched_off

    file = settings().data / SWITCHED_OFF
    held = read_switched_off(file)
    if fact not in held and fact not in house().content.facts:
        fail(f"there is no fact {fact!r}; `amparo facts due --days 9999` lists them")
    now = [*(each for each in held if each != fact), *([fact] if off else [])]
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text("".join(f"{each}\n" for each in now), "utf-8")
        part.replace(file)  # a running Amparo never reads half of it
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    out.print(f"{fact} is {'off' if off else 'on'}; a running Amparo follows within seconds")


@flows_app.command("draw")
def flows_draw(folder: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("docs/flows")) -> None:
    """Draw every flow from its machine, as Mermaid in Markdown."""
    from bot.domain import machines, permissions
    from flows.authoring.diagram import draw

    program, _ = house().compiled()
    folder.mkdir(parents=True, exist_ok=True)
    for name in program.flows:
        (folder / f"{name}.md").write_text(draw(program, name), "utf-8")
    page = folder.parent / "handoff.md"
    if page.exists():
        page.write_text(machines.redrawn(page.read_text("utf-8"), {**machines.drawings(), **permissions.drawings()}), "utf-8")
    out.print(f"{len(program.flows)} flows drawn in {folder}, the machines and the table of permissions in {page}")


def main() -> None:
    """Entry point."""
    app()
