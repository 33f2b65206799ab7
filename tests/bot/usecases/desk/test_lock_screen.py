"""What a lock screen and the list of chats may show (features.md P6): an alias and a number, and nothing of
what somebody is about, speaks, is called, or said.

Every view is made of a case that is full of it. What is covered is dots on a lock screen; what is left is looked through.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from bot.domain.case import (
    BreakGlass,
    Case,
    Complaint,
    Consent,
    Direction,
    HandoffStatus,
    Level,
    Note,
    Purpose,
    Referral,
    ReferralState,
    SafeContact,
    SharedLine,
    Visibility,
    Words,
)
from bot.domain.handoff import claim, request
from bot.usecases.channel import Rendered
from bot.usecases.desk.deliver import _dressed, opened
from bot.usecases.desk.looking import Look
from bot.usecases.desk.pieces import pieces
from bot.usecases.desk.views import VIEWS
from bot.usecases.desk_ports import DeskItem
from tests.bot.domain.desk import T, clocks, consent
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, KEY, SEEKER, SUPE, Desk, open_desk
from tests.house import ROOT

ASKED: Final = frozenset({"queue", "mine", "load", "reply", "replies", "referrals", "safe", "languages", "elsewhere_sure", "closed_cases"})
"""Lists and menus that come only when whoever holds the phone has just tapped for them, and hold what they tapped for."""
UNASKED: Final = ("ladder", "absence", "orders", "office", "relay", "deliver", "windows")
"""What acts by itself, or because a seeker wrote."""
DESK: Final = ROOT / "bot" / "usecases" / "desk"


def full(stage: HandoffStatus) -> Case:
    """A case with something to hide in every place there is."""
    made = request(
        T,
        id=7,
        seeker=SEEKER,
        designation="Faro",
        consent=consent(locale="es"),
        needs=("missing_person",),
        level=Level.HIGH,
    )
    shared = replace(consent(locale="es"), purpose=Purpose.SHARE)
    assert isinstance(shared, Consent)
    return replace(
        claim(made, ANA, T, clocks=clocks()),
        handoff=stage,
        consents=(*made.consents, shared),
        shared=(SharedLine(key="k", question="flow.missing_person.title", answer="flow.missing_person.title"),),
        next_step=f"preguntar por {CANARY}",
        rules=("someone_missing",),
        safe_contact=SafeContact(first_line=CANARY),
        referrals=(Referral(id=3, service=CANARY, state=ReferralState.SENT, at=T),),
        claimant=SEEKER,
        transfer_to=BRUNO,
        asked_elsewhere="red",
        broken_glass=BreakGlass(reason="life_at_risk", first=SUPE, second=ANA, at=T, until=T + 900),
    )


def told(desk: Desk) -> tuple[str, ...]:
    """What must not be read: words, the service, the topic, the language, the other organization, the reason."""
    say = desk.say
    topic = desk.office.texts.find("es", "flow.missing_person.title")
    return (CANARY, topic, say("language_es"), "Red Norte", say("reason_someone_missing"), say("glass_life_at_risk"))


def made(desk: Desk, view: str, reader: int, stage: HandoffStatus = HandoffStatus.ACTIVE, **args: object) -> Rendered | None:
    """The view as it leaves."""
    case = full(stage)
    desk.office.book.cases[case.id] = case
    words = Words(id=5, case=case.id, direction=Direction.SEEKER, number=1, text=f"me llamo {CANARY}", at=T)
    note = Note(id=6, case=case.id, author=ANA, visibility=Visibility.ORGANIZATION, text=CANARY, at=T)
    look = Look(
        office=desk.office,
        responder=desk.office.book.responders[reader],
        case=case,
        words=words,
        args={"of": case.id, "referral": 3, "other": "red", **args},
        at=T,
        key=KEY,
        transcript=(words,),
        notes=(note,),
    )
    shown = VIEWS[view](look)
    draft = desk.office.draft()
    draft.post(reader, view, case=case, words=5)
    return _dressed(shown, opened(draft.items[0]), look, 0) if shown is not None else None


def read(message: Rendered) -> str:
    """What is left when everything covered is dots."""
    text = ""
    for part in pieces(message):
        raw = part.text.encode("utf-16-le")
        for span in sorted(part.hidden, key=lambda one: -one.offset):
            raw = raw[: 2 * span.offset] + raw[2 * (span.offset + span.length) :]
        text += raw.decode("utf-16-le")
    return text


ARGS: Final[dict[str, dict[str, object]]] = {
    "close_sure": {"outcome": "helped"},
    "closed": {"outcome": "helped", "designation": "Faro"},
    "ask_note": {"visibility": "mine"},
    "note_kept": {"visibility": "mine"},
    "transfer_accepted": {"colleague": "Bruno", "designation": "Faro"},
    "follow_sure": {"days": 1},
    "approve_asked": {"who": BRUNO},
    "revoke_asked": {"who": BRUNO},
    "panic_lead": {"who": BRUNO},
    "talk_asked": {"who": BRUNO},
    "unreachable_lead": {"who": BRUNO},
}


@pytest.mark.parametrize("view", sorted(VIEWS.keys() - ASKED))
async def test_nothing_of_a_case_is_read_without_a_tap(tmp_path: Path, view: str) -> None:
    desk = await open_desk(tmp_path)
    for reader, stage in product((ANA, BRUNO, SUPE), (HandoffStatus.ACTIVE, HandoffStatus.TRANSFERRED, HandoffStatus.OFFERED)):
        shown = made(desk, view, reader, stage, **ARGS.get(view, {}))
        if shown is not None:
            found = [one for one in told(desk) if one.casefold() in read(shown).casefold()]
            assert found == [], (view, read(shown))


async def test_what_is_looked_for_is_there(tmp_path: Path) -> None:
    """Uncovered, these views do hold it: the test can fail."""
    desk = await open_desk(tmp_path)
    stages = {"transfer_asked": HandoffStatus.TRANSFERRED, "notice_open": HandoffStatus.OFFERED}
    held = (
        ("words", 0),
        ("header", 1),
        ("header", 2),
        ("notice_open", 1),
        ("referral_due", 0),
        ("transfer_asked", 0),
        ("elsewhere_yes", 3),
    )
    for view, place in held:
        shown = made(desk, view, BRUNO if view == "transfer_asked" else ANA, stages.get(view, HandoffStatus.ACTIVE))
        assert shown is not None
        assert told(desk)[place].casefold() in shown.text.casefold(), view


async def test_a_complaint_is_covered(tmp_path: Path) -> None:
    """Its words are read by whoever taps."""
    desk = await open_desk(tmp_path)
    held = Complaint(id=9, ticket="ABCD-EFGH", about="casa", reviewer="red", text=CANARY, at=T)
    shown = _dressed(Rendered(text=f"{held.ticket}\n{held.text}"), opened(_item(desk)), _bare(desk), 0)
    assert (CANARY in shown.text, CANARY in read(shown)) == (True, False)


def _item(desk: Desk) -> DeskItem:
    draft = desk.office.draft()
    draft.post(ANA, "complaint_open", topic=False)
    return draft.items[0]


def _bare(desk: Desk) -> Look:
    return Look(office=desk.office, responder=desk.office.book.responders[ANA], case=None, words=None, args={}, at=T, key=KEY)


def posted(file: Path) -> Iterator[str]:
    """Names of views a module posts."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "post" and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


def test_what_is_only_shown_when_asked_for_is_never_posted_by_itself() -> None:
    found = {name for module in UNASKED if (DESK / f"{module}.py").exists() for name in posted(DESK / f"{module}.py")}
    assert len(found) > 10
    assert found & ASKED == set()
