"""What was not understood for certain: the soft question, the two likeliest needs, and commands said in one's own words.

Kept apart from `flows.advance`: each function gives the conversation to show next, or None when it has nothing to add.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from flows.events import Reading
from flows.navigation import open_flow
from flows.program import Program
from flows.state import Conversation

CHECK_IN: Final = "checkin"
GUESS: Final = "guess"
"""The flow of the two likeliest needs, and the answer that holds them."""
OPEN: Final = frozenset({"welcome", "doors", "returning", "help", GUESS})
"""Screens that ask "what do you need?". On any other one, words that were not understood leave everything as it is."""
UNASKED: Final = frozenset({CHECK_IN, "danger", "distress"})
"""Who stands here is not asked once more whether there is danger."""


def asks_softly(program: Program, conversation: Conversation, reading: Reading) -> bool:
    """Whether these words sound enough like a crisis for the question."""
    return reading.soft_crisis is not None and CHECK_IN in program.flows and conversation.here.flow not in UNASKED


def soft_question(program: Program, under: Conversation) -> Conversation:
    """The question on top of what was understood: "no, eso no" leads down to it."""
    return open_flow(program, under, CHECK_IN)


def remembered(conversation: Conversation, guesses: tuple[str, ...]) -> Conversation:
    """Keep the likeliest needs (their names, never words), for "no, eso no"."""
    return conversation.evolve(answers=MappingProxyType({**conversation.answers, GUESS: guesses})) if guesses else conversation


def offered(program: Program, conversation: Conversation, guesses: tuple[str, ...]) -> Conversation | None:
    """The two likeliest needs, when there are any to offer and the person is not in the middle of something."""
    if not guesses or GUESS not in program.flows or conversation.here.flow not in OPEN:
        return None
    return open_flow(program, remembered(conversation, guesses), GUESS)
