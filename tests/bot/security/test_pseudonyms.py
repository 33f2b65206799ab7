"""Keyed names: stable, different for each id, pepper and kind."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.security.pseudonyms import Pseudonyms
from bot.security.sealing import Secret, new_secret

PEPPER = Secret(b"p" * 32)
NAMES = Pseudonyms(PEPPER)


def test_it_is_the_hmac_the_promises_name() -> None:
    assert NAMES.telegram_user(42) == hmac.new(b"p" * 32, b"tg-user42", hashlib.sha256).digest()


@given(st.integers(-(1 << 62), 1 << 62), st.integers(-(1 << 62), 1 << 62))
def test_ids_never_meet(one: int, other: int) -> None:
    assert (NAMES.telegram_user(one) == NAMES.telegram_user(other)) == (one == other)


def test_another_pepper_gives_other_names() -> None:
    assert NAMES.telegram_user(1) != Pseudonyms(new_secret()).telegram_user(1)


def test_marks_of_different_kinds_never_meet() -> None:
    name = NAMES.telegram_user(1)
    assert len({name, NAMES.mark("cover", name), NAMES.mark("case", name)}) == 3


@pytest.mark.parametrize("kind", ["", "Cover", "a b", "a-", "tg-user", "a1"])
def test_a_kind_that_could_meet_another_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        NAMES.mark(kind, b"")


def test_the_pepper_does_not_show() -> None:
    assert repr(NAMES) == "Pseudonyms()"
