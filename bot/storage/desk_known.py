"""What an open database keeps in memory of the desk: keys of cases, what it last derived of their consents, and counters.

Cases and staff themselves are not kept here: the deeds of the desk hold them, and every write says which version it expects. As in `known`,
what is here changes only after a commit, on the database's thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.security.sealing import Cipher

KEYS_REMEMBERED: Final = 4096
RESERVED_AT_ONCE: Final = 4096
"""Numbers are set apart this many at a time, so that numbering costs no write and a restart never gives one twice."""

Consents = tuple[tuple[int | str, ...], ...]
"""Rows of the consent table for a case, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of a case's consents: the rows as they stand, and the second at which the last living one to be contacted by the
    organization that has the case ends (0: there is none)."""

    rows: Consents
    until: int


NOT_HEARD: Final = Heard(rows=(), until=0)


@dataclass(slots=True, kw_only=True)
class Desk:
    """`numbers`: the highest number given; `reserved`: the highest the file has set apart. `newest_seen`: no update of the responders' bot
    above it was committed. `slot`: the time the file holds for its triggers. `data_version`: SQLite's, when staff was last read. `head`:
    where the end of the trail is kept beside the database."""

    head: Path | None = None
    keys: OrderedDict[int, Cipher] = field(default_factory=OrderedDict)
    heard: dict[int, Heard] = field(default_factory=dict)
    numbers: int = 0
    reserved: int = 0
    newest_seen: int = 0
    slot: int = -1
    data_version: int = -1

    def number(self) -> int:
        """A number nothing of the desk ever had."""
        self.numbers += 1
        return self.numbers

    def remember_key(self, case: int, cipher: Cipher) -> None:
        """Keep it; the one not used for longest goes when there are too many."""
        self.keys[case] = cipher
        self.keys.move_to_end(case)
        while len(self.keys) > KEYS_REMEMBERED:
            self.keys.popitem(last=False)

    def forget(self, case: int) -> None:
        """A case has gone or is to be read anew."""
        self.keys.pop(case, None)
        self.heard.pop(case, None)
