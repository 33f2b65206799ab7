"""From an HTTP request to a method and back: tokens, method names, the envelope, faults, the log.

This is the path every call of a bot takes, so it is kept short: find the bot by its token, read the parameters, ask
whether a fault strikes, perform the method, write the call down, answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Scope, Send

from bot.botapi import (
    methods_change,
    methods_chats,
    methods_copy,
    methods_profile,
    methods_send,
    methods_topics,
    methods_updates,
    params,
)
from bot.botapi.asking import Answer, Ask, Method
from bot.botapi.errors import ApiError
from bot.botapi.faults import FOREVER, OF_CALLS, OF_DOWNLOADS, Fault
from bot.botapi.files import UPLOAD_LIMIT
from bot.botapi.http import cut, cut_short, header, read_body, reply
from bot.botapi.params import Params
from bot.botapi.people import Bot
from bot.botapi.shapes import Json, as_object, as_text
from bot.botapi.spec import METHOD_NAMES, check_call
from bot.botapi.world import World

METHODS: dict[str, Method] = {
    **methods_send.METHODS,
    **methods_change.METHODS,
    **methods_copy.METHODS,
    **methods_updates.METHODS,
    **methods_topics.METHODS,
    **methods_chats.METHODS,
    **methods_profile.METHODS,
}
_PATH = re.compile(r"/bot([^/]+)/([^/]*)/?")
_BODY_LIMIT = UPLOAD_LIMIT + 1024 * 1024
_WORDS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


def bot_for(world: World, token: str) -> Bot:
    """The bot with this token; 401 as Telegram answers."""
    bot = world.bots.get(token)
    if bot is not None:
        return bot
    if ":" not in token or token.startswith("0") or len(token) > 80:
        raise ApiError(401, "Unauthorized: invalid token specified")
    raise ApiError(401, "Unauthorized")


def method_for(name: str) -> Method:
    """The method with this name, in any case; 404 when Telegram has none, 501 when only this server has none."""
    found = METHODS.get(name.lower())
    if found is not None:
        return found
    if name.lower() in METHOD_NAMES:
        raise ApiError(501, f"Not Implemented: this local server does not know {METHOD_NAMES[name.lower()]} yet")
    raise ApiError(404, "Not Found: method not found")


async def perform(world: World, bot: Bot, method: Method, given: Params, *, topics_ignored: bool = False) -> Json:
    """Run a method and put its result into the envelope."""
    try:
        result = method(Ask(world, bot, given, topics_ignored))
        if isinstance(result, Awaitable):
            result = await result
    except ApiError as refusal:
        return refusal.envelope()
    if isinstance(result, Answer):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


@dataclass(slots=True)
class BotApi:
    """The ASGI application behind /bot<token>/<method>. `checked` switches the check of calls against the data."""

    world: World
    checked: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, _BODY_LIMIT)
        if body is None:
            await reply(send, 413, ApiError(413, "Request Entity Too Large").envelope())
            return
        try:
            bot, name, method, given = self._read(scope, body)
        except ApiError as refusal:
            await reply(send, refusal.code, refusal.envelope())
            return
        await self._answer(scope, send, bot, name, method, given)

    def _read(self, scope: Scope, body: bytes) -> tuple[Bot, str, Method, Params]:
        match = _PATH.fullmatch(scope["path"])
        if match is None:
            raise ApiError(404, "Not Found")
        bot = bot_for(self.world, match.group(1))
        method = method_for(match.group(2))
        name = METHOD_NAMES.get(match.group(2).lower(), match.group(2))
        given = params.read(scope["query_string"], header(scope, b"content-type"), body)
        return bot, name, method, given

    async def _answer(self, scope: Scope, send: Send, bot: Bot, name: str, method: Method, given: Params) -> None:
        fault = self.world.faults.strike(name, bot.id, kinds=OF_CALLS)
        kind = fault.kind if fault is not None else None
        performed = fault is None or fault.performed or kind in {"cut_after", "slow", "topics_ignored"}
        ignored = kind == "topics_ignored"
        envelope = await perform(self.world, bot, method, given, topics_ignored=ignored) if performed else None
        shown = _fault_envelope(fault) if fault is not None else envelope
        if kind in {"slow", "topics_ignored"}:
            shown = envelope
        self._log(bot, name, given, shown, fault)
        if fault is not None:
            await _delay(self.world, fault)
        if shown is None:
            await cut(scope)
            return
        await reply(send, 200 if shown["ok"] else int(str(shown["error_code"])), shown)

    def _log(self, bot: Bot, name: str, given: Params, answer: Json | None, fault: Fault | None) -> None:
        if name == "getUpdates" and fault is None and answer is not None and answer.get("result") == []:
            return
        logged = given.logged()
        problems = check_call(name, logged) if self.checked else []
        kind = fault.kind if fault is not None else None
        self.world.calls.add(
            at=self.world.clock.now(), bot=bot.id, method=name, params=logged, answer=answer, problems=problems, fault=kind
        )
        self.world.touch()


async def _delay(world: World, fault: Fault) -> None:
    """A fault's pause; a timeout ends early when the server closes."""
    if fault.kind != "timeout":
        await asyncio.sleep(max(0.0, fault.delay))
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(world.closing.wait(), fault.delay or FOREVER)


def _fault_envelope(fault: Fault) -> Json | None:
    if fault.kind == "429":
        text = f"Too Many Requests: retry after {fault.retry_after}"
        return ApiError(429, text, {"retry_after": fault.retry_after}).envelope()
    if fault.kind == "5xx":
        return ApiError(fault.status, _WORDS.get(fault.status, "Internal Server Error")).envelope()
    return None


@dataclass(slots=True)
class Downloads:
    """The ASGI application behind /file/bot<token>/<path>."""

    world: World

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, _, path = scope["path"].removeprefix("/file/bot").partition("/")
        try:
            bot = bot_for(self.world, token)
            stored = self.world.files.by_path(path, bot.id, self.world.clock.now())
            if stored is None:
                raise ApiError(404, "Not Found")
        except ApiError as refusal:
            await reply(send, refusal.code, refusal.envelope())
            return
        fault = self.world.faults.strike("download", bot.id, kinds=OF_DOWNLOADS)
        if fault is not None:
            await _delay(self.world, fault)
        await self._give(scope, send, stored.body, fault)

    async def _give(self, scope: Scope, send: Send, body: bytes, fault: Fault | None) -> None:
        refused = _fault_envelope(fault) if fault is not None else None
        if refused is not None:
            await reply(send, int(str(refused["error_code"])), refused)
        elif fault is not None and fault.kind == "cut_download":
            await cut_short(scope, send, body)
        elif fault is not None and fault.kind != "slow":
            await cut(scope)
        else:
            await reply(send, 200, body, content_type="application/octet-stream")


async def answer_in_hook(world: World, bot: Bot, body: bytes) -> None:
    """A webhook may answer with a call in its body; perform it, nobody hears the result."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    called = as_object(raw)
    if called is None or not isinstance(called.get("method"), str):
        return
    wanted = as_text(called["method"])
    name = METHOD_NAMES.get(wanted.lower(), wanted)
    given = Params({key: value for key, value in called.items() if key != "method"})
    try:
        envelope = await perform(world, bot, method_for(name), given)
    except ApiError as refusal:
        envelope = refusal.envelope()
    problems = check_call(name, given.logged())
    world.calls.add(at=world.clock.now(), bot=bot.id, method=name, params=given.logged(), answer=envelope, problems=problems, fault=None)
    world.touch()
