"""Bots of other services than Telegram are apps without a port."""

from __future__ import annotations

import pytest

from tests.migrate.serving.test_find import apps

SUBCLASS = """\
import discord
class Mine(discord.Client):
    async def on_ready(self): ...
Mine(intents=discord.Intents.default()).run("t")
"""
SLACK = """\
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
app = App(token="t")
if __name__ == "__main__":
    SocketModeHandler(app, "a").start()
"""
SLACK_ASYNC = """\
from slack_bolt.async_app import AsyncApp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
app = AsyncApp(token="t")
async def main():
    await AsyncSocketModeHandler(app, "a").start_async()
"""
AIOGRAM = """\
from aiogram import Bot, Dispatcher
dp = Dispatcher()
async def main():
    await dp.start_polling(Bot("t"))
"""
COMMANDS = "from {0}.ext import commands\nbot = commands.Bot(command_prefix='!')\nbot.run('t')\n"
TELETHON = """\
from telethon import TelegramClient
client = TelegramClient("a", 1, "b").start(bot_token="t")
client.run_until_disconnected()
"""
NIO = """\
import asyncio
from nio import AsyncClient
async def main():
    client = AsyncClient("https://matrix.org", "@me:matrix.org")
    await client.sync_forever(timeout=30000)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("code", "framework"),
    [
        pytest.param(COMMANDS.format("discord"), "bot", id="discord.py"),
        pytest.param(COMMANDS.format("nextcord"), "bot", id="nextcord"),
        pytest.param(COMMANDS.format("disnake"), "bot", id="disnake"),
        pytest.param("import discord\nbot = discord.Bot()\nbot.run('t')\n", "bot", id="py-cord"),
        pytest.param(SUBCLASS, "bot", id="a subclass"),
        pytest.param(SLACK, "bot", id="Slack in socket mode"),
        pytest.param(SLACK_ASYNC, "bot", id="Slack in socket mode, async"),
        pytest.param(AIOGRAM, "telegram", id="aiogram 3"),
        pytest.param("from pyrogram import Client\nClient('a').run()\n", "bot", id="pyrogram"),
        pytest.param(TELETHON, "bot", id="telethon"),
        pytest.param(NIO, "bot", id="matrix-nio"),
        pytest.param(COMMANDS.format("twitchio"), "bot", id="twitchio"),
    ],
)
def test_a_bot_is_started_as_a_file_and_has_no_port(code, framework, tmp_path):
    (app,) = apps(tmp_path, {"bot.py": code})
    assert (app.framework, app.command, app.port) == (framework, "python bot.py", None)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import discord\nhook = discord.SyncWebhook.from_url('u')\n", id="a webhook"),
        pytest.param(
            "from discord.ext import commands\nbot = commands.Bot('!')\n", id="not started"
        ),
        pytest.param(SLACK.partition("if __name__")[0], id="Slack by requests"),
    ],
)
def test_what_only_uses_such_a_library_is_no_bot(code, tmp_path):
    assert apps(tmp_path, {"bot.py": code}) == []


def test_the_file_that_starts_a_bot_is_its_app(tmp_path):
    files = {
        "shop/client.py": SUBCLASS.rpartition("Mine(")[0],
        "main.py": ("from shop.client import Mine\nMine().run('t')\n"),
    }
    (app,) = apps(tmp_path, files)
    assert (app.framework, app.command) == ("bot", "python main.py")
