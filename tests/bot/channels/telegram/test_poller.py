"""Nothing is acknowledged before it is received, nothing unreadable holds up the rest, and the poller survives its platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson
import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.channels.telegram.incoming import ALLOWED_UPDATES
from bot.channels.telegram.poller import Poller, TokenRejected
from bot.channels.telegram.transport import Api, HttpRequest
from bot.usecases.channel import Incoming, Kind, Receiver
from bot.usecases.ports import StorageDown
from tests.bot.channels.telegram.conftest import Inbox
from tests.bot.channels.telegram.wire import Serve, raw_server, read_request, whole_answer

Pauses = list[float]


@asynccontextmanager
async def polling(api: Api, receiver: Receiver, pauses: Pauses | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """A poller at work; its pauses are written down and cut short."""
    stop, told = asyncio.Event(), [] if pauses is None else pauses

    async def sleep(seconds: float) -> None:
        told.append(seconds)
        await asyncio.sleep(0.001)

    task = asyncio.create_task(Poller(api, receiver, chance=lambda: 0.0, sleep=sleep).run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)


def waiting(server: LocalBotApi) -> int:
    """Updates the server still keeps for the bot."""
    return len(server.bot.inbox.waiting)


async def test_what_people_do_is_received_in_order_and_acknowledged(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    ana, beto = server.add_user("Ana"), server.add_user("Beto")
    async with polling(api, inbox):
        for person in (ana, beto):
            server.press_start(person, "ht")
            for number in range(5):
                server.text(person, f"{number}")
        await inbox.until(lambda: len(inbox.taken) == 12)
    for person in (ana, beto):
        own = [each for each in inbox.taken if each.user_id == person.id]
        assert [each.text for each in own] == ["ht", "0", "1", "2", "3", "4"]
        assert own[0].kind is Kind.START
    assert waiting(server) == 0
    polled = server.calls("getUpdates")[0].params
    assert polled["allowed_updates"] == list(ALLOWED_UPDATES)
    assert (polled["limit"], polled["timeout"]) == (100, 50)


async def test_nothing_is_acknowledged_while_it_is_being_received(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()
    ana = server.add_user()
    async with polling(api, inbox):
        server.text(ana, "uno")
        await inbox.until(lambda: inbox.calls == 1)
        server.text(ana, "dos")
        await asyncio.sleep(0.05)
        assert waiting(server) == 2
        assert inbox.calls == 1
        inbox.gate.set()
        await inbox.until(lambda: inbox.texts == ["uno", "dos"])


async def test_a_poller_that_dies_while_receiving_loses_nothing(server: LocalBotApi, api: Api) -> None:
    dying = Inbox(gate=asyncio.Event())
    ana = server.add_user()
    async with polling(api, dying) as task:
        server.text(ana, "uno")
        await dying.until(lambda: dying.calls == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    inbox = Inbox()
    async with polling(api, inbox):
        await inbox.until(lambda: inbox.texts == ["uno"])


async def test_while_storage_is_down_nothing_is_acknowledged(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    def down(batch: Sequence[Incoming]) -> None:
        if inbox.calls <= 4:
            raise StorageDown

    inbox.fail = down
    pauses: Pauses = []
    ana = server.add_user()
    async with polling(api, inbox, pauses):
        server.text(ana, "uno")
        await inbox.until(lambda: inbox.texts == ["uno"])
        assert inbox.calls == 5
    assert pauses == [1.0, 2.0, 4.0, 5.0]


async def test_stopping_finishes_the_batch_in_hand_and_confirms_it(server: LocalBotApi, api: Api) -> None:
    inbox = Inbox(gate=asyncio.Event())
    ana = server.add_user()
    stop = asyncio.Event()
    task = asyncio.create_task(Poller(api, inbox).run(stop))
    server.text(ana, "uno")
    await inbox.until(lambda: inbox.calls == 1)
    stop.set()
    await asyncio.sleep(0.02)
    assert not task.done()
    assert inbox.gate is not None
    inbox.gate.set()
    await asyncio.wait_for(task, 5)
    assert inbox.texts == ["uno"]
    assert waiting(server) == 0


async def test_stopping_ends_a_long_poll_at_once(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Poller(api, inbox).run(stop))
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(task, 5)
    assert inbox.calls == 0


async def test_a_token_the_platform_does_not_know_ends_polling_without_showing_it(server: LocalBotApi, request_: HttpRequest) -> None:
    with pytest.raises(TokenRejected) as caught:
        await Poller(Api(server.root, "4242:wrong", request_), Inbox()).run(asyncio.Event())
    assert "4242" not in str(caught.value)


async def test_a_webhook_is_taken_down_and_pending_updates_stay(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    await api.call("setWebhook", orjson.dumps({"url": "http://127.0.0.1:1/x"}))
    server.text(server.add_user(), "uno")
    async with polling(api, inbox):
        await inbox.until(lambda: inbox.texts == ["uno"])


async def test_a_second_copy_makes_the_first_step_down_and_both_go_on(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    pauses: Pauses = []
    async with polling(api, inbox, pauses):
        await asyncio.sleep(0.05)
        await api.raw("getUpdates", b'{"timeout":0}')
        server.text(server.add_user(), "uno")
        await inbox.until(lambda: inbox.texts == ["uno"])
    assert pauses == [10.0]


@pytest.mark.parametrize("kind", ["429", "5xx", "cut_before", "cut_after", "duplicate_update"])
async def test_faults_of_the_platform_lose_nothing(server: LocalBotApi, api: Api, inbox: Inbox, kind: str) -> None:
    server.faults(Fault(method="getUpdates", kind=kind, times=3, retry_after=7))
    pauses: Pauses = []
    ana = server.add_user()
    async with polling(api, inbox, pauses):
        for number in range(4):
            server.text(ana, f"{number}")
            await inbox.until(lambda number=number: f"{number}" in inbox.texts)  # type: ignore[misc]
    assert sorted(set(inbox.texts)) == ["0", "1", "2", "3"]
    if kind == "429":
        assert pauses == [7.0, 7.0, 7.0]
    elif kind != "duplicate_update":
        assert pauses == [1.0, 2.0, 4.0]


async def test_an_update_its_receiver_cannot_take_is_found_and_put_aside(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()

    def poisoned(batch: Sequence[Incoming]) -> None:
        if any(each.text == "veneno" for each in batch):
            raise ZeroDivisionError

    inbox.fail = poisoned
    ana = server.add_user()
    async with polling(api, inbox):
        for text in ("uno", "dos", "veneno", "tres"):
            server.text(ana, text)
        inbox.gate.set()
        await inbox.until(lambda: "tres" in inbox.texts)
    assert [(each.kind, each.text, each.error) for each in inbox.taken] == [
        (Kind.TEXT, "uno", ""),
        (Kind.TEXT, "dos", ""),
        (Kind.UNREADABLE, "", "ZeroDivisionError"),
        (Kind.TEXT, "tres", ""),
    ]
    assert waiting(server) == 0


async def test_an_update_that_cannot_even_be_put_aside_is_not_acknowledged(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    def broken(batch: Sequence[Incoming]) -> None:
        if inbox.calls <= 6:
            raise ZeroDivisionError

    inbox.fail = broken
    async with polling(api, inbox):
        server.text(server.add_user(), "uno")
        await inbox.until(lambda: inbox.texts == ["uno"])


async def test_storage_that_goes_down_in_the_middle_of_the_search_acknowledges_what_came_before(
    server: LocalBotApi, api: Api, inbox: Inbox
) -> None:
    inbox.gate = asyncio.Event()
    down: list[Exception | None] = [ZeroDivisionError(), None, StorageDown()]

    def failing(batch: Sequence[Incoming]) -> None:
        if down and (fault := down.pop(0)) is not None:
            raise fault

    inbox.fail = failing
    ana = server.add_user()
    for text in ("uno", "dos", "tres"):
        server.text(ana, text)
    async with polling(api, inbox):
        inbox.gate.set()
        await inbox.until(lambda: "tres" in inbox.texts)
    assert inbox.texts == ["uno", "dos", "tres"]


async def test_a_platform_out_of_reach_is_asked_again_and_again(request_: HttpRequest, inbox: Inbox) -> None:
    pauses: Pauses = []
    async with polling(Api("http://127.0.0.1:1", "1:a", request_), inbox, pauses):
        await inbox.until(lambda: len(pauses) >= 9)
    assert pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_token_withdrawn_while_polling_ends_it(inbox: Inbox) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(whole_answer(b'{"ok":true,"result":true}'))
        await read_request(reader)
        writer.write(whole_answer(b'{"ok":false,"error_code":401,"description":"Unauthorized"}', "401 Unauthorized"))
        await writer.drain()

    async with raw_server(serve) as root, HttpRequest() as request:
        with pytest.raises(TokenRejected):
            await Poller(Api(root, "1:a", request), inbox).run(asyncio.Event())


async def test_a_last_word_that_is_not_heard_does_no_harm(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Poller(api, inbox).run(stop))
    server.text(server.add_user(), "uno")
    await inbox.until(lambda: inbox.texts == ["uno"])
    server.faults(Fault(method="getUpdates", kind="cut_before"))
    stop.set()
    await asyncio.wait_for(task, 5)
    assert inbox.texts == ["uno"]


# --- answers a well-behaved server does not give


def scripted(answers: list[bytes], asked: list[dict[str, object]]) -> Serve:
    """deleteWebhook is granted; each getUpdates gets the next answer, then waits for ever."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, body = await read_request(reader)
            if b"/deleteWebhook" in head:
                writer.write(whole_answer(b'{"ok":true,"result":true}'))
            elif (question := orjson.loads(body))["timeout"] == 0:  # the last word of a poller that stops
                writer.write(whole_answer(batch_of()))
            else:
                asked.append(question)
                if not answers:
                    await reader.read()
                    return
                writer.write(whole_answer(answers.pop(0)))
            await writer.drain()

    return serve


