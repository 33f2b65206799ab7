"""Values of the desk for storage tests: a case somebody consented to, words, staff, and the write around them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import Case, Complaint, Consent, Direction, Note, Purpose, Visibility, Words
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.storage.sql_storage import SqlStorage
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskVerdict, DeskWrite
from tests.bot.storage.house import START, seeker

DAY = 86_400
HOME = "casa-puente"
OTHER = "red-norte"


def consent(*, until: int = START + 30 * DAY, organization: str = HOME, **fields: object) -> Consent:
    """To be contacted, unless told otherwise."""
    usual: dict[str, object] = {
        "purpose": Purpose.CONTACT,
        "text_version": "0123456789abcdef",
        "locale": "es",
        "scope": ("language", "topic"),
        "granted_at": START,
    }
    return Consent(organization=organization, until=until, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def case(number: int, **fields: object) -> Case:
    """Of seeker `number`, consented to, in the queue."""
    usual: dict[str, object] = {
        "seeker": seeker(number),
        "designation": f"Colibrí {number}",
        "organization": HOME,
        "locale": "es",
        "requested_at": START,
        "consents": (consent(),),
    }
    return Case(id=number, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def words(number: int, of: int, **fields: object) -> Words:
    """Typed by the seeker."""
    usual: dict[str, object] = {"direction": Direction.SEEKER, "number": number, "text": f"words {number}", "at": START}
    return Words(id=number, case=of, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def note(number: int, of: int, text: str = "a note") -> Note:
    """Of responder 1, for the team."""
    return Note(id=number, case=of, author=1, visibility=Visibility.TEAM, text=text, at=START)


def item(number: int, of: int = 0, **fields: object) -> DeskItem:
    """Owed to responder 1."""
    usual: dict[str, object] = {"responder": 1, "kind": "words", "payload": b'{"text": "hola"}', "case": of}
    return DeskItem(row=number, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def standing(number: int, of: int = 0, **fields: object) -> DeskMessage:
    """In responder 1's chat."""
    usual: dict[str, object] = {"responder": 1, "kind": "header", "message_id": 500 + number, "case": of, "at": START}
    return DeskMessage(row=number, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def responder(number: int = 0, **fields: object) -> Responder:
    """Let in, and known by an alias."""
    usual: dict[str, object] = {
        "organization": HOME,
        "role": StaffRole.RESPONDER,
        "state": ResponderState.ACTIVE,
        "alias": f"Jacaranda {number}",
    }
    return Responder(id=number, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def complaint(number: int, **fields: object) -> Complaint:
    """On its way."""
    usual: dict[str, object] = {"ticket": "Q-7", "about": HOME, "reviewer": "revisora", "text": "no contestaron", "at": START}
    return Complaint(id=number, **{**usual, **fields})  # type: ignore[arg-type]  # test values


def entry(number: int = 1, deed: Deed = Deed.CLAIM, *, at: int = START) -> AuditEntry:
    """Responder 1 did something to a case."""
    return AuditEntry(at=at, actor="responder:1", deed=deed, object=f"case:{number}")


def written(**fields: object) -> DeskWrite:
    """A write now."""
    return DeskWrite(**{"at": START, **fields})  # type: ignore[arg-type]  # test values


async def put(storage: SqlStorage, **fields: object) -> None:
    """A write that must go well."""
    assert await storage.write_desk(written(**fields)) is DeskVerdict.COMMITTED


async def case_of(storage: SqlStorage, number: int) -> Case:
    """A case as stored."""
    return next(one for one in await storage.cases() if one.id == number)


def raised(value: Case, **fields: object) -> Case:
    """The next value of a case that was written."""
    return replace(value, version=value.version + 1, **fields)  # type: ignore[arg-type]  # test values


def tampered(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change the file behind storage's back, its triggers taken away first."""
    raw = sqlite3.connect(path)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    for sql, values in statements:
        raw.execute(sql, values)
    raw.commit()
    raw.close()
