"""Safe hours, the word, break-glass and the key on paper, through real storage, reception and delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.case import DAY, BreakGlass, Case, Note, SafeContact, Visibility, WordsState
from bot.domain.permissions import GlassReason
from bot.security.sealing import Secret
from bot.usecases.desk import contact, glass, glass_views
from bot.usecases.desk.looking import Look, base36
from flows.effects import OrderKind
from flows.events import News
from tests.bot.domain.desk import HOUR, T, clocks, responder
from tests.bot.usecases.desk.casework import ANA, BRUNO, CARO, LEJOS, PEOPLE, SEEKER, SUPE, Desk, with_case
from tests.bot.usecases.desk.turns import STRANGER, label, opened, order, requested, restart, turn, typed, wait

ON_CALL = 8
EVERYBODY = (*PEOPLE, responder(ON_CALL, alias="Olmo", on_call=True, duty_until=0))
CLOSED = SafeContact(days=(0,), begins=9 * 60, ends=10 * 60)
"""T is a Friday."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await with_case(await opened(tmp_path, people=EVERYBODY))
    yield made
    await made.storage.close()


async def press(desk: Desk, who: int, verb: str, arg: str = "") -> str:
    """A button of a case as it leaves, whether or not it still stands."""
    look = look_of(desk, who)
    return await desk.press_data(who, look.button("yes", verb, arg, case=desk.case().id).data)


def look_of(desk: Desk, who: int, **args: object) -> Look:
    person, case = desk.office.book.responders[who], desk.case()
    return Look(office=desk.office, responder=person, case=case, words=None, args=args, at=desk.clock.at, key=Secret(b"k" * 32))


async def agree(desk: Desk, contact_: SafeContact | None) -> Case:
    return await desk.commit(replace(desk.case(), safe_contact=contact_))


# -- hours ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", contact.PRESETS)
async def test_hours_by_one_tap(desk: Desk, name: str) -> None:
    await press(desk, ANA, "safe")
    assert await desk.press(ANA, label(desk, f"safe_{name}")) == label(desk, "safe_toast")
    assert desk.case().safe_contact == contact.PRESETS[name]
    assert (f"responder:{ANA}", "safe_contact", "hours") in await desk.trail()


async def test_own_hours_days_and_first_line(desk: Desk) -> None:
    await press(desk, ANA, "safe")
    await desk.press(ANA, label(desk, "b_own_hours"))
    await desk.answer(ANA, "en las noches")
    assert desk.case().safe_contact is None
    await desk.answer(ANA, " 22:30-6:00 ")
    await desk.press(ANA, label(desk, "b_days_ends"))
    await desk.press(ANA, label(desk, "b_first_line"))
    await desk.answer(ANA, "x" * 81)
    await desk.answer(ANA, "Tu pedido  de la farmacia")
    expected = SafeContact(days=(5, 6), begins=22 * 60 + 30, ends=6 * 60, first_line="Tu pedido de la farmacia")
    assert desk.case().safe_contact == expected
    await desk.press(ANA, label(desk, "safe_day"))
    kept = desk.case().safe_contact
    assert kept is not None
    assert kept.first_line == "Tu pedido de la farmacia"
    await desk.press(ANA, label(desk, "b_no_hours"))
    assert desk.case().safe_contact is None
    assert {detail for _, deed, detail in await desk.trail() if deed == "safe_contact"} == {"hours", "days", "first_line", "none"}
    await desk.nothing_of("farmacia")


@pytest.mark.parametrize("written", ["", "9-18", "25:00-26:00", "09:60-10:00", "10:00-10:00", "24:00-25:00", "nueve"])
def test_hours_that_cannot_be_read(written: str) -> None:
    assert contact.hours(written) is None


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("09:00-18:00", (540, 1080)), ("9.30 a 18.00", (570, 1080)), ("00:00-24:00", (0, 1440)), ("22:00-6:00", (1320, 360))],
)
def test_hours_that_can(written: str, minutes: tuple[int, int]) -> None:
    assert contact.hours(written) == minutes


