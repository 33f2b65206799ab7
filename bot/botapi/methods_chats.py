"""Methods about chats and their members: look, leave, pin, react."""

from __future__ import annotations

from bot.botapi import asking
from bot.botapi.asking import Ask, Method
from bot.botapi.chats import Chat, Member
from bot.botapi.errors import bad_request
from bot.botapi.people import Bot
from bot.botapi.render import message_json
from bot.botapi.shapes import Json

_PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip
_ADMIN_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip


def get_chat(ask: Ask) -> object:
    chat = asking.chat_of(ask, write=False)
    gifts = dict.fromkeys(("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False)
    full: Json = {**chat.json(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    if not chat.private:
        full["permissions"] = dict.fromkeys(_PERMISSIONS, chat.can_write)
    if chat.pinned and (pinned := chat.messages.get(chat.pinned[-1])):
        full["pinned_message"] = message_json(chat, pinned, ask.bot)
    return full


def member_json(member: Member) -> Json:
    """A ChatMember object without its user."""
    if member.status == "administrator":
        rights: Json = {name: name in member.rights or name == "can_manage_chat" for name in _ADMIN_RIGHTS}
        return {"status": member.status, "can_be_edited": False, "is_anonymous": False, **rights}
    if member.status == "creator":
        return {"status": member.status, "is_anonymous": False}
    if member.status == "restricted":
        return {"status": member.status, "is_member": True, "until_date": 0, **dict.fromkeys(_PERMISSIONS, False)}
    return {"status": member.status, **({"until_date": 0} if member.status == "kicked" else {})}


def _account(ask: Ask, number: int) -> Json:
    person = ask.world.people.get(number)
    found: Bot | None = ask.world.bot_by_id(number)
    if person is None and found is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return person.json() if person is not None else found.json() if found is not None else {}


def get_chat_member(ask: Ask) -> object:
    chat = asking.chat_of(ask, write=False)
    number = ask.params.integer("user_id")
    if number <= 0:
        raise bad_request("invalid user_id specified")
    account = _account(ask, number)
    default = Member(status="member" if chat.private else "left")
    return {"user": account, **member_json(chat.members.get(number, default))}


def _group(ask: Ask) -> Chat:
    chat = asking.chat_of(ask, write=False)
    if chat.private:
        raise bad_request("there are no administrators in the private chat")
    return chat


def get_chat_administrators(ask: Ask) -> object:
    chat = _group(ask)
    chosen = [(n, m) for n, m in chat.members.items() if m.status in {"creator", "administrator"}]
    return [{"user": _account(ask, number), **member_json(member)} for number, member in chosen]


def get_chat_member_count(ask: Ask) -> object:
    chat = asking.chat_of(ask, write=False)
    if chat.private:
        return 2
    return sum(member.status not in {"left", "kicked"} for member in chat.members.values())


def leave_chat(ask: Ask) -> object:
    chat = asking.chat_of(ask, write=False)
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[ask.bot.id] = Member(status="left")
    if chat.kind in {"group", "supergroup"}:
        ask.world.service(chat, {"left_chat_member": ask.bot.json()}, bot=ask.bot)
    return True


def _may_pin(ask: Ask, chat: Chat) -> None:
    if not asking.has_right(chat, ask.bot, "can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")


def pin_chat_message(ask: Ask) -> object:
    chat = asking.chat_of(ask)
    message = asking.message_in(chat, asking.message_number(ask), bad_request("message to pin not found"))
    _may_pin(ask, chat)
    if message.id in chat.pinned:
        chat.pinned.remove(message.id)
    chat.pinned.append(message.id)
    pinned: Json = {"pinned_message": message_json(chat, message, ask.bot, with_reply=False)}
    ask.world.service(chat, pinned, bot=ask.bot, thread_id=message.thread_id)
    return True


def unpin_chat_message(ask: Ask) -> object:
    chat = asking.chat_of(ask)
    _may_pin(ask, chat)
    number = asking.message_number(ask) or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    ask.world.touch()
    return True


def unpin_all_chat_messages(ask: Ask) -> object:
    chat = asking.chat_of(ask)
    _may_pin(ask, chat)
    chat.pinned.clear()
    ask.world.touch()
    return True


def set_message_reaction(ask: Ask) -> object:
    chat = asking.chat_of(ask)
    asking.message_in(chat, asking.message_number(ask), bad_request("message to react not found"))
    return True


METHODS: dict[str, Method] = {
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
    "getchatmembercount": get_chat_member_count,
    "leavechat": leave_chat,
    "pinchatmessage": pin_chat_message,
    "unpinchatmessage": unpin_chat_message,
    "unpinallchatmessages": unpin_all_chat_messages,
    "setmessagereaction": set_message_reaction,
}
