"""What a responder sees, made at the moment it leaves: a view takes what is known now and gives words and buttons.

The outbox holds only the names of views; so what was removed, withdrawn or taken meanwhile is never shown because it was promised
earlier. A view answers None when there is nothing to show any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.case import Case, Note, Words
from bot.domain.staff import Responder
from bot.security import tokens
from bot.security.sealing import Secret
from bot.usecases.channel import Button, Rendered
from bot.usecases.desk.office import Office
from bot.usecases.desk.texts import Texts

PROGRAM = "desk"
STEP = "desk"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
Args = Mapping[str, object]


def base36(number: int) -> str:
    """A number as short as a button's code wants it."""
    out = ""
    while number:
        number, rest = divmod(number, 36)
        out = DIGITS[rest] + out
    return out or "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything a view may look at. `transcript`, `notes`: read for the views that ask for them (`NEEDS_TRANSCRIPT`)."""

    office: Office
    responder: Responder
    case: Case | None
    words: Words | None
    args: Args
    at: int
    key: Secret
    transcript: Sequence[Words] = ()
    notes: Sequence[Note] = ()

    @property
    def texts(self) -> Texts:
        """Desk texts."""
        return self.office.texts

    @property
    def the_case(self) -> Case:
        """The case this view is about; the deliverer sees that there is one."""
        assert self.case is not None  # noqa: S101  # narrowing: views about a case are only made with one
        return self.case

    def say(self, name: str, /, **values: object) -> str:
        """A desk text in the responder's language."""
        return self.texts.say(self.responder.locale, name, **values)

    def message(self, name: str, locale: str = "") -> str:
        """A text of content by its whole id (`flow.missing_person.title`), in the responder's language."""
        return Texts.filled(self.texts.find(locale or self.responder.locale, name), {})

    def button(self, label: str, verb: str, arg: str | int = "", /, *, case: int | None = None, text: str = "", **values: object) -> Button:
        """A signed button. `arg` rides in its code, the case in its turn: it works for this person, in this chat, and nowhere else."""
        given = base36(arg) if isinstance(arg, int) else arg
        number = case if case is not None else (self.case.id if self.case else 0)
        chat = self.responder.chat_id or 0
        data = tokens.sign(
            self.key, user=chat, chat=chat, program=PROGRAM, step=STEP, turn=number, code=f"{verb}.{given}" if given else verb
        )
        return Button(text=text or self.say(label, **values), data=data)

    def plain(self, name: str, /, **values: object) -> Rendered:
        """A view that is one text."""
        return Rendered(text=self.say(name, **values))

    def needs(self, case: Case) -> str:
        """What a case is about, in words."""
        titles = [self.message(f"flow.{need}.title") for need in case.needs]
        return ", ".join(title for title in titles if title) or self.say("need_unsaid")

    def language(self, code: str) -> str:
        """A language, as the responder calls it."""
        return self.say(f"language_{code}")

    def ago(self, since: int) -> str:
        """How long ago, coarsely."""
        return span(self, max(0, self.at - since))


def span(look: Look, seconds: int) -> str:
    """A length of time in a few letters."""
    if seconds < 90 * 60:
        return look.say("minutes", minutes=max(1, round(seconds / 60)))
    if seconds < 36 * 3600:
        return look.say("hours", hours=round(seconds / 3600))
    return look.say("days", days=round(seconds / 86_400))


View = Callable[[Look], Rendered | None]
