"""Conversations and effects as small versioned envelopes (JSON bytes). What an old version wrote is upgraded when it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

import orjson

from flows.effects import (
    Echo,
    EchoKind,
    Effect,
    EraseSeeker,
    Line,
    Order,
    RemoveMedia,
    RemoveTyped,
    Screen,
    SetLifetimes,
    Shown,
    ShowScreen,
    ShowWords,
    SpeakVoice,
    Wipe,
)
from flows.state import CaseStage, Conversation, Desk, DeskState, Mode, PhoneUse, Position, Turn

VERSION: Final = 1
Json = dict[str, Any]
"""Parsed JSON. What it holds is checked where the values are built; anything odd becomes an `EnvelopeError`."""


class EnvelopeError(ValueError):
    """These bytes are not an envelope we know. Land the person on a safe step."""


def encode_conversation(value: Conversation) -> bytes:
    """The envelope of a conversation; empty fields are left out."""
    fields: Json = {
        "p": value.program,
        "l": value.locale,
        "s": [[at.flow, at.step] for at in value.stack],
        "t": value.turn,
        "m": value.mode.value,
        "a": {key: list(held) for key, held in value.answers.items()},
        "r": [_turn_out(turn) for turn in value.trail],
        "e": value.seen,
        "n": value.needs,
        "q": value.queue,
        "f": value.phone.value,
        "d": dict(value.timers),
        "g": value.page,
        "x": value.aside,
        "ap": value.asked_phone,
        "c": value.cover_until,
        "rm": value.reading_mode,
        "ty": value.typed,
        "tr": value.told_removal,
        "to": value.told_older,
        "or": value.older_remains,
        "cs": value.case.value,
        "rc": value.reach,
        "un": value.unread,
        "nw": value.news,
        "tc": value.touched,
        "of": value.offered,
        "oo": value.offered_other,
        "sd": value.stood,
        "um": value.unmet,
        "kb": value.kept_back,
    }
    return orjson.dumps({"v": VERSION, **{key: held for key, held in fields.items() if held}})


def _turn_out(turn: Turn) -> list[object]:
    undo = [[key, list(held) if held is not None else None] for key, held in turn.undo]
    return [[[at.flow, at.step] for at in turn.stack], undo, turn.seen, turn.needs, turn.queue, turn.page]


def decode_conversation(data: bytes) -> Conversation:
    """Read an envelope; raises `EnvelopeError` when it is none."""
    try:
        fields = orjson.loads(data)
        for version in range(fields["v"], VERSION):
            fields = UPGRADES[version](fields)
        return _conversation(fields)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise EnvelopeError(type(error).__name__) from None


UPGRADES: Final[Mapping[int, Callable[[Json], Json]]] = MappingProxyType({})
"""version -> how to make the next one of it. Empty until there is a version 2."""


def _conversation(f: Json) -> Conversation:
    read = f.get
    return Conversation(
        program=str(f["p"]),
        locale=str(f["l"]),
        stack=_stack(f["s"]),
        turn=int(read("t", 0)),
        mode=Mode(read("m", "active")),
        answers=MappingProxyType({k: tuple(v) for k, v in read("a", {}).items()}),
        trail=tuple(_turn_in(turn) for turn in read("r", ())),
        seen=tuple(read("e", ())),
        needs=tuple(read("n", ())),
        queue=tuple(read("q", ())),
        phone=PhoneUse(read("f", "unasked")),
        timers=MappingProxyType(dict(read("d", {}))),
        page=int(read("g", 0)),
        aside=str(read("x", "")),
        asked_phone=bool(read("ap", False)),
        cover_until=int(read("c", 0)),
        reading_mode=bool(read("rm", False)),
        typed=bool(read("ty", False)),
        told_removal=bool(read("tr", False)),
        told_older=bool(read("to", False)),
        older_remains=bool(read("or", False)),
        case=CaseStage(read("cs", "")),
        reach=str(read("rc", "")),
        unread=int(read("un", 0)),
        news=str(read("nw", "")),
        touched=int(read("tc", 0)),
        offered=str(read("of", "")),
        offered_other=str(read("oo", "")),
        stood=int(read("sd", 0)),
        unmet=str(read("um", "")),
        kept_back=tuple(read("kb", ())),
    )


def _stack(data: list[list[str]]) -> tuple[Position, ...]:
    stack = tuple(Position(flow=flow, step=step) for flow, step in data)
    if not stack:
        raise ValueError("a conversation is always somewhere")
    return stack


def _turn_in(data: list[Any]) -> Turn:
    stack, undo, seen, needs, queue, page = data
    return Turn(
        stack=_stack(stack),
        undo=tuple((key, tuple(held) if held is not None else None) for key, held in undo),
        seen=tuple(seen),
        needs=int(needs),
        queue=tuple(queue),
        page=int(page),
    )


def encode_effect(effect: Effect) -> bytes:
    """The envelope of an effect, for the outbox."""
    return orjson.dumps({"v": VERSION, "k": type(effect).__name__, **_effect_out(effect)})


def _effect_out(effect: Effect) -> Json:
    match effect:
        case ShowScreen():
            return {"s": _screen_out(effect.screen), "f": effect.fresh, "u": effect.urgent, "o": effect.sound}
        case SpeakVoice():
            return {"s": _screen_out(effect.screen), "r": effect.recording, "l": effect.locale}
        case EraseSeeker():
            return {"c": effect.cover_until}
        case SetLifetimes():
            return {"n": effect.seconds}
        case ShowWords():
            return {"w": effect.words, "t": effect.until, "o": effect.sound}
        case Wipe() | RemoveTyped() | RemoveMedia():
            return {}
        case Order():
            raise TypeError("an order to the desk is done in its own turn and never waits")


def decode_effect(data: bytes) -> Effect:
    """Read an effect; raises `EnvelopeError` when it is none."""
    try:
        f = orjson.loads(data)
        return EFFECTS[f["k"]](f)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise EnvelopeError(type(error).__name__) from None


EFFECTS: Final[Mapping[str, Callable[[Json], Effect]]] = MappingProxyType(
    {
        "ShowScreen": lambda f: ShowScreen(screen=_screen_in(f["s"]), fresh=bool(f["f"]), urgent=bool(f["u"]), sound=bool(f["o"])),
        "SpeakVoice": lambda f: SpeakVoice(screen=_screen_in(f["s"]), recording=str(f["r"]), locale=str(f["l"])),
        "EraseSeeker": lambda f: EraseSeeker(cover_until=int(f["c"])),
        "SetLifetimes": lambda f: SetLifetimes(seconds=int(f["n"])),
        "ShowWords": lambda f: ShowWords(words=int(f["w"]), until=int(f["t"]), sound=bool(f["o"])),
        "Wipe": lambda _: Wipe(),
        "RemoveTyped": lambda _: RemoveTyped(),
        "RemoveMedia": lambda _: RemoveMedia(),
    }
)


def _screen_out(screen: Screen) -> Json:
    buttons = [[b.label, b.code, b.copy, b.text, b.picked, b.row] for b in screen.buttons]
    echo = [screen.echo.kind.value, screen.echo.ref, screen.echo.who] if screen.echo else None
    return {
        "p": screen.program,
        "l": screen.locale,
        "f": screen.flow,
        "s": screen.step,
        "t": screen.turn,
        "b": screen.blocks,
        "k": buttons,
        "e": echo,
        "w": screen.why,
        "o": screen.sources,
        "h": screen.phone,
        "r": screen.reading_mode,
        "d": _desk_out(screen.desk),
        "i": [[line.key, line.question, line.answer] for line in screen.lines],
    }


def _desk_out(desk: Desk | None) -> Json | None:
    return asdict(desk) if desk else None


def _desk_in(f: Json | None) -> Desk | None:
    return Desk(**{**f, "state": DeskState(f["state"]), "takes": tuple(f["takes"])}) if f else None


def _screen_in(f: Json) -> Screen:
    echo = f["e"]
    return Screen(
        program=str(f["p"]),
        locale=str(f["l"]),
        flow=str(f["f"]),
        step=str(f["s"]),
        turn=int(f["t"]),
        blocks=tuple(f["b"]),
        buttons=tuple(
            Shown(label=label, code=code, copy=copy, text=text, picked=picked, row=row) for label, code, copy, text, picked, row in f["k"]
        ),
        echo=Echo(kind=EchoKind(echo[0]), ref=echo[1], who=echo[2]) if echo else None,
        why=str(f["w"]),
        sources=tuple(f["o"]),
        phone=str(f["h"]),
        reading_mode=bool(f["r"]),
        desk=_desk_in(f.get("d")),
        lines=tuple(Line(key=key, question=question, answer=answer) for key, question, answer in f.get("i", ())),
    )
