"""Envelopes: what is stored is what was meant, and what is no envelope is refused with one error, whatever it is."""

from __future__ import annotations

from types import MappingProxyType

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.codec import EFFECTS, EnvelopeError, decode_conversation, decode_effect, encode_conversation, encode_effect
from flows.effects import (
    Echo,
    EchoKind,
    Effect,
    EraseSeeker,
    RemoveMedia,
    RemoveTyped,
    Screen,
    SetLifetimes,
    Shown,
    ShowScreen,
    SpeakVoice,
    Wipe,
)
from flows.state import Conversation, Mode, PhoneUse, Position, Turn

WORD = st.text(st.characters(codec="utf-8"), max_size=12)
NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
WORDS = st.lists(WORD, max_size=4).map(tuple)
NUMBER = st.integers(0, 2**40)
POSITION = st.builds(Position, flow=WORD, step=WORD)
STACK = st.lists(POSITION, min_size=1, max_size=4).map(tuple)
UNDO = st.lists(st.tuples(WORD, st.none() | WORDS), max_size=3).map(tuple)
TURN = st.builds(Turn, stack=STACK, undo=UNDO, seen=WORDS, needs=st.integers(0, 9), queue=WORDS, page=st.integers(0, 9))
CONVERSATION = st.builds(
    Conversation,
    program=NAME,
    locale=NAME,
    stack=STACK,
    turn=NUMBER,
    mode=st.sampled_from(Mode),
    answers=st.dictionaries(WORD, WORDS, max_size=4).map(MappingProxyType),
    trail=st.lists(TURN, max_size=3).map(tuple),
    seen=WORDS,
    needs=WORDS,
    queue=WORDS,
    phone=st.sampled_from(PhoneUse),
    timers=st.dictionaries(WORD, NUMBER, max_size=3).map(MappingProxyType),
    page=st.integers(0, 9),
    aside=WORD,
    asked_phone=st.booleans(),
    cover_until=NUMBER,
    reading_mode=st.booleans(),
    typed=st.booleans(),
    told_removal=st.booleans(),
    told_older=st.booleans(),
    older_remains=st.booleans(),
)
SCREEN = st.builds(
    Screen,
    program=WORD,
    locale=WORD,
    flow=WORD,
    step=WORD,
    turn=NUMBER,
    blocks=WORDS,
    buttons=st.lists(
        st.builds(Shown, label=WORD, code=WORD, copy=WORD, text=WORD, picked=st.booleans(), row=st.integers(0, 99)), max_size=4
    ).map(tuple),
    echo=st.none() | st.builds(Echo, kind=st.sampled_from(EchoKind), ref=WORD, who=st.none() | WORD),
    why=WORD,
    sources=WORDS,
    phone=WORD,
    reading_mode=st.booleans(),
)
EFFECT: st.SearchStrategy[Effect] = st.one_of(
    st.builds(ShowScreen, screen=SCREEN, fresh=st.booleans(), urgent=st.booleans(), sound=st.booleans()),
    st.builds(SpeakVoice, recording=WORD, locale=WORD, screen=SCREEN),
    st.builds(EraseSeeker, cover_until=NUMBER),
    st.builds(SetLifetimes, seconds=NUMBER),
    st.sampled_from([Wipe(), RemoveTyped(), RemoveMedia()]),
)
PLAIN = Conversation(program="p", locale="es", stack=(Position(flow="welcome", step="start"),))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | WORD,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*"vplstmarenqfdgxck", "ap", "tr"]) | WORD, inner, max_size=6)
    ),
    max_leaves=20,
)


@given(CONVERSATION)
def test_conversations_come_back_as_they_were(value: Conversation) -> None:
    """Every field, whatever it holds."""
    assert decode_conversation(encode_conversation(value)) == value


@given(EFFECT)
def test_effects_come_back_as_they_were(value: Effect) -> None:
    """Every kind of effect."""
    assert decode_effect(encode_effect(value)) == value


def test_every_effect_has_a_reader() -> None:
    """A new kind of effect without one would be lost in the outbox."""
    assert set(EFFECTS) == {kind.__name__ for kind in Effect.__args__} - {"Order"}  # an order is done in its own turn


def test_a_fresh_conversation_is_small() -> None:
    """Empty fields are left out."""
    assert encode_conversation(PLAIN) == b'{"v":1,"p":"p","l":"es","s":[["welcome","start"]],"m":"active","f":"unasked"}'


@given(st.binary(max_size=60))
def test_bytes_that_are_no_envelope(data: bytes) -> None:
    """One error, nothing else."""
    for decode in (decode_conversation, decode_effect):
        with pytest.raises(EnvelopeError):
            decode(data)


@given(JSON)
def test_json_that_is_no_envelope(value: object) -> None:
    """JSON of any shape is read or refused with the one error."""
    data = orjson.dumps(value)
    for decode in (decode_conversation, decode_effect):
        try:
            decode(data)
        except EnvelopeError:
            continue


@given(st.sampled_from("vpls"), st.sampled_from([None, "", 1.5, [], {}, [[]], [["a"]], [["a", "b", "c"]], "x"]) | st.just("gone"))
def test_the_parts_nobody_can_do_without(key: str, value: object) -> None:
    """Version, program, language and place: without one of them, or with a place that is none, it is no conversation."""
    fields = orjson.loads(encode_conversation(PLAIN))
    fields.pop(key)
    with pytest.raises(EnvelopeError):
        decode_conversation(orjson.dumps(fields))
    if key == "s":
        with pytest.raises(EnvelopeError):
            decode_conversation(orjson.dumps({**fields, "s": value}))


@pytest.mark.parametrize(
    ("key", "value"),
    [("m", "asleep"), ("f", "stolen"), ("t", "many"), ("t", None), ("a", 5), ("a", [1]), ("r", [[1]]), ("r", [[[], [], [], 0, [], 0]]),
     ("d", 3), ("e", 7), ("v", "1"), ("v", None), ("v", 0), ("v", -3)],
)  # fmt: skip
def test_a_field_of_the_wrong_kind(key: str, value: object) -> None:
    """Refused, never guessed."""
    fields = orjson.loads(encode_conversation(PLAIN))
    with pytest.raises(EnvelopeError):
        decode_conversation(orjson.dumps({**fields, key: value}))


@pytest.mark.parametrize("cut", range(0, 77, 7))
def test_a_cut_envelope(cut: int) -> None:
    """Half of one is none."""
    with pytest.raises(EnvelopeError):
        decode_conversation(encode_conversation(PLAIN)[:cut])


def test_an_unknown_effect() -> None:
    """What a newer version wrote is refused, not done by guess."""
    with pytest.raises(EnvelopeError):
        decode_effect(b'{"v":1,"k":"SendMoney"}')


def test_the_error_tells_nothing_of_the_content() -> None:
    """It may be logged."""
    with pytest.raises(EnvelopeError) as caught:
        decode_conversation(b'{"v":1,"p":"p","l":"es","s":[["secret answer"]]}')
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
