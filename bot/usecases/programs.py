"""The programs conversations are pinned to: the current one, and older ones as long as somebody is in the middle of them."""

from __future__ import annotations

from collections import OrderedDict

import structlog

from bot.usecases.ports import Storage
from flows.authoring.bundle import Bundle
from flows.authoring.compile import compile_program
from flows.program import Program

log = structlog.get_logger()
KEPT = 8
"""Older programs held compiled at once."""


class Programs:
    """`current` is what new conversations start with. `pinned` finds the program of an older one; when it has gone, the current one, on
    which the engine lands the person safely."""

    def __init__(self, storage: Storage, current: Program, bundle: Bundle) -> None:
        self._storage = storage
        self.current = current
        self._bundle = bundle
        self._older: OrderedDict[str, Program] = OrderedDict()

    async def keep(self, at: int) -> None:
        """Put the current bundle where a later version will find it."""
        await self._storage.keep_program(self._bundle.id, self._bundle.data, at)

    async def publish(self, program: Program, bundle: Bundle, at: int) -> None:
        """New conversations start with this program from now on; running ones stay where they are pinned."""
        self._older[self.current.id] = self.current
        self.current, self._bundle = program, bundle
        await self.keep(at)

    def held(self, program_id: str) -> Program | None:
        """The program when it is at hand without asking storage."""
        return self.current if program_id == self.current.id else self._older.get(program_id)

    async def pinned(self, program_id: str) -> Program:
        """The program of this id, or the current one."""
        found = self.held(program_id)
        if found is None:
            found = await self._fetch(program_id)
        return found

    async def _fetch(self, program_id: str) -> Program:
        data = await self._storage.program(program_id)
        if data is None:
            log.warning("program_gone", kind="program")
            return self.current
        program = compile_program(Bundle(id=program_id, data=data))
        self._older[program_id] = program
        while len(self._older) > KEPT:
            self._older.popitem(last=False)
        return program
