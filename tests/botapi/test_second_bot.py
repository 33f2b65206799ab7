"""A second bot for responders: its topics in private chats, its files, and people's hands with several bots.

Where the Bot API's documentation leaves a behaviour open, the test says where the row comes from.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.botapi.chats import Message
from bot.botapi.doings import NotPossible
from bot.botapi.faults import Fault
from bot.botapi.people import Bot, Person
from tests.botapi.scene import KEYS, Envelope, Scene, Talk

NO_THREAD = "Bad Request: message thread not found"
NO_TOPIC = "Bad Request: TOPIC_ID_INVALID"
MEGABYTE = 1024 * 1024


@dataclass(kw_only=True)
class Desk:
    """The responders' bot, and Eva, who answers there. `topic` is a topic of her chat."""

    world: Scene
    bot: Bot
    talk: Talk
    eva: Person
    topic: int

    def place(self, **more: object) -> dict[str, object]:
        """The parameters that lead into the topic."""
        return {"chat_id": self.eva.id, "message_thread_id": self.topic, **more}

    async def heard(self) -> Envelope:
        """The newest update of this bot."""
        return (await self.talk.updates(offset=-1))[0]

    async def said(self, text: str, **more: object) -> Envelope:
        """A message of the bot in the topic."""
        sent: Envelope = await self.talk.ok("sendMessage", **self.place(text=text, **more))
        return sent


@pytest.fixture
async def desk(world: Scene) -> Desk:
    """A second bot with topics on, one person who started it, one topic."""
    bot = world.api.add_bot(username="desk_bot", name="Mesa", topics=True)
    eva = world.api.add_user("Eva", bot=bot)
    talk = Talk(world.talk.session, world.api.root, bot.token)
    world.api.text(eva, "/start", bot)
    made = await talk.ok("createForumTopic", chat_id=eva.id, name="Caso 1")
    return Desk(world=world, bot=bot, talk=talk, eva=eva, topic=made["message_thread_id"])


# --- topics are a property of a bot


async def test_each_bot_says_for_itself_whether_it_has_topics(desk: Desk) -> None:
    assert (await desk.world.talk.ok("getMe"))["has_topics_enabled"] is False
    assert (await desk.talk.ok("getMe"))["has_topics_enabled"] is True
    desk.world.api.set_topics("desk_bot", on=False)
    assert (await desk.talk.ok("getMe"))["has_topics_enabled"] is False
    refused = await desk.talk.call("createForumTopic", chat_id=desk.eva.id, name="Caso 2")
    assert refused["description"] == "Bad Request: the chat is not a forum"
    landed = await desk.said("sigue")
    assert "message_thread_id" not in landed, "a chat that cannot have topics ignores the thread"
    heard = desk.world.api.text(desk.eva, "sigo", "desk_bot", thread=desk.topic)
    assert heard.thread_id is None


async def test_the_seekers_bot_has_no_topics(world: Scene) -> None:
    refused = await world.talk.call("createForumTopic", chat_id=world.ana.id, name="Caso")
    assert refused["description"] == "Bad Request: the chat is not a forum"
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="x", message_thread_id=5)
    assert not {"message_thread_id", "is_topic_message"} & set(sent)


# --- messages in topics, both ways


async def test_messages_go_both_ways_inside_a_topic(desk: Desk) -> None:
    sent = await desk.said("hola", reply_markup=KEYS)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (desk.topic, True)
    desk.world.api.text(desk.eva, "aquí estoy", "desk_bot", thread=desk.topic)
    heard = (await desk.heard())["message"]
    assert (heard["message_thread_id"], heard["is_topic_message"], heard["text"]) == (desk.topic, True, "aquí estoy")
    desk.world.api.tap_label(desk.eva, "Sí", bot="@Desk_Bot", thread=desk.topic)
    query = (await desk.heard())["callback_query"]
    assert query["message"]["message_thread_id"] == desk.topic
    desk.world.api.text(desk.eva, "afuera", desk.bot.token)
    assert not {"message_thread_id", "is_topic_message"} & set((await desk.heard())["message"])


