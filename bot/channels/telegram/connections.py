"""Keep-alive HTTP/1.1 connections to one server: asyncio's transports below, httptools' parser (llhttp) on top.

Written ourselves because one question decides whether a message may be sent again: did the call leave? Here it is
answered by where the code stands. Until a connection is there nothing has left (`NoConnection`); from the first byte
written on, nobody knows (`NoAnswer`), so nothing is ever sent a second time from here. A call that is cancelled before
its turn is never sent; one that is cancelled after takes its connection with it. Clients that were measured and not
taken are in `tests/bench/http_clients.py`: libcurl repeats a POST on a connection that was cut, pyreqwest sends what
was cancelled, aiohttp costs five times as much.

What it leaves out is left out on purpose: proxies, cookies, redirects, compression, retries, pipelining. An answer
must tell its length: one that ends with its connection cannot be told from one that was cut. Exceptions carry a word,
never an address (which holds the token) and never another exception.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import httptools

IDLE_SECONDS: Final = 30.0
ADDRESS_SECONDS: Final = 60.0
ATTEMPT_SECONDS: Final = 3.0
CLOSING_SECONDS: Final = 1.0
TOO_LONG: Final = "AnswerTooLong"
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PATH_MARKS: Final = "/:@!$&'()*+,;=-._~%?"


class NoConnection(Exception):
    """Nothing has left. `word`: the class of what went wrong."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class NoAnswer(Exception):
    """The call may have arrived; no whole answer came back. `word`: the class of what went wrong."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A server: name or number of the host, port, encrypted or not."""

    host: str
    port: int
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address, ready to be called. `head`: what follows the method, up to the headers of the body. `repr` says
    nothing of it."""

    origin: Origin
    head: bytes

    def __repr__(self) -> str:
        return "Target(...)"


def target_of(address: str) -> Target:
    """Read a web address. What may not stand in a request line is percent-encoded. Raises ValueError, which does not
    quote the address, when it is no http or https address of a host."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc or parts.fragment:
        raise ValueError("not an http or https address of a host")
    usual = _DEFAULT_PORTS[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    shown = name if port in (None, usual) else f"{name}:{port}"
    path = quote(parts.path + (f"?{parts.query}" if parts.query else ""), safe=_PATH_MARKS) or "/"
    return Target(
        origin=Origin(host=host, port=port or usual, secure=parts.scheme == "https"),
        head=f"{path} HTTP/1.1\r\nHost: {shown}\r\n".encode(),
    )


async def addresses_of(origin: Origin) -> list[str]:
    """The addresses of the host as numbers, in the system's order, each once, at least one. Raises OSError or
    UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Connections:
    """At most `most` calls at once, each on a connection of its own, which is kept for the next. Times in seconds.

    `connect_seconds` bounds the wait for a turn, and once more the look-up, the connecting and the handshake.
    """

    def __init__(self, most: int, connect_seconds: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._connect_seconds = connect_seconds
        self._turns = asyncio.Semaphore(most)
        self._looking_up = asyncio.Lock()
        self._addresses: dict[Origin, tuple[float, list[str]]] = {}
        self._idle: dict[Origin, list[_Connection]] = {}
        self._open: set[_Connection] = set()
        self._trust: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False
        self._all_gone = asyncio.Event()

    async def call(self, target: Target, request: bytes, seconds: float, most: int | None = None) -> tuple[int, bytes]:
        """Send a request to `target.origin`; (status, body) of the answer. The answer must begin within `seconds`
        and be whole within twice that; when it is longer than `most` bytes (None: 64 MiB), headers included, it is
        cut off there (`NoAnswer` with the word `TOO_LONG`). Raises `NoConnection` or `NoAnswer`."""
        turns = self._turns
        if turns.locked():
            await self._wait_for_turn()
        else:
            await turns.acquire()
        try:
            connection = self._kept(target.origin) or await self._connect(target.origin)
            answer = connection.ask(request, seconds, MAX_ANSWER_BYTES if most is None else most)
            try:
                return await answer
            finally:
                connection.give_up(answer)
        finally:
            turns.release()

    async def close(self) -> None:
        """Cut every connection, and wait until they are gone."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in tuple(self._open):
            connection.drop("Closed")
        if self._open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), CLOSING_SECONDS)

    @property
    def kept_now(self) -> int:
        """Connections that wait for their next call."""
        return sum(map(len, self._idle.values()))

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(self._connect_seconds):
                await self._turns.acquire()
                return
        except TimeoutError:
            pass
        raise NoConnection("NoFreeConnection")

    def _kept(self, origin: Origin) -> _Connection | None:
        """The connection used last, so that those not needed grow old."""
        idle = self._idle.get(origin)
        return idle.pop() if idle else None

    def keep(self, connection: _Connection) -> None:
        """A connection is free for the next call."""
        connection.free_since = self.loop.time()
        self._idle.setdefault(connection.origin, []).append(connection)
        if self._sweep is None:
            self._sweep = self.loop.call_later(IDLE_SECONDS, self._drop_old)

    def dropped(self, connection: _Connection) -> None:
        """A connection must not be used again."""
        idle = self._idle.get(connection.origin, ())
        if connection in idle:
            self._idle[connection.origin].remove(connection)

    def opened(self, connection: _Connection) -> None:
        """A socket is there."""
        self._open.add(connection)

    def lost(self, connection: _Connection) -> None:
        """A socket is gone."""
        self._open.discard(connection)
        if self._closed and not self._open:
            self._all_gone.set()

    def _drop_old(self) -> None:
        """Servers close what is idle; we do so first, since a call must not meet that moment."""
        self._sweep = None
        limit = self.loop.time() - IDLE_SECONDS
        idle = [connection for kept in self._idle.values() for connection in kept]
        for connection in idle:
            if connection.free_since <= limit:
                connection.drop("Idle")
        if any(self._idle.values()):
            self._sweep = self.loop.call_later(IDLE_SECONDS / 2, self._drop_old)

    async def _connect(self, origin: Origin) -> _Connection:
        """A new connection, to the first of the host's addresses that takes it. Raises `NoConnection`."""
        word = "Closed"
        try:
            async with asyncio.timeout(self._connect_seconds):
                connection = None if self._closed else await self._connect_to_any(origin)
        except (OSError, UnicodeError) as fault:  # time-outs and faults of TLS are among the first, names nobody can have the second
            word, connection = type(fault).__name__, None
        if connection is not None and self._closed:
            connection.drop("Closed")
            connection = None
        if connection is None:
            raise NoConnection(word)
        return connection

    async def _connect_to_any(self, origin: Origin) -> _Connection:
        """Each address but the last gets a few seconds: a machine with half an IPv6 must not stay silent."""
        *others, last = await self._look_up(origin)
        for address in others:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    return await self._connect_to(origin, address)
            except OSError:
                self._try_last(origin, address)
        return await self._connect_to(origin, last)

    def _try_last(self, origin: Origin, address: str) -> None:
        """This address did not answer: until the next look-up the others come before it."""
        until, addresses = self._addresses[origin]
        self._addresses[origin] = (until, [*(each for each in addresses if each != address), address])

    async def _connect_to(self, origin: Origin, address: str) -> _Connection:
        connection = _Connection(self, origin)
        name = origin.host if origin.secure else None
        try:
            await self.loop.create_connection(
                lambda: connection, address, origin.port, ssl=self._trusted() if origin.secure else None, server_hostname=name
            )
        except BaseException:
            connection.drop("Unfinished")
            raise
        return connection

    def _trusted(self) -> ssl.SSLContext:
        """The machine's own certificates, read once."""
        if self._trust is None:
            self._trust = ssl.create_default_context()
            self._trust.set_alpn_protocols(["http/1.1"])
        return self._trust

    async def _look_up(self, origin: Origin) -> list[str]:
        """The host's addresses, the most hopeful first. Many calls at once look up once."""
        async with self._looking_up:
            until, addresses = self._addresses.get(origin, (0.0, []))
            if self.loop.time() >= until:
                addresses = await addresses_of(origin)
                self._addresses[origin] = (self.loop.time() + ADDRESS_SECONDS, addresses)
            return addresses


