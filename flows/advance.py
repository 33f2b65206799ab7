"""The heart: `advance(program, conversation, event)` gives the next conversation and what must be done, and nothing else happens.

It is **total**: every event in every state has an answer; what cannot be understood shows the current screen again, kindly. It is
**bounded**: `flows.limits` names every bound. It has no clock, disk, network, chance or log: time stands in the event.

An order holds for typed words. A command that is exactly a command comes first (leaving must always work); then a crisis, wherever it is
said; then the question on the screen; then a need the words name; then "I did not understand you, and that is not your fault".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flows import desk, limits
from flows.effects import (
    Echo,
    EchoKind,
    Effect,
    EraseSeeker,
    Order,
    OrderKind,
    RemoveMedia,
    RemoveTyped,
    SetLifetimes,
    ShowScreen,
    SpeakVoice,
    Wipe,
)
from flows.events import (
    COMMANDS,
    Blocked,
    CaseNews,
    Command,
    CommandGiven,
    Crisis,
    DeskTold,
    Event,
    MediaKind,
    MediaReceived,
    Pressed,
    Reading,
    StalePressed,
    Started,
    TextReceived,
    TimerFired,
    TooMany,
)
from flows.guessing import asks_softly, offered, remembered, soft_question
from flows.matching import normalise, pick
from flows.navigation import WELCOME, Journey, go_back, journey_to, land, leave_flow, open_flow, resolve, tick
from flows.program import ChoiceNode, Program, StepNode, TriggerNode
from flows.screens import COPY, digest, screen
from flows.state import NO_ANSWERS, NO_DESK, CaseStage, Conversation, Mode, PhoneUse, Position
from flows.times import TABLE
from flows.values import values

Advanced = tuple[Conversation, tuple[Effect, ...]]

KEPT_WHILE_PAUSED: Final = frozenset({"authority", "missing.open"})
"""Answers a pause must not lose: the screen the person comes back to has already said that these doors are gone."""
FINAL: Final = frozenset({"@exit", "@hide", "@erase_now"})
RESUMED_PAST: Final = frozenset({"cover", "paused", "returning", "erase", "help", "privacy", "person", desk.WAITING, desk.LIVE})
"""What lies on top of what a person was doing: *seguir donde iba* leads past all of it."""
OF_THE_COVER: Final = frozenset({"documents", "medical"})
"""Guides of what the cover speaks of too: whoever types "papeles" or "doctor" there is answered by the cover."""
COVER_CARD: Final = Position(flow="cover", step="card")
COVER_FACE: Final = Position(flow="cover", step="face")
CRISIS_FLOWS: Final = frozenset({"danger", "distress"})
CRISIS_INTENTS: Final = MappingProxyType({Crisis.DANGER: "danger", Crisis.SELF_HARM: "self_harm"})
COMMAND_FLOWS: Final = MappingProxyType(
    {
        Command.LANGUAGE: "language",
        Command.PERSON: "person",
        Command.ERASE: "erase",
        Command.HELP: "help",
        Command.PRIVACY: "privacy",
        Command.WITHDRAW: "privacy",
        Command.COMPLAINT: desk.COMPLAINT,
        Command.RIGHTS: "privacy",
    }
)


def begin(program: Program, *, locale: str, cover_until: int = 0) -> Conversation:
    """A conversation nobody has spoken in yet. `cover_until`: an erasure was asked for not long ago, and the cover still holds."""
    known = locale if locale in program.locales else "es"
    fresh = Conversation(program=program.id, locale=known, stack=(WELCOME,))
    return fresh.evolve(mode=Mode.COVERED, cover_until=cover_until, stack=(COVER_CARD,)) if cover_until else fresh


def advance(program: Program, conversation: Conversation, event: Event) -> Advanced:
    """One turn. The caller gives the program the conversation is pinned to; when that has gone, any other, and nobody is stranded."""
    at = event.at
    if conversation.program != program.id or not _known(program, conversation):
        conversation = land(program, conversation)
    conversation = conversation.evolve(turn=conversation.turn + 1)
    if isinstance(event, Blocked):  # whoever unblocks the bot later may be somebody else: the session ends as by an exit, silently
        gone = _exit(program, conversation, at)[0].evolve(timers=MappingProxyType({}))
        return gone, (Order(what=OrderKind.BLOCKED),) if conversation.case else ()
    if isinstance(event, TimerFired):
        return _timer(program, conversation, event)
    if isinstance(event, CaseNews):
        return _news(program, conversation, event)
    if isinstance(event, DeskTold):
        return _desk_told(program, conversation)
    if conversation.mode is Mode.COVERED and at >= conversation.cover_until:
        conversation = conversation.evolve(mode=Mode.ACTIVE, cover_until=0, stack=(WELCOME,))
    if conversation.unmet:
        conversation = conversation.evolve(unmet="")
    before = conversation
    after, effects = desk.unread_shown(*_by_mode(program, conversation, event))
    if any(isinstance(effect, ShowScreen) for effect in effects):
        after, effects = _told(program, before, after, effects, typed=isinstance(event, TextReceived))
    else:  # what went to a human leaves the screen as it stands, and its buttons good
        after = after.evolve(turn=before.turn - 1)
    return _named(_bounded(_timed(program, after.evolve(touched=at) if after.case else after, at)), effects), effects


def _named(conversation: Conversation, effects: tuple[Effect, ...]) -> Conversation:
    """Remember which organizations the screen speaks of: who answers may change before the person taps, and their yes is for the one they
    read."""
    shown = next((effect.screen for effect in reversed(effects) if isinstance(effect, ShowScreen)), None)
    if shown is None:
        return conversation
    known = shown.desk or NO_DESK
    stood = digest(shown)
    if (conversation.offered, conversation.offered_other, conversation.stood) == (known.organization, known.other, stood):
        return conversation
    return conversation.evolve(offered=known.organization, offered_other=known.other, stood=stood)


def _news(program: Program, conversation: Conversation, event: CaseNews) -> Advanced:
    after, effects, shown = desk.told(program, conversation, event)
    if not shown:
        return after.evolve(turn=conversation.turn - 1), effects
    return _named(_bounded(_timed(program, after, event.at)), effects), effects


def _desk_told(program: Program, conversation: Conversation) -> Advanced:
    """The offer on the screen says the truth again. It changes nothing else, and whoever looks at something else is not disturbed."""
    stays = conversation.mode is not Mode.ACTIVE or conversation.aside or not _step(program, conversation).speaks_of_desk
    if not stays and conversation.case is not CaseStage.LIVE and conversation.here not in desk.WRITTEN_DOWN:
        shown = screen(program, conversation)
        if digest(shown) != conversation.stood:  # what reads the same is left alone, and its buttons stay good
            effects = (ShowScreen(screen=shown),)
            return _named(conversation, effects), effects
    return conversation.evolve(turn=conversation.turn - 1), ()


def _by_mode(program: Program, conversation: Conversation, event: Event) -> Advanced:
    match conversation.mode:
        case Mode.COVERED:
            return _covered(program, conversation, event)
        case Mode.DIMMED:
            return _dimmed(program, conversation, event)
        case Mode.PAUSED:
            return _paused(program, conversation, event)
        case Mode.ACTIVE:
            return _active(program, conversation, event)


# -- the four ways a conversation can stand --------------------------------------------------------------------------------


def _active(program: Program, conversation: Conversation, event: Event) -> Advanced:
    match event:
        case TextReceived() if desk.relays(conversation, _step(program, conversation), event.reading):
            return _relayed(program, conversation, event)
        case MediaReceived() if desk.takes(conversation, event.kind):
            return _handed_over(program, conversation, event)
        case MediaReceived(reading=Reading() as reading):
            return _captioned(program, conversation, TextReceived(at=event.at, text="", reading=reading), event.kind)
        case MediaReceived() if conversation.case is CaseStage.LIVE:
            return _not_taken(program, conversation)
        case Started():
            return _start(program, conversation, event.payload)
        case CommandGiven():
            return _command(program, conversation, event.command, event.at)
        case Pressed():
            return _press(program, conversation, event.code, event.at)
        case TextReceived():
            return _text(program, conversation, event)
        case MediaReceived():
            return _media(program, conversation, event.kind)
        case StalePressed(quiet=True):
            return _show(program, conversation)
        case TooMany():
            return _show(program, conversation, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_too_many"))
        case _:
            return _show(program, conversation, Echo(kind=EchoKind.STALE))


def _covered(program: Program, conversation: Conversation, event: Event) -> Advanced:
    """After an exit nothing of before is shown without the person's own choice to return. Danger is still heard."""
    if isinstance(event, MediaReceived) and event.reading is not None and _urgent(program, event.reading):
        event = TextReceived(at=event.at, text="", reading=event.reading)
    match event:
        case TextReceived() if _cry(program, event.reading):
            return _text(program, _uncover(conversation), event)
        case CommandGiven(command=Command.DANGER):
            return _command(program, _uncover(conversation), Command.DANGER, event.at)
        case CommandGiven(command=Command.EXIT | Command.HIDE) | TextReceived(reading=Reading(command=Command.EXIT | Command.HIDE)):
            return _exit(program, conversation, event.at)  # also the word itself must not stand above the cover
        case CommandGiven(command=Command.ERASE) | TextReceived(reading=Reading(command=Command.ERASE)):
            return _command(program, conversation, Command.ERASE, event.at)
        case Pressed() if conversation.here.flow in ("cover", "erase"):
            return _press(program, conversation, event.code, event.at)
        case TextReceived() if event.reading.command in (None, Command.RESUME) and _returns(program, conversation, event):
            return _text(program, _uncover(conversation), event)
        case TextReceived() if code := _answered(program, conversation, _step(program, conversation), event.text):
            return _press(program, conversation, code, event.at)
        case _:
            return _show(program, conversation.evolve(stack=(COVER_FACE,), aside=""))


