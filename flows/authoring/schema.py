"""What administrators may write, as pydantic schemas: flows, cards, facts, urgency rules, scenarios.

These are the only shapes `content/` can have; an unknown or misspelt key is refused with its name. Texts are source language (es-MX).
A text may hold `{fact_id}` (the value of a fact), `{org}` and the few names listed in `PLACEHOLDERS`, and `**bold**`. Nothing else is
markup.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""Lower case, digits and underscores: ids stand in message ids, file names and callback data."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Target = Annotated[str, StringConstraints(pattern=r"^(@[a-z_]+(:[a-z][a-z0-9_]*)?|[a-z][a-z0-9_]{0,39})$")]
"""A step of the same flow, or `@flow:ID`, `@copy:FACT`, or a command: `@back @menu @language @person @exit @hide @erase @pause @danger
@sources @privacy @steps @help @start @resume @erase_now @next` (`@next` leaves the flow: back to the caller, to the next queued need, or
to "anything else?")."""
GuardText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
"""`missing.minor is yes`, `phone is not lent`, `threat.signs has deadline`, `x is known`, joined by `and` / `or` (and binds tighter)."""

PLACEHOLDERS = frozenset({"org", "minutes", "when", "desk", "alias", "other", "code", "answer"})
"""Names a text may hold beside facts: who runs this copy; the measured minutes to a first human word; when somebody is back; the
organization that would answer (or answers); the responder's alias; another organization that is asked about."""
DESK_PLACEHOLDERS = frozenset({"minutes", "when", "desk", "alias", "other", "code", "answer"})
STAFF_PLACEHOLDERS = frozenset(
    {
        *("ago", "alias", "begins", "cap", "case", "code", "colleague", "count", "days", "designation", "ends"),
        *("guides", "hours", "key", "kind", "language", "level", "list", "minutes", "name", "number", "organization"),
        *("other", "outcome", "reason", "role", "rules", "seconds", "service", "state", "status", "step", "text"),
        *("ticket", "topic", "when", "who"),
    }
)
"""Names a text of content/desk.yaml may hold: the desk fills them in, always from values of its own."""


class Strict(BaseModel):
    """Frozen, and refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    """The kinds of step."""

    SAY = "say"
    ASK = "ask"
    ASK_MANY = "ask_many"
    ASK_PLACE = "ask_place"
    ASK_YES_NO = "ask_yes_no"
    WAIT = "wait"
    CALL = "call"
    BRANCH = "branch"
    OFFER_PERSON = "offer_person"
    END = "end"
    TELL = "tell"


class Purpose(StrEnum):
    """Why something is asked. Every question has one."""

    SAFETY = "safety"
    GUIDANCE = "guidance"
    URGENCY = "urgency"
    LANGUAGE = "language"
    CONTACT = "contact"


class Choice(Strict):
    """A way out of a step. On an `ask`, its id is the value saved. `sets` writes further answers; `hears` are other words for it.
    On an `ask_many`, a choice that leads to its own step is a tick, and the step's `to` is where *Listo* leads."""

    id: Id
    text: Text
    to: Target
    when: GuardText | None = None
    sets: dict[str, str] = {}
    hears: list[Text] = []
    row: int | None = None


class Branch(Strict):
    """One arm of a `branch` step; the last one has no guard."""

    to: Target
    when: GuardText | None = None


class Step(Strict):
    """One place in a flow. `card` or `text` says something; `saves` names the answer (default `<flow>.<step>`).

    `personal` questions have a `why` and a way to prefer not to say: `skip` is where that leads (the saved value is `unsaid`).
    `exit: menu` states that this screen is full and *salir* lives in the menu button. `place` picks the list of an `ask_place`.
    `timer` (seconds) with `then` is what follows silence. `to` is where `call`, `wait`, `ask_many` and `ask_place` go on.
    `fresh`: what this step says is waited for, so it comes as a new message. On a `tell`, what is typed goes to a human (`tells`: as
    words, as the answer to "is it still you?", as a complaint, as a return key). `share`: what was asked in a few words, as it stands on
    the list of answers a person may share; a question without it is never shared.
    """

    id: Id
    kind: Kind
    text: Text | None = None
    card: Id | None = None
    saves: str | None = None
    personal: bool = False
    purpose: Purpose | None = None
    why: Text | None = None
    skip: Target | None = None
    choices: list[Choice] = []
    branches: list[Branch] = []
    to: Target | None = None
    flow: Id | None = None
    place: Literal["state", "country"] | None = None
    timer: int | None = None
    then: Target | None = None
    exit: Literal["button", "menu"] = "button"
    needs_consent: bool = False
    tells: Literal["words", "word", "complaint", "return_key"] = "words"
    share: Text | None = None
    voice: Id | None = None
    fresh: bool = False


class Trigger(Strict):
    """What starts a flow: intents heard in free text (content/understanding), with `sets` for what the words already answered."""

    intents: list[str] = []
    sets: dict[str, str] = {}
    to: Id | None = None


