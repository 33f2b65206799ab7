"""What a seeker's turn asks of the desk, done in the transaction of that turn.

Each order of the engine (`flows.effects.Order`) becomes rows of one `DeskWrite`: a case opened under its consent, words sealed with the
case's key, a consent recorded, a withdrawal. Nothing here sends anything and nothing waits; who is rung is decided afterwards by
`bot.usecases.desk.ladder`, from what was committed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.domain import handoff
from bot.domain.audit import Deed
from bot.domain.case import (
    CONSENT_DAYS,
    DAY,
    Case,
    Complaint,
    Consent,
    Direction,
    HandoffStatus,
    Level,
    Purpose,
    Reach,
    SharedLine,
    Words,
    WordsState,
)
from bot.domain.duty import OfferState
from bot.domain.machines import RuleBroken
from bot.domain.seeker import SeekerId
from bot.usecases.channel import Incoming
from bot.usecases.desk import complaints, contact, passing, returning
from bot.usecases.desk.draft import SEEKER, Draft
from bot.usecases.desk.office import CODE_LENGTH, Office
from bot.usecases.desk_ports import DeskWrite
from flows.effects import Line, Order, OrderKind
from flows.events import MediaKind
from flows.program import Program
from flows.state import Conversation, PhoneUse
from flows.triage import urgency

CONTACT_SCOPE: Final = ("language", "topic")
ALARM_SECONDS: Final = 60
"""How often one case rings whoever has it for a cry, until a human has written: sixty cries in a minute must not drown everybody else."""
ANSWERED_WITHIN: Final = 20 * DAY
"""A complaint, or a request about one's data, is to be answered within twenty days; its reviewer is reminded when they are over."""
YOUTH: Final = "youth.path"
"""The answer that says the seeker is young and pressed to join: their case goes to those who are trained for minors."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One seeker's turn at the desk: everything an order may need. `case` is as the orders before it left it."""

    office: Office
    seeker: SeekerId
    program: Program
    before: Conversation
    after: Conversation
    incoming: Incoming | None
    transcript: Sequence[Words]
    draft: Draft
    case: Case | None

    @property
    def at(self) -> int:
        """Unix seconds."""
        return self.draft.at


def obey(turn: Turn, orders: Iterable[Order]) -> DeskWrite | None:
    """Do the orders of one turn. An order that the rules refuse now (the case has ended meanwhile) is left out: the next news says why."""
    for order in orders:
        try:
            OBEY[order.what](turn, order)
        except RuleBroken as broken:
            turn.draft.log(Deed.REFUSED, SEEKER, f"case:{turn.case.id if turn.case else 0}", broken.code)
    return _written(turn)


def _written(turn: Turn) -> DeskWrite | None:
    """What the turn comes to. Nothing of a case nobody may see is owed to anybody; the turn itself, a leaving above all, must stand."""
    if turn.case is not None and not turn.case.may_see(turn.at):
        turn.draft.items = [item for item in turn.draft.items if item.case != turn.case.id]
        turn.draft.words = {number: words for number, words in turn.draft.words.items() if words.version}
    return None if turn.draft.empty else turn.draft.write()


def edited(turn: Turn, cry: str) -> DeskWrite | None:
    """The seeker changed words already sent: the responder reads them anew. `cry`: the words hold a crisis now, which rings as if it had
    been typed."""
    incoming, case = turn.incoming, turn.case
    if incoming is None or case is None:
        return None
    text = incoming.text or incoming.caption
    found = next((one for one in turn.transcript if one.direction is Direction.SEEKER and one.source == incoming.message_id), None)
    if found is None or found.state is WordsState.REMOVED:
        if cry:
            _ring(turn, Order(what=OrderKind.RING, value=cry))
        return _written(turn)
    _say_anew(turn, case, replace(found, text=text, edited=True))
    turn.draft.log(Deed.EDIT, SEEKER, f"case:{case.id}")
    if cry:
        _ring(turn, Order(what=OrderKind.RING, value=cry))
    return _written(turn)


