"""Words both ways: numbered, whole, as text; changed, removed, held and undone. Every story asks what both phones show."""

from __future__ import annotations

from pathlib import Path

from bot.botapi.chats import Message
from bot.domain.case import WordsState
from tests.e2e.desk_running import office

MARKUP = "<b>hola</b> *uno* _dos_ `tres` [x](y) & < > \\"
LINK = "mira https://ejemplo.mx/a?b=1 y t.me/alguien y @alguien"


def tappable(message: Message) -> list[object]:
    """What a client would make of it beside the cover that hides it until it is tapped."""
    return [entity["type"] for entity in message.content.entities if entity["type"] != "spoiler"]


async def test_words_go_both_ways_in_order_and_numbered(tmp_path: Path) -> None:
    """The seeker reads the alias before the words; the responder reads a number before each of hers, and where their own are."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        for text in ("uno", "dos", "tres"):
            await here.says(ana, text)
        assert [text for text in here.reads(rio, thread) if text[:1].isdigit()] == ["1 · uno", "2 · dos", "3 · tres"]
        await here.writes(rio, "Te leo.", thread)
        await here.writes(rio, "Sigo aquí.", thread)
        said = [text for text in here.left(ana) if text.startswith("Río: ")]
        assert said == ["Río: Buenas noches.", "Río: Te leo.", "Río: Sigo aquí."]
        assert here.reads(rio, thread).count(f"Mensaje 3: entregado a {here.case().designation}.") == 1
        assert [message.text for message in here.ours(ana) if message.text in ("uno", "dos", "tres")] == [], "nothing is echoed"
        assert {"uno", "dos", "tres"} <= set(here.left(ana)), "in a live chat nothing of hers is deleted turn by turn"


async def test_the_program_is_silent_in_a_live_conversation(tmp_path: Path) -> None:
    """What would be a need, a command or a greeting elsewhere goes to the human, and no screen of ours answers."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        before = len(here.ours(ana))
        for text in ("me extorsionan", "menú", "hola", "ayuda", "sí", "1"):
            await here.says(ana, text)
        assert len(here.ours(ana)) == before
        for text in ("me extorsionan", "menú", "hola", "ayuda", "sí", "1"):
            assert here.find(rio, f" · {text}", thread)


async def test_markup_and_links_arrive_as_plain_text(tmp_path: Path) -> None:
    """Nothing is bold, nothing can be tapped, no preview; the letters are all there."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, MARKUP)
        await here.says(ana, LINK)
        marked = here.find(rio, "uno*", thread)
        assert marked.text.replace("[/]", "/") == f"1 · {MARKUP}"
        assert not tappable(marked)
        linked = here.find(rio, "ejemplo", thread)
        assert not tappable(linked), "a tap on a link gives an address away"
        assert "https://ejemplo.mx" not in linked.text, "a client makes a link of it by itself"
        sent = [call for call in here.api.calls("sendMessage", bot=here.desk) if "ejemplo" in str(call.params.get("text"))]
        assert sent
        assert all(call.params["link_preview_options"] == {"is_disabled": True} for call in sent)
        await here.writes(rio, MARKUP, thread)
        hers = here.api.screen(ana)
        assert hers.text == f"Río: {MARKUP}"
        assert set(tappable(hers)) <= {"bot_command"}, "letters are letters: nothing is bold, nothing is a link"


async def test_a_command_in_her_words_is_no_button_at_the_responders(tmp_path: Path) -> None:
    """A client makes a tap of "/panico"; one tap would end somebody's access."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "escribe /panico o /turno")
        assert not tappable(here.find(rio, "escribe", thread))


