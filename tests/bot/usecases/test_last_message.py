"""What a person reads last is what was said last, also when a message of ours may stand in the chat whose number nobody told us.

A new message is sent and its fate is not known: the program is killed before it has kept the number, or the platform's answer is lost. If
what comes next were edited into the last screen we know, the outdated one would stand below it. The platform is pretended (`desk.living`):
a call is held up at a gate, and one that is held up when the program is killed lands in the chat all the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.seeker import SeekerId
from bot.security import tokens
from bot.usecases import deliver
from bot.usecases.channel import Kind
from bot.usecases.deliver import Chat, Owed, header, may_have_left, opened
from bot.usecases.ports import ChatMessage, OutboxItem, Role
from flows.codec import decode_conversation, encode_effect
from flows.effects import ShowWords, Wipe
from tests.bot.usecases.desk.living import Fate, Message, hurried
from tests.bot.usecases.desk.test_stateful import labels
from tests.bot.usecases.desk.test_under_way import ANA, Talk, cover, owed

EXIT = labels("ui.exit")
SHELTER = "la dirección del refugio"
CARD = "acta de nacimiento"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in hurried():
        monkeypatch.setattr(module, name, value)


class Chats(Talk):
    """A conversation whose calls to the seeker are held up, lost, and cut off by kills."""

    def ours(self) -> list[Message]:
        return self.life.seekers.ours(ANA)

    def sent(self) -> int:
        """The number of the newest message."""
        return self.ours()[-1].number

    async def guide(self) -> None:
        """In the guide, without a human."""
        await self.life.start()
        await self.seeker(kind=Kind.START)
        await self.says("quiero ayuda")

    async def presses_first(self, message: Message) -> None:
        """The first button of a message, as it was then."""
        await self.seeker(kind=Kind.PRESS, press_id="p", press_data=message.rows[0][0][1], message_id=message.number)

    def held_up(self, after: int = 0) -> None:
        """So many calls that show something pass; the next one is held up."""
        passed = [0]

        def watch(chat: int, text: str) -> None:
            if chat == ANA and text:
                passed[0] += 1
                if passed[0] > after and ANA not in self.life.seekers.gates:
                    self.life.seekers.park(ANA)

        self.life.seekers.watch = watch

    def unanswered(self) -> None:
        """The next new message lands, and its answer is lost. The second try is held up, and never arrives."""
        self.life.seekers.fates.extend((Fate.ECHO, Fate.LOST))
        self.held_up(after=1)

    async def goes_on(self) -> None:
        """What was held up is answered."""
        self.life.seekers.watch = lambda chat, text: None
        await self.arrives()

    async def killed(self, *, lands: bool = True, again: bool = False) -> None:
        """What is being sent lands (or not), and nobody is there for its number; then the program runs again, perhaps only until its own
        next call."""
        phones = self.life.seekers
        phones.landing = lands
        await self.life.kill()
        phones.landing = False
        phones.gates.clear()
        phones.watch = lambda chat, text: None
        if again:
            self.held_up()
        await self.life.start()
        await self.life.settle()

    async def ends_answered(self) -> None:
        """The last message of the chat is the screen of the last turn."""
        who = self.life.seeker(ANA)
        held = (await self.life.storage.read([who], ()))[0][who]
        assert held.conversation is not None
        parsed = tokens.parse(self.ours()[-1].rows[0][0][1])
        assert parsed is not None
        assert parsed.turn == decode_conversation(held.conversation).turn, self.reads()
        assert max(self.life.seekers.chats[ANA]) == self.sent()
        await self.life.end()


@pytest.fixture
def chat(tmp_path: Path) -> Chats:
    return Chats(tmp_path)


# -- a kill before the number is kept -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kills", [1, 3])
async def test_a_newer_word_after_an_exit(chat: Chats, kills: int) -> None:
    """The cover landed below the screen and what was typed; the newer word's screen took its place in the outbox, and the wipe took away
    what stood between. Nor is it forgotten when the next kill comes right after the wipe."""
    await chat.guide()
    chat.held_up()
    await chat.says("salir", Kind.COMMAND)
    await chat.says("me piden dinero")
    await chat.killed(again=kills > 1)
    for number in range(1, kills):
        await chat.killed(lands=False, again=number < kills - 1)
    assert "te piden dinero" in chat.reads()[-1]
    await chat.ends_answered()


async def test_a_press_after_news(chat: Chats) -> None:
    """News comes as a new message, and nothing typed stands above it that would tell of it after a kill."""
    await chat.asks()
    before = chat.ours()[-1]
    chat.held_up()
    await chat.presses("take")
    await chat.presses_first(before)
    await chat.killed()
    assert len(chat.ours()) == 2  # what landed unseen, which nobody can find, and below it the answer
    await chat.ends_answered()


async def test_a_kill_after_news_is_remembered_by_the_next_turns(chat: Chats) -> None:
    """Killed again before anything was shown, with one more turn in between."""
    await chat.asks()
    before = chat.ours()[-1]
    chat.held_up()
    await chat.presses("take")
    await chat.presses_first(before)
    await chat.killed(again=True)
    await chat.presses_first(before)
    await chat.killed(lands=False)
    await chat.ends_answered()


async def test_an_exit_after_human_words(chat: Chats) -> None:
    """They landed and were not recorded: the cover comes below them, not above."""
    await chat.asks()
    await chat.presses("take")
    chat.held_up()
    await chat.writes(SHELTER)
    await chat.taps(EXIT)
    await chat.killed()
    assert CARD in chat.reads()[-1]
    await chat.ends_answered()


@pytest.mark.parametrize("live", [False, True])
async def test_an_edit_is_still_only_repeated(chat: Chats, live: bool) -> None:
    """It landed and was not recorded: after the kill it is edited in again, whatever waits behind it. No new message."""
    await (chat.begin() if live else chat.guide())
    if live:
        await chat.says("salir", Kind.COMMAND)
        await chat.writes(SHELTER)  # waits behind the cover, to be opened
        await chat.says("hola")
    number = chat.sent()
    chat.held_up()
    await chat.taps({text for text, _ in chat.ours()[-1].rows[0]})
    await chat.killed()
    assert number in chat.life.seekers.chats[ANA]
    assert [one.number for one in chat.ours() if SHELTER not in one.text] == [number]
    await chat.life.end()


async def test_an_edit_after_an_exit_is_still_only_repeated(chat: Chats) -> None:
    """The exit was pressed, so its cover is edited in; the wipe takes away what was typed while that was under way, and the answer to it is
    edited in as well. Nothing was ever sent that could be missed."""
    await chat.guide()
    await chat.says("falta mi hijo")
    number = chat.sent()
    chat.held_up()
    await chat.taps(EXIT)
    await chat.says("hola")
    await chat.says("me piden dinero")
    chat.held_up()
    chat.life.seekers.release(ANA)
    await asyncio.sleep(0.05)
    await chat.life.settle()
    assert ANA in chat.life.seekers.waiting  # the edit with the answer
    assert [one.number for one in chat.ours()] == [number]
    await chat.killed()
    assert [one.number for one in chat.ours()] == [number]
    await chat.ends_answered()


# -- an answer that is lost ---------------------------------------------------------------------------------------------------------


async def test_a_press_after_news_of_unknown_fate(chat: Chats) -> None:
    await chat.asks()
    before = chat.ours()[-1]
    chat.unanswered()
    await chat.presses("take")
    await chat.presses_first(before)
    await chat.goes_on()
    await chat.ends_answered()


async def test_an_exit_after_human_words_of_unknown_fate(chat: Chats) -> None:
    await chat.asks()
    await chat.presses("take")
    chat.unanswered()
    await chat.writes(SHELTER)
    await chat.taps(EXIT)
    await chat.goes_on()
    assert CARD in chat.reads()[-1]
    await chat.ends_answered()


async def test_it_is_remembered_when_nothing_is_owed_any_more(chat: Chats, monkeypatch: pytest.MonkeyPatch) -> None:
    """News of unknown fate was given up at last. What is shown next comes below it."""
    await chat.asks()
    monkeypatch.setattr(deliver, "TRIES", 2)
    chat.life.seekers.fates.extend((Fate.ECHO, Fate.LOST))
    await chat.presses("take")
    assert not chat.life.deliverer.busy
    await chat.presses_first(chat.ours()[0])
    await chat.ends_answered()


# -- what an earlier run may have sent ------------------------------------------------------------------------------------------------

SCREEN = ChatMessage(row=1, message_id=10, role=Role.SCREEN, sent_at=0, delete_at=None)
WORDS = ChatMessage(row=2, message_id=11, role=Role.TYPED, sent_at=0, delete_at=None)
SAID = ShowWords(words=7, until=7)


def left_undone(messages: list[ChatMessage], *items: Owed) -> list[bool]:
    """Of each item of a chat in turn: whether a message of it may stand there."""
    chat, found = Chat(seeker=SeekerId(b"s"), chat_id=1, messages=messages), []
    for item in items:
        chat.queue.append(item)
        found.append(may_have_left(chat, item))
    return found


def test_only_what_can_have_been_a_new_message_counts() -> None:
    """A screen that would be edited changes nothing, and what was still waiting behind another item was not tried."""
    assert left_undone([SCREEN], *owed(cover())) == [False]
    assert left_undone([SCREEN, WORDS], *owed(cover())) == [True]
    assert left_undone([], *owed(cover())) == [False]
    assert left_undone([SCREEN], *owed(SAID, cover())) == [True, False]
    assert left_undone([SCREEN], *owed(cover(), SAID)) == [False, False]
    assert left_undone([SCREEN, WORDS], *owed(Wipe())) == [False]


@pytest.mark.parametrize("known", [10, 12])
def test_the_screen_a_stray_stood_below_is_told_by_its_number(known: int) -> None:
    """When there is a newer one by now, the number was kept after all."""
    payload = header(0, typed_at_once=False, stray_below=10) + encode_effect(cover())
    one = opened(OutboxItem(seeker=SeekerId(b"s"), kind="", payload=payload), cover())
    assert left_undone([SCREEN, replace(SCREEN, message_id=known)], one) == [known == 10]


@pytest.mark.parametrize("written", [b"5,1", b"5,1,0"])
def test_headers_of_earlier_versions_are_read(written: bytes) -> None:
    one = opened(OutboxItem(seeker=SeekerId(b"s"), kind="", payload=written + b"\n{}"), Wipe())
    assert (one.own, one.typed_at_once, one.spoken, one.stray_below) == (5, True, False, 0)