def _say_anew(turn: Turn, case: Case, changed: Words) -> None:
    """Changed words stand where the former stood. Where the organization keeps none, they are said again instead: what waits to be said is
    blanked when it has been, and nothing is kept."""
    if case.responder is None or turn.office.has_words(case) or changed.state is not WordsState.DELIVERED:
        turn.draft.put(changed)
        if case.responder is not None:
            turn.draft.edit(case.responder, "words", case=case, words=changed.id)
        return
    if changed.media is None:  # a file stays where it is; only what was written beside it is said again
        turn.draft.remove(case.responder, "words", case=case.id, words=changed.id)
    fresh = turn.draft.put(replace(changed, state=WordsState.QUEUED, media=None))
    turn.office.pass_to_responder(turn.draft, case, fresh)


# -- asking for a person ------------------------------------------------------------------------------------------------------


def closed_to(office: Office, seeker: SeekerId, program: Program, before: Conversation, at: int) -> bool:
    """Whether a request now would open no case: this copy opens none, nobody stands behind the offer, or it is one more than this person
    has in a day. Whoever is in danger is never counted out."""
    if not office.opens() or before.desk.organization not in office.organizations:
        return True
    return Level(urgency(program, before).level) is not Level.DANGER and office.asks_too_often(seeker, at)


def _consent(turn: Turn, order: Order, purpose: Purpose, organization: str, scope: tuple[str, ...], shown: str = "") -> Consent:
    return Consent(
        purpose=purpose,
        organization=organization,
        text_version=text_version(turn.program, turn.before.locale, order.blocks, organization),
        locale=turn.before.locale,
        scope=scope,
        granted_at=turn.at,
        until=turn.at + CONSENT_DAYS * DAY,
        shown=shown,
    )


def text_version(program: Program, locale: str, blocks: Sequence[str], organization: str) -> str:
    """Which text a consent was asked with: a hash over the templates that stood on the screen, as this language reads them, and whom they
    named."""
    texts = program.messages.get(locale, {})
    source = program.messages.get("es", {})
    whole = "\x1e".join(f"{block}\x1f{texts.get(block) or source.get(block, '')}" for block in blocks)
    return hashlib.sha256(f"{locale}\x1e{organization}\x1e{whole}".encode()).hexdigest()[:16]


def _request(turn: Turn, order: Order) -> None:
    """One tap: organization, language and topic, and nothing else."""
    office, before = turn.office, turn.before
    if turn.case is not None and turn.case.open:
        raise RuleBroken("no-such-move", "there is an open case")
    organization = before.desk.organization
    if not office.opens() or organization not in office.organizations:
        raise RuleBroken("no-such-move", "no case is opened here")
    if organization != before.offered:
        raise RuleBroken("shown-differs", "not the organization the screen named")
    weighed = urgency(turn.program, before)
    offer = office.offer(organization, turn.at)
    case = handoff.request(
        turn.at,
        id=turn.draft.number(),
        seeker=turn.seeker,
        designation=office.designation(),
        consent=_consent(turn, order, Purpose.CONTACT, organization, CONTACT_SCOPE),
        needs=topics(turn.program, before),
        level=Level(weighed.level),
        rules=weighed.rules,
        minor=is_minor(before.answers),
        begins=None if offer.state is OfferState.OPEN else offer.returns_at,
    )
    if not before.desk.speaks:
        case = replace(case, any_language=True)
    turn.case = turn.draft.case(case, Deed.REQUEST, SEEKER, case.level.value)
    turn.draft.log(Deed.GRANT, SEEKER, f"case:{case.id}", Purpose.CONTACT.value)


def topics(program: Program, conversation: Conversation) -> tuple[str, ...]:
    """What the case is about, as flow ids: where they asked from first, then the needs they named."""
    here = tuple(at.flow for at in reversed(conversation.stack) if at.flow in ("danger", "distress"))
    return tuple(dict.fromkeys((*here, *reversed(conversation.needs))))[:5]


