"""The people's side: what their deeds tell the bot, what their screens show, groups and topics."""

from __future__ import annotations

from typing import Any

import pytest

from bot.botapi.doings import NotPossible
from tests.botapi.scene import KEYS, Scene, Talk


async def newest(world: Scene, count: int = 1) -> list[dict[str, Any]]:
    return await world.talk.updates(offset=-count)


async def test_blocking_and_coming_back_are_told(world: Scene) -> None:
    world.api.block(world.ana)
    told = (await newest(world))[0]["my_chat_member"]
    assert (told["old_chat_member"]["status"], told["new_chat_member"]["status"]) == ("member", "kicked")
    assert told["chat"]["id"] == told["from"]["id"] == world.ana.id
    with pytest.raises(NotPossible):
        world.api.text(world.ana, "hola")
    world.api.press_start(world.ana, "abc")
    member, start = await newest(world, 2)
    assert member["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert start["message"]["text"] == "/start abc"
    assert start["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_an_edit_is_told_and_a_deletion_is_not(world: Scene) -> None:
    sent = world.api.text(world.ana, "primera")
    world.api.edit(world.ana, sent, "segunda")
    told = (await newest(world))[0]["edited_message"]
    assert (told["text"], told["message_id"]) == ("segunda", sent.id)
    assert told["edit_date"] >= told["date"]
    screen = world.api.screen(world.ana)
    with pytest.raises(NotPossible):
        world.api.edit(world.ana, screen, "x")
    before = world.bot.inbox.next_id
    world.api.delete(world.ana, sent)
    assert world.bot.inbox.next_id == before
    assert not world.api.sees(world.ana, "segunda")


async def test_hidden_for_the_person_still_there_for_the_bot(world: Scene) -> None:
    screen = world.api.screen(world.ana)
    world.api.delete(world.ana, screen)
    edited = await world.talk.call("editMessageCaption", chat_id=world.ana.id, message_id=screen.id, caption="nadie la ve")
    assert edited["ok"]
    assert not world.api.sees(world.ana, "nadie la ve")
    world.api.delete(world.ana, screen, for_both=True)
    gone = await world.talk.call("editMessageCaption", chat_id=world.ana.id, message_id=screen.id, caption="x")
    assert gone["description"] == "Bad Request: message to edit not found"


async def test_clearing_the_chat(world: Scene) -> None:
    world.api.clear(world.ana)
    assert world.api.messages(world.ana) == []
    assert world.api.chat(world.ana).deleted > 3
    with pytest.raises(NotPossible):
        world.api.screen(world.ana)


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "photo", "document", "video_note", "animation", "sticker"])
async def test_media_from_a_person(world: Scene, kind: str) -> None:
    world.api.media(world.ana, kind, b"bytes", caption="mira" if kind != "sticker" else "", duration=4)
    message = (await newest(world))[0]["message"]
    held = message[kind][-1] if kind == "photo" else message[kind]
    assert held["file_size"] == 5
    assert message.get("caption") == ("mira" if kind != "sticker" else None)


async def test_place_and_contact(world: Scene) -> None:
    world.api.location(world.ana, 19.43, -99.13)
    world.api.contact(world.ana, "+525512345678")
    place, contact = await newest(world, 2)
    assert place["message"]["location"] == {"latitude": 19.43, "longitude": -99.13}
    assert contact["message"]["contact"]["user_id"] == world.ana.id


async def test_who_speaks_and_in_which_language(world: Scene) -> None:
    jean = world.api.add_user("Jean", "ht")
    world.api.text(jean, "bonjou")
    sender = (await newest(world))[0]["message"]["from"]
    assert (sender["language_code"], sender["is_bot"], sender["first_name"]) == ("ht", False, "Jean")
    assert jean.id > 2**32, "new accounts do not fit 32 bits"
    assert (await world.talk.ok("getMe"))["is_bot"] is True


async def test_a_long_text_arrives_in_pieces(world: Scene) -> None:
    world.api.text(world.ana, "x" * 5000)
    assert [len(update["message"]["text"]) for update in await newest(world, 2)] == [4096, 904]


async def test_message_numbers_grow_over_all_private_chats_of_a_bot(world: Scene) -> None:
    bea = world.api.add_user("Bea")
    numbers = [world.api.text(person, "x").id for person in (world.ana, bea, world.ana)]
    assert numbers == sorted(set(numbers))