async def test_a_plain_message_in_a_topic_answers_to_the_message_that_made_it(desk: Desk) -> None:
    desk.world.api.text(desk.eva, "llana", "desk_bot", thread=desk.topic)
    opening = (await desk.heard())["message"]["reply_to_message"]
    assert (opening["message_id"], opening["forum_topic_created"]["name"]) == (desk.topic, "Caso 1")
    assert (await desk.said("también"))["reply_to_message"]["message_id"] == desk.topic
    first = desk.world.api.screen(desk.eva, "desk_bot", thread=desk.topic)
    desk.world.api.text(desk.eva, "a esa", "desk_bot", reply_to=first)
    heard = (await desk.heard())["message"]
    assert (heard["reply_to_message"]["message_id"], heard["message_thread_id"]) == (first.id, desk.topic)
    assert "reply_to_message" not in heard["reply_to_message"]


SENDING: dict[str, dict[str, object]] = {
    "sendMessage": {"text": "x"},
    "sendLocation": {"latitude": 1, "longitude": 2},
    "sendContact": {"phone_number": "+52", "first_name": "x"},
    "sendChatAction": {"action": "typing"},
    "sendPhoto": {"photo": "$photo"},
    "copyMessage": {"from_chat_id": "$eva", "message_id": "$seen"},
    "forwardMessage": {"from_chat_id": "$eva", "message_id": "$seen"},
}


@pytest.mark.parametrize("method", SENDING)
async def test_nothing_can_be_sent_into_a_topic_that_is_gone(desk: Desk, method: str) -> None:
    names = desk.world.names
    names["seen"], names["eva"] = desk.world.api.text(desk.eva, "x", "desk_bot").id, desk.eva.id
    photo = await desk.talk.upload("sendPhoto", {"photo": ("a.jpg", b"jpeg")}, chat_id=str(desk.eva.id))
    names["photo"] = photo["result"]["photo"][-1]["file_id"]
    params = {key: desk.world.fill(value) for key, value in desk.place(**SENDING[method]).items()}
    assert (await desk.talk.call(method, **params))["ok"]
    desk.world.api.delete_topic(desk.eva, desk.topic, "desk_bot")
    before = len(desk.world.api.messages(desk.eva, "desk_bot"))
    refused = await desk.talk.call(method, **params)
    assert (refused["error_code"], refused["description"]) == (400, NO_THREAD)
    assert len(desk.world.api.messages(desk.eva, "desk_bot")) == before


@pytest.mark.parametrize(("method", "params"), [
    ("editForumTopic", {"name": "otro"}),
    ("deleteForumTopic", {}),
    ("unpinAllForumTopicMessages", {}),
])  # fmt: skip
async def test_a_topic_that_is_gone_cannot_be_changed(desk: Desk, method: str, params: dict[str, object]) -> None:
    assert (await desk.talk.call(method, **desk.place(**params)))["result"] is True
    if method != "deleteForumTopic":
        desk.world.api.delete_topic(desk.eva, desk.topic, "desk_bot")
    refused = await desk.talk.call(method, **desk.place(**params))
    assert refused["description"] == NO_TOPIC, "inferred from what public bots expect"


async def test_a_topic_is_renamed_and_its_messages_go_with_it(desk: Desk) -> None:
    await desk.talk.ok("editForumTopic", **desk.place(name="Caso 1, cerrado"))
    assert desk.world.api.topics(desk.eva, "desk_bot") == [(desk.topic, "Caso 1, cerrado")]
    unchanged = await desk.talk.call("editForumTopic", **desk.place(name="Caso 1, cerrado"))
    assert unchanged["description"] == "Bad Request: TOPIC_NOT_MODIFIED"
    await desk.said("adentro")
    await desk.talk.ok("sendMessage", chat_id=desk.eva.id, text="afuera")
    await desk.talk.ok("deleteForumTopic", **desk.place())
    assert desk.world.api.topics(desk.eva, "desk_bot") == []
    assert [m.text for m in desk.world.api.messages(desk.eva, "desk_bot")] == ["/start", "afuera"]


