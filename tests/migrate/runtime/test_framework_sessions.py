from __future__ import annotations

import os
import subprocess
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType, SimpleNamespace

import httpx
import pytest

from tools.limits.free_port import free_port
from tools.migrate.runtime.framework_sessions import framework_session

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
APPS = Path(__file__).parent / "frameworks"


def test_no_framework_is_loaded() -> None:
    assert framework_session() is None


def test_a_gradio_without_requests_in_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("gradio.context")
    monkeypatch.setitem(sys.modules, "gradio.context", old)
    assert framework_session() is None
    old.LocalContext = SimpleNamespace(request=ContextVar("request"))  # type: ignore[attr-defined]
    assert framework_session() is None
    old.LocalContext.request.set(SimpleNamespace(session_hash=None))
    assert framework_session() is None


@pytest.mark.slow  # installs the framework: needs a package index, about a minute for all
@pytest.mark.parametrize(
    ("name", "packages", "serve"),
    [
        pytest.param(
            "chainlit",
            ["chainlit", "aiohttp"],
            ["-m", "chainlit", "run", "{app}", "--headless", "--host=127.0.0.1", "--port={port}"],
            id="chainlit",
        ),
        pytest.param("gradio", ["gradio"], ["{app}", "{port}"], id="gradio"),
        pytest.param(
            "streamlit",
            ["streamlit", "websockets"],
            ["-m", "streamlit", "run", "{app}", "--server.headless=true", "--server.port={port}"]
            + ["--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
            + ["--server.enableXsrfProtection=false"],
            id="streamlit",
        ),
    ],
)
def test_a_shared_memory_keeps_visitors_apart(
    name: str, packages: list[str], serve: list[str], tmp_path: Path
) -> None:
    if not UV.exists():
        pytest.skip("no uv beside this interpreter")
    interpreter = tmp_path / "venv" / "bin" / "python"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True)
    install = [UV, "pip", "install", "-q", "--python", interpreter, "langchain-classic", *packages]
    subprocess.run(install, check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIO_ANALYTICS_ENABLED": "False"}
    port = str(free_port())
    command = [part.format(app=APPS / f"serve_{name}.py", port=port) for part in serve]
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [interpreter, *command], cwd=tmp_path, env=environment, stdout=output, stderr=output
        ) as server,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/", server, log)
            client = [interpreter, APPS / f"visit_{name}.py", port]
            talk = subprocess.run(
                client, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120
            )
        finally:
            server.kill()
    windows = "a0 b0 a0,a1 b0,b1 a1,a2 b1,b2 a2,a3 b2,b3"
    assert talk.stdout.split() == windows.split(), talk.stderr + log.read_text()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.1)
        if server.poll() is not None:
            break
    raise RuntimeError(f"no answer from {url}; the server said:\n{log.read_text()}")
