"""Nobody waits for somebody who is not there: duty that has ended, an owner who is away, and nobody who fits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.case import CaseStatus, HandoffStatus, Level
from bot.domain.duty import OfferState
from bot.domain.routing import Wanted
from bot.usecases.desk.office import PRESENT
from flows.effects import OrderKind
from flows.state import CaseStage, DeskState
from tests.bot.domain.desk import HOUR, MINUTE, T, clocks
from tests.bot.usecases.desk.casework import ANA, BRUNO, CARO, CASA, PEOPLE, SUPE, Desk, with_case
from tests.bot.usecases.desk.turns import before, label, opened, order, requested, restart, turn, wait

WITH_MINORS = replace(CASA, minors=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await opened(tmp_path)
    yield made
    await made.storage.close()


@pytest.fixture
async def owned(desk: Desk) -> Desk:
    return await with_case(desk)


async def off_duty(desk: Desk, *who: int) -> None:
    draft = desk.office.draft()
    for number in who:
        draft.responder(replace(desk.office.book.responders[number], duty_until=0))
    await desk.office.commit(draft)


async def on_duty(desk: Desk, who: int, **changes: object) -> None:
    draft = desk.office.draft()
    made = replace(desk.office.book.responders[who], duty_until=desk.clock.at + 8 * HOUR, **changes)  # type: ignore[arg-type]  # named in each test
    draft.responder(made)
    await desk.office.commit(draft)


async def answered(desk: Desk) -> None:
    """Ana wrote, and it is the seeker's turn."""
    await desk.write(ANA, "Aquí estoy.")
    await wait(desk, clocks().hold)
    desk.clock.at += PRESENT


# -- who has it is away ------------------------------------------------------------------------------------------------------------


async def test_words_for_somebody_off_duty_go_to_the_queue_when_a_colleague_is_there(owned: Desk) -> None:
    await answered(owned)
    await off_duty(owned, ANA)
    await wait(owned, 0)
    assert owned.case().responder == ANA, "no word is owed: it stays theirs"
    await owned.hear("¿sigues ahí?")
    await wait(owned, 1)
    assert (owned.case().status, owned.case().responder) == (CaseStatus.OPEN, None)
    assert owned.news()[-1] == "given_back"
    assert owned.platform.titles == {}
    assert label(owned, "duty_over_passed", designation="Faro") in owned.texts(ANA)
    assert ("program", "release", "off_duty") in await owned.trail()
    await wait(owned, 0)
    assert BRUNO in owned.case().rung
    assert ANA not in owned.case().rung
    owned.all_written()


async def test_with_nobody_else_the_seeker_is_told_once_and_it_stays_theirs(owned: Desk) -> None:
    await answered(owned)
    await off_duty(owned, ANA, BRUNO)
    await owned.hear("¿sigues ahí?")
    for _ in range(3):
        await wait(owned, 1)
    assert owned.case().responder == ANA
    assert owned.news().count("away") == 1
    told = owned.office.desk(before(case=CaseStage.LIVE), owned.case())
    assert (told.alias, told.state) == ("", DeskState.AWAY)
    await on_duty(owned, CARO)
    await wait(owned, 1)
    assert owned.case().status is CaseStatus.OPEN
    assert owned.news()[-1] == "given_back"


async def test_it_is_said_again_only_after_a_human_has_written(owned: Desk) -> None:
    await answered(owned)
    await off_duty(owned, ANA, BRUNO)
    for _ in range(2):
        await owned.hear("¿sigues ahí?")
        await wait(owned, 1)
    assert owned.news().count("away") == 1
    await on_duty(owned, ANA)
    await answered(owned)
    await off_duty(owned, ANA)
    await owned.hear("¿y ahora?")
    await wait(owned, 1)
    assert owned.news().count("away") == 2


async def test_somebody_off_duty_in_the_middle_of_writing_keeps_it(owned: Desk) -> None:
    await owned.write(ANA, "Aquí estoy.")
    await wait(owned, clocks().hold)
    await off_duty(owned, ANA)
    await owned.hear("gracias")
    await wait(owned, 1)
    assert owned.case().responder == ANA
    there = owned.office.owner_there(owned.case(), owned.clock.at)
    assert there is not None
    assert there.alias == "Ana"
    await wait(owned, PRESENT)
    assert owned.case().responder is None


async def test_who_said_when_they_are_back_and_who_was_asked_to_take_over_have_their_time(owned: Desk) -> None:
    await answered(owned)
    await off_duty(owned, ANA)
    await owned.hear("hola")
    await owned.commit(replace(owned.case(), back_at=owned.clock.at + 20 * MINUTE))
    await wait(owned, 1)
    assert owned.case().responder == ANA
    await owned.commit(replace(owned.case(), back_at=None, handoff=HandoffStatus.TRANSFERRED, transfer_to=BRUNO))
    await wait(owned, 1)
    assert owned.case().responder == ANA


