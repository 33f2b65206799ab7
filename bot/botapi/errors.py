"""How the server says no: the envelope's code, text and parameters.

A method that cannot do what it was asked raises `ApiError`; the dispatcher turns it into the envelope. The texts are
Telegram's own, because a bot must be able to tell them apart.
"""

from __future__ import annotations

from bot.botapi.shapes import Json


class ApiError(Exception):
    """A refused call: `code` is also the HTTP status, `parameters` may carry retry_after or migrate_to_chat_id."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def envelope(self) -> Json:
        """The JSON object the caller receives."""
        answer: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def lowered(text: str) -> str:
    """Lower-case the first letter unless the second character is `_` or a capital (BUTTON_DATA_INVALID stays)."""
    if len(text) > 1 and (text[1] == "_" or text[1].isupper()):
        return text
    return text[:1].lower() + text[1:]


def bad_request(text: str, parameters: Json | None = None) -> ApiError:
    """400, with Telegram's prefix and casing."""
    return ApiError(400, "Bad Request: " + lowered(text), parameters)


def forbidden(text: str) -> ApiError:
    """403, with Telegram's prefix and casing."""
    return ApiError(403, "Forbidden: " + lowered(text))


def conflict(text: str) -> ApiError:
    """409: two readers of one bot's updates."""
    return ApiError(409, "Conflict: " + text)


def too_many_requests(seconds: int) -> ApiError:
    """429, with the seconds to wait in words and as a number."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
