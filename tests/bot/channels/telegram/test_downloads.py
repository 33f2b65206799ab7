"""What seekers sent is fetched into memory, whole or not at all."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.channels.telegram.downloads import AT_ONCE, Downloads
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.transport import Api, HttpRequest
from bot.usecases.channel import MAX_FILE_BYTES, Channel
from tests.bot.channels.telegram.wire import Serve, raw_server, read_request, whole_answer

CONTENT = bytes(range(256)) * 40
TOKEN = "123456:invented-token"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def downloads(api: Api, pauses: list[float]) -> Downloads:
    """Pauses are written down and not waited for."""
    return downloads_at(api, pauses)


def downloads_at(api: Api, pauses: list[float]) -> Downloads:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return Downloads(api, chance=lambda: 0.0, sleep=sleep)


def sent(server: LocalBotApi, *, size: int | None = None) -> str:
    """The handle the seekers' bot has of a file a person just sent."""
    person: Person = server.add_user()
    server.press_start(person)
    stored = server.media(person, "document", CONTENT, name="acta.pdf", size=size).content.file
    assert stored is not None
    return stored.file_id(server.bot.id)


async def test_a_file_comes_whole(server: LocalBotApi, channel: TelegramChannel) -> None:
    asked: Channel = channel
    assert await asked.download(sent(server)) == CONTENT


async def test_twenty_megabytes_pass_and_one_byte_more_does_not(server: LocalBotApi, downloads: Downloads) -> None:
    exact = await downloads.fetch(sent(server, size=MAX_FILE_BYTES), MAX_FILE_BYTES)
    assert exact is not None
    assert len(exact) == MAX_FILE_BYTES
    assert await downloads.fetch(sent(server, size=MAX_FILE_BYTES + 1), MAX_FILE_BYTES) is None
    assert await downloads.fetch(sent(server), len(CONTENT)) == CONTENT
    assert await downloads.fetch(sent(server), len(CONTENT) - 1) is None
    assert [call.answer for call in server.calls("getFile")[1:2]] == [
        {"ok": False, "error_code": 400, "description": "Bad Request: file is too big"}
    ]


async def test_a_size_that_was_not_told_bounds_all_the_same(server: LocalBotApi, downloads: Downloads) -> None:
    person = server.add_user()
    server.press_start(person)
    stored = server.world.files.add("document", CONTENT, tells_size=False)
    handle = stored.file_id(server.bot.id)
    assert await downloads.fetch(handle, len(CONTENT)) == CONTENT
    assert await downloads.fetch(handle, len(CONTENT) - 1) is None


async def test_a_handle_nobody_knows_brings_nothing_and_is_asked_once(
    server: LocalBotApi, downloads: Downloads, pauses: list[float]
) -> None:
    assert await downloads.fetch("BQACforgotten", MAX_FILE_BYTES) is None
    assert len(server.calls("getFile")) == 1
    assert pauses == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="getFile", kind="5xx", times=1),
        Fault(method="getFile", kind="cut_before", times=1),
        Fault(method="download", kind="5xx", times=1),
        Fault(method="download", kind="cut_before", times=1),
        Fault(method="download", kind="cut_download", times=1),
    ],
    ids=lambda each: f"{each.method} {each.kind}",
)
async def test_what_fails_for_a_moment_is_asked_again(server: LocalBotApi, downloads: Downloads, pauses: list[float], fault: Fault) -> None:
    server.faults(Fault(**{name: getattr(fault, name) for name in ("method", "kind", "times")}))
    assert await downloads.fetch(sent(server), MAX_FILE_BYTES) == CONTENT
    assert pauses == [1.0]


async def test_the_platforms_wish_to_wait_is_obeyed_unless_it_is_long(
    server: LocalBotApi, downloads: Downloads, pauses: list[float]
) -> None:
    server.faults(Fault(method="getFile", kind="429", times=1, retry_after=7))
    assert await downloads.fetch(sent(server), MAX_FILE_BYTES) == CONTENT
    assert pauses == [7.0]
    server.faults(Fault(method="getFile", kind="429", times=1, retry_after=300))
    assert await downloads.fetch(sent(server), MAX_FILE_BYTES) is None
    assert pauses == [7.0]


@pytest.mark.parametrize("kind", ["cut_download", "5xx", "cut_before"])
async def test_what_is_cut_every_time_brings_nothing(server: LocalBotApi, downloads: Downloads, pauses: list[float], kind: str) -> None:
    server.faults(Fault(method="download", kind=kind))
    assert await downloads.fetch(sent(server), MAX_FILE_BYTES) is None
    assert pauses == [1.0, 2.0]


