"""Whatever happens, nothing is written of what people say, of who they are, or of the token; not even at DEBUG."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import aiohttp
import orjson
import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.poller import Poller
from bot.channels.telegram.setup import SetupTexts, set_up
from bot.channels.telegram.transport import Api, HttpRequest
from bot.channels.telegram.webhook import WebhookServer, WebhookSettings, set_webhook
from bot.usecases.channel import Incoming, Rendered, Upload
from bot.usecases.ports import StorageDown
from flows.events import MediaKind
from tests.bot.channels.telegram.conftest import Inbox

CANARY = "mi hermano desaparecio en la sierra"
SECRET = "a-planted-secret"
PATH = "a-planted-path"


async def test_nothing_is_written_of_what_was_said(
    server: LocalBotApi, request_: HttpRequest, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    api = Api(server.root, server.token, request_)
    ana = server.add_user("Planted-Name")
    with caplog.at_level(logging.DEBUG):
        await poll_through_trouble(server, api)
        await speak_through_trouble(server, api, ana.id)
        await be_pushed_through_trouble(server, api, ana.id)
        await set_up(server.root, server.token, request_, {"": SetupTexts(name="A", short_description="B", description="C", commands=())})
    # The local server plays Telegram's side in this same process; what its own web server says of its own calls is not ours.
    ours = [f"{each.name} {each.getMessage()} {each.exc_text}" for each in caplog.records if "/bot6" not in each.getMessage()]
    written = "".join(ours) + "".join(capfd.readouterr())
    assert "batch_not_received" in written, "the log must have been heard at all"
    for planted in (CANARY, "Planted-Name", str(ana.id), server.token, server.token.split(":")[1], SECRET, PATH):
        assert planted not in written


async def poll_through_trouble(server: LocalBotApi, api: Api) -> None:
    """Updates arrive while the receiver and the platform fail in every way."""
    inbox = Inbox()
    faults: list[Exception] = [StorageDown(CANARY), ValueError(CANARY), ValueError(CANARY)]

    def failing(batch: Sequence[Incoming]) -> None:
        if faults:
            raise faults.pop(0)

    inbox.fail = failing
    stop = asyncio.Event()
    task = asyncio.create_task(Poller(api, inbox, sleep=lambda _: asyncio.sleep(0)).run(stop))
    person = next(iter(server.world.people.values()))
    server.text(person, CANARY)
    await inbox.until(lambda: bool(inbox.taken))
    for kind in ("429", "5xx", "cut_before"):
        server.faults(Fault(method="getUpdates", kind=kind, times=1))
        server.text(person, CANARY)
    await inbox.until(lambda: len(inbox.taken) >= 4)
    stop.set()
    await task


async def speak_through_trouble(server: LocalBotApi, api: Api, chat_id: int) -> None:
    """Messages leave while the platform fails in every way."""
    channel = TelegramChannel(api, None)
    for kind in ("429", "5xx", "cut_before", "cut_after"):
        server.faults(Fault(method="*", kind=kind, times=1))
        await channel.send(chat_id, Rendered(text=CANARY), silent=False)
    await channel.edit(chat_id, 1, Rendered(text=CANARY))
    channel.answer_press("1", CANARY)
    desk = TelegramDeskChannel(api, None)
    for kind in ("429", "cut_after"):
        server.faults(Fault(method="*", kind=kind, times=1))
        await desk.send_media(chat_id, MediaKind.DOCUMENT, Upload(content=CANARY.encode()), thread_id=5, caption=CANARY)
    await desk.open_topic(chat_id, CANARY)
    await asyncio.sleep(0.05)
    await desk.close()
    await channel.close()


async def be_pushed_through_trouble(server: LocalBotApi, api: Api, chat_id: int) -> None:
    """The webhook is posted to by the platform and by strangers."""
    inbox, stop = Inbox(), asyncio.Event()
    webhook = WebhookServer(WebhookSettings(url="", path=PATH, secret=SECRET, port=0), inbox)
    task = asyncio.create_task(webhook.run(stop))
    settings = WebhookSettings(url=f"http://127.0.0.1:{webhook.port}", path=PATH, secret=SECRET)
    await set_webhook(api, settings)
    server.text(next(iter(server.world.people.values())), CANARY)
    await inbox.until(lambda: bool(inbox.taken))
    async with aiohttp.ClientSession() as session:
        for secret, status in (("wrong", 403), (SECRET, 200)):
            body = orjson.dumps({"update_id": "x", "message": {"chat": {"id": chat_id}, "text": CANARY}})
            headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
            async with session.post(f"{settings.url}/{PATH}", data=body, headers=headers) as answer:
                assert answer.status == status
    await api.call("deleteWebhook", b"{}")
    stop.set()
    await task
