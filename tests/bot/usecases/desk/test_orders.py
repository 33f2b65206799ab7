"""What a seeker's turn asks of the desk: each order is written, recorded, and refused once the case has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.case import (
    CONSENT_DAYS,
    DAY,
    CaseStatus,
    Direction,
    FollowUp,
    HandoffStatus,
    Level,
    Note,
    Purpose,
    Reach,
    Visibility,
    Words,
    WordsState,
)
from bot.usecases.desk import orders
from bot.usecases.desk.case_views import VIEWS
from bot.usecases.desk_ports import DeskItem
from flows.effects import Line, Order, OrderKind
from flows.events import MediaKind
from flows.state import PhoneUse, Position
from tests.bot.domain.desk import T, clocks
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, SEEKER, SUPE, Desk, with_case
from tests.bot.usecases.desk.test_contact import look_of
from tests.bot.usecases.desk.turns import STRANGER, before, opened, order, requested, restart, sent, turn, typed
from tests.house import program

LINES = (
    Line(key="missing.since", question="flow.missing_person.since", answer="flow.missing_person.since.today"),
    Line(key="missing.who", question="flow.missing_person.who", answer="flow.missing_person.who.child"),
)
BLOCKS = ("card.person_offer.what", "card.person_offer.who")
ENDED = frozenset({OrderKind.REQUEST, OrderKind.FEEDBACK, OrderKind.COMPLAINT, OrderKind.RETURN_KEY, OrderKind.ERASE})
"""Orders that need no case."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = await opened(tmp_path)
    yield made
    await made.storage.close()


@pytest.fixture
async def owned(desk: Desk) -> Desk:
    return await with_case(desk)


def test_every_order_has_somebody_who_does_it() -> None:
    assert set(orders.OBEY) == set(OrderKind)


# -- asking, and what is recorded of it -------------------------------------------------------------------------------------------


async def test_a_request_opens_a_case_under_its_consent_and_nothing_else(desk: Desk) -> None:
    await turn(desk, order(OrderKind.REQUEST, blocks=BLOCKS))
    case = desk.case()
    (consent,) = case.consents
    assert (case.seeker, case.organization, case.status, case.needs) == (SEEKER, "casa", CaseStatus.OPEN, ("missing_person",))
    assert (consent.purpose, consent.organization, consent.scope, consent.locale) == (Purpose.CONTACT, "casa", ("language", "topic"), "es")
    assert (consent.granted_at, consent.until, consent.shown) == (T, T + CONSENT_DAYS * DAY, "")
    assert consent.text_version == orders.text_version(program(), "es", BLOCKS, consent.organization)
    assert case.shared == ()
    assert [entry for entry in await desk.trail() if entry[0] == "seeker"] == [
        ("seeker", "request", case.level.value),
        ("seeker", "grant", "contact"),
    ]
    await turn(desk, order(OrderKind.REQUEST, blocks=BLOCKS))
    assert len(desk.office.book.cases) == 1
    assert await desk.refusals() == ["no-such-move"]


def test_the_text_version_is_of_the_very_text_and_language() -> None:
    found = {
        orders.text_version(program(), locale, blocks, "casa") for locale in ("es", "en") for blocks in (BLOCKS, BLOCKS[:1], BLOCKS[::-1])
    }
    assert len(found) == 6
    assert all(len(one) == 16 for one in found)


async def test_a_minor_and_somebody_whose_language_nobody_writes(desk: Desk) -> None:
    told = replace(before().desk, speaks=False)
    young = before(answers={orders.YOUTH: ("yes",)}, desk=told, locale="ht")
    await turn(desk, order(OrderKind.REQUEST), conversation=young)
    assert desk.case().minor
    assert desk.case().any_language
    assert desk.case().locale == "ht"


def test_what_a_case_is_about_begins_with_where_they_asked_from() -> None:
    stack = (Position(flow="danger", step="now"), Position(flow="person", step="offer"))
    assert orders.topics(program(), before(stack=stack, needs=("extortion", "missing_person"))) == ("danger", "missing_person", "extortion")
    assert not orders.is_minor({orders.YOUTH: ("no",), "missing.minor": ("yes",)})


# -- words ------------------------------------------------------------------------------------------------------------------------


