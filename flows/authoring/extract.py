"""Every sentence of `content/`, with the id under which it is translated: what the template of the catalogs is made from.

The ids are the contract between flows, catalogs and renderer, and they outlive the words: `flow.<flow>.<step>.text`,
`flow.<flow>.<step>.choice.<choice>`, `card.<card>.<block>`, `fact.<fact>.fallback`, `ui.<name>` and so on. Words people may type instead of
pressing (`hears`) are one message each, joined by `|`, so that a translator can add and drop some. Pure: no file is read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.authoring.load import Content
from flows.authoring.schema import CardFile, Choice, Fact, FlowFile, InterfaceFile, Step

BETWEEN = "|"
"""Stands between the alternatives of a `hears` message; no phrase may hold it."""

TEXT = "Text of a screen"
TITLE = "Title, a few words"
ECHO = "Echo: says back what was understood"
WHY = "Why it is asked; stands in parentheses"
SHARE = "A question in a few words, on the list of answers to share"
BUTTON = "Button, a few words"
HEARS = "Words a person may type for this, joined by |; add and drop freely"
STATEMENT = "What a fact says"
VALUE = "Stands inside sentences, where a text names the fact"
WORDED = ("deadline", "figure")
"""Kinds whose value is words ("30 días hábiles"); a phone or an address is the same in every language."""
FALLBACK = "Stands in the place of a fact that is not shown"
INTERFACE = "Interface"
DESK = "Read by those who answer, at the desk"
TO_SEEKER = "Told to the seeker by the desk"
REPLY = "Canned reply: the seeker reads it as a person's words"
REPLY_TITLE = "Title of a canned reply, a few words; only responders read it"
TOLD = "told_"
"""How the names of those texts of the desk begin that a seeker reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMessage:
    """One source text. `id` is the msgctxt, `text` the msgid (es-MX), `location` is `file:line` within the house (line 0: unknown).

    `critical`: safety-critical, so a fuzzy translation is never served and a machine-made one is not published without a reviewer."""

    id: str
    text: str
    comment: str
    location: str
    critical: bool = False

    @property
    def file(self) -> str:
        """The file alone: lines move with every edit and would fill a diff."""
        return self.location.rpartition(":")[0] or self.location


def extract(content: Content) -> tuple[SourceMessage, ...]:
    """All messages in a stable order: flows, cards, facts, interface, the desk's texts and the canned replies, each by id, steps and
    blocks as written."""
    found: list[SourceMessage] = []
    for flow_id in sorted(content.flows):
        found.extend(_flow(content, content.flows[flow_id]))
    for card_id in sorted(content.cards):
        found.extend(_card(content, content.cards[card_id]))
    for fact_id in sorted(content.facts):
        found.extend(_fact(content, content.facts[fact_id]))
    found.extend(_interface(content, content.interface))
    found.extend(_desk(content))
    found.extend(_replies(content))
    return tuple(found)


def twice(messages: Sequence[SourceMessage]) -> tuple[str, ...]:
    """Ids that more than one text claims (a block called `title`, say): nothing could tell their translations apart."""
    times = Counter(message.id for message in messages)
    return tuple(id_ for id_, count in times.items() if count > 1)


@dataclass(frozen=True, slots=True)
class _Scribe:
    """Writes the messages of one file: knows where they stand and how much hangs on them."""

    content: Content
    root: tuple[str, ...]
    critical: bool

    def message(self, id_: str, text: str, comment: str, *path: str | int) -> SourceMessage:
        place = self.content.place(*self.root, *path)
        return SourceMessage(id=id_, text=text, comment=comment, location=f"{place.file}:{place.line}", critical=self.critical)


def _flow(content: Content, flow: FlowFile) -> Iterator[SourceMessage]:
    scribe = _Scribe(content, ("flows", flow.flow), flow.safety == "critical")
    prefix = f"flow.{flow.flow}"
    yield scribe.message(f"{prefix}.title", flow.title, TITLE, "title")
    if flow.echo:
        yield scribe.message(f"{prefix}.echo", flow.echo, ECHO, "echo")
    for who in sorted(flow.echoes):
        yield scribe.message(f"{prefix}.echoes.{who}", flow.echoes[who], ECHO, "echoes", who)
    for number, step in enumerate(flow.steps):
        yield from _step(scribe, f"{prefix}.{step.id}", step, number)


def _step(scribe: _Scribe, prefix: str, step: Step, number: int) -> Iterator[SourceMessage]:
    if step.text:
        yield scribe.message(f"{prefix}.text", step.text, TEXT, "steps", number, "text")
    if step.why:
        yield scribe.message(f"{prefix}.why", step.why, WHY, "steps", number, "why")
    if step.share:
        yield scribe.message(f"{prefix}.share", step.share, SHARE, "steps", number, "share")
    for index, choice in enumerate(step.choices):
        yield from _choice(scribe, f"{prefix}.choice.{choice.id}", choice, ("steps", number, "choices", index))


def _choice(scribe: _Scribe, id_: str, choice: Choice, path: tuple[str | int, ...]) -> Iterator[SourceMessage]:
    yield scribe.message(id_, choice.text, BUTTON, *path, "text")
    if choice.hears:
        yield scribe.message(f"{id_}.hears", BETWEEN.join(choice.hears), HEARS, *path, "hears")


def _card(content: Content, card: CardFile) -> Iterator[SourceMessage]:
    scribe = _Scribe(content, ("cards", card.card), card.safety == "critical")
    yield scribe.message(f"card.{card.card}.title", card.title, TITLE, "title")
    for number, block in enumerate(card.blocks):
        yield scribe.message(f"card.{card.card}.{block.id}", block.text, TEXT, "blocks", number, "text")


def _fact(content: Content, fact: Fact) -> Iterator[SourceMessage]:
    scribe = _Scribe(content, ("facts", fact.id), fact.risk == "high")
    if fact.kind in WORDED and fact.value:
        yield scribe.message(f"fact.{fact.id}.value", fact.value, VALUE)
    yield scribe.message(f"fact.{fact.id}.statement", fact.statement, STATEMENT)
    yield scribe.message(f"fact.{fact.id}.fallback", fact.fallback, FALLBACK)


def _interface(content: Content, interface: InterfaceFile) -> Iterator[SourceMessage]:
    scribe = _Scribe(content, ("interface",), critical=False)
    for name in sorted(interface.messages):
        yield scribe.message(f"ui.{name}", interface.messages[name], INTERFACE, "messages", name)
    for name in sorted(interface.hears):
        yield scribe.message(f"ui.hears.{name}", BETWEEN.join(interface.hears[name]), HEARS, "hears", name)


def _desk(content: Content) -> Iterator[SourceMessage]:
    scribe = _Scribe(content, ("desk",), critical=False)
    for name in sorted(content.desk):
        comment = TO_SEEKER if name.startswith(TOLD) else DESK
        yield scribe.message(f"desk.{name}", content.desk[name], comment, "messages", name)


def _replies(content: Content) -> Iterator[SourceMessage]:
    """A seeker reads them as a human's words: they weigh as much as a card."""
    scribe = _Scribe(content, ("replies",), critical=True)
    for name in sorted(content.replies):
        reply = content.replies[name]
        yield scribe.message(f"reply.{name}.title", reply.title, REPLY_TITLE, "replies", name, "title")
        yield scribe.message(f"reply.{name}", reply.text, REPLY, "replies", name, "text")
