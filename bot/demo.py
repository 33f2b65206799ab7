"""The demo: the real bots, the real adapters, a local Bot API server and a page that shows phones. No token, nothing outside this machine.

Beside the people who ask for help two more phones appear: somebody who answers, and a supervisor, on the responders' own bot. They come in
as anybody does: an invitation, its code sent to the bot, a second approval; then they go on duty.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.bootstrap import serve
from bot.botapi.people import Bot, Person
from bot.botapi.server import LocalBotApi
from bot.domain.audit import AuditEntry, Deed
from bot.domain.staff import INVITATION_SECONDS, Responder, ResponderState, StaffRole
from bot.presence import set_up_telegram
from bot.security.keyring import Keyring
from bot.settings import Settings
from bot.storage.folder import DATABASE_FILE
from bot.storage.staff_desk import StaffStorage, open_staff
from bot.usecases.desk.joining import code_hash, draw_code
from bot.usecases.desk_ports import DeskWrite

TOKEN: Final = "4242:demo-token-of-a-bot-that-lives-on-this-machine-only"  # noqa: S105 - opens nothing outside this process
DESK_TOKEN: Final = "4343:demo-token-of-the-responders-bot-on-this-machine"  # noqa: S105 - opens nothing outside this process
ORGANIZATION: Final = "Organización de demostración"
PHONES: Final = {"es": "Persona 1", "en": "Person 2"}
STAFF: Final = (("Río", StaffRole.RESPONDER, ("es", "en")), ("Encino", StaffRole.SUPERVISOR, ("es", "en")))
PATIENCE: Final = 30.0


class DemoClock:
    """The local server's clock, which the page can move forward."""

    def __init__(self, api: LocalBotApi) -> None:
        self._api = api

    def now(self) -> float:
        """Unix seconds, as the server has them."""
        return self._api.now()

    def monotonic(self) -> float:
        """This machine's own, for waits and rates."""
        return time.monotonic()


async def serve_demo(stop: asyncio.Event, *, port: int, data: Path | None, language: str, say: Callable[[str], None]) -> None:
    """Serve until stopped."""
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amparo-demo-")))
        async with LocalBotApi(port=port) as api:
            api.add_bot(TOKEN, username="amparo_bot", name="Amparo")
            desk = api.add_bot(DESK_TOKEN, username="amparo_mesa_bot", name="Mesa", topics=True)
            for code in sorted({language, *PHONES}, key=lambda code: code != language):
                api.add_user(PHONES.get(code, f"Person ({code})"), language_code=code)
            settings = Settings(
                telegram_token=SecretStr(TOKEN),
                responders_token=SecretStr(DESK_TOKEN),
                telegram_api=api.root,
                data=folder,
                organization=ORGANIZATION,
                limits="off",
            )
            await set_up_telegram(settings)
            say(f"Amparo is listening. Open {api.root}/ in a browser; Ctrl-C ends the demo and its data.")
            ready = asyncio.Event()
            welcoming = asyncio.create_task(_welcome(api, desk, folder, ready))
            try:
                await serve(settings, stop, clock=DemoClock(api), ready=ready)
            finally:
                welcoming.cancel()
                with suppress(asyncio.CancelledError):
                    await welcoming


async def _welcome(api: LocalBotApi, desk: Bot, folder: Path, ready: asyncio.Event) -> None:
    """Two phones join the desk, each by its own code; what an earlier run left (`--data`) is revoked first."""
    await ready.wait()
    people = [(api.add_user(alias, language_code="es", bot=desk), alias, role, languages) for alias, role, languages in STAFF]
    async with await open_staff(folder / DATABASE_FILE, Keyring.load_or_create(folder)) as storage:
        await _revoke_all(storage, int(api.now()))
        for person, alias, role, languages in people:
            await _join(api, desk, storage, person, alias, role, languages)


async def _revoke_all(storage: StaffStorage, at: int) -> None:
    staff = await storage.staff()
    old = tuple(replace(one, state=ResponderState.REVOKED) for one in staff.responders if one.state is not ResponderState.REVOKED)
    if old:
        await storage.write_desk(DeskWrite(at=at, responders=old))


async def _join(
    api: LocalBotApi, desk: Bot, storage: StaffStorage, person: Person, alias: str, role: StaffRole, languages: tuple[str, ...]
) -> None:
    """An invitation, its code, the second approval, and on duty."""
    at, code = int(api.now()), draw_code()
    new = Responder(
        id=0,
        organization="demo",
        role=role,
        alias=alias,
        code=code_hash(code),
        code_until=at + INVITATION_SECONDS,
        invited_by="demo",
        languages=languages,
        on_call=role is StaffRole.SUPERVISOR,
    )
    number = await storage.invite(new, at=at, audit=(_entry(at, Deed.INVITE, "responder:0"),))
    await asyncio.sleep(1.2)  # the running bot sees what the command line wrote within a second
    api.press_start(person, code, bot=desk)
    redeemed = await _until(storage, number, ResponderState.REDEEMED)
    approved = replace(redeemed, state=ResponderState.ACTIVE, approved_by="demo, second")
    await storage.write_desk(DeskWrite(at=at, responders=(approved,), audit=(_entry(at, Deed.APPROVE, f"responder:{number}"),)))
    await asyncio.sleep(1.2)
    api.text(person, "/turno", bot=desk)


async def _until(storage: StaffStorage, number: int, state: ResponderState) -> Responder:
    """Wait until the bot has moved them there. Raises `TimeoutError`."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = next((one for one in (await storage.staff()).responders if one.id == number), None)
            if found is not None and found.state is state:
                return found
            await asyncio.sleep(0.1)


def _entry(at: int, deed: Deed, thing: str) -> AuditEntry:
    return AuditEntry(at=at, actor="administrator", deed=deed, object=thing)
