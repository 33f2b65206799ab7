"""What happens at the desk by itself: requests are rung, words leave their hold, clocks climb, agreed messages go out.

`Ladder.pass_` is one pass over everything that is due. What is due stands in the cases and words themselves, so a restart forgets
nothing, and the tests move the clock. Each thing that is done is a write of its own: a case that cannot be worked must not hold up the
others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Final

import orjson
import structlog

from bot.domain import follow_up, handoff, routing
from bot.domain.audit import Deed
from bot.domain.case import DAY, Case, CaseStatus, WordsState
from bot.domain.clocks import Clocks, Rung, next_due
from bot.domain.machines import RuleBroken
from bot.domain.staff import Responder, ResponderState
from bot.usecases.channel import Incoming, Kind
from bot.usecases.desk import absence, board, contact, conversing, passing, windows
from bot.usecases.desk.doing import NOTHING, Did, Doing, telling
from bot.usecases.desk.draft import PROGRAM, Draft
from bot.usecases.desk.office import Conflict, Office
from bot.usecases.desk.views import ANYBODY
from bot.usecases.ports import StorageDown
from flows.events import News

log = structlog.get_logger()

Step = Callable[[Office, Draft, Case], Did]


AGAIN_AFTER: Final = 60
"""Seconds until something that failed is tried again: one case that cannot be worked holds up nobody else's."""


