"""Who comes in, who goes on duty, and how access ends: at once, everywhere, and by two people where two are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.audit import Deed
from bot.domain.case import CaseStatus
from bot.domain.machines import RuleBroken
from bot.domain.permissions import answering, may
from bot.domain.staff import DUTY_SECONDS, INVITATION_SECONDS, Responder, ResponderState, Shift, StaffRole
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import joining, ladder, staffing
from bot.usecases.desk.doing import Doing
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.joining import CODES_AN_HOUR, Knocks, code_hash, draw_code
from bot.usecases.desk_ports import DeskVerdict, DeskWrite
from tests.bot.domain.desk import HOUR, MINUTE, T, clocks, waiting
from tests.bot.usecases.desk.casework import ANA, BRUNO, CARO, SUPE, Desk, Standing, open_desk, with_case

NEW, OTHER = 40, 41
CODE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await open_desk(tmp_path)
    async with opened.storage:
        yield opened


def text(desk: Desk, name: str, **values: object) -> str:
    return desk.office.texts.say("es", name, **values)


def one(desk: Desk, number: int) -> Responder:
    return desk.office.book.responders[number]


def named(desk: Desk, alias: str) -> Responder:
    return next(found for found in desk.office.book.responders.values() if found.alias == alias)


async def sends(desk: Desk, who: int, kind: Kind, words: str = "") -> None:
    await desk._incoming(Incoming(update_id=0, kind=kind, user_id=who, chat_id=who, text=words))


async def invited(desk: Desk, *, by: str = "Nora", until: int = T + INVITATION_SECONDS, **rest: object) -> Responder:
    """Somebody invited on the command line."""
    values = {"organization": "casa", "role": StaffRole.RESPONDER, "alias": "Encino", "code": code_hash(CODE), "code_until": until} | rest
    new = Responder(id=9, invited_by=by, **values)  # type: ignore[arg-type]  # test values
    assert await desk.storage.write_desk(DeskWrite(at=T, responders=(new,))) is DeskVerdict.COMMITTED
    await desk.office.book.reload_staff()
    return new


# -- coming in ----------------------------------------------------------------------------------------------------------------


async def test_what_was_typed_on_the_way_in_goes_with_a_panic(desk: Desk) -> None:
    """The invitation first of all: it says what the chat is for."""
    await invited(desk)
    for number, (kind, words) in enumerate(((Kind.START, CODE), (Kind.TEXT, "hola")), 801):
        desk.platform.standing[number] = Standing(number, NEW, 0, words)
        await desk._incoming(Incoming(update_id=0, kind=kind, user_id=NEW, chat_id=NEW, text=words, message_id=number))
    known = await desk.office.book.ledger(named(desk, "Encino").id)
    assert {801, 802} <= {message.message_id for message in known.values() if message.kind == "typed"}
    await desk.press(SUPE, text(desk, "approve_yes"))
    await sends(desk, NEW, Kind.COMMAND, "panico")
    assert not desk.platform.standing.keys() & {801, 802}


async def test_a_code_lets_nobody_in_before_a_supervisor_says_so(desk: Desk) -> None:
    await invited(desk)
    await sends(desk, NEW, Kind.START, CODE)
    new = named(desk, "Encino")
    assert (new.state, new.chat_id, new.code, new.account) == (ResponderState.REDEEMED, NEW, "", bytes([NEW]) * 32)
    assert desk.texts(NEW) == text(desk, "redeemed")
    await sends(desk, NEW, Kind.COMMAND, "fila")
    assert named(desk, "Encino").state is ResponderState.REDEEMED
    assert text(desk, "queue_empty") not in desk.texts(NEW)

    await desk.press(SUPE, text(desk, "approve_yes"))
    new = named(desk, "Encino")
    assert (new.state, new.approved_by) == (ResponderState.ACTIVE, f"responder:{SUPE}")
    assert text(desk, "let_in", alias="Encino") in desk.texts(NEW)
    assert text(desk, "approved", alias="Encino") in desk.texts(SUPE)
    deeds = [(entry.actor, entry.deed, entry.object) for entry in await desk.entries()]
    assert deeds == [("responder:9", Deed.REDEEM, "responder:9"), (f"responder:{SUPE}", Deed.APPROVE, "responder:9")]


async def test_of_fifty_who_send_the_same_code_one_has_it(desk: Desk) -> None:
    await invited(desk)
    for account in range(100, 150):
        await sends(desk, account, Kind.START, CODE)
    assert named(desk, "Encino").chat_id == 100
    assert [entry.deed for entry in await desk.entries()].count(Deed.REDEEM) == 1
    assert all(not desk.chat(account) for account in range(101, 150))


@pytest.mark.parametrize("by", ["Supe", "supe", f"responder:{SUPE}"])
async def test_whoever_invited_does_not_approve_as_well(desk: Desk, by: str) -> None:
    await invited(desk, by=by)
    await sends(desk, NEW, Kind.START, CODE)
    assert await desk.press(SUPE, text(desk, "approve_yes")) == text(desk, "rule_same_person")
    assert named(desk, "Encino").state is ResponderState.REDEEMED


@pytest.mark.parametrize("words", ["", "f" * 32, CODE[:-1], "hola"])
async def test_whoever_is_not_invited_meets_silence(desk: Desk, words: str) -> None:
    await invited(desk)
    for kind in (Kind.START, Kind.TEXT, Kind.COMMAND, Kind.MEDIA):
        await sends(desk, OTHER, kind, words)
    assert desk.chat(OTHER) == []
    assert named(desk, "Encino").state is ResponderState.INVITED
    assert desk.chat(SUPE) == []


async def test_a_code_holds_a_day_and_once(desk: Desk) -> None:
    await invited(desk, until=T)
    await sends(desk, NEW, Kind.START, CODE)
    assert named(desk, "Encino").state is ResponderState.INVITED


async def test_the_code_is_sent_with_start_and_in_a_private_chat_only(desk: Desk) -> None:
    await invited(desk)
    await sends(desk, NEW, Kind.TEXT, CODE)
    await desk._incoming(Incoming(update_id=0, kind=Kind.START, user_id=NEW, chat_id=-77, text=CODE))
    assert named(desk, "Encino").state is ResponderState.INVITED


async def test_after_five_wrong_codes_a_right_one_is_not_looked_at_for_an_hour(desk: Desk) -> None:
    await invited(desk)
    knocks = Knocks()
    for _ in range(CODES_AN_HOUR):
        _knock(desk, draw_code(), T, knocks)
    assert not _knock(desk, CODE, T + HOUR - 1, knocks)
    assert _knock(desk, CODE, T + HOUR, knocks)


def _knock(desk: Desk, code: str, at: int, knocks: Knocks) -> bool:
    """Whether a code opened something."""
    draft = desk.office.draft(at)
    incoming = Incoming(update_id=1, kind=Kind.START, user_id=NEW, chat_id=NEW, text=code)
    staffing.stranger(desk.office, draft, None, incoming, b"a" * 32, knocks=knocks)
    return bool(draft.responders)


async def test_who_lost_access_is_told_one_neutral_line_an_hour(desk: Desk) -> None:
    await revoked(desk, ANA)
    for _ in range(3):
        await sends(desk, ANA, Kind.TEXT, "hola")
    assert [said.text for said in desk.chat(ANA) if said.text == text(desk, "unknown")] == [text(desk, "unknown")]
    await invited(desk)
    await sends(desk, ANA, Kind.START, CODE)
    assert named(desk, "Encino").state is ResponderState.INVITED, "an account that was revoked redeems nothing"


def test_a_code_has_128_bits_and_its_hash_says_nothing_of_it() -> None:
    codes = {draw_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 32 and int(code, 16) < 2**128 for code in codes)
    assert code_hash(CODE) == code_hash(f" {CODE.upper()} ")
    assert CODE not in code_hash(CODE)


# -- approving, revoking ------------------------------------------------------------------------------------------------------


async def test_refused_once_refused_for_good(desk: Desk) -> None:
    await invited(desk)
    await sends(desk, NEW, Kind.START, CODE)
    yes = desk.button(SUPE, text(desk, "approve_yes"))
    await desk.press(SUPE, text(desk, "approve_no"))
    assert named(desk, "Encino").state is ResponderState.REVOKED
    assert await desk.press_data(SUPE, yes) == text(desk, "approve_late")
    assert named(desk, "Encino").state is ResponderState.REVOKED
    assert text(desk, "refused", alias="Encino") in desk.texts(SUPE)


@pytest.mark.parametrize("verb", ["let", "deny", "revoke", "revyes"])
async def test_only_a_supervisor_of_the_organization_decides(desk: Desk, verb: str) -> None:
    await invited(desk, organization="red")
    await sends(desk, NEW, Kind.START, CODE)
    assert desk.chat(SUPE) == []
    with pytest.raises(RuleBroken):
        await joining.VERBS[verb].run(_doing(desk, SUPE, desk.office.draft(), "9"))
    for who in (SUPE, ANA):
        await sends(desk, who, Kind.COMMAND, "equipo")
        assert "Encino" not in desk.texts(who)
    assert await desk.refusals() == ["not-owner"]
    assert not may(answering(one(desk, ANA)), joining.VERBS[verb].action, None, T)


def _doing(desk: Desk, who: int, draft: Draft, arg: str) -> Doing:
    incoming = Incoming(update_id=1, kind=Kind.PRESS, user_id=who, chat_id=who)
    return Doing(office=desk.office, draft=draft, responder=one(desk, who), incoming=incoming, arg=arg)


async def revoked(desk: Desk, who: int) -> None:
    """A supervisor ends somebody's access, from the team's list."""
    await sends(desk, SUPE, Kind.COMMAND, "equipo")
    await desk.press(SUPE, text(desk, "b_revoke", alias=one(desk, who).alias))
    await desk.press(SUPE, text(desk, "revoke_yes"))
    await followed(desk)


async def followed(desk: Desk) -> None:
    """The ladder's pass has come by."""
    await ladder.Ladder(desk.office).pass_()
    await desk.deliverer.settle()


