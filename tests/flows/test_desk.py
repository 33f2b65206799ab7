"""Laws of the engine's side of the desk, on the real content: whatever the person does and whatever happens to their case, mixed.

Total and deterministic as everywhere; nothing goes to a human without a case, nothing comes to a phone after an exit; what is typed to a
human is one message to them, and the words that leave are still the program's.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flows import limits
from flows.advance import advance, begin
from flows.authoring.reach import DESKS
from flows.codec import decode_conversation, decode_effect, encode_conversation, encode_effect
from flows.desk import COMPLAINT, OF_A_CASE, SAFETY
from flows.desk import NEWS as PLACES
from flows.effects import Effect, Order, OrderKind, ShowScreen, ShowWords, SpeakVoice
from flows.events import (
    CaseNews,
    Command,
    CommandGiven,
    Crisis,
    DeskTold,
    Event,
    MediaKind,
    MediaReceived,
    News,
    Pressed,
    Reading,
    TextReceived,
    TimerFired,
)
from flows.screens import LETTER, NOTICE, screen
from flows.state import NO_DESK, CaseStage, Conversation, Mode, PhoneUse, Position
from flows.times import TABLE
from tests.flows.test_laws import ACTS, PROGRAM, START, Act, told

NEEDS_CASE = frozenset({*OF_A_CASE, "words", "media", "ring", "word", "share", "left"})
NEWS: st.SearchStrategy[Act] = st.builds(
    lambda what, words, quiet: told(lambda at: CaseNews(at=at, what=what, words=words if what is News.WORDS else 0, quiet=quiet)),
    st.sampled_from(News),
    st.integers(0, 9),
    st.booleans(),
)
DESK_ACTS = st.one_of(ACTS, ACTS, NEWS, NEWS, st.just(told(lambda at: DeskTold(at=at))))
TURNS = st.lists(st.tuples(DESK_ACTS, st.integers(0, 2_000), st.sampled_from(sorted(DESKS))), max_size=30)
STAGES = st.sampled_from(CaseStage)
Turns = list[tuple[Act, int, str]]


def shows(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(effect, ShowScreen | SpeakVoice) for effect in effects)


def codes(conversation: Conversation) -> set[str]:
    return {button.code for button in screen(PROGRAM, conversation).buttons} - {LETTER.code, NOTICE.code}


def orders(effects: tuple[Effect, ...]) -> list[OrderKind]:
    return [effect.what for effect in effects if isinstance(effect, Order)]


def held(before: Conversation, event: Event, after: Conversation, effects: tuple[Effect, ...]) -> None:
    """What is true of every turn."""
    for what in orders(effects):
        assert before.case or what.value not in NEEDS_CASE, what
        assert what is not OrderKind.REQUEST or (not before.case and after.case is CaseStage.WAITING)
    if any(isinstance(effect, ShowWords) for effect in effects):
        assert after.mode is Mode.ACTIVE
        assert after.aside != "envelope"
    if isinstance(event, CaseNews) and (before.mode is Mode.COVERED or event.quiet):
        assert effects == ()
    if isinstance(event, CaseNews | DeskTold) and not shows(effects):
        assert after.turn == before.turn
    if isinstance(event, TextReceived | MediaReceived) and not shows(effects):
        assert after.turn == before.turn
        assert codes(before) <= codes(after)  # but for the button that opens what has just been read


def walk(turns: Turns, stage: CaseStage) -> tuple[Conversation, int]:
    conversation, at = begin(PROGRAM, locale="es").evolve(case=stage), START
    for act, seconds, desk in turns:
        at += seconds
        before = conversation.evolve(desk=DESKS[desk])
        event = act(before, at)
        conversation, effects = advance(PROGRAM, before, event)
        held(before, event, conversation, effects)
        stored = decode_conversation(encode_conversation(conversation))
        assert stored == conversation.evolve(desk=NO_DESK)
        conversation = stored
        for effect in effects:
            assert isinstance(effect, Order) or decode_effect(encode_effect(effect)) == effect
    return conversation, at


@settings(max_examples=400, deadline=None)
@given(TURNS, STAGES)
def test_total_bounded_and_never_without_a_case(turns: Turns, stage: CaseStage) -> None:
    conversation, _ = walk(turns, stage)
    assert 1 <= len(conversation.stack) <= limits.STACK_DEPTH
    assert all(PROGRAM.step(at.flow, at.step) for at in conversation.stack)
    assert len(encode_conversation(conversation)) < 16_000


@settings(max_examples=150, deadline=None)
@given(TURNS, STAGES, DESK_ACTS, st.sampled_from(sorted(DESKS)))
def test_deterministic(turns: Turns, stage: CaseStage, last: Act, desk: str) -> None:
    before, at = walk(turns, stage)
    before = before.evolve(desk=DESKS[desk])
    event = last(before, at + 60)
    assert advance(PROGRAM, before, event) == advance(PROGRAM, before, event)


@settings(max_examples=200, deadline=None)
@given(TURNS, STAGES, st.lists(st.tuples(NEWS, st.integers(0, 20_000)), max_size=8))
def test_silent_after_an_exit(turns: Turns, stage: CaseStage, news: list[tuple[Act, int]]) -> None:
    """An exit is no withdrawal: the case stays, and whatever happens to it, nothing comes to this phone before the person writes."""
    conversation, at = walk(turns, stage)
    case = conversation.case
    conversation, effects = advance(PROGRAM, conversation, CommandGiven(at=at, command=Command.EXIT))
    assert conversation.case is case
    assert OrderKind.WITHDRAW not in orders(effects)
    for act, seconds in news:
        at += seconds
        conversation, effects = advance(PROGRAM, conversation, act(conversation, at))
        assert effects == ()
        assert conversation.mode is Mode.COVERED


@settings(max_examples=300, deadline=None)
@given(TURNS, st.text(max_size=40), st.none() | st.sampled_from(Command), st.sampled_from(sorted(DESKS)))
def test_in_a_live_conversation_what_is_typed_is_one_message(turns: Turns, text: str, command: Command | None, desk: str) -> None:
    """Whatever screen stands there. Words that leave, erase, take back or cry danger are the program's; everything else is the human's,
    once, and the screen and its buttons stay. Where something waited to be seen, it is shown; while somebody complains nothing is
    relayed."""
    walked, at = walk(turns, CaseStage.NONE)
    live = walked.evolve(mode=Mode.ACTIVE, aside="", case=CaseStage.LIVE, desk=DESKS[desk])
    live = live.evolve(stack=(Position(flow="welcome", step="start"),)) if live.here.flow == "cover" else live
    step = PROGRAM.flows[live.here.flow].steps[live.here.step]
    assume(step.tells in ("", "words"))
    after, effects = advance(PROGRAM, live, TextReceived(at=at, text=text, reading=Reading(command=command)))
    if command in SAFETY:
        assert shows(effects)
        assert OrderKind.WORDS not in orders(effects)
        return
    if live.here.flow == COMPLAINT:
        assert OrderKind.WORDS not in orders(effects)
        return
    assert orders(effects) == [OrderKind.WORDS]
    if live.unread or live.news:
        assert shows(effects)
        assert after.news == ""
        return
    assert not shows(effects)
    assert (after.turn, after.stack, after.answers) == (live.turn, live.stack, live.answers)


@pytest.mark.parametrize("word", ["salir", "exit", "ocultar", "borrar", "peligro", "retirar", "ya no quiero que me escriban"])
def test_the_words_that_stay_the_programs(word: str) -> None:
    """Typed exactly, in a live conversation, as the lexicon reads them."""
    command = Command(PROGRAM.commands[word])
    assert command in SAFETY


@settings(max_examples=200, deadline=None)
@given(TURNS, st.sampled_from([CaseStage.WAITING, CaseStage.LIVE]), st.sampled_from(sorted(DESKS)))
def test_withdrawal_is_two_acts_away(turns: Turns, stage: CaseStage, desk: str) -> None:
    """From every screen that is no cover: the command, then one yes. Afterwards there is no case."""
    walked, at = walk(turns, stage)
    asked = walked.evolve(case=stage, desk=DESKS[desk], mode=Mode.ACTIVE)
    asked, _ = advance(PROGRAM, asked, CommandGiven(at=at, command=Command.WITHDRAW))
    assert (asked.here.flow, asked.here.step) == ("waiting", "withdraw")
    done = [advance(PROGRAM, asked, Pressed(at=at, code=button.code)) for button in screen(PROGRAM, asked).buttons if button.code]
    withdrawn = [after for after, effects in done if OrderKind.WITHDRAW in orders(effects)]
    assert len(withdrawn) == 1
    assert not withdrawn[0].case


@settings(max_examples=150, deadline=None)
@given(NEWS, st.sampled_from([PhoneUse.CHECKED, PhoneUse.LENT]) | st.none(), st.integers(limits.ENVELOPE_SECONDS + 1, 30_000))
def test_where_others_look_nothing_comes_first(news: Act, phone: PhoneUse | None, idle: int) -> None:
    """On a phone others look at, or where they said "only when I write", nothing comes once the chat has been idle."""
    use = phone or PhoneUse.PRIVATE
    waiting = begin(PROGRAM, locale="es").evolve(case=CaseStage.LIVE, phone=use, reach="yes" if phone else "written", desk=DESKS["open"])
    waiting, _ = advance(PROGRAM, waiting, CommandGiven(at=START, command=Command.PERSON))
    after, effects = advance(PROGRAM, waiting, news(waiting, START + idle))
    assert effects == ()
    assert not TABLE[PhoneUse.CHECKED].reach
    assert after.mode is waiting.mode


def test_media_a_human_takes_is_theirs_and_other_media_says_so() -> None:
    live = begin(PROGRAM, locale="es").evolve(case=CaseStage.LIVE, desk=DESKS["open"])
    live, _ = advance(PROGRAM, live, CommandGiven(at=START, command=Command.PERSON))
    after, effects = advance(PROGRAM, live, MediaReceived(at=START, kind=MediaKind.VOICE))
    assert orders(effects) == [OrderKind.MEDIA]
    assert after.turn == live.turn
    _, effects = advance(PROGRAM, live, MediaReceived(at=START, kind=MediaKind.PHOTO))
    assert orders(effects) == []
    echoes = [effect.screen.echo for effect in effects if isinstance(effect, ShowScreen)]
    assert [echo.ref for echo in echoes if echo] == ["ui.echo_media_not_taken"]


def test_a_list_that_lost_its_case_is_not_shared() -> None:
    """The case was closed while the list stood on the screen: nothing goes, and nobody is told that it went."""
    answers = {"missing.minor": ("yes",)}
    shown = begin(PROGRAM, locale="es").evolve(answers=answers, aside="share", desk=DESKS["open"], turn=3)
    assert screen(PROGRAM, shown).lines
    after, effects = advance(PROGRAM, shown, Pressed(at=START, code="y"))
    assert orders(effects) == []
    assert all(effect.screen.echo is None for effect in effects if isinstance(effect, ShowScreen))
    assert after.aside == ""
    _, effects = advance(PROGRAM, shown.evolve(case=CaseStage.WAITING), Pressed(at=START, code="y"))
    assert orders(effects) == [OrderKind.SHARE]


def test_what_is_shared_never_incriminates() -> None:
    """Whether something was paid, handed over or done is on nobody's list, nor how long somebody has been in a country."""
    assert not {"extortion.paid", "extortion.inside", "asylum.us_entry", "asylum.mx_entry", "youth.path"} & set(PROGRAM.shareable)


