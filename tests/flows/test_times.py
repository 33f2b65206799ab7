"""The table of times (voice.md 3), cell by cell, and that the engine acts by it."""

from __future__ import annotations

import pytest

from flows.effects import RemoveTyped
from flows.events import Reading
from flows.state import Mode, PhoneUse
from flows.times import HOUR, MINUTE, TABLE
from tests.flows.tiny import START, Walk, program

COLUMNS = [PhoneUse.PRIVATE, PhoneUse.UNASKED, PhoneUse.CHECKED, PhoneUse.LENT]
ROWS: list[tuple[str, list[object]]] = [
    ("typed_at_once", [False, False, True, True]),
    ("idle", [6 * HOUR, 1 * HOUR, 5 * MINUTE, 5 * MINUTE]),
    ("lifetime", [40 * HOUR, 24 * HOUR, 1 * HOUR, 1 * HOUR]),
    ("answers", [72 * HOUR, 24 * HOUR, 0, 0]),
    ("sound", [True, False, False, False]),
    ("reach", [True, True, False, False]),
]
CELLS = [(row, use, cell) for row, cells in ROWS for use, cell in zip(COLUMNS, cells, strict=True)]


@pytest.mark.parametrize(("row", "use", "cell"), CELLS, ids=[f"{row}-{use.value}" for row, use, _ in CELLS])
def test_the_table(row: str, use: PhoneUse, cell: object) -> None:
    """What the page says is what the code says."""
    assert getattr(TABLE[use], row) == cell


def test_every_answer_has_a_column() -> None:
    """None is forgotten, and a bot can delete all of it in time: Telegram forbids after 48 hours."""
    assert set(TABLE) == set(PhoneUse)
    assert all(0 < times.lifetime < 47 * HOUR for times in TABLE.values())
    assert all(times.idle < times.lifetime for times in TABLE.values())


def test_watching_never_lengthens() -> None:
    """A phone others look at has the shortest of everything."""
    for use in (PhoneUse.CHECKED, PhoneUse.LENT):
        for other in TABLE.values():
            assert (TABLE[use].idle, TABLE[use].lifetime, TABLE[use].answers) <= (other.idle, other.lifetime, other.answers)


def walk(use: PhoneUse) -> Walk:
    """Somebody on such a phone, in the middle of things."""
    found = Walk(program()).stale()
    found.held = found.held.evolve(phone=use, answers={"k.a": ("x",)})
    return found.press("help")


@pytest.mark.parametrize("use", COLUMNS)
def test_the_screen_goes_to_cover_when_idle(use: PhoneUse) -> None:
    """At its time, not before; on a watched phone the answers end with it."""
    idle = TABLE[use].idle
    found = walk(use)
    assert found.held.timers["idle"] == START + idle
    assert found.later(idle - 1, "idle").effects == ()
    found.later(1, "idle")
    assert (found.here, found.held.mode) == ("cover.card", Mode.DIMMED)
    assert RemoveTyped() in found.effects
    assert bool(found.held.answers) == bool(TABLE[use].answers)


@pytest.mark.parametrize("use", [PhoneUse.PRIVATE, PhoneUse.UNASKED])
def test_answers_go_at_their_time(use: PhoneUse) -> None:
    """Without a case they are held so long after the last act, and then the way on is kind, never an empty hello."""
    found = walk(use)
    assert found.held.timers["answers"] == START + TABLE[use].answers
    found.later(TABLE[use].answers, "answers")
    assert not found.held.answers
    assert found.held.phone is use
    assert found.stale().here == "returning.back"


@pytest.mark.parametrize("use", COLUMNS)
def test_typed_words_leave(use: PhoneUse) -> None:
    """At once after the echo where somebody looks; else one turn later, by the channel."""
    found = walk(use).types("algo", Reading())
    assert (RemoveTyped() in found.effects) == TABLE[use].typed_at_once


def test_back_from_cover_on_a_watched_phone() -> None:
    """Idle hides; a greeting meets the dull face, and only the person's own choice brings back what was."""
    found = walk(PhoneUse.CHECKED).later(5 * MINUTE, "idle").types("hola", Reading(greeting=True))
    assert found.here == "cover.face"
    assert found.press("return").here != "cover.face"
