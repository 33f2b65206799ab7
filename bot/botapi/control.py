"""The control interface under /_control/: what a test or the demo page does to this server, as JSON over HTTP.

It speaks for the people (write, press, attach, block), moves the clock, orders faults and reads the log. It answers
only to loopback, and to pages of its own origin: another site open in the same browser must not press buttons here.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.botapi import doings, params, views
from bot.botapi.chats import Chat, Message
from bot.botapi.doings import NotPossible
from bot.botapi.errors import ApiError
from bot.botapi.faults import fault_from
from bot.botapi.files import UPLOAD_LIMIT, Upload
from bot.botapi.media import LABELS
from bot.botapi.methods_updates import is_loopback
from bot.botapi.people import Bot, Person
from bot.botapi.shapes import Json, as_flag, as_integer, as_list, as_number, as_object, as_text, objects
from bot.botapi.world import World

EVENT_SPACING = 0.03  # seconds; a busy server tells its watchers of many changes at once

Page: TypeAlias = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The control interface cannot do this; the message is for the person at the keyboard."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def json_response(content: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, {"cache-control": "no-store"}, "application/json")


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed of one person toward one bot."""

    world: World
    person: Person
    bot: Bot
    chat: Chat
    given: Json
    files: dict[str, Upload]

    def message(self) -> Message:
        """The message the deed names."""
        found = self.chat.messages.get(as_integer(self.given.get("message_id")))
        if found is None:
            raise Refused(404, "no such message in this chat")
        return found

    def thread(self) -> int | None:
        """The topic the deed happens in."""
        return as_integer(self.given.get("thread_id")) or None

    def reply_to(self) -> int | None:
        """The message the deed answers to."""
        return as_integer(self.given.get("reply_to")) or None


def allowed(request: Request) -> bool:
    """Whether the request comes from this machine and not from another site's page."""
    client = request.client
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0].strip("[]")
    origin = request.headers.get("origin")
    near = client is not None and is_loopback(client.host) and is_loopback(name)
    return near and (origin is None or origin.removeprefix("http://") == host)


