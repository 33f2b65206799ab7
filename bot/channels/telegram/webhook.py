"""The webhook: updates pushed by the platform, answered 200 only after their effects are committed.

A post must carry the secret, which is compared in constant time before anything of the body is read; without it the
answer is 403 and nothing is kept or logged. Bodies are JSON of at most 1 MiB. Posts that come while a group is being
received wait together and form the next group, so many chats share one commit and one chat stays in order. Storage
down: 503 with Retry-After, and the platform keeps the update. An update without sense is received as `UNREADABLE` and
answered 200, because a refused one would block its chat for a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram.incoming import ALLOWED_UPDATES, read_update, unreadable_update, update_id_in
from bot.channels.telegram.transport import Answer, Api
from bot.usecases.channel import Incoming, Receiver
from bot.usecases.ports import StorageDown

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

MAX_BODY: Final = 1024 * 1024
GROUP: Final = 100
WAITING: Final = 2000
BODY_SECONDS: Final = 10.0
RETRY_AFTER_SECONDS: Final = 5
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header


class Busy(Exception):
    """More updates wait than we hold at once; the platform sends this one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where the platform reaches us. `url`: the public https address of this server, without the path. `path`:
    random, secret.

    `secret`: 1-256 characters of A-Z a-z 0-9 _ -. `host`, `port`: where we listen, behind whatever ends TLS (port 0:
    any).
    """

    url: str
    path: str
    secret: str
    host: str = "127.0.0.1"
    port: int = 8443
    connections: int = 40

    def __repr__(self) -> str:
        return "WebhookSettings(...)"


class Groups:
    """Gathers what comes at the same time. One group is received at a time; the next is everything that waits by
    then."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._waiting: list[Incoming] = []
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def receive(self, update: Incoming) -> None:
        """Return when the update is committed. Raises `StorageDown`, `Busy`, or what the receiver raised."""
        answer = self._answers.get(update.update_id)
        if answer is None:
            answer = self._join(update)
        await asyncio.shield(answer)

    def _join(self, update: Incoming) -> asyncio.Future[None]:
        if len(self._waiting) >= WAITING:
            raise Busy
        answer = self._answers[update.update_id] = asyncio.get_running_loop().create_future()
        # The post may have gone by the time its group fails; then nobody asks for the exception.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.append(update)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._receive(group)
        finally:
            self._task = None

    async def _receive(self, group: Sequence[Incoming]) -> None:
        failure: BaseException | None = None
        try:
            await self._receiver(group)
        except StorageDown as fault:
            failure = fault
        except Exception as fault:  # a receiver must not be able to stop the bot
            if len(group) > 1:
                log.error("group_not_received", error=type(fault).__name__, count=len(group))
                for each in group:
                    await self._receive([each])
                return
            failure = await self._quarantine(group[0], fault)
        for update in group:
            self._settle(update, failure)

    async def _quarantine(self, update: Incoming, fault: Exception) -> BaseException | None:
        """The update fails by itself: note its id and class, then it counts as received."""
        log.error("update_not_received", error=type(fault).__name__)
        try:
            await self._receiver([unreadable_update(update.update_id, type(fault).__name__)])
        except Exception as second:  # not even noted: the platform must send it again
            return second
        return None

    def _settle(self, update: Incoming, failure: BaseException | None) -> None:
        answer = self._answers.pop(update.update_id, None)
        if answer is None or answer.done():
            return
        if failure is None:
            answer.set_result(None)
        else:
            answer.set_exception(failure)

    async def close(self) -> None:
        """Finish what is in hand and what waits."""
        if self._task is not None:
            await self._task


def create_app(settings: WebhookSettings, receiver: Receiver) -> Starlette:
    """The application: one path, POST only (405 otherwise, 404 elsewhere)."""
    groups = Groups(receiver)
    secret = settings.secret.encode()

    async def post(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("latin-1", "replace"), secret):
            return Response(status_code=403)
        return await _answer(request, groups)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await groups.close()

    return Starlette(routes=[Route("/" + settings.path.strip("/"), post, methods=["POST"])], lifespan=lifespan)


async def _answer(request: Request, groups: Groups) -> Response:
    """What an authentic post is answered."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Response(status_code=415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(request)
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408)
    if body is None:
        return Response(status_code=413)
    update = _update_in(body)
    if not update.update_id:
        log.error("update_without_id", count=1)
        return Response(status_code=200)
    try:
        await groups.receive(update)
    except (StorageDown, Busy) as fault:
        log.warning("webhook_unavailable", error=type(fault).__name__)
        return Response(status_code=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    except Exception as fault:  # noted by class; the platform sends it again
        log.error("webhook_failed", error=type(fault).__name__)
        return Response(status_code=500)
    return Response(status_code=200)


async def _body(request: Request) -> bytes | None:
    """The body, None when it is over 1 MiB, whatever its announced length."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _update_in(body: bytes) -> Incoming:
    """The update in a body, `UNREADABLE` when it is no JSON; half surrogate pairs are read by the standard library."""
    try:
        return read_update(orjson.loads(body))
    except orjson.JSONDecodeError:
        try:
            return read_update(json.loads(body))
        except (ValueError, RecursionError):
            return unreadable_update(update_id_in(body), "UnparsedJson")


async def set_webhook(api: Api, settings: WebhookSettings) -> Answer:
    """Tell the platform to push to us. What is pending stays. Raises `NotSent` or `Unanswered`."""
    parameters = {
        "url": f"{settings.url.rstrip('/')}/{settings.path.strip('/')}",
        "secret_token": settings.secret,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": settings.connections,
        "drop_pending_updates": False,
    }
    return await api.call("setWebhook", orjson.dumps(parameters))


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the program decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    """A listening socket. The protocol is named because only then asyncio switches Nagle's delay off (40 ms an answer)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    listener.setblocking(False)
    return listener


class WebhookServer:
    """Serves the webhook inside the running program; `port` is where it listens, taken at once. No access log:
    paths are secret."""

    def __init__(self, settings: WebhookSettings, receiver: Receiver) -> None:
        self._socket = _listening(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        logging.getLogger("uvicorn.access").disabled = True  # whatever hears it: every line of it holds the secret path
        config = uvicorn.Config(
            create_app(settings, receiver),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="on",
            timeout_graceful_shutdown=20,
        )
        self._server = _Server(config)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; posts in hand are answered first."""
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._socket]))
        stopped = asyncio.ensure_future(stop.wait())
        both: set[asyncio.Future[Any]] = {serving, stopped}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            self._server.should_exit = True
            await serving
            self._socket.close()
