"""Stories: what a person does, what they see, what is stored. Recorded from the simulator, replayed by the tests. Never of a real seeker.

story: The first night
locale: es
at: 2026-12-01T03:00:00Z
steps:
  - types: mi hijo no llego anoche
    sees: [no hay que esperar]
    offers: [Sí, 'No']
  - presses: Nada de eso
    sees: ['Esta noche, en este orden']
    never_sees: [paga]
    stored: {missing.signs: [none]}
    at: missing_person.tonight
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from bot.domain.facts import Facts, Standing
from bot.simulator.session import NoSuchButton, Seen, Session, Understanding
from flows.authoring.load import read_yaml
from flows.events import MediaKind
from flows.program import Program


class Act(BaseModel):
    """One thing the person does (exactly one of the first five), and what is true afterwards.

    `buttons`: all of them, in order; `offers`: among them; `did`: names of the effects beside the screen; `fresh`: as a new message.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    starts: str | None = None
    types: str | None = None
    presses: str | None = None
    sends: MediaKind | None = None
    waits: int | None = None
    sees: list[str] = []
    never_sees: list[str] = []
    buttons: list[str] | None = None
    offers: list[str] = []
    never_offers: list[str] = []
    stored: dict[str, list[str]] | None = None
    at: str | None = None
    did: list[str] | None = None
    fresh: bool | None = None
    locale: str | None = None


class Story(BaseModel):
    """A story file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    story: str
    locale: str = "es"
    at: datetime
    steps: list[Act]


def read_story(file: Path) -> Story:
    """Read a story; raises `pydantic.ValidationError` naming what is wrong."""
    data, _ = read_yaml(file.read_text("utf-8"))
    return Story.model_validate(data)


def replay(story: Story, program: Program, facts: Facts, standing: Standing, read: Understanding) -> list[str]:
    """Play a story. Answers what came otherwise than told, one line each; empty when all is as told."""
    session = Session(program, facts, standing, read, locale=story.locale, now=int(story.at.timestamp()))
    wrong: list[str] = []
    for number, act in enumerate(story.steps, 1):
        try:
            seen = do(session, act)
        except NoSuchButton as error:
            return [*wrong, f"step {number}: {error}"]
        wrong += [f"step {number}: {line}" for line in _differs(act, seen, session)]
    return wrong


def do(session: Session, act: Act) -> Seen:
    """Let the person do one thing."""
    if act.starts is not None:
        return session.start(act.starts)
    if act.types is not None:
        return session.type(act.types)
    if act.presses is not None:
        return session.press(act.presses)
    if act.sends is not None:
        return session.send(act.sends)
    return session.wait(act.waits or 0)


def _differs(act: Act, seen: Seen, session: Session) -> list[str]:
    held = session.conversation
    here = f"{held.here.flow}.{held.here.step}"
    wrong = [f"does not see {words!r} but:\n{seen.text}" for words in act.sees if words not in seen.text]
    wrong += [f"sees {words!r}" for words in act.never_sees if words in seen.text]
    wrong += [f"is not offered {label!r} but: {', '.join(seen.buttons)}" for label in act.offers if label not in seen.buttons]
    wrong += [f"is offered {label!r}" for label in act.never_offers if label in seen.buttons]
    checks: list[tuple[str, Any, Any]] = [
        ("buttons", act.buttons, list(seen.buttons)),
        ("stored", act.stored, {key: list(value) for key, value in held.answers.items()}),
        ("at", act.at, here),
        ("did", act.did, list(seen.did)),
        ("fresh", act.fresh, seen.fresh),
        ("locale", act.locale, held.locale),
    ]
    return wrong + [f"{name}: told {told!r}, came {came!r}" for name, told, came in checks if told is not None and told != came]


def write_story(file: Path, title: str, locale: str, at: datetime, acts: list[dict[str, object]]) -> None:
    """Write what was played as a story file."""
    data = {"story": title, "locale": locale, "at": at.isoformat().replace("+00:00", "Z"), "steps": acts}
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=140), "utf-8")
