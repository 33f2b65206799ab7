"""The seam the shell calls: a text becomes a `Reading`. Text is used here and kept nowhere.

Exact commands and the phrases of intents come first (`Lexicon`): what administrators listed is certain, and finer than any label. Beside
them stands the `Classifier`: it adds crises in words nobody listed, the soft question, needs and commands in people's own words, the
language they write in, and the likeliest needs for when nothing is certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.understanding.classifier import SHORT_FOR_LANGUAGE, Classifier, Understood
from bot.understanding.lexicon import CRISES, Lexicon
from bot.understanding.materials import Materials, read_materials
from bot.understanding.nearly import NearlyCommands
from bot.understanding.weights import shipped
from flows.authoring.load import Phrases
from flows.events import COMMANDS, Crisis, Reading
from flows.limits import TEXT_CHARACTERS
from flows.program import Program

SAYS_LITTLE: Final = frozenset({"thanks", "language", "phone_checked", "phone_lent"})
"""Intents that leave room for a need beside them."""
MAYBE: Final = "maybe_danger"
"""The listed phrases that ask for the soft question."""
CERTAIN: Final = 0.5
"""How sure a guessed command or goodbye must be."""
SECOND_NEED: Final = 0.25
OWN_LANGUAGE_FROM: Final = 2
"""Words; a single one says too little to change the language of the screen."""
NO_NEED: Final = frozenset({"out_of_scope", "abuse_spam"})
"""Two words of nonsense change no language."""
GUESSES: Final = 2
LIKELY: Final = 0.1
OVER_A_PHRASE: Final = 0.8
CRIES: Final = frozenset({"held", "wounded", "took_something"})
"""Listed phrases that are a crisis, and say which."""
FAINT: Final = 0.5
DENIED: Final = 0.05
"""A listed cry that is plainly denied ("no corro peligro, solo...") is not even asked about when a crisis is less likely than this."""


class Understanding:
    """Phrases and classifier, as one reader of texts."""

    def __init__(self, phrases: Iterable[Phrases], materials: Materials) -> None:
        self._phrases = Lexicon(phrases)
        self._labels = materials.labels
        self._nearly = NearlyCommands()
        self.classify = Classifier(materials, shipped())

    @classmethod
    def of(cls, phrases: Iterable[Phrases], folder: Path) -> Understanding:
        """From the phrases of the content and its folder `understanding`. Raises `MaterialsBroken`."""
        return cls(phrases, read_materials(folder))

    def __call__(self, text: str, program: Program, locale: str) -> Reading:
        """Read a text. Never fails, whatever it holds."""
        listed = self._phrases(text, program, locale)
        if listed.command is not None:
            return listed
        slip = self._nearly(text, program)
        if slip is not None and not listed.intents and listed.crisis is None:
            return replace(listed, command=slip)
        return self._joined(listed, self.classify(text[:TEXT_CHARACTERS], locale), text, program, locale)

    def _joined(self, listed: Reading, found: Understood, text: str, program: Program, locale: str) -> Reading:
        crisis = self._crisis(listed, found)
        unsure = MAYBE in listed.intents
        listed = replace(listed, intents=tuple(intent for intent in listed.intents if intent != MAYBE))
        silent = not set(listed.intents) - SAYS_LITTLE
        needs = self._needs(found, program) if silent and crisis is None and not found.abstain else ()
        meaning = self._labels.get(found.label)
        alone = silent and crisis is None and not listed.intents and found.score >= CERTAIN
        guess = COMMANDS.get(meaning.command) if meaning and alone else None
        return replace(
            listed,
            crisis=crisis,
            sure=listed.crisis is not None or found.sure,
            soft_crisis=None if crisis else Crisis.DANGER if unsure else self._soft(listed, found),
            intents=tuple(dict.fromkeys((*listed.intents, *needs))),
            locale=self._locale(listed, found, text, program, locale),
            greeting=listed.greeting or (alone and found.label == "greeting"),
            goodbye=listed.goodbye or (alone and found.label == "quick_exit"),
            guess=guess,
            guesses=self._likeliest(found, program, set(needs)) if not listed.intents else (),
        )

    def _crisis(self, listed: Reading, found: Understood) -> Crisis | None:
        """A listed cry is believed unless an idiom or a denial speaks against it; then it is asked about. Where a listed phrase says
        what it is, a guessed crisis must be all the surer."""
        if listed.crisis is not None and not found.taken_back:
            return listed.crisis
        outdone = bool(set(listed.intents) - SAYS_LITTLE) and found.score < OVER_A_PHRASE
        return None if outdone or set(listed.intents) & CRIES else CRISES.get(found.label)

    def _soft(self, listed: Reading, found: Understood) -> Crisis | None:
        """The crisis to ask about. Where a listed phrase says what it is, a faint likeness to a crisis is not enough."""
        cry = sum(score for label, score in found.likely if label in CRISES)
        if found.taken_back and cry < DENIED:
            return None
        faint = bool(set(listed.intents) - SAYS_LITTLE) and cry < FAINT
        if faint or set(listed.intents) & CRIES:
            return listed.crisis
        return listed.crisis or CRISES.get(found.checkin or "") or CRISES.get(found.label)

    def _intent(self, label: str, program: Program) -> str:
        """The intent some flow waits for: the label itself, or what it is to be taken for."""
        meaning = self._labels.get(label)
        wanted = (label, meaning.intent) if meaning else (label,)
        return next((intent for intent in wanted if intent in program.triggers and label not in CRISES), "")

    def _needs(self, found: Understood, program: Program) -> tuple[str, ...]:
        labels = (found.label, *(label for label, score in found.likely if score >= SECOND_NEED and label != found.label))
        wanted = tuple(label for label in labels if label != "thanks" or found.score >= CERTAIN)
        return tuple(intent for label in wanted if (intent := self._intent(label, program)))

    def _likeliest(self, found: Understood, program: Program, taken: set[str]) -> tuple[str, ...]:
        """Flows of the likeliest labels, less those that were understood already."""
        open_already = {program.triggers[intent].flow for intent in taken if intent in program.triggers}
        intents = (self._intent(label, program) for label, score in found.likely if score >= LIKELY)
        flows = dict.fromkeys(program.triggers[intent].flow for intent in intents if intent and intent != "thanks")
        return tuple(flow for flow in flows if flow not in open_already)[:GUESSES]

    def _locale(self, listed: Reading, found: Understood, text: str, program: Program, locale: str) -> str | None:
        """The language asked for or written in."""
        if found.label == "change_language" and not found.abstain:
            named = (program.commands.get(word, "") for word in text.casefold().split())
            return next((name.removeprefix("language_") for name in named if name.startswith("language_")), listed.locale)
        told = not found.abstain and (found.label not in NO_NEED or len(text.split()) >= SHORT_FOR_LANGUAGE)
        long_enough = len(text.split()) >= OWN_LANGUAGE_FROM and told and found.lang_sure
        return listed.locale or (found.lang if long_enough and found.lang != locale else None)
