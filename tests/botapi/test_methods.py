"""The methods and refusals the table of behaviour does not name: places, contacts, members, pins, menus, odd inputs.

Texts here are Telegram's as far as they are known, else inferred; what matters is that wrong calls are refused with a
400 that says why, and that right ones do what they say.
"""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import pytest

from bot.botapi import links
from tests.botapi.scene import KEYS, Scene, Talk, read_envelope

ANA: dict[str, object] = {"chat_id": "$ana"}
KEYED: dict[str, Any] = {**ANA, "text": "x"}


def markup(*rows: object) -> dict[str, object]:
    return {**KEYED, "reply_markup": {"inline_keyboard": list(rows)}}


def replies(*rows: object) -> dict[str, object]:
    return {**KEYED, "reply_markup": {"keyboard": list(rows)}}


def album(*items: object) -> dict[str, object]:
    return {**ANA, "media": list(items)}


PICTURE = {"type": "photo", "media": "$photo_id"}

REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("sendLocation", ANA, "latitude is empty"),
    ("sendLocation", {**ANA, "latitude": 1}, "longitude is empty"),
    ("sendLocation", {**ANA, "latitude": 91, "longitude": 0}, "wrong location specified"),
    ("sendContact", {**ANA, "first_name": "x"}, 'field "phone_number" must contain a valid phone number'),
    ("sendContact", {**ANA, "phone_number": "+52"}, "first name must be non-empty"),
    ("sendMediaGroup", album(PICTURE), "media group must have 2-10 items"),
    ("sendMediaGroup", album(PICTURE, "x"), "can't parse InputMedia: InputMedia must be an Object"),
    ("sendMediaGroup", album(PICTURE, {"type": "photo"}), "can't parse InputMedia: Can't find field \"media\""),
    ("sendMediaGroup", album(PICTURE, {"type": "voice", "media": "x"}),
     "can't parse InputMedia: Type must be one of animation, audio, document, photo, video"),
    ("sendMediaGroup", album(PICTURE, {**PICTURE, "caption": "x" * 1025}), "message caption is too long"),
    ("sendPhoto", {**ANA, "photo": "https://example.org/a.jpg"}, "failed to get HTTP URL content"),
    ("sendPhoto", {**ANA, "photo": "nonsense"}, "wrong file identifier/HTTP URL specified"),
    ("sendVideo", {**ANA, "video": "$photo_id"}, "type of file mismatch"),
    ("sendMessage", markup("x"), 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),
    ("sendMessage", {**KEYED, "reply_markup": {"inline_keyboard": 5}}, 'field "inline_keyboard" of the InlineKeyboardMarkup'),
    ("sendMessage", markup([5]), "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
    ("sendMessage", markup([{"callback_data": "x"}]), "can't parse inline keyboard button: Can't find field \"text\""),
    ("sendMessage", markup([{"text": 5, "callback_data": "x"}]), "Field \"text\" must be of type String"),
    ("sendMessage", markup([{"text": "x", "callback_data": 5}]), 'Field "callback_data" must be of type String'),
    ("sendMessage", markup([{"text": "x", "copy_text": {"text": ""}}]), "BUTTON_COPY_TEXT_INVALID"),
    ("sendMessage", replies([5]), "can't parse keyboard button: KeyboardButton must be a String or an Object"),
    ("sendMessage", replies([{"text": ""}]), "keyboard button text must be non-empty"),
    ("sendMessage", {**KEYED, "entities": 5}, "can't parse entities: Expected an Array"),
    ("sendMessage", {**KEYED, "entities": [5]}, "can't parse MessageEntity: Expected an Object"),
    ("sendMessage", {**KEYED, "entities": [{"type": "bold", "offset": -1, "length": 1}]}, "can't parse MessageEntity"),
    ("sendMessage", {**KEYED, "entities": "{broken"}, "can't parse entities JSON object"),
    ("editMessageText", {"text": "x", "inline_message_id": "abc"}, "MESSAGE_ID_INVALID"),
    ("deleteMessages", {**ANA, "message_ids": {"a": 1}}, "can't parse message identifiers"),
    ("getChatMember", {**ANA, "user_id": 0}, "invalid user_id specified"),
    ("getChatMember", {"chat_id": "$group", "user_id": 12}, "PARTICIPANT_ID_INVALID"),
    ("getChatAdministrators", ANA, "there are no administrators in the private chat"),
    ("leaveChat", ANA, "chat member status can't be changed in private chats"),
    ("pinChatMessage", {**ANA, "message_id": "$missing"}, "message to pin not found"),
    ("pinChatMessage", {"chat_id": "$group", "message_id": "$others"}, "not enough rights to manage pinned messages"),
    ("unpinChatMessage", {**ANA, "message_id": "$missing"}, "message to unpin not found"),
    ("setMessageReaction", {**ANA, "message_id": "$missing"}, "message to react not found"),
    ("setMyCommands", {}, "expected an Array of BotCommand"),
    ("setMyCommands", {"commands": [{"command": "x"}]}, "can't parse BotCommand"),
    ("setMyCommands", {"commands": [{"command": "x", "description": " "}]}, "command description must be non-empty"),
    ("setMyCommands", {"commands": [{"command": "x", "description": "y" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ("setMyCommands", {"commands": [{"command": "x", "description": "y"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
    ("setMyCommands", {"commands": [], "language_code": "es-MX"}, "invalid language code specified"),
    ("setMyCommands", {"commands": [], "scope": {}}, "can't parse BotCommandScope"),
    ("setMyCommands", {"commands": [], "scope": {"type": "planet"}}, "can't parse BotCommandScope"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat"}}, "Can't find field \"chat_id\""),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 5}}, "chat not found"),
    ("setMyDescription", {"description": "x" * 513}, "description is too long"),
    ("setChatMenuButton", {"menu_button": {"type": "fridge"}}, "can't parse MenuButton"),
    ("answerCallbackQuery", {"callback_query_id": "$query", "text": "x" * 201}, "MESSAGE_TOO_LONG"),
    ("setWebhook", {"url": "https://example.org:1234/"}, "bad webhook: Webhook can be set up only on ports"),
    ("setWebhook", {"url": "https://nodots/"}, "bad webhook: Failed to resolve host"),
    ("setWebhook", {"url": "https://example.org:99999999/"}, "invalid webhook URL specified"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "params", "reason"), REFUSED, ids=lambda value: str(value)[:50])
async def test_refused(world: Scene, method: str, params: dict[str, object], reason: str) -> None:
    screen = world.api.chat(world.ana).messages[int(str(world.names["screen"]))]
    world.names["query"] = world.api.tap_label(world.ana, "Sí", message=screen)["query"]
    envelope = await world.call(method, params)
    assert envelope["error_code"] == 400
    assert envelope["description"].startswith("Bad Request: ")
    assert reason in envelope["description"]


async def test_places_and_contacts(world: Scene) -> None:
    place = await world.talk.ok("sendLocation", chat_id=world.ana.id, latitude=19.43, longitude="-99.13")
    assert place["location"] == {"latitude": 19.43, "longitude": -99.13}
    contact = await world.talk.ok("sendContact", chat_id=world.ana.id, phone_number="+52", first_name="Red", last_name="Uno")
    assert contact["contact"] == {"phone_number": "+52", "first_name": "Red", "last_name": "Uno"}


async def test_members(world: Scene) -> None:
    group = world.group.id
    assert await world.talk.ok("getChatMemberCount", chat_id=group) == 3
    assert await world.talk.ok("getChatMemberCount", chat_id=world.ana.id) == 2
    owners = await world.talk.ok("getChatAdministrators", chat_id=group)
    assert [(owner["status"], owner["user"]["id"]) for owner in owners] == [("creator", world.ana.id)]
    absent = await world.talk.ok("getChatMember", chat_id=group, user_id=world.names["carla"])
    assert absent["status"] == "left"
    own = await world.talk.ok("getChatMember", chat_id=group, user_id=world.bot.id)
    assert (own["status"], own["user"]["is_bot"]) == ("member", True)
    assert (await world.talk.ok("getChat", chat_id=group))["permissions"]["can_send_messages"] is True


async def test_chats_have_names(world: Scene) -> None:
    channel = world.api.add_group("Avisos", kind="channel", username="avisos", people=[world.ana])
    world.api.set_member(channel, world.ana, "administrator", ["can_post_messages"])
    sent = await world.talk.ok("sendMessage", chat_id="@AVISOS", text="x")
    assert sent["chat"] == {"id": channel.id, "title": "Avisos", "type": "channel", "username": "avisos"}


async def test_pins(world: Scene) -> None:
    ana, screen, photo = world.ana.id, world.names["screen"], world.names["photo"]
    await world.talk.ok("pinChatMessage", chat_id=ana, message_id=photo)
    assert (await world.talk.ok("getChat", chat_id=ana))["pinned_message"]["message_id"] == photo
    await world.talk.ok("unpinChatMessage", chat_id=ana)
    assert (await world.talk.ok("getChat", chat_id=ana))["pinned_message"]["message_id"] == screen
    await world.talk.ok("pinChatMessage", chat_id=ana, message_id=screen)
    await world.talk.ok("deleteMessage", chat_id=ana, message_id=screen)
    assert "pinned_message" not in await world.talk.ok("getChat", chat_id=ana)
    await world.talk.ok("unpinAllChatMessages", chat_id=ana)
    await world.talk.ok("setMessageReaction", chat_id=ana, message_id=photo, reaction=[])


async def test_menus_and_rights(world: Scene) -> None:
    assert await world.talk.ok("getChatMenuButton") == {"type": "commands"}
    await world.talk.ok("setChatMenuButton", menu_button={"type": "default"})
    await world.talk.ok("setChatMenuButton", chat_id=world.ana.id, menu_button={"type": "commands"})
    assert await world.talk.ok("getChatMenuButton") == {"type": "default"}
    assert await world.talk.ok("getChatMenuButton", chat_id=world.ana.id) == {"type": "commands"}
    await world.talk.ok("setMyDefaultAdministratorRights", rights={"can_pin_messages": True})
    assert (await world.talk.ok("getMyDefaultAdministratorRights"))["can_pin_messages"] is True
    assert (await world.talk.ok("getMyDefaultAdministratorRights", for_channels=True))["can_delete_messages"] is False


async def test_commands_for_one_chat_only(world: Scene) -> None:
    scope = {"type": "chat_member", "chat_id": world.group.id, "user_id": world.ana.id}
    menu = [{"command": "menu", "description": "Menú"}]
    await world.talk.ok("setMyCommands", commands=json.dumps(menu), scope=json.dumps(scope))
    assert await world.talk.ok("getMyCommands", scope=scope) == menu
    assert await world.talk.ok("getMyCommands") == []


async def test_names_are_taken_back_when_empty(world: Scene) -> None:
    await world.talk.ok("setMyName", name="Amiga")
    assert (await world.talk.ok("getMe"))["first_name"] == "Amiga"
    await world.talk.ok("setMyDescription", description="x", language_code="es")
    await world.talk.ok("setMyDescription", description="", language_code="es")
    assert await world.talk.ok("getMyDescription", language_code="es") == {"description": ""}


async def test_reply_keyboards_keep_what_clients_draw(world: Scene) -> None:
    keyboard = {
        "keyboard": [["Uno", {"text": "Dos", "style": "danger"}]], "resize_keyboard": True, "is_persistent": True,
        "input_field_placeholder": "escribe",
    }  # fmt: skip
    await world.talk.ok("sendMessage", chat_id=world.ana.id, text="x", reply_markup=keyboard)
    drawn = world.api.screen(world.ana).keyboard
    assert drawn is not None
    assert drawn.json == {**keyboard, "keyboard": [[{"text": "Uno"}, {"text": "Dos", "style": "danger"}]]}
    await world.talk.ok("sendMessage", chat_id=world.ana.id, text="x", reply_markup={"force_reply": True})
    assert world.api.screen(world.ana).labels == []


async def test_replies_stay_in_their_topic(world: Scene) -> None:
    desk = world.api.add_bot(username="desk_bot", name="Desk", topics=True)
    talk = Talk(world.talk.session, world.api.root, desk.token)
    world.api.text(world.ana, "hola", desk)
    place = {"chat_id": world.ana.id}
    topic = (await talk.ok("createForumTopic", **place, name="Caso", icon_custom_emoji_id="7"))["message_thread_id"]
    asked = world.api.text(world.ana, "pregunta", desk, thread=topic)
    sent = await talk.ok("sendMessage", **place, text="x", reply_parameters={"message_id": asked.id})
    assert sent["message_thread_id"] == topic
    unchanged = await talk.call("editForumTopic", **place, message_thread_id=topic, name="Caso")
    assert unchanged["description"] == "Bad Request: TOPIC_NOT_MODIFIED"
    await talk.ok("editForumTopic", **place, message_thread_id=topic, icon_custom_emoji_id="")
    strange = await talk.call("createForumTopic", **place, name="x", icon_color=1)
    assert strange["description"] == "Bad Request: invalid icon color specified"


async def test_protected_messages_are_not_copied(world: Scene) -> None:
    ana = world.ana.id
    sent = await world.talk.ok("sendMessage", chat_id=ana, text="x", protect_content=True)
    assert sent["has_protected_content"] is True
    refused = await world.talk.call("forwardMessage", chat_id=ana, from_chat_id=ana, message_id=sent["message_id"])
    assert refused["description"] == "Bad Request: the message can't be forwarded"
    bare = await world.talk.ok("copyMessages", chat_id=ana, from_chat_id=ana, message_ids=[world.names["photo"]], remove_caption=True)
    assert len(bare) == 1
    assert world.api.screen(world.ana).text == ""


async def test_uploads_have_limits(world: Scene) -> None:
    chat = str(world.ana.id)
    empty = await world.talk.upload("sendPhoto", {"photo": ("a.jpg", b"")}, chat_id=chat)
    assert empty["description"] == "Bad Request: file must be non-empty"
    heavy = await _sent(world, "photo", 10 * 1024 * 1024 + 1)
    assert "too big for a photo" in heavy["description"]
    refusal = {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}
    assert await _sent(world, "document", 50 * 1024 * 1024 + 1) == refusal
    assert await _sent(world, "document", 52 * 1024 * 1024) == refusal


async def _sent(world: Scene, kind: str, size: int) -> dict[str, Any]:
    form = aiohttp.FormData({"chat_id": str(world.ana.id)})
    form.add_field(kind, io.BytesIO(b"x" * size), filename="a.bin")
    url = f"{world.api.root}/bot{world.api.token}/send{kind}"
    async with world.talk.session.post(url, data=form) as answer:
        return await read_envelope(answer)


@pytest.mark.parametrize("body", [b"{broken", b"[1]"])
async def test_bodies_that_are_not_what_they_say(world: Scene, body: bytes) -> None:
    url = f"{world.api.root}/bot{world.api.token}/sendMessage"
    async with world.talk.session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert (await read_envelope(answer))["error_code"] == 400
    async with world.talk.session.post(url, data=body, headers={"Content-Type": "multipart/form-data"}) as answer:
        assert (await read_envelope(answer))["error_code"] == 400


async def test_file_names_survive_any_script(world: Scene) -> None:
    form = aiohttp.FormData({"chat_id": str(world.ana.id)}, quote_fields=False)
    form.add_field("document", b"x", filename='señal "1".txt', content_type="text/plain")
    url = f"{world.api.root}/bot{world.api.token}/sendDocument"
    async with world.talk.session.post(url, data=form) as answer:
        document = (await read_envelope(answer))["result"]["document"]
    assert (document["file_name"], document["mime_type"]) == ('señal "1".txt', "text/plain")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.org", None),
        ("http://[::1]:8080/", None),
        ("tg://user?id=1", None),
        ("example.org:8080/x", None),
        ("", "URL must be non-empty"),
        ("https://", "Wrong HTTP URL"),
        ("https://a..b/", "Wrong HTTP URL"),
        ("https://example.org:0/", "Wrong HTTP URL"),
        ("https://example.org:x/", "Wrong HTTP URL"),
        ("https://exa mple.org", "Wrong HTTP URL"),
        ("mailto:a@example.org", "Unsupported URL protocol"),
        ("javascript:alert(1)", "Unsupported URL protocol"),
    ],
)
def test_addresses(url: str, reason: str | None) -> None:
    assert links.fault(url) == reason


async def test_an_edit_may_take_the_keyboard_away(world: Scene) -> None:
    place = {"chat_id": world.ana.id, "message_id": world.names["screen"]}
    edited = await world.talk.ok("editMessageReplyMarkup", **place)
    assert "reply_markup" not in edited
    again = await world.talk.ok("editMessageReplyMarkup", **place, reply_markup=KEYS)
    assert again["reply_markup"] == KEYS