async def test_a_revoked_responder_sees_and_does_nothing_more(desk: Desk) -> None:
    await with_case(desk)
    await desk.hear("unas palabras")
    assert desk.platform.titles
    header = desk.button(ANA, text(desk, "b_back_in_20"))
    await revoked(desk, ANA)
    assert one(desk, ANA).state is ResponderState.REVOKED
    assert desk.platform.titles == {}
    assert "palabras" not in desk.texts(ANA)
    case = desk.case()
    assert case.status is CaseStatus.OPEN
    assert case.responder is None
    assert desk.news()[-1:] == ["given_back"]
    await desk.press_data(ANA, header)
    assert desk.case().back_at is None


async def test_nobody_revokes_themselves_by_mistake(desk: Desk) -> None:
    await sends(desk, SUPE, Kind.COMMAND, "equipo")
    assert text(desk, "b_revoke", alias="Supe") not in desk.labels(SUPE)
    await desk.press(SUPE, text(desk, "b_revoke", alias="Ana"))
    await desk.press(SUPE, text(desk, "b_cancel"))
    assert text(desk, "revoke_yes") not in desk.labels(SUPE)
    assert one(desk, ANA).state is ResponderState.ACTIVE


# -- panic and the blocked bot ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["panico", "panic", "button"])
async def test_panic_ends_access_empties_the_chat_and_alerts(desk: Desk, how: str) -> None:
    await with_case(desk)
    await desk.hear("unas palabras")
    await sends(desk, ANA, Kind.COMMAND, "mesa")
    if how == "button":
        await desk.press(ANA, text(desk, "b_panic"))
    else:
        await sends(desk, ANA, Kind.COMMAND, how)
    assert one(desk, ANA).state is ResponderState.PANICKED
    assert not one(desk, ANA).on_duty(T)
    assert desk.platform.titles == {}
    assert desk.texts(ANA) == text(desk, "panicked")
    assert text(desk, "panic_who", alias="Ana") in desk.texts(SUPE)
    await followed(desk)
    assert desk.case().status is CaseStatus.OPEN
    assert desk.news() == ["given_back"]

    await desk.press(SUPE, text(desk, "b_let", alias="Ana"))
    assert one(desk, ANA).state is ResponderState.ACTIVE
    assert desk.office.book.owned(ANA) == ()


