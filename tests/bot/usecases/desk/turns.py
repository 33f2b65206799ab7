"""Hands for tests of the desk's rules: a seeker's turn with any order, the clockwork, and a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.case import Case, Complaint, Level
from bot.domain.organization import Organization
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder, StaffRole
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import conversing, orders
from bot.usecases.desk.book import Book
from bot.usecases.desk.ladder import Ladder
from bot.usecases.desk_ports import DeskWrite
from flows.effects import Order, OrderKind
from flows.events import MediaKind
from flows.state import Conversation, DeskState, Position
from flows.state import Desk as Told
from tests.bot.domain.desk import responder
from tests.bot.usecases.desk.casework import CASA, PEOPLE, SEEKER, Desk, open_desk
from tests.house import program

STRANGER = SeekerId(b"x" * 32)
REVIEWER, PARTIAL = 6, 7
"""A reviewer of the other organization, and one of the very organization complaints are about."""
REVIEWERS = (
    responder(REVIEWER, alias="Ruda", role=StaffRole.REVIEWER, organization="red", duty_until=0),
    responder(PARTIAL, alias="Parcial", role=StaffRole.REVIEWER, duty_until=0),
)


async def opened(folder: Path, *, organization: Organization = CASA, people: tuple[Responder, ...] = PEOPLE + REVIEWERS) -> Desk:
    """A desk whose complaints go to the other organization, with reviewers."""
    return await open_desk(folder, organization=replace(organization, complaints_to="red"), people=people)


def before(**changes: object) -> Conversation:
    """A seeker's conversation in front of an open desk."""
    told = Told(state=DeskState.OPEN, organization="casa", name="Casa")
    made = Conversation(program="p", locale="es", stack=(Position(flow="person", step="offer"),), needs=("missing_person",))
    return replace(made.evolve(desk=told, offered="casa"), **changes)  # type: ignore[arg-type]  # named in each test


def typed(text: str = "", message: int = 900) -> Incoming:
    """Something the seeker typed."""
    return Incoming(update_id=1, kind=Kind.TEXT, text=text, message_id=message)


def sent(media: MediaKind, **rest: object) -> Incoming:
    """Something the seeker sent."""
    made = Incoming(update_id=1, kind=Kind.MEDIA, media=media, message_id=901)
    return replace(made, **rest)  # type: ignore[arg-type]  # named in each test


async def turn(
    desk: Desk,
    *wanted: Order,
    incoming: Incoming | None = None,
    conversation: Conversation | None = None,
    seeker: SeekerId = SEEKER,
) -> DeskWrite | None:
    """A seeker's turn with these orders, committed and delivered."""
    case = desk.office.book.case_of(seeker)
    held = conversation or before()
    made = orders.Turn(
        office=desk.office,
        seeker=seeker,
        program=program(),
        before=held,
        after=held,
        incoming=incoming,
        transcript=await conversing.transcript(desk.office, case) if case else (),
        draft=desk.office.draft(),
        case=case,
    )
    write = orders.obey(made, wanted)
    if write is not None:
        await desk.office.commit(made.draft)
        await desk.deliverer.settle()
    return write


def order(what: OrderKind, value: str = "", **rest: object) -> Order:
    """One order."""
    return replace(Order(what=what, value=value), **rest)  # type: ignore[arg-type]  # named in each test


async def requested(desk: Desk, level: Level | None = None) -> Case:
    """Somebody asked for a person."""
    await turn(desk, order(OrderKind.REQUEST, blocks=("flow.person.offer.choice.yes",)))
    return desk.case() if level is None else await desk.commit(replace(desk.case(), level=level))


async def wait(desk: Desk, seconds: int) -> None:
    """Time passes, and the clockwork goes once."""
    desk.clock.at += seconds
    await Ladder(desk.office).pass_()
    await desk.deliverer.settle()


async def restart(desk: Desk) -> None:
    """The program ends and starts again: everything is read from storage anew."""
    book = Book(storage=desk.storage)
    await book.load(desk.clock.at // 86_400)
    desk.office.book = book


def label(desk: Desk, name: str, **values: object) -> str:
    """A desk text as it stands on a button."""
    return desk.office.texts.say("es", name, **values)


async def complained(desk: Desk, text: str = "No contestaron.") -> Complaint:
    """Somebody complained about CASA."""
    await turn(desk, order(OrderKind.COMPLAINT), incoming=typed(text))
    return max(desk.office.book.complaints.values(), key=lambda one: one.id)
