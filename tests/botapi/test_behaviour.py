"""Every row of the table of the Bot API's behaviour, over HTTP.

`ROWS` names the rows in the table's order; each case says which row it proves, and the last test fails when a row has
no case. Refusals are compared word by word, because bots tell them apart by their words. What a sentence cannot hold
(polls that end each other, files, what an accepted call changes) is a test function marked with its row.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import pytest

from bot.botapi.chats import Member
from tests.botapi.scene import KEYS, Scene, Talk, read_envelope, until

ROWS = (
    "malformed token",
    "unknown token",
    "path not /bot.../",
    "unknown method",
    "flood",
    "getUpdates while webhook set",
    "second getUpdates",
    "getUpdates numbers",
    "setWebhook secret",
    "setWebhook URL",
    "chat_id missing",
    "unknown chat",
    "user never started the bot",
    "user blocked the bot",
    "deactivated user",
    "bot removed",
    "group upgraded",
    "text missing",
    "text only white space",
    "text too long",
    "caption too long",
    "bad markup",
    "parse_mode unknown",
    "reply_markup not an object",
    "reply_markup empty",
    "button without action",
    "button text empty",
    "two actions",
    "callback_data too long",
    "button URL",
    "request button in a group",
    "edit: unknown message",
    "edit: nothing changed",
    "edit: not the bot's",
    "edit: no text or caption there",
    "edit with a reply keyboard",
    "message_id missing",
    "deleteMessage: unknown",
    "deleteMessage: too old or no right",
    "deleteMessages",
    "copyMessage(s)",
    "reply to unknown message",
    "answerCallbackQuery unknown or old",
    "createForumTopic",
    "message_thread_id unknown",
    "topic closed",
    "topic messages",
    "media",
    "getFile",
    "sendChatAction",
    "rights",
    "envelope",
    "prefix rule",
)
PROVEN: set[str] = set()
Test = TypeVar("Test", bound=Callable[..., Awaitable[None]])


def proves(row: str) -> Callable[[Test], Test]:
    """Mark a test function with its row."""
    assert row in ROWS
    PROVEN.add(row)
    return lambda test: test


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call and the exact refusal."""

    row: str
    method: str
    params: dict[str, object]
    description: str
    code: int = 400
    parameters: dict[str, object] = field(default_factory=dict)


def inline(*buttons: object) -> dict[str, object]:
    return {"inline_keyboard": [list(buttons)]}


def say(**more: object) -> dict[str, object]:
    return {"chat_id": "$ana", "text": "hola", **more}


def edit(message: str, **more: object) -> dict[str, object]:
    return {"chat_id": "$ana", "message_id": message, **more}


MARKUP = "Bad Request: can't parse entities: "
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
OLD_QUERY = "Bad Request: query is too old and response timeout expired or query ID is invalid"

