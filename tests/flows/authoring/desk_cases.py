"""A sound desk beside the sound house, and one broken desk per problem. Adding a case is adding a row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

CASA: Final = """\
organization: casa
name: Casa
needs: [search, danger]
states: [gro]
languages: [es, en]
zone: America/Mexico_City
hours:
  mon: ["09:00-14:00", "16:00-20:00"]
  fri: ["22:00-06:00"]
holidays: [2026-12-25, 2027-02-01]
media: [photo]
complaints_to: otra
next: [otra]
alternatives:
  general: [search_line]
"""
OTRA: Final = """\
organization: otra
name: Otra
languages: [es]
hours: always
holidays: none
complaints_to: casa
alternatives:
  general: [search_line]
"""
CLOCKS: Final = """\
ladders:
  danger: {nudge: 2 min, back_to_queue: 5 min, next_organization: 10 min, supervisor: 15 min}
  high: {nudge: 10 min, back_to_queue: 30 min, next_organization: 60 min, supervisor: 60 min}
  ordinary: {nudge: 2 h, back_to_queue: 6 h, next_organization: 24 h, supervisor: 24 h}
raises: {ordinary: 6 h, high: 1 h}
crisis: 2 min
hold: 5 s
back_at_most: 60 min
gap: 12 h
follow_up_retry: 24 h
cool_down: 15 min
duty_reminder: 30 min
break_glass: 60 min
renewal: 7 d
"""
FILES: Final = {"organizations/casa.yaml": CASA, "organizations/otra.yaml": OTRA, "clocks.yaml": CLOCKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """`old` becomes `new` in `file`; the finding stands there, in the line that holds `line` (default: `new`), and says `says`."""

    code: str
    file: str
    old: str
    new: str
    says: str = ""
    line: str = ""
    production: bool = False
    error: bool = True


HOME = "organizations/casa.yaml"
TIMES = "clocks.yaml"
CASES: Final = (
    Broken(code="bad-shape", file=HOME, old="media:", new="medios:", says="medios"),
    Broken(code="bad-shape", file=HOME, old="[photo]", new="[sticker]", says="media"),
    Broken(code="bad-shape", file=HOME, old='fri: ["22:00-06:00"]', new='fri: ["22-06"]', says="hours", line="hours:"),
    Broken(code="bad-shape", file="organizations/otra.yaml", old="hours: always", new="hours: {mon: []}", says="never open"),
    Broken(code="bad-shape", file="organizations/otra.yaml", old="holidays: none\n", new="", says="holidays", line="organization: otra"),
    Broken(code="bad-shape", file=TIMES, old="crisis: 2 min", new="crisis: 2", says="length of time"),
    Broken(code="bad-shape", file=TIMES, old="crisis: 2 min", new="crisis: two min", says="length of time"),
    Broken(code="bad-shape", file=TIMES, old="gap: 12 h\n", new="", says="gap", line="ladders:"),
    Broken(code="bad-yaml", file=HOME, old="[photo]", new="[photo", line="complaints_to: otra"),
    Broken(code="bad-name", file=HOME, old="organization: casa", new="organization: case", says="'case'"),
    Broken(code="unknown-flow", file=HOME, old="[search, danger]", new="[search, dangers]", says="'dangers'"),
    Broken(code="unknown-flow", file=HOME, old="[search, danger]", new="[welcome]", says="'welcome' is no need"),
    Broken(code="unknown-place", file=HOME, old="[gro]", new="[gue]", says="'gue'"),
    Broken(code="unknown-language", file=HOME, old="[es, en]", new="[es, de]", says="'de'"),
    Broken(code="unknown-zone", file=HOME, old="America/Mexico_City", new="America/Iguala", says="Iguala"),
    Broken(code="unknown-zone", file=HOME, old="America/Mexico_City", new="America", says="'America'"),
    Broken(code="unknown-zone", file=HOME, old="America/Mexico_City", new="../passwd", says="passwd"),
    Broken(code="unknown-organization", file=HOME, old="complaints_to: otra", new="complaints_to: nadie", says="'nadie'"),
    Broken(code="unknown-organization", file=HOME, old="next: [otra]", new="next: [nadie]", says="'nadie'"),
    Broken(code="unknown-organization", file=HOME, old="next: [otra]", new="next: [casa]", says="'casa'"),
    Broken(
        code="unknown-organization",
        file="organizations/otra.yaml",
        old="name: Otra",
        new="name: Otra\ndemo: true",
        says="of the demo",
        line="",
    ),
    Broken(code="complaints-inside", file=HOME, old="complaints_to: otra", new="complaints_to: casa", says="itself"),
    Broken(code="unknown-fact", file=HOME, old="[search_line]", new="[search_lines]", says="'search_lines'", line="general:"),
    Broken(code="alternative-no-door", file=HOME, old="[search_line]", new="[rule]", says="'rule'", line="general:"),
    Broken(
        code="alternative-spoken",
        file=HOME,
        old="  general: [search_line]\n",
        new="  general: [search_line]\n  cannot_speak: [search_line]\n",
        says="'search_line'",
        line="cannot_speak:",
    ),
    Broken(code="conflict-only-door", file=HOME, old="[search_line]", new="[disputed]", says="disputed", line="general:"),
    Broken(code="hours-overlap", file=HOME, old='"16:00-20:00"', new='"13:59-20:00"', says="mon"),
    Broken(code="holidays-run-out", file=HOME, old=", 2027-02-01]", new="]", says="2026-12-25"),
    Broken(code="clock-order", file=TIMES, old="nudge: 2 min", new="nudge: 6 min", says="back_to_queue comes before nudge"),
    Broken(code="clock-order", file=TIMES, old="supervisor: 15 min", new="supervisor: 2 h", says="danger waits longer than high"),
    Broken(code="clock-slow", file=TIMES, old="crisis: 2 min", new="crisis: 3 min", says="crisis", error=False),
    Broken(code="clock-slow", file=TIMES, old="hold: 5 s", new="hold: 2 min", says="hold", error=False),
    Broken(code="clock-slow", file=TIMES, old="supervisor: 15 min", new="supervisor: 16 min", says="15 minutes", error=False),
)
CODES: Final = frozenset({case.code for case in CASES} | {"only-demo", "alternative-unsaid"})
"""Codes that are shown broken here."""
FACTS: Final = """\
facts:
  - id: rule
    kind: rule
    statement: Una regla.
    fallback: Pregunta.
    source: {title: Una página, date: 2026-01}
    checked_on: 2026-11-01
    checked_by: Nadie
    review_by: 2027-11-01
    risk: low
    confidence: high
  - id: disputed
    kind: phone
    value: "55 0000 0009"
    statement: Una línea.
    fallback: Pregunta.
    source: {title: Una página, date: 2026-01}
    checked_on: 2026-11-01
    checked_by: Nadie
    review_by: 2027-11-01
    risk: low
    confidence: high
    conflict: Dos páginas dicen otra cosa.
"""


def build_desk(root: Path, **files: str) -> None:
    """Write the sound desk into a content folder, with other texts for some of its files."""
    (root / "organizations").mkdir(parents=True, exist_ok=True)
    for name, text in {**FILES, **files}.items():
        (root / name).write_text(text, "utf-8")