def _dimmed(program: Program, conversation: Conversation, event: Event) -> Advanced:
    """The screen shows the cover, the conversation is as it was. On a phone others look at, a greeting meets the cover's face first."""
    watched = TABLE[conversation.phone].typed_at_once
    match event:
        case Pressed() if conversation.here.flow == "cover":
            return _press(program, conversation, event.code, event.at)
        case Started() | StalePressed() | TextReceived(reading=Reading(greeting=True)) if watched:
            return _show(program, _cover_on(conversation, COVER_FACE))
        case Started() | StalePressed() | TextReceived(reading=Reading(greeting=True)):
            return _show(program, open_flow(program, _undim(conversation), "returning"))
        case TextReceived() if watched and not (event.reading.command or _beyond(program, event.reading) or _cry(program, event.reading)):
            return _show(program, _cover_on(conversation, COVER_FACE))
        case _:
            return _uncovered(program, *_active(program, _undim(conversation), event))


def _uncovered(program: Program, conversation: Conversation, effects: tuple[Effect, ...]) -> Advanced:
    """Whoever writes to a human from behind the cover wants to see where they are."""
    if any(isinstance(effect, ShowScreen) for effect in effects):
        return conversation, effects
    shown, screens = _show(program, conversation)
    return shown, (*effects, *screens)


