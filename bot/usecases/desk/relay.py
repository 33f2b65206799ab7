"""A responder's words on their last way: what the seeker's deliverer asks the desk, and tells it.

The words are read at the moment they leave, so that what was taken back a moment ago is not said; and that they were delivered is written
in the same commit that takes them off the seeker's outbox.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from bot.domain.case import Case, Words, WordsState
from bot.domain.seeker import SeekerId
from bot.usecases.channel import Outcome, Result
from bot.usecases.desk.conversing import transcript
from bot.usecases.desk.office import Office
from bot.usecases.desk_ports import DeskWrite


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

    async def words(self, number: int, seeker: SeekerId) -> Said | None:
        """What is to be done about these words now; None: nothing. Words of a case that is somebody else's by now are nobody's."""
        found = await self._find(number, seeker)
        if found is None:
            return None
        case, words = found
        if words.state is WordsState.REMOVED:
            return Said(text="", shown=words.shown, gone=True, phone=case_phone(case)) if words.shown else None
        if words.state is WordsState.DELIVERED and not words.edited:
            return None
        if words.state is not WordsState.DELIVERED and not case.may_see(self._office.now()):
            return None
        return Said(text=self._text(case, words), shown=words.shown, gone=False, phone=case_phone(case))

    async def delivered(self, number: int, seeker: SeekerId, outcome: Outcome, text: str) -> tuple[DeskWrite | None, bool]:
        """What the outcome means at the desk, to be written in the same commit; inside the turnstile, from how things stand now. True: the
        words were changed or taken back while they were being sent, and what stands in the chat must be put right. `text`: as it was
        sent."""
        done = outcome.result is Result.DONE
        found = await self._find(number, seeker)
        if found is None:
            return None, False
        case, now = found
        draft = self._office.draft()
        if now.state is WordsState.REMOVED:
            if done:
                draft.put(replace(now, shown=outcome.message_id, text="", canned="", release_at=None))
            return draft.write() if done else None, done
        changed = done and self._text(case, now) != text
        kept = now.text if changed or self._office.has_words(case) else ""
        state = WordsState.DELIVERED if done else WordsState.NOT_DELIVERED
        draft.put(replace(now, state=state, shown=outcome.message_id, text=kept, edited=changed or (now.edited and bool(kept))))
        if now.author is not None and case.may_see(draft.at):
            draft.edit(now.author, "held", case=case, words=now.id)
        return draft.write(), changed

    @property
    def turnstile(self) -> asyncio.Lock:
        """Everything that changes the desk goes through it."""
        return self._office.turnstile

    def settle(self, write: DeskWrite) -> None:
        """It was committed."""
        self._office.settle(write)

    def doubt(self) -> None:
        """Storage gave no answer: what is remembered of the desk is read again."""
        self._office.unsure = True

    async def _find(self, number: int, seeker: SeekerId) -> tuple[Case, Words] | None:
        """These words, in a case of this seeker: what is on its way from memory, what has arrived from storage."""
        mine = [case for case in self._office.book.cases.values() if case.seeker == seeker]
        for case in mine:
            if (words := self._office.book.words.get(case.id, {}).get(number)) is not None:
                return case, words
        for case in mine:
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
