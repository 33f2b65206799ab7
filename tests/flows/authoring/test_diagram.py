"""Diagrams are drawn from the machines that run, with the words administrators know, and hold nothing Mermaid cannot read."""

from __future__ import annotations

import re
from pathlib import Path

from flows.authoring.bundle import bundle
from flows.authoring.compile import compile_program
from flows.authoring.diagram import draw, mermaid
from flows.program import Program
from tests.flows.authoring.house import Break, build

EDGE = re.compile(r"^\s*(\S+) --> (\S+?)(?:: (.+))?$", re.MULTILINE)


def program(folder: Path, *breaks: Break) -> Program:
    return compile_program(bundle(build(folder, *breaks).content, {}))


def edges(text: str) -> set[tuple[str, str, str]]:
    """Every arrow; several moves between two steps share one, their words parted by a bar."""
    return {(source, target, words) for source, target, label in EDGE.findall(text) for words in label.split(" | ")}


def test_every_move_is_drawn_with_its_words(tmp_path: Path) -> None:
    made = program(tmp_path)
    assert edges(mermaid(made, "search")) == {
        ("[*]", "s_which", ""),
        ("s_which", "s_tonight", "search.minor is known"),
        ("s_which", "s_minor", "si no"),
        ("s_minor", "s_where", "Sí"),
        ("s_minor", "s_where", "No"),
        ("s_minor", "s_where", "prefiere no decir"),
        ("s_where", "s_tonight", "sigue"),
        ("s_where", "s_tonight", "prefiere no decir"),
        ("s_tonight", "s__40_copy_3a_search_line", "Copiar número"),
        ("s_tonight", "s__40_next", "Ya llamé"),
        ("s_tonight", "s_tonight", "Una autoridad es parte · authority is not yes"),
    }


def test_boxes_hold_the_name_and_the_beginning_of_the_text(tmp_path: Path) -> None:
    made = program(tmp_path)
    text = mermaid(made, "search")
    assert 'state "minor: Vamos paso por paso. ¿Tiene menos de 18 años?" as s_minor' in text
    assert 'state "copiar search_line" as' in text
    assert "stateDiagram-v2" in text


def test_names_and_marks_mermaid_would_trip_over(tmp_path: Path) -> None:
    """A step called like a word of Mermaid, quotes, braces and line breaks."""
    broken = Break(file="flows/help.yaml", old="text: Toca un botón.", new="text: 'Toca \"uno\"; o `dos` {org} #3'")
    made = program(tmp_path, broken, Break(file="flows/help.yaml", old="id: help", new="id: end"))
    text = mermaid(made, "help")
    assert "as s_end" in text
    label = next(line for line in text.splitlines() if "as s_end" in line).split('"')[1]
    assert not set(label) & set('"`#;{}<>[]|')


def test_a_page_for_every_flow(tmp_path: Path) -> None:
    made = program(tmp_path)
    for flow in made.flows.values():
        text = draw(made, flow.id)
        assert text.startswith(f"# {flow.id.capitalize()}" if flow.id != "search" else "# Buscar a alguien")
        assert text.count("```") == 2
        assert all(f"s_{name}" in text for name in flow.steps)
