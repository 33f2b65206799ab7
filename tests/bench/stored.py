"""A data folder that already holds many conversations, written through Amparo's own storage: sealed, keyed and indexed as the real ones.

Each is a person in the middle of the asylum questions, with the screen and one typed message still in the chat. They have the ids of the
load server's people, so those of them who write during the run are among the stored ones. Their timers lie hours ahead: rows at rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.clock import SystemClock
from bot.domain.facts import standing
from bot.domain.seeker import SeekerId
from bot.house import LiveFacts, Loaded, load_house
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.simulator.session import Session
from bot.storage.folder import DataFolder
from bot.storage.sql_storage import open_storage
from bot.understanding.understanding import Understanding
from bot.usecases.ports import Change, ChatMessage, Role, Verdict
from flows.codec import encode_conversation
from tests.bench.workshop import ROOT

FIRST_ID: Final = 100_000_000
"""The load server's first person."""
GROUP: Final = 500
LATER: Final = 12 * 3600
"""Seconds until any of them is due."""
OLD_MESSAGE: Final = 1_000_000
"""Message ids no run comes to."""


def walked(loaded: Loaded, script: list[dict[str, str | int]], *, turns: int, now: int) -> Session:
    """A person who has followed the first `turns` steps of a load script."""
    facts = LiveFacts(loaded, loaded.root)()
    stands = standing(facts, organization=None, loopback=True)
    understanding = Understanding.of(loaded.content.phrases, loaded.root / "content" / "understanding")
    session = Session(loaded.compiled()[0], facts, stands, understanding, now=now)
    for step in script[:turns]:
        play(session, step)
    return session


def play(session: Session, step: dict[str, str | int]) -> str:
    """One step of a load script; answers what then stands on the screen."""
    if "send" in step:
        return session.type(str(step["send"])).text
    keys = [key for row in session.draft().rows for key in row]
    return session.press(keys[int(step["tap"])].text).text


def fill(folder: Path, script: list[dict[str, str | int]], count: int) -> None:
    """Write `count` conversations into a fresh data folder."""
    asyncio.run(_fill(folder, script, count))


async def _fill(folder: Path, script: list[dict[str, str | int]], count: int) -> None:
    loaded, now = load_house(ROOT), int(time.time())
    _, bundle = loaded.compiled()
    conversation = walked(loaded, script, turns=6, now=now).conversation
    envelope = encode_conversation(conversation)
    with DataFolder.lock(folder) as held:
        keyring = Keyring.load_or_create(held.path)
        storage = await open_storage(held.database, keyring, SystemClock())
        try:
            await storage.keep_program(bundle.id, bundle.data, now)
            for group in _groups(keyring, envelope, conversation.program, now, count):
                for written in await storage.write(group):
                    assert written.verdict is Verdict.COMMITTED, written
        finally:
            await storage.close()


def _groups(keyring: Keyring, envelope: bytes, program: str, now: int, count: int) -> Iterator[list[Change]]:
    pseudonyms = Pseudonyms(keyring.pepper)
    for first in range(0, count, GROUP):
        users = range(FIRST_ID + first, FIRST_ID + min(first + GROUP, count))
        yield [_change(SeekerId(pseudonyms.telegram_user(user)), user, envelope, program, now) for user in users]


def _change(seeker: SeekerId, user: int, envelope: bytes, program: str, now: int) -> Change:
    roles = (Role.SCREEN, Role.TYPED)
    messages = tuple(
        ChatMessage(message_id=OLD_MESSAGE + i, role=role, sent_at=now, delete_at=now + LATER + user % 3600) for i, role in enumerate(roles)
    )
    return Change(
        seeker=seeker,
        update_id=None,
        at=now,
        expected_version=0,
        conversation=envelope,
        program=program,
        due_at=now + LATER + user % 3600,
        chat_id=user,
        messages=messages,
    )
