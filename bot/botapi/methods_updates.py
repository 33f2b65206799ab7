"""Methods by which a bot gets its updates: polling and the webhook's settings."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from itertools import islice
from urllib.parse import urlsplit

from bot.botapi.asking import Answer, Ask, Method
from bot.botapi.errors import ApiError, bad_request, conflict
from bot.botapi.inbox import Pending, Webhook
from bot.botapi.shapes import Json, as_text

ALL_KINDS = frozenset({
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count",
    "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query",
    "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost",
    "removed_chat_boost", "managed_bot",
})  # fmt: skip
PORTS = frozenset({80, 88, 443, 8443})
_SECRET = re.compile(r"[A-Za-z0-9_-]*")


def _note_kinds(ask: Ask) -> None:
    raw = ask.params.tree("allowed_updates") if ask.params.has("allowed_updates") else None
    if isinstance(raw, list):
        ask.bot.inbox.allowed = tuple(kind for item in raw if (kind := as_text(item)) in ALL_KINDS)


async def get_updates(ask: Ask) -> object:
    inbox = ask.bot.inbox
    if inbox.webhook is not None:
        raise conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
    limit = ask.params.integer("limit", 100, 1, 100)
    timeout = ask.params.integer("timeout", 0, 0, 50)
    offset = ask.params.integer("offset")
    _note_kinds(ask)
    inbox.expire(ask.world.clock.now())
    if offset:
        inbox.confirm(offset)
    return [pending.json for pending in await _wait_for(ask, limit, timeout)]


async def _wait_for(ask: Ask, limit: int, seconds: int) -> list[Pending]:
    inbox = ask.bot.inbox
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    poll = inbox.begin_poll()
    try:
        while not inbox.waiting and not inbox.repeats and not ask.world.closed:
            left = end - loop.time()
            if left <= 0:
                return []
            done, _ = await asyncio.wait([poll], timeout=left)
            reason = poll.result() if done else None
            if isinstance(reason, ApiError):
                raise reason
            following = inbox.again(poll) if done else poll
            if following is None:
                return []
            poll = following
        return _hand_out(ask, limit)
    finally:
        inbox.end_poll(poll)


def _hand_out(ask: Ask, limit: int) -> list[Pending]:
    inbox = ask.bot.inbox
    repeats, inbox.repeats = inbox.repeats, []
    fresh = list(islice(inbox.waiting.values(), limit))
    seen = {pending.update_id for pending in fresh}
    out = [pending for pending in repeats if pending.update_id not in seen] + fresh
    duplicate = frozenset({"duplicate_update"})
    if out and ask.world.faults.strike("getUpdates", ask.bot.id, kinds=duplicate):
        inbox.repeats = fresh[:1]
    return out


def set_webhook(ask: Ask) -> object:
    url = ask.params.text("url").strip()
    if not url:
        return delete_webhook(ask)
    secret = ask.params.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    host = _checked_host(url)
    _note_kinds(ask)
    inbox = ask.bot.inbox
    if ask.params.flag("drop_pending_updates"):
        inbox.waiting.clear()
    known = inbox.webhook is not None and (inbox.webhook.url, inbox.webhook.secret) == (url, secret)
    connections = ask.params.integer("max_connections", 40, 1, 100)
    inbox.webhook = Webhook(url=url, secret=secret, max_connections=connections, ip_address=host)
    inbox.wake(conflict("terminated by setWebhook request"))
    if ask.world.courier is not None:
        for pending in list(inbox.waiting.values()):
            ask.world.courier.offer(ask.bot, pending)
    return Answer(True, "Webhook is already set" if known else "Webhook was set")


def _checked_host(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else "https://" + url)
        host, port = parts.hostname or "", parts.port
    except ValueError as broken:
        raise bad_request("invalid webhook URL specified") from broken
    if parts.scheme not in {"http", "https"} or not host:
        raise bad_request("invalid webhook URL specified")
    if is_loopback(host):
        return "127.0.0.1"  # Telegram would refuse it; a local server has nothing else to deliver to
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if "." not in host:
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def delete_webhook(ask: Ask) -> object:
    inbox = ask.bot.inbox
    known, inbox.webhook = inbox.webhook is not None, None
    if ask.params.flag("drop_pending_updates"):
        inbox.waiting.clear()
    return Answer(True, "Webhook was deleted" if known else "Webhook is already deleted")


def get_webhook_info(ask: Ask) -> object:
    inbox = ask.bot.inbox
    inbox.expire(ask.world.clock.now())
    hook = inbox.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(inbox.waiting),
    }
    if hook is not None:
        info["max_connections"] = hook.max_connections
        if hook.ip_address:
            info["ip_address"] = hook.ip_address
        if hook.last_error_date:
            info["last_error_date"] = hook.last_error_date
            info["last_error_message"] = hook.last_error
    if inbox.allowed:
        info["allowed_updates"] = list(inbox.allowed)
    return info


METHODS: dict[str, Method] = {
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
