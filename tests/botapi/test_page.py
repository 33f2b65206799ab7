"""The phone page in a real browser, against the real local server.

The test plays the bot: it reads updates and calls methods over HTTP, as Telegram's bots do, and looks at what a person
would see. Every test also fails when the browser reports an error, a broken security policy or a request that leaves
the server's own origin.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot import botapi
from tests.botapi.browsing import FAINT, NAMELESS, NARROW, OVERFLOWS, WIDE, Bot, House, a_person, bubbles, key, keys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_text_from_bot_and_person_is_shown_as_text_never_as_markup(house: House) -> None:
    page = await house.page()
    await a_person(page, "<b>Rosa</b>")
    chat = await house.bot.is_started(page)
    attack = "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
    await house.bot.call("sendMessage", chat_id=chat, text=attack, reply_markup=keys([key("a", "<i>x</i>")]))
    await expect(bubbles(page).last.locator(".words")).to_have_text(attack)
    await expect(bubbles(page).last.locator(".key")).to_have_text("<i>x</i>")
    await page.locator(".phone.active textarea").fill(attack)
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_count(3)
    assert (await house.bot.hears())["message"]["text"] == attack
    await expect(page.locator(".message img, .message script, .tabs b, .message i")).to_have_count(0)
    assert await page.evaluate("window.broken") is None


async def test_entities_become_elements_at_utf16_offsets(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    text = "🟢 Soy <b>Amparo <i>hoy</i></b>: <a href='https://example.org/g?a=1&amp;b=2'>la guía</a> y <code>911</code> /salir"
    await house.bot.call("sendMessage", chat_id=chat, text=text, parse_mode="HTML")
    words = bubbles(page).last.locator(".words")
    await expect(words.locator("strong")).to_have_text("Amparo hoy")
    await expect(words.locator("strong em")).to_have_text("hoy")
    await expect(words.locator("code")).to_have_text("911")
    link = words.get_by_role("link", name="la guía")
    await expect(link).to_have_attribute("title", "https://example.org/g?a=1&b=2")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await words.get_by_role("button", name="/salir").click()
    assert (await house.bot.hears())["message"]["text"] == "/salir"


async def test_button_spins_until_answered_then_screen_is_edited_in_place(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    sent = await house.bot.call("sendMessage", chat_id=chat, text="Uno", reply_markup=keys([key("a"), key("b")]))
    button = page.get_by_role("button", name="b", exact=True)
    await button.focus()
    await page.keyboard.press("Enter")
    pressed = (await house.bot.hears())["callback_query"]
    assert pressed["data"] == "b"
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_role("button", name="a", exact=True)).to_have_attribute("aria-busy", "false")
    await house.bot.call("answerCallbackQuery", callback_query_id=pressed["id"], text="Listo, anotado")
    await expect(button).to_have_attribute("aria-busy", "false")
    await expect(page.locator(".phone.active .answer")).to_have_text("Listo, anotado")
    await house.bot.call("editMessageText", chat_id=chat, message_id=sent["message_id"], text="Dos", reply_markup=keys([key("c")]))
    await expect(bubbles(page).last.locator(".words")).to_have_text("Dos")
    await expect(bubbles(page)).to_have_count(2)
    await expect(bubbles(page).last.locator(".edited")).to_have_text("editado")
    # the keyboard user is not thrown out of the screen when it changes under them
    await expect(page.get_by_role("button", name="c", exact=True)).to_be_focused()


async def test_alert_is_a_dialog_and_silence_and_protection_are_marked(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.call(
        "sendMessage", chat_id=chat, text="Quieto", disable_notification=True, protect_content=True,
        reply_markup=keys([key("a")]),
    )  # fmt: skip
    await expect(bubbles(page).last.get_by_role("img", name="llegó sin sonido")).to_be_visible()
    await expect(bubbles(page).last.get_by_role("img", name="no se puede reenviar ni guardar")).to_be_visible()
    await page.get_by_role("button", name="a", exact=True).click()
    pressed = (await house.bot.hears())["callback_query"]
    await house.bot.call("answerCallbackQuery", callback_query_id=pressed["id"], text="Cuidado", show_alert=True)
    await expect(page.get_by_role("dialog")).to_contain_text("Cuidado")
    await page.get_by_role("button", name="Entendido").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    # an alert that was seen is not shown again to a page that is opened later
    await page.reload()
    await expect(bubbles(page)).to_have_count(2)
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_copy_button_copies_and_says_so_without_the_bot(house: House) -> None:
    page = await house.page(permissions=["clipboard-read", "clipboard-write"])
    await a_person(page)
    chat = await house.bot.is_started(page)
    row: list[dict[str, Any]] = [{"text": "Copiar 911", "copy_text": {"text": "911"}}]
    await house.bot.call("sendMessage", chat_id=chat, text="Llama", reply_markup=keys(row))
    await page.get_by_role("button", name="Copiar 911").click()
    await expect(page.locator("#toasts")).to_contain_text("Copiado: 911")
    assert await page.evaluate("navigator.clipboard.readText()") == "911"
    assert await house.bot.call("getUpdates", offset=house.bot.offset, timeout=0) == []


async def test_link_button_asks_before_it_opens(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    row: list[dict[str, Any]] = [{"text": "Fuente", "url": "https://example.org/fuente"}]
    await house.bot.call("sendMessage", chat_id=chat, text="Lee", reply_markup=keys(row))
    await page.get_by_role("button", name="Fuente").click()
    await expect(page.get_by_role("dialog")).to_contain_text("https://example.org/fuente")
    await page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(page.context.pages) == 1


async def test_deletions_are_counted_and_what_remains_is_listed(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    sent = [await house.bot.call("sendMessage", chat_id=chat, text=f"Secreto {n}") for n in range(3)]
    await expect(bubbles(page)).to_have_count(4)
    await expect(page.locator("#remains")).to_contain_text("Secreto 1")
    await expect(page.locator("#remains")).to_contain_text("4 mensajes")
    cover = await house.bot.call("sendMessage", chat_id=chat, text="Lista de compras: jabón")
    gone = [message["message_id"] for message in sent]
    await house.bot.call("deleteMessages", chat_id=chat, message_ids=gone)
    await expect(page.locator(".phone.active .removed")).to_contain_text("Se quitaron 3 mensajes")
    await expect(bubbles(page)).to_have_count(2)
    await expect(page.locator(".message")).to_have_count(2)  # the faded ones have left the page altogether
    remains = page.locator("#remains")
    await expect(remains).to_contain_text("2 mensajes")
    await expect(remains.locator(".list-row")).to_contain_text("Lista de compras")
    await expect(remains).not_to_contain_text("Secreto")
    await expect(page.locator("#stage")).not_to_contain_text("Secreto")
    await house.bot.call("deleteMessage", chat_id=chat, message_id=cover["message_id"])
    await expect(remains).to_contain_text("1 mensaje")


async def test_reply_keyboard_speaks_for_the_person_and_goes_when_told(house: House) -> None:
    page = await house.page(size=NARROW)
    await a_person(page)
    chat = await house.bot.is_started(page)
    board = {"keyboard": [[{"text": "Sí"}, {"text": "No"}], [{"text": "Lugar", "request_location": True}]]}
    await house.bot.call("sendMessage", chat_id=chat, text="¿Sigues?", reply_markup=board)
    board_keys = page.locator(".phone.active .reply-keys")
    await board_keys.get_by_role("button", name="Sí").click()
    assert (await house.bot.hears())["message"]["text"] == "Sí"
    await board_keys.get_by_role("button", name="Lugar").click()
    assert "location" in (await house.bot.hears())["message"]
    await house.bot.call("sendMessage", chat_id=chat, text="Bien", reply_markup={"remove_keyboard": True})
    await expect(board_keys).to_be_hidden()


@pytest.mark.parametrize(
    ("choice", "kind"),
    [("Nota de voz", "voice"), ("Foto", "photo"), ("Documento", "document"), ("Ubicación", "location"), ("Contacto", "contact")],
)
async def test_person_attaches_and_the_bot_receives(house: House, choice: str, kind: str) -> None:
    page = await house.page()
    await a_person(page)
    await house.bot.is_started(page)
    await page.locator(".phone.active").get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name=choice).click()
    message = (await house.bot.hears())["message"]
    assert kind in message
    await expect(bubbles(page)).to_have_count(2)
    if kind == "photo":
        image = bubbles(page).last.locator("img")
        await expect(image).to_have_js_property("naturalWidth", 640)
    if kind == "document":
        await expect(bubbles(page).last.get_by_role("link")).to_contain_text("muestra.txt")


async def test_voice_notes_are_whole_and_playable(house: House) -> None:
    page = await house.page()
    await a_person(page)
    await house.bot.is_started(page)
    await page.locator(".phone.active").get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name="Nota de voz").click()
    voice = (await house.bot.hears())["message"]["voice"]
    assert voice["duration"] == 2
    path = (await house.bot.call("getFile", file_id=voice["file_id"]))["file_path"]
    async with house.bot.http.get(f"{house.bot.root}/file/bot{house.bot.token}/{path}") as answer:
        assert (await answer.read())[:4] == b"OggS"
    player = bubbles(page).last.locator("audio")
    await expect(player).to_be_visible()
    await player.evaluate("player => { player.muted = true; return player.play(); }")
    await expect(player).to_have_js_property("ended", True)
    length = await player.evaluate("player => player.duration")
    assert 1.8 < length < 2.2


async def test_person_edits_and_deletes_their_own_words(house: House) -> None:
    page = await house.page()
    await a_person(page)
    await house.bot.is_started(page)
    await page.locator(".phone.active textarea").fill("ola")
    await page.locator(".phone.active").get_by_role("button", name="Enviar").click()
    await house.bot.hears()
    await expect(bubbles(page)).to_have_count(2)
    await bubbles(page).last.get_by_role("button", name="Acciones del mensaje").click()
    await page.get_by_role("menuitem", name="Editar").click()
    await page.locator(".phone.active textarea").fill("hola")
    await page.keyboard.press("Enter")
    assert (await house.bot.hears())["edited_message"]["text"] == "hola"
    await expect(bubbles(page).last.locator(".edited")).to_be_visible()
    await bubbles(page).last.get_by_role("button", name="Acciones del mensaje").click()
    await page.get_by_role("menuitem", name="Borrar para los dos").click()
    await expect(bubbles(page)).to_have_count(1)


async def test_menu_lists_the_commands_the_bot_announced(house: House) -> None:
    page = await house.page(size=NARROW)
    await house.bot.call("setMyCommands", commands=[{"command": "salir", "description": "Salir y borrar"}])
    await a_person(page)
    await house.bot.is_started(page)
    await page.locator(".phone.active .menu-button").click()
    await expect(page.get_by_role("menuitem")).to_contain_text(["/salirSalir y borrar"])
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(page.locator(".phone.active .menu-button")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    assert (await house.bot.hears())["message"]["text"] == "/salir"


async def test_typing_is_shown_and_ends_with_the_message(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.call("sendChatAction", chat_id=chat, action="typing")
    await expect(page.locator(".phone.active .subtitle")).to_have_text("escribiendo…")
    await house.bot.call("sendMessage", chat_id=chat, text="Hola")
    await expect(page.locator(".phone.active .subtitle")).to_have_text("@amparo_local_bot")


async def test_two_people_have_two_chats_side_by_side_or_one_at_a_time(house: House) -> None:
    page = await house.page()
    await a_person(page, "Rosa")
    first = await house.bot.is_started(page)
    await a_person(page, "Jean", "ht")
    await page.locator(".phone.active .empty button").click()
    message = (await house.bot.hears())["message"]
    second = message["chat"]["id"]
    assert first != second
    assert message["from"]["language_code"] == "ht"
    await house.bot.call("sendMessage", chat_id=first, text="Para Rosa")
    await house.bot.call("sendMessage", chat_id=second, text="Pou Jean")
    phones = page.locator(".phone")
    await expect(phones).to_have_count(2)
    await expect(phones.nth(0)).to_contain_text("Para Rosa")
    await expect(phones.nth(1)).to_contain_text("Pou Jean")
    await expect(phones.nth(0)).not_to_contain_text("Pou Jean")
    await expect(phones.nth(0)).to_be_visible()
    await page.set_viewport_size(NARROW)
    await expect(phones.nth(0)).to_be_hidden()
    await page.locator(".tabs").get_by_role("button", name="Rosa").click()
    await expect(phones.nth(0)).to_be_visible()
    await expect(phones.nth(1)).to_be_hidden()
    await page.reload()  # the address line remembers who is shown
    await expect(page.locator(".phone.active .owner")).to_have_text("Teléfono de Rosa")


async def test_another_bot_is_chosen_and_its_topics_keep_apart(house: House) -> None:
    made = house.server.add_bot(username="amparo_desk_bot", name="Mesa", topics=True)
    desk = Bot(root=house.bot.root, token=made.token, id=made.id, http=house.bot.http)
    page = await house.page()
    await a_person(page)
    await page.get_by_label("Bot de este teléfono").select_option(label="Mesa (@amparo_desk_bot)")
    await expect(page.locator(".phone.active h2")).to_have_text("Mesa")
    chat = await desk.is_started(page)
    assert f"bot={desk.id}" in page.url
    topic = (await desk.call("createForumTopic", chat_id=chat, name="Caso uno"))["message_thread_id"]
    sent = await desk.call("sendMessage", chat_id=chat, text="En el caso", message_thread_id=topic)
    await page.locator(".topics").get_by_role("button", name="Caso uno").click()
    await expect(bubbles(page)).to_have_count(1)
    await page.locator(".phone.active textarea").fill("Respuesta")
    await page.keyboard.press("Enter")
    heard = (await desk.hears())["message"]
    assert heard["message_thread_id"] == topic
    await desk.call(
        "sendMessage",
        chat_id=chat,
        text="Cito",
        message_thread_id=topic,
        reply_parameters={"message_id": sent["message_id"]},
    )
    await expect(bubbles(page).last.locator(".quote")).to_contain_text("En el caso")
    await page.locator(".topics").get_by_role("button", name="General").click()
    await expect(bubbles(page)).to_have_count(1)
    await expect(bubbles(page)).to_contain_text("/start")


async def test_blocking_refuses_the_bot_and_unblocking_lets_it_in(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await page.locator(".phone.active").get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Bloquear el bot").click()
    await expect(page.locator(".blocked-bar")).to_be_visible()
    refused = await house.bot.try_call("sendMessage", chat_id=chat, text="Hola")
    assert refused["error_code"] == 403
    await page.get_by_role("button", name="Desbloquear").click()
    await expect(page.locator(".blocked-bar")).to_be_hidden()
    await house.bot.call("sendMessage", chat_id=chat, text="Hola otra vez")
    await expect(bubbles(page).last).to_contain_text("Hola otra vez")


async def test_clock_moves_forward_and_messages_carry_its_time(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    before = (await house.bot.call("sendMessage", chat_id=chat, text="Antes"))["date"]
    await page.get_by_role("button", name="Adelantar 40 h").click()
    await expect(page.locator("#clock")).to_contain_text("Adelantado 1 d 16 h")
    after = (await house.bot.call("sendMessage", chat_id=chat, text="Después"))["date"]
    assert after - before >= 40 * 3600
    await expect(page.locator(".phone.active [data-day]")).to_have_count(2)


async def test_calls_and_problems_are_listed_and_faults_strike(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await page.locator("#calls > summary").click()
    await page.locator("#faults > summary").click()
    await page.get_by_role("button", name="Agregar falla").click()
    await expect(page.locator(".fault-list")).to_contain_text("quedan 1")
    refused = await house.bot.try_call("sendMessage", chat_id=chat, text="Uno")
    assert refused["error_code"] == 429
    assert refused["parameters"]["retry_after"] == 3
    await expect(page.locator(".fault-list")).to_contain_text("Ninguna falla")
    await expect(page.locator("#calls .refused").first).to_contain_text("retry after 3")
    await house.bot.try_call("sendMessage", chat_id=chat, text="Dos", no_such_parameter=1)
    problem = page.locator("#calls .problem").first
    await expect(problem).to_contain_text("sendMessage")
    await problem.locator("summary").click()
    await expect(problem).to_contain_text("no_such_parameter")
    await expect(page.locator("#calls .badge")).to_be_visible()
    await page.get_by_label("Solo problemas").check()
    await expect(page.locator("#calls .calls > li:visible")).to_have_count(1)


async def test_page_speaks_both_languages_and_keeps_a_draft(house: House) -> None:
    page = await house.page()
    await a_person(page)
    await house.bot.is_started(page)
    await page.locator(".phone.active textarea").fill("a medias")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator(".phone.active textarea")).to_have_value("a medias")
    assert "lang=en" in page.url
    await page.reload()
    await expect(page.get_by_role("heading", name="What remains on this phone")).to_be_visible()


async def test_both_dictionaries_hold_the_words_the_page_asks_for(house: House) -> None:
    page = await house.page()
    names = await page.evaluate(
        """async () => {
          const { languages } = await import("/page/words.js");
          return [Object.keys(languages.es), Object.keys(languages.en)];
        }"""
    )
    folder = Path(botapi.__file__).parent / "page"
    asked = {word for file in folder.glob("*.js") for word in re.findall(r'\bt\("(\w+)"', file.read_text("utf-8"))}
    assert sorted(names[0]) == sorted(names[1])
    assert len(asked) > 60
    assert asked <= set(names[0])


async def test_page_asks_each_second_when_events_are_cut(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await page.route("**/_control/events", lambda route: route.abort())
    await page.clock.install(time=datetime(1970, 1, 1, tzinfo=UTC))
    async with page.expect_event("requestfailed"):
        await page.reload()
    await expect(bubbles(page)).to_have_count(1)
    await page.clock.pause_at(datetime(1970, 1, 1, 0, 1, 3, tzinfo=UTC))
    await house.bot.call("sendMessage", chat_id=chat, text="Llegó igual")
    for _ in range(4):  # the slow beat, each five seconds, would give one of these and not four
        async with page.expect_request("**/_control/state"):
            await page.clock.run_for(1_000)
    await expect(bubbles(page).last).to_contain_text("Llegó igual")
    house.complaints.clear()  # the browser rightly reports the cut we made


async def test_fresh_start_empties_the_house_and_the_bot_goes_on(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.try_call("sendMessage", chat_id=chat, text="Uno", no_such_parameter=1)
    await expect(page.locator("#calls .badge")).to_be_visible()
    await page.get_by_role("button", name="Borrar todo y empezar").click()
    await page.get_by_role("dialog").get_by_role("button", name="Borrar todo").click()
    await expect(page.locator(".nobody")).to_be_visible()
    await expect(page.locator(".phone")).to_have_count(0)
    await expect(page.locator("#calls .badge")).to_be_hidden()
    house.bot.offset = 0
    await a_person(page, "Jean", "fr")
    chat = await house.bot.is_started(page)
    await house.bot.call("sendMessage", chat_id=chat, text="De nuevo")
    await expect(bubbles(page).last).to_contain_text("De nuevo")
    await page.locator("#calls > summary").click()
    await expect(page.locator("#calls")).to_contain_text("De nuevo")


async def furnished(house: House, page: Page) -> None:
    """A chat with one of everything, and every panel open."""
    await a_person(page, "Rosa de los Ángeles")
    chat = await house.bot.is_started(page)
    rows = keys(
        [key("a", "Me amenazan o me piden dinero"), key("b", "Otra")],
        [{"text": "911", "copy_text": {"text": "911"}}, {"text": "Fuente", "url": "https://example.org/"}],
    )
    await house.bot.call("sendMessage", chat_id=chat, text="palabralarguísima" * 12)
    sent = await house.bot.call(
        "sendMessage", chat_id=chat, text="<b>Uno</b> <a href='https://example.org/'>dos</a> <code>911</code> /salir",
        parse_mode="HTML", disable_notification=True, reply_markup=rows,
    )  # fmt: skip
    await house.bot.call("editMessageText", chat_id=chat, message_id=sent["message_id"], text="Tres", reply_markup=rows)
    await house.bot.try_call("sendMessage", chat_id=chat, text="Cuatro", no_such_parameter=1)
    await house.bot.call("deleteMessage", chat_id=chat, message_id=sent["message_id"] - 1)
    await house.bot.call("sendMessage", chat_id=chat, text="Cinco", reply_markup={"keyboard": [[{"text": "Sí"}]]})
    await expect(page.locator(".phone.active .removed")).to_be_visible()
    await expect(page.locator(".leaving")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
async def test_nothing_is_clipped_nameless_or_faint(house: House, scheme: str, size: ViewportSize) -> None:
    page = await house.page(size=size, color_scheme=scheme, reduced_motion="reduce")
    await furnished(house, page)
    assert await page.evaluate(OVERFLOWS) == []
    assert await page.evaluate(NAMELESS) == []
    assert await page.evaluate(FAINT) == []
    if size == NARROW:
        await page.get_by_role("button", name="Panel", exact=True).click()
    await page.locator("#calls > summary").click()
    await page.locator("#faults > summary").click()
    assert await page.evaluate(OVERFLOWS) == []
    assert await page.evaluate(NAMELESS) == []
    assert await page.evaluate(FAINT) == []
    if size == NARROW:
        await page.keyboard.press("Escape")
        await expect(page.locator("#panels")).to_be_hidden()
        await expect(page.get_by_role("button", name="Panel", exact=True)).to_be_focused()


async def test_new_messages_are_announced_and_motion_can_be_refused(house: House) -> None:
    page = await house.page(reduced_motion="reduce")
    await a_person(page)
    chat = await house.bot.is_started(page)
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    sent = await house.bot.call("sendMessage", chat_id=chat, text="Uno")
    await expect(bubbles(page)).to_have_count(2)
    await house.bot.call("deleteMessage", chat_id=chat, message_id=sent["message_id"])
    await expect(page.locator(".message")).to_have_count(1)
    running = "document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 1).length"
    assert await page.evaluate(running) == 0
