"""What every answer we know of means for the message it was about."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.outcomes import backoff_seconds, outcome_of
from bot.channels.telegram.transport import Answer, read_answer
from bot.usecases.channel import Outcome, Result

REFUSALS: list[tuple[int, str, Result, str]] = [
    (400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same", Result.DONE, ""),
    (400, "Bad Request: message to edit not found", Result.MISSING, "BadRequest"),
    (400, "Bad Request: message can't be edited", Result.MISSING, "BadRequest"),
    (400, "Bad Request: there is no text in the message to edit", Result.MISSING, "BadRequest"),
    (400, "Bad Request: there is no caption in the message to edit", Result.MISSING, "BadRequest"),
    (400, "Bad Request: MESSAGE_ID_INVALID", Result.MISSING, "BadRequest"),
    (400, "Bad Request: message identifier is not specified", Result.MISSING, "BadRequest"),
    (400, "Bad Request: message to delete not found", Result.MISSING, "BadRequest"),
    (400, "Bad Request: message can't be deleted", Result.TOO_OLD, "BadRequest"),
    (400, "Bad Request: message can't be deleted for everyone", Result.TOO_OLD, "BadRequest"),
    (400, "Bad Request: chat not found", Result.GONE, "BadRequest"),
    (400, "Bad Request: have no write access to the chat", Result.GONE, "BadRequest"),
    (400, "Bad Request: PEER_ID_INVALID", Result.GONE, "BadRequest"),
    (403, "Forbidden: bot can't initiate conversation with a user", Result.GONE, "Forbidden"),
    (403, "Forbidden: bot was blocked by the user", Result.GONE, "Forbidden"),
    (403, "Forbidden: user is deactivated", Result.GONE, "Forbidden"),
    (403, "Forbidden: bot was kicked from the supergroup chat", Result.GONE, "Forbidden"),
    (403, "Forbidden: bot is not a member of the supergroup chat", Result.GONE, "Forbidden"),
    (400, "Bad Request: chat_id is empty", Result.REFUSED, "BadRequest"),
    (400, "Bad Request: message text is empty", Result.REFUSED, "TextEmpty"),
    (400, "Bad Request: text must be non-empty", Result.REFUSED, "TextEmpty"),
    (400, "Bad Request: message is too long", Result.REFUSED, "TextTooLong"),
    (400, "Bad Request: text is too long", Result.REFUSED, "TextTooLong"),
    (400, "Bad Request: message caption is too long", Result.REFUSED, "CaptionTooLong"),
    (400, "Bad Request: can't parse entities: Unmatched end tag at byte offset 7", Result.REFUSED, "EntitiesInvalid"),
    (400, "Bad Request: BUTTON_DATA_INVALID", Result.REFUSED, "ButtonDataInvalid"),
    (400, "Bad Request: inline keyboard button text must be non-empty", Result.REFUSED, "KeyboardInvalid"),
    (400, "Bad Request: can't parse reply keyboard markup JSON object", Result.REFUSED, "KeyboardInvalid"),
    (400, "Bad Request: object expected as reply markup", Result.REFUSED, "KeyboardInvalid"),
    (400, "Bad Request: inline keyboard expected", Result.REFUSED, "KeyboardInvalid"),
    (400, "Bad Request: message identifiers are not specified", Result.REFUSED, "MessageIdsInvalid"),
    (400, "Bad Request: too many message identifiers specified", Result.REFUSED, "MessageIdsInvalid"),
    (400, "Bad Request: message thread not found", Result.MISSING, "TopicMissing"),
    (400, "Bad Request: TOPIC_ID_INVALID", Result.MISSING, "TopicMissing"),
    (400, "Bad Request: TOPIC_DELETED", Result.MISSING, "TopicMissing"),
    (400, "Bad Request: TOPIC_CLOSED", Result.MISSING, "TopicMissing"),
    (400, "Bad Request: TOPIC_NOT_MODIFIED", Result.DONE, ""),
    (400, "Bad Request: the chat is not a forum", Result.REFUSED, "TopicsOff"),
    (400, "Bad Request: message to be replied not found", Result.REFUSED, "ReplyMissing"),
    (400, "Bad Request: CHAT_SEND_VIDEOS_FORBIDDEN", Result.REFUSED, "CHAT_SEND_VIDEOS_FORBIDDEN"),
    (400, "Bad Request: there is no photo in the request", Result.REFUSED, "FileMissing"),
    (400, "Bad Request: wrong file_id or the file is temporarily unavailable", Result.REFUSED, "FileHandleInvalid"),
    (400, "Bad Request: invalid file_id", Result.REFUSED, "FileHandleInvalid"),
    (400, "Bad Request: group chat was upgraded to a supergroup chat", Result.REFUSED, "ChatMigrated"),
    (400, "Bad Request: something nobody has seen: ana@example.org", Result.REFUSED, "BadRequest"),
    (400, "", Result.REFUSED, "BadRequest"),
    (413, "Request Entity Too Large", Result.REFUSED, "Status413"),
    (401, "Unauthorized", Result.RETRY, "Unauthorized"),
    (404, "Not Found", Result.RETRY, "NotFound"),
    (409, "Conflict", Result.RETRY, "Conflict"),
    (429, "Too Many Requests: retry after 7", Result.RETRY, "TooManyRequests"),
    (500, "Internal Server Error", Result.RETRY, "Status500"),
    (502, "Bad Gateway", Result.RETRY, "Status502"),
    (503, "", Result.RETRY, "Status503"),
    (302, "", Result.RETRY, "Status302"),
    (504, "Gateway Timeout", Result.UNKNOWN, "GatewayTimeout"),
]


@pytest.mark.parametrize(("status", "words", "result", "error"), REFUSALS)
def test_what_each_refusal_means(status: int, words: str, result: Result, error: str) -> None:
    outcome = outcome_of(Answer(ok=False, status=status, description=words), backoff=3.0)
    assert (outcome.result, outcome.error) == (result, error)
    assert (outcome.after > 0) is (result is Result.RETRY)


def test_retry_after_is_obeyed_to_the_letter() -> None:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 37", "parameters": {"retry_after": 37}}
    assert outcome_of(read_answer(429, orjson.dumps(body)), backoff=1.0).after == 37.0


def test_a_sent_message_gives_its_id_and_date() -> None:
    body = orjson.dumps({"ok": True, "result": {"message_id": 5, "date": 1_700_000_000, "chat": {"id": 1}}})
    assert outcome_of(read_answer(200, body), 0.0) == Outcome(result=Result.DONE, message_id=5, sent_at=1_700_000_000)


def test_a_message_in_a_topic_and_a_topic_give_the_topics_id() -> None:
    said = orjson.dumps({"ok": True, "result": {"message_id": 5, "date": 7, "message_thread_id": 3, "is_topic_message": True}})
    made = orjson.dumps({"ok": True, "result": {"message_thread_id": 3, "name": "Caso", "icon_color": 7322096}})
    assert outcome_of(read_answer(200, said), 0.0) == Outcome(result=Result.DONE, message_id=5, sent_at=7, thread_id=3)
    assert outcome_of(read_answer(200, made), 0.0) == Outcome(result=Result.DONE, thread_id=3)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"ok":1}', b'{"ok":true', b"\xff\xfe"])
def test_an_unreadable_answer_to_an_accepted_call_leaves_it_unknown(body: bytes) -> None:
    answer = read_answer(200, body)
    assert not answer.readable
    assert outcome_of(answer, 1.0).result is Result.UNKNOWN


def test_half_a_surrogate_pair_in_an_answer_is_read() -> None:
    assert read_answer(200, b'{"ok":true,"result":{"message_id":3,"date":2,"text":"\\ud83d"}}').ok


@given(st.integers(min_value=100, max_value=599), st.binary(max_size=60) | st.sampled_from([b'{"ok":false}', b'{"ok":true,"result":[]}']))
def test_any_answer_at_all_has_a_meaning(status: int, body: bytes) -> None:
    outcome = outcome_of(read_answer(status, body), backoff=2.0)
    assert outcome.after >= 0
    assert (outcome.result is Result.DONE) is (body == b'{"ok":true,"result":[]}' and 200 <= status < 300)


def test_backoff_grows_from_one_second_to_a_minute() -> None:
    assert [backoff_seconds(n, 0.0) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff_seconds(3, 1.0) == 5.0
    assert backoff_seconds(10_000, 1.0) == 60.0