def _paused(program: Program, conversation: Conversation, event: Event) -> Advanced:
    """Whatever comes, the person chooses: go on, start again, or erase. Danger and the exits are heard as always."""
    if isinstance(event, MediaReceived) and event.reading is not None and _urgent(program, event.reading):
        event = TextReceived(at=event.at, text="", reading=event.reading)
    match event:
        case Pressed() if conversation.here.flow in ("paused", "cover"):
            after, effects = _press(program, conversation.evolve(mode=Mode.ACTIVE), event.code, event.at)
            if after.mode is Mode.ACTIVE and after.here.flow in ("paused", "cover"):
                return _press(program, conversation, event.code, event.at)
            return after, effects  # what they chose is what they see next, and its buttons work
        case CommandGiven(command=Command.EXIT | Command.ERASE | Command.HIDE | Command.DANGER):
            return _active(program, conversation.evolve(mode=Mode.ACTIVE), event)
        case TextReceived() if event.reading.command or _cry(program, event.reading):
            return _active(program, conversation.evolve(mode=Mode.ACTIVE), event)
        case TextReceived() if code := _answered(program, conversation, _step(program, conversation), event.text):
            return _press(program, conversation, code, event.at)
        case _:
            return _show(program, open_flow(program, conversation, "paused"))


def _returns(program: Program, conversation: Conversation, event: TextReceived) -> bool:
    """Whether typed words are the person's own choice to come back from behind the cover: they name a need, or ask to go on. A greeting,
    the menu or thanks are what anybody who holds the phone would type, and keep the cover."""
    flows = {program.triggers[intent].flow for intent in _beyond(program, event.reading) if intent in program.triggers}
    return event.reading.command is Command.RESUME or any(program.flows[flow].need or flow in CRISIS_FLOWS for flow in flows)


def _beyond(program: Program, reading: Reading) -> list[str]:
    """What was asked for beyond the papers and the health of the cover: those anybody who holds the phone would type there."""
    triggers = program.triggers
    return [intent for intent in reading.intents if intent not in triggers or triggers[intent].flow not in OF_THE_COVER]


def _urgent(program: Program, reading: Reading) -> bool:
    """Words under a file that must be heard wherever they are said: a cry, or a word that leaves or erases."""
    return reading.command in desk.SAFETY or _cried(program, reading) is not None


def _cry(program: Program, reading: Reading) -> bool:
    return reading.command is Command.DANGER or _cried(program, reading) is not None


def _uncover(conversation: Conversation) -> Conversation:
    return conversation.evolve(mode=Mode.ACTIVE, cover_until=0, stack=(WELCOME,), aside="")


def _undim(conversation: Conversation) -> Conversation:
    """The cover steps go from the top of the stack; what was under them is where the person was."""
    stack = conversation.stack
    while len(stack) > 1 and stack[-1].flow == "cover":
        stack = stack[:-1]
    return conversation.evolve(mode=Mode.ACTIVE, stack=stack if stack[-1].flow != "cover" else (WELCOME,))


def _cover_on(conversation: Conversation, position: Position) -> Conversation:
    under = tuple(at for at in conversation.stack if at.flow != "cover")[-limits.STACK_DEPTH + 1 :]
    return conversation.evolve(mode=Mode.DIMMED, stack=(*under, position), aside="")


# -- what a person does ----------------------------------------------------------------------------------------------------


def _start(program: Program, conversation: Conversation, payload: str = "") -> Advanced:
    locale = payload if payload in program.locales else conversation.locale
    return _show(
        program,
        conversation.evolve(stack=(WELCOME,), trail=(), queue=(), page=0, aside="", locale=locale, mode=Mode.ACTIVE),
    )


def _text(program: Program, conversation: Conversation, event: TextReceived) -> Advanced:
    reading = event.reading
    if conversation.aside == "envelope":
        conversation = conversation.evolve(aside="")
    if reading.locale in program.locales and reading.locale and reading.command is not Command.LANGUAGE:
        conversation = conversation.evolve(locale=reading.locale)  # they wrote in it: the answer comes in it
    if reading.command is not None:
        return _command(program, conversation, reading.command, event.at, locale=reading.locale)
    step = _step(program, conversation)
    answered = None if conversation.aside else _answered(program, conversation, step, event.text)
    cry = _cried(program, reading)
    if cry and (answered is None or (reading.sure and conversation.here.flow != cry.flow)):
        after, effects = _enter_crisis(program, conversation, cry)
        return after, (*effects, Order(what=OrderKind.RING, value=cry.flow)) if conversation.case else effects
    if answered == "":
        return _show(program, conversation)
    if answered is not None:
        after, effects = _press(program, conversation, answered, event.at)
        return _echoed(program, after, effects, Echo(kind=EchoKind.CHOICE, ref=_label(step, answered)))
    if asks_softly(program, conversation, reading):
        return _softly(program, conversation, reading)
    if reading.goodbye and conversation.here.flow != "distress":  # there a farewell is a sign, and nothing is hidden for it
        return _hide(program, conversation)
    if reading.greeting and not reading.intents:
        return _show(program, conversation)
    needs = tuple(dict.fromkeys(intent for intent in reading.intents if intent in program.triggers))
    if needs:
        return _needs(program, remembered(conversation, reading.guesses), needs, reading.who)
    if reading.guess is not None:
        return _command(program, conversation, reading.guess, event.at, locale=reading.locale)
    if step.kind == "wait" and not conversation.aside:
        return _go(program, conversation, journey_to(program, conversation, "go"))
    if conversation.case and conversation.desk.ended:  # nobody may read it: the permission is asked anew
        return _show(program, desk.viewed(program, conversation))
    likeliest = None if step.kind.startswith("ask") else offered(program, conversation, reading.guesses)
    if likeliest is not None:
        return _show(program, likeliest, Echo(kind=EchoKind.NOT_UNDERSTOOD))
    return _not_understood(program, conversation, step)


