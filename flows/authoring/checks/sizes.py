"""What fits: into Telegram's limits, onto a phone, into the patience of a frightened person. Measured on whole screens, facts filled in,
in every language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Level
from flows.effects import Screen
from flows.limits import TEXT_CHARACTERS

COPY_CHARACTERS = 256
"""Telegram's bound on the text of a copy button."""
LABEL_CHARACTERS = 64
"""Longer labels are cut on a phone."""
READ_CHARACTERS = 400
"""More than this is not read in fear (features.md A12)."""
OWN_BUTTONS = 5
CODE_CHARACTERS = 12
"""What a button's code may take of Telegram's 64 bytes; the signature and the turn take the rest (bot.security.tokens, same number)."""
REFERENCE = ("sources", "steps")
"""Screens that list things and may be long."""


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def texts(subject: Subject) -> Iterator[Issue]:
    """The longest screen of each step and language, when it is too long, and the shortest way to one that is."""
    lengths: dict[tuple[str, str, str], list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    for screen, text, path in subject.said():
        lengths[screen.flow, screen.step, screen.locale].append((units(text), path))
    for (flow, step, locale), found in lengths.items():
        where = subject.place(flow, step)
        longest = max(length for length, _ in found)
        says = f"step {step!r} ({locale}) has {longest} characters"
        if longest > TEXT_CHARACTERS:
            message = f"{says}; Telegram allows {TEXT_CHARACTERS}"
            yield finding("text-too-long", where, message, "split it into two steps", path=_first(found, TEXT_CHARACTERS))
        elif longest > READ_CHARACTERS and flow not in REFERENCE:
            remedy = f"say it in {READ_CHARACTERS}, or in two steps"
            yield finding("long-screen", where, says, remedy, level=Level.WARNING, path=_first(found, READ_CHARACTERS))


def _first(found: list[tuple[int, tuple[str, ...]]], bound: int) -> tuple[str, ...]:
    return next(path for length, path in found if length > bound)


def buttons(subject: Subject) -> Iterator[Issue]:
    """Too many buttons on a screen, and codes that do not fit."""
    told: set[tuple[str, str, str]] = set()
    for seen in subject.walk.screens:
        screen, path = seen.screen, subject.walk.path_of(seen)
        for issue in (*_many(subject, screen, path), *_codes(subject, screen, path)):
            if (issue.code, screen.flow, screen.step) not in told:
                told.add((issue.code, screen.flow, screen.step))
                yield issue


def _many(subject: Subject, screen: Screen, path: tuple[str, ...]) -> Iterator[Issue]:
    own = [button for button in screen.buttons if button.code[:1] not in ("n", "p", "+", "-")]
    if len(own) > OWN_BUTTONS and screen.flow not in REFERENCE:
        message = f"step {screen.step!r} shows {len(own)} buttons of its own"
        yield finding(
            "many-buttons", subject.place(screen.flow, screen.step), message, f"keep to {OWN_BUTTONS}", level=Level.WARNING, path=path
        )


def _codes(subject: Subject, screen: Screen, path: tuple[str, ...]) -> Iterator[Issue]:
    for button in screen.buttons:
        if len(button.code.encode()) > CODE_CHARACTERS:
            message = f"button code {button.code!r} leaves no room for turn and signature in 64 bytes"
            yield finding(
                "code-too-long", subject.place(screen.flow, screen.step), message, f"keep to {CODE_CHARACTERS} characters", path=path
            )


def labels(subject: Subject) -> Iterator[Issue]:
    """Labels that a phone cuts, in every language."""
    for locale in subject.locales:
        for name, text, place in subject.texts(locale):
            if ".choice." in name and not name.endswith(".hears") and len(text) > LABEL_CHARACTERS:
                message = f"label {text!r} ({locale}) has {len(text)} characters"
                yield finding(
                    "label-too-long",
                    place,
                    message,
                    f"keep to {LABEL_CHARACTERS}",
                    level=Level.WARNING,
                    path=subject.path_of(name),
                )


def copies(subject: Subject) -> Iterator[Issue]:
    """Values too long for the clipboard button."""
    for flow, number, step in subject.steps():
        for index, choice in enumerate(step.choices):
            fact = subject.content.facts.get(choice.to.removeprefix("@copy:")) if choice.to.startswith("@copy:") else None
            if fact and len(fact.value or "") > COPY_CHARACTERS:
                place = subject.content.place("flows", flow.flow, "steps", number, "choices", index)
                message = f"{fact.id!r} has {len(fact.value or '')} characters"
                path = subject.walk.path_to(flow.flow, step.id)
                yield finding("copy-too-long", place, message, f"keep to {COPY_CHARACTERS}", path=path)