REFUSALS = [
    Refusal("chat_id missing", "sendMessage", {"text": "x"}, "Bad Request: chat_id is empty"),
    Refusal("chat_id missing", "deleteMessages", {"message_ids": [1]}, "Bad Request: chat_id is empty"),
    Refusal("unknown chat", "sendMessage", say(chat_id=1), "Bad Request: chat not found"),
    Refusal("unknown chat", "sendMessage", say(chat_id="@nobody_here"), "Bad Request: chat not found"),
    Refusal("unknown chat", "sendMessage", say(chat_id=-100123), "Bad Request: chat not found"),
    Refusal("unknown chat", "sendMessage", say(chat_id="$stranger"), "Bad Request: chat not found"),
    Refusal(
        "user never started the bot", "sendMessage", say(chat_id="$bea"),
        "Forbidden: bot can't initiate conversation with a user", 403,
    ),
    Refusal("user blocked the bot", "sendMessage", say(chat_id="$carla"), "Forbidden: bot was blocked by the user", 403),
    Refusal(
        "user blocked the bot", "sendChatAction", {"chat_id": "$carla", "action": "typing"},
        "Forbidden: bot was blocked by the user", 403,
    ),
    Refusal("deactivated user", "sendMessage", say(chat_id="$gone"), "Forbidden: user is deactivated", 403),
    Refusal("text missing", "sendMessage", {"chat_id": "$ana"}, "Bad Request: message text is empty"),
    Refusal("text missing", "sendMessage", say(text=""), "Bad Request: message text is empty"),
    Refusal("text missing", "editMessageText", edit("$screen", text=""), "Bad Request: message text is empty"),
    Refusal("text only white space", "sendMessage", say(text=" \n\t "), "Bad Request: text must be non-empty"),
    Refusal("text only white space", "sendMessage", say(text="<b> </b>", parse_mode="HTML"),
            "Bad Request: text must be non-empty"),
    Refusal("text too long", "sendMessage", say(text="x" * 4097), "Bad Request: message is too long"),
    Refusal("text too long", "sendMessage", say(text="ñ" * 4097), "Bad Request: message is too long"),
    Refusal("text too long", "sendMessage", say(text="x" * 32_769), "Bad Request: text is too long"),
    Refusal("text too long", "sendMessage", say(text="ñ" * 16_385), "Bad Request: text is too long"),
    Refusal("caption too long", "sendPhoto", {"chat_id": "$ana", "photo": "$photo_id", "caption": "x" * 1025},
            "Bad Request: message caption is too long"),
    Refusal("caption too long", "editMessageCaption", edit("$photo", caption="x" * 1025),
            "Bad Request: message caption is too long"),
    Refusal("bad markup", "sendMessage", say(text="a<br>b", parse_mode="HTML"),
            MARKUP + 'Unsupported start tag "br" at byte offset 1'),
    Refusal("bad markup", "sendMessage", say(text="<b>x", parse_mode="HTML"),
            MARKUP + 'Can\'t find end tag corresponding to start tag "b"'),
    Refusal("bad markup", "sendMessage", say(text="<b><i>x</b>", parse_mode="HTML"),
            MARKUP + 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    Refusal("bad markup", "sendMessage", say(text="fin.", parse_mode="MarkdownV2"),
            MARKUP + "Character '.' is reserved and must be escaped with the preceding '\\'"),
    Refusal("bad markup", "sendMessage", say(text="*x", parse_mode="MarkdownV2"),
            MARKUP + "Can't find end of Bold entity at byte offset 0"),
    Refusal("parse_mode unknown", "sendMessage", say(parse_mode="bbcode"), "Bad Request: unsupported parse_mode"),
    Refusal("reply_markup not an object", "sendMessage", say(reply_markup="{broken"),
            "Bad Request: can't parse reply keyboard markup JSON object"),
    Refusal("reply_markup not an object", "sendMessage", say(reply_markup="[1]"),
            "Bad Request: object expected as reply markup"),
    Refusal("reply_markup not an object", "sendMessage", say(reply_markup=[1]),
            "Bad Request: object expected as reply markup"),
    Refusal("button without action", "sendMessage", say(reply_markup=inline({"text": "x"})),
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
    Refusal("button text empty", "sendMessage", say(reply_markup=inline({"text": "", "callback_data": "x"})),
            "Bad Request: inline keyboard button text must be non-empty"),
    Refusal("callback_data too long", "sendMessage", say(reply_markup=inline({"text": "x", "callback_data": "x" * 65})),
            "Bad Request: BUTTON_DATA_INVALID"),
    Refusal("callback_data too long", "sendMessage", say(reply_markup=inline({"text": "x", "callback_data": "ñ" * 33})),
            "Bad Request: BUTTON_DATA_INVALID"),
    Refusal("callback_data too long", "editMessageText",
            edit("$screen", text="y", reply_markup=inline({"text": "x", "callback_data": "x" * 65})),
            "Bad Request: BUTTON_DATA_INVALID"),
    Refusal("button URL", "sendMessage", say(reply_markup=inline({"text": "x", "url": "http://localhost"})),
            "Bad Request: inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL"),
    Refusal("button URL", "sendMessage", say(reply_markup=inline({"text": "x", "url": "tel:+525511112222"})),
            "Bad Request: inline keyboard button URL 'tel:+525511112222' is invalid: Unsupported URL protocol"),
    Refusal("request button in a group", "sendMessage",
            say(chat_id="$group", reply_markup={"keyboard": [[{"text": "x", "request_location": True}]]}),
            "Bad Request: location can be requested in private chats only"),
    Refusal("request button in a group", "sendMessage",
            say(chat_id="$group", reply_markup={"keyboard": [[{"text": "x", "request_contact": True}]]}),
            "Bad Request: phone number can be requested in private chats only"),
    Refusal("edit: unknown message", "editMessageText", edit("$missing", text="x"),
            "Bad Request: message to edit not found"),
    Refusal("edit: unknown message", "editMessageReplyMarkup", edit("$missing"),
            "Bad Request: message to edit not found"),
    Refusal("edit: nothing changed", "editMessageText",
            edit("$screen", text="<b>Hola</b>", parse_mode="HTML", reply_markup=KEYS), NOT_MODIFIED),
    Refusal("edit: nothing changed", "editMessageReplyMarkup", edit("$screen", reply_markup=KEYS), NOT_MODIFIED),
    Refusal("edit: nothing changed", "editMessageCaption", edit("$photo", caption="foto"), NOT_MODIFIED),
    Refusal("edit: not the bot's", "editMessageText", edit("$written", text="x"), "Bad Request: message can't be edited"),
    Refusal("edit: not the bot's", "editMessageText", edit("$keyed", text="x"), "Bad Request: message can't be edited"),
    Refusal("edit: not the bot's", "editMessageText", edit("$service", text="x"), "Bad Request: message can't be edited"),
    Refusal("edit: no text or caption there", "editMessageText", edit("$photo", text="x"),
            "Bad Request: there is no text in the message to edit"),
    Refusal("edit: no text or caption there", "editMessageCaption", edit("$screen", caption="x"),
            "Bad Request: there is no caption in the message to edit"),
    Refusal("edit with a reply keyboard", "editMessageText",
            edit("$screen", text="x", reply_markup={"keyboard": [[{"text": "x"}]]}), "Bad Request: inline keyboard expected"),
    Refusal("message_id missing", "deleteMessage", {"chat_id": "$ana"},
            "Bad Request: message identifier is not specified"),
    Refusal("message_id missing", "deleteMessage", edit("0"), "Bad Request: message identifier is not specified"),
    Refusal("message_id missing", "deleteMessage", edit("-5"), "Bad Request: message identifier is not specified"),
    Refusal("message_id missing", "editMessageText", {"text": "x"}, "Bad Request: message identifier is not specified"),
    Refusal("deleteMessage: unknown", "deleteMessage", edit("$missing"), "Bad Request: message to delete not found"),
    Refusal("deleteMessage: too old or no right", "deleteMessage", edit("$old"),
            "Bad Request: message can't be deleted for everyone"),
    Refusal("deleteMessage: too old or no right", "deleteMessage", {"chat_id": "$group", "message_id": "$others"},
            "Bad Request: message can't be deleted"),
    Refusal("deleteMessages", "deleteMessages", {"chat_id": "$ana", "message_ids": []},
            "Bad Request: message identifiers are not specified"),
    Refusal("deleteMessages", "deleteMessages", {"chat_id": "$ana"}, "Bad Request: message identifiers are not specified"),
    Refusal("deleteMessages", "deleteMessages", {"chat_id": "$ana", "message_ids": list(range(1, 102))},
            "Bad Request: too many message identifiers specified"),
    Refusal("deleteMessages", "deleteMessages", {"chat_id": "$ana", "message_ids": [1, 0]},
            "Bad Request: invalid message identifier specified"),
    Refusal("copyMessage(s)", "copyMessage", {"chat_id": "$ana", "from_chat_id": "$ana", "message_id": "$missing"},
            "Bad Request: message to copy not found"),
    Refusal("copyMessage(s)", "copyMessage", {"chat_id": "$ana", "from_chat_id": "$ana", "message_id": "$service"},
            "Bad Request: the message can't be copied"),
    Refusal("copyMessage(s)", "forwardMessage", {"chat_id": "$ana", "from_chat_id": "$ana", "message_id": "$missing"},
            "Bad Request: message to forward not found"),
    Refusal("copyMessage(s)", "copyMessages", {"chat_id": "$ana", "from_chat_id": "$ana", "message_ids": [3, 2]},
            "Bad Request: message identifiers must be in a strictly increasing order"),
    Refusal("copyMessage(s)", "forwardMessages", {"chat_id": "$ana", "from_chat_id": "$ana", "message_ids": [2, 2]},
            "Bad Request: message identifiers must be in a strictly increasing order"),
    Refusal("reply to unknown message", "sendMessage", say(reply_parameters={"message_id": "$missing"}),
            "Bad Request: message to be replied not found"),
    Refusal("answerCallbackQuery unknown or old", "answerCallbackQuery", {"callback_query_id": "77"}, OLD_QUERY),
    Refusal("answerCallbackQuery unknown or old", "answerCallbackQuery", {}, OLD_QUERY),
    Refusal("createForumTopic", "createForumTopic", {"chat_id": "$ana", "name": "Caso"},
            "Bad Request: the chat is not a forum"),
    Refusal("createForumTopic", "createForumTopic", {"chat_id": "$group", "name": "Caso"},
            "Bad Request: the chat is not a forum"),
    Refusal("media", "sendPhoto", {"chat_id": "$ana"}, "Bad Request: there is no photo in the request"),
    Refusal("media", "sendDocument", {"chat_id": "$ana"}, "Bad Request: there is no document in the request"),
    Refusal("media", "sendVoice", {"chat_id": "$ana", "voice": "attach://nothing"},
            "Bad Request: there is no voice in the request"),
    Refusal("getFile", "getFile", {"file_id": ""}, "Bad Request: file_id not specified"),
    Refusal("getFile", "getFile", {}, "Bad Request: file_id not specified"),
    Refusal("getFile", "getFile", {"file_id": "no such"}, "Bad Request: invalid file_id"),
    Refusal("sendChatAction", "sendChatAction", {"chat_id": "$ana", "action": "thinking"},
            "Bad Request: wrong parameter action in request"),
    Refusal("setWebhook secret", "setWebhook", {"url": "http://127.0.0.1:9/", "secret_token": "x" * 257},
            "Bad Request: secret token is too long"),
    Refusal("setWebhook secret", "setWebhook", {"url": "http://127.0.0.1:9/", "secret_token": "a b"},
            "Bad Request: secret token contains unallowed characters"),
    Refusal("setWebhook URL", "setWebhook", {"url": "ftp://example.org/x"}, "Bad Request: invalid webhook URL specified"),
    Refusal("setWebhook URL", "setWebhook", {"url": "http://"}, "Bad Request: invalid webhook URL specified"),
    Refusal("setWebhook URL", "setWebhook", {"url": "http://example.org/x"},
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"),
    Refusal("unknown method", "sendTelegram", {}, "Not Found: method not found", 404),
]  # fmt: skip
PROVEN.update(case.row for case in REFUSALS)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: f"{case.row} | {case.method} | {case.description[:40]}")
async def test_refusal(world: Scene, case: Refusal) -> None:
    before = len(world.api.chat(world.ana).history)
    envelope = await world.call(case.method, case.params)
    assert envelope == {"ok": False, "error_code": case.code, "description": case.description}
    assert len(world.api.chat(world.ana).history) == before, "a refused call changed the chat"


# --- tokens, paths, the envelope


async def _raw(world: Scene, path: str) -> object:
    async with world.talk.session.get(world.api.root + path) as answer:
        return await read_envelope(answer)


@proves("malformed token")
@pytest.mark.parametrize("token", ["nocolon", "0123:abc"])
async def test_malformed_token(world: Scene, token: str) -> None:
    refusal = {"ok": False, "error_code": 401, "description": "Unauthorized: invalid token specified"}
    assert await _raw(world, f"/bot{token}/getMe") == refusal


@proves("unknown token")
async def test_unknown_token(world: Scene) -> None:
    assert await _raw(world, "/bot123:unknown/getMe") == {"ok": False, "error_code": 401, "description": "Unauthorized"}


@proves("path not /bot.../")
@pytest.mark.parametrize("path", ["/getMe", "/bottle", "/somewhere/else", "/file/nothing"])
async def test_other_paths(world: Scene, path: str) -> None:
    assert await _raw(world, path) == {"ok": False, "error_code": 404, "description": "Not Found"}


@proves("envelope")
async def test_get_post_forms_json_multipart_and_any_case(world: Scene) -> None:
    chat = str(world.ana.id)
    url = f"{world.api.root}/bot{world.api.token}/SENDmessage"
    async with world.talk.session.get(url, params={"chat_id": chat, "text": "uno & dos"}) as answer:
        assert (await read_envelope(answer))["result"]["text"] == "uno & dos"
    form = await world.talk.form("sendmessage", chat_id=chat, text="tres", reply_markup=json.dumps(KEYS))
    assert form["result"]["reply_markup"] == KEYS
    parts = aiohttp.FormData({"chat_id": chat, "text": "cuatro"}, default_to_multipart=True)
    async with world.talk.session.post(url, data=parts) as answer:
        assert (await read_envelope(answer))["result"]["text"] == "cuatro"
    assert (await world.talk.call("SENDMESSAGE", chat_id=chat, text="cinco"))["result"]["text"] == "cinco"
    assert world.api.calls()[-1].method == "sendMessage"


@proves("prefix rule")
async def test_prefix_lowers_the_first_letter_but_not_constants(world: Scene) -> None:
    lowered = await world.talk.call("sendMessage", chat_id=world.ana.id)
    constant = await world.talk.call("sendMessage", chat_id=world.ana.id, text="x", reply_markup=inline({"text": "x", "callback_data": ""}))
    assert lowered["description"] == "Bad Request: message text is empty"
    assert constant["description"] == "Bad Request: BUTTON_DATA_INVALID"


@proves("flood")
async def test_flood_names_the_seconds_twice(world: Scene) -> None:
    world.api.flood(on=True)
    answers = [await world.call("sendMessage", say(text=f"n {n}")) for n in range(8)]
    refused = next(answer for answer in answers if not answer["ok"])
    seconds = refused["parameters"]["retry_after"]
    assert refused["error_code"] == 429
    assert refused["description"] == f"Too Many Requests: retry after {seconds}"
    world.api.advance(seconds)
    assert (await world.call("sendMessage", say()))["ok"]


# --- updates


@proves("getUpdates while webhook set")
async def test_polling_beside_a_webhook(world: Scene) -> None:
    await world.talk.ok("setWebhook", url="http://127.0.0.1:9/hook")
    assert await world.talk.call("getUpdates") == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    }
    await world.talk.ok("deleteWebhook")
    assert await world.talk.updates()


@proves("second getUpdates")
async def test_the_older_poll_loses(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    older = asyncio.ensure_future(world.talk.call("getUpdates", timeout=30))
    await until(lambda: world.bot.inbox.polled)
    newer = asyncio.ensure_future(world.talk.updates(timeout=30))
    assert await older == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    }
    world.api.text(world.ana, "sigo aquí")
    assert (await newer)[0]["message"]["text"] == "sigo aquí"


@proves("getUpdates numbers")
async def test_numbers_are_clamped_and_offsets_confirm(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    for n in range(120):
        world.api.text(world.ana, f"m{n}")
    assert len(await world.talk.updates(limit=500)) == 100
    assert len(await world.talk.updates(limit=0)) == 1
    assert len(await world.talk.updates(limit="-3", timeout="-1")) == 1
    first = (await world.talk.updates(limit=1))[0]["update_id"]
    assert (await world.talk.updates(limit=1, offset=first + 5))[0]["update_id"] == first + 5
    assert [update["message"]["text"] for update in await world.talk.updates(offset=-2)] == ["m118", "m119"]
    assert len(await world.talk.updates()) == 2, "a negative offset forgets what is older"


# --- chats


@proves("bot removed")
@pytest.mark.parametrize(
    ("kind", "status", "description"),
    [
        ("supergroup", "kicked", "Forbidden: bot was kicked from the supergroup chat"),
        ("supergroup", "left", "Forbidden: bot is not a member of the supergroup chat"),
        ("group", "kicked", "Forbidden: bot was kicked from the group chat"),
        ("group", "left", "Forbidden: bot is not a member of the group chat"),
        ("channel", "kicked", "Forbidden: bot was kicked from the channel chat"),
        ("channel", "left", "Forbidden: bot is not a member of the channel chat"),
    ],
)
async def test_bot_removed(world: Scene, kind: str, status: str, description: str) -> None:
    chat = world.api.add_group("Otra", kind=kind, people=[world.ana])
    world.api.set_member(chat, world.ana)
    world.api.set_member(chat, world.ana, status)
    envelope = await world.talk.call("sendMessage", chat_id=chat.id, text="x")
    assert envelope == {"ok": False, "error_code": 403, "description": description}


@proves("group upgraded")
async def test_group_upgraded(world: Scene) -> None:
    chat = world.api.add_group("Otra", kind="group", people=[world.ana])
    world.api.set_member(chat, world.ana)
    new = world.api.upgrade(chat)
    assert await world.talk.call("sendMessage", chat_id=chat.id, text="x") == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new.id},
    }
    assert (await world.talk.call("sendMessage", chat_id=new.id, text="x"))["ok"]


