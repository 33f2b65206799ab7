"""Every kind of update becomes what the use cases know, whatever comes; and both readers agree."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.clean import clean_text
from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.incoming_direct import read_direct
from bot.channels.telegram.incoming_typed import read_typed
from bot.usecases.channel import Incoming, Kind
from flows.events import MediaKind

Json = dict[str, Any]
PERSON: Json = {"id": 77, "is_bot": False, "first_name": "A", "language_code": "es"}
BOT: Json = {"id": 9, "is_bot": True, "first_name": "Bot", "username": "some_bot"}
PRIVATE: Json = {"id": 77, "type": "private", "first_name": "A"}
GROUP: Json = {"id": -100500, "type": "supergroup", "title": "G"}
DATE = 1_700_000_000


def message(**fields: Any) -> Json:
    return {"message_id": 5, "from": PERSON, "chat": PRIVATE, "date": DATE, **fields}


def press(**fields: Any) -> Json:
    there = {**message(text="screen", reply_markup={"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}), "from": BOT}
    return {"id": "4321", "from": PERSON, "chat_instance": "1", "message": there, "data": "abc", **fields}


def update(**fields: Any) -> Json:
    return {"update_id": 10, **fields}


ADMINISTRATOR = [
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories"),
]


def member(status: str, chat: Json) -> Json:
    """A my_chat_member update by which the bot's own standing becomes `status`."""
    extra: dict[str, Json] = {
        "kicked": {"until_date": 0},
        "administrator": dict.fromkeys(ADMINISTRATOR, False),
    }
    new = {"user": BOT, "status": status, **extra.get(status, {})}
    return {"chat": chat, "from": PERSON, "date": DATE, "old_chat_member": {"user": BOT, "status": "member"}, "new_chat_member": new}


def seen(**fields: Any) -> Incoming:
    common: Json = {"update_id": 10, "user_id": 77, "chat_id": 77, "message_id": 5, "sent_at": DATE, "language_code": "es"}
    return Incoming(**{**common, **fields})


