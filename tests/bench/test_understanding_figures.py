"""The scorer counts as the figures are defined."""

from __future__ import annotations

import pytest

from bot.understanding.classifier import Understood
from bot.understanding.materials import Line
from tests.bench.echoes import Echoes
from tests.bench.understanding import Case, Result, figures, macro_f1, picture


def result(label: str, said: str, *, also: tuple[str, ...] = (), abstain: bool = False, checkin: str | None = None) -> Result:
    """A sentence of `label` that was taken for `said`."""
    found = Understood(label=said, also=(), score=0.9, lang="es", abstain=abstain, checkin=checkin, why=())
    return Result(case=Case(text="a b c d", lang="es", label=label, also=also, tags=frozenset()), found=found)


def test_figures() -> None:
    """Crises, false crises, coverage, precision."""
    results = [
        result("immediate_danger", "immediate_danger"),
        result("self_harm", "mental_health", checkin="self_harm"),
        result("threats", "immediate_danger"),
        result("asylum", "legal_help", also=("legal_help",)),
        result("out_of_scope", "greeting", abstain=True),
        result("thanks", "thanks"),
    ]
    found = figures(results)
    assert found["crisis_recall_hard"] == 0.5
    assert found["crisis_recall_soft"] == 1.0
    assert found["false_crisis_hard"] == 0.25
    assert found["strict"] == pytest.approx(2 / 6)
    assert found["lenient"] == pytest.approx(3 / 6)
    assert found["coverage"] == pytest.approx(5 / 6)
    assert found["precision_answered"] == pytest.approx(3 / 5)
    assert found["commands"] == 1.0


def test_macro_f1() -> None:
    """The mean over labels, not over sentences."""
    results = [result("asylum", "asylum"), result("asylum", "asylum"), result("threats", "asylum")]
    assert macro_f1(results, lenient=False) == pytest.approx((0.8 + 0.0) / 2)


def test_picture() -> None:
    """Every label is named, every pair drawn."""
    drawn = picture([result("asylum", "threats"), result("threats", "threats")])
    assert drawn.startswith("<svg")
    assert drawn.count("<rect") == 3


def test_echoes() -> None:
    """The same words in another spelling or order, or most of them; not one word in common."""
    lines = [Line("me quieren cobrar piso en mi tienda", "extortion", "es", "a.yaml", 3)]
    assert "ME KIEREN cobrar piso en mi tienda!" in Echoes(lines)
    assert "quieren cobrar piso en la tienda" in Echoes(lines)
    assert "el piso de mi tienda se mojó" not in Echoes(lines)
    assert "" not in Echoes(lines)
