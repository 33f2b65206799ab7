"""Training: the same lines give the same weights, and weights read back say what the model said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.understanding.classifier import Classifier
from bot.understanding.materials import Line, Materials, read_materials
from bot.understanding.training import examples, train
from bot.understanding.weights import read_weights
from tests.house import ROOT

LABELS = ("extortion", "asylum", "greeting", "immediate_danger", "self_harm")


def small() -> Materials:
    """A few lines of three labels in all languages."""
    whole = read_materials(ROOT / "content" / "understanding")
    chosen: list[Line] = []
    for locale in ("es", "en", "pt", "fr", "ht"):
        for label in LABELS:
            chosen += [line for line in whole.lines if (line.locale, line.label) == (locale, label)][:12]
    return replace(whole, lines=tuple(chosen))


def test_the_same_every_time(tmp_path: Path) -> None:
    """Byte by byte."""
    materials = small()
    for name in ("one.npz", "two.npz"):
        train(materials, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_what_was_learnt_is_known(tmp_path: Path) -> None:
    """Nearly all lines are understood by the weights that learnt them, without looking them up."""
    materials = small()
    train(materials, tmp_path / "weights.npz")
    weights = read_weights(tmp_path / "weights.npz")
    judge = Classifier(materials, weights, listed=False)
    labels = [judge(line.text, line.locale).label for line in materials.lines]
    right = sum(label == line.label for label, line in zip(labels, materials.lines, strict=True))
    assert right / len(materials.lines) > 0.95


def test_fillers_and_denials_change_no_meaning() -> None:
    """A padded example keeps the label of its line, and holds its text."""
    materials = small()
    for example in examples(materials):
        line = materials.lines[example.line]
        assert (example.label, example.locale) == (line.label, line.locale)
        assert line.text in example.text