async def test_words_before_anybody_came_wait_and_are_shown_to_who_takes_it(desk: Desk) -> None:
    await requested(desk)
    await turn(desk, order(OrderKind.WORDS), incoming=typed(CANARY, 41))
    (words,) = await desk.words()
    assert (words.text, words.number, words.direction, words.source) == (CANARY, 1, Direction.SEEKER, 41)
    assert words.state is WordsState.QUEUED
    assert (await desk.trail())[-1] == ("seeker", "hear", "")
    await desk.nothing_of(CANARY)


async def test_words_reach_the_owner_at_once_numbered_and_edits_follow(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), incoming=typed("uno", 41))
    await turn(owned, order(OrderKind.WORDS), incoming=typed("dos", 42))
    assert "1 · uno\n2 · dos" in owned.texts(ANA)
    made = orders.Turn(
        office=owned.office,
        seeker=SEEKER,
        program=program(),
        before=before(),
        after=before(),
        incoming=typed("UNO", 41),
        transcript=await owned.words(),
        draft=owned.office.draft(),
        case=owned.case(),
    )
    assert orders.edited(made, "") is not None
    await owned.office.commit(made.draft)
    await owned.deliverer.settle()
    assert "UNO" in owned.texts(ANA)
    assert "1 · uno" not in owned.texts(ANA)
    assert orders.edited(replace(made, incoming=typed("x", 77), draft=owned.office.draft()), "") is None


async def test_media_and_places_keep_only_the_handle(owned: Desk) -> None:
    await turn(owned, order(OrderKind.MEDIA, "voice"), incoming=sent(MediaKind.VOICE, file_id="f1", mime="audio/ogg", caption="oye"))
    await turn(owned, order(OrderKind.MEDIA, "location"), incoming=sent(MediaKind.LOCATION, place=(19.4, -99.1)))
    await turn(owned, order(OrderKind.MEDIA, "other"), incoming=sent(MediaKind.OTHER))
    voice, place = await owned.words()
    assert (voice.media, voice.file, voice.mime, voice.text) == (MediaKind.VOICE, "f1", "audio/ogg", "oye")
    assert (place.media, place.place) == (MediaKind.LOCATION, "19.4,-99.1")


async def test_the_last_words_can_be_taken_back(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), incoming=typed("uno", 41))
    await turn(owned, order(OrderKind.WORDS), incoming=typed("dos", 42))
    await turn(owned, order(OrderKind.REMOVE))
    one, two = await owned.words()
    assert (one.state, two.state, two.text) == (WordsState.DELIVERED, WordsState.REMOVED, "")
    assert "dos" not in owned.texts(ANA)
    await turn(owned, order(OrderKind.REMOVE))
    await turn(owned, order(OrderKind.REMOVE))
    assert [words.text for words in await owned.words()] == ["", ""]


async def test_a_crisis_makes_it_danger_and_rings(owned: Desk) -> None:
    await turn(owned, order(OrderKind.RING, "danger"))
    case = owned.case()
    assert (case.level, case.crisis_at, case.heavy) == (Level.DANGER, T, True)
    assert (await owned.trail())[-1] == ("seeker", "ring", "danger")
    assert "algo urgente" in owned.texts(ANA)


# -- sharing -----------------------------------------------------------------------------------------------------------------------


async def test_what_is_shared_is_what_was_shown_by_hash_and_what_the_header_shows(owned: Desk) -> None:
    await turn(owned, order(OrderKind.SHARE, lines=LINES, blocks=BLOCKS))
    case = owned.case()
    consent = case.consent(Purpose.SHARE, T)
    assert consent is not None
    assert consent.scope == tuple(line.key for line in LINES)
    assert consent.shown == orders.shown_hash(LINES) == orders.shown_hash(case.shared)
    assert consent.text_version == orders.text_version(program(), "es", BLOCKS, consent.organization)
    assert (await owned.trail())[-1] == ("seeker", "share", "")
    look = look_of(owned, ANA)
    seen = VIEWS["header"](look)
    assert seen is not None
    listed = [line for line in seen.text.splitlines() if line.startswith("· ")]
    assert listed == [f"· {look.message(line.question)}: {look.message(line.answer)}" for line in case.shared]
    await restart(owned)
    assert orders.shown_hash(owned.case().shared) == consent.shown