class FlowFile(Strict):
    """One flow: a file `content/flows/<flow>.yaml`. `echo` is what Amparo says it understood ("Entendí: falta alguien."), `echoes` the
    same for a relative (`son`, `daughter`, ...). `first` orders needs that were said together: lower comes first. `replaces`: needs that
    this one ends when both were said (who came back is no longer missing). `guide` is the step *mis
    pasos* returns to. `need`: a real need, listed under *mis pasos* (not welcome, privacy, language...)."""

    flow: Id
    title: Text
    safety: Literal["critical", "ordinary"] = "ordinary"
    need: bool = False
    first: int = 50
    replaces: list[Id] = []
    guide: Id | None = None
    echo: Text | None = None
    echoes: dict[Id, Text] = {}
    triggers: list[Trigger] = []
    start: Id
    steps: Annotated[list[Step], Field(min_length=1)]


class Block(Strict):
    """A paragraph of a card. `facts` it rests on (those in `{...}` count by themselves); `when` guards it; `once`: said once a
    conversation; `door`: a local or state authority, taken away when the authority is part of it; `standing`: shown only on a test
    version, or only
    live. `consent`: this paragraph is what a person agrees to when they press the choice that sets `desk: request` (or the others)."""

    id: Id
    text: Text
    facts: list[Id] = []
    when: GuardText | None = None
    once: bool = False
    door: Literal["local", "state", "federal", "rights", "civil", "abroad"] | None = None
    standing: Literal["test", "live"] | None = None
    consent: Literal["contact", "share", "referral"] | None = None


class CardFile(Strict):
    """A card: one reviewed unit of what the bot says, a file `content/cards/<card>.yaml`."""

    card: Id
    title: Text
    safety: Literal["critical", "ordinary"] = "ordinary"
    blocks: Annotated[list[Block], Field(min_length=1)]


class Source(Strict):
    """Where a fact was read. `url` only where the exact address is known."""

    title: Text
    date: Text
    url: str | None = None


class Fact(Strict):
    """A dated fact. `value` fills `{id}` (a phone, an address of a page, a figure); a rule has only its `statement`.

    After `review_by` a fact of high risk is not shown: `fallback` stands in the block's place. `conflict` records that sources disagree:
    such a number is never the only door. `test_called`: the day a person dialled it and it answered as stated."""

    id: Id
    kind: Literal["phone", "whatsapp", "link", "email", "deadline", "figure", "rule"]
    value: str | None = None
    statement: Text
    fallback: Text
    source: Source
    checked_on: date
    checked_by: Text
    review_by: date
    risk: Literal["high", "medium", "low"]
    confidence: Literal["high", "medium"]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "MX"
    door: Literal["local", "state", "federal", "rights", "civil", "abroad"] | None = None
    conflict: Text | None = None
    caution: Text | None = None
    test_called: date | None = None
    signed_off_by: Text | None = None


class FactsFile(Strict):
    """A file of facts, `content/facts/*.yaml`."""

    facts: list[Fact]


class UrgencyRule(Strict):
    """Raises the level of a conversation. The person never sees it; every result names the rules that fired."""

    id: Id
    level: Literal["danger", "high", "ordinary"]
    when: GuardText
    because: Text


class UrgencyFile(Strict):
    """`content/urgency.yaml`."""

    rules: list[UrgencyRule]


class Scenario(Strict):
    """ "If the person answers X and Y, they reach Z and never see W", in words an administrator can read.

    `does`: what the person types (plain words) or picks (`[text of the button]`), in order; in parentheses stands what happens without
    them: news of the case (`(taken)`, `(words)`, `(nobody)`... see flows.events.News), the door (`(desk: away)`), or minutes that pass
    (`(20 minutes)`). `desk`: the door when it begins (closed: this copy opens no case). `case`: how far a request for a person has come
    when it begins. `reaches`: a step `flow.step` or a card id that must be on screen at the end. `sees` / `never_sees`: words or fact ids
    that must (not) be on any screen on the way. `urgency`: level at the end. `asks`: orders the desk gets on the way, in order, as
    `name` or `name value` (flows.effects.OrderKind); left out, they are not looked at."""

    scenario: Text
    locale: str = "es"
    desk: Literal["open", "away", "closed"] = "closed"
    case: Literal["none", "waiting", "live"] = "none"
    does: list[Text]
    reaches: str
    sees: list[Text] = []
    never_sees: list[Text] = []
    urgency: Literal["danger", "high", "ordinary"] | None = None
    asks: list[Text] | None = None


class ScenariosFile(Strict):
    """`content/scenarios/<flow>.yaml`."""

    scenarios: Annotated[list[Scenario], Field(min_length=1)]


class DeskTextsFile(Strict):
    """`content/desk.yaml`: what those who answer read at the desk, and the few sentences the desk itself tells a seeker (`told_...`).
    id -> source text; message ids are `desk.<id>`. A text may hold the names in `STAFF_PLACEHOLDERS`."""

    messages: Annotated[dict[Id, Text], Field(min_length=1)]


class Reply(Strict):
    """A canned reply: the title a responder picks it by, and the text the seeker reads, each in their own language."""

    title: Text
    text: Text


class RepliesFile(Strict):
    """`content/replies.yaml`. id -> reply; message ids are `reply.<id>` and `reply.<id>.title`."""

    replies: Annotated[dict[Id, Reply], Field(min_length=1)]


class InterfaceFile(Strict):
    """`content/interface.yaml`: labels of navigation buttons, echoes, commands and their synonyms. id -> source text."""

    messages: dict[Id, Text]
    hears: dict[Id, list[Text]]
