"""The Bot API as data, and the question every test asks of every outgoing call: is this a call Telegram knows?

`check_call` reads `api.json` (Bot API 10.1, see LICENSE-api.json.txt) and lists what is wrong with a call: unknown
method or parameter, a required one missing, a wrong type or union, a limit from the descriptions broken, a keyboard
that is not well formed, text that does not parse in its parse mode. An empty list means nothing was found.

The checks are compiled per type the first time they are needed, so that a call costs tens of microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import orjson

from bot.botapi import links, markup
from bot.botapi.entities import finished, given
from bot.botapi.errors import ApiError
from bot.botapi.files import Upload
from bot.botapi.shapes import Json, as_list, as_object, as_text, objects

Check: TypeAlias = Callable[[object, str], list[str]]


def _load(section: str) -> dict[str, Json]:
    whole = as_object(_DATA[section]) or {}
    return {name: item for name, raw in whole.items() if (item := as_object(raw)) is not None}


_DATA: Json = orjson.loads((Path(__file__).parent / "api.json").read_bytes())
_METHODS = _load("methods")
_TYPES = _load("types")
METHOD_NAMES: dict[str, str] = {name.lower(): name for name in _METHODS}
VERSION = as_text(_DATA["version"])

_MAX_BUTTONS = 100
_ACTIONS = frozenset(
    as_text(field["name"]) for field in objects(as_list(_TYPES["InlineKeyboardButton"]["fields"]))
) - {"text", "icon_custom_emoji_id", "style"}  # fmt: skip
# What a description states as a limit of the field itself. Ranges after other words (dates, sizes) are not its length.
_CHARACTERS = re.compile(r"(\d+)-(\d+) characters")
_BYTES = re.compile(r"(\d+)-(\d+) bytes", re.IGNORECASE)
_ITEMS = re.compile(r"(\d+)-(\d+) (?:items|identifiers|answer options|initial stickers|emoji|tasks|search keywords)")
_AT_MOST = re.compile(r"[Aa]t most (\d+) \w+[\w ]* can be specified|up to (\d+) (?:items|identifiers)")
_BETWEEN = re.compile(r"between (\d+)(?:-| and )(\d+)|(?:;|,) (\d+)-(\d+)\b")
_CONSTANT = re.compile(r"(?:always \"|must be \"?)(\w+)\"?$")
_ONE_OF = re.compile(r"[Mm]ust be one of ((?:\"\w+\"[^\",.]*(?:, | or )?)+)")
_CODE = re.compile(r"(?:[a-z]{2})?")


def check_call(method: str, params: Mapping[str, object]) -> list[str]:
    """What is wrong with this call, in words; empty when nothing is.

    `params` maps parameter names to what is sent: JSON values, their text in a form, or an `Upload` (or bytes) for a
    file part. A parameter that is None counts as not sent.
    """
    name = METHOD_NAMES.get(method.lower())
    if name is None:
        return [f"{method}: no such method in {VERSION}"]
    sent = {key: value for key, value in params.items() if value is not None}
    attached = {key for key, value in sent.items() if isinstance(value, Upload)}
    return [*_object_check(name)(_without_attachments(name, sent, attached), name), *_together(name, sent)]


def _without_attachments(name: str, sent: Json, attached: set[str]) -> Json:
    known = _fields(name)
    named = {key for key in attached if key not in known and f"attach://{key}" in str(sent)}
    return {key: value for key, value in sent.items() if key not in named}


def _fields(owner: str) -> dict[str, Json]:
    item = _METHODS.get(owner) or _TYPES[owner]
    return {as_text(field["name"]): field for field in objects(as_list(item.get("fields")))}


@cache
def _object_check(owner: str) -> Check:
    """The check of all parameters of a method, or all fields of a type."""
    fields = _fields(owner)
    checks = {name: _field_check(owner, field) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.get("required") is True]

    def check(value: object, where: str) -> list[str]:
        given_object = as_object(value)
        if given_object is None:
            return [f"{where}: expected an object ({owner})"]
        problems = [f"{where}: {name} is required" for name in required if name not in given_object]
        for name, item in given_object.items():
            inner = checks.get(name)
            problems += inner(item, f"{where}.{name}") if inner else [f"{where}: no parameter or field {name}"]
        return problems

    return check


def _field_check(owner: str, field: Json) -> Check:
    kinds = [as_text(kind) for kind in as_list(field["types"]) or ()]
    typed = _union_check(tuple(kinds))
    limits = _limit_checks(as_text(field.get("description")), kinds)
    special = _SPECIAL.get((owner, as_text(field["name"])))

    def check(value: object, where: str) -> list[str]:
        value = _decoded(value, kinds)
        problems = typed(value, where)
        if not problems:
            for limit in limits:
                problems += limit(value, where)
            if special is not None:
                problems += special(value, where)
        return problems

    return check


def _decoded(value: object, kinds: list[str]) -> object:
    """A form carries everything as text: read what is not meant to be text."""
    if not isinstance(value, str) or "String" in kinds or "InputFile" in kinds or "RichText" in kinds:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


# --- types


@cache
def _union_check(kinds: tuple[str, ...]) -> Check:
    checks = [_type_check(kind) for kind in kinds]
    if len(checks) == 1:
        return checks[0]

    def check(value: object, where: str) -> list[str]:
        best: list[str] | None = None
        for one in checks:
            problems = one(value, where)
            if not problems:
                return []
            if best is None or len(problems) < len(best):
                best = problems
        return best or []

    return check


@cache
def _type_check(kind: str) -> Check:
    if kind.startswith("Array of "):
        return _array_check(kind.removeprefix("Array of "))
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    subtypes = as_list(_TYPES[kind].get("subtypes"))
    if subtypes:
        return _subtype_check(kind, tuple(as_text(subtype) for subtype in subtypes))
    lazily: list[Check] = []

    def check(value: object, where: str) -> list[str]:
        if kind == "InlineKeyboardMarkup" and value == {}:
            return []  # what the library sends for a keyboard without buttons; Telegram takes it as none
        if not lazily:  # types refer to themselves (RichText), so the check is built when first used
            lazily.append(_object_check(kind))
        return lazily[0](value, where)

    return check


def _array_check(inner: str) -> Check:
    one = _type_check(inner)

    def check(value: object, where: str) -> list[str]:
        if not isinstance(value, list | tuple):
            return [f"{where}: expected an array of {inner}"]
        return [problem for at, item in enumerate(value) for problem in one(item, f"{where}[{at}]")]

    return check


def _subtype_check(kind: str, subtypes: tuple[str, ...]) -> Check:
    def check(value: object, where: str) -> list[str]:
        given_object = as_object(value)
        if given_object is None:
            return [f"{where}: expected an object ({kind})"]
        marked = [name for name in subtypes if _marks(name) and all(given_object.get(k) == v for k, v in _marks(name))]
        if not marked and any(_marks(name) for name in subtypes):
            return [f"{where}: no {kind} has this type, status or source"]
        return _union_check(tuple(marked or subtypes))(value, where)

    return check


@cache
def _marks(kind: str) -> tuple[tuple[str, str], ...]:
    """The fields whose one allowed value tells a subtype from its siblings."""
    if as_list(_TYPES[kind].get("subtypes")):
        return ()
    found = ((name, _CONSTANT.search(as_text(field["description"]))) for name, field in _fields(kind).items())
    return tuple((name, match.group(1)) for name, match in found if match and name in {"type", "source", "status"})


def _simple(test: Callable[[object], bool], word: str) -> Check:
    return lambda value, where: [] if test(value) else [f"{where}: expected {word}"]


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_SIMPLE: dict[str, Check] = {
    "Integer": _simple(_is_integer, "an integer"),
    "Float": _simple(_is_number, "a number"),
    "String": _simple(lambda value: isinstance(value, str), "a string"),
    "Boolean": _simple(lambda value: isinstance(value, bool), "true or false"),
    "InputFile": _simple(lambda value: isinstance(value, Upload | bytes), "a file"),
    "CallbackGame": _simple(lambda value: isinstance(value, dict), "an object"),
    # RichText is a string, an array, or one of many objects: only the outermost kind is held.
    "RichText": _simple(lambda value: isinstance(value, str | list | dict), "rich text"),
}


# --- limits from the descriptions


def _limit_checks(description: str, kinds: list[str]) -> list[Check]:
    checks: list[Check] = []
    textual, numeric, listed = "String" in kinds, kinds in (["Integer"], ["Float"]), kinds[0].startswith("Array")
    if textual and "after entit" not in description and (found := _CHARACTERS.search(description)):
        checks.append(_range(found, lambda value: len(as_text(value)), "characters"))
    if textual and (found := _BYTES.search(description)):
        checks.append(_range(found, lambda value: len(as_text(value).encode()), "bytes"))
    if listed and (found := _ITEMS.search(description)):
        checks.append(_range(found, _count, "items"))
    if listed and (most := _AT_MOST.search(description)):
        checks.append(_within(0, int(most.group(1) or most.group(2)), _count, "items"))
    if numeric and (found := _BETWEEN.search(description)):
        low, high = (int(group) for group in found.groups() if group)
        checks.append(_within(low, high, lambda value: value if isinstance(value, int | float) else 0, "as value"))
    if textual and (constant := _CONSTANT.search(description)) and description.startswith(("Type", "Scope", "Error")):
        checks.append(_words(frozenset({constant.group(1)})))
    if textual and (one_of := _ONE_OF.search(description)):
        checks.append(_words(frozenset(re.findall(r"\"(\w+)\"", one_of.group(1)))))
    if textual and "two-letter ISO 639-1" in description:
        checks.append(lambda value, where: [] if _CODE.fullmatch(as_text(value)) else [f"{where}: not a two-letter code"])
    return checks


def _count(value: object) -> int:
    return len(value) if isinstance(value, list | tuple) else 0


def _range(found: re.Match[str], measure: Callable[[object], float], unit: str) -> Check:
    return _within(int(found.group(1)), int(found.group(2)), measure, unit)


def _within(low: int, high: int, measure: Callable[[object], float], unit: str) -> Check:
    def check(value: object, where: str) -> list[str]:
        size = measure(value)
        return [] if low <= size <= high else [f"{where}: {size} {unit}, allowed are {low}-{high}"]

    return check


def _words(allowed: frozenset[str]) -> Check:
    return lambda value, where: [] if value in allowed else [f"{where}: must be one of {', '.join(sorted(allowed))}"]


# --- what no single field shows: text after parsing, keyboards, orders

_TEXTS = (("text", "entities", "parse_mode", 4096), ("caption", "caption_entities", "parse_mode", 1024))


def _together(name: str, sent: Json) -> list[str]:
    problems: list[str] = []
    fields = _fields(name)
    for field, entities, mode, limit in _TEXTS:
        if field in sent and mode in fields and "after entit" in as_text(fields.get(field, {}).get("description")):
            problems += _text_problems(f"{name}.{field}", sent, field, entities, mode, limit)
    if name in {"copyMessages", "forwardMessages"}:
        numbers = as_list(_decoded(sent.get("message_ids"), ["Array of Integer"])) or []
        if any(isinstance(a, int) and isinstance(b, int) and b <= a for a, b in pairwise(numbers)):
            problems.append(f"{name}.message_ids: must be strictly increasing")
    if "chat_id" in fields and "message_id" in fields and name.startswith("edit"):
        inline, plain = "inline_message_id" in sent, "chat_id" in sent and "message_id" in sent
        if inline == plain:
            problems.append(f"{name}: needs either chat_id and message_id or inline_message_id")
    return problems


def _text_problems(where: str, sent: Json, field: str, entities: str, mode: str, limit: int) -> list[str]:
    raw, parse_mode = as_text(sent[field]), as_text(sent.get(mode))
    problems = [f"{where}: both {mode} and {entities}"] if parse_mode and entities in sent else []
    try:
        parse = markup.parser(parse_mode)
        explicit = _decoded(sent.get(entities), ["Array of MessageEntity"])
        text, _ = finished(*(parse(raw) if parse else (raw, given(explicit))))
    except ApiError as refusal:
        return [*problems, f"{where}: {refusal.description}"]
    if len(text) > limit or (field == "text" and not text):
        problems.append(f"{where}: {len(text)} characters after parsing, allowed are {int(field == 'text')}-{limit}")
    return problems


def _inline_button(value: object, where: str) -> list[str]:
    button = as_object(value) or {}
    actions = sorted(_ACTIONS & button.keys())
    problems = [] if len(actions) == 1 else [f"{where}: exactly one action is needed, there are {len(actions)} {actions}"]
    if not button.get("text"):
        problems.append(f"{where}: text must not be empty")
    if "url" in button and (reason := links.fault(as_text(button["url"]))):
        problems.append(f"{where}.url: {reason}")
    return problems


def _rows(value: object, where: str) -> list[str]:
    rows = [as_list(row) or [] for row in as_list(value) or []]
    problems = [f"{where}[{at}]: empty row" for at, row in enumerate(rows) if not row]
    if sum(map(len, rows)) > _MAX_BUTTONS:
        problems.append(f"{where}: more than {_MAX_BUTTONS} buttons")
    return problems


def _inline_rows(value: object, where: str) -> list[str]:
    problems = _rows(value, where)
    for at, row in enumerate(as_list(value) or []):
        for column, button in enumerate(as_list(row) or []):
            problems += _inline_button(button, f"{where}[{at}][{column}]")
    return problems


def _positive(value: object, where: str) -> list[str]:
    wrong = [item for item in (as_list(value) or [value]) if not isinstance(item, int) or item <= 0]
    return [f"{where}: message identifiers are positive"] if wrong else []


def _button_text(value: object, where: str) -> list[str]:
    return [] if value else [f"{where}: text must not be empty"]


_SPECIAL: dict[tuple[str, str], Check] = {
    ("InlineKeyboardMarkup", "inline_keyboard"): _inline_rows,
    ("ReplyKeyboardMarkup", "keyboard"): _rows,
    ("KeyboardButton", "text"): _button_text,
    **{(name, "message_id"): _positive for name in _METHODS},
    **{(name, "message_ids"): _positive for name in _METHODS},
}


def parameters(method: str) -> list[str]:
    """The names of a method's parameters."""
    return list(_fields(method))


def check_result(method: str, result: object) -> list[str]:
    """What is wrong with a result of this method; the local server's own answers are held to the data too."""
    kinds = tuple(as_text(kind) for kind in as_list(_METHODS[METHOD_NAMES[method.lower()]].get("returns")) or ())
    return _union_check(kinds)(result, method)


def check_object(kind: str, value: object) -> list[str]:
    """What is wrong with an object of this type (Update, Message, ...)."""
    return _type_check(kind)(value, kind)
