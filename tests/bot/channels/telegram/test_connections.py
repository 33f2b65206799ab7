"""No call leaves twice, none leaves that was given up before its turn, and no answer reaches the wrong call."""

from __future__ import annotations

import asyncio
import datetime
import random
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.channels.telegram import connections
from bot.channels.telegram.connections import Connections, NoAnswer, NoConnection, Origin, Target, target_of
from tests.bot.channels.telegram.wire import Serve, answering, raw_server, read_request, whole_answer

SECONDS = 5.0


@asynccontextmanager
async def calling(*, most: int = 8, connect_seconds: float = SECONDS) -> AsyncIterator[Connections]:
    made = Connections(most, connect_seconds)
    try:
        yield made
    finally:
        await made.close()


def post(body: bytes, target: Target) -> bytes:
    return b"POST %bContent-Length: %d\r\n\r\n%b" % (target.head, len(body), body)


async def ask(made: Connections, root: str, body: bytes = b"?", seconds: float = SECONDS) -> tuple[int, bytes]:
    target = target_of(root)
    return await made.call(target, post(body, target), seconds)


async def until_none_is_kept(made: Connections) -> None:
    """The server's end of a connection has been noticed on this side, which nothing announces."""
    async with asyncio.timeout(SECONDS):
        while made.kept_now:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class Heard:
    """A server that keeps what it was asked, by connection, and then does as told."""

    def __init__(self, then: Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], object] | None = None) -> None:
        self.bodies: list[tuple[int, bytes]] = []
        self.connections = 0
        self.gone = asyncio.Event()
        self._then = then

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mine = self.connections
        try:
            while True:
                _, body = await read_request(reader)
                self.bodies.append((mine, body))
                if self._then is None or not await self._done(reader, writer, len(self.bodies)):
                    writer.write(whole_answer(body))
                    await writer.drain()
        finally:
            self.gone.set()

    async def _done(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
        return bool(await self._then(reader, writer, count))  # type: ignore[misc]  # a coroutine function is passed


async def cut_at_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
    if count == 2:
        raise ConnectionError
    return False


async def reset_at_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
    if count == 2:
        writer.transport.abort()
    return count == 2


@pytest.mark.parametrize("ending", [cut_at_second, reset_at_second], ids=lambda each: each.__name__)
async def test_a_call_on_a_kept_connection_that_is_cut_is_not_sent_again(
    ending: Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], object],
) -> None:
    heard = Heard(ending)
    async with raw_server(heard) as root, calling() as made:
        assert await ask(made, root, b"1") == (200, b"1")
        with pytest.raises(NoAnswer):
            await ask(made, root, b"2")
        assert await ask(made, root, b"3") == (200, b"3")
    assert heard.bodies == [(1, b"1"), (1, b"2"), (2, b"3")]


async def test_a_connection_the_server_closed_is_left_for_a_new_one() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append((await read_request(reader))[1])
        writer.write(whole_answer(b"well"))
        await writer.drain()
        closed.set()

    bodies: list[bytes] = []
    closed = asyncio.Event()
    async with raw_server(once) as root, calling() as made:
        for body in (b"1", b"2", b"3"):
            closed.clear()
            assert await ask(made, root, body) == (200, b"well")
            await closed.wait()
            await until_none_is_kept(made)
    assert bodies == [b"1", b"2", b"3"]


