"""A case goes on with a colleague, or the seeker is asked about another organization. Referrals to outside services are `referring`.

A transfer is asked, told and only then done: the colleague gets a notice without a word of the conversation, the seeker is told that
somebody else would go on and may refuse, and until the colleague accepts the sender keeps the case and all access (features.md H14). When
they accept, the sender's topic is emptied, what had not left for the seeker is taken back and both are told, and the colleague gets the
header and the words kept so far: the last of them at once, older ones when asked for, since a long conversation must not stand in the way
of their other cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain import handoff, routing
from bot.domain.audit import Deed
from bot.domain.case import Case, Direction, HandoffStatus, Words, WordsState
from bot.domain.clocks import Rung
from bot.domain.permissions import Action
from bot.domain.staff import Responder
from bot.usecases.desk import conversing, ending, menus, referring
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from flows.events import News

KIND: Final = "transfer_who"
ELSEWHERE: Final = "elsewhere_sure"
SAID_AGAIN: Final = 40
"""Words of a conversation a new owner gets at once; older ones on request."""
SECONDS_TO_REFUSE: Final = 600
"""How long the seeker is given to say no before a colleague may take it without their yes; at most half of what the colleague has to
answer, which in danger is a minute."""
UNSENT: Final = (WordsState.HELD, WordsState.WINDOW)


# -- asking a colleague -------------------------------------------------------------------------------------------------------


async def transfer(doing: Doing) -> Did:
    """*Pasar a colega*: who is there? Or, with a colleague named: they are asked, and the seeker is told."""
    if not doing.arg:
        menus.ask(doing, KIND)
        return NOTHING
    case, at = doing.the_case, doing.at
    colleague = next((one for one in colleagues(doing.office, case, at) if one.id == menus.number(doing.arg)), None)
    if colleague is None:
        menus.turn(doing, KIND, kind=KIND)
        return Did(says="transfer_gone", alert=True)
    asked = handoff.transfer(case, colleague.id, at, clocks=doing.office.clocks, by=doing.responder.id)
    asked = replace(asked, transfer_from=at + min(SECONDS_TO_REFUSE, doing.office.clocks.offset(asked, Rung.DECLINE) // 2))
    doing.draft.case(asked, Deed.TRANSFER, doing.actor)
    doing.draft.post(colleague.id, "transfer_asked", case=asked, topic=False, silent=False, priority=1)
    menus.turn(doing, KIND, kind=KIND)
    return telling(asked, News.TRANSFER, at)


async def turn_page(doing: Doing) -> Did:
    """More colleagues."""
    menus.turn(doing, KIND, kind=KIND, page=menus.number(doing.arg))
    return NOTHING


def colleagues(office: Office, case: Case, at: int) -> Sequence[Responder]:
    """Who could go on with it now, who fits best first: on duty, with room, in the seeker's language and as they wished."""
    loads = routing.loads_of(office.book.open_cases())
    found = routing.eligible(case, tuple(office.book.active(case.organization)), loads, at).responders
    return tuple(one for one in found if one.id != case.responder)


def asking_over(draft: Draft, case: Case) -> None:
    """The colleague who was asked reads that it is over, and what they opened of it (notes) goes from their chat. Call it with the case as
    it was while they were asked."""
    if case.transfer_to is not None:
        draft.clear(case.transfer_to, case.id)
        draft.post(case.transfer_to, "transfer_over", topic=False)


# -- their answer -------------------------------------------------------------------------------------------------------------


async def accept(doing: Doing) -> Did:
    """The colleague takes over."""
    case, me, office, draft = doing.the_case, doing.responder, doing.office, doing.draft
    if case.handoff is HandoffStatus.TRANSFERRED and not any(one.id == me.id for one in colleagues(office, case, doing.at)):
        return Did(says="transfer_no_room", alert=True)
    if case.handoff is HandoffStatus.TRANSFERRED and case.transfer_from > doing.at:  # the seeker is asked first
        return Did(says="transfer_not_yet", alert=True)
    taken = draft.case(handoff.accept(case, me.id, doing.at, clocks=office.clocks), Deed.ACCEPT, doing.actor)
    unsent = sum(words.state in UNSENT for words in office.book.words.get(case.id, {}).values())
    conversing.give_up_chat(office, draft, case)
    _part(doing, case, unsent)
    draft.remove(me.id, "transfer_agreed", case=case.id)
    draft.post(me.id, "header", case=taken, silent=False, priority=1)
    draft.post(me.id, "transfer_yours", case=taken, unsent=unsent)
    await _say_again(doing, taken)
    return telling(taken, News.TAKEN, doing.at)


