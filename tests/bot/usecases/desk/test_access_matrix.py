"""Who may do what, cell by cell, through the real reception and past the deliverer's own gate: every standing by every button, prompt,
command and view there is.

`DEEDS`, `COMMANDED` and `SHOWN` are written apart from the code: one line a deed or view, saying by whom. A new button, prompt, command or
view without a line here fails. Deeds are really worked, with cases in every state they ask for, up to the commit, which is only caught:
so one desk serves all cells, and what would have been written can be looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.domain import handoff, permissions
from bot.domain.audit import Deed
from bot.domain.case import DAY, Case, Complaint, Direction, FollowUp, Referral, ReferralState, Words, WordsState
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.security import tokens
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import menus, replies, returning, views
from bot.usecases.desk.deliver import Task
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.looking import PROGRAM, STEP, base36
from bot.usecases.desk.office import Office
from bot.usecases.desk.reception import COMMANDS, PROMPTS, VERBS
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskVerdict
from flows.events import CaseNews
from tests.bot.domain.desk import HOUR, OTHER, SEEKER, T, clocks, consent, responder
from tests.bot.usecases.desk.casework import CANARY, KEY, Desk, open_desk

SUPERVISES: dict[str, Any] = {"role": StaffRole.SUPERVISOR}
REVIEWS: dict[str, Any] = {"role": StaffRole.REVIEWER}
OFF: dict[str, Any] = {"duty_until": 0}
HERE: Final = 7
"""The number of who has the cases."""

PEOPLE: Final[dict[str, Responder]] = {
    "owner": responder(HERE),
    "receiver": responder(8),
    "colleague": responder(9),
    "off duty": responder(10, **OFF),
    "on call": responder(11, on_call=True, **OFF),
    "supervisor": responder(12, **SUPERVISES),
    "supervisor off": responder(13, **SUPERVISES, **OFF),
    "first": responder(14, **SUPERVISES),
    "second": responder(15, on_call=True, **OFF),
    "elsewhere": responder(16, organization="red"),
    "supervisor elsewhere": responder(17, organization="red", **SUPERVISES),
    "reviewer": responder(18, **REVIEWS),
    "reviewer elsewhere": responder(19, organization="red", **REVIEWS),
    "redeemed": responder(20, state=ResponderState.REDEEMED),
    "panicked": responder(21, state=ResponderState.PANICKED),
    "revoked": responder(22, state=ResponderState.REVOKED, **SUPERVISES),
    "stranger": responder(99),  # never stored
}
"""`first` and `second` broke the glass of the case that is OPENED, and stand in no other relation that they would not have anyway."""
OUT: Final = ("redeemed", "panicked", "revoked", "stranger")
ACTIVE: Final = tuple(who for who in PEOPLE if who not in OUT)
SUPERVISORS: Final = ("supervisor", "supervisor off", "first")
EVERY_SUPERVISOR: Final = (*SUPERVISORS, "supervisor elsewhere")
REVIEWERS: Final = ("reviewer", "reviewer elsewhere")
ANSWERERS: Final = tuple(who for who in ACTIVE if who not in REVIEWERS)
COLLEAGUES: Final = ("receiver", "colleague", "supervisor", "first")

# -- the cases, each in the state some deed asks for -----------------------------------------------------------------------------

WAITING, TAKEN, CLOSED, KEYED, ASKED, OPENED, ENDED, WITHDRAWN = range(101, 109)
HELD_WORDS, WINDOW_WORDS, SAID_WORDS = 201, 202, 203
COMPLAINT: Final = 301


def _taken(number: int) -> Case:
    return replace(handoff.answer(handoff.claim(_waiting(number), HERE, T, clocks=clocks()), T), word="salt$hash")


def _waiting(number: int, **rest: Any) -> Case:
    return handoff.request(T, id=number, seeker=SEEKER, designation=f"Faro {number}", consent=consent(**rest), needs=("missing_person",))


def cases() -> tuple[Case, ...]:
    """One of each."""
    referral = Referral(id=1, service="casa", state=ReferralState.SENT, at=T)
    asked = permissions.ask_break_glass(_taken(ASKED), "life_at_risk", 14, T, clocks=clocks())
    opened = permissions.ask_break_glass(_taken(OPENED), "life_at_risk", 14, T, clocks=clocks())
    return (
        _waiting(WAITING),
        replace(handoff.transfer(_taken(TAKEN), 8, T, clocks=clocks()), referrals=(referral,)),
        replace(handoff.close(_taken(CLOSED), "helped", T), follow_ups=(FollowUp(at=T + DAY),)),
        replace(_taken(KEYED), claimant=OTHER),
        asked,
        permissions.confirm_break_glass(opened, 15, T, clocks=clocks()),
        replace(_taken(ENDED), consents=(consent(at=T - 31 * DAY),)),
        handoff.withdraw(_taken(WITHDRAWN), T),
    )


def words() -> tuple[Words, ...]:
    """Of the owner and of the seeker, with a mark in them."""
    own = Words(case=TAKEN, direction=Direction.RESPONDER, number=1, author=HERE, text=f"mío {CANARY}", at=T, state=WordsState.HELD)
    return (
        replace(own, id=HELD_WORDS, release_at=T + 5),
        replace(own, id=WINDOW_WORDS, case=OPENED, author=14, state=WordsState.WINDOW, release_at=T + HOUR),
        replace(own, id=SAID_WORDS, number=2, state=WordsState.ENVELOPE),
    )


# -- the grids: what is written apart ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A line: on which case (0: none), with which argument, and who may."""

    case: int
    arg: str
    who: tuple[str, ...]


