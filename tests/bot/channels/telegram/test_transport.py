"""What goes wrong on the way is told apart, and nothing that is told carries the token."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.transport import Api, HttpRequest, NotSent, Unanswered
from tests.bot.channels.telegram.wire import Serve, answering, raw_server, read_request

TOKEN = "123456:invented-token"


async def cutting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def cutting_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":true')
    await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"\x00\x01\x02 what is this\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def api_at(root: str, *, seconds: float = 0.2) -> AsyncIterator[Api]:
    async with HttpRequest(connect_seconds=0.3, read_seconds=seconds) as request:
        yield Api(root, TOKEN, request)


async def test_the_body_goes_out_as_it_was_rendered_without_anything_that_tells_of_us() -> None:
    heads: list[tuple[bytes, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\nSet-Cookie: a=b\r\n\r\n{"ok":true,"result":true}')
        await writer.drain()
        heads.append(await read_request(reader))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true}')
        await writer.drain()

    async with raw_server(serve) as root, api_at(root) as api:
        assert (await api.call("sendMessage", b'{"a":1}')).ok
        assert (await api.call("sendMessage", b'{"a":2}')).ok
    assert heads[0][0].startswith(f"POST /bot{TOKEN}/sendMessage HTTP/1.1\r\n".encode())
    assert [body for _, body in heads] == [b'{"a":1}', b'{"a":2}']
    for head, _ in heads:
        assert not any(name in head.lower() for name in (b"user-agent", b"cookie", b"accept"))


@pytest.mark.parametrize("fault", [cutting, cutting_half, silent, dripping, no_http], ids=lambda each: each.__name__)
async def test_a_call_that_left_and_was_not_answered_is_unanswered(fault: Serve) -> None:
    async with raw_server(fault) as root, api_at(root) as api:
        with pytest.raises(Unanswered) as caught:
            await api.call("sendMessage", b"{}")
    assert_silent(caught.value)


@pytest.mark.parametrize("root", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
async def test_a_call_that_could_not_leave_is_not_sent(root: str) -> None:
    async with api_at(root) as api:
        with pytest.raises(NotSent) as caught:
            await api.call("sendMessage", b"{}")
    assert_silent(caught.value)


@pytest.mark.parametrize("root", ["http://[::bad", "nonsense://x", "api.telegram.org", "", "https://"])
def test_a_root_that_is_no_web_address_is_said_at_once(root: str) -> None:
    with pytest.raises(ValueError, match="root address") as caught:
        Api(root, TOKEN, HttpRequest())
    assert_silent(caught.value)


async def test_a_closed_session_sends_nothing() -> None:
    request = HttpRequest()
    await request.initialize()
    await request.initialize()
    await request.shutdown()
    await request.shutdown()
    with pytest.raises(NotSent):
        await Api("http://127.0.0.1:1", TOKEN, request).call("getMe", b"{}")


async def test_waiting_for_a_free_connection_is_not_sending() -> None:
    async with raw_server(silent) as root, HttpRequest(connections=1, connect_seconds=0.1, read_seconds=2) as request:
        api = Api(root, TOKEN, request)
        first = asyncio.create_task(api.call("a", b"{}"))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await api.call("b", b"{}")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_redirects_are_not_followed() -> None:
    moved = answering(b"", "302 Found", b"Location: http://127.0.0.1:1/\r\n")
    async with raw_server(moved) as root, api_at(root) as api:
        assert (await api.call("sendMessage", b"{}")).status == 302


async def test_typed_calls_of_the_library_use_the_same_session(caplog: pytest.LogCaptureFixture) -> None:
    me = b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"A","username":"a_bot"}}'
    async with raw_server(answering(me)) as root, HttpRequest() as request:
        bot = Bot(TOKEN, base_url=f"{root}/bot", request=request, get_updates_request=request)
        assert (await bot.get_me()).username == "a_bot"
        assert request.read_timeout == 20.0
    refused = answering(b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}', "400 Bad Request")
    async with raw_server(refused) as root, HttpRequest() as request:
        bot = Bot(TOKEN, base_url=f"{root}/bot", request=request, get_updates_request=request)
        with pytest.raises(BadRequest):
            await bot.get_me()
    with caplog.at_level(logging.DEBUG):
        async with raw_server(answering(b"private words")) as root, HttpRequest() as request:
            bot = Bot(TOKEN, base_url=f"{root}/bot", request=request, get_updates_request=request)
            with pytest.raises(TelegramError) as caught:
                await bot.get_me()
    assert_silent(caught.value)
    assert "private words" not in caplog.text
    assert TOKEN not in caplog.text


def test_nothing_shows_the_token() -> None:
    api = Api("http://127.0.0.1:1", TOKEN, HttpRequest())
    assert TOKEN not in repr(api)
    assert TOKEN not in str(api)


def assert_silent(fault: BaseException) -> None:
    """No link of the chain shows the token, in words, arguments or a traceback."""
    link: BaseException | None = fault
    while link is not None:
        assert TOKEN not in f"{link!r} {link} {link.args!r}"
        link = link.__cause__ or link.__context__
    assert TOKEN not in "".join(traceback.format_exception(fault))
