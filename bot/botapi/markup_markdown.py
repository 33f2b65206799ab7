"""Telegram's two Markdown parse modes: text in, plain text and entities out, or the error Telegram would give.

MarkdownV2 nests and reserves eighteen characters; the older Markdown neither nests nor complains about stray dots.
Offsets in errors count bytes of the UTF-8 text, offsets in entities count UTF-16 units of the result.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.botapi import links
from bot.botapi.entities import utf16_length
from bot.botapi.errors import ApiError, bad_request
from bot.botapi.shapes import Json

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_TYPE = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "PreCode": "pre",
    "TextUrl": "text_link",
    "CustomEmoji": "custom_emoji",
    "BlockQuote": "blockquote",
}
_CLOSERS = {
    "Bold": "*",
    "Italic": "_",
    "Underline": "__",
    "Strikethrough": "~",
    "Spoiler": "||",
    "Code": "`",
    "Pre": "```",
    "PreCode": "```",
    "TextUrl": "]",
    "CustomEmoji": "]",
}


def _error(reason: str) -> ApiError:
    return bad_request("can't parse entities: " + reason)


@dataclass(slots=True)
class _Open:
    kind: str
    at_byte: int
    offset: int
    text_at: int
    language: str = ""


def parse_markdown_v2(text: str) -> tuple[str, list[Json]]:
    """The plain text and its entities; raises `ApiError` 400 "can't parse entities: ..."."""
    return _V2Reader(text).read()


class _V2Reader:
    def __init__(self, text: str) -> None:
        self._in = text
        self._at = 0
        self._out: list[str] = []
        self._units = 0
        self._stack: list[_Open] = []
        self._found: list[Json] = []

    def read(self) -> tuple[str, list[Json]]:
        while self._at < len(self._in):
            self._step(self._in[self._at])
        if self._stack and self._stack[-1].kind == "BlockQuote":
            self._close_quote()
        if self._stack:
            last = self._stack[-1]
            raise _error(f"Can't find end of {last.kind} entity at byte offset {last.at_byte}")
        return "".join(self._out), self._found

    def _step(self, char: str) -> None:
        following = self._in[self._at + 1 : self._at + 2]
        if char == "\\" and following and 0 < ord(following) < 127:
            self._emit(following)
            self._at += 2
        elif char == "\n" and any(o.kind == "BlockQuote" for o in self._stack):
            self._line_end_in_quote()
        elif self._ends():
            self._end()
        elif char not in (frozenset("`") if self._in_code() else _RESERVED):
            self._emit(char)
            self._at += 1
        else:
            self._begin(char)

    def _emit(self, piece: str) -> None:
        self._out.append(piece)
        self._units += utf16_length(piece)

    def _byte(self) -> int:
        return len(self._in[: self._at].encode("utf-8", "surrogatepass"))

    def _in_code(self) -> bool:
        return bool(self._stack) and self._stack[-1].kind in {"Code", "Pre", "PreCode"}

    def _ends(self) -> bool:
        if not self._stack or self._stack[-1].kind == "BlockQuote":
            return False
        kind = self._stack[-1].kind
        if not self._in.startswith(_CLOSERS[kind], self._at):
            return False
        return not (kind == "Italic" and self._in.startswith("__", self._at))

    def _begin(self, char: str) -> None:
        rest = self._in[self._at : self._at + 4]
        at_line_start = self._at == 0 or self._in[self._at - 1] == "\n"
        if rest.startswith("**>") and at_line_start and not self._stack:
            self._open("BlockQuote", 3)
        elif char == ">" and at_line_start and not self._stack:
            self._open("BlockQuote", 1)
        elif rest.startswith("__"):
            self._open("Underline", 2)
        elif rest.startswith("||") and self._closes_quote():
            self._at += 2
            self._close_quote(expandable=True)
        elif rest.startswith("||"):
            self._open("Spoiler", 2)
        elif rest.startswith("```"):
            self._open_pre()
        elif rest.startswith("!["):
            self._open("CustomEmoji", 2)
        elif char in "_*~`[":
            self._open({"_": "Italic", "*": "Bold", "~": "Strikethrough", "`": "Code", "[": "TextUrl"}[char], 1)
        else:
            raise _error(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def _closes_quote(self) -> bool:
        after = self._in[self._at + 2 : self._at + 3]
        return bool(self._stack) and self._stack[-1].kind == "BlockQuote" and after in {"", "\n"}

    def _open(self, kind: str, width: int, language: str = "") -> None:
        self._stack.append(_Open(kind, self._byte(), self._units, len(self._out), language))
        self._at += width

    def _open_pre(self) -> None:
        end = self._at + 3
        while end < len(self._in) and not self._in[end].isspace() and self._in[end] != "`":
            end += 1
        language = self._in[self._at + 3 : end]
        named = bool(language) and end < len(self._in) and self._in[end] != "`"
        self._open("PreCode" if named else "Pre", (end - self._at) if named else 3, language if named else "")
        if self._in.startswith("\n", self._at):
            self._at += 1

    def _end(self) -> None:
        opened = self._stack.pop()
        self._at += len(_CLOSERS[opened.kind])
        entity: Json = {"type": _TYPE[opened.kind], "offset": opened.offset, "length": self._units - opened.offset}
        if opened.kind == "PreCode":
            entity["language"] = opened.language
        if opened.kind in {"TextUrl", "CustomEmoji"} and not self._link(opened, entity):
            return
        if self._units > opened.offset:
            self._found.append(entity)

    def _link(self, opened: _Open, entity: Json) -> bool:
        url = "".join(self._out[opened.text_at :])
        if self._in.startswith("(", self._at):
            url = self._address()
        elif opened.kind == "CustomEmoji":
            raise _error("Custom emoji entity must contain a tg://emoji URL")
        if opened.kind == "CustomEmoji":
            if not url.startswith("tg://emoji?id="):
                raise _error("Custom emoji entity must contain a tg://emoji URL")
            entity["custom_emoji_id"] = url.removeprefix("tg://emoji?id=")
            return True
        entity["url"] = url
        return links.fault(url) is None

    def _address(self) -> str:
        begin = self._byte()
        self._at += 1
        url: list[str] = []
        while self._at < len(self._in) and self._in[self._at] != ")":
            if self._in[self._at] == "\\" and self._at + 1 < len(self._in) and 0 < ord(self._in[self._at + 1]) < 127:
                self._at += 1
            url.append(self._in[self._at])
            self._at += 1
        if self._at >= len(self._in):
            raise _error(f"Can't find end of a URL at byte offset {begin}")
        self._at += 1
        return "".join(url)

    def _line_end_in_quote(self) -> None:
        last = self._stack[-1]
        continues = self._in.startswith("\n>", self._at)
        if last.kind != "BlockQuote" and not continues:
            raise _error(f"Can't find end of {last.kind} entity at byte offset {last.at_byte}")
        if not continues:
            self._close_quote()
        self._emit("\n")
        self._at += 2 if continues else 1

    def _close_quote(self, *, expandable: bool = False) -> None:
        opened = self._stack.pop()
        if self._units > opened.offset:
            kind = "expandable_blockquote" if expandable else "blockquote"
            self._found.append({"type": kind, "offset": opened.offset, "length": self._units - opened.offset})


def parse_markdown(text: str) -> tuple[str, list[Json]]:
    """The older mode: bold, italic, code, pre and links, without nesting."""
    out: list[str] = []
    found: list[Json] = []
    at = units = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in {"_", "*", "`", "["}:
            out.append(text[at + 1])
            units += 1
            at += 2
        elif char not in "_*`[":
            out.append(char)
            units += utf16_length(char)
            at += 1
        else:
            inner, entity, at = _old_entity(text, at)
            length = utf16_length(inner)
            out.append(inner)
            if entity is not None and length:
                found.append({**entity, "offset": units, "length": length})
            units += length
    return "".join(out), found


def _old_entity(text: str, begin: int) -> tuple[str, Json | None, int]:
    char = text[begin]
    mark = "```" if text.startswith("```", begin) else char
    closer = "]" if char == "[" else mark
    start = begin + len(mark)
    end = text.find(closer, start)
    if end < 0:
        offset = len(text[:begin].encode("utf-8", "surrogatepass"))
        raise _error(f"Can't find end of the entity starting at byte offset {offset}")
    inner, after = text[start:end], end + len(closer)
    if char == "[":
        return _old_link(text, inner, after)
    if mark == "```":
        return *_old_pre(inner), after
    return inner, {"type": {"_": "italic", "*": "bold", "`": "code"}[char]}, after


def _old_pre(inner: str) -> tuple[str, Json]:
    head, newline, body = inner.partition("\n")
    if newline and head and not any(c.isspace() for c in head):
        return body, {"type": "pre", "language": head}
    return (body if newline and not head else inner), {"type": "pre"}


def _old_link(text: str, inner: str, after: int) -> tuple[str, Json | None, int]:
    url = inner
    if text.startswith("(", after):
        end = text.find(")", after)
        end = len(text) if end < 0 else end
        url, after = text[after + 1 : end], min(end + 1, len(text))
    return inner, ({"type": "text_link", "url": url} if links.fault(url) is None else None), after
