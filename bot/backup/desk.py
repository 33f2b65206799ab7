"""The desk of a restored copy: it does not know what happened after the backup, so it lets nobody in and sends nothing by itself.

Whoever was active answers again only when the copy that ran on says that they still were; otherwise their access waits for a new approval,
as after their own panic command, because it may have been taken away since. Codes that were printed are void. A case keeps its words and
its owner, but no clock of it runs, agreed messages are dropped, and nothing reaches its seeker before they write: they may have withdrawn,
left, or given the phone back. Words that were on their way are shown as not delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.backup.making import BackupTrouble
from bot.domain.case import Case, Reach, Words, WordsState
from bot.domain.staff import Responder, ResponderState
from bot.storage.restoring import Quieted
from bot.storage.sql_storage import SqlStorage
from bot.usecases.desk_ports import DeskVerdict, DeskWrite

T = TypeVar("T")

NOT_KEPT: Final = "not_reached"
"""What is written as the outcome of an agreed message that is dropped."""
_PAGE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSilenced:
    """`cases` kept; responders `to_approve` again."""

    cases: int
    to_approve: int


async def desk_silenced(storage: SqlStorage, quiet: Quieted, *, made_at: int) -> DeskSilenced:
    """Silence it. `made_at`: when the backup was made, unix seconds: nothing gets younger. Raises `BackupTrouble`, `StorageDown`."""
    before = (await storage.staff()).responders
    after = [access(one, quiet.states.get(one.id)) for one in before]
    words = [stopped(one) for one in await storage.unfinished_words()]
    cases = list(await storage.cases())
    for some in _pages([new for new, old in zip(after, before, strict=True) if new != old]):
        await _put(storage, DeskWrite(at=made_at, responders=tuple(some)))
    for some_words in _pages(words):
        await _put(storage, DeskWrite(at=made_at, words=tuple(some_words)))
    for some_cases in _pages([case for one in cases if (case := stilled(one, detached=one.id in quiet.detached)) != one]):
        await _put(storage, DeskWrite(at=made_at, cases=tuple(some_cases)))
    await storage.keep_head()
    waiting = [new for new, old in zip(after, before, strict=True) if new.state is not old.state and new.state is ResponderState.PANICKED]
    return DeskSilenced(cases=len(cases), to_approve=len(waiting))


def access(one: Responder, later: str | None) -> Responder:
    """Somebody who answers, as they may be after a restore. `later`: their state in the copy that ran on, None when nobody knows."""
    state = one.state
    if later == ResponderState.REVOKED:
        state = ResponderState.REVOKED
    elif state is ResponderState.ACTIVE and later != ResponderState.ACTIVE:
        state = ResponderState.PANICKED
    return replace(one, state=state, code="", code_until=0, duty_until=0)


def stilled(case: Case, *, detached: bool) -> Case:
    """A case nothing happens to by itself."""
    return replace(
        case,
        seeker=None if detached else case.seeker,
        reach=Reach.WRITTEN if case.open else case.reach,
        clock="",
        due_at=None,
        back_at=None,
        crisis_at=None,
        follow_ups=tuple(one if one.outcome else replace(one, outcome=NOT_KEPT) for one in case.follow_ups),
        referrals=tuple(replace(one, remind_at=None) for one in case.referrals),
    )


def stopped(words: Words) -> Words:
    """Words that were on their way: nobody knows whether they came."""
    return replace(words, state=WordsState.NOT_DELIVERED, release_at=None)


def _pages(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + _PAGE] for start in range(0, len(values), _PAGE)]


async def _put(storage: SqlStorage, write: DeskWrite) -> None:
    fared = await storage.write_desk(write)
    if fared is not DeskVerdict.COMMITTED:
        raise BackupTrouble(f"the desk cannot be written ({fared})")
