"""A bundle becomes a `Program`: every reference resolved, one machine a flow.

Compiling never fails on a reference that leads nowhere: it leads to the menu instead, because nobody may be stranded by our mistake.
`flows.authoring.checks` is what finds and names such mistakes, before anything is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import orjson
from transitions import Machine

from flows.authoring.bundle import Bundle
from flows.authoring.schema import DESK_PLACEHOLDERS, Block, CardFile, Choice, FlowFile, InterfaceFile, Kind, Step, UrgencyRule
from flows.effects import Shown
from flows.guards import Guard, GuardError, parse_guard
from flows.matching import normalise
from flows.program import BlockNode, ChoiceNode, FlowNode, Program, Shareable, StepNode, TriggerNode, UrgencyRuleNode
from flows.screens import SKIP, button_of
from flows.texts import fact_names

YES_NO = (("yes", "ui.yes"), ("no", "ui.no"))
DESK_KEYS = frozenset({"desk", "case", "reach", "minutes", "returns", "alias", "organization", "speaks", "answer"})
"""What a condition may ask about the desk (flows.values)."""


def compile_program(bundle: Bundle) -> Program:
    """The program of a bundle. Raises `pydantic.ValidationError` when the data is not a bundle at all."""
    parts = orjson.loads(bundle.data)
    flows = {name: FlowFile.model_validate(data) for name, data in parts["flows"].items()}
    cards = {name: CardFile.model_validate(data) for name, data in parts["cards"].items()}
    interface = InterfaceFile.model_validate(parts["interface"])
    messages = {"es": dict(source_messages(flows, cards, interface)), **parts["messages"]}
    nodes = {name: _flow(flow, cards) for name, flow in flows.items()}
    return Program(
        id=bundle.id,
        flows=MappingProxyType(nodes),
        triggers=MappingProxyType(dict(_triggers(flows))),
        urgency=tuple(_urgency(parts["urgency"])),
        messages=MappingProxyType({locale: MappingProxyType(texts) for locale, texts in messages.items()}),
        labels=MappingProxyType(_labels(messages)),
        places=MappingProxyType({name: tuple(pairs.items()) for name, pairs in parts["places"].items()}),
        commands=MappingProxyType(_commands(messages)),
        spoken_in=MappingProxyType(_spoken_in(messages)),
        locales=tuple(messages),
        titles=MappingProxyType({name: f"flow.{name}.title" for name in flows}),
        shareable=MappingProxyType(dict(_shareable(flows, nodes))),
    )


def source_messages(flows: Mapping[str, FlowFile], cards: Mapping[str, CardFile], interface: InterfaceFile) -> Iterator[tuple[str, str]]:
    """Message id and source text of everything a program can say, facts excepted."""
    for flow in flows.values():
        yield from _flow_messages(flow)
    for card in cards.values():
        yield f"card.{card.card}.title", card.title
        for block in card.blocks:
            yield f"card.{card.card}.{block.id}", block.text
    for name, text in interface.messages.items():
        yield f"ui.{name}", text
    for name, words in interface.hears.items():
        yield f"ui.hears.{name}", "|".join(words)


def _flow_messages(flow: FlowFile) -> Iterator[tuple[str, str]]:
    start = f"flow.{flow.flow}"
    yield f"{start}.title", flow.title
    if flow.echo:
        yield f"{start}.echo", flow.echo
    for who, text in flow.echoes.items():
        yield f"{start}.echoes.{who}", text
    for step in flow.steps:
        if step.text:
            yield f"{start}.{step.id}.text", step.text
        if step.why:
            yield f"{start}.{step.id}.why", step.why
        if step.share:
            yield f"{start}.{step.id}.share", step.share
        for choice in step.choices:
            yield f"{start}.{step.id}.choice.{choice.id}", choice.text
            if choice.hears:
                yield f"{start}.{step.id}.choice.{choice.id}.hears", "|".join(choice.hears)


def guard(source: str | None) -> Guard | None:
    """A compiled condition; one that cannot be read never holds (the check names it)."""
    if source is None:
        return None
    try:
        return parse_guard(source)
    except GuardError:
        return Guard(source=source, alternatives=())


def _flow(flow: FlowFile, cards: Mapping[str, CardFile]) -> FlowNode:
    steps = {step.id: _step(flow, step, cards) for step in flow.steps}
    return FlowNode(
        id=flow.flow,
        start=flow.start if flow.start in steps else flow.steps[0].id,
        steps=MappingProxyType(steps),
        machine=_machine(steps),
        need=flow.need,
        first=flow.first,
        guide=flow.guide or flow.start,
        replaces=tuple(flow.replaces),
        echo=f"flow.{flow.flow}.echo" if flow.echo else "",
        echoes=MappingProxyType({who: f"flow.{flow.flow}.echoes.{who}" for who in flow.echoes}),
        title=f"flow.{flow.flow}.title",
    )


def _step(flow: FlowFile, step: Step, cards: Mapping[str, CardFile]) -> StepNode:
    choices = tuple(_choice(flow.flow, step.id, choice) for choice in step.choices)
    if step.kind is Kind.ASK_YES_NO:
        given = {choice.id for choice in choices}
        choices = tuple(_yes_no(step)[value] for value, _ in YES_NO if value not in given) + choices
    blocks = tuple(_blocks(flow.flow, step, cards))
    return StepNode(
        id=step.id,
        kind=step.kind.value,
        blocks=blocks,
        choices=choices,
        branches=tuple((guard(arm.when), arm.to) for arm in step.branches),
        saves=step.saves or f"{flow.flow}.{step.id}",
        personal=step.personal,
        why=f"flow.{flow.flow}.{step.id}.why" if step.why else "",
        skip=step.skip or ((step.to or "@next") if step.personal else ""),
        to=step.to or "@next",
        flow=step.flow or "",
        place=step.place or "",
        timer=step.timer or 0,
        then=step.then or "",
        voice=step.voice or "",
        fresh=step.fresh,
        exit_by_menu=step.exit == "menu",
        tells=step.tells if step.kind is Kind.TELL else "",
        speaks_of_desk=_speaks_of_desk(step, cards.get(step.card or ""), choices),
        placed=frozenset(choice.to for choice in choices),
        steady_blocks=not any(block.when or block.once or block.door for block in blocks),
        steady_buttons=_steady(step, choices),
    )


def _speaks_of_desk(step: Step, card: CardFile | None, choices: tuple[ChoiceNode, ...]) -> bool:
    """Whether what stands here depends on the desk: its words name it, or a condition asks."""
    blocks = card.blocks if card else []
    texts = [step.text or "", *(block.text for block in blocks)]
    guards = [*(guard(block.when) for block in blocks), *(choice.when for choice in choices)]
    asked = {key for when in guards if when for key in when.keys}
    return bool(asked & DESK_KEYS) or any(f"{{{name}}}" in text for text in texts for name in DESK_PLACEHOLDERS)


def _steady(step: Step, choices: tuple[ChoiceNode, ...]) -> tuple[Shown, ...] | None:
    if step.kind in (Kind.ASK_MANY, Kind.ASK_PLACE) or any(choice.when for choice in choices):
        return None
    shown = tuple(button_of(index, choice) for index, choice in enumerate(choices))
    return (*shown, SKIP) if step.personal and not any(choice.id == "unsaid" for choice in choices) else shown


def _yes_no(step: Step) -> dict[str, ChoiceNode]:
    return {
        value: ChoiceNode(id=value, label=label, to=step.to or "@next", when=None, sets=MappingProxyType({}), row=1)
        for value, label in YES_NO
    }


def _choice(flow: str, step: str, choice: Choice) -> ChoiceNode:
    return ChoiceNode(
        id=choice.id,
        label=f"flow.{flow}.{step}.choice.{choice.id}",
        to=choice.to,
        when=guard(choice.when),
        sets=MappingProxyType(dict(choice.sets)),
        row=choice.row,
    )


def _blocks(flow: str, step: Step, cards: Mapping[str, CardFile]) -> Iterator[BlockNode]:
    if step.text:
        yield BlockNode(
            message=f"flow.{flow}.{step.id}.text",
            when=None,
            once=False,
            door=None,
            standing=None,
            facts=fact_names(step.text),
        )
    card = cards.get(step.card or "")
    for block in card.blocks if card else ():
        yield _block(card.card if card else "", block)


def _block(card: str, block: Block) -> BlockNode:
    return BlockNode(
        message=f"card.{card}.{block.id}",
        when=guard(block.when),
        once=block.once,
        door=block.door,
        standing=block.standing,
        consent=block.consent or "",
        facts=tuple(dict.fromkeys((*fact_names(block.text), *block.facts))),
    )


def _shareable(flows: Mapping[str, FlowFile], nodes: Mapping[str, FlowNode]) -> Iterator[tuple[str, Shareable]]:
    """Questions that say how they read on the list to share; what a person preferred not to say is never on it."""
    for flow in flows.values():
        for step in flow.steps:
            if step.share:
                node = nodes[flow.flow].steps[step.id]
                answers = {choice.id: choice.label for choice in node.choices if choice.id != "unsaid"}
                yield node.saves, Shareable(question=f"flow.{flow.flow}.{step.id}.share", answers=MappingProxyType(answers))


def _machine(steps: Mapping[str, StepNode]) -> Machine:
    """States are steps and the places outside the flow; triggers are choice ids; conditions are guards over answers."""
    moves = [move for step in steps.values() for move in _moves(step, steps)]
    outside = sorted({str(move["dest"]) for move in moves} - set(steps))
    return Machine(
        model=None,
        states=[*steps, *outside],
        initial=next(iter(steps)),
        transitions=moves,
        auto_transitions=False,
        ordered_transitions=False,
    )


def _moves(step: StepNode, steps: Mapping[str, StepNode]) -> Iterator[dict[str, object]]:
    def move(trigger: str, target: str, when: Guard | None = None) -> dict[str, object]:
        dest = target if target.startswith("@") or target in steps else "@menu"
        return {"trigger": trigger, "source": step.id, "dest": dest, "conditions": [when.holds] if when else []}

    for choice in step.choices:
        yield move(f"choice:{choice.id}", choice.to, choice.when)
    for when, target in step.branches:
        yield move("branch", target, when)
    if step.skip:
        yield move("skip", step.skip)
    if step.then:
        yield move("then", step.then)
    yield move("go", step.to)


def _triggers(flows: Mapping[str, FlowFile]) -> Iterator[tuple[str, TriggerNode]]:
    for flow in flows.values():
        for trigger in flow.triggers:
            node = TriggerNode(flow=flow.flow, step=trigger.to or flow.start, sets=MappingProxyType(dict(trigger.sets)))
            for intent in trigger.intents:
                yield intent, node


def _urgency(rules: list[dict[str, object]]) -> Iterator[UrgencyRuleNode]:
    for rule in map(UrgencyRule.model_validate, rules):
        when = guard(rule.when)
        if when:
            yield UrgencyRuleNode(id=rule.id, level=rule.level, when=when)


def _labels(messages: Mapping[str, Mapping[str, str]]) -> dict[str, frozenset[str]]:
    """For every choice, all ways to type it in any language."""
    ways: dict[str, set[str]] = {}
    for texts in messages.values():
        for name, text in texts.items():
            if ".choice." in name or name in ("ui.yes", "ui.no", "ui.skip", "ui.done"):
                ways.setdefault(name.removesuffix(".hears"), set()).update(_ways(text))
            elif name.startswith("ui.hears.") and name.removeprefix("ui.hears.") in ("yes", "no", "skip", "done"):
                ways.setdefault("ui." + name.removeprefix("ui.hears."), set()).update(_ways(text))
    return {name: frozenset(found) for name, found in ways.items()}


def _ways(text: str) -> set[str]:
    return {normalise(way) for way in text.split("|")} - {""}


def _commands(messages: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Exact words that are commands, in all languages; the source language wins where two claim a word."""
    words: dict[str, str] = {}
    for texts in messages.values():
        for name, text in texts.items():
            if name.startswith("ui.hears."):
                for way in _ways(text):
                    words.setdefault(way, name.removeprefix("ui.hears."))
    return words


def _spoken_in(messages: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Command words that stand in one language only, and which."""
    found: dict[str, set[str]] = {}
    for locale, texts in messages.items():
        for name, text in texts.items():
            if name.startswith("ui.hears."):
                for way in _ways(text):
                    found.setdefault(way, set()).add(locale)
    return {way: next(iter(locales)) for way, locales in found.items() if len(locales) == 1}
