"""The last moment before words leave: today's facts, the organization's standing, and how long a message may stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from bot.domain.facts import Facts, Standing
from bot.i18n.render import Draft, render
from bot.usecases.channel import Outcome
from bot.usecases.ports import ChatMessage, Clock, Role
from bot.usecases.programs import Programs
from flows.effects import Screen, ShowScreen
from flows.state import PhoneUse
from flows.times import TABLE


class Wording:
    """Renders screens as of now."""

    def __init__(self, programs: Programs, facts: Callable[[], Facts], standing: Callable[[], Standing], clock: Clock) -> None:
        self._programs = programs
        self._facts = facts
        self._standing = standing
        self._clock = clock

    def draft(self, screen: Screen) -> Draft:
        """Words and buttons. A program that has gone lends its words from the current one; what that lacks is left out."""
        program = self._programs.held(screen.program) or self._programs.current
        return render(screen, program=program, facts=self._facts(), standing=self._standing(), today=self._today())

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), tz=UTC).date()

    def standing_message(self, screen: Screen, outcome: Outcome, role: Role, now: int) -> ChatMessage:
        """A message of ours that now stands in the chat, and when it must go."""
        sent = outcome.sent_at or now
        return ChatMessage(message_id=outcome.message_id, role=role, sent_at=sent, delete_at=sent + TABLE[PhoneUse(screen.phone)].lifetime)

    def human_message(self, phone: str, outcome: Outcome, now: int) -> ChatMessage:
        """A responder's words that now stand in the chat, and when they must go."""
        sent = outcome.sent_at or now
        return ChatMessage(message_id=outcome.message_id, role=Role.HUMAN, sent_at=sent, delete_at=sent + TABLE[PhoneUse(phone)].lifetime)

    def keeps_screens(self, effect: ShowScreen) -> bool:
        """Whether the earlier screens stay: only in the reading mode, one message a step, and never above a cover."""
        return effect.screen.reading_mode and effect.screen.flow != "cover"
