"""Starts the real service, as a process, on the real model and store."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/all-MiniLM-L6-v2"
STORE = ROOT / "stores/shop"
LISTENS = re.compile(r"listening url=(http://\S+)")
START_S = 60


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

    def metric(self, sample: str) -> float:
        """The value of one line of GET /metrics, such as `fit512_sessions`."""
        lines = self.client.get("/metrics").text.splitlines()
        return next(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample + " ")
        )


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service with these settings, and with none of ours."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    folders = {"MODEL_DIR": str(MODEL), "STORE_DIR": str(STORE)}
    return {**base, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **folders, **settings}


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Service]:
    """A service that works in `folder`, on a free port, with these variables; stopped at the end."""
    log_file = folder / "service.log"
    command = [sys.executable, "-m", "service", "--port", "0"]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment(settings), stderr=log)
    try:
        with httpx.Client(base_url=_url(process, log_file), timeout=60, trust_env=False) as client:
            yield Service(client, process, log_file)
    finally:
        process.terminate()
        process.wait(30)


def _url(process: subprocess.Popen[bytes], log_file: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        log = log_file.read_text("utf-8")
        if found := LISTENS.search(log):
            return found[1]
        if process.poll() is not None:
            raise AssertionError(f"the service ended with {process.returncode}:\n{log}")
        time.sleep(0.01)
    raise AssertionError(f"the service did not listen within {START_S} s:\n{log}")


def start_and_fail(
    folder: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` in `folder`, which is to end by itself."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=START_S,
    )
