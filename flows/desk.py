"""The engine's side of the desk: what a person's turn asks of it, and what a person sees of what happens there.

Once a person has asked for a human, the program steps back. While they wait it guides on as before, and only at a step made for telling
(`tell`) do typed words go to the human. While the human is there (`live`) everything typed goes to them, and the program says nothing:
only the words that leave, erase or cry danger are still its own. What a person *waits for* is a new message; when the chat has been idle
anybody may hold the phone, so the message is an envelope, and where others look at the phone, or after an exit, nothing comes at all
until the person writes (voice.md 3).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from flows import limits
from flows.effects import Echo, EchoKind, Effect, Order, OrderKind, ShowScreen, ShowWords
from flows.events import CaseNews, Command, MediaKind, News, Reading
from flows.navigation import WELCOME, open_flow
from flows.program import Program, StepNode
from flows.screens import lines, screen
from flows.state import CaseStage, Conversation, Mode, Position
from flows.times import TABLE

Advanced = tuple[Conversation, tuple[Effect, ...]]

SAFETY: Final = frozenset({Command.EXIT, Command.HIDE, Command.ERASE, Command.DANGER, Command.WITHDRAW, Command.COMPLAINT, Command.RIGHTS})
"""What a person may say at any time to the program, also in the middle of a live conversation: withdrawing as well, because it must be
possible at any time, and complaining, because whoever it is about must not read it."""
LIVE: Final = "live"
WAITING: Final = "waiting"
WITHDRAWN: Final = Position(flow=WAITING, step="withdrawn")
ROOM: Final = Position(flow=WAITING, step="room")
CHAT: Final = Position(flow=LIVE, step="chat")
DANGER: Final = Position(flow="danger", step="now")
ENDED: Final = Position(flow=LIVE, step="ended")
COMPLAINT: Final = "complaint"
NEWS: Final = MappingProxyType(
    {
        News.TAKEN: CHAT,
        News.WORDS: CHAT,
        News.BACK_SOON: Position(flow=LIVE, step="back_soon"),
        News.GIVEN_BACK: Position(flow=WAITING, step="given_back"),
        News.NOBODY: Position(flow=WAITING, step="nobody"),
        News.REOPENED: Position(flow=WAITING, step="reopened"),
        News.NO_MATCH: Position(flow=WAITING, step="no_match"),
        News.ELSEWHERE: Position(flow=WAITING, step="elsewhere"),
        News.SHARE_ASKED: Position(flow=LIVE, step="share_asked"),
        News.TRANSFER: Position(flow=LIVE, step="transfer"),
        News.CLOSED: Position(flow=LIVE, step="closed"),
        News.ENDED: ENDED,
        News.CRISIS: DANGER,
        News.DISTRESS: Position(flow="distress", step="one_thing"),
        News.FOLLOW_UP: Position(flow=LIVE, step="follow_up"),
        News.ASK_WORD: Position(flow=LIVE, step="word"),
        News.OPENED: Position(flow=LIVE, step="opened"),
        News.RENEW: Position(flow=LIVE, step="renew"),
        News.AWAY: Position(flow=LIVE, step="away"),
    }
)
"""Where each piece of news is told. `amparo check` sees that every one of these steps exists."""
STAGES: Final = MappingProxyType(
    {
        News.TAKEN: CaseStage.LIVE,
        News.GIVEN_BACK: CaseStage.WAITING,
        News.REOPENED: CaseStage.WAITING,
        News.CLOSED: CaseStage.NONE,
    }
)
LIVE_ELSEWHERE: Final = Position(flow=LIVE, step="elsewhere")
SHARE: Final = "share"
QUESTIONS: Final = frozenset(
    {
        NEWS[News.SHARE_ASKED],
        NEWS[News.TRANSFER],
        NEWS[News.ASK_WORD],
        LIVE_ELSEWHERE,
        NEWS[News.ELSEWHERE],
        NEWS[News.NO_MATCH],
        NEWS[News.RENEW],
    }
)
"""Where the desk has asked the person something."""
CRISES: Final = frozenset({News.CRISIS, News.DISTRESS})
KEY: Final = Position(flow=WAITING, step="key_made")
WRITTEN_DOWN: Final = frozenset({KEY, Position(flow=COMPLAINT, step="complained")})
"""What is shown once and has to be written down: it stands until the person moves on, and news waits."""
KNOWN: Final = frozenset(news.value for news in News)


# -- what a turn asks of the desk --------------------------------------------------------------------------------------------


def relays(conversation: Conversation, step: StepNode, reading: Reading) -> bool:
    """Whether what was typed is for the human, not for the program. At a step made for telling any exact command is still heard; in a live
    conversation only those that leave, erase or cry danger."""
    live = conversation.case is CaseStage.LIVE
    if conversation.aside and not (live and conversation.aside == "envelope"):
        return False
    told = step.kind == "tell" and (conversation.case or step.tells in ("complaint", "return_key"))
    if conversation.desk.ended or conversation.here.flow == COMPLAINT:  # nobody may read it; or nobody it may be about
        return bool(told) and step.tells in ("complaint", "return_key") and reading.command is None
    if told and not (live and step.tells == "words"):
        return reading.command is None
    return live and reading.command not in SAFETY


def takes(conversation: Conversation, kind: MediaKind) -> bool:
    """Whether a file goes to the human who is there."""
    there = conversation.case is CaseStage.LIVE and not conversation.desk.ended and conversation.here.flow != COMPLAINT
    return there and kind.value in conversation.desk.takes


def order_of(step: StepNode) -> OrderKind:
    """What words typed at this step are."""
    kinds = {"complaint": OrderKind.COMPLAINT, "word": OrderKind.WORD, "return_key": OrderKind.RETURN_KEY}
    return kinds.get(step.tells, OrderKind.WORDS)


def heard(step: StepNode, cry: str) -> tuple[Effect, ...]:
    """The orders of words that went to the human. `cry`: the flow a crisis in them would have led to; it rings the responder, where there
    is one."""
    told = Order(what=order_of(step), value="typed" if step.tells == "return_key" else "")
    return (told, Order(what=OrderKind.RING, value=cry)) if cry else (told,)


def ordered(program: Program, conversation: Conversation, value: str) -> Advanced:
    """What a choice's `sets: {desk: ...}` asks: one word, or a word and its value."""
    name, _, rest = value.partition(" ")
    if name in OF_A_CASE and not conversation.case:  # it has ended meanwhile
        return conversation, ()
    match name:
        case "request" if conversation.case:  # one is enough
            return conversation, ()
        case "request":
            blocks = tuple(screen(program, conversation).blocks)
            return conversation.evolve(case=CaseStage.WAITING, news=""), (Order(what=OrderKind.REQUEST, blocks=blocks),)
        case "reach":
            return conversation.evolve(reach=rest), (Order(what=OrderKind.REACH, value=rest),)
        case "share_list":
            return conversation.evolve(aside=SHARE, kept_back=()), ()
        case "withdraw":
            return ended(conversation), (Order(what=OrderKind.WITHDRAW),)
        case "elsewhere" | "renew" if rest == "yes":  # a consent: kept with the text it was asked with
            return _passed_on(conversation) if name == "elsewhere" else conversation, (
                Order(what=ORDERS[name], value=rest, blocks=tuple(screen(program, conversation).blocks)),
            )
        case _ if name in ORDERS:
            return conversation, (Order(what=ORDERS[name], value=rest),)
        case _:
            return conversation, ()


