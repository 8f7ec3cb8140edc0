from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import sessions

WINDOW = "from fit512_runtime.window_memory import WindowMemory\n"
MEMORY = "memory = WindowMemory(k=5)\n"
CHATS = "from fit512_runtime.telegram_chats import separate_chats\n"
WSGI = "from fit512_runtime.sessions import WsgiSessionMiddleware\n"
ASGI = "from fit512_runtime.sessions import SessionMiddleware\n"


@pytest.mark.parametrize(
    ("imports", "bot", "name"),
    [
        pytest.param(
            "from telegram.ext import ApplicationBuilder",
            "app = ApplicationBuilder().token(T).build()",
            "app",
            id="ApplicationBuilder",
        ),
        pytest.param(
            "from telegram.ext import Application",
            "application = (\n    Application.builder()\n    .token(T)\n    .build()\n)",
            "application",
            id="Application.builder",
        ),
        pytest.param(
            "from telegram.ext import Updater", "updater = Updater(T)", "updater", id="Updater"
        ),
        pytest.param("import telebot", "bot = telebot.TeleBot(T)", "bot", id="telebot"),
        pytest.param(
            "from telebot.async_telebot import AsyncTeleBot",
            "bot = AsyncTeleBot(T)",
            "bot",
            id="AsyncTeleBot",
        ),
        pytest.param(
            "from aiogram import Bot, Dispatcher",
            "bot, dp = Bot(T), None\ndp: Dispatcher = Dispatcher(storage=s)",
            "dp",
            id="aiogram",
        ),
    ],
)
def test_a_telegram_bot(imports, bot, name):
    started = f"{name}.run_polling()\n{name}.start_polling()\n"
    check_transformed(
        sessions,
        f"{imports}\n{WINDOW}{MEMORY}{bot}\n{started}",
        f"{imports}\n{WINDOW}{CHATS}{MEMORY}{bot}\nseparate_chats({name})\n{started}",
    )


def test_a_bot_made_in_main_asks_a_chain_of_another_file():
    project = check_transformed(
        sessions,
        {
            "bot.py": """\
                from telegram.ext import ApplicationBuilder
                from pipeline import chain
                def main():
                    app = ApplicationBuilder().token(T).build()
                    app.run_polling()
                if __name__ == "__main__":
                    main()
                """,
            "pipeline.py": f"{WINDOW}chain = Chain(memory=WindowMemory(k=5))\n",
        },
        {
            "bot.py": """\
                from telegram.ext import ApplicationBuilder
                from pipeline import chain
                from fit512_runtime.telegram_chats import separate_chats
                def main():
                    app = ApplicationBuilder().token(T).build()
                    separate_chats(app)
                    app.run_polling()
                if __name__ == "__main__":
                    main()
                """
        },
        notes=[("changed", "bot.py", 4)],
    )
    assert "each chat" in project.notes[0].message


def test_an_attribute_of_the_bots_class():
    check_transformed(
        sessions,
        f"""\
        import telebot
        {WINDOW.strip()}
        class Bot:
            def __init__(self):
                self.memory = WindowMemory(k=5)
                self.bot = telebot.TeleBot(T)
        Bot().bot.infinity_polling()
        """,
        f"""\
        import telebot
        {WINDOW.strip()}
        {CHATS.strip()}
        class Bot:
            def __init__(self):
                self.memory = WindowMemory(k=5)
                self.bot = telebot.TeleBot(T)
                separate_chats(self.bot)
        Bot().bot.infinity_polling()
        """,
    )


def test_a_bot_and_its_web_app_in_one_file():
    check_transformed(
        sessions,
        f"import telebot\nfrom flask import Flask\n{WINDOW}app = Flask(__name__)\n"
        f"bot = telebot.TeleBot(T)\n{MEMORY}",
        f"import telebot\nfrom flask import Flask\n{WINDOW}{WSGI}{CHATS}app = Flask(__name__)\n"
        "app.wsgi_app = WsgiSessionMiddleware(app.wsgi_app)\n"
        f"bot = telebot.TeleBot(T)\nseparate_chats(bot)\n{MEMORY}",
    )


def test_a_bot_without_a_name_is_reported():
    source = f"import telebot\n{WINDOW}{MEMORY}telebot.TeleBot(T).infinity_polling()\n"
    check_noop(sessions, source, notes=[("warning", "app.py", 3)])


DJANGO = {
    "manage.py": "from django.core.management import execute_from_command_line\n"
    "execute_from_command_line([])\n",
    "chat/views.py": f"{WINDOW}{MEMORY}",
}


def test_django_behind_both_servers():
    check_transformed(
        sessions,
        {
            **DJANGO,
            "site/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
            "application = get_wsgi_application()\n",
            "site/asgi.py": "from django.core.asgi import get_asgi_application\n"
            "application = get_asgi_application()\n",
        },
        {
            "site/asgi.py": f"from django.core.asgi import get_asgi_application\n{ASGI}"
            "application = get_asgi_application()\n"
            "application = SessionMiddleware(application)\n",
            "site/wsgi.py": f"from django.core.wsgi import get_wsgi_application\n{WSGI}"
            "application = get_wsgi_application()\n"
            "application = WsgiSessionMiddleware(application)\n",
        },
    )


def test_django_with_websockets():
    made = (
        "django = get_asgi_application()\n"
        "application = ProtocolTypeRouter({'http': django, 'websocket': sockets})\n"
    )
    check_transformed(
        sessions,
        {
            **DJANGO,
            "site/asgi.py": f"from django.core.asgi import get_asgi_application\n{made}",
        },
        {
            "site/asgi.py": f"from django.core.asgi import get_asgi_application\n{ASGI}{made}"
            "application = SessionMiddleware(application)\n"
        },
    )


def test_quart():
    check_transformed(
        sessions,
        f"from quart import Quart\n{WINDOW}app = Quart(__name__)\n{MEMORY}",
        f"from quart import Quart\n{WINDOW}{ASGI}app = Quart(__name__)\n"
        f"app.asgi_app = SessionMiddleware(app.asgi_app)\n{MEMORY}",
    )


def test_routes_that_import_the_app():
    app = "from flask import Flask\n{}app = Flask(__name__)\n{}"
    check_transformed(
        sessions,
        {
            "run.py": "from web import app\nimport routes\napp.run()\n",
            "web.py": app.format("", ""),
            "routes.py": f"from web import app\n{WINDOW}{MEMORY}",
            "Procfile": "web: gunicorn run:app\n",
        },
        {"web.py": app.format(WSGI, "app.wsgi_app = WsgiSessionMiddleware(app.wsgi_app)\n")},
    )


def test_one_summary_for_all_is_reported():
    check_noop(
        sessions,
        "from fastapi import FastAPI\nfrom fit512_runtime.session_history import SessionHistory\n"
        "app = FastAPI()\nm = Summary(chat_memory=SessionHistory(k=1, per_session=False))\n",
        notes=[("warning", "app.py", 4)],
    )