@proves("rights")
async def test_no_write_access(world: Scene) -> None:
    world.group.can_write = False
    refused = await world.talk.call("sendMessage", chat_id=world.group.id, text="x")
    assert refused["description"] == "Bad Request: have no write access to the chat"
    world.group.can_write = True
    world.group.members[world.bot.id] = Member(status="restricted")
    refused = await world.talk.call("sendMessage", chat_id=world.group.id, text="x")
    assert refused["description"] == "Bad Request: have no write access to the chat"


# --- accepted texts and keyboards


@proves("text too long")
async def test_the_longest_text_counts_characters_after_parsing(world: Scene) -> None:
    assert (await world.call("sendMessage", say(text="ñ" * 4096)))["ok"]
    assert (await world.call("sendMessage", say(text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML")))["ok"]


@proves("parse_mode unknown")
@pytest.mark.parametrize("mode", ["hTmL", "MARKDOWN", "markdownv2", "", "None"])
async def test_parse_mode_in_any_case(world: Scene, mode: str) -> None:
    assert (await world.call("sendMessage", say(parse_mode=mode)))["ok"]


@proves("reply_markup empty")
@pytest.mark.parametrize("markup", [{}, {"inline_keyboard": []}, {"inline_keyboard": [[]]}, {"keyboard": []}, "{}"])
async def test_an_empty_keyboard_is_none(world: Scene, markup: object) -> None:
    envelope = await world.call("sendMessage", say(reply_markup=markup))
    assert envelope["ok"]
    assert "reply_markup" not in envelope["result"]


@proves("two actions")
async def test_the_first_action_wins(world: Scene) -> None:
    button = {"text": "x", "callback_data": "d", "url": "https://example.org"}
    sent = await world.call("sendMessage", say(reply_markup=inline(button)))
    assert sent["result"]["reply_markup"] == inline({"text": "x", "url": "https://example.org"})


@proves("callback_data too long")
async def test_sixty_four_bytes_fit(world: Scene) -> None:
    assert (await world.call("sendMessage", say(reply_markup=inline({"text": "x", "callback_data": "ñ" * 32}))))["ok"]


@proves("button URL")
@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "tg://resolve?domain=x", "t.me/x", "http://10.0.0.1:80/"])
async def test_good_button_urls(world: Scene, url: str) -> None:
    assert (await world.call("sendMessage", say(reply_markup=inline({"text": "x", "url": url}))))["ok"]


@proves("request button in a group")
async def test_request_buttons_in_private(world: Scene) -> None:
    rows = [[{"text": "aquí", "request_location": True}], [{"text": "yo", "request_contact": True}]]
    assert (await world.call("sendMessage", say(reply_markup={"keyboard": rows})))["ok"]


# --- deleting, copying, replying, answering


@proves("deleteMessages")
async def test_delete_messages_skips_and_says_true(world: Scene) -> None:
    names = world.names
    wanted = [str(names["missing"]), names["photo"], names["old"], names["written"]]
    assert await world.talk.ok("deleteMessages", chat_id=world.ana.id, message_ids=wanted) is True
    left = {message.id for message in world.api.messages(world.ana)}
    assert names["old"] in left, "older than 48 hours: it stays, and the answer is true all the same"
    assert not left & {names["photo"], names["written"]}


@proves("copyMessage(s)")
async def test_copies_return_the_number_only(world: Scene) -> None:
    ana, names = world.ana.id, world.names
    copied = await world.talk.ok("copyMessage", chat_id=ana, from_chat_id=ana, message_id=names["photo"], caption="otra")
    assert copied == {"message_id": world.api.screen(world.ana).id}
    assert world.api.screen(world.ana).text == "otra"
    assert world.api.screen(world.ana).origin is None
    several = [names["screen"], names["photo"], names["service"], names["missing"]]
    made = await world.talk.ok("copyMessages", chat_id=ana, from_chat_id=ana, message_ids=several)
    assert len(made) == 2, "the service message and the missing one are skipped"
    forwarded = await world.talk.ok("forwardMessage", chat_id=ana, from_chat_id=ana, message_id=names["written"])
    assert forwarded["forward_origin"]["sender_user"]["id"] == ana
    many = await world.talk.ok("forwardMessages", chat_id=ana, from_chat_id=ana, message_ids=several)
    assert [set(item) for item in many] == [{"message_id"}, {"message_id"}]


@proves("reply to unknown message")
async def test_replies(world: Scene) -> None:
    ana, names = world.ana.id, world.names
    good = await world.talk.ok("sendMessage", chat_id=ana, text="x", reply_parameters={"message_id": names["written"]})
    assert good["reply_to_message"]["message_id"] == names["written"]
    lenient = {"message_id": names["missing"], "allow_sending_without_reply": True}
    sent = await world.talk.ok("sendMessage", chat_id=ana, text="x", reply_parameters=lenient)
    assert "reply_to_message" not in sent


@proves("answerCallbackQuery unknown or old")
async def test_a_query_is_answered_once_and_in_time(world: Scene) -> None:
    screen = world.api.chat(world.ana).messages[int(str(world.names["screen"]))]
    query = str(world.api.tap_label(world.ana, "Sí", message=screen)["query"])
    assert world.api.spinning(world.ana) == [query]
    assert await world.talk.ok("answerCallbackQuery", callback_query_id=query, text="Va", show_alert=True) is True
    assert world.api.spinning(world.ana) == []
    assert world.api.alerts(world.ana) == ["Va"]
    assert (await world.talk.call("answerCallbackQuery", callback_query_id=query))["description"] == OLD_QUERY
    late = str(world.api.tap_label(world.ana, "Sí", message=screen)["query"])
    world.api.advance(3600)
    assert (await world.talk.call("answerCallbackQuery", callback_query_id=late))["description"] == OLD_QUERY


# --- topics


async def _forum(world: Scene, *rights: str) -> int:
    chat = world.api.add_group("Foro", is_forum=True, people=[world.ana])
    world.api.set_member(chat, world.ana, "administrator", rights)
    return chat.id


@proves("createForumTopic")
async def test_creating_topics(world: Scene) -> None:
    powerless = await _forum(world)
    refused = await world.talk.call("createForumTopic", chat_id=powerless, name="Caso")
    assert refused["description"] == "Bad Request: not enough rights to create a topic"
    forum = await _forum(world, "can_manage_topics")
    empty = await world.talk.call("createForumTopic", chat_id=forum, name="  ")
    assert empty["description"] == "Bad Request: name must be non-empty"
    long = await world.talk.ok("createForumTopic", chat_id=forum, name="x" * 200)
    assert long["name"] == "x" * 128


@proves("createForumTopic")
async def test_topics_in_private_only_where_they_are_on(world: Scene) -> None:
    desk = world.api.add_bot(username="desk_bot", name="Desk", topics=True)
    world.api.text(world.ana, "hola", desk)
    talk = Talk(world.talk.session, world.api.root, desk.token)
    assert (await talk.ok("getMe"))["has_topics_enabled"] is True
    assert (await world.talk.ok("getMe"))["has_topics_enabled"] is False
    topic = await talk.ok("createForumTopic", chat_id=world.ana.id, name="Caso 1")
    sent = await talk.ok("sendMessage", chat_id=world.ana.id, text="x", message_thread_id=topic["message_thread_id"])
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic["message_thread_id"], True)