def words(update_id: int, text: str) -> bytes:
    who = '"from":{"id":7,"is_bot":false,"first_name":"A"},"chat":{"id":7,"type":"private"}'
    return f'{{"update_id":{update_id},"message":{{"message_id":3,"date":1700000000,{who},"text":"{text}"}}}}'.encode()


def batch_of(*updates: bytes) -> bytes:
    return b'{"ok":true,"result":[' + b",".join(updates) + b"]}"


async def received(answers: list[bytes], count: int) -> tuple[Inbox, list[dict[str, object]], Pauses]:
    """What a poller makes of these answers, until `count` updates were taken."""
    inbox, asked, pauses = Inbox(), list[dict[str, object]](), Pauses()
    async with (
        raw_server(scripted(answers, asked)) as root,
        HttpRequest() as request,
        polling(Api(root, "1:a", request), inbox, pauses),
    ):
        await inbox.until(lambda: len(inbox.taken) == count and not answers)
        await asyncio.sleep(0.02)
    return inbox, asked, pauses


async def test_one_malformed_update_holds_up_nobody() -> None:
    broken = b'{"update_id":11,"message":{"message_id":[],"chat":7}}'
    inbox, asked, _ = await received([batch_of(words(10, "uno"), broken, words(12, "dos"))], 3)
    assert [each.kind for each in inbox.taken] == [Kind.TEXT, Kind.UNREADABLE, Kind.TEXT]
    assert asked[1]["offset"] == 13