@dataclass(slots=True)
class Ladder:
    """The desk's own clockwork. `pass_` holds the turnstile only for one write at a time."""

    office: Office
    told: dict[str, int] = field(default_factory=dict)
    looked: bool = False
    failed: dict[object, int] = field(default_factory=dict)

    async def pass_(self) -> None:
        """Everything that is due now. Whatever goes wrong with one thing, all others are done; only storage being down ends a pass."""
        office = self.office
        if office.unsure:
            async with office.turnstile:
                await office.be_sure()
        self.failed = {key: until for key, until in self.failed.items() if until > office.now()}
        first = (self._forget, self._staff_moved, self._put_out, self._look_once, self._renewed)
        due = (self._leave, self._climb, self._small_things, self._duties, self._complaints, self._warn, self._tidy)
        for part in (*first, *due):
            await self._safely(part.__name__, part)

    async def _safely(self, key: object, work: Callable[[], Awaitable[None]]) -> None:
        if key in self.failed:
            return
        try:
            await work()
        except StorageDown:
            raise
        except Exception as error:  # this clockwork is also what rings in danger: no single thing may stop it
            log.error("ladder_failed", error=type(error).__name__)
            self.failed[key] = self.office.now() + AGAIN_AFTER
            self.office.unsure = True  # nobody knows how far it came

    async def _forget(self) -> None:
        async with self.office.turnstile:
            self.office.book.forget(self.office.now())

    async def _tidy(self) -> None:
        if self.office.outgoing is not None:
            await self.office.outgoing.tidy()

    async def _renewed(self) -> None:
        """A consent was renewed after it had ended: who has the case is shown again what was taken away."""
        for case in [one for one in self.office.book.cases.values() if one.renewal == "renewed" and one.may_see(self.office.now())]:
            await self._safely(("renewed", case.id), partial(self._show_again, case.id))

    async def _show_again(self, number: int) -> None:
        office = self.office
        async with office.turnstile:
            case, draft = office.book.cases[number], office.draft()
            again = draft.case(handoff.resume(case, draft.at))
            owner = office.book.responders.get(case.responder) if case.responder is not None else None
            if owner is not None:
                draft.post(owner.id, "header", case=again, silent=False, priority=1)
                program = Doing(office=office, draft=draft, responder=owner, incoming=Incoming(update_id=0, kind=Kind.IGNORED), case=again)
                await conversing.say_again(program, again, owner.id)
                draft.edit(owner.id, "board")
            await _quietly(office, draft)

    async def _leave(self) -> None:
        """Words whose hold is over, or whose window has opened."""
        office = self.office
        for words in [one for one in office.book.held() if one.release_at is not None and one.release_at <= office.now()]:
            await self._do(words.case, lambda o, d, c, number=words.id: _leave(o, d, c, number), ("words", words.id))  # type: ignore[misc]  # bound at once

    async def _climb(self) -> None:
        """Rungs of ladders and clocks."""
        for case in self._due():
            await self._do(case.id, _rung, ("rung", case.id))

    async def _small_things(self) -> None:
        """What other modules find due on a case."""
        office = self.office
        for case in [one for one in office.book.cases.values() if contact.owes(one, office.now())]:
            await self._do(case.id, contact.owed, ("contact", case.id))
        for case in [one for one in office.book.cases.values() if absence.owes(office, one, office.now())]:
            await self._do(case.id, absence.owed, ("absence", case.id))

    def _due(self) -> list[Case]:
        at = self.office.now()
        due = [case for case in self.office.book.cases.values() if due_now(case, at, self.office.clocks) is not None]
        return list(routing.queue(due, at, self.office.clocks)) + [case for case in due if case.status is not CaseStatus.OPEN]

    async def _do(self, number: int, step: Step, key: object) -> None:
        await self._safely(key, lambda: self._done(number, step))

    async def _done(self, number: int, step: Step) -> None:
        office = self.office
        async with office.turnstile:
            for _ in range(2):
                case = office.book.cases.get(number)
                if case is None:
                    return
                draft = office.draft()
                try:
                    did = windows.hushed(office, draft, step(office, draft, case))
                    if did.news is not None or did.refresh or not draft.empty:
                        await office.commit(draft, seeker=did.seeker, news=did.news, refresh=did.refresh)
                    return
                except Conflict:
                    continue
                except RuleBroken as broken:
                    log.warning("ladder_refused", reason=broken.code)
                    return

    async def _staff_moved(self) -> None:
        """The command line wrote: whoever was revoked loses access here and now, and their cases go back to the queue. Who was moved stands
        in the book, however it came to be read anew."""
        office = self.office
        if await office.book.storage.staff_moved():
            async with office.turnstile:
                await office.book.reload_staff()
        for number in tuple(office.book.moved):
            async with office.turnstile:
                before = office.book.moved.get(number)
                responder = office.book.responders.get(number)
                if responder is not None and responder.state is ResponderState.ACTIVE:
                    draft = office.draft()
                    draft.post(responder.id, "let_in", topic=False, silent=False)
                    draft.post(responder.id, "board", topic=False)
                    await _quietly(office, draft)
                elif responder is not None and before is ResponderState.ACTIVE:
                    await put_out(office, responder)
                office.book.moved.pop(number, None)

    async def _put_out(self) -> None:
        """Somebody without access, or who cannot be reached any more, still has cases (a panic, a revocation, a blocked bot)."""
        office = self.office
        for responder in tuple(office.book.responders.values()):
            gone = responder.state is not ResponderState.ACTIVE or responder.chat_id is None
            if gone and office.book.owned(responder.id):
                await self._safely(("out", responder.id), partial(self._out, responder))

    async def _out(self, responder: Responder) -> None:
        async with self.office.turnstile:
            await put_out(self.office, responder)

    async def _look_once(self) -> None:
        """At the start: whoever lost access while nothing ran still has a chat to be emptied, and words nothing is owed for any more (an
        earlier run gave them up) are passed on again."""
        if self.looked:
            return
        office = self.office
        for responder in tuple(office.book.responders.values()):
            if responder.state is ResponderState.ACTIVE or responder.chat_id is None:
                continue
            if any(message.kind not in ANYBODY for message in (await office.book.ledger(responder.id)).values()):
                async with office.turnstile:
                    await put_out(office, responder)
        async with office.turnstile:
            await self._pass_again()
        self.looked = True

    async def _pass_again(self) -> None:
        office = self.office
        owed = {orjson.loads(item.payload).get("words", 0) for item in await office.book.storage.desk_owed()}
        draft = office.draft()
        for case in office.book.open_cases():
            for words in office.book.to_responder(case.id) if case.may_see(draft.at) else ():
                if words.id not in owed:
                    office.pass_to_responder(draft, case, words)
        if not draft.empty:
            await _quietly(office, draft)

    async def _warn(self) -> None:
        """Once a day: hours nobody covers, holidays that run out."""
        async with self.office.turnstile:
            draft = self.office.draft()
            board.warn(self.office, draft, self.told)
            if not draft.empty:
                await _quietly(self.office, draft)

    async def _duties(self) -> None:
        """Whoever is on duty is asked before it ends by itself, and told when it has ended."""
        office, at = self.office, self.office.now()
        for responder in tuple(office.book.responders.values()):
            if responder.state is not ResponderState.ACTIVE or not responder.duty_until:
                continue
            if responder.duty_until <= at:
                await self._safely(("duty", responder.id), partial(self._duty_over, responder.id))
            elif responder.duty_until - office.clocks.duty_reminder <= at and not responder.reminded:
                await self._safely(("duty", responder.id), partial(self._duty_asked, responder.id))

    async def _duty_asked(self, number: int) -> None:
        office = self.office
        async with office.turnstile:
            responder, draft = office.book.responders[number], office.draft()
            draft.responder(replace(responder, reminded=True))
            draft.post(number, "still_there", topic=False, silent=False)
            await _quietly(office, draft)

    async def _duty_over(self, number: int) -> None:
        """Their cases stay theirs while no word is owed in them (`absence` sees to the others)."""
        office = self.office
        async with office.turnstile:
            responder, draft = office.book.responders[number], office.draft()
            if responder.on_duty(draft.at):
                return
            draft.responder(replace(responder, duty_until=0, reminded=False), Deed.OFF_DUTY, PROGRAM, "over")
            for kind in ("still_there", "queue"):
                draft.remove(number, kind)
            draft.post(number, "duty_over", topic=False)
            carried = len(office.book.owned(number))
            if carried:
                draft.post(number, "off_duty_first", topic=False, count=carried)
            draft.edit(number, "board")
            await _quietly(office, draft)

    async def _complaints(self) -> None:
        """A complaint nobody has answered in time: its reviewers are reminded once."""
        office, at = self.office, self.office.now()
        for complaint in tuple(office.book.complaints.values()):
            if complaint.due_at and complaint.due_at <= at and not complaint.reminded and complaint.answered_at is None:
                async with office.turnstile:
                    draft = office.draft()
                    draft.complaints.append(replace(complaint, reminded=True))
                    for one in office.reviewers(complaint.reviewer, complaint.about):
                        draft.post(one.id, "complaint_due", topic=False, silent=False, ticket=complaint.ticket)
                    await _quietly(office, draft)


