"""Train the weights: `python -m bot.understanding.training`. Needs scikit-learn (development only); the same lines give the same weights.

The lines of `content/understanding/lines` are read, some of them once more with what people say around them (`fillers.yaml`), and two
linear models are fitted: labels and languages. Weights become whole numbers of one byte. What is printed is measured by cross-validation:
every line is judged by weights that were trained without it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from bot.understanding import features, language
from bot.understanding.classifier import with_rules
from bot.understanding.concepts import Concepts
from bot.understanding.fingerprint import fingerprint, line_mark
from bot.understanding.language import LOCALES, language_rows
from bot.understanding.materials import Line, Materials, read_materials
from bot.understanding.retest import EXPECTED, expected
from bot.understanding.weights import FILE, read_weights
from bot.understanding.words import fold, plain, spoken, words

FOLDS: Final = 5
SEED: Final = 20
STRICTNESS: Final = 0.4
SMOOTHING: Final = 0.3
BAYES: Final = 0.5
"""How much naive Bayes counts beside the margins."""
LANGUAGE_STRICTNESS: Final = 30.0
UNPADDED: Final = frozenset({"quick_exit", "delete_data", "change_language", "menu_help", "greeting", "thanks", "talk_to_human"})
"""Commands and courtesies stand alone: with words around them they would be something else."""
NOT_DENIED: Final = UNPADDED | {"immediate_danger", "out_of_scope", "abuse_spam"}
"""Who says "I am in no danger" and then names a need has that need; who then names the wish to die is in a crisis all the same."""
STEPS: Final = 127


@dataclass(frozen=True, slots=True)
class Example:
    """A text to learn from; `line` is the number of the line it was made of."""

    text: str
    label: str
    locale: str
    line: int


def examples(materials: Materials) -> Iterator[Example]:
    """Every line, every second one again within fillers, and some after a denial; chosen by a fixed seed."""
    chance = np.random.default_rng(SEED)
    for number, line in enumerate(materials.lines):
        yield Example(line.text, line.label, line.locale, number)
        before, after, wanted = map(int, chance.integers(0, 1 << 30, 3))
        if line.label in UNPADDED:
            continue
        if wanted % 2:
            yield Example(_padded(line, materials.fillers[line.locale], before, after), line.label, line.locale, number)
        denials = materials.denials[line.locale]
        if line.label not in NOT_DENIED and wanted % 5 == 0:
            yield Example(f"{denials[before % len(denials)]} {line.text}", line.label, line.locale, number)


def _padded(line: Line, fillers: Sequence[str], before: int, after: int) -> str:
    first = fillers[before % len(fillers)] if before % 3 else ""
    last = fillers[after % len(fillers)] if after % 3 == 0 or not first else ""
    return f"{first} {line.text} {last}".strip()


def known_words(materials: Materials) -> frozenset[str]:
    """Words of the lines that occur more than once: they are no slips."""
    seen = Counter(fold(word) for line in materials.lines for word in set(spoken(line.text)))
    return frozenset(word for word, times in seen.items() if times > 1 and word.isascii())


def matrix(materials: Materials, found: Sequence[Example], known: frozenset[str]) -> Any:
    """Examples as rows of features."""
    concepts = Concepts.of(materials.listed, known)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for place, example in enumerate(found):
        noted = concepts.note(words(example.text, materials.spellings.get(example.locale)), example.locale)
        numbers, weights = features.rows(with_rules(noted, materials))
        rows += [place] * len(numbers)
        columns += numbers
        values += weights
    return sp.csr_matrix((values, (rows, columns)), shape=(len(found), features.ROWS), dtype=np.float32)


def language_matrix(texts: Sequence[str]) -> Any:
    """Texts as rows of their language's features."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for place, text in enumerate(texts):
        numbers = language_rows(spoken(text))
        rows += [place] * len(numbers)
        columns += numbers
        values += [1.0 / max(len(numbers), 1) ** 0.5] * len(numbers)
    return sp.csr_matrix((values, (rows, columns)), shape=(len(texts), language.ROWS), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Margins:
    """A linear model of labels: what each feature says for each class, and what each class starts from."""

    classes_: Any
    coef_: Any
    intercept_: Any

    def decision_function(self, data: Any) -> Any:
        """The margin of every class for every example."""
        return data @ self.coef_.T + self.intercept_


def fitted(data: Any, answers: Any) -> Margins:
    """One label against all others, by margins; with a little of naive Bayes, which is steadier about words seen once (measured on the
    held-out lines: one to two points better; on lines left out of training: the same). Both are linear, so their sum is one model."""
    margins = LinearSVC(C=STRICTNESS, class_weight=balance(answers), random_state=SEED).fit(data, answers)
    bayes = ComplementNB(alpha=SMOOTHING).fit(data, answers).feature_log_prob_
    seen = np.asarray(data.sum(axis=0)).ravel() > 0
    steady = (bayes - bayes.mean(axis=0)) * seen
    return Margins(margins.classes_, margins.coef_ + BAYES * steady, margins.intercept_)


def sharpness(margins: Any, answers: Any, order: Sequence[str]) -> float:
    """What margins are multiplied with to become honest probabilities, found on lines the model has not seen."""
    places = np.asarray([list(order).index(answer) for answer in answers])

    def loss(factor: float) -> float:
        grown = margins * factor
        return float(
            np.mean(np.log(np.exp(grown - grown.max(1, keepdims=True)).sum(1)) + grown.max(1) - grown[np.arange(len(places)), places])
        )

    return min((step / 10 for step in range(10, 150)), key=loss)


def balance(answers: Any) -> dict[str, float]:
    """Labels with many lines count less each, by the root of their number: how many lines we wrote says little of how often people ask."""
    times = Counter(answers)
    usual = float(np.median(list(times.values())))
    return {label: (usual / number) ** 0.5 for label, number in times.items()}


def small(model: Any, order: Sequence[str], factor: float = 1.0) -> dict[str, Any]:
    """The model's numbers in one byte each, less the features that say nothing."""
    classes = [list(model.classes_).index(name) for name in order]
    weights = model.coef_[classes].T * factor
    scale = np.abs(weights).max(axis=0) / STEPS
    whole = np.rint(weights / scale).astype(np.int8)
    used = np.flatnonzero(np.abs(whole).max(axis=1) > 0)
    start = (model.intercept_[classes] * factor).astype(np.float32)
    return {"features": used.astype(np.int32), "rows": whole[used], "scale": scale.astype(np.float32), "start": start}


def train(materials: Materials, file: Path) -> float:
    """Fit both models and write them. Answers the share of lines that were understood by weights trained without them."""
    known = known_words(materials)
    found = list(examples(materials))
    answers = np.asarray([example.label for example in found])
    data = matrix(materials, found, known)
    labels = sorted(set(answers))
    margins = unseen(data, answers, [example.line for example in found])
    meaning = fitted(data, answers)
    texts = [text for line in materials.lines for text in (line.text, plain(line.text))]
    tongues = np.asarray([line.locale for line in materials.lines for _ in range(2)])
    tongue = LogisticRegression(C=LANGUAGE_STRICTNESS, max_iter=200, tol=1e-3).fit(language_matrix(texts), tongues)
    held = {f"meaning_{name}": value for name, value in small(meaning, labels, sharpness(margins, answers, labels)).items()}
    held |= {f"language_{name}": value for name, value in small(tongue, LOCALES).items()}
    held["lines"] = np.asarray(sorted(map(line_mark, materials.lines)), np.uint32)
    known_row = np.asarray(" ".join(sorted(known)))
    np.savez_compressed(file, labels=np.asarray(labels), known=known_row, made_from=np.asarray(fingerprint(materials)), **held)
    return float(np.mean(np.asarray(labels)[margins.argmax(1)] == answers))


def unseen(data: Any, answers: Any, lines: Sequence[int]) -> Any:
    """The margins each example gets from a model that has seen neither it nor another example of its line."""
    parts = np.random.default_rng(SEED).integers(0, FOLDS, max(lines) + 1)[np.asarray(lines)]
    margins = np.zeros((len(answers), len(set(answers))))
    for part in range(FOLDS):
        margins[parts == part] = fitted(data[parts != part], answers[parts != part]).decision_function(data[parts == part])
    return margins


def main() -> None:
    """Train on `content/understanding` of this checkout and say where the weights went."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "content/understanding")
    materials = read_materials(folder)
    right = train(materials, FILE)
    (folder / EXPECTED).write_text(expected(materials, read_weights(FILE)), "utf-8")
    size = FILE.stat().st_size / 1e6
    sys.stdout.write(
        f"{len(materials.lines)} lines, {len(materials.listed)} lexicon entries: {right:.1%} understood when left out; {size:.1f} MB\n"
    )


if __name__ == "__main__":
    main()
