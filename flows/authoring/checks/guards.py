"""Conditions: can they be read, does anybody give the answers they ask for, can those answers be given at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from flows.advance import SPECIAL_SETS
from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Place
from flows.authoring.load import Content
from flows.authoring.schema import Kind, Step
from flows.guards import Guard, GuardError, Term, parse_guard
from flows.guessing import GUESS
from flows.state import CaseStage, DeskState, Mode, PhoneUse

KNOWN = ("known", "unknown")
"""What a condition can ask of any answer."""
Given = Mapping[str, frozenset[str]]
"""Answer -> every value somebody can give it."""


def given(content: Content, locales: tuple[str, ...]) -> Given:
    """All answers and values: what steps save, what choices and triggers set, what the engine knows by itself."""
    found: dict[str, set[str]] = defaultdict(set)
    found["phone"].update(use.value for use in PhoneUse)
    found["mode"].update(mode.value for mode in Mode)
    found["locale"].update(locales)
    found["danger.heard"].add("yes")
    found[GUESS].update(content.flows)
    found["desk"].update(state.value for state in DeskState)
    found["case"].update(stage.value or "none" for stage in CaseStage)
    found["reach"].update(("unasked", "yes", "silent", "written"))
    found["speaks"].update(("yes", "no"))
    for name in ("organization", "minutes", "returns", "alias", "answer"):
        found[name].add("known")
    for flow_file in content.flows.values():
        for trigger in flow_file.triggers:
            _put(found, trigger.sets)
        for step in flow_file.steps:
            _saved(found, flow_file.flow, step, content)
    return {key: frozenset(values) for key, values in found.items()}


def _saved(found: dict[str, set[str]], flow: str, step: Step, content: Content) -> None:
    for choice in step.choices:
        _put(found, choice.sets)
    if not step.kind.value.startswith("ask"):
        return
    saved = found[step.saves or f"{flow}.{step.id}"]
    saved.update(choice.id for choice in step.choices if not choice.to.startswith("@copy:"))
    if step.kind is Kind.ASK_YES_NO:
        saved.update(("yes", "no"))
    if step.kind is Kind.ASK_PLACE and step.place:
        saved.update(getattr(content.lists, step.place))
    if step.personal:
        saved.add("unsaid")


def _put(found: dict[str, set[str]], sets: Mapping[str, str]) -> None:
    for key, value in sets.items():
        if key not in SPECIAL_SETS:
            found[key].add(value)


def many(content: Content) -> frozenset[str]:
    """Answers that can hold several values at once."""
    return frozenset(
        step.saves or f"{flow.flow}.{step.id}" for flow in content.flows.values() for step in flow.steps if step.kind is Kind.ASK_MANY
    )


def conditions(subject: Subject) -> Iterator[Issue]:
    """Every condition of flows, cards and urgency rules."""
    known = given(subject.content, subject.locales)
    several = many(subject.content)
    for source, place, path in _written(subject):
        yield from _judged(source, place, path, known, several)


def _written(subject: Subject) -> Iterator[tuple[str, Place, tuple[str, ...]]]:
    content = subject.content
    for flow, number, step in subject.steps():
        path = subject.walk.path_to(flow.flow, step.id)
        parts = [("choices", index, choice.when) for index, choice in enumerate(step.choices)]
        parts += [("branches", index, arm.when) for index, arm in enumerate(step.branches)]
        for kind, index, when in parts:
            if when:
                yield when, content.place("flows", flow.flow, "steps", number, kind, index, "when"), path
    for card in content.cards.values():
        for index, block in enumerate(card.blocks):
            if block.when:
                place = content.place("cards", card.card, "blocks", index, "when")
                yield block.when, place, subject.path_of(f"card.{card.card}.{block.id}")
    for index, rule in enumerate(content.urgency):
        yield rule.when, content.place("urgency", "rules", index, "when"), ()


def _judged(source: str, place: Place, path: tuple[str, ...], known: Given, several: frozenset[str]) -> Iterator[Issue]:
    try:
        guard = parse_guard(source)
    except GuardError as error:
        yield finding("guard-unreadable", place, str(error), "write `<answer> is <value>`, joined by `and` or `or`", path=path)
        return
    for term in dict.fromkeys(term for terms in guard.alternatives for term in terms):
        if term.key not in known:
            yield finding(
                "guard-unasked", place, f"nobody ever gives the answer {term.key!r}", "ask for it first, or mend the name", path=path
            )
        elif not _givable(term, known):
            values = ", ".join(sorted(known[term.key])[:12])
            yield finding("guard-impossible", place, f"{term.key} is never {term.value!r}", f"it can be: {values}", path=path)
    for terms in guard.alternatives:
        clash = _clash(terms, several)
        if clash:
            yield finding("guard-impossible", place, f"{clash!r} cannot be two things at once", "join them by `or`", path=path)


def _givable(term: Term, known: Given) -> bool:
    return term.value in KNOWN or term.value in known.get(term.key, frozenset())


def _clash(terms: tuple[Term, ...], several: frozenset[str]) -> str | None:
    """An answer that a condition wants to be two different things, or to be and not to be one."""
    wanted: dict[str, str] = {}
    for term in terms:
        if term.negated or term.value in KNOWN:
            continue
        if term.key not in several and wanted.setdefault(term.key, term.value) != term.value:
            return term.key
    refused = {(term.key, term.value) for term in terms if term.negated}
    return next((term.key for term in terms if not term.negated and (term.key, term.value) in refused), None)


def urgency(subject: Subject) -> Iterator[Issue]:
    """Rules that no answers can fire."""
    known = given(subject.content, subject.locales)
    several = many(subject.content)
    for number, rule in enumerate(subject.content.urgency):
        guard = _read(rule.when)
        if guard and not any(_possible(terms, known, several) for terms in guard.alternatives):
            place = subject.content.place("urgency", "rules", number)
            yield finding("urgency-never", place, f"rule {rule.id!r} can never fire", "ask what it needs to know, or take the rule out")


def _read(source: str) -> Guard | None:
    try:
        return parse_guard(source)
    except GuardError:
        return None


def _possible(terms: tuple[Term, ...], known: Given, several: frozenset[str]) -> bool:
    return _clash(terms, several) is None and all(term.negated or (term.key in known and _givable(term, known)) for term in terms)


def branches(subject: Subject) -> Iterator[Issue]:
    """The last arm of a branch, and only the last, has no condition."""
    for flow, number, step in subject.steps():
        if step.kind is not Kind.BRANCH:
            continue
        place = subject.content.place("flows", flow.flow, "steps", number)
        path = subject.walk.path_to(flow.flow, step.id)
        open_arms = [index for index, arm in enumerate(step.branches) if arm.when is None]
        if open_arms != [len(step.branches) - 1]:
            yield finding(
                "branch-open", place, f"branch {step.id!r} must end in its one arm without `when`", "put that arm last", path=path
            )
