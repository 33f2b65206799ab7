"""Settings from the environment: what is refused, and that the message names the variable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import OFFICIAL_API, Settings, is_loopback


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have their own."""
    for name in list(os.environ):
        if name.upper().startswith("AMPARO_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    """The official API, limits on, a folder beside; nobody named."""
    found = Settings()
    assert (found.telegram_token, found.telegram_api, found.limits, found.data) == (None, OFFICIAL_API, "on", Path("data"))
    assert (found.organization, found.webhook_url, found.crash_at, found.log_level) == (None, None, None, "info")
    assert not found.loopback


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its variable; an empty one counts as not set; a foreign one is nobody's business."""
    for name, value in (
        ("TELEGRAM_TOKEN", "1:secret"),
        ("TELEGRAM_API", "http://127.0.0.1:8081/"),
        ("LIMITS", "off"),
        ("ORGANIZATION", ""),
        ("DATA", "/somewhere"),
        ("WHATEVER", "x"),
    ):
        monkeypatch.setenv(f"AMPARO_{name}", value)
    found = Settings()
    assert found.telegram_token is not None
    assert found.telegram_token.get_secret_value() == "1:secret"
    assert (found.telegram_api, found.limits, found.organization, found.data) == ("http://127.0.0.1:8081", "off", None, Path("/somewhere"))
    assert found.loopback


def test_the_token_is_never_shown() -> None:
    """Not where settings are printed, either."""
    assert "secret" not in repr(Settings.model_validate({"telegram_token": "1:secret"}))


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - refused, not listened on
        ("10.0.0.1", False),
        ("169.254.0.1", False),
        ("api.telegram.org", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, own: bool) -> None:
    """Only this machine's own names and addresses; no name is looked up."""
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    "root", ["http://127.0.0.1:8081", "http://[::1]:8081", "http://localhost", "https://api.telegram.org", "https://bots.example:8443/root"]
)
def test_roots_that_are_taken(root: str) -> None:
    """Plain http only on this machine."""
    assert Settings(telegram_api=root).telegram_api == root


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("http://api.telegram.org", "must be https"),
        ("http://10.0.0.1:8081", "must be https"),
        ("http://localhost.evil.example", "must be https"),
        ("http://127.0.0.1@evil.example", "must be https"),
        ("ftp://127.0.0.1", "must be the root address"),
        ("api.telegram.org", "must be the root address"),
        ("https://", "must be the root address"),
        ("http://[::1", "Invalid"),
    ],
)
def test_roots_that_are_refused(root: str, why: str) -> None:
    """A token sent in clear to another machine is a token lost."""
    with pytest.raises(ValidationError, match=why) as caught:
        Settings(telegram_api=root)
    assert caught.value.errors()[0]["loc"] == ("telegram_api",)


@pytest.mark.parametrize("given", [{"limits": "off"}, {"crash_at": "after_commit:1"}, {"limits": "off", "crash_at": "after_poll:1"}])
@pytest.mark.parametrize("root", [OFFICIAL_API, "https://bots.example"])
def test_only_on_loopback(given: dict[str, object], root: str) -> None:
    """No limits, and ending by itself, only where nobody real can be at the other end; the message names both variables."""
    with pytest.raises(ValidationError, match="AMPARO_LIMITS=off and AMPARO_CRASH_AT") as caught:
        Settings.model_validate({**given, "telegram_api": root})
    assert caught.value.error_count() == 1
    assert Settings.model_validate({**given, "telegram_api": "http://127.0.0.1"}).loopback


@pytest.mark.parametrize(("name", "value"), [("limits", "none"), ("limits", "OFF "), ("log_level", "loud")])
def test_words_that_are_not_offered(name: str, value: str) -> None:
    """Refused by name, never taken for the nearest."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({name: value, "telegram_api": "http://127.0.0.1"})
    assert caught.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000"])
def test_where_the_webhook_listens(listen: str) -> None:
    """Host and port; anything else is refused here, not when it serves."""
    with pytest.raises(ValidationError) as caught:
        Settings(webhook_listen=listen)
    assert caught.value.errors()[0]["loc"] == ("webhook_listen",)


@pytest.mark.parametrize("listen", ["127.0.0.1:8443", "[::1]:0", ":8443"])
def test_where_the_webhook_may_listen(listen: str) -> None:
    """The host may be left out."""
    assert Settings(webhook_listen=listen).webhook_listen == listen
