"""What is checked: the content, its program, the translations, the day, and how a finding is made. Checks are functions over a `Subject`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.authoring.reach import Walk
from flows.authoring.scenarios import Read

from flows.authoring.checks.translated import Translations
from flows.authoring.issues import Place
from flows.authoring.load import Content
from flows.effects import Screen
from flows.program import Program

SOURCE = "es"
Render = Callable[[Screen], str]
Never = Callable[[str, str], Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Everything a check may look at. `sources`: message id -> source text, facts included; `origins`: message id -> where it is written."""

    content: Content
    program: Program
    walk: Walk
    translations: Translations
    sources: Mapping[str, str]
    origins: Mapping[str, Place]
    today: date
    production: bool
    never: Never
    render: Render
    read: Read
    recordings: frozenset[str]
