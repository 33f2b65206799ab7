"""How a view becomes messages: the alias before it where there are no topics, what a lock screen may not show covered, and what is too long
for one message cut into several.

What comes unasked shows a lock screen, and the list of chats, an alias and a number, and nothing else (features.md P6): the rest is covered
until it is tapped. `CLEAR` says for each view how far its beginning may be read; a view that is not named there holds nothing to cover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.usecases.channel import Bold, Rendered

MESSAGE_LIMIT: Final = 4096
"""UTF-16 units of one of the platform's messages. A seeker's longest message does not fit with its number before it."""
BEGINNING: Final = 40
"""Characters in which the end of a number is looked for; beyond them the same letters are somebody's words."""
NUMBER: Final = " · "
LINE: Final = "\n"
ALL: Final = ""
CLEAR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "words": NUMBER,
        "caption": NUMBER,
        "header": LINE,
        "notice_open": LINE,
        "transfer_asked": LINE,
        "load_case": LINE,
        "safe_again": LINE,
        "notes": LINE,
        "glass_open": LINE,
        "glass_asked": ALL,
        "glass_granted": ALL,
        "complaint_open": ALL,
        "referral_due": ALL,
        "refer_kept": ALL,
        "elsewhere_asked": ALL,
        "elsewhere_yes": ALL,
        "elsewhere_no": ALL,
    }
)
"""View (or kind) -> what its clear beginning ends with; `ALL`: everything is covered."""


def covered(message: Rendered, name: str) -> Rendered:
    """The view of this name with what a lock screen may not show covered."""
    mark = CLEAR.get(name)
    if mark is None:
        return message
    place = message.text.find(mark, 0, BEGINNING if mark == NUMBER else None) if mark else -1
    begins = units(message.text[: place + len(mark)]) if place >= 0 else 0
    return replace(message, hidden=(Bold(begins, units(message.text) - begins),))


def under(message: Rendered, alias: str) -> Rendered:
    """The same with the alias before it; once is enough."""
    if message.text.startswith(alias):
        return message
    before = f"{alias} · "
    bold, hidden = (tuple(Bold(one.offset + units(before), one.length) for one in spans) for spans in (message.bold, message.hidden))
    return replace(message, text=before + message.text, bold=bold, hidden=hidden)


def pieces(message: Rendered) -> tuple[Rendered, ...]:
    """The message in parts that fit into one of the platform's each; the buttons stand under the last."""
    found, begins = list[Rendered](), 0
    for text in cut(message.text):
        length = units(text)
        if text.strip():  # the platform refuses a message of nothing but space
            bold, hidden = (_within(spans, begins, length) for spans in (message.bold, message.hidden))
            found.append(Rendered(text=text, bold=bold, hidden=hidden))
        begins += length
    if not found:
        return (message,)
    return (*found[:-1], replace(found[-1], rows=message.rows))


def _within(spans: tuple[Bold, ...], begins: int, length: int) -> tuple[Bold, ...]:
    """What of these spans lies in a part of the text."""
    ends = ((max(one.offset, begins), min(one.offset + one.length, begins + length)) for one in spans)
    return tuple(Bold(first - begins, last - first) for first, last in ends if first < last)


def cut(text: str) -> tuple[str, ...]:
    """The text in parts that fit into one message each, cut where words end when there is such a place near."""
    parts = []
    while units(text) > MESSAGE_LIMIT:
        most = MESSAGE_LIMIT
        while units(text[:most]) > MESSAGE_LIMIT:
            most -= units(text[:most]) - MESSAGE_LIMIT
        space = max(text.rfind(" ", most - 400, most), text.rfind("\n", most - 400, most))
        at = space + 1 if space > 0 else most
        parts.append(text[:at])
        text = text[at:]
    return (*parts, text)


def units(text: str) -> int:
    """Length as the platform counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
