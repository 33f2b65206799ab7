"""What a responder sees of a case: the notice that somebody waits, the header of its topic, the words, and where their own words are.

A notice says nothing a lock screen may not show (features.md P6). The header shows exactly what the seeker agreed to: language and topic,
and the answers only if they were shared, as they were shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Case, HandoffStatus, Purpose, Words, WordsState
from bot.domain.plain import unlinked
from bot.usecases.channel import Button, Rendered
from bot.usecases.desk.board_views import reasons
from bot.usecases.desk.looking import Look, View


def notice(look: Look) -> Rendered | None:
    """Somebody waits. Nothing else stands on a lock screen."""
    case = look.the_case
    if not _waits(case):
        return None
    rows = ((look.button("take", "claim"),), (look.button("see", "look"),))
    return Rendered(text=look.say("notice"), rows=rows)


def notice_open(look: Look) -> Rendered | None:
    """The same notice, opened on purpose: what the seeker agreed to be seen."""
    case = look.the_case
    if not _waits(case):
        return taken(look)
    return Rendered(text="\n".join((case.designation, *_what(look, case))), rows=((look.button("take", "claim"),),))


def _waits(case: Case) -> bool:
    return case.handoff in (HandoffStatus.REQUESTED, HandoffStatus.OFFERED)


def taken(look: Look) -> Rendered:
    """Somebody else was quicker, or nobody waits any more."""
    return Rendered(text=look.say("taken"))


def _what(look: Look, case: Case) -> tuple[str, ...]:
    """Language, topic, urgency with its reason, and how long they have waited."""
    level = look.say(f"level_{case.level.value}")
    lines = [
        look.say("line_language", language=look.language(case.locale)),
        look.say("line_topic", topic=look.needs(case)),
        look.say("line_level", level=level),
        look.say("line_waited", ago=look.ago(case.requested_at)),
    ]
    lines += [look.say("line_minor")] if case.minor and case.consent(Purpose.SHARE, look.at) is not None else []
    lines += [look.say("line_prefers", who=look.say(f"prefers_{case.prefers}"))] if case.prefers else []
    lines += [look.say("line_any_language")] if case.any_language else []
    return tuple(lines)


def header(look: Look) -> Rendered | None:
    """The first message of a topic, kept up to date in place."""
    case = look.the_case
    lines = [look.say("header", designation=case.designation), *_what(look, case), *_standing(look, case)]
    return Rendered(text="\n".join(lines), rows=_header_rows(look, case))


def _standing(look: Look, case: Case) -> list[str]:
    """What hangs on it now."""
    away = "detached" if case.seeker is None else "blocked" if case.blocked else f"reach_{case.reach.value}"
    lines = [look.say(away, designation=case.designation)]
    if found := reasons(look, case):
        lines.append(look.say("line_rules", rules=", ".join(found)))
    if case.next_step:
        lines.append(look.say("line_next_step", step=unlinked(case.next_step)))
    if case.confirmed is False:
        lines.append(look.say("not_confirmed"))
    if case.compromised:
        lines.append(look.say("left"))
    if case.back_at is not None and case.back_at > look.at:
        lines.append(look.say("line_back", ago=look.say("minutes", minutes=max(1, (case.back_at - look.at) // 60))))
    return lines + _shared(look, case)


def _shared(look: Look, case: Case) -> list[str]:
    """Exactly the lines the seeker shared, in their order."""
    if case.consent(Purpose.SHARE, look.at) is None:
        return [look.say("nothing_shared")]
    lines = [look.say("shared_title")]
    lines += [f"· {look.message(line.question)}: {look.message(line.answer)}" for line in case.shared]
    return lines


def _header_rows(look: Look, case: Case) -> tuple[tuple[Button, ...], ...]:
    return (
        (look.button("b_replies", "can"), look.button("b_back_in_20", "in20")),
        (look.button("b_note", "note"), look.button("b_next_step", "next")),
        (look.button("b_more", "more"), look.button("b_close", "close")),
    )


def more(look: Look) -> Rendered:
    """What is needed less often."""
    rows = (
        (look.button("b_ask_share", "askshr"), look.button("b_notes", "notes")),
        (look.button("b_transfer", "trans"), look.button("b_elsewhere", "elsew")),
        (look.button("b_refer", "refer"), look.button("b_follow_up", "follow")),
        (look.button("b_safe_contact", "safe"), look.button("b_word", "word")),
        (look.button("b_glass", "glass"), look.button("b_release", "free")),
        (look.button("b_back", "less"),),
    )
    return Rendered(text=look.say("more_title", designation=look.the_case.designation), rows=rows)


# -- words --------------------------------------------------------------------------------------------------------------------


def words(look: Look) -> Rendered | None:
    """A seeker's words, numbered, with nothing in them that could deceive the eye; or, said again in a new topic, a responder's own."""
    said = look.words
    if said is None:
        return None
    written = look.message(f"reply.{said.canned}") if said.canned else said.text
    text = unlinked(written) or look.say("words_not_kept")
    number = look.say("own_number", number=said.number) if said.author is not None else str(said.number)
    edited = f" {look.say('edited')}" if said.edited else ""
    return Rendered(text=f"{number}{edited} · {text}")


def removed_by_seeker(look: Look) -> Rendered:
    """The seeker took words back."""
    return look.plain("removed_by_seeker", number=look.args.get("number", ""))


def held(look: Look) -> Rendered | None:
    """Where a responder's words are: in the hold, on their way, delivered, or not."""
    said = look.words
    if said is None:
        return None
    alias = look.the_case.designation
    rows: tuple[tuple[Button, ...], ...] = ()
    if said.state in (WordsState.HELD, WordsState.WINDOW):
        rows = ((look.button("undo", "undo", said.id),),)
    elif said.state in (WordsState.DELIVERED, WordsState.ENVELOPE):
        rows = ((look.button("remove", "back", said.id),),)
    return Rendered(text=_where(look, said, alias), rows=rows)


def _where(look: Look, said: Words, alias: str) -> str:
    if said.state is WordsState.HELD:
        seconds = max(1, (said.release_at or look.at) - look.at)
        warned = [look.say("never_warning")] if said.text and look.office.lint(said.text) else []
        return "\n".join((look.say("held", seconds=seconds, designation=alias), *warned))
    if said.state is WordsState.WINDOW and said.release_at is not None:
        return look.say("window", number=said.number, ago=look.say("hours", hours=max(1, (said.release_at - look.at) // 3600)))
    if said.state is WordsState.REMOVED and not (said.shown or said.told):
        return look.say("undone")
    if said.state is WordsState.ENVELOPE and not said.told:
        return look.say("words_untold", number=said.number)
    return look.say(f"words_{said.state.value}", number=said.number, designation=alias)


# -- what happens to a case -----------------------------------------------------------------------------------------------------


def _text(name: str) -> View:
    """A view that is one text, with the case's alias and whatever came with it."""

    def view(look: Look) -> Rendered:
        alias = look.case.designation if look.case else ""
        return look.plain(name, **{"designation": alias, **look.args})

    return view


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "notice": notice,
        "notice_open": notice_open,
        "taken": taken,
        "header": header,
        "more": more,
        "words": words,
        "held": held,
        "removed_by_seeker": removed_by_seeker,
        **{
            name: _text(name)
            for name in (
                "crisis",
                "nudge",
                "shared",
                "share_refused",
                "left",
                "blocked",
                "withdrawn",
                "released",
                "lapsed",
                "expired",
            )
        },
    }
)
