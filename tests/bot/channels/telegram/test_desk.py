"""The responders' bot, over HTTP against the local Bot API server: everything stands in its topic or is said not to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from bot.botapi import LocalBotApi
from bot.botapi.chats import Message
from bot.botapi.faults import Fault
from bot.botapi.people import Bot, Person
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.limits import Limiter, Rate, Rates
from bot.channels.telegram.transport import Api, HttpRequest
from bot.usecases.channel import TOPIC_MISSING, TOPICS_OFF, Bold, Button, DeskChannel, Outcome, Rendered, Result, Upload
from flows.events import MediaKind
from tests.bot.channels.telegram.conftest import SteadyClock
from tests.bot.channels.telegram.wire import answering, raw_server, read_request, whole_answer

WORDS = Rendered(text="1 · <b>hola</b>", bold=(Bold(0, 1),), rows=((Button("Cerrar", data="c1"),),))
JPEG = b"\xff\xd8\xff\xe0" + bytes(300)
OGG = b"OggS" + bytes(200)
LOST = Outcome(result=Result.MISSING, error=TOPIC_MISSING)
Say = Callable[[TelegramDeskChannel, int, int], Awaitable[Outcome]]

# Every way of saying something into a topic.
WAYS: dict[str, Say] = {
    "words": lambda desk, chat, thread: desk.send(chat, WORDS, thread_id=thread),
    "a question": lambda desk, chat, thread: desk.send(chat, WORDS, thread_id=thread, asks=True),
    "a photo": lambda desk, chat, thread: desk.send_media(chat, MediaKind.PHOTO, Upload(content=JPEG), thread_id=thread),
    "a place": lambda desk, chat, thread: desk.send_place(chat, 19.4326, -99.1332, thread_id=thread),
}


@pytest.fixture
def staff(careless_server: LocalBotApi) -> Bot:
    """The responders' bot: the second one, with topics."""
    assert careless_server.bot
    return careless_server.add_bot(username="staff_local_bot", name="Turno", topics=True)


@pytest.fixture
async def desk(careless_server: LocalBotApi, staff: Bot, request_: HttpRequest) -> AsyncIterator[TelegramDeskChannel]:
    desk = TelegramDeskChannel(Api(careless_server.root, staff.token, request_), None, chance=lambda: 0.0)
    yield desk
    await desk.close()


@pytest.fixture
def rosa(careless_server: LocalBotApi, staff: Bot) -> Person:
    """A responder who has pressed Start."""
    rosa = careless_server.add_user("Rosa")
    careless_server.press_start(rosa, bot=staff)
    return rosa


def said(server: LocalBotApi, person: Person, bot: Bot) -> list[Message]:
    """What the bot said in the chat and nobody deleted."""
    return [each for each in server.messages(person, bot) if each.bot is not None and each.content.kind != "service"]


async def opened(desk: DeskChannel, person: Person, name: str = "Colibrí 12") -> int:
    return (await desk.open_topic(person.id, name)).thread_id


