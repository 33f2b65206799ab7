"""All flows compiled and checked: every reference resolved, one `transitions` machine a flow, shared by all conversations.

A `Bundle` is the raw, canonical content (flows, cards, interface, translations as plain data); its hash is the program's id.
Conversations are pinned to it, so the bundle is what storage keeps; `compile_program` (flows.authoring.compile) turns it into a
`Program`. Facts are not
part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transitions import Machine

from flows.effects import Shown
from flows.guards import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceNode:
    """A resolved choice. `label` is its message id; `value` what an `ask` saves."""

    id: str
    label: str
    to: str
    when: Guard | None
    sets: Mapping[str, str]
    row: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockNode:
    """A resolved paragraph: `message` is its id in the catalogs (`card.<card>.<block>` or `flow.<flow>.<step>.text`)."""

    message: str
    when: Guard | None
    once: bool
    door: str | None
    standing: str | None
    facts: tuple[str, ...]
    consent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNode:
    """A resolved step. `placed`: where its choices lead. What no answer can change is worked out here once, because every turn shows a
    screen: `steady_blocks` (all paragraphs always stand) and `steady_buttons` (its own buttons; None when they depend on something)."""

    id: str
    kind: str
    blocks: tuple[BlockNode, ...]
    choices: tuple[ChoiceNode, ...]
    branches: tuple[tuple[Guard | None, str], ...]
    saves: str
    personal: bool
    why: str
    skip: str
    to: str
    flow: str
    place: str
    timer: int
    then: str
    voice: str
    fresh: bool
    exit_by_menu: bool
    tells: str
    speaks_of_desk: bool
    placed: frozenset[str]
    steady_blocks: bool
    steady_buttons: tuple[Shown, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """A resolved flow and its machine (states are steps, triggers are choice ids, conditions are guards)."""

    id: str
    start: str
    steps: Mapping[str, StepNode]
    machine: Machine
    need: bool
    first: int
    guide: str
    replaces: tuple[str, ...]
    echo: str
    echoes: Mapping[str, str]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerNode:
    """Where an intent leads, and what saying it already answered."""

    flow: str
    step: str
    sets: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyRuleNode:
    """A compiled urgency rule."""

    id: str
    level: str
    when: Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Shareable:
    """An answer that a person may share with a human: message ids of what was asked, in a few words, and of each answer."""

    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything `advance` needs to know, frozen.

    `messages`: locale -> message id -> text (the source under "es"); a missing text falls back to the source, visibly marked by the
    renderer. `shareable`: answer name -> how it reads on the list to share.
    `labels`: message id of a choice -> every normalised way to say it, in all languages. `places`: list name -> (code, name) pairs.
    `commands`: normalised exact word -> command, all languages. `spoken_in`: such a word -> its language, when it has only one.
    """

    id: str
    flows: Mapping[str, FlowNode]
    triggers: Mapping[str, TriggerNode]
    urgency: tuple[UrgencyRuleNode, ...]
    messages: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, frozenset[str]]
    places: Mapping[str, tuple[tuple[str, str], ...]]
    commands: Mapping[str, str]
    spoken_in: Mapping[str, str]
    locales: tuple[str, ...]
    titles: Mapping[str, str]
    shareable: Mapping[str, Shareable]

    def step(self, flow: str, step: str) -> StepNode | None:
        """The step, or None when this program does not have it."""
        node = self.flows.get(flow)
        return node.steps.get(step) if node else None
