"""Peer d: aiogram's finite state machine, kept in memory. argv: port."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import sys

import words
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

PORT = sys.argv[1]
router = Router()


class At(StatesGroup):
    lang = State()
    consent = State()
    situation = State()
    q1 = State()
    q2 = State()
    q3 = State()
    handoff = State()


def keyboard(rows):
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data)] for text, data in rows])


@router.message(CommandStart())
async def start(message, state):
    await state.clear()
    await state.set_state(At.lang)
    await message.answer(words.LANG, reply_markup=keyboard(words.LANG_KB))


@router.callback_query(At.lang, F.data.startswith("lang:"))
async def lang(query, state):
    await query.answer()
    await state.update_data(lang=query.data[5:])
    await state.set_state(At.consent)
    await query.message.answer(words.CONSENT, reply_markup=keyboard(words.CONSENT_KB))


@router.callback_query(At.consent, F.data.startswith("consent:"))
async def consent(query, state):
    await query.answer()
    await state.update_data(consent=True)
    await state.set_state(At.situation)
    await query.message.answer(words.SITUATION, reply_markup=keyboard(words.SITUATION_KB))


@router.callback_query(At.situation, F.data.startswith("sit:"))
async def situation(query, state):
    await query.answer()
    await state.update_data(situation=query.data[4:])
    await state.set_state(At.q1)
    await query.message.answer(words.Q1)


@router.message(At.q1, F.text)
async def q1(message, state):
    await state.update_data(age=message.text)
    await state.set_state(At.q2)
    await message.answer(words.Q2, reply_markup=keyboard(words.Q2_KB))


@router.callback_query(At.q2, F.data.startswith("safe:"))
async def q2(query, state):
    await query.answer()
    await state.update_data(safe=query.data[5:])
    await state.set_state(At.q3)
    await query.message.answer(words.Q3)


@router.message(At.q3, F.text)
async def q3(message, state):
    data = await state.update_data(town=message.text)
    await state.set_state(At.handoff)
    await message.answer(words.CARD.format(**data), reply_markup=keyboard(words.CARD_KB))


@router.callback_query(At.handoff, F.data.startswith("human:"))
async def handoff(query, state):
    await query.answer()
    await state.clear()
    await query.message.answer(words.DONE)


async def main():
    bot = Bot("42:TEST", session=AiohttpSession(api=TelegramAPIServer.from_base(f"http://127.0.0.1:{PORT}")))
    dispatcher = Dispatcher(storage=MemoryStorage())
    dispatcher.include_router(router)
    await dispatcher.start_polling(bot)


asyncio.run(main())
