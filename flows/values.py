"""What guards may ask about: the answers, and three things the conversation knows by itself."""

from __future__ import annotations

from flows.guards import Values
from flows.state import Conversation


def values(conversation: Conversation) -> Values:
    """Answers, plus `phone`, `locale` and `mode`."""
    return {
        **conversation.answers,
        "phone": (conversation.phone.value,),
        "locale": (conversation.locale,),
        "mode": (conversation.mode.value,),
    }
