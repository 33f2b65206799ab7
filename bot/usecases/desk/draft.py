"""A desk write being made: what one event does, gathered and then frozen. Every deed adds to one; nothing leaves half of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from bot.domain.audit import AuditEntry, Deed
from bot.domain.case import Case, Complaint, Note, Waited, Words
from bot.domain.staff import Door, Responder
from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskWrite

PROGRAM = "program"
SEEKER = "seeker"


def by(responder: int) -> str:
    """How the trail names a responder."""
    return f"responder:{responder}"


@dataclass(slots=True, kw_only=True)
class Draft:
    """Gathers a `DeskWrite`. `number` draws row numbers. A case or responder that is put twice is written once, as last put, expecting the
    version it was read with."""

    at: int
    number: Callable[[], int]
    update_id: int | None = None
    cases: dict[int, Case] = field(default_factory=dict)
    responders: dict[int, Responder] = field(default_factory=dict)
    words: dict[int, Words] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    items: list[DeskItem] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    words_gone: list[int] = field(default_factory=list)
    notes_gone: list[int] = field(default_factory=list)
    shred: list[int] = field(default_factory=list)
    items_gone: list[int] = field(default_factory=list)
    items_gone_of: list[tuple[int, int]] = field(default_factory=list)
    messages: list[DeskMessage] = field(default_factory=list)
    messages_gone: list[int] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    waited: list[Waited] = field(default_factory=list)

    def case(self, case: Case, deed: Deed | None = None, actor: str = PROGRAM, detail: str = "") -> Case:
        """The case as it stands now, and the deed that made it so."""
        self.cases[case.id] = case
        if deed is not None:
            self.log(deed, actor, f"case:{case.id}", detail)
        return case

    def responder(self, responder: Responder, deed: Deed | None = None, actor: str = PROGRAM, detail: str = "") -> Responder:
        """A responder as they stand now."""
        self.responders[responder.id] = responder
        if deed is not None:
            self.log(deed, actor, f"responder:{responder.id}", detail)
        return responder

    def log(self, deed: Deed, actor: str, thing: str, detail: str = "") -> None:
        """A line of the trail."""
        self.audit.append(AuditEntry(at=self.at, actor=actor, deed=deed, object=thing, detail=detail))

    def put(self, words: Words) -> Words:
        """Words, new or changed."""
        self.words[words.id] = words
        return words

    def post(
        self,
        responder: int,
        view: str,
        *,
        case: Case | None = None,
        kind: str = "",
        words: int = 0,
        silent: bool = True,
        topic: bool = True,
        priority: int = 2,
        **args: object,
    ) -> None:
        """A new message in a responder's chat: in the case's topic when it is about a case (`topic`), else in the main chat."""
        self._item("post", responder, view, case, kind or view, words, silent, topic, priority, args)

    def edit(
        self,
        responder: int,
        view: str,
        *,
        case: Case | None = None,
        kind: str = "",
        words: int = 0,
        topic: bool = True,
        **args: object,
    ) -> None:
        """Change the message of this kind (and case, and words) that stands in a responder's chat; nothing when none does."""
        self._item("edit", responder, view, case, kind or view, words, True, topic, 2, args)

    def media(self, responder: int, case: Case, words: int) -> None:
        """Pass a file on: through memory, hidden until tapped."""
        self._item("media", responder, "words", case, "words", words, False, True, 1, {})

    def remove(self, responder: int, kind: str, *, case: int = 0, words: int = 0) -> None:
        """Delete the message of this kind. It shows nothing of the case, so no consent is asked for."""
        args: dict[str, object] = {"of": case}
        self._item("remove", responder, "", None, kind, words, True, True, 0, args)

    def clear(self, responder: int, case: int = 0, *, everything: bool = False) -> None:
        """Empty a case's topic, or (`everything`) the whole chat."""
        self.items_gone_of.append((responder, 0 if everything else case))
        self._item("clear", responder, "", None, "", 0, True, True, 0, {"of": 0 if everything else case})

    def fade(self, responder: int) -> None:
        """What is about to become too old to be deleted goes from the main chat; what was said can be seen again."""
        self._item("fade", responder, "", None, "", 0, True, False, 2, {})

    def _item(
        self,
        op: str,
        responder: int,
        view: str,
        case: Case | None,
        kind: str,
        words: int,
        silent: bool,
        topic: bool,
        priority: int,
        args: dict[str, object],
    ) -> None:
        payload = {"op": op, "view": view, "as": kind, "words": words, "silent": silent, "topic": topic, "args": args}
        self.items.append(
            DeskItem(
                row=self.number(),
                responder=responder,
                kind=op,
                payload=orjson.dumps(payload),
                case=case.id if case else 0,
                priority=priority,
            )
        )

    def write(self) -> DeskWrite:
        """Everything gathered."""
        return DeskWrite(
            at=self.at,
            update_id=self.update_id,
            cases=tuple(self.cases.values()),
            words=tuple(self.words.values()),
            words_gone=tuple(self.words_gone),
            notes=tuple(self.notes),
            notes_gone=tuple(self.notes_gone),
            responders=tuple(self.responders.values()),
            doors=tuple(self.doors),
            complaints=tuple(self.complaints),
            waited=tuple(self.waited),
            items=tuple(self.items),
            items_gone=tuple(self.items_gone),
            items_gone_of=tuple(self.items_gone_of),
            messages=tuple(self.messages),
            messages_gone=tuple(self.messages_gone),
            shred=tuple(self.shred),
            audit=tuple(self.audit),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing was gathered: an update alone still counts as something."""
        return self.write() == DeskWrite(at=self.at)
