"""What the desk knows and decides beside its verbs: names, how often one asks, what is forgotten, whose chats are emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.case import ANSWERED_DAYS, CASES_A_DAY, DAY, KEPT_DAYS, Case
from bot.domain.designation import NOUNS
from bot.domain.staff import ResponderState
from bot.storage.sql_storage import SqlStorage
from flows.effects import OrderKind
from tests.bot.domain.desk import HOUR, SEEKER, T, waiting
from tests.bot.usecases.desk.casework import ANA, BRUNO, CARO, SUPE, Desk, with_case
from tests.bot.usecases.desk.turns import STRANGER, complained, opened, order, requested, turn, wait


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await opened(tmp_path)
    yield made
    await made.storage.close()


@pytest.fixture
async def owned(desk: Desk) -> Desk:
    return await with_case(desk)


def keep(desk: Desk, *cases: Case) -> None:
    """Cases that are only remembered."""
    desk.office.book.cases.update({case.id: case for case in cases})


# -- names ---------------------------------------------------------------------------------------------------------------------------


def test_two_requests_of_one_wave_never_get_one_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.usecases.desk.office.secrets.randbelow", lambda _: 0)
    assert desk.office.designation() != desk.office.designation()


async def test_a_name_that_was_drawn_for_nothing_is_free_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.usecases.desk.office.secrets.randbelow", lambda _: 0)
    first = desk.office.designation()
    desk.clock.at += 60
    assert desk.office.designation() == first


def test_names_of_closed_cases_do_not_run_out_of_names(desk: Desk) -> None:
    names = [f"{noun} {number}" for noun in NOUNS for number in range(10, 100)]
    closed = [replace(waiting(number=n + 1), designation=name) for n, name in enumerate(names)]
    keep(desk, *(handoff.withdraw(case, T) for case in closed))
    assert desk.office.designation() in names
    keep(desk, *closed)
    assert len(desk.office.designation().split(" ")[-1]) == 3


# -- how often -----------------------------------------------------------------------------------------------------------------------


async def test_three_requests_a_day_also_when_they_were_withdrawn_or_erased(desk: Desk) -> None:
    for number in range(CASES_A_DAY):
        assert not desk.office.asks_too_often(SEEKER, desk.clock.at)
        await requested(desk)
        await turn(desk, order(OrderKind.ERASE if number else OrderKind.WITHDRAW))
        desk.clock.at += HOUR
    assert desk.office.asks_too_often(SEEKER, desk.clock.at)
    assert not desk.office.asks_too_often(STRANGER, desk.clock.at)
    assert not desk.office.asks_too_often(SEEKER, T + DAY)


# -- what is forgotten ---------------------------------------------------------------------------------------------------------------


async def test_what_retention_takes_is_not_remembered_either(owned: Desk) -> None:
    await owned.hear("hola")
    number = owned.case().id
    await owned.commit(handoff.close(owned.case(), "helped", owned.clock.at, by=ANA))
    complaint = await complained(owned)
    draft = owned.office.draft()
    draft.complaints.append(replace(complaint, answered="Gracias.", answered_at=owned.clock.at))
    await owned.office.commit(draft)
    await wait(owned, KEPT_DAYS * DAY - 1)
    assert number in owned.office.book.cases
    await wait(owned, 1)
    assert number not in owned.office.book.cases
    assert owned.office.book.closed_of(SEEKER) == ()
    assert owned.office.book.words.get(number) is None
    assert complaint.id in owned.office.book.complaints
    await wait(owned, (ANSWERED_DAYS - KEPT_DAYS) * DAY)
    assert complaint.id not in owned.office.book.complaints


async def test_erasing_after_retention_has_taken_a_closed_case(owned: Desk) -> None:
    """The very second it is gone from storage, and still remembered."""
    await owned.commit(handoff.close(owned.case(), "helped", owned.clock.at, by=ANA))
    owned.clock.at += KEPT_DAYS * DAY
    await owned.storage.purge(owned.clock.at)
    assert len(owned.office.book.closed_of(SEEKER)) == 1
    await turn(owned, order(OrderKind.ERASE))
    assert owned.office.book.closed_of(SEEKER) == ()


async def test_what_is_settled_while_everything_is_read_anew_stands(owned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries are written outside the turnstile: one of them between two reads must not be undone in memory."""
    await owned.hear("hola")
    read = SqlStorage.cases

    async def meanwhile(self: SqlStorage) -> Sequence[Case]:
        found = await read(self)
        await owned.commit(replace(owned.case(), next_step="llamar"))
        return found

    monkeypatch.setattr(SqlStorage, "cases", meanwhile)
    waits = len(owned.office.book.waited)
    await owned.office.book.load(owned.clock.at // DAY)
    assert owned.case().next_step == "llamar"
    assert len(owned.office.book.waited) == waits
    await owned.commit(replace(owned.case(), next_step="volver"))


async def test_who_was_moved_by_another_process_is_noted_however_staff_is_read(owned: Desk) -> None:
    revoked = replace(owned.office.book.responders[ANA], state=ResponderState.REVOKED)
    owned.office.book.responders[ANA] = replace(revoked, state=ResponderState.ACTIVE)
    await owned.storage.write_desk(replace(owned.office.draft().write(), responders=(revoked,)))
    await owned.office.book.reload_staff()
    assert owned.office.book.moved == {ANA: ResponderState.ACTIVE}
    await owned.office.book.reload_staff()
    assert owned.office.book.moved == {ANA: ResponderState.ACTIVE}


# -- whose chats ---------------------------------------------------------------------------------------------------------------------


async def test_everybody_who_may_have_been_shown_a_case_is_emptied(owned: Desk) -> None:
    draft = owned.office.draft()
    draft.responder(replace(owned.office.book.responders[CARO], on_call=True))
    draft.post(SUPE, "crisis_unanswered", case=owned.case(), topic=False)
    draft.post(SUPE, "no_match_lead", topic=False, of=owned.case().id, designation=owned.case().designation)
    await owned.office.commit(draft)
    await owned.deliverer.settle()
    assert "Faro" in owned.texts(SUPE)
    await turn(owned, order(OrderKind.WITHDRAW))
    assert "Faro" not in owned.texts(SUPE)
    cleared = {item.responder for item in owned.writes[-1].items if item.kind == "clear"} | {
        item.responder for write in owned.writes for item in write.items if item.kind == "clear"
    }
    assert {ANA, SUPE, CARO} <= cleared
    assert BRUNO not in cleared
