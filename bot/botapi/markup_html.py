"""Telegram's HTML parse mode: text with tags in, plain text and entities out, or the error Telegram would give.

Offsets in errors count bytes of the UTF-8 text, offsets in entities count UTF-16 units of the result. Only Telegram's
own tags exist; a lone `<` is an error, an unknown `&name;` stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.botapi import links
from bot.botapi.entities import utf16_length
from bot.botapi.errors import ApiError, bad_request
from bot.botapi.shapes import Json

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]+));?")
_ATTRIBUTE_NAME = re.compile(r"[a-zA-Z0-9_-]*")
_SPACE = " \t\r\n"


@dataclass(slots=True)
class _Open:
    tag: str
    at_byte: int
    offset: int
    text_at: int
    attributes: dict[str, str] = field(default_factory=dict)


def parse_html(text: str) -> tuple[str, list[Json]]:
    """The plain text and its entities; raises `ApiError` 400 "can't parse entities: ..."."""
    return _HtmlReader(text).read()


def _error(reason: str) -> ApiError:
    return bad_request("can't parse entities: " + reason)


class _HtmlReader:
    def __init__(self, text: str) -> None:
        self._in = text
        self._at = 0
        self._out: list[str] = []
        self._units = 0
        self._stack: list[_Open] = []
        self._found: list[Json] = []

    def read(self) -> tuple[str, list[Json]]:
        while self._at < len(self._in):
            char = self._in[self._at]
            if char == "<":
                self._tag()
            elif char == "&":
                self._reference()
            else:
                end = self._next_special()
                self._emit(self._in[self._at : end])
                self._at = end
        if self._stack:
            raise _error(f'Can\'t find end tag corresponding to start tag "{self._stack[-1].tag}"')
        return "".join(self._out), self._found

    def _next_special(self) -> int:
        ends = [at for at in (self._in.find("<", self._at), self._in.find("&", self._at)) if at >= 0]
        return min(ends, default=len(self._in))

    def _emit(self, piece: str) -> None:
        self._out.append(piece)
        self._units += utf16_length(piece)

    def _byte(self, at: int) -> int:
        return len(self._in[:at].encode("utf-8", "surrogatepass"))

    def _reference(self) -> None:
        match = _REFERENCE.match(self._in, self._at)
        decoded = _decode(match) if match else None
        if match is None or decoded is None:
            self._emit("&")
            self._at += 1
            return
        self._emit(decoded)
        self._at = match.end()

    def _tag(self) -> None:
        if self._in.startswith("</", self._at):
            self._end_tag()
        else:
            self._start_tag()

    def _start_tag(self) -> None:
        begin = self._at
        at = begin + 1
        while at < len(self._in) and self._in[at] not in _SPACE + ">":
            at += 1
        if at >= len(self._in):
            raise _error(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = self._in[begin + 1 : at].lower()
        if tag not in _TAGS:
            raise _error(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        opened = _Open(tag, self._byte(begin), self._units, len(self._out))
        self._at = at
        while self._attribute(opened, begin):
            pass
        if tag == "span" and opened.attributes.get("class") != "tg-spoiler":
            raise _error(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self._stack.append(opened)

    def _attribute(self, opened: _Open, begin: int) -> bool:
        self._skip_space(begin)
        if self._in[self._at] == ">":
            self._at += 1
            return False
        name_at = self._at
        match = _ATTRIBUTE_NAME.match(self._in, name_at)
        name = match.group().lower() if match else ""
        if not name:
            raise _error(f'Empty attribute name in the tag "{opened.tag}" at byte offset {self._byte(name_at)}')
        self._at += len(name)
        self._skip_space(begin)
        if self._in[self._at] != "=":
            opened.attributes[name] = ""
            return True
        self._at += 1
        self._skip_space(begin)
        opened.attributes[name] = self._value(opened.tag, begin)
        return True

    def _skip_space(self, begin: int) -> None:
        while self._at < len(self._in) and self._in[self._at] in _SPACE:
            self._at += 1
        if self._at >= len(self._in):
            raise _error(f"Unclosed start tag at byte offset {self._byte(begin)}")

    def _value(self, tag: str, begin: int) -> str:
        quote = self._in[self._at]
        if quote not in "\"'":
            end = self._at
            while end < len(self._in) and self._in[end] not in _SPACE + ">":
                end += 1
            raw, self._at = self._in[self._at : end], end
        else:
            end = self._in.find(quote, self._at + 1)
            if end < 0:
                raise _error(f"Unclosed start tag at byte offset {self._byte(begin)}")
            raw, self._at = self._in[self._at + 1 : end], end + 1
        if self._at >= len(self._in):
            raise _error(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return _REFERENCE.sub(lambda match: _decode(match) or match.group(), raw)

    def _end_tag(self) -> None:
        begin = self._at
        at = self._byte(begin)
        if not self._stack:
            raise _error(f"Unexpected end tag at byte offset {at}")
        end = self._in.find(">", begin)
        if end < 0:
            raise _error(f"Unclosed end tag at byte offset {at}")
        name = self._in[begin + 2 : end].strip().lower()
        opened = self._stack.pop()
        if name and name != opened.tag:
            raise _error(f'Unmatched end tag at byte offset {at}, expected "</{opened.tag}>", found "</{name}>"')
        self._at = end + 1
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self._units - opened.offset
        if length <= 0:
            return
        entity: Json = {"type": _TAGS[opened.tag], "offset": opened.offset, "length": length}
        if opened.tag == "a":
            self._close_link(opened, entity)
        elif opened.tag == "code":
            self._close_code(opened, entity)
        elif opened.tag == "pre":
            self._close_pre(entity)
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
            self._found.append(entity)
        else:
            if opened.tag == "blockquote" and "expandable" in opened.attributes:
                entity["type"] = "expandable_blockquote"
            self._found.append(entity)

    def _close_link(self, opened: _Open, entity: Json) -> None:
        url = opened.attributes.get("href") or "".join(self._out[opened.text_at :])
        if links.fault(url) is None:
            self._found.append({**entity, "url": url})

    def _close_code(self, opened: _Open, entity: Json) -> None:
        language = opened.attributes.get("class", "")
        if language.startswith("language-") and self._stack and self._stack[-1].tag == "pre":
            self._found.append({**entity, "language": language.removeprefix("language-")})
        else:
            self._found.append(entity)

    def _close_pre(self, entity: Json) -> None:
        last = self._found[-1] if self._found else {}
        if "language" in last and (last["offset"], last["length"]) == (entity["offset"], entity["length"]):
            self._found[-1] = {**entity, "language": last["language"]}
            return
        self._found = [{k: v for k, v in e.items() if not (k == "language" and e["type"] == "code")} for e in self._found]
        self._found.append(entity)


def _decode(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED.get(name)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None
