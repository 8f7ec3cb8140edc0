from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bench.load import ask
from tools.limits.free_port import free_port

APP = Path(__file__).with_name("chat_app.py")


@pytest.fixture
def port():
    port = free_port()
    with subprocess.Popen([sys.executable, APP, str(port)]) as app:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.01)
        yield port
        app.terminate()


def test_every_question_is_asked_once(port):
    load = ask(port, [f"{n}?" for n in range(40)], sessions=4, at_a_time=4)

    assert (load.asked, load.answered) == (40, 40)
    assert load.p50_ms <= load.p95_ms


def test_a_visitor_keeps_the_cookie_of_the_first_answer(port):
    ask(port, ["a?", "b?", "c?"], sessions=1, at_a_time=1)

    seen = httpx.post(f"http://127.0.0.1:{port}/chat", content=b"{}").text
    assert seen == repr([None, "visitor=1", "visitor=1", None])
