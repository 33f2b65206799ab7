"""`amparo simulate`: the conversation in a terminal. Type words, or the number of a button; `/wait 10m`, `/voice`, `/quit`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.clock import SystemClock
from bot.domain.facts import Facts, Standing
from bot.house import Loaded
from bot.simulator.session import NoSuchButton, Seen, Session
from bot.simulator.stories import Act, do, write_story
from bot.understanding.understanding import Understanding
from flows.events import MediaKind

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
HELP: Final = "words, or a button as [its text] or #its number; /start, /wait 10m, /voice, /photo, /quit"


def play(loaded: Loaded, *, language: str, record: Path | None, console: Console) -> None:
    """Converse until /quit or the end of input."""
    program, _ = loaded.compiled()
    facts = Facts.of(loaded.content.facts.values(), words=loaded.texts)
    started = datetime.fromtimestamp(SystemClock().now(), tz=UTC).replace(microsecond=0)
    standing = Standing(organization="la organización de esta simulación", test_version=False)
    session = Session(
        program,
        facts,
        standing,
        Understanding.of(loaded.content.phrases, loaded.root / "content" / "understanding"),
        locale=language,
        now=int(started.timestamp()),
    )
    acts: list[dict[str, object]] = []
    console.print(HELP, style="dim", markup=False)
    for line in _lines(console):
        act = _act(session, line)
        if act is None:
            console.print(HELP, style="dim", markup=False)
            continue
        try:
            seen = do(session, act)
        except NoSuchButton as error:
            console.print(str(error), style="yellow", markup=False)
            continue
        acts.append(_recorded(act, seen, session))
        _show(console, seen)
    if record:
        write_story(record, record.stem.replace("_", " "), language, started, acts)
        console.print(f"written: {record}")


def _lines(console: Console) -> _Input:
    return _Input(console)


class _Input:
    """Lines as a person types them, until /quit or the end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __iter__(self) -> _Input:
        return self

    def __next__(self) -> str:
        try:
            line = self._console.input("[bold]> [/]").strip()
        except (EOFError, KeyboardInterrupt):
            raise StopIteration from None
        if line == "/quit":
            raise StopIteration
        return line


def _act(session: Session, line: str) -> Act | None:
    wait = re.fullmatch(r"/wait (\d+)([smhd])", line)
    if wait:
        return Act(waits=int(wait[1]) * UNITS[wait[2]])
    if line.startswith("/start"):
        return Act(starts=line.removeprefix("/start").strip())
    if line in ("/voice", "/photo", "/video", "/document", "/location"):
        return Act(sends=MediaKind(line[1:]))
    if line.startswith("[") and line.endswith("]"):
        return Act(presses=line[1:-1])
    if re.fullmatch(r"#\d+", line):
        buttons = [key.text for row in session.draft().rows for key in row]
        number = int(line[1:]) - 1
        return Act(presses=buttons[number]) if 0 <= number < len(buttons) else None
    return Act(types=line) if line else None


def _recorded(act: Act, seen: Seen, session: Session) -> dict[str, object]:
    held = session.conversation
    return {
        **act.model_dump(mode="json", exclude_defaults=True),
        "sees": [seen.text.splitlines()[0]] if seen.text else [],
        "buttons": list(seen.buttons),
        "at": f"{held.here.flow}.{held.here.step}",
        "stored": {key: list(value) for key, value in held.answers.items()},
        "did": list(seen.did),
    }


def _show(console: Console, seen: Seen) -> None:
    buttons = Text("\n".join(f"#{number} [{label}]" for number, label in enumerate(seen.buttons, 1)), style="cyan")
    console.print(Panel(Text.assemble(seen.text, "\n\n", buttons), title="new message" if seen.fresh else None, width=64))
    if seen.did:
        console.print(", ".join(seen.did), style="dim", markup=False)
