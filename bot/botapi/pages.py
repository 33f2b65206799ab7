"""The demo page's files, served with headers that let nothing in from elsewhere."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.botapi.control import allowed

FOLDER = Path(__file__).parent / "page"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".woff2": "font/woff2",
}
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


async def _index(request: Request) -> Response:
    return _file(request, "index.html")


async def _asset(request: Request) -> Response:
    return _file(request, request.path_params["name"])


def _file(request: Request, name: str) -> Response:
    if not allowed(request):
        return Response("only this machine may look", 403, HEADERS, "text/plain")
    known = {path.name: path for path in FOLDER.iterdir()} if FOLDER.is_dir() else {}
    path = known.get(name)
    if path is None or path.suffix not in _KINDS:
        return Response("Not Found", 404, HEADERS, "text/plain")
    return Response(path.read_bytes(), 200, HEADERS, _KINDS[path.suffix])


def routes() -> list[BaseRoute]:
    """/ and /page/*."""
    return [Route("/", _index), Route("/page/{name:str}", _asset)]