def is_minor(answers: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the person said that they themselves are a minor. `missing.minor` and the like speak of somebody else."""
    return "yes" in answers.get(YOUTH, ())


def _share(turn: Turn, order: Order) -> None:
    case = _of(turn)
    lines = tuple(SharedLine(key=line.key, question=line.question, answer=line.answer) for line in order.lines)
    scope = tuple(line.key for line in lines)
    consent = _consent(turn, order, Purpose.SHARE, case.organization, scope, shown=shown_hash(order.lines))
    turn.case = turn.draft.case(handoff.share(case, consent, lines), Deed.SHARE, SEEKER)
    if case.responder is not None:
        turn.draft.post(case.responder, "shared", case=turn.case)
        turn.draft.edit(case.responder, "header", case=turn.case)


def shown_hash(lines: Iterable[Line | SharedLine]) -> str:
    """What a list of answers is: SHA-256 over its lines, in order. What was shown and what is delivered have the same."""
    whole = "\x1e".join(f"{line.key}\x1f{line.question}\x1f{line.answer}" for line in lines)
    return hashlib.sha256(whole.encode()).hexdigest()


def _refuse_share(turn: Turn, order: Order) -> None:
    _tell_owner(turn, "share_refused")


def _elsewhere(turn: Turn, order: Order) -> None:
    """May another organization, by name, be told? It is named on the screen the person read."""
    case = _of(turn)
    if order.value != "yes":
        stayed = replace(turn.office.stay(case, turn.at), asked_elsewhere="")
        turn.case = turn.draft.case(stayed, Deed.DECLINE, SEEKER, "elsewhere")
        if case.responder is not None:
            turn.draft.post(case.responder, "elsewhere_no", case=case, other=case.asked_elsewhere)
        return
    other = turn.office.organizations.get(case.asked_elsewhere)
    if other is None:
        raise RuleBroken("no-such-move", "nobody was named")
    consent = _consent(turn, order, Purpose.REFERRAL, other.id, CONTACT_SCOPE)
    turn.office.leave_chats(turn.draft, case)
    passed = replace(handoff.pass_on(case, other.id, consent, turn.at), asked_elsewhere="")
    turn.case = turn.draft.case(passed, Deed.PASS_ON, SEEKER)
    turn.draft.words_gone.append(case.id)  # they were said to the organization before, and to nobody else
    turn.draft.notes_gone.append(case.id)
    if case.responder is not None:
        turn.draft.post(case.responder, "elsewhere_yes", topic=False, other=other.id, designation=case.designation)
    turn.draft.log(Deed.GRANT, SEEKER, f"case:{case.id}", Purpose.REFERRAL.value)


# -- words --------------------------------------------------------------------------------------------------------------------


def _words(turn: Turn, order: Order) -> None:
    if turn.incoming is not None:  # words beside a file of a kind that is not taken are heard all the same
        _hear(turn, text=turn.incoming.text or turn.incoming.caption)


def _media(turn: Turn, order: Order) -> None:
    """A voice note, picture, file or place: only the platform's handle is kept, sealed."""
    incoming = turn.incoming
    if incoming is None or not (incoming.file_id or incoming.place):
        return
    place = f"{incoming.place[0]},{incoming.place[1]}" if incoming.place else ""
    _hear(turn, text=incoming.caption, media=MediaKind(order.value), file=incoming.file_id, mime=incoming.mime, place=place)


def _hear(turn: Turn, *, text: str = "", media: MediaKind | None = None, file: str = "", mime: str = "", place: str = "") -> None:
    incoming = turn.incoming
    if not _of(turn).may_see(turn.at):
        raise RuleBroken("no-consent", "the consent has ended: it is asked anew")
    case, number = handoff.next_number(_heard(turn), Direction.SEEKER)
    words = turn.draft.put(
        Words(
            id=turn.draft.number(),
            case=case.id,
            direction=Direction.SEEKER,
            number=number,
            text=text,
            media=media,
            file=file,
            mime=mime,
            place=place,
            at=turn.at,
            source=incoming.message_id if incoming else 0,
        )
    )
    turn.case = turn.draft.case(case, Deed.HEAR, SEEKER)
    if case.responder is not None:
        turn.office.pass_to_responder(turn.draft, case, words)


def _heard(turn: Turn) -> Case:
    """The case after words of the seeker's. After a gap, and after an exit, it may be somebody else: whoever has the case reads "not
    confirmed" (with a word agreed the program asks for it, `contact.owed`), and is asked whether the hours are still so."""
    before = _of(turn)
    case = handoff.hear(before, turn.at, clocks=turn.office.clocks)
    gap = before.seeker_wrote_at and turn.at - before.seeker_wrote_at >= turn.office.clocks.gap
    if not gap and not before.compromised:
        return case
    case = replace(case, compromised=False, confirmed=None if case.word else False, asked_word_at=None)
    if case.responder is not None:
        contact.ask_again(turn.draft, case)
        turn.draft.edit(case.responder, "header", case=case)
    return case


def _remove(turn: Turn, order: Order) -> None:
    """*Quitar mi último mensaje*: Telegram tells nobody of a deletion, so only this button takes words back."""
    case = _of(turn)
    mine = [one for one in turn.transcript if one.direction is Direction.SEEKER and one.state is not WordsState.REMOVED]
    if not mine:
        return
    last = max(mine, key=lambda words: words.number)
    turn.draft.put(replace(last, state=WordsState.REMOVED, text="", file="", place="", media=None))
    turn.draft.log(Deed.REMOVE, SEEKER, f"case:{case.id}")
    if case.responder is not None:
        turn.draft.remove(case.responder, "words", case=case.id, words=last.id)
        turn.draft.post(case.responder, "removed_by_seeker", case=case, number=last.number)


def _ring(turn: Turn, order: Order) -> None:
    """A crisis was heard: it is danger now, at once, and whoever has the case is rung: again within a minute only after a human word."""
    case = _of(turn)
    rings = case.crisis_at is None or turn.at - case.alarmed_at >= ALARM_SECONDS
    rung = replace(handoff.ring(case, turn.at, clocks=turn.office.clocks), crisis=order.value)
    if case.responder is None or not rings:
        turn.case = turn.draft.case(rung, Deed.RING, SEEKER, order.value)
        return
    turn.case = turn.draft.case(replace(rung, alarmed_at=turn.at), Deed.RING, SEEKER, order.value)
    turn.draft.post(case.responder, "crisis", case=turn.case, topic=True, silent=False, priority=0)
    turn.draft.edit(case.responder, "header", case=turn.case)


def _word(turn: Turn, order: Order) -> None:
    """The answer to "is it still you?". Right or wrong, nobody is locked out; only the responder reads which."""
    case = _of(turn)
    right = turn.office.word_matches(case, turn.incoming.text if turn.incoming else "")
    turn.case = turn.draft.case(handoff.confirm(case, right), Deed.CONFIRM, SEEKER, "right" if right else "wrong")
    if case.responder is not None:
        turn.draft.post(case.responder, "word_answered", case=turn.case, right=right)


# -- how, and no more -----------------------------------------------------------------------------------------------------------


def _reach(turn: Turn, order: Order) -> None:
    turn.case = turn.draft.case(handoff.set_reach(_of(turn), Reach(order.value)), Deed.REACH, SEEKER, order.value)


def _prefer(turn: Turn, order: Order) -> None:
    case = _of(turn)
    wish = "" if order.value == "any" else order.value
    turn.case = turn.draft.case(replace(case, prefers=wish, told_no_match=False), Deed.PREFER, SEEKER, order.value)


def _transfer(turn: Turn, order: Order) -> None:
    """The seeker may refuse a colleague: the transfer comes to nothing. With their yes the colleague may take it. A no that comes too late
    is told to whoever has the case now."""
    case = _of(turn)
    if case.handoff is not HandoffStatus.TRANSFERRED:
        if order.value == "no":
            _tell_owner(turn, "transfer_late_no")
    elif order.value != "no":
        turn.case = turn.draft.case(replace(case, transfer_from=turn.at))
        if case.transfer_to is not None:
            turn.draft.post(case.transfer_to, "transfer_agreed", topic=False, silent=False, priority=1, of=case.id)
    else:
        turn.case = turn.draft.case(handoff.decline(case, None, turn.at, clocks=turn.office.clocks), Deed.DECLINE, SEEKER)
        passing.asking_over(turn.draft, case)
        _tell_owner(turn, "transfer_refused")


def _withdraw(turn: Turn, order: Order) -> None:
    """Every consent is taken back: access ends with this commit, texts and topics go, and nothing waits to be sent."""
    case = _of(turn)
    turn.office.leave_chats(turn.draft, case)
    turn.case = turn.draft.case(handoff.withdraw(case, turn.at), Deed.WITHDRAW, SEEKER)
    turn.draft.words_gone.append(case.id)
    turn.draft.notes_gone.append(case.id)
    if case.responder is not None:
        turn.draft.post(case.responder, "withdrawn", designation=case.designation)


def _erase(turn: Turn, order: Order) -> None:
    """Everything of the case goes: its key is destroyed, and what is left of it is a number in the trail. Nor does anything of somebody
    else's case go on knowing that they once brought its key."""
    for other in turn.office.book.open_cases():
        if other.claimant == turn.seeker:
            turn.draft.case(replace(other, claimant=None), Deed.RETURN, SEEKER, "erased")
            for one in turn.office.who_decides(other):
                turn.draft.remove(one, "claimant", case=other.id)
    for other in turn.office.book.closed_of(turn.seeker):
        if turn.case is None or other.id != turn.case.id:
            turn.draft.case(emptied(other), Deed.ERASE, SEEKER)
            turn.draft.shred.append(other.id)
    case = turn.case
    if case is None:
        return
    if case.open and case.return_key and turn.before.phone is PhoneUse.LENT:  # the phone goes back; who made the key goes on elsewhere
        turn.case = turn.draft.case(handoff.detach(case, case.return_key), Deed.DETACH, SEEKER, "erased")
        _tell_owner(turn, "detached")
        return
    if case.handoff not in (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED):
        _withdraw(turn, order)
        case = _of(turn)
    turn.case = turn.draft.case(emptied(case), Deed.ERASE, SEEKER)
    turn.draft.shred.append(case.id)


def emptied(case: Case) -> Case:
    """The shell of an erased case: nothing that was said or shared, and nobody it belongs to."""
    return Case(
        id=case.id,
        version=case.version,
        seeker=None,
        designation="",
        organization=case.organization,
        status=case.status,
        handoff=case.handoff,
        locale="",
        requested_at=0,
        closed_at=case.closed_at,
        erased=True,
    )


def _left(turn: Turn, order: Order) -> None:
    """An exit is no withdrawal: the case stays, everybody is silent until the person writes, and the responder knows only that."""
    case = _of(turn)
    turn.case = turn.draft.case(replace(case, compromised=True), Deed.LEAVE, SEEKER)
    _tell_owner(turn, "left")


def _blocked(turn: Turn, order: Order) -> None:
    """The person blocked the bot: live contact has ended, and nothing written from here on reaches them."""
    turn.case = turn.draft.case(replace(_of(turn), blocked=True), Deed.BLOCK, SEEKER)
    _tell_owner(turn, "blocked")


def seen_again(turn: Turn) -> None:
    """Something came from somebody who had blocked the bot: they can be reached again."""
    turn.case = turn.draft.case(replace(_of(turn), blocked=False))


def _renew(turn: Turn, order: Order) -> None:
    case = _of(turn)
    consent = _consent(turn, order, Purpose.CONTACT, case.organization, CONTACT_SCOPE)
    turn.case = turn.draft.case(handoff.grant(case, consent), Deed.GRANT, SEEKER, "renewed")


def _follow_up(turn: Turn, order: Order) -> None:
    """How it went, in one tap: then the agreed messages stop."""
    case = _of(turn)
    outcome = {"helped": "helped", "declined": "declined"}.get(order.value, "not_helped")
    told = tuple(one if one.outcome else replace(one, outcome=outcome) for one in case.follow_ups)
    turn.case = turn.draft.case(replace(case, follow_ups=told), Deed.FOLLOW_UP, SEEKER, outcome)


# -- what they thought of it ------------------------------------------------------------------------------------------------------


def _feedback(turn: Turn, order: Order) -> None:
    """One tap. Only *unsafe* goes further: a reviewer outside the organization hears of it, without any words."""
    turn.office.count_feedback(order.value)
    if order.value == "unsafe":
        _complain(turn, "")


def _complaint(turn: Turn, order: Order) -> None:
    """Words for a reviewer. A ticket that is brought back is a question, and no new complaint."""
    text = turn.incoming.text if turn.incoming else ""
    if complaints.by_ticket(turn.office, text, turn.at) is None:
        _complain(turn, text)


def _complain(turn: Turn, text: str) -> None:
    about = turn.case.organization if turn.case else turn.office.about(turn.seeker)
    complaint = Complaint(
        id=turn.draft.number(),
        ticket=turn.before.desk.code or turn.office.draw_code(),
        about=about,
        reviewer=turn.office.reviewer_of(about),
        text=text,
        at=turn.at,
        due_at=turn.at + ANSWERED_WITHIN,
    )
    turn.draft.complaints.append(complaint)
    turn.draft.log(Deed.COMPLAIN, SEEKER, f"organization:{about}")
    for reviewer in turn.office.reviewers(complaint.reviewer, about):
        turn.draft.post(reviewer.id, "complaint", topic=False, silent=False, complaint=complaint.id)


def _return_key(turn: Turn, order: Order) -> None:
    """A lent phone: a key to note on paper, or the key typed elsewhere. A human says whether it is the same person."""
    office = turn.office
    if order.value == "make":
        case = _of(turn)
        turn.case = turn.draft.case(replace(case, return_key=office.key_hash(turn.before.desk.code)), Deed.DETACH, SEEKER, "key")
        return
    key, word = key_and_word(turn.incoming.text if turn.incoming else "")
    found = office.by_return_key(key)
    if found is None or found.seeker == turn.seeker or not found.may_see(turn.at):
        return
    claimed = turn.draft.case(replace(found, claimant=turn.seeker), Deed.RETURN, SEEKER)
    beside = "none" if not (word and found.word) else "right" if office.word_matches(found, word) else "wrong"
    returning.knock(office, turn.draft, claimed, beside)


def key_and_word(written: str) -> tuple[str, str]:
    """A key as it was typed, and the optional word if it was typed after it: whoever reviews the key reads whether it was right, and who
    typed it learns nothing."""
    count = 0
    for place, letter in enumerate(written):
        count += letter.isalnum()
        if count == CODE_LENGTH:
            return written[: place + 1], written[place + 1 :].strip()
    return written, ""


# -- small things -------------------------------------------------------------------------------------------------------------------


def _of(turn: Turn) -> Case:
    if turn.case is None:
        raise RuleBroken("no-such-move", "there is no case")
    return turn.case


def _tell_owner(turn: Turn, view: str) -> None:
    case = _of(turn)
    if case.responder is not None:
        turn.draft.post(case.responder, view, case=case)


Obey = Callable[[Turn, Order], None]
OBEY: Final[Mapping[OrderKind, Obey]] = MappingProxyType(
    {
        OrderKind.REQUEST: _request,
        OrderKind.WORDS: _words,
        OrderKind.MEDIA: _media,
        OrderKind.REMOVE: _remove,
        OrderKind.SHARE: _share,
        OrderKind.REFUSE_SHARE: _refuse_share,
        OrderKind.WITHDRAW: _withdraw,
        OrderKind.ERASE: _erase,
        OrderKind.REACH: _reach,
        OrderKind.PREFER: _prefer,
        OrderKind.RING: _ring,
        OrderKind.ELSEWHERE: _elsewhere,
        OrderKind.TRANSFER: _transfer,
        OrderKind.FEEDBACK: _feedback,
        OrderKind.COMPLAINT: _complaint,
        OrderKind.WORD: _word,
        OrderKind.RETURN_KEY: _return_key,
        OrderKind.RENEW: _renew,
        OrderKind.FOLLOW_UP: _follow_up,
        OrderKind.LEFT: _left,
        OrderKind.BLOCKED: _blocked,
    }
)
"""Every order has somebody who does it; a test asks for each."""
