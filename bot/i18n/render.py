"""A screen and today's facts become words and buttons, in the person's language.

Effects name messages, never sentences; here, at the last moment, the sentences are chosen. So a corrected number, a switched-off fact
and an expired one show on every screen at once, while texts and steps stay those of the program the conversation is pinned to. Never
fails: a text that cannot be said is left out, a translation that is missing is replaced by the source and said to be. The same question
is answered from a bounded memory. Order of a screen: notices, echo, paragraphs, why it is asked. Rules: voice.md 1 to 3.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from bot.domain.facts import Facts, Provenance, Standing, Worded
from bot.i18n.locales import SOURCE, long_day, long_moment
from bot.i18n.pieces import TEXT_UNITS, Piece, Pieces, Span, clipped, filled, joined, laid_out, parsed, plain, units
from flows.authoring.schema import DESK_PLACEHOLDERS
from flows.authoring.words import dull_opening
from flows.effects import Echo, EchoKind, Screen, Shown
from flows.limits import COPY_CHARACTERS
from flows.program import BlockNode, Program

__all__ = ["UI_MESSAGES", "Draft", "Key", "Renderer", "dull_opening", "render"]

ECHOES: Final[Mapping[EchoKind, str]] = {
    EchoKind.CHOICE: "ui.echo_choice",
    EchoKind.NOT_UNDERSTOOD: "ui.echo_not_understood",
    EchoKind.NOT_A_CHOICE: "ui.echo_not_a_choice",
    EchoKind.STALE: "ui.echo_stale",
    EchoKind.TYPED_REMOVED: "ui.echo_typed_removed",
}
TEST_VERSION: Final = "ui.test_version"
ONLY_IN_SPANISH: Final = "ui.only_in_spanish"
FACT_DATED: Final = "ui.fact_dated"
SOURCE_CHECKED: Final = "ui.source_checked"
NO_SOURCES: Final = "ui.no_sources"
UI_MESSAGES: Final = (*ECHOES.values(), TEST_VERSION, ONLY_IN_SPANISH, FACT_DATED, SOURCE_CHECKED, NO_SOURCES)
"""What the renderer itself says; the check asks for each. `echo_choice` holds {choice}; `fact_dated` and `source_checked` hold {when}."""

FIRST_SCREENS: Final = frozenset({("welcome", "start"), ("returning", "back")})
"""Where a person begins; whatever answers the first words typed into an empty chat is a first screen, too."""
COVER: Final = "cover"
SOURCES: Final = "sources"
PICKED: Final = "✓ "
SOURCE_UNITS: Final = 360
"""Most that one part of a source (what it says, its title, its address) takes on the screen of sources."""
DRAFTS: Final = 2048
PROGRAMS: Final = 16


@dataclass(frozen=True, slots=True)
class Key:
    """A button before it is signed: `code` is what a press means, `copy` what it puts on the clipboard instead."""

    text: str
    code: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Words and buttons of a screen, not yet bound to a turn. `bold`: (offset, length) in UTF-16 code units."""

    text: str
    bold: tuple[Span, ...] = ()
    rows: tuple[tuple[Key, ...], ...] = ()


class _Kept(NamedTuple):
    """A remembered draft and what it was made from; another program, other facts or another standing make another draft."""

    program: Program
    facts: Facts
    standing: Standing
    draft: Draft


class Renderer:
    """Renders, and remembers the last drafts. Holds nothing of who asked."""

    def __init__(self, *, drafts: int = DRAFTS) -> None:
        self._bound = drafts
        self._drafts: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._blocks: OrderedDict[str, tuple[Program, Mapping[str, BlockNode]]] = OrderedDict()

    def render(self, screen: Screen, *, program: Program, facts: Facts, standing: Standing, today: date) -> Draft:
        """Words and buttons of `screen` on this day; see the module for the rules. Total: any screen gives a text of 1 to 4096 units."""
        first = _is_first(screen)
        asked = (
            screen.program,
            screen.locale,
            screen.flow,
            screen.step,
            screen.blocks,
            screen.buttons,
            screen.echo,
            screen.why,
            screen.sources,
            screen.desk,
            screen.lines,
            first,
            today,
        )
        kept = self._drafts.get(asked)
        if kept and kept.program is program and kept.facts is facts and kept.standing == standing:
            self._drafts.move_to_end(asked)
            return kept.draft
        desk = _Desk(screen, program, self._nodes(program), facts, standing, today)
        draft = desk.draft(first=first)
        self._drafts[asked] = _Kept(program, facts, standing, draft)
        self._drafts.move_to_end(asked)
        if len(self._drafts) > self._bound:
            self._drafts.popitem(last=False)
        return draft

    def _nodes(self, program: Program) -> Mapping[str, BlockNode]:
        """Message id -> paragraph, of all steps of a program."""
        kept = self._blocks.get(program.id)
        if kept and kept[0] is program:
            return kept[1]
        nodes = {block.message: block for flow in program.flows.values() for step in flow.steps.values() for block in step.blocks}
        self._blocks[program.id] = (program, nodes)
        self._blocks.move_to_end(program.id)
        if len(self._blocks) > PROGRAMS:
            self._blocks.popitem(last=False)
        return nodes