async def test_pins_of_a_topic_are_taken_off_together(desk: Desk) -> None:
    inside = await desk.said("adentro")
    outside = await desk.talk.ok("sendMessage", chat_id=desk.eva.id, text="afuera")
    for message in (inside, outside):
        await desk.talk.ok("pinChatMessage", chat_id=desk.eva.id, message_id=message["message_id"])
    assert await desk.talk.ok("unpinAllForumTopicMessages", **desk.place()) is True
    assert desk.world.api.chat(desk.eva, "desk_bot").pinned == [outside["message_id"]]


# --- what bots are not told


async def test_a_person_deletes_a_topic_and_the_bot_learns_it_only_by_trying(desk: Desk) -> None:
    sent = await desk.said("adentro")
    before = desk.bot.inbox.next_id
    desk.world.api.delete_topic(desk.eva, desk.topic, "desk_bot")
    assert desk.bot.inbox.next_id == before, "no update"
    assert desk.world.api.topics(desk.eva, "desk_bot") == []
    gone = await desk.talk.call("editMessageText", chat_id=desk.eva.id, message_id=sent["message_id"], text="otra")
    assert gone["description"] == "Bad Request: message to edit not found"
    with pytest.raises(NotPossible, match="no such topic"):
        desk.world.api.delete_topic(desk.eva, desk.topic, "desk_bot")
    again = await desk.talk.ok("createForumTopic", chat_id=desk.eva.id, name="Caso 1")
    assert again["message_thread_id"] > desk.topic


async def test_clearing_for_both_takes_the_topics_too(desk: Desk) -> None:
    desk.world.api.clear(desk.eva, "desk_bot")
    assert (await desk.said("sigue"))["message_thread_id"] == desk.topic
    desk.world.api.clear(desk.eva, "desk_bot", for_both=True)
    assert (await desk.talk.call("sendMessage", **desk.place(text="x")))["description"] == NO_THREAD


# --- faults


async def test_topics_can_be_ignored_in_silence(desk: Desk) -> None:
    """Telegram did this with deleted topics of private chats in May 2026 (tdlib/telegram-bot-api issue 854)."""
    first = await desk.said("con tema")
    desk.world.api.faults(Fault(method="send*", kind="topics_ignored", times=2, bot=desk.bot.id))
    stray = await desk.said("sin tema")
    answer = await desk.said("respuesta", reply_parameters={"message_id": first["message_id"]})
    for sent in (stray, answer):
        assert not {"message_thread_id", "is_topic_message"} & set(sent)
    assert [m.text for m in desk.world.api.messages(desk.eva, "desk_bot", thread=0)][-2:] == ["sin tema", "respuesta"]
    assert [call.fault for call in desk.world.api.calls("sendMessage", bot="desk_bot")] == [None, "topics_ignored", "topics_ignored"]
    assert (await desk.said("con tema otra vez"))["message_thread_id"] == desk.topic


async def _download(desk: Desk, file_id: str) -> bytes:
    path = (await desk.talk.ok("getFile", file_id=file_id))["file_path"]
    async with desk.talk.session.get(f"{desk.world.api.root}/file/bot{desk.bot.token}/{path}") as answer:
        answer.raise_for_status()
        return await answer.read()


@pytest.mark.parametrize(("kind", "times", "wrong"), [
    ("cut_download", 1, aiohttp.ClientPayloadError),
    ("cut_before", 2, aiohttp.ServerDisconnectedError),  # twice: the client of this test repeats a GET by itself on an old connection
    ("timeout", 2, aiohttp.ServerDisconnectedError),
    ("429", 1, aiohttp.ClientResponseError),
    ("5xx", 1, aiohttp.ClientResponseError),
])  # fmt: skip
async def test_a_download_fails_and_then_comes_whole(desk: Desk, kind: str, times: int, wrong: type[Exception]) -> None:
    desk.world.api.media(desk.eva, "voice", b"ogg" * 40_000, bot="desk_bot")
    file_id = (await desk.heard())["message"]["voice"]["file_id"]
    desk.world.api.faults(Fault(method="download", kind=kind, times=times, delay=0.001 if kind == "timeout" else 0.0))
    with pytest.raises(wrong):
        await _download(desk, file_id)
    assert await _download(desk, file_id) == b"ogg" * 40_000


