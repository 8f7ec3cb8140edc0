"""Bots that wait on a connection of their own and listen to no port, other than Telegram's (`entrypoints`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.migrate.parsed import qualified

_DISCORD = ("Client", "AutoShardedClient", "Bot", "AutoShardedBot")
_COMMANDS = ("Bot", "AutoShardedBot", "InteractionBot", "AutoShardedInteractionBot")
_SLACK = "slack_bolt.adapter.socket_mode"
# The classes of which a bot is made, or a subclass of its own is.
CLASSES = frozenset(
    {
        *(
            f"{library}.{name}"
            for library in ("discord", "nextcord", "disnake")
            for name in _DISCORD
        ),
        *(
            f"{library}.ext.commands.{name}"
            for library in ("discord", "nextcord", "disnake")
            for name in _COMMANDS
        ),
        "hikari.GatewayBot",
        "hikari.impl.GatewayBot",
        "lightbulb.BotApp",
        "interactions.Client",
        "interactions.AutoShardedClient",
        f"{_SLACK}.SocketModeHandler",
        f"{_SLACK}.aiohttp.AsyncSocketModeHandler",
        f"{_SLACK}.async_handler.AsyncSocketModeHandler",
        f"{_SLACK}.builtin.SocketModeHandler",
        f"{_SLACK}.websocket_client.SocketModeHandler",
        f"{_SLACK}.websockets.AsyncSocketModeHandler",
        "slack_sdk.socket_mode.SocketModeClient",
        "slack_sdk.socket_mode.aiohttp.SocketModeClient",
        "slack_sdk.socket_mode.builtin.SocketModeClient",
        "slack_sdk.socket_mode.websockets.SocketModeClient",
        "pyrogram.Client",
        "pyrogram.client.Client",
        "telethon.TelegramClient",
        "telethon.client.TelegramClient",
        "telethon.sync.TelegramClient",
        "nio.AsyncClient",
        "simplematrixbotlib.Bot",
        "niobot.NioBot",
        "twitchio.Client",
        "twitchio.ext.commands.AutoBot",
        "twitchio.ext.commands.Bot",
        "twitchAPI.chat.Chat",
        "zulip.Client",
        "revolt.Client",
        "slixmpp.ClientXMPP",
        "mmpy_bot.Bot",
    }
)
# The calls by which one begins to listen.
STARTERS = frozenset(
    {"call_on_each_message", "connect", "run", "run_forever", "run_until_complete"}
    | {"run_until_disconnected", "start", "start_async", "sync_forever"}
)


def subclasses(tree: ast.Module, names: Mapping[str, str]) -> Iterator[int]:
    """The lines of the classes that are bots of a person's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _is_bot(node, names):
            yield node.lineno


def _is_bot(node: ast.ClassDef, names: Mapping[str, str]) -> bool:
    return any(qualified(base, names) in CLASSES for base in node.bases)
