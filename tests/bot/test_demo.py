"""The demo as a stranger meets it: a page that answers, somebody who presses Start and is welcomed, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from pathlib import Path

import aiohttp
import pytest

from bot.demo import PHONES, STAFF, serve_demo
from bot.storage.folder import DATABASE_FILE


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Page:
    """What the page in the browser does, without the browser."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self._root = root
        self._session = session

    async def get(self, path: str) -> str:
        async with self._session.get(self._root + path) as answer:
            assert answer.status == 200
            return await answer.text()

    async def state(self) -> dict[str, list[dict[str, object]]]:
        async with self._session.get(f"{self._root}/_control/state") as answer:
            found: dict[str, list[dict[str, object]]] = await answer.json()
            return found

    async def do(self, user: object, deed: str, **given: object) -> None:
        async with self._session.post(f"{self._root}/_control/chats/{user}/{deed}", json=given) as answer:
            assert answer.status == 200, await answer.text()

    async def sees(self, user: object, words: str, bot: object) -> None:
        """Wait until these words stand in the chat."""
        for _ in range(1000):
            if words in await self.get(f"/_control/chats/{user}?bot={bot}"):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{words!r} does not come: {await self.get(f'/_control/chats/{user}?bot={bot}')}")


async def test_the_demo(tmp_path: Path) -> None:
    """From the line in the terminal to the welcome and a screen after it; then Ctrl-C."""
    stop, said, port = asyncio.Event(), asyncio.Queue[str](), free_port()
    demo = asyncio.create_task(serve_demo(stop, port=port, data=tmp_path, language="en", say=said.put_nowait))
    line = asyncio.create_task(said.get())
    await asyncio.wait({demo, line}, return_when=asyncio.FIRST_COMPLETED)
    assert f"http://127.0.0.1:{port}/" in line.result()
    async with aiohttp.ClientSession() as session:
        page = Page(f"http://127.0.0.1:{port}", session)
        assert "<html" in (await page.get("/")).casefold()
        state = await page.state()
        people, bots = state["users"], state["bots"]
        assert [person["language_code"] for person in people[:2]] == ["en", "es"]
        assert {person["first_name"] for person in people[:2]} == set(PHONES.values())
        spanish, first = people[1]["id"], bots[0]["id"]
        await page.do(spanish, "start", bot=first)
        await page.sees(spanish, "Me opera Organización de demostración", bot=first)
        await page.do(spanish, "text", text="mi hijo no llegó anoche", bot=first)
        await page.sees(spanish, "menos de 18", bot=first)
        answering = {person["first_name"]: person["id"] for person in (await page.state())["users"][2:]}
        assert list(answering) == [alias for alias, _, _ in STAFF]
        for alias, user in answering.items():  # by invitation, approved by a second person, and on duty
            await page.sees(user, f"Alias: {alias}", bot=bots[1]["id"])
            await page.sees(user, "En guardia hasta", bot=bots[1]["id"])
    stop.set()
    await asyncio.wait_for(demo, 20)
    assert (tmp_path / DATABASE_FILE).exists()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


async def test_without_a_folder_nothing_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of a demo goes with it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stop, said = asyncio.Event(), asyncio.Queue[str]()
    demo = asyncio.create_task(serve_demo(stop, port=0, data=None, language="es", say=said.put_nowait))
    await asyncio.wait_for(said.get(), 20)
    assert len(os.listdir(tmp_path)) == 1  # noqa: PTH208 - a moment's look
    stop.set()
    await asyncio.wait_for(demo, 20)
    assert os.listdir(tmp_path) == []  # noqa: PTH208