async def test_words_that_wait_for_former_hours_wait_for_the_new_ones(desk: Desk) -> None:
    await agree(desk, CLOSED)
    await desk.write(ANA, "Hola.")
    await wait(desk, 6)
    assert [one.state for one in await desk.words()] == [WordsState.WINDOW]
    await press(desk, ANA, "safe", "any")
    await wait(desk, 0)
    assert [one.state for one in await desk.words()] == [WordsState.ENVELOPE]
    assert desk.news() == ["words"]


async def test_hours_are_asked_again_at_each_contact(desk: Desk) -> None:
    await agree(desk, SafeContact())
    await desk.hear("hola")
    assert label(desk, "b_same") not in desk.labels(ANA)
    desk.clock.at += clocks().gap
    await desk.hear("otra vez yo")
    assert desk.labels(ANA).count(label(desk, "b_same")) == 1
    await desk.press(ANA, label(desk, "b_same"))
    assert label(desk, "b_same") not in desk.labels(ANA)
    assert (f"responder:{ANA}", "safe_contact", "same") in await desk.trail()


async def test_a_new_owner_asks_again_with_their_first_words(desk: Desk) -> None:
    await agree(desk, SafeContact(first_line="Farmacia"))
    await desk.write(ANA, "Hola, sigo yo.")
    await wait(desk, 6)
    assert "Primera línea: Farmacia" in desk.texts(ANA)
    await press(desk, ANA, "ssame")
    await desk.write(ANA, "Y otra cosa.")
    await wait(desk, 6)
    assert label(desk, "b_same") not in desk.labels(ANA)


async def test_only_the_owner_agrees_on_anything(desk: Desk) -> None:
    for who in (BRUNO, CARO, SUPE, LEJOS):
        for verb in ("safe", "sdays", "shours", "sline", "ssame", "snone", "word", "wnew", "wgone", "still", "sure", "askshr"):
            await press(desk, who, verb)
    assert len(await desk.refusals()) == 4 * 12
    assert desk.case().safe_contact is None
    assert desk.told == []


# -- is it still you ----------------------------------------------------------------------------------------------------------------


async def agree_on(desk: Desk, word: str) -> int:
    await press(desk, ANA, "word")
    await desk.press(ANA, label(desk, "b_new_word"))
    return await desk.answer(ANA, word)


async def test_the_word_is_kept_as_a_hash_and_goes_from_the_chat(desk: Desk) -> None:
    message = await agree_on(desk, "Colibrí azul")
    case = desk.case()
    assert desk.office.word_matches(case, "colibrí  AZUL")
    assert not desk.office.word_matches(case, "colibrí")
    assert "olibr" not in case.word
    assert message not in desk.platform.standing
    await desk.nothing_of("olibr")


async def test_the_word_is_asked_and_right_wrong_or_no_answer_locks_nobody_out(desk: Desk) -> None:
    await agree_on(desk, "colibrí")
    await press(desk, ANA, "still")
    assert desk.news() == ["ask_word"]
    assert desk.case().confirmed is False
    assert label(desk, "not_confirmed") in desk.texts(ANA)
    await turn(desk, order(OrderKind.WORD), incoming=typed("paloma"))
    assert desk.case().confirmed is False
    assert label(desk, "word_wrong") in desk.texts(ANA)
    await desk.hear("sigo aquí")
    assert [one.text for one in await desk.words()] == ["sigo aquí"]
    await press(desk, ANA, "still")
    await turn(desk, order(OrderKind.WORD), incoming=typed("COLIBRÍ"))
    assert desk.case().confirmed is True
    assert label(desk, "confirmed") in desk.texts(ANA)
    assert [detail for _, deed, detail in await desk.trail() if deed == "confirm"] == ["agreed", "asked", "wrong", "asked", "right"]


async def test_without_a_word_the_responder_makes_sure(desk: Desk) -> None:
    await press(desk, ANA, "still")
    assert await desk.refusals() == ["no-word"]
    await desk.hear("hola")
    desk.clock.at += clocks().gap
    await desk.hear("hola")
    assert desk.case().confirmed is False
    await press(desk, ANA, "sure")
    assert desk.case().confirmed is True


