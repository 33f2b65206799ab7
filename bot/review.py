"""`amparo check`: bring translations and rendering to the checks, and show what they find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from rich.console import Console
from rich.markup import escape

from bot.domain.facts import Facts, Standing
from bot.house import HouseBroken, find_house, load_house
from bot.i18n.catalogs import every_translation
from bot.i18n.render import UI_MESSAGES, render
from bot.understanding.retest import retest
from bot.understanding.understanding import Understanding
from flows.authoring.checks import as_json, check
from flows.authoring.issues import Issue, Level, Place
from flows.authoring.never import FILE as NEVER
from flows.authoring.never import read_never
from flows.effects import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was found, errors first."""

    issues: tuple[Issue, ...]
    states: int = 0

    @property
    def errors(self) -> int:
        """Findings that block publishing."""
        return sum(issue.level is Level.ERROR for issue in self.issues)

    def as_json(self) -> object:
        """For machines."""
        return {"errors": self.errors, "warnings": len(self.issues) - self.errors, "states": self.states, "issues": as_json(self.issues)}

    def show(self, console: Console, *, quiet: bool = False) -> None:
        """For people: one finding a paragraph, then the sum. `quiet`: errors only."""
        for issue in self.issues:
            if quiet and issue.level is not Level.ERROR:
                continue
            mark = "[red]error[/]" if issue.level is Level.ERROR else "[yellow]warning[/]"
            console.print(f"{mark} [bold]{issue.code}[/] {escape(issue.place.file)}:{issue.place.line}  {escape(issue.message)}")
            console.print(f"    [green]mend:[/] {escape(issue.remedy)}")
            if issue.path:
                console.print(f"    [dim]way there: {escape(' > '.join(issue.path))}[/]")
        warnings = len(self.issues) - self.errors
        console.print(f"{self.states} reachable states checked; {self.errors} errors, {warnings} warnings")


def review(content: Path | None, *, today: date, production: bool) -> Review:
    """Check the house at `content` (a folder with content/ and locales/), or this project's own."""
    try:
        loaded = load_house(content or find_house())
    except HouseBroken as error:
        missing = Issue(
            code="missing-file", level=Level.ERROR, place=Place(), message=str(error), remedy="name the folder that holds content/"
        )
        return Review(issues=error.issues or (missing,))
    try:
        never = read_never(loaded.root / "content")
    except (OSError, ValueError, yaml.YAMLError) as error:
        place = Place(file=f"content/{NEVER}")
        unread = Issue(
            code="bad-yaml", level=Level.ERROR, place=place, message=str(error), remedy="mend the file: without it nothing is published"
        )
        return Review(issues=(unread, *loaded.issues))
    program, _ = loaded.compiled()
    facts = Facts.of(loaded.content.facts.values(), words=loaded.texts)
    standing = Standing(organization="la organización", test_version=False)

    def rendered(screen: Screen) -> str:
        return render(screen, program=program, facts=facts, standing=standing, today=today).text

    retested = tuple(retest(loaded.root / "content" / "understanding"))
    if any(issue.level is Level.ERROR for issue in retested):
        return Review(issues=(*retested, *loaded.issues))
    understanding = Understanding.of(loaded.content.phrases, loaded.root / "content" / "understanding")
    found = check(
        loaded.content,
        loaded.issues,
        every_translation(loaded.root / "locales"),
        today=today,
        production=production,
        never=never.find,
        rendered=rendered,
        spoken=UI_MESSAGES,
        read=lambda text, locale: understanding(text, program, locale),
        desk=loaded.desk,
        recordings=frozenset(file.name.split(".")[0] for file in (loaded.root / "content" / "voice").glob("*.ogg")),
    )
    issues = sorted((*found.issues, *retested), key=lambda issue: issue.level is not Level.ERROR)
    return Review(issues=tuple(issues), states=found.states)
