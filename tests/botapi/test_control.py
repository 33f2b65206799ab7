"""The control interface over HTTP: its contract with the demo page, and whom it refuses."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from bot.botapi.pages import FOLDER
from tests.botapi.scene import KEYS, Scene, Talk, server, until


async def get(world: Scene, path: str, **headers: str) -> Any:
    async with world.talk.session.get(world.api.root + "/_control" + path, headers=headers) as answer:
        return await answer.json()


async def post(world: Scene, path: str, body: object) -> Any:
    async with world.talk.session.post(world.api.root + "/_control" + path, json=body) as answer:
        return await answer.json()


async def test_state_and_users(world: Scene) -> None:
    made = await post(world, "/users", {"first_name": "Eva", "language_code": "en"})
    state = await get(world, "/state")
    assert made in [{k: v for k, v in user.items() if k != "blocked"} for user in state["users"]]
    assert set(state) >= {"clock", "bots", "users", "faults", "version"}
    assert set(state["clock"]) == {"now", "offset"}
    assert set(state["bots"][0]) >= {"token_id", "id", "username", "name", "has_topics"}
    assert world.api.token not in json.dumps(state), "the page never sees a token"
    assert state["users"][2]["blocked"] == {str(world.bot.id): True}


async def test_a_conversation_by_hand(world: Scene) -> None:
    chat, bot = f"/chats/{world.ana.id}", world.bot.id
    sent = await post(world, chat + "/text", {"bot": bot, "text": "hola"})
    assert (await world.talk.updates(offset=-1))[0]["message"]["message_id"] == sent["message_id"]
    shown = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="elige", reply_markup=KEYS)
    number = shown["message_id"]
    query = (await post(world, chat + "/tap", {"bot": bot, "message_id": number, "row": 0, "col": 0}))["query"]
    seen = await get(world, f"{chat}?bot={bot}")
    assert seen["spinning"] == [query]
    await world.talk.ok("answerCallbackQuery", callback_query_id=query, text="Va", show_alert=True)
    await world.talk.ok("sendChatAction", chat_id=world.ana.id, action="typing")
    seen = await get(world, f"{chat}?bot={bot}")
    assert (seen["spinning"], seen["typing"]) == ([], True)
    assert [(alert["text"], alert["show_alert"]) for alert in seen["alerts"]] == [("Va", True)]
    last = seen["messages"][-1]
    assert set(last) == {
        "message_id", "from", "date", "edit_date", "text", "entities", "caption", "media", "reply_markup", "silent",
        "protect", "thread_id", "reply_to", "service", "spoiler",
    }  # fmt: skip
    assert (last["message_id"], last["from"], last["text"], last["reply_markup"]) == (number, "bot", "elige", KEYS)
    wrong = await post(world, chat + "/tap", {"bot": bot, "message_id": number, "row": 5, "col": 0})
    assert "error" in wrong
    forged = await post(world, chat + "/tapdata", {"bot": bot, "message_id": number, "data": "x" * 64})
    assert forged["query"]


async def test_editing_deleting_clearing_blocking(world: Scene) -> None:
    chat, bot = f"/chats/{world.ana.id}", world.bot.id
    number = (await post(world, chat + "/text", {"bot": bot, "text": "uno"}))["message_id"]
    await post(world, chat + "/edit", {"bot": bot, "message_id": number, "text": "dos"})
    assert (await world.talk.updates(offset=-1))[0]["edited_message"]["text"] == "dos"
    before = (await get(world, f"{chat}?bot={bot}"))["deleted"]
    await post(world, chat + "/delete", {"bot": bot, "message_id": number})
    assert (await get(world, f"{chat}?bot={bot}"))["deleted"] == before + 1
    await post(world, chat + "/clear", {"bot": bot})
    assert (await get(world, f"{chat}?bot={bot}"))["messages"] == []
    await post(world, chat + "/block", {"bot": bot})
    assert "blocked" in (await post(world, chat + "/text", {"bot": bot, "text": "x"}))["error"]
    await post(world, chat + "/start", {"bot": bot, "payload": "p"})
    assert (await world.talk.updates(offset=-1))[0]["message"]["text"] == "/start p"


async def test_media_by_hand(world: Scene) -> None:
    chat, bot = f"/chats/{world.ana.id}", world.bot.id
    data = base64.b64encode(b"ogg").decode()
    await post(world, chat + "/media", {"bot": bot, "kind": "voice", "data": data, "mime": "audio/ogg", "duration": 2})
    form = aiohttp.FormData({"bot": str(bot), "kind": "document"})
    form.add_field("file", b"%PDF", filename="a.pdf", content_type="application/pdf")
    async with world.talk.session.post(f"{world.api.root}/_control{chat}/media", data=form) as answer:
        assert answer.status == 200
    await post(world, chat + "/media", {"bot": bot, "kind": "location", "latitude": 1.5, "longitude": 2})
    await post(world, chat + "/media", {"bot": bot, "kind": "contact", "phone_number": "+52"})
    assert "error" in await post(world, chat + "/media", {"bot": bot, "kind": "fax"})
    voice, document, place, _ = (await get(world, f"{chat}?bot={bot}"))["messages"][-4:]
    assert (voice["media"]["kind"], voice["media"]["mime"], voice["media"]["duration"]) == ("voice", "audio/ogg", 2)
    async with world.talk.session.get(world.api.root + voice["media"]["url"]) as answer:
        assert (await answer.read(), answer.headers["content-type"]) == (b"ogg", "audio/ogg")
    async with world.talk.session.get(world.api.root + document["media"]["url"]) as answer:
        assert answer.headers["content-disposition"] == "attachment", "nothing a person sends runs in the page"
    assert place["media"]["location"] == {"latitude": 1.5, "longitude": 2.0}


async def test_clock_calls_faults_reset(world: Scene) -> None:
    moved = await post(world, "/clock", {"advance": 3600})
    assert moved["offset"] in {3600, 3599}
    assert (await post(world, "/clock", {"set": 2_000_000_000}))["now"] == 2_000_000_000
    seen = world.api.world.calls.total
    await world.talk.call("sendMessage", chat_id=world.ana.id)
    entry = (await get(world, f"/calls?since={seen}"))[0]
    assert set(entry) >= {"n", "at", "bot", "method", "params", "error", "problems"}
    assert (entry["n"], entry["method"]) == (seen + 1, "sendMessage")
    assert entry["problems"] == ["sendMessage: text is required"]
    rules = [{"method": "send*", "kind": "429", "times": 1, "probability": 1.0, "retry_after": 3, "delay": 0}]
    assert (await post(world, "/faults", rules))[0]["retry_after"] == 3
    assert "error" in await post(world, "/faults", [{"kind": "earthquake"}])
    async with world.talk.session.delete(world.api.root + "/_control/faults") as answer:
        assert await answer.json() == []
    assert (await world.talk.call("sendMessage", chat_id=world.ana.id, text="x"))["ok"]
    state = await post(world, "/reset", {})
    assert (state["users"], state["clock"]["offset"]) == ([], 0)
    assert (await world.talk.ok("getMe"))["id"] == world.bot.id, "bots keep their tokens"


async def test_more_bots_and_limits_by_hand(world: Scene) -> None:
    made = await post(world, "/bots", {"username": "desk_bot", "name": "Desk", "has_topics": True})
    talk = Talk(world.talk.session, world.api.root, made["token"])
    assert (await talk.ok("getMe"))["has_topics_enabled"] is True
    assert await post(world, "/flood", {"on": True}) == {"on": True}
    assert (await get(world, "/state"))["flood"] is True
    nobody = await post(world, f"/chats/{world.ana.id}/text", {"text": "¿a quién?"})
    assert nobody == {"error": "no such bot"}, "with two bots a deed must name one"


async def test_what_is_not_there_is_said(world: Scene) -> None:
    bot = world.bot.id
    assert await get(world, f"/chats/12?bot={bot}") == {"error": "no such person"}
    assert await get(world, "/files/77") == {"error": "no such file"}
    assert await post(world, f"/chats/{world.ana.id}/dance", {"bot": bot}) == {"error": "no such deed"}
    missing = {"bot": bot, "message_id": 99_999, "text": "x"}
    assert await post(world, f"/chats/{world.ana.id}/edit", missing) == {"error": "no such message in this chat"}
    assert "error" in await post(world, f"/chats/{world.ana.id}/text", {"bot": bot, "text": "  "})
    assert "error" in await post(world, f"/chats/{world.names['gone']}/text", {"bot": bot, "text": "x"})
    await post(world, f"/chats/{world.ana.id}/block", {"bot": bot})
    await post(world, f"/chats/{world.ana.id}/block", {"bot": bot})
    assert "error" in await post(world, f"/chats/{world.ana.id}/tapdata", {"bot": bot, "message_id": 1, "data": "x"})
    await post(world, f"/chats/{world.ana.id}/unblock", {"bot": bot})
    assert (await get(world, f"/chats/{world.ana.id}?bot={bot}"))["blocked"] is False


async def test_events_tell_every_change(world: Scene) -> None:
    async with world.talk.session.get(world.api.root + "/_control/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        first = await _version(stream)
        world.api.text(world.ana, "hola")
        async with asyncio.timeout(5):
            assert await _version(stream) > first


async def _version(stream: aiohttp.ClientResponse) -> int:
    line = await stream.content.readline()
    await stream.content.readline()
    return int(json.loads(line.removeprefix(b"data: "))["version"])


async def test_other_sites_and_names_are_refused(world: Scene) -> None:
    for headers in ({"Origin": "https://example.org"}, {"Host": "example.org"}, {"Origin": "null"}):
        async with world.talk.session.get(world.api.root + "/_control/state", headers=headers) as answer:
            assert answer.status == 403
        async with world.talk.session.get(world.api.root + "/", headers=headers) as answer:
            assert answer.status == 403
    own = world.api.root
    async with world.talk.session.get(own + "/_control/state", headers={"Origin": own}) as answer:
        assert answer.status == 200


async def test_the_page_comes_with_strict_headers(world: Scene) -> None:
    assert (FOLDER / "index.html").is_file()
    async with world.talk.session.get(world.api.root + "/") as answer:
        assert answer.status == 200
        policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    for path in ("/page/..%2fserver.py", "/page/server.py", "/page/missing.js"):
        async with world.talk.session.get(world.api.root + path) as answer:
            assert answer.status == 404


async def test_a_server_closes_while_people_wait() -> None:
    async with server() as (api, talk):
        poll = asyncio.ensure_future(talk.call("getUpdates", timeout=50))
        await until(lambda: api.bot.inbox.polled)
        stream = await talk.session.get(api.root + "/_control/events")
        await api.stop()
        assert await poll == {"ok": True, "result": []}
        stream.close()


async def test_waiting_tells_the_last_calls(world: Scene) -> None:
    await world.talk.call("sendMessage", chat_id=world.ana.id)
    with pytest.raises(AssertionError, match="message text is empty"):
        await world.api.wait(lambda: False, seconds=0.02)
