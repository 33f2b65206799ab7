"""Peers a and b: python-telegram-bot's ConversationHandler, without persistence or with PicklePersistence. argv: port, none|pickle."""

# mypy: ignore-errors

from __future__ import annotations

import os
import sys
from pathlib import Path

import words
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

PORT, KEPT = sys.argv[1:3]
LANG, CONSENT, SITUATION, Q1, Q2, Q3, HANDOFF = range(7)
TYPED = filters.TEXT & ~filters.COMMAND


def keyboard(rows):
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in rows])


async def start(update, context):
    await update.message.reply_text(words.LANG, reply_markup=keyboard(words.LANG_KB))
    return LANG


async def lang(update, context):
    query = update.callback_query
    await query.answer()
    context.user_data["lang"] = query.data[5:]
    await query.message.reply_text(words.CONSENT, reply_markup=keyboard(words.CONSENT_KB))
    return CONSENT


async def consent(update, context):
    query = update.callback_query
    await query.answer()
    context.user_data["consent"] = True
    await query.message.reply_text(words.SITUATION, reply_markup=keyboard(words.SITUATION_KB))
    return SITUATION


async def situation(update, context):
    query = update.callback_query
    await query.answer()
    context.user_data["situation"] = query.data[4:]
    await query.message.reply_text(words.Q1)
    return Q1


async def q1(update, context):
    context.user_data["age"] = update.message.text
    await update.message.reply_text(words.Q2, reply_markup=keyboard(words.Q2_KB))
    return Q2


async def q2(update, context):
    query = update.callback_query
    await query.answer()
    context.user_data["safe"] = query.data[5:]
    await query.message.reply_text(words.Q3)
    return Q3


async def q3(update, context):
    context.user_data["town"] = update.message.text
    await update.message.reply_text(words.CARD.format(**context.user_data), reply_markup=keyboard(words.CARD_KB))
    return HANDOFF


async def handoff(update, context):
    query = update.callback_query
    await query.answer()
    context.user_data["handoff"] = query.data
    await query.message.reply_text(words.DONE)
    return ConversationHandler.END


def main():
    builder = ApplicationBuilder().token("42:TEST").base_url(f"http://127.0.0.1:{PORT}/bot")
    if KEPT == "pickle":
        builder = builder.persistence(PicklePersistence(Path(os.environ["BENCH_DATA"]) / "peer.pickle"))
    app = builder.build()
    states = {
        LANG: [CallbackQueryHandler(lang, "^lang:")],
        CONSENT: [CallbackQueryHandler(consent, "^consent:")],
        SITUATION: [CallbackQueryHandler(situation, "^sit:")],
        Q1: [MessageHandler(TYPED, q1)],
        Q2: [CallbackQueryHandler(q2, "^safe:")],
        Q3: [MessageHandler(TYPED, q3)],
        HANDOFF: [CallbackQueryHandler(handoff, "^human:")],
    }
    begin = CommandHandler("start", start)
    kept = KEPT == "pickle"
    app.add_handler(
        ConversationHandler(
            entry_points=[begin], fallbacks=[begin], allow_reentry=True, states=states, persistent=kept, name="triage" if kept else None
        )
    )
    app.run_polling(allowed_updates=Update.ALL_TYPES)


main()
