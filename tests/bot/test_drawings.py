"""The pictures in docs/flows show the flows as they are. Mend with `amparo flows draw`."""

from __future__ import annotations

import pytest

from flows.authoring.diagram import draw
from tests.house import ROOT, program


@pytest.mark.parametrize("flow", sorted(program().flows))
def test_drawing_is_fresh(flow: str) -> None:
    """Each flow is drawn, from the machine it has now."""
    file = ROOT / "docs" / "flows" / f"{flow}.md"
    assert file.read_text("utf-8") == draw(program(), flow), "run `amparo flows draw`"
