"""The few bytes of HTTP this package does by hand, below Starlette, because bots call it thousands of times a second.

`Cuttable` is uvicorn's protocol with one addition: the application can close the connection in the middle, which is
how a lost network is played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CUT = "amparo.cut"


class Cuttable(HttpToolsProtocol):
    """One connection; puts a function that closes it into the scope of every request."""

    def on_headers_complete(self) -> None:
        """Add the function, then go on as uvicorn does."""
        scope: Scope = self.scope  # type: ignore[assignment]
        scope["extensions"] = {CUT: self._cut}
        super().on_headers_complete()

    def _cut(self) -> None:
        self.transport.close()


async def cut(scope: Scope) -> None:
    """Close the connection without an answer."""
    close: Callable[[], None] = scope["extensions"][CUT]
    close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the loop needs a turn to tell uvicorn that the connection is gone


async def cut_short(scope: Scope, send: Send, body: bytes) -> None:
    """Promise a whole body, send half of it and close the connection."""
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await cut(scope)


def header(scope: Scope, name: bytes) -> str:
    """One request header, "" when missing; the name in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, None when it is longer than the limit."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= limit else None
    pieces = [body]
    size = len(body)
    while message.get("more_body"):
        message = await receive()
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size <= limit:
            pieces.append(piece)
    return b"".join(pieces) if size <= limit else None


async def reply(send: Send, status: int, content: object, content_type: str = "application/json") -> None:
    """One whole response; anything but bytes goes as JSON."""
    body = content if isinstance(content, bytes) else orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
