"""From a text to what it means: label, other labels, how sure, language, and why. Quick, offline, the same every time, and nothing is
kept.

The order: a line that administrators listed word for word; else the model over words, letters and concepts, with the crisis rules beside
it. Thresholds were fixed on our own lines by cross-validation (`bot.understanding.training`), never on anybody's sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bot.understanding import features
from bot.understanding.concepts import Concepts, Noted
from bot.understanding.crisis import DANGER, SELF_HARM, Rule
from bot.understanding.fingerprint import line_mark, words_mark
from bot.understanding.language import LOCALES, language_rows
from bot.understanding.materials import Line, Materials
from bot.understanding.weights import Floats, Weights
from bot.understanding.words import spoken, words

CRISES: Final = (DANGER, SELF_HARM)
HARD: Final = 0.4
"""A crisis is believed when its two labels together are this likely;"""
HARD_WITH_RULE: Final = 0.2
"""or this, when a sure rule says the same."""
SOFT: Final = 0.1
"""From here on the soft question is asked;"""
SOFT_WITH_RULE: Final = 0.05
"""or from here, when any rule says the same."""
TAKEN_BACK: Final = 0.6
"""What an idiom or a denial demands before a crisis is believed."""
ANSWERED: Final = 0.45
"""Below this the classifier abstains and offers the two likeliest."""
ALSO: Final = 0.15
NO_DOUBT: Final = 0.9
NO_DOUBT_SHORT: Final = 0.99
"""How sure the language must be to answer in another one than before; of fewer than `SHORT_FOR_LANGUAGE` words surer."""
SHORT_FOR_LANGUAGE: Final = 4
SHARED: Final = 0.6
"""The language in use is believed when it is at least this likely, compared with the likeliest;"""
SHARED_SHORT: Final = 0.003
"""or this, for a word or two: *ok*, *menu*, *stop* belong to everybody."""
SHORT_TEXT: Final = 3
READ: Final = 300
"""So many words of a text are read closely, half of them from its end; Telegram allows a thousand."""
WINDOW: Final = 30
"""A long story is also read in pieces of so many words, because a cry at its end would drown in it;"""
STRIDE: Final = 20
CRY_IN_A_STORY: Final = 0.7
"""and a crisis in one piece must be this likely to be believed,"""
HINT_IN_A_STORY: Final = 0.4
"""and this to be asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a text was understood to mean. `checkin`: the crisis the soft question should ask about."""

    label: str
    also: tuple[str, ...]
    score: float
    lang: str
    abstain: bool
    checkin: str | None
    why: tuple[str, ...]
    sure: bool = False
    likely: tuple[tuple[str, float], ...] = ()
    lang_sure: bool = False
    taken_back: bool = False

    @property
    def crisis(self) -> str | None:
        """The crisis that is believed, if any."""
        return self.label if self.label in CRISES else None


class Classifier:
    """The lexicons, the rules and the weights together."""

    def __init__(self, materials: Materials, weights: Weights, *, listed: bool = True) -> None:
        """`listed`: whether a line that stands in the training lines word for word means what is written there, without further thought."""
        self._materials = replace(materials, lines=(), held_out=())
        self._weights = weights
        self._concepts = Concepts.of(materials.listed, weights.known)
        self._new = {mark_of(line, materials): line.label for line in materials.lines if not weights.read(line_mark(line))}
        self._listed = listed

    def __call__(self, text: str, locale: str = "") -> Understood:
        """Understand a text. `locale`: the language in use, which decides where a text could be in several. Never fails."""
        heard = spoken(text)
        lang, lang_sure = self.language(heard, locale)
        noted = self.note(text, lang)
        label = self._listed_label(noted) if self._listed else None
        if label:
            asked = None if label in CRISES else self._asked(noted)
            found = Understood(label=label, also=(), score=0.99, lang=lang, abstain=False, checkin=asked, why=("listed",), sure=True)
            return replace(found, lang_sure=lang_sure, likely=((label, 0.99),))
        if not any(word.isalnum() for word in noted.words):
            return Understood(label="out_of_scope", also=(), score=0.0, lang=lang, abstain=True, checkin=None, why=())
        judged = self._judge(noted, self._weights.label(*features.rows(noted)), lang)
        found = self._in_pieces(noted, judged)
        return replace(found, lang_sure=lang_sure, checkin=found.checkin or (None if found.crisis else self._asked(noted)))

    def _listed_label(self, noted: Noted) -> str | None:
        """What is written down for these very words: by lines added since the training, or by those it knows."""
        mark = words_mark(noted.words)
        number = self._weights.listing.number(mark)
        return self._new.get(mark) or (self._weights.labels[number] if number is not None else None)

    def language(self, heard: list[str], locale: str = "") -> tuple[str, bool]:
        """The likeliest of the five, and whether there is no doubt; the one in use where there is hardly anything to go by."""
        if not heard:
            return locale or LOCALES[0], False
        likely = self._weights.locale(language_rows(heard))
        best = int(likely.argmax())
        shared = SHARED_SHORT if len(heard) < SHORT_TEXT else SHARED
        if locale in LOCALES and likely[LOCALES.index(locale)] > shared * likely[best]:
            return locale, True
        return LOCALES[best], bool(likely[best] >= (NO_DOUBT if len(heard) >= SHORT_FOR_LANGUAGE else NO_DOUBT_SHORT))

    def note(self, text: str, lang: str) -> Noted:
        """The words of a text with their concepts, and the rules that fired."""
        found = words(text, self._materials.spellings.get(lang))
        read = found if len(found) <= READ else [*found[: READ // 2], *found[-READ // 2 :]]
        return self._noted(read, lang)

    def _noted(self, read: list[str], lang: str) -> Noted:
        return with_rules(self._concepts.note(read, lang), self._materials)

    def _asked(self, noted: Noted) -> str | None:
        return self._materials.rules.asked(noted.concepts, len(noted.words))

    def _in_pieces(self, noted: Noted, found: Understood) -> Understood:
        """A long story that seems calm as a whole, looked through for a cry."""
        if found.crisis or len(noted.words) <= WINDOW + STRIDE // 2:
            return found
        starts = range(0, len(noted.words) - STRIDE // 2, STRIDE)
        pieces = [self._noted(list(noted.words[start : start + WINDOW]), found.lang) for start in starts]
        loudest = max((self._cry(piece) for piece in pieces), key=lambda cry: cry[1])
        if loudest[1] >= CRY_IN_A_STORY:
            return replace(found, label=loudest[0], score=round(loudest[1], 3), also=(found.label,), abstain=False, checkin=None)
        return replace(found, checkin=loudest[0]) if loudest[1] >= HINT_IN_A_STORY and not found.checkin else found

    def _cry(self, piece: Noted) -> tuple[str, float]:
        """The likelier crisis of a piece, and how likely either is; nothing where an idiom or a denial stands beside it."""
        if self._materials.rules.taken_back(piece.concepts):
            return CRISES[0], 0.0
        likely = self._weights.label(*features.rows(piece))
        scores = {name: float(likely[self._weights.labels.index(name)]) for name in CRISES}
        return max(CRISES, key=lambda name: scores[name]), sum(scores.values())

    def _judge(self, noted: Noted, likely: Floats, lang: str) -> Understood:
        labels = self._weights.labels
        order = np.argsort(-likely)
        rules = self._materials.rules.fired(noted.concepts)
        label, checkin = self._crisis(noted, {name: float(likely[labels.index(name)]) for name in CRISES}, rules)
        plain = [labels[int(place)] for place in order if labels[int(place)] not in CRISES or label is None]
        best = label or (plain[0] if plain[0] not in CRISES else next(name for name in plain if name not in CRISES))
        score = float(likely[labels.index(best)])
        return Understood(
            label=best,
            also=tuple(name for name in (labels[int(place)] for place in order) if name != best and likely[labels.index(name)] >= ALSO),
            score=round(score, 3),
            lang=lang,
            abstain=label is None and score < ANSWERED,
            checkin=checkin,
            why=tuple([*(f"rule {rule.name}" for rule in rules[:3] if rule.label in (label, checkin)), *dict.fromkeys(noted.concepts)][:8]),
            sure=label is not None and any(rule.sure and rule.label == label for rule in rules),
            likely=tuple((labels[int(place)], float(likely[place])) for place in order[:4]),
            taken_back=self._materials.rules.taken_back(noted.concepts),
        )

    def _crisis(self, noted: Noted, likely: Mapping[str, float], rules: tuple[Rule, ...]) -> tuple[str | None, str | None]:
        """The crisis that is believed, and the one to ask about."""
        together = sum(likely.values())
        first = max(CRISES, key=lambda name: likely[name])
        same = [rule for rule in rules if rule.label == first and rule.strength != "ask"]
        if self._materials.rules.taken_back(noted.concepts):
            return (first, None) if together >= TAKEN_BACK else (None, first if together >= HARD else None)
        if together >= HARD or (together >= HARD_WITH_RULE and any(rule.sure for rule in same)):
            return first, None
        soft = together >= SOFT or (together >= SOFT_WITH_RULE and bool(same))
        return None, first if soft else None


def mark_of(line: Line, materials: Materials) -> int:
    """The checksum a line is found by."""
    return words_mark(words(line.text, materials.spellings.get(line.locale)))


def with_rules(noted: Noted, materials: Materials) -> Noted:
    """Note the rules that fired, for the model to weigh."""
    rules = materials.rules
    marks = {f"{rule.label}:{rule.strength}" for rule in rules.fired(noted.concepts)}
    marks |= {"taken back"} if rules.taken_back(noted.concepts) else set()
    marks |= {"long ago"} if rules.long_ago(noted.concepts) else set()
    return Noted(words=noted.words, tags=noted.tags, concepts=noted.concepts, marks=tuple(sorted(marks)))
