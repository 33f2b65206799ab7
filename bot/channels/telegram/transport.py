"""How a call reaches the Bot API: one set of connections behind python-telegram-bot's `BaseRequest`.

Two ways lead through the same connections. The fast path (`Api.call`) posts a body that was rendered once and gives back an
`Answer`; it never raises for what the platform says. The library's own typed calls (`telegram.Bot`, used for set-up) go
through `HttpRequest.do_request`. What went wrong on the way is told apart, because it decides whether a message
may be sent again: `NotSent` (no connection, so surely nothing arrived) and `Unanswered` (it may have arrived). The
address of every call holds the token, so no exception and no log line made here carries an address, a body or another
exception's words.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram.connections import TOO_LONG, Connections, NoAnswer, NoConnection, Target, target_of

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput  # what `BaseRequest.do_request` is declared with; the library keeps it private

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 20.0
HEADERS_BYTES: Final = 64 * 1024
JSON: Final = b"application/json"


class NotSent(NetworkError):
    """No connection could be made: the platform surely has not seen the call."""


class Unanswered(TimedOut):
    """The call went out and no whole answer came back: nobody knows whether it was accepted."""


class TooLong(Unanswered):
    """The answer was longer than the caller takes, and was cut off there."""


class MustWait(TelegramError):
    """The platform wants silence for `seconds`. (The library's `RetryAfter` warns of its own future whenever it is
    made.)"""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the platform wants {seconds:g} s of silence")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the Bot API said. `status`: its error code, 200 when well. `after`: `retry_after` in seconds, 0 when absent.

    `readable` is False when the body was not the Bot API's envelope (a proxy's page, a cut body).
    """

    ok: bool
    status: int
    result: object = None
    description: str = ""
    after: float = 0.0
    readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A rendered form with a file in it. `kind`: its content type, boundary included."""

    kind: bytes
    body: bytes


class HttpRequest(BaseRequest):
    """`BaseRequest` over keep-alive connections, at most `connections` at once; timeouts are in seconds."""

    def __init__(self, *, connections: int = 256, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS) -> None:
        # The library's loggers write every address, hence the token, at DEBUG. They stay closed whatever the level of
        # the root is.
        logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
        self._most = connections
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._connections: Connections | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds an answer may take when a call does not say."""
        return self._read_seconds

    async def initialize(self) -> None:
        """Be ready; nothing is connected yet."""
        if self._connections is None:
            self._connections = Connections(self._most, self._connect_seconds)

    async def shutdown(self) -> None:
        """Close every connection."""
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close()

    async def post_body(
        self, target: Target, body: bytes, kind: bytes = JSON, read_seconds: float | None = None, method: str = "POST"
    ) -> tuple[int, bytes]:
        """Post and read the whole answer: (HTTP status, body). Raises `NotSent` or `Unanswered`, nothing else of the
        network.

        The exception is raised outside the handler on purpose: what is told carries no other exception's words.
        """
        request = b"%b %bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (method.encode(), target.head, kind, len(body), body)
        return await self._ask(target, request, read_seconds)

    async def get(self, target: Target, most: int, read_seconds: float | None = None) -> tuple[int, bytes]:
        """Fetch what lies there: (HTTP status, body), at most about `most` bytes of it. Raises `NotSent`, `TooLong` or
        `Unanswered`."""
        return await self._ask(target, b"GET %b\r\n" % target.head, read_seconds, most + HEADERS_BYTES)

    async def _ask(self, target: Target, request: bytes, read_seconds: float | None, most: int | None = None) -> tuple[int, bytes]:
        if self._connections is None:
            raise NotSent("Closed")
        try:
            return await self._connections.call(target, request, self._read_seconds if read_seconds is None else read_seconds, most)
        except NoConnection as fault:
            failure: NetworkError = NotSent(fault.word)
        except NoAnswer as fault:
            failure = (TooLong if fault.word == TOO_LONG else Unanswered)(fault.word)
        raise failure

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """A typed call of the library. Files are not sent this way (see `Api.upload`)."""
        if request_data is not None and request_data.contains_files:
            raise TelegramError("files go through Api.upload")
        body = b"{}" if request_data is None else orjson.dumps(request_data.parameters)
        seconds = read_timeout if isinstance(read_timeout, int | float) else None
        status, payload = await self.post_body(target_of(url), body, JSON, seconds, method)
        if status == 429:
            raise MustWait(read_answer(status, payload).after)
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """The library's own version logs the body; this one says nothing of it."""
        parsed = _object(payload)
        if parsed is None:
            raise TelegramError("Invalid server response")
        return parsed


