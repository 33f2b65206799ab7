"""What responders, supervisors and reviewers read: `content/desk.yaml` and `content/replies.yaml` in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = "es"
Messages = Mapping[str, Mapping[str, str]]
"""Locale -> message id -> text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """`messages`: all texts of the catalogs. `unreviewed`: (locale, message id) of translations no person has looked at. `order`:
    the canned replies as they stand in their file."""

    messages: Messages
    unreviewed: frozenset[tuple[str, str]] = frozenset()
    order: tuple[str, ...] = ()

    def say(self, locale: str, name: str, /, **values: object) -> str:
        """The text `desk.<name>` with its values; the source where the language lacks it; the name itself where nobody wrote it."""
        return self.filled(self.find(locale, f"desk.{name}") or name, values)

    def find(self, locale: str, message: str) -> str:
        """A text by its whole id, in this language or the source; empty when there is none."""
        return self.messages.get(locale, {}).get(message) or self.messages.get(SOURCE, {}).get(message) or ""

    def has(self, locale: str, message: str) -> bool:
        """Whether this very language has it."""
        return bool(self.messages.get(locale, {}).get(message))

    def reviewed(self, locale: str, message: str) -> bool:
        """Whether a person has looked at this text in this language."""
        return self.has(locale, message) and (locale, message) not in self.unreviewed

    def replies(self) -> tuple[str, ...]:
        """Ids of the canned replies, in the order they were written."""
        if self.order:
            return self.order
        source = self.messages.get(SOURCE, {})
        return tuple(
            message.removeprefix("reply.") for message in source if message.startswith("reply.") and not message.endswith(".title")
        )

    @staticmethod
    def filled(template: str, values: Mapping[str, object]) -> str:
        """`{name}` replaced by its value; a name nobody gave stays as it is, so that a missing one is seen and nothing is lost."""
        text = template.replace("**", "")
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text
