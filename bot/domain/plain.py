"""Strangers' words made harmless to the eye of a responder: an address in them is shown as text, never as something to tap."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}://\S+|(?:[\w-]+\.)+[a-z]{2,24}(?:[/?#:]\S*)?)")


def unlinked(text: str) -> str:
    """The text with its addresses written so that no client makes a link of them: `https[:]//x[.]mx`. A tap would tell whoever put it there
    where the responder is."""
    return _ADDRESS.sub(lambda found: found.group().replace("://", "[:]//").replace(".", "[.]"), text)
