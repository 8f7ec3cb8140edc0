from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace as Has
from typing import Any

import pytest

from tools.migrate.runtime.telegram_chats import _session, separate_chats

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
APPS = Path(__file__).parent / "frameworks"
CHAT = Has(id=7)
WINDOWS = "a0 b0 a0,a1 b0,b1 a1,a2 b1,b2 a2,a3 b2,b3"


@pytest.mark.parametrize(
    ("update", "session"),
    [
        pytest.param(Has(effective_chat=CHAT), "telegram:7", id="python-telegram-bot"),
        pytest.param(Has(chat=CHAT), "telegram:7", id="a message"),
        pytest.param(Has(message=Has(chat=CHAT)), "telegram:7", id="a click"),
        pytest.param(Has(chat=None, from_user=Has(id=9)), "telegram:9", id="an inline query"),
        pytest.param([Has(chat=CHAT), Has(chat=CHAT)], "telegram:7", id="messages of one chat"),
        pytest.param([Has(chat=CHAT), Has(chat=Has(id=8))], None, id="messages of two chats"),
        pytest.param(Has(poll="?"), None, id="a poll"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_the_chat_of_an_update(update: Any, session: str | None) -> None:
    assert _session(update) == session


def test_what_is_no_bot_is_refused() -> None:
    with pytest.raises(TypeError, match="SimpleNamespace is no Application"):
        separate_chats(Has())


@pytest.mark.slow  # installs the framework: needs a package index
@pytest.mark.parametrize(
    ("app", "packages", "rounds"),
    [
        pytest.param(
            "python_telegram_bot", ["python-telegram-bot>=20"], 1, id="python-telegram-bot"
        ),
        pytest.param(
            "python_telegram_bot", ["python-telegram-bot==13.15", "setuptools<80"], 1, id="its 13"
        ),
        pytest.param("telebot", ["pyTelegramBotAPI", "aiohttp"], 3, id="telebot"),
        pytest.param("aiogram", ["aiogram>=3"], 1, id="aiogram"),
        pytest.param("aiogram", ["aiogram==2.25.1"], 1, id="its 2"),
        pytest.param("socketio", ["flask-socketio"], 1, id="Flask-SocketIO"),
    ],
)
def test_a_shared_memory_keeps_chats_apart(
    app: str, packages: list[str], rounds: int, tmp_path: Path
) -> None:
    if not UV.exists():
        pytest.skip("no uv beside this interpreter")
    interpreter = tmp_path / "venv" / "bin" / "python"
    subprocess.run([UV, "venv", "-q", "--python", "3.11", tmp_path / "venv"], check=True)
    install = [UV, "pip", "install", "-q", "--python", interpreter, "langchain-classic", *packages]
    subprocess.run(install, check=True)
    talk = subprocess.run(
        [interpreter, APPS / f"talk_{app}.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert talk.stdout.split() == WINDOWS.split() * rounds, talk.stderr