async def test_after_a_gap_the_program_asks_for_the_word_once(desk: Desk) -> None:
    await agree_on(desk, "colibrí")
    await desk.hear("hola")
    await desk.write(ANA, "Aquí estoy.")
    await wait(desk, 6)
    assert desk.news() == ["words"]
    desk.told.clear()
    desk.clock.at += clocks().gap
    await desk.hear("hola")
    await wait(desk, 0)
    await restart(desk)
    await wait(desk, 60)
    assert desk.news() == ["ask_word"]
    await turn(desk, order(OrderKind.WORD), incoming=typed("paloma"))
    await wait(desk, 60)
    assert desk.news() == ["ask_word", "away"], "twelve hours later nobody is on duty any more: said after the question, not over it"


async def test_after_an_exit_whoever_writes_is_not_confirmed(desk: Desk) -> None:
    await turn(desk, order(OrderKind.LEFT))
    assert desk.case().compromised
    await desk.hear("hola")
    assert not desk.case().compromised
    assert desk.case().confirmed is False


async def test_a_word_that_is_none_is_asked_for_again(desk: Desk) -> None:
    await agree_on(desk, "!!!")
    assert desk.case().word == ""
    await desk.answer(ANA, "colibrí")
    assert desk.office.word_matches(desk.case(), "colibrí")
    await press(desk, ANA, "wgone")
    assert desk.case().word == ""


async def test_asking_to_share_is_the_seekers_to_answer(desk: Desk) -> None:
    await press(desk, ANA, "askshr")
    assert desk.news() == ["share_asked"]
    assert (f"responder:{ANA}", "share", "asked") in await desk.trail()


# -- break-glass --------------------------------------------------------------------------------------------------------------------


async def ask_glass(desk: Desk, reason: GlassReason = GlassReason.LIFE_AT_RISK, who: int = ANA) -> None:
    await press(desk, who, "gask", str(glass.REASONS.index(reason)))


async def break_glass(desk: Desk, reason: GlassReason = GlassReason.LIFE_AT_RISK) -> None:
    await ask_glass(desk, reason)
    await press(desk, ON_CALL, "gyes")


async def test_two_people_a_reason_and_the_seeker_is_told(desk: Desk) -> None:
    await press(desk, ANA, "glass")
    await desk.press(ANA, label(desk, "glass_child_at_risk"))
    for who in (SUPE, ON_CALL):
        assert desk.texts(who) == label(desk, "glass_asked", colleague="Ana", reason=label(desk, "glass_child_at_risk"))
    assert desk.texts(BRUNO) == ""
    assert desk.told == []
    await desk.press(ON_CALL, label(desk, "glass_confirm"))
    assert desk.case().broken_glass == BreakGlass(reason="child_at_risk", first=ANA, second=ON_CALL, at=T, until=T + clocks().break_glass)
    assert desk.news() == ["opened"]
    opened_by = {(actor, deed, detail) for actor, deed, detail in await desk.trail() if deed.startswith("break_glass")}
    assert opened_by == {
        (f"responder:{ANA}", "break_glass_ask", "child_at_risk"),
        (f"responder:{ON_CALL}", "break_glass", "child_at_risk"),
        (f"responder:{ANA}", "break_glass", "child_at_risk"),
        ("program", "break_glass", "told"),
    }


@pytest.mark.parametrize(("who", "reason"), [(ANA, "same-person"), (BRUNO, "not-owner"), (CARO, "not-owner"), (LEJOS, "not-owner")])
async def test_who_cannot_be_the_second(desk: Desk, who: int, reason: str) -> None:
    if reason == "same-person":
        draft = desk.office.draft()
        draft.responder(replace(desk.office.book.responders[ANA], on_call=True))
        await desk.office.commit(draft)
    await ask_glass(desk)
    await press(desk, who, "gyes")
    assert await desk.refusals() == [reason]
    assert not glass.holds(desk.case(), who, T)
    assert desk.told == []