async def test_a_case_gets_a_topic_of_its_own(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    outcome = await desk.open_topic(rosa.id, "Colibrí 12")
    assert (outcome.result, outcome.thread_id) == (Result.DONE, server.topics(rosa, staff)[0][0])
    assert [name for _, name in server.topics(rosa, staff)] == ["Colibrí 12"]
    for _ in range(2):  # the second time nothing changes
        renamed = await desk.rename_topic(rosa.id, outcome.thread_id, "Colibrí 12 · cerrado " + "x" * 200)
        assert (renamed.result, renamed.thread_id) == (Result.DONE, outcome.thread_id)
    assert server.topics(rosa, staff)[0][1] == ("Colibrí 12 · cerrado " + "x" * 200)[:128]


async def test_words_stand_in_their_topic_and_cannot_be_carried_away(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person
) -> None:
    thread = await opened(desk, rosa)
    outcome = await desk.send(rosa.id, WORDS, thread_id=thread)
    message = server.screen(rosa, staff)
    assert outcome == Outcome(result=Result.DONE, message_id=message.id, sent_at=message.date, thread_id=thread)
    assert (message.text, message.labels, message.thread_id, message.protect, message.silent) == (
        WORDS.text,
        ["Cerrar"],
        thread,
        True,
        False,
    )
    sent = server.calls("sendMessage")[-1].params
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    assert "parse_mode" not in sent
    plain = await desk.send(rosa.id, WORDS, silent=True, protect=False)
    message = server.screen(rosa, staff)
    assert (plain.thread_id, message.thread_id, message.protect, message.silent) == (0, None, False, True)


async def test_an_answer_names_what_it_answers_to_when_that_is_still_there(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person
) -> None:
    first = await desk.send(rosa.id, WORDS)
    await desk.send(rosa.id, Rendered(text="dos"), reply_to=first.message_id)
    assert server.screen(rosa, staff).reply_to == first.message_id
    assert (await desk.send(rosa.id, Rendered(text="tres"), reply_to=99_999)).result is Result.DONE
    assert server.screen(rosa, staff).reply_to is None


async def test_an_answer_the_platform_will_not_make_is_said_without() -> None:
    """Leniency does not reach into another topic, the Bot API says; the words are worth more than what they answer to."""
    refused = b'{"ok":false,"error_code":400,"description":"Bad Request: message to be replied not found"}'
    done = b'{"ok":true,"result":{"message_id":8,"date":7,"message_thread_id":3}}'
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            bodies.append((await read_request(reader))[1])
            writer.write(whole_answer(refused if b"reply_parameters" in bodies[-1] else done))
            await writer.drain()

    async with raw_server(serve) as root, HttpRequest() as request:
        desk = TelegramDeskChannel(Api(root, "1:a", request), None)
        assert (await desk.send(5, WORDS, thread_id=3, reply_to=4)).message_id == 8
        assert len(bodies) == 2


async def test_a_question_opens_the_text_box_and_shows_no_buttons(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person
) -> None:
    thread = await opened(desk, rosa)
    await desk.send(rosa.id, WORDS, thread_id=thread, asks=True)
    assert server.calls("sendMessage")[-1].params["reply_markup"] == {"force_reply": True, "selective": True}
    assert server.screen(rosa, staff).labels == []


async def test_messages_change_and_go(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    thread = await opened(desk, rosa)
    sent = await desk.send(rosa.id, WORDS, thread_id=thread)
    assert (await desk.edit(rosa.id, sent.message_id, Rendered(text="dos"))).message_id == sent.message_id
    assert (server.screen(rosa, staff).text, server.screen(rosa, staff).thread_id) == ("dos", thread)
    assert (await desk.delete(rosa.id, [sent.message_id], urgent=True)).result is Result.DONE
    assert said(server, rosa, staff) == []
    assert (await desk.edit(rosa.id, sent.message_id, WORDS)).result is Result.MISSING


async def test_a_dropped_topic_takes_its_messages_along(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    thread, other = await opened(desk, rosa), await opened(desk, rosa, "Garza 3")
    await desk.send(rosa.id, WORDS, thread_id=thread)
    kept = await desk.send(rosa.id, WORDS, thread_id=other)
    server.text(rosa, "mío", staff, thread=thread)
    for _ in range(2):  # repeating is harmless
        assert await desk.drop_topic(rosa.id, thread) == Outcome(result=Result.DONE)
    assert [topic for topic, _ in server.topics(rosa, staff)] == [other]
    assert [message.id for message in server.messages(rosa, staff) if message.thread_id == thread] == []
    assert [message.id for message in said(server, rosa, staff)] == [kept.message_id]


@pytest.mark.parametrize("way", WAYS)
async def test_a_lost_topic_is_told_and_nothing_is_said_elsewhere(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person, way: str
) -> None:
    thread = await opened(desk, rosa)
    server.delete_topic(rosa, thread, staff)
    assert await WAYS[way](desk, rosa.id, thread) == LOST
    assert await desk.rename_topic(rosa.id, thread, "Otra") == LOST
    assert said(server, rosa, staff) == []
    assert "sent" not in [what for what, _, text in server.transcript(rosa, staff) if text and text != "/start"]


@pytest.mark.parametrize("way", WAYS)
async def test_what_silently_falls_out_of_its_topic_goes_at_once(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person, way: str
) -> None:
    thread = await opened(desk, rosa)
    server.faults(Fault(method="send*", kind="topics_ignored", times=1))
    assert await WAYS[way](desk, rosa.id, thread) == LOST
    assert said(server, rosa, staff) == []
    outcome = await WAYS[way](desk, rosa.id, thread)
    assert (outcome.result, outcome.thread_id) == (Result.DONE, thread)


async def test_what_fell_out_and_could_not_be_deleted_is_named(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person
) -> None:
    thread = await opened(desk, rosa)
    server.faults(Fault(method="sendMessage", kind="topics_ignored", times=1), Fault(method="deleteMessages", kind="5xx", times=1))
    outcome = await desk.send(rosa.id, WORDS, thread_id=thread)
    assert outcome == Outcome(result=Result.MISSING, error=TOPIC_MISSING, message_id=server.screen(rosa, staff).id)
    assert (await desk.delete(rosa.id, [outcome.message_id])).result is Result.DONE
    assert said(server, rosa, staff) == []


async def test_an_answer_that_tells_no_message_is_not_taken_for_one(request_: HttpRequest) -> None:
    async with raw_server(answering(b'{"ok":true,"result":true}')) as root:
        desk = TelegramDeskChannel(Api(root, "1:a", request_), None)
        assert (await desk.send(5, WORDS, thread_id=3)).result is Result.UNKNOWN
        assert (await desk.open_topic(5, "Garza 3")).result is Result.UNKNOWN


async def test_whether_there_are_topics_is_asked_once(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel) -> None:
    server.faults(Fault(method="getMe", kind="5xx", times=1), Fault(method="getMe", kind="cut_before", times=1))
    assert [await desk.topics_enabled() for _ in range(2)] == [False, False]  # not answered: not remembered
    assert await asyncio.gather(*(desk.topics_enabled() for _ in range(5))) == [True] * 5
    assert len(server.calls("getMe")) == 3


async def test_topics_that_are_off_are_told(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    assert await desk.topics_enabled()
    server.set_topics(staff, on=False)
    outcome = await desk.open_topic(rosa.id, "Garza 3")
    assert (outcome.result, outcome.error) == (Result.REFUSED, TOPICS_OFF)
    assert not await desk.topics_enabled()


MEDIA = {
    MediaKind.PHOTO: ("photo", JPEG, "", "image/jpeg", "foto.jpg"),
    MediaKind.VIDEO: ("video", bytes(500), "video/mp4", "video/mp4", "video.mp4"),
    MediaKind.VOICE: ("voice", OGG, "audio/ogg", "audio/ogg", "voz.ogg"),
    MediaKind.DOCUMENT: ("document", b"%PDF-1.4", "application/pdf", "application/pdf", "archivo.pdf"),
}


@pytest.mark.parametrize("kind", MEDIA)
async def test_files_pass_covered_and_under_a_name_that_says_nothing(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person, kind: MediaKind
) -> None:
    field, content, mime, told, name = MEDIA[kind]
    thread = await opened(desk, rosa)
    outcome = await desk.send_media(rosa.id, kind, Upload(content=content, mime=mime), thread_id=thread, silent=True, caption="2 · foto")
    message = server.screen(rosa, staff)
    stored = message.content.file
    assert stored is not None
    assert (outcome.result, outcome.message_id, outcome.thread_id) == (Result.DONE, message.id, thread)
    assert (message.content.kind, message.text, message.thread_id, message.silent, message.protect) == (
        field,
        "2 · foto",
        thread,
        True,
        True,
    )
    assert (stored.data, stored.mime, stored.name) == (content, told, name)
    assert message.content.spoiler is (kind in (MediaKind.PHOTO, MediaKind.VIDEO))
    assert server.calls()[-1].params.get("disable_content_type_detection") == ("true" if kind is MediaKind.DOCUMENT else None)
    again = await desk.send_media(rosa.id, kind, outcome.handle, thread_id=thread, hidden=False, protect=False)
    message = server.screen(rosa, staff)
    assert (again.result, message.content.file, message.content.spoiler, message.protect) == (Result.DONE, stored, False, False)


@pytest.mark.parametrize(
    ("mime", "name"), [("", "archivo.bin"), ("application/x-msdownload", "archivo.bin"), ("a\r\nX-Injected: 1", "archivo.bin")]
)
async def test_a_file_that_is_not_known_opens_with_nothing(request_: HttpRequest, mime: str, name: str) -> None:
    forms: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, body = await read_request(reader)
        forms.append(head.split(b"\r\n", 1)[1] + body)
        writer.write(whole_answer(b'{"ok":true,"result":{"message_id":5,"date":7,"message_thread_id":3,"document":{"file_id":"h"}}}'))
        await writer.drain()

    async with raw_server(serve) as root:
        desk = TelegramDeskChannel(Api(root, "1:a", request_), None)
        outcome = await desk.send_media(5, MediaKind.DOCUMENT, Upload(content=b"MZ", mime=mime), thread_id=3, reply_to=4)
    assert outcome == Outcome(result=Result.DONE, message_id=5, sent_at=7, handle="h", thread_id=3)
    parts = {
        str(each.get_param("name", header="content-disposition")): each
        for each in BytesParser(policy=HTTP).parsebytes(forms[0]).iter_parts()
    }
    assert parts["document"].get_filename() == name
    assert parts["document"].keys() == ["Content-Disposition", "Content-Type"]
    assert parts["document"].get_payload(decode=True) == b"MZ"
    assert parts["protect_content"].get_payload(decode=True) == b"true"
    assert parts["reply_parameters"].get_payload(decode=True) == b'{"message_id":4,"allow_sending_without_reply":true}'


async def test_a_place_is_a_point_on_the_map(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    thread = await opened(desk, rosa)
    assert (await desk.send_place(rosa.id, 19.4326, -99.1332, thread_id=thread, silent=True)).result is Result.DONE
    message = server.screen(rosa, staff)
    assert message.content.payload["location"] == {"latitude": 19.4326, "longitude": -99.1332}
    assert (message.thread_id, message.silent, message.protect) == (thread, True, True)


async def test_what_cannot_be_passed_on_is_refused(careless_server: LocalBotApi, desk: TelegramDeskChannel, rosa: Person) -> None:
    for kind in (MediaKind.CONTACT, MediaKind.LOCATION, MediaKind.OTHER):
        assert (await desk.send_media(rosa.id, kind, Upload(content=b"x"))).error == "MediaKindUnknown"
    long = await desk.send_media(rosa.id, MediaKind.PHOTO, Upload(content=JPEG), caption="x" * 1025)
    assert (long.result, long.error) == (Result.REFUSED, "CaptionTooLong")
    foreign = await desk.send_media(rosa.id, MediaKind.PHOTO, "AgACof-another-bot")
    assert (foreign.result, foreign.error) == (Result.REFUSED, "FileHandleInvalid")


async def test_who_blocked_the_bot_is_gone(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    thread = await opened(desk, rosa)
    server.block(rosa, staff)
    for way in WAYS.values():
        assert (await way(desk, rosa.id, thread)).result is Result.GONE
    assert (await desk.open_topic(rosa.id, "Garza 3")).result is Result.GONE
    assert (await desk.drop_topic(rosa.id, thread)).result is Result.GONE


@pytest.mark.parametrize("way", WAYS)
async def test_the_platforms_wish_to_wait_is_obeyed(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person, way: str
) -> None:
    thread = await opened(desk, rosa)
    server.faults(Fault(method="send*", kind="429", times=1, retry_after=37))
    assert await WAYS[way](desk, rosa.id, thread) == Outcome(result=Result.RETRY, after=37.0, error="TooManyRequests")
    assert (await WAYS[way](desk, rosa.id, thread)).result is Result.DONE


@pytest.mark.parametrize("deed", ["send", "open_topic", "send_media"])
async def test_a_call_that_got_no_answer_is_unknown(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person, deed: str
) -> None:
    calls: dict[str, Callable[[], Awaitable[Outcome]]] = {
        "send": lambda: desk.send(rosa.id, WORDS),
        "open_topic": lambda: desk.open_topic(rosa.id, "Garza 3"),
        "send_media": lambda: desk.send_media(rosa.id, MediaKind.VOICE, Upload(content=OGG)),
    }
    server.faults(Fault(method="*", kind="cut_after", times=1))
    assert (await calls[deed]()).result is Result.UNKNOWN
    assert len(server.messages(rosa, staff)) == 2  # /start, and what nobody could tell of


async def test_emptying_many_topics_does_not_wait_for_the_chats_own_rate(
    server: LocalBotApi, staff: Bot, request_: HttpRequest, rosa: Person
) -> None:
    limiter = Limiter(SteadyClock(), Rates(chat=Rate(count=1, seconds=60.0)))
    quick = TelegramDeskChannel(Api(server.root, staff.token, request_), None)
    threads = [await opened(quick, rosa, f"Caso {number}") for number in range(20)]
    desk = TelegramDeskChannel(Api(server.root, staff.token, request_), limiter)
    assert (await desk.send(rosa.id, WORDS)).result is Result.DONE  # the chat's turn for a minute
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*(desk.drop_topic(rosa.id, thread, urgent=True) for thread in threads))
    assert {each.result for each in outcomes} == {Result.DONE}
    assert server.topics(rosa, staff) == []
    await desk.close()


async def test_a_spinner_stops_with_a_box_when_it_must_be_seen(
    server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person
) -> None:
    await desk.send(rosa.id, WORDS)
    for alert in (False, True):
        desk.answer_press(str(server.tap(rosa, bot=staff)["query"]), "Ya la tomó otra persona", alert=alert)
        await server.wait(lambda: server.spinning(rosa, staff) == [])
    assert [each["show_alert"] for each in server.chat(rosa, staff).alerts] == [False, True]
    silent = str(server.tap(rosa, bot=staff)["query"])
    desk.answer_press(silent, alert=True)
    await server.wait(lambda: server.spinning(rosa, staff) == [])
    assert server.calls("answerCallbackQuery")[-1].params == {"callback_query_id": silent}


async def test_the_responders_bot_leaves_groups_too(server: LocalBotApi, staff: Bot, desk: TelegramDeskChannel, rosa: Person) -> None:
    group = server.add_group("Vecinos", people=[rosa])
    server.set_member(group, rosa, bot=staff)
    await desk.leave(group.id)
    assert group.members[staff.id].status == "left"


def test_nothing_of_a_file_is_shown() -> None:
    assert "palabras" not in repr(Upload(content=b"palabras privadas", mime="text/plain"))


def test_the_desk_is_what_the_use_cases_ask_for(desk: TelegramDeskChannel) -> None:
    asked: DeskChannel = desk
    assert asked is desk
