"""What is owed to responders' chats: emptying comes first and is never given up, a file stands in nobody's way, nothing stays too long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest

from bot.domain.case import Complaint, Direction, Words, WordsState
from bot.domain.staff import ResponderState, StaffRole
from bot.usecases.channel import TOPIC_MISSING, Outcome, Rendered, Result
from bot.usecases.desk import deliver
from bot.usecases.desk.looking import Look
from bot.usecases.desk.pieces import MESSAGE_LIMIT, covered, pieces, units
from bot.usecases.desk.views import VIEWS
from bot.usecases.desk_ports import DeskStorage, DeskVerdict, DeskWrite
from flows.events import MediaKind
from tests.bot.domain.desk import responder
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, LEJOS, PEOPLE, Desk, open_desk, with_case

HOUR = 3600


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are real seconds, and no test waits."""
    monkeypatch.setattr(deliver, "PAUSE_LIMIT", 0.0005)


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    """A case of Ana's, in a topic."""
    return await with_case(await open_desk(tmp_path))


@pytest.fixture
async def plain(tmp_path: Path) -> Desk:
    """The same where the platform has no topics."""
    found = await open_desk(tmp_path)
    found.platform.topics = False
    return await with_case(found)


async def clear(desk: Desk, who: int = ANA, *, everything: bool = False) -> None:
    """What a panic or a withdrawal owes a chat."""
    draft = desk.office.draft()
    draft.clear(who, desk.case().id, everything=everything)
    await desk.office.commit(draft)


async def photo(desk: Desk) -> None:
    """The seeker sends one; what is owed is not waited for."""
    draft = desk.office.draft()
    case = desk.case()
    sent = Words(
        id=draft.number(),
        case=case.id,
        direction=Direction.SEEKER,
        number=case.numbered_in + 1,
        at=draft.at,
        media=MediaKind.PHOTO,
        file="f",
    )
    desk.office.pass_to_responder(draft, case, draft.put(replace(sent, state=WordsState.QUEUED)))
    await desk.office.commit(draft)


async def words(desk: Desk) -> dict[int, WordsState]:
    """How each message fares, by its number."""
    return {one.number: one.state for one in await desk.words()}


async def until(condition: object) -> None:
    """Let everything run until something holds."""
    assert callable(condition)
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never comes to that")


class Gate:
    """Uploads that are begun and do not end. `lands`: the file is there all the same when the call is cut off."""

    def __init__(self, desk: Desk, *, lands: bool = False) -> None:
        self.desk, self.lands, self.open, self.begun = desk, lands, asyncio.Event(), 0
        desk.platform.send_media = self.send_media  # type: ignore[method-assign]  # this test's platform

    async def send_media(self, chat_id: int, kind: MediaKind, source: object, *, thread_id: int = 0, **_: object) -> Outcome:
        self.begun += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            if self.lands:
                self.desk.platform.put(chat_id, "[landed]", thread_id)
            raise
        return Outcome(result=Result.DONE, message_id=self.desk.platform.put(chat_id, "[photo]", thread_id), thread_id=thread_id)


# -- tries and pauses ----------------------------------------------------------------------------------------------------------


