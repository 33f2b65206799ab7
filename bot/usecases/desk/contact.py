"""Safety of contact: when and how somebody may be written to, whether it is still they, and what is asked of them.

Hours and the dull first line are the responder's to offer, after the seeker asked for a person and never before. They are asked again at
each contact (`ask_again`), because what was safe last week may not be so today. The optional word is agreed in the conversation and kept
only as a salted hash: "is it still you?" asks for it, a wrong answer or none shows "not confirmed", and nobody is ever locked out by it.
A responder may instead make sure by asking something only that person knows, and say so.

What two people do in an emergency is `bot.usecases.desk.glass`; who comes back from another phone, `bot.usecases.desk.returning`. All of
it that becomes due by itself is `owed`, asked on every pass of the ladder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain import handoff
from bot.domain.audit import Deed
from bot.domain.case import Case, CaseStatus, SafeContact, WordsState
from bot.domain.machines import RuleBroken
from bot.domain.organization import FULL_DAY
from bot.domain.permissions import Action
from bot.usecases.desk import glass, menus, returning, windows
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import PROGRAM, Draft
from bot.usecases.desk.office import Office
from flows.events import News

WORKDAYS: Final = (0, 1, 2, 3, 4)
WEEKEND: Final = (5, 6)
PRESETS: Final[Mapping[str, SafeContact]] = MappingProxyType(
    {
        "any": SafeContact(),
        "day": SafeContact(days=WORKDAYS, begins=9 * 60, ends=18 * 60),
        "morning": SafeContact(begins=8 * 60, ends=12 * 60),
        "evening": SafeContact(begins=18 * 60, ends=22 * 60),
        "weekend": SafeContact(days=WEEKEND, begins=9 * 60, ends=21 * 60),
    }
)
"""Hours by one tap, by the name in their desk text (`safe_<name>`)."""
DAYS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType({"every": (), "work": WORKDAYS, "ends": WEEKEND})
LONGEST_LINE: Final = 80
"""Characters of the first line: it stands before every message and in the phone's notice."""
LONGEST_WORD: Final = 40
_HOURS: Final = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|a)\s*(\d{1,2})[:.](\d{2})")


# -- hours and the first line ---------------------------------------------------------------------------------------------------


async def safe(doing: Doing) -> Did:
    """*Horario seguro*: the choices, or (with an argument) one of them taken."""
    if not doing.arg:
        menus.ask(doing, "safe")
        return NOTHING
    if doing.arg not in PRESETS:
        raise RuleBroken("no-such-move", "no hours of the list")
    contact = replace(PRESETS[doing.arg], first_line=_line(doing.the_case))
    return _agree(doing, contact, "hours", says="safe_toast")


async def days(doing: Doing) -> Did:
    """On which days the hours hold."""
    if doing.arg not in DAYS:
        raise RuleBroken("no-such-move", "no days of the list")
    contact = doing.the_case.safe_contact or SafeContact()
    return _agree(doing, replace(contact, days=DAYS[doing.arg]), "days", says="safe_toast")


async def forget_hours(doing: Doing) -> Did:
    """No agreement any more: they may be written to as they said for this chat."""
    return _agree(doing, None, "none", says="safe_gone_toast")


async def same_hours(doing: Doing) -> Did:
    """Asked again, and still so."""
    doing.draft.log(Deed.SAFE_CONTACT, doing.actor, f"case:{doing.the_case.id}", "same")
    doing.draft.remove(doing.responder.id, "safe_again", case=doing.the_case.id)
    return Did(says="safe_toast")


async def ask_hours(doing: Doing) -> Did:
    """Own hours, typed."""
    doing.draft.post(doing.responder.id, "safe_hours_prompt", case=doing.the_case, kind="ask_hours", asks=True)
    return NOTHING


async def ask_line(doing: Doing) -> Did:
    """The first line, typed."""
    doing.draft.post(doing.responder.id, "safe_line_prompt", case=doing.the_case, kind="ask_line", asks=True)
    return NOTHING


