"""What a responder sees of canned replies: titles in their own language, and the text in the seeker's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.usecases.channel import Rendered
from bot.usecases.desk import menus
from bot.usecases.desk.looking import Look, View
from bot.usecases.desk.replies import insertable, mark


def replies(look: Look) -> Rendered:
    """Those that can be sent are buttons; those that are not there in the seeker's language are only named."""
    locale = look.the_case.locale
    language = look.language(locale)
    shown = menus.page(look.texts.replies(), look.args.get("page"))
    lines = [look.say("replies_title", language=language)]
    rows = []
    for reply in shown.items:
        title = look.message(f"reply.{reply}.title")
        if not insertable(look.texts, locale, reply):
            lines.append(f"· {title}: {look.say('replies_missing', language=language)}")
            continue
        label = title if look.texts.reviewed(locale, f"reply.{reply}") else f"{title} ({look.say('replies_unreviewed', language=language)})"
        rows.append((look.button("", "pick", mark(look.texts, locale, reply), text=label),))
    return Rendered(text="\n".join(lines), rows=(*rows, *menus.turning(look, shown, "can")))


def reply(look: Look) -> Rendered | None:
    """One, as it will be read; and what it says, for who does not read that language."""
    name, locale = str(look.args.get("reply", "")), look.the_case.locale
    if not insertable(look.texts, locale, name):
        return replies(look)
    language = look.language(locale)
    lines = [look.say("reply_preview", language=language), "", _as_read(look, look.message(f"reply.{name}", locale))]
    mine = look.responder.locale
    if mine != locale and insertable(look.texts, mine, name):
        lines += ["", look.say("reply_in_yours"), "", look.message(f"reply.{name}", mine)]
    if not look.texts.reviewed(locale, f"reply.{name}"):
        lines += ["", look.say("reply_unreviewed", language=language)]
    rows = ((look.button("b_send", "send", mark(look.texts, locale, name)), look.button("b_back", "can", 0)),)
    return Rendered(text="\n".join(lines), rows=rows)


def _as_read(look: Look, text: str) -> str:
    """With what the seeker reads before it: the dull first line they asked for, and who writes."""
    contact = look.the_case.safe_contact
    named = f"{look.responder.alias}: {text}"
    return f"{contact.first_line}\n{named}" if contact and contact.first_line else named


VIEWS: Final[Mapping[str, View]] = MappingProxyType({"replies": replies, "reply": reply})
