"""Starts the real service, as a process, on the real model and store."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tools.limits import Limited

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/all-MiniLM-L6-v2"
STORE = ROOT / "stores/shop"
LISTENS = re.compile(r"listening url=(http://\S+)")
START_S = 60
# Bytes of one conversation without a turn: of a first turn that failed nothing else is kept.


@dataclass
class Service:
    """A running service: its client, its process, and what it has written so far."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8")

    def chat(self, question: str, session_id: str | None = None) -> httpx.Response:
        body = {"question": question}
        if session_id is not None:
            body["session_id"] = session_id
        return self.client.post("/chat", json=body)

    def stream(self, question: str, session_id: str | None = None) -> list[tuple[str, Any]]:
        """The events of POST /chat/stream: name and data of each."""
        body = {"question": question, "session_id": session_id}
        with self.client.stream("POST", "/chat/stream", json=body) as response:
            assert response.status_code == 200, response.read()
            return list(events(response.iter_lines()))

    def metric(self, sample: str) -> float:
        """The value of one line of GET /metrics, such as `fit512_sessions`."""
        lines = self.client.get("/metrics").text.splitlines()
        return next(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample + " ")
        )


def events(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Name and JSON data of each server-sent event; comments are left out."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
        else:
            assert field == "", f"no field of ours: {line}"


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service with these settings, and with none of ours."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    folders = {"MODEL_DIR": str(MODEL), "STORE_DIR": str(STORE)}
    return {**base, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **folders, **settings}


@contextmanager
def running(folder: Path, module: str = "service", **settings: str) -> Iterator[Service]:
    """A service that works in `folder`, on a free port, with these variables; stopped at the end."""
    log_file = folder / "service.log"
    command = [sys.executable, "-m", module, "--port", "0"]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment(settings), stderr=log)
    try:
        with httpx.Client(base_url=url(process, log_file), timeout=60, trust_env=False) as client:
            yield Service(client, process, log_file)
    finally:
        process.terminate()
        process.wait(30)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds; half a minute is for slow machines, not a measurement."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def url(process: subprocess.Popen[bytes] | Limited, log_file: Path) -> str:
    """Where it listens, as soon as it does."""

    def listens_or_ended() -> bool:
        return bool(LISTENS.search(log_file.read_text("utf-8"))) or process.poll() is not None

    eventually(listens_or_ended)
    found = LISTENS.search(log := log_file.read_text("utf-8"))
    assert found, f"the service ended with {process.poll()}:\n{log}"
    return found[1]


def python(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """`python ARGUMENTS` in `folder`, with its output in pipes."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Ended:
    """What a process left."""

    returncode: int
    stdout: str
    stderr: str


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process that is to end by itself."""
    with process:
        stdout, stderr = process.communicate(timeout=START_S)
    return Ended(process.returncode, stdout, stderr)


def start_and_fail(folder: Path, *arguments: str, **settings: str) -> Ended:
    """Run `python ARGUMENTS` in `folder`, which is to end by itself."""
    return ended(python(folder, *arguments, **settings))