def _part(doing: Doing, case: Case, unsent: int) -> None:
    """Who had it reads that it has gone; it has ended for them, so they rest if it was heavy."""
    before = doing.office.book.responders.get(case.responder) if case.responder is not None else None
    if before is None:
        return
    alias = doing.responder.alias
    doing.draft.post(before.id, "transfer_accepted", topic=False, designation=case.designation, colleague=alias, unsent=unsent)
    ending.rest(doing.office, doing.draft, before, case)


async def decline(doing: Doing) -> Did:
    """The colleague cannot, or who asked takes it back: it stays where it was."""
    case, me, draft = doing.the_case, doing.responder.id, doing.draft
    draft.case(stays := handoff.decline(case, me, doing.at, clocks=doing.office.clocks), Deed.DECLINE, doing.actor)
    asking_over(draft, case)
    if case.responder is not None:
        draft.remove(case.responder, KIND, case=case.id)
        view = "transfer_cancelled" if me == case.responder else "transfer_declined"
        draft.post(case.responder, view, case=stays, silent=me == case.responder, colleague=doing.responder.alias)
    return NOTHING


# -- words kept so far --------------------------------------------------------------------------------------------------------


async def older(doing: Doing) -> Did:
    """*Ver anteriores*: what was said before."""
    menus.over(doing, "words_older")
    doing.draft.log(Deed.READ_CASE, doing.actor, f"case:{doing.the_case.id}", "words")
    await _say_again(doing, doing.the_case, before=menus.number(doing.arg))
    return NOTHING


async def _say_again(doing: Doing, case: Case, before: int | None = None) -> None:
    """Say what was said in the new owner's topic, in its order. What nobody has got yet is passed on as ever."""
    me, draft = doing.responder.id, doing.draft
    rows = [words for words in await conversing.transcript(doing.office, case) if before is None or words.id < before]
    said = [words for words in rows if _said(words)]
    if any(not _kept(words) for words in said) and before is None:
        draft.post(me, "words_lost", case=case)
    kept = [words for words in said if _kept(words)]
    if len(kept) > SAID_AGAIN:
        draft.post(me, "words_older", case=case, before=kept[-SAID_AGAIN].id, count=len(kept) - SAID_AGAIN)
    for words in kept[-SAID_AGAIN:]:
        _pass(doing, case, words)


def _said(words: Words) -> bool:
    """Whether they have left whoever wrote them and were not taken back."""
    return words.state is not WordsState.REMOVED and words.state not in UNSENT


def _kept(words: Words) -> bool:
    """Whether there is anything of them left to say: an organization may keep no words."""
    return bool(words.text or words.canned or words.file or words.place)


def _pass(doing: Doing, case: Case, words: Words) -> None:
    """A file is passed on anew, from the platform's handle; text is said again."""
    if words.direction is Direction.SEEKER and (words.media is not None or words.state is WordsState.QUEUED):
        fresh = words if words.state is WordsState.QUEUED else doing.draft.put(replace(words, state=WordsState.QUEUED))
        doing.office.pass_to_responder(doing.draft, case, fresh)
    else:
        doing.draft.post(doing.responder.id, "words", case=case, words=words.id, again=True)


# -- another organization -----------------------------------------------------------------------------------------------------


async def elsewhere(doing: Doing) -> Did:
    """*Otra organización*: the seeker is asked, by its name, and decides. Nothing of the case moves before they say yes."""
    if not doing.arg:
        menus.ask(doing, ELSEWHERE)
        return NOTHING
    case = doing.the_case
    other = doing.office.elsewhere(case, doing.at)
    if other is None:
        menus.turn(doing, ELSEWHERE, kind=ELSEWHERE)
        return NOTHING
    doing.draft.log(Deed.REFER, doing.actor, f"case:{case.id}", "elsewhere")
    menus.turn(doing, "elsewhere_asked", kind=ELSEWHERE, other=other.id)
    asked = doing.draft.case(replace(case, asked_elsewhere=other.id))
    return telling(asked, News.ELSEWHERE, doing.at)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "trans": Verb(Action.TRANSFER, transfer),
        "trpage": Verb(Action.TRANSFER, turn_page),
        "accept": Verb(Action.ACCEPT, accept),
        "declin": Verb(Action.DECLINE, decline),
        "older": Verb(Action.READ_CASE, older),
        "elsew": Verb(Action.ASK_ELSEWHERE, elsewhere),
        **referring.VERBS,
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType({**referring.PROMPTS})