async def test_long_words_arrive_whole(tmp_path: Path) -> None:
    """4,096 characters from her, the platform's own limit: with its number it needs two messages. 3,500 from the responder; longer ones are
    refused with the reason."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        long = "a ver " * 682 + "fin."
        assert len(long) == 4096
        await here.says(ana, long)
        arrived = here.all_of(rio, thread)
        assert arrived.split().count("ver") == 682
        assert "fin." in arrived
        answer = "va de nuevo " * 291
        await here.writes(rio, answer.strip(), thread)
        assert here.api.screen(ana).text == f"Río: {answer.strip()}"
        standing = len(here.left(ana))
        await here.writes(rio, "b" * 3501, thread)
        assert "Es muy largo para un mensaje. Mándalo en dos." in here.all_of(rio)
        assert len(here.left(ana)) == standing


async def test_what_the_seeker_edits_is_read_anew(tmp_path: Path) -> None:
    """In its place, marked; also while it waited for somebody to take the case."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        said = here.api.text(ana, "estoy en la calle 5")
        await here.settle()
        here.api.edit(ana, said, "estoy afuera")
        await here.settle()
        assert "1 (editado) · estoy afuera" in here.reads(rio, thread)
        assert "calle 5" not in here.all_of(rio)
        assert "estoy afuera" in here.left(ana)


async def test_the_longest_message_is_edited_and_taken_back_whole(tmp_path: Path) -> None:
    """It stands in two messages at the responder's; none of them stays."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        said = here.api.text(ana, "primera " * 512)
        await here.settle()
        assert here.all_of(rio, thread).count("primera") == 512
        here.api.edit(ana, said, "segunda " * 512)
        await here.settle()
        assert "primera" not in here.all_of(rio, thread)
        assert here.all_of(rio, thread).count("segunda") == 512
        await here.taps(ana, "Quitar mi último mensaje")
        assert "segunda" not in here.all_of(rio, thread)


async def test_she_takes_her_last_message_back(tmp_path: Path) -> None:
    """Telegram tells nobody of a deletion; the button does, and the responder sees that something was removed, and what number."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.says(ana, "uno")
        await here.says(ana, "esto no")
        await here.taps(ana, "Quitar mi último mensaje")
        assert "Pedí que se quite tu último mensaje." in here.api.screen(ana).text
        assert "esto no" not in here.all_of(rio)
        assert "1 · uno" in here.reads(rio, thread)
        assert "La persona quitó su mensaje 2." in here.reads(rio, thread)
        assert "esto no" not in str(await here.words())


async def test_words_stand_in_the_hold_with_the_alias_and_can_be_undone(tmp_path: Path) -> None:
    """The wrong words to the wrong person: five seconds, the name in sight, one tap."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        standing = here.left(ana)
        await here.types(rio, "esto era para alguien más", thread)
        held = here.find(rio, "Sale en", thread)
        assert here.case().designation in held.text
        assert held.labels == ["Deshacer"]
        assert here.left(ana) == standing
        await here.presses(rio, "Deshacer", thread)
        assert here.toast(rio) == "No salió."
        await here.pass_(10)
        assert here.left(ana) == standing
        assert "No salió." in here.all_of(rio, thread)
        assert "esto era" not in str(await here.words())


async def test_an_edit_in_the_hold_leaves_as_edited(tmp_path: Path) -> None:
    """The seeker reads the last version and no mark."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        said = await here.types(rio, "¿Alcanzaste a pedir el foilo?", thread)
        here.api.edit(rio, said, "¿Alcanzaste a pedir el folio?", bot=here.desk)
        await here.settle()
        await here.pass_(6)
        assert "Río: ¿Alcanzaste a pedir el folio?" in here.left(ana)
        assert "foilo" not in here.reads_seeker(ana)


async def test_an_edit_after_delivery_changes_what_she_reads(tmp_path: Path) -> None:
    """In its place, without a second message."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        said = await here.writes(rio, "Nos vemos a las 5", thread)
        standing = len(here.left(ana))
        here.api.edit(rio, said, "Te escribo a las 6", bot=here.desk)
        await here.settle()
        assert "Río: Te escribo a las 6" in here.left(ana)
        assert "a las 5" not in here.reads_seeker(ana)
        assert len(here.left(ana)) == standing


async def test_delivered_words_are_taken_back_from_her_phone(tmp_path: Path) -> None:
    """*Quitar* under them; the responder reads that it is gone."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        await here.writes(rio, "esto no era para ti", thread)
        assert "Río: esto no era para ti" in here.left(ana)
        delivered = here.find(rio, "Mensaje 2: entregado", thread)
        await here.presses(rio, "Quitar", thread, message=delivered)
        assert "esto no era" not in here.reads_seeker(ana)
        assert "Mensaje 2: quitado." in here.reads(rio, thread)
        assert [one.state for one in await here.words() if one.number == 2 and one.author] == [WordsState.REMOVED]


