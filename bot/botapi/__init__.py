"""A local Bot API server, as strict as Telegram, for the demo and for every integration test.

`LocalBotApi` runs it inside an asyncio loop and lets a test speak as a person; `check_call` holds one outgoing call
against the Bot API as data. Bots talk to it over HTTP exactly as they would to Telegram. Where Telegram's behaviour is
known only by inference the code says so; nothing here replaces one check with a real token before a release.
"""

from __future__ import annotations

from bot.botapi.server import LocalBotApi, create_app
from bot.botapi.spec import check_call

__all__ = ["LocalBotApi", "check_call", "create_app"]
