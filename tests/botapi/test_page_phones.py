"""The page with several phones and two bots: topics, answers, covered pictures, who talks to which bot."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from bot.botapi.people import Person
from tests.botapi.browsing import FAINT, NAMELESS, NARROW, OVERFLOWS, WIDE, Bot, House, a_person, bubbles, key, keys
from tests.botapi.scene import PIXEL

LARGE = ViewportSize(width=1600, height=900)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass(kw_only=True)
class Desk:
    """The responders' bot and its person, who has two topics and stands outside of both."""

    bot: Bot
    eva: Person
    one: int
    two: int

    async def says(self, text: str, thread: int = 0, **more: object) -> int:
        """A message of the bot; its id."""
        place = {"message_thread_id": thread} if thread else {}
        sent = await self.bot.call("sendMessage", chat_id=self.eva.id, text=text, **place, **more)
        return int(sent["message_id"])

    async def shows(self, house: House, thread: int, **more: str) -> None:
        """A picture of the bot in a topic."""
        place = {"chat_id": str(self.eva.id), "message_thread_id": str(thread)}
        answer = await house.talk(self.bot).upload("sendPhoto", {"photo": ("a.png", PIXEL)}, **place, **more)
        assert answer["ok"], answer

    async def hears(self) -> dict[str, object]:
        """The person's next message."""
        return dict((await self.bot.hears())["message"])


async def a_desk(house: House) -> Desk:
    """A second bot with topics on, and somebody bound to it by whoever added them."""
    made = house.server.add_bot(username="amparo_desk_bot", name="Mesa", topics=True)
    eva = house.server.add_user("Eva", bot=made)
    bot = Bot(root=house.bot.root, token=made.token, id=made.id, http=house.bot.http)
    house.server.press_start(eva, "", made)
    await bot.hears()
    threads = [(await bot.call("createForumTopic", chat_id=eva.id, name=name))["message_thread_id"] for name in ("Caso uno", "Caso dos")]
    return Desk(bot=bot, eva=eva, one=threads[0], two=threads[1])


def topic(page: Page, name: str) -> Locator:
    return page.locator(".phone.active .topics").get_by_role("button", name=name)


def box(page: Page) -> Locator:
    return page.locator(".phone.active textarea")


async def acting(page: Page, words: str, choice: str) -> None:
    """Tap a message and choose from its menu."""
    await bubbles(page).filter(has_text=words).locator(".words").click(position={"x": 3, "y": 3})
    await page.get_by_role("menuitem", name=choice).click()


# --- several phones


async def test_every_phone_lies_there_with_its_person_and_its_bot(house: House) -> None:
    house.server.add_user("Rosa")
    house.server.add_user("Jean", "ht")
    desk = await a_desk(house)
    house.server.add_user("Ida", bot=desk.bot.token)
    house.server.add_user("Sin teléfono todavía")
    page = await house.page(size=LARGE)
    phones = page.locator(".phone")
    await expect(phones).to_have_count(4)
    await expect(page.locator(".phone .owner")).to_have_text([f"Teléfono de {name}" for name in ("Rosa", "Jean", "Eva", "Ida")])
    first, second = "@amparo_local_bot", "@amparo_desk_bot"
    await expect(page.locator(".phone .subtitle")).to_have_text([first, first, second, second])
    for number in range(4):
        await expect(phones.nth(number)).to_be_in_viewport(ratio=1)
    await page.set_viewport_size(NARROW)
    await page.locator(".tabs").get_by_role("button", name="Eva").click()
    await expect(page.locator(".phone:visible")).to_have_count(1)
    await expect(page.get_by_role("region", name="Teléfono de Eva")).to_contain_text("Mesa")


