"""Numbers and addresses. One wrong digit sends a frightened person to a stranger, so a translation holds the digits of its source, and
whatever can be dialled or opened comes from a dated fact through its placeholder: only so can it be switched off on every screen at once.

What counts as a door: a row of seven or more digits; a short code (0xx, 9xx, *xxx); three to six digits after "call" or "dial"; a web
address; an @handle or mail address. Years, dates, amounts, times, articles of law and forms (I-918) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from flows.authoring.checks.subject import SOURCE, Subject, finding
from flows.authoring.issues import Issue, Level, Place
from flows.texts import PLACEHOLDER

BY_HAND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ui.test_version": "it says that nobody is behind this copy, whatever became of the facts",
        "ui.emergency_card": "it is sent when nothing can be read, so no fact either",
    }
)
"""Texts that may write a number out, and why. It must still be the value of a fact."""
FEW: Final = 7
"""Digits from which a number is a phone number."""

_GAP = "[ \u00a0\u202f]?[-\u2010-\u2013./()]?[ \u00a0\u202f]?"
_LONG = re.compile(rf"(?<![\d$€])\+?\(?\d(?:{_GAP}\(?\d){{{FEW - 1},}}")
_SHORT = re.compile(r"(?<![\w$€])(?<!\d[.,])(?<![A-Z]-)(?:0(?!00)\d\d|9\d\d|\*\d{3,4})(?!\w|[.,]\d)")
_DIALLED = re.compile(
    r"\b(?:marc(?:a|ar|as|ando|que|quen)|llam(?:a|ar|as|ando|e|en)|call|dial|text|appele[rz]|compose[rz]?|ligue|ligar|disque|rele)"
    r"(?: (?:al?|le|the|to|para(?: o)?|o|nan))? (\d{3,6})(?!\w|[.,]\d)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"https?://[^\s)»”\"]+|\bwww\.\S+|\b(?:t|wa)\.me\b\S*|[\w.+-]+@[\w-]+\.\w+|(?<!\w)@\w{4,}"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gob|gov|mx|gt|info|app)\b(?:/\S*)?",
    re.IGNORECASE,
)
_ENDING = "gob.mx"
"""By this ending a true page of the government is told: it leads nowhere by itself."""
_UNIT = re.compile(
    r"(?:[ \u00a0]\d{3})*[ \u00a0]?(?:%|€|\$|(?:mil|thousand|pesos?|d[oó]lares|dollars?|dòla|euros?|km|kil[oó]metros?|met(?:ros?|res?|ers?)"
    r"|d[ií]as?|days?|jours?|horas?|hours?|heures?|minut[oe]s?|mes(?:es)?|months?|mois|anos|años?|years?|personas?|people|solicitudes)\b)",
    re.IGNORECASE,
)
_LEGAL = re.compile(r"\b(?:art(?:[ií]culos?|icles?|igos?|\.)?|atik|ley|law|lei|loi|lwa|p[aá]g(?:ina|\.)|page) $", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


def heard(name: str) -> bool:
    """Words people type are not shown to anybody."""
    return name.endswith(".hears") or name.startswith("ui.hears.")


def served(subject: Subject, locale: str) -> Iterator[tuple[str, str, Place]]:
    """Texts of a language that somebody may read: message id, text, place. Fuzzy translations are not served."""
    for name, text, place in subject.texts(locale):
        if not heard(name) and (locale == SOURCE or not subject.translations[locale][name].fuzzy):
            yield name, text, place


def differ(subject: Subject) -> Iterator[Issue]:
    """Translations with other digits than their source."""
    for locale in subject.translations:
        for name, text, place in served(subject, locale):
            said, wanted = _digits(text), _digits(subject.messages[name].text)
            if said != wanted:
                message = f"{name} ({locale}) holds the numbers {', '.join(said) or 'none'}; its source {', '.join(wanted) or 'none'}"
                yield finding("numbers-differ", place, message, "say the same numbers, in digits", path=subject.path_of(name))


def _digits(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", PLACEHOLDER.sub("¤", text)))


def doors_in(text: str) -> tuple[str, ...]:
    """What a text writes out that can be dialled or opened, each once; placeholders are none."""
    rest = PLACEHOLDER.sub("¤", text.replace("**", ""))
    found = [hit for one in _ADDRESS.finditer(rest) if (hit := one[0].rstrip(".,;:!?")).casefold() != _ENDING]
    rest = _ADDRESS.sub("¤", rest)
    found += [one[0].strip("( ") for one in _LONG.finditer(rest) if not _counted(rest, one, one[0])]
    rest = _LONG.sub(lambda one: "¤" if len(_plain(one[0])) >= FEW and not _counted(rest, one, one[0]) else one[0], rest)
    found += [one[0] for one in _SHORT.finditer(rest) if not _counted(rest, one, one[0])]
    found += [one[1] for one in _DIALLED.finditer(rest) if not _counted(rest, one, one[1])]
    return tuple(dict.fromkeys(found))


def _counted(text: str, match: re.Match[str], number: str) -> bool:
    """Whether a number says how much, when, or which law: years and dates, an amount with its unit, an article."""
    groups = re.findall(r"\d+", number)
    if number[0] in "0*+":
        return False
    if len(groups) > 1 or len(groups[0]) >= FEW:
        years = [group for group in groups if _YEAR.fullmatch(group)]
        dated = len(years) == 1 and len(groups) == 3 and all(len(group) <= 2 for group in groups if group not in years)
        amount = re.fullmatch(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+|\d+", number) and _UNIT.match(text, match.end())
        return dated or len(years) == len(groups) or bool(amount)
    return bool(_YEAR.fullmatch(number) or _UNIT.match(text, match.end()) or _LEGAL.search(text, 0, match.start()))


def _plain(door: str) -> str:
    """A door as it is compared: its digits (the zeros that dial abroad left out), or the address without its ornaments."""
    if re.fullmatch(r"[\d+*()./ \u00a0\u202f\u2010-\u2013-]+", door):
        digits = "".join(re.findall(r"\d", door))
        return digits.lstrip("0") if len(digits) >= FEW else digits
    return re.sub(r"^https?://(www\.)?|/$", "", door.casefold())


def loose(subject: Subject) -> Iterator[Issue]:
    """Numbers and addresses that stand in a text instead of a fact's placeholder. What a source says already is told of it alone."""
    values = {_plain(fact.value): name for name, fact in subject.content.facts.items() if fact.value}
    copies = _copies(subject)
    for locale in subject.locales:
        for name, text, place in served(subject, locale):
            known = {_plain(door) for door in doors_in(subject.messages[name].text)} if locale != SOURCE else set()
            for door in doors_in(text):
                fact = values.get(_plain(door))
                level = None if _plain(door) in known else _weight(subject, name, fact, copies)
                if level:
                    yield _loose(subject, f"{name} ({locale})", door, fact, place, level, subject.path_of(name))


