"""Score the classifier on labelled sentences: `python -m tests.bench.understanding FILE.jsonl... [--svg docs/understanding-
confusion.svg]`.

A line is `{"text", "lang", "label", "also", "tags"}`. Figures: strict and lenient accuracy, macro-F1, crisis recall with and without the
soft question, false crises, coverage and precision of what is answered, commands, idioms, denials, languages; per label and language; and
the table of confusions as a picture. The second column leaves out sentences that echo a training line (tests/bench/echoes.py).
`understanding_held_out.jsonl` was written by a separate hand that saw no training line; nobody may tune on it or read it while writing
lines.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from bot.house import find_house
from bot.understanding.classifier import CRISES, Classifier, Understood
from bot.understanding.materials import read_materials
from bot.understanding.weights import shipped
from tests.bench.echoes import Echoes

COMMANDS: Final = frozenset({"quick_exit", "delete_data", "change_language", "menu_help", "talk_to_human", "greeting", "thanks"})
LOCALES: Final = ("es", "en", "pt", "fr", "ht")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A labelled sentence."""

    text: str
    lang: str
    label: str
    also: tuple[str, ...]
    tags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A sentence and what was made of it."""

    case: Case
    found: Understood

    @property
    def strict(self) -> bool:
        """The one best label."""
        return self.found.label == self.case.label

    @property
    def lenient(self) -> bool:
        """The best label or another acceptable one."""
        return self.strict or self.found.label in self.case.also

    @property
    def settled(self) -> bool:
        """What was answered is right, or there was good reason to abstain."""
        return self.lenient or (self.found.abstain and ("ambiguous" in self.case.tags or self.case.label == "out_of_scope"))


def read_cases(file: Path) -> list[Case]:
    """The sentences of a file."""
    made = []
    for line in file.read_text("utf-8").splitlines():
        held = json.loads(line)
        made.append(
            Case(
                text=held["text"],
                lang=held["lang"],
                label=held["label"],
                also=tuple(held.get("also", ())),
                tags=frozenset(held.get("tags", ())),
            )
        )
    return made


def judge(cases: Iterable[Case], classifier: Callable[[str], Understood]) -> list[Result]:
    """Classify every sentence."""
    return [Result(case=case, found=classifier(case.text)) for case in cases]


def share(values: Sequence[bool]) -> float:
    """The share that is true; 1 of none."""
    return sum(values) / len(values) if values else 1.0


def macro_f1(results: Sequence[Result], *, lenient: bool) -> float:
    """The mean of F1 over the labels that occur."""
    truth = [result.found.label if lenient and result.lenient else result.case.label for result in results]
    guesses = [result.found.label for result in results]
    hits = Counter(right for right, guess in zip(truth, guesses, strict=True) if right == guess)
    there, guessed = Counter(truth), Counter(guesses)
    scores = [2 * hits[label] / (there[label] + guessed[label]) for label in there]
    return sum(scores) / len(scores)


def figures(results: Sequence[Result]) -> dict[str, float]:
    """The figures issue 4 names."""
    crises = [result for result in results if result.case.label in CRISES]
    calm = [result for result in results if not {result.case.label, *result.case.also} & set(CRISES)]
    answered = [result for result in results if not result.found.abstain]
    tongues = [result for result in results if "lang_ambiguous" not in result.case.tags]
    known = {"trap", "idiom"}
    return {
        "lines": len(results),
        "strict": share([result.strict for result in results]),
        "lenient": share([result.lenient for result in results]),
        "macro_f1_strict": macro_f1(results, lenient=False),
        "macro_f1_lenient": macro_f1(results, lenient=True),
        "crisis_recall_hard": share([result.found.crisis is not None for result in crises]),
        "crisis_recall_soft": share([bool(result.found.crisis or result.found.checkin) for result in crises]),
        "false_crisis_hard": share([result.found.crisis is not None for result in calm]) if calm else 0.0,
        "false_crisis_soft": share([bool(result.found.crisis or result.found.checkin) for result in calm]) if calm else 0.0,
        "coverage": share([not result.found.abstain for result in results]),
        "precision_answered": share([result.lenient for result in answered]),
        "commands": share([result.lenient for result in results if result.case.label in COMMANDS]),
        "idioms_and_traps": share([result.settled for result in results if result.case.tags & known]),
        "denials": share([result.lenient for result in results if "negation" in result.case.tags]),
        "language": share([result.found.lang == result.case.lang for result in tongues]),
        "language_4_words": share([r.found.lang == r.case.lang for r in tongues if len(r.case.text.split()) >= 4]),
    } | {f"lenient_{lang}": share([r.lenient for r in results if r.case.lang == lang]) for lang in LOCALES}


def by_label(results: Sequence[Result]) -> list[tuple[str, int, float, float]]:
    """Label, lines, lenient recall, precision."""
    rows = []
    for label in sorted({result.case.label for result in results}):
        mine = [result for result in results if result.case.label == label]
        said = [result for result in results if result.found.label == label]
        rows.append((label, len(mine), share([r.lenient for r in mine]), share([r.lenient for r in said])))
    return rows


def picture(results: Sequence[Result]) -> str:
    """The table of confusions as SVG: rows are the truth, columns what was said; the darker, the more often."""
    labels = sorted({r.case.label for r in results} | {r.found.label for r in results})
    counts = Counter((r.case.label, r.found.label if not r.lenient else r.case.label) for r in results)
    rows = Counter(r.case.label for r in results)
    size, left, top = 22, 170, 150
    width, height = left + size * len(labels) + 20, top + size * len(labels) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">']
    parts.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    for place, label in enumerate(labels):
        at = place * size
        parts.append(f'<text x="{left - 6}" y="{top + at + 15}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<text transform="translate({left + at + 15} {top - 6}) rotate(-60)">{escape(label)}</text>')
    for row, truth in enumerate(labels):
        for column, said in enumerate(labels):
            if number := counts[truth, said]:
                parts.append(_cell(left + column * size, top + row * size, size, number, number / rows[truth], right=row == column))
    parts.append(
        f'<text x="{left}" y="{height - 8}">rows: what was meant; columns: what was understood; {len(results)} sentences</text></svg>'
    )
    return "\n".join(parts) + "\n"


def _cell(x: int, y: int, size: int, number: int, part: float, *, right: bool) -> str:
    colour = f"rgba({'20,110,60' if right else '190,40,40'},{0.15 + 0.85 * part:.2f})"
    ink = "white" if part > 0.5 else "black"
    return (
        f'<rect x="{x}" y="{y}" width="{size - 1}" height="{size - 1}" fill="{colour}"/>'
        f'<text x="{x + size / 2}" y="{y + 15}" text-anchor="middle" fill="{ink}">{number}</text>'
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of the files named, and draw the picture if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    materials = read_materials(find_house() / "content" / "understanding")
    classifier = Classifier(materials, shipped())
    cases = [case for file in chosen.files for case in read_cases(file)]
    begun = time.perf_counter()
    results = judge(cases, classifier)
    took = (time.perf_counter() - begun) / max(len(cases), 1) * 1000
    if chosen.svg:
        chosen.svg.write_text(picture(results), "utf-8")
    echoes = Echoes(materials.lines)
    fresh = figures([result for result in results if result.case.text not in echoes])
    if chosen.json:
        sys.stdout.write(json.dumps({"all": figures(results), "no_echoes": fresh}, indent=1) + "\n")
        return
    sys.stdout.write(f"{'':22}   all  no echoes\n")
    for name, value in figures(results).items():
        sys.stdout.write(f"{name:22} {value:5.3f} {fresh[name]:5.3f}\n" if name != "lines" else f"{name:22} {value:5} {fresh[name]:5}\n")
    sys.stdout.write(f"{'ms a message':22} {took:.2f}\n\n{'label':22} lines recall precision\n")
    for label, number, recall, precision in by_label(results):
        sys.stdout.write(f"{label:22} {number:5} {recall:6.2f} {precision:9.2f}\n")


if __name__ == "__main__":
    main()
