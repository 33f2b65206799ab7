"""What follows only from a file that could not be read. One misspelt key in a file of facts takes all its facts away; the hundreds of
findings about them would hide the one that is true. They come back, if there are any, as soon as the file is mended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from flows.authoring.issues import Issue

UNREAD: Final = ("missing-file", "bad-yaml", "bad-shape")
"""Codes of reading that leave nothing of a file."""
PLAYED: Final = ("scenario-fails", "fact-no-use", "translation-orphan")
FOLLOWS: Final = MappingProxyType(
    {
        "facts": ("unknown-fact", "unknown-placeholder", "dull-opening", "loose-door", "number-far", *PLAYED),
        "cards": ("guard-unasked", "unknown-text", "no-consent", "number-far", "human-far", *PLAYED),
        "flows": (
            *("guard-unasked", "guard-impossible", "urgency-never", "crisis-unheard", "unreachable-step", "no-person", "no-consent"),
            *("number-far", "human-far", *PLAYED),
        ),
        "understanding": ("unknown-intent", "crisis-unheard", *PLAYED),
        "scenarios": (),
        "urgency": ("scenario-fails",),
        "desk": ("translation-orphan",),
        "replies": ("translation-orphan",),
    }
)
"""Folder, or file of `content/` -> codes that may follow from it."""
NAMED: Final = ("unknown-flow", "unknown-card", "unknown-text", "no-scenario", "scenario-unknown-flow")
"""Codes that follow when they name the thing that was not read."""


def true_of(found: Iterable[Issue], loaded: Iterable[Issue]) -> Iterator[Issue]:
    """The findings without those that only follow from what could not be read."""
    files = [PurePosixPath(issue.place.file) for issue in loaded if issue.code in UNREAD]
    follows = {code for file in files for code in FOLLOWS.get(_kind(file), ())}
    names = sorted({re.escape(file.stem) for file in files})
    named = re.compile(rf"(?<![a-z0-9_])(?:{'|'.join(names)})(?![a-z0-9_])") if names else None
    for issue in found:
        if issue.code not in follows and not (named and issue.code in NAMED and named.search(issue.message)):
            yield issue


def _kind(file: PurePosixPath) -> str:
    """`content/facts/more.yaml` -> facts; `content/urgency.yaml` -> urgency."""
    return file.parts[1] if len(file.parts) > 2 else file.stem
