"""Webhooks: the server really posts, in order within a chat, again until it is taken, and gives up after a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.botapi.faults import Fault
from bot.botapi.webhooks import SECRET_HEADER
from tests.botapi.scene import Scene, server, until

DAY = 86_400


@dataclass(slots=True)
class Hook:
    """A bot's web server: what it was posted, and what it answers."""

    url: str = ""
    texts: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)

    async def receive(self, request: web.Request) -> web.Response:
        update: dict[str, Any] = await request.json()
        message = update.get("message") or {}
        chat = message.get("chat", {}).get("id", 0)
        self.under_way[chat] = self.under_way.get(chat, 0) + 1
        self.most[chat] = max(self.most.get(chat, 0), self.under_way[chat])
        self.secrets.append(request.headers.get(SECRET_HEADER))
        await self.gate.wait()
        self.under_way[chat] -= 1
        self.texts.append(message.get("text", ""))
        self.ids.append(update["update_id"])
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def hook(*, gated: bool = False) -> AsyncIterator[Hook]:
    made = Hook()
    if not gated:
        made.gate.set()
    app = web.Application()
    app.router.add_post("/hook", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    made.gate.set()
    await runner.cleanup()


def errors(world: Scene) -> str:
    hooked = world.bot.inbox.webhook
    return hooked.last_error if hooked is not None else ""


async def fresh(world: Scene, made: Hook, **params: object) -> None:
    await world.talk.ok("setWebhook", url=made.url, drop_pending_updates=True, **params)


async def test_updates_come_with_the_secret_and_are_confirmed(world: Scene) -> None:
    async with hook() as made:
        await fresh(world, made, secret_token="s-3_x")
        world.api.text(world.ana, "uno")
        await until(lambda: made.texts == ["uno"])
        assert made.secrets == ["s-3_x"]
        await until(lambda: not world.bot.inbox.waiting)
        info = await world.talk.ok("getWebhookInfo")
        assert (info["url"], info["pending_update_count"], info["max_connections"]) == (made.url, 0, 40)


async def test_setting_it_tells_in_words(world: Scene) -> None:
    async with hook() as made:
        assert (await world.talk.call("setWebhook", url=made.url))["description"] == "Webhook was set"
        assert (await world.talk.call("setWebhook", url=made.url))["description"] == "Webhook is already set"
        assert (await world.talk.call("setWebhook", url=""))["description"] == "Webhook was deleted"
        assert (await world.talk.call("deleteWebhook"))["description"] == "Webhook is already deleted"


async def test_setting_a_webhook_ends_a_poll(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    poll = asyncio.ensure_future(world.talk.call("getUpdates", timeout=30))
    await until(lambda: world.bot.inbox.polled)
    await world.talk.ok("setWebhook", url="http://127.0.0.1:9/")
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"


async def test_what_waited_is_delivered_first(world: Scene) -> None:
    async with hook() as made:
        await world.talk.updates(offset=10**9)
        world.api.text(world.ana, "antes")
        await world.talk.ok("setWebhook", url=made.url)
        world.api.text(world.ana, "después")
        await until(lambda: made.texts == ["antes", "después"])


async def test_one_chat_in_order_chats_side_by_side(world: Scene) -> None:
    bea = world.api.add_user("Bea")
    async with hook(gated=True) as made:
        await fresh(world, made)
        for n in range(5):
            world.api.text(world.ana, f"a{n}")
            world.api.text(bea, f"b{n}")
        await until(lambda: made.under_way == {world.ana.id: 1, bea.id: 1})
        made.gate.set()
        await until(lambda: len(made.texts) == 10)
        assert [text for text in made.texts if text[0] == "a"] == [f"a{n}" for n in range(5)]
        assert made.most == {world.ana.id: 1, bea.id: 1}


async def test_max_connections_bounds_the_chats_under_way(world: Scene) -> None:
    others = [world.api.add_user(f"P{n}") for n in range(4)]
    async with hook(gated=True) as made:
        await fresh(world, made, max_connections=2)
        for person in others:
            world.api.text(person, "x")
        await until(lambda: sum(made.under_way.values()) == 2)
        await asyncio.sleep(0.02)
        assert sum(made.under_way.values()) == 2
        made.gate.set()
        await until(lambda: len(made.texts) == 4)


async def test_refused_updates_come_again_in_order(world: Scene) -> None:
    async with hook() as made:
        made.answers.append(web.Response(status=500))
        await fresh(world, made)
        world.api.text(world.ana, "uno")
        world.api.text(world.ana, "dos")
        await until(lambda: "500" in errors(world))
        info = await world.talk.ok("getWebhookInfo")
        assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
        assert info["pending_update_count"] == 2
        world.api.advance(2)
        await until(lambda: made.texts == ["uno", "uno", "dos"])
        assert made.ids[0] == made.ids[1]


async def test_retry_after_is_honoured(world: Scene) -> None:
    async with hook() as made:
        made.answers.append(web.Response(status=503, headers={"Retry-After": "600"}))
        await fresh(world, made)
        world.api.text(world.ana, "uno")
        await until(lambda: "503" in errors(world))
        world.api.advance(500)
        await asyncio.sleep(0.02)
        assert made.texts == ["uno"]
        world.api.advance(101)
        await until(lambda: made.texts == ["uno", "uno"])


async def test_a_dead_port_is_named_and_an_update_dies_after_a_day(world: Scene) -> None:
    await world.talk.ok("setWebhook", url="http://127.0.0.1:9/hook", drop_pending_updates=True)
    world.api.text(world.ana, "uno")
    await until(lambda: errors(world) == "Connection refused")
    world.api.advance(DAY + 1)
    await until(lambda: not world.bot.inbox.waiting)


async def test_polled_updates_die_after_a_day_too(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    world.api.text(world.ana, "uno")
    world.api.advance(DAY + 1)
    world.api.text(world.ana, "dos")
    assert [update["message"]["text"] for update in await world.talk.updates()] == ["dos"]


async def test_the_answer_may_hold_a_call(world: Scene) -> None:
    async with hook() as made:
        body = {"method": "sendMessage", "chat_id": world.ana.id, "text": "al vuelo"}
        made.answers.append(web.json_response(body))
        await fresh(world, made)
        world.api.text(world.ana, "uno")
        await world.api.wait(lambda: world.api.sees(world.ana, "al vuelo"))


async def test_a_duplicate_comes_twice_with_one_number(world: Scene) -> None:
    async with hook() as made:
        await fresh(world, made)
        world.api.faults(Fault(method="webhook", kind="duplicate_update", times=1))
        world.api.text(world.ana, "uno")
        world.api.text(world.ana, "dos")
        await until(lambda: len(made.texts) == 3)
        assert made.texts.count("uno") == 2
        assert len(set(made.ids)) == 2


async def test_nothing_leaves_this_machine(world: Scene) -> None:
    await world.talk.ok("setWebhook", url="https://example.org/hook", drop_pending_updates=True)
    world.api.text(world.ana, "uno")
    await until(lambda: "loopback addresses only" in errors(world))


async def test_stopping_with_deliveries_under_way_is_quiet() -> None:
    async with hook(gated=True) as made, server() as (api, talk):
        ana = api.add_user("Ana")
        await talk.ok("setWebhook", url=made.url)
        api.text(ana, "uno")
        await until(lambda: bool(made.under_way))