async def hours_typed(doing: Doing) -> Did:
    """`09:00-18:00`; hours that end before they begin go on past midnight."""
    read = hours(doing.incoming.text)
    if read is None:
        doing.draft.post(doing.responder.id, "safe_hours_unread", case=doing.the_case, kind="ask_hours", asks=True)
        return NOTHING
    contact = doing.the_case.safe_contact or SafeContact()
    return _agree(doing, replace(contact, begins=read[0], ends=read[1]), "hours", answered="ask_hours")


def hours(typed: str) -> tuple[int, int] | None:
    """Begin and end, in minutes of the day, of hours as typed; None when they cannot be read."""
    found = _HOURS.fullmatch(typed.strip())
    if found is None:
        return None
    begin, begin_minute, end, end_minute = map(int, found.groups())
    begins, ends = begin * 60 + begin_minute, end * 60 + end_minute
    read = begin_minute < 60 and end_minute < 60 and begins < FULL_DAY and ends <= FULL_DAY and begins != ends
    return (begins, ends) if read else None


async def line_typed(doing: Doing) -> Did:
    """What the seeker chose to stand first. `-`: none."""
    line = " ".join(doing.incoming.text.split())
    if len(line) > LONGEST_LINE:
        doing.draft.post(doing.responder.id, "safe_line_long", case=doing.the_case, kind="ask_line", asks=True)
        return NOTHING
    contact = doing.the_case.safe_contact or SafeContact()
    return _agree(doing, replace(contact, first_line="" if line == "-" else line), "first_line", answered="ask_line")


def _line(case: Case) -> str:
    return case.safe_contact.first_line if case.safe_contact else ""


def _agree(doing: Doing, contact: SafeContact | None, detail: str, *, says: str = "", answered: str = "") -> Did:
    """The agreement as it stands now. What waits for the former hours waits for these."""
    draft, me = doing.draft, doing.responder.id
    case = draft.case(handoff.set_safe_contact(doing.the_case, contact), Deed.SAFE_CONTACT, doing.actor, detail)
    for words in doing.office.book.words.get(case.id, {}).values():
        if words.state is WordsState.WINDOW:
            draft.put(replace(words, release_at=windows.opens(doing.office, case, doing.at) or doing.at))
    draft.edit(me, "safe", case=case)
    draft.edit(me, "header", case=case)
    draft.remove(me, "safe_again", case=case.id)
    if answered:
        menus.over(doing, answered)
        menus.typed(doing)
        menus.ask(doing, "safe")
    return Did(says=says)


def ask_again(draft: Draft, case: Case) -> None:
    """A new contact: whoever has the case asks whether the hours are still so."""
    if case.safe_contact is not None and case.responder is not None:
        draft.remove(case.responder, "safe_again", case=case.id)
        draft.post(case.responder, "safe_again", case=case)


# -- is it still you? -----------------------------------------------------------------------------------------------------------


async def word(doing: Doing) -> Did:
    """*Palabra*: agree on one, ask for it, or make sure in another way."""
    menus.ask(doing, "word")
    return NOTHING


async def new_word(doing: Doing) -> Did:
    """The word, typed."""
    doing.draft.post(doing.responder.id, "word_prompt", case=doing.the_case, kind="ask_word", asks=True)
    return NOTHING


async def word_typed(doing: Doing) -> Did:
    """Only its hash is kept, and what was typed goes from the responder's chat as well."""
    draft, me, case = doing.draft, doing.responder.id, doing.the_case
    typed = doing.incoming.text.strip()
    usable = any(letter.isalnum() for letter in typed) and len(typed) <= LONGEST_WORD
    if usable:
        known = True if case.confirmed is None else case.confirmed  # they agree on it now: it is not asked for before the next gap
        draft.case(replace(case, word=doing.office.word_hash(typed), confirmed=known), Deed.CONFIRM, doing.actor, "agreed")
    draft.remove(me, "ask_word", case=case.id)
    menus.typed(doing)
    if usable:
        draft.post(me, "word_kept", case=case)
    else:
        draft.post(me, "word_unusable", case=case, kind="ask_word", asks=True)
    return NOTHING


