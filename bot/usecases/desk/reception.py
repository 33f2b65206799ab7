"""What comes from the responders' bot: who it is, what they mean, whether they may; then one transaction, and only then the
acknowledgement.

Authority is asked of the stored staff on every single update (promises.md R31): being in a chat, holding a button or knowing a command
gives
none. Somebody we do not know learns nothing, not even that this is a desk. A button is signed for one person and one chat; what it does is
judged by how things stand now, so an old button is refused kindly and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import structlog

from bot.domain.audit import Deed
from bot.domain.case import Case, CaseStatus
from bot.domain.machines import RuleBroken
from bot.domain.permissions import Action, answering, may
from bot.domain.staff import Responder, ResponderState
from bot.security import tokens
from bot.security.sealing import Secret
from bot.usecases.channel import DeskChannel, Incoming, Kind, Rendered
from bot.usecases.desk import board, complaints, contact, conversing, ending, notes, passing, replies, staffing, windows
from bot.usecases.desk.doing import NOTHING, Did, Doing, Verb
from bot.usecases.desk.draft import Draft, by
from bot.usecases.desk.looking import PROGRAM, STEP
from bot.usecases.desk.office import Conflict, Office
from bot.usecases.desk_ports import DeskMessage
from bot.usecases.ports import StorageDown
from flows.matching import normalise

log = structlog.get_logger()

TRIES: Final = 3
ASKED_SECONDS: Final = 600
VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        **conversing.VERBS,
        **board.VERBS,
        **replies.VERBS,
        **notes.VERBS,
        **passing.VERBS,
        **ending.VERBS,
        **contact.VERBS,
        **complaints.VERBS,
        **staffing.VERBS,
    }
)
"""Every button, by the first part of its code."""
PROMPTS: Final[Mapping[str, Verb]] = MappingProxyType(
    {**notes.PROMPTS, **passing.PROMPTS, **ending.PROMPTS, **contact.PROMPTS, **complaints.PROMPTS, **staffing.PROMPTS}
)
"""Words in answer to a message of ours that asked for them, by that message's kind."""
COMMANDS: Final[Mapping[str, Verb]] = MappingProxyType({**board.COMMANDS, **staffing.COMMANDS})
"""Commands, by their word without accents."""


