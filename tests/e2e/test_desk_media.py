"""Voices, pictures, files and places of a seeker: hidden and protected on the other phone where the organization takes them, kindly refused
where not; through memory, and never on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.botapi.faults import Fault
from tests.e2e.desk_running import Office, office

MARK = b"these-bytes-must-never-touch-the-disk-" * 8
BIG = 20 * 1024 * 1024


def on_disk(folder: Path) -> bytes:
    """Everything the copy has written."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["voice", "photo", "document"])
async def test_a_file_passes_hidden_and_protected(tmp_path: Path, kind: str) -> None:
    """The very bytes, in the case's topic, with its number; forwarding and saving are off, and a picture is covered until it is tapped."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "va un archivo")
        sent = here.api.media(ana, kind, MARK, caption="esto me llegó")
        await here.settle()
        got = [message for message in here.stands(rio, thread) if message.content.file is not None]
        assert len(got) == 1
        assert got[0].protect
        assert got[0].content.file is not None
        assert sent.content.file is not None
        assert got[0].content.file.data == MARK
        assert got[0].text == "2", "its words stand by themselves, so that no lock screen shows them"
        assert "2 · esto me llegó" in here.reads(rio, thread)
        assert got[0].content.spoiler == (kind == "photo")
        assert got[0].content.kind == kind
        assert any(message.id == sent.id for message in here.api.messages(ana)), "hers stays: it may be the only copy"
        assert MARK not in on_disk(tmp_path)
        assert b"esto me lleg" not in on_disk(tmp_path)


async def test_the_words_under_a_file(tmp_path: Path) -> None:
    """Links in them cannot be tapped either; longer than a caption may be, they stand by themselves; changed, they are read anew."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        sent = here.api.media(ana, "photo", MARK, caption="mira https://ejemplo.mx/a")
        await here.settle()
        got = here.find(rio, "ejemplo", thread)
        assert "https://" not in got.text
        assert not [entity for entity in got.content.entities if entity["type"] != "spoiler"]
        here.api.edit(ana, sent, "mira bien")
        await here.settle()
        assert "1 (editado) · mira bien" in here.reads(rio, thread)
        here.api.media(ana, "photo", MARK, caption="largo " * 170)
        await here.settle()
        assert here.all_of(rio, thread).count("largo") == 170
        await here.taps(ana, "Quitar mi último mensaje")
        assert "largo" not in here.all_of(rio, thread)


async def test_a_place_passes_as_a_place(tmp_path: Path) -> None:
    """Protected, in the topic; on disk only sealed."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.location(ana, 16.75, -93.11)
        await here.settle()
        (place,) = [message for message in here.stands(rio, thread) if message.content.kind == "location"]
        assert place.protect
        assert "16.75" not in on_disk(tmp_path).decode("latin-1")
        assert "no llega a quien te contesta" not in here.reads_seeker(ana)


async def test_an_organization_that_takes_text_only_refuses_kindly(tmp_path: Path) -> None:
    """The second one of the demo: the person is told that it did not go, and keeps it; the responder learns nothing of it."""
    async with office(tmp_path) as here:
        rio = await here.responder("Río", organization="demo_second")
        ana = await here.asks(reach="yes", first="mi hijo no aparece")
        thread = await here.takes(rio)
        await here.writes(rio, "Buenas.", thread)
        before = here.reads(rio)
        for kind in ("voice", "photo", "document"):
            here.api.media(ana, kind, MARK)
            await here.settle()
        assert "Eso no llega a quien te contesta. Se queda en este chat; puedes decirlo con palabras." in here.reads_seeker(ana)
        assert here.reads(rio) == before
        assert not here.api.calls("getFile")
        await here.says(ana, "lo digo con palabras")
        assert "1 · lo digo con palabras" in here.reads(rio, thread)


async def test_a_video_is_not_taken_by_the_first_either(tmp_path: Path) -> None:
    """Kind by kind: voice, photo, document and place are; video is not."""
    async with office(tmp_path) as here:
        ana, rio, _thread = await here.talking()
        before = here.reads(rio)
        here.api.media(ana, "video", MARK)
        await here.settle()
        assert "no llega a quien te contesta" in here.reads_seeker(ana)
        assert here.reads(rio) == before


@pytest.mark.parametrize(("size", "passes"), [(BIG, True), (BIG + 1, False)])
async def test_twenty_megabytes_are_the_bound(tmp_path: Path, size: int, passes: bool) -> None:
    """What is bigger cannot be had from the platform: the responder reads that a file is missing, and what follows is not held up."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.media(ana, "document", b"x", size=size)
        await here.settle()
        await here.says(ana, "después del archivo")
        got = [message for message in here.stands(rio, thread) if message.content.file is not None]
        assert bool(got) is passes
        assert ("Mensaje 1: el archivo ya no está en Telegram." in here.reads(rio, thread)) is not passes
        assert "2 · después del archivo" in here.reads(rio, thread)
        assert b"x" * 100_000 not in on_disk(tmp_path)


async def test_a_download_that_is_cut_is_tried_again(tmp_path: Path) -> None:
    """Half a file reaches nobody; the whole one comes once."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.faults(Fault(method="download", kind="cut_download", times=1))
        here.api.media(ana, "document", MARK)
        await patient(here)
        got = [message for message in here.stands(rio, thread) if message.content.file is not None]
        assert [message.content.file.data for message in got if message.content.file] == [MARK]


async def patient(here: Office) -> None:
    """Pauses of a retry pass by moving the clock."""
    for _ in range(4):
        await here.settle()
        await here.pass_(2)


async def test_a_file_taken_back_goes_from_the_other_phone(tmp_path: Path) -> None:
    """*Quitar mi último mensaje* after a picture."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        here.api.media(ana, "photo", MARK)
        await here.settle()
        await here.taps(ana, "Quitar mi último mensaje")
        assert not [message for message in here.stands(rio, thread) if message.content.file is not None]
        assert "La persona quitó su mensaje 1." in here.reads(rio, thread)
