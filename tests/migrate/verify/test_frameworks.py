"""The proof on one small app of each framework, really installed and started. Minutes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.migrate.helpers import write

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow

DJANGO = {
    "requirements.txt": "django\ngunicorn\n",
    "manage.py": """\
        import os, sys
        from django.core.management import execute_from_command_line
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
        if __name__ == "__main__":
            execute_from_command_line(sys.argv)
        """,
    "site1/__init__.py": "",
    "site1/settings.py": """\
        import os
        SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
        ALLOWED_HOSTS = ["*"]
        ROOT_URLCONF = "site1.urls"
        WSGI_APPLICATION = "site1.wsgi.application"
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
        """,
    "site1/wsgi.py": """\
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
        application = get_wsgi_application()
        """,
    "site1/urls.py": """\
        from django.contrib.auth.models import User
        from django.http import HttpResponse
        from django.urls import path
        urlpatterns = [path("", lambda request: HttpResponse(str(User.objects.count())))]
        """,
}
STREAMLIT = {
    "requirements.txt": "streamlit\n",
    "chat/the app.py": """\
        import streamlit as st
        st.title(st.secrets["NAME_OF_KEY"])
        """,
}
CHAINLIT = {
    "requirements.txt": "chainlit\n",
    "bot.py": """\
        import chainlit as cl
        @cl.on_chat_start
        async def start():
            await cl.Message("Hello").send()
            cl.user_session.set("name", "Anna")
        @cl.on_message
        async def answer(message):
            await cl.Message(cl.user_session.get("name") + message.content).send()
        """,
}
GRADIO = {
    "requirements.txt": "gradio\n",
    "ui.py": """\
        import gradio as gr
        with gr.Blocks() as demo:
            question, answer = gr.Textbox(), gr.Textbox()
            question.submit(lambda text: text[::-1], question, answer, api_name="reply")
        if __name__ == "__main__":
            demo.launch()
        """,
}
TELEGRAM = {
    "requirements.txt": "python-telegram-bot\n",
    "bot.py": """\
        import os
        from telegram.ext import ApplicationBuilder
        if __name__ == "__main__":
            ApplicationBuilder().token(os.environ["TELEGRAM_TOKEN"]).build().run_polling()
        """,
}
FLASK = {
    "api/requirements.txt": "flask\n",
    "api/main.py": """\
        from flask import Flask, jsonify
        def create_app():
            app = Flask(__name__)
            @app.get("/")
            def home():
                return jsonify(ok=True)
            return app
        """,
}
QUART = {
    "requirements.txt": "quart\n",
    "main.py": """\
        from quart import Quart
        app = Quart(__name__)
        @app.get("/")
        async def home():
            return "ok"
        """,
}
LOOP = {"requirements.txt": "rich\n", "chat.py": "import rich\nwhile True:\n    input()\n"}
PASSED = {"resolve": "pass", "install": "pass", "import": "pass", "start": "pass"}


def verify(repository: Path, *options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "tools.migrate", "verify", repository, "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, {step["name"]: step for step in json.loads(done.stdout)["steps"]}


@pytest.mark.parametrize(
    ("files", "start", "answers", "says"),
    [
        pytest.param(DJANGO, "pass", "pass", "GET / 200", id="Django"),
        pytest.param(STREAMLIT, "pass", "pass", "the script ran in a session", id="Streamlit"),
        pytest.param(CHAINLIT, "pass", "pass", "a message was answered", id="Chainlit"),
        pytest.param(GRADIO, "pass", "pass", "/reply was asked and answered", id="Gradio"),
        pytest.param(TELEGRAM, "not applicable", "not applicable", "a Telegram bot", id="Telegram"),
        pytest.param(LOOP, "not applicable", "not applicable", "on the terminal", id="a loop"),
        pytest.param(FLASK, "pass", "not applicable", "GET / 200; no route", id="Flask factory"),
        pytest.param(QUART, "pass", "not applicable", "GET / 200; no route", id="Quart"),
    ],
)
def test_an_app_that_works(tmp_path, files, start, answers, says):
    code, steps = verify(write(tmp_path / "repo", files))
    statuses = {name: steps[name]["status"] for name in PASSED}
    assert statuses == {**PASSED, "start": start}, steps
    assert (steps["answers"]["status"], code) == (answers, 0), steps["answers"]
    assert says in steps["answers"]["detail"]


def test_a_streamlit_script_whose_import_is_broken_fails_though_its_page_is_served(tmp_path):
    files = {**STREAMLIT, "chat/the app.py": "import streamlit as st\n__import__('torch')\n"}
    code, steps = verify(write(tmp_path / "repo", files))
    assert (code, steps["start"]["status"], steps["answers"]["status"]) == (1, "pass", "fail")
    assert steps["answers"]["detail"].startswith("GET /_stcore/health 200, GET / 200; ")
    assert "No module named 'torch'" in steps["answers"]["detail"]


def test_a_gradio_app_that_cannot_answer_fails_though_its_page_is_served(tmp_path):
    source = GRADIO["ui.py"].replace("lambda text: text[::-1]", "lambda text: 1 / 0")
    code, steps = verify(write(tmp_path / "repo", {**GRADIO, "ui.py": source}))
    assert (code, steps["start"]["status"], steps["answers"]["status"]) == (1, "pass", "fail")
    assert "/reply was asked; the app shows: AppError" in steps["answers"]["detail"]


def test_what_had_failed_before_is_said(tmp_path):
    source = "from flask import Flask\nimport not_there\napp = Flask(__name__)\n"
    files = {"requirements.txt": "flask\n", "app.py": source}
    original = write(tmp_path / "original", files)
    code, steps = verify(write(tmp_path / "repo", files), "--original", str(original))
    assert (code, steps["import"]["before"]) == (1, "the same error")
    assert steps["start"]["before"] == "the same error"
    _, steps = verify(tmp_path / "repo", "--original", str(original), "--no-before")
    assert steps["import"]["before"] is None


def test_what_the_conversion_broke_is_not_excused(tmp_path):
    works = {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask('a')\n"}
    original = write(tmp_path / "original", works)
    broken = {**works, "app.py": "from flask import Flask\nimport not_there\napp = Flask('a')\n"}
    code, steps = verify(write(tmp_path / "repo", broken), "--original", str(original))
    assert (code, steps["import"]["before"], steps["start"]["before"]) == (1, None, None)