async def test_a_phone_is_bound_to_another_bot_and_stays_so(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await expect(page.locator(".phone.active h2")).to_have_text("Mesa")
    await box(page).fill("a medias, para la mesa")
    await page.locator(".phone.active").get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Hablar con Amparo").click()
    await expect(page.locator(".phone.active .subtitle")).to_have_text("@amparo_local_bot")
    await expect(box(page)).to_have_value("")
    await page.locator(".phone.active .empty button").click()
    assert (await house.bot.hears())["message"]["from"]["id"] == desk.eva.id
    await page.reload()
    await expect(page.locator(".phone.active .subtitle")).to_have_text("@amparo_local_bot")
    await page.get_by_label("Bot de este teléfono").select_option(label="Mesa (@amparo_desk_bot)")
    await expect(page.locator(".phone.active h2")).to_have_text("Mesa")


async def test_a_new_person_may_be_given_to_the_second_bot(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await page.locator("#bar").get_by_role("button", name="Persona nueva").click()
    await page.get_by_role("dialog").get_by_label("Nombre").fill("Ida")
    await page.get_by_role("dialog").get_by_label("Bot de este teléfono").select_option(label="Mesa")
    await page.keyboard.press("Enter")
    await expect(page.locator(".phone.active .owner")).to_have_text("Teléfono de Ida")
    await page.locator(".phone.active .empty button").click()
    assert (await desk.hears())["text"] == "/start"


async def test_one_bot_needs_no_choice_of_bots(house: House) -> None:
    page = await house.page()
    await a_person(page)
    await expect(page.get_by_label("Bot de este teléfono")).to_be_hidden()
    await page.locator(".phone.active").get_by_role("button", name="Más acciones").click()
    await expect(page.get_by_role("menuitem", name="Hablar con")).to_have_count(0)


# --- topics


async def test_a_topic_shows_its_messages_and_takes_what_is_written(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await expect(page.locator(".phone.active .topics button")).to_have_text(["General", "Caso uno", "Caso dos"])
    await expect(topic(page, "General")).to_have_attribute("aria-pressed", "true")
    await desk.says("En el uno", desk.one, reply_markup=keys([key("a", "Tomar")]))
    await desk.says("Afuera")
    await expect(bubbles(page)).to_have_count(2)
    await expect(bubbles(page).last).to_contain_text("Afuera")
    await topic(page, "Caso uno").focus()
    await page.keyboard.press("Enter")
    await expect(topic(page, "Caso uno")).to_be_focused()
    await expect(bubbles(page)).to_have_count(1)
    await expect(box(page)).to_have_attribute("placeholder", "Mensaje en Caso uno")
    await box(page).fill("Aquí estoy")
    await page.keyboard.press("Enter")
    assert (await desk.hears())["message_thread_id"] == desk.one
    await page.get_by_role("button", name="Tomar").click()
    assert (await desk.bot.hears())["callback_query"]["message"]["message_thread_id"] == desk.one
    await page.locator(".phone.active").get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name="Documento").click()
    assert (await desk.hears())["message_thread_id"] == desk.one
    await desk.bot.call("editForumTopic", chat_id=desk.eva.id, message_thread_id=desk.one, name="Caso uno, en espera")
    await expect(topic(page, "Caso uno, en espera")).to_have_attribute("aria-pressed", "true")


async def test_new_messages_elsewhere_are_marked_until_they_are_looked_at(house: House) -> None:
    desk = await a_desk(house)
    await desk.says("Ya estaba", desk.one)
    page = await house.page()
    await expect(bubbles(page)).to_have_count(1)
    await expect(page.locator(".dot")).to_have_count(0)
    await desk.says("Nuevo", desk.two)
    await expect(topic(page, "Caso dos con mensajes nuevos")).to_be_visible()
    await expect(page.locator(".tabs").get_by_role("button", name="Eva con mensajes nuevos")).to_be_visible()
    await desk.says("A la vista")
    await expect(page.locator(".topics .dot")).to_have_count(1)
    await topic(page, "Caso dos").click()
    await expect(page.locator(".dot")).to_have_count(0)


async def test_a_phone_that_is_not_in_front_is_marked_on_its_tab(house: House) -> None:
    house.server.add_user("Rosa")
    desk = await a_desk(house)
    page = await house.page(size=NARROW)
    await expect(page.locator(".phone:not(.active) .message")).to_have_count(1)
    await desk.says("Cola: 1")
    mark = page.locator(".tabs").get_by_role("button", name="Eva con mensajes nuevos")
    await mark.click()
    await expect(bubbles(page).last).to_contain_text("Cola: 1")
    await expect(mark).to_have_count(0)


async def test_half_a_sentence_stays_in_its_own_topic(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await topic(page, "Caso uno").click()
    await box(page).fill("solo para el uno")
    await topic(page, "Caso dos").click()
    await expect(box(page)).to_have_value("")
    await box(page).fill("para el dos")
    await page.get_by_role("button", name="English").click()
    await expect(box(page)).to_have_value("para el dos")
    await expect(topic(page, "Caso dos")).to_have_attribute("aria-pressed", "true")
    await topic(page, "Caso uno").click()
    await expect(box(page)).to_have_value("solo para el uno")
    await page.keyboard.press("Tab")
    await box(page).press("Enter")
    heard = await desk.hears()
    assert (heard["text"], heard["message_thread_id"]) == ("solo para el uno", desk.one)


async def test_a_topic_is_deleted_on_the_phone_and_by_the_bot(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await topic(page, "Caso uno").click()
    await box(page).fill("no debe caer en otro tema")
    await page.locator(".phone.active").get_by_role("button", name="Más acciones").click()
    await page.get_by_role("menuitem", name="Borrar el tema Caso uno").click()
    await page.get_by_role("dialog").get_by_role("button", name="Borrar el tema").click()
    await expect(topic(page, "Caso uno")).to_have_count(0)
    await expect(topic(page, "General")).to_have_attribute("aria-pressed", "true")
    await expect(box(page)).to_have_value("")
    refused = await desk.bot.try_call("sendMessage", chat_id=desk.eva.id, text="x", message_thread_id=desk.one)
    assert refused["description"] == "Bad Request: message thread not found"
    await desk.bot.call("deleteForumTopic", chat_id=desk.eva.id, message_thread_id=desk.two)
    await expect(page.locator(".phone.active .topics")).to_be_hidden()


async def test_topics_switched_off_leave_one_list(house: House) -> None:
    desk = await a_desk(house)
    await desk.says("En el uno", desk.one)
    page = await house.page()
    await expect(bubbles(page)).to_have_count(1)
    house.server.set_topics("amparo_desk_bot", on=False)
    await expect(page.locator(".phone.active .topics")).to_be_hidden()
    await expect(bubbles(page)).to_have_count(2)


async def test_each_topic_has_its_reply_keyboard(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    await expect(bubbles(page)).to_have_count(1)
    await desk.says("Elige", desk.one, reply_markup={"keyboard": [["Cerrar"]], "input_field_placeholder": "¿Cómo termina?"})
    await expect(topic(page, "Caso uno con mensajes nuevos")).to_be_visible()
    await expect(page.locator(".phone.active .reply-keys")).to_be_hidden()
    await topic(page, "Caso uno").click()
    await expect(box(page)).to_have_attribute("placeholder", "¿Cómo termina?")
    await page.locator(".phone.active .reply-keys").get_by_role("button", name="Cerrar").click()
    assert (await desk.hears())["message_thread_id"] == desk.one


# --- answers


async def test_a_tap_on_a_message_offers_to_answer_it(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.call("sendMessage", chat_id=chat, text="Persona · ¿a quién llamo?")
    await house.bot.call("sendMessage", chat_id=chat, text="Otra cosa")
    await expect(bubbles(page)).to_have_count(3)
    await acting(page, "¿a quién llamo?", "Responder")
    await expect(box(page)).to_be_focused()
    await expect(page.locator(".reply-bar")).to_contain_text("¿a quién llamo?")
    await page.keyboard.press("Escape")
    await expect(page.locator(".reply-bar")).to_be_hidden()
    await bubbles(page).filter(has_text="llamo").get_by_role("button", name="Acciones del mensaje").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await box(page).fill("A la línea de la vida")
    await page.keyboard.press("Enter")
    heard = (await house.bot.hears())["message"]
    assert heard["reply_to_message"]["text"] == "Persona · ¿a quién llamo?"
    await expect(page.locator(".reply-bar")).to_be_hidden()
    await expect(bubbles(page).last.locator(".quote")).to_contain_text("¿a quién llamo?")
    await box(page).fill("y esto ya no")
    await page.keyboard.press("Enter")
    assert "reply_to_message" not in (await house.bot.hears())["message"]


async def test_an_answer_may_be_a_file_and_ends_when_its_message_goes(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    sent = await house.bot.call("sendMessage", chat_id=chat, text="Manda la foto")
    await acting(page, "Manda", "Responder")
    await page.locator(".phone.active").get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("menuitem", name="Foto").click()
    assert (await house.bot.hears())["message"]["reply_to_message"]["message_id"] == sent["message_id"]
    await expect(page.locator(".reply-bar")).to_be_hidden()
    await acting(page, "Manda", "Responder")
    await house.bot.call("deleteMessage", chat_id=chat, message_id=sent["message_id"])
    await expect(page.locator(".reply-bar")).to_be_hidden()


async def test_marking_words_opens_no_menu(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.call("sendMessage", chat_id=chat, text="Estas palabras se marcan")
    words = bubbles(page).filter(has_text="se marcan").locator(".words")
    await expect(words).to_be_visible()
    place = await words.bounding_box()
    assert place is not None
    await page.mouse.move(place["x"] + 1, place["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(place["x"] + place["width"] - 1, place["y"] + 12, steps=5)
    await page.mouse.up()
    assert await page.evaluate("getSelection().toString()") == "Estas palabras se marcan"
    await expect(page.get_by_role("menu")).to_have_count(0)


async def test_a_forced_answer_opens_by_itself_once(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    asked = await desk.says("¿Qué sigue?", desk.one, reply_markup={"force_reply": True, "input_field_placeholder": "Una línea"})
    await expect(page.locator(".reply-bar")).to_be_hidden()  # it is asked in another topic
    await topic(page, "Caso uno").click()
    await expect(page.locator(".reply-bar")).to_contain_text("¿Qué sigue?")
    await expect(box(page)).to_have_attribute("placeholder", "Una línea")
    await box(page).fill("Llamar mañana")
    await page.keyboard.press("Enter")
    heard = await desk.hears()
    assert isinstance(heard["reply_to_message"], dict)
    assert (heard["reply_to_message"]["message_id"], heard["message_thread_id"]) == (asked, desk.one)
    await desk.says("¿Algo más?", desk.one, reply_markup={"force_reply": True})
    await expect(page.locator(".reply-bar")).to_contain_text("¿Algo más?")
    await expect(box(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await topic(page, "General").click()
    await topic(page, "Caso uno").click()
    await expect(bubbles(page).last).to_contain_text("¿Algo más?")
    await expect(page.locator(".reply-bar")).to_be_hidden()


async def test_a_forced_answer_on_one_phone_leaves_the_hands_on_the_other(house: House) -> None:
    house.server.add_user("Rosa")
    desk = await a_desk(house)
    page = await house.page(size=LARGE)
    rosa = page.get_by_role("region", name="Teléfono de Rosa")
    await rosa.get_by_role("textbox").fill("escribo")
    await desk.says("¿Qué sigue?", reply_markup={"force_reply": True})
    await expect(page.get_by_role("region", name="Teléfono de Eva").locator(".reply-bar")).to_be_visible()
    await expect(rosa.get_by_role("textbox")).to_be_focused()


# --- covered and protected


async def test_a_covered_picture_is_fetched_only_when_tapped(house: House) -> None:
    desk = await a_desk(house)
    page = await house.page()
    fetched: list[str] = []
    page.on("request", lambda asked: fetched.append(asked.url) if "/_control/files/" in asked.url else None)
    await topic(page, "Caso uno").click()
    await desk.shows(house, desk.one, has_spoiler="true", protect_content="true", caption="De la persona")
    cover = bubbles(page).last.get_by_role("button", name="Foto oculta: toca para ver")
    await expect(cover).to_be_visible()
    await expect(bubbles(page).last.get_by_role("img", name="no se puede reenviar ni guardar")).to_be_visible()
    assert fetched == []
    await cover.focus()
    await page.keyboard.press("Enter")
    await expect(bubbles(page).last.locator("img")).to_have_js_property("naturalWidth", 1)
    newest = house.server.screen(desk.eva, "amparo_desk_bot", thread=desk.one)
    await desk.bot.call("editMessageCaption", chat_id=desk.eva.id, message_id=newest.id, caption="Otra")
    await expect(bubbles(page).last.locator(".words")).to_have_text("Otra")
    await expect(bubbles(page).last.locator("img")).to_be_visible()  # once looked at, an edit does not cover it again


async def test_protected_words_cannot_be_marked(house: House) -> None:
    page = await house.page()
    await a_person(page)
    chat = await house.bot.is_started(page)
    await house.bot.call("sendMessage", chat_id=chat, text="No se copia", protect_content=True)
    await expect(bubbles(page).last.locator(".words")).to_have_css("user-select", "none")


# --- how it looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE, LARGE], ids=["narrow", "wide", "large"])
async def test_nothing_of_it_is_clipped_nameless_or_faint(house: House, scheme: str, size: ViewportSize) -> None:
    desk = await a_desk(house)
    house.server.add_user("María de los Ángeles Guadalupe", bot="amparo_desk_bot")
    house.server.add_user("Rosa")
    page = await house.page(size=size, color_scheme=scheme, reduced_motion="reduce")
    await expect(page.locator(".phone")).to_have_count(3)
    await expect(page.locator(".phone.active .owner")).to_have_text("Teléfono de Eva")
    await desk.says("Otro", desk.two)
    await topic(page, "Caso uno").click()
    await desk.bot.call("editForumTopic", chat_id=desk.eva.id, message_thread_id=desk.two, name="Un nombre de tema muy largo " * 3)
    await desk.shows(house, desk.one, has_spoiler="true", protect_content="true", caption="Foto")
    await desk.says("¿Qué sigue? " * 9, desk.one, reply_markup={"force_reply": True})
    await expect(page.locator(".phone.active .reply-bar")).to_be_visible()
    # a row of chips scrolls, as a row of tabs does: what stands outside of its edge is not clipped; so do phones that are too many
    overflows = OVERFLOWS.replace("!node.closest('.tabs')", "!node.closest('.tabs, .topics, .phone:not(.active)')")
    assert await page.evaluate(overflows) == []
    assert await page.evaluate(NAMELESS) == []
    assert await page.evaluate(FAINT) == []
