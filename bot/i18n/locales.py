"""Names of languages and dates, as each language writes them (Babel's CLDR data)."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time

SOURCE: Final = "es"
"""The language content is written in (es-MX); every other one is a translation."""
_CLDR: Final = {"es": "es_MX"}


@lru_cache(maxsize=64)
def known_locale(code: str) -> Locale | None:
    """Babel's locale for one of our codes; None where CLDR knows nothing of it."""
    try:
        return Locale.parse(_CLDR.get(code, code))
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=64)
def language_name(code: str) -> str:
    """What its speakers call a language, capitalised for a button ("Español"); the code itself where CLDR is silent."""
    locale = Locale.parse(code) if known_locale(code) else None
    name = (locale.get_language_name(code) if locale else None) or code
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=1024)
def long_day(day: date, code: str) -> str:
    """The day in words ("21 de noviembre de 2026"); digits, year first, where CLDR is silent."""
    locale = known_locale(code)
    return format_date(day, "long", locale) if locale else day.isoformat()


@lru_cache(maxsize=1024)
def long_moment(local: str, code: str) -> str:
    """A local date and time ("2026-12-01T08:00") as people say it: weekday, day, hour ("martes 1 de diciembre, 08:00")."""
    moment = datetime.fromisoformat(local)
    locale = known_locale(code)
    if locale is None:
        return moment.strftime("%Y-%m-%d %H:%M")
    day = format_datetime(moment, "EEEE d MMMM" if code != SOURCE else "EEEE d 'de' MMMM", locale=locale)
    return f"{day}, {format_time(moment, 'HH:mm', locale=locale)}"
