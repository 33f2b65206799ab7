"""Notes on a case, apart from the conversation, and the one line for whoever goes on with it.

First it is chosen who may read a note (oneself, the team, the organization), then it is written as an answer to a prompt of that kind: so
it never depends on what somebody remembers having pressed. A note is sealed with the case's key; who may read it is
`bot.domain.permissions.may_read_note`. The trail says that there was one and for whom, never what it says (features.md H16).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain.audit import Deed
from bot.domain.case import HandoffStatus, Note, Visibility
from bot.domain.permissions import Action
from bot.usecases.desk import menus
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb

LONGEST: Final = 1000
"""Characters of a note: three of them fill a message."""
ONE_LINE: Final = 200
ASK_NEXT: Final = "ask_next"
WRITING: Final[Mapping[Visibility, Action]] = MappingProxyType(
    {Visibility.MINE: Action.NOTE_MINE, Visibility.TEAM: Action.NOTE_TEAM, Visibility.ORGANIZATION: Action.NOTE_ORGANIZATION}
)
BUTTONS: Final[Mapping[Visibility, str]] = MappingProxyType(
    {Visibility.MINE: "ntmine", Visibility.TEAM: "ntteam", Visibility.ORGANIZATION: "ntorg"}
)
Run = Callable[[Doing], Awaitable[Did]]


def prompt_of(visibility: Visibility) -> str:
    """The kind of the message a note of this visibility answers."""
    return f"ask_note_{visibility.value}"


async def note(doing: Doing) -> Did:
    """*Nota*: who may read it?"""
    menus.ask(doing, "note_who")
    return NOTHING


def _asking(visibility: Visibility) -> Run:
    async def run(doing: Doing) -> Did:
        kind = prompt_of(visibility)
        menus.over(doing, "note_who")
        menus.ask(doing, "ask_note", kind=kind, asks=True, visibility=visibility.value)
        return NOTHING

    return run


def _writing(visibility: Visibility) -> Run:
    async def run(doing: Doing) -> Did:
        text = doing.incoming.text.strip()
        if not fits(doing, text, LONGEST):
            return NOTHING
        case, draft, me = doing.the_case, doing.draft, doing.responder
        draft.notes.append(Note(id=draft.number(), case=case.id, author=me.id, visibility=visibility, text=text, at=doing.at))
        draft.log(Deed.NOTE, doing.actor, f"case:{case.id}", visibility.value)
        _answered(doing, prompt_of(visibility))
        draft.post(me.id, "note_kept", case=case, visibility=visibility.value)
        return NOTHING

    return run


def fits(doing: Doing, text: str, most: int) -> bool:
    """Whether this can be kept; otherwise they are told, and the prompt stands for another try. Correcting what was sent counts as nothing:
    it was kept as it came, and has gone from the chat."""
    if doing.incoming.edited or not text:
        return False
    if len(text) > most:
        doing.draft.post(doing.responder.id, "line_too_long", case=doing.the_case, most=most)
        return False
    return True


def _answered(doing: Doing, prompt: str) -> None:
    menus.typed(doing)
    menus.over(doing, prompt)


async def notes(doing: Doing) -> Did:
    """*Ver notas*: those this person may read, the newest first. That they were read stands in the trail."""
    case = doing.the_case
    doing.draft.log(Deed.READ_CASE, doing.actor, f"case:{case.id}", "notes")
    if doing.arg:
        menus.turn(doing, "notes", kind="notes", page=menus.number(doing.arg))
    else:
        menus.ask(doing, "notes", page=0)
    return NOTHING


async def next_step(doing: Doing) -> Did:
    """*Siguiente paso*: one line for the handover."""
    menus.ask(doing, "next_step_prompt", kind=ASK_NEXT, asks=True)
    return NOTHING


async def keep_next_step(doing: Doing) -> Did:
    """The line came. It stands in the header, and before a colleague who is being asked to take over."""
    line = " ".join(doing.incoming.text.split())
    if not fits(doing, line, ONE_LINE):
        return NOTHING
    draft, me = doing.draft, doing.responder.id
    case = draft.case(replace(doing.the_case, next_step=line), Deed.NOTE, doing.actor, "next_step")
    _answered(doing, ASK_NEXT)
    draft.edit(me, "header", case=case)
    draft.post(me, "next_step_kept", case=case)
    if case.handoff is HandoffStatus.TRANSFERRED and case.transfer_to is not None:
        draft.edit(case.transfer_to, "transfer_asked", case=case)
    return NOTHING


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "note": Verb(Action.NOTE_MINE, note),
        **{BUTTONS[visibility]: Verb(action, _asking(visibility)) for visibility, action in WRITING.items()},
        "notes": Verb(Action.READ_NOTES_ORGANIZATION, notes),
        "next": Verb(Action.NEXT_STEP, next_step),
    }
)
"""Reading begins with the widest right to read; which notes are shown is asked of each one."""
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        **{prompt_of(visibility): Verb(action, _writing(visibility)) for visibility, action in WRITING.items()},
        ASK_NEXT: Verb(Action.NEXT_STEP, keep_next_step),
    }
)
