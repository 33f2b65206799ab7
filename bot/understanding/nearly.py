"""Commands with a slip of the finger: "menuu", "aiuda", "persoma". Only harmless ones: what hides, wipes or erases must be exact."""

from __future__ import annotations

from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.words import words
from flows.events import COMMANDS, Command
from flows.program import Program

HARMLESS: Final = frozenset({Command.MENU, Command.HELP, Command.PERSON, Command.BACK, Command.LANGUAGE})
WORDS: Final = 3
LONGEST: Final = 40
FROM: Final = 4
"""Shorter words are too near to others."""


class NearlyCommands:
    """The command words of the program in use, by ear, made once."""

    def __init__(self) -> None:
        self._of = ""
        self._listed: dict[str, str] = {}

    def __call__(self, text: str, program: Program) -> Command | None:
        """The command a short text is one letter away from, if it is one that harms nothing."""
        said = " ".join(words(text[:LONGEST]))
        if not FROM <= len(said) <= LONGEST or said.count(" ") >= WORDS:
            return None
        if self._of != program.id:
            self._of, self._listed = (
                program.id,
                {" ".join(words(word)): name for word, name in program.commands.items() if len(word) >= FROM},
            )
        near = process.extractOne(said, self._listed.keys(), scorer=OSA.distance, score_cutoff=1 if len(said) > FROM else 0)
        command = COMMANDS.get(self._listed[near[0]]) if near else None
        return command if command in HARMLESS else None
