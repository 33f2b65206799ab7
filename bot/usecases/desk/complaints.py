"""Complaints: read and answered by somebody outside the organization they are about (voice.md 3; features.md P5).

A complaint reaches every reviewer of the organization that reviews (`Complaint.reviewer`), as a notice that says only that something
came. It is opened on tap, answered by replying to a prompt, and the answer is kept with the ticket. Whoever complained may have left no
address: they read the answer by bringing the ticket (`told`). Ninety days after the answer storage deletes both; here they are not shown
a day longer.

Whether somebody may read one is asked at every look and every deed (`bot.domain.permissions.may_review`): never those it is about.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain.audit import Deed
from bot.domain.case import DAY, Complaint
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action, answering, may_review
from bot.domain.staff import Responder
from bot.usecases.desk import menus
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.office import CODE_LENGTH, Office

KEPT_DAYS: Final = 90
"""After the answer (storage deletes by the same number)."""
LONGEST: Final = 2500
"""Characters of an answer: with what stands around it, it must fit on a seeker's screen."""


def theirs(office: Office, reviewer: Responder, at: int) -> list[Complaint]:
    """Every complaint they may read now: those without an answer first, oldest first."""
    found = [one for one in office.book.complaints.values() if may_review(answering(reviewer), one, at) and kept(one, at)]
    return sorted(found, key=lambda one: (bool(one.answered), one.at))


def kept(complaint: Complaint, at: int) -> bool:
    """Whether it has not aged out."""
    return complaint.answered_at is None or at < complaint.answered_at + KEPT_DAYS * DAY


def by_ticket(office: Office, written: str, at: int) -> Complaint | None:
    """The complaint whose ticket was typed, however it was typed; None for anything that is not exactly a ticket."""
    plain = _plain(written)
    if len(plain) != CODE_LENGTH or len(written) > 2 * CODE_LENGTH:
        return None
    found = (one for one in office.book.complaints.values() if hmac.compare_digest(_plain(one.ticket).encode(), plain.encode()))
    return next((one for one in found if kept(one, at)), None)


def _plain(written: str) -> str:
    return "".join(letter for letter in written.upper() if letter.isalnum())


def told(office: Office, locale: str, written: str, at: int) -> str:
    """What a seeker who brings a ticket reads: the answer, or that there is none yet. Empty when it is no ticket."""
    found = by_ticket(office, written, at)
    if found is None:
        return ""
    name = "told_complaint_answer" if found.answered else "told_complaint_waits"
    return office.texts.say(locale, name, ticket=found.ticket, text=found.answered)


def meant(doing: Doing, number: int) -> Complaint:
    """The complaint a deed is about, which they must be allowed to read."""
    complaint = doing.office.book.complaints.get(number)
    if complaint is None or not kept(complaint, doing.at):
        raise RuleBroken("no-such-move", "it has gone")
    if not may_review(answering(doing.responder), complaint, doing.at):
        raise RuleBroken("not-owner", "it goes to somebody else")
    return complaint


async def listed(doing: Doing) -> Did:
    """What there is to review."""
    doing.draft.remove(doing.responder.id, "complaints")
    doing.draft.post(doing.responder.id, "complaints", topic=False)
    return NOTHING


async def read(doing: Doing) -> Did:
    """Opened on tap: the notice becomes the text."""
    complaint = meant(doing, menus.number(doing.arg))
    doing.draft.log(Deed.READ_CASE, doing.actor, f"organization:{complaint.about}", "complaint")
    doing.draft.remove(doing.responder.id, "complaint_open", case=complaint.id)
    doing.draft.post(doing.responder.id, "complaint_open", topic=False, of=complaint.id)
    return NOTHING


async def ask_answer(doing: Doing) -> Did:
    """*Contestar*."""
    complaint = meant(doing, menus.number(doing.arg))
    if complaint.answered:
        raise RuleBroken("no-such-move", "it has been answered")
    doing.draft.post(doing.responder.id, "complaint_prompt", topic=False, kind="ask_answer", asks=True, of=complaint.id)
    return NOTHING


async def answered(doing: Doing) -> Did:
    """The answer, kept with the ticket. The first one stands: what somebody may have read is not changed under their eyes."""
    complaint = meant(doing, doing.prompt.case if doing.prompt else 0)
    draft, me, text = doing.draft, doing.responder.id, doing.incoming.text.strip()
    if complaint.answered:
        raise RuleBroken("no-such-move", "it has been answered")
    if not text or len(text) > LONGEST:
        draft.post(me, "complaint_long", topic=False, kind="ask_answer", asks=True, of=complaint.id)
        return NOTHING
    draft.complaints.append(replace(complaint, answered=text, answered_at=doing.at))
    draft.log(Deed.ANSWER_COMPLAINT, doing.actor, f"organization:{complaint.about}")
    draft.remove(me, "ask_answer", case=complaint.id)
    for one in doing.office.reviewers(complaint.reviewer, complaint.about):
        draft.remove(one.id, "complaint", case=complaint.id)
        if one.id != me:
            draft.remove(one.id, "complaint_open", case=complaint.id)
    draft.edit(me, "complaint_open", of=complaint.id)
    draft.post(me, "complaint_answered", topic=False, ticket=complaint.ticket)
    return NOTHING


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "cmpls": Verb(Action.READ_COMPLAINT, listed),
        "cread": Verb(Action.READ_COMPLAINT, read),
        "cansw": Verb(Action.ANSWER_COMPLAINT, ask_answer),
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({"ask_answer": Verb(Action.ANSWER_COMPLAINT, answered)})
