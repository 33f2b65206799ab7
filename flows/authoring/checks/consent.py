"""Nobody's words, and nothing about anybody, reach a human without a yes to a text that stood on the screen; and a human is never far.

Proved over everything the walk did: each order to the desk is held against the screen it was given on. A request for a human (and its
renewal) comes only from a press beside a visible text for contact; another organization only beside a text for referral; a list only from
the screen that shows the list, exactly as it stood; and what belongs to a case only while there is one. Each such text names who will see
it, and the word that takes it back, in every language. Taps are counted from Start, in every language, over buttons that can be read in
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flows.advance import advance, begin
from flows.authoring.checks.facts import PHONES
from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Level
from flows.authoring.reach import DESKS, START, Asked
from flows.effects import Order, OrderKind, Screen, Shown, ShowScreen
from flows.events import Event, Pressed, Started
from flows.matching import normalise
from flows.screens import screen
from flows.state import Conversation, DeskState
from flows.texts import PLACEHOLDER

TEXTS: Final = {OrderKind.REQUEST: "contact", OrderKind.RENEW: "contact", OrderKind.ELSEWHERE: "referral"}
"""Orders that are a consent, and what the text beside the button is for."""
NAMES: Final = {"contact": "desk", "referral": "other", "share": "desk"}
"""Who the text of a consent must name."""
OF_A_CASE: Final = frozenset(
    {
        *(OrderKind.WORDS, OrderKind.MEDIA, OrderKind.RING, OrderKind.SHARE, OrderKind.REFUSE_SHARE, OrderKind.REMOVE, OrderKind.WORD),
        *(OrderKind.WITHDRAW, OrderKind.REACH, OrderKind.PREFER, OrderKind.ELSEWHERE, OrderKind.TRANSFER, OrderKind.LEFT),
    }
)
"""Orders that mean something only while there is a case."""
SHARE_TITLE: Final = "ui.share_title"
HUMAN_TAPS: Final = 4
DANGER_TAPS: Final = 3
NUMBER_TAPS: Final = 2
"""From Start, Start included (voice.md 4)."""


def orders(subject: Subject) -> Iterator[Issue]:
    """Every order to the desk, against the screen it was given on."""
    told: set[tuple[str, ...]] = set()
    for asked in subject.walk.asked:
        here = asked.conversation.here
        for code, message, remedy in _wrong(subject, asked):
            if (code, message, here.flow, here.step) not in told:
                told.add((code, message, here.flow, here.step))
                path = (*subject.walk.path(asked.before), asked.act)
                yield finding(code, subject.place(here.flow, here.step), message, remedy, path=path)


def _wrong(subject: Subject, asked: Asked) -> Iterator[tuple[str, str, str]]:
    order, conversation = asked.order, asked.conversation
    what = f"{order.what.value} {order.value}".strip()
    if order.what in OF_A_CASE and not conversation.case:
        yield "order-without-case", f"{what!r} is asked of the desk without a case", "let the choice stand only while `case is not none`"
    if order.what in TEXTS and order.value != "no" and not _consented(subject, asked):
        remedy = f"put a block with `consent: {TEXTS[order.what]}` beside the choice, under the same condition"
        yield "no-consent", f"{what!r} is asked of the desk without its text on the screen", remedy
    if order.what is OrderKind.REQUEST and conversation.desk.state is DeskState.CLOSED:
        yield "no-consent", "a person is asked for where there is none", "let the choice stand only while `desk is open` or `desk is away`"
    if order.what is OrderKind.SHARE and not _listed(subject, asked):
        yield "no-consent", "a list goes that did not stand on the screen", "lead to it by `sets: {desk: share_list}` only"


def _consented(subject: Subject, asked: Asked) -> bool:
    """A press, on a screen that shows the text, which can be filled in; and the order carries what stood there."""
    stood = screen(subject.program, asked.conversation)
    wanted = TEXTS[asked.order.what]
    held = [block for block in stood.blocks if block in subject.blocks and subject.blocks[block].consent == wanted]
    named = {"desk": asked.conversation.desk.name, "other": asked.conversation.desk.other}[NAMES[wanted]]
    return isinstance(asked.event, Pressed) and bool(held) and bool(named) and set(held) <= set(asked.order.blocks)


def _listed(subject: Subject, asked: Asked) -> bool:
    stood = screen(subject.program, asked.conversation)
    pressed = isinstance(asked.event, Pressed) and asked.conversation.aside == "share"
    return pressed and SHARE_TITLE in stood.blocks and bool(stood.lines) and stood.lines == asked.order.lines


def texts(subject: Subject) -> Iterator[Issue]:
    """Each consent's text, in every language there is: who will see it by name, and the word that takes it back."""
    used = {f"card.{step.card}." for _, _, step in subject.steps() if step.card}
    found = {name: block.consent for name, block in subject.blocks.items() if block.consent and name.startswith(tuple(used))}
    shares = any(choice.sets.get("desk") == "share_list" for _, _, step in subject.steps() for choice in step.choices)
    if shares and SHARE_TITLE in subject.messages:
        found[SHARE_TITLE] = "share"
    for name, purpose in found.items():
        for locale in subject.locales:
            problem = _incomplete(subject, name, purpose, locale)
            if problem:
                remedy = "say what will be seen and by whom, that no changes nothing, and the word that takes it back"
                message = f"{name} ({locale}), a consent, {problem}"
                level = subject.severity() if problem == MISSING else Level.ERROR
                yield finding("consent-incomplete", subject.written(name, locale), message, remedy, level=level, path=subject.path_of(name))