class Api:
    """The Bot API of one bot: `<root>/bot<token>/<method>`. `repr` shows neither. Raises ValueError when `root` is
    no web address."""

    def __init__(self, root: str, token: str, request: HttpRequest) -> None:
        self._base = f"{checked_root(root)}/bot{token}/"
        self._files = f"{checked_root(root)}/file/bot{token}/"
        self._request = request
        self._targets: dict[str, Target] = {}

    def __repr__(self) -> str:
        return "Api(...)"

    async def call(self, method: str, body: bytes, read_seconds: float | None = None) -> Answer:
        """Post one rendered JSON body. Raises `NotSent` or `Unanswered`."""
        status, payload = await self._request.post_body(self._target(method), body, JSON, read_seconds)
        return read_answer(status, payload)

    async def raw(self, method: str, body: bytes, read_seconds: float | None = None) -> tuple[int, bytes]:
        """The same, the answer unread: for getUpdates, whose body may need more patience than an envelope."""
        return await self._request.post_body(self._target(method), body, JSON, read_seconds)

    async def upload(self, method: str, form: Form, read_seconds: float = 60.0) -> Answer:
        """Post a form with a file in it. Raises `NotSent` or `Unanswered`."""
        status, payload = await self._request.post_body(self._target(method), form.body, form.kind, read_seconds)
        return read_answer(status, payload)

    async def file(self, path: str, most: int, read_seconds: float | None = None) -> tuple[int, bytes]:
        """A file of this bot, by the path getFile gave: (HTTP status, body). Raises `NotSent`, `TooLong` or `Unanswered`."""
        return await self._request.get(target_of(self._files + quote(path)), most, read_seconds)

    def _target(self, method: str) -> Target:
        target = self._targets.get(method)
        if target is None:
            target = self._targets[method] = target_of(self._base + method)
        return target


def checked_root(root: str) -> str:
    """The address without its last slash. Raises ValueError when it is no http or https address."""
    try:
        target_of(root)
    except ValueError:
        pass
    else:
        return root.rstrip("/")
    raise ValueError("the root address of the Bot API must begin with http:// or https:// and name a host")


def read_answer(status: int, payload: bytes) -> Answer:
    """An HTTP answer as an `Answer`; total over anything a server or a proxy in between may say."""
    envelope = _object(payload)
    if envelope is None or not isinstance(envelope.get("ok"), bool):
        return Answer(ok=False, status=status, readable=False)
    if envelope["ok"] and 200 <= status < 300:
        return Answer(ok=True, status=200, result=envelope.get("result"))
    code, words = envelope.get("error_code"), envelope.get("description")
    return Answer(
        ok=False,
        status=code if type(code) is int else status,
        description=words if isinstance(words, str) else "",
        after=_retry_after(envelope.get("parameters")),
    )


def _retry_after(parameters: object) -> float:
    """`parameters.retry_after` in seconds, at most a day; 0 when there is none."""
    value = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return min(float(value), 86_400.0) if isinstance(value, int | float) and value > 0 else 0.0


def _object(payload: bytes) -> dict[str, object] | None:
    """A JSON object, or None. Telegram can send half a surrogate pair, which orjson refuses and the standard
    library reads."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None