OWNER: Final = ("owner",)
ONE: Final = base36(9)
"""Somebody of the organization, for what is done about people."""
DEEDS: Final[dict[str, Cell]] = {
    # anybody who is let in
    "board": Cell(0, "", ACTIVE),
    "queue": Cell(0, "", ACTIVE),  # who may not see it reads why
    "mine": Cell(0, "", ACTIVE),
    "help": Cell(0, "", ACTIVE),
    "talk": Cell(0, "", ACTIVE),
    "langs": Cell(0, "", ACTIVE),
    "lang": Cell(0, "en", ACTIVE),
    "speak": Cell(0, "en", ACTIVE),
    "panic": Cell(0, "", ACTIVE),
    # whoever answers
    "duty": Cell(0, "p", ANSWERERS),
    "rest": Cell(0, "", ANSWERERS),
    "claim": Cell(WAITING, "", ("owner", *COLLEAGUES)),
    "look": Cell(WAITING, "", ("owner", *COLLEAGUES, "supervisor off")),
    "accept": Cell(TAKEN, "", ("receiver",)),
    "declin": Cell(TAKEN, "", ("owner", "receiver")),
    "notes": Cell(TAKEN, "", ("owner", *COLLEAGUES, "supervisor off")),
    # who has the case
    "undo": Cell(TAKEN, base36(HELD_WORDS), OWNER),
    "back": Cell(TAKEN, base36(SAID_WORDS), OWNER),
    "free": Cell(TAKEN, "", OWNER),
    "in20": Cell(TAKEN, "", OWNER),
    "show": Cell(TAKEN, "", OWNER),
    "more": Cell(TAKEN, "", OWNER),
    "less": Cell(TAKEN, "", OWNER),
    "can": Cell(TAKEN, "", OWNER),
    "pick": Cell(TAKEN, "reply", OWNER),
    "send": Cell(TAKEN, "reply", OWNER),
    "note": Cell(TAKEN, "", OWNER),
    "ntmine": Cell(TAKEN, "", OWNER),
    "ntteam": Cell(TAKEN, "", OWNER),
    "ntorg": Cell(TAKEN, "", OWNER),
    "next": Cell(TAKEN, "", OWNER),
    "trans": Cell(KEYED, ONE, OWNER),
    "trpage": Cell(TAKEN, "0", OWNER),
    "older": Cell(TAKEN, base36(SAID_WORDS), OWNER),
    "elsew": Cell(TAKEN, "", OWNER),
    "refer": Cell(TAKEN, "", OWNER),
    "refnew": Cell(TAKEN, "", OWNER),
    "refto": Cell(TAKEN, "1-d", OWNER),
    "close": Cell(TAKEN, "hy", OWNER),
    "keep": Cell(TAKEN, "", OWNER),
    "follow": Cell(TAKEN, "", OWNER),
    "safe": Cell(TAKEN, "day", OWNER),
    "sdays": Cell(TAKEN, "work", OWNER),
    "shours": Cell(TAKEN, "", OWNER),
    "sline": Cell(TAKEN, "", OWNER),
    "ssame": Cell(TAKEN, "", OWNER),
    "snone": Cell(TAKEN, "", OWNER),
    "word": Cell(TAKEN, "", OWNER),
    "wnew": Cell(TAKEN, "", OWNER),
    "wgone": Cell(TAKEN, "", OWNER),
    "still": Cell(TAKEN, "", OWNER),
    "sure": Cell(TAKEN, "", OWNER),
    "askshr": Cell(TAKEN, "", OWNER),
    # supervisors
    "load": Cell(0, "", EVERY_SUPERVISOR),
    "ended": Cell(0, "", EVERY_SUPERVISOR),
    "door": Cell(0, "c", EVERY_SUPERVISOR),
    "team": Cell(0, "", EVERY_SUPERVISOR),
    "give": Cell(WAITING, "", SUPERVISORS),
    "asgn": Cell(WAITING, ONE, SUPERVISORS),
    "reopen": Cell(CLOSED, "", SUPERVISORS),
    "let": Cell(0, ONE, SUPERVISORS),
    "deny": Cell(0, ONE, SUPERVISORS),
    "revoke": Cell(0, ONE, SUPERVISORS),
    "revyes": Cell(0, ONE, SUPERVISORS),
    "revno": Cell(0, ONE, EVERY_SUPERVISOR),
    "kyes": Cell(KEYED, "claimant", ("owner", *SUPERVISORS)),
    "kno": Cell(KEYED, "claimant", ("owner", *SUPERVISORS)),
    # two people
    "glass": Cell(TAKEN, "", ("owner", *SUPERVISORS)),
    "gask": Cell(TAKEN, "0", ("owner", *SUPERVISORS)),
    "gyes": Cell(ASKED, "", ("on call", "second", "supervisor", "supervisor off")),  # the first is not two
    "gopen": Cell(OPENED, "", ("first", "second")),
    "gnow": Cell(OPENED, base36(WINDOW_WORDS), ("first", "second")),
    # reviewers
    "cmpls": Cell(0, "", REVIEWERS),
    "cread": Cell(0, base36(COMPLAINT), ("reviewer elsewhere",)),
    "cansw": Cell(0, base36(COMPLAINT), ("reviewer elsewhere",)),
}
"""Every button. What is refused to somebody for another reason than who they are (a case in the wrong state) counts as theirs."""

