"""Tells one Telegram chat from another, so that each has a conversation of its own.

    separate_chats(ApplicationBuilder().token(TOKEN).build())    # python-telegram-bot
    separate_chats(Updater(TOKEN))                               # python-telegram-bot before 20
    separate_chats(telebot.TeleBot(TOKEN))                       # pyTelegramBotAPI, AsyncTeleBot too
    separate_chats(Dispatcher())                                 # aiogram

A handler that hands its work to a thread (run_async, loop.run_in_executor) loses its chat;
asyncio.to_thread keeps it.
Copied into this repository by fit512 (MIT licence); needs the bot's own framework alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any

from .sessions import current_session, tell_sessions_apart

_FIRST = -1_000_000  # a group of handlers before those of the bot
_CHATS = ("effective_chat", "chat", "message.chat", "effective_user", "from_user")


def separate_chats(bot: Any) -> Any:
    """Call once, with the object that the bot's handlers are added to; returns it."""
    packages = {base.__module__.partition(".")[0] for base in type(bot).__mro__}
    for package, separate in _PACKAGES.items():
        if package in packages:
            tell_sessions_apart()
            separate(bot)
            return bot
    raise TypeError(f"{type(bot).__name__} is no Application, Updater, TeleBot or Dispatcher")


def _enter(update: Any) -> None:
    current_session.set(_session(update))


def _session(update: Any) -> str | None:
    """The chat that an update, a message or a click on a button belongs to."""
    if isinstance(update, list):  # telebot's listeners get several messages at once
        sessions = {_session(message) for message in update}
        return sessions.pop() if len(sessions) == 1 else None
    for path in _CHATS:
        chat = reduce(lambda owner, name: getattr(owner, name, None), path.split("."), update)
        if getattr(chat, "id", None) is not None:
            return f"telegram:{chat.id}"
    return None


def _python_telegram_bot(bot: Any) -> None:
    telegram, ext = import_module("telegram"), import_module("telegram.ext")

    async def enter(update: Any, context: Any) -> None:
        _enter(update)

    dispatcher = getattr(bot, "dispatcher", None)  # before version 20, where nothing was async
    callback = enter if dispatcher is None else lambda update, context: _enter(update)
    (dispatcher or bot).add_handler(ext.TypeHandler(telegram.Update, callback), group=_FIRST)


def _telebot(bot: Any) -> None:
    # Its middlewares are off unless asked for, and the older ones run in another thread.
    if hasattr(bot, "_run_middlewares_and_handlers"):
        handle = bot._run_middlewares_and_handlers

        async def handle_in_chat(*args: Any, **options: Any) -> Any:
            _enter(next(filter(_session, args), None))
            return await handle(*args, **options)

        bot._run_middlewares_and_handlers = handle_in_chat
        return
    execute = bot._exec_task

    def execute_in_chat(task: Callable[..., Any], *args: Any, **options: Any) -> Any:
        def run(*given: Any, **named: Any) -> Any:
            _enter(given[0] if given else None)
            return task(*given, **named)

        return execute(run, *args, **options)

    bot._exec_task = execute_in_chat


def _aiogram(dispatcher: Any) -> None:
    if hasattr(dispatcher, "middleware"):
        base = import_module("aiogram.dispatcher.middlewares").BaseMiddleware
        dispatcher.middleware.setup(type("ChatMiddleware", (_Before3, base), {})())
        return

    async def enter(handler: Any, update: Any, data: dict[str, Any]) -> Any:
        chat = data.get("event_chat") or data.get("event_from_user")
        current_session.set(f"telegram:{chat.id}" if chat else None)
        return await handler(update, data)

    dispatcher.update.outer_middleware(enter)


class _Before3:
    """A middleware of aiogram 2."""

    async def on_pre_process_message(self, message: Any, data: Any) -> None:
        _enter(message)

    async def on_pre_process_callback_query(self, query: Any, data: Any) -> None:
        _enter(query)


_PACKAGES: dict[str, Callable[[Any], None]] = {
    "telegram": _python_telegram_bot,
    "telebot": _telebot,
    "aiogram": _aiogram,
}
