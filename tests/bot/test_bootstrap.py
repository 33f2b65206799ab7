"""How a service starts, by polling and by webhook, and how it refuses to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.ballast import BALLAST_FILE, BYTES, Ballast
from bot.bootstrap import serve
from bot.botapi.faults import Fault
from bot.botapi.server import LocalBotApi
from bot.channels.telegram.poller import TokenRejected
from bot.security.keyring import KEY_FILE, KeyFileError
from bot.settings import Settings
from tests.e2e.running import TOKEN


def settings(api: LocalBotApi, folder: Path, token: str = TOKEN, **more: object) -> Settings:
    values: dict[str, object] = {"organization": "la organización de prueba", "limits": "off", **more}
    return Settings(telegram_token=SecretStr(token), telegram_api=api.root, data=folder, **values)  # type: ignore[arg-type]  # test settings


@pytest.mark.parametrize("webhook", [None, "http://127.0.0.1"], ids=["polling", "webhook"])
async def test_serve_answers_and_stops(tmp_path: Path, webhook: str | None) -> None:
    """From nothing to an answer through `serve`, as `amparo run` calls it."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        stop = asyncio.Event()
        chosen = settings(api, tmp_path, webhook_url=webhook, webhook_listen="127.0.0.1:0")
        task = asyncio.create_task(serve(chosen, stop))
        ana = api.add_user("Zutana", language_code="es")
        await api.wait(lambda: bool(api.calls("setWebhook" if webhook else "deleteWebhook")))
        api.press_start(ana)
        await api.wait(lambda: "Soy Amparo" in api.screen(ana).text)
        stop.set()
        await asyncio.wait_for(task, 20)


async def test_a_webhook_with_a_wrong_token_is_said(tmp_path: Path) -> None:
    """Deaf and healthy-looking is the worst of both."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        wrong = settings(
            api, tmp_path, "99:nobody-knows-this-token-0000000000000", webhook_url="http://127.0.0.1", webhook_listen="127.0.0.1:0"
        )
        with pytest.raises(TokenRejected):
            await asyncio.wait_for(serve(wrong, asyncio.Event()), 20)


async def test_a_webhook_is_told_until_it_is_understood(tmp_path: Path) -> None:
    """The platform is not reachable at first: the service waits and tells it again."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        api.faults(Fault(method="setWebhook", kind="5xx", times=1))
        stop = asyncio.Event()
        chosen = settings(api, tmp_path, webhook_url="http://127.0.0.1", webhook_listen="127.0.0.1:0")
        task = asyncio.create_task(serve(chosen, stop))
        await api.wait(lambda: any(not call.error for call in api.calls("setWebhook")), seconds=20)
        stop.set()
        await asyncio.wait_for(task, 20)


async def test_a_database_without_its_key_is_refused(tmp_path: Path) -> None:
    """A new key beside an old database could open nothing, and would hide that the old one is missing."""
    async with LocalBotApi() as api:
        api.add_bot(TOKEN)
        stop = asyncio.Event()
        stop.set()
        await serve(settings(api, tmp_path), stop)
        (tmp_path / KEY_FILE).unlink()
        with pytest.raises(KeyFileError, match="put its key back"):
            await serve(settings(api, tmp_path), stop)
        assert not (tmp_path / KEY_FILE).exists()


def test_ballast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is kept while there is plenty, and given back only when there is none."""
    ballast = Ballast(tmp_path)
    ballast.take_on()
    assert (tmp_path / BALLAST_FILE).stat().st_size == BYTES
    ballast.drop()
    assert (tmp_path / BALLAST_FILE).exists()
    monkeypatch.setattr("bot.ballast.PLENTY", 1 << 62)
    monkeypatch.setattr("bot.ballast.BYTES", 1 << 61)
    ballast.drop()
    assert not (tmp_path / BALLAST_FILE).exists()
    ballast.take_on()
    assert not (tmp_path / BALLAST_FILE).exists()
