"""Files in calls: uploaded in the call, attached to it by name, or named by a file_id the bot has seen.

This server fetches nothing from the web: a file given as an http address is refused as Telegram refuses an address it
cannot read.
"""

from __future__ import annotations

from bot.botapi.asking import Ask, formatted_text
from bot.botapi.chats import Content
from bot.botapi.entities import MAX_CAPTION
from bot.botapi.errors import ApiError, bad_request
from bot.botapi.files import UPLOAD_LIMIT, StoredFile, Upload, decode_file_id
from bot.botapi.shapes import Json, as_flag, as_text

# The kinds of file a message can be, with the word the errors use.
LABELS = {
    "photo": "photo",
    "audio": "audio",
    "document": "document",
    "video": "video",
    "animation": "animation",
    "voice": "voice",
    "video_note": "video note",
    "sticker": "sticker",
}
SPOILER_KINDS = frozenset({"photo", "video", "animation"})
ALBUM_KINDS = frozenset({"photo", "video", "audio", "document"})
PHOTO_LIMIT = 10 * 1024 * 1024


def file_of(ask: Ask, kind: str) -> StoredFile:
    """The file of a sending method."""
    if kind in ask.params.files:
        return _stored(ask, kind, ask.params.files[kind])
    return named_file(ask, kind, ask.params.text(kind))


def named_file(ask: Ask, kind: str, name: str) -> StoredFile:
    """The file behind attach://, a file_id or an address."""
    if name.startswith("attach://"):
        upload = ask.params.files.get(name.removeprefix("attach://"))
        if upload is not None:
            return _stored(ask, kind, upload)
        name = ""
    if not name:
        raise bad_request(f"there is no {LABELS[kind]} in the request")
    if name.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    return _known(ask, kind, name)


def _known(ask: Ask, kind: str, file_id: str) -> StoredFile:
    stored = ask.world.files.by_id(file_id, ask.bot.id) if decode_file_id(file_id) else None
    if stored is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request("type of file mismatch")
    return stored


def _stored(ask: Ask, kind: str, upload: Upload) -> StoredFile:
    if not upload.data:
        raise bad_request("file must be non-empty")
    size = len(upload.data)
    if size > UPLOAD_LIMIT:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo" and size > PHOTO_LIMIT:
        raise bad_request(f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes")
    mime = upload.mime if upload.mime != "application/octet-stream" else ""
    return ask.world.files.add(kind, upload.data, name=upload.filename, mime=mime)


def media_content(ask: Ask, raw: Json | None) -> Content:
    """The content an InputMedia object describes."""
    if raw is None:
        raise bad_request("can't parse InputMedia: InputMedia must be an Object")
    kind = as_text(raw.get("type"))
    if kind not in LABELS or kind in {"voice", "video_note", "sticker"}:
        raise bad_request("can't parse InputMedia: Type must be one of animation, audio, document, photo, video")
    if "media" not in raw:
        raise bad_request("can't parse InputMedia: Can't find field \"media\"")
    stored = named_file(ask, kind, as_text(raw["media"]))
    mode = as_text(raw.get("parse_mode"))
    text, entities = formatted_text(as_text(raw.get("caption")), mode, raw.get("caption_entities"))
    if len(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    spoiler = kind in SPOILER_KINDS and as_flag(raw.get("has_spoiler"))
    return Content(kind=kind, text=text, entities=tuple(entities), file=stored, spoiler=spoiler)


def album_item(ask: Ask, raw: Json | None) -> Content:
    """One item of a media group."""
    content = media_content(ask, raw)
    if content.kind not in ALBUM_KINDS:
        raise bad_request(f"{content.kind} can't be sent in a media group")
    return content