@proves("message_thread_id unknown")
async def test_unknown_threads(world: Scene) -> None:
    forum = await _forum(world, "can_manage_topics")
    for thread in (777, 1, -1):
        refused = await world.talk.call("sendMessage", chat_id=forum, text="x", message_thread_id=thread)
        assert refused["description"] == "Bad Request: message thread not found"
    assert (await world.talk.call("sendMessage", chat_id=forum, text="x", message_thread_id=0))["ok"]
    assert (await world.talk.call("sendChatAction", chat_id=forum, action="typing", message_thread_id=1))["ok"]
    ignored = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="x", message_thread_id=777)
    assert "message_thread_id" not in ignored


@proves("topic closed")
async def test_a_closed_topic_refuses_a_bot_without_the_right(world: Scene) -> None:
    forum = await _forum(world, "can_manage_topics")
    topic = (await world.talk.ok("createForumTopic", chat_id=forum, name="Caso"))["message_thread_id"]
    await world.talk.ok("closeForumTopic", chat_id=forum, message_thread_id=topic)
    assert (await world.talk.call("sendMessage", chat_id=forum, text="x", message_thread_id=topic))["ok"]
    world.api.world.groups[forum].members[world.bot.id] = Member(status="member")
    refused = await world.talk.call("sendMessage", chat_id=forum, text="x", message_thread_id=topic)
    assert refused["description"] == "Bad Request: TOPIC_CLOSED"