def test_the_short_notice_is_short() -> None:
    """At most ninety words in chat (features.md P12), with a case and without."""
    for stage in CaseStage:
        there = begin(PROGRAM, locale="es").evolve(stack=(Position(flow="privacy", step="kept"),), case=stage)
        words = " ".join(PROGRAM.messages["es"][block] for block in screen(PROGRAM, there).blocks)
        assert len(words.split()) <= 90


@pytest.mark.parametrize("stage", [CaseStage.WAITING, CaseStage.NONE])
def test_a_cry_rings_while_somebody_is_waited_for(stage: CaseStage) -> None:
    """Typed on any screen of the guidance: the danger screen at once, and the desk hears of it where there is a case, once."""
    there = begin(PROGRAM, locale="es").evolve(case=stage, desk=DESKS["open"], turn=4)
    after, effects = advance(PROGRAM, there, TextReceived(at=START, text="…", reading=Reading(crisis=Crisis.DANGER)))
    assert after.here == Position(flow="danger", step="now")
    assert orders(effects) == ([OrderKind.RING] if stage else [])


def test_a_door_closed_for_now_says_so_and_a_copy_without_anybody_too() -> None:
    there = begin(PROGRAM, locale="es").evolve(stack=(Position(flow="person", step="offer"),), turn=4)
    shut = screen(PROGRAM, there.evolve(desk=DESKS["closed for now"]))
    assert {"card.person_offer.shut", "card.person_offer.returns"} <= set(shut.blocks)
    assert not {"card.person_offer.nobody_live", "card.person_offer.nobody_test"} & set(shut.blocks)
    never = screen(PROGRAM, there.evolve(desk=DESKS["closed"]))
    assert {"card.person_offer.nobody_live", "card.person_offer.nobody_test"} <= set(never.blocks)
    assert [button.label for button in shut.buttons] == [button.label for button in never.buttons]


