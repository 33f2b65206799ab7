"""What guards may ask about: the answers, and three things the conversation knows by itself."""

from __future__ import annotations

from flows.guards import Values
from flows.state import Conversation


def values(conversation: Conversation) -> Values:
    """Answers, plus `phone`, `locale`, `mode`, and what is known of the desk and the case."""
    desk = conversation.desk
    return {
        **conversation.answers,
        "desk": (desk.state.value,),
        "case": (conversation.case.value or "none",),
        "reach": (conversation.reach or "unasked",),
        "minutes": ("known",) if desk.minutes is not None else (),
        "returns": ("known",) if desk.returns else (),
        "alias": ("known",) if desk.alias else (),
        "answer": ("known",) if desk.answer else (),
        "organization": ("known",) if desk.name else (),
        "speaks": ("yes" if desk.speaks else "no",),
        "phone": (conversation.phone.value,),
        "locale": (conversation.locale,),
        "mode": (conversation.mode.value,),
    }