PROMPTED: Final[dict[str, Cell]] = {
    "ask_note_mine": Cell(TAKEN, "algo", OWNER),
    "ask_note_team": Cell(TAKEN, "algo", OWNER),
    "ask_note_organization": Cell(TAKEN, "algo", OWNER),
    "ask_next": Cell(TAKEN, "algo", OWNER),
    "ask_referral": Cell(TAKEN, "algo", OWNER),
    "ask_hours": Cell(TAKEN, "09:00-18:00", OWNER),
    "ask_line": Cell(TAKEN, "algo", OWNER),
    "ask_word": Cell(TAKEN, "algo", OWNER),
    "ask_answer": Cell(COMPLAINT, "algo", ("reviewer elsewhere",)),
}
"""Every question of ours, answered."""

COMMANDED: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("start", "mesa", "board", "fila", "queue", "casos", "cases", "ayuda", "help"), ACTIVE),
    **dict.fromkeys(("panico", "panic", "idioma", "language"), ACTIVE),
    **dict.fromkeys(("turno", "duty"), ANSWERERS),
    **dict.fromkeys(("carga", "load", "puerta", "door", "equipo", "team"), EVERY_SUPERVISOR),
}
"""Every command."""

OF_THE_OWNER: Final = [
    "header",
    "more",
    "words",
    "held",
    "removed_by_seeker",
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
    "replies",
    "reply",
    "note_who",
    "ask_note",
    "note_kept",
    "next_step_prompt",
    "next_step_kept",
    "line_too_long",
    "transfer_who",
    "transfer_over",
    "transfer_accepted",
    "transfer_yours",
    "transfer_declined",
    "transfer_cancelled",
    "transfer_unanswered",
    "transfer_refused",
    "words_older",
    "words_lost",
    "elsewhere_sure",
    "elsewhere_asked",
    "elsewhere_yes",
    "elsewhere_no",
    "referrals",
    "referral_due",
    "refer_kept",
    "refer_prompt",
    "close_how",
    "close_sure",
    "closed",
    "follow_when",
    "follow_sure",
    "follow_kept",
    "safe",
    "safe_again",
    "word",
    "word_answered",
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
    "taken",
    "glass_lapsed",
    "glass_over",
]
"""About a case, for who has it (and for the two who broke its glass). Some leave without the case, after it has gone from somebody: what
is asked here is who may be shown it *of* a case."""
TO_COLLEAGUES: Final = [
    "notice",
    "notice_open",
    "transfer_asked",
    "overdue",
    "crisis_unanswered",
    "claimant",
    "assigned",
    "load_case",
    "glass_asked",
    "glass_granted",
    "glass_why",
    "glass_open",
]
OF_NO_CASE: Final = [
    "board",
    "queue",
    "mine",
    "load",
    "gap",
    "help",
    "rest",
    "closed_cases",
    "complaint",
    "complaint_open",
    "complaint_due",
    "complaints",
    "complaint_prompt",
    "complaint_long",
    "complaint_answered",
    "approve_asked",
    "let_in",
    "revoke_asked",
    "team",
    "panic_lead",
    "talk_asked",
    "unreachable_lead",
    "still_there",
    "languages",
    "off_duty_first",
    "reassigned",
    "rule_off_duty",
    "rule_not_allowed",
    "talk_nobody",
]
TO_ANYBODY: Final = ["redeemed", "unknown", "code_wrong", "put_out", "panicked"]
SEES_NOTICES: Final = tuple(who for who in ANSWERERS if who not in ("elsewhere", "supervisor elsewhere"))
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(OF_THE_OWNER, ("owner", "first", "second")),
    **dict.fromkeys(TO_COLLEAGUES, SEES_NOTICES),
    "notes": ("owner", *COLLEAGUES, "supervisor off", "second"),
    "glass_why": ("owner", *SUPERVISORS),
    "glass_asked": ("on call", "second", *SUPERVISORS),
    "glass_granted": ("owner", "first", "second"),
    "glass_open": ("owner", "first", "second"),
    **dict.fromkeys(OF_NO_CASE, ("owner", "first", "second")),
    **dict.fromkeys(TO_ANYBODY, ("owner", "first", "second")),
}
"""Every view, of the case whose glass is broken: who may be shown it. What belongs to no case is nobody's to see *of* one but who reads it
anyway; `test_what_belongs_to_no_case` asks who may be shown it at all."""
SHELF: Final = {"glass_why", "glass_asked", "glass_granted", "glass_open"}
"""Named by `of`, as they are posted: they reach people also where no consent is alive."""


