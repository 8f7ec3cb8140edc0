from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from tools.migrate.runtime.model_errors import ModelErrorMiddleware, is_model_error

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
DETAIL = {"detail": "The language model does not answer at the moment. Try again later."}


def wrapped(cause: Exception) -> Exception:
    error = ValueError("Error raised by inference API")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (httpx.ConnectError("no route"), True),
        (TimeoutError(), True),
        (wrapped(httpx.ReadTimeout("30 s")), True),
        (wrapped(KeyError("x")), False),
        (ValueError("ours"), False),
        (ConnectionError("of a database"), False),
    ],
)
def test_whose_error_it_is(error, answered):
    assert is_model_error(error) is answered


def app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(ModelErrorMiddleware)
    app.add_middleware(CORSMiddleware, allow_origins=["*"])

    @app.post("/chat")
    def chat() -> None:
        raise httpx.ConnectError("upstream-secret.example")

    @app.get("/own")
    def own() -> None:
        raise KeyError("ours")

    @app.get("/stream")
    def stream() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "one "
            raise httpx.ReadTimeout("30 s")

        return StreamingResponse(parts())

    return app


def test_a_model_that_fails(caplog):
    with caplog.at_level(logging.ERROR):
        answer = TestClient(app()).post("/chat", headers={"Origin": "https://shop.example"})
    assert (answer.status_code, answer.json()) == (503, DETAIL)
    assert answer.headers["access-control-allow-origin"] == "*"  # a page elsewhere can read it
    assert "upstream-secret.example" in caplog.text


def test_an_error_of_ours_goes_on():
    with pytest.raises(KeyError):
        TestClient(app()).get("/own")


def test_an_answer_that_has_begun_is_broken_off():
    with pytest.raises(httpx.ReadTimeout):
        TestClient(app()).get("/stream")


@pytest.mark.slow  # installs Flask: needs a package index
def test_flask(tmp_path):
    if not UV.exists():
        pytest.skip("no uv beside this interpreter")
    interpreter = tmp_path / "venv" / "bin" / "python"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True)
    install = [UV, "pip", "install", "-q", "--python", interpreter, "flask", "requests"]
    subprocess.run(install, check=True)
    run = subprocess.run(
        [interpreter, "-m", "tests.migrate.runtime.flask_app"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
    )
    answers = run.stdout.splitlines()
    assert [answer.split()[:2] for answer in answers] == [
        ["503", "application/json"],
        ["500", "text/html;"],
        ["410", "text/html;"],
        ["404", "text/html;"],
    ], run.stderr
    assert "upstream-secret" not in run.stdout
    assert "upstream-secret" in run.stderr  # the log