ROOM = Position(flow="waiting", step="room")
CHAT = PLACES[News.TAKEN]


def at_desk(stage: CaseStage, here: Position = CHAT, **more: object) -> Conversation:
    """Somebody with a case who looks at `here`, and did something just now."""
    there = begin(PROGRAM, locale="es").evolve(case=stage, desk=DESKS["open"], turn=4, touched=START, stack=(here,))
    return there.evolve(**more)


def echoes(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.screen.echo.ref for effect in effects if isinstance(effect, ShowScreen) and effect.screen.echo]


def said(reading: Reading, kind: MediaKind = MediaKind.VOICE) -> MediaReceived:
    return MediaReceived(at=START, kind=kind, reading=reading)


@pytest.mark.parametrize(("crisis", "flow"), [(Crisis.DANGER, "danger"), (Crisis.SELF_HARM, "distress")])
def test_a_cry_under_a_file_is_heard(crisis: Crisis, flow: str) -> None:
    """With nobody there the danger screen; while waiting it rings as well; a human who is there gets the file and is rung."""
    cry = Reading(crisis=crisis)
    after, effects = advance(PROGRAM, at_desk(CaseStage.NONE, Position(flow="welcome", step="start")), said(cry))
    assert (after.here.flow, orders(effects)) == (flow, [])
    after, effects = advance(PROGRAM, at_desk(CaseStage.WAITING, ROOM), said(cry, MediaKind.PHOTO))
    assert (after.here.flow, orders(effects)) == (flow, [OrderKind.RING])
    after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE), said(cry))
    assert (after.here, orders(effects)) == (CHAT, [OrderKind.MEDIA, OrderKind.RING])
    after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE), said(cry, MediaKind.PHOTO))
    assert orders(effects) == [OrderKind.WORDS, OrderKind.RING]
    covered, _ = advance(PROGRAM, at_desk(CaseStage.NONE), CommandGiven(at=START, command=Command.EXIT))
    after, effects = advance(PROGRAM, covered, said(cry))
    assert after.here.flow == flow