async def test_a_voice_or_a_picture_of_a_responder_does_not_leave(tmp_path: Path) -> None:
    """It would give them away; they are told why, and she gets nothing."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking()
        standing = here.left(ana)
        for kind in ("voice", "photo", "document", "video"):
            here.api.media(rio, kind, bot=here.desk, thread=thread, caption="mira")
            await here.settle()
        here.api.location(rio, 19.4, -99.1, bot=here.desk, thread=thread)
        await here.settle()
        await here.pass_(6)
        assert here.left(ana) == standing
        assert here.reads(rio).count("Solo texto: así no se sabe quién eres.") == 5
        assert not here.api.calls("getFile", bot=here.desk)


async def test_a_canned_reply_is_read_in_the_seekers_language(tmp_path: Path) -> None:
    """Picked in Spanish, read in English, and she answers in hers."""
    async with office(tmp_path) as here:
        ana, rio, thread = await here.talking(language="en", languages=("es", "en"))
        await here.presses(rio, "Respuestas", thread)
        assert "inglés" in here.find(rio, "Respuestas. Se mandan", thread).text
        await here.presses(rio, "Saludo", thread)
        preview = here.find(rio, "Así lo lee, en inglés:", thread)
        assert "Soy una persona, no un programa." in preview.text
        await here.presses(rio, "Mandar", thread)
        await here.pass_(6)
        english = here.running.desk.office.texts.find("en", "reply.greeting")
        assert english
        assert english != here.running.desk.office.texts.find("es", "reply.greeting")
        assert f"Río: {english}" in here.left(ana)
        assert "Soy una persona" not in here.reads_seeker(ana)
        await here.says(ana, "thank you")
        assert "1 · thank you" in here.reads(rio, thread)


async def test_words_outside_every_topic_go_to_nobody(tmp_path: Path) -> None:
    """With two cases open, what is typed in the main chat is for nobody, and says so."""
    async with office(tmp_path) as here:
        ana, rio, _ = await here.talking()
        eva = await here.asks("Eva", reach="yes")
        await here.takes(rio)
        await here.writes(rio, "¿a quién?", 0)
        assert "¿a quién?" not in here.reads_seeker(ana) + here.reads_seeker(eva)
        assert here.find(rio, here.desk_says("not_understood"), 0)


async def test_two_conversations_never_meet(tmp_path: Path) -> None:
    """Each topic belongs to one of them."""
    async with office(tmp_path) as here:
        ana, rio, hers = await here.talking()
        eva = await here.asks("Eva", reach="yes")
        other = await here.takes(rio)
        assert other != hers
        await here.writes(rio, "para Ana", hers)
        await here.writes(rio, "para Eva", other)
        await here.says(eva, "soy eva")
        await here.says(ana, "soy ana")
        assert "para Eva" not in here.reads_seeker(ana)
        assert "para Ana" not in here.reads_seeker(eva)
        assert "soy eva" in here.all_of(rio, other)
        assert "soy eva" not in here.all_of(rio, hers)
        assert "soy ana" in here.all_of(rio, hers)
        assert "soy ana" not in here.all_of(rio, other)


async def test_who_comes_on_duty_does_not_disturb_a_conversation(tmp_path: Path) -> None:
    """Offers on screens change with every duty; a live chat stays as it is, in its order."""
    async with office(tmp_path) as here:
        ana, _, _ = await here.talking()
        before = here.left(ana)
        mar = await here.responder("Mar", on_duty=False)
        await here.commands(mar, "/turno")
        await here.pass_(1)
        assert here.left(ana) == before
