"""`amparo classify`: what a text is understood to mean, for a person or, line by line, for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.understanding.classifier import Classifier, Understood

out = Console()
err = Console(stderr=True)


def add_to(app: typer.Typer) -> None:
    """Hang the command into `amparo`."""
    app.command("classify")(classify)


def classify(
    text: Annotated[str, typer.Argument(help="What somebody might write.")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Read {"text": ..., "lang"?: ...} a line from standard input.')] = False,
    lang: Annotated[str, typer.Option(help="The language in use, where a text could be in several.")] = "",
) -> None:
    """What a text is understood to mean, and why. Nothing is kept."""
    from bot.house import HouseBroken
    from bot.understanding.materials import MaterialsBroken

    try:
        classifier = _classifier()
    except (HouseBroken, MaterialsBroken) as error:
        err.print(f"amparo: {error}", markup=False, highlight=False)
        raise typer.Exit(2) from None
    if not jsonl:
        _show(classifier(text, lang))
        return
    for answer in answers(classifier, sys.stdin):
        sys.stdout.write(answer + "\n")


def _classifier() -> Classifier:
    from bot.house import find_house
    from bot.understanding.classifier import Classifier
    from bot.understanding.materials import read_materials
    from bot.understanding.weights import shipped

    return Classifier(read_materials((Settings().content or find_house()) / "content" / "understanding"), shipped())


def answers(classifier: Classifier, lines: Iterable[str]) -> Iterator[str]:
    """One JSON answer for each JSON line; a line that cannot be read is answered with what is wrong, and the rest goes on."""
    for line in lines:
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            text, lang = asked["text"], asked.get("lang") or ""
            found = classifier(str(text), str(lang))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield json.dumps({"error": f'cannot read this line ({type(error).__name__}): write {{"text": ...}}'})
            continue
        yield json.dumps(as_json(found), ensure_ascii=False)


def as_json(found: Understood) -> dict[str, object]:
    """The fields issue 4 names."""
    return {
        "label": found.label,
        "also": list(found.also),
        "score": found.score,
        "lang": found.lang,
        "abstain": found.abstain,
        "checkin": found.checkin is not None,
        "why": list(found.why),
    }


def _show(found: Understood) -> None:
    table = Table("", "", box=None, pad_edge=False, show_header=False)
    table.add_row("label", f"[bold]{found.label}[/]" + ("  (abstains: the two likeliest are offered)" if found.abstain else ""))
    table.add_row("score", f"{found.score:.2f}")
    table.add_row("likely", ", ".join(f"{label} {score:.2f}" for label, score in found.likely))
    table.add_row("language", found.lang + ("" if found.lang_sure else " ?"))
    table.add_row(
        "asks first",
        {"immediate_danger": "¿estás en peligro ahora?", "self_harm": "¿estás en peligro ahora?"}.get(found.checkin or "", "no"),
    )
    table.add_row("why", ", ".join(found.why) or "letters and words only")
    out.print(table)
