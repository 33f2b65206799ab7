"""Which HTTP client posts a call to the Bot API at the least cost? Prints CPU µs a call and calls/s for each that is installed.

    taskset -c 0 python tests/bench/http_clients.py          # the client on CPU 0; its server takes another

The server is a process of its own that answers every post with a sendMessage answer of 600 bytes. Each client posts the
same 500 bytes, with 1 and with 64 calls in flight, on uvloop when present. Rounds are interleaved and medians shown. Ours
(`HttpRequest`) is measured through the very code the bot runs, answers parsed; the others by their fastest documented
way, answers unread. Clients that are not installed are left out and said to be.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

BODY = json.dumps(
    {
        "chat_id": 77,
        "text": "x" * 250,
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": [[{"text": "choice", "callback_data": "y" * 34}] for _ in range(3)]},
    }
).encode()
ANSWER = json.dumps({"ok": True, "result": {"message_id": 5, "date": 1_700_000_000, "text": "x" * 500}}).encode()
HEADERS = {"Content-Type": "application/json"}
Call = Callable[[], Awaitable[int]]


class _Answering(asyncio.Protocol):
    """Answers each request once its whole body is there. Bodies come with Content-Length, as all clients here send them."""

    _HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) if b"content-length:" in head else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(self._HEAD + ANSWER)


def _serve(listener: socket.socket, cpus: set[int]) -> None:
    if cpus:
        os.sched_setaffinity(0, cpus)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, sock=listener)
        await server.serve_forever()

    _run(forever())


def _run(work: Any) -> Any:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[Call]:
    transport = importlib.import_module("bot.channels.telegram.transport")
    root, method = url.rsplit("/bot1:a/", 1)
    async with transport.HttpRequest() as request:
        api = transport.Api(root, "1:a", request)

        async def call() -> int:
            return int((await api.call(method, BODY)).status)

        yield call


@asynccontextmanager
async def aiohttp_plain(url: str) -> AsyncIterator[Call]:
    aiohttp = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=128)) as session:

        async def call() -> int:
            async with session.post(url, data=BODY, headers=HEADERS) as response:
                await response.read()
                return int(response.status)

        yield call


@asynccontextmanager
async def httpx_client(url: str) -> AsyncIterator[Call]:
    httpx = importlib.import_module("httpx")
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=128), trust_env=False) as client:

        async def call() -> int:
            return int((await client.post(url, content=BODY, headers=HEADERS)).status_code)

        yield call


@asynccontextmanager
async def niquests_client(url: str) -> AsyncIterator[Call]:
    niquests = importlib.import_module("niquests")
    async with niquests.AsyncSession(pool_maxsize=128) as session:
        session.trust_env = False

        async def call() -> int:
            return int((await session.post(url, data=BODY, headers=HEADERS)).status_code or 0)

        yield call


@asynccontextmanager
async def aiosonic_client(url: str) -> AsyncIterator[Call]:
    aiosonic = importlib.import_module("aiosonic")
    connectors = importlib.import_module("aiosonic.connectors")
    pools = importlib.import_module("aiosonic.pools")
    config = pools.PoolConfig(size=128)
    async with aiosonic.HTTPClient(connectors.TCPConnector(pool_configs={":default": config})) as client:

        async def call() -> int:
            response = await client.post(url, data=BODY, headers=HEADERS)
            await response.content()
            return int(response.status_code)

        yield call


@asynccontextmanager
async def pyreqwest_client(url: str) -> AsyncIterator[Call]:
    client_module = importlib.import_module("pyreqwest.client")
    async with client_module.ClientBuilder().build() as client:

        async def call() -> int:
            response = await client.post(url).body_bytes(BODY).header("Content-Type", "application/json").build().send()
            await response.bytes()
            return int(response.status)

        yield call


@asynccontextmanager
async def pycurl_client(url: str) -> AsyncIterator[Call]:
    """libcurl's multi interface, driven by asyncio the documented way (socket and timer callbacks)."""
    pycurl = importlib.import_module("pycurl")
    loop = asyncio.get_running_loop()
    multi, idle = pycurl.CurlMulti(), list[Any]()
    waiting: dict[Any, asyncio.Future[None]] = {}
    timer: list[asyncio.TimerHandle | None] = [None]

    def turn(fd: int, flags: int) -> None:
        multi.socket_action(fd, flags)
        while True:
            more, done, failed = multi.info_read()
            for handle in [*done, *(each[0] for each in failed)]:
                multi.remove_handle(handle)
                waiting.pop(handle).set_result(None)
            if not more:
                return

    def on_socket(what: int, fd: int, *_: object) -> None:
        loop.remove_reader(fd)
        loop.remove_writer(fd)
        if what in (pycurl.POLL_IN, pycurl.POLL_INOUT):
            loop.add_reader(fd, turn, fd, pycurl.CSELECT_IN)
        if what in (pycurl.POLL_OUT, pycurl.POLL_INOUT):
            loop.add_writer(fd, turn, fd, pycurl.CSELECT_OUT)

    def on_timer(milliseconds: int) -> None:
        if timer[0] is not None:
            timer[0].cancel()
        timer[0] = None if milliseconds < 0 else loop.call_later(milliseconds / 1000, turn, pycurl.SOCKET_TIMEOUT, 0)

    multi.setopt(pycurl.M_SOCKETFUNCTION, on_socket)
    multi.setopt(pycurl.M_TIMERFUNCTION, on_timer)

    async def call() -> int:
        handle = idle.pop() if idle else pycurl.Curl()
        pieces: list[bytes] = []
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.POSTFIELDS, BODY)
        handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Expect:"])
        handle.setopt(pycurl.WRITEFUNCTION, pieces.append)
        waiting[handle] = done = loop.create_future()
        multi.add_handle(handle)
        await done
        idle.append(handle)
        return int(handle.getinfo(pycurl.RESPONSE_CODE))

    yield call


