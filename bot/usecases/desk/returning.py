"""Somebody comes back from another phone with the key on paper: a human says whether it is the same person (features.md S13).

Whoever has the case (or its supervisors) reads that the key was written, and whether the optional word stood beside it and was right.
Saying yes moves the case to the account the key came from; the account before is told nothing and simply has no case any more. Saying no
forgets who came. Neither side ever learns whether anybody wrote, nor whether a key exists.

A yes does not confirm: the header goes on saying "ask something only they know", and words that waited do not go by themselves, until the
responder is sure (`contact.sure`). A key can be stolen with the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain import handoff
from bot.domain.audit import Deed
from bot.domain.case import Case, CaseStatus
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action
from bot.domain.seeker import SeekerId
from bot.usecases.desk import glass
from bot.usecases.desk.doing import Did, Doing, Verb, telling
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from flows.events import News


def mark(seeker: SeekerId) -> str:
    """Six letters that bind a button to the very account it was shown for: a second one who brings the key is another question."""
    return seeker[:3].hex()


def knock(office: Office, draft: Draft, case: Case, word: str) -> None:
    """The key was written: whoever decides is asked. `word`: right, wrong, or none stood beside it."""
    for one in office.who_decides(case):
        draft.remove(one, "claimant", case=case.id)
        draft.post(one, "claimant", case=case, silent=False, priority=1, word=word)


async def admit(doing: Doing) -> Did:
    """*Es esa persona*: the case goes on with the account the key came from."""
    case, office, draft = doing.the_case, doing.office, doing.draft
    came = _claimant(doing)
    other = office.book.case_of(came)
    if other is not None and other.open and other.id != case.id:
        return Did(says="key_other_case", alert=True)
    moved = replace(handoff.attach(case, came), confirmed=False, compromised=False)
    draft.case(moved, Deed.RETURN, doing.actor, "admitted")
    if case.seeker is not None:
        draft.log(Deed.DETACH, doing.actor, f"case:{case.id}", "replaced")
    _answered(doing, "key_attached")
    if case.responder is not None:
        draft.edit(case.responder, "header", case=moved)
    if case.seeker is None and glass.opened(case):  # there was nobody to be told when it was opened
        return telling(moved, News.OPENED, doing.at, says="key_attached_toast")
    news = News.TAKEN if case.status is CaseStatus.ASSIGNED else News.GIVEN_BACK
    return telling(moved, news, doing.at, says="key_attached_toast")


async def deny(doing: Doing) -> Did:
    """*No lo sé*: who came is forgotten, and is told nothing."""
    case = doing.the_case
    _claimant(doing)
    doing.draft.case(replace(case, claimant=None), Deed.RETURN, doing.actor, "refused")
    _answered(doing, "key_refused")
    return Did(says="key_refused_toast")


def _claimant(doing: Doing) -> SeekerId:
    claimant = doing.the_case.claimant
    if claimant is None or mark(claimant) != doing.arg:
        raise RuleBroken("no-such-move", "somebody else has come, or it was answered")
    return claimant


def _answered(doing: Doing, view: str) -> None:
    """Nobody is asked any more; who answered reads what came of it."""
    case, draft = doing.the_case, doing.draft
    for one in dict.fromkeys((*doing.office.who_decides(case), *(s.id for s in doing.office.supervisors(case.organization)))):
        draft.remove(one, "claimant", case=case.id)
    draft.post(doing.responder.id, view, topic=False, designation=case.designation)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType({"kyes": Verb(Action.ADMIT, admit), "kno": Verb(Action.ADMIT, deny)})
