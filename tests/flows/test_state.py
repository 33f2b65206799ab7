"""The conversation as a value: evolving makes another one and leaves the first as it was."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from flows.state import NO_ANSWERS, Conversation, Mode, Position

HERE = Position(flow="welcome", step="start")
PLAIN = Conversation(program="p", locale="es", stack=(HERE,))


def test_evolve_changes_a_copy() -> None:
    """Only what is named changes, and only in the copy."""
    changed = PLAIN.evolve(turn=4, mode=Mode.DIMMED)
    assert (changed.turn, changed.mode, changed.locale, changed.stack) == (4, Mode.DIMMED, "es", (HERE,))
    assert (PLAIN.turn, PLAIN.mode) == (0, Mode.ACTIVE)
    assert changed != PLAIN
    assert changed.evolve(turn=0, mode=Mode.ACTIVE) == PLAIN


def test_evolve_of_nothing_is_equal() -> None:
    """Another object with the same value."""
    same = PLAIN.evolve()
    assert same == PLAIN
    assert same is not PLAIN
    assert type(same) is Conversation


def test_evolve_refuses_what_is_no_field() -> None:
    """A misspelt name is an error, not a new attribute; nothing is changed."""
    with pytest.raises(TypeError, match="no such field: \\['modus'\\]"):
        PLAIN.evolve(modus=Mode.PAUSED, turn=3)
    assert PLAIN.turn == 0


@pytest.mark.parametrize("name", [each.name for each in fields(Conversation)])
def test_frozen(name: str) -> None:
    """No field can be set in place."""
    with pytest.raises(FrozenInstanceError):
        setattr(PLAIN, name, None)


def test_every_field_can_evolve() -> None:
    """The quick way of copying knows them all."""
    whole = {each.name: getattr(PLAIN, each.name) for each in fields(Conversation)}
    assert PLAIN.evolve(**whole) == PLAIN


def test_answers_cannot_be_changed_in_place() -> None:
    """The empty mapping is shared by everybody."""
    with pytest.raises(TypeError):
        NO_ANSWERS["k"] = ("x",)  # type: ignore[index]  # what is tried here


def test_here_is_the_innermost_step() -> None:
    """The last of the stack."""
    inner = Position(flow="k", step="s")
    assert PLAIN.evolve(stack=(HERE, inner)).here == inner


@pytest.mark.parametrize(("timers", "due"), [({}, None), ({"idle": 9}, 9), ({"idle": 9, "wait": 5, "answers": 7}, 5)])
def test_due_at_is_the_earliest_timer(timers: dict[str, int], due: int | None) -> None:
    """None without timers."""
    assert PLAIN.evolve(timers=timers).due_at() == due
