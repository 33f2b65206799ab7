"""Two bots in one process: seekers' and responders', each with its own way in and out, over one HTTP session."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from bot.botapi import LocalBotApi
from bot.botapi.people import Bot
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.poller import Poller
from bot.channels.telegram.transport import Api, HttpRequest
from bot.channels.telegram.webhook import WebhookServer, WebhookSettings, set_webhook
from bot.usecases.channel import Incoming, Kind, Rendered, Result, Upload
from flows.events import MediaKind
from tests.bot.channels.telegram.conftest import Inbox, SteadyClock

JPEG = b"\xff\xd8\xff\xe0" + bytes(300)


def two(server: LocalBotApi) -> tuple[Bot, Bot]:
    return server.bot, server.add_bot(username="staff_local_bot", name="Turno", topics=True)


async def test_two_pollers_hear_each_its_own_people(server: LocalBotApi, request_: HttpRequest) -> None:
    inboxes, stop = (Inbox(), Inbox()), asyncio.Event()
    bots = two(server)
    pollers = [Poller(Api(server.root, bot.token, request_), inbox) for bot, inbox in zip(bots, inboxes, strict=True)]
    tasks = [asyncio.create_task(poller.run(stop)) for poller in pollers]
    ana, rosa = server.add_user("Ana"), server.add_user("Rosa")
    for number in range(3):
        server.text(ana, f"ana {number}", bots[0])
        server.text(rosa, f"rosa {number}", bots[1])
    for inbox in inboxes:
        await inbox.until(lambda inbox=inbox: len(inbox.taken) == 3)  # type: ignore[misc]
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert [each.texts for each in inboxes] == [[f"{name} {number}" for number in range(3)] for name in ("ana", "rosa")]
    # Update numbers are each bot's own: whoever remembers them must remember whose they are.
    assert [each.update_id for each in inboxes[0].taken] == [each.update_id for each in inboxes[1].taken]
    assert [len(bot.inbox.waiting) for bot in bots] == [0, 0]


async def test_two_webhooks_hear_each_its_own_people(server: LocalBotApi, request_: HttpRequest) -> None:
    inboxes, stop = (Inbox(), Inbox()), asyncio.Event()
    bots = two(server)
    people = (server.add_user("Ana"), server.add_user("Rosa"))
    tasks = []
    for number, (bot, inbox) in enumerate(zip(bots, inboxes, strict=True)):
        webhook = WebhookServer(WebhookSettings(url="", path=f"path{number}", secret=f"secret{number}", port=0), inbox)
        tasks.append(asyncio.create_task(webhook.run(stop)))
        settings = WebhookSettings(url=f"http://127.0.0.1:{webhook.port}", path=f"path{number}", secret=f"secret{number}")
        assert (await set_webhook(Api(server.root, bot.token, request_), settings)).ok
    for person, bot in zip(people, bots, strict=True):
        server.text(person, person.first_name, bot)
    for inbox in inboxes:
        await inbox.until(lambda inbox=inbox: len(inbox.taken) == 1)  # type: ignore[misc]
    assert [inbox.texts for inbox in inboxes] == [["Ana"], ["Rosa"]]
    for bot in bots:
        await Api(server.root, bot.token, request_).call("deleteWebhook", b"{}")
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def test_what_a_seeker_sends_reaches_the_responder_and_an_answer_comes_back(server: LocalBotApi, request_: HttpRequest) -> None:
    seekers, staff = two(server)
    heard: list[Incoming] = []

    async def hear(bot: Bot) -> Incoming:
        """The newest thing this bot was told."""
        inbox, stop = Inbox(), asyncio.Event()
        task = asyncio.create_task(Poller(Api(server.root, bot.token, request_), inbox).run(stop))
        await inbox.until(lambda: bool(inbox.taken))
        stop.set()
        await task
        heard.extend(inbox.taken)
        return inbox.taken[-1]

    ana, rosa = server.add_user("Ana"), server.add_user("Rosa")
    server.press_start(rosa, bot=staff)
    async with AsyncExitStack() as stack:
        channel = TelegramChannel(Api(server.root, seekers.token, request_), Limiter(SteadyClock()))
        desk = TelegramDeskChannel(Api(server.root, staff.token, request_), Limiter(SteadyClock()))
        stack.push_async_callback(channel.close)
        stack.push_async_callback(desk.close)

        server.media(ana, "photo", JPEG, bot=seekers, caption="aquí")
        photo = await hear(seekers)
        assert (photo.kind, photo.media, photo.caption, photo.file_size) == (Kind.MEDIA, MediaKind.PHOTO, "aquí", len(JPEG))
        content = await channel.download(photo.file_id)
        assert content == JPEG
        thread = (await desk.open_topic(rosa.id, "Colibrí 12")).thread_id
        passed = await desk.send_media(
            rosa.id, MediaKind.PHOTO, Upload(content=content, mime=photo.mime), thread_id=thread, caption=photo.caption
        )
        shown = server.screen(rosa, staff)
        assert (shown.id, shown.thread_id, shown.content.spoiler, shown.protect) == (passed.message_id, thread, True, True)
        # A handle is good for one bot only: the responders' bot cannot use the seekers' own.
        assert (await desk.send_media(rosa.id, MediaKind.PHOTO, photo.file_id)).error == "FileHandleInvalid"

        server.text(rosa, "ya lo vi", staff, thread=thread, reply_to=passed.message_id)
        answer = await hear(staff)
        assert (answer.text, answer.thread_id, answer.reply_to) == ("ya lo vi", thread, passed.message_id)
        server.text(rosa, "sigo aquí", staff, thread=thread)
        plain = await hear(staff)
        assert (plain.text, plain.thread_id, plain.reply_to) == ("sigo aquí", thread, 0)
        assert (await channel.send(ana.id, Rendered(text=answer.text), silent=False)).result is Result.DONE
    assert not any(each.kind is Kind.UNREADABLE for each in heard)
