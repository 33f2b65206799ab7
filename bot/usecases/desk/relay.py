"""A responder's words on their last way: what the seeker's deliverer asks the desk, and tells it.

The words are read at the moment they leave, so that what was taken back a moment ago is not said; and that they were delivered is written
in the same commit that takes them off the seeker's outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.case import Case, Words, WordsState
from bot.domain.seeker import SeekerId
from bot.usecases.channel import Outcome, Result
from bot.usecases.desk.conversing import transcript
from bot.usecases.desk.office import Office
from bot.usecases.desk.ports import DeskWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as the seeker reads it. `shown`: where it stands already (0: nowhere); `gone`: it was taken back. `phone`: whose times it
    lives by."""

    text: str
    shown: int
    gone: bool
    phone: str


class Relay:
    """Between the seeker's deliverer and the desk."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._met: dict[int, tuple[int, Words]] = {}

    async def words(self, number: int, seeker: SeekerId) -> Said | None:
        """What is to be done about these words now; None: nothing. Words of a case that is somebody else's by now are nobody's."""
        found = await self._find(number)
        if found is None or found[0].seeker != seeker:
            return None
        case, words = found
        self._met[number] = (case.id, words)
        if words.state is WordsState.REMOVED:
            return Said(text="", shown=words.shown, gone=True, phone=case_phone(case)) if words.shown else None
        if words.state is WordsState.DELIVERED and not words.edited:
            return None
        if words.state is not WordsState.DELIVERED and not case.may_see(self._office.now()):
            return None
        return Said(text=self._text(case, words), shown=words.shown, gone=False, phone=case_phone(case))

    def delivered(self, number: int, outcome: Outcome) -> DeskWrite | None:
        """What the outcome means at the desk: to be written in the same commit."""
        met = self._met.pop(number, None)
        case = self._office.book.cases.get(met[0]) if met else None
        if met is None or case is None:
            return None
        now = self._office.book.words.get(case.id, {}).get(number)
        draft = self._office.draft()
        done = outcome.result is Result.DONE
        if now is None:  # taken back while it was on its way: the next item finds where it stands, and removes it
            if not done:
                return None
            draft.put(replace(met[1], state=WordsState.REMOVED, shown=outcome.message_id, text="", canned="", release_at=None))
            return draft.write()
        state = WordsState.DELIVERED if done else WordsState.NOT_DELIVERED
        text = now.text if self._office.has_words(case) else ""
        draft.put(replace(now, state=state, shown=outcome.message_id, text=text))
        if now.author is not None:
            draft.edit(now.author, "held", case=case, words=now.id)
        return draft.write()

    def settle(self, write: DeskWrite) -> None:
        """It was committed."""
        self._office.settle(write)

    async def _find(self, number: int) -> tuple[Case, Words] | None:
        for case_number, rows in self._office.book.words.items():
            if number in rows and case_number in self._office.book.cases:
                return self._office.book.cases[case_number], rows[number]
        for case in self._office.book.cases.values():
            for words in await transcript(self._office, case):
                if words.id == number:
                    return case, words
        return None

    def _text(self, case: Case, words: Words) -> str:
        texts, book = self._office.texts, self._office.book
        author = book.responders.get(words.author) if words.author is not None else None
        text = texts.find(case.locale, f"reply.{words.canned}") if words.canned else words.text
        named = f"{author.alias}: {text}" if author else text
        first = case.safe_contact.first_line if case.safe_contact else ""
        return f"{first}\n{named}" if first else named


def case_phone(case: Case) -> str:
    """Which column of the table of times their chat lives by."""
    return "checked" if case.compromised else "unasked"
