"""What fits: into Telegram's limits, onto a phone, into the patience of a frightened person. Measured on whole screens, facts filled in,
in every language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Level
from flows.effects import Screen
from flows.limits import COPY_CHARACTERS, TEXT_CHARACTERS

LABEL_CHARACTERS = 64
"""Longer labels are cut on a phone."""
READ_CHARACTERS = 400
"""More than this is not read in fear (features.md A12)."""
OWN_BUTTONS = 5
SEEN_BUTTONS = 8
"""More than this, navigation included, is a wall (voice.md 5)."""
CODE_CHARACTERS = 12
"""What a button's code may take of Telegram's 64 bytes; the signature and the turn take the rest (bot.security.tokens, same number)."""
REFERENCE = ("sources", "steps")
"""Screens that list things and may be long."""


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


_Found = tuple[int, bool, tuple[str, ...]]
"""Length of a screen, whether an echo stands on it, and the way there."""


def texts(subject: Subject) -> Iterator[Issue]:
    """The longest screen of each step and language, when it is too long, and the shortest way to one that is. An echo (one line that says
    back what was understood) counts for Telegram's limit, not for the reader's."""
    lengths: dict[tuple[str, str, str], list[_Found]] = defaultdict(list)
    for screen, text, path in subject.said():
        lengths[screen.flow, screen.step, screen.locale].append((units(text), screen.echo is not None, path))
    for (flow, step, locale), found in lengths.items():
        where = subject.place(flow, step)
        over, path = _over(found, TEXT_CHARACTERS)
        if over:
            message = f"step {step!r} ({locale}) has {over} characters; Telegram allows {TEXT_CHARACTERS}"
            yield finding("text-too-long", where, message, "split it into two steps", path=path)
            continue
        over, path = _over([one for one in found if not one[1]], READ_CHARACTERS)
        if over and flow not in REFERENCE:
            message = f"step {step!r} ({locale}) has {over} characters"
            remedy = f"say it in {READ_CHARACTERS}, or in two steps"
            yield finding("long-screen", where, message, remedy, level=Level.WARNING, path=path)


def _over(found: list[_Found], bound: int) -> tuple[int, tuple[str, ...]]:
    """The greatest length over a bound (0: none), and the way to the first that is over it."""
    over = [(length, path) for length, _, path in found if length > bound]
    return (max(length for length, _ in over), over[0][1]) if over else (0, ())


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
    """Places and the turning of their pages are not counted: they are one list, not so many ways on."""
    counted = [button for button in screen.buttons if button.code[:1] not in ("p", "+", "-")]
    navigation = sum(button.code.startswith("n") for button in counted)
    own = len(counted) - navigation
    place = subject.place(screen.flow, screen.step)
    if own > OWN_BUTTONS and screen.flow not in REFERENCE:
        message = f"step {screen.step!r} shows {own} buttons of its own, and {navigation} of navigation"
        yield finding("many-buttons", place, message, f"keep to {OWN_BUTTONS}", level=Level.WARNING, path=path)
    if len(counted) > SEEN_BUTTONS:
        message = f"step {screen.step!r} shows {len(counted)} buttons: {own} of its own, {navigation} of navigation"
        yield finding("crowded-screen", place, message, f"keep to {SEEN_BUTTONS} in all", level=Level.WARNING, path=path)


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