async def test_with_panic_nothing_that_was_owed_is_shown_any_more(desk: Desk) -> None:
    await with_case(desk)
    draft = desk.office.draft()
    draft.post(ANA, "header", case=desk.case())
    await staffing.panic(_doing(desk, ANA, draft, ""))
    assert (ANA, 0) in draft.write().items_gone_of
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert desk.texts(ANA) == text(desk, "panicked")


async def test_who_blocks_the_bot_is_off_duty_and_back_with_the_next_word(desk: Desk) -> None:
    await with_case(desk)
    await desk.hear("unas palabras")
    await sends(desk, ANA, Kind.BLOCKED)
    assert (one(desk, ANA).chat_id, one(desk, ANA).on_duty(T), one(desk, ANA).state) == (None, False, ResponderState.ACTIVE)
    assert text(desk, "unreachable_lead", alias="Ana") in desk.texts(SUPE)
    await followed(desk)
    assert desk.case().status is CaseStatus.OPEN
    assert desk.news() == ["given_back"]
    assert desk.platform.titles, "it could not be emptied then"

    await sends(desk, ANA, Kind.START)
    assert one(desk, ANA).chat_id == ANA
    assert desk.platform.titles == {}
    assert "palabras" not in desk.texts(ANA)
    assert text(desk, "board", alias="Ana") in desk.texts(ANA)


