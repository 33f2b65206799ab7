"""Buttons: ours work for whom and where they were made; any other string is answered with None."""

from __future__ import annotations

import random
import string
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.security.sealing import Secret, new_secret
from bot.security.tokens import TOKEN_CHARACTERS, parse, sign, verify

KEY = Secret(b"b" * 32)
VISIBLE = "".join(chr(number) for number in range(0x21, 0x7F) if chr(number) != "|")
codes = st.text(VISIBLE, min_size=1, max_size=12)
turns = st.integers(0, (1 << 32) - 1)
ids = st.integers(-(1 << 52), 1 << 52)


class Bound(TypedDict):
    user: int
    chat: int
    program: str
    step: str


bounds = st.fixed_dictionaries({"user": ids, "chat": ids, "program": st.text(max_size=40), "step": st.text(max_size=40)})
HERE: Bound = {"user": 7, "chat": 7, "program": "0" * 64, "step": "danger.now"}


@given(bounds, turns, codes)
def test_a_button_works_where_it_was_made(bound: Bound, turn: int, code: str) -> None:
    token = sign(KEY, **bound, turn=turn, code=code)
    parsed = verify(KEY, token, **bound)
    assert parsed is not None
    assert (parsed.code, parsed.turn) == (code, turn)
    assert len(token.encode()) <= TOKEN_CHARACTERS


@given(bounds, bounds, turns, codes)
def test_a_button_of_another_person_chat_program_or_step_does_nothing(bound: Bound, other: Bound, turn: int, code: str) -> None:
    token = sign(KEY, **bound, turn=turn, code=code)
    assert (verify(KEY, token, **other) is not None) == (bound == other)


@pytest.mark.parametrize(
    "other",
    [
        Bound(user=8, chat=7, program="0" * 64, step="danger.now"),
        Bound(user=7, chat=8, program="0" * 64, step="danger.now"),
        Bound(user=7, chat=7, program="1" * 64, step="danger.now"),
        Bound(user=7, chat=7, program="0" * 64, step="danger.then"),
    ],
)
def test_each_single_part_is_bound(other: Bound) -> None:
    token = sign(KEY, **HERE, turn=3, code="c1")
    assert verify(KEY, token, **other) is None


@pytest.mark.parametrize(("one", "other"), [(("a|b", "c"), ("a", "b|c")), (("a|1|b", "c"), ("a", "b|1|c")), (("", "|"), ("|", ""))])
def test_parts_cannot_be_shifted_into_each_other(one: tuple[str, str], other: tuple[str, str]) -> None:
    token = sign(KEY, user=1, chat=1, program=one[0], step=one[1], turn=0, code="x")
    assert verify(KEY, token, user=1, chat=1, program=one[0], step=one[1]) is not None
    assert verify(KEY, token, user=1, chat=1, program=other[0], step=other[1]) is None


@given(st.data(), turns, codes)
def test_any_changed_character_is_noticed(data: st.DataObject, turn: int, code: str) -> None:
    token = sign(KEY, **HERE, turn=turn, code=code)
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters())
    altered = token[:position] + other + token[position + 1 :]
    assert (verify(KEY, altered, **HERE) is not None) == (altered == token)


@given(st.text(max_size=80))
def test_every_string_is_answered(anything: str) -> None:
    parse(anything)
    assert verify(KEY, anything, **HERE) is None


@given(st.from_regex(r"1\|[!-{]{1,12}\|[0-9a-f]{1,9}\|[A-Za-z0-9_-]{15,17}", fullmatch=True))
def test_strings_in_the_form_of_a_token_are_not_believed(forged: str) -> None:
    assert verify(KEY, forged, **HERE) is None


def test_many_forgeries_and_not_one_passes() -> None:
    chance = random.Random(40)
    letters = string.ascii_letters + string.digits + "-_"
    for _ in range(50_000):
        forged = f"1|c1|3|{''.join(chance.choices(letters, k=16))}"
        assert verify(KEY, forged, **HERE) is None


@pytest.mark.parametrize("surrogate", ["\ud800", "1|c1|3|\udfff" + "a" * 15])
def test_lone_surrogates_are_only_strings(surrogate: str) -> None:
    assert verify(KEY, surrogate, **HERE) is None
    assert sign(KEY, user=1, chat=1, program=surrogate, step="s", turn=0, code="x")


def test_one_token_has_one_spelling() -> None:
    """Leading zeros, capitals and padding would let one press count as several."""
    token = sign(KEY, **HERE, turn=10, code="c1")
    head, code, turn, mac = token.split("|")
    assert turn == "a"
    for spelling in (f"{head}|{code}|0a|{mac}", f"{head}|{code}|A|{mac}", f"{token}=", f" {token}", f"{token}\n"):
        assert verify(KEY, spelling, **HERE) is None


def test_another_key_verifies_nothing() -> None:
    assert verify(new_secret(), sign(KEY, **HERE, turn=0, code="x"), **HERE) is None


@pytest.mark.parametrize(
    ("turn", "code"), [(-1, "x"), (1 << 32, "x"), (0, ""), (0, "a|b"), (0, "x" * 13), (0, "ñ"), (0, "a b"), (0, "a\n")]
)
def test_what_could_not_be_read_back_is_never_signed(turn: int, code: str) -> None:
    with pytest.raises(ValueError, match=r"turn|code"):
        sign(KEY, **HERE, turn=turn, code=code)
