"""What leaves, over HTTP against the local Bot API server: what the person then sees, and what we are told of it."""

from __future__ import annotations

import asyncio
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.botapi.people import Person
from bot.channels.telegram.limits import Limiter, Rate, Rates
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.presses import PRESSES_AT_ONCE, PRESSES_WAITING
from bot.channels.telegram.transport import Api, HttpRequest
from bot.usecases.channel import Bold, Button, Outcome, Rendered, Result
from tests.bot.channels.telegram.conftest import SteadyClock
from tests.bot.channels.telegram.wire import raw_server, read_request, whole_answer

OGG = b"OggS" + bytes(200)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
WORDS = Rendered(
    text="¿Estás a salvo? <b>no</b> *tampoco*",
    bold=(Bold(0, 15),),
    rows=((Button("Sí", data="a1"), Button("No", data="a2")), (Button("Copiar 911", copy="911"),)),
)


def hello(server: LocalBotApi, name: str = "Ana") -> Person:
    person = server.add_user(name)
    server.press_start(person)
    return person


async def test_a_message_arrives_with_emphasis_buttons_and_no_markup(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    outcome = await channel.send(ana.id, WORDS, silent=True)
    screen = server.screen(ana)
    assert outcome == Outcome(result=Result.DONE, message_id=screen.id, sent_at=screen.date)
    assert screen.text == WORDS.text
    assert screen.labels == ["Sí", "No", "Copiar 911"]
    assert server.tap(ana, row=1) == {"copied": "911"}
    sent = server.calls("sendMessage")[-1].params
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 15}]
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["disable_notification"] is True
    assert "parse_mode" not in sent