# -- duty ---------------------------------------------------------------------------------------------------------------------


async def test_turno_is_on_for_twelve_hours_and_off_again(desk: Desk) -> None:
    await sends(desk, CARO, Kind.COMMAND, "turno")
    assert one(desk, CARO).duty_until == T + DUTY_SECONDS
    assert text(desk, "b_off_duty") in desk.labels(CARO)
    await sends(desk, CARO, Kind.COMMAND, "duty")
    assert one(desk, CARO).duty_until == 0
    assert text(desk, "b_on_duty") in desk.labels(CARO)
    assert [entry.deed for entry in await desk.entries()] == [Deed.ON_DUTY, Deed.OFF_DUTY]


@pytest.mark.parametrize(
    ("begins", "ends", "until"),
    [
        (-HOUR, 3 * HOUR, 3 * HOUR),
        (30 * MINUTE, 5 * HOUR, 5 * HOUR),
        (2 * HOUR, 5 * HOUR, DUTY_SECONDS),
        (-HOUR, 20 * HOUR, DUTY_SECONDS),
        (-5 * HOUR, -HOUR, DUTY_SECONDS),
    ],
    ids=["on now", "begins soon", "begins later", "longer than anybody", "over"],
)
async def test_duty_ends_with_the_planned_shift(desk: Desk, begins: int, ends: int, until: int) -> None:
    await desk.storage.write_desk(DeskWrite(at=T, shifts=(Shift(responder=CARO, begins=T + begins, ends=T + ends),)))
    await desk.office.book.reload_staff()
    await sends(desk, CARO, Kind.COMMAND, "turno")
    assert one(desk, CARO).duty_until == T + until