def unsaid(conversation: Conversation, value: str) -> bool:
    """Whether a choice's consent would be for an organization the screen did not name: who answers has changed since it was shown."""
    if value == "request":
        return conversation.offered != conversation.desk.organization
    return value == "elsewhere yes" and conversation.offered_other != conversation.desk.other


def _passed_on(conversation: Conversation) -> Conversation:
    """With another organization nobody is there yet: whoever was there reads nothing from here on."""
    desk = replace(conversation.desk, name=conversation.desk.other, alias="", takes=(), other="", minutes=None, returns="")
    return conversation.evolve(case=CaseStage.WAITING, desk=desk)


ORDERS: Final = MappingProxyType({kind.value: kind for kind in OrderKind})
OF_A_CASE: Final = frozenset({"reach", "prefer", "share_list", "refuse_share", "withdraw", "remove", "elsewhere", "transfer", "renew"})
"""What means nothing without an open case, and then asks nothing."""


def ended(conversation: Conversation) -> Conversation:
    """There is no case any more."""
    return conversation.evolve(case=CaseStage.NONE, unread=0, news="", reach="", kept_back=())


def take_out(program: Program, conversation: Conversation, number: int) -> Conversation:
    """Take one line off the list."""
    listed = lines(program, conversation)
    if number >= len(listed):
        return conversation
    return conversation.evolve(kept_back=(*conversation.kept_back, listed[number].key))


def shared(program: Program, conversation: Conversation) -> Advanced:
    """The list goes, exactly as it stands."""
    stood = screen(program, conversation)
    order = Order(what=OrderKind.SHARE, lines=stood.lines, blocks=stood.blocks)
    return conversation.evolve(aside=""), (order,) if stood.lines and conversation.case else ()


# -- what happens at the desk -----------------------------------------------------------------------------------------------


