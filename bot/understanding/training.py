"""Train the weights: `python -m bot.understanding.training`. Needs scikit-learn (development only); the same lines give the same weights.

The lines of `content/understanding/lines` are read, some of them once more with what people say around them (`fillers.yaml`), and two
models are fitted: a small network for labels, a linear one for languages. Weights become whole numbers of one byte. What is printed is
measured on other hands: every line is judged by weights that were made without the file it stands in.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from bot.understanding import features, language
from bot.understanding.classifier import mark_of, with_rules
from bot.understanding.concepts import Concepts
from bot.understanding.fingerprint import fingerprint, line_mark
from bot.understanding.language import LOCALES, language_rows
from bot.understanding.materials import Line, Materials, read_materials
from bot.understanding.retest import EXPECTED, expected
from bot.understanding.weights import FILE, read_weights
from bot.understanding.words import fold, plain, spoken, words

FOLDS: Final = 3
SEED: Final = 20
HIDDEN: Final = 64
ROUNDS: Final = 6
"""Times the network sees every example; with few examples more, at least `CORRECTIONS` corrections in all. More rounds learn the lines by
heart (measured: no better on lines of another hand)."""
CORRECTIONS: Final = 400
BATCH: Final = 256
SEEN_TWICE: Final = 2
"""A feature that one example alone has teaches nothing."""
ABSENT: Final = -20.0
"""The margin of a label none of the other folds has."""
LANGUAGE_STRICTNESS: Final = 20.0
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
class Fitted:
    """A network, and the features it looks at."""

    network: MLPClassifier
    used: Any

    def margins(self, data: Any, labels: Sequence[str]) -> Any:
        """How much speaks for every label: the logarithm of what the network thinks likely."""
        known = list(self.network.classes_)
        found = np.full((data.shape[0], len(labels)), ABSENT)
        found[:, [list(labels).index(label) for label in known]] = self.network.predict_log_proba(data[:, self.used]).clip(ABSENT)
        return found


def fitted(data: Any, answers: Any) -> Fitted:
    """Features, sixty-four hidden sums, labels. Against linear margins with naive Bayes, on lines by hands it had not read: two points more
    of all lines, four of crises at the same number of false ones. The rounds are counted, so it never "converges"."""
    used = np.flatnonzero(np.asarray((data > 0).sum(axis=0)).ravel() >= SEEN_TWICE)
    rounds = max(ROUNDS, CORRECTIONS * BATCH // data.shape[0])
    network = MLPClassifier(
        (HIDDEN,), alpha=1e-4, batch_size=min(BATCH, data.shape[0]), learning_rate_init=2e-3, max_iter=rounds, random_state=SEED
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(data[:, used], answers)
    return Fitted(network, used)


def sharpness(margins: Any, answers: Any, order: Sequence[str]) -> float:
    """What margins are multiplied with to become honest probabilities, found on lines the model has not seen."""
    places = np.asarray([list(order).index(answer) for answer in answers])

    def loss(factor: float) -> float:
        grown = margins * factor
        return float(
            np.mean(np.log(np.exp(grown - grown.max(1, keepdims=True)).sum(1)) + grown.max(1) - grown[np.arange(len(places)), places])
        )

    return min((step / 50 for step in range(5, 100)), key=loss)


def small(weights: Any, start: Any, places: Any | None = None) -> dict[str, Any]:
    """Numbers in one byte each, features x classes, less the features that say nothing, after a row of zeros. `places`: the rows of these
    features, all by default."""
    scale = np.abs(weights).max(axis=0) / STEPS
    whole = np.rint(weights / scale).astype(np.int8)
    used = np.flatnonzero(np.abs(whole).max(axis=1) > 0)
    where = used if places is None else places[used]
    return {
        "features": where.astype(np.int32),
        "rows": np.vstack([np.zeros((1, whole.shape[1]), np.int8), whole[used]]),
        "scale": scale.astype(np.float32),
        "start": np.asarray(start, np.float32),
    }


def network_numbers(model: Fitted, order: Sequence[str], factor: float) -> dict[str, Any]:
    """What `weights.Network` unpacks; `factor` makes its margins honest."""
    first, last = model.network.coefs_
    begin, end = model.network.intercepts_
    classes = [list(model.network.classes_).index(name) for name in order]
    held = {f"meaning_inner_{name}": value for name, value in small(first, begin, model.used).items()}
    outer = (last[:, classes] * factor).astype(np.float32)
    return held | {"meaning_outer": outer, "meaning_outer_start": (end[classes] * factor).astype(np.float32)}


def language_numbers(model: LogisticRegression) -> dict[str, Any]:
    """What `weights.Table` unpacks for languages."""
    classes = [list(model.classes_).index(name) for name in LOCALES]
    return {f"language_{name}": value for name, value in small(model.coef_[classes].T, model.intercept_[classes]).items()}


def tongues(materials: Materials) -> LogisticRegression:
    """The model of languages, of every line with and without its accents; who asks for another language names it in this one."""
    lines = [line for line in materials.lines if line.label != "change_language"]
    texts = [text for line in lines for text in (line.text, plain(line.text))]
    answers = [line.locale for line in lines for _ in range(2)]
    return LogisticRegression(C=LANGUAGE_STRICTNESS, max_iter=600, tol=1e-5).fit(language_matrix(texts), answers)


def listing(materials: Materials, labels: Sequence[str]) -> dict[str, Any]:
    """The checksums of all lines in order, with the numbers of their labels; of two that say the same the later counts."""
    found = {mark_of(line, materials): labels.index(line.label) for line in materials.lines}
    marks = np.asarray(sorted(found), np.uint64)
    return {"listed": marks, "listed_labels": np.asarray([found[int(mark)] for mark in marks], np.uint8)}


def train(materials: Materials, file: Path) -> float:
    """Fit both models and write them. Answers the share of lines that were understood by weights made without the file they stand in."""
    known = known_words(materials)
    found = list(examples(materials))
    answers = np.asarray([example.label for example in found])
    data = matrix(materials, found, known)
    labels = sorted(set(answers))
    margins = unseen(data, answers, [materials.lines[example.line].file for example in found], labels)
    held = network_numbers(fitted(data, answers), labels, sharpness(margins, answers, labels))
    held |= language_numbers(tongues(materials))
    held |= listing(materials, labels)
    held["lines"] = np.asarray(sorted(map(line_mark, materials.lines)), np.uint32)
    known_row = np.asarray(" ".join(sorted(known)))
    np.savez_compressed(file, labels=np.asarray(labels), known=known_row, made_from=np.asarray(fingerprint(materials)), **held)
    return float(np.mean(np.asarray(labels)[margins.argmax(1)] == answers))


def unseen(data: Any, answers: Any, files: Sequence[str], labels: Sequence[str]) -> Any:
    """The margins each example gets from a model that has read no line of its file: a file is one hand, and people who write to Amparo are
    always others."""
    order = {name: number % FOLDS for number, name in enumerate(sorted(set(files)))}
    parts = np.asarray([order[name] for name in files])
    margins = np.zeros((len(answers), len(labels)))
    for part in sorted(set(parts)):
        margins[parts == part] = fitted(data[parts != part], answers[parts != part]).margins(data[parts == part], labels)
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
