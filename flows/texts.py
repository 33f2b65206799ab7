"""The little markup our texts have: `{name}` and `**bold**`."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
NOT_FACTS = frozenset({"org", "minutes", "when", "desk", "alias", "other", "code", "answer", "choice", "date", "name"})
"""Names the engine, the desk or the renderer fills in."""


def fact_names(text: str) -> tuple[str, ...]:
    """The facts a text refers to, in order, each once."""
    return tuple(dict.fromkeys(name for name in PLACEHOLDER.findall(text) if name not in NOT_FACTS))