async def test_still_there_is_answered_with_more_hours_or_an_end(desk: Desk) -> None:
    await sends(desk, CARO, Kind.COMMAND, "turno")
    desk.clock.at = T + DUTY_SECONDS - clocks().duty_reminder
    await followed(desk)
    assert text(desk, "still_there") in desk.texts(CARO)
    await desk.press(CARO, text(desk, "b_hours_more", hours=2))
    assert one(desk, CARO).duty_until == desk.clock.at + 2 * HOUR
    assert not one(desk, CARO).reminded
    assert text(desk, "still_there") not in desk.texts(CARO)
    await desk.press(CARO, text(desk, "b_off_duty"))
    assert not one(desk, CARO).on_duty(desk.clock.at)


async def test_what_was_left_while_nobody_was_there_is_rung_when_somebody_comes(desk: Desk) -> None:
    draft = desk.office.draft()
    kept = waiting(number=desk.storage.desk_number(), kept=True, due_at=T + 9 * HOUR)
    draft.case(kept)
    for who in (ANA, BRUNO):
        draft.responder(replace(one(desk, who), duty_until=0))
    await desk.office.commit(draft)
    await sends(desk, CARO, Kind.COMMAND, "turno")
    assert desk.case().due_at == T
    assert text(desk, "queue_title") in desk.texts(CARO)
    await followed(desk)
    assert text(desk, "notice") in desk.texts(CARO)


async def test_going_off_with_cases_says_so_and_keeps_them(desk: Desk) -> None:
    await with_case(desk)
    await sends(desk, ANA, Kind.COMMAND, "turno")
    assert text(desk, "off_duty_first", count=1) in desk.texts(ANA)
    assert desk.case().responder == ANA


async def test_a_reviewer_has_no_duty(desk: Desk) -> None:
    draft = desk.office.draft()
    draft.responder(replace(one(desk, CARO), role=StaffRole.REVIEWER))
    await desk.office.commit(draft)
    await sends(desk, CARO, Kind.COMMAND, "turno")
    assert not one(desk, CARO).on_duty(T)
    await sends(desk, CARO, Kind.COMMAND, "panico")
    assert one(desk, CARO).state is ResponderState.PANICKED


# -- resting, talking, languages ----------------------------------------------------------------------------------------------


async def test_a_pause_is_taken_and_ended(desk: Desk) -> None:
    await sends(desk, ANA, Kind.COMMAND, "mesa")
    await desk.press(ANA, text(desk, "b_rest"))
    assert one(desk, ANA).resting_until == T + clocks().cool_down
    await desk.press(ANA, text(desk, "b_rest_over"))
    assert one(desk, ANA).resting_until == 0


async def test_asking_to_talk_reaches_the_supervisor_and_no_trail(desk: Desk) -> None:
    await sends(desk, ANA, Kind.COMMAND, "mesa")
    assert await desk.press(ANA, text(desk, "b_talk")) == text(desk, "talk_toast")
    assert text(desk, "talk_asked", alias="Ana") in desk.texts(SUPE)
    assert list(await desk.entries()) == []
    await sends(desk, SUPE, Kind.COMMAND, "mesa")
    assert await desk.press(SUPE, text(desk, "b_talk")) == text(desk, "talk_nobody")


async def test_languages_are_chosen_and_one_stays(desk: Desk) -> None:
    await sends(desk, ANA, Kind.COMMAND, "idioma")
    for code in ("es", "en"):
        said = await desk.press(ANA, text(desk, "b_write_not", language=text(desk, f"language_{code}")))
    assert said == text(desk, "language_last")
    assert one(desk, ANA).languages == ("en",)
    await desk.press(ANA, text(desk, "b_write", language=text(desk, "language_es")))
    assert one(desk, ANA).languages == ("en", "es")
    await desk.press(ANA, text(desk, "b_read", language=text(desk, "language_en")))
    assert one(desk, ANA).locale == "en"
