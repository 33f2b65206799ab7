"""A small world for the tests of the local server, and a bot that speaks to it over real HTTP.

`Talk.call` returns the whole envelope, so refusals are compared word by word. In a `Scene` Ana has started the bot and
has seen a few kinds of message; Bea has only written in a group; Carla has blocked the bot.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.botapi import LocalBotApi
from bot.botapi.chats import Chat
from bot.botapi.people import Bot, Person

Envelope = dict[str, Any]
HOUR = 3600
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
"""The smallest picture a browser draws: one point, as PNG."""


@dataclass(slots=True)
class Talk:
    """One bot's side of the wire."""

    session: aiohttp.ClientSession
    root: str
    token: str

    async def call(self, method: str, **params: object) -> Envelope:
        """POST JSON; the envelope, with the HTTP status checked against it."""
        async with self.session.post(f"{self.root}/bot{self.token}/{method}", json=params) as answer:
            return await read_envelope(answer)

    async def ok(self, method: str, **params: object) -> Any:
        """The result of a call that must go well."""
        envelope = await self.call(method, **params)
        assert envelope["ok"], envelope
        return envelope["result"]

    async def form(self, method: str, **params: str) -> Envelope:
        """POST a form."""
        async with self.session.post(f"{self.root}/bot{self.token}/{method}", data=params) as answer:
            return await read_envelope(answer)

    async def upload(self, method: str, files: dict[str, tuple[str, bytes]], **params: str) -> Envelope:
        """POST multipart with files by field name."""
        form = aiohttp.FormData(params)
        for field, (name, data) in files.items():
            form.add_field(field, data, filename=name)
        async with self.session.post(f"{self.root}/bot{self.token}/{method}", data=form) as answer:
            return await read_envelope(answer)

    async def updates(self, **params: object) -> list[Envelope]:
        """One getUpdates."""
        found: list[Envelope] = await self.ok("getUpdates", **params)
        return found


async def read_envelope(answer: aiohttp.ClientResponse) -> Envelope:
    """The envelope; its code must be the HTTP status."""
    envelope: Envelope = await answer.json()
    assert answer.status == (200 if envelope["ok"] else envelope["error_code"])
    return envelope


@dataclass(slots=True, kw_only=True)
class Scene:
    """People, chats and messages; `names` fills the `$name` places of a table's parameters."""

    api: LocalBotApi
    talk: Talk
    bot: Bot
    ana: Person
    group: Chat
    names: dict[str, object]

    def fill(self, value: object) -> object:
        """Replace "$name" anywhere in a parameter."""
        if isinstance(value, str) and value.startswith("$"):
            return self.names[value[1:]]
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return {key: self.fill(item) for key, item in value.items()} if isinstance(value, dict) else value

    async def call(self, method: str, params: dict[str, object]) -> Envelope:
        """A call with its places filled."""
        return await self.talk.call(method, **{key: self.fill(value) for key, value in params.items()})


@asynccontextmanager
async def server(**options: Any) -> AsyncIterator[tuple[LocalBotApi, Talk]]:
    """A server and its first bot."""
    async with LocalBotApi(**options) as api, aiohttp.ClientSession() as session:
        yield api, Talk(session, api.root, api.token)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens outside the server's world (a posted webhook, a poll that has begun)."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # nothing tells of these moments; the world's own are waited for by `wait`
            await asyncio.sleep(0.001)


KEYS = {"inline_keyboard": [[{"text": "Sí", "callback_data": "yes"}]]}


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """The small world described above."""
    async with server() as (api, talk):
        ana, bea, carla, gone = (api.add_user(name) for name in ("Ana", "Bea", "Carla", "Gone"))
        stranger = api.add_user("Nadie")
        written = api.text(ana, "hola")
        api.text(carla, "hola")
        api.block(carla)
        api.text(gone, "hola")
        gone.deactivated = True
        group = api.add_group("Vecinas", people=[ana, bea])
        api.set_member(group, ana)
        others = api.group_text(group, bea, "hola grupo")
        names: dict[str, object] = {
            "ana": ana.id, "bea": bea.id, "carla": carla.id, "gone": gone.id, "stranger": stranger.id,
            "group": group.id, "written": written.id, "others": others.id,
        }  # fmt: skip
        made = Scene(api=api, talk=talk, bot=api.bot, ana=ana, group=group, names=names)
        await _fill_chat(made, ana)
        yield made


async def _fill_chat(made: Scene, ana: Person) -> None:
    api, talk, names = made.api, made.talk, made.names
    api.advance(-49 * HOUR)
    names["old"] = (await talk.ok("sendMessage", chat_id=ana.id, text="vieja"))["message_id"]
    api.advance(49 * HOUR)
    screen = await talk.ok("sendMessage", chat_id=ana.id, text="<b>Hola</b>", parse_mode="HTML", reply_markup=KEYS)
    names["screen"] = screen["message_id"]
    keyed = {"keyboard": [[{"text": "Uno"}]]}
    names["keyed"] = (await talk.ok("sendMessage", chat_id=ana.id, text="elige", reply_markup=keyed))["message_id"]
    photo = await talk.upload("sendPhoto", {"photo": ("a.jpg", b"jpeg")}, chat_id=str(ana.id), caption="foto")
    names["photo"] = photo["result"]["message_id"]
    names["photo_id"] = photo["result"]["photo"][-1]["file_id"]
    await talk.ok("pinChatMessage", chat_id=ana.id, message_id=names["screen"])
    names["service"] = int(str(names["photo"])) + 1
    names["missing"] = 99_999