async def test_a_call_given_up_before_its_turn_never_leaves() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
        arrived.set()
        await go.wait()
        return False

    arrived, go = asyncio.Event(), asyncio.Event()
    heard = Heard(wait)
    async with raw_server(heard) as root, calling(most=1) as made:
        first = asyncio.create_task(ask(made, root, b"first"))
        await arrived.wait()
        second = asyncio.create_task(ask(made, root, b"second"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        go.set()
        assert await first == (200, b"first")
        assert await ask(made, root, b"third") == (200, b"third")
    assert [body for _, body in heard.bodies] == [b"first", b"third"]


async def test_a_call_given_up_after_it_left_takes_its_connection_along() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
        if count == 1:
            arrived.set()
            await reader.read()
            raise ConnectionError
        return False

    arrived = asyncio.Event()
    heard = Heard(never)
    async with raw_server(heard) as root, calling() as made:
        first = asyncio.create_task(ask(made, root, b"first"))
        await arrived.wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await asyncio.wait_for(heard.gone.wait(), SECONDS)
        assert await ask(made, root, b"second") == (200, b"second")
    assert heard.bodies == [(1, b"first"), (2, b"second")]


async def test_whatever_is_given_up_every_answer_reaches_its_own_call() -> None:
    dice = random.Random(7)

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
        await asyncio.sleep(dice.random() / 300)
        return False

    async def one(number: int) -> None:
        body = str(number).encode()
        try:
            async with asyncio.timeout(dice.choice((0.0005, 0.002, 0.004, SECONDS))):
                answer = await ask(made, root, body)
        except TimeoutError:
            return
        assert answer == (200, body)
        answered.append(number)

    answered: list[int] = []
    heard = Heard(slowly)
    async with raw_server(heard) as root, calling(most=12) as made:
        await asyncio.gather(*(one(number) for number in range(600)))
        assert await ask(made, root, b"last") == (200, b"last")
    bodies = [body for _, body in heard.bodies]
    assert len(bodies) == len(set(bodies)), "nothing may leave twice"
    assert len(answered) > 100


async def test_words_nobody_asked_for_are_not_taken_for_an_answer() -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> bool:
        if count == 1:
            writer.write(whole_answer(b"1") + whole_answer(b"unasked", "408 Request Timeout"))
        return count == 1

    heard = Heard(twice)
    async with raw_server(heard) as root, calling() as made:
        assert await ask(made, root, b"1") == (200, b"1")
        assert await ask(made, root, b"2") == (200, b"2")
    assert heard.bodies == [(1, b"1"), (2, b"2")]


async def test_words_said_to_an_idle_connection_end_it() -> None:
    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(whole_answer(b"well"))
        await go.wait()
        writer.write(whole_answer(b"unasked", "408 Request Timeout"))
        await reader.read()

    go = asyncio.Event()
    async with raw_server(later) as root, calling() as made:
        assert await ask(made, root) == (200, b"well")
        assert made.kept_now == 1
        go.set()
        await until_none_is_kept(made)
        assert await ask(made, root) == (200, b"well")


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_answers_come_in_pieces_in_chunks_and_after_interim_ones(size: int) -> None:
    said = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    )

    async def pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            for start in range(0, len(said), size):
                writer.write(said[start : start + size])
                await writer.drain()
                await asyncio.sleep(0)

    async with raw_server(pieces) as root, calling() as made:
        assert await ask(made, root) == (200, b"hello world")
        assert await ask(made, root) == (200, b"hello world")
        assert made.kept_now == 1


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nends with the connection", "Cut"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "UnreadableAnswer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab", "UnreadableAnswer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "Cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, "AnswerTooLong"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5000, "AnswerTooLong"),
        (b"nonsense\r\n\r\n", "UnreadableAnswer"),
        (b"", "Cut"),
    ],
)
async def test_an_answer_that_cannot_be_trusted_is_none(said: bytes, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)
        await writer.drain()

    monkeypatch.setattr(connections, "MAX_ANSWER_BYTES", 4000)
    async with raw_server(once) as root, calling() as made:
        with pytest.raises(NoAnswer, match=word):
            await ask(made, root)
        assert made.kept_now == 0


@pytest.mark.parametrize(
    "serve",
    [answering(b"x", extra=b"Connection: close\r\n"), answering(b"x", "200 OK\r\nConnection: close")],
    ids=["last header", "first header"],
)
async def test_a_connection_the_server_will_close_is_not_kept(serve: Serve) -> None:
    async with raw_server(serve) as root, calling() as made:
        assert await ask(made, root) == (200, b"x")
        assert made.kept_now == 0


async def test_an_answer_before_the_request_was_read_ends_the_connection() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(whole_answer(b"too large", "413 Payload Too Large"))
        await writer.drain()
        await go.wait()

    go = asyncio.Event()
    async with raw_server(early) as root, calling() as made:
        assert await ask(made, root, b"x" * 20_000_000) == (413, b"too large")
        assert made.kept_now == 0
        go.set()


