"""The demo: the real bot, the real adapter, a local Bot API server and a page that shows a phone. No token, nothing outside this
machine."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.bootstrap import serve
from bot.botapi.server import LocalBotApi
from bot.presence import set_up_telegram
from bot.settings import Settings

TOKEN: Final = "4242:demo-token-of-a-bot-that-lives-on-this-machine-only"  # noqa: S105 - opens nothing outside this process
ORGANIZATION: Final = "la organización de esta demostración"
PHONES: Final = {"es": "Persona 1", "en": "Person 2"}


class DemoClock:
    """The local server's clock, which the page can move forward."""

    def __init__(self, api: LocalBotApi) -> None:
        self._api = api

    def now(self) -> float:
        """Unix seconds, as the server has them."""
        return self._api.now()

    def monotonic(self) -> float:
        """This machine's own, for waits and rates."""
        return time.monotonic()


async def serve_demo(stop: asyncio.Event, *, port: int, data: Path | None, language: str, say: Callable[[str], None]) -> None:
    """Serve until stopped."""
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amparo-demo-")))
        async with LocalBotApi(port=port) as api:
            api.add_bot(TOKEN, username="amparo_bot", name="Amparo")
            for code in sorted({language, *PHONES}, key=lambda code: code != language):
                api.add_user(PHONES.get(code, f"Person ({code})"), language_code=code)
            settings = Settings(
                telegram_token=SecretStr(TOKEN), telegram_api=api.root, data=folder, organization=ORGANIZATION, limits="off"
            )
            await set_up_telegram(settings)
            say(f"Amparo is listening. Open {api.root}/ in a browser; Ctrl-C ends the demo and its data.")
            await serve(settings, stop, clock=DemoClock(api))