def test_the_words_under_a_file_that_is_not_taken_go_as_words() -> None:
    """And the person reads that the file did not."""
    after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE), said(Reading(), MediaKind.PHOTO))
    assert (after.here, orders(effects), echoes(effects)) == (CHAT, [OrderKind.WORDS], ["ui.echo_words_only"])
    tell = Position(flow="waiting", step="tell")
    after, effects = advance(PROGRAM, at_desk(CaseStage.WAITING, tell), said(Reading(), MediaKind.PHOTO))
    assert (after.here.step, orders(effects), echoes(effects)) == ("told", [OrderKind.WORDS], ["ui.echo_words_only"])
    after, effects = advance(PROGRAM, at_desk(CaseStage.WAITING, ROOM), said(Reading(), MediaKind.PHOTO))
    assert (after.here.flow, orders(effects)) == ("media", [])


def test_a_file_called_exit_leaves() -> None:
    for kind in (MediaKind.VOICE, MediaKind.PHOTO):
        after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE), said(Reading(command=Command.EXIT), kind))
        assert after.mode is Mode.COVERED
        assert orders(effects) == [OrderKind.LEFT]


@pytest.mark.parametrize("word", ["queja", "quiero quejarme", "mis derechos", "ver mis datos"])
def test_a_complaint_never_reaches_whom_it_is_about(word: str) -> None:
    """Neither the word that opens it, nor what is typed there, nor what is typed on the screen after it."""
    command = Command(PROGRAM.commands[word])
    for stage in CaseStage:
        after, effects = advance(PROGRAM, at_desk(stage), TextReceived(at=START, text=word, reading=Reading(command=command)))
        assert after.here.flow == ("complaint" if command is Command.COMPLAINT else "privacy")
        assert orders(effects) == []
    asked = at_desk(CaseStage.LIVE, Position(flow="complaint", step="complaint"))
    done, effects = advance(PROGRAM, asked, TextReceived(at=START, text="..."))
    assert orders(effects) == [OrderKind.COMPLAINT]
    _, effects = advance(PROGRAM, done.evolve(desk=DESKS["open"]), TextReceived(at=START, text="..."))
    assert orders(effects) == []
    _, effects = advance(PROGRAM, done.evolve(desk=DESKS["open"]), said(Reading()))
    assert orders(effects) == []