async def test_faults_of_downloads_and_of_calls_keep_apart(desk: Desk) -> None:
    desk.world.api.faults(Fault(method="*", kind="cut_download"), Fault(method="download", kind="cut_after"))
    assert (await desk.talk.call("getMe"))["ok"]
    desk.world.api.clear_faults()
    desk.world.api.faults(Fault(method="download", kind="slow", delay=0.001), Fault(method="download", kind="cut_after"))
    desk.world.api.media(desk.eva, "document", b"papel", bot="desk_bot")
    assert await _download(desk, (await desk.heard())["message"]["document"]["file_id"]) == b"papel"


# --- files belong to one bot


@pytest.mark.parametrize("kind", ["photo", "voice", "document", "video"])
async def test_a_file_passes_from_bot_to_bot_only_as_bytes(desk: Desk, kind: str) -> None:
    data = bytes(range(256)) * 40
    desk.world.api.media(desk.world.ana, kind, data, name="nota.bin")
    held = (await desk.world.talk.updates(offset=-1))[0]["message"][kind]
    file_id = held[-1]["file_id"] if kind == "photo" else held["file_id"]
    method = "send" + kind.capitalize()
    refused = await desk.talk.call(method, **desk.place(**{kind: file_id}))
    assert refused["description"] == "Bad Request: wrong file identifier/HTTP URL specified"
    stolen = await desk.talk.call("getFile", file_id=file_id)
    assert stolen["description"] == "Bad Request: wrong file_id or the file is temporarily unavailable"
    place = {key: str(value) for key, value in desk.place().items()}
    passed = (await desk.talk.upload(method, {kind: ("nota.bin", data)}, **place))["result"]
    assert passed["message_thread_id"] == desk.topic
    theirs = passed[kind][-1] if kind == "photo" else passed[kind]
    assert theirs["file_id"] != file_id
    again = await desk.talk.ok(method, **desk.place(**{kind: theirs["file_id"]}))
    assert (again[kind][-1] if kind == "photo" else again[kind])["file_unique_id"] == theirs["file_unique_id"]
    assert await _download(desk, theirs["file_id"]) == data
    assert desk.world.api.problems() == []


async def test_a_file_of_another_kind_is_refused(desk: Desk) -> None:
    photo = await desk.talk.upload("sendPhoto", {"photo": ("a.jpg", b"jpeg")}, chat_id=str(desk.eva.id))
    refused = await desk.talk.call("sendDocument", chat_id=desk.eva.id, document=photo["result"]["photo"][-1]["file_id"])
    assert refused["description"] == "Bad Request: type of file mismatch"


@pytest.mark.parametrize(("size", "answer"), [
    (3 * MEGABYTE, 3 * MEGABYTE),
    (20 * MEGABYTE, 20 * MEGABYTE),
    (20 * MEGABYTE + 1, "Bad Request: file is too big"),
    (0, 2),
])  # fmt: skip
async def test_the_size_a_test_asks_for_is_the_size_that_comes(desk: Desk, size: int, answer: object) -> None:
    desk.world.api.media(desk.eva, "video", b"ab", bot="desk_bot", size=size)
    told = (await desk.heard())["message"]["video"]
    assert told["file_size"] == max(2, size)
    described = await desk.talk.call("getFile", file_id=told["file_id"])
    if isinstance(answer, str):
        assert described["description"] == answer
    else:
        assert described["result"]["file_size"] == answer
        assert len(await _download(desk, told["file_id"])) == answer


async def test_a_size_may_not_be_told_at_all(desk: Desk) -> None:
    for size in (5, 20 * MEGABYTE + 1):
        desk.world.api.media(desk.eva, "document", b"papel", bot="desk_bot", size=size, tells_size=False)
        told = (await desk.heard())["message"]["document"]
        assert "file_size" not in told
        described = await desk.talk.call("getFile", file_id=told["file_id"])
        assert described["ok"] is (size == 5)
        assert "file_size" not in described.get("result", {})


# --- covered, protected, asked back


