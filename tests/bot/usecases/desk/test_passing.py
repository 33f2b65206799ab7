"""Passing on: the seeker is told before anything moves and may refuse, the sender keeps access until then, nothing is lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.case import DAY, HandoffStatus, Level, Purpose, ReferralState, WordsState
from bot.usecases.desk.ladder import Ladder
from bot.usecases.desk.referring import VERBS, Rejected
from flows.effects import Order, OrderKind
from flows.events import MediaKind
from tests.bot.domain.desk import T, clocks
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, CARO, CASA, LEJOS, RED, Desk, open_desk, speaking, with_case


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await with_case(await open_desk(tmp_path))
    yield opened
    await opened.storage.close()


async def ask(desk: Desk, colleague: str = "Bruno", *, agrees: bool = True) -> None:
    """Asked for in the topic; the seeker has said yes to it, unless told otherwise."""
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    await desk.press(ANA, colleague)
    if agrees:
        await desk.seek(Order(what=OrderKind.TRANSFER, value="yes"))


# -- asking -------------------------------------------------------------------------------------------------------------------


async def test_only_colleagues_who_could_are_offered(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    offered = {label for row in desk.chat(ANA)[-1].rows for label, _ in row}
    assert offered == {"Bruno", desk.say("b_back")}


async def test_who_went_off_duty_meanwhile_is_not_asked(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    data = desk.button(ANA, "Bruno")
    book = desk.office.book
    book.responders[BRUNO] = replace(book.responders[BRUNO], duty_until=0)
    assert await desk.press_data(ANA, data) == desk.say("transfer_gone")
    assert desk.case().handoff is HandoffStatus.CLAIMED
    assert desk.say("transfer_nobody") in desk.texts(ANA)
    assert desk.told == []


async def test_asking_tells_the_seeker_and_the_colleague_and_moves_nothing(desk: Desk) -> None:
    await desk.hear(CANARY)
    await desk.press(ANA, "b_next_step")
    await desk.answer(ANA, "confirmar el folio")
    await ask(desk)
    case = desk.case()
    assert (case.handoff, case.responder, case.transfer_to) == (HandoffStatus.TRANSFERRED, ANA, BRUNO)
    assert desk.news() == ["transfer"]
    notice = desk.texts(BRUNO)
    for expected in ("Ana", "Faro", "confirmar el folio", desk.say("line_language", language="español")):
        assert expected in notice
    assert CANARY not in notice
    assert CANARY in desk.texts(ANA)
    assert (f"responder:{ANA}", "transfer", "") in await desk.trail()
    await desk.nothing_of(CANARY, "confirmar el folio")


async def test_the_sender_goes_on_until_it_is_accepted(desk: Desk) -> None:
    await ask(desk)
    await desk.write(ANA, "sigo aquí")
    assert [words.state for words in await desk.words()] == [WordsState.HELD]
    await desk.hear("gracias")
    assert "gracias" in desk.texts(ANA)
    assert "gracias" not in desk.texts(BRUNO)


async def test_the_colleague_takes_it_only_after_her_yes_or_when_she_had_time_to_say_no(desk: Desk) -> None:
    await ask(desk, agrees=False)
    assert await desk.press(BRUNO, "b_accept") == desk.say("transfer_not_yet")
    assert desk.case().responder == ANA
    desk.clock.at += 600
    await desk.press(BRUNO, "b_accept")
    assert desk.case().responder == BRUNO
    await desk.seek(Order(what=OrderKind.TRANSFER, value="no"))
    assert desk.say("transfer_late_no") in desk.texts(BRUNO)
    assert desk.case().responder == BRUNO


async def test_in_danger_nobody_waits_ten_minutes_for_a_yes(desk: Desk) -> None:
    await desk.commit(replace(desk.case(), level=Level.DANGER))
    await ask(desk, agrees=False)
    assert await desk.press(BRUNO, "b_accept") == desk.say("transfer_not_yet")
    desk.clock.at += 60
    await desk.press(BRUNO, "b_accept")
    assert desk.case().responder == BRUNO


async def test_with_her_yes_the_colleague_reads_that_they_may(desk: Desk) -> None:
    await ask(desk)
    assert desk.say("transfer_agreed") in desk.texts(BRUNO)
    await desk.press(BRUNO, "b_accept")
    assert desk.case().responder == BRUNO


async def test_only_who_has_the_case_passes_it_on(desk: Desk) -> None:
    await desk.refuses_all_but({ANA}, {"trans", f"trans.{CARO}", "trpage.0", "older.1", "elsew", "elsew.yes", "declin"})


# -- accepting ----------------------------------------------------------------------------------------------------------------


async def test_accepted_it_is_theirs_with_the_words_kept_so_far(desk: Desk) -> None:
    await desk.hear("uno del buscador")
    await desk.write(ANA, "dos de Ana")
    await desk.leave()
    await desk.hear("tres del buscador")
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    case = desk.case()
    assert (case.responder, case.transfer_to, case.handoff) == (BRUNO, None, HandoffStatus.CLAIMED)
    chat = desk.texts(BRUNO)
    assert chat.index("Faro") < chat.index("uno del buscador") < chat.index("dos de Ana") < chat.index("tres del buscador")
    assert desk.say("transfer_asked", colleague="Ana") not in chat
    assert "buscador" not in desk.texts(ANA)
    assert desk.say("transfer_accepted", colleague="Bruno") in desk.texts(ANA)
    assert desk.news() == ["transfer", "taken"]
    assert (f"responder:{BRUNO}", "accept", "") in await desk.trail()
    await desk.nothing_of("buscador", "dos de Ana")


async def test_without_topics_the_same(desk: Desk) -> None:
    desk.platform.topics = False
    await desk.hear("uno del buscador")
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    assert "uno del buscador" in desk.texts(BRUNO)
    assert "uno del buscador" not in desk.texts(ANA)


async def test_what_had_not_left_is_taken_back_and_both_read_so(desk: Desk) -> None:
    await ask(desk)
    await desk.write(ANA, CANARY)
    await desk.press(BRUNO, "b_accept")
    (words,) = await desk.words()
    assert (words.state, words.text) == (WordsState.REMOVED, "")
    said = desk.say("transfer_unsent", count=1)
    assert said in desk.texts(ANA)
    assert said in desk.texts(BRUNO)
    assert CANARY not in desk.texts(BRUNO)
    assert desk.say("words_not_kept") not in desk.texts(BRUNO)
    assert desk.say("words_lost") not in desk.texts(BRUNO)


async def test_a_file_is_passed_on_anew(desk: Desk) -> None:
    await desk.seek(Order(what=OrderKind.MEDIA, value="photo"), media=MediaKind.PHOTO)
    assert "[photo]" in desk.texts(ANA)
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    assert "[photo]" in desk.texts(BRUNO)
    assert [words.state for words in await desk.words()] == [WordsState.DELIVERED]


async def test_of_a_long_conversation_the_last_words_come_at_once_and_the_others_on_request(desk: Desk) -> None:
    for number in range(45):
        await desk.hear(f"palabra-{number:02}")
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    assert "palabra-05" in desk.texts(BRUNO)
    assert "palabra-04" not in desk.texts(BRUNO)
    assert desk.say("words_older", count=5) in desk.texts(BRUNO)
    await desk.press(BRUNO, "b_older")
    assert all(f"palabra-{number:02}" in desk.texts(BRUNO) for number in range(45))
    assert not desk.offered(BRUNO, "b_older")


async def test_where_no_words_are_kept_that_is_said_once(tmp_path: Path) -> None:
    desk = await with_case(await open_desk(tmp_path, organization=replace(CASA, keeps_words=False)))
    await desk.hear("uno")
    await desk.hear("dos")
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    assert desk.texts(BRUNO).count(desk.say("words_lost")) == 1
    await desk.storage.close()


async def test_words_nobody_has_got_yet_go_to_the_new_owner(desk: Desk) -> None:
    await ask(desk)
    book = desk.office.book
    chat, book.responders[ANA] = book.responders[ANA].chat_id, replace(book.responders[ANA], chat_id=None)
    await desk.hear("todavía sin llegar")
    assert [words.state for words in await desk.words()] == [WordsState.QUEUED]
    book.responders[ANA] = replace(book.responders[ANA], chat_id=chat)
    await desk.press(BRUNO, "b_accept")
    assert "todavía sin llegar" in desk.texts(BRUNO)
    assert [words.state for words in await desk.words()] == [WordsState.DELIVERED]


async def test_who_has_no_room_any_more_is_told_and_nothing_moves(desk: Desk) -> None:
    await ask(desk)
    book = desk.office.book
    book.responders[BRUNO] = replace(book.responders[BRUNO], resting_until=T + DAY)
    assert await desk.press(BRUNO, "b_accept") == desk.say("transfer_no_room")
    assert desk.case().responder == ANA


async def test_a_heavy_case_passed_on_gives_rest(tmp_path: Path) -> None:
    desk = await with_case(await open_desk(tmp_path), level=Level.DANGER)
    await ask(desk)
    await desk.press(BRUNO, "b_accept")
    assert desk.office.book.responders[ANA].resting_until == T + clocks().cool_down
    assert desk.office.book.responders[BRUNO].resting_until == 0
    await desk.storage.close()


# -- no ---------------------------------------------------------------------------------------------------------------------


async def test_the_colleague_declines(desk: Desk) -> None:
    await ask(desk)
    await desk.press(BRUNO, "b_decline")
    case = desk.case()
    assert (case.responder, case.transfer_to, case.handoff) == (ANA, None, HandoffStatus.CLAIMED)
    assert desk.say("transfer_declined", colleague="Bruno") in desk.texts(ANA)
    assert desk.texts(BRUNO) == desk.say("transfer_over")
    assert not desk.offered(ANA, "b_take_back_transfer")
    assert (f"responder:{BRUNO}", "decline", "") in await desk.trail()


async def test_the_sender_takes_it_back(desk: Desk) -> None:
    await ask(desk)
    notice = desk.button(BRUNO, "b_accept")
    await desk.press(ANA, "b_take_back_transfer")
    assert desk.case().transfer_to is None
    assert desk.texts(BRUNO) == desk.say("transfer_over")
    await desk.press_data(BRUNO, notice)
    assert desk.case().responder == ANA
    assert await desk.refusals() == ["not-owner"]


async def test_the_seeker_refuses_and_it_cannot_be_accepted(desk: Desk) -> None:
    await ask(desk)
    notice = desk.button(BRUNO, "b_accept")
    await desk.seek(Order(what=OrderKind.TRANSFER, value="no"))
    assert desk.case().handoff is HandoffStatus.CLAIMED
    assert desk.say("transfer_refused") in desk.texts(ANA)
    assert desk.texts(BRUNO) == desk.say("transfer_over")
    await desk.press_data(BRUNO, notice)
    assert desk.case().responder == ANA
    assert await desk.refusals() == ["not-owner"]


async def test_only_who_was_asked_accepts(desk: Desk) -> None:
    await desk.commit(handoff.transfer(desk.case(), BRUNO, T, clocks=clocks()))
    await desk.refuses_all_but({BRUNO}, {"accept"})


async def test_only_who_was_asked_or_asks_declines(desk: Desk) -> None:
    await desk.commit(handoff.transfer(desk.case(), BRUNO, T, clocks=clocks()))
    await desk.refuses_all_but({BRUNO, ANA}, {"declin"})


async def test_nobody_answered_in_time(desk: Desk) -> None:
    await ask(desk)
    desk.clock.at = desk.case().due_at or 0
    await Ladder(desk.office).pass_()
    await desk.deliverer.settle()
    assert desk.case().transfer_to is None
    assert desk.say("transfer_unanswered") in desk.texts(ANA)
    assert not desk.offered(BRUNO, "b_accept")


# -- another organization -----------------------------------------------------------------------------------------------------


async def test_the_seeker_is_asked_about_another_organization_by_name(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_elsewhere")
    assert RED.name in desk.chat(ANA)[-1].text
    assert desk.told == []
    await desk.press(ANA, "b_ask_elsewhere")
    assert desk.news() == ["elsewhere"]
    assert desk.case().organization == "casa"
    assert desk.case().consent(Purpose.REFERRAL, T, "red") is None
    assert desk.say("elsewhere_asked", other=RED.name) in desk.texts(ANA)
    assert (f"responder:{ANA}", "refer", "elsewhere") in await desk.trail()


async def test_nobody_is_asked_about_an_organization_that_has_nobody(desk: Desk) -> None:
    book = desk.office.book
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_elsewhere")
    book.responders[LEJOS] = replace(book.responders[LEJOS], duty_until=0)
    desk.clock.at += 1  # an offer is worked out once a second
    await desk.press(ANA, "b_ask_elsewhere")
    assert desk.told == []
    assert desk.say("elsewhere_nobody") in desk.texts(ANA)


# -- referrals ----------------------------------------------------------------------------------------------------------------


async def refer(desk: Desk, service: str) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_refer")
    await desk.press(ANA, "b_refer_new" if desk.case().referrals else "b_refer_first")
    await desk.answer(ANA, service)


async def test_a_referral_is_followed_by_name_from_sent_to_done(desk: Desk) -> None:
    await refer(desk, f"Clínica {CANARY}")
    (one,) = desk.case().referrals
    assert (one.service, one.state, one.remind_at) == (f"Clínica {CANARY}", ReferralState.SENT, T + 3 * DAY)
    await desk.press(ANA, f"Clínica {CANARY}")
    desk.clock.at += DAY
    await desk.press(ANA, "b_referral_accepted")
    assert desk.case().referrals[0].remind_at == T + 4 * DAY
    await desk.press(ANA, f"Clínica {CANARY}")
    await desk.press(ANA, "b_referral_in_progress")
    await desk.press(ANA, f"Clínica {CANARY}")
    await desk.press(ANA, "b_referral_done")
    (one,) = desk.case().referrals
    assert (one.state, one.remind_at) == (ReferralState.DONE, None)
    assert [detail for _, deed, detail in await desk.trail() if deed == "refer"] == ["sent", "accepted", "in_progress", "done"]
    assert f"Clínica {CANARY}" not in desk.labels(ANA)
    assert desk.told == []
    await desk.nothing_of(CANARY)


@pytest.mark.parametrize("reason", list(Rejected))
async def test_a_rejection_has_a_reason_of_the_list(desk: Desk, reason: Rejected) -> None:
    await refer(desk, "Clínica")
    await desk.press(ANA, "Clínica")
    await desk.press(ANA, "b_referral_rejected")
    assert desk.case().referrals[0].state is ReferralState.SENT
    await desk.press(ANA, f"rejected_{reason.value}")
    (one,) = desk.case().referrals
    assert (one.state, one.reason, one.remind_at) == (ReferralState.REJECTED, reason.value, None)
    assert (f"responder:{ANA}", "refer", f"rejected_{reason.value}") in await desk.trail()
    assert desk.say(f"rejected_{reason.value}") in desk.texts(ANA)


async def test_its_owner_is_asked_how_it_goes_until_it_has_ended(desk: Desk) -> None:
    await refer(desk, "Clínica uno")
    await refer(desk, "Clínica dos")
    assert [one.id for one in desk.case().referrals] == [1, 2]
    await desk.commit(replace(desk.case(), clock="", due_at=None))
    desk.clock.at = T + 3 * DAY
    await Ladder(desk.office).pass_()
    await desk.deliverer.settle()
    asked = desk.say("referral_due", service="Clínica uno")
    assert asked in desk.texts(ANA)
    await desk.press(ANA, "b_referral_withdrawn")
    ended = next(one for one in desk.case().referrals if one.state is ReferralState.WITHDRAWN)
    assert ended.remind_at is None
    assert sum(one.remind_at is not None for one in desk.case().referrals) == 1


async def test_what_has_ended_does_not_move_again(desk: Desk) -> None:
    await refer(desk, "Clínica")
    await desk.press(ANA, "Clínica")
    await desk.press(ANA, "b_referral_done")
    await desk.tries(ANA, "refto.1-a")
    await desk.tries(ANA, "refto.7-a")
    await desk.tries(ANA, "refto.1-z")
    await desk.tries(ANA, "refto.!-a")
    assert await desk.refusals() == ["referral-done", "no-referral", "no-such-move", "no-such-move"]


async def test_only_who_has_the_case_refers(desk: Desk) -> None:
    await desk.refuses_all_but({ANA}, set(VERBS))


async def test_a_name_is_short(desk: Desk) -> None:
    await refer(desk, "a" * 81)
    assert desk.case().referrals == ()
    assert desk.say("line_too_long", count=80) in desk.texts(ANA)


@pytest.mark.parametrize("tongue", ["es", "en"])
async def test_everything_is_said_in_the_responders_language(tmp_path: Path, tongue: str) -> None:
    desk = await speaking(tmp_path, tongue)
    await refer(desk, "Clínica")
    await desk.press(ANA, "Clínica")
    await desk.press(ANA, "b_referral_rejected")
    await desk.press(ANA, "rejected_full")
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_elsewhere")
    await desk.press(ANA, "b_ask_elsewhere")
    await ask(desk)
    await desk.press(BRUNO, "b_decline")
    await ask(desk)
    await desk.press(ANA, "b_take_back_transfer")
    await ask(desk)
    await desk.write(ANA, "sin salir")
    await desk.press(BRUNO, "b_accept")
    desk.all_written()
    await desk.storage.close()
