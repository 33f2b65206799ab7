"""Laws of the engine, on the real content: total, deterministic, bounded, back is an inverse, the exit always works."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from flows import limits
from flows.advance import advance, begin
from flows.codec import decode_conversation, decode_effect, encode_conversation, encode_effect
from flows.effects import Effect, EraseSeeker, Order, Screen, ShowScreen, Wipe
from flows.events import (
    Blocked,
    Command,
    CommandGiven,
    Crisis,
    Event,
    MediaKind,
    MediaReceived,
    Pressed,
    Reading,
    StalePressed,
    Started,
    TextReceived,
    TimerFired,
)
from flows.screens import screen
from flows.state import Conversation, Mode
from tests.house import program, understanding

PROGRAM = program()
READ = understanding()
START = 1_800_000_000

Act = Callable[[Conversation, int], Event]


def press(number: int) -> Act:
    """Press the nth button of whatever screen there is."""

    def act(conversation: Conversation, at: int) -> Event:
        codes = [button.code for button in screen(PROGRAM, conversation).buttons if button.code]
        return Pressed(at=at, code=codes[number % len(codes)]) if codes else StalePressed(at=at)

    return act


def typed(text: str) -> Act:
    return lambda conversation, at: TextReceived(at=at, text=text, reading=READ(text, PROGRAM, conversation.locale))


def told(event: Callable[[int], Event]) -> Act:
    return lambda _, at: event(at)


WORDS = sorted(PROGRAM.commands) + sorted({way for ways in PROGRAM.labels.values() for way in ways})
READINGS = st.builds(
    Reading,
    command=st.none() | st.sampled_from(Command),
    intents=st.lists(st.sampled_from([*PROGRAM.triggers, "nonsense"]), max_size=4).map(tuple),
    crisis=st.none() | st.sampled_from(Crisis),
    locale=st.none() | st.sampled_from(["es", "en", "xx"]),
    who=st.none() | st.sampled_from(["son", "nobody"]),
    greeting=st.booleans(),
    goodbye=st.booleans(),
)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.integers(0, 12).map(press),
    st.integers(0, 12).map(press),
    st.sampled_from(WORDS).map(typed),
    st.text(max_size=60).map(typed),
    st.tuples(st.text(max_size=20), READINGS).map(lambda t: told(lambda at: TextReceived(at=at, text=t[0], reading=t[1]))),
    st.sampled_from(Command).map(lambda c: told(lambda at: CommandGiven(at=at, command=c))),
    st.sampled_from(["c0", "c99", "p3", "p9999", "s", "d", "g0", "+", "-", "nback", "nnothing", "", "x"]).map(
        lambda code: told(lambda at: Pressed(at=at, code=code) if code else StalePressed(at=at))
    ),
    st.sampled_from(["", "en", "ht", "xx"]).map(lambda payload: told(lambda at: Started(at=at, payload=payload))),
    st.sampled_from(MediaKind).map(lambda kind: told(lambda at: MediaReceived(at=at, kind=kind))),
    st.sampled_from(["idle", "answers", "wait", "nothing"]).map(lambda name: told(lambda at: TimerFired(at=at, name=name))),
    st.just(told(lambda at: Blocked(at=at))),
)
WALKS = st.lists(st.tuples(ACTS, st.integers(0, 20_000)), max_size=30)


def walk(acts: list[tuple[Act, int]]) -> Conversation:
    conversation, at = begin(PROGRAM, locale="es"), START
    for act, seconds in acts:
        at += seconds
        conversation, effects = advance(PROGRAM, conversation, act(conversation, at))
        conversation = decode_conversation(encode_conversation(conversation))
        for effect in effects:
            assert isinstance(effect, Order) or decode_effect(encode_effect(effect)) == effect
    return conversation


@settings(max_examples=400, deadline=None)
@given(WALKS)
def test_total_and_bounded(acts: list[tuple[Act, int]]) -> None:
    """Every event in every state has an answer that can be stored and read again, within the named bounds."""
    conversation = walk(acts)
    assert 1 <= len(conversation.stack) <= limits.STACK_DEPTH
    assert len(conversation.trail) <= limits.TRAIL_LENGTH
    assert len(conversation.answers) <= limits.ANSWERS
    assert len(conversation.queue) <= limits.QUEUED_FLOWS
    assert all(PROGRAM.step(at.flow, at.step) for at in conversation.stack)
    assert len(encode_conversation(conversation)) < 16_000


@settings(max_examples=150, deadline=None)
@given(WALKS, ACTS)
def test_deterministic(acts: list[tuple[Act, int]], last: Act) -> None:
    """The same conversation and the same event give the same outcome, and the conversation put in is not changed."""
    before = walk(acts)
    kept = encode_conversation(before)
    event = last(before, START + 10_000_000)
    assert advance(PROGRAM, before, event) == advance(PROGRAM, before, event)
    assert encode_conversation(before) == kept


@settings(max_examples=300, deadline=None)
@given(WALKS, st.integers(0, 12))
def test_back_is_an_inverse(acts: list[tuple[Act, int]], number: int) -> None:
    """Whenever a press moves forward, back restores place, answers, needs and queue."""
    before = walk(acts)
    if before.mode is not Mode.ACTIVE:
        return
    after, _ = advance(PROGRAM, before, press(number)(before, START))
    assert len(after.trail) <= len(before.trail) + 1, "one press is one turn"
    if len(after.trail) != len(before.trail) + 1 or after.mode is not Mode.ACTIVE:
        return
    back, _ = advance(PROGRAM, after, CommandGiven(at=START, command=Command.BACK))
    assert (back.stack, dict(back.answers), back.needs, back.queue, back.seen) == (
        before.stack,
        dict(before.answers),
        before.needs,
        before.queue,
        before.seen,
    )


@settings(max_examples=300, deadline=None)
@given(WALKS, st.sampled_from(["button", "salir", "exit", "Salir.", "SALIR"]))
def test_exit_always_works(acts: list[tuple[Act, int]], how: str) -> None:
    """From every state the exit covers the screen, wipes, and leaves no answers; Start meets the cover face."""
    before = walk(acts)
    event: Event = CommandGiven(at=START, command=Command.EXIT) if how == "button" else typed(how)(before, START)
    after, effects = advance(PROGRAM, before, event)
    if before.mode is Mode.COVERED:
        assert _shown(effects).flow == "cover"
        return
    assert after.mode is Mode.COVERED
    assert not after.answers
    assert not after.trail
    assert _shown(effects).flow == "cover"
    assert any(isinstance(effect, Wipe) for effect in effects)
    face, shown = advance(PROGRAM, after, Started(at=START + 60))
    assert (_shown(shown).flow, _shown(shown).step) == ("cover", "face")
    assert not face.answers


@settings(max_examples=200, deadline=None)
@given(WALKS)
def test_erase_is_two_acts_away(acts: list[tuple[Act, int]]) -> None:
    """From every state: erase, then one confirmation (R10)."""
    conversation = walk(acts)
    asked, _ = advance(PROGRAM, conversation, CommandGiven(at=START, command=Command.ERASE))
    found = []
    for button in screen(PROGRAM, asked).buttons:
        if button.code:
            _, effects = advance(PROGRAM, asked, Pressed(at=START, code=button.code))
            found += [effect for effect in effects if isinstance(effect, EraseSeeker)]
    assert found


@settings(max_examples=200, deadline=None)
@given(WALKS, st.sampled_from(["peligro", "danger"]))
def test_danger_is_heard_in_every_state(acts: list[tuple[Act, int]], word: str) -> None:
    """The danger word shows the danger screen, whatever was on the screen before."""
    before = walk(acts)
    after, effects = advance(PROGRAM, before, typed(word)(before, START))
    assert after.here.flow == "danger"
    assert _shown(effects).flow == "danger"


@settings(max_examples=100, deadline=None)
@given(WALKS)
def test_a_lost_program_strands_nobody(acts: list[tuple[Act, int]]) -> None:
    """When the pinned program has gone, the person lands on a step that exists, with the answers kept."""
    before = walk(acts).evolve(program="0000000000000000")
    after, effects = advance(PROGRAM, before, StalePressed(at=START))
    assert after.program == PROGRAM.id
    assert _shown(effects)
    if before.mode is Mode.ACTIVE:
        assert dict(after.answers) == dict(before.answers)


def _shown(effects: tuple[Effect, ...]) -> Screen:
    return next(effect.screen for effect in effects if isinstance(effect, ShowScreen))
