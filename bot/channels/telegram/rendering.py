"""Messages as the Bot API wants them: parameters of calls, and forms that carry a file.

Text of seekers and of ours goes out without a parse mode: emphasis is in entities, so nothing anybody writes can be
read as markup. Previews of links are off.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from bot.channels.telegram.transport import Form
from bot.usecases.channel import Button, Rendered

Parameters = dict[str, object]

_NOT_IN_A_FILE_NAME: Final = re.compile(r"[^\w. -]", re.ASCII)
_NO_PREVIEW: Final = {"is_disabled": True}


def message_parameters(chat_id: int, message: Rendered) -> Parameters:
    """What sendMessage and editMessageText have in common."""
    parameters: Parameters = {"chat_id": chat_id, "text": message.text, "link_preview_options": _NO_PREVIEW}
    if message.bold or message.hidden:
        parameters["entities"] = entities(message)
    if message.rows:
        parameters["reply_markup"] = keyboard(message.rows)
    return parameters


def entities(message: Rendered) -> list[Parameters]:
    """The emphasis of a message."""
    bold = [{"type": "bold", "offset": span.offset, "length": span.length} for span in message.bold]
    return [*bold, *({"type": "spoiler", "offset": span.offset, "length": span.length} for span in message.hidden)]


def keyboard(rows: Sequence[Sequence[Button]]) -> Parameters:
    """The buttons under a message."""
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]}


def _button(button: Button) -> Parameters:
    if button.copy:
        return {"text": button.text, "copy_text": {"text": button.copy}}
    return {"text": button.text, "callback_data": button.data}


def form(parameters: Mapping[str, object], field: str, name: str, mime: str, content: bytes) -> Form:
    """A multipart form: plain fields, JSON for what is no text, and the file. The boundary is drawn anew each time, so
    no text can hold it. `mime` goes out as it is and must be one (`incoming_parts.mime_of`)."""
    boundary = secrets.token_hex(16)
    parts: list[str | bytes] = []
    for key, value in parameters.items():
        shown = value if isinstance(value, str) else orjson.dumps(value).decode()
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{shown}\r\n')
    plain = _NOT_IN_A_FILE_NAME.sub("_", name)
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{plain}"\r\nContent-Type: {mime}\r\n\r\n')
    parts += [content, f"\r\n--{boundary}--\r\n"]
    body = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return Form(kind=f"multipart/form-data; boundary={boundary}".encode(), body=body)