def told(program: Program, conversation: Conversation, event: CaseNews) -> tuple[Conversation, tuple[Effect, ...], bool]:
    """News of the case. The flag says whether a screen of ours was shown (then the turn has passed)."""
    moved = _moved(conversation, event)
    if conversation.mode is Mode.COVERED or event.quiet or not _may_come(conversation, event.at):
        return moved, (), False
    if event.what not in CRISES and _written_down(conversation, event):
        return moved, (), False
    if _idle(conversation, event.at):
        if conversation.aside == "envelope":
            return moved, (), False  # one envelope is enough: it holds whatever came
        return _fresh(program, moved.evolve(mode=Mode.ACTIVE, stack=_under(moved), aside="envelope", page=0))
    if event.what is News.WORDS:
        return moved.evolve(unread=0), (ShowWords(until=event.words, sound=_rings(moved)),), False
    if (
        event.what is News.BACK_SOON and conversation.here in QUESTIONS and not conversation.aside
    ):  # a question that stands is not swept away
        return _fresh(program, conversation, Echo(kind=EchoKind.MESSAGE, ref="ui.echo_back_soon"))
    at = place_of(event.what, conversation.case)
    opened = open_flow(program, moved.evolve(news="", unmet=event.what.value, aside=""), at.flow, at.step)
    echo = Echo(kind=EchoKind.MESSAGE, ref="ui.echo_program") if event.what in CRISES else None
    return _fresh(program, opened, echo, urgent=event.what in CRISES)


def _written_down(conversation: Conversation, event: CaseNews) -> bool:
    """Whether what stands on the screen must not be swept away by this news: a key is shown once, for whoever writes it down however
    slowly; a ticket, or a list the person is about to agree to, waits as long as somebody reads it."""
    if conversation.mode is not Mode.ACTIVE:
        return False
    here = conversation.here if not conversation.aside else None
    if _idle(conversation, event.at):
        return here == KEY
    return event.what is not News.WORDS and (here in WRITTEN_DOWN or conversation.aside == SHARE)


def place_of(news: News, stage: CaseStage) -> Position:
    """Where a piece of news is told: another organization is asked about differently while somebody is there."""
    return LIVE_ELSEWHERE if news is News.ELSEWHERE and stage is CaseStage.LIVE else NEWS[news]


def _moved(conversation: Conversation, event: CaseNews) -> Conversation:
    stage = STAGES.get(event.what, conversation.case)
    unread = max(conversation.unread, event.words)
    news = conversation.news if event.what is News.WORDS else event.what.value
    return conversation.evolve(case=stage, unread=unread, news=news)


def _fresh(
    program: Program, conversation: Conversation, echo: Echo | None = None, *, urgent: bool = False
) -> tuple[Conversation, tuple[Effect, ...], bool]:
    shown = ShowScreen(screen=screen(program, conversation, echo), fresh=True, urgent=urgent, sound=_rings(conversation))
    return conversation, (shown,), True


def _idle(conversation: Conversation, at: int) -> bool:
    """Whether anybody may hold the phone by now: hidden, paused, an envelope unopened, or nothing done for a while."""
    away = conversation.mode in (Mode.DIMMED, Mode.PAUSED) or conversation.aside == "envelope"
    return away or at - conversation.touched > limits.ENVELOPE_SECONDS


def _may_come(conversation: Conversation, at: int) -> bool:
    """Whether something may come before the person writes: not where they said so, nor where others look at the phone; just after they
    wrote it is they who are waiting."""
    if conversation.reach != "written" and TABLE[conversation.phone].reach:
        return True
    return not _idle(conversation, at)


def _rings(conversation: Conversation) -> bool:
    """It rings only for those who said yes, and never where others look at the phone."""
    return conversation.reach == "yes" and TABLE[conversation.phone].reach


def _under(conversation: Conversation) -> tuple[Position, ...]:
    return tuple(at for at in conversation.stack if at.flow not in ("cover", "paused")) or (WELCOME,)


def viewed(program: Program, conversation: Conversation) -> Conversation:
    """*Ver*: open what has come."""
    news = News(conversation.news) if conversation.news in KNOWN else (News.WORDS if conversation.unread else None)
    at = place_of(news, conversation.case) if news else _place(conversation)
    return open_flow(program, conversation.evolve(mode=Mode.ACTIVE, aside="", news=""), at.flow, at.step)


def _place(conversation: Conversation) -> Position:
    if conversation.desk.ended:
        return ENDED
    return CHAT if conversation.case is CaseStage.LIVE else ROOM


def unread_shown(conversation: Conversation, effects: tuple[Effect, ...]) -> Advanced:
    """When the live conversation stands on the screen, what was not read yet follows it."""
    ready = conversation.mode is Mode.ACTIVE and not conversation.aside and conversation.here.flow == LIVE
    if not (ready and conversation.unread):
        return conversation, effects
    return conversation.evolve(unread=0), (*effects, ShowWords(until=conversation.unread))
