"""reply_markup as Telegram reads it: strict about what a button may hold, silent about what it does not know.

`read` turns the parameter of a call into a `Keyboard` or refuses it. An empty object or an empty keyboard is no
keyboard. When a button names two actions the first in Telegram's order wins; do not send such a button.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from bot.botapi import links
from bot.botapi.errors import ApiError, bad_request
from bot.botapi.shapes import Json, as_flag, as_list, as_object, as_text, objects

_LOOKS = ("icon_custom_emoji_id", "style")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyboard:
    """`kind` is inline, reply, remove or force; `json` is what clients draw."""

    kind: str
    json: Json

    @property
    def inline(self) -> bool:
        """Whether the keyboard hangs under its message and is part of it."""
        return self.kind == "inline"

    @property
    def rows(self) -> list[list[Json]]:
        """The buttons, row after row; none for markups that only remove or ask."""
        rows = as_list(self.json.get("inline_keyboard" if self.inline else "keyboard"))
        return [objects(as_list(row)) for row in rows or ()]

    @property
    def labels(self) -> list[str]:
        """What the buttons say."""
        return [as_text(button["text"]) for row in self.rows for button in row]


def read(raw: object, *, private: bool) -> Keyboard | None:
    """The keyboard of a call, None for none; raises 400 as Telegram does."""
    markup = _object(raw)
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"])
    if "keyboard" in markup:
        return _reply(markup, private=private)
    if as_flag(markup.get("remove_keyboard")):
        return Keyboard(kind="remove", json={"remove_keyboard": True})
    if as_flag(markup.get("force_reply")):
        return Keyboard(kind="force", json={"force_reply": True, **_field_look(markup)})
    return None


def _field_look(markup: Json) -> Json:
    """What a markup says about the input field and whom it means."""
    look: Json = {"selective": True} if as_flag(markup.get("selective")) else {}
    if markup.get("input_field_placeholder"):
        look["input_field_placeholder"] = as_text(markup["input_field_placeholder"])
    return look


def _object(raw: object) -> Json | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        try:
            raw = orjson.loads(raw)
        except orjson.JSONDecodeError as broken:
            raise bad_request("can't parse reply keyboard markup JSON object") from broken
    markup = as_object(raw)
    if markup is None:
        raise bad_request("object expected as reply markup")
    return markup


def _rows(raw: object, name: str, owner: str) -> list[list[Json | str]]:
    if not isinstance(raw, list):
        raise bad_request(f'field "{name}" of the {owner} must be an Array')
    rows: list[list[Json | str]] = []
    for row in raw:
        if not isinstance(row, list):
            raise bad_request(f'field "{name}" of the {owner} must be an Array of Arrays')
        rows.append(row)
    return rows


def _inline(raw: object) -> Keyboard | None:
    rows = _rows(raw, "inline_keyboard", "InlineKeyboardMarkup")
    keyboard = [[_inline_button(button) for button in row] for row in rows if row]
    return Keyboard(kind="inline", json={"inline_keyboard": keyboard}) if keyboard else None


def _text(button: Json, what: str) -> str:
    if "text" not in button:
        raise bad_request(f"can't parse {what}: Can't find field \"text\"")
    text = button["text"]
    if not isinstance(text, str):
        raise bad_request(f'can\'t parse {what}: Field "text" must be of type String')
    return text


def _inline_button(raw: Json | str) -> Json:
    button = as_object(raw)
    if button is None:
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = _text(button, "inline keyboard button")
    action = next((name for name in _ACTIONS if name in button), None)
    if action is None:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    value = _ACTIONS[action](button[action])
    if not text:
        raise bad_request("inline keyboard button text must be non-empty")
    return {"text": text, action: value, **{name: button[name] for name in _LOOKS if name in button}}


def _url(value: object) -> object:
    url = as_text(value)
    reason = links.fault(url)
    if reason is not None:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {reason}")
    return url if "://" in url else "http://" + url


def _callback_data(value: object) -> object:
    if not isinstance(value, str):
        raise bad_request('can\'t parse inline keyboard button: Field "callback_data" must be of type String')
    if not 1 <= len(value.encode("utf-8", "surrogatepass")) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    return value


def _copy_text(value: object) -> object:
    copied = as_object(value)
    text = as_text(copied.get("text")) if copied else ""
    if not 1 <= len(text) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return {"text": text}


def _same(value: object) -> object:
    return value


_ACTIONS: dict[str, Callable[[object], object]] = {
    "url": _url,
    "callback_data": _callback_data,
    "callback_game": _same,
    "pay": _same,
    "switch_inline_query": _same,
    "switch_inline_query_chosen_chat": _same,
    "switch_inline_query_current_chat": _same,
    "login_url": _same,
    "web_app": _same,
    "copy_text": _copy_text,
}


def _reply(markup: Json, *, private: bool) -> Keyboard | None:
    rows = _rows(markup["keyboard"], "keyboard", "ReplyKeyboardMarkup")
    keyboard = [[_reply_button(button, private=private) for button in row] for row in rows if row]
    if not keyboard:
        return None
    flags = ("is_persistent", "resize_keyboard", "one_time_keyboard")
    look: Json = {name: True for name in flags if as_flag(markup.get(name))}
    return Keyboard(kind="reply", json={"keyboard": keyboard, **look, **_field_look(markup)})


def _reply_button(raw: Json | str, *, private: bool) -> Json:
    if isinstance(raw, str):
        raw = {"text": raw}
    button = as_object(raw)
    if button is None:
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    text = _text(button, "keyboard button")
    if not text:
        raise bad_request("keyboard button text must be non-empty")
    made: Json = {"text": text, **{name: button[name] for name in _LOOKS if name in button}}
    for name, what in (("request_location", "location"), ("request_contact", "phone number")):
        if as_flag(button.get(name)):
            if not private:
                raise _private_only(what)
            made[name] = True
    for name in ("request_users", "request_chat", "request_poll", "request_managed_bot", "web_app"):
        if name in button:
            made[name] = button[name]
    return made


def _private_only(what: str) -> ApiError:
    return bad_request(f"{what} can be requested in private chats only")
