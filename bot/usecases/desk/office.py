"""The desk as one thing: what it knows (`Book`), what it may do (`bot.domain`), and the one way anything is written.

Everything that moves a case goes through `commit`, inside the turnstile that a seeker's own turns pass as well: so of fifty claims at once
one is read first and wins, and a word that was taken back is not sent by somebody who read it a moment before. When a move concerns the
seeker it is told as `CaseNews` in the very same transaction (`tell`, given by the reception of seekers).
"""

from __future__ import annotations

import hmac
import secrets
from asyncio import Lock
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from bot.domain import designation as names
from bot.domain import duty, routing
from bot.domain.case import CASES_A_DAY, DAY, Case, Words
from bot.domain.clocks import Clocks, Rung
from bot.domain.duty import Offer, OfferState
from bot.domain.handoff import climb
from bot.domain.organization import Organization
from bot.domain.routing import ANYBODY, Wanted, is_minor
from bot.domain.seeker import SeekerId
from bot.domain.staff import Responder, ResponderState, StaffRole
from bot.usecases.desk.book import Book
from bot.usecases.desk.draft import Draft
from bot.usecases.desk.texts import Texts
from bot.usecases.desk_ports import DeskItem, DeskVerdict, DeskWrite
from bot.usecases.ports import Clock, StorageDown
from flows.events import CaseNews
from flows.state import CaseStage, Conversation, Desk, DeskState

log = structlog.get_logger()

CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What is read aloud and written on paper: nothing that looks like something else."""
CODE_LENGTH: Final = 8
DESKS: Final = 1024
"""Different things people said, remembered at once."""
PRESENT: Final = 900
"""Seconds after their last word in a case in which somebody counts as there, also off duty: they are in the middle of it."""
DRAWN: Final = 60
"""Seconds a designation that was drawn stays reserved for a case that has not been written yet."""
CODES_AT: Final = frozenset({"complaint", "key"})
"""Steps in whose turn a ticket or a return key is drawn."""

Tell = Callable[[SeekerId, CaseNews | None, DeskWrite, int], Awaitable[DeskVerdict]]
"""Tell a seeker news of their case (or, without news, show anew words that were changed or removed: their row), in one transaction with a
desk write. Called inside the turnstile."""


class Takes(Protocol):
    """Who delivers to responders: told after a commit."""

    def take(self, write: DeskWrite) -> None: ...

    def recover(self, items: Iterable[DeskItem]) -> None: ...

    async def tidy(self) -> None: ...


class Conflict(Exception):
    """Something had moved, mostly by the command line: everything was read again, and the deed may be tried again."""


@dataclass(slots=True, kw_only=True)
class Office:
    """`lint`: whether words hold something Amparo must never say. `marks`: key for hashes of words and keys on paper. `opens`: whether
    this copy may open cases at all (never on a test version)."""

    book: Book
    clock: Clock
    clocks: Clocks
    organizations: Mapping[str, Organization]
    texts: Texts
    opens: Callable[[], bool]
    marks: bytes
    lint: Callable[[str], bool] = field(default=lambda _: False)
    turnstile: Lock = field(default_factory=Lock)
    tell: Tell | None = None
    outgoing: Takes | None = None
    wake: Callable[[], None] = field(default=lambda: None)
    crash: Callable[[str], None] = field(default=lambda _: None)
    feedback: dict[str, int] = field(default_factory=dict)
    unsure: bool = False
    _offers: dict[tuple[str, tuple[int, ...]], tuple[int, Offer]] = field(default_factory=dict)
    _desks: dict[object, tuple[int, Desk]] = field(default_factory=dict)
    _last_offers: dict[tuple[str, Wanted], tuple[OfferState, int | None]] = field(default_factory=dict)
    _drawn: dict[str, int] = field(default_factory=dict)
    _asked: dict[SeekerId, dict[int, int]] = field(default_factory=dict)

    # -- writing -------------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock.now())

    def draft(self, at: int | None = None, update_id: int | None = None) -> Draft:
        """A write to be filled."""
        return Draft(at=self.now() if at is None else at, number=self.book.storage.desk_number, update_id=update_id)

    async def commit(self, draft: Draft, *, seeker: SeekerId | None = None, news: CaseNews | None = None, refresh: int = 0) -> DeskVerdict:
        """Write one event, inside the turnstile; with news, in one transaction with the seeker's turn. Raises `Conflict`."""
        write = draft.write()
        try:
            if seeker is not None and (news is not None or refresh) and self.tell is not None:
                verdict = await self.tell(seeker, news, write, refresh)  # it settles, too
            else:
                verdict = await self.book.storage.write_desk(write)
                if verdict is DeskVerdict.COMMITTED:
                    self.settle(write)
        except StorageDown:
            self.unsure = True
            raise
        if verdict is DeskVerdict.CONFLICT:
            self.unsure = True
            await self.be_sure()
            raise Conflict
        if verdict is DeskVerdict.REFUSED:
            log.error("desk_refused", count=len(write.items))
        return verdict

    def consented(self, draft: Draft) -> bool:
        """Whether everything a draft would show of a case may be shown: storage refuses the whole of it otherwise."""
        about = {item.case for item in draft.items if item.case}
        cases = (draft.cases.get(number) or self.book.cases.get(number) for number in about)
        return all(case is not None and case.may_see(draft.at) for case in cases)

    async def be_sure(self) -> None:
        """Called inside the turnstile before anything is decided. Storage gave no answer to a write: it may have been committed, and nobody
        was told. Everything is read again, and what is owed is delivered."""
        if self.unsure:
            await self.book.load(self.now() // DAY)
            self._offers.clear()
            self._desks.clear()
            if self.outgoing is not None:
                self.outgoing.recover(await self.book.storage.desk_owed())
            self.unsure = False

    def settle(self, write: DeskWrite) -> None:
        """A write was committed: remember it, and let what it owes be delivered."""
        self.book.settle(write)
        for case in write.cases:
            self._drawn.pop(case.designation, None)
            if case.version == 0 and case.seeker is not None:
                self._asked.setdefault(case.seeker, {})[case.id] = case.requested_at
        self._offers.clear()
        self._desks.clear()
        if self.outgoing is not None:
            self.outgoing.take(write)
        if write.cases or write.responders or write.doors:
            self.wake()

    # -- what a seeker's turn is told -------------------------------------------------------------------------------------------

    def desk(self, conversation: Conversation, case: Case | None) -> Desk:
        """What the engine may know in this turn of somebody who has this case, or none."""
        at = self.now()
        if case is not None and case.open:
            return self._desk_of_case(case, conversation, at)
        desk = self._offered(conversation, at)
        code = self._code_for(conversation)
        return replace(desk, code=code) if code else desk

    def _offered(self, conversation: Conversation, at: int) -> Desk:
        """The best organization for what was said so far; worked out once a second for all who said the same."""
        key = (conversation.locale, conversation.needs, is_minor(conversation.answers))
        kept = self._desks.get(key)
        if kept is None or kept[0] != at:
            if len(self._desks) > DESKS:
                self._desks.clear()
            kept = self._desks[key] = (at, self._offered_now(conversation, at))
        return kept[1]

    def _offered_now(self, conversation: Conversation, at: int) -> Desk:
        organization = self._organization_for(conversation, at)
        if organization is None or not self.opens():
            return Desk()
        offer = self.offer(organization.id, at, self.wanted(conversation, organization.id))
        return Desk(
            state=DeskState(offer.state.value),
            organization=organization.id,
            name=organization.name,
            minutes=offer.minutes,
            returns=local(organization, offer.returns_at),
            speaks=organization.speaks(conversation.locale),
        )

    def _organization_for(self, conversation: Conversation, at: int) -> Organization | None:
        staffed = tuple(one for one in self.organizations if self.offer(one, at, self.wanted(conversation, one)).state is OfferState.OPEN)
        return routing.organization_for(
            conversation.needs,
            "",
            conversation.locale,
            self.organizations.values(),
            at,
            minor=is_minor(conversation.answers),
            staffed=staffed,
        )

    def wanted(self, conversation: Conversation, organization: str) -> Wanted:
        """What somebody who has not asked yet would need of whoever answers there. Where nobody writes their language they are told so
        before they ask (`Desk.speaks`), and it is asked of nobody."""
        speaks = organization in self.organizations and self.organizations[organization].speaks(conversation.locale)
        return Wanted(locale=conversation.locale if speaks else "", minor=is_minor(conversation.answers))

    def _desk_of_case(self, case: Case, conversation: Conversation, at: int) -> Desk:
        organization = self.organizations.get(case.organization)
        if organization is None:
            return Desk()
        offer = self.offer(organization.id, at, routing.wanted(case))
        live = conversation.case is CaseStage.LIVE
        other = self.organizations.get(case.asked_elsewhere)
        owner = self.owner_there(case, at)
        return Desk(
            state=DeskState.OPEN if owner else DeskState(offer.state.value),
            organization=organization.id,
            name=organization.name,
            minutes=offer.minutes,
            returns="" if owner else local(organization, offer.returns_at),
            takes=tuple(sorted(kind.value for kind in organization.media)) if live else (),
            alias=owner.alias if owner else "",
            other=other.name if other else "",
            code=self._code_for(conversation),
            ended=not case.may_see(at),
        )

    def _code_for(self, conversation: Conversation) -> str:
        return self.draw_code() if conversation.here.step in CODES_AT else ""

    def offer(self, organization: str, at: int, wanted: Wanted = ANYBODY) -> Offer:
        """The truth about an organization's desk now, for somebody who needs this of who answers: those who could not take them do not
        count. Worked out once a second."""
        team = tuple(one for one in self.book.active(organization) if wanted.suits(one))
        key = (organization, tuple(one.id for one in team))
        kept = self._offers.get(key)
        if kept is None or kept[0] != at:
            if len(self._offers) > DESKS:
                self._offers.clear()
            kept = self._offers[key] = (at, self._offer_now(organization, team, at))
        return kept[1]

    def _offer_now(self, organization: str, team: tuple[Responder, ...], at: int) -> Offer:
        book, cases = self.book, self.book.open_cases()
        return duty.offer(
            self.organizations[organization],
            responders=team,
            shifts=book.shifts,
            doors=book.doors.values(),
            loads=routing.loads_of(cases),
            waited=book.waited,
            cases=cases,
            at=at,
        )

    def offers_moved(self, at: int) -> bool:
        """Whether what anybody may be offered is another than at the last call: in any language, and for minors. What only makes the
        measured minutes a little different is no news."""
        now: dict[tuple[str, Wanted], tuple[OfferState, int | None]] = {}
        for organization in self.organizations.values():
            for minor in (False, True):
                for locale in ("", *organization.languages):
                    wanted = Wanted(locale=locale, minor=minor)
                    offer = self.offer(organization.id, at, wanted)
                    now[organization.id, wanted] = (offer.state, offer.returns_at)
        moved, self._last_offers = bool(self._last_offers) and now != self._last_offers, now
        return moved

    def owner_there(self, case: Case, at: int) -> Responder | None:
        """Who has the case, if they are there: on duty, or writing in it just now. None: nobody has it, or nobody is reading."""
        owner = self.book.responders.get(case.responder) if case.responder is not None else None
        if owner is None or owner.state is not ResponderState.ACTIVE or owner.chat_id is None:
            return None
        writing = case.claimed_at is not None and at - max(case.claimed_at, case.responder_wrote_at) < PRESENT
        return owner if owner.on_duty(at) or writing else None

    # -- routing ------------------------------------------------------------------------------------------------------------------

    def elsewhere(self, case: Case, at: int) -> Organization | None:
        """Another organization that matches, which the seeker may be asked about."""
        asked = {consent.organization for consent in case.consents}
        needs = routing.wanted(case)
        staffed = tuple(one for one in self.organizations if self.offer(one, at, needs).state is OfferState.OPEN)
        found = routing.next_organization(case, self.organizations.values(), at, asked=asked, staffed=staffed)
        return found if found is not None and found.id in staffed else None

    def stay(self, case: Case, at: int) -> Case:
        """The seeker said no to another organization: the ladder goes on here."""
        return climb(case, at, clocks=self.clocks) if case.clock == Rung.NEXT_ORGANIZATION.value else case

    def designation(self) -> str:
        """A friendly name no open case has, and none that was drawn a moment ago for a case that is being written."""
        now, cases = self.now(), self.book.cases.values()
        self._drawn = {name: at for name, at in self._drawn.items() if 0 <= now - at < DRAWN}
        taken = {case.designation for case in cases if case.open} | self._drawn.keys()
        drawn = names.draw(taken, secrets.randbelow, {case.designation for case in cases})
        self._drawn[drawn] = now
        return drawn

    def asks_too_often(self, seeker: SeekerId, at: int) -> bool:
        """Whether this person asked for somebody three times within a day, what they withdrew or erased since included: each request rings
        people. Danger is never asked about (promises.md R45)."""
        self._asked = {who: kept for who, mine in self._asked.items() if (kept := {case: t for case, t in mine.items() if at - t < DAY})}
        stored = {case.id for case in self.book.cases.values() if case.seeker == seeker and at - case.requested_at < DAY}
        return len(stored | self._asked.get(seeker, {}).keys()) >= CASES_A_DAY

    def who_decides(self, case: Case) -> Sequence[int]:
        """Whoever has the case; otherwise the supervisors of its organization."""
        if case.responder is not None:
            return (case.responder,)
        return tuple(one.id for one in self.supervisors(case.organization))

    def supervisors(self, organization: str) -> Iterable[Responder]:
        """Supervisors of an organization, those on duty first."""
        at = self.now()
        found = [one for one in self.book.active(organization) if one.role is StaffRole.SUPERVISOR]
        return sorted(found, key=lambda one: not (one.on_duty(at) or one.on_call))

    def reviewer_of(self, organization: str) -> str:
        """The organization whose reviewers read complaints about this one: never itself, if there is another."""
        mine = self.organizations.get(organization)
        return mine.complaints_to if mine else next(iter(self.organizations), "")

    def reviewers(self, organization: str, about: str) -> Iterable[Responder]:
        """Reviewers of an organization, and never of the one the complaint is about."""
        return () if organization == about else tuple(one for one in self.book.active(organization) if one.role is StaffRole.REVIEWER)

    def about(self, seeker: SeekerId) -> str:
        """What organization a complaint without a case is about: the last that had one of theirs, else the first that offers."""
        mine = [case for case in self.book.cases.values() if case.seeker == seeker]
        last = max(mine, key=lambda case: case.requested_at, default=None)
        return last.organization if last else next(iter(self.organizations), "")

    # -- words and chats -----------------------------------------------------------------------------------------------------------

    def pass_to_responder(self, draft: Draft, case: Case, words: Words) -> None:
        """A seeker's words go to whoever has the case."""
        if case.responder is None:
            return
        if words.media is not None:
            draft.media(case.responder, case, words.id)
        else:
            draft.post(case.responder, "words", case=case, words=words.id, silent=False, priority=1)

    def leave_chats(self, draft: Draft, case: Case) -> None:
        """Nothing of a case stays in anybody's chat: its topics are emptied, what was owed about it goes. Whoever may be asked about any
        case of the organization (supervisors, those on call) may have been shown its name."""
        glass = case.broken_glass
        others = (glass.first, glass.second) if glass is not None else ()
        asked = (one.id for one in self.book.active(case.organization) if one.role is StaffRole.SUPERVISOR or one.on_call)
        for number in dict.fromkeys((*case.rung, *case.passed, case.responder, case.transfer_to, *others, *asked)):
            if number is not None:
                draft.clear(number, case.id)

    def has_words(self, case: Case) -> bool:
        """Whether the organization keeps relayed words while the case is open."""
        organization = self.organizations.get(case.organization)
        return organization is not None and organization.keeps_words

    # -- codes ------------------------------------------------------------------------------------------------------------------------

    def draw_code(self) -> str:
        """A ticket or a key: eight letters and digits, in two groups."""
        drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        return f"{drawn[:4]}-{drawn[4:]}"

    def key_hash(self, written: str) -> str:
        """Keyed hash of a key or a word, however it was typed."""
        plain = "".join(letter for letter in written.upper() if letter.isalnum())
        return hmac.digest(self.marks, plain.encode(), "sha256").hex()[:32]

    def by_return_key(self, written: str) -> Case | None:
        """The open case whose key this is."""
        wanted = self.key_hash(written)
        return next((case for case in self.book.open_cases() if case.return_key and hmac.compare_digest(case.return_key, wanted)), None)

    def word_matches(self, case: Case, written: str) -> bool:
        """Whether this is the optional word."""
        salt, _, expected = case.word.partition("$")
        return bool(expected) and hmac.compare_digest(self.key_hash(salt + written), expected)

    def word_hash(self, word: str) -> str:
        """The optional word, salted and hashed."""
        salt = secrets.token_hex(4)
        return f"{salt}${self.key_hash(salt + word)}"

    def count_feedback(self, value: str) -> None:
        """One tap of opinion: counted, and kept of nobody."""
        self.feedback[value] = self.feedback.get(value, 0) + 1
        log.info("feedback", kind=value)


def local(organization: Organization, at: int | None) -> str:
    """A moment in an organization's own time, as `flows.state.Desk.returns` has it."""
    return organization.local(at).strftime("%Y-%m-%dT%H:%M") if at is not None else ""
