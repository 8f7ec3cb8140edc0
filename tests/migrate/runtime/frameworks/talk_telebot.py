from __future__ import annotations

import asyncio
from queue import Queue

import telebot
from telebot.async_telebot import AsyncTeleBot

from tests.migrate.runtime.frameworks import shared_bot
from tests.migrate.runtime.frameworks.shared_bot import ask
from tests.migrate.runtime.frameworks.telegram_updates import updates
from tools.migrate.runtime.telegram_chats import separate_chats

received = [telebot.types.Update.de_json(update) for update in updates()]
answers = Queue()
for threaded in (True, False):
    bot = separate_chats(telebot.TeleBot("1:a", threaded=threaded, num_threads=1))

    @bot.message_handler(func=lambda message: True)
    def answer(message):
        answers.put(ask(message.text))

    for update in received:
        bot.process_new_updates([update])
        print(answers.get(timeout=30))
    if threaded:
        bot.worker_pool.close()
    shared_bot.memory.chat_memory._sessions.clear()

bot = separate_chats(AsyncTeleBot("1:a"))


@bot.message_handler(func=lambda message: True)
async def answer_later(message):
    await asyncio.sleep(0)
    print(ask(message.text))


async def main():
    for update in received:
        await bot.process_new_updates([update])


asyncio.run(main())