async def test_duty_that_ends_is_told_and_its_question_goes(owned: Desk) -> None:
    await answered(owned)
    await off_duty(owned, BRUNO)
    until = owned.office.book.responders[ANA].duty_until
    await wait(owned, until - clocks().duty_reminder - owned.clock.at)
    assert label(owned, "still_there") in owned.texts(ANA)
    await wait(owned, until - owned.clock.at)
    assert label(owned, "still_there") not in owned.texts(ANA)
    assert label(owned, "duty_over") in owned.texts(ANA)
    assert label(owned, "off_duty_first", count=1) in owned.texts(ANA)
    assert owned.office.book.responders[ANA].duty_until == 0
    assert ("program", "off_duty", "over") in await owned.trail()
    await restart(owned)
    await wait(owned, 1)
    assert owned.texts(ANA).count(label(owned, "duty_over")) == 1


# -- nobody fits ---------------------------------------------------------------------------------------------------------------------


async def test_the_offer_counts_only_who_could_take_this_seeker(tmp_path: Path) -> None:
    desk = await opened(tmp_path, organization=WITH_MINORS)
    offer = desk.office.offer
    assert offer("casa", T).state is OfferState.OPEN
    assert offer("casa", T, Wanted(minor=True)).state is OfferState.AWAY
    assert offer("casa", T, Wanted(locale="fr")).state is OfferState.AWAY
    young = before(answers={"youth.path": ("yes",)})
    assert desk.office.desk(before(), None).state is DeskState.OPEN
    assert (desk.office.desk(young, None).organization, desk.office.desk(young, None).state) == ("casa", DeskState.AWAY)
    await on_duty(desk, CARO, minors=True)
    assert desk.office.desk(young, None).state is DeskState.OPEN
    await desk.storage.close()


async def test_a_language_nobody_on_duty_writes_is_not_offered_as_open(tmp_path: Path) -> None:
    people = tuple(replace(one, languages=("es",)) for one in PEOPLE)
    desk = await opened(tmp_path, people=people)
    assert desk.office.desk(before(locale="en"), None).state is DeskState.AWAY
    assert desk.office.desk(before(locale="ht"), None).state is DeskState.OPEN, "nobody there writes it at all: that was said (`speaks`)"
    assert not desk.office.desk(before(locale="ht"), None).speaks
    await desk.storage.close()


async def test_a_minor_for_whom_nobody_is_trained_is_told_at_the_first_bell_and_so_are_supervisors(tmp_path: Path) -> None:
    desk = await opened(tmp_path, organization=WITH_MINORS)
    await requested(desk)
    await desk.commit(replace(desk.case(), minor=True))
    await wait(desk, 0)
    assert desk.case().rung == ()
    assert desk.news() == ["no_match"]
    assert label(desk, "no_match_lead", designation=desk.case().designation) in desk.texts(SUPE)
    await wait(desk, 1)
    assert desk.news() == ["no_match"]
    desk.all_written()
    await desk.storage.close()


async def test_a_wish_nobody_on_duty_fits_is_answered_within_a_pass(desk: Desk) -> None:
    people = [replace(one, gender="man") for one in desk.office.book.responders.values()]
    draft = desk.office.draft()
    for one in people:
        draft.responder(one)
    await desk.office.commit(draft)
    await requested(desk)
    await wait(desk, 0)
    assert label(desk, "take") in desk.labels(ANA)
    await turn(desk, order(OrderKind.PREFER, "woman"))
    await wait(desk, 1)
    assert desk.news() == ["no_match"]
    assert label(desk, "take") not in desk.labels(ANA), "nobody rung may take it any more"
    await turn(desk, order(OrderKind.PREFER, "any"))
    await wait(desk, clocks().offsets[Level.ORDINARY][next(iter([*clocks().offsets[Level.ORDINARY]][1:]))])
    assert desk.news() == ["no_match"]
    assert label(desk, "take") in desk.labels(ANA)


async def test_who_left_a_request_for_an_hour_that_was_named_is_not_told_twice(tmp_path: Path) -> None:
    desk = await opened(tmp_path, organization=WITH_MINORS)
    await requested(desk)
    await desk.commit(replace(desk.case(), minor=True, kept=True, clock="ring", due_at=T + HOUR))
    await wait(desk, 1)
    assert desk.news() == []
    assert label(desk, "no_match_lead", designation=desk.case().designation) in desk.texts(SUPE)
    await desk.storage.close()


async def test_offers_are_told_anew_only_when_they_changed(desk: Desk) -> None:
    office = desk.office
    assert not office.offers_moved(T)
    await requested(desk)
    assert not office.offers_moved(T)
    draft = office.draft()
    draft.responder(replace(office.book.responders[ANA], reminded=True, locale="en"))
    await office.commit(draft)
    assert not office.offers_moved(T), "staff was written, and nothing anybody may be offered is another"
    await off_duty(desk, ANA, BRUNO)
    assert office.offers_moved(T)
    assert not office.offers_moved(T)
    await on_duty(desk, CARO, languages=("en",))
    assert office.offers_moved(T)
    assert office.offers_moved(T + 9 * HOUR), "time alone ended the duty"