class Control:
    """The routes of the control interface over one world."""

    def __init__(self, world: World, reset: Callable[[], None]) -> None:
        self._world = world
        self._reset = reset

    def routes(self) -> list[BaseRoute]:
        """Everything under /_control/."""
        table: list[tuple[str, str, Page]] = [
            ("GET", "/state", self.state),
            ("GET", "/events", self.events),
            ("GET", "/calls", self.calls),
            ("GET", "/chats/{user:int}", self.chat),
            ("GET", "/files/{number:int}", self.file),
            ("POST", "/users", self.add_user),
            ("POST", "/bots", self.add_bot),
            ("POST", "/clock", self.clock),
            ("POST", "/faults", self.add_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/flood", self.flood),
            ("POST", "/reset", self.reset),
            ("POST", "/chats/{user:int}/{deed:str}", self.deed),
        ]
        return [Route("/_control" + path, self._guarded(page), methods=[verb]) for verb, path, page in table]

    def _guarded(self, page: Page) -> Page:
        async def guarded(request: Request) -> Response:
            if not allowed(request):
                return json_response({"error": "only this machine may use the control interface"}, 403)
            try:
                return await page(request)
            except Refused as refused:
                return json_response({"error": str(refused)}, refused.status)
            except NotPossible as impossible:
                return json_response({"error": str(impossible)}, 409)
            except (ApiError, ValueError) as wrong:
                return json_response({"error": str(wrong)}, 400)

        return guarded

    # --- looking

    async def state(self, request: Request) -> Response:
        return json_response(views.state(self._world))

    async def chat(self, request: Request) -> Response:
        person, bot = self._person(request), self._bot(request.query_params.get("bot"))
        chat = self._world.private_chat(bot, person)
        return json_response(views.chat_view(self._world, chat))

    async def calls(self, request: Request) -> Response:
        since = as_integer(request.query_params.get("since"))
        return json_response([call.json() for call in self._world.calls.since(since)])

    async def file(self, request: Request) -> Response:
        stored = self._world.files.by_number(as_integer(request.path_params["number"]))
        if stored is None:
            raise Refused(404, "no such file")
        playable = stored.mime.startswith(("image/", "audio/", "video/")) and stored.mime != "image/svg+xml"
        headers = {
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "content-disposition": "inline" if playable else "attachment",
        }
        return Response(stored.data, 200, headers, stored.mime if playable else "application/octet-stream")

    async def events(self, request: Request) -> Response:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._versions(), 200, headers, "text/event-stream")

    async def _versions(self) -> AsyncIterator[bytes]:
        seen = -1
        while not self._world.closed:
            seen = await self._world.news(seen)
            yield b'data: {"version": %d}\n\n' % seen
            await asyncio.sleep(EVENT_SPACING)

    # --- the server

    async def add_user(self, request: Request) -> Response:
        given, _ = await _body(request)
        name = as_text(given.get("first_name")).strip() or "Ana"
        opens = self._bot(given["bot"]).id if given.get("bot") else 0
        person = self._world.add_person(name, as_text(given.get("language_code")) or "es", opens=opens)
        shown: Json = {"id": person.id, "first_name": person.first_name, "language_code": person.language_code, "bot": opens or None}
        return json_response(shown)

    async def add_bot(self, request: Request) -> Response:
        given, _ = await _body(request)
        bot = self._world.add_bot(
            username=as_text(given.get("username")) or "local_bot",
            name=as_text(given.get("name")) or "Local",
            token=as_text(given.get("token")),
            has_topics=as_flag(given.get("has_topics")),
            people_make_topics=as_flag(given.get("people_make_topics")),
            reads_all_groups=as_flag(given.get("reads_all_groups")),
        )
        return json_response({**views.bot_view(bot), "token": bot.token})

    async def clock(self, request: Request) -> Response:
        given, _ = await _body(request)
        if "set" in given:
            self._world.clock.set_to(as_number(given["set"]))
        else:
            self._world.clock.advance(as_number(given.get("advance")))
        self._world.touch()
        return json_response({"now": self._world.now(), "offset": int(self._world.clock.offset)})

    async def add_faults(self, request: Request) -> Response:
        raw = orjson.loads(await request.body())
        rules = objects(as_list(raw) if isinstance(raw, list) else [raw])
        self._world.faults.add([fault_from(rule) for rule in rules])
        self._world.touch()
        return json_response(self._world.faults.json())

    async def clear_faults(self, request: Request) -> Response:
        self._world.faults.clear()
        self._world.touch()
        return json_response([])

    async def flood(self, request: Request) -> Response:
        given, _ = await _body(request)
        self._world.flood.on = as_flag(given.get("on"))
        self._world.touch()
        return json_response({"on": self._world.flood.on})

    async def reset(self, request: Request) -> Response:
        self._reset()
        return json_response(views.state(self._world))

    # --- people's deeds

    async def deed(self, request: Request) -> Response:
        name = request.path_params["deed"]
        if name not in _DEEDS:
            raise Refused(404, "no such deed")
        given, files = await _body(request)
        person, bot = self._person(request), self._bot(given.get("bot"))
        chat = self._world.private_chat(bot, person)
        return json_response(_DEEDS[name](Deed(self._world, person, bot, chat, given, files)))

    def _person(self, request: Request) -> Person:
        person = self._world.people.get(as_integer(request.path_params["user"]))
        if person is None:
            raise Refused(404, "no such person")
        return person

    def _bot(self, raw: object) -> Bot:
        bots = list(self._world.bots.values())
        bot = self._world.bot_by_id(as_integer(raw)) if raw else bots[0] if len(bots) == 1 else None
        if bot is None:
            raise Refused(404, "no such bot")
        return bot


async def _body(request: Request) -> tuple[Json, dict[str, Upload]]:
    body = await request.body()
    if len(body) > UPLOAD_LIMIT:
        raise Refused(413, "too big")
    read = params.read(b"", request.headers.get("content-type", "application/json"), body)
    return read.values, read.files