async def test_allowed_updates(world: Scene) -> None:
    await world.talk.updates(offset=10**9, allowed_updates=["message"])
    screen = world.api.screen(world.ana)
    world.api.tap_data(world.ana, screen.id, "x")
    world.api.text(world.ana, "hola")
    assert [set(update) - {"update_id"} for update in await world.talk.updates()] == [{"message"}]
    await world.talk.updates(offset=10**9, allowed_updates=[])
    world.api.tap_data(world.ana, screen.id, "x")
    assert "callback_query" in (await world.talk.updates())[0]


async def test_pressing(world: Scene) -> None:
    rows = [[{"text": "Sí", "callback_data": "y"}, {"text": "Web", "url": "https://example.org"}],
            [{"text": "Copiar", "copy_text": {"text": "911"}}]]  # fmt: skip
    await world.talk.ok("sendMessage", chat_id=world.ana.id, text="elige", reply_markup={"inline_keyboard": rows})
    world.api.tap(world.ana, 0, 0)
    query = (await newest(world))[0]["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("y", "elige")
    assert world.api.tap(world.ana, 0, 1) == {"copied": "https://example.org"}
    assert world.api.tap_label(world.ana, "Cop") == {"copied": "911"}
    with pytest.raises(NotPossible, match="no button says"):
        world.api.tap_label(world.ana, "Nunca")


async def test_a_press_on_a_message_that_is_gone_is_inaccessible(world: Scene) -> None:
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="x", reply_markup=KEYS)
    await world.talk.ok("deleteMessage", chat_id=world.ana.id, message_id=sent["message_id"])
    world.api.tap_data(world.ana, sent["message_id"], "yes")
    shown = (await newest(world))[0]["callback_query"]["message"]
    assert shown == {"chat": sent["chat"], "message_id": sent["message_id"], "date": 0}


async def test_the_reply_keyboard_lives_and_goes(world: Scene) -> None:
    chat = world.api.chat(world.ana)
    rows = {"keyboard": [["Uno", {"text": "Aquí", "request_location": True}]], "one_time_keyboard": True}
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="elige", reply_markup=rows)
    assert chat.keyboard_from == sent["message_id"]
    world.api.tap_label(world.ana, "Aquí")
    assert "location" in (await newest(world))[0]["message"]
    assert chat.keyboard_from is None, "a one-time keyboard goes when used"
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="elige", reply_markup={"keyboard": [["Uno"]]})
    world.api.tap_label(world.ana, "Uno")
    assert (await newest(world))[0]["message"]["text"] == "Uno"
    assert chat.keyboard_from == sent["message_id"]
    await world.talk.ok("sendMessage", chat_id=world.ana.id, text="ya", reply_markup={"remove_keyboard": True})
    assert chat.keyboard_from is None


async def test_the_transcript_remembers_what_was_shown(world: Scene) -> None:
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="uno")
    number = sent["message_id"]
    await world.talk.ok("editMessageText", chat_id=world.ana.id, message_id=number, text="dos")
    await world.talk.ok("deleteMessage", chat_id=world.ana.id, message_id=number)
    told = [line for line in world.api.transcript(world.ana) if line[1] == number]
    assert told == [("sent", number, "uno"), ("edited", number, "dos"), ("deleted", number, "dos")]


# --- several bots, groups


async def test_each_bot_hears_its_own(world: Scene) -> None:
    other = world.api.add_bot(username="other_bot", name="Other")
    talk = Talk(world.talk.session, world.api.root, other.token)
    await world.talk.updates(offset=10**9)
    world.api.text(world.ana, "para la otra", other)
    assert (await talk.updates())[0]["message"]["text"] == "para la otra"
    assert await world.talk.updates() == []
    assert not world.api.sees(world.ana, "para la otra")


