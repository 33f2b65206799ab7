"""What is seen of notes: who may read a new one, the prompt that says so once more, and those somebody may read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.domain.case import Note, Visibility
from bot.domain.permissions import answering, may_read_note
from bot.domain.plain import unlinked
from bot.usecases.channel import Rendered
from bot.usecases.desk import menus
from bot.usecases.desk.looking import Look, View
from bot.usecases.desk.notes import BUTTONS

PER_PAGE: Final = 3


def note_who(look: Look) -> Rendered:
    """Who may read it?"""
    rows = tuple((look.button(f"note_{visibility.value}", verb),) for visibility, verb in BUTTONS.items())
    return Rendered(text=look.say("note_who"), rows=rows)


def ask_note(look: Look) -> Rendered:
    """The prompt says who will read what is written in answer to it."""
    return Rendered(text=f"{_who(look, str(look.args['visibility']))}: {look.say('note_prompt')}")


def note_kept(look: Look) -> Rendered:
    """It was kept."""
    return look.plain("note_kept", kind=_who(look, str(look.args["visibility"])))


def _who(look: Look, visibility: str) -> str:
    return look.say(f"note_{Visibility(visibility).value}")


def notes(look: Look) -> Rendered:
    """Those this person may read, the newest first."""
    case, actor = look.the_case, answering(look.responder)
    readable = [one for one in reversed(look.notes) if may_read_note(actor, one, case, look.at)]
    shown = menus.page(readable, look.args.get("page"), PER_PAGE)
    lines = [look.say("notes_title", designation=case.designation), *(_row(look, one) for one in shown.items)]
    if not readable:
        lines.append(look.say("notes_none"))
    return Rendered(text="\n\n".join(lines), rows=menus.turning(look, shown, "notes"))


def _row(look: Look, note: Note) -> str:
    author = look.office.book.responders.get(note.author)
    head = look.say("note_row", when=menus.moment(look, note.at), kind=_who(look, note.visibility.value), text=unlinked(note.text))
    return f"{author.alias} · {head}" if author else head


def line_too_long(look: Look) -> Rendered:
    """It was not kept."""
    return look.plain("line_too_long", count=look.args.get("most", ""))


def _said(name: str) -> View:
    return lambda look: look.plain(name)


VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        "note_who": note_who,
        "ask_note": ask_note,
        "note_kept": note_kept,
        "notes": notes,
        "next_step_prompt": _said("next_step_prompt"),
        "next_step_kept": _said("next_step_kept"),
        "line_too_long": line_too_long,
    }
)