async def test_half_a_surrogate_pair_does_not_spoil_the_batch() -> None:
    inbox, _, _ = await received([batch_of(words(10, "a\\ud83d"), words(11, "b"))], 2)
    assert inbox.texts == ["a", "b"]


async def test_what_is_no_json_is_asked_for_alone_and_passed_on_by_number() -> None:
    torn = b'{"update_id": 10,"message":{{{'
    inbox, asked, _ = await received([batch_of(torn, words(11, "b")), batch_of(torn), batch_of(words(11, "b"))], 2)
    assert [(each.update_id, each.kind, each.error) for each in inbox.taken] == [
        (10, Kind.UNREADABLE, "UnparsedJson"),
        (11, Kind.TEXT, ""),
    ]
    assert [each["limit"] for each in asked[:3]] == [100, 1, 1]


async def test_nonsense_from_a_proxy_is_waited_out() -> None:
    nonsense = [b"<html>", b"<html>", b"[]", b'{"ok":true,"result":7}', b'{"ok":true}']
    inbox, _, pauses = await received([*nonsense, batch_of(words(10, "uno"))], 1)
    assert inbox.texts == ["uno"]
    assert pauses


async def test_updates_without_a_number_do_not_stop_the_others() -> None:
    inbox, asked, _ = await received([batch_of(b'{"message":{}}', words(10, "uno"), b"7"), batch_of(b"{}")], 1)
    assert inbox.texts == ["uno"]
    assert [each["offset"] for each in asked[:3]] == [0, 11, 11]


async def test_numbers_may_start_anew_after_a_quiet_week() -> None:
    inbox, asked, _ = await received([batch_of(words(900, "uno")), batch_of(words(20, "dos"))], 2)
    assert inbox.texts == ["uno", "dos"]
    assert [each["offset"] for each in asked[:3]] == [0, 901, 21]
