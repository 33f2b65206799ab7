"""What a responder sees of safe contact, of "is it still you?", and of somebody who comes back with the key on paper."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import SafeContact
from bot.domain.plain import unlinked
from bot.usecases.channel import Rendered
from bot.usecases.desk import contact as deeds
from bot.usecases.desk import glass_views
from bot.usecases.desk.looking import Look, View
from bot.usecases.desk.returning import mark

BY_PERMISSION = glass_views.BY_PERMISSION
"""Views that are shown by what the permissions say now, and not by who has the case: the broken glass stands in for a consent."""


def safe(look: Look) -> Rendered:
    """The agreement as it stands, and the choices."""
    hours = tuple(look.button(f"safe_{name}", "safe", name) for name in deeds.PRESETS)
    days = tuple((look.button(f"b_days_{name}", "sdays", name),) for name in deeds.DAYS)
    rows = (
        *((one,) for one in hours),
        *days,
        (look.button("b_own_hours", "shours"), look.button("b_first_line", "sline")),
        (look.button("b_no_hours", "snone"), look.button("b_back", "less")),
    )
    return Rendered(text="\n".join((look.say("safe_prompt"), *_agreed(look))), rows=rows)


def safe_again(look: Look) -> Rendered | None:
    """At each contact: is it still so?"""
    if look.the_case.safe_contact is None:
        return None
    rows = ((look.button("b_same", "ssame"), look.button("b_change", "safe")),)
    return Rendered(text="\n".join((look.say("safe_again"), *_agreed(look))), rows=rows)


def _agreed(look: Look) -> list[str]:
    contact = look.the_case.safe_contact
    if contact is None:
        return [look.say("safe_none")]
    lines = [look.say("line_safe_contact", list=when(look, contact))]
    return lines + ([look.say("line_first_line", text=unlinked(contact.first_line))] if contact.first_line else [])


def when(look: Look, contact: SafeContact) -> str:
    """Days and hours in words."""
    name = next((name for name, days in deeds.DAYS.items() if days == contact.days), "every")
    days = look.say(f"safe_days_{name}").lower()
    hours = f"{clock(contact.begins)}-{clock(contact.ends)}"
    whole = (contact.begins, contact.ends) == (0, 24 * 60)
    return f"{days}, {look.say('safe_any').lower() if whole else hours}"


def clock(minute: int) -> str:
    """A minute of the day, as a clock shows it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def word(look: Look) -> Rendered:
    """Agree on a word, ask for it, or make sure in another way."""
    case = look.the_case
    first = (look.button("b_new_word", "wnew"),)
    rows = (first, (look.button("b_ask_word", "still"), look.button("b_forget_word", "wgone"))) if case.word else (first,)
    sure = ((look.button("b_sure", "sure"),),)
    return Rendered(text=look.say("word_agreed" if case.word else "word_none"), rows=(*rows, *sure, (look.button("b_back", "less"),)))


def word_answered(look: Look) -> Rendered:
    """Only whether it was right: nobody is locked out."""
    if look.args.get("right"):
        return look.plain("confirmed")
    return Rendered(text=look.say("word_wrong"), rows=((look.button("b_sure", "sure"),),))


def claimant(look: Look) -> Rendered | None:
    """The key on paper was written from another phone."""
    case = look.the_case
    if case.claimant is None:
        return None
    beside = look.args.get("word", "none")
    lines = (look.say("key_claimed", designation=case.designation), look.say(f"key_word_{beside}"), look.say("key_question"))
    arg = mark(case.claimant)
    return Rendered(text="\n".join(lines), rows=((look.button("key_accept", "kyes", arg), look.button("key_refuse", "kno", arg)),))


def _text(name: str) -> View:
    """A view that is one text."""

    def view(look: Look) -> Rendered:
        alias = look.case.designation if look.case else ""
        return look.plain(name, **{"designation": alias, **look.args})

    return view


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "safe": safe,
        "safe_again": safe_again,
        "word": word,
        "word_answered": word_answered,
        "claimant": claimant,
        **{
            name: _text(name)
            for name in (
                "safe_hours_prompt",
                "safe_hours_unread",
                "safe_line_prompt",
                "safe_line_long",
                "word_prompt",
                "word_kept",
                "word_unusable",
                "key_attached",
                "key_refused",
                "detached",
            )
        },
        **glass_views.VIEWS,
    }
)
