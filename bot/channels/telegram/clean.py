"""Words as they come from a stranger, made safe to match and to show (R43).

Normal form C, at most 4,096 characters, without control characters (new line and tab stay), without the marks that
turn or hide text (bidirectional controls, zero-width characters, tags, half surrogate pairs), and never more than
four combining marks in a row. Nothing is escaped: text of seekers is never parsed as markup.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import is_normalized, normalize

MAX_TEXT: Final = 4096
MAX_MARKS: Final = 4

# C0 but \t \n, DEL and C1; soft hyphen; Arabic letter mark; Mongolian vowel separator; zero width, directional marks
# and embeddings; word joiner, invisible operators, isolates, deprecated format marks; byte order mark; interlinear
# marks; half surrogate pairs; tags.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def clean_text(text: str) -> str:
    """The text without what hides or turns it, in normal form C, at most 4,096 characters."""
    if text.isascii() and text.isprintable():  # what most people type has nothing to remove, and is asked at a tenth of the cost
        return text[:MAX_TEXT]
    if len(text) > 4 * MAX_TEXT:
        text = text[: 4 * MAX_TEXT]
    text = _HIDDEN.sub("", text)
    if text.isascii():
        return text[:MAX_TEXT]
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    return _MARKS.sub(r"\1", text)[:MAX_TEXT]
