"""What rests and what is logged of the desk: no word, no name, no alias, no platform id, in no spelling (promises.md 20, 23, 29).

Everything the desk stores is written, read, refused and fails here, with the root logger at DEBUG; then every file of the data folder and
every line are searched. That the search finds what is there is `test_canaries`' control.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.backup.container import Unpacking
from bot.backup.making import IN_A_BACKUP, make_backup, make_identity
from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import BreakGlass, Direction, SafeContact, SharedLine, WordsState
from bot.domain.seeker import SeekerId
from bot.security import age
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.storage.folder import DATABASE_FILE
from bot.storage.sql_storage import SqlStorage
from bot.storage.staff_desk import open_staff
from bot.usecases.desk_ports import DeskVerdict
from bot.usecases.ports import StorageDown
from tests.bot.storage.desk import DAY, case, complaint, consent, item, note, put, responder, standing, tampered, words, written
from tests.bot.storage.house import START, House, change
from tests.privacy.canaries import BY_CHANCE, NAME, PLACE, SENTENCE, found_in, overheard, resting

ALIAS = "Colibri-Canario"
RESPONDER = "Jacaranda-Canaria"
COMPLAINT = "la responsable Chimalma me colgó"
NOTE = "teme a su cuñado Huitzilihuitl"
CODE = "codigo-de-papel-canario"
SEEKER_ID, RESPONDER_ID = 7_000_918_273, 7_000_645_918
CHAT, MESSAGE, SHOWN, TOPIC = 7_111_918_273, 918_273_645, 918_273_777, 918_273_888
CANARIES: list[str | int] = [
    SENTENCE,
    "Quetzalli",
    NAME,
    PLACE,
    ALIAS,
    RESPONDER,
    COMPLAINT,
    "Chimalma",
    NOTE,
    "Huitzilihuitl",
    CODE,
    SEEKER_ID,
    RESPONDER_ID,
    CHAT,
    MESSAGE,
    SHOWN,
    TOPIC,
]


def people(keyring: Keyring) -> tuple[SeekerId, bytes]:
    """The seeker's keyed name, and the responder's."""
    names = Pseudonyms(keyring.pepper)
    return SeekerId(names.telegram_user(SEEKER_ID)), names.mark("tg-responder", names.telegram_user(RESPONDER_ID))


async def a_hard_day(storage: SqlStorage, keyring: Keyring) -> None:
    """Everything of a live case that could give somebody away."""
    who, account = people(keyring)
    told = case(
        1,
        seeker=who,
        designation=ALIAS,
        next_step=SENTENCE,
        outcome=NAME,
        word=CODE,
        claimant=who,
        shared=(SharedLine(key=PLACE, question=SENTENCE, answer=NAME),),
        safe_contact=SafeContact(first_line=SENTENCE),
        broken_glass=BreakGlass(reason=SENTENCE, first=1, second=None, at=START, until=START + 60),
        consents=(consent(scope=(PLACE,)),),
    )
    await storage.write([change(1, 1, seeker=who, chat_id=CHAT, desk=written(cases=(told,), update_id=None))])
    await put(
        storage,
        responders=(responder(account=account, alias=RESPONDER, chat_id=RESPONDER_ID, code=CODE, invited_by=RESPONDER, approved_by=NAME),),
        words=(
            words(11, 1, text=SENTENCE, source=MESSAGE, shown=SHOWN, thread=TOPIC),
            words(12, 1, direction=Direction.RESPONDER, author=1, text=f"{NAME} {PLACE}", state=WordsState.HELD),
            words(13, 1, text="", place=PLACE, file=NAME, mime=NAME),
        ),
        notes=(note(14, 1, NOTE),),
        items=(item(15, 1, payload=SENTENCE.encode()), item(16, kind=RESPONDER, payload=f'{{"chat": {CHAT}}}'.encode())),
        messages=(standing(17, 1, message_id=MESSAGE, thread=TOPIC, kind=ALIAS),),
        complaints=(complaint(18, text=COMPLAINT, answered=COMPLAINT, ticket=CODE, reviewer=RESPONDER),),
        audit=(AuditEntry(at=START, actor="responder:1", deed=Deed.NOTE, object="case:1", detail=SENTENCE),),
    )


async def much_goes_wrong(house: House, storage: SqlStorage) -> None:
    """Conflicts, refusals, a lock, values that cannot be stored, rows that do not open."""
    stale = written(cases=(case(1, version=9, designation=ALIAS),))
    assert await storage.write_desk(stale) is DeskVerdict.CONFLICT
    assert await storage.write_desk(written(at=START + 40 * DAY, words=(words(21, 1, text=SENTENCE),))) is DeskVerdict.REFUSED
    with pytest.raises(OverflowError):
        await storage.write_desk(written(update_id=1 << 70, notes=(note(22, 1, NOTE),)))
    with pytest.raises(ValueError, match="erased"):
        await storage.write_desk(written(cases=(case(1, version=1, designation=ALIAS),), shred=(1,)))
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown):
        await storage.write_desk(written(words=(words(23, 1, text=SENTENCE),)))
    other.execute("ROLLBACK")
    other.close()


async def test_nothing_rests_and_nothing_is_logged(tmp_path: Path) -> None:
    house = House(tmp_path, Keyring.in_memory())
    with overheard() as log:
        async with await house.open() as storage:
            await a_hard_day(storage, house.keyring)
            await much_goes_wrong(house, storage)
            running = found_in(resting(tmp_path).items(), CANARIES)
        async with await open_staff(house.path, house.keyring) as desk:
            assert list(await desk.audit_verify()) == []
            await desk.invite(responder(alias=f"{RESPONDER} 2"), at=START)
        tampered(house.path, ("UPDATE case_words SET sealed = zeroblob(90) WHERE id = 11", ()), ("UPDATE note SET case_id = 7", ()))
        async with await house.open() as storage:
            assert [one.id for one in await storage.words(1)] == [12, 13]
            await storage.notes(7)
            assert storage.unreadable == 2
            assert (await storage.cases())[0].designation == ALIAS  # there was something to hide
    assert running == found_in(resting(tmp_path).items(), CANARIES) == []
    assert found_in([("log", log.getvalue().encode())], CANARIES) == []


async def test_a_withdrawal_leaves_no_ciphertext_either(tmp_path: Path) -> None:
    """Once the log is empty, not even the sealed bytes are there."""
    house = House(tmp_path, Keyring.in_memory())
    who, _ = people(house.keyring)
    async with await house.open() as storage:
        await a_hard_day(storage, house.keyring)
        await storage.truncate_log()
        with sqlite3.connect(house.path) as raw:
            blobs = [
                row[0]
                for row in raw.execute("SELECT wrapped FROM case_key UNION SELECT sealed FROM case_words UNION SELECT sealed FROM note")
            ]
        raw.close()
        assert len(blobs) == 5
        held = resting(tmp_path)[DATABASE_FILE]
        assert all(blob in held for blob in blobs)
        (told,) = await storage.cases()
        await put(storage, cases=(replace(told, erased=True),), shred=(1,), items_gone_of=((1, 1),))
        assert await storage.truncate_log()
        everything = b"".join(resting(tmp_path).values())
        assert [blob for blob in blobs if blob in everything] == []
        await storage.write([change(1, 2, 1, seeker=who, conversation=None, erase=True)])
        assert await storage.finish_erasure(who)
        everything = b"".join(resting(tmp_path).values())
        assert who not in everything  # type: ignore[comparison-overlap]  # bytes are found in bytes


async def test_a_backup_yields_nothing_even_to_whoever_opens_it(tmp_path: Path) -> None:
    """Encrypted, nothing at all; with the identity and without the key: still no word."""
    data, opened = tmp_path / "data", tmp_path / "opened"
    data.mkdir()
    opened.mkdir()
    house = House(data, Keyring.in_memory())
    async with await house.open() as storage:
        await a_hard_day(storage, house.keyring)
        recipient = make_identity(tmp_path / "identity")
        make_backup(data, tmp_path / "b.age", recipient, now=START)
    unpacking = Unpacking(opened, IN_A_BACKUP)
    with (tmp_path / "b.age").open("rb") as file:
        age.decrypt(file, unpacking, (tmp_path / "identity").read_text("utf-8"))
    unpacking.finish()
    who, account = people(house.keyring)
    content = (opened / DATABASE_FILE).read_bytes()
    assert bytes(who) in content  # the control: it is there, under a keyed name
    assert account in content
    assert found_in([("backup", (tmp_path / "b.age").read_bytes())], CANARIES, shortest=BY_CHANCE) == []
    assert found_in([("opened", content)], CANARIES) == []
    assert [name for name in (who, account) if name in (tmp_path / "b.age").read_bytes()] == []
