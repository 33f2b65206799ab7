"""Parse modes and explicit entities: what comes out, and where each error points."""

from __future__ import annotations

import pytest

from bot.botapi import markup
from bot.botapi.entities import finished, given
from bot.botapi.errors import ApiError
from bot.botapi.shapes import Json
from tests.botapi.scene import Scene


def read(mode: str, text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Text and (type, offset, length) of a parsed text."""
    parse = markup.parser(mode)
    assert parse is not None
    body, entities = finished(*parse(text))
    return body, [(str(e["type"]), int(str(e["offset"])), int(str(e["length"]))) for e in entities]


@pytest.mark.parametrize(
    ("text", "body", "entities"),
    [
        ("plano &amp; &lt;3 &quot;sí&quot;", 'plano & <3 "sí"', []),
        ("&#241;&#xF1;&nbsp;&copy", "ññ&nbsp;&copy", []),
        ("<b>a</b><i>b</i>", "ab", [("bold", 0, 1), ("italic", 1, 1)]),
        ("<B>ab</B>", "ab", [("bold", 0, 2)]),
        ("<b>x<i>y</i></b>", "xy", [("bold", 0, 2), ("italic", 1, 1)]),
        ("😀<u>é</u>", "😀é", [("underline", 2, 1)]),
        ("<s>a</s><del>b</del><ins>c</ins>", "abc", [("strikethrough", 0, 1), ("strikethrough", 1, 1), ("underline", 2, 1)]),
        ('<a href="https://example.org/?a=1&amp;b=2">v</a>', "v", [("text_link", 0, 1)]),
        ('<a href="nodots">v</a>', "v", []),
        ("<tg-spoiler>a</tg-spoiler><span class='tg-spoiler'>b</span>", "ab", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ('<pre><code class="language-python">x</code></pre>', "x", [("pre", 0, 1)]),
        ("<pre>x</pre>", "x", [("pre", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("  <b> a </b>  ", " a", [("bold", 0, 2)]),
        ("<b></b>x", "x", []),
        ("<tg-emoji emoji-id='7'>x</tg-emoji>", "x", [("custom_emoji", 0, 1)]),
        ("<a href=https://example.org>v</a>", "v", [("text_link", 0, 1)]),
        ("<blockquote  cite >x</blockquote>", "x", [("blockquote", 0, 1)]),
        ("<pre>a<code class='language-py'>b</code></pre>", "ab", [("pre", 0, 2), ("code", 1, 1)]),
        ("<b>a</>", "a", [("bold", 0, 1)]),
    ],
)
def test_html(text: str, body: str, entities: list[tuple[str, int, int]]) -> None:
    assert read("HTML", text) == (body, entities)


@pytest.mark.parametrize(
    ("text", "body", "entities"),
    [
        ("*a* _b_ __c__ ~d~ ||e|| `f`", "a b c d e f",
         [("bold", 0, 1), ("italic", 2, 1), ("underline", 4, 1), ("strikethrough", 6, 1), ("spoiler", 8, 1), ("code", 10, 1)]),
        ("*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("fin\\. \\(ok\\)", "fin. (ok)", []),
        ("[v](https://example.org/a\\)b)", "v", [("text_link", 0, 1)]),
        ("```python\nx = 1\n```", "x = 1", [("pre", 0, 5)]),
        ("```\nx```", "x", [("pre", 0, 1)]),
        ("`a.b!`", "a.b!", [("code", 0, 4)]),
        ("![x](tg://emoji?id=7)", "x", [("custom_emoji", 0, 1)]),
        ("[nodots]", "nodots", []),
        (">*a*\nb", "a\nb", [("blockquote", 0, 1), ("bold", 0, 1)]),
        (">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)]),
        ("**>a\n>b||", "a\nb", [("expandable_blockquote", 0, 3)]),
        ("😀*é*", "😀é", [("bold", 2, 1)]),
    ],
)  # fmt: skip
def test_markdown_v2(text: str, body: str, entities: list[tuple[str, int, int]]) -> None:
    assert read("MarkdownV2", text) == (body, entities)


@pytest.mark.parametrize(
    ("text", "body", "entities"),
    [
        ("*a* _b_ `c` fin.", "a b c fin.", [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1)]),
        ("\\*a\\*", "*a*", []),
        ("[v](https://example.org)", "v", [("text_link", 0, 1)]),
        ("```py\nx```", "x", [("pre", 0, 1)]),
    ],
)
def test_markdown(text: str, body: str, entities: list[tuple[str, int, int]]) -> None:
    assert read("Markdown", text) == (body, entities)


@pytest.mark.parametrize(
    ("mode", "text", "reason"),
    [
        ("HTML", "a < b", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "ñ<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("HTML", "<b", "Unclosed start tag at byte offset 0"),
        ("HTML", "<a href='x", "Unclosed start tag at byte offset 0"),
        ("HTML", "<b ", "Unclosed start tag at byte offset 0"),
        ("HTML", "<a href=x", "Unclosed start tag at byte offset 0"),
        ("HTML", "<b =x>y</b>", 'Empty attribute name in the tag "b" at byte offset 3'),
        ("MarkdownV2", ">*a\nb", "Can't find end of Bold entity at byte offset 1"),
        ("MarkdownV2", "![x]", "Custom emoji entity must contain a tg://emoji URL"),
        ("MarkdownV2", "![x](https://example.org)", "Custom emoji entity must contain a tg://emoji URL"),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<b>x</b", "Unclosed end tag at byte offset 4"),
        ("HTML", "<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("HTML", "<b><i>x", 'Can\'t find end tag corresponding to start tag "i"'),
        ("MarkdownV2", "1-2", "Character '-' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a>b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "é_x", "Can't find end of Italic entity at byte offset 2"),
        ("MarkdownV2", "__x_", "Can't find end of Italic entity at byte offset 3"),
        ("MarkdownV2", "`x", "Can't find end of Code entity at byte offset 0"),
        ("MarkdownV2", "[x](http://a.b", "Can't find end of a URL at byte offset 3"),
        ("Markdown", "a *b", "Can't find end of the entity starting at byte offset 2"),
        ("Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"),
    ],
)
def test_errors_point_at_the_byte(mode: str, text: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(mode, text)
    assert refused.value.description == "Bad Request: can't parse entities: " + reason


def test_commands_links_and_mentions_are_found() -> None:
    body, entities = finished("/start ve a https://example.org/a, o @amparo_bot #hoy a@b.mx", ())
    found = [(str(e["type"]), body[int(str(e["offset"])) :][: int(str(e["length"]))]) for e in entities]
    assert found == [
        ("bot_command", "/start"), ("url", "https://example.org/a"), ("mention", "@amparo_bot"), ("hashtag", "#hoy"),
        ("email", "a@b.mx"),
    ]  # fmt: skip


def test_explicit_entities_are_shifted_cut_and_checked() -> None:
    explicit: list[Json] = [{"type": "bold", "offset": 2, "length": 50}, {"type": "mention", "offset": 0, "length": 1}]
    assert finished("  hola  ", given(explicit)) == ("hola", [{"type": "bold", "offset": 0, "length": 4}])
    with pytest.raises(ApiError, match="Unsupported type"):
        given([{"type": "huge", "offset": 0, "length": 1}])


def test_control_characters_become_spaces() -> None:
    assert finished("a\x00b\tc\r\nd\u202e", ()) == ("a b c\nd", [])


async def test_explicit_entities_over_http(world: Scene) -> None:
    bold = [{"type": "bold", "offset": 0, "length": 4}]
    sent = await world.talk.ok("sendMessage", chat_id=world.ana.id, text="hola", entities=bold)
    assert sent["entities"] == bold
    assert world.api.problems() == []
