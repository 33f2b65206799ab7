"""Logs: one JSON object a line, holding counts, kinds, durations and error classes, and nothing a person said or could be found by.

Our own code logs through structlog (`log = structlog.get_logger()`, `log.info("group_committed", changes=12, ms=3.4)`): the event is a
constant, and only keys listed in `ALLOWED` leave. Other people's loggers are closed where they are known to speak of
content, and every record of the standard library is emptied when it is made, so that no handler anywhere, at any level, has anything to
tell. Uncaught exceptions leave as class and place.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, TextIO

import orjson
import structlog

from bot.security.redaction import Redactor, Shape, emptied, library_fields

ALLOWED: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(
        (
            "kind",
            "error",
            "outcome",
            "method",
            "table",
            "verdict",
            "reason",
            "mode",
            "locale",
            "flow",
            "signal",
            "state",
            "version",
        ),
        Shape.NAME,
    ),
    **dict.fromkeys(
        (
            "count",
            "changes",
            "commits",
            "updates",
            "records",
            "items",
            "messages",
            "rows",
            "attempt",
            "attempts",
            "failures",
            "warnings",
            "seekers",
        ),
        Shape.NUMBER,
    ),
    **dict.fromkeys(("ms", "seconds", "after", "bytes", "status", "port", "pid", "limit", "size", "waiting", "unreadable"), Shape.NUMBER),
    **dict.fromkeys(("update", "item", "chat", "user", "program"), Shape.ID),
    "seeker": Shape.PSEUDONYM,
}
CLOSED: Final = (
    "telegram",
    "httpx",
    "httpcore",
    "aiosqlite",
    "sqlalchemy",
    "alembic",
    "transitions",
    "aiohttp",
    "uvicorn",
    "starlette",
    "urllib3",
    "h11",
    "multipart",
)
"""Loggers known to speak of addresses (with the token), bodies, parameters or texts."""
_SILENT: Final = logging.CRITICAL + 10


def configure_logs(level: str | int, stream: TextIO) -> Callable[[], None]:
    """Send logs of at least `level` to `stream`, redacted. Returns what puts everything back (tests need it; a process does not)."""
    number = logging.getLevelNamesMapping()[level.upper()] if isinstance(level, str) else level
    undo = [_empty_records(), _root_to(stream, number), _close_loggers(), _hook_errors()]
    structlog.configure(
        processors=[Redactor(ALLOWED), structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"), _as_line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )

    def restore() -> None:
        structlog.reset_defaults()
        for put_back in reversed(undo):
            put_back()

    return restore


def _as_line(logger: Any, method: str, fields: structlog.typing.EventDict) -> str:
    return orjson.dumps(fields).decode()


class _LibraryLines(logging.Formatter):
    """Records of other people's code, as far as they may be seen."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps({**library_fields(record), "time": self.formatTime(record)}).decode()


def _empty_records() -> Callable[[], None]:
    """Every record is emptied at birth: a handler that somebody adds later finds nothing either."""
    original = logging.getLogRecordFactory()
    raising = logging.raiseExceptions

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return emptied(original(*args, **kwargs))

    def put_back() -> None:
        logging.setLogRecordFactory(original)
        logging.raiseExceptions = raising

    logging.setLogRecordFactory(factory)
    logging.raiseExceptions = False  # a failing handler would print the record's arguments
    return put_back


def _root_to(stream: TextIO, level: int) -> Callable[[], None]:
    root = logging.getLogger()
    before, before_level = list(root.handlers), root.level
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_LibraryLines())
    root.handlers[:] = [handler]
    root.setLevel(level)

    def put_back() -> None:
        root.handlers[:] = before
        root.setLevel(before_level)

    return put_back


def _close_loggers() -> Callable[[], None]:
    before = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in map(logging.getLogger, CLOSED)]
    for logger, *_ in before:
        logger.handlers[:] = [logging.NullHandler()]
        logger.setLevel(_SILENT)
        logger.propagate = False

    def put_back() -> None:
        for logger, handlers, level, propagate in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate

    return put_back


def _hook_errors() -> Callable[[], None]:
    """Uncaught exceptions: class and place (promises.md R72)."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        structlog.get_logger().critical("uncaught_error", exc_info=error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        structlog.get_logger().critical("uncaught_error_in_thread", exc_info=args.exc_value)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        structlog.get_logger().error("unraisable_error", exc_info=args.exc_value)

    def put_back() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable
    return put_back
