"""While a human's words are under way to the seeker: taken back, corrected, covered. And a storage that never lets one turn through."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.case import Case, Level, Words, WordsState
from bot.domain.seeker import SeekerId
from bot.domain.staff import DUTY_SECONDS, Responder, ResponderState, StaffRole
from bot.storage.sql_storage import SqlStorage
from bot.usecases.channel import Incoming, Kind
from bot.usecases.deliver import Owed, pointless
from bot.usecases.ports import Change, OutboxItem, Verdict, Written
from flows.effects import Effect, Screen, ShowScreen, ShowWords, Wipe
from tests.bot.usecases.desk.living import Fate, Life, hurried
from tests.bot.usecases.desk.test_stateful import ASKS, labels

ANA, RIO = 501, 901
REACH_YES = labels("flow.waiting.reach.choice.yes")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in hurried():
        monkeypatch.setattr(module, name, value)


class Talk:
    """A seeker and a responder in the middle of a conversation."""

    def __init__(self, folder: Path) -> None:
        self.life = Life(folder)

    async def asks(self) -> Talk:
        """In the queue; nobody has come yet."""
        life = self.life
        made = Responder(
            id=0,
            organization="demo",
            role=StaffRole.RESPONDER,
            state=ResponderState.ACTIVE,
            alias="Río",
            chat_id=RIO,
            account=life.account(RIO),
            languages=("es", "en"),
            duty_until=life.clock.at + DUTY_SECONDS,
        )
        life.people = (made,)
        await life.start()
        await self.seeker(kind=Kind.START)
        await self.says("una persona")
        await self.taps(ASKS)
        await self.taps(REACH_YES)
        await life.later(1)
        return self

    async def begin(self) -> Talk:
        """Somebody answers."""
        await self.asks()
        await self.presses("take")
        await self.writes("Buenas.")
        return self

    async def seeker(self, **what: Any) -> None:
        at = self.life.clock.at
        await self.life.from_seeker(lambda number: Incoming(update_id=number, user_id=ANA, chat_id=ANA, sent_at=at, **what))

    async def says(self, text: str, kind: Kind = Kind.TEXT) -> None:
        await self.seeker(kind=kind, text=text, message_id=self.life.seekers.theirs(ANA, text))

    async def taps(self, named: Collection[str]) -> None:
        found = [(m.number, data) for m in self.life.seekers.ours(ANA) for row in m.rows for text, data in row if text in named]
        await self.seeker(kind=Kind.PRESS, press_id="p", press_data=found[-1][1], message_id=found[-1][0])

    async def responder(self, **what: Any) -> None:
        at = self.life.clock.at
        await self.life.from_desk(lambda number: Incoming(update_id=number, user_id=RIO, chat_id=RIO, sent_at=at, **what))

    async def presses(self, name: str) -> None:
        wanted = self.life.parts.office.texts.say("es", name)
        found = [(m, data) for m in self.life.desk.ours(RIO) for row in m.rows for text, data in row if text == wanted]
        message, data = found[-1]
        await self.responder(kind=Kind.PRESS, press_id="p", press_data=data, message_id=message.number, thread_id=message.thread)

    async def writes(self, text: str, edited: int = 0) -> int:
        """Typed, and past the hold; or a change of a message."""
        thread = max(self.life.desk.titles[RIO])
        number = edited or self.life.desk.theirs(RIO, text, thread)
        await self.responder(kind=Kind.TEXT, text=text, message_id=number, thread_id=thread, edited=bool(edited))
        if not edited:
            await self.life.later(7)
        return number

    async def arrives(self) -> None:
        """What was parked is answered."""
        self.life.seekers.release(ANA)
        await asyncio.sleep(0.01)
        await self.life.settle()
        await self.life.later(5)

    def reads(self) -> list[str]:
        """What stands in the seeker's chat."""
        return [message.text for _, message in sorted(self.life.seekers.chats[ANA].items())]

    def case(self) -> Case:
        (case,) = self.life.parts.office.book.cases.values()
        return case

    async def stored(self) -> Words:
        """The newest words, as they rest."""
        return (await self.life.storage.words(self.case().id))[-1]


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


async def test_words_taken_back_while_they_are_sent_leave_her_chat_again(talk: Talk) -> None:
    await talk.begin()
    talk.life.seekers.park(ANA)
    await talk.writes("palabras para otra persona")
    await talk.presses("remove")
    await talk.arrives()
    assert not [text for text in talk.reads() if "otra persona" in text]
    assert ((await talk.stored()).state, (await talk.stored()).text) == (WordsState.REMOVED, "")
    await talk.life.end()


