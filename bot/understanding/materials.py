"""What administrators write under `content/understanding/`, read from disk: lexicon, chat spellings, training lines, labels.

`lexicon/*.yaml` holds concepts (concept -> language -> words), `lexicon/spellings.yaml` chat spellings, `lines/*.yaml` what people write and which
label it means, `held_out/*.yaml` the same kept apart from training, `fillers.yaml` what people say around it, `denials.yaml` how they
say that they are safe, `rules.yaml` the crisis rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bot.understanding.crisis import CrisisRules
from bot.understanding.words import fold

SPELLINGS: Final = "spellings.yaml"
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class MaterialsBroken(Exception):
    """A file under content/understanding cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One way to say a concept, and the language it is listed for."""

    concept: str
    phrase: str
    locale: str


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody's sentence and what it means; `file` and `number` say where it stands."""

    text: str
    label: str
    locale: str
    file: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """Everything the classifier is built from, except its weights."""

    listed: tuple[Listed, ...]
    spellings: Mapping[str, Mapping[str, tuple[str, ...]]]
    lines: tuple[Line, ...]
    rules: CrisisRules
    fillers: Mapping[str, tuple[str, ...]]
    denials: Mapping[str, tuple[str, ...]]
    held_out: tuple[Line, ...] = ()


def read_materials(folder: Path) -> Materials:
    """Read `content/understanding`. Raises `MaterialsBroken`."""
    return Materials(
        listed=tuple(_listed(folder / "lexicon")),
        spellings=_spellings(folder / "lexicon" / SPELLINGS),
        lines=tuple(read_lines(folder / "lines")),
        rules=CrisisRules.of(_load(folder / "rules.yaml")),
        fillers=_blocks(folder / "fillers.yaml"),
        denials=_blocks(folder / "denials.yaml"),
        held_out=tuple(read_lines(folder / "held_out")),
    )


def _load(file: Path) -> Any:
    try:
        return yaml.load(file.read_text("utf-8"), LOADER)  # noqa: S506 - a safe loader, of libyaml where it is built in
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise MaterialsBroken(f"{file.name} cannot be read: {' '.join(str(error).split())}") from error


def _blocks(file: Path) -> dict[str, tuple[str, ...]]:
    return {locale: tuple(str(block).strip().split("\n")) for locale, block in _load(file).items()}


def _listed(folder: Path) -> Iterator[Listed]:
    for file in sorted(folder.glob("*.yaml")):
        if file.name == SPELLINGS:
            continue
        for concept, languages in _load(file).items():
            for locale, phrases in languages.items():
                yield from (Listed(concept, phrase.strip(), locale) for phrase in str(phrases).split(",") if phrase.strip())


def _spellings(file: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        locale: {str(short): tuple(map(fold, str(meant).split())) for short, meant in pairs.items()}
        for locale, pairs in (_load(file) if file.exists() else {}).items()
    }


def read_lines(folder: Path) -> Iterator[Line]:
    """All sentences of a folder of lines."""
    for file in sorted(folder.glob("*.yaml")):
        held = _load(file)
        starts = _starts(file)
        for label, block in held["lines"].items():
            for offset, text in enumerate(str(block).split("\n")):
                if text.strip():
                    yield Line(text.strip(), label, held["locale"], file.name, starts.get(label, 0) + offset)


def _starts(file: Path) -> dict[str, int]:
    """The file's line on which each label's first sentence stands."""
    return {
        line.strip().removesuffix(": |"): number + 1
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if line.endswith(": |")
    }
