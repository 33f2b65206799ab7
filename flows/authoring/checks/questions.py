"""What is asked, and what asking must bring with it: a purpose, a reason, a way not to say, and consent before free words."""

from __future__ import annotations

from collections.abc import Iterator

from flows.authoring.checks.subject import Subject, finding
from flows.authoring.issues import Issue
from flows.authoring.liveness import CONSENT
from flows.authoring.schema import Kind, Step

ASKS = (Kind.ASK, Kind.ASK_MANY, Kind.ASK_PLACE, Kind.ASK_YES_NO)


def asks_story(step: Step) -> bool:
    """Whether a step asks for free words to keep: that is a narrative, and needs consent."""
    return step.kind is Kind.WAIT and step.saves is not None


def questions(subject: Subject) -> Iterator[Issue]:
    """Purpose, reason and "prefer not to say" of every question."""
    for flow, number, step in subject.steps():
        if step.kind not in ASKS and not asks_story(step):
            continue
        place = subject.content.place("flows", flow.flow, "steps", number)
        path = subject.walk.path_to(flow.flow, step.id)
        if step.purpose is None:
            yield finding("no-purpose", place, f"question {step.id!r} has no purpose", "state `purpose`, or do not ask", path=path)
        if step.personal and not step.why:
            yield finding("no-why", place, f"personal question {step.id!r} gives no reason", "write `why` in one sentence", path=path)
        if step.personal and not step.skip and "unsaid" not in {choice.id for choice in step.choices}:
            yield finding("no-skip", place, f"personal question {step.id!r} cannot be skipped", "state where `skip` leads", path=path)


def consent(subject: Subject) -> Iterator[Issue]:
    """Steps that need consent and can be reached without `consent` being yes."""
    private = {(flow.flow, step.id) for flow, _, step in subject.steps() if step.needs_consent or asks_story(step)}
    told: set[tuple[str, str]] = set()
    for index, state in enumerate(subject.walk.states):
        here = (state.conversation.here.flow, state.conversation.here.step)
        if here in private - told and "yes" not in state.conversation.answers.get(CONSENT, ()):
            told.add(here)
            yield finding(
                "before-consent",
                subject.place(*here),
                f"step {here[1]!r} is reached without consent",
                f"let an answer set `{CONSENT}: yes` on every way to it",
                path=subject.walk.path(index),
            )
