"""What administrators write under `content/understanding/`, read from disk.

`lexicon/*.yaml` holds concepts (concept -> language -> words); `lines/*.yaml` what people write and which label it means;
`held_out/*.yaml` the same, kept apart from training; `rules/` the labels and what they lead to, crisis rules, chat spellings, and what
people say around what they mean (`fillers.yaml`, `denials.yaml`). Phrases of intents (`*.yaml` beside these folders) are read with the
flows, by `flows.authoring.load`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bot.understanding.crisis import CrisisRules
from bot.understanding.words import fold

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
class Meaning:
    """What a label leads to: a crisis, an intent flows wait for, or a command said in plain words."""

    crisis: str = ""
    intent: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """Everything the classifier is built from, except its weights."""

    listed: tuple[Listed, ...]
    spellings: Mapping[str, Mapping[str, tuple[str, ...]]]
    lines: tuple[Line, ...]
    rules: CrisisRules
    fillers: Mapping[str, tuple[str, ...]]
    denials: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Meaning]
    held_out: tuple[Line, ...] = ()


def read_materials(folder: Path) -> Materials:
    """Read `content/understanding`. Raises `MaterialsBroken`."""
    return Materials(
        listed=tuple(_listed(folder / "lexicon")),
        spellings=_spellings(folder / "rules" / "spellings.yaml"),
        lines=tuple(read_lines(folder / "lines")),
        rules=CrisisRules.of(_load(folder / "rules" / "crisis.yaml")),
        fillers=_blocks(folder / "rules" / "fillers.yaml"),
        denials=_blocks(folder / "rules" / "denials.yaml"),
        labels={label: Meaning(**held) for label, held in _load(folder / "rules" / "labels.yaml").items()},
        held_out=tuple(read_lines(folder / "held_out")),
    )


def _load(file: Path) -> Any:
    """The data of a file; nothing when it is not there: a house may leave any of them out."""
    if not file.exists():
        return {}
    try:
        return yaml.load(file.read_text("utf-8"), LOADER)  # noqa: S506 - a safe loader, of libyaml where it is built in
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise MaterialsBroken(f"{file.name} cannot be read: {' '.join(str(error).split())}") from error


def _blocks(file: Path) -> dict[str, tuple[str, ...]]:
    return {locale: tuple(str(block).strip().split("\n")) for locale, block in _load(file).items()}


def _listed(folder: Path) -> Iterator[Listed]:
    for file in sorted(folder.glob("*.yaml")):
        for concept, languages in _load(file).items():
            for locale, phrases in languages.items():
                yield from (Listed(concept, phrase.strip(), locale) for phrase in str(phrases).split(",") if phrase.strip())


def _spellings(file: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        locale: {str(short): tuple(map(fold, str(meant).split())) for short, meant in pairs.items()}
        for locale, pairs in _load(file).items()
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