@pytest.mark.parametrize("fates", [(), (Fate.RETRY, Fate.LOST)])
async def test_words_corrected_while_they_are_sent_are_corrected_there_too(talk: Talk, fates: tuple[Fate, ...]) -> None:
    """Also when the platform puts the correction off: a wrong number must not stand because of that."""
    await talk.begin()
    talk.life.seekers.park(ANA)
    number = await talk.writes("llama al 55 1111")
    await talk.writes("llama al 55 2222", edited=number)
    talk.life.seekers.fates.extend((None, *fates) if fates else ())  # type: ignore[arg-type]  # None: the sending itself succeeds
    await talk.arrives()
    await talk.life.later(5)
    assert [text for text in talk.reads() if "55" in text] == ["Río: llama al 55 2222"]
    assert (await talk.stored()).state is WordsState.DELIVERED
    assert (await talk.stored()).text == "llama al 55 2222"
    await talk.life.end()


async def test_an_exit_while_words_are_sent_leaves_none_of_them(talk: Talk) -> None:
    await talk.begin()
    talk.life.seekers.park(ANA)
    await talk.writes("la dirección del refugio es")
    await talk.says("salir", Kind.COMMAND)
    await talk.arrives()
    assert not [text for text in talk.reads() if "refugio" in text]
    assert (await talk.stored()).state is WordsState.ENVELOPE
    await talk.life.end()


async def test_a_turn_that_conflicts_for_ever_is_put_aside_and_answered(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tries, the safe screen, and everybody else goes on; without a bound it went on until the stack was full."""
    await talk.begin()
    real, tries = SqlStorage.write, []

    async def write(storage: SqlStorage, changes: Sequence[Change]) -> Sequence[Written]:
        if any(change.desk is not None and change.update_id is not None for change in changes):
            tries.append(1)
            return [Written(verdict=Verdict.CONFLICT) for _ in changes]
        return await real(storage, changes)

    monkeypatch.setattr(SqlStorage, "write", write)
    with capture_logs() as lines:
        await talk.says("primeras palabras")
    assert len(tries) == 3
    assert [line["error"] for line in lines if line["event"] == "update_failed"] == ["Conflict"]
    monkeypatch.setattr(SqlStorage, "write", real)
    await talk.says("segundas palabras")
    await talk.life.later(2)
    assert any("segundas palabras" in message.text for message in talk.life.desk.chats[RIO].values())
    await talk.life.end()


async def test_a_change_of_what_was_said_to_the_program_is_told_to_no_human(talk: Talk) -> None:
    """Also at the step where words are for whoever comes: those were for others. A cry in it is answered, as any."""
    await talk.asks()
    await talk.taps(labels("flow.waiting.room.choice.tell"))
    await talk.seeker(kind=Kind.TEXT, text="vivo en la calle azul 12", message_id=7, edited=True)
    book = talk.life.parts.office.book
    assert not book.words.get(talk.case().id)
    await talk.seeker(kind=Kind.TEXT, text="me van a matar en la calle azul", message_id=7, edited=True)
    assert not book.words.get(talk.case().id)
    assert talk.case().level is Level.DANGER
    assert any("911" in text for text in talk.reads())
    await talk.life.end()


async def test_a_change_of_told_words_that_is_a_cry_is_answered_and_changes_them(talk: Talk) -> None:
    await talk.asks()
    await talk.taps(labels("flow.waiting.room.choice.tell"))
    await talk.seeker(kind=Kind.TEXT, text="estoy en casa", message_id=7)
    await talk.seeker(kind=Kind.TEXT, text="ya vienen, me van a matar", message_id=7, edited=True)
    (words,) = talk.life.parts.office.book.words[talk.case().id].values()
    assert words.text == "ya vienen, me van a matar"
    assert talk.case().level is Level.DANGER
    assert any("911" in text for text in talk.reads())
    await talk.life.end()


# -- what must not be shown any more ------------------------------------------------------------------------------------------------


def owed(*effects: Effect) -> list[Owed]:
    made = [OutboxItem(seeker=SeekerId(b"s"), kind="", payload=b"", row=row) for row in range(1, len(effects) + 1)]
    return [Owed(item=item, effect=effect) for item, effect in zip(made, effects, strict=True)]


def given_up(*effects: Effect) -> set[int]:
    """Places (from 1) of what is given up."""
    return {old.item.row for old, _ in pointless(owed(*effects))}


def cover() -> ShowScreen:
    return ShowScreen(screen=Screen(program="p", locale="es", flow="cover", step="start", turn=1, blocks=()))


def test_new_words_are_not_said_under_a_cover_and_changes_of_standing_ones_are() -> None:
    fresh, changed = ShowWords(words=7, until=7), ShowWords(words=7)
    assert given_up(fresh, cover()) == {1}
    assert given_up(changed, cover()) == set(), "what was taken back must go, whatever stands before it"
    assert given_up(changed, cover(), Wipe()) == {1}
    assert given_up(cover(), fresh) == set()
