"""Read `content/` into one frozen value, with the file and line of everything, or a list of issues.

`yes`, `no`, `on` and `off` stay words: to an administrator an answer "no" is not a computer's false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from flows.authoring.issues import Issue, Level, Place
from flows.authoring.schema import (
    CardFile,
    DeskTextsFile,
    Fact,
    FactsFile,
    FlowFile,
    InterfaceFile,
    RepliesFile,
    Reply,
    Scenario,
    ScenariosFile,
    Strict,
    UrgencyFile,
    UrgencyRule,
)

Path_ = tuple[str | int, ...]


class PlacesFile(BaseModel):
    """`content/places.yaml`: list name -> code -> name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    state: dict[str, str]
    country: dict[str, str]


class Phrases(Strict):
    """Words people use for an intent, in one language."""

    intent: str
    locale: str
    words: list[str]


class IntentsFile(Strict):
    """`content/understanding/*.yaml`."""

    intents: list[Phrases]


class SensitiveFile(RootModel[dict[str, list[str]]]):
    """`content/sensitive_words.yaml`: locale -> words that must not stand in the first 40 characters of a message."""

    def words(self) -> dict[str, tuple[str, ...]]:
        """As plain tuples."""
        return {locale: tuple(words) for locale, words in self.root.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything administrators own, validated. `desk`: what those who answer read (id -> text); `replies`: their canned replies.
    `where` things stand: (kind, id, ...) -> file and line."""

    flows: Mapping[str, FlowFile]
    cards: Mapping[str, CardFile]
    facts: Mapping[str, Fact]
    interface: InterfaceFile
    urgency: tuple[UrgencyRule, ...]
    lists: PlacesFile
    scenarios: Mapping[str, tuple[Scenario, ...]]
    phrases: tuple[Phrases, ...] = ()
    sensitive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    desk: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[str, Reply] = field(default_factory=dict)
    where: Mapping[Path_, Place] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """The nearest known place of `path`: itself, or what holds it."""
        for end in range(len(path), 0, -1):
            found = self.where.get(path[:end])
            if found:
                return found
        return Place()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's parser, where it is built in, is ten times faster
    """Safe YAML in which only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(text: str) -> tuple[object, dict[Path_, int]]:
    """The data of a YAML text and the line of every key path; raises `yaml.YAMLError`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {}
        return loader.construct_document(node), dict(_lines(node, ()))
    finally:
        loader.dispose()


def _lines(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:  # YAML itself would silently keep the last
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
            seen.add(key.value)
            yield from _lines(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number))


class _Reader:
    """Collects what can be read and lists what cannot; never stops at the first problem."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.issues: list[Issue] = []
        self.where: dict[Path_, Place] = {}

    def read(self, file: Path, model: type[Model], *key: str) -> Model | None:
        name = file.relative_to(self.root.parent).as_posix()
        try:
            data, lines = read_yaml(file.read_text("utf-8"))
        except FileNotFoundError:
            self.report("missing-file", Place(file=name), "the file is not there", f"write {name}")
            return None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            place = Place(file=name, line=mark.line + 1 if mark else 0)
            self.report("bad-yaml", place, str(getattr(error, "problem", "not UTF-8")), "mend the YAML at this line")
            return None
        self.where.update({(*key, *path): Place(file=name, line=line) for path, line in lines.items()})
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for problem in error.errors():
                line = _nearest(lines, tuple(problem["loc"]))
                what = ".".join(str(part) for part in problem["loc"])
                self.report(
                    "bad-shape",
                    Place(file=name, line=line),
                    f"{what}: {problem['msg']}",
                    "see docs/content.md for the shape",
                )
            return None

    def report(self, code: str, place: Place, message: str, remedy: str) -> None:
        self.issues.append(Issue(code=code, level=Level.ERROR, place=place, message=message, remedy=remedy))

    def named(self, folder: str, model: type[Model], field_name: str) -> dict[str, Model]:
        """All files of a folder by the id they state; the id must be the file's name."""
        found: dict[str, Model] = {}
        for file in sorted((self.root / folder).glob("*.yaml")):
            value = self.read(file, model, folder, file.stem)
            if value is None:
                continue
            if getattr(value, field_name) != file.stem:
                place = self.where.get((folder, file.stem, field_name), Place())
                self.report("bad-name", place, f"says {getattr(value, field_name)!r}", f"call it {file.stem!r}, as the file")
            found[file.stem] = value
        return found

    def facts(self) -> dict[str, Fact]:
        found: dict[str, Fact] = {}
        for file in sorted((self.root / "facts").glob("*.yaml")):
            value = self.read(file, FactsFile, "facts-file", file.stem)
            for number, fact in enumerate(value.facts if value else ()):
                place = self.where.get(("facts-file", file.stem, "facts", number), Place())
                if fact.id in found:
                    self.report("twice", place, f"fact {fact.id!r} is there already", "keep one of the two")
                found[fact.id] = fact
                self.where[("facts", fact.id)] = place
        return found


def _nearest(lines: Mapping[Path_, int], path: Path_) -> int:
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 0


def load_content(root: Path) -> tuple[Content | None, tuple[Issue, ...]]:
    """Read the content folder `root`. Content is None only when a part without which nothing can be compiled is unreadable."""
    reader = _Reader(root)
    flows = reader.named("flows", FlowFile, "flow")
    cards = reader.named("cards", CardFile, "card")
    facts = reader.facts()
    interface = reader.read(root / "interface.yaml", InterfaceFile, "interface")
    urgency = reader.read(root / "urgency.yaml", UrgencyFile, "urgency")
    lists = reader.read(root / "places.yaml", PlacesFile, "places")
    scenarios = {
        file.stem: tuple(value.scenarios)
        for file in sorted((root / "scenarios").glob("*.yaml"))
        if (value := reader.read(file, ScenariosFile, "scenarios", file.stem))
    }
    phrases = [
        phrase
        for file in sorted((root / "understanding").glob("*.yaml"))
        for phrase in getattr(reader.read(file, IntentsFile, "understanding", file.stem), "intents", ())
    ]
    sensitive = reader.read(root / "sensitive_words.yaml", SensitiveFile, "sensitive")
    desk = reader.read(root / "desk.yaml", DeskTextsFile, "desk")
    replies = reader.read(root / "replies.yaml", RepliesFile, "replies")
    if interface is None or lists is None or not flows:
        return None, tuple(reader.issues)
    content = Content(
        flows=flows,
        cards=cards,
        facts=facts,
        interface=interface,
        urgency=tuple(urgency.rules) if urgency else (),
        lists=lists,
        scenarios=scenarios,
        phrases=tuple(phrases),
        sensitive=sensitive.words() if sensitive else {},
        desk=desk.messages if desk else {},
        replies=replies.replies if replies else {},
        where=reader.where,
    )
    return content, tuple(reader.issues)
