from __future__ import annotations

import asyncio
import json

import telegram
from telegram import ext

from tests.migrate.runtime.frameworks.shared_bot import ask
from tests.migrate.runtime.frameworks.telegram_updates import updates
from tools.migrate.runtime.telegram_chats import separate_chats


async def answer(update, context):
    text = update.message.text
    print(await asyncio.to_thread(ask, text) if text.endswith("1") else ask(text))


class NoNetwork(telegram.request.BaseRequest if hasattr(telegram, "request") else object):
    """Knows only who the bot is."""

    read_timeout = 1

    async def initialize(self):
        pass

    async def shutdown(self):
        pass

    async def do_request(self, *args, **options):
        me = {"id": 1, "is_bot": True, "first_name": "bot", "username": "bot"}
        return 200, json.dumps({"ok": True, "result": me}).encode()


async def main():
    builder = ext.ApplicationBuilder().token("123:abc").request(NoNetwork())
    app = separate_chats(builder.get_updates_request(NoNetwork()).build())
    app.add_handler(ext.MessageHandler(ext.filters.TEXT, answer))
    async with app:
        for update in updates():
            await app.process_update(telegram.Update.de_json(update, app.bot))


def before_20():
    updater = separate_chats(ext.Updater("123:abc"))
    dispatcher = updater.dispatcher
    dispatcher.add_handler(
        ext.MessageHandler(
            ext.Filters.text, lambda update, context: print(ask(update.message.text))
        )
    )
    for update in updates():
        dispatcher.process_update(telegram.Update.de_json(update, updater.bot))


if hasattr(ext, "ApplicationBuilder"):
    asyncio.run(main())
else:
    before_20()
