"""Read `content/organizations/` and `content/clocks.yaml`, with the file and line of everything, or a list of issues.

Apart from `flows.authoring.load`, because no conversation is pinned to them: what an organization says of itself today holds for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.authoring.desk_schema import ClocksFile, OrganizationFile
from flows.authoring.issues import Issue, Place
from flows.authoring.load import Path_, _Reader

ORGANIZATIONS = "organizations"
CLOCKS = "clocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskContent:
    """The desk's content, validated. `where`: (`organizations`, id, ...) or (`clocks`, ...) -> file and line."""

    organizations: Mapping[str, OrganizationFile]
    clocks: ClocksFile
    where: Mapping[Path_, Place] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """The nearest known place of `path`: itself, or what holds it."""
        found = (self.where.get(path[:end]) for end in range(len(path), 0, -1))
        return next((place for place in found if place), Place())


def load_desk(root: Path) -> tuple[DeskContent | None, tuple[Issue, ...]]:
    """Read the desk's part of the content folder `root`. None only when the clocks cannot be read: without them nobody may wait."""
    reader = _Reader(root)
    organizations = reader.named(ORGANIZATIONS, OrganizationFile, "organization")
    clocks = reader.read(root / "clocks.yaml", ClocksFile, CLOCKS)
    if clocks is None:
        return None, tuple(reader.issues)
    named = {name: file.model_copy(update={"organization": name}) for name, file in organizations.items()}
    return DeskContent(organizations=named, clocks=clocks, where=reader.where), tuple(reader.issues)
