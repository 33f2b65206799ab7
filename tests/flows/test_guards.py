"""Conditions over answers: what can be written, what it means, and what is refused with its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.guards import Guard, GuardError, Values, parse_guard
from flows.state import Conversation, Mode, PhoneUse, Position
from flows.values import values

HELD: Values = {"a.one": ("yes",), "a.many": ("x", "y"), "a.unsaid": ("unsaid",), "a.none": ()}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("a.one is yes", True),
        ("a.one is no", False),
        ("a.one is not yes", False),
        ("a.one is not no", True),
        ("a.many has y", True),
        ("a.many has z", False),
        ("a.many has not z", True),
        ("a.many is x", True),
        ("a.absent is yes", False),
        ("a.absent is not yes", True),
        ("a.one is known", True),
        ("a.absent is known", False),
        ("a.absent is unknown", True),
        ("a.one is unknown", False),
        ("a.one is not unknown", True),
        ("a.absent is not known", True),
        ("a.none is unknown", True),
        ("a.unsaid is known", True),
        ("a.unsaid is unsaid", True),
        ("a.one is yes and a.many has x", True),
        ("a.one is yes and a.many has z", False),
        ("a.one is no or a.many has x", True),
        ("a.one is no and a.one is yes or a.many has x", True),
        ("a.many has x or a.one is no and a.one is yes", True),
        ("a.one is no or a.absent is known", False),
        ("  a.one   is\n yes ", True),
    ],
)
def test_what_a_guard_means(source: str, holds: bool) -> None:
    """`and` binds tighter than `or`; no answer is not any answer; `unsaid` is one."""
    assert parse_guard(source).holds(HELD) is holds


@pytest.mark.parametrize(
    "source",
    ["", "a.one", "a.one is", "a.one = yes", "a.one is yes and", "or a.one is yes", "(a.one is yes)", "A.one is yes", "a is Yes",
     "a is b c", "not a is b", "a is yes, b is no", "a isnt b", "1a is b", "a is b xor c is d"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(source: str) -> None:
    """The message shows the part, and how to write it."""
    with pytest.raises(GuardError, match="write '<answer> is <value>'"):
        parse_guard(source)


def test_the_error_names_the_part() -> None:
    """Only the arm that is wrong is named."""
    with pytest.raises(GuardError, match=r"cannot read 'a\.two = no'"):
        parse_guard("a.one is yes and a.two = no")


def test_keys() -> None:
    """The answers it looks at, for the checks."""
    assert parse_guard("a is b and c.d has e or a is f").keys == {"a", "c.d"}


def test_a_guard_without_alternatives_never_holds() -> None:
    """What the compiler makes of a condition nobody can read."""
    assert not Guard(source="??", alternatives=()).holds(HELD)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}(\.[a-z][a-z0-9_]{0,6})?", fullmatch=True)
WORDS = st.sampled_from(["yes", "no", "unsaid", "a1", "known", "unknown"])


@given(NAMES, WORDS, st.dictionaries(NAMES, st.lists(WORDS, max_size=3).map(tuple), max_size=3))
def test_not_is_the_contrary(key: str, value: str, held: dict[str, tuple[str, ...]]) -> None:
    """Of `is` and `is not` exactly one holds, whatever is held."""
    assert parse_guard(f"{key} is {value}").holds(held) != parse_guard(f"{key} is not {value}").holds(held)


def test_what_the_conversation_knows_by_itself() -> None:
    """Besides answers: phone, language and mode; an answer of the same name does not hide them."""
    held = Conversation(
        program="p", locale="ht", stack=(Position(flow="a", step="b"),), phone=PhoneUse.LENT, mode=Mode.DIMMED, answers={"phone": ("x",)}
    )
    assert parse_guard("phone is lent and locale is ht and mode is dimmed").holds(values(held))