async def test_a_group_is_joined_heard_and_left(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    bea = world.api.add_user("Bea")
    group = world.api.add_group("Madres", kind="group", people=[bea])
    world.api.set_member(group, bea)
    joined, service = await world.talk.updates()
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == world.bot.id
    assert (await world.talk.ok("getChat", chat_id=group.id))["title"] == "Madres"
    await world.talk.updates(offset=10**9)
    world.api.group_text(group, bea, "no es para el bot")
    world.api.group_text(group, bea, "/ayuda")
    world.api.group_text(group, bea, "/ayuda@otro_bot")
    world.api.group_text(group, bea, f"oye @{world.bot.username}")
    heard = [update["message"]["text"] for update in await world.talk.updates()]
    assert heard == ["/ayuda", f"oye @{world.bot.username}"], "privacy mode"
    assert await world.talk.ok("leaveChat", chat_id=group.id) is True
    refused = await world.talk.call("sendMessage", chat_id=group.id, text="x")
    assert refused["description"] == "Forbidden: bot is not a member of the group chat"
    await world.talk.updates(offset=10**9)
    world.api.group_text(group, bea, "/ayuda")
    assert await world.talk.updates() == []


async def test_an_administrator_deletes_what_others_wrote(world: Scene) -> None:
    world.api.set_member(world.group, world.ana, "administrator", ["can_delete_messages"])
    assert (await world.talk.call("deleteMessage", chat_id=world.group.id, message_id=world.names["others"]))["ok"]
    member = await world.talk.ok("getChatMember", chat_id=world.group.id, user_id=world.bot.id)
    assert (member["status"], member["can_delete_messages"], member["can_pin_messages"]) == ("administrator", True, False)


async def test_a_person_answers_in_a_topic(world: Scene) -> None:
    desk = world.api.add_bot(username="desk_bot", name="Desk", topics=True)
    talk = Talk(world.talk.session, world.api.root, desk.token)
    world.api.text(world.ana, "hola", desk)
    topic = (await talk.ok("createForumTopic", chat_id=world.ana.id, name="Caso 1"))["message_thread_id"]
    world.api.text(world.ana, "respuesta", desk, thread=topic)
    heard = (await talk.updates(offset=-1))[0]["message"]
    assert (heard["message_thread_id"], heard["is_topic_message"]) == (topic, True)
    with pytest.raises(NotPossible):
        world.api.text(world.ana, "x", desk, thread=topic + 50)
    assert world.api.topics(world.ana, desk) == [(topic, "Caso 1")]
    refused = await talk.call("closeForumTopic", chat_id=world.ana.id, message_thread_id=topic)
    assert refused["description"] == "Bad Request: the chat is not a forum", "closing is for supergroups"
    await talk.ok("deleteForumTopic", chat_id=world.ana.id, message_thread_id=topic)
    assert not world.api.sees(world.ana, "respuesta", desk)


async def test_what_the_bot_says_about_itself_by_language(world: Scene) -> None:
    call = world.talk.ok
    menu = [{"command": "menu", "description": "Menú"}]
    await call("setMyCommands", commands=menu)
    await call("setMyCommands", commands=[{"command": "menu", "description": "Menu"}], language_code="en")
    assert await call("getMyCommands") == menu
    assert await call("getMyCommands", language_code="fr") == []
    assert (await call("getMyCommands", language_code="en"))[0]["description"] == "Menu"
    await call("deleteMyCommands", language_code="en")
    assert await call("getMyCommands", language_code="en") == []
    for field, method in (("name", "Name"), ("description", "Description"), ("short_description", "ShortDescription")):
        await call(f"setMy{method}", **{field: "general"})
        await call(f"setMy{method}", **{field: "english"}, language_code="en")
        assert await call(f"getMy{method}", language_code="en") == {field: "english"}
        assert await call(f"getMy{method}", language_code="fr") == {field: "general"}
    refused = await world.talk.call("setMyCommands", commands=[{"command": "Menú", "description": "x"}])
    assert refused["description"] == "Bad Request: BOT_COMMAND_INVALID"


async def test_pictures_replace_pictures_in_place(world: Scene) -> None:
    place = {"chat_id": str(world.ana.id), "message_id": str(world.names["photo"])}
    media = '{"type":"photo","media":"attach://p","caption":"nueva"}'
    edited = await world.talk.upload("editMessageMedia", {"p": ("b.jpg", b"otra")}, **place, media=media)
    assert edited["result"]["caption"] == "nueva"
    on_text = await world.talk.upload(
        "editMessageMedia", {"p": ("b.jpg", b"x")}, chat_id=place["chat_id"], message_id=str(world.names["screen"]), media=media
    )
    assert on_text["description"] == "Bad Request: there is no media in the message to edit"


async def test_a_method_this_server_lacks_says_so(world: Scene) -> None:
    missing = await world.talk.call("sendPoll", chat_id=world.ana.id)
    assert missing["error_code"] == 501
    assert "sendPoll" in missing["description"]