async def test_new_items_use_up_nobodys_tries(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the platform asks for a pause, whatever is committed meanwhile is no try of what waits."""
    monkeypatch.setattr(deliver, "PAUSE_LIMIT", 60.0)
    calls = refusing(desk, Outcome(result=Result.RETRY, after=50.0))
    for number in range(deliver.TRIES + 10):
        draft = desk.office.draft()
        draft.post(ANA, "note_kept", case=desk.case(), visibility="mine", count=number)
        await desk.office.commit(draft)
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert len(calls) == 1
    (waiting, *_) = desk.deliverer._chats[ANA].queue
    assert waiting.tries == 1
    await desk.deliverer.close()


def refusing(desk: Desk, outcome: Outcome) -> list[str]:
    """From now on this is what comes of every message; answers what was tried."""
    calls: list[str] = []

    async def send(chat_id: int, message: Rendered, **_: object) -> Outcome:
        calls.append(message.text)
        return outcome

    desk.platform.send = send  # type: ignore[method-assign]  # this test's platform
    return calls


@pytest.mark.parametrize("result", [Result.RETRY, Result.UNKNOWN])
@pytest.mark.parametrize("topics", [True, False])
async def test_a_clear_is_never_given_up(tmp_path: Path, topics: bool, result: Result) -> None:
    desk = await open_desk(tmp_path)
    desk.platform.topics = topics
    await with_case(desk)
    await desk.hear(CANARY)
    failing, left = deliver.TRIES + 20, [deliver.TRIES + 20]
    name = "drop_topic" if topics else "delete"
    truly = getattr(desk.platform, name)

    async def call(*given: object, **more: object) -> Outcome:
        left[0] -= 1
        return Outcome(result=result) if left[0] >= 0 else await truly(*given, **more)

    setattr(desk.platform, name, call)
    await clear(desk, everything=True)
    await desk.deliverer.settle()
    assert left[0] < 0 < failing
    assert desk.chat(ANA) == []
    assert await desk.storage.desk_owed() == []


async def test_a_fault_of_ours_holds_back_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that raises is dropped after some tries; what comes after it arrives, and a clear is done all the same."""

    def broken(look: Look) -> Rendered:
        raise ZeroDivisionError

    monkeypatch.setattr(deliver, "VIEWS", MappingProxyType({**VIEWS, "nudge": broken}))
    draft = desk.office.draft()
    draft.post(ANA, "nudge", case=desk.case(), priority=0)
    draft.post(ANA, "share_refused", case=desk.case())
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert desk.say("share_refused", designation="Faro") in desk.texts(ANA)
    assert await desk.storage.desk_owed() == []
    await clear(desk)
    await desk.deliverer.settle()
    assert desk.chat(ANA) == []


async def test_words_that_cannot_be_shown_are_told_and_kept_for_who_comes_next(desk: Desk) -> None:
    truly = desk.platform.send

    async def send(chat_id: int, message: Rendered, **more: object) -> Outcome:
        return Outcome(result=Result.REFUSED) if CANARY in message.text else await truly(chat_id, message, **more)  # type: ignore[arg-type]  # as they came

    desk.platform.send = send  # type: ignore[method-assign]  # this test's platform
    await desk.hear(CANARY)
    assert desk.say("words_not_shown", number=1) in desk.texts(ANA)
    assert await words(desk) == {1: WordsState.NOT_DELIVERED}
    (kept,) = await desk.words()
    assert kept.text == CANARY


async def test_words_to_a_chat_that_was_gone_are_said_once_something_arrives(desk: Desk) -> None:
    truly = desk.platform.send
    refusing(desk, Outcome(result=Result.GONE))
    await desk.hear(CANARY)
    assert await words(desk) == {1: WordsState.QUEUED}
    assert await desk.storage.desk_owed() == []
    desk.platform.send = truly  # type: ignore[method-assign]  # the platform's own again
    draft = desk.office.draft()
    draft.post(ANA, "share_refused", case=desk.case())
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert CANARY in desk.texts(ANA)
    assert await words(desk) == {1: WordsState.DELIVERED}


async def test_words_an_earlier_run_gave_up_are_owed_again_at_the_start(desk: Desk) -> None:
    truly = desk.platform.send
    refusing(desk, Outcome(result=Result.GONE))
    await desk.hear(CANARY)
    desk.platform.send = truly  # type: ignore[method-assign]  # the platform's own again
    fresh = deliver.DeskDeliverer(desk.office, desk.deliverer._channel, desk.deliverer._seekers, desk.deliverer._key)
    desk.office.outgoing = fresh
    fresh.recover(await desk.storage.desk_owed())
    await fresh.settle()
    assert CANARY in desk.texts(ANA)


# -- files -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("everything", [True, False])
async def test_a_clear_does_not_wait_behind_a_file(desk: Desk, everything: bool) -> None:
    await desk.hear(CANARY)
    gate = Gate(desk)
    await photo(desk)
    await until(lambda: gate.begun)
    await clear(desk, everything=everything)
    await desk.deliverer.settle()  # though the upload was never answered
    assert desk.chat(ANA) == []
    assert await desk.storage.desk_owed() == []


@pytest.mark.parametrize("topics", [True, False])
async def test_a_file_that_landed_while_it_was_cut_off_goes_as_well(tmp_path: Path, topics: bool) -> None:
    desk = await open_desk(tmp_path)
    desk.platform.topics = topics
    await with_case(desk)
    gate = Gate(desk, lands=True)
    await photo(desk)
    await until(lambda: gate.begun)
    await clear(desk, everything=True)
    draft = desk.office.draft()
    draft.post(ANA, "panicked", topic=False)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    assert [one.text for one in desk.chat(ANA)] == [desk.say("panicked")]


async def test_words_go_past_a_file_and_other_files_wait_for_it(desk: Desk) -> None:
    gate = Gate(desk)
    await photo(desk)
    await until(lambda: gate.begun)
    await photo(desk)
    draft = desk.office.draft()
    draft.post(ANA, "share_refused", case=desk.case())
    await desk.office.commit(draft)
    await until(lambda: desk.say("share_refused", designation="Faro") in desk.texts(ANA))
    assert gate.begun == 1
    gate.open.set()
    await desk.deliverer.settle()
    assert gate.begun == 2
    assert desk.texts(ANA).count("[photo]") == 2
    assert set((await words(desk)).values()) == {WordsState.DELIVERED}


async def test_a_file_is_fetched_when_its_turn_has_come(desk: Desk) -> None:
    """Whoever waits for their turn holds no twenty megabytes in memory."""
    fetched: list[str] = []

    async def download(handle: str, limit: int = 0) -> bytes:
        fetched.append(handle)
        return b"file"

    desk.deliverer._seekers.download = download  # type: ignore[method-assign]  # this test's files
    desk.deliverer._files = asyncio.Semaphore(0)
    await photo(desk)
    await until(lambda: desk.deliverer._chats[ANA].file)
    await asyncio.sleep(0.01)
    assert fetched == []
    desk.deliverer._files.release()
    await desk.deliverer.settle()
    assert fetched == ["f"]


async def test_a_file_fetched_too_late_is_not_shown(desk: Desk) -> None:
    """The consent was withdrawn while it was being fetched."""

    async def download(handle: str, limit: int = 0) -> bytes:
        held = desk.case()
        ended = tuple(replace(one, withdrawn_at=desk.office.now()) for one in held.consents)
        desk.office.book.cases[held.id] = replace(held, consents=ended)
        return b"file"

    desk.deliverer._seekers.download = download  # type: ignore[method-assign]  # this test's files
    await photo(desk)
    await desk.deliverer.settle()
    assert "[photo]" not in desk.texts(ANA)


# -- long ones -------------------------------------------------------------------------------------------------------------------


async def test_a_long_complaint_can_be_read_and_answered(tmp_path: Path) -> None:
    """Title, four thousand characters and the line of the date are more than one message holds."""
    desk = await open_desk(
        tmp_path, people=(*PEOPLE, responder(6, alias="Ruda", role=StaffRole.REVIEWER, organization="red", duty_until=0))
    )
    draft = desk.office.draft()
    written = "no me creyeron " * 270
    held = Complaint(id=draft.number(), ticket="ABCD-EFGH", about="casa", reviewer="red", text=written, at=draft.at)
    draft.complaints.append(held)
    draft.post(6, "complaint_open", topic=False, complaint=held.id)
    await desk.office.commit(draft)
    await desk.deliverer.settle()
    first, *_, last = desk.chat(6)
    assert "".join(one.text for one in desk.chat(6)).count("no me creyeron") == 270
    assert (first.rows, len(last.rows)) == ((), 1)
    assert all(units(one.text) <= MESSAGE_LIMIT for one in desk.chat(6))
    assert desk.deliverer is not None
    assert LEJOS not in desk.deliverer._chats


def test_parts_keep_what_is_covered() -> None:
    """A text is cut, and so is what covers it."""
    text = "a\n" + "muy largo " * 1000
    shown = covered(Rendered(text=text), "header")
    found = pieces(shown)
    assert len(found) == 3
    assert "".join(part.text for part in found) == text
    hidden = [sum(span.length for span in part.hidden) for part in found]
    assert hidden == [units(found[0].text) - 2, *(units(part.text) for part in found[1:])]


# -- what is old -------------------------------------------------------------------------------------------------------------------


async def test_without_topics_nothing_is_left_until_it_cannot_be_deleted(plain: Desk) -> None:
    await plain.hear(CANARY)
    plain.clock.at += 47 * HOUR
    await plain.hear("ahora")
    await plain.deliverer.tidy()
    await plain.deliverer.settle()
    assert CANARY not in plain.texts(ANA)
    assert "ahora" in plain.texts(ANA)
    assert plain.texts(ANA).count("Idioma") == 1, "the buttons are there again"
    await plain.press(ANA, "b_older")
    assert CANARY in plain.texts(ANA)
    plain.all_written()


async def test_in_topics_everything_stays(desk: Desk) -> None:
    await desk.hear(CANARY)
    desk.clock.at += 60 * HOUR
    await desk.deliverer.tidy()
    await desk.deliverer.settle()
    assert CANARY in desk.texts(ANA)


@pytest.mark.parametrize("state", [ResponderState.ACTIVE, ResponderState.PANICKED])
async def test_what_is_too_old_to_be_deleted_is_overwritten(plain: Desk, state: ResponderState) -> None:
    """What is the responder's own cannot be changed by anybody else: they are told how many, but not after a panic."""
    await plain.hear(CANARY)
    await plain.type(ANA, "estoy aquí", reply_to=plain.chat(ANA)[-1].number)
    old = {one.number for one in plain.chat(ANA)}
    truly = plain.platform.delete

    async def delete(chat_id: int, message_ids: list[int], **_: object) -> Outcome:
        return await truly(chat_id, [one for one in message_ids if one not in old])

    plain.platform.delete = delete  # type: ignore[method-assign,assignment]  # the platform skips what is too old
    plain.clock.at += 49 * HOUR
    me = plain.office.book.responders[ANA]
    plain.office.book.responders[ANA] = replace(me, state=state)
    await clear(plain, everything=True)
    await plain.deliverer.settle()
    left = [one.text for one in plain.chat(ANA) if one.text != "·"]
    told = [plain.say("left_behind", count=1)] if state is ResponderState.ACTIVE else []
    assert left == ["estoy aquí", *told]


class Refusing:
    """Storage of a case whose consent has ended."""

    def __init__(self, inner: DeskStorage) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def write_desk(self, write: DeskWrite) -> DeskVerdict:
        if write.words or any(item.case for item in write.items):
            return DeskVerdict.REFUSED
        return await self._inner.write_desk(write)


# -- what the database refuses ---------------------------------------------------------------------------------------------------


async def test_what_stands_is_written_down_though_the_consent_has_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database takes no item of a case without a living consent: what was done is recorded without it."""
    draft = desk.office.draft()
    draft.post(ANA, "share_refused", case=desk.case())
    await desk.office.commit(draft)
    desk.office.book.storage = cast("DeskStorage", Refusing(desk.storage))
    desk.platform.titles.clear()
    lost = Outcome(result=Result.MISSING, error=TOPIC_MISSING)
    answers: Iterator[Outcome] = iter((lost,))
    send = desk.platform.send

    async def once_lost(chat_id: int, message: Rendered, **more: object) -> Outcome:
        return next(answers, None) or await send(chat_id, message, **more)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(desk.platform, "send", once_lost)
    await desk.deliverer.settle()
    assert await desk.storage.desk_owed() == []
    ledger = await desk.office.book.ledger(ANA)
    stored = {one.row for one in await desk.storage.desk_messages(ANA)}
    assert set(ledger) == stored


async def test_words_that_arrived_when_the_consent_had_ended_go_again(desk: Desk) -> None:
    truly = desk.platform.send

    async def send(chat_id: int, message: Rendered, **more: object) -> Outcome:
        outcome = await truly(chat_id, message, **more)  # type: ignore[arg-type]  # as they came
        held = desk.case()
        if CANARY in message.text:
            ended = tuple(replace(one, withdrawn_at=desk.office.now()) for one in held.consents)
            desk.office.book.cases[held.id] = replace(held, consents=ended)
        return outcome

    desk.platform.send = send  # type: ignore[method-assign]  # this test's platform
    await desk.hear(CANARY)
    assert CANARY not in desk.texts(ANA)
    assert BRUNO not in desk.deliverer._chats
