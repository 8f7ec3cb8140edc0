from __future__ import annotations

import asyncio

from aiogram import Bot, Dispatcher, types

from tests.migrate.runtime.frameworks.shared_bot import ask
from tests.migrate.runtime.frameworks.telegram_updates import updates
from tools.migrate.runtime.telegram_chats import separate_chats

TOKEN = "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


async def answer(message: types.Message):
    print(
        await asyncio.to_thread(ask, message.text)
        if message.text.endswith("1")
        else ask(message.text)
    )


async def main():
    dispatcher = separate_chats(Dispatcher())
    dispatcher.message.register(answer)
    bot = Bot(TOKEN)
    for update in updates():
        await dispatcher.feed_update(bot, types.Update(**update))


async def before_3():
    bot = Bot(TOKEN)
    Bot.set_current(bot)
    dispatcher = separate_chats(Dispatcher(bot))
    dispatcher.register_message_handler(answer)
    for update in updates():
        await dispatcher.process_update(types.Update(**update))


asyncio.run(main() if hasattr(Dispatcher, "feed_update") else before_3())
