"""Strangers' words made harmless to the eye of a responder: what a client would make something to tap of is shown as text.

An address would tell whoever put it there where the responder is; `/panico` in a seeker's words would be a button that ends the responder's
access with one tap.
"""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}:/?/?\S+\.\S+|[a-z][a-z0-9+.-]{1,15}://\S+|(?:[\w-]+\.)+[a-z]{2,24}(?:[/?#:]\S*)?)"
)
_SIGN: Final = re.compile(r"([/@#$])(?=\w)")


def unlinked(text: str) -> str:
    """The text with its addresses, commands, mentions and tags written so that no client makes a link of them: `https[:]//x[.]mx`,
    `[/]panico`."""
    plain = _ADDRESS.sub(lambda found: found.group().replace("://", "[:]//").replace(".", "[.]"), text)
    return _SIGN.sub(r"[\1]", plain)