async def test_what_was_idle_for_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.01)
    heard = Heard()
    async with raw_server(heard) as root, calling() as made:
        await ask(made, root)
        await asyncio.wait_for(heard.gone.wait(), SECONDS)
        assert made.kept_now == 0
        assert await ask(made, root, b"again") == (200, b"again")


async def test_closing_ends_what_is_under_way_and_takes_nothing_new() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()

    arrived = asyncio.Event()
    async with raw_server(silent) as root, calling() as made:
        task = asyncio.create_task(ask(made, root))
        await arrived.wait()
        await made.close()
        with pytest.raises(NoAnswer, match="Closed"):
            await task
        with pytest.raises(NoConnection, match="Closed"):
            await ask(made, root)


async def test_every_address_of_a_host_is_tried_and_the_good_one_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def two(origin: Origin) -> list[str]:
        asked.append(origin.host)
        return ["127.0.0.9", "127.0.0.1"]

    async with raw_server(answering(b"x")) as root, calling() as made:
        monkeypatch.setattr(connections, "addresses_of", two)
        place = root.replace("127.0.0.1", "host.invalid")
        answers = await asyncio.gather(*(ask(made, place) for _ in range(5)))
        assert answers == [(200, b"x")] * 5
        assert asked == ["host.invalid"]


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".invalid"])
async def test_a_name_nobody_can_have_is_no_connection_or_no_address(host: str) -> None:
    async with calling() as made:
        with pytest.raises((NoConnection, ValueError)):
            await ask(made, f"http://{host}")


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with raw_server(answering(b"x")) as root, calling() as made:
        assert await ask(made, root) == (200, b"x")


@pytest.mark.parametrize(
    ("address", "head"),
    [
        ("http://h", b"/ HTTP/1.1\r\nHost: h\r\n"),
        ("https://H:443/bot1:a/x", b"/bot1:a/x HTTP/1.1\r\nHost: h\r\n"),
        ("http://h:81/a?b=c d", b"/a?b=c%20d HTTP/1.1\r\nHost: h:81\r\n"),
        ("http://[::1]:8081/a", b"/a HTTP/1.1\r\nHost: [::1]:8081\r\n"),
        ("http://h/a\u00f1\x7f%20", b"/a%C3%B1%7F%20 HTTP/1.1\r\nHost: h\r\n"),
    ],
)
def test_an_address_becomes_a_request_line(address: str, head: bytes) -> None:
    target = target_of(address)
    assert target.head == head
    assert head.decode()[:5] not in repr(target)


@pytest.mark.parametrize("address", ["ftp://h", "h/x", "", "http://", "http://u:p@h/", "http://h:x/", "http://h:99999/", "http://h/#a"])
def test_what_is_no_address_is_said_without_quoting_it(address: str) -> None:
    with pytest.raises(ValueError, match=r"^not an http or https address of a host$"):
        target_of(address)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for `name` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths


@asynccontextmanager
async def secure_server(folder: Path, name: str, serve: Serve) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name))
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_an_encrypted_connection_is_kept_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    async with secure_server(tmp_path, "localhost", heard) as root:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        async with calling() as made:
            assert await ask(made, root, b"1") == (200, b"1")
            assert await ask(made, root, b"2") == (200, b"2")
    assert heard.bodies == [(1, b"1"), (1, b"2")]


@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("elsewhere", True)])
async def test_a_server_that_cannot_prove_itself_is_told_nothing(
    name: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    async with secure_server(tmp_path, name, heard) as root:
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        async with calling() as made:
            with pytest.raises(NoConnection, match="SSLCertVerificationError"):
                await ask(made, root)
    assert heard.bodies == []


async def test_a_handshake_that_does_not_end_is_no_connection() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(silent) as root, calling(connect_seconds=0.1) as made:
        with pytest.raises(NoConnection, match="TimeoutError"):
            await ask(made, root.replace("http:", "https:"))


async def test_a_call_given_up_while_connecting_leaves_nothing_open() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        gone.set()

    arrived, gone = asyncio.Event(), asyncio.Event()
    async with raw_server(silent) as root, calling() as made:
        task = asyncio.create_task(ask(made, root.replace("http:", "https:")))
        await arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), SECONDS)
