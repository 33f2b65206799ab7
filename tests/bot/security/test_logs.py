"""Nothing a person said, and nothing they could be found by, leaves through a log: our own events, other people's records, or a crash."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import bot
from bot.logs import ALLOWED, CLOSED, configure_logs
from bot.security.redaction import LIBRARY, UNNAMED, Shape

CANARY = "mi hijo no llegó y lo busca la maña"
USER = 912_345_678
TOKEN = "123456:canary-token"
SECRETS = (CANARY, str(USER), TOKEN, "no llegó")
LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log", "msg")
Lines = io.StringIO


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = io.StringIO()
    restore = configure_logs("debug", stream)
    yield stream
    restore()


def _read(stream: Lines) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _nothing_leaked(stream: Lines) -> None:
    assert not any(secret in stream.getvalue() for secret in SECRETS)


def test_counts_kinds_and_durations_pass(lines: Lines) -> None:
    structlog.get_logger().info("group_committed", changes=12, ms=3.25, kind="ShowScreen")
    (line,) = _read(lines)
    assert {key: line[key] for key in ("event", "level", "changes", "ms", "kind")} == {
        "event": "group_committed",
        "level": "info",
        "changes": 12,
        "ms": 3.25,
        "kind": "ShowScreen",
    }


def test_unknown_keys_and_misshapen_values_are_dropped(lines: Lines) -> None:
    structlog.get_logger().info("update_read", text=CANARY, kind=CANARY, changes=CANARY, seeker=CANARY, token=TOKEN, status=200)
    (line,) = _read(lines)
    assert set(line) == {"event", "level", "time", "status"}
    _nothing_leaked(lines)


def test_a_sentence_is_no_event(lines: Lines) -> None:
    for event in (CANARY, f"user_{CANARY}", f"got {USER}", "x" * 100, 7):
        structlog.get_logger().info(event)
    assert {line["event"] for line in _read(lines)} == {UNNAMED}
    _nothing_leaked(lines)


def test_ids_leave_only_as_hashes_that_change_with_every_start(lines: Lines) -> None:
    structlog.get_logger().info("update_read", user=USER, update=USER)
    restore = configure_logs("debug", lines)
    structlog.get_logger().info("update_read", user=USER)
    restore()
    first, second = _read(lines)
    assert first["user"] == first["update"]
    assert first["user"] != second["user"]
    _nothing_leaked(lines)


def test_a_seeker_leaves_as_four_bytes(lines: Lines) -> None:
    seeker = hashlib.sha256(b"x").digest()
    structlog.get_logger().info("conversation_moved", seeker=seeker)
    structlog.get_logger().info("conversation_moved", seeker=b"Lupita")
    first, second = _read(lines)
    assert first["seeker"] == seeker[:4].hex()
    assert "seeker" not in second


def test_an_exception_leaves_as_class_and_place(lines: Lines) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        structlog.get_logger().exception("advance_failed")
        structlog.get_logger().error("advance_failed", exc_info=error)
    for line in _read(lines):
        assert line["error"] == "ValueError"
        assert str(line["where"]).startswith(f"{__name__}:test_an_exception_leaves_as_class_and_place:")
    _nothing_leaked(lines)


@pytest.mark.parametrize("name", ["somebody.else", "bot.storage", "root", "a b"])
def test_records_of_the_standard_library_are_emptied(lines: Lines, name: str) -> None:
    logger = logging.getLogger(name)
    logger.debug("body %s", CANARY)
    logger.warning(CANARY, extra={"text": CANARY})
    logger.error("failed: %s", ValueError(CANARY))
    try:
        raise KeyError(CANARY)
    except KeyError:
        logger.exception(CANARY, stack_info=True)
    found = _read(lines)
    assert [line["event"] for line in found] == [LIBRARY] * 4
    assert [line.get("error") for line in found] == [None, None, "ValueError", "KeyError"]
    _nothing_leaked(lines)


def test_a_handler_added_later_finds_nothing_either(lines: Lines) -> None:
    other = io.StringIO()
    handler = logging.StreamHandler(other)
    logging.getLogger().addHandler(handler)
    logging.getLogger("somebody").warning("text %s", CANARY)
    assert other.getvalue().strip() == LIBRARY


@pytest.mark.parametrize("name", CLOSED)
def test_loggers_that_speak_of_content_are_closed(lines: Lines, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for logger in (logging.getLogger(name), logging.getLogger(f"{name}.inside")):
        logger.setLevel(logging.DEBUG)
        logger.critical("POST https://api/bot%s/sendMessage %s", TOKEN, CANARY)
    assert lines.getvalue() == ""
    assert capsys.readouterr().err == ""


async def test_a_lost_exception_of_asyncio_tells_no_message(lines: Lines) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": CANARY, "exception": ValueError(CANARY)})
    (line,) = [line for line in _read(lines) if line["level"] == "error"]
    assert (line["library"], line["error"]) == ("asyncio", "ValueError")
    _nothing_leaked(lines)


def test_crashes_tell_class_and_place(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    def crash() -> None:
        raise RuntimeError(CANARY)

    try:
        crash()
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
        threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, error.__traceback__, None)))
    found = _read(lines)
    assert [line["event"] for line in found] == ["uncaught_error", "uncaught_error_in_thread"]
    assert all(line["error"] == "RuntimeError" and ":crash:" in str(line["where"]) for line in found)
    assert capsys.readouterr().err == ""
    _nothing_leaked(lines)


def test_the_level_holds() -> None:
    stream = io.StringIO()
    restore = configure_logs("WARNING", stream)
    structlog.get_logger().info("group_committed", changes=1)
    logging.getLogger("somebody").info("hola")
    structlog.get_logger().warning("poll_failed", status=502)
    restore()
    assert [line["event"] for line in _read(stream)] == ["poll_failed"]


def test_restoring_leaves_nothing_behind() -> None:
    before = logging.getLogRecordFactory(), list(logging.getLogger().handlers), sys.excepthook, logging.getLogger("telegram").propagate
    configure_logs("debug", io.StringIO())()
    assert before == (
        logging.getLogRecordFactory(),
        list(logging.getLogger().handlers),
        sys.excepthook,
        logging.getLogger("telegram").propagate,
    )


def test_every_event_in_our_code_is_a_constant_with_allowed_keys() -> None:
    """What is logged can be read here, before anything runs: no event is put together, no key is silently lost."""
    passed = set(ALLOWED) | {"exc_info"}
    problems: list[str] = []
    for path in sorted(Path(bot.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)):
                continue
            if call.func.value.id not in ("log", "logger", "_log") or call.func.attr not in LEVELS:
                continue
            event = call.args[0] if call.args else None
            constant = isinstance(event, ast.Constant) or (isinstance(event, ast.Name) and event.id == "event")
            strange = [keyword.arg for keyword in call.keywords if keyword.arg not in passed and keyword.arg is not None]
            if not constant or strange:
                problems.append(f"{path.name}:{call.lineno} {strange}")
    assert problems == []


def test_every_shape_is_used() -> None:
    assert set(ALLOWED.values()) == set(Shape)