async def _quietly(office: Office, draft: Draft) -> None:
    try:
        await office.commit(draft)
    except Conflict:
        log.info("desk_moved")


async def put_out(office: Office, responder: Responder) -> None:
    """Access has ended: everything in their chat goes, and each of their cases goes back to the queue and is told so. Called inside the
    turnstile."""
    for case in office.book.owned(responder.id):
        draft = office.draft()
        freed = draft.case(handoff.release(case, None, draft.at), Deed.RELEASE, PROGRAM)
        conversing.give_up_chat(office, draft, case)
        did = telling(freed, News.GIVEN_BACK, draft.at)
        try:
            await office.commit(draft, seeker=did.seeker, news=did.news)
        except Conflict:
            log.warning("desk_moved")
    draft = office.draft()
    draft.clear(responder.id, everything=True)
    draft.post(responder.id, "put_out", topic=False)
    await _quietly(office, draft)


def _leave(office: Office, draft: Draft, case: Case, number: int) -> Did:
    """The hold of one message is over, or its window has opened. Outside the seeker's hours it waits for the window, also when they were
    changed meanwhile or this program slept through it. Words for somebody nobody answers any more never leave."""
    words = office.book.words.get(case.id, {}).get(number)
    if words is None or words.release_at is None or words.release_at > draft.at:
        return NOTHING
    if case.status is not CaseStatus.ASSIGNED or not case.may_see(draft.at):
        draft.put(replace(words, state=WordsState.REMOVED, text="", canned="", release_at=None))
        if words.author is not None and case.may_see(draft.at):
            draft.edit(words.author, "held", case=case, words=words.id)
        return NOTHING
    opens = windows.opens(office, case, draft.at)
    if opens is not None:
        if words.state is WordsState.HELD:  # a human has answered, as far as they may: only the crisis still rings
            waits = replace(handoff.answer(case, draft.at), crisis_at=case.crisis_at)
            case = draft.case(waits, Deed.ANSWER, f"responder:{words.author}", "window")
        draft.put(replace(words, state=WordsState.WINDOW, release_at=opens))
        if words.author is not None:
            draft.edit(words.author, "held", case=case, words=words.id)
        return NOTHING
    moved, gone = conversing.leave(office, draft, case, words)
    if handoff.unanswered(case):
        contact.ask_again(draft, moved)
    return telling(moved, News.WORDS, draft.at, words=gone.id)