async def forget_word(doing: Doing) -> Did:
    """No word any more."""
    case = doing.draft.case(replace(doing.the_case, word="", asked_word_at=None), Deed.CONFIRM, doing.actor, "forgotten")
    doing.draft.edit(doing.responder.id, "word", case=case)
    return Did(says="word_forgotten_toast")


async def still(doing: Doing) -> Did:
    """*¿Sigues siendo tú?* Until it is answered, and when it is answered wrongly, the responder reads "not confirmed"."""
    asked = doing.draft.case(handoff.ask_word(doing.the_case, doing.at), Deed.CONFIRM, doing.actor, "asked")
    doing.draft.edit(doing.responder.id, "header", case=asked)
    return telling(asked, News.ASK_WORD, doing.at, says="word_asked_toast")


async def sure(doing: Doing) -> Did:
    """The responder asked something only that person knows. Words that waited for them go now."""
    case = doing.draft.case(handoff.confirm(doing.the_case, True), Deed.CONFIRM, doing.actor, "sure")
    doing.draft.edit(doing.responder.id, "header", case=case)
    waiting = doing.office.book.to_seeker(case.id)
    if waiting and windows.opens(doing.office, case, doing.at) is None:
        return telling(case, News.WORDS, doing.at, words=waiting[-1].id, says="sure_toast")
    return Did(says="sure_toast")


async def ask_share(doing: Doing) -> Did:
    """May I read what you answered? The seeker sees the list, and takes out what they like."""
    doing.draft.log(Deed.SHARE, doing.actor, f"case:{doing.the_case.id}", "asked")
    return telling(doing.the_case, News.SHARE_ASKED, doing.at, says="share_asked_toast")


# -- what becomes due by itself ---------------------------------------------------------------------------------------------------


def owes(case: Case, at: int) -> bool:
    """Whether something of this module is due."""
    return _word_due(case) or glass.due(case, at)


def owed(office: Office, draft: Draft, case: Case) -> Did:
    """Do it: one thing a pass."""
    if glass.due(case, draft.at):
        return glass.over(office, draft, case)
    if not _word_due(case):
        return NOTHING
    asked = draft.case(handoff.ask_word(case, draft.at), Deed.CONFIRM, PROGRAM, "asked")
    if asked.responder is not None:
        draft.edit(asked.responder, "header", case=asked)
    return telling(asked, News.ASK_WORD, draft.at)


def _word_due(case: Case) -> bool:
    """After a gap the word is asked once, when the person has written again (`handoff.hear` forgets the former answer)."""
    silent = case.confirmed is None and case.asked_word_at is None
    return bool(case.word) and silent and case.status is CaseStatus.ASSIGNED and case.seeker is not None


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "safe": Verb(Action.SAFE_CONTACT, safe),
        "sdays": Verb(Action.SAFE_CONTACT, days),
        "shours": Verb(Action.SAFE_CONTACT, ask_hours),
        "sline": Verb(Action.SAFE_CONTACT, ask_line),
        "ssame": Verb(Action.SAFE_CONTACT, same_hours),
        "snone": Verb(Action.SAFE_CONTACT, forget_hours),
        "word": Verb(Action.ASK_WORD, word),
        "wnew": Verb(Action.ASK_WORD, new_word),
        "wgone": Verb(Action.ASK_WORD, forget_word),
        "still": Verb(Action.ASK_WORD, still),
        "sure": Verb(Action.CONFIRM, sure),
        "askshr": Verb(Action.ASK_SHARE, ask_share),
        **glass.VERBS,
        **returning.VERBS,
    }
)
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "ask_hours": Verb(Action.SAFE_CONTACT, hours_typed),
        "ask_line": Verb(Action.SAFE_CONTACT, line_typed),
        "ask_word": Verb(Action.ASK_WORD, word_typed),
    }
)