@pytest.mark.parametrize(("kind", "covered"), [
    ("photo", True), ("video", True), ("animation", True), ("voice", False), ("document", False),
])  # fmt: skip
async def test_pictures_are_covered_and_protected(desk: Desk, kind: str, covered: bool) -> None:
    place = {key: str(value) for key, value in desk.place(has_spoiler="true", protect_content="true").items()}
    sent = (await desk.talk.upload("send" + kind.capitalize(), {kind: ("a.bin", b"x")}, **place))["result"]
    assert sent.get("has_media_spoiler", False) is covered
    assert sent["has_protected_content"] is True
    refused = await desk.talk.call("copyMessage", chat_id=desk.eva.id, from_chat_id=desk.eva.id, message_id=sent["message_id"])
    assert refused["description"] == "Bad Request: the message can't be copied"
    assert desk.world.api.screen(desk.eva, "desk_bot").content.spoiler is covered


async def test_covers_in_edits_albums_and_from_people(desk: Desk) -> None:
    one = {"type": "photo", "media": "attach://one", "has_spoiler": True}
    two = {"type": "photo", "media": "attach://two"}
    files = {"one": ("1.jpg", b"1"), "two": ("2.jpg", b"2")}
    album = (await desk.talk.upload("sendMediaGroup", files, chat_id=str(desk.eva.id), media=json.dumps([one, two])))["result"]
    assert [item.get("has_media_spoiler", False) for item in album] == [True, False]
    place = {"chat_id": str(desk.eva.id), "message_id": str(album[1]["message_id"])}
    edited = await desk.talk.upload("editMessageMedia", {"one": ("3.jpg", b"3")}, media=json.dumps(one), **place)
    assert edited["result"]["has_media_spoiler"] is True
    desk.world.api.media(desk.eva, "photo", b"jpeg", bot="desk_bot", spoiler=True, thread=desk.topic, caption="mira")
    assert (await desk.heard())["message"]["has_media_spoiler"] is True
    with pytest.raises(NotPossible, match="cannot be covered"):
        desk.world.api.media(desk.eva, "voice", b"ogg", bot="desk_bot", spoiler=True)


async def test_a_forced_answer(desk: Desk) -> None:
    asked = await desk.said("¿Qué sigue?", reply_markup={"force_reply": True, "input_field_placeholder": "Una línea", "selective": True})
    assert "reply_markup" not in asked, "only inline keyboards are part of a message"
    shown = desk.world.api.screen(desk.eva, "desk_bot", thread=desk.topic)
    assert shown.keyboard is not None
    assert shown.keyboard.json == {"force_reply": True, "input_field_placeholder": "Una línea", "selective": True}
    refused = await desk.talk.call("editMessageText", chat_id=desk.eva.id, message_id=shown.id, text="otra")
    assert refused["description"] == "Bad Request: message can't be edited"
    desk.world.api.text(desk.eva, "llamar mañana", "desk_bot", reply_to=shown)
    heard = (await desk.heard())["message"]
    assert (heard["reply_to_message"]["message_id"], heard["text"]) == (shown.id, "llamar mañana")
    too_long = await desk.said("?", reply_markup={"force_reply": True, "input_field_placeholder": "x" * 65})
    assert too_long["message_id"]
    assert any("input_field_placeholder" in problem for problem in desk.world.api.problems())


async def test_each_topic_has_its_own_reply_keyboard(desk: Desk) -> None:
    board = {"keyboard": [["Turno"]], "one_time_keyboard": True}
    await desk.talk.ok("sendMessage", chat_id=desk.eva.id, text="fuera", reply_markup=board)
    await desk.said("dentro", reply_markup={"keyboard": [["Cerrar"]], "one_time_keyboard": True})
    chat = desk.world.api.chat(desk.eva, "desk_bot")
    assert set(chat.keyboards) == {0, desk.topic}
    desk.world.api.tap_label(desk.eva, "Cerrar", bot="desk_bot")
    assert (await desk.heard())["message"]["message_thread_id"] == desk.topic
    assert set(chat.keyboards) == {0}
    await desk.said("responde", reply_markup={"force_reply": True})
    assert set(chat.keyboards) == {0}
    await desk.talk.ok("sendMessage", chat_id=desk.eva.id, text="ya", reply_markup={"remove_keyboard": True})
    assert chat.keyboards == {}


# --- hands


