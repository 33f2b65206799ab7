"""The bot's name, descriptions and commands are brought in line, and only what differs is set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.channels.telegram.setup import SetupTexts, set_up
from bot.channels.telegram.transport import HttpRequest, MustWait

SPANISH = SetupTexts(
    name="Amparo",
    short_description="Información general",
    description="Escribe para empezar.",
    commands=(("menu", "Menú"), ("salir", "Salir"), ("borrar", "Borrar")),
)
TEXTS = {"": SPANISH, "ht": replace(SPANISH, description="Ekri pou kòmanse.", commands=(("menu", "Meni"),))}


async def test_texts_are_set_once_and_then_left_alone(server: LocalBotApi, request_: HttpRequest) -> None:
    first = await set_up(server.root, server.token, request_, TEXTS)
    # The server answers a language that has no texts of its own with those of everybody, as Telegram does: they need not be set.
    assert set(first) >= {"short_description:default", "description:default", "commands:default", "description:ht", "commands:ht"}
    before = len(server.calls())
    assert await set_up(server.root, server.token, request_, TEXTS) == ()
    assert {call.method[:3] for call in server.calls(since=server.calls()[before - 1].n)} == {"get"}


async def test_only_what_differs_is_set(server: LocalBotApi, request_: HttpRequest) -> None:
    await set_up(server.root, server.token, request_, TEXTS)
    changed = {**TEXTS, "ht": replace(TEXTS["ht"], commands=(("menu", "Meni"), ("salir", "Soti")))}
    assert await set_up(server.root, server.token, request_, changed) == ("commands:ht",)


async def test_a_platform_that_wants_time_says_so_and_a_repeat_goes_on(server: LocalBotApi, request_: HttpRequest) -> None:
    server.faults(Fault(method="setMyDescription", kind="429", times=1, retry_after=9))
    with pytest.raises(MustWait) as caught:
        await set_up(server.root, server.token, request_, TEXTS)
    assert caught.value.seconds == 9
    assert "description:default" in await set_up(server.root, server.token, request_, TEXTS)
    assert await set_up(server.root, server.token, request_, TEXTS) == ()
