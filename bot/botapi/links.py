"""Which web addresses Telegram takes in buttons and links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$", re.DOTALL)


def fault(url: str) -> str | None:
    """Why this address is refused, in Telegram's words, or None when it is accepted.

    Accepted: http and https with a host that has a dot (or is an address in brackets), tg:// and ton://. An address
    without a scheme is taken as http. The tail for other schemes is inferred, not seen.
    """
    if url != url.strip() or any(c.isspace() for c in url):
        return "Wrong HTTP URL"
    if not url:
        return "URL must be non-empty"
    scheme = _SCHEME.match(url)
    if scheme and scheme.group(1).lower() in {"tg", "ton", "tonsite"}:
        return None
    if scheme and scheme.group(1).lower() not in {"http", "https"} and not _looks_like_port(scheme.group(2)):
        return "Unsupported URL protocol"
    whole = url if "://" in url else "http://" + url
    return None if _host_is_fine(whole) else "Wrong HTTP URL"


def _looks_like_port(rest: str) -> bool:
    return rest.split("/", 1)[0].isdigit() and not rest.startswith("//") and len(rest.split("/", 1)[0]) <= 5


def _host_is_fine(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    if port == 0:
        return False
    return ("." in host.strip(".") and ".." not in host) or ":" in host