async def test_hands_reach_the_bot_they_name_and_the_first_one_by_default(desk: Desk) -> None:
    api, ana = desk.world.api, desk.world.ana
    assert api.bot_named() is api.bot is desk.world.bot
    assert {api.bot_named(which).id for which in (desk.bot, desk.bot.token, "desk_bot", "@DESK_BOT")} == {desk.bot.id}
    with pytest.raises(ValueError, match="no bot"):
        api.text(ana, "x", bot="nobody_bot")
    with pytest.raises(ValueError, match="already a bot"):
        api.add_bot()
    before = len(api.messages(ana, "desk_bot"))
    api.text(ana, "al primero")
    assert len(api.messages(ana, "desk_bot")) == before
    assert (desk.eva.opens, ana.opens) == (desk.bot.id, 0)
    assert api.messages(desk.eva) == []


async def test_hands_with_several_bots_press_block_edit_and_delete(desk: Desk) -> None:
    api, eva = desk.world.api, desk.eva
    await desk.said("elige", reply_markup=KEYS)
    api.tap(eva, bot="desk_bot", thread=desk.topic)
    assert len(api.spinning(eva, "desk_bot")) == 1
    await desk.talk.ok("answerCallbackQuery", callback_query_id=api.spinning(eva, "desk_bot")[0], text="va")
    assert api.alerts(eva, "desk_bot") == ["va"]
    mine = api.text(eva, "ola", bot="desk_bot", thread=desk.topic)
    api.edit(eva, mine, "hola", "desk_bot")
    told = (await desk.heard())["edited_message"]
    assert (told["text"], told["message_thread_id"]) == ("hola", desk.topic)
    assert api.sees(eva, "hola", "desk_bot", thread=desk.topic)
    assert not api.sees(eva, "hola", "desk_bot", thread=0)
    api.delete(eva, mine, "desk_bot")
    assert not api.sees(eva, "hola", "desk_bot")
    api.block(eva, "desk_bot")
    assert (await desk.talk.call("sendMessage", **desk.place(text="x")))["description"] == "Forbidden: bot was blocked by the user"
    api.press_start(eva, "", "desk_bot")
    assert (await desk.heard())["message"]["text"] == "/start"


async def test_hands_cannot_mistake_one_chat_for_another(desk: Desk) -> None:
    api, eva = desk.world.api, desk.eva
    mine = api.text(eva, "hola", "desk_bot")
    attempts: list[Callable[[], object]] = [
        lambda: api.edit(eva, mine, "otra"),
        lambda: api.text(eva, "x", reply_to=mine),
        lambda: api.text(eva, "x", "desk_bot", reply_to=99_999),
        lambda: api.text(eva, "x", "desk_bot", thread=99_999),
        lambda: api.text(eva, "x", "desk_bot", thread=desk.topic, reply_to=99_999),
        lambda: api.edit(eva, api.screen(eva, "desk_bot"), "no es mía"),
    ]
    for attempt in attempts:
        with pytest.raises(NotPossible):
            attempt()
    api.delete(eva, mine, "desk_bot")
    with pytest.raises(NotPossible):
        api.edit(eva, mine, "ya no la veo", "desk_bot")


async def test_an_answer_goes_to_the_topic_of_what_it_answers(desk: Desk) -> None:
    other = (await desk.talk.ok("createForumTopic", chat_id=desk.eva.id, name="Caso 2"))["message_thread_id"]
    inside = await desk.said("uno")
    sendings: list[Callable[[], Message]] = [
        lambda: desk.world.api.media(desk.eva, "photo", b"x", bot="desk_bot", reply_to=inside["message_id"]),
        lambda: desk.world.api.location(desk.eva, 1, 2, "desk_bot", reply_to=inside["message_id"]),
        lambda: desk.world.api.contact(desk.eva, "+52", bot="desk_bot", reply_to=inside["message_id"]),
    ]
    for send in sendings:
        sent = send()
        assert sent.thread_id == desk.topic
        heard = (await desk.heard())["message"]
        assert (heard["message_id"], heard["reply_to_message"]["message_id"]) == (sent.id, inside["message_id"])
    with pytest.raises(NotPossible, match="another topic"):
        desk.world.api.text(desk.eva, "x", "desk_bot", thread=other, reply_to=inside["message_id"])