class _Connection(asyncio.Protocol):
    """One connection; one call at a time."""

    __slots__ = (
        "_answer",
        "_bytes",
        "_home",
        "_most",
        "_parser",
        "_pieces",
        "_seconds",
        "_timer",
        "_transport",
        "closed",
        "free_since",
        "origin",
    )

    def __init__(self, home: Connections, origin: Origin) -> None:
        self._home = home
        self.origin = origin
        self.closed = False
        self.free_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._seconds = 0.0
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._most = MAX_ANSWER_BYTES

    def ask(self, request: bytes, seconds: float, most: int) -> asyncio.Future[tuple[int, bytes]]:
        """Write a request. The future gets (status, body) or `NoAnswer`. Raises `NoConnection` when the server has
        already gone, as far as is known here."""
        loop, transport = self._home.loop, self._transport
        if transport is None or self.closed or transport.is_closing():
            raise NoConnection("Cut")
        answer = self._answer = loop.create_future()
        self._pieces, self._bytes, self._seconds, self._most = [], 0, seconds, most
        self._timer = loop.call_later(seconds, self._overdue)
        transport.write(request)
        return answer

    def give_up(self, answer: asyncio.Future[tuple[int, bytes]]) -> None:
        """Nobody waits for `answer` any more. If it has not come, the connection cannot be used again."""
        if self._answer is answer:
            self.drop("GivenUp")

    def drop(self, word: str) -> None:
        """Cut the connection; whoever waits is told `NoAnswer(word)`."""
        if not self.closed:
            self.closed = True
            self._home.dropped(self)
        if self._timer is not None:
            self._timer.cancel()
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(NoAnswer(word))
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport is a Transport
        self._parser = httptools.HttpResponseParser(self)
        self._home.opened(self)
        if self.closed:  # given up while it was being made
            transport.abort()  # type: ignore[attr-defined]  # the same

    def eof_received(self) -> None:
        self.drop("Cut")

    def connection_lost(self, fault: Exception | None) -> None:
        self.drop("Cut")
        self._parser = None  # which holds this object
        self._home.lost(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._parser is None:  # a proxy's parting words, or one answer too many
            self.drop("Unasked")
            return
        self._bytes += len(data)
        if self._bytes > self._most:
            self.drop(TOO_LONG)
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.drop("UnreadableAnswer")

    def on_message_begin(self) -> None:
        """Called by the parser. A second answer to one call would be taken for the answer to the next."""
        if self._answer is None:
            self.drop("Unasked")

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        answer, parser, transport = self._answer, self._parser, self._transport
        if answer is None or parser is None or transport is None:
            return
        status = parser.get_status_code()
        if status < 200:  # an interim answer; the real one follows
            return
        self._answer = None
        if self._timer is not None:
            self._timer.cancel()
        if not answer.done():
            answer.set_result((status, b"".join(self._pieces)))
        if parser.should_keep_alive() and not self.closed and not transport.get_write_buffer_size():
            self._home.keep(self)
        else:
            self.drop("Done")

    def _overdue(self) -> None:
        """Time is up: once more when the answer has begun, no more when it has not."""
        if not self._bytes or not self._seconds:
            self.drop("TimeoutError")
            return
        self._timer = self._home.loop.call_later(self._seconds, self._overdue)
        self._seconds = 0.0