COMMAND = {"type": "bot_command", "offset": 0, "length": 6}
FILE = {"file_id": "f", "file_unique_id": "u"}
NAMED = {"file_name": "Ana Perez acta.pdf"}
VOICE = {**FILE, "duration": 3, "mime_type": "audio/ogg", "file_size": 5000}
SMALL, LARGE = ({"file_id": name, "file_unique_id": name, "width": side, "height": side} for name, side in (("small", 90), ("large", 900)))
VENUE = {"location": {"longitude": -99.1332, "latitude": 19.4326}, "title": "T", "address": "A"}
MEDIA: dict[str, tuple[Json, Json]] = {
    "voice": ({"voice": VOICE}, {"media": MediaKind.VOICE, "file_id": "f", "mime": "audio/ogg", "file_size": 5000}),
    "audio": ({"audio": {**VOICE, **NAMED}}, {"media": MediaKind.DOCUMENT, "file_id": "f", "mime": "audio/ogg", "file_size": 5000}),
    "photo": (
        {"photo": [SMALL, {**LARGE, "file_size": 90_000}, SMALL], "caption": "en la\u200b casa"},
        {"media": MediaKind.PHOTO, "file_id": "large", "file_size": 90_000, "caption": "en la casa"},
    ),
    "live photo": (
        {"live_photo": {**FILE, "width": 1, "height": 1, "duration": 1, "photo": [SMALL, LARGE]}},
        {"media": MediaKind.PHOTO, "file_id": "large"},
    ),
    "video": (
        {"video": {**FILE, **NAMED, "width": 1, "height": 1, "duration": 1, "mime_type": "Video/MP4", "file_size": 2**40}},
        {"media": MediaKind.VIDEO, "file_id": "f", "mime": "video/mp4", "file_size": 2**40},
    ),
    "video note": ({"video_note": {**FILE, "length": 1, "duration": 1}}, {"media": MediaKind.VIDEO, "file_id": "f"}),
    "document": (
        {"document": {**FILE, **NAMED, "mime_type": "application/pdf"}, "caption": "/salir"},
        {"media": MediaKind.DOCUMENT, "file_id": "f", "mime": "application/pdf", "caption": "/salir"},
    ),
    "a media type that is none": (
        {"document": {**FILE, "mime_type": 'text/plain; name="Ana Perez"'}},
        {"media": MediaKind.DOCUMENT, "file_id": "f"},
    ),
    "a handle nobody could ask for": (
        {"document": {"file_id": "../f", "file_unique_id": "u", "file_size": "5"}},
        {"media": MediaKind.DOCUMENT},
    ),
    "animation": (
        {"animation": {**FILE, "width": 1, "height": 1, "duration": 1}, "document": {**FILE, "file_id": "other"}},
        {"media": MediaKind.VIDEO, "file_id": "f"},
    ),
    "sticker": (
        {
            "sticker": {
                **FILE,
                "width": 1,
                "height": 1,
                "is_animated": False,
                "is_video": False,
                "type": "regular",
            }
        },
        {"media": MediaKind.OTHER},
    ),
    "location": ({"location": {"longitude": -99.5, "latitude": 19}}, {"media": MediaKind.LOCATION, "place": (19.0, -99.5)}),
    "venue": ({"venue": VENUE, "location": VENUE["location"]}, {"media": MediaKind.LOCATION, "place": (19.4326, -99.1332)}),
    "no place on this Earth": ({"location": {"longitude": 181.0, "latitude": 2.0}}, {"media": MediaKind.LOCATION}),
    "a place of words": ({"location": {"longitude": "x", "latitude": 2.0}}, {"media": MediaKind.LOCATION}),
    "contact": ({"contact": {"phone_number": "1", "first_name": "B"}}, {"media": MediaKind.CONTACT}),
    "dice": ({"dice": {"value": 1, "emoji": "x"}}, {"media": MediaKind.OTHER}),
    "newer than the library": ({"hologram": {"depth": 3}}, {"media": MediaKind.OTHER}),
    "in a topic": (
        {"voice": VOICE, "message_thread_id": 3, "is_topic_message": True, "reply_to_message": message(text="x", message_id=4)},
        {"media": MediaKind.VOICE, "file_id": "f", "mime": "audio/ogg", "file_size": 5000, "thread_id": 3, "reply_to": 4},
    ),
}
OPENING = {**message(message_id=3, forum_topic_created={"name": "Caso", "icon_color": 7322096}), "from": BOT}
IN_TOPIC: Json = {"message_thread_id": 3, "is_topic_message": True}
SERVICES: dict[str, Json] = {
    "forum_topic_created": {"name": "Caso", "icon_color": 7322096},
    "forum_topic_edited": {"name": "Otro"},
    "forum_topic_closed": {},
    "forum_topic_reopened": {},
}