async def test_a_path_that_has_run_out_brings_nothing(server: LocalBotApi, api: Api, downloads: Downloads) -> None:
    handle = sent(server)
    assert await downloads.fetch(handle, MAX_FILE_BYTES) == CONTENT
    stored = server.world.files.by_id(handle, server.bot.id)
    assert stored is not None
    server.advance(3601)
    assert (await api.file(stored.path, 1000))[0] == 404


def lying(result: bytes, content: bytes = CONTENT) -> tuple[Serve, list[bytes]]:
    """A server that says this of every file and gives that; and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.split(b"\r\n", 1)[0])
            if head.startswith(b"POST"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(whole_answer(b'{"ok":true,"result":' + result + b"}"))
            else:
                writer.write(whole_answer(content))
            await writer.drain()

    return serve, asked


async def tried(serve: Serve, limit: int = MAX_FILE_BYTES) -> bytes | None:
    async with raw_server(serve) as root, HttpRequest(read_seconds=2) as request:
        return await downloads_at(Api(root, TOKEN, request), []).fetch("f", limit)


@pytest.mark.parametrize(
    "result",
    [
        b"true",
        b'{"file_id":"f"}',
        b'{"file_path":7}',
        b'{"file_path":"/var/lib/telegram-bot-api/documents/file_1.pdf"}',
        b'{"file_path":"documents/../../secret"}',
        b'{"file_path":"documents/file_1.pdf","file_size":20971521}',
    ],
)
async def test_a_file_that_lies_nowhere_we_may_look_is_not_asked_for(result: bytes) -> None:
    serve, asked = lying(result)
    assert await tried(serve) is None
    assert len(asked) == 1


async def test_a_server_that_gives_more_than_it_told_is_cut_off_on_the_way() -> None:
    asked, given = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await read_request(reader)
        writer.write(whole_answer(b'{"ok":true,"result":{"file_path":"documents/f","file_size":100}}'))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            writer.write(bytes(1_000_000))
            await writer.drain()
        given.set()

    assert await tried(serve, limit=1024 * 1024) is None
    assert not given.is_set()
    assert asked == 1


async def test_a_file_of_another_size_than_told_is_not_whole() -> None:
    serve, asked = lying(b'{"file_path":"documents/f","file_size":100}', b"x" * 99)
    assert await tried(serve) is None
    assert len(asked) == 6
    serve, _ = lying(b'{"file_path":"documents/f"}', b"")
    assert await tried(serve) is None


async def test_a_path_is_asked_for_as_it_is() -> None:
    serve, asked = lying('{"file_path":"documents/file 1?x#y%2e.ñ"}'.encode())
    assert await tried(serve) == CONTENT
    assert asked[1] == f"GET /file/bot{TOKEN}/documents/file%201%3Fx%23y%252e.%C3%B1 HTTP/1.1".encode()


async def test_two_files_at_a_time_are_held_in_memory() -> None:
    now, most = 0, 0
    full, gate = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        await read_request(reader)
        now += 1
        most = max(most, now)
        if now == AT_ONCE:
            full.set()
        await gate.wait()
        now -= 1
        writer.write(whole_answer(b'{"ok":false,"error_code":400,"description":"Bad Request: invalid file_id"}', "400 Bad Request"))
        await writer.drain()

    async with raw_server(serve) as root, HttpRequest() as request:
        downloads = downloads_at(Api(root, TOKEN, request), [])
        tasks = [asyncio.create_task(downloads.fetch("f", 100)) for _ in range(5)]
        async with asyncio.timeout(10):
            await full.wait()
            gate.set()
            assert await asyncio.gather(*tasks) == [None] * 5
    assert most == AT_ONCE


async def test_nothing_is_written_of_a_file_or_where_it_lies(
    server: LocalBotApi, downloads: Downloads, caplog: pytest.LogCaptureFixture
) -> None:
    handle = sent(server)
    with caplog.at_level(logging.DEBUG):
        server.faults(Fault(method="download", kind="cut_download", times=1))
        assert await downloads.fetch(handle, MAX_FILE_BYTES) == CONTENT
    ours = [each.getMessage() for each in caplog.records if "bot6" not in each.getMessage()]
    for planted in (handle, server.token, "documents/", "acta"):
        assert not any(planted in line for line in ours)
