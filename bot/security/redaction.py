"""Redaction by allow-list: what may stand in a log, decided key by key. Everything else is dropped, at every level.

A `Redactor` knows the keys that may pass and how: a *name* (one of our own identifiers), a *number* (counts, durations), an *id* (only as
a keyed hash that changes with every start) or a *pseudonym* (already keyed: its first four bytes). An exception passes as its class and
the place in the code; its message never does. Records of other people's code pass as logger, level, error class and place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from enum import Enum
from types import TracebackType
from typing import Final

Fields = MutableMapping[str, object]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_EVENT: Final = re.compile(r"[a-z][a-z0-9]*(?:[_.][a-z0-9]+)*")
_EVENT_CHARACTERS: Final = 64
UNNAMED: Final = "unnamed_event"
LIBRARY: Final = "library_record"


class Shape(Enum):
    """How the value of an allowed key may look."""

    NAME = "name"
    NUMBER = "number"
    ID = "id"
    PSEUDONYM = "pseudonym"


class Redactor:
    """A structlog processor. `allowed`: key -> shape. A value that has not the shape of its key is dropped like an unknown key."""

    __slots__ = ("_allowed", "_salt")

    def __init__(self, allowed: Mapping[str, Shape]) -> None:
        self._allowed = dict(allowed)
        self._salt = os.urandom(16)

    def __call__(self, logger: object, method: str, fields: Fields) -> Mapping[str, object]:
        """Only what may be seen of an event."""
        kept: dict[str, object] = {"event": event_name(fields.get("event")), "level": method}
        for key, shape in self._allowed.items():
            if key in fields:
                value = self._shaped(shape, fields[key])
                if value is not None:
                    kept[key] = value
        return {**kept, **error_fields(_error_of(fields.get("exc_info")))}

    def _shaped(self, shape: Shape, value: object) -> object | None:
        if shape is Shape.NUMBER:
            return _number(value)
        if shape is Shape.NAME:
            return value if isinstance(value, str) and _NAME.fullmatch(value) else None
        if shape is Shape.PSEUDONYM:
            return value[:4].hex() if isinstance(value, bytes) and len(value) == 32 else None
        return self._hashed(value) if isinstance(value, int | str | bytes) else None

    def _hashed(self, value: int | str | bytes) -> str:
        known = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(known, key=self._salt, digest_size=4).hexdigest()


def _number(value: object) -> object | None:
    if isinstance(value, float):
        return round(value, 6)
    return value if isinstance(value, int) else None


def event_name(value: object) -> str:
    """The name of an event when it looks like one (`group_committed`), else a stand-in.

    A person's single word could look like one: that events are constants is proven over the source, in `test_logs.py`.
    """
    if isinstance(value, str) and len(value) <= _EVENT_CHARACTERS and _EVENT.fullmatch(value):
        return value
    return UNNAMED


def _error_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple) and len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return exc_info[1]
    return sys.exc_info()[1] if exc_info is True else None


def error_fields(error: BaseException | None) -> dict[str, object]:
    """Class and place of an error, and nothing it says."""
    if error is None:
        return {}
    place = _place(error.__traceback__)
    return {"error": type(error).__name__, **({"where": place} if place else {})}


def _place(traceback: TracebackType | None) -> str:
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    module = str(traceback.tb_frame.f_globals.get("__name__", "?"))
    return f"{module}:{code.co_name}:{traceback.tb_lineno}"


def emptied(record: logging.LogRecord) -> logging.LogRecord:
    """A record of the standard library without message, arguments, exception and stack; it keeps class and place of the error."""
    error = _error_of(record.exc_info)
    if error is None:
        error = next((part for part in _parts(record.args) if isinstance(part, BaseException)), None)
    record.redacted = error_fields(error)
    record.msg, record.args = LIBRARY, None
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _parts(args: object) -> tuple[object, ...]:
    return args if isinstance(args, tuple) else ()


def library_fields(record: logging.LogRecord) -> dict[str, object]:
    """What may be seen of a record of other people's code."""
    library = ".".join(record.name.split(".")[:2])
    redacted = getattr(record, "redacted", {})
    return {
        "event": LIBRARY,
        "level": record.levelname.lower(),
        "library": library if _NAME.fullmatch(library) else "?",
        "line": f"{record.module}:{record.lineno}" if _NAME.fullmatch(record.module) else "?",
        **(redacted if isinstance(redacted, dict) else {}),
    }
