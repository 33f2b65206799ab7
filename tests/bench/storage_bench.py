"""How much of a core storage costs, by itself: `python -m tests.bench.storage_bench [--groups N] [--stored N] [--cold]`.

Each update is what the bot does for one: a read, a group write (conversation of 1.2 kB, one typed message, one item owed) and a record
of its delivery (one message added, one removed), in groups of 64, sealed, on a real file with synchronous FULL. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path

from bot.domain.seeker import SeekerId
from bot.security.keyring import Keyring
from bot.storage.database import Options
from bot.storage.sql_storage import SqlStorage, open_storage
from bot.usecases.ports import Change, ChatMessage, Delivery, DeliveryRecord, Held, OutboxItem, Role, Verdict

START = 1_800_000_000
GROUP = 64
ENVELOPE = bytes(range(256)) * 4 + b"x" * 176


class _Clock:
    def now(self) -> float:
        return float(START)

    def monotonic(self) -> float:
        return time.monotonic()


def _seeker(number: int) -> SeekerId:
    return SeekerId(hashlib.sha256(b"%d" % number).digest())


def _change(seeker: SeekerId, held: Held, update_id: int) -> Change:
    at = START + update_id // 50
    return Change(
        seeker=seeker,
        update_id=update_id,
        at=at,
        expected_version=held.version,
        conversation=ENVELOPE + b"%d" % update_id,
        program="0123456789abcdef0123456789abcdef",
        due_at=at + 3600,
        chat_id=update_id,
        messages=(ChatMessage(message_id=update_id, role=Role.TYPED, sent_at=at, delete_at=at + 86400),),
        outbox=(OutboxItem(seeker=seeker, kind="ShowScreen", payload=b'{"show": "%d"}' % update_id + b" " * 500),),
        drop_unsent_screens=True,
    )


async def _turns(storage: SqlStorage, seekers: list[SeekerId], first: int, groups: int) -> None:
    for number in range(groups):
        base = first + number * GROUP
        part = [seekers[(base + i) % len(seekers)] for i in range(GROUP)]
        held, seen = await storage.read(part, range(base, base + GROUP))
        if seen:
            raise SystemExit("an update was seen before it was written")
        written = await storage.write([_change(seeker, held[seeker], base + i) for i, seeker in enumerate(part)])
        if any(one.verdict is not Verdict.COMMITTED for one in written):
            raise SystemExit("a change was not committed")
        await storage.record(
            [
                DeliveryRecord(
                    seeker=seeker,
                    item=one.outbox[0].row,
                    outcome=Delivery.DELIVERED,
                    removed=tuple(message.row for message in held[seeker].messages),
                    added=(ChatMessage(message_id=one.outbox[0].row, role=Role.SCREEN, sent_at=START, delete_at=START + 86400),),
                )
                for seeker, one in zip(part, written, strict=True)
            ]
        )


async def _bench(folder: Path, groups: int, stored: int, remembered: int) -> dict[str, float]:
    storage = await open_storage(folder / "bench.sqlite3", Keyring.in_memory(), _Clock(), options=Options(remembered=remembered))
    seekers = [_seeker(number) for number in range(stored)]
    warm = -(-stored // GROUP)
    await _turns(storage, seekers, 1, warm)
    wall, cpu = time.perf_counter(), time.process_time()
    await _turns(storage, seekers, 1 + warm * GROUP, groups)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await storage.close()
    updates = groups * GROUP
    return {
        "stored": stored,
        "remembered": remembered,
        "updates": updates,
        "updates_per_second": round(updates / wall),
        "cpu_us_per_update": round(cpu / updates * 1e6, 1),
        "wall_us_per_update": round(wall / updates * 1e6, 1),
    }


def main() -> None:
    """Run once and print one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--groups", type=int, default=300)
    options.add_argument("--stored", type=int, default=2000)
    options.add_argument("--cold", action="store_true", help="remember nobody: every read comes from the file")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        remembered = GROUP if chosen.cold else 4096
        result = asyncio.run(_bench(Path(folder), chosen.groups, chosen.stored, remembered))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
