"""Peer c: python-telegram-bot and plain aiosqlite, a load and a commit (synchronous FULL) for each update. argv: port."""

# mypy: ignore-errors

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import aiosqlite
import words
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler, MessageHandler, filters

PORT = sys.argv[1]
SAVE = """INSERT INTO session(user_id, state, data) VALUES(?, ?, ?)
ON CONFLICT(user_id) DO UPDATE SET state = excluded.state, data = excluded.data"""
TAPS = {
    ("lang", "lang"): ("consent", words.CONSENT, words.CONSENT_KB),
    ("consent", "consent"): ("sit", words.SITUATION, words.SITUATION_KB),
    ("sit", "sit"): ("q1", words.Q1, None),
    ("q2", "safe"): ("q3", words.Q3, None),
    ("handoff", "human"): ("done", words.DONE, None),
}
KEYS = {"sit": "situation"}


def keyboard(rows):
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in rows]) if rows else None


async def load(db, user):
    async with db.execute("SELECT state, data FROM session WHERE user_id = ?", (user,)) as cursor:
        row = await cursor.fetchone()
    return (row[0], json.loads(row[1])) if row else (None, {})


async def save(db, user, state, data):
    await db.execute(SAVE, (user, state, json.dumps(data)))
    await db.commit()


async def start(update, context):
    await save(context.bot_data["db"], update.effective_user.id, "lang", {})
    await update.message.reply_text(words.LANG, reply_markup=keyboard(words.LANG_KB))


async def tapped(update, context):
    query, db, user = update.callback_query, context.bot_data["db"], update.effective_user.id
    state, data = await load(db, user)
    key, value = query.data.split(":")
    await query.answer()
    if (state, key) not in TAPS:
        return
    after, text, rows = TAPS[state, key]
    data[KEYS.get(key, key)] = value
    await save(db, user, after, data)
    await query.message.reply_text(text, reply_markup=keyboard(rows))


async def typed(update, context):
    db, user = context.bot_data["db"], update.effective_user.id
    state, data = await load(db, user)
    if state == "q1":
        data["age"] = update.message.text
        after, text, rows = "q2", words.Q2, words.Q2_KB
    elif state == "q3":
        data["town"] = update.message.text
        after, text, rows = "handoff", words.CARD.format(**data), words.CARD_KB
    else:
        return
    await save(db, user, after, data)
    await update.message.reply_text(text, reply_markup=keyboard(rows))


async def opened(app):
    db = app.bot_data["db"] = await aiosqlite.connect(Path(os.environ["BENCH_DATA"]) / "peer.sqlite3")
    await db.execute("PRAGMA journal_mode=WAL")
    await db.execute("PRAGMA synchronous=FULL")
    await db.execute("CREATE TABLE IF NOT EXISTS session(user_id INTEGER PRIMARY KEY, state TEXT, data TEXT)")
    await db.commit()


async def closed(app):
    await app.bot_data["db"].close()


def main():
    builder = ApplicationBuilder().token("42:TEST").base_url(f"http://127.0.0.1:{PORT}/bot")
    app = builder.post_init(opened).post_shutdown(closed).build()
    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(tapped))
    app.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, typed))
    app.run_polling(allowed_updates=Update.ALL_TYPES)


main()
