"""Leaving in the middle of a live conversation: an exit, an erasure, a withdrawal, a block. What stays on each phone, and in storage."""

from __future__ import annotations

from pathlib import Path

from bot.domain.case import CaseStatus, HandoffStatus
from tests.e2e.desk_running import desk_town, office, running_office
from tests.e2e.running import HOUR

SECRET = "mi vecino del portón verde"
COVER = "acta de nacimiento"


def on_disk(folder: Path) -> str:
    """Everything the copy has written."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode("utf-8", "replace")


async def test_an_exit_hides_everything_and_withdraws_nothing(tmp_path: Path) -> None:
    """One dull card is all that stays; the responder reads that she left, and their words wait until she writes again."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, SECRET)
        await here.writes(rio, "Te leo.", thread)
        card = await here.says(ana, "salir")
        assert here.left(ana) == [card.text]
        assert COVER in card.text
        case = here.case()
        assert case.status is CaseStatus.ASSIGNED
        assert "Salió de golpe." in here.all_of(rio, thread)
        await here.writes(rio, "¿Sigues ahí?", thread)
        await here.pass_(HOUR)
        assert here.left(ana) == [card.text], "nothing comes until she writes"
        assert "Mensaje 3: espera a que esa persona escriba." in here.reads(rio, thread)
        assert "¿Sigues ahí?" not in (await here.says(ana, "hola")).text
        await here.taps(ana, "Más")
        await here.taps(ana, "Continuar lo anterior")
        await here.taps(ana, "Ver respuesta")
        assert "Río: ¿Sigues ahí?" in here.reads_seeker(ana)
        await here.says(ana, "ya volví aquí")
        assert "ya volví aquí" in here.all_of(rio)
        assert "Sin confirmar que sea la misma persona." in here.all_of(rio)


async def test_erasing_in_the_middle_destroys_the_key(tmp_path: Path) -> None:
    """Her chat, the topic, the words and their key go; the responder reads only that."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, SECRET)
        assert SECRET in here.all_of(rio, thread)
        designation = here.case().designation
        await here.says(ana, "borrar")
        await here.taps(ana, "Sí, borrar")
        await here.pass_(1)
        assert COVER in here.left(ana)[-1]
        assert SECRET not in here.reads_seeker(ana)
        assert not here.topics(rio)
        assert SECRET not in here.all_of(rio)
        assert designation in here.all_of(rio)
        assert "Ya no lo ves" in here.all_of(rio)
        assert not [case for case in here.book.cases.values() if case.open]
        for number in tuple(here.book.cases):
            assert not await here.running.storage.words(number)
        standing = here.left(ana)
        await here.writes(rio, "¿sigues?", 0)
        await here.pass_(HOUR)
        assert here.left(ana) == standing


async def test_a_withdrawal_ends_everything_within_one_pass(tmp_path: Path) -> None:
    """She reads what could not be called back; access, texts and topics are gone; an old topic or reply reaches nobody."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, SECRET)
        await here.types(rio, "esto ya no debe llegar", thread)
        await here.says(ana, "retirar")
        screen = await here.taps(ana, "Sí, retirar")
        await here.pass_(1)
        assert "Retiré tu petición." in screen.text
        assert "No puedo recuperar lo que una persona ya leyó" in screen.text
        case = here.case()
        assert case.handoff is HandoffStatus.WITHDRAWN
        assert not case.may_see(here.now)
        assert not here.topics(rio)
        assert SECRET not in here.all_of(rio)
        assert "retiró su permiso" in here.all_of(rio)
        assert not await here.running.storage.words(case.id)
        await here.pass_(20)
        assert "esto ya no debe llegar" not in here.reads_seeker(ana)
        assert (await here.says(ana, "una persona")).labels, "the program guides on"


async def test_a_withdrawal_while_waiting_takes_the_notices_away(tmp_path: Path) -> None:
    """Nobody can take what is not wanted any more."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río")
        ana = await here.asks(reach="yes")
        notice = here.find(rio, "Alguien espera respuesta.")
        await here.taps(ana, "Retirar mi petición")
        await here.taps(ana, "Sí, retirar")
        await here.pass_(1)
        assert "Alguien espera respuesta." not in here.reads(rio)
        here.api.tap_data(rio, notice.id, str(notice.rows[0][0]["callback_data"]), bot=here.desk)
        await here.settle()
        assert not here.topics(rio)
        assert here.case().responder is None


async def test_she_blocks_the_bot(tmp_path: Path) -> None:
    """The responder reads that nothing arrives; what they write is not delivered, and says so; the case stays."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.block(ana)
        await here.settle()
        assert "Cerró el chat desde su lado." in here.all_of(rio, thread)
        await here.writes(rio, "¿sigues?", thread)
        assert here.case().status is CaseStatus.ASSIGNED
        assert "Río: ¿sigues?" not in here.left(ana)
        assert "Mensaje 2: no entregado. Esta persona cerró el chat o ya no está." in here.reads(rio, thread)


async def test_the_words_are_sealed_on_disk_while_it_lasts(tmp_path: Path) -> None:
    """Neither side's words stand readable in any file; nor does who she is."""
    async with desk_town() as (api, desk):
        async with running_office(api, desk, tmp_path) as here:
            ana, rio, thread = await here.talking()
            await here.says(ana, SECRET)
            await here.writes(rio, "la respuesta del río", thread)
            assert SECRET in here.all_of(rio, thread)
            designation = here.case().designation
        disk = on_disk(tmp_path)
        for secret in (SECRET, "la respuesta del río", designation, "Zutana", str(ana.id), str(rio.id)):
            assert secret not in disk


async def test_stopping_only_for_now(tmp_path: Path) -> None:
    """*Dejar de hablar*, *Solo por ahora*: the screen hides, the case stays."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.taps(ana, "Dejar de hablar")
        await here.taps(ana, "Solo por ahora")
        assert COVER in here.api.screen(ana).text
        assert here.case().status is CaseStatus.ASSIGNED
        assert "Salió de golpe." in here.all_of(rio, thread)