def _softly(program: Program, conversation: Conversation, reading: Reading) -> Advanced:
    """Between a crisis and none lies a question. Under it lies what was understood besides, so that "no, eso no" leads there."""
    needs = tuple(dict.fromkeys(intent for intent in reading.intents if intent in program.triggers))
    under, effects = _needs(program, conversation, needs, reading.who) if needs else (conversation, ())
    if not needs:
        under = offered(program, conversation, reading.guesses) or conversation
    after, shown = _show(program, soft_question(program, under), urgent=True)
    return after, (*(effect for effect in effects if not isinstance(effect, ShowScreen | RemoveTyped)), *shown)


def _handed_over(program: Program, conversation: Conversation, event: MediaReceived) -> Advanced:
    """A file goes to the human, and the words under it with it; a cry in them rings, and a word that is the program's own is heard."""
    reading = event.reading or Reading()
    if reading.command in desk.SAFETY:
        return _text(program, conversation, TextReceived(at=event.at, text="", reading=reading))
    cry = _cried(program, reading)
    handed = Order(what=OrderKind.MEDIA, value=event.kind.value)
    orders = (handed, Order(what=OrderKind.RING, value=cry.flow)) if cry else (handed,)
    if not (conversation.unread or conversation.news):
        return conversation, orders
    after, effects = _show(program, desk.viewed(program, conversation))  # it waited for them: now it is shown
    return after, (*orders, *effects)


