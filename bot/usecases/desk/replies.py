"""Canned replies: the responder picks one by its title, reads it as the seeker will, and sends it into the same short hold as typed words.

What is kept is the reply's id, never its text: the seeker reads their own language's version (features.md H17). A reply that has no version
in the seeker's language cannot be sent at all; one that no person has looked at is marked. A button carries a short mark of the reply *and*
its text, so what leaves is what was read before *send*, also when the content was changed in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.permissions import Action
from bot.usecases.desk import menus
from bot.usecases.desk.conversing import hold
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.texts import Texts

KIND: Final = "replies"
MARK: Final = 7
"""Hexadecimal digits: what a button has room for, and enough to tell a hundred replies apart."""


async def can(doing: Doing) -> Did:
    """*Respuestas*: the list, and its pages."""
    if doing.arg:
        menus.turn(doing, "replies", kind=KIND, page=menus.number(doing.arg))
    else:
        menus.ask(doing, "replies", kind=KIND, page=0)
    return NOTHING


async def pick(doing: Doing) -> Did:
    """One of them, as the seeker will read it."""
    reply = _meant(doing)
    if reply is None:
        return _gone(doing)
    menus.turn(doing, "reply", kind=KIND, reply=reply)
    return NOTHING


async def send(doing: Doing) -> Did:
    """Into the hold, as its id."""
    reply = _meant(doing)
    if reply is None:
        return _gone(doing)
    menus.over(doing, KIND)
    hold(doing, canned=reply)
    return NOTHING


def _meant(doing: Doing) -> str | None:
    return marked(doing.office.texts, doing.the_case.locale, doing.arg)


def _gone(doing: Doing) -> Did:
    """The text is another one now, or there is none in their language: look again."""
    menus.turn(doing, "replies", kind=KIND, page=0)
    return Did(says="reply_gone", alert=True)


def insertable(texts: Texts, locale: str, reply: str) -> bool:
    """Whether the seeker's very language has it."""
    return texts.has(locale, f"reply.{reply}")


def mark(texts: Texts, locale: str, reply: str) -> str:
    """A reply and its text in this language, in a few letters."""
    return hashlib.sha256(f"{reply}\x1f{texts.find(locale, f'reply.{reply}')}".encode()).hexdigest()[:MARK]


def marked(texts: Texts, locale: str, written: str) -> str | None:
    """The reply with this mark that may be sent in this language."""
    return next((one for one in texts.replies() if insertable(texts, locale, one) and mark(texts, locale, one) == written), None)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "can": Verb(Action.CANNED, can),
        "pick": Verb(Action.CANNED, pick),
        "send": Verb(Action.CANNED, send),
    }
)
