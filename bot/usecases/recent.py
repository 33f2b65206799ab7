"""Conversations as they were last written, at hand for the next turn of somebody in the middle of talking."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from flows.state import Conversation

RECENT: Final = 512


class Recent:
    """Conversations as they were last written, by their envelope: the next turn of a person in the middle of talking need not read it
    again. The envelope stays the truth; this only saves reading it."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Conversation] = OrderedDict()

    def take(self, envelope: bytes) -> Conversation | None:
        """The conversation of this very envelope, if it is still at hand."""
        return self._held.pop(envelope, None)

    def keep(self, envelope: bytes, conversation: Conversation) -> bytes:
        """Remember it, and give the envelope back."""
        self._held[envelope] = conversation
        if len(self._held) > RECENT:
            self._held.popitem(last=False)
        return envelope
