"""Long polling that acknowledges only what has been received.

getUpdates is posted raw and read update by update, because the library's own call raises for a whole batch over one
malformed update. The offset moves on after the receiver has returned, that is after everything is committed; until
then the platform keeps the updates and gives them again. Nothing that cannot be read ever holds up what can: an
update without sense goes on as `UNREADABLE`, an answer that is no JSON is asked for again one update at a time, and
the one that cannot be parsed is passed on by its number alone.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar

import orjson
import structlog

from bot.channels.telegram.incoming import ALLOWED_UPDATES, read_update, unreadable_update, update_id_in
from bot.channels.telegram.outcomes import backoff_seconds
from bot.channels.telegram.transport import Api, NotSent, Unanswered, read_answer
from bot.usecases.channel import Incoming, Receiver
from bot.usecases.ports import StorageDown

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

LIMIT: Final = 100
LONG_POLL_SECONDS: Final = 50
GRACE_SECONDS: Final = 10.0
CONFIRM_SECONDS: Final = 3.0
CONFLICT_SECONDS: Final = 10.0
STORAGE_SECONDS: Final = 5.0

T = TypeVar("T")
Stopped: TypeAlias = asyncio.Future[Literal[True]]


class TokenRejected(Exception):
    """The platform does not know this token. Nothing is gained by asking again."""


def _chance() -> float:
    return secrets.randbelow(1001) / 1000


class Poller:
    """Fetches updates and hands them to `receiver`, until told to stop. `seconds`: how long one poll may wait, at
    most 50."""

    def __init__(
        self,
        api: Api,
        receiver: Receiver,
        *,
        seconds: int = LONG_POLL_SECONDS,
        chance: Callable[[], float] = _chance,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._receiver = receiver
        self._seconds = min(max(seconds, 0), LONG_POLL_SECONDS)
        self._chance = chance
        self._sleep = sleep
        self._offset = 0
        self._failures = 0
        self._one_by_one = False

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; the batch in hand is finished first. Raises `TokenRejected`."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await self._turn_webhook_off(stopped)
            while not stopped.done():
                pause = await self._round(stopped)
                if pause > 0:
                    await _unless(stopped, self._sleep(pause))
            await self._confirm()
        finally:
            stopped.cancel()

    async def _turn_webhook_off(self, stopped: Stopped) -> None:
        """Polling and a webhook exclude each other. Pending updates stay."""
        body = orjson.dumps({"drop_pending_updates": False})
        try:
            answer = await _unless(stopped, self._api.call("deleteWebhook", body))
        except (NotSent, Unanswered):
            return  # the first poll will tell
        if answer is not None and answer.status in (401, 404):
            raise TokenRejected(f"the Bot API answered {answer.status} to the token")

    async def _round(self, stopped: Stopped) -> float:
        """Fetch once and pass on. Returns the seconds to wait before the next round."""
        body = orjson.dumps(
            {
                "offset": self._offset,
                "limit": 1 if self._one_by_one else LIMIT,
                "timeout": self._seconds,
                "allowed_updates": ALLOWED_UPDATES,
            }
        )
        try:
            fetched = await _unless(stopped, self._api.raw("getUpdates", body, self._seconds + GRACE_SECONDS))
        except (NotSent, Unanswered) as fault:
            return self._backoff("poll_failed", error=str(fault.message))
        if fetched is None:
            return 0.0
        status, payload = fetched
        return self._refused(status, payload) if status != 200 else await self._pass_on(payload)

    def _refused(self, status: int, payload: bytes) -> float:
        """A poll the platform did not serve."""
        answer = read_answer(status, payload)
        if answer.status in (401, 404):
            raise TokenRejected(f"the Bot API answered {answer.status} to the token")
        if answer.status == 409:
            log.error("poll_conflict", reason="another_poller_or_webhook")
            return max(CONFLICT_SECONDS, self._backoff("poll_conflict"))
        pause = self._backoff("poll_refused", status=answer.status)
        return answer.after if answer.status == 429 and answer.after else pause

    async def _pass_on(self, payload: bytes) -> float:
        """Read a batch, have it received, and only then move on."""
        updates = _updates_in(payload)
        if updates is None:
            return await self._pass_on_unparsed(payload)
        self._one_by_one = False
        batch = [read_update(raw) for raw in updates]
        known = [each for each in batch if each.update_id]
        if len(known) < len(batch):
            log.error("update_without_id", count=len(batch) - len(known))
            if not known:
                return self._backoff("batch_without_ids")
        return await self._received(known)

    async def _pass_on_unparsed(self, payload: bytes) -> float:
        """The body is no JSON. Alone, the update can be named by its number; in company, it is asked for alone."""
        if not self._one_by_one:
            self._one_by_one = True
            log.error("batch_unparsed")
            return 0.0
        update_id = update_id_in(payload)
        if not update_id:
            return self._backoff("update_unparsed")
        return await self._received([unreadable_update(update_id, "UnparsedJson")])

    async def _received(self, batch: Sequence[Incoming]) -> float:
        """Move the offset past what the receiver took. Returns the pause after a failure, 0 otherwise."""
        if not batch:
            self._failures = 0
            return 0.0
        try:
            await self._receiver(batch)
        except StorageDown:
            return min(STORAGE_SECONDS, self._backoff("storage_down"))
        except Exception as fault:  # a receiver must not be able to stop the bot; the failing update is found alone
            log.error("batch_not_received", error=type(fault).__name__, count=len(batch))
            return await self._received_alone(batch)
        self._moved_past(batch[-1])
        return 0.0

    async def _received_alone(self, batch: Sequence[Incoming]) -> float:
        """One update at a time, in order; one that fails even so is put into quarantine and acknowledged."""
        for each in batch:
            try:
                await self._receiver([each])
            except StorageDown:
                return min(STORAGE_SECONDS, self._backoff("storage_down"))
            except Exception as fault:  # the same
                if not await self._quarantined(each, type(fault).__name__):
                    return self._backoff("update_not_received", error=type(fault).__name__)
            self._moved_past(each)
        return 0.0

    async def _quarantined(self, update: Incoming, error: str) -> bool:
        try:
            await self._receiver([unreadable_update(update.update_id, error)])
        except Exception as fault:  # nothing may be acknowledged that was not even noted
            log.error("quarantine_failed", error=type(fault).__name__)
            return False
        return True

    def _moved_past(self, update: Incoming) -> None:
        # Not the highest ever seen: after a quiet week the platform starts anew at a random, possibly lower, number.
        self._offset = update.update_id + 1
        self._failures = 0

    async def _confirm(self) -> None:
        """Tell the platform what was received last, so that it is not sent again after a restart. Repeats would be
        harmless."""
        if not self._offset:
            return
        body = orjson.dumps({"offset": self._offset, "limit": 1, "timeout": 0, "allowed_updates": ALLOWED_UPDATES})
        try:
            await self._api.raw("getUpdates", body, CONFIRM_SECONDS)
        except (NotSent, Unanswered) as fault:
            log.warning("confirm_failed", error=str(fault.message))

    def _backoff(self, event: str, **facts: object) -> float:
        self._failures += 1
        log.warning(event, failures=self._failures, **facts)
        return backoff_seconds(self._failures, self._chance())


async def _unless(stopped: Stopped, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None, and `work` cancelled, when `stopped` comes first."""
    task = asyncio.ensure_future(work)
    try:
        both: set[asyncio.Future[Any]] = {task, stopped}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _updates_in(payload: bytes) -> list[object] | None:
    """The updates of a getUpdates answer, None when it cannot be parsed. The standard library reads what orjson
    refuses: half a surrogate pair in a text."""
    try:
        envelope = orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            envelope = json.loads(payload)
        except (ValueError, RecursionError):
            return None
    updates = envelope.get("result") if isinstance(envelope, dict) and envelope.get("ok") is True else None
    return updates if isinstance(updates, list) else None
