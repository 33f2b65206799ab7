"""Programs that conversations are pinned to: the current one, an older one from storage, and what happens when it has gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.security.keyring import Keyring
from bot.usecases.programs import KEPT, Programs
from flows.advance import advance, begin
from flows.authoring.bundle import Bundle, bundle
from flows.authoring.compile import compile_program
from flows.authoring.load import Content
from flows.events import StalePressed
from flows.program import Program
from flows.state import Position
from tests.bot.storage.house import House
from tests.flows.authoring.house import Break, build

HELP = "Quiero ayuda"


def version(folder: Path, number: int) -> tuple[Program, Bundle]:
    """The same house with another word on its first button."""
    change = Break(file="flows/welcome.yaml", old=HELP, new=f"{HELP} {number}")
    return compiled(build(folder / f"v{number}", change).content)


def compiled(content: Content) -> tuple[Program, Bundle]:
    """A program and its bundle."""
    made = bundle(content, {})
    return compile_program(made), made


@pytest.fixture
def rows(tmp_path: Path) -> House:
    """A database."""
    folder = tmp_path / "rows"
    folder.mkdir()
    return House(folder, Keyring.in_memory())


def said(program: Program) -> str:
    """The word on the first button."""
    return program.messages["es"]["flow.welcome.start.choice.help"]


async def test_an_older_program_comes_from_storage(tmp_path: Path, rows: House) -> None:
    """A later version of the bot finds what an earlier one kept, words and steps as they were; it is compiled once."""
    old, old_bundle = version(tmp_path, 1)
    new, new_bundle = version(tmp_path, 2)
    async with await rows.open() as storage:
        await Programs(storage, old, old_bundle).keep(0)
    async with await rows.open() as storage:
        programs = Programs(storage, new, new_bundle)
        await programs.keep(1)
        assert programs.held(old.id) is None
        found = await programs.pinned(old.id)
        assert (found.id, said(found)) == (old.id, f"{HELP} 1")
        assert programs.held(old.id) is found
        assert await programs.pinned(old.id) is found
        assert await programs.pinned(new.id) is new


async def test_a_program_that_has_gone(tmp_path: Path, rows: House) -> None:
    """The current one, on which the engine lands the person: on a step that exists, in place if it still does."""
    new, new_bundle = version(tmp_path, 2)
    async with await rows.open() as storage:
        found = await Programs(storage, new, new_bundle).pinned("0123456789abcdef")
        assert found is new
    lost = begin(new, locale="es").evolve(program="0123456789abcdef", stack=(Position(flow="gone", step="away"),), answers={"a.b": ("x",)})
    landed, effects = advance(found, lost, StalePressed(at=1))
    assert (landed.program, landed.here, dict(landed.answers)) == (new.id, Position(flow="doors", step="doors"), {"a.b": ("x",)})
    assert effects


async def test_publishing_keeps_the_former_at_hand(tmp_path: Path, rows: House) -> None:
    """New conversations start with the new one; the old one needs no look into storage."""
    old, old_bundle = version(tmp_path, 1)
    new, new_bundle = version(tmp_path, 2)
    async with await rows.open() as storage:
        programs = Programs(storage, old, old_bundle)
        await programs.publish(new, new_bundle, 5)
        assert programs.current is new
        assert programs.held(old.id) is old
        assert await storage.program(new.id) == new_bundle.data


async def test_only_so_many_are_held(tmp_path: Path, rows: House) -> None:
    """The longest unused go from memory, never from storage."""
    made = [version(tmp_path, number) for number in range(KEPT + 3)]
    async with await rows.open() as storage:
        for _, each in made:
            await storage.keep_program(each.id, each.data, 0)
        programs = Programs(storage, *made[-1])
        for program, _ in made[:-1]:
            await programs.pinned(program.id)
        assert sum(programs.held(program.id) is not None for program, _ in made[:-1]) == KEPT
        assert programs.held(made[0][0].id) is None
        assert (await programs.pinned(made[0][0].id)).id == made[0][0].id
