"""What we follow for a seeker who asked for a person, and every value that hangs on it. Words of the field: `style.md`'s glossary.

A **case** is what we follow; a **handoff** is one passing-over of it from the program to a human (its states and moves are the machine in
`bot.domain.machines`). A case is one value: whatever moves it gives back a new one, and storage writes it whole, sealed with the case's own
key. The words of the two people are not in it; they are rows of their own (`Words`), so that they can be removed one by one.

Everything a responder may see rests on a `Consent` that is alive: `Case.may_see` is asked before anything leaves, and the database asks
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.seeker import SeekerId
from flows.events import MediaKind

CONSENT_DAYS: Final = 30
"""A consent ends by itself after this many days unless it is renewed (features.md H4)."""
DAY: Final = 86_400
KEPT_DAYS: Final = 30
"""A closed case is kept so long, so that it can be reopened; then its key is destroyed and everything of it goes (promises.md R8)."""
ANSWERED_DAYS: Final = 90
"""So long an answered complaint is kept: whoever brings the ticket still reads the answer."""
CASES_A_DAY: Final = 3
"""Requests of one person within a day; danger is always heard (promises.md R45)."""


class CaseStatus(StrEnum):
    """What we follow: somebody waits, somebody answers, it has ended."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class HandoffStatus(StrEnum):
    """One passing-over. The moves between them are `bot.domain.machines.HANDOFF`."""

    REQUESTED = "requested"  # in the queue; nobody has been rung yet
    OFFERED = "offered"  # responders have been rung
    CLAIMED = "claimed"  # one has taken it and has not written yet
    ACTIVE = "active"  # the seeker's words wait for the responder
    WAITING = "waiting"  # the responder has written; the seeker's turn
    TRANSFERRED = "transferred"  # a colleague was asked to take over and has not answered; the sender keeps access
    CLOSED = "closed"
    FOLLOWED_UP = "followed_up"
    WITHDRAWN = "withdrawn"  # the seeker took the consent back
    EXPIRED = "expired"  # the consent ended, or nobody came and the request lapsed


class Level(StrEnum):
    """Urgency (flows.triage). The person never sees it."""

    DANGER = "danger"
    HIGH = "high"
    ORDINARY = "ordinary"


class Reach(StrEnum):
    """May a message reach the seeker here (features.md H18; asked once, after queueing)."""

    UNASKED = "unasked"
    YES = "yes"
    SILENT = "silent"
    WRITTEN = "written"  # only after the seeker writes