MISSING: Final = "is not there"


def _incomplete(subject: Subject, name: str, purpose: str, locale: str) -> str:
    """What a consent's text lacks in a language; empty when it is whole."""
    text = subject.program.messages.get(locale, {}).get(name, "")
    if not text:
        return MISSING
    wanted = NAMES[purpose]
    if wanted not in PLACEHOLDER.findall(text):
        return f"does not say {{{wanted}}}, who will see it"
    said = f" {normalise(text)} "
    takes_back = [way for way, command in subject.program.commands.items() if command == "withdraw"]
    return "" if any(f" {way} " in said for way in takes_back) else "does not say the word that takes it back"


# -- taps -------------------------------------------------------------------------------------------------------------------


def taps(subject: Subject) -> Iterator[Issue]:
    """From Start: the danger numbers within 2, a human from danger within 3 and from anywhere within 4, in every language."""
    if not subject.walk.states:
        return
    asks = any(asked.order.what is OrderKind.REQUEST for asked in subject.walk.asked)
    for locale in subject.program.locales:
        far = _Taps(subject, locale)
        far.count()
        place = subject.place("welcome", "start")
        if far.numbers is None or far.numbers > NUMBER_TAPS:
            message = f"in {locale} no number of an emergency is within {NUMBER_TAPS} taps from Start"
            yield finding("number-far", place, message, "lead to the danger screen from the first one, and put a phone on it")
        for least, most, where in ((far.human, HUMAN_TAPS, "Start"), (far.danger, DANGER_TAPS, "Start, through danger,")):
            if asks and (least is None or least > most):
                message = f"in {locale} a human is not within {most} taps from {where}"
                yield finding("human-far", place, message, "put the consent and its button on an earlier screen, in that language")


class _Taps:
    """The least taps to each goal in one language, with somebody on duty: all that can be pressed, one tap deeper at a time."""

    def __init__(self, subject: Subject, locale: str) -> None:
        self.subject = subject
        self.program = subject.program
        self.locale = locale
        self.numbers: int | None = None
        self.human: int | None = None
        self.danger: int | None = None

    def count(self) -> None:
        first = begin(self.program, locale=self.locale).evolve(desk=DESKS["open"])
        now = [self.after(first, Started(at=START), 1)]
        seen: set[tuple[object, ...]] = set()
        for tap in range(2, HUMAN_TAPS + 1):
            then: list[Conversation] = []
            for conversation in now:
                codes = (button.code for button in screen(self.program, conversation).buttons if self.readable(button))
                then += [self.after(conversation, Pressed(at=START, code=code), tap) for code in codes if code]
            now = []
            for conversation in then:
                mark = (conversation.stack, conversation.mode, conversation.aside, conversation.page, conversation.case)
                if mark not in seen:
                    seen.add(mark)
                    now.append(conversation)

    def after(self, conversation: Conversation, event: Event, tap: int) -> Conversation:
        after, effects = advance(self.program, conversation, event)
        for effect in effects:
            if isinstance(effect, ShowScreen) and self.dials(effect.screen):
                self.numbers = self.numbers or tap
            if isinstance(effect, Order) and effect.what is OrderKind.REQUEST:
                self.human = self.human or tap
                if conversation.here.flow == "danger":
                    self.danger = self.danger or tap
        return after

    def dials(self, shown: Screen) -> bool:
        """Whether this is a danger screen with a number on it."""
        held = (fact for name in shown.blocks if name in self.subject.blocks for fact in self.subject.blocks[name].facts)
        facts = self.subject.content.facts
        return shown.flow == "danger" and any(fact in facts and facts[fact].kind in PHONES for fact in held)

    def readable(self, button: Shown) -> bool:
        """Whether the button has words in this language."""
        return bool(button.text or self.program.messages.get(self.locale, {}).get(button.label))
