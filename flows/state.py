"""Where a person is: one frozen value, small enough to seal into one row.

Answers are only what the person chose from what a flow offered; words they typed are never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

Answers = Mapping[str, tuple[str, ...]]
NO_ANSWERS: Answers = MappingProxyType({})


class Mode(StrEnum):
    """How the conversation stands."""

    ACTIVE = "active"
    PAUSED = "paused"  # only the step's name is kept
    DIMMED = "dimmed"  # the screen shows the cover; the conversation is as it was
    COVERED = "covered"  # after an exit: answers are gone, Start meets the cover face


class PhoneUse(StrEnum):
    """The answer to "does anyone else look at this phone?": picks one column of the table of times."""

    UNASKED = "unasked"
    PRIVATE = "private"
    CHECKED = "checked"
    LENT = "lent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A step of a flow."""

    flow: str
    step: str


class DeskState(StrEnum):
    """Whether a human can be offered."""

    CLOSED = "closed"  # this copy opens no case
    OPEN = "open"  # somebody is on duty and has room
    AWAY = "away"  # nobody now; a request can be left


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the shell knows of the desk when an event comes: told with every turn, never stored.

    `organization`: id of the one that would answer (or has the case), `name` as people read it. `minutes`: measured median to a first
    word, None when unknown. `returns`: local date and time somebody is back (`2026-12-01T08:00`), empty when unknown. `takes`: kinds of
    media it accepts. `alias`: of the responder who has the case. `other`: name of another organization that is asked about. `code`: drawn
    for this turn alone, where it makes a ticket or a return key: shown once. `speaks`: whether it writes the person's language.
    `answer`: what a reviewer answered to the complaint whose ticket was just typed. `ended`: there is a case, and the consent to it has
    ended: nobody may read anything until it is given anew.
    """

    state: DeskState = DeskState.CLOSED
    organization: str = ""
    name: str = ""
    minutes: int | None = None
    returns: str = ""
    takes: tuple[str, ...] = ()
    alias: str = ""
    other: str = ""
    code: str = ""
    speaks: bool = True
    answer: str = ""
    ended: bool = False


class CaseStage(StrEnum):
    """How far a request for a person has come, as far as the conversation must know."""

    NONE = ""
    WAITING = "waiting"
    LIVE = "live"


NO_DESK: Final = Desk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn changed, so that *back* is its inverse: the stack before it, and each answer it wrote with its former value."""

    stack: tuple[Position, ...]
    undo: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    seen: tuple[str, ...] = ()
    needs: int = 0
    queue: tuple[str, ...] = ()
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One seeker's thread. `turn` grows with every event and binds the buttons: each works once.

    `stack`: where the person is, innermost last, never empty. `answers`: question -> values. `trail`: the way back.
    `seen`: said-once blocks already shown. `needs`: flows entered, in order. `queue`: flows still to come.
    `timers`: name -> unix seconds. `page`: page of a list of places. `aside`: sources or steps shown over the step.
    `typed`: words of theirs stand in the chat. `told_...`: what need be said only once. `older_remains`: something could not be deleted.
    `desk`: what the shell knows of it in this turn. `case`: how far a request for a person has come. `reach`: whether a message may reach
    the person here (yes, silent, written). `unread`: row of the newest human words not shown yet (0: none). `news`: what happened to the
    case meanwhile. `touched`: when the person last did something themselves. `offered`: the organization the
    screen speaks of: a yes is for this one and no other; `offered_other`: the other one, by name. `stood`: which words of the desk stand on
    the screen (a digest): what would read the same is not shown again. `unmet`: news shown by itself, and nothing done since.
    `kept_back`: answers taken off the list to share.
    """

    program: str
    locale: str
    stack: tuple[Position, ...]
    turn: int = 0
    mode: Mode = Mode.ACTIVE
    answers: Answers = field(default_factory=lambda: NO_ANSWERS)
    trail: tuple[Turn, ...] = ()
    seen: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    phone: PhoneUse = PhoneUse.UNASKED
    timers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    page: int = 0
    aside: str = ""
    asked_phone: bool = False
    cover_until: int = 0
    reading_mode: bool = False
    typed: bool = False
    told_removal: bool = False
    told_older: bool = False
    older_remains: bool = False
    desk: Desk = NO_DESK
    case: CaseStage = CaseStage.NONE
    reach: str = ""
    unread: int = 0
    news: str = ""
    touched: int = 0
    offered: str = ""
    offered_other: str = ""
    stood: int = 0
    unmet: str = ""
    kept_back: tuple[str, ...] = ()

    @property
    def here(self) -> Position:
        """The step the person is at."""
        return self.stack[-1]

    def due_at(self) -> int | None:
        """When the earliest timer fires, in unix seconds; None without timers."""
        return min(self.timers.values(), default=None)

    def evolve(self, **changes: object) -> Conversation:
        """The same conversation with some fields replaced. Raises `TypeError` for a name that is no field.

        Done by copying the instance's dictionary, not by `dataclasses.replace`: a turn evolves the conversation about ten times, and
        calling the frozen constructor each time was half the cost of a turn. That is why this class, alone among our values, has no slots.
        """
        if not changes.keys() <= self.__dict__.keys():
            raise TypeError(f"no such field: {sorted(changes.keys() - self.__dict__.keys())}")
        new = object.__new__(Conversation)
        new.__dict__.update(self.__dict__)
        new.__dict__.update(changes)
        return new
