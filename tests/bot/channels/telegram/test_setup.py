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


async def test_the_responders_commands_show_in_private_chats_only(server: LocalBotApi, request_: HttpRequest) -> None:
    assert server.bot
    staff = server.add_bot(username="staff_local_bot", name="Turno", topics=True)
    words = (("turno", "Turno"), ("fila", "Fila"), ("casos", "Casos"), ("panico", "Vaciar"), ("ayuda", "Ayuda"), ("idioma", "Idioma"))
    texts = {"": replace(SPANISH, name="Turno", commands=words), "en": replace(SPANISH, name="Turno", commands=(("turno", "Shift"),))}
    await set_up(server.root, staff.token, request_, texts)  # set for every chat, as an earlier version did
    changed = await set_up(server.root, staff.token, request_, texts, private_only=True)
    assert set(changed) == {f"{what}:{language}" for what in ("commands", "commands_elsewhere") for language in ("default", "en")}
    shown = {language: [each["command"] for each in commands] for (scope, language), commands in staff.profile.commands.items()}
    assert shown == {"": [word for word, _ in words], "en": ["turno"]}
    assert {scope for scope, _ in staff.profile.commands} == {"all_private_chats"}
    assert await set_up(server.root, staff.token, request_, texts, private_only=True) == ()
    assert server.bot.profile.commands == {}
