"""A flow as a Mermaid state diagram, drawn from the very moves its machine has, with the words administrators know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transitions import State
from transitions.extensions import GraphMachine

from flows.program import FlowNode, Program, StepNode

ELSEWHERE: Mapping[str, str] = {
    "@next": "sigue (siguiente necesidad o «¿algo más?»)",
    "@back": "atrás",
    "@menu": "menú",
    "@person": "una persona",
    "@exit": "salir",
    "@hide": "ocultar",
    "@erase": "borrar",
    "@erase_now": "borrar ya",
    "@pause": "pausa",
    "@resume": "seguir donde iba",
    "@start": "inicio",
    "@danger": "peligro ahora",
    "@language": "idioma",
    "@sources": "fuentes",
    "@privacy": "privacidad",
    "@steps": "mis pasos",
    "@help": "ayuda",
}
"""What stands outside a flow, in words."""
LETTERS = 48
"""Letters of a screen's text that stand in its box."""
_UNFIT = re.compile(r"[^A-Za-z0-9]")
_MARKS = re.compile(r"[\"`#;{}<>\[\]|]|\*\*|\s+")


class _Box(State):
    """A state that has words as well as a name."""

    def __init__(self, name: str, label: str, ignore_invalid_triggers: bool | None = None) -> None:
        super().__init__(name, ignore_invalid_triggers=bool(ignore_invalid_triggers))
        self.label = label


class _Drawing(GraphMachine):
    state_cls = _Box


class _Reader:
    """Stands at the start of the flow, so that the picture marks it."""

    state = ""


def draw(program: Program, name: str) -> str:
    """The page of a flow for docs/flows, in Markdown: GitHub and most editors draw what it holds."""
    title = _said(program, program.flows[name].title)
    note = f"Drawn from `content/flows/{name}.yaml` by `amparo flows draw`; do not edit by hand."
    return f"# {title}\n\n{note}\n\n```mermaid\n{mermaid(program, name)}\n```\n"


def mermaid(program: Program, name: str) -> str:
    """The Mermaid text of a flow. A move by a choice carries its label, a guarded one its condition."""
    flow = program.flows[name]
    moves = list(_moves(program, flow))
    used = dict.fromkeys((flow.start, *flow.steps, *(target for _, target, _ in moves)))
    machine = _Drawing(
        model=_Reader(),
        states=[{"name": _name(one), "label": _words(program, flow, one)} for one in used],
        initial=_name(flow.start),
        transitions=[
            {"trigger": f"move{number}", "source": _name(source), "dest": _name(target), "label": label}
            for number, (source, target, label) in enumerate(moves)
        ],
        auto_transitions=False,
        graph_engine="mermaid",
        title=f'title: "{_plain(_said(program, flow.title))}"',
    )
    return str(machine.get_combined_graph().draw(None))


def _moves(program: Program, flow: FlowNode) -> Iterator[tuple[str, str, str]]:
    """(from, to, words) of every move of the flow's machine that a step really has."""
    for trigger, event in flow.machine.events.items():
        for source, transitions in event.transitions.items():
            step = flow.steps[source]
            conditions = _conditions(step, trigger)
            for number, move in enumerate(transitions):
                if _real(step, trigger):
                    yield source, str(move.dest), _label(program, step, trigger, conditions[number] if conditions else "")


def _real(step: StepNode, trigger: str) -> bool:
    """`go` stands at every step of the machine, but only some go on by themselves or by an answer without a choice; and a choice of one's
    own takes the place of "prefer not to say"."""
    if trigger == "skip":
        return step.personal and all(choice.id != "unsaid" for choice in step.choices)
    if trigger != "go":
        return True
    return step.kind in ("call", "wait", "ask_many", "ask_place", "end") or (step.kind == "say" and all(b.when for b in step.blocks))


def _conditions(step: StepNode, trigger: str) -> list[str]:
    if trigger == "branch":
        return [when.source if when else "si no" for when, _ in step.branches]
    return [choice.when.source if choice.when else "" for choice in step.choices if trigger == f"choice:{choice.id}"]


def _label(program: Program, step: StepNode, trigger: str, condition: str) -> str:
    choices = {f"choice:{choice.id}": choice.label for choice in step.choices}
    words = {"skip": "prefiere no decir", "then": "nadie contesta", "branch": "", "go": "sigue"}
    said = _said(program, choices[trigger]) if trigger in choices else words.get(trigger, trigger)
    return _plain(" · ".join(part for part in (said, condition) if part)) or "sigue"


def _words(program: Program, flow: FlowNode, name: str) -> str:
    """What stands in a box: the step's name and how its text begins, or the words for a place outside."""
    step = flow.steps.get(name)
    if step is None:
        kind, _, what = name.partition(":")
        outside = {"@flow": _said(program, program.titles.get(what, what)), "@copy": f"copiar {what}"}
        return _plain(outside.get(kind) or ELSEWHERE.get(name, name))
    text = _said(program, step.blocks[0].message) if step.blocks else step.kind
    short = text if len(text) <= LETTERS else text[:LETTERS].rsplit(" ", 1)[0] + "…"
    return _plain(f"{name}: {short}")


def _said(program: Program, message: str) -> str:
    return program.messages["es"].get(message, message)


def _name(name: str) -> str:
    """A name Mermaid accepts; no step can be called like one of its own words."""
    return "s_" + _UNFIT.sub(lambda found: f"_{ord(found[0]):x}_" if found[0] != "_" else "_", name)


def _plain(text: str) -> str:
    """One line without the marks Mermaid would read."""
    return " ".join(_MARKS.sub(" ", text).split())
