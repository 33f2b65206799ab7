"""What a responder does, as one value: who, on which case, with what; and what came of it.

Each thing a responder can do is a `Verb`: the `Action` it needs (`bot.domain.permissions` decides), and the function that adds to the
draft.
The reception finds the verb, asks whether they may, calls it inside the turnstile, and commits. A verb raises `RuleBroken` for what the
rules refuse: the responder reads why, and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.case import Case
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder
from bot.usecases.channel import Incoming
from bot.usecases.desk.draft import Draft, by
from bot.usecases.desk.office import Office
from bot.usecases.desk_ports import DeskMessage
from flows.events import CaseNews, News


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One act of a responder. `case`: the one the button, the topic or the reply belongs to. `arg`: what the button carries. `prompt`: the
    message of ours these words answer to, if it asked for them."""

    office: Office
    draft: Draft
    responder: Responder
    incoming: Incoming
    case: Case | None = None
    arg: str = ""
    prompt: DeskMessage | None = None

    @property
    def at(self) -> int:
        """Unix seconds."""
        return self.draft.at

    @property
    def actor(self) -> str:
        """How the trail names them."""
        return by(self.responder.id)

    @property
    def the_case(self) -> Case:
        """The case, which there must be."""
        if self.case is None:
            raise RuleBroken("not-owner", "no case is meant")
        return self.case


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What came of an act, beside the draft. `news` goes to `seeker` in the same transaction. `refresh`: words that
    stand in the seeker's chat and were changed or removed. `says`: desk text shown over the button that was
    pressed (`alert`: in a box to be closed). `line`: desk
    text for somebody we do not know, said once and kept nowhere."""

    seeker: SeekerId | None = None
    news: CaseNews | None = None
    refresh: int = 0
    says: str = ""
    alert: bool = False
    line: str = ""


NOTHING = Did()


def telling(case: Case, what: News, at: int, *, says: str = "", words: int = 0, quiet: bool = False) -> Did:
    """News for the seeker of a case; nothing for one that is detached."""
    if case.seeker is None:
        return Did(says=says)
    return Did(seeker=case.seeker, news=CaseNews(at=at, what=what, words=words, quiet=quiet), says=says)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something a button, a command, or an answered prompt does."""

    action: Action
    run: Callable[[Doing], Awaitable[Did]]