@pytest.mark.parametrize("arg", ["", "4", "-1", "x"])
async def test_no_reason_outside_the_list(desk: Desk, arg: str) -> None:
    await press(desk, ANA, "gask", arg)
    assert desk.case().broken_glass is None
    assert await desk.refusals() == ["no-reason"]


async def test_who_may_not_ask(desk: Desk) -> None:
    for who in (BRUNO, CARO, LEJOS, ON_CALL):
        await ask_glass(desk, who=who)
    assert desk.case().broken_glass is None


async def test_nobody_reads_before_the_second_and_after_the_hour(desk: Desk) -> None:
    await ask_glass(desk)
    for who in (SUPE, ON_CALL, ANA):
        await press(desk, who, "gopen")
    await press(desk, ON_CALL, "gyes")
    await press(desk, ON_CALL, "gopen")
    desk.clock.at += clocks().break_glass
    await press(desk, ON_CALL, "gopen")
    assert len(await desk.refusals()) == 4
    assert [actor for actor, deed, _ in await desk.trail() if deed == "read_case"] == [f"responder:{ON_CALL}"]


async def test_the_two_read_words_and_notes_but_nobodys_own_notes(desk: Desk) -> None:
    await desk.hear("vienen hoy")
    draft, case = desk.office.draft(), desk.case()
    for kind in Visibility:
        draft.notes.append(Note(id=draft.number(), case=case.id, author=ANA, visibility=kind, text=f"nota {kind.value}", at=T))
    await desk.office.commit(draft)
    await break_glass(desk)
    assert "vienen hoy" not in desk.texts(ON_CALL)
    await desk.press(ON_CALL, label(desk, "b_read_case"))
    seen = desk.texts(ON_CALL)
    assert "1 · vienen hoy" in seen
    assert "nota team" in seen
    assert "nota organization" in seen
    assert "nota mine" not in seen
    await press(desk, SUPE, "gopen")
    assert "vienen hoy" not in desk.texts(SUPE)


async def test_a_view_of_the_glass_that_is_late_shows_nothing(desk: Desk) -> None:
    await desk.hear("vienen hoy")
    await break_glass(desk)
    draft = desk.office.draft()
    for who in (BRUNO, SUPE, LEJOS):
        draft.post(who, "glass_open", topic=False, of=desk.case().id, page=0)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert all("vienen hoy" not in desk.texts(who) for who in (BRUNO, SUPE, LEJOS))


async def test_a_long_case_is_read_page_by_page(desk: Desk) -> None:
    for number in range(6):
        await desk.hear(f"{number}" * 900)
    await break_glass(desk)
    await desk.press(ON_CALL, label(desk, "b_read_case"))
    assert "0" * 900 in desk.texts(ON_CALL)
    assert "5" * 900 not in desk.texts(ON_CALL)
    await desk.press(ON_CALL, label(desk, "b_later"))
    assert "5" * 900 in desk.texts(ON_CALL)
    assert "0" * 900 not in desk.texts(ON_CALL)
    assert all(len(one.text) < 4000 for one in desk.chat(ON_CALL))
    assert "".join(glass_views.pages(["a" * 7000, "b"])).count("a") == 7000


async def test_the_second_writes_by_answering_what_they_read(desk: Desk) -> None:
    await break_glass(desk)
    await desk.press(ON_CALL, label(desk, "b_read_case"))
    page = desk.chat(ON_CALL)[-1]
    await desk.type(ON_CALL, "Salgan ya.", reply_to=page.number)
    await wait(desk, 6)
    (words,) = await desk.words()
    assert (words.author, words.text, words.state) == (ON_CALL, "Salgan ya.", WordsState.ENVELOPE)
    assert desk.news() == ["opened", "words"]
    assert desk.case().responder == ANA


async def test_without_a_living_consent_two_people_still_read(desk: Desk) -> None:
    await desk.hear("vienen hoy")
    desk.clock.at += 31 * DAY
    assert not desk.case().may_see(desk.clock.at)
    await press(desk, ANA, "gopen")
    await break_glass(desk)
    await desk.press(ON_CALL, label(desk, "b_read_case"))
    assert "1 · vienen hoy" in desk.texts(ON_CALL)
    assert desk.news() == ["opened"]


