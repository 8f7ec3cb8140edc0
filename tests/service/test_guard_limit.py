"""The service in a memory limit that is 16 MiB above what it holds at rest."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.sessions import new_session_id
from tests.limits.conftest import enforced as enforced
from tests.service.helpers import Service, environment, eventually, url
from tools.limits import Limited, start
from tools.limits import upstream as local_upstream

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("enforced")]
ABOVE_REST_MIB = 16
LARGE = {"MAX_QUESTION_CHARS": "100000", "MAX_BODY_KIB": "512", "MAX_BODIES_MIB": "512"}
ROOM = {"SESSIONS_MIB": "512", "CACHE_MIB": "512", "LLM_CONDENSE": "false"}


@contextmanager
def limited(folder: Path, limit_mib: float, **settings: str) -> Iterator[tuple[Service, Limited]]:
    """The service in a real limit."""
    log_file = folder / "service.log"
    command = [sys.executable, "-m", "service", "--port", "0"]
    with (
        log_file.open("wb") as log,
        start(
            command, limit_mib=limit_mib, cwd=folder, env=environment(settings), stderr=log
        ) as run,
        httpx.Client(base_url=url(run, log_file), timeout=60, trust_env=False) as client,
    ):
        yield Service(client, run.process, log_file), run


def limit_of(folder: Path, **settings: str) -> float:
    """16 MiB above what the service holds with these settings before the first question."""
    with limited(folder, 512, **settings) as (service, run):
        service.client.get("/ready")
        time.sleep(1)
        rest = run.read().working_set_mib
    assert rest is not None
    return rest + ABOVE_REST_MIB


def flood(service: Service, seconds: float, question: str, visitors: int = 32) -> Counter[str]:
    """Ask long questions, each in a conversation of its own; what came, by its kind."""
    until = time.monotonic() + seconds
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def visitor(number: int) -> None:
        with httpx.Client(base_url=service.client.base_url, timeout=60, trust_env=False) as client:
            turn = 0
            while time.monotonic() < until:
                body = {
                    "question": f"{number} {turn} {question}",
                    "session_id": new_session_id(),
                }
                kind = outcome(client, body)
                turn += 1
                with lock:
                    seen[kind] += 1

    with ThreadPoolExecutor(visitors) as pool:
        list(pool.map(visitor, range(visitors)))
    return seen


def flood_until_both(service: Service, question: str) -> Counter[str]:
    """Ask until some were answered and some refused; a slow machine may take more than one flood."""
    seen: Counter[str] = Counter()
    for _ in range(6):
        seen += flood(service, 10, question)
        if seen["no memory"] and seen["200"]:
            break
    return seen


def outcome(client: httpx.Client, body: dict[str, str]) -> str:
    try:
        response = client.post("/chat", json=body)
    except httpx.HTTPError as error:
        return type(error).__name__
    if response.status_code == 503 and "short of memory" in response.text:
        assert int(response.headers["retry-after"]) > 0
        return "no memory"
    return str(response.status_code)


def test_it_is_never_killed_for_memory(tmp_path):
    question = os.urandom(40_000).hex()
    with local_upstream(latency_ms=1000, token_rate=20) as local, ThreadPoolExecutor(2) as pool:
        settings = {"LLM_API_KEY": "k", "LLM_BASE_URL": local.base_url, **LARGE, **ROOM}
        with limited(tmp_path, limit_of(tmp_path, **settings), **settings) as (service, run):
            running = pool.submit(service.stream, "Do you take PayPal?", "early")
            eventually(lambda: local.count() == 1)
            asked = pool.submit(flood_until_both, service, question)
            while not asked.done():
                assert run.poll() is None, "the service is gone"
                assert service.client.get("/health").status_code == 200
                assert service.client.get("/metrics").status_code == 200
                time.sleep(0.1)
            seen = asked.result()
            assert running.result()[-1][0] == "done"
            assert not run.oom_killed
            assert seen["no memory"] > 0, seen
            assert seen["200"] > 0, seen
            assert (
                'fit512_refused_total{reason="memory"} 0.0'
                not in service.client.get("/metrics").text
            )
            assert "memory guard level=" in service.log
            eventually(lambda: service.chat("How much is shipping?").status_code == 200)
            assert not run.oom_killed
            assert "Traceback" not in service.log


def test_conversations_make_room_for_new_ones(tmp_path):
    question = "".join(chr(0x4E00 + random.randrange(20_000)) for _ in range(90_000))
    settings = {**LARGE, **ROOM}
    dropped = 'fit512_sessions_dropped_total{reason="memory"}'
    with limited(tmp_path, limit_of(tmp_path, **settings), **settings) as (service, run):

        def one_went() -> bool:
            assert set(flood(service, 1, question, visitors=2)) <= {"200", "no memory"}
            return service.metric(dropped) > 0

        eventually(one_went)
        assert not run.oom_killed
        eventually(lambda: service.chat("How much is shipping?").status_code == 200)
