"""The webhook lets in only who knows the secret, and answers 200 only for what has been received."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import orjson
import pytest

from bot.botapi import LocalBotApi
from bot.botapi.faults import Fault
from bot.channels.telegram.incoming import ALLOWED_UPDATES
from bot.channels.telegram.transport import Api
from bot.channels.telegram.webhook import MAX_BODY, Groups, WebhookServer, WebhookSettings, set_webhook
from bot.usecases.channel import Incoming, Kind, Receiver
from bot.usecases.ports import StorageDown
from tests.bot.channels.telegram.conftest import Inbox

SECRET = "an_invented-secret"
PATH = "an-invented-path"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
WHO = {"from": {"id": 7, "is_bot": False, "first_name": "A"}, "chat": {"id": 7, "type": "private"}}
Post = Callable[..., Awaitable[aiohttp.ClientResponse]]


def update(number: int, text: str = "x") -> dict[str, object]:
    return {"update_id": number, "message": {"message_id": 3, "date": 1_700_000_000, "text": text, **WHO}}


@asynccontextmanager
async def serving(receiver: Receiver) -> AsyncIterator[WebhookSettings]:
    """A webhook that listens: its settings, with the address it really has."""
    stop = asyncio.Event()
    server = WebhookServer(WebhookSettings(url="", path=PATH, secret=SECRET, port=0), receiver)
    task = asyncio.create_task(server.run(stop))
    try:
        yield WebhookSettings(url=f"http://127.0.0.1:{server.port}", path=PATH, secret=SECRET, port=server.port)
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


@pytest.fixture
async def post(inbox: Inbox) -> AsyncIterator[Post]:
    """Post to a webhook whose receiver is `inbox`, by default as the platform would."""
    async with serving(inbox) as settings, aiohttp.ClientSession() as session:

        async def call(
            body: object, *, secret: str | None = SECRET, path: str = PATH, method: str = "POST", kind: str = "application/json"
        ) -> aiohttp.ClientResponse:
            data = body if isinstance(body, bytes | BytesIO) else orjson.dumps(body)
            headers = {"Content-Type": kind} | ({} if secret is None else {HEADER: secret})
            async with session.request(method, f"{settings.url}/{path}", data=data, headers=headers) as answer:
                await answer.read()
                return answer

        yield call


async def test_an_update_with_the_secret_is_received(post: Post, inbox: Inbox) -> None:
    answer = await post(update(5, "hola"))
    assert answer.status == 200
    assert not answer.headers.keys() & {"server", "Server", "Date"}
    assert [(each.update_id, each.text) for each in inbox.taken] == [(5, "hola")]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ñ"])
async def test_without_the_secret_nothing_is_read(post: Post, inbox: Inbox, secret: str | None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await post(update(5, "palabras privadas"), secret=secret)
    assert answer.status == 403
    assert inbox.calls == 0
    assert "privadas" not in caplog.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"method": "DELETE"}, 405),
        ({"path": "another"}, 404),
        ({"path": ""}, 404),
        ({"path": PATH + "/more"}, 404),
        ({"kind": "text/plain"}, 415),
        ({"kind": "application/x-www-form-urlencoded"}, 415),
        ({"kind": "application/json; charset=utf-8"}, 200),
    ],
)
async def test_only_json_posted_to_the_path_is_taken(post: Post, inbox: Inbox, changes: dict[str, str], status: int) -> None:
    assert (await post(update(5), **changes)).status == status
    assert len(inbox.taken) == (status == 200)


async def test_a_body_over_a_mebibyte_is_refused(post: Post, inbox: Inbox) -> None:
    assert (await post(BytesIO(b" " * (MAX_BODY + 1)))).status == 413
    assert inbox.calls == 0


async def test_an_announced_length_is_not_believed(inbox: Inbox) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65536

    async with serving(inbox) as settings, aiohttp.ClientSession() as session:
        headers = {"Content-Type": "application/json", HEADER: SECRET}
        async with session.post(f"{settings.url}/{PATH}", data=pieces(), headers=headers) as answer:
            assert answer.status == 413
    assert inbox.calls == 0


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (b'{"update_id": 9, "message": {{{', [Kind.UNREADABLE]),
        (b'{"update_id": 9, "message": {"message_id": []}}', [Kind.UNREADABLE]),
        (b"not json", []),
        (b"[]", []),
        (b"", []),
        (orjson.dumps(update(9, "aXXb")).replace(b"XX", b"\\ud83d"), [Kind.TEXT]),
    ],
)
async def test_an_update_without_sense_is_answered_200_so_that_its_chat_goes_on(
    post: Post, inbox: Inbox, body: bytes, kinds: list[Kind]
) -> None:
    assert (await post(body)).status == 200
    assert [each.kind for each in inbox.taken] == kinds


async def test_while_storage_is_down_the_platform_keeps_the_update(post: Post, inbox: Inbox) -> None:
    def down(batch: Sequence[Incoming]) -> None:
        if inbox.calls == 1:
            raise StorageDown

    inbox.fail = down
    answer = await post(update(5))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert (await post(update(5))).status == 200


async def test_an_update_its_receiver_cannot_take_spares_its_group(inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()

    def poisoned(batch: Sequence[Incoming]) -> None:
        if any(each.text == "veneno" for each in batch):
            raise ZeroDivisionError

    inbox.fail = poisoned
    groups = Groups(inbox)
    waiting = [asyncio.create_task(groups.receive(incoming(number, text))) for number, text in enumerate(("a", "veneno", "b"), 1)]
    await asyncio.sleep(0)
    inbox.gate.set()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert [(each.kind, each.error) for each in inbox.taken] == [
        (Kind.TEXT, ""),
        (Kind.UNREADABLE, "ZeroDivisionError"),
        (Kind.TEXT, ""),
    ]


async def test_what_cannot_even_be_put_aside_is_sent_again(post: Post, inbox: Inbox) -> None:
    def broken(batch: Sequence[Incoming]) -> None:
        raise ZeroDivisionError

    inbox.fail = broken
    assert (await post(update(5))).status == 500


def incoming(number: int, text: str, user_id: int = 7) -> Incoming:
    return Incoming(update_id=number, kind=Kind.TEXT, user_id=user_id, chat_id=user_id, text=text)


async def test_what_comes_meanwhile_shares_one_group_and_a_repeat_is_received_once(inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()
    groups = Groups(inbox)
    waiting = [asyncio.create_task(groups.receive(incoming(1, "a")))]
    await inbox.until(lambda: inbox.calls == 1)
    waiting += [asyncio.create_task(groups.receive(incoming(number, f"{number}", number % 5 + 1))) for number in range(2, 152)]
    waiting += [asyncio.create_task(groups.receive(incoming(number, "again"))) for number in (1, 2, 3)]
    await asyncio.sleep(0.01)
    waiting[7].cancel()  # a platform that hung up: its update is received all the same
    inbox.gate.set()
    await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    await groups.close()
    assert [len(batch) for batch in inbox.batches] == [1, 100, 50]
    for user in range(1, 6):
        own = [int(each.text) for each in inbox.taken[1:] if each.user_id == user]
        assert own == sorted(own)
    assert len(inbox.taken) == 151


async def test_more_than_we_hold_is_told_to_come_later(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.webhook.WAITING", 2)
    inbox.gate = asyncio.Event()
    async with serving(inbox) as settings, aiohttp.ClientSession() as session:
        headers = {"Content-Type": "application/json", HEADER: SECRET}

        async def one(number: int) -> int:
            async with session.post(f"{settings.url}/{PATH}", json=update(number), headers=headers) as answer:
                return answer.status

        first = asyncio.create_task(one(1))
        await inbox.until(lambda: inbox.calls == 1)
        more = [asyncio.create_task(one(number)) for number in range(2, 6)]
        done, _ = await asyncio.wait(more, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result() for task in done} == {503}
        inbox.gate.set()
        statuses = await asyncio.gather(first, *more)
    assert sorted(statuses) == [200, 200, 200, 503, 503]


async def test_a_sender_that_never_finishes_is_let_go(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.webhook.BODY_SECONDS", 0.05)
    async with serving(inbox) as settings:
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
        head = f"POST /{PATH} HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        writer.write(head.encode() + b'{"upd')
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_conversations_run_over_the_webhook_as_they_do_over_polling(server: LocalBotApi, api: Api, inbox: Inbox) -> None:
    ana, beto = server.add_user("Ana"), server.add_user("Beto")
    server.press_start(ana)  # before the webhook is set: pending updates stay
    async with serving(inbox) as settings:
        assert (await set_webhook(api, settings)).ok
        for number in range(10):
            server.text(ana, f"{number}")
            server.text(beto, f"{number}")
        await inbox.until(lambda: len(inbox.taken) == 21)
        assert (await api.call("deleteWebhook", b"{}")).ok
    for person in (ana, beto):
        assert [each.text for each in inbox.taken if each.user_id == person.id and each.text] == [f"{n}" for n in range(10)]
    asked = server.calls("setWebhook")[0].params
    assert (asked["allowed_updates"], asked["secret_token"], asked["max_connections"]) == (list(ALLOWED_UPDATES), SECRET, 40)


async def test_an_update_refused_for_storage_comes_again_and_a_repeated_one_is_harmless(
    server: LocalBotApi, api: Api, inbox: Inbox
) -> None:
    def down(batch: Sequence[Incoming]) -> None:
        if inbox.calls <= 2:
            raise StorageDown

    inbox.fail = down
    server.faults(Fault(method="webhook", kind="duplicate_update", times=1))
    async with serving(inbox) as settings:
        await set_webhook(api, settings)
        server.text(server.add_user(), "uno")
        for tries in (1, 2):
            await inbox.until(lambda tries=tries: inbox.calls == tries)  # type: ignore[misc]
            await asyncio.sleep(0.05)
            server.advance(10)
        await inbox.until(lambda: "uno" in inbox.texts and not server.bot.inbox.waiting)
        await api.call("deleteWebhook", b"{}")
    assert set(inbox.texts) == {"uno"}


async def test_stopping_answers_the_post_in_hand(inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        async with serving(inbox) as settings:
            headers = {"Content-Type": "application/json", HEADER: SECRET}
            call = asyncio.create_task(session.post(f"{settings.url}/{PATH}", json=update(1), headers=headers).__aenter__())
            await inbox.until(lambda: inbox.calls == 1)
            asyncio.get_running_loop().call_later(0.1, inbox.gate.set)
        answer = await call
        assert answer.status == 200
        answer.release()


def test_settings_show_nothing() -> None:
    shown = f"{WebhookSettings(url='https://a.example', path=PATH, secret=SECRET)!r}"
    assert SECRET not in shown
    assert PATH not in shown
