"""What an answer of the Bot API means for the message it was about: one table, one function.

Texts are the platform's own (telegram-bot-api and TDLib sources); only their stable part is matched, without regard
to case. Statuses decide where they can, texts where one status says several things. Unknown refusals are final
(`REFUSED`) and named by class, never by words, since a description can quote what was sent.
"""

from __future__ import annotations

import re
from typing import Final

from bot.channels.telegram.transport import Answer
from bot.usecases.channel import TOPIC_MISSING, TOPICS_OFF, Outcome, Result

# Part of a 400's description that says: the topic is not there, or takes no more words.
_TOPIC_LOST: Final = ("message thread not found", "topic_deleted", "topic_id_invalid", "topic_closed")

# Part of a 400's description -> what it means. First match wins.
_BAD_REQUESTS: Final[tuple[tuple[str, Result], ...]] = (
    ("message is not modified", Result.DONE),
    ("topic_not_modified", Result.DONE),
    ("message to edit not found", Result.MISSING),
    ("message can't be edited", Result.MISSING),
    ("there is no text in the message to edit", Result.MISSING),
    ("there is no caption in the message to edit", Result.MISSING),
    ("message_id_invalid", Result.MISSING),
    ("message identifier is not specified", Result.MISSING),
    ("message to delete not found", Result.MISSING),
    ("message can't be deleted", Result.TOO_OLD),
    ("chat not found", Result.GONE),
    ("user not found", Result.GONE),
    ("peer_id_invalid", Result.GONE),
    ("have no write access to the chat", Result.GONE),
    ("bot was blocked by the user", Result.GONE),
    ("user is deactivated", Result.GONE),
    ("input_user_deactivated", Result.GONE),
)

FILE_HANDLE_INVALID: Final = "FileHandleInvalid"
REPLY_MISSING: Final = "ReplyMissing"

# Part of a refusal's description -> the class it is told by.
_CLASSES: Final[tuple[tuple[str, str], ...]] = (
    ("inline keyboard", "KeyboardInvalid"),
    ("message is too long", "TextTooLong"),
    ("text is too long", "TextTooLong"),
    ("message caption is too long", "CaptionTooLong"),
    ("message text is empty", "TextEmpty"),
    ("text must be non-empty", "TextEmpty"),
    ("button_data_invalid", "ButtonDataInvalid"),
    ("reply markup", "KeyboardInvalid"),
    ("reply keyboard markup", "KeyboardInvalid"),
    ("can't parse entities", "EntitiesInvalid"),
    ("entit", "EntitiesInvalid"),
    ("wrong file", FILE_HANDLE_INVALID),
    ("invalid file_id", FILE_HANDLE_INVALID),
    ("there is no", "FileMissing"),
    ("upgraded to a supergroup", "ChatMigrated"),
    ("the chat is not a forum", TOPICS_OFF),
    ("message to be replied not found", REPLY_MISSING),
    ("replied message not found", REPLY_MISSING),
    ("message identifiers", "MessageIdsInvalid"),
    ("message identifier", "MessageIdsInvalid"),
)

CONFIGURATION_SECONDS: Final = 60.0
MAX_BACKOFF_SECONDS: Final = 60.0
_TOKEN_LIKE: Final = re.compile(r"[A-Z][A-Z0-9_]{3,60}")


def outcome_of(answer: Answer, backoff: float) -> Outcome:
    """The meaning of an answer. `backoff`: seconds to wait when the platform failed without saying how long.

    401, 404 and 409 tell of our set-up (token, address, second copy), not of the message: it stays owed, for later.
    504 says that a proxy gave up waiting, so the call may have been done.
    """
    status = answer.status
    if answer.ok:
        return _done(answer.result)
    if status == 429:
        return Outcome(result=Result.RETRY, after=answer.after or backoff, error="TooManyRequests")
    if status == 403:
        return Outcome(result=Result.GONE, error="Forbidden")
    if status == 400:
        return _bad_request(answer.description)
    if status in (401, 404, 409):
        return Outcome(result=Result.RETRY, after=CONFIGURATION_SECONDS, error=_STATUS_CLASSES[status])
    if status == 504 or 200 <= status < 300:
        return Outcome(result=Result.UNKNOWN, error="GatewayTimeout" if status == 504 else "UnreadableAnswer")
    if status >= 500 or 300 <= status < 400:
        return Outcome(result=Result.RETRY, after=backoff, error=f"Status{status}")
    return Outcome(result=Result.REFUSED, error=f"Status{status}")


_STATUS_CLASSES: Final = {401: "Unauthorized", 404: "NotFound", 409: "Conflict"}


def backoff_seconds(failures: int, chance: float) -> float:
    """1, 2, 4 ... 60 seconds after the 1st, 2nd, ... failure in a row, plus up to a quarter by `chance` (0 to 1),
    at most 60."""
    base = min(MAX_BACKOFF_SECONDS, float(2 ** min(max(failures, 1) - 1, 6)))
    return min(MAX_BACKOFF_SECONDS, base * (1 + chance / 4))


def _done(result: object) -> Outcome:
    """DONE, with the message's id, date and topic where the platform gave a message, the topic's id where it made one."""
    if not isinstance(result, dict):
        return Outcome(result=Result.DONE)
    message_id, date, thread_id = result.get("message_id"), result.get("date"), result.get("message_thread_id")
    return Outcome(
        result=Result.DONE,
        message_id=message_id if type(message_id) is int else 0,
        sent_at=date if type(date) is int else 0,
        thread_id=thread_id if type(thread_id) is int else 0,
    )


def _bad_request(description: str) -> Outcome:
    words = description.lower()
    if any(part in words for part in _TOPIC_LOST):
        return Outcome(result=Result.MISSING, error=TOPIC_MISSING)
    for part, result in _BAD_REQUESTS:
        if part in words:
            return Outcome(result=result, error="" if result is Result.DONE else "BadRequest")
    for part, name in _CLASSES:
        if part in words:
            return Outcome(result=Result.REFUSED, error=name)
    code = _TOKEN_LIKE.fullmatch(description.removeprefix("Bad Request: "))
    return Outcome(result=Result.REFUSED, error=code.group() if code else "BadRequest")