READ: dict[str, tuple[Json, Incoming]] = {
    "text": (update(message=message(text="hola")), seen(kind=Kind.TEXT, text="hola")),
    "text with a link": (
        update(message=message(text="http://a.b", entities=[{"type": "url", "offset": 0, "length": 10}])),
        seen(kind=Kind.TEXT, text="http://a.b"),
    ),
    "text mentioning a person": (
        update(message=message(text="ana", entities=[{"type": "text_mention", "offset": 0, "length": 3, "user": PERSON}])),
        seen(kind=Kind.TEXT, text="ana"),
    ),
    "an answer to a message": (
        update(message=message(text="si", reply_to_message=message(text="x", message_id=4))),
        seen(kind=Kind.TEXT, text="si", reply_to=4),
    ),
    "an answer to a voice note": (
        update(message=message(text="si", reply_to_message=message(voice=VOICE, message_id=4))),
        seen(kind=Kind.TEXT, text="si", reply_to=4),
    ),
    "words in a topic": (
        update(message=message(text="hola", **IN_TOPIC)),
        seen(kind=Kind.TEXT, text="hola", thread_id=3),
    ),
    "words in a topic answer to nothing but the note that opened it": (
        update(message=message(text="hola", **IN_TOPIC, reply_to_message=OPENING)),
        seen(kind=Kind.TEXT, text="hola", thread_id=3),
    ),
    "an opening note whose id is not the topic's": (
        update(message=message(text="hola", **IN_TOPIC, reply_to_message={**OPENING, "message_id": 2})),
        seen(kind=Kind.TEXT, text="hola", thread_id=3),
    ),
    "an answer in a topic": (
        update(message=message(text="/turno", entities=[COMMAND], **IN_TOPIC, reply_to_message=message(text="x", message_id=4))),
        seen(kind=Kind.COMMAND, text="turno", thread_id=3, reply_to=4),
    ),
    "words edited in a topic": (
        update(edited_message=message(text="adios", edit_date=DATE + 5, **IN_TOPIC, reply_to_message=OPENING)),
        seen(kind=Kind.TEXT, text="adios", edited=True, thread_id=3),
    ),
    "a thread that is no topic": (
        update(message=message(text="hola", message_thread_id=3)),
        seen(kind=Kind.TEXT, text="hola"),
    ),
    "a forwarded text": (
        update(message=message(text="hola", **IN_TOPIC, forward_origin={"type": "hidden_user", "sender_user_name": "B", "date": DATE})),
        seen(kind=Kind.TEXT, text="hola", thread_id=3),
    ),
    "press in a topic": (
        update(callback_query=press(message={**message(text="screen", **IN_TOPIC, reply_to_message=OPENING), "from": BOT})),
        seen(kind=Kind.PRESS, press_id="4321", press_data="abc", thread_id=3),
    ),
    "start": (update(message=message(text="/start", entities=[COMMAND])), seen(kind=Kind.START)),
    "start with a payload": (
        update(message=message(text="/start ht", entities=[COMMAND])),
        seen(kind=Kind.START, text="ht"),
    ),
    "start with words": (
        update(message=message(text="/start ¿hola?", entities=[COMMAND])),
        seen(kind=Kind.START),
    ),
    "command": (update(message=message(text="/salir", entities=[COMMAND])), seen(kind=Kind.COMMAND, text="salir")),
    "command in capitals": (update(message=message(text="/SALIR")), seen(kind=Kind.COMMAND, text="salir")),
    "command to a bot by name": (
        update(message=message(text="/salir@some_bot ya")),
        seen(kind=Kind.COMMAND, text="salir"),
    ),
    "a path is no command": (update(message=message(text="/etc/passwd")), seen(kind=Kind.TEXT, text="/etc/passwd")),
    "a fraction is no command": (update(message=message(text="/")), seen(kind=Kind.TEXT, text="/")),
    "edited words": (
        update(edited_message=message(text="adios", edit_date=DATE + 5)),
        seen(kind=Kind.TEXT, text="adios", edited=True),
    ),
    "edited into a command": (
        update(edited_message=message(text="/salir", edit_date=DATE + 5)),
        seen(kind=Kind.COMMAND, text="salir", edited=True),
    ),
    "edited caption": (
        update(edited_message=message(photo=[{**FILE, "width": 1, "height": 1}], caption="b", edit_date=DATE)),
        seen(kind=Kind.MEDIA, media=MediaKind.PHOTO, file_id="f", caption="b", edited=True),
    ),
    "press": (update(callback_query=press()), seen(kind=Kind.PRESS, press_id="4321", press_data="abc")),
    "press without data": (
        update(callback_query={k: v for k, v in press().items() if k != "data"}),
        seen(kind=Kind.PRESS, press_id="4321"),
    ),
    "press on an inaccessible message": (
        update(callback_query=press(message={"chat": PRIVATE, "message_id": 5, "date": 0})),
        seen(kind=Kind.PRESS, press_id="4321", press_data="abc", message_id=0, sent_at=0),
    ),
    "press without its message": (
        update(callback_query={k: v for k, v in press().items() if k != "message"}),
        seen(kind=Kind.PRESS, press_id="4321", press_data="abc", message_id=0, sent_at=0),
    ),
    "press with bytes that are not ours": (
        update(callback_query=press(data="ñ")),
        seen(kind=Kind.PRESS, press_id="4321", press_data=""),
    ),
    "press in a group": (
        update(callback_query=press(message={**message(text="x"), "chat": GROUP})),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-100500, press_id="4321"),
    ),
    "blocked": (
        update(my_chat_member=member("kicked", PRIVATE)),
        seen(kind=Kind.BLOCKED, message_id=0, sent_at=0),
    ),
    "unblocked": (
        update(my_chat_member=member("member", PRIVATE)),
        seen(kind=Kind.UNBLOCKED, message_id=0, sent_at=0),
    ),
    "put into a group": (
        update(my_chat_member=member("member", GROUP)),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-100500),
    ),
    "made administrator of a channel": (
        update(my_chat_member=member("administrator", {"id": -7, "type": "channel", "title": "C"})),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-7),
    ),
    "out of a group": (
        update(my_chat_member=member("left", GROUP)),
        Incoming(update_id=10, kind=Kind.IGNORED, chat_id=-100500),
    ),
    "words in a group": (
        update(message={**message(text="hola"), "chat": GROUP}),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-100500),
    ),
    "edited words in a group": (
        update(edited_message={**message(text="hola"), "chat": GROUP}),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-100500),
    ),
    "a channel's post": (
        update(channel_post={"message_id": 1, "date": DATE, "chat": {"id": -7, "type": "channel", "title": "C"}}),
        Incoming(update_id=10, kind=Kind.GROUP, chat_id=-7),
    ),
    "a pinned message": (
        update(message=message(pinned_message=message(text="x"))),
        seen(kind=Kind.IGNORED),
    ),
    "words of a bot": (update(message={**message(text="x"), "from": BOT}), Incoming(update_id=10, kind=Kind.IGNORED)),
    "an update of a kind nobody asked for": (
        update(poll_answer={"poll_id": "1", "option_ids": [0], "option_persistent_ids": ["0"], "user": PERSON}),
        Incoming(update_id=10, kind=Kind.IGNORED),
    ),
    "an update newer than the library": (update(telepathy={}), Incoming(update_id=10, kind=Kind.IGNORED)),
    **{name: (update(message=message(**fields)), seen(kind=Kind.MEDIA, **found)) for name, (fields, found) in MEDIA.items()},
    **{
        name: (update(message=message(**IN_TOPIC, **{name: note})), seen(kind=Kind.IGNORED, thread_id=3)) for name, note in SERVICES.items()
    },
    "a topic's note with something newer": (
        update(message=message(**IN_TOPIC, forum_topic_created=SERVICES["forum_topic_created"], hologram={"depth": 3})),
        seen(kind=Kind.IGNORED, thread_id=3),
    ),
}