async def test_a_later_list_takes_the_place_of_the_former(owned: Desk) -> None:
    await turn(owned, order(OrderKind.SHARE, lines=LINES, blocks=BLOCKS))
    await turn(owned, order(OrderKind.SHARE, lines=LINES[:1], blocks=BLOCKS))
    case = owned.case()
    alive = [one for one in case.consents if one.purpose is Purpose.SHARE and one.holds(T)]
    assert [one.scope for one in alive] == [("missing.since",)]
    assert [line.key for line in case.shared] == ["missing.since"]
    assert orders.shown_hash(LINES) != orders.shown_hash(LINES[::-1])


async def test_refusing_to_share_tells_only_the_owner(owned: Desk) -> None:
    await turn(owned, order(OrderKind.REFUSE_SHARE))
    assert "prefiere no compartir" in owned.texts(ANA)
    assert owned.case().shared == ()


# -- elsewhere, and how ---------------------------------------------------------------------------------------------------------------


async def test_another_organization_is_asked_by_name_and_a_no_changes_nothing(desk: Desk) -> None:
    case = await requested(desk)
    other = desk.office.elsewhere(case, T)
    assert other is not None
    await turn(desk, order(OrderKind.ELSEWHERE, "no"))
    assert desk.case().organization == "casa"
    await turn(desk, order(OrderKind.ELSEWHERE, "yes", blocks=BLOCKS))
    assert await desk.refusals() == ["no-such-move"]  # nobody was named
    draft = desk.office.draft()
    draft.case(replace(desk.case(), asked_elsewhere=other.id))
    await desk.office.commit(draft)
    await turn(desk, order(OrderKind.ELSEWHERE, "yes", blocks=BLOCKS))
    moved = desk.case()
    assert moved.organization == other.id == "red"
    assert moved.consent(Purpose.REFERRAL, T) is not None
    assert moved.consent(Purpose.CONTACT, T, "casa") is None
    assert moved.shared == ()
    assert [entry for entry in await desk.trail() if entry[1] in ("pass_on", "grant")][-2:] == [
        ("seeker", "pass_on", ""),
        ("seeker", "grant", "referral"),
    ]
    assert desk.texts(ANA) == ""


@pytest.mark.parametrize("value", [one.value for one in Reach if one is not Reach.UNASKED])
async def test_reach(owned: Desk, value: str) -> None:
    await turn(owned, order(OrderKind.REACH, value))
    assert owned.case().reach.value == value


@pytest.mark.parametrize(("value", "kept"), [("woman", "woman"), ("man", "man"), ("any", "")])
async def test_prefer(owned: Desk, value: str, kept: str) -> None:
    await turn(owned, order(OrderKind.PREFER, value))
    assert owned.case().prefers == kept


async def test_a_transfer_may_be_refused(owned: Desk) -> None:
    await owned.commit(handoff.transfer(owned.case(), BRUNO, T, clocks=clocks()))
    await turn(owned, order(OrderKind.TRANSFER, "yes"))
    assert owned.case().transfer_to == BRUNO
    await turn(owned, order(OrderKind.TRANSFER, "no"))
    assert owned.case().transfer_to is None
    assert owned.case().responder == ANA
    assert (await owned.trail())[-1] == ("seeker", "decline", "")


async def test_leaving_and_blocking_are_no_withdrawal(owned: Desk) -> None:
    await turn(owned, order(OrderKind.LEFT))
    await turn(owned, order(OrderKind.BLOCKED))
    assert owned.case().compromised
    assert owned.case().may_see(T)
    assert "Cerró el chat" in owned.texts(ANA)


async def test_a_consent_is_renewed_with_its_text(owned: Desk) -> None:
    owned.clock.at += 29 * DAY
    await turn(owned, order(OrderKind.RENEW, "yes", blocks=BLOCKS))
    held = owned.case().consent(Purpose.CONTACT, owned.clock.at)
    assert held is not None
    assert held.until == T + 59 * DAY
    assert held.text_version == orders.text_version(program(), "es", BLOCKS, held.organization)
    assert ("seeker", "grant", "renewed") in await owned.trail()


@pytest.mark.parametrize(("value", "outcome"), [("helped", "helped"), ("not_helped", "not_helped"), ("declined", "declined")])
async def test_an_agreed_message_is_answered(owned: Desk, value: str, outcome: str) -> None:
    closed = handoff.close(replace(owned.case(), follow_ups=(FollowUp(at=T, tries=1),)), "helped", T)
    await owned.commit(closed)
    await turn(owned, order(OrderKind.FOLLOW_UP, value))
    assert [one.outcome for one in owned.case().follow_ups] == [outcome]