class DeskReception:
    """Receives batches of the responders' bot (`Receiver`)."""

    def __init__(self, office: Office, channel: DeskChannel, account: Callable[[int], bytes], key: Secret) -> None:
        self._office = office
        self._channel = channel
        self._account = account
        self._key = key

    async def __call__(self, batch: Sequence[Incoming]) -> None:
        """Commit everything in `batch`. Raises `StorageDown` when nothing may be acknowledged."""
        self._office.crash("desk_after_poll")
        if self._office.unsure:
            async with self._office.turnstile:
                await self._office.be_sure()
        seen = await self._office.book.storage.desk_seen([incoming.update_id for incoming in batch])
        for incoming in batch:
            if incoming.update_id in seen:
                self._answer(incoming, NOTHING)
            else:
                await self._receive(incoming)
        self._office.crash("desk_before_acknowledging")

    async def _receive(self, incoming: Incoming) -> None:
        if incoming.kind is Kind.GROUP:
            await self._channel.leave(incoming.chat_id)
        async with self._office.turnstile:
            did = await self._worked(incoming)
        self._answer(incoming, did)
        if did.line and incoming.chat_id:
            await self._channel.send(incoming.chat_id, Rendered(text=self._office.texts.say("es", did.line)), silent=True)

    async def _worked(self, incoming: Incoming) -> Did:
        """One transaction, tried again when the command line moved something in between."""
        office = self._office
        for _ in range(TRIES):
            draft = office.draft(update_id=incoming.update_id)
            try:
                did = windows.hushed(office, draft, await self._act(incoming, draft))
                if not office.consented(draft):  # some deeds need no consent; showing anything about the case does
                    raise RuleBroken("no-consent", "nothing of it may be shown")
            except RuleBroken as broken:
                draft = office.draft(update_id=incoming.update_id)
                did = await self._refused(incoming, draft, broken)
            except StorageDown:
                raise
            except Exception as error:  # whatever it is, one update must never stop the others (promises.md R42)
                log.error("desk_update_failed", error=type(error).__name__)
                draft, did = office.draft(update_id=incoming.update_id), Did(says="failed", alert=True)
            try:
                await office.commit(draft, seeker=did.seeker, news=did.news, refresh=did.refresh)
                return did
            except Conflict:
                continue
        draft = office.draft(update_id=incoming.update_id)
        responder = office.book.responder_of(self._account(incoming.user_id))
        if responder is not None and incoming.kind is not Kind.PRESS:  # what they typed has gone nowhere: they must know
            draft.post(responder.id, "try_again", topic=False)
        await office.commit(draft)
        return Did(says="try_again", alert=True)

    def _answer(self, incoming: Incoming, did: Did) -> None:
        if incoming.press_id:
            responder = self._office.book.responder_of(self._account(incoming.user_id))
            locale = responder.locale if responder else "es"
            words = self._office.texts.say(locale, did.says) if did.says else ""
            self._channel.answer_press(incoming.press_id, words, alert=did.alert)

    # -- who, and what they mean --------------------------------------------------------------------------------------------------

    async def _act(self, incoming: Incoming, draft: Draft) -> Did:
        if incoming.kind in (Kind.IGNORED, Kind.GROUP, Kind.UNREADABLE, Kind.UNBLOCKED):
            return NOTHING
        account = self._account(incoming.user_id)
        responder = self._office.book.responder_of(account)
        if responder is None or responder.state is not ResponderState.ACTIVE:
            return staffing.stranger(self._office, draft, responder, incoming, account)
        if incoming.kind is Kind.BLOCKED:
            return await staffing.unreachable(self._doing(draft, responder, incoming))
        verb, doing = await self._meant(draft, responder, incoming)
        if verb is None or doing.case is None:
            conversing.remember(doing, "typed")
        if verb is None:
            return NOTHING
        if not may(answering(responder), verb.action, doing.case, draft.at):
            late = verb.action is Action.CLAIM and doing.case is not None and doing.case.status is CaseStatus.ASSIGNED
            raise RuleBroken("taken" if late else "not-owner", f"{verb.action} is not theirs")
        return await verb.run(doing)

    def _doing(self, draft: Draft, responder: Responder, incoming: Incoming) -> Doing:
        return Doing(office=self._office, draft=draft, responder=responder, incoming=incoming)

    async def _meant(self, draft: Draft, responder: Responder, incoming: Incoming) -> tuple[Verb | None, Doing]:
        match incoming.kind:
            case Kind.PRESS:
                return self._pressed(draft, responder, incoming)
            case Kind.START:
                return COMMANDS["start"], self._doing(draft, responder, incoming)
            case Kind.COMMAND:
                return COMMANDS.get(normalise(incoming.text), COMMANDS["ayuda"]), self._doing(draft, responder, incoming)
            case Kind.TEXT:
                return await self._typed(draft, responder, incoming)
            case _:
                return await self._sent(draft, responder, incoming)

    def _pressed(self, draft: Draft, responder: Responder, incoming: Incoming) -> tuple[Verb | None, Doing]:
        """A button of ours, signed for this person in this chat."""
        user, chat = incoming.user_id, incoming.chat_id
        parsed = tokens.verify(self._key, incoming.press_data, user=user, chat=chat, program=PROGRAM, step=STEP)
        if parsed is None:
            raise RuleBroken("no-such-move", "no button of ours")
        name, _, arg = parsed.code.partition(".")
        case = self._office.book.cases.get(parsed.turn) if parsed.turn else None
        if name not in VERBS or (parsed.turn and case is None):
            raise RuleBroken("no-such-move", "what it was about has gone")
        doing = Doing(office=self._office, draft=draft, responder=responder, incoming=incoming, case=case, arg=arg)
        return VERBS[name], doing

    async def _typed(self, draft: Draft, responder: Responder, incoming: Incoming) -> tuple[Verb | None, Doing]:
        """Words: in answer to a question of ours, in a case's topic, or in answer to one of its messages. Anything else goes nowhere: words
        to the wrong person are worse than words that wait."""
        message = await self._meant_message(responder, incoming)
        case = self._office.book.cases.get(message.case) if message and message.case else None
        doing = Doing(office=self._office, draft=draft, responder=responder, incoming=incoming, case=case, prompt=message)
        prompt = message if message is not None and message.kind in PROMPTS else await self._asked(responder, message, draft.at)
        if prompt is not None and not incoming.edited:
            return PROMPTS[prompt.kind], replace(doing, prompt=prompt)
        if case is not None:
            return (Verb(Action.UNDO, conversing.edit) if incoming.edited else Verb(Action.WRITE_WORDS, conversing.write)), doing
        draft.post(responder.id, "not_understood", topic=False)
        return None, doing

    async def _meant_message(self, responder: Responder, incoming: Incoming) -> DeskMessage | None:
        """The message of ours these words belong to: the one they answer, else their topic's."""
        ledger = await self._office.book.ledger(responder.id)
        if incoming.reply_to:
            answered = next((m for m in ledger.values() if m.message_id == incoming.reply_to and m.kind != "topic"), None)
            if answered is not None:
                return answered
        if incoming.thread_id:
            return next((m for m in ledger.values() if m.kind == "topic" and m.thread == incoming.thread_id), None)
        if incoming.edited:
            return await self._edited(incoming, ledger)
        return None

    async def _asked(self, responder: Responder, message: DeskMessage | None, at: int) -> DeskMessage | None:
        """A question of ours about this case that was asked just now and has no answer yet. Words that follow it are its answer, also
        when they were not typed as a reply: a note that reached the seeker would be worse than a message that was kept as a note."""
        if message is None or not message.case:
            return None
        ledger = await self._office.book.ledger(responder.id)
        asked = (m for m in ledger.values() if m.case == message.case and m.kind in PROMPTS and at - m.at <= ASKED_SECONDS)
        return max(asked, key=lambda one: one.row, default=None)

    async def _edited(self, incoming: Incoming, ledger: Mapping[int, DeskMessage]) -> DeskMessage | None:
        """Without topics an edit does not say what it answers: it belongs to the case whose words it changes."""
        for message in ledger.values():
            case = self._office.book.cases.get(message.case)
            if message.kind == "held" and case is not None:
                rows = await conversing.transcript(self._office, case)
                if any(words.source == incoming.message_id for words in rows):
                    return message
        return None

    async def _sent(self, draft: Draft, responder: Responder, incoming: Incoming) -> tuple[Verb | None, Doing]:
        """A voice, a picture or a file from a responder would give them away: it does not pass, and they are told so where they sent it."""
        case = await self._case_here(responder, incoming, draft.at)
        _answer_here(draft, responder, "only_text", case)
        return None, Doing(office=self._office, draft=draft, responder=responder, incoming=incoming, case=case)

    async def _case_here(self, responder: Responder, incoming: Incoming, at: int) -> Case | None:
        """Whose topic (or message) this was written in, if it is a case of theirs that they may see now."""
        message = await self._meant_message(responder, incoming)
        case = self._office.book.cases.get(message.case) if message and message.case else None
        return case if case is not None and case.responder == responder.id and case.may_see(at) else None

    async def _refused(self, incoming: Incoming, draft: Draft, broken: RuleBroken) -> Did:
        """The rules say no: nothing was changed, and it is said why, where it was tried. What was tried stands in the trail; what was typed
        is known, so that a panic takes it away."""
        account = self._account(incoming.user_id)
        responder = self._office.book.responder_of(account)
        if responder is None:
            return NOTHING
        draft.log(Deed.REFUSED, by(responder.id), f"responder:{responder.id}", broken.code)
        name = f"rule_{broken.code.replace('-', '_')}"
        if incoming.kind is not Kind.PRESS:
            case = await self._case_here(responder, incoming, draft.at)
            conversing.remember(Doing(office=self._office, draft=draft, responder=responder, incoming=incoming, case=case), "typed")
            _answer_here(draft, responder, name, case)
        return Did(says=name, alert=True)


def _answer_here(draft: Draft, responder: Responder, view: str, case: Case | None) -> None:
    """Say it in the topic where they are: what is said elsewhere makes a message look as if it had passed."""
    if case is not None:
        draft.post(responder.id, view, case=case, silent=False)
    else:
        draft.post(responder.id, view, topic=False)