UNREADABLE: dict[str, tuple[object, int, int]] = {
    "not an object": (7, 0, 0),
    "nothing": (None, 0, 0),
    "no id": ({"message": message(text="x")}, 0, 77),
    "an id that is a word": ({**update(message=message(text="x")), "update_id": "10"}, 0, 77),
    "an id beyond storage": ({**update(message=message(text="x")), "update_id": 2**70}, 0, 77),
    "a message that is a list": (update(message=[1]), 10, 0),
    "no date": (update(message={k: v for k, v in message(text="x").items() if k != "date"}), 10, 77),
    "a date beyond the calendar": (update(message=message(text="x", date=10**18)), 10, 77),
    "a text that is a number": (update(message=message(text=5)), 10, 77),
    "an id of another type": (update(message=message(text="x", message_id="5")), 10, 77),
    "a person without name": (update(message={**message(text="x"), "from": {"id": 77, "is_bot": False}}), 10, 77),
    "a chat without type": (update(message={**message(text="x"), "chat": {"id": 77}}), 10, 0),
    "a broken entity": (update(message=message(text="x", entities=[{"offset": 0}])), 10, 77),
    "words that come with something broken": (update(message=message(text="x", reply_to_message=[7])), 10, 77),
    "a topic without its id": (update(message=message(text="x", is_topic_message=True)), 10, 77),
    "a topic whose id is a word": (update(message=message(text="x", is_topic_message=True, message_thread_id="3")), 10, 77),
    "an answer to a message without id": (update(message=message(text="x", reply_to_message={"chat": PRIVATE, "date": DATE})), 10, 77),
    "a press in a topic without its id": (update(callback_query=press(message=message(text="x", is_topic_message=True))), 10, 77),
    "a press without id": (update(callback_query={k: v for k, v in press().items() if k != "id"}), 10, 77),
    "a press by nobody": (update(callback_query={k: v for k, v in press().items() if k != "from"}), 10, 77),
}


@pytest.mark.parametrize("name", READ)
def test_what_each_update_becomes(name: str) -> None:
    raw, expected = READ[name]
    before = deepcopy(raw)
    assert read_update(raw) == expected
    assert read_typed(raw) == expected
    assert raw == before


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_named_by_class_and_nothing_else(name: str) -> None:
    raw, update_id, sender = UNREADABLE[name]
    read = read_update(raw)
    assert (read.kind, read.update_id, read.user_id, read.chat_id) == (Kind.UNREADABLE, update_id, sender, sender)
    assert read.error.isidentifier()
    assert read.text == ""


