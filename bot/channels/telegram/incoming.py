"""An update of the Bot API, read into an `Incoming`. Total: whatever comes, something is returned and nothing is
raised.

The three common shapes are read by `incoming_direct`, everything else by `incoming_typed`; what neither can read
becomes `UNREADABLE`, with the class of the error and nothing of the content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.channels.telegram.incoming_direct import read_direct
from bot.channels.telegram.incoming_parts import is_id, is_private
from bot.channels.telegram.incoming_typed import read_typed
from bot.usecases.channel import Incoming, Kind

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

_UPDATE_ID: Final = re.compile(rb'"update_id"\s*:\s*(\d{1,15})\b')


def read_update(raw: object) -> Incoming:
    """One update as it came in the JSON, read; `Kind.UNREADABLE` with the error's class when it cannot be."""
    try:
        return read_direct(raw) or read_typed(raw)
    except Exception as fault:  # total by contract: the library raises many classes over a malformed update
        return _unreadable(raw, type(fault).__name__)


def unreadable_update(update_id: int, error: str) -> Incoming:
    """What stands for an update whose JSON could not even be parsed, or that its receiver could not take."""
    return Incoming(update_id=update_id, kind=Kind.UNREADABLE, error=error)


def update_id_of(raw: object) -> int:
    """The update's id, 0 when it has none that can be acknowledged."""
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if is_id(value) else 0


def update_id_in(body: bytes) -> int:
    """The number of the first update in a body that is no JSON, 0 when none can be seen."""
    found = _UPDATE_ID.search(body)
    return int(found.group(1)) if found is not None and is_id(int(found.group(1))) else 0


def _unreadable(raw: object, error: str) -> Incoming:
    """Quarantine by id and error class; who sent it, as far as that can be seen, so that they can be given a safe
    screen."""
    sender = _sender(raw)
    return Incoming(update_id=update_id_of(raw), kind=Kind.UNREADABLE, user_id=sender, chat_id=sender, error=error)


def _sender(raw: object) -> int:
    """The id of the person in whose private chat this happened, 0 when that cannot be told. It is the chat's id as
    well."""
    if not isinstance(raw, Mapping):
        return 0
    for name in ("message", "edited_message", "callback_query"):
        part = raw.get(name)
        holder = part.get("message") if name == "callback_query" and isinstance(part, Mapping) else part
        chat = holder.get("chat") if isinstance(holder, Mapping) else None
        if is_private(chat):
            return chat["id"]
    return 0