def test_wanting_to_die_and_nobody_answers() -> None:
    """The screen of the worst hour, not the one of violence; it says that it is the program."""
    after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE), CaseNews(at=START, what=News.DISTRESS))
    assert after.here == Position(flow="distress", step="one_thing")
    assert echoes(effects) == ["ui.echo_program"]
    assert all(effect.urgent and effect.fresh for effect in effects if isinstance(effect, ShowScreen))


def test_what_waited_for_them_to_write_is_shown_when_they_write() -> None:
    """After a long while, or where they had said "only if I write": a human has answered meanwhile."""
    waiting = at_desk(CaseStage.LIVE, ROOM, unread=7, news="taken")
    after, effects = advance(PROGRAM, waiting, TextReceived(at=START, text="..."))
    assert after.here == CHAT
    assert orders(effects) == [OrderKind.WORDS]
    assert [effect.until for effect in effects if isinstance(effect, ShowWords)] == [7]


@pytest.mark.parametrize(("flow", "step"), [("waiting", "key_made"), ("complaint", "complained")])
def test_what_is_shown_once_is_not_swept_away(flow: str, step: str) -> None:
    here = Position(flow=flow, step=step)
    shown = at_desk(CaseStage.WAITING, here)
    after, effects = advance(PROGRAM, shown, CaseNews(at=START + 1, what=News.TAKEN))
    assert (after.here, after.case, effects) == (here, CaseStage.LIVE, ())
    after, effects = advance(PROGRAM, shown.evolve(desk=DESKS["away"]), DeskTold(at=START + 1))
    assert (after.turn, effects) == (shown.turn, ())
    after, effects = advance(PROGRAM, shown, CaseNews(at=START + 1, what=News.CRISIS))
    assert after.here.flow == "danger"


def test_a_list_one_is_about_to_share_stays() -> None:
    listed = at_desk(CaseStage.LIVE, aside="share")
    after, effects = advance(PROGRAM, listed, CaseNews(at=START + 1, what=News.BACK_SOON))
    assert (after.aside, after.news, effects) == ("share", "back_soon", ())


def test_an_offer_that_reads_the_same_is_not_shown_again() -> None:
    """So a button pressed at that moment still works."""
    welcome = at_desk(CaseStage.NONE, Position(flow="welcome", step="start"))
    offered, _ = advance(PROGRAM, welcome, CommandGiven(at=START, command=Command.PERSON))
    same, effects = advance(PROGRAM, offered, DeskTold(at=START + 1))
    assert (same.turn, effects) == (offered.turn, ())
    moved, effects = advance(PROGRAM, offered.evolve(desk=DESKS["away"]), DeskTold(at=START + 1))
    assert shows(effects)
    assert moved.turn == offered.turn + 1
    live = at_desk(CaseStage.LIVE, desk=DESKS["away"])
    assert advance(PROGRAM, live, DeskTold(at=START + 1))[1] == ()