# -- the desk ----------------------------------------------------------------------------------------------------------------------


class Caught:
    """What would have been committed."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    async def __call__(
        self, office: Office, draft: Draft, *, seeker: object = None, news: CaseNews | None = None, refresh: int = 0
    ) -> DeskVerdict:
        self.drafts.append(draft)
        return DeskVerdict.COMMITTED


@dataclass
class Place:
    """The desk, and what it was about to write."""

    desk: Desk
    caught: Caught
    updates: int = 0

    async def does(self, who: str, **what: Any) -> Draft:
        """Somebody sends something; answers what would have been written."""
        self.updates += 1
        self.caught.drafts.clear()
        user = PEOPLE[who].id
        await self.desk.reception([Incoming(update_id=self.updates, user_id=user, chat_id=user, **what)])
        (draft,) = self.caught.drafts
        return draft

    async def presses(self, who: str, name: str, case: int, arg: str) -> Draft:
        user = PEOPLE[who].id
        code = f"{name}.{arg}" if arg else name
        data = tokens.sign(KEY, user=user, chat=user, program=PROGRAM, step=STEP, turn=case, code=code)
        return await self.does(who, kind=Kind.PRESS, press_id="p", press_data=data)

    def argument(self, cell: Cell) -> str:
        """Arguments that are worked out from the content."""
        if cell.arg == "reply":
            texts = self.desk.office.texts
            return replies.mark(texts, "es", next(iter(texts.replies())))
        return returning.mark(OTHER) if cell.arg == "claimant" else cell.arg


@pytest_asyncio.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    stored = tuple(one for who, one in PEOPLE.items() if who != "stranger")
    desk = await open_desk(tmp_path, people=stored)
    book, draft = desk.office.book, desk.office.draft(T)
    for case in cases():
        draft.case(case)
    book.settle(draft.write())
    for one in words():
        book.words[one.case][one.id] = replace(one, version=1)
    book.complaints[COMPLAINT] = Complaint(id=COMPLAINT, ticket="t", about="casa", reviewer="red", text=CANARY, at=T, due_at=T + DAY)
    caught = Caught()
    monkeypatch.setattr(Office, "commit", lambda office, draft, **rest: caught(office, draft, **rest))
    yield Place(desk, caught)
    await desk.storage.close()


def refused(draft: Draft) -> str:
    """Why it was refused for who they are; empty when it was not."""
    codes = [entry.detail for entry in draft.audit if entry.deed is Deed.REFUSED]
    return next((code for code in codes if code in ("not-owner", "not-receiver", "same-person", "no-glass")), "")


def touched(draft: Draft) -> list[object]:
    """What would change; the trail, a line for themselves and where their own message stands excepted."""
    return [
        *draft.cases,
        *draft.words,
        *draft.responders,
        *draft.notes,
        *draft.doors,
        *draft.complaints,
        *(message for message in draft.messages if message.case),
        *draft.words_gone,
    ]


def nothing_but_a_line(draft: Draft, who: str) -> None:
    """A refusal changes nothing, shows nothing of any case, and nobody else hears of it."""
    assert touched(draft) == []
    assert all(item.case == 0 and item.responder == PEOPLE[who].id for item in draft.items)


# -- the cells ---------------------------------------------------------------------------------------------------------------------


def test_every_button_prompt_command_and_view_has_a_line() -> None:
    assert set(DEEDS) == set(VERBS)
    assert set(PROMPTED) == set(PROMPTS)
    assert set(COMMANDED) == set(COMMANDS)
    assert set(SHOWN) == set(views.VIEWS)
    assert set(TO_ANYBODY) == views.ANYBODY


async def test_every_button(place: Place) -> None:
    wrong = []
    for name, cell in DEEDS.items():
        for who in PEOPLE:
            draft = await place.presses(who, name, cell.case, place.argument(cell))
            wrong += list(judged(draft, who, name, who in cell.who))
    assert wrong == []


async def test_every_answered_prompt(place: Place) -> None:
    wrong = []
    for name, cell in PROMPTED.items():
        for who, one in PEOPLE.items():
            asked = DeskMessage(row=1, responder=one.id, case=cell.case, kind=name, message_id=50, at=T)
            place.desk.office.book.ledgers[one.id] = {1: asked}
            draft = await place.does(who, kind=Kind.TEXT, text=cell.arg, message_id=51, reply_to=50)
            wrong += list(judged(draft, who, name, who in cell.who))
    assert wrong == []


async def test_every_command(place: Place) -> None:
    wrong = []
    for name, allowed in COMMANDED.items():
        for who in PEOPLE:
            kind = Kind.START if name == "start" else Kind.COMMAND
            draft = await place.does(who, kind=kind, text="" if name == "start" else name, message_id=51)
            wrong += list(judged(draft, who, name, who in allowed))
    assert wrong == []


async def test_words_are_typed_by_who_has_the_case(place: Place) -> None:
    """Words in a topic, or in answer to a message of a case, are nobody's to send but its owner's and the two of an emergency."""
    for case, allowed in (
        (TAKEN, OWNER),
        (OPENED, ("owner", "first", "second")),
        (WAITING, ()),
        (CLOSED, ()),
        (WITHDRAWN, ()),
        (ENDED, ()),
    ):
        for who, one in PEOPLE.items():
            header = DeskMessage(row=1, responder=one.id, case=case, kind="header", message_id=50, at=T)
            place.desk.office.book.ledgers[one.id] = {1: header}
            draft = await place.does(who, kind=Kind.TEXT, text="hola", message_id=51, reply_to=50)
            assert bool(draft.words) is (who in allowed), (case, who)


def judged(draft: Draft, who: str, name: str, allowed: bool) -> Iterator[str]:
    """What is wrong with a cell."""
    if who in OUT:
        said = {item_view(item) for item in draft.items if item.kind != "clear"}  # their own chat may be emptied once more
        theirs = all(item.responder == PEOPLE[who].id for item in draft.items)
        if not (said <= views.ANYBODY and theirs and not touched(draft) and not draft.audit):
            yield f"{who} is answered: {name}"
    elif allowed and refused(draft):
        yield f"{who} is refused {name}: {refused(draft)}"
    elif not allowed and not refused(draft):
        yield f"{who} may {name}"
    elif not allowed:
        nothing_but_a_line(draft, who)


def item_view(item: DeskItem) -> str:
    """Which view an item is."""
    found = item.payload.decode().split('"view":"')[1]
    return found[: found.index('"')]


@pytest.mark.parametrize("case", [ENDED, WITHDRAWN])
async def test_without_a_consent_nothing_of_a_case_is_shown_to_anybody(place: Place, case: int) -> None:
    """Every button by everybody on a case whose consent has ended or was taken back: nothing is posted of it, no words are kept, and only
    ways out of it go."""
    for name, cell in DEEDS.items():
        for who in PEOPLE:
            draft = await place.presses(who, name, case, place.argument(cell))
            assert not [item for item in draft.items if item.case == case], (name, who)
            assert all(one.state is WordsState.REMOVED for one in draft.words.values()), (name, who)
            assert not draft.notes


# -- views -------------------------------------------------------------------------------------------------------------------------


async def sees(place: Place, who: str, view: str, case: int, *, of: bool, number: int = 0) -> bool:
    """Whether a view of a case passes the deliverer's gate for somebody."""
    item = DeskItem(row=1, responder=PEOPLE[who].id, kind="post", payload=b"", case=0 if of else case)
    task = Task(item=item, op="post", view=view, kind=view, words=number, silent=True, topic=True, args={"of": case} if of else {})
    found = place.desk.office.book.responders.get(PEOPLE[who].id)
    return found is not None and await place.desk.deliverer._look(found, task) is not None