async def test_a_message_is_changed_in_place_and_loses_its_keyboard(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    sent = await channel.send(ana.id, WORDS, silent=False)
    assert "disable_notification" not in server.calls("sendMessage")[-1].params
    assert (await channel.edit(ana.id, sent.message_id, Rendered(text="Clima"))).result is Result.DONE
    assert server.screen(ana).text == "Clima"
    assert server.screen(ana).labels == []
    again = await channel.edit(ana.id, sent.message_id, Rendered(text="Clima"))
    assert again == Outcome(result=Result.DONE, message_id=sent.message_id)


async def test_what_cannot_be_edited_is_missing(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    theirs = server.text(ana, "mío")
    voice = await channel.send_voice(ana.id, "hola", OGG, None, caption="", silent=False)
    for message_id in (theirs.id, 9999, voice.message_id):
        assert (await channel.edit(ana.id, message_id, WORDS)).result is Result.MISSING


async def test_hundreds_of_messages_go_a_hundred_a_call(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    ids = [server.text(ana, f"{number}").id for number in range(230)]
    assert (await channel.delete(ana.id, [*ids, ids[0], 0, -5], urgent=True)).result is Result.DONE
    assert [len(list(call.params["message_ids"])) for call in server.calls("deleteMessages")] == [100, 100, 30]  # type: ignore[call-overload]
    assert [message.text for message in server.messages(ana)] == ["/start"]
    assert (await channel.delete(ana.id, [])).result is Result.DONE
    assert len(server.calls("deleteMessages")) == 3


async def test_deleting_stops_at_the_first_call_that_fails(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    server.faults(Fault(method="deleteMessages", kind="429", times=1, retry_after=4))
    outcome = await channel.delete(ana.id, range(1, 202))
    assert (outcome.result, outcome.after) == (Result.RETRY, 4.0)
    assert len(server.calls("deleteMessages")) == 1


async def test_a_recording_is_uploaded_once_then_named(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    first = await channel.send_voice(ana.id, "hola", OGG, None, caption="Escucha", silent=True)
    assert first.result is Result.DONE
    assert first.handle
    second = await channel.send_voice(ana.id, "hola", None, first.handle, caption="", silent=False)
    assert (second.result, second.handle) == (Result.DONE, first.handle)
    assert [message.content.kind for message in server.messages(ana)][1:] == ["voice", "voice"]


async def test_a_handle_the_platform_forgot_falls_back_to_the_content(careless_server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(careless_server)
    outcome = await channel.send_voice(ana.id, "hola", OGG, "AwACforgotten", caption="", silent=False)
    assert outcome.result is Result.DONE
    assert (await channel.send_voice(ana.id, "hola", None, "AwACforgotten", caption="", silent=False)).error == "FileHandleInvalid"
    assert (await channel.send_voice(ana.id, "hola", None, None, caption="", silent=False)).error == "FileMissing"


async def test_a_picture_carries_its_caption_and_buttons(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    outcome = await channel.send_picture(ana.id, "uno", PNG, None, WORDS, silent=True)
    assert outcome.handle
    screen = server.screen(ana)
    assert (screen.content.kind, screen.text, screen.labels) == ("photo", WORDS.text, ["Sí", "No", "Copiar 911"])
    assert (await channel.send_picture(ana.id, "uno", None, outcome.handle, Rendered(text=""), silent=True)).result is Result.DONE


async def test_a_spinner_stops_and_nobody_waits_for_it(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    await channel.send(ana.id, WORDS, silent=False)
    press = str(server.tap(ana)["query"])
    server.faults(Fault(method="answerCallbackQuery", kind="cut_before", times=1))
    channel.answer_press("12345")
    channel.answer_press(press, "x" * 500)
    await server.wait(lambda: server.spinning(ana) == [])
    assert server.alerts(ana) == ["x" * 200]


async def test_answers_to_presses_are_bounded_and_dropped_when_the_bot_stops(server: LocalBotApi, api: Api) -> None:
    channel = TelegramChannel(api, None)
    server.faults(Fault(method="answerCallbackQuery", kind="timeout"))
    for number in range(PRESSES_WAITING + 500):
        channel.answer_press(str(number + 1))
    await server.wait(lambda: len(server.calls("answerCallbackQuery")) == PRESSES_AT_ONCE)
    ana = hello(server)
    assert (await channel.send(ana.id, WORDS, silent=False)).result is Result.DONE  # nobody waits behind them
    await channel.close()
    channel.answer_press("9")
    await asyncio.sleep(0)
    assert len(server.calls("answerCallbackQuery")) == PRESSES_AT_ONCE


async def test_a_group_is_left(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(server)
    group = server.add_group("Vecinos", people=[ana])
    server.set_member(group, ana)
    await channel.leave(group.id)
    assert group.members[server.bot.id].status == "left"
    await channel.leave(group.id)


async def test_who_cannot_be_reached_is_gone(server: LocalBotApi, channel: TelegramChannel) -> None:
    ana, beto, carla = hello(server), hello(server, "Beto"), server.add_user("Carla")
    server.block(ana)
    beto.deactivated = True
    for chat_id in (ana.id, beto.id, carla.id, 999_999_999):
        assert (await channel.send(chat_id, WORDS, silent=False)).result is Result.GONE
    server.press_start(ana)
    assert (await channel.send(ana.id, WORDS, silent=False)).result is Result.DONE


async def test_our_own_mistakes_are_refused_by_class(careless_server: LocalBotApi, channel: TelegramChannel) -> None:
    ana = hello(careless_server)
    mistakes = {
        Rendered(text="x" * 4097): "TextTooLong",
        Rendered(text=""): "TextEmpty",
        Rendered(text="  "): "TextEmpty",
        Rendered(text="x", rows=((Button("b", data="ñ" * 33),),)): "ButtonDataInvalid",
        Rendered(text="x", rows=((Button("", data="b"),),)): "KeyboardInvalid",
    }
    for message, error in mistakes.items():
        assert await channel.send(ana.id, message, silent=False) == Outcome(result=Result.REFUSED, error=error)
    assert careless_server.problems() != []


async def test_the_platforms_wish_to_wait_is_obeyed_and_its_failures_wait_longer_and_longer(
    server: LocalBotApi, channel: TelegramChannel
) -> None:
    ana = hello(server)
    server.faults(Fault(method="sendMessage", kind="429", times=1, retry_after=37))
    waits = [await channel.send(ana.id, WORDS, silent=False)]
    server.faults(Fault(method="sendMessage", kind="5xx", times=3))
    waits += [await channel.send(ana.id, WORDS, silent=False) for _ in range(3)]
    assert [(each.result, each.after) for each in waits] == [(Result.RETRY, wait) for wait in (37.0, 2.0, 4.0, 8.0)]
    assert (await channel.send(ana.id, WORDS, silent=False)).result is Result.DONE
    server.faults(Fault(method="sendMessage", kind="5xx", times=1))
    assert (await channel.send(ana.id, WORDS, silent=False)).after == 1.0


@pytest.mark.parametrize(("kind", "arrived"), [("cut_before", False), ("cut_after", True), ("timeout", False)])
async def test_a_call_that_got_no_answer_is_unknown(server: LocalBotApi, kind: str, arrived: bool) -> None:
    ana = hello(server)
    server.faults(Fault(method="sendMessage", kind=kind, times=1))
    async with HttpRequest(read_seconds=0.2) as request:
        channel = TelegramChannel(Api(server.root, server.token, request), None)
        outcome = await channel.send(ana.id, WORDS, silent=False)
    assert outcome.result is Result.UNKNOWN
    assert server.sees(ana, WORDS.text) is arrived


async def test_a_call_that_could_not_leave_is_tried_again(request_: HttpRequest) -> None:
    channel = TelegramChannel(Api("http://127.0.0.1:1", "1:a", request_), None, chance=lambda: 0.0)
    outcome = await channel.send(5, WORDS, silent=False)
    assert (outcome.result, outcome.after) == (Result.RETRY, 1.0)


async def test_a_wrong_token_loses_nothing(server: LocalBotApi, request_: HttpRequest) -> None:
    channel = TelegramChannel(Api(server.root, "4242:wrong", request_), None)
    outcome = await channel.send(5, WORDS, silent=False)
    assert (outcome.result, outcome.error) == (Result.RETRY, "Unauthorized")


async def test_while_the_platform_wants_silence_nothing_is_sent(server: LocalBotApi, api: Api) -> None:
    ana, beto = hello(server), hello(server, "Beto")
    limiter = Limiter(SteadyClock())
    channel = TelegramChannel(api, limiter)
    server.faults(Fault(method="sendMessage", kind="429", times=1, retry_after=30))
    assert (await channel.send(ana.id, WORDS, silent=False)).after == 30.0
    second = await channel.edit(ana.id, 5, WORDS)
    assert second.result is Result.RETRY
    assert 29.0 < second.after <= 30.0
    assert (await channel.delete(ana.id, [1])).result is Result.RETRY
    assert len(server.calls()) == 1
    assert (await channel.send(beto.id, WORDS, silent=False)).result is Result.DONE
    await channel.close()


async def test_everything_that_leaves_waits_its_turn(server: LocalBotApi, api: Api) -> None:
    ana = hello(server)
    limiter = Limiter(SteadyClock(), Rates(chat=Rate(count=2, seconds=0.15)))
    channel = TelegramChannel(api, limiter)
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcomes = await asyncio.gather(*(channel.send(ana.id, WORDS, silent=False) for _ in range(5)))
    assert {each.result for each in outcomes} == {Result.DONE}
    assert loop.time() - began >= 0.3
    await channel.close()


async def test_with_telegrams_own_limits_on_a_burst_meets_no_refusal(server: LocalBotApi, api: Api) -> None:
    server.flood(on=True)
    people = [hello(server, f"P{number}") for number in range(12)]
    channel = TelegramChannel(api, Limiter(SteadyClock()))
    calls = [channel.send(person.id, WORDS, silent=False) for person in people for _ in range(3)]
    assert {each.result for each in await asyncio.gather(*calls)} == {Result.DONE}
    await channel.close()


async def test_a_file_goes_out_as_a_form_that_no_text_and_no_name_can_break(request_: HttpRequest) -> None:
    forms: list[tuple[bytes, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        forms.append(await read_request(reader))
        writer.write(whole_answer(b'{"ok":true,"result":{"message_id":5,"date":7,"voice":{"file_id":"h"}}}'))
        await writer.drain()

    words = '¿Está usted a salvo? 🙏\r\n--x"\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n99'
    async with raw_server(serve) as root:
        channel = TelegramChannel(Api(root, "1:a", request_), None)
        outcome = await channel.send_voice(7, 'a"; b\r\nX: y.ogg', OGG, None, caption=words, silent=True)
        await channel.close()
    assert (outcome.result, outcome.message_id, outcome.handle) == (Result.DONE, 5, "h")
    head, body = forms[0]
    parsed = BytesParser(policy=HTTP).parsebytes(head.split(b"\r\n", 1)[1] + body)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in parsed.iter_parts()}
    assert {name: part.get_payload(decode=True) for name, part in parts.items()} == {
        "chat_id": b"7",
        "caption": words.encode(),
        "disable_notification": b"true",
        "voice": OGG,
    }
    assert (parts["voice"].get_content_type(), parts["voice"].get_filename()) == ("audio/ogg", "a__ b__X_ y.ogg")
