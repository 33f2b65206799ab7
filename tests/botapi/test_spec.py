"""The check of outgoing calls against the Bot API as data: what it lets through, what it names."""

from __future__ import annotations

import json

import pytest

from bot.botapi import spec
from bot.botapi.files import Upload
from bot.botapi.shapes import Json
from bot.botapi.spec import check_call

FILE = Upload(filename="a.jpg", mime="image/jpeg", data=b"x")
KEYS: Json = {"inline_keyboard": [[{"text": "Sí", "callback_data": "yes"}]]}


def say(**more: object) -> Json:
    return {"chat_id": 1, "text": "hola", **more}


GOOD: list[tuple[str, Json]] = [
    ("getMe", {}),
    ("SENDMESSAGE", say()),
    ("sendMessage", say(chat_id="@group", parse_mode="HTML", text="<b>x</b>", reply_markup=KEYS)),
    ("sendMessage", {"chat_id": "1", "text": "x", "reply_markup": json.dumps(KEYS), "disable_notification": "true"}),
    ("sendMessage", say(reply_markup={})),
    ("sendMessage", say(text="x" * 4096)),
    ("sendMessage", say(text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML")),
    ("sendMessage", say(entities=[{"type": "bold", "offset": 0, "length": 2}])),
    ("sendMessage", say(reply_parameters={"message_id": 4}, link_preview_options={"is_disabled": True})),
    ("sendMessage", say(reply_markup={"keyboard": [[{"text": "x", "request_location": True}]], "resize_keyboard": True})),
    ("sendMessage", say(reply_markup={"remove_keyboard": True})),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "copy_text": {"text": "911"}}]]})),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "d", "style": "danger"}]]})),
    ("editMessageText", {"chat_id": 1, "message_id": 2, "text": "x"}),
    ("editMessageText", {"inline_message_id": "abc", "text": "x"}),
    ("deleteMessages", {"chat_id": 1, "message_ids": list(range(1, 101))}),
    ("sendPhoto", {"chat_id": 1, "photo": FILE, "caption": "x"}),
    ("sendPhoto", {"chat_id": 1, "photo": "file-id"}),
    ("sendDocument", {"chat_id": "1", "document": "attach://f", "f": FILE}),
    ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "photo", "media": "attach://a"}] * 2, "a": FILE}),
    ("editMessageMedia", {"chat_id": 1, "message_id": 2, "media": {"type": "video", "media": "id", "width": 3}}),
    ("setMyCommands", {"commands": [{"command": "menu", "description": "Menú"}], "language_code": "es"}),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 1}}),
    ("setMyDescription", {"description": "x" * 512}),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 200, "show_alert": True}),
    ("getUpdates", {"offset": -1, "limit": 100, "timeout": 50, "allowed_updates": ["message"]}),
    ("createForumTopic", {"chat_id": 1, "name": "Caso", "icon_color": 7322096}),
    ("setMessageReaction", {"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "x"}]}),
    ("sendMessage", say(message_thread_id=None)),
]

BAD: list[tuple[str, Json, str]] = [
    ("sendTelegram", {}, "no such method"),
    ("sendMessage", {"chat_id": 1}, "text is required"),
    ("sendMessage", say(disable_web_page_preview=True), "no parameter or field disable_web_page_preview"),
    ("sendMessage", say(reply_to_message_id=3), "no parameter or field reply_to_message_id"),
    ("sendMessage", say(chat_id=1.5), "expected"),
    ("sendMessage", say(text=5), "expected a string"),
    ("sendMessage", say(text=""), "0 characters after parsing"),
    ("sendMessage", say(text="x" * 4097), "4097 characters after parsing"),
    ("sendMessage", say(text="a < b", parse_mode="HTML"), "Unsupported start tag"),
    ("sendMessage", say(parse_mode="bbcode"), "unsupported parse_mode"),
    ("sendMessage", say(parse_mode="HTML", entities=[]), "both parse_mode and entities"),
    ("sendMessage", say(entities=[{"type": "bold", "offset": 0}]), "length is required"),
    ("sendMessage", say(disable_notification="perhaps"), "expected true or false"),
    ("sendMessage", say(reply_markup="{broken"), "expected an object"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[]]}), "empty row"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x"}]]}), "exactly one action"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "url": "https://a.b", "callback_data": "d"}]]}),
     "exactly one action"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "", "callback_data": "d"}]]}), "text must not be empty"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "ñ" * 33}]]}), "66 bytes"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}), "0 bytes"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "url": "http://localhost"}]]}), "Wrong HTTP URL"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "d", "colour": "red"}]]}),
     "no parameter or field colour"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "d", "style": "red"}]]}),
     "must be one of"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "copy_text": {"text": "x" * 257}}]]}), "257 characters"),
    ("sendMessage", say(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "d"}] * 101]}), "more than 100"),
    ("sendMessage", say(reply_markup={"keyboard": [[{"text": ""}]]}), "text must not be empty"),
    ("editMessageText", {"chat_id": 1, "text": "x"}, "needs either"),
    ("editMessageText", {"chat_id": 1, "message_id": 0, "text": "x"}, "positive"),
    ("editMessageCaption", {"chat_id": 1, "message_id": 1, "caption": "x" * 1025}, "1025 characters"),
    ("deleteMessages", {"chat_id": 1, "message_ids": []}, "0 items"),
    ("deleteMessages", {"chat_id": 1, "message_ids": list(range(1, 102))}, "101 items"),
    ("deleteMessages", {"chat_id": 1, "message_ids": [1, -2]}, "positive"),
    ("deleteMessages", {"chat_id": 1, "message_ids": 5}, "expected an array"),
    ("copyMessages", {"chat_id": 1, "from_chat_id": 1, "message_ids": [2, 1]}, "strictly increasing"),
    ("sendPhoto", {"chat_id": 1, "photo": FILE, "caption": "x" * 1025}, "1025 characters"),
    ("sendPhoto", {"chat_id": 1, "photo": 5}, "expected"),
    ("sendDocument", {"chat_id": 1, "document": "id", "loose": FILE}, "no parameter or field loose"),
    ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "photo", "media": "a"}]}, "1 items"),
    ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "fax", "media": "a"}] * 2}, "type"),
    ("setMyCommands", {"commands": [{"command": "x" * 33, "description": "x"}]}, "33 characters"),
    ("setMyCommands", {"commands": [{"command": "x", "description": "x"}] * 101}, "101 items"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat"}}, "chat_id is required"),
    ("setMyCommands", {"commands": [], "scope": {"type": "planet"}}, "type"),
    ("setMyCommands", {"commands": [], "language_code": "es-MX"}, "two-letter"),
    ("setMyShortDescription", {"short_description": "x" * 121}, "121 characters"),
    ("setMyName", {"name": "x" * 65}, "65 characters"),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "201 characters"),
    ("answerCallbackQuery", {"text": "x"}, "callback_query_id is required"),
    ("getUpdates", {"limit": 101}, "101 as value"),
    ("setWebhook", {"url": "https://a.b", "secret_token": ""}, "0 characters"),
    ("createForumTopic", {"chat_id": 1, "name": ""}, "0 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "params"), GOOD, ids=lambda value: str(value)[:60])
def test_a_good_call_has_no_problems(method: str, params: Json) -> None:
    assert check_call(method, params) == []


@pytest.mark.parametrize(("method", "params", "problem"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_call_is_named(method: str, params: Json, problem: str) -> None:
    found = check_call(method, params)
    assert any(problem in line for line in found), found


def test_the_data_is_whole() -> None:
    assert spec.VERSION == "Bot API 10.1"
    assert len(spec.METHOD_NAMES) == 180


@pytest.mark.parametrize("method", sorted(spec.METHOD_NAMES.values()))
def test_every_method_of_the_data_can_be_checked(method: str) -> None:
    fields = spec.parameters(method)
    wrong: Json = {name: object() for name in fields}
    assert len(check_call(method, wrong)) >= len(fields)