async def test_every_view_of_a_case(place: Place) -> None:
    wrong = []
    for view, allowed in SHOWN.items():
        for who in PEOPLE:
            seen = await sees(place, who, view, OPENED, of=view in SHELF)
            if seen is not (who in allowed):
                wrong.append(f"{view}: {who} {'sees' if seen else 'does not see'} it")
    assert wrong == []


@pytest.mark.parametrize("case", [ENDED, WITHDRAWN])
async def test_no_view_of_a_case_without_consent(place: Place, case: int) -> None:
    """Nobody is shown anything of it; only who may ask for, or agree to, acting in an emergency reads that it was asked."""
    for view in SHOWN:
        for who in PEOPLE:
            if view in ("glass_why", "glass_asked"):
                continue
            assert not await sees(place, who, view, case, of=view in SHELF), (view, who)


async def test_what_belongs_to_no_case(place: Place) -> None:
    """It leaves for those who are let in; without access only what says nothing of anybody."""
    for view in SHOWN:
        for who in PEOPLE:
            seen = await sees(place, who, view, 0, of=False)
            stored = who != "stranger"
            assert seen is (stored and (who not in OUT or view in TO_ANYBODY)), (view, who)


async def test_what_lists_say_to_whom(place: Place) -> None:
    """Boards, lists and complaints, rendered for everybody: no words of anybody, no case of another organization, no complaint but for
    who may read it."""
    for view in OF_NO_CASE:
        for who in ACTIVE:
            one = place.desk.office.book.responders[PEOPLE[who].id]
            args = {"of": COMPLAINT, "complaint": COMPLAINT, "who": 9, "until": T, "count": 1, "ticket": "t", "designation": ""}
            item = DeskItem(row=1, responder=one.id, kind="post", payload=b"")
            task = Task(item=item, op="post", view=view, kind=view, words=0, silent=True, topic=False, args=args)
            look = await place.desk.deliverer._look(one, task)
            shown = views.VIEWS[view](look) if look is not None else None
            text = "" if shown is None else shown.text + "".join(button.text for row in shown.rows for button in row)
            assert CANARY not in text or (view == "complaint_open" and who == "reviewer elsewhere"), (view, who)
            if who in ("elsewhere", "supervisor elsewhere", *REVIEWERS):
                assert "Faro" not in text, (view, who, text)


def test_menus_remember_what_was_typed() -> None:
    """What is looked up by kind must not collide with a prompt."""
    assert menus.TYPED not in PROMPTS