async def test_withdrawal_ends_the_glass_and_empties_both_chats(desk: Desk) -> None:
    await desk.hear("vienen hoy")
    await break_glass(desk)
    await desk.press(ON_CALL, label(desk, "b_read_case"))
    await turn(desk, order(OrderKind.WITHDRAW))
    assert desk.case().broken_glass is None
    assert desk.texts(ON_CALL) == ""
    assert "vienen hoy" not in desk.texts(ANA)


async def test_words_that_wait_for_the_hours_leave_only_through_the_glass(desk: Desk) -> None:
    await agree(desk, CLOSED)
    await desk.write(ANA, "Salgan ya.")
    await wait(desk, 6)
    (words,) = await desk.words()
    await press(desk, ANA, "gnow", base36(words.id))
    assert await desk.refusals() == ["no-glass"]
    await break_glass(desk)
    assert [one.news.quiet for one in desk.told if one.news] == [True]
    await wait(desk, 0)
    assert [one.state for one in await desk.words()] == [WordsState.WINDOW]
    await press(desk, ANA, "gnow", base36(words.id))
    await wait(desk, 0)
    assert [one.state for one in await desk.words()] == [WordsState.ENVELOPE]
    assert desk.news() == ["opened", "words"]
    assert (f"responder:{ANA}", "break_glass", "sent_now") in await desk.trail()


async def test_when_the_time_is_over_it_closes_and_is_taken_from_both_chats(desk: Desk) -> None:
    await desk.hear("vienen hoy")
    await break_glass(desk)
    for who in (ANA, ON_CALL):
        await desk.press(who, label(desk, "b_read_case"))
    assert "vienen hoy" in desk.texts(ON_CALL)
    await wait(desk, clocks().break_glass - 1)
    assert desk.case().broken_glass is not None
    await restart(desk)
    await wait(desk, 1)
    assert desk.case().broken_glass is None
    assert label(desk, "glass_over") in desk.texts(ANA)
    assert label(desk, "glass_over") in desk.texts(ON_CALL)
    assert label(desk, "b_read_case") not in (*desk.labels(ANA), *desk.labels(ON_CALL))
    assert desk.texts(ON_CALL) == label(desk, "glass_over")
    assert "vienen hoy" in desk.texts(ANA)


async def test_without_a_second_it_lapses(desk: Desk) -> None:
    await ask_glass(desk)
    await wait(desk, clocks().break_glass)
    assert desk.case().broken_glass is None
    assert label(desk, "glass_lapsed") in desk.texts(ANA)
    await press(desk, ON_CALL, "gyes")
    assert (await desk.refusals())[-1] == "no-glass"
    assert desk.told == []


async def test_where_the_phone_was_taken_the_seeker_is_told_once_a_human_is_sure(desk: Desk) -> None:
    await break_glass(desk, GlassReason.PHONE_TAKEN)
    await wait(desk, clocks().break_glass)
    await restart(desk)
    await wait(desk, HOUR)
    assert desk.news().count("opened") == 0
    assert desk.case().broken_glass is not None
    assert not glass.holds(desk.case(), ANA, desk.clock.at)
    await press(desk, ANA, "sure")
    await wait(desk, 0)
    await wait(desk, 0)
    assert desk.news().count("opened") == 1
    assert desk.case().broken_glass is None


# -- the key on paper ------------------------------------------------------------------------------------------------------------------


async def key_for(desk: Desk) -> str:
    code = desk.office.draw_code()
    await desk.commit(replace(desk.case(), return_key=desk.office.key_hash(code)))
    return code


async def knock(desk: Desk, written: str, seeker: bytes = STRANGER) -> None:
    await turn(desk, order(OrderKind.RETURN_KEY, "typed"), incoming=typed(written), seeker=type(STRANGER)(seeker))


