"""Every problem `amparo check` can find, by its stable code. Documentation and tests read this table; a finding may use no other code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # reading the files (flows.authoring.load)
        "missing-file": "A file that every house needs is not there.",
        "bad-yaml": "A file is not readable YAML.",
        "bad-shape": "A key is unknown or misspelt, or a value has the wrong shape.",
        "bad-name": "A flow or card does not have the name of its file.",
        "twice": "Two things of one kind have the same id.",
        # references
        "unknown-target": "A choice, branch or timer leads to a step that does not exist.",
        "unknown-command": "A target starts with @ but is no command.",
        "unknown-flow": "A flow that does not exist is called, or the engine needs it by name.",
        "unknown-card": "A step says a card that does not exist.",
        "unknown-fact": "A text, block or copy button refers to a fact that does not exist.",
        "unknown-intent": "A trigger waits for an intent nobody has written words for.",
        "crisis-unheard": "Words of danger, or of the wish to die, do not lead where they are heard in every state.",
        "unknown-recording": "A step speaks a voice recording that does not exist.",
        "unknown-text": "A screen, a button or a command needs words of the interface that are not there.",
        "unknown-placeholder": "A text holds a {name} that is neither a fact nor filled in by the engine.",
        "fact-no-value": "A text or a copy button uses the value of a fact that has none.",
        "nothing-to-say": "A step with a screen has neither text nor card.",
        # guards
        "guard-unreadable": "A condition cannot be read.",
        "guard-unasked": "A condition asks for an answer that no step, choice or trigger ever gives.",
        "guard-impossible": "A condition asks for a value that nobody can give.",
        "branch-open": "A branch has no last arm without a condition, or an arm after it.",
        "urgency-never": "No answers can fire an urgency rule.",
        # questions
        "no-purpose": "A question does not say what it is asked for.",
        "no-why": "A personal question does not say why it is asked.",
        "no-skip": "A personal question does not say where 'prefer not to say' leads.",
        "before-consent": "A step that needs consent, or asks for free words, can be reached without the consent answer.",
        # consent, over every order to the desk
        "no-consent": "Something goes to a human without the text of its consent on the screen, or other than as it stood there.",
        "consent-incomplete": "The text of a consent is not there in a language, or lacks who will see it or the word that takes it back.",
        "order-without-case": "Something that belongs to a case is asked of the desk while there is none.",
        "human-far": "A human is further from Start than four taps, or three through danger.",
        "number-far": "The first number of an emergency is further from Start than two taps.",
        # the walk
        "unreachable-step": "No choices lead to a step.",
        "dead-end": "A screen offers no way on.",
        "loop-without-input": "Steps without a screen lead to each other and wait for nobody.",
        "no-exit": "A screen shows no exit and does not state that it lives in the menu.",
        "no-person": "A person is more than two acts away.",
        "shadowed-choice": "A label is exactly a command word, so typing it does something else.",
        "same-label": "Two choices of one screen are typed the same way, so neither can be.",
        "walk-bounded": "There were more states than the walk may visit: the rest is not proven.",
        # sizes
        "text-too-long": "A screen is longer than Telegram allows.",
        "copy-too-long": "A copy button holds more than Telegram allows.",
        "label-too-long": "A button's label is cut on most phones.",
        "long-screen": "A screen is longer than a frightened person reads.",
        "many-buttons": "A screen has more than five buttons of its own.",
        "crowded-screen": "A person sees more than eight buttons on a screen, navigation included.",
        "code-too-long": "What a button sends back does not fit into Telegram's 64 bytes.",
        # facts
        "fact-no-use": "A fact that no card, text or button refers to.",
        "fact-past-review": "A fact is past its review date.",
        "fact-review-soon": "A fact must be reviewed within thirty days.",
        "fact-unsigned": "A fact nobody has signed off.",
        "phone-untested": "A number nobody has dialled.",
        "conflict-only-door": "The only door on a screen is one whose sources disagree.",
        "door-unmarked": "A block uses or names a local or state authority unmarked, so it stays when the authority is part of it.",
        "numbered-with-fact": "A numbered step of a list holds the value of a fact of high risk: when that is hidden, the number goes too.",
        "sources-unreachable": "A screen rests on facts but has no button that shows their sources.",
        "loose-door": "A phone number, a short code or an address is written out instead of coming from a fact.",
        # words
        "translation-missing": "A text has no translation where it must have one.",
        "translation-stale": "A translation is fuzzy: its source has changed.",
        "translation-machine": "A safety-critical translation no person has read.",
        "placeholders-differ": "A translation does not hold the same {names} as its source.",
        "numbers-differ": "A translation does not hold the same numbers as its source.",
        "translation-orphan": "A translation of something that is no longer said.",
        # voice
        "dull-opening": "A sensitive word stands in the first forty characters, which a notification shows.",
        "never-said": "A sentence Amparo must never say.",
        "exclamation": "An exclamation mark on a screen of a need.",
        # the desk
        "unknown-place": "An organization answers in a state that is not in content/places.yaml.",
        "unknown-language": "An organization answers in a language nobody can ask in.",
        "unknown-organization": "An organization names another that is not there, or one of the demo.",
        "unknown-zone": "An organization's time zone is not in the time-zone database.",
        "complaints-inside": "An organization would read the complaints about itself.",
        "alternative-no-door": "What answers instead of an organization is nothing one can call or write to.",
        "alternative-spoken": "What answers who cannot speak has to be called.",
        "alternative-unsaid": "What answers instead of an organization stands on no screen that says who else answers.",
        "hours-overlap": "An organization's hours lie on each other.",
        "holidays-run-out": "An organization's list of holidays ends within sixty days.",
        "only-demo": "Only organizations of the demo are written: nobody would answer.",
        "clock-order": "A clock's rungs do not follow each other, or the more urgent waits longer.",
        "clock-slow": "A clock is slower than somebody in danger can wait.",
        # scenarios
        "no-scenario": "A flow without a scenario.",
        "scenario-unknown-flow": "Scenarios for a flow that does not exist.",
        "scenario-fails": "A scenario does not end as it says.",
    }
)