def _rung(office: Office, draft: Draft, case: Case) -> Did:
    """The rung that is due on a case."""
    rung = due_now(case, draft.at, office.clocks)
    return RUNGS[rung](office, draft, case) if rung is not None else NOTHING


def due_now(case: Case, at: int, clocks: Clocks) -> Rung | None:
    """What is due. Once the consent has ended nothing that was due before is done any more, however long this program slept: the end of the
    case is all that is waited for."""
    over = replace(case, clock="", due_at=None, crisis_at=None, referrals=(), follow_ups=(), renewal=case.renewal or "asked")
    held = case if case.may_see(at) else over
    found = next_due(held, clocks)
    return found[0] if found is not None and found[1] <= at else None


# -- while nobody has it ------------------------------------------------------------------------------------------------------


def _ring(office: Office, draft: Draft, case: Case) -> Did:
    """The first bell: those who fit best; in danger everybody who may."""
    return _bell(office, draft, case, wide=False)


def _nudge(office: Office, draft: Draft, case: Case) -> Did:
    """Nobody has taken it: everybody who may is rung. Somebody has it and is silent: they are reminded."""
    if case.status is CaseStatus.OPEN:
        return _bell(office, draft, case, wide=True)
    if case.responder is not None:
        draft.post(case.responder, "nudge", case=case, silent=False, priority=1)
    draft.case(handoff.climb(case, draft.at, clocks=office.clocks))
    return NOTHING


def _bell(office: Office, draft: Draft, case: Case, *, wide: bool) -> Did:
    loads = routing.loads_of(office.book.open_cases())
    found = routing.whom_to_ring(case, tuple(office.book.active(case.organization)), loads, draft.at, wide=wide)
    told = case.rung if case.offered_at is not None else ()  # after a reopening `rung` holds who had it: they are rung as well
    fresh = [one.id for one in found if one.id not in told] or [one.id for one in found]
    if not fresh:
        return absence.no_match(office, draft, draft.case(handoff.climb(case, draft.at, clocks=office.clocks)))
    moved = draft.case(handoff.offer(case, fresh, draft.at, clocks=office.clocks), Deed.OFFER, PROGRAM, str(len(fresh)))
    for number in fresh:
        draft.remove(number, "notice", case=case.id)
        draft.post(number, "notice", case=moved, topic=False, silent=False, priority=1)
        draft.edit(number, "board")
    return NOTHING


def _next_organization(office: Office, draft: Draft, case: Case) -> Did:
    """Nobody came here: may another organization, by name, be told?"""
    climbed = draft.case(handoff.climb(case, draft.at, clocks=office.clocks))
    other = office.elsewhere(case, draft.at)
    if other is None:
        return NOTHING
    return telling(draft.case(replace(climbed, asked_elsewhere=other.id)), News.ELSEWHERE, draft.at)


def _supervisor(office: Office, draft: Draft, case: Case) -> Did:
    """A supervisor is told, and the seeker hears the truth and who does answer."""
    climbed = draft.case(handoff.climb(case, draft.at, clocks=office.clocks))
    for one in office.supervisors(case.organization):
        draft.post(one.id, "overdue", case=climbed, topic=False, silent=False, priority=1)
    return telling(climbed, News.NOBODY, draft.at)


# -- while somebody has it ------------------------------------------------------------------------------------------------------


def _back_to_queue(office: Office, draft: Draft, case: Case) -> Did:
    """Whoever has it does not answer: others are rung, and the seeker is told."""
    freed = draft.case(handoff.lapse(case, draft.at, clocks=office.clocks), Deed.LAPSE, PROGRAM)
    conversing.give_up_chat(office, draft, case)
    if case.responder is not None:
        draft.post(case.responder, "lapsed", topic=False, silent=False, designation=case.designation)
    return telling(freed, News.GIVEN_BACK, draft.at)