class Purpose(StrEnum):
    """What a consent is for. Each is asked when it is needed, never before."""

    CONTACT = "contact"  # organization, language and topic
    SHARE = "share"  # the listed answers
    REFERRAL = "referral"  # another organization, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A purpose, the text it was asked with, and how long it holds.

    `text_version`: 16 hexadecimal digits of SHA-256 over the templates that stood on the screen, in the language they were read.
    `scope`: exactly what may be seen (for CONTACT: `language`, `topic`; for SHARE: the answer keys, in the order shown).
    `shown`: SHA-256 of the list as the seeker saw it, so that what is delivered can be held against it; empty for CONTACT.
    Times are unix seconds.
    """

    purpose: Purpose
    organization: str
    text_version: str
    locale: str
    scope: tuple[str, ...]
    granted_at: int
    until: int
    shown: str = ""
    withdrawn_at: int | None = None

    def holds(self, at: int) -> bool:
        """Whether it may be acted on now."""
        return self.withdrawn_at is None and at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLine:
    """One line the seeker chose to share: message ids of the question and of the answer, so that each side reads it in their language."""

    key: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """An agreed message later. `tries` made (one retry, then stop). `outcome`: helped, not_reached, declined, or empty while open."""

    at: int
    tries: int = 0
    outcome: str = ""


class ReferralState(StrEnum):
    """How a referral to an outside service goes (features.md H15)."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """To an outside service, by name. `reason` only for REJECTED. `remind_at`: when the responder is asked how it went."""

    id: int
    service: str
    state: ReferralState
    at: int
    reason: str = ""
    remind_at: int | None = None


class Visibility(StrEnum):
    """Who reads a note (features.md H16)."""

    MINE = "mine"
    TEAM = "team"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A responder's writing on a case, apart from the conversation; sealed with the case's key. `id` is storage's (0 until stored)."""

    id: int = 0
    case: int
    author: int
    visibility: Visibility
    text: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeContact:
    """When and how the seeker may be written to, as they told the responder. Hours are local minutes of the day in the organization's time
    zone, `days` 0 (Monday) to 6; empty days: every day. `first_line`: the dull line every message begins with; may be empty."""

    days: tuple[int, ...] = ()
    begins: int = 0
    ends: int = 24 * 60
    first_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Acting outside a consent or a window: two named people and a reason from the fixed list. `second` None: waits for the second."""

    reason: str
    first: int
    second: int | None
    at: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands. Storage writes it whole under `version` (0: never stored); every write expects the version that was read.

    `seeker` None: detached from the account (a lent phone was given back); found again by the return key. `designation` is the friendly
    name responders use, never a real one. `needs`: flow ids in the order chosen. `rules`: the urgency rules that fired. `level` may rise
    while waiting, never sinks. `kept`: the request was left while nobody was on duty. `heavy`: counts against the cap of heavy cases.
    `rung`: responders who were told; `passed`: responders who gave it back or let it lapse (asked last). `clock`: the next rung of the
    ladder (`bot.domain.clocks`), due at `due_at`. `unread`: human words the seeker has not been shown yet. `media`: kinds the organization
    takes. `told_no_match`: the seeker was told that nobody is
    as they asked for. `asked_elsewhere`: the organization, by id,
    the seeker is being asked about: the one on their screen, whatever fits better meanwhile. `any_language`: the seeker was told that
    nobody writes theirs, and went on. `crisis_at`: a crisis word was said and
    no human word has followed; `crisis`: which one, as the flow it leads to (`danger`, `distress`); `alarmed_at`: when who has the case was
    last rung for one. `transfer_from`: from when a colleague who was asked may accept: the seeker said yes, or had time to say no.
    `blocked`: the seeker has blocked the bot and was not seen since. `next_step`: one line for the handover.
    `confirmed`: None not asked since the gap, True answered with the word, False not confirmed. `word`: salted hash of the optional word.
    `back_at`: "back in 20 minutes" was said. `return_key`: keyed hash of the key on paper. `claimant`: another account that gave the key; a
    human has to say that it is the same person. `renewal`: how far the seeker was told that the consent ends (`asked` before it does,
    `ended` when it has; `renewed`: they went on after that, and who has the case is to be shown it again). `told_away`: they were told
    that who has the case is not there, and nobody else is.
    """

    id: int
    version: int = 0
    seeker: SeekerId | None
    designation: str
    organization: str
    status: CaseStatus = CaseStatus.OPEN
    handoff: HandoffStatus = HandoffStatus.REQUESTED
    locale: str
    needs: tuple[str, ...] = ()
    level: Level = Level.ORDINARY
    rules: tuple[str, ...] = ()
    heavy: bool = False
    minor: bool = False
    kept: bool = False
    prefers: str = ""
    told_no_match: bool = False
    asked_elsewhere: str = ""
    any_language: bool = False
    reach: Reach = Reach.UNASKED
    sound: bool = False
    consents: tuple[Consent, ...] = ()
    shared: tuple[SharedLine, ...] = ()
    responder: int | None = None
    transfer_to: int | None = None
    transfer_from: int = 0
    rung: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()
    requested_at: int
    offered_at: int | None = None
    claimed_at: int | None = None
    answered_at: int | None = None
    closed_at: int | None = None
    seeker_wrote_at: int = 0
    responder_wrote_at: int = 0
    clock: str = ""
    due_at: int | None = None
    back_at: int | None = None
    crisis_at: int | None = None
    crisis: str = ""
    alarmed_at: int = 0
    unread: int = 0
    numbered_in: int = 0
    numbered_out: int = 0
    next_step: str = ""
    outcome: str = ""
    follow_ups: tuple[FollowUp, ...] = ()
    referrals: tuple[Referral, ...] = ()
    safe_contact: SafeContact | None = None
    word: str = ""
    confirmed: bool | None = None
    asked_word_at: int | None = None
    broken_glass: BreakGlass | None = None
    return_key: str = ""
    claimant: SeekerId | None = None
    compromised: bool = False
    blocked: bool = False
    renewal: str = ""
    told_away: bool = False
    erased: bool = False

    @property
    def open(self) -> bool:
        """Whether anything may still happen in it."""
        return self.status is not CaseStatus.CLOSED

    def consent(self, purpose: Purpose, at: int, organization: str | None = None) -> Consent | None:
        """The living consent for a purpose, given to the organization that has the case now (or to another, by id)."""
        wanted = organization or self.organization
        alive = (one for one in self.consents if one.purpose is purpose and one.organization == wanted and one.holds(at))
        return next(alive, None)

    def may_see(self, at: int) -> bool:
        """Whether anything of this case may reach a responder now."""
        return not self.erased and self.consent(Purpose.CONTACT, at) is not None


class Direction(StrEnum):
    """Who wrote."""

    SEEKER = "seeker"
    RESPONDER = "responder"


class WordsState(StrEnum):
    """Where words are on their way. Both sides see it: sent, delivered, not delivered, removed."""

    HELD = "held"  # a responder's, in the short hold with undo
    WINDOW = "window"  # a responder's, outside the seeker's safe hours
    ENVELOPE = "envelope"  # a responder's; the seeker has been told, or will be when they write, and has not looked
    QUEUED = "queued"  # on its way
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"  # blocked or gone
    REMOVED = "removed"  # taken back or removed by its author, a withdrawal or an erasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One message of a live conversation, a row of its own, sealed with the case's key.

    `id`: storage's row (0 until stored). `number`: counted per direction, gapless, the order both sides see. `text`: as typed (controls
    stripped when shown). `canned`: id of a canned reply: then `text` is empty, and the seeker reads it in their language. `media` with
    `file`: the platform's handle, never the thing itself. `place`: latitude,longitude of a location. `source`: message id in the author's
    chat. `shown`: message id in the receiver's chat once delivered; `thread`: its topic. `release_at`: when HELD words leave. `told`: of
    words in an ENVELOPE, whether anything stands in the seeker's chat that says so.
    """

    id: int = 0
    version: int = 0
    case: int
    direction: Direction
    number: int
    author: int | None = None
    text: str = ""
    canned: str = ""
    media: MediaKind | None = None
    file: str = ""
    mime: str = ""
    place: str = ""
    at: int
    state: WordsState = WordsState.QUEUED
    release_at: int | None = None
    source: int = 0
    shown: int = 0
    thread: int = 0
    edited: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint on its way to a reviewer outside the organization it is about, to be answered by `due_at`. `ticket`: what the seeker
    may keep. Sealed under the staff key: it must outlive the case."""

    id: int = 0
    ticket: str
    about: str
    reviewer: str
    text: str
    at: int
    due_at: int = 0
    reminded: bool = False
    answered: str = ""
    answered_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How long somebody waited for a first human word, kept without the case: what the offer's honest minutes are made of."""

    organization: str
    day: int
    seconds: int