@proves("topic messages")
async def test_the_life_of_a_topic(world: Scene) -> None:
    forum = await _forum(world, "can_manage_topics", "can_delete_messages")
    topic = (await world.talk.ok("createForumTopic", chat_id=forum, name="Caso"))["message_thread_id"]
    place = {"chat_id": forum, "message_thread_id": topic}
    sent = await world.talk.ok("sendMessage", **place, text="x")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    await world.talk.ok("editForumTopic", **place, name="Caso dos")
    await world.talk.ok("closeForumTopic", **place)
    await world.talk.ok("reopenForumTopic", **place)
    messages = world.api.world.groups[forum].messages
    services = [message.content.service for message in messages.values() if message.thread_id == topic]
    assert [name for name in services if name] == [
        "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
    ]  # fmt: skip
    await world.talk.ok("deleteForumTopic", **place)
    assert not [message for message in messages.values() if message.thread_id == topic]
    gone = await world.talk.call("sendMessage", **place, text="x")
    assert gone["description"] == "Bad Request: message thread not found"


# --- files


@proves("media")
async def test_upload_attach_and_send_again(world: Scene) -> None:
    ana = str(world.ana.id)
    sent = await world.talk.upload("sendVoice", {"voice": ("v.oga", b"ogg")}, chat_id=ana, duration="3")
    voice = sent["result"]["voice"]
    assert (voice["duration"], voice["mime_type"], voice["file_size"]) == (3, "audio/ogg", 3)
    again = await world.talk.ok("sendVoice", chat_id=world.ana.id, voice=voice["file_id"])
    assert again["voice"]["file_unique_id"] == voice["file_unique_id"]
    attached = await world.talk.upload("sendDocument", {"f1": ("a.pdf", b"%PDF")}, chat_id=ana, document="attach://f1")
    assert attached["result"]["document"]["file_name"] == "a.pdf"
    album = json.dumps([{"type": "photo", "media": "attach://one", "caption": "1"}, {"type": "photo", "media": "attach://two"}])
    files = {"one": ("1.jpg", b"1"), "two": ("2.jpg", b"2")}
    group = (await world.talk.upload("sendMediaGroup", files, chat_id=ana, media=album))["result"]
    assert len({message["media_group_id"] for message in group}) == 1
    assert world.api.problems() == []


