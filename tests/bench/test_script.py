"""The bench says to Amparo what `amparo.json` says; here the same steps are walked with today's content, so that the bench cannot rot.

Comparable with the peers' triage: eight updates, three of them typed (Start included) and five taps, the same again and again.
"""

from __future__ import annotations

import json

import pytest

from tests.bench.stored import play, walked
from tests.bench.workshop import HERE
from tests.house import loaded

NOW = 1_790_000_000
SCRIPT: list[dict[str, str | int]] = json.loads((HERE / "amparo.json").read_text("utf-8"))
PEERS: list[dict[str, str | int]] = json.loads((HERE / "peers" / "triage.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", ["send", "tap"])
def test_people_do_as_much_as_with_the_peers(kind: str) -> None:
    """As many typed messages and as many taps."""
    assert sum(kind in step for step in SCRIPT) == sum(any(name.startswith(kind) for name in step) for step in PEERS)


def test_every_reply_holds_its_own_marker_and_no_other() -> None:
    """Three rounds, because the second meets a person whose answers are known; a marker in two replies would hide a repeat."""
    session = walked(loaded(), SCRIPT, turns=0, now=NOW)
    for _ in range(3):
        for step in SCRIPT:
            text = play(session, step)
            assert [other["expect"] for other in SCRIPT if str(other["expect"]) in text] == [step["expect"]]
