"""The heart of the desk: a responder takes a case, writes, and is answered.

A responder's words do not leave at once. They stand in a short hold, with the case's alias beside them and *undo* under them, because words
to the wrong person are the commonest error where many conversations run side by side (voice.md 2). When the hold is over the program
(`bot.usecases.desk.ladder`) lets them go. From responders only text passes: a voice, a picture or a place would give them away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain import handoff, routing
from bot.domain.audit import Deed
from bot.domain.case import DAY, Case, CaseStatus, Direction, Waited, Words, WordsState
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action
from bot.usecases.channel import THEIRS
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb, telling
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.office import Office
from bot.usecases.desk_ports import DeskMessage
from flows.events import News

SAID_AGAIN: Final = 40
"""Words of a conversation a new owner gets at once; older ones on request (`passing.older`)."""
LONGEST: Final = 3500
"""Characters of a responder's message: with the alias before it, it must fit into one of the platform's."""


async def claim(doing: Doing) -> Did:
    """One tap. Of many at once the first that is read wins; the others' notices say so within seconds."""
    case, me = doing.the_case, doing.responder
    office, draft = doing.office, doing.draft
    load = routing.loads_of(office.book.open_cases()).get(me.id, routing.Load())
    if case.status is CaseStatus.OPEN and (why := routing.why_not(case, me, load, doing.at)) is not None:
        return Did(says=f"why_{why.value}", alert=True)
    taken = draft.case(handoff.claim(case, me.id, doing.at, clocks=office.clocks), Deed.CLAIM, doing.actor)
    notices_over(draft, case, besides=me.id)
    draft.remove(me.id, "notice", case=case.id)
    draft.post(me.id, "header", case=taken, silent=False, priority=1)
    await say_again(doing, taken, me.id)
    draft.edit(me.id, "board")
    return telling(taken, News.TAKEN, doing.at, says="claimed_toast")


def notices_over(draft: Draft, case: Case, *, besides: int | None = None) -> None:
    """Everybody else who was rung reads that it is taken, and cannot press it any more."""
    for number in case.rung:
        if number != besides:
            draft.edit(number, "taken", kind="notice", of=case.id, designation=case.designation)
            draft.edit(number, "board")


async def say_again(doing: Doing, case: Case, to: int) -> None:
    """What was said before stands in the new owner's topic, in its order: whoever had it first may have lapsed, panicked or been revoked,
    and the seeker was told that they do not begin anew. What nobody has got yet is passed on as ever."""
    draft = doing.draft
    unsaid = (WordsState.REMOVED, WordsState.HELD, WordsState.WINDOW)
    said = [words for words in await transcript(doing.office, case) if words.state not in unsaid]
    kept = [words for words in said if words.text or words.canned or words.file or words.place]
    if len(kept) < len(said):
        draft.post(to, "words_lost", case=case)
    if len(kept) > SAID_AGAIN:
        draft.post(to, "words_older", case=case, before=kept[-SAID_AGAIN].id, count=len(kept) - SAID_AGAIN)
    for words in kept[-SAID_AGAIN:]:
        if words.direction is Direction.SEEKER and (words.media is not None or words.state is WordsState.QUEUED):
            fresh = words if words.state is WordsState.QUEUED else draft.put(replace(words, state=WordsState.QUEUED))
            doing.office.pass_to_responder(draft, case, fresh)
        else:
            draft.post(to, "words", case=case, words=words.id, again=True)


async def write(doing: Doing) -> Did:
    """What a responder typed in a case's topic, or in answer to one of its messages."""
    remember(doing, "typed")
    text = doing.incoming.text.strip()
    if not text or len(text) > LONGEST:
        raise RuleBroken("too-long" if text else "only-text", "cannot be passed on")
    hold(doing, text=text)
    return NOTHING


def remember(doing: Doing, kind: str) -> None:
    """A responder's own message stands in their chat: it goes when the case leaves it, or (a command, words about no case) when the whole
    chat is emptied. A press is no message of theirs."""
    if doing.incoming.message_id and not doing.incoming.edited and doing.incoming.kind in THEIRS:
        doing.draft.messages.append(
            DeskMessage(
                row=doing.draft.number(),
                responder=doing.responder.id,
                case=doing.case.id if doing.case else 0,
                kind=kind,
                message_id=doing.incoming.message_id,
                thread=doing.incoming.thread_id,
                at=doing.at,
            )
        )


def hold(doing: Doing, *, text: str = "", canned: str = "") -> Words:
    """Put words into the short hold. The clock stands still while they are in it."""
    office, draft = doing.office, doing.draft
    if not doing.the_case.may_see(doing.at):
        raise RuleBroken("no-consent", "the consent has ended: nothing may be written")
    case, number = handoff.next_number(handoff.hold_words(doing.the_case, doing.at, clocks=office.clocks), Direction.RESPONDER)
    words = draft.put(
        Words(
            id=draft.number(),
            case=case.id,
            direction=Direction.RESPONDER,
            number=number,
            author=doing.responder.id,
            text=text,
            canned=canned,
            at=doing.at,
            state=WordsState.HELD,
            release_at=doing.at + office.clocks.hold,
            source=doing.incoming.message_id if text else 0,
            thread=doing.incoming.thread_id,
        )
    )
    draft.case(case)
    draft.post(doing.responder.id, "held", case=case, words=words.id, priority=0)
    return words


