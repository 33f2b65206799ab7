"""The raw, canonical content a conversation is pinned to: flows, cards, interface, places, urgency and translations as plain data.

Its hash is the program's id. Facts are left out: a corrected number is everywhere at once. So is what those who answer read (`desk.`)
and their canned replies (`reply.`): no screen of a conversation says them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from flows.authoring.load import Content

UNPINNED = ("fact.", "desk.", "reply.")
"""How the ids of texts begin that no program holds."""
Messages = Mapping[str, Mapping[str, str]]
"""locale -> message id -> text; translations only, the source comes from the content itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Canonical JSON and its hash (the first 16 hexadecimal digits of SHA-256)."""

    id: str
    data: bytes


def bundle(content: Content, translations: Messages) -> Bundle:
    """Everything that pins a conversation, in one canonical order."""
    parts = {
        "cards": {name: card.model_dump(mode="json") for name, card in content.cards.items()},
        "flows": {name: flow.model_dump(mode="json") for name, flow in content.flows.items()},
        "interface": content.interface.model_dump(mode="json"),
        "messages": {locale: _pinned(texts) for locale, texts in translations.items()},
        "places": content.lists.model_dump(mode="json"),
        "urgency": [rule.model_dump(mode="json") for rule in content.urgency],
    }
    data = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return Bundle(id=hashlib.sha256(data).hexdigest()[:16], data=data)


def _pinned(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if not name.startswith(UNPINNED)}
