"""Translations as the checks see them: plain data brought by the caller, because catalogs (Babel, polib) live outside `flows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flows.authoring.issues import Place

NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One entry of a catalog.

    `source`: the text it was made from ("" when the catalog does not say). `fuzzy`: its source has changed since. `machine`: no person has
    read it yet. `place`: file and line of the catalog.
    """

    text: str
    source: str = ""
    fuzzy: bool = False
    machine: bool = False
    place: Place = NOWHERE


Translations = Mapping[str, Mapping[str, Translation]]
"""locale -> message id (msgctxt) -> entry. The source language is not among them."""


def usable(translations: Translations) -> dict[str, dict[str, str]]:
    """Texts that may be served: there, and not fuzzy."""
    return {
        locale: {name: entry.text for name, entry in entries.items() if entry.text and not entry.fuzzy}
        for locale, entries in translations.items()
    }