def test_a_yes_for_another_organization_than_the_screen_named() -> None:
    """Whom the responder asks about has changed since the question was shown: it is put again."""
    asked, _ = advance(PROGRAM, at_desk(CaseStage.LIVE), CaseNews(at=START, what=News.ELSEWHERE))
    yes = next(button.code for button in screen(PROGRAM, asked).buttons if button.label.endswith("choice.yes"))
    moved = asked.evolve(desk=replace(DESKS["open"], other="Una tercera"))
    again, effects = advance(PROGRAM, moved, Pressed(at=START + 1, code=yes))
    assert (again.here, orders(effects), echoes(effects)) == (asked.here, [], ["ui.echo_offer_changed"])
    _, effects = advance(PROGRAM, again, Pressed(at=START + 2, code=yes))
    assert orders(effects) == [OrderKind.ELSEWHERE]


def idled(conversation: Conversation) -> tuple[Conversation, tuple[Effect, ...]]:
    return advance(PROGRAM, conversation, TimerFired(at=conversation.timers["idle"], name="idle"))


def test_an_envelope_outlasts_the_idle_cover() -> None:
    """It is a dull line already; whoever only looks at the phone must still see that something came."""
    late = START + limits.ENVELOPE_SECONDS + 1
    waiting, _ = advance(PROGRAM, at_desk(CaseStage.WAITING, ROOM), CommandGiven(at=START, command=Command.PERSON))
    sealed, _ = advance(PROGRAM, waiting, CaseNews(at=late, what=News.NOBODY))
    assert sealed.aside == "envelope"
    after, effects = idled(sealed)
    assert after.aside == "envelope"
    assert effects == ()  # it stands as it stood: nothing is sent again
    assert after.turn == sealed.turn
    opened, _ = advance(PROGRAM, after, Pressed(at=late + 9_000, code="nview"))
    assert opened.here == PLACES[News.NOBODY]


def test_news_that_nobody_touched_is_offered_on_the_way_back() -> None:
    """Only a human's words are called an answer."""
    waiting, _ = advance(PROGRAM, at_desk(CaseStage.WAITING, ROOM), CommandGiven(at=START, command=Command.PERSON))
    shown, _ = advance(PROGRAM, waiting, CaseNews(at=START + 5, what=News.NOBODY))
    covered, _ = idled(shown)
    assert covered.mode is Mode.DIMMED
    back, _ = advance(PROGRAM, covered, TextReceived(at=START + 9_000, text="hola", reading=Reading(greeting=True)))
    assert screen(PROGRAM, back).buttons[0] == NOTICE
    assert screen(PROGRAM, back.evolve(unread=3)).buttons[0] == LETTER
    seen, _ = advance(PROGRAM, shown, Pressed(at=START + 6, code=next(b.code for b in screen(PROGRAM, shown).buttons if b.code)))
    covered, _ = idled(seen)
    assert not covered.news


def test_when_the_permission_has_ended_nothing_is_relayed_and_it_is_asked_anew() -> None:
    ended = replace(DESKS["open"], ended=True)
    for event in (TextReceived(at=START, text="..."), said(Reading()), MediaReceived(at=START, kind=MediaKind.VOICE)):
        after, effects = advance(PROGRAM, at_desk(CaseStage.LIVE, desk=ended), event)
        assert (after.here, orders(effects)) == (PLACES[News.ENDED], [])
    told_, effects = advance(PROGRAM, at_desk(CaseStage.LIVE, desk=ended), CaseNews(at=START, what=News.ENDED))
    yes = next(button.code for button in screen(PROGRAM, told_).buttons if button.label.endswith("choice.renew"))
    _, effects = advance(PROGRAM, told_, Pressed(at=START + 1, code=yes))
    assert orders(effects) == [OrderKind.RENEW]
    none = told_.evolve(case=CaseStage.NONE)
    assert not any(button.label.endswith("choice.renew") for button in screen(PROGRAM, none).buttons)