async def test_yes_moves_the_case_and_the_account_before_is_told_nothing(desk: Desk) -> None:
    code = await key_for(desk)
    await desk.write(ANA, "Hola.")
    await wait(desk, 6)
    desk.told.clear()
    await knock(desk, code.lower().replace("-", " "))
    assert desk.told == []
    assert label(desk, "key_claimed", designation="Faro") in desk.texts(ANA)
    assert label(desk, "key_word_none") in desk.texts(ANA)
    await desk.press(ANA, label(desk, "key_accept"))
    case = desk.case()
    assert (case.seeker, case.claimant, case.return_key, case.confirmed) == (STRANGER, None, "", False)
    assert [(one.seeker, one.news.what, one.news.words) for one in desk.told if one.news] == [(STRANGER, News.TAKEN, 0)]
    assert desk.office.book.case_of(SEEKER) is None
    assert desk.office.book.case_of(STRANGER) == case
    await press(desk, ANA, "sure")
    assert desk.told[-1].news is not None
    assert (desk.told[-1].seeker, desk.told[-1].news.what) == (STRANGER, News.WORDS)
    assert {("seeker", "return", ""), (f"responder:{ANA}", "return", "admitted"), (f"responder:{ANA}", "detach", "replaced")} <= set(
        await desk.trail()
    )


async def test_no_forgets_who_came_and_tells_nobody(desk: Desk) -> None:
    await knock(desk, await key_for(desk))
    await desk.press(ANA, label(desk, "key_refuse"))
    assert desk.case().claimant is None
    assert desk.case().seeker == SEEKER
    assert desk.told == []
    assert label(desk, "key_accept") not in desk.labels(ANA)


@pytest.mark.parametrize(("beside", "expected"), [(" colibrí", "right"), (", paloma", "wrong"), ("", "none")])
async def test_the_word_beside_the_key_is_shown_only_to_who_decides(desk: Desk, beside: str, expected: str) -> None:
    await desk.commit(replace(desk.case(), word=desk.office.word_hash("colibrí")))
    await knock(desk, await key_for(desk) + beside)
    assert label(desk, f"key_word_{expected}") in desk.texts(ANA)
    assert desk.told == []


async def test_a_button_moves_only_to_the_account_it_was_shown_for(desk: Desk) -> None:
    code = await key_for(desk)
    await knock(desk, code)
    data = desk.button(ANA, label(desk, "key_accept"))
    await knock(desk, code, b"y" * 32)
    await desk.press_data(ANA, data)
    assert desk.case().seeker == SEEKER
    assert await desk.refusals() == ["no-such-move"]


async def test_a_wrong_key_is_answered_like_a_right_one(desk: Desk) -> None:
    await key_for(desk)
    for written in ("", "ZZZZ-9999", "colibrí"):
        await knock(desk, written)
    assert desk.case().claimant is None
    assert desk.told == []


async def test_a_lent_phone_and_a_case_in_the_queue(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await requested(desk)
    code = await key_for(desk)
    await knock(desk, code)
    await press(desk, BRUNO, "kyes", STRANGER[:3].hex())
    assert await desk.refusals() == ["not-owner"]
    await desk.press(SUPE, label(desk, "key_accept"))
    assert desk.case().seeker == STRANGER
    assert desk.news() == ["given_back"]
    await desk.storage.close()


async def test_somebody_with_a_case_of_their_own_is_not_moved(desk: Desk) -> None:
    code, mine = await key_for(desk), desk.case().id
    await turn(desk, order(OrderKind.REQUEST), seeker=STRANGER)
    await turn(desk, order(OrderKind.RETURN_KEY, "typed"), incoming=typed(code), seeker=STRANGER)
    assert await desk.press(ANA, label(desk, "key_accept")) == label(desk, "key_other_case")
    assert desk.case(mine).seeker == SEEKER


def test_every_verb_of_these_modules_fits_a_button() -> None:
    assert all(len(name) <= 6 for name in contact.VERBS)
    longest = [*(f"safe.{name}" for name in contact.PRESETS), *(f"sdays.{name}" for name in contact.DAYS), "kyes.ffffff"]
    assert max(map(len, longest)) <= 12