# -- the end --------------------------------------------------------------------------------------------------------------------------


async def full(desk: Desk) -> None:
    """A case with words of both, a note, a topic, and something owed."""
    await turn(desk, order(OrderKind.SHARE, lines=LINES, blocks=BLOCKS))
    await turn(desk, order(OrderKind.WORDS), incoming=typed(CANARY))
    await desk.write(ANA, "Aquí estoy.")
    draft, case = desk.office.draft(), desk.case()
    draft.notes.append(Note(id=draft.number(), case=case.id, author=ANA, visibility=Visibility.TEAM, text=CANARY, at=T))
    await desk.office.commit(draft)


async def owed(desk: Desk, case: int) -> list[DeskItem]:
    return [item for item in await desk.storage.desk_owed() if item.case == case]


async def test_withdrawal_takes_access_words_notes_items_and_topics(owned: Desk) -> None:
    await full(owned)
    await turn(owned, order(OrderKind.WITHDRAW))
    case = owned.case()
    assert (case.status, case.handoff, case.shared, case.responder) == (CaseStatus.CLOSED, HandoffStatus.WITHDRAWN, (), None)
    assert not any(one.holds(T) for one in case.consents)
    assert await owned.storage.words(case.id) == []
    assert await owned.storage.notes(case.id) == []
    assert owned.office.book.words.get(case.id, {}) == {}
    assert await owed(owned, case.id) == []
    assert owned.platform.titles == {}
    assert CANARY not in owned.texts(ANA)
    assert "retiró su permiso" in owned.texts(ANA)
    assert [message.case for message in await owned.storage.desk_messages(ANA) if message.case] == []
    await restart(owned)
    assert not owned.case().may_see(T)


async def test_erasing_empties_the_case(owned: Desk) -> None:
    await full(owned)
    number = owned.case().id
    await turn(owned, order(OrderKind.ERASE))
    assert number not in owned.office.book.cases
    assert list(await owned.storage.cases()) == []
    assert await owned.storage.words(number) == []
    assert await owned.storage.notes(number) == []
    assert CANARY not in owned.texts(ANA)
    assert owned.platform.titles == {}
    assert [entry[1] for entry in await owned.trail()][-2:] == ["withdraw", "erase"]
    await owned.nothing_of(CANARY)


def test_the_shell_of_an_erased_case_holds_nothing(owned: Desk) -> None:
    shell = orders.emptied(owned.case())
    assert (shell.seeker, shell.designation, shell.locale, shell.consents, shell.needs, shell.shared) == (None, "", "", (), (), ())
    assert shell.erased


async def test_a_lent_phone_is_erased_and_the_case_waits_for_its_key(owned: Desk) -> None:
    code = "ABCD-2345"
    told = replace(before().desk, code=code)
    await turn(owned, order(OrderKind.RETURN_KEY, "make"), conversation=before(desk=told))
    await turn(owned, order(OrderKind.ERASE), conversation=before(phone=PhoneUse.LENT))
    case = owned.case()
    assert (case.seeker, case.open, case.erased, case.responder) == (None, True, False, ANA)
    assert owned.office.by_return_key("abcd 2345") == case
    assert owned.office.book.case_of(SEEKER) is None
    assert code not in case.return_key
    trail = await owned.trail()
    assert ("seeker", "detach", "key") in trail
    assert ("seeker", "detach", "erased") in trail


async def test_erasing_ones_own_phone_erases_the_case_even_with_a_key(owned: Desk) -> None:
    await owned.commit(replace(owned.case(), return_key="k"))
    await turn(owned, order(OrderKind.ERASE))
    assert owned.office.book.cases == {}