@proves("getFile")
async def test_files_are_downloaded_by_their_own_bot(world: Scene) -> None:
    sent = world.api.media(world.ana, "document", b"secreto", name="nota.txt")
    update = (await world.talk.updates(offset=-1))[0]
    file_id = update["message"]["document"]["file_id"]
    assert update["message"]["message_id"] == sent.id
    described = await world.talk.ok("getFile", file_id=file_id)
    url = f"{world.api.root}/file/bot{world.api.token}/{described['file_path']}"
    async with world.talk.session.get(url) as answer:
        assert await answer.read() == b"secreto"
    world.api.advance(3601)
    async with world.talk.session.get(url) as answer:
        assert answer.status == 404
    other = world.api.add_bot(username="other_bot", name="Other")
    stolen = await Talk(world.talk.session, world.api.root, other.token).call("getFile", file_id=file_id)
    assert stolen["description"] == "Bad Request: wrong file_id or the file is temporarily unavailable"
    world.api.media(world.ana, "video", size=20 * 1024 * 1024 + 1)
    big = (await world.talk.updates(offset=-1))[0]["message"]["video"]
    refused = await world.talk.call("getFile", file_id=big["file_id"])
    assert refused["description"] == "Bad Request: file is too big"


# --- the last rows: what is shown and who is heard


@proves("sendChatAction")
async def test_typing_shows_for_five_seconds_or_until_a_message(world: Scene) -> None:
    chat = world.api.chat(world.ana)
    assert await world.talk.ok("sendChatAction", chat_id=world.ana.id, action="Typing") is True
    assert chat.typing_until > world.api.now()
    world.api.advance(6)
    assert chat.typing_until < world.api.now()
    await world.talk.ok("sendChatAction", chat_id=world.ana.id, action="typing")
    await world.talk.ok("sendMessage", chat_id=world.ana.id, text="ya")
    assert chat.typing_until < world.api.now()


def test_every_row_of_the_table_is_proven() -> None:
    assert set(ROWS) == PROVEN