DIRECT = (
    *("text", "start", "start with a payload", "command", "press", "text with a link", "words in a topic", "press in a topic"),
    *("an answer to a message", "an answer in a topic", "words in a topic answer to nothing but the note that opened it"),
)


@pytest.mark.parametrize("name", DIRECT)
def test_the_common_shapes_take_the_direct_way(name: str) -> None:
    assert read_direct(READ[name][0]) == READ[name][1]


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=True),
    st.text(max_size=8),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [{}]),
    st.builds(lambda: {"id": 1, "type": "private"}),
)
SHAPES = [raw for raw, _ in READ.values()]


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value inside a JSON value."""
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [way for key, each in inside for way in [(*here, key), *paths(each, (*here, key))]]


@st.composite
def bent_updates(draw: st.DrawFn) -> Json:
    """A real update with up to three of its values replaced, dropped or joined by a stranger."""
    raw: Json = deepcopy(draw(st.sampled_from(SHAPES)))
    for _ in range(draw(st.integers(min_value=0, max_value=3))):
        way = draw(st.sampled_from(paths(raw)))
        holder: Any = raw
        for key in way[:-1]:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "drop", "add"])):
            case "replace":
                holder[way[-1]] = draw(JUNK)
            case "drop":
                del holder[way[-1]]
            case _ if isinstance(holder, dict):
                strangers = ["text", "voice", "date", "x", "entities", "data", "is_topic_message", "message_thread_id", "reply_to_message"]
                holder[draw(st.sampled_from(strangers))] = draw(JUNK)
        if not paths(raw):
            break
    return raw


@given(bent_updates())
@settings(max_examples=600, deadline=None)
def test_reading_is_total_and_both_readers_agree(raw: Json) -> None:
    read = read_update(raw)
    assert isinstance(read, Incoming)
    assert read.kind is not Kind.UNREADABLE or read.error
    direct = read_direct(raw)
    if direct is None:
        return
    assert read == direct
    try:
        typed = read_typed(raw)
    except Exception:  # the library refuses what an old message holds; whoever pressed or answered is read all the same
        return
    assert typed == direct
    try:
        typed = read_typed(raw)
    except Exception:  # the library stumbles over something we do not use
        assert direct.kind is Kind.PRESS
    else:
        assert typed == direct


@given(st.recursive(JUNK, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=12), inner), max_leaves=12))
@settings(max_examples=200, deadline=None)
def test_any_json_at_all_is_read(raw: object) -> None:
    assert read_update(raw).kind in (Kind.UNREADABLE, Kind.IGNORED)


CLEAN = {
    "an accent in two parts": ("cafe\u0301", "café"),
    "control characters": ("a\x00b\x1bc\x85d\re", "abcde"),
    "new line and tab stay": ("a\n\tb", "a\n\tb"),
    "text turned round": ("\u202eabc\u202c\u2066d\u2069", "abcd"),
    "zero width": ("a\u200bb\u200dc\ufeffd\u2060e", "abcde"),
    "half a surrogate pair": ("a\ud83db", "ab"),
    "marks without end": ("a" + "\u0323" * 50, "\u1ea1" + "\u0323" * 4),
    "an emoji": ("🙏 gracias", "🙏 gracias"),
    "invisible tags": ("a\U000e0061\U000e007fb", "ab"),
}


def test_a_file_says_nothing_of_its_name() -> None:
    for name in ("audio", "video", "document"):
        assert "Perez" not in repr(read_update(READ[name][0]))


@pytest.mark.parametrize("name", CLEAN)
def test_what_hides_or_turns_words_is_removed(name: str) -> None:
    text, expected = CLEAN[name]
    assert clean_text(text) == expected


def test_words_are_cut_at_4096_characters() -> None:
    assert clean_text("ñ" * 20_000) == "ñ" * 4096
    assert clean_text("n" * 20_000) == "n" * 4096


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    once.encode()


def test_a_slash_behind_hidden_marks_is_still_a_command() -> None:
    read = read_update(update(message=message(text="\u200b/salir")))
    assert (read.kind, read.text) == (Kind.COMMAND, "salir")