def _captioned(program: Program, conversation: Conversation, event: TextReceived, kind: MediaKind) -> Advanced:
    """The file stays where it is; the words under it are words, and go where typed ones would go."""
    if _urgent(program, event.reading) and not desk.relays(conversation, _step(program, conversation), event.reading):
        return _text(program, conversation, event)
    if not desk.relays(conversation, _step(program, conversation), event.reading):
        return _not_taken(program, conversation) if conversation.case is CaseStage.LIVE else _media(program, conversation, kind)
    after, effects = _relayed(program, conversation, event)
    if after.here.flow in CRISIS_FLOWS:
        return after, effects
    orders = tuple(effect for effect in effects if isinstance(effect, Order))
    shown, screens = _show(program, after, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_words_only"))
    return shown, (*orders, *screens)


def _not_taken(program: Program, conversation: Conversation) -> Advanced:
    if conversation.desk.ended:
        return _show(program, desk.viewed(program, conversation))
    return _show(program, conversation, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_media_not_taken"))


def _relayed(program: Program, conversation: Conversation, event: TextReceived) -> Advanced:
    """What was typed is for the human. A crisis in it rings them; before anybody is there, the program answers it as well."""
    step = _step(program, conversation)
    cry = _cried(program, event.reading)
    orders = desk.heard(step, cry.flow if cry and conversation.case else "")
    if conversation.aside == "envelope":  # they wrote instead of opening it: it opens
        after, effects = _show(program, desk.viewed(program, conversation))
        return after, (*orders, *effects)
    if conversation.case is CaseStage.LIVE and step.tells in ("", "words"):
        if not (conversation.unread or conversation.news):
            return conversation, orders
        after, effects = _show(program, desk.viewed(program, conversation))  # it waited for them to write: now it is shown
        return after, (*orders, *effects)
    if cry:
        after, effects = _enter_crisis(program, conversation, cry)
    else:
        after, effects = _go(program, conversation, journey_to(program, conversation, "go"))
    return after, (*orders, *effects)


def _not_understood(program: Program, conversation: Conversation, step: StepNode) -> Advanced:
    if conversation.turn == 1:
        return _show(program, conversation)
    asks = step.kind.startswith("ask") and not conversation.aside
    return _show(program, conversation, Echo(kind=EchoKind.NOT_A_CHOICE if asks else EchoKind.NOT_UNDERSTOOD))


def _answered(program: Program, conversation: Conversation, step: StepNode, text: str) -> str | None:
    """The code of the button that typed words stand for, if they stand for one; "" for a copy button, which only a press can use.
    Digits count every button that is seen."""
    shown = screen(program, conversation).buttons
    named = [(button.code, button.label) for button in shown if button.label]
    if step.kind == "ask_place":
        words = normalise(text)
        exact = [number for number, (_, name) in enumerate(program.places.get(step.place, ())) if normalise(name) == words]
        if exact:
            return f"p{exact[0]}"
    own = [(code, label) for code, label in named if not code.startswith("n")]
    code = pick(text, own, program.labels)
    return None if code and _only_begins(program, step, code, normalise(text)) else code


def _only_begins(program: Program, step: StepNode, code: str, words: str) -> bool:
    """Whether words that leave or destroy are only how a sentence begins: "salir del país", "sí pero espera". Those must be exact."""
    if code[0] != "c" or step.choices[int(code[1:])].to not in FINAL or words.isdecimal():
        return False
    return words not in program.labels.get(step.choices[int(code[1:])].label, ())


def _label(step: StepNode, code: str) -> str:
    return step.choices[int(code[1:])].label if code[0] == "c" else ""


def crisis_in(program: Program, reading: Reading) -> str:
    """The flow a crisis in these words leads to; empty when there is none."""
    cry = _cried(program, reading)
    return cry.flow if cry else ""


def _cried(program: Program, reading: Reading) -> TriggerNode | None:
    """Where a cry leads, if the words hold one: a crisis, or a need that says danger or the wish to die has been heard."""
    intents = (*((CRISIS_INTENTS[reading.crisis],) if reading.crisis else ()), *reading.intents)
    cries = [program.triggers[intent] for intent in intents if intent in program.triggers]
    return next((cry for cry in cries if cry.flow in CRISIS_FLOWS and f"{cry.flow}.heard" in cry.sets), None)


def _enter_crisis(program: Program, conversation: Conversation, cry: TriggerNode) -> Advanced:
    for key, value in cry.sets.items():
        conversation = _answer(conversation, key, value)
    return _show(program, open_flow(program, conversation, cry.flow, cry.step), urgent=True)


def _needs(program: Program, conversation: Conversation, intents: tuple[str, ...], who: str | None) -> Advanced:
    """One or several needs were named: the first in order of harm is opened, the others wait their turn."""
    triggers = sorted((program.triggers[intent] for intent in intents), key=lambda trigger: program.flows[trigger.flow].first)
    first, rest = triggers[0], tuple(dict.fromkeys(trigger.flow for trigger in triggers[1:] if "phone" not in trigger.sets))
    effects: tuple[Effect, ...] = ()
    for trigger in triggers:
        if trigger is first or "phone" in trigger.sets:  # what was said of the phone holds at once, whatever is shown first
            for key, value in trigger.sets.items():
                conversation = conversation if key in SPECIAL_SETS else _answer(conversation, key, value)
            conversation, special = _special(program, conversation, trigger.sets)
            effects = (*effects, *special)
    flow = program.flows[first.flow]
    done = {first.flow, *flow.replaces}
    waiting = dict.fromkeys((*rest, *conversation.queue))
    queue = tuple(name for name in waiting if name not in done)[: limits.QUEUED_FLOWS]
    ref = flow.echoes.get(who or "", flow.echo)
    opened = open_flow(program, conversation.evolve(queue=queue), first.flow, first.step)
    after, shown = _show(program, opened, Echo(kind=EchoKind.INTENT, ref=ref, who=who) if ref else None)
    return after, (*effects, *shown)


def _press(program: Program, conversation: Conversation, code: str, at: int) -> Advanced:
    """A button of the current screen. A code the screen does not hold changes nothing."""
    step = _step(program, conversation)
    if not _stands(program, conversation, step, code):
        return _show(program, conversation, Echo(kind=EchoKind.STALE))
    match code[0]:
        case "n":
            return _command(program, conversation, COMMANDS.get(code[1:], Command.MENU), at)
        case "c":
            return _choose(program, conversation, step, step.choices[int(code[1:])], at)
        case "x":
            return _show(program, desk.take_out(program, conversation, int(code[1:])))
        case "y":
            after, orders = desk.shared(program, conversation)
            shown, effects = _show(program, after, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_shared") if orders else None)
            return shown, (*orders, *effects)
        case "g":
            return _show(program, _to_guide(program, conversation, int(code[1:])))
        case "+" | "-":
            return _show(program, conversation.evolve(page=max(0, conversation.page + (1 if code == "+" else -1))))
        case "s":
            return _go(program, conversation, journey_to(program, conversation, "skip", ((step.saves, ("unsaid",)),)))
        case "d":
            return _go(program, conversation, journey_to(program, conversation, "go"))
        case _:
            place = _place(program, conversation, code) or ""
            return _go(program, conversation, journey_to(program, conversation, "go", ((step.saves, (place,)),)))


def _stands(program: Program, conversation: Conversation, step: StepNode, code: str) -> bool:
    """Whether the current screen has a button of this code. A choice is looked at by itself; the rest needs the screen."""
    if code[:1] == "c" and not conversation.aside:
        number = int(code[1:]) if code[1:].isascii() and code[1:].isdecimal() and len(code) < 4 else len(step.choices)
        choice = step.choices[number] if number < len(step.choices) else None
        return choice is not None and not choice.to.startswith(COPY) and (choice.when is None or choice.when.holds(values(conversation)))
    if code[:1] == "p":
        return _place(program, conversation, code) is not None
    return any(button.code == code for button in screen(program, conversation).buttons if button.code)


def _place(program: Program, conversation: Conversation, code: str) -> str | None:
    names = program.places.get(_step(program, conversation).place, ())
    number = int(code[1:]) if code[1:].isascii() and code[1:].isdigit() and len(code) < 6 else len(names)
    return names[number][0] if code[:1] == "p" and number < len(names) else None


def _to_guide(program: Program, conversation: Conversation, number: int) -> Conversation:
    flow = program.flows[conversation.needs[number]]
    return open_flow(program, conversation.evolve(aside=""), flow.id, flow.guide)


def _choose(program: Program, conversation: Conversation, step: StepNode, choice: ChoiceNode, at: int) -> Advanced:
    if desk.unsaid(conversation, choice.sets.get("desk", "")):
        return _show(program, conversation, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_offer_changed"))
    if step.kind == "ask_many" and choice.to == step.id:  # a choice that stays is a tick
        return _show(program, tick(conversation, step.saves, choice.id))
    saved = ((step.saves, (choice.id,)),) if step.kind in ("ask", "ask_yes_no", "ask_many") else ()
    sets = tuple((key, (value,)) for key, value in choice.sets.items() if key not in SPECIAL_SETS)
    journey = journey_to(program, conversation, f"choice:{choice.id}", (*saved, *sets))
    changed, effects = _special(program, journey.conversation, choice.sets)
    if changed.aside:
        after, shown = _show(program, changed)
        return after, (*effects, *shown)
    after, shown = _go(program, changed, Journey(conversation=changed, target=journey.target), at)
    return after, (*effects, *shown)


PHONE_USES: Final = MappingProxyType({use.value: use for use in PhoneUse})
SPECIAL_SETS: Final = frozenset({"locale", "phone", "reading_mode", "media", "desk"})


def _special(program: Program, conversation: Conversation, sets: Mapping[str, str]) -> Advanced:
    """Answers that change how Amparo behaves, not only where it goes."""
    effects: tuple[Effect, ...] = ()
    for key, value in sets.items():
        if key == "locale" and value in program.locales:
            conversation = conversation.evolve(locale=value)
        elif key == "phone":
            use = PHONE_USES.get(value, PhoneUse.UNASKED)
            conversation, effects = (
                conversation.evolve(phone=use),
                (*effects, SetLifetimes(seconds=TABLE[use].lifetime)),
            )
        elif key == "reading_mode":
            conversation = conversation.evolve(reading_mode=value == "on")
        elif key == "media" and value == "remove":
            effects = (*effects, RemoveMedia())
        elif key == "desk":
            conversation, orders = desk.ordered(program, conversation, value)
            effects = (*effects, *orders)
    return conversation, effects


def _media(program: Program, conversation: Conversation, kind: MediaKind) -> Advanced:
    """A voice note is answered by voice. Pictures and files stay where they are until the person says otherwise."""
    if kind is MediaKind.VOICE:
        return _spoken(program, *_show(program, open_flow(program, conversation, "voice")))
    if kind in (MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT):
        return _show(program, open_flow(program, conversation, "media"))
    return _show(program, conversation, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_media"))


# -- commands: understood in every state ------------------------------------------------------------------------------------


def _command(
    program: Program, conversation: Conversation, command: Command, at: int, locale: str | None = None, *, laid: bool = False
) -> Advanced:
    match command:
        case Command.EXIT:
            return _exit(program, conversation, at)
        case Command.HIDE:
            return _hide(program, conversation)
        case Command.START:
            return _start(program, conversation)
        case Command.BACK:
            return _show(program, go_back(program, conversation))
        case Command.MENU:
            return _show(program, open_flow(program, conversation, "doors", root=True, laid=laid))
        case Command.RESUME:
            return _show(program, _resume(program, conversation))
        case Command.PAUSE:
            return _pause(program, conversation)
        case Command.SOURCES | Command.STEPS:
            return _show(program, conversation.evolve(aside=command.value))
        case Command.READING_MODE:
            return _show(program, conversation.evolve(reading_mode=not conversation.reading_mode))
        case Command.DANGER:
            heard = _answer(conversation, "danger.heard", "yes")
            after, effects = _show(program, open_flow(program, heard, "danger", laid=laid), urgent=True)
            return after, (*effects, Order(what=OrderKind.RING, value="danger")) if conversation.case else effects
        case Command.VIEW:
            return _show(program, desk.viewed(program, conversation))
        case Command.PERSON if conversation.case:
            return _show(program, desk.viewed(program, conversation))
        case Command.WITHDRAW if conversation.case:
            return _show(program, open_flow(program, conversation, desk.WAITING, "withdraw", laid=laid))
        case Command.RIGHTS:
            return _show(program, open_flow(program, conversation, "privacy", "rights", laid=laid))
        case Command.LANGUAGE if locale in program.locales:
            return _show(program, conversation.evolve(locale=locale))
        case _:
            return _show(program, open_flow(program, conversation, COMMAND_FLOWS[command], laid=laid))


def _exit(program: Program, conversation: Conversation, at: int) -> Advanced:
    """Cover, then wipe. Answers go now; the exit is not a withdrawal and never sounds."""
    gone = Conversation(
        program=conversation.program,
        locale=conversation.locale,
        stack=(COVER_CARD,),
        turn=conversation.turn,
        mode=Mode.COVERED,
        phone=conversation.phone,
        asked_phone=conversation.asked_phone,
        cover_until=at + limits.COVER_SECONDS,
        older_remains=conversation.older_remains,
        case=conversation.case,
        reach=conversation.reach,
        unread=conversation.unread,
        news=conversation.news,
    )
    left = (Order(what=OrderKind.LEFT),) if conversation.case else ()
    return gone, (ShowScreen(screen=screen(program, gone), urgent=True), Wipe(), *left)


def _hide(program: Program, conversation: Conversation) -> Advanced:
    """The cover at once, reversible: nothing is lost, typed words go."""
    dimmed = _cover_on(conversation, COVER_CARD)
    return dimmed, (ShowScreen(screen=screen(program, dimmed), urgent=True), RemoveTyped())


def _pause(program: Program, conversation: Conversation) -> Advanced:
    """Only the name of the step is kept (features.md S9), and what keeps a person from being sent to the wrong door; answers, the way back
    and the queue go."""
    under = tuple(at for at in conversation.stack if at.flow not in ("cover", "paused")) or (WELCOME,)
    paused = conversation.evolve(mode=Mode.PAUSED, answers=NO_ANSWERS, trail=(), queue=(), needs=(), seen=(), aside="", page=0, stack=under)
    return _show(program, open_flow(program, paused, "paused"))


def _resume(program: Program, conversation: Conversation) -> Conversation:
    """Back to where an aside, a pause or a dimmed screen left off."""
    if conversation.aside:
        return conversation.evolve(aside="")
    stack = conversation.stack
    while len(stack) > 1 and stack[-1].flow in RESUMED_PAST:
        stack = stack[:-1]
    landed = stack if stack[-1].flow not in ("cover", "paused") else (WELCOME,)
    return resolve(program, conversation.evolve(mode=Mode.ACTIVE, stack=landed, cover_until=0))


def _erase(program: Program, conversation: Conversation, at: int) -> Advanced:
    """The last effect of a conversation: everything goes but the mark that keeps the cover on."""
    until = at + limits.COVER_SECONDS
    gone = begin(program, locale=conversation.locale, cover_until=until).evolve(turn=conversation.turn)
    effects = (ShowScreen(screen=screen(program, gone), urgent=True), Wipe(), EraseSeeker(cover_until=until))
    return gone, (*effects, Order(what=OrderKind.ERASE))  # also what is left of a case that was closed


# -- time -------------------------------------------------------------------------------------------------------------------


def _timer(program: Program, conversation: Conversation, event: TimerFired) -> Advanced:
    """A timer that is not (or no longer) set changes nothing."""
    due = conversation.timers.get(event.name)
    left = MappingProxyType({name: when for name, when in conversation.timers.items() if name != event.name})
    if due is None or due > event.at:
        return conversation.evolve(turn=conversation.turn - 1), ()
    conversation = conversation.evolve(timers=left)
    match event.name:
        case "wait":
            return _waited(program, conversation, event.at)
        case "idle" if conversation.aside == "envelope" and conversation.mode is Mode.ACTIVE:
            # A dull line already, and somebody waits for what it holds: it stays, or they would never learn that it came.
            gone = _emptied(conversation) if TABLE[conversation.phone].answers == 0 else conversation
            return gone.evolve(aside="envelope", turn=conversation.turn - 1), ()
        case "idle" if conversation.mode is Mode.ACTIVE:
            if conversation.unmet and not conversation.news:  # it came, and nobody has done anything since: the way back offers it again
                conversation = conversation.evolve(news=conversation.unmet, unmet="")
            dimmed, effects = _hide(program, conversation)
            return (_emptied(dimmed) if TABLE[conversation.phone].answers == 0 else dimmed), effects
        case "idle" if conversation.mode is Mode.PAUSED:
            covered = conversation.evolve(stack=(*conversation.stack[-limits.STACK_DEPTH + 1 :], COVER_CARD))
            return covered, (ShowScreen(screen=screen(program, covered), urgent=True), RemoveTyped())
        case "answers" if conversation.mode is Mode.PAUSED:
            return _emptied(conversation.evolve(mode=Mode.DIMMED if conversation.here.flow == COVER_CARD.flow else Mode.ACTIVE)), ()
        case "answers":
            return _emptied(conversation), ()
        case _:
            return conversation, ()


def _waited(program: Program, conversation: Conversation, at: int) -> Advanced:
    """An agreed check-in: a new message, because somebody waits for it. It rings only where the person has not said that others look at
    this phone. When the chat has been idle for a while anybody may hold the phone, so the message is an envelope: a dull line and *Ver*."""
    stack = _promised(program, conversation)
    if not stack or not TABLE[conversation.phone].reach or conversation.mode not in (Mode.ACTIVE, Mode.DIMMED):
        return conversation, ()
    touched = conversation.timers.get("idle", 0) - TABLE[conversation.phone].idle
    sealed = conversation.mode is Mode.DIMMED or at - touched > limits.ENVELOPE_SECONDS
    waiting = conversation.evolve(mode=Mode.ACTIVE, stack=stack, aside="", page=0)
    moved = journey_to(program, waiting, "then")
    reached, effects = _go(program, moved.conversation, moved)
    after = reached.evolve(aside="envelope" if sealed else "")
    fresh = ShowScreen(screen=screen(program, after), fresh=True, sound=TABLE[conversation.phone].sound)
    others = tuple(effect for effect in effects if not isinstance(effect, ShowScreen))
    return _timed(program, after, at), (fresh, *others)


def _promised(program: Program, conversation: Conversation) -> tuple[Position, ...]:
    """The stack up to the step that agreed to write, if one is open: the promise holds while the person looks at something else on top."""
    for depth in range(len(conversation.stack), 0, -1):
        at = conversation.stack[depth - 1]
        step = program.step(at.flow, at.step)
        if step and step.timer and step.then:
            return conversation.stack[:depth]
    return ()


def _emptied(conversation: Conversation) -> Conversation:
    """The time for answers without a case is over: they go; language and what was said of the phone stay."""
    cover = conversation.stack[-1] if conversation.stack[-1].flow == "cover" else None
    back = Position(flow="returning", step="back")
    return conversation.evolve(
        answers=NO_ANSWERS,
        trail=(),
        seen=(),
        needs=(),
        queue=(),
        page=0,
        aside="",
        stack=(back, cover) if cover else (back,),
    )


def _timed(program: Program, conversation: Conversation, at: int) -> Conversation:
    """Timers after a turn: the screen's, the answers', and a wait's own."""
    times = TABLE[conversation.phone]
    timers: dict[str, int] = {}
    if conversation.mode in (Mode.ACTIVE, Mode.PAUSED) and conversation.here.flow != "cover":
        timers["idle"] = at + times.idle
    if times.answers and conversation.mode in (Mode.ACTIVE, Mode.DIMMED):
        if not conversation.case:  # with a case open, answers belong to the case
            timers["answers"] = at + times.answers
    elif conversation.mode is Mode.DIMMED:  # hidden by hand on a watched phone: the session ends as it would have by itself
        timers["answers"] = at + times.idle
    if conversation.mode is Mode.PAUSED:
        timers["answers"] = at + limits.PAUSE_SECONDS
    stack = _promised(program, conversation)
    if stack and conversation.mode in (Mode.ACTIVE, Mode.DIMMED) and times.reach:
        agreed = program.flows[stack[-1].flow].steps[stack[-1].step].timer
        timers["wait"] = conversation.timers.get("wait", at + agreed)
    return conversation.evolve(timers=MappingProxyType(timers))


# -- what every path ends in ------------------------------------------------------------------------------------------------


def _go(program: Program, conversation: Conversation, journey: Journey, at: int = 0) -> Advanced:
    """Follow a target: a step, another flow, or a command in a choice's clothes."""
    target = journey.target
    conversation = journey.conversation
    if target == "@next":
        return _show(program, leave_flow(program, conversation))
    if target == "@erase_now":
        return _erase(program, conversation, at)
    if target.startswith("@flow:"):
        return _show(program, open_flow(program, conversation, target.removeprefix("@flow:"), laid=True))
    if target.startswith("@"):
        return _command(program, conversation, COMMANDS.get(target[1:], Command.MENU), at, laid=True)
    here = Position(flow=conversation.here.flow, step=target)
    return _spoken(program, *_show(program, resolve(program, conversation.evolve(stack=(*conversation.stack[:-1], here), page=0))))


def _spoken(program: Program, conversation: Conversation, effects: tuple[Effect, ...]) -> Advanced:
    """A step with a recording is heard before it is read."""
    voice = _step(program, conversation).voice
    if not voice:
        return conversation, effects
    return conversation, (SpeakVoice(recording=voice, locale=conversation.locale, screen=screen(program, conversation)), *effects)


def _show(program: Program, conversation: Conversation, echo: Echo | None = None, *, urgent: bool = False) -> Advanced:
    shown = ShowScreen(screen=screen(program, conversation, echo), urgent=urgent, fresh=conversation.reading_mode)
    at_once = TABLE[conversation.phone].typed_at_once
    return conversation, (shown, RemoveTyped()) if at_once else (shown,)


def _echoed(program: Program, after: Conversation, effects: tuple[Effect, ...], echo: Echo) -> Advanced:
    """Say back what was understood, on the first screen of the turn that is not a cover."""
    if not echo.ref or after.mode is not Mode.ACTIVE:
        return after, effects
    out = [
        ShowScreen(screen=screen(program, after, echo), fresh=e.fresh, urgent=e.urgent, sound=e.sound) if isinstance(e, ShowScreen) else e
        for e in effects
    ]
    return after, tuple(out)


def _told(program: Program, before: Conversation, after: Conversation, effects: tuple[Effect, ...], *, typed: bool) -> Advanced:
    """Two things are said once, on a screen that has nothing else to say back: their words were taken off the screen (and were read), and
    something older could not be deleted."""
    if after.mode is not Mode.ACTIVE or after.here.flow in CRISIS_FLOWS:
        # An exit or an erasure has wiped what was typed: the first screen after the cover has nothing to say about it.
        return after.evolve(typed=after.mode is not Mode.COVERED and (before.typed or typed)), effects
    gone = typed if TABLE[after.phone].typed_at_once else before.typed
    silent = all(effect.screen.echo is None for effect in effects if isinstance(effect, ShowScreen))
    if silent and after.older_remains and not after.told_older:
        told, ref = after.evolve(told_older=True, typed=typed or gone), "ui.older_remains"
    elif silent and gone and not after.told_removal:
        told, ref = after.evolve(told_removal=True, typed=typed), "ui.echo_typed_removed"
    else:
        return after.evolve(typed=typed or (gone and not after.told_removal)), effects
    return _echoed(program, told, effects, Echo(kind=EchoKind.MESSAGE, ref=ref))


def _answer(conversation: Conversation, key: str, value: str) -> Conversation:
    return conversation.evolve(answers=_with(conversation, key, (value,)))


def _with(conversation: Conversation, key: str, value: tuple[str, ...]) -> MappingProxyType[str, tuple[str, ...]]:
    return MappingProxyType({**conversation.answers, key: value})


def _step(program: Program, conversation: Conversation) -> StepNode:
    here = conversation.here
    return program.flows[here.flow].steps[here.step]


def _known(program: Program, conversation: Conversation) -> bool:
    return all(program.step(at.flow, at.step) for at in conversation.stack)


def _bounded(conversation: Conversation) -> Conversation:
    """The bounds that a long conversation could reach; the oldest goes first."""
    if (
        len(conversation.answers) <= limits.ANSWERS
        and len(conversation.trail) <= limits.TRAIL_LENGTH
        and len(conversation.seen) <= limits.SEEN_BLOCKS
        and len(conversation.stack) <= limits.STACK_DEPTH
    ):
        return conversation
    return conversation.evolve(
        answers=MappingProxyType(dict(list(conversation.answers.items())[-limits.ANSWERS :])),
        trail=conversation.trail[-limits.TRAIL_LENGTH :],
        seen=conversation.seen[-limits.SEEN_BLOCKS :],
        stack=conversation.stack[-limits.STACK_DEPTH :],
    )