async def edit(doing: Doing) -> Did:
    """A responder changed words: held ones change in the hold, delivered ones change in the seeker's chat."""
    case = doing.the_case
    found = next((w for w in await transcript(doing.office, case) if w.source == doing.incoming.message_id and w.author), None)
    if found is None or found.state in (WordsState.REMOVED, WordsState.NOT_DELIVERED):
        return NOTHING
    if found.author != doing.responder.id:
        raise RuleBroken("not-owner", "these are somebody else's words")
    changed = doing.draft.put(replace(found, text=doing.incoming.text.strip()[:LONGEST], edited=found.state is not WordsState.HELD))
    doing.draft.log(Deed.EDIT, doing.actor, f"case:{case.id}")
    if changed.state is WordsState.DELIVERED:
        return Did(seeker=case.seeker, refresh=changed.id)
    return NOTHING


async def transcript(office: Office, case: Case) -> list[Words]:
    """All words of a case, what is on its way as it stands now."""
    stored = {words.id: words for words in await office.book.storage.words(case.id)}
    return sorted({**stored, **office.book.words.get(case.id, {})}.values(), key=lambda words: words.id)


async def undo(doing: Doing) -> Did:
    """*Deshacer*: the words never left."""
    words = _mine(doing, int(doing.arg, 36))
    if words.state is not WordsState.HELD:
        raise RuleBroken("left-already", "they have left")
    doing.draft.put(replace(words, state=WordsState.REMOVED, text="", canned="", release_at=None))
    doing.draft.edit(doing.responder.id, "held", case=doing.the_case, words=words.id)
    doing.draft.log(Deed.UNDO, doing.actor, f"case:{doing.the_case.id}")
    return Did(says="undone_toast")


def _mine(doing: Doing, number: int) -> Words:
    words = doing.office.book.words.get(doing.the_case.id, {}).get(number)
    if words is None or words.author != doing.responder.id:
        raise RuleBroken("left-already", "they have left")
    return words


async def take_back(doing: Doing) -> Did:
    """*Quitar*: delivered words go from the seeker's chat, as far as the platform lets us."""
    number = int(doing.arg, 36)
    case = doing.the_case
    found = next((words for words in await transcript(doing.office, case) if words.id == number), None)
    if found is None or found.author != doing.responder.id or found.state is WordsState.REMOVED:
        raise RuleBroken("left-already", "they are gone")
    doing.draft.put(replace(found, state=WordsState.REMOVED, text="", canned=""))
    doing.draft.edit(doing.responder.id, "held", case=case, words=found.id)
    doing.draft.log(Deed.REMOVE, doing.actor, f"case:{case.id}")
    return Did(seeker=case.seeker, refresh=found.id, says="taken_back_toast")


def leave(office: Office, draft: Draft, case: Case, words: Words) -> tuple[Case, Words]:
    """The hold is over: the words are on their way, and a human has answered. Somebody who has blocked the bot gets nothing, and their
    author must not read that they might."""
    answered = handoff.answer(case, draft.at)
    if case.answered_at is None:
        draft.waited.append(Waited(organization=case.organization, day=draft.at // DAY, seconds=draft.at - case.requested_at))
    state = WordsState.NOT_DELIVERED if case.blocked else WordsState.ENVELOPE
    gone = draft.put(replace(words, state=state, release_at=None))
    moved = draft.case(answered, Deed.ANSWER, f"responder:{words.author}")
    if words.author is not None:
        draft.edit(words.author, "held", case=moved, words=words.id)
    return moved, gone


async def release(doing: Doing) -> Did:
    """Given back to the queue; the seeker hears it, and others are rung."""
    case = doing.the_case
    freed = doing.draft.case(handoff.release(case, doing.responder.id, doing.at), Deed.RELEASE, doing.actor)
    give_up_chat(doing.office, doing.draft, case)
    doing.draft.post(doing.responder.id, "released", topic=False, designation=case.designation)
    return telling(freed, News.GIVEN_BACK, doing.at, says="released_toast")


def give_up_chat(office: Office, draft: Draft, case: Case) -> None:
    """Whoever had the case has it no more: their topic goes, and what was held for the seeker and has not left is taken back."""
    for number in (case.responder, case.transfer_to):
        if number is not None:
            draft.clear(number, case.id)
            draft.edit(number, "board")
    for words in office.book.words.get(case.id, {}).values():
        if words.direction is Direction.RESPONDER and words.state in (WordsState.HELD, WordsState.WINDOW):
            draft.put(replace(words, state=WordsState.REMOVED, text="", canned="", release_at=None))


async def back_in_20(doing: Doing) -> Did:
    """*Vuelvo en 20 min*: the seeker is told, and the clock stands still so long."""
    case = handoff.hold_clock(doing.the_case, 20, doing.at, clocks=doing.office.clocks, by=doing.responder.id)
    doing.draft.case(case, Deed.HOLD_CLOCK, doing.actor)
    doing.draft.edit(doing.responder.id, "header", case=case)
    return telling(case, News.BACK_SOON, doing.at, says="back_in_20_toast")


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "claim": Verb(Action.CLAIM, claim),
        "undo": Verb(Action.UNDO, undo),
        "back": Verb(Action.WRITE_WORDS, take_back),
        "free": Verb(Action.RELEASE, release),
        "in20": Verb(Action.HOLD_CLOCK, back_in_20),
    }
)