def _text(deed: Deed) -> Json:
    text = as_text(deed.given.get("text"))
    sent = doings.write(deed.world, deed.person, deed.bot, text, thread_id=deed.thread(), reply_to=deed.reply_to())
    return {"message_id": sent.id}


def _start(deed: Deed) -> Json:
    doings.unblock(deed.world, deed.person, deed.bot)
    payload = as_text(deed.given.get("payload"))
    return {"message_id": doings.write(deed.world, deed.person, deed.bot, f"/start {payload}".strip()).id}


def _tap(deed: Deed) -> Json:
    message = deed.message()
    rows = message.rows
    row, column = as_integer(deed.given.get("row"), -1), as_integer(deed.given.get("col"), -1)
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise Refused(409, "there is no such button")
    return doings.press(deed.world, deed.chat, deed.person, deed.bot, message, rows[row][column])


def _tap_data(deed: Deed) -> Json:
    number, data = as_integer(deed.given.get("message_id")), as_text(deed.given.get("data"))
    return {"query": doings.press_data(deed.world, deed.chat, deed.person, deed.bot, number, data)}


def _edit(deed: Deed) -> Json:
    doings.edit(deed.world, deed.chat, deed.message(), as_text(deed.given.get("text")))
    return {}


def _delete(deed: Deed) -> Json:
    doings.delete(deed.world, deed.chat, deed.message(), for_both=as_flag(deed.given.get("for_both")))
    return {}


def _delete_topic(deed: Deed) -> Json:
    doings.delete_topic(deed.world, deed.chat, deed.thread() or 0)
    return {}


def _clear(deed: Deed) -> Json:
    doings.clear(deed.world, deed.chat, for_both=as_flag(deed.given.get("for_both")))
    return {}


def _block(deed: Deed) -> Json:
    doings.block(deed.world, deed.person, deed.bot)
    return {}


def _unblock(deed: Deed) -> Json:
    doings.unblock(deed.world, deed.person, deed.bot)
    return {}


def _media(deed: Deed) -> Json:
    kind = as_text(deed.given.get("kind"))
    thread, reply = deed.thread(), deed.reply_to()
    if kind == "location":
        place = as_object(deed.given.get("location")) or deed.given
        latitude, longitude = as_number(place.get("latitude")), as_number(place.get("longitude"))
        sent = doings.share_place(deed.world, deed.person, deed.bot, latitude, longitude, thread_id=thread, reply_to=reply)
    elif kind == "contact":
        phone, name = as_text(deed.given.get("phone_number")), as_text(deed.given.get("first_name"))
        sent = doings.share_contact(deed.world, deed.person, deed.bot, phone, name, thread_id=thread, reply_to=reply)
    elif kind in LABELS:
        sent = _attach(deed, kind)
    else:
        raise Refused(400, "kind must be voice, photo, video, audio, document, location or contact")
    return {"message_id": sent.id}


def _attach(deed: Deed, kind: str) -> Message:
    upload = next(iter(deed.files.values()), None)
    data = upload.data if upload else base64.b64decode(as_text(deed.given.get("data")))
    stored = deed.world.files.add(
        kind,
        data or b"\0",
        name=upload.filename if upload else as_text(deed.given.get("filename")),
        mime=upload.mime if upload else as_text(deed.given.get("mime")),
        size=as_integer(deed.given.get("size")) or None,
        duration=as_integer(deed.given.get("duration")),
    )
    caption = as_text(deed.given.get("caption"))
    return doings.attach(
        deed.world, deed.person, deed.bot, stored, caption=caption, spoiler=as_flag(deed.given.get("spoiler")),
        thread_id=deed.thread(), reply_to=deed.reply_to(),
    )  # fmt: skip


_DEEDS: dict[str, Callable[[Deed], Json]] = {
    "text": _text,
    "start": _start,
    "tap": _tap,
    "tapdata": _tap_data,
    "media": _media,
    "edit": _edit,
    "delete": _delete,
    "deletetopic": _delete_topic,
    "clear": _clear,
    "block": _block,
    "unblock": _unblock,
}
