"""Message text as Telegram keeps it: cleaned, trimmed, with entities counted in UTF-16 units.

Whatever the text came from (plain, a parse mode, explicit entities), it passes here: control characters become spaces,
the ends are trimmed, entities that fall outside are cut, and commands, links, addresses and mentions are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.botapi.errors import bad_request
from bot.botapi.shapes import Json, as_integer, as_object, as_text

MAX_TEXT = 4096
MAX_CAPTION = 1024

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e]")
_PLAIN_ASCII = re.compile(r"[ -~\n]*")
_DETECTED = re.compile(
    r"(?P<bot_command>(?<![\w/@.])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>(?<![\w@])(?:https?://[^\s<>\"]+[^\s<>\".,;:!?)\]»”]|(?:[a-z0-9-]+\.)+(?:com|org|net|mx|gob|edu|io|me|int|gov)"
    r"(?:\.[a-z]{2})?(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]»”])?(?![\w@-])))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b)"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)",
    re.IGNORECASE,
)
_LIKELY = re.compile(r"[/@#.]")
# Telegram sorts entities that begin at one place by length, then by kind.
_ORDER = {
    name: rank
    for rank, name in enumerate(
        (
            "blockquote", "expandable_blockquote", "text_link", "text_mention", "bold", "italic", "underline",
            "strikethrough", "spoiler", "pre", "code", "custom_emoji", "url", "email", "bot_command", "mention", "hashtag",
        )
    )
}  # fmt: skip
KNOWN_TYPES = frozenset(_ORDER) | {"cashtag", "phone_number", "date_time"}


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the measure of every entity."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """Text without the characters Telegram takes out; same length except for the dropped ones."""
    return _CONTROL.sub(" ", _DROPPED.sub("", text))


def finished(text: str, entities: Iterable[Json]) -> tuple[str, list[Json]]:
    """Trim both ends, cut entities to what is left, add the ones Telegram finds by itself, and sort."""
    kept = [dict(entity) for entity in entities]
    body = clean(text)
    first = min((as_integer(entity["offset"]) for entity in kept), default=None)
    lead = len(body) - len(body.lstrip(" \n"))
    if first is not None:
        lead = min(lead, first)  # Telegram keeps spaces an entity begins with; one unit each, so the counts agree
    trimmed = body[lead:].rstrip(" \n")
    total = utf16_length(trimmed)
    inside = [placed for entity in kept if (placed := _placed(entity, lead, total)) is not None]
    inside.extend(_detected(trimmed, inside))
    inside.sort(key=_rank)
    return trimmed, inside


def _rank(entity: Json) -> tuple[int, int, int]:
    return as_integer(entity["offset"]), -as_integer(entity["length"]), _ORDER.get(as_text(entity["type"]), 99)


def _placed(entity: Json, shift: int, total: int) -> Json | None:
    begin = max(0, as_integer(entity["offset"]) - shift)
    end = min(total, as_integer(entity["offset"]) - shift + as_integer(entity["length"]))
    return {**entity, "offset": begin, "length": end - begin} if end > begin else None


def _detected(text: str, taken: list[Json]) -> list[Json]:
    if not _LIKELY.search(text):
        return []
    blocked = [
        (as_integer(e["offset"]), as_integer(e["offset"]) + as_integer(e["length"]))
        for e in taken
        if e["type"] in {"code", "pre", "text_link", "text_mention", "custom_emoji", "url", "bot_command", "mention"}
    ]
    found: list[Json] = []
    for match in _DETECTED.finditer(text):
        begin = utf16_length(text[: match.start()])
        length = utf16_length(match.group())
        if not any(start < begin + length and begin < end for start, end in blocked):
            found.append({"type": match.lastgroup or "url", "offset": begin, "length": length})
    return found


def given(raw: object) -> list[Json]:
    """Explicit entities of a call: objects with a known type and a place; the ones Telegram finds itself are dropped."""
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise bad_request("can't parse entities: Expected an Array of MessageEntity")
    kept: list[Json] = []
    for item in raw:
        entity = as_object(item)
        if entity is None:
            raise bad_request("can't parse MessageEntity: Expected an Object")
        kind = as_text(entity.get("type"))
        if kind not in KNOWN_TYPES:
            raise bad_request("can't parse MessageEntity: Unsupported type specified")
        offset, length = as_integer(entity.get("offset"), -1), as_integer(entity.get("length"), -1)
        if offset < 0 or length < 0:
            raise bad_request("can't parse MessageEntity: Receive an entity with incorrect offset or length")
        if length and kind not in {"url", "email", "bot_command", "mention", "hashtag", "cashtag", "phone_number"}:
            extra: Json = {name: entity[name] for name in ("url", "language", "custom_emoji_id", "user") if name in entity}
            kept.append({"type": kind, "offset": offset, "length": length, **extra})
    return kept
