"""Methods about the bot itself: who it is, its commands and descriptions by language, its menu button, its files, and
the answer to a pressed button."""

from __future__ import annotations

import re

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.errors import bad_request
from bot.botapi.files import DOWNLOAD_LIMIT, decode_file_id
from bot.botapi.shapes import Json, as_flag, as_object, as_text

# How long a pressed button waits. Telegram does not say; clients give up after seconds, bots report minutes. Inferred.
QUERY_LIFETIME = 60
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def get_me(ask: Ask) -> object:
    return ask.bot.me()


def log_out(ask: Ask) -> object:
    return True


# --- commands


def _language(ask: Ask) -> str:
    code = ask.params.text("language_code")
    if not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def _scope(ask: Ask) -> str:
    raw = ask.params.tree("scope")
    if raw is None:
        return "default"
    scope = as_object(raw)
    if scope is None or "type" not in scope:
        raise bad_request("can't parse BotCommandScope: Can't find field \"type\"")
    kind = as_text(scope["type"])
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    for name in SCOPES[kind]:
        if name not in scope:
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
    if "chat_id" in SCOPES[kind]:
        asking.chat_by_name(ask, as_text(scope["chat_id"]), write=False)
    return ":".join([kind, *(as_text(scope[name]) for name in SCOPES[kind])])


def _command(raw: object) -> Json:
    command = as_object(raw)
    if command is None or not isinstance(command.get("command"), str) or not isinstance(command.get("description"), str):
        raise bad_request("can't parse BotCommand: expected an Object with command and description")
    name = as_text(command["command"]).removeprefix("/")
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    description = as_text(command["description"]).strip()
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def set_my_commands(ask: Ask) -> object:
    raw = ask.params.tree("commands")
    if not isinstance(raw, list):
        raise bad_request("expected an Array of BotCommand")
    if len(raw) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = [_command(item) for item in raw]
    ask.bot.profile.commands[_scope(ask), _language(ask)] = commands
    ask.world.touch()
    return True


def get_my_commands(ask: Ask) -> object:
    return ask.bot.profile.commands.get((_scope(ask), _language(ask)), [])


def delete_my_commands(ask: Ask) -> object:
    ask.bot.profile.commands.pop((_scope(ask), _language(ask)), None)
    ask.world.touch()
    return True


# --- names and descriptions


def _setter(field: str, limit: int, store: str) -> Method:
    def set_field(ask: Ask) -> object:
        value, language = ask.params.text(field).strip(), _language(ask)
        if len(value) > limit:
            raise bad_request(f"{field.replace('_', ' ')} is too long")
        texts: dict[str, str] = getattr(ask.bot.profile, store)
        if value:
            texts[language] = value
        else:
            texts.pop(language, None)
        if field == "name" and not language and value:
            ask.bot.name = value
        ask.world.touch()
        return True

    return set_field


def _getter(field: str, store: str) -> Method:
    def get_field(ask: Ask) -> object:
        texts: dict[str, str] = getattr(ask.bot.profile, store)
        fallback = ask.bot.name if field == "name" else ""
        return {field: texts.get(_language(ask), texts.get("", fallback))}

    return get_field


def set_chat_menu_button(ask: Ask) -> object:
    button = as_object(ask.params.tree("menu_button")) or {"type": "default"}
    if button.get("type") not in {"commands", "web_app", "default"}:
        raise bad_request("can't parse MenuButton: Unsupported type specified")
    ask.bot.profile.menu_buttons[_menu_chat(ask)] = button
    return True


def get_chat_menu_button(ask: Ask) -> object:
    buttons = ask.bot.profile.menu_buttons
    return buttons.get(_menu_chat(ask), buttons.get(0, {"type": "commands"}))


def _menu_chat(ask: Ask) -> int:
    return asking.chat_of(ask, write=False).id if ask.params.has("chat_id") else 0


def set_my_default_administrator_rights(ask: Ask) -> object:
    rights = as_object(ask.params.tree("rights")) or {}
    ask.bot.profile.admin_rights[ask.params.flag("for_channels")] = {k: as_flag(v) for k, v in rights.items()}
    return True


def get_my_default_administrator_rights(ask: Ask) -> object:
    names = ("is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
             "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
             "can_delete_stories")  # fmt: skip
    return {**dict.fromkeys(names, False), **ask.bot.profile.admin_rights.get(ask.params.flag("for_channels"), {})}


# --- files and pressed buttons


def get_file(ask: Ask) -> object:
    file_id = ask.params.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    if decode_file_id(file_id) is None:
        raise bad_request("invalid file_id")
    stored = ask.world.files.by_id(file_id, ask.bot.id)
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if stored.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    ask.world.files.open_path(stored, ask.bot.id, ask.world.clock.now())
    size: Json = {"file_size": stored.size} if stored.tells_size else {}
    return {"file_id": file_id, "file_unique_id": stored.unique_id, **size, "file_path": stored.path}


def answer_callback_query(ask: Ask) -> object:
    query = ask.bot.queries.get(ask.params.text("callback_query_id"))
    now = ask.world.clock.now()
    if query is None or query.answered or now - query.at > QUERY_LIFETIME:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = ask.params.text("text")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answered = True
    del ask.bot.queries[query.id]
    chat = ask.world.private.get((ask.bot.id, query.chat_id)) or ask.world.groups.get(query.chat_id)
    if chat is not None and text:
        chat.alerts.append({"text": text, "show_alert": ask.params.flag("show_alert"), "at": int(now)})
    ask.world.touch()
    return True


METHODS: dict[str, Method] = {
    "getme": get_me,
    "logout": log_out,
    "close": log_out,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmyname": _setter("name", 64, "names"),
    "getmyname": _getter("name", "names"),
    "setmydescription": _setter("description", 512, "descriptions"),
    "getmydescription": _getter("description", "descriptions"),
    "setmyshortdescription": _setter("short_description", 120, "short_descriptions"),
    "getmyshortdescription": _getter("short_description", "short_descriptions"),
    "setchatmenubutton": set_chat_menu_button,
    "getchatmenubutton": get_chat_menu_button,
    "setmydefaultadministratorrights": set_my_default_administrator_rights,
    "getmydefaultadministratorrights": get_my_default_administrator_rights,
    "getfile": get_file,
    "answercallbackquery": answer_callback_query,
}
