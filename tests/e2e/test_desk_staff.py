"""How somebody comes in, and how their access ends: two people, one code; panic; a revocation from the command line while the bot runs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import CaseStatus
from bot.domain.staff import INVITATION_SECONDS, Responder, ResponderState, StaffRole
from bot.security.keyring import Keyring
from bot.storage.folder import DATABASE_FILE
from bot.storage.staff_desk import open_staff
from bot.usecases.desk.joining import code_hash, draw_code
from tests.e2e.desk_running import Office, office

SECRET = "la casa azul"


async def amparo(folder: Path, *words: str) -> str:
    """A command of `amparo` in a process of its own, on the data of the running copy."""
    environment = {**os.environ, "AMPARO_DATA": str(folder)}
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await made.communicate()
    assert made.returncode == 0, said.decode()
    return said.decode()


async def test_panic_empties_the_chat_and_ends_access(tmp_path: Path) -> None:
    """One command, no question: the topics are gone with that update, the lead is told, the cases go back, and she is told."""
    async with office(tmp_path) as here:
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        ana, rio, _thread = await here.talking()
        await here.says(ana, SECRET)
        eva = await here.asks("Eva", reach="yes")
        await here.takes(rio)
        await here.commands(rio, "/panico")
        assert not here.topics(rio)
        assert SECRET not in here.all_of(rio)
        assert [text for text in here.reads(rio) if text and not text.startswith("/")] == ["Listo."]
        assert "cortó su acceso de golpe" in here.all_of(boss)
        await here.pass_(1)
        assert all(case.status is CaseStatus.OPEN for case in here.book.cases.values())
        for one in (ana, eva):
            assert "Tu petición volvió a la fila" in here.reads_seeker(one)
        await here.writes(rio, "¿sigo dentro?", 0)
        await here.commands(rio, "/turno")
        await here.commands(rio, "/fila")
        assert "¿sigo dentro?" not in here.reads_seeker(ana)
        assert "Fila" not in here.all_of(rio)
        await here.says(ana, "¿hola?")
        assert "¿hola?" not in here.all_of(rio)
        await here.takes(boss)
        assert here.topics(boss)


async def test_revoked_on_the_command_line_while_the_bot_runs(tmp_path: Path) -> None:
    """The next pass ends everything: topics, cases, buttons."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        mar = await here.responder("Mar")
        await here.says(ana, SECRET)
        await amparo(tmp_path, "responder", "revoke", "Río")
        await here.pass_(1)
        assert not here.topics(rio)
        assert SECRET not in here.all_of(rio)
        assert here.case().status is CaseStatus.OPEN
        assert "Tu petición volvió a la fila" in here.reads_seeker(ana)
        await here.writes(rio, "hola", 0)
        assert "hola" not in here.reads_seeker(ana).lower().replace("¿hola?", "")
        await here.pass_(1)
        await here.takes(mar)
        assert f"1 · {SECRET}" in here.all_of(mar, here.topic(mar))


async def test_between_the_revocation_and_the_pass_nothing_leaves(tmp_path: Path) -> None:
    """Held words of somebody who was revoked never arrive."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.types(rio, "no debe salir", thread)
        await amparo(tmp_path, "responder", "revoke", "Río")
        await here.pass_(6)
        assert "no debe salir" not in here.reads_seeker(ana)


async def invites(here: Office, folder: Path, alias: str) -> str:
    """What `amparo responder invite` writes, by the clock of this town; answers the code."""
    code = draw_code()
    new = Responder(
        id=0,
        organization="demo",
        role=StaffRole.RESPONDER,
        alias=alias,
        code=code_hash(code),
        code_until=here.now + INVITATION_SECONDS,
        invited_by="Nora",
    )
    entry = AuditEntry(at=here.now, actor="administrator", deed=Deed.INVITE, object="responder:0", detail="responder")
    async with await open_staff(folder / DATABASE_FILE, Keyring.load_or_create(folder)) as storage:
        await storage.invite(new, at=here.now, audit=(entry,))
    await here.pass_(1)
    return code


async def test_an_invitation_two_people_and_a_first_case(tmp_path: Path) -> None:
    """The code, then a second person's yes; nothing is seen before it."""
    async with office(tmp_path) as here:
        boss = await here.responder("Lago", role=StaffRole.SUPERVISOR)
        code = await invites(here, tmp_path, "Luz")
        luz = here.api.add_user("Luz", bot=here.desk)
        here.api.press_start(luz, code, bot=here.desk)
        await here.settle()
        assert "Recibido. Falta que una segunda persona te deje entrar" in here.all_of(luz)
        ana = await here.asks(reach="yes")
        await here.commands(luz, "/fila")
        await here.commands(luz, "/turno")
        assert "Alguien espera respuesta." not in here.reads(luz)
        await here.presses(boss, "Dejar entrar")
        assert "Ya puedes entrar, Luz." in here.all_of(luz)
        await here.commands(luz, "/turno")
        await here.pass_(1)
        await here.pass_(2 * 3600)
        await here.takes(luz)
        assert "Ahora te lee Luz" in here.reads_seeker(ana) or here.api.screen(ana).labels[:1] == ["Ver"]


async def test_a_wrong_or_used_code_opens_nothing(tmp_path: Path) -> None:
    """A stranger meets silence, and so does a code that was used or has run out."""
    async with office(tmp_path) as here:
        code = await invites(here, tmp_path, "Luz")
        who = here.api.add_user("Nadie", bot=here.desk)
        here.api.press_start(who, "0" * 32, bot=here.desk)
        await here.settle()
        here.api.text(who, "hola", bot=here.desk)
        await here.settle()
        assert not [message for message in here.stands(who) if message.bot is not None]
        luz = here.api.add_user("Luz", bot=here.desk)
        here.api.press_start(luz, code, bot=here.desk)
        await here.settle()
        here.api.press_start(who, code, bot=here.desk)
        await here.settle()
        assert not [message for message in here.stands(who) if message.bot is not None]
        late = await invites(here, tmp_path, "Sol")
        await here.pass_(INVITATION_SECONDS + 60)
        here.api.press_start(who, late, bot=here.desk)
        await here.settle()
        assert here.known("Sol").state is ResponderState.INVITED
        assert not here.topics(who)


async def test_a_responder_blocks_the_bot(tmp_path: Path) -> None:
    """Nobody can be reached there: the cases go back, and she is told; writing again brings them back."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        mar = await here.responder("Mar")
        here.api.block(rio, bot=here.desk)
        await here.settle()
        await here.pass_(1)
        assert here.case().status is CaseStatus.OPEN
        assert "Tu petición volvió a la fila" in here.reads_seeker(ana)
        await here.pass_(1)
        assert "Alguien espera respuesta." in here.reads(mar)


async def test_the_board_says_what_is_so(tmp_path: Path) -> None:
    """On duty, how many, who waits; a row of the queue says no name."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        await here.asks("Zutana", reach="yes", first="mi hijo no llego anoche y no contesta")
        await here.commands(rio, "/mesa")
        board = here.find(rio, "Tu mesa. Alias: Río")
        assert "En guardia hasta las" in board.text
        assert "Llevas 0 de 6." in board.text
        await here.commands(rio, "/fila")
        queue = here.find(rio, "Fila, primero lo más urgente.")
        assert "español" in queue.text
        assert "peligro ahora" in queue.text
        assert "Zutana" not in here.all_of(rio)
        await here.presses(rio, "Tomar 1")
        assert here.topics(rio)
        await here.commands(rio, "/casos")
        assert here.find(rio, "Lo que llevas.")
