"""The house's data on disk: `content/` and `locales/`, loaded, compiled and kept fresh.

Flows, cards and translations are read at start (running conversations stay pinned anyway). Facts and the emergency switch are looked at
again whenever their files change: a corrected or switched-off number is everywhere at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.domain.facts import Facts
from bot.i18n import catalogs
from flows.authoring.bundle import Bundle, bundle
from flows.authoring.compile import compile_program
from flows.authoring.desk_load import DeskContent, load_desk
from flows.authoring.extract import SourceMessage, extract
from flows.authoring.issues import Issue, Level
from flows.authoring.load import Content, load_content
from flows.program import Program

log = structlog.get_logger()
SWITCHED_OFF = "switched_off.txt"


class HouseBroken(Exception):
    """The content cannot be read. Run `amparo check`: it names every file and line."""

    def __init__(self, message: str, issues: tuple[Issue, ...] = ()) -> None:
        super().__init__(message)
        self.issues = issues


def find_house() -> Path:
    """The folder that holds content/ and locales/: the checkout this runs from, or what was installed with the package."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent, here / "_house"):
        if (folder / "content" / "flows").is_dir():
            return folder
    raise HouseBroken("no content/ folder found; set AMPARO_CONTENT to the folder that holds content/ and locales/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Content, its messages, and the translations that may be served. `desk`: organizations and clocks, None when they cannot be read.
    `unreviewed`: (locale, message id) of translations no person has looked at."""

    root: Path
    content: Content
    issues: tuple[Issue, ...]
    messages: tuple[SourceMessage, ...]
    texts: dict[str, dict[str, str]]
    desk: DeskContent | None = None
    unreviewed: frozenset[tuple[str, str]] = frozenset()

    def bundle(self) -> Bundle:
        """What conversations are pinned to. Facts are not part of it."""
        return bundle(
            self.content,
            {locale: {name: text for name, text in found.items() if not name.startswith("fact.")} for locale, found in self.texts.items()},
        )

    def spoken(self) -> dict[str, dict[str, str]]:
        """Every text by language and id, the source under its own language: what the desk speaks with. Nothing of it is pinned."""
        return {"es": {message.id: message.text for message in self.messages}, **self.texts}

    def compiled(self) -> tuple[Program, Bundle]:
        """The current program and its bundle."""
        made = self.bundle()
        return compile_program(made), made


def load_house(root: Path) -> Loaded:
    """Read everything. Raises `HouseBroken` only when nothing could be compiled at all; other problems are in `issues`."""
    try:
        content, issues = load_content(root / "content")
        if content is None:
            raise HouseBroken(_named(issues), tuple(issues))
        messages = extract(content)
        translations = catalogs.load_translations(root / "locales")
        texts = catalogs.texts(translations, messages)
        desk, desk_issues = load_desk(root / "content")
        unreviewed = frozenset((locale, name) for locale, found in translations.items() for name, one in found.items() if one.machine)
    except (OSError, catalogs.CatalogError) as error:
        raise HouseBroken(f"the content cannot be read: {error}") from error
    return Loaded(
        root=root,
        content=content,
        issues=(*issues, *desk_issues),
        messages=tuple(messages),
        texts=texts,
        desk=desk,
        unreviewed=unreviewed,
    )


def _named(issues: Sequence[Issue]) -> str:
    lines = "; ".join(f"{issue.place.file}:{issue.place.line} {issue.message}" for issue in issues[:5])
    return f"the content cannot be read: {lines}"


def whole(loaded: Loaded) -> Loaded:
    """The same, if every file could be read. A service with half its content must not start: raises `HouseBroken`."""
    errors = [issue for issue in loaded.issues if issue.level is Level.ERROR]
    if errors:
        raise HouseBroken(_named(errors), loaded.issues)
    return loaded


class LiveFacts:
    """Facts as they are on disk now, less those the emergency switch (`amparo facts off`) took away."""

    def __init__(self, loaded: Loaded, data: Path) -> None:
        self._root = loaded.root
        self._switch = data / SWITCHED_OFF
        self._stamp = self._seen()
        self._facts = self._made(loaded)

    def __call__(self) -> Facts:
        """The facts of this moment."""
        return self._facts

    def refresh(self) -> bool:
        """Read again when any file changed. While something cannot be read the last good facts stand, less those switched off since; what
        was corrected meanwhile arrives with whichever file mends the rest."""
        stamp = self._seen()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._facts = self._made(whole(load_house(self._root)))
        except HouseBroken:
            log.error("facts_unreadable")
            self._facts = self._facts.switching_off(read_switched_off(self._switch))
            return False
        log.info("facts_refreshed")
        return True

    def _made(self, loaded: Loaded) -> Facts:
        return Facts.of(loaded.content.facts.values(), words=loaded.texts, switched_off=read_switched_off(self._switch))

    def _seen(self) -> tuple[tuple[str, int], ...]:
        read = (*(self._root / "content").rglob("*.yaml"), *(self._root / "locales").rglob("*.po"))
        files: Sequence[Path] = [*sorted(read), self._switch]
        return tuple((file.as_posix(), file.stat().st_mtime_ns) for file in files if file.exists())


def read_switched_off(file: Path) -> tuple[str, ...]:
    """Fact ids, one a line."""
    return tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()) if file.exists() else ()
