"""The judge: reads the server's own record of calls, the phones and the database, and says what was promised and not kept."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from bot.botapi.calls import Call
from bot.botapi.server import LocalBotApi
from bot.clock import SystemClock
from bot.domain.seeker import SeekerId
from bot.security import tokens
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.storage.folder import DataFolder
from bot.storage.sql_storage import open_storage
from bot.usecases.ports import Held
from flows.codec import decode_conversation
from flows.state import Conversation
from tests.faults.people import Seeker

TABLES = ("conversation_key", "conversation", "address", "message", "outbox", "erasure", "remains")
"""Every table with rows of a person, the cover mark excepted."""
SHOWS = ("sendMessage", "editMessageText")
RECORDINGS = ("sendVoice", "sendPhoto")
TIMES = ("timers", "cover_until")
"""Fields that hold times of day: they differ by the moment an act was read."""


def shown_by(call: Call) -> tuple[int, str, int]:
    """(chat, text, turn) of a call that shows a screen."""
    turn = -1
    markup = call.params.get("reply_markup")
    for found in tokens_in(json.dumps(markup)):
        turn = found
    return int(str(call.params["chat_id"])), str(call.params["text"]), turn


def tokens_in(text: str) -> Iterable[int]:
    """Turns of the signed buttons in a keyboard."""
    for part in text.split('"'):
        parsed = tokens.parse(part)
        if parsed is not None:
            yield parsed.turn


def check_calls(api: LocalBotApi, seekers: Sequence[Seeker], killed_at: Sequence[int]) -> int:
    """Order in each chat, and repeats only where a kill explains them. Answers how many new messages were repeated."""
    calls = shown(api)
    return sum(_check_chat(seeker, calls[seeker.person.id], killed_at) for seeker in seekers)


def shown(api: LocalBotApi) -> dict[int, list[Call]]:
    """Chat -> the calls that showed a screen there, in order."""
    calls: dict[int, list[Call]] = defaultdict(list)
    for call in api.calls():
        if call.method in (*SHOWS, *RECORDINGS) and call.ok:
            calls[int(str(call.params["chat_id"]))].append(call)
    return calls


def unrecorded(calls: Sequence[Call], killed_at: Sequence[int]) -> set[int]:
    """Messages whose number a kill may have kept from us: the last screen sent to a chat before each kill, and the last recording with its
    picture (they are recorded together), no other."""
    last: list[Call] = []
    for kill in killed_at:
        last += [call for call in calls if call.method == "sendMessage" and call.n <= kill][-1:]
        last += [call for call in calls if call.method in RECORDINGS and call.n <= kill][-2:]
    return {int(call.result["message_id"]) for call in last if isinstance(call.result, dict)}


def _check_chat(seeker: Seeker, calls: Sequence[Call], killed_at: Sequence[int]) -> int:
    """Each call shows the screen of an act, never of an earlier act than the call before it."""
    awaited = [(one.text, one.turn) for one in seeker.model.awaited]
    at, repeated = -1, 0
    sent: dict[int, int] = {}
    edited: dict[int, int] = {}
    for call in calls:
        if call.method in RECORDINGS:
            continue
        _, text, turn = shown_by(call)
        start = max(at, 0)
        assert (text, turn) in awaited[start:], f"{call.method} shows an older screen again, or none that was due: turn {turn}, {text!r}"
        at = awaited.index((text, turn), start)
        if call.method == "editMessageText":
            edited[at] = call.n
            continue
        # Only the cover of an erasure may be sent below words that were typed after it, when a kill took away that it had been shown.
        assert at not in edited or text in seeker.cards, "a screen that was edited in came as a new message as well"
        before = sent.get(at, edited.get(at))
        if before is not None:
            assert any(before <= kill < call.n for kill in killed_at), "a new message came twice without a kill between"
            repeated += 1
        sent[at] = call.n
    return repeated


async def check_database(data: Path, api: LocalBotApi, seekers: Sequence[Seeker], killed_at: Sequence[int]) -> None:
    """What is stored is what the model says, and what is stored about the phone is what stands there."""
    calls = shown(api)
    with DataFolder.lock(data) as folder:
        keyring = Keyring.load_or_create(folder.path)
        pseudonyms = Pseudonyms(keyring.pepper)
        async with await open_storage(folder.database, keyring, SystemClock()) as storage:
            for seeker in seekers:
                one = SeekerId(pseudonyms.telegram_user(seeker.person.id))
                held = (await storage.read([one], []))[0][one]
                strays = _check_seeker(seeker, held, api)
                unexplained = strays - unrecorded(calls[seeker.person.id], killed_at)
                told = [(n, api.chat(seeker.person).messages[n].text) for n in sorted(unexplained)]
                assert told == [], f"{seeker.person.id} has messages nobody knows of, and no kill explains them"
            assert storage.unreadable == 0
        ids = {SeekerId(pseudonyms.telegram_user(seeker.person.id)): seeker for seeker in seekers}
        with closing(sqlite3.connect(f"{folder.database.as_uri()}?mode=ro", uri=True)) as raw:
            assert raw.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
            for one, seeker in ids.items():
                if seeker.model.conversation is None:
                    rows = [table for table in TABLES if raw.execute(f"SELECT 1 FROM {table} WHERE seeker = ?", (one,)).fetchone()]  # noqa: S608
                    assert rows == [], f"an erased person has rows in {rows}"


def _check_seeker(seeker: Seeker, held: Held, api: LocalBotApi) -> set[int]:
    """Answers the messages of ours that stand on this phone without our knowing it."""
    model = seeker.model.conversation
    visible = {message.id: message for message in api.messages(seeker.person)}
    typed = {message.id for message in visible.values() if message.bot is None}
    known = {message.message_id for message in held.messages}
    # The dull card an erasure ends with is nobody's any more: who comes back afterwards begins below it.
    cards = {message.id for message in visible.values() if message.text in seeker.cards}
    if model is None:
        assert held.conversation is None
        assert typed == set(), "words of an erased person are still in the chat"
        return visible.keys() - cards
    assert held.conversation is not None
    assert comparable(decode_conversation(held.conversation)) == comparable(model)
    assert typed <= known, "typed words stand in the chat that no wipe would find"
    if seeker.model.wiped:
        assert typed == set(), "words of somebody who left are still in the chat"
        return visible.keys() - cards - {max(visible)}
    return visible.keys() - known - cards


def comparable(conversation: Conversation) -> dict[str, object]:
    """A conversation without its times of day."""
    return {name: value for name, value in vars(conversation).items() if name not in TIMES} | {"timers": sorted(conversation.timers)}