CLIENTS = {
    "HttpRequest (ours)": ("httptools", ours),
    "aiohttp, as it comes": ("aiohttp", aiohttp_plain),
    "httpx": ("httpx", httpx_client),
    "niquests": ("niquests", niquests_client),
    "aiosonic": ("aiosonic", aiosonic_client),
    "pyreqwest": ("pyreqwest", pyreqwest_client),
    "pycurl": ("pycurl", pycurl_client),
}


async def measure(client: Any, url: str, calls: int, in_flight: int) -> tuple[float, float]:
    """(CPU µs a call, calls a second)."""
    async with AsyncExitStack() as stack:
        call = await stack.enter_async_context(client(url))
        left = calls

        async def keep_calling() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                if await call() != 200:
                    raise RuntimeError("a call was not answered with 200")

        await asyncio.gather(*(call() for _ in range(in_flight)))
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(*(keep_calling() for _ in range(in_flight)))
        return (time.process_time() - cpu) / calls * 1e6, calls / (time.perf_counter() - began)


def main() -> None:
    """Measure everything that is installed, interleaved, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/bot1:a/sendMessage"
    others = set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0)
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, others), daemon=True)
    server.start()
    there = {name: client for name, (module, client) in CLIENTS.items() if importlib.util.find_spec(module)}
    results: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(options.rounds):
        for name, client in there.items():
            for in_flight in (1, 64):
                found = _run(measure(client, url, options.calls, in_flight))
                results.setdefault((name, in_flight), []).append(found)
    server.terminate()
    out = sys.stdout.write
    out(f"{'client':24} {'in flight':>9} {'CPU µs/call':>12} {'calls/s':>9}\n")
    for (name, in_flight), found in results.items():
        cpu, rate = (statistics.median(column) for column in zip(*found, strict=True))
        out(f"{name:24} {in_flight:9} {cpu:12.0f} {rate:9.0f}\n")
    for name in CLIENTS.keys() - there.keys():
        out(f"{name}: not installed\n")


if __name__ == "__main__":
    main()
