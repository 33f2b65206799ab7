"""Scenarios: every flow has one, and every one ends as it says."""

from __future__ import annotations

from collections.abc import Iterator

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue, Place
from flows.authoring.scenarios import Stage, play


def scenarios(subject: Subject) -> Iterator[Issue]:
    """Play all scenarios; list flows without one, and scenarios without a flow."""
    content = subject.content
    for name in content.flows:
        if not content.scenarios.get(name):
            place = content.place("flows", name)
            yield finding("no-scenario", place, f"flow {name!r} has no scenario", f"write content/scenarios/{name}.yaml")
    for name in content.scenarios:
        if name not in content.flows:
            place = content.place("scenarios", name)
            yield finding("scenario-unknown-flow", place, f"there is no flow {name!r}", "call the file as its flow")
    yield from _played(subject)


def _played(subject: Subject) -> Iterator[Issue]:
    if not subject.walk.states:
        return
    stage = Stage(program=subject.program, read=subject.read, render=subject.render, facts=frozenset(subject.content.facts))
    for name, scenarios_ in subject.content.scenarios.items():
        for number, scenario in enumerate(scenarios_):
            failure = play(stage, scenario)
            if failure:
                place: Place = subject.content.place("scenarios", name, "scenarios", number)
                message = f"{scenario.scenario}: {failure}"
                yield finding("scenario-fails", place, message, "mend the flow, or the scenario", path=tuple(scenario.does))