async def test_a_person_edits_a_caption(desk: Desk) -> None:
    sent = desk.world.api.media(desk.eva, "photo", b"x", bot="desk_bot", caption="uno", spoiler=True, thread=desk.topic)
    desk.world.api.edit(desk.eva, sent, "dos", "desk_bot")
    told = (await desk.heard())["edited_message"]
    assert (told["caption"], told["has_media_spoiler"], told["message_thread_id"]) == ("dos", True, desk.topic)
    desk.world.api.edit(desk.eva, sent, "", "desk_bot")
    assert "caption" not in (await desk.heard())["edited_message"]
    with pytest.raises(NotPossible, match="empty"):
        desk.world.api.edit(desk.eva, desk.world.api.text(desk.eva, "x", "desk_bot"), "  ", "desk_bot")


async def test_commands_of_one_bot_are_not_those_of_the_other(desk: Desk) -> None:
    seekers, responders = ([{"command": name, "description": name}] for name in ("salir", "turno"))
    await desk.world.talk.ok("setMyCommands", commands=seekers)
    await desk.talk.ok("setMyCommands", commands=responders, scope={"type": "chat", "chat_id": desk.eva.id})
    assert await desk.world.talk.ok("getMyCommands") == seekers
    assert await desk.talk.ok("getMyCommands") == []
    assert await desk.talk.ok("getMyCommands", scope={"type": "chat", "chat_id": desk.eva.id}) == responders
    stranger = await desk.talk.call("setMyCommands", commands=responders, scope={"type": "chat", "chat_id": desk.world.ana.id})
    assert stranger["description"] == "Bad Request: chat not found"


async def test_problems_are_those_of_every_bot(desk: Desk) -> None:
    await desk.talk.call("sendMessage", chat_id=desk.eva.id, text="x", no_such=1)
    await desk.world.talk.call("sendMessage", chat_id=desk.world.ana.id, text="x", nor_this=1)
    assert [word for word in ("no_such", "nor_this") if any(word in problem for problem in desk.world.api.problems())] == [
        "no_such", "nor_this",
    ]  # fmt: skip
    assert [call.bot for call in desk.world.api.calls("sendMessage", bot="desk_bot")] == [desk.bot.id]


# --- by hand, over the control interface


async def _post(desk: Desk, path: str, **body: object) -> Any:
    async with desk.talk.session.post(f"{desk.world.api.root}/_control{path}", json=body) as answer:
        return await answer.json()


async def test_the_page_can_do_all_this_too(desk: Desk) -> None:
    chat, bot = f"/chats/{desk.eva.id}", desk.bot.id
    sent = await desk.said("¿Va?", reply_markup={"force_reply": True})
    await _post(desk, chat + "/text", bot=bot, thread_id=desk.topic, reply_to=sent["message_id"], text="va")
    assert (await desk.heard())["message"]["reply_to_message"]["message_id"] == sent["message_id"]
    await _post(desk, chat + "/media", bot=bot, reply_to=sent["message_id"], kind="location", latitude=1, longitude=2)
    assert (await desk.heard())["message"]["message_thread_id"] == desk.topic
    await _post(desk, chat + "/media", bot=bot, thread_id=desk.topic, kind="photo", data="AA==", spoiler=True)
    assert (await desk.heard())["message"]["has_media_spoiler"] is True
    async with desk.talk.session.get(f"{desk.world.api.root}/_control{chat}?bot={bot}") as answer:
        shown = await answer.json()
    assert shown["topics"] == [{"id": desk.topic, "name": "Caso 1", "closed": False}]
    assert [message["spoiler"] for message in shown["messages"]][-1] is True
    asking = [message for message in shown["messages"] if message["message_id"] == sent["message_id"]]
    assert asking[0]["reply_markup"] == {"force_reply": True}
    await _post(desk, chat + "/deletetopic", bot=bot, thread_id=desk.topic)
    assert "no such topic" in (await _post(desk, chat + "/deletetopic", bot=bot, thread_id=desk.topic))["error"]
    made = await _post(desk, "/users", first_name="Ida", bot=bot)
    assert made["bot"] == bot
    assert "error" in await _post(desk, "/users", first_name="Ida", bot=1)
    assert "already" in (await _post(desk, "/bots", username="desk_bot"))["error"]
