"""Notes: who may read one is chosen before it is written, nobody else ever does, and it stands nowhere but sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import handoff
from bot.domain.case import Note, Visibility
from bot.usecases.desk.looking import Look
from bot.usecases.desk.note_views import notes
from bot.usecases.desk.notes import VERBS
from tests.bot.domain.desk import T, clocks
from tests.bot.usecases.desk.casework import ANA, BRUNO, CANARY, CARO, KEY, LEJOS, SUPE, Desk, open_desk, speaking, with_case

WHO = {Visibility.MINE: "note_mine", Visibility.TEAM: "note_team", Visibility.ORGANIZATION: "note_organization"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await with_case(await open_desk(tmp_path))
    yield opened
    await opened.storage.close()


async def write(desk: Desk, visibility: Visibility, text: str) -> int:
    await desk.press(ANA, "b_note")
    await desk.press(ANA, WHO[visibility])
    return await desk.answer(ANA, text)


@pytest.mark.parametrize("visibility", list(Visibility))
async def test_a_note_is_kept_for_whom_it_was_meant(desk: Desk, visibility: Visibility) -> None:
    typed = await write(desk, visibility, f"llevar {CANARY}")
    (kept,) = await desk.notes()
    assert (kept.text, kept.visibility, kept.author, kept.at) == (f"llevar {CANARY}", visibility, ANA, T)
    assert (f"responder:{ANA}", "note", visibility.value) in await desk.trail()
    assert typed not in desk.platform.standing
    assert not any(one.asks for one in desk.chat(ANA))
    assert desk.say("note_kept", kind=desk.say(WHO[visibility])) in desk.texts(ANA)
    assert CANARY not in desk.texts(ANA)
    assert await desk.words() == []
    assert desk.told == []
    await desk.nothing_of(CANARY)


async def test_what_was_written_to_the_seeker_stays_in_the_topic(desk: Desk) -> None:
    await desk.write(ANA, "buenas")
    await write(desk, Visibility.TEAM, "algo")
    assert "buenas" in desk.texts(ANA)


async def test_the_prompt_says_who_will_read_it(desk: Desk) -> None:
    await desk.press(ANA, "b_note")
    await desk.press(ANA, "note_team")
    prompt = next(one for one in desk.chat(ANA) if one.asks)
    assert desk.say("note_team") in prompt.text
    assert not desk.offered(ANA, "note_team")


async def test_too_long_is_not_kept_and_can_be_tried_again(desk: Desk) -> None:
    await write(desk, Visibility.TEAM, "a" * 1001)
    assert list(await desk.notes()) == []
    assert desk.say("line_too_long", count=1000) in desk.texts(ANA)
    await desk.answer(ANA, "a" * 1000)
    assert len(await desk.notes()) == 1


async def test_a_prompt_is_no_right_once_the_case_is_somebody_elses(desk: Desk) -> None:
    await desk.press(ANA, "b_note")
    await desk.press(ANA, "note_team")
    await desk.commit(replace(desk.case(), responder=BRUNO))
    await desk.answer(ANA, CANARY)
    assert list(await desk.notes()) == []
    assert await desk.refusals() == ["not-owner"]


async def test_only_who_has_the_case_writes_them(desk: Desk) -> None:
    await desk.refuses_all_but({ANA}, set(VERBS) - {"notes"})


async def test_off_duty_or_elsewhere_they_are_not_read(desk: Desk) -> None:
    await desk.refuses_all_but({ANA, BRUNO, SUPE}, {"notes"})


async def test_the_newest_stand_first_and_pages_turn(desk: Desk) -> None:
    for number in range(4):
        await write(desk, Visibility.TEAM, f"nota {number} en https://x.mx/y")
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_notes")
    page = desk.chat(ANA)[-1].text
    assert page.index("nota 3") < page.index("nota 1")
    assert "nota 0" not in page
    assert "https://" not in page
    await desk.press(ANA, "b_after")
    assert "nota 0" in desk.chat(ANA)[-1].text
    assert [one for one in await desk.trail() if one[1] == "read_case"] == [(f"responder:{ANA}", "read_case", "notes")] * 2


async def test_none_is_said(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_notes")
    assert desk.say("notes_none") in desk.chat(ANA)[-1].text


def seen(desk: Desk, who: int, *, locale: str = "es") -> str:
    """What somebody reads who opens the notes."""
    case = desk.case()
    reader = replace(desk.office.book.responders[who], locale=locale)
    kept = [
        Note(id=n + 1, case=case.id, author=ANA, visibility=visibility, text=f"n-{visibility.value}", at=T)
        for n, visibility in enumerate(WHO)
    ]
    look = Look(office=desk.office, responder=reader, case=case, words=None, args={}, at=desk.clock.at, key=KEY, notes=kept)
    return notes(look).text


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (ANA, {"n-mine", "n-team", "n-organization"}),
        (BRUNO, {"n-organization"}),
        (CARO, set()),
        (SUPE, {"n-team", "n-organization"}),
        (LEJOS, set()),
    ],
)
async def test_everybody_reads_only_what_is_for_them(desk: Desk, who: int, reads: set[str]) -> None:
    for locale in ("es", "en"):
        text = seen(desk, who, locale=locale)
        assert {one for one in ("n-mine", "n-team", "n-organization") if one in text} == reads
        assert "{" not in text


async def test_a_colleague_who_is_asked_to_take_over_reads_the_teams(desk: Desk) -> None:
    await desk.commit(handoff.transfer(desk.case(), BRUNO, T, clocks=clocks()))
    assert "n-team" in seen(desk, BRUNO)
    assert "n-mine" not in seen(desk, BRUNO)


async def test_they_read_them_before_they_say_yes(desk: Desk) -> None:
    await write(desk, Visibility.MINE, "solo mía")
    await write(desk, Visibility.TEAM, "del equipo")
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    await desk.press(ANA, "Bruno")
    await desk.press(BRUNO, "b_notes")
    assert "del equipo" in desk.texts(BRUNO)
    assert "solo mía" not in desk.texts(BRUNO)
    await desk.press(BRUNO, "b_decline")
    assert "del equipo" not in desk.texts(BRUNO)
    assert (f"responder:{BRUNO}", "read_case", "notes") in await desk.trail()


async def test_the_next_step_is_one_line_in_the_header(desk: Desk) -> None:
    await desk.press(ANA, "b_next_step")
    typed = await desk.answer(ANA, f"llamar\n  {CANARY}")
    assert desk.case().next_step == f"llamar {CANARY}"
    assert desk.say("line_next_step", step=f"llamar {CANARY}") in desk.chat(ANA)[0].text
    assert typed not in desk.platform.standing
    assert (f"responder:{ANA}", "note", "next_step") in await desk.trail()
    await desk.nothing_of(CANARY)


async def test_a_next_step_written_meanwhile_reaches_who_is_asked_to_take_over(desk: Desk) -> None:
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_transfer")
    await desk.press(ANA, "Bruno")
    await desk.press(ANA, "b_next_step")
    await desk.answer(ANA, "confirmar el folio")
    assert "confirmar el folio" in desk.texts(BRUNO)


async def test_a_next_step_longer_than_a_line_is_refused(desk: Desk) -> None:
    await desk.press(ANA, "b_next_step")
    await desk.answer(ANA, "a" * 201)
    assert desk.case().next_step == ""
    assert desk.say("line_too_long", count=200) in desk.texts(ANA)


@pytest.mark.parametrize("tongue", ["es", "en"])
async def test_everything_is_said_in_the_responders_language(tmp_path: Path, tongue: str) -> None:
    desk = await speaking(tmp_path, tongue)
    for visibility in Visibility:
        await write(desk, visibility, "algo")
        await write(desk, visibility, "a" * 1001)
    await desk.press(ANA, "b_more")
    await desk.press(ANA, "b_notes")
    await desk.press(ANA, "b_next_step")
    await desk.answer(ANA, "una línea")
    desk.all_written()
    await desk.storage.close()
