"""The parameters of one call, however they came: query, form, JSON or multipart.

Telegram turns every parameter into text and reads numbers, booleans and objects from it; the readers here give the
same results without the detour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

import orjson

from bot.botapi.errors import bad_request
from bot.botapi.files import Upload
from bot.botapi.shapes import Json, as_flag, as_integer, as_number, as_text


@dataclass(slots=True)
class Params:
    """What a call was given."""

    values: Json = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text, "" when missing."""
        return as_text(self.values.get(name))

    def has(self, name: str) -> bool:
        """Whether the parameter was given and is not empty."""
        return self.values.get(name) not in (None, "")

    def integer(self, name: str, default: int = 0, low: int | None = None, high: int | None = None) -> int:
        """An integer, clamped, never refused."""
        value = as_integer(self.values.get(name), default) if self.has(name) else default
        if low is not None:
            value = max(low, value)
        return value if high is None else min(high, value)

    def number(self, name: str) -> float:
        """A floating-point number."""
        return as_number(self.values.get(name))

    def flag(self, name: str) -> bool:
        """A boolean."""
        return as_flag(self.values.get(name))

    def tree(self, name: str) -> object:
        """A list or object; text is read as JSON. None when missing, 400 when it is not JSON."""
        value = self.values.get(name)
        if not isinstance(value, str) or value == "":
            return None if value == "" else value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as broken:
            raise bad_request(f"can't parse {name} JSON object") from broken

    def logged(self) -> Json:
        """Values and files together, for the log and the specification."""
        return {**self.values, **self.files} if self.files else self.values


def read(query: bytes, content_type: str, body: bytes) -> Params:
    """The parameters of a request; 400 when the body is not what it says it is."""
    params = Params()
    if query:
        params.values.update(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    if not body:
        return params
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "application/json":
        params.values.update(_json(body))
    elif kind == "application/x-www-form-urlencoded":
        params.values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind == "multipart/form-data":
        _multipart(params, content_type, body)
    return params


def _json(body: bytes) -> Json:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise bad_request("can't parse JSON object") from broken
    if not isinstance(value, dict):
        raise bad_request("JSON object expected")
    return {name: item for name, item in value.items() if item is not None}


_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_FIELD = re.compile(rb'(\w+\*?)="((?:[^"\\]|\\.)*)"|(\w+\*?)=([^;\s]+)')


def _multipart(params: Params, content_type: str, body: bytes) -> None:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise bad_request("boundary not found in multipart/form-data")
    mark = b"--" + found.group(1).encode("latin-1")
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        if part.startswith(b"--"):
            break
        head, separator, data = part.partition(b"\r\n\r\n")
        if separator:
            _part(params, head, data)


def _part(params: Params, head: bytes, data: bytes) -> None:
    disposition, mime = b"", ""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            disposition = value
        elif name.strip().lower() == b"content-type":
            mime = value.strip().decode("latin-1")
    fields = {
        (quoted or bare).lower(): (text if quoted else plain).replace(b'\\"', b'"')
        for quoted, text, bare, plain in _FIELD.findall(disposition)
    }
    name = fields.get(b"name", b"").decode("utf-8", "replace")
    filename = _filename(fields)
    if filename is None:
        params.values[name] = data.decode("utf-8", "replace")
    else:
        params.files[name] = Upload(filename=filename, mime=mime, data=data)


def _filename(fields: dict[bytes, bytes]) -> str | None:
    if b"filename*" in fields:
        return unquote(fields[b"filename*"].decode("latin-1").rpartition("'")[2])
    return fields[b"filename"].decode("utf-8", "replace") if b"filename" in fields else None
