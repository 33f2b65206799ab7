"""The shapes of JSON this package passes around.

Everything the Bot API says is JSON, so the rooms of this package hand each other plain `Json` objects. The readers
below turn an unknown value into the type a caller needs, as leniently as Telegram does; they never raise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = dict[str, object]


def as_object(value: object) -> Json | None:
    """The value as a JSON object, or None when it is something else."""
    return value if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """The value as a JSON array, or None when it is something else."""
    return value if isinstance(value, list) else None


def as_text(value: object) -> str:
    """The value as the text a form would carry: JSON numbers and booleans lose their type, null is empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def as_integer(value: object, default: int = 0) -> int:
    """The value as an integer; text is read as far as it is a number, anything else gives the default."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            return default
    return default


def as_number(value: object, default: float = 0.0) -> float:
    """The value as a floating-point number."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return default
    return default


def as_flag(value: object) -> bool:
    """The value as Telegram reads a boolean of a form: true, yes and 1 are true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    return isinstance(value, str) and value.strip().lower() in {"true", "yes", "1"}


def without_nothing(items: Mapping[str, object]) -> Json:
    """A copy without the fields that are None: the Bot API leaves absent things out."""
    return {name: value for name, value in items.items() if value is not None}


def objects(value: Sequence[object] | None) -> list[Json]:
    """Only the JSON objects of a list."""
    return [item for item in value or () if isinstance(item, dict)]