def _loose(subject: Subject, name: str, door: str, fact: str | None, place: Place, level: Level, path: tuple[str, ...]) -> Issue:
    stays = f"the value of fact {fact!r}, and stays when that is switched off" if fact else "the value of no fact: nobody answers for it"
    remedy = f"write {{{fact}}}, or leave it out" if fact else "make it a fact and name that, or leave it out"
    return finding("loose-door", place, f"{name} writes out {door!r}, {stays}", remedy, level=level, path=path)


def _copies(subject: Subject) -> dict[str, str]:
    """Labels of copy buttons with their fact: such a button goes away with it."""
    return {
        f"flow.{flow.flow}.{step.id}.choice.{choice.id}": choice.to.removeprefix("@copy:")
        for flow, _, step in subject.steps()
        for choice in step.choices
        if choice.to.startswith("@copy:")
    }


def _weight(subject: Subject, name: str, fact: str | None, copies: Mapping[str, str]) -> Level | None:
    """How bad a written-out door is; None: it may stand there. A fact may state its own value, but not where it stands for a hidden one;
    naming the value of another fact waits until production, because such texts are dated and signed themselves."""
    kind, _, rest = name.partition(".")
    own, _, part = rest.rpartition(".")
    if fact and (name in BY_HAND or copies.get(name) == fact):
        return None
    if kind == "fact" and fact == own:
        return None if part == "statement" else Level.ERROR
    return subject.severity() if kind == "fact" and fact else Level.ERROR