def _decline(office: Office, draft: Draft, case: Case) -> Did:
    """A colleague did not answer the transfer: it stays where it was."""
    draft.case(handoff.decline(case, None, draft.at, clocks=office.clocks), Deed.DECLINE, PROGRAM)
    passing.asking_over(draft, case)
    if case.responder is not None:
        draft.post(case.responder, "transfer_unanswered", case=case)
    return NOTHING


def _crisis(office: Office, draft: Draft, case: Case) -> Did:
    """A crisis word, and no human word for two minutes: the screen of that crisis, once, signed as the program; supervisors are told whose
    it is, and who has the case that the program spoke."""
    stepped = draft.case(handoff.step_in(case), Deed.RAISE, PROGRAM, "stepped_in")
    for one in office.supervisors(case.organization):
        if one.id != case.responder:
            draft.post(one.id, "crisis_unanswered", case=stepped, topic=False, silent=False, priority=0)
    if case.responder is not None:
        draft.post(case.responder, "crisis_stepped_in", case=stepped, silent=False, priority=0)
    return telling(stepped, News.DISTRESS if case.crisis == "distress" else News.CRISIS, draft.at)


def _referral(office: Office, draft: Draft, case: Case) -> Did:
    """How did the referral go? Asked until it is confirmed or has ended."""
    due = [one for one in case.referrals if one.remind_at is not None and one.remind_at <= draft.at]
    later = {one.id: replace(one, remind_at=draft.at + 3 * DAY) for one in due}
    draft.case(replace(case, referrals=tuple(later.get(one.id, one) for one in case.referrals)))
    for one in due:
        if case.responder is not None:
            draft.post(case.responder, "referral_due", case=case, referral=one.id)
    return NOTHING


# -- after it -----------------------------------------------------------------------------------------------------------------------


def _follow_up(office: Office, draft: Draft, case: Case) -> Did:
    """An agreed message, in neutral words: once, and once more; then never again."""
    due = follow_up.due_follow_up(case, draft.at)
    opens = windows.opens(office, case, draft.at)
    if due is not None and due.tries < follow_up.TRIES and opens is not None:  # not outside the seeker's hours
        draft.case(replace(case, follow_ups=tuple(replace(one, at=opens) if one is due else one for one in case.follow_ups)))
        return NOTHING
    sent = draft.case(follow_up.follow_up(case, draft.at, clocks=office.clocks), Deed.FOLLOW_UP, PROGRAM)
    if due is None or due.tries >= follow_up.TRIES:
        return NOTHING
    return telling(sent, News.FOLLOW_UP, draft.at)


def _renew(office: Office, draft: Draft, case: Case) -> Did:
    """The consent ends in some days: the seeker may go on with one tap, before anybody loses anything."""
    return telling(draft.case(handoff.ask_renewal(case)), News.RENEW, draft.at)


def _consent_over(office: Office, draft: Draft, case: Case) -> Did:
    """The consent has ended: from here on nobody sees anything of the case, until the seeker renews it. Both are told."""
    office.leave_chats(draft, case)
    over = draft.case(handoff.suspend(case), Deed.EXPIRE, PROGRAM, "may_be_renewed")
    if case.responder is not None:
        draft.post(case.responder, "expired", topic=False, designation=case.designation)
    return telling(over, News.ENDED, draft.at)


def _expire(office: Office, draft: Draft, case: Case) -> Did:
    """It was not renewed: the case ends and the words go. Both were told when the consent ended."""
    office.leave_chats(draft, case)
    draft.case(handoff.expire(case, draft.at), Deed.EXPIRE, PROGRAM)
    draft.words_gone.append(case.id)
    draft.notes_gone.append(case.id)
    return NOTHING


RUNGS: Final[Mapping[Rung, Step]] = MappingProxyType(
    {
        Rung.RING: _ring,
        Rung.NUDGE: _nudge,
        Rung.NEXT_ORGANIZATION: _next_organization,
        Rung.SUPERVISOR: _supervisor,
        Rung.BACK_TO_QUEUE: _back_to_queue,
        Rung.DECLINE: _decline,
        Rung.CRISIS: _crisis,
        Rung.REFERRAL: _referral,
        Rung.FOLLOW_UP: _follow_up,
        Rung.RENEW: _renew,
        Rung.ENDED: _consent_over,
        Rung.EXPIRE: _expire,
    }
)
"""Every rung has somebody who does it; a test asks for each."""