@pytest.mark.parametrize("how", ["withdrawn", "none"])
@pytest.mark.parametrize("what", [one for one in OrderKind if one not in ENDED])
async def test_an_order_about_a_case_that_has_ended_changes_nothing(owned: Desk, what: OrderKind, how: str) -> None:
    await turn(owned, order(OrderKind.WITHDRAW))
    ended = owned.case()
    made = orders.Turn(
        office=owned.office,
        seeker=SEEKER,
        program=program(),
        before=before(),
        after=before(),
        incoming=sent(MediaKind.VOICE, file_id="f", text="hola"),
        transcript=[Words(id=999, case=ended.id, direction=Direction.SEEKER, number=1, text="hola", at=T)]
        if what is not OrderKind.REMOVE
        else [],
        draft=owned.office.draft(),
        case=ended if how == "withdrawn" else None,
    )
    orders.obey(made, [Order(what=what, value={"reach": "yes", "media": "voice"}.get(what.value, "yes"), lines=LINES)])
    draft = made.draft
    assert draft.words == {}
    assert all(case.consents == ended.consents and not case.open for case in draft.cases.values())
    assert not any(item.case for item in draft.items if item.kind == "post")
    if how == "none" and what is not OrderKind.REMOVE:
        assert draft.cases == {}
        assert [entry.deed.value for entry in draft.audit] == ["refused"]


async def test_complaints_and_keys_need_no_case(desk: Desk) -> None:
    await turn(desk, order(OrderKind.COMPLAINT), incoming=typed(CANARY))
    (complaint,) = desk.office.book.complaints.values()
    assert (complaint.text, complaint.about, complaint.reviewer) == (CANARY, "casa", "red")
    assert len(complaint.ticket) == 9
    await turn(desk, order(OrderKind.RETURN_KEY, "typed"), incoming=typed("ABCD-2345"))
    await turn(desk, order(OrderKind.ERASE))
    assert desk.office.book.cases == {}


async def test_a_ticket_is_the_code_that_was_shown(desk: Desk) -> None:
    told = replace(before().desk, code="WXYZ-6789")
    await turn(desk, order(OrderKind.COMPLAINT), incoming=typed("queja"), conversation=before(desk=told))
    assert [one.ticket for one in desk.office.book.complaints.values()] == ["WXYZ-6789"]


@pytest.mark.parametrize(
    ("written", "key", "word"),
    [("ABCD-2345", "ABCD-2345", ""), ("abcd 2345 colibrí", "abcd 2345", "colibrí"), ("ABCD", "ABCD", ""), ("", "", "")],
)
def test_a_key_and_the_word_beside_it(written: str, key: str, word: str) -> None:
    assert orders.key_and_word(written) == (key, word)


async def test_nothing_asked_writes_nothing(desk: Desk) -> None:
    assert await turn(desk) is None
    assert await turn(desk, order(OrderKind.FEEDBACK, "useful")) is None
    assert desk.texts(SUPE) == ""


# -- what an attack found ------------------------------------------------------------------------------------------------------------


async def test_how_they_left_and_what_they_changed_stands_in_the_trail(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), incoming=typed("uno", 41))
    for one in (
        order(OrderKind.REMOVE),
        order(OrderKind.REACH, "silent"),
        order(OrderKind.PREFER, "woman"),
        order(OrderKind.LEFT),
        order(OrderKind.BLOCKED),
    ):
        await turn(owned, one)
    deeds = [(actor, deed, detail) for actor, deed, detail in await owned.trail() if actor == "seeker"]
    for expected in (("remove", ""), ("reach", "silent"), ("prefer", "woman"), ("leave", ""), ("block", "")):
        assert ("seeker", *expected) in deeds
    assert owned.case().blocked


async def test_whoever_erases_is_nobodys_claimant_any_more(owned: Desk) -> None:
    """Somebody else's case must not go on knowing that they brought its key."""
    await owned.commit(replace(owned.case(), claimant=STRANGER))
    await turn(owned, order(OrderKind.ERASE), seeker=STRANGER)
    assert owned.case().claimant is None
    assert owned.case().status is CaseStatus.ASSIGNED


async def test_which_crisis_was_said_and_when_it_rang_is_kept(owned: Desk) -> None:
    crisis = owned.say("crisis", designation="Faro")
    for _ in range(3):
        await turn(owned, order(OrderKind.RING, "distress"), incoming=typed("x"))
    assert owned.texts(ANA).count(crisis) == 1
    assert owned.case().crisis == "distress"
    owned.clock.at += orders.ALARM_SECONDS
    await turn(owned, order(OrderKind.RING, "danger"), incoming=typed("x"))
    assert owned.texts(ANA).count(crisis) == 2
    assert owned.case().crisis == "danger"


async def test_words_beside_a_file_that_is_not_taken_are_heard(owned: Desk) -> None:
    await turn(owned, order(OrderKind.WORDS), incoming=sent(MediaKind.VIDEO, caption="ya vienen"))
    assert "1 · ya vienen" in owned.texts(ANA)