_renderer: Final = Renderer()
render = _renderer.render
"""`render(screen, *, program, facts, standing, today) -> Draft`, with one memory for the whole process."""


def _is_first(screen: Screen) -> bool:
    return screen.flow != COVER and ((screen.flow, screen.step) in FIRST_SCREENS or screen.turn <= 1)


@dataclass(slots=True)
class _Desk:
    """One screen being written: `untranslated` and `fallbacks` gather what the screen as a whole must know."""

    screen: Screen
    program: Program
    nodes: Mapping[str, BlockNode]
    facts: Facts
    standing: Standing
    today: date
    untranslated: bool = False
    fallbacks: set[str] = field(default_factory=set)

    def draft(self, *, first: bool) -> Draft:
        rows = tuple(self._rows())
        body = [*self._echo(), *self._body()]
        notices = list(self._notices(first=first))
        text, bold = laid_out(joined([*notices, *body]) or (Piece(self._last_resort()),))
        return Draft(text=text, bold=bold, rows=rows)

    # Words

    def _source(self, message: str) -> str | None:
        """A text in the person's language, else the source; remembers that it had to."""
        found = self.program.messages.get(self.screen.locale, {}).get(message)
        if found:
            return found
        source = self.program.messages.get(SOURCE, {}).get(message)
        if source and self.screen.locale != SOURCE:
            self.untranslated = True
        return source

    def _fact_text(self, worded: Worded | None) -> str | None:
        if worded and not worded.translated:
            self.untranslated = True
        return worded.text if worded else None

    def _value(self, name: str) -> str | None:
        if name == "org":
            return self.standing.organization
        if name in DESK_PLACEHOLDERS:
            return self._of_the_desk(name)
        return self.facts.worded(name, self.today, self.screen.locale)

    def _of_the_desk(self, name: str) -> str | None:
        """What the shell knew of the desk when this screen was made; None where it did not."""
        desk = self.screen.desk
        if desk is None:
            return None
        if name == "when":
            return long_moment(desk.returns, self.screen.locale) if desk.returns else None
        if name == "minutes":
            return None if desk.minutes is None else str(desk.minutes)
        return {"desk": desk.name, "alias": desk.alias, "other": desk.other, "code": desk.code, "answer": desk.answer}[name] or None

    def _said(self, message: str, **extra: str) -> Iterator[Pieces]:
        """A text of our own as a paragraph; nothing when it does not exist or cannot be filled."""
        before = self.untranslated
        text = self._source(message)
        pieces = filled(text, lambda name: extra.get(name) or self._value(name)) if text else None
        if pieces:
            yield pieces
        else:
            self.untranslated = before

    # Paragraphs

    def _notices(self, *, first: bool) -> Iterator[Pieces]:
        """Last to be written, first to be read: only now is it known whether anything stayed untranslated."""
        test = list(self._said(TEST_VERSION)) if first and self.standing.test_version else []
        yield from test
        if self.untranslated:
            yield from self._said(ONLY_IN_SPANISH)

    def _echo(self) -> Iterator[Pieces]:
        echo = self.screen.echo
        if echo is None:
            return
        if echo.kind is EchoKind.CHOICE:
            choice = self._choice_words(echo)
            if choice:
                yield from self._said(ECHOES[echo.kind], choice=choice)
        elif echo.kind in ECHOES:
            yield from self._said(ECHOES[echo.kind])
        elif echo.ref:
            yield from self._said(echo.ref)

    def _choice_words(self, echo: Echo) -> str:
        """Words of the button that was picked; a name that is not translated (a place) stands for itself."""
        if echo.ref.startswith(("flow.", "ui.", "card.", "fact.")):
            return self._label(echo.ref)
        return echo.ref

    def _body(self) -> Iterator[Pieces]:
        for message in self.screen.blocks:
            yield from self._paragraphs(message)
        if self.screen.flow == SOURCES:
            yield from self._sources()
        if self.screen.lines:
            yield self._listed()
        for why in self._said(self.screen.why) if self.screen.why else ():
            yield why if plain(why).startswith("(") else (Piece("("), *why, Piece(")"))

    def _listed(self) -> Pieces:
        """The list to share, numbered as its buttons are: what goes is exactly what stands here."""
        lines = (f"{number}. {self._label(line.question)}: {self._label(line.answer)}" for number, line in enumerate(self.screen.lines, 1))
        return (Piece("\n".join(lines)),)

    def _paragraphs(self, message: str) -> Iterator[Pieces]:
        node = self.nodes.get(message)
        if node and node.standing and (node.standing == "test") != self.standing.test_version:
            return
        before = self.untranslated
        text = self._source(message)
        if not text:
            return
        rests = tuple(dict.fromkeys((*(node.facts if node else ()), *self._named(text))))
        hidden = [fact for fact in rests if self.facts.hides(fact, self.today)]
        if hidden:
            self.untranslated = before
            yield from self._instead(hidden)
            return
        pieces = filled(text, self._value)
        if pieces:
            yield (*pieces, *self._dated(rests))
        else:
            self.untranslated = before

    def _named(self, text: str) -> Iterator[str]:
        return (piece.name for piece in parsed(text) if piece.name in self.facts.by_id)

    def _instead(self, hidden: Iterable[str]) -> Iterator[Pieces]:
        """What stands in the place of hidden facts, each fact and each wording once a screen."""
        for fact in hidden:
            worded = self.facts.fallback(fact, self.screen.locale)
            if worded is None or {fact, worded.text} & self.fallbacks:
                continue
            self.fallbacks |= {fact, worded.text}
            pieces = filled(worded.text, self._value)
            if pieces:
                self._fact_text(worded)
                yield pieces

    def _dated(self, rests: Iterable[str]) -> Pieces:
        """The oldest day on which what is said here was checked, when a review date has passed."""
        days = [day for fact in rests if (day := self.facts.dated(fact, self.today))]
        if not days:
            return ()
        when = long_day(min(days), self.screen.locale)
        said = next(self._said(FACT_DATED, when=when), (Piece(when),))
        return (Piece("\n("), *said, Piece(")"))

    # Sources

    def _sources(self) -> Iterator[Pieces]:
        """One paragraph a fact, as many as fit beside what else stands there."""
        titles = sum(units(self._source(message) or "") + 2 for message in self.screen.blocks)
        room = TEXT_UNITS - titles - 3 * SOURCE_UNITS
        shown = self.facts.provenance(self.screen.sources, self.today)
        for source in shown:
            entry = "\n".join(self._source_lines(source))
            room -= units(entry) + 2
            if room < 0:
                return
            yield (Piece(entry),)
        if not shown:
            yield from self._said(NO_SOURCES)

    def _source_lines(self, source: Provenance) -> Iterator[str]:
        statement = self._fact_text(self.facts.statement(source.fact, self.screen.locale))
        says = filled(statement, self._value) if statement else None
        if says:
            yield clipped(plain(says), SOURCE_UNITS)
        yield clipped(f"{source.title} ({source.read})", SOURCE_UNITS)
        when = long_day(source.checked_on, self.screen.locale)
        yield plain(next(self._said(SOURCE_CHECKED, when=when), (Piece(when),)))
        if source.url and units(source.url) <= SOURCE_UNITS:
            yield source.url

    # Buttons

    def _rows(self) -> Iterator[tuple[Key, ...]]:
        """Buttons of one row number stand side by side, where the first of them is; those without a number each have a row."""
        rows: dict[object, list[Key]] = {}
        for place, shown in enumerate(self.screen.buttons):
            key = self._key(shown)
            if key:
                rows.setdefault(shown.row if shown.row > 0 else (place,), []).append(key)
        return (tuple(keys) for keys in rows.values())

    def _key(self, shown: Shown) -> Key | None:
        if shown.copy:
            value = self.facts.current(shown.copy, self.today)
            if not value or len(value) > COPY_CHARACTERS:
                return None
            return Key(self._button_text(shown) or value, copy=value)
        return Key(self._button_text(shown) or "…", code=shown.code)

    def _button_text(self, shown: Shown) -> str:
        both = f"{self._label(shown.label)} {shown.text}" if shown.label and shown.text else ""
        text = both or shown.text or self._label(shown.label)
        return PICKED + text if shown.picked else text

    def _label(self, message: str) -> str:
        """One line of plain words. What cannot be filled in is left out: a way on must not go missing for want of a name."""
        template = self._source(message) or ""
        words = ((self._value(piece.name) or "") if piece.name else piece.text for piece in parsed(template))
        return " ".join("".join(words).split())

    def _last_resort(self) -> str:
        """A screen is never empty: the title of its flow, else our name."""
        return self._label(self.program.titles.get(self.screen.flow, "")) or "Amparo"
