"""Names of languages and days, as each language writes them."""

from __future__ import annotations

from datetime import date

import pytest

from bot.i18n.locales import language_name, long_day


@pytest.mark.parametrize(
    ("code", "name", "day"),
    [
        ("es", "Español", "21 de noviembre de 2026"),
        ("en", "English", "November 21, 2026"),
        ("pt", "Português", "21 de novembro de 2026"),
        ("fr", "Français", "21 novembre 2026"),
        ("xx", "xx", "2026-11-21"),
        ("", "", "2026-11-21"),
    ],
)
def test_languages_write_their_own_names_and_days(code: str, name: str, day: str) -> None:
    assert language_name(code).casefold() == name.casefold()
    assert long_day(date(2026, 11, 21), code) == day


def test_kreyol_is_known() -> None:
    assert language_name("ht").startswith("Kreyòl")
