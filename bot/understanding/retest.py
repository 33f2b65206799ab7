"""What `amparo check` says of the training lines: are they readable, do they agree, are the weights as new as they are, and what did a
change change.

Lines added since the last training are tried against the weights that are shipped, as if nobody had listed them; held-out lines, which
are never trained on, are compared with what was understood when the weights were made (`held_out/expected.json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from bot.understanding.classifier import Classifier
from bot.understanding.fingerprint import fingerprint, line_mark
from bot.understanding.materials import Line, Materials, MaterialsBroken, read_materials
from bot.understanding.weights import Weights, shipped
from bot.understanding.words import words
from flows.authoring.issues import Issue, Level, Place

EXPECTED: Final = Path("held_out") / "expected.json"
SHOWN: Final = 40
"""So many lines of a kind are named; more would hide the rest."""
TRAIN: Final = "run `make understanding`"


def retest(folder: Path) -> Iterator[Issue]:
    """Everything there is to say about `content/understanding`."""
    try:
        materials = read_materials(folder)
    except MaterialsBroken as error:
        yield _issue("bad-lines", Level.ERROR, Place(file="content/understanding"), str(error), "mend the file")
        return
    yield from islice(_unknown(materials), SHOWN)
    yield from islice(_disagreeing(materials), SHOWN)
    weights = shipped()
    judge = Classifier(materials, weights, listed=False)
    if fingerprint(materials) != weights.made_from:
        place = Place(file="content/understanding/lines")
        yield _issue("weights-old", Level.WARNING, place, "lines or lexicon have changed since the weights were made", TRAIN)
        yield from islice(_not_understood(materials, judge, weights), SHOWN)
    yield from islice(_changed(materials, judge, folder / EXPECTED), SHOWN)


def expected(materials: Materials, weights: Weights) -> str:
    """What the held-out lines are understood as by these weights, to compare with later."""
    judge = Classifier(materials, weights, listed=False)
    found = {line.text: judge(line.text, line.locale).label for line in materials.held_out}
    return json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def _unknown(materials: Materials) -> Iterator[Issue]:
    for line in (*materials.lines, *materials.held_out):
        if line.label not in materials.labels:
            yield _issue("unknown-label", Level.ERROR, _place(line), f"there is no label {line.label!r}", "take one of rules/labels.yaml")


def _disagreeing(materials: Materials) -> Iterator[Issue]:
    seen: dict[tuple[str, tuple[str, ...]], Line] = {}
    for line in materials.lines:
        before = seen.setdefault((line.locale, tuple(words(line.text, materials.spellings.get(line.locale)))), line)
        if before.label != line.label:
            said = f"{line.text!r} is {line.label} here and {before.label} in {before.file}:{before.number}"
            yield _issue("two-meanings", Level.WARNING, _place(line), said, "keep one of the two")


def _not_understood(materials: Materials, judge: Classifier, weights: Weights) -> Iterator[Issue]:
    for line in materials.lines:
        if weights.read(line_mark(line)):
            continue
        found = judge(line.text, line.locale)
        if found.label != line.label:
            said = f"{line.text!r} is listed as {line.label}; words like it are taken for {found.label} ({found.score:.2f})"
            yield _issue("not-understood", Level.WARNING, _place(line), said, f"{TRAIN}, or write more lines like it")


def _changed(materials: Materials, judge: Classifier, file: Path) -> Iterator[Issue]:
    before = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for line in materials.held_out:
        found = judge(line.text, line.locale)
        if before.get(line.text, found.label) != found.label:
            mark = "right" if found.label == line.label else "wrong"
            said = f"{line.text!r} was taken for {before[line.text]}, now for {found.label} ({mark})"
            yield _issue("understood-otherwise", Level.WARNING, _place(line, "held_out"), said, f"if that is meant, {TRAIN}")


def _place(line: Line, folder: str = "lines") -> Place:
    return Place(file=f"content/understanding/{folder}/{line.file}", line=line.number)


def _issue(code: str, level: Level, place: Place, message: str, remedy: str) -> Issue:
    return Issue(code=code, level=level, place=place, message=message, remedy=remedy)
