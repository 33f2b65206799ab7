"""The server itself: the ASGI application, and `LocalBotApi`, which runs it inside an asyncio loop.

    async with LocalBotApi() as api:
        ana = api.add_user("Ana", "es")
        ...start a bot with api.token against api.root...
        api.text(ana, "hola")
        await api.wait(lambda: "Hola" in api.screen(ana).text)

The methods of `LocalBotApi` are the people's side and the tests' tools; everything a bot does goes over HTTP. They act
at once and must be called in the loop that runs the server. The server uses uvicorn's protocol without its process
handling: no signal handlers, no lifespan, and closing takes milliseconds.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from uvicorn.server import ServerState

from bot.botapi import pages
from bot.botapi.control import Control, json_response
from bot.botapi.dispatch import BotApi, Downloads
from bot.botapi.http import Cuttable
from bot.botapi.phone import Phone
from bot.botapi.webhooks import Couriers
from bot.botapi.world import World


def create_app(world: World, reset: Callable[[], None] | None = None, *, checked: bool = True) -> Starlette:
    """The application over one world: the Bot API, file downloads, the control interface, the page."""
    routes: list[BaseRoute] = [
        Route("/bot{call:path}", BotApi(world, checked)),
        Route("/file/bot{file:path}", Downloads(world)),
        *Control(world, reset or world.reset).routes(),
        *pages.routes(),
        Route("/{anything:path}", _not_found, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]
    return Starlette(routes=routes)


async def _not_found(request: Request) -> Response:
    return json_response({"ok": False, "error_code": 404, "description": "Not Found"}, 404)


class LocalBotApi(Phone):
    """A running local Bot API server, with the hands of the people who use it.

    `port` 0 picks a free one. Bots come with `add_bot`; when none was added, `token` makes one. `checked=False` leaves
    out the check of every call against the data (for speed runs).
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, checked: bool = True) -> None:
        super().__init__(World())
        self._host = host
        self._port = port
        self._checked = checked
        self._state = ServerState()
        self._couriers: Couriers | None = None
        self._server: asyncio.Server | None = None

    @property
    def root(self) -> str:
        """The root address, without a trailing slash."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; from here on `root` is right."""
        app = create_app(self.world, self.world.reset, checked=self._checked)
        config = uvicorn.Config(
            app, http=Cuttable, ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False,
            server_header=False, date_header=False, timeout_keep_alive=3600,
        )  # fmt: skip
        config.load()
        self._couriers = self.world.courier = Couriers(self.world)
        # With the protocol named, asyncio switches off Nagle's delay: 40 ms a call otherwise.
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self._host, self._port))
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Cuttable(config=config, server_state=self._state, app_state={}), sock=listening, backlog=1024
        )

    async def stop(self) -> None:
        """End waits and deliveries, close every connection."""
        self.world.close()
        if self._server is not None:
            self._server.close()
        if self._couriers is not None:
            await self._couriers.close()
        await asyncio.sleep(0)
        for connection in list(self._state.connections):
            connection.shutdown()
        tasks = list(self._state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=0.5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.transport.close()
        if self._server is not None:
            await self._server.wait_closed()

    async def serve(self) -> None:
        """Start and run until cancelled, for a program that does nothing else."""
        async with self:
            await asyncio.get_running_loop().create_future()
