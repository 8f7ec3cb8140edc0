from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.service.helpers import Service, events, eventually, running
from tools.limits import upstream as local_upstream

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")
QUESTION = {"question": "Do you take PayPal?", "session_id": "a"}


def stopping(service: Service) -> bool:
    return service.client.get("/ready").status_code == 503


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_it_answers(tmp_path, number):
    with (
        local_upstream(latency_ms=1000) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
        ThreadPoolExecutor() as pool,
    ):
        answer = pool.submit(service.chat, "Hello?")
        eventually(lambda: local.count() > 0)
        service.process.send_signal(number)
        assert answer.result().status_code == 200
        assert service.process.wait(30) == 0
        assert "Traceback" not in service.log


def test_a_stream_goes_on_while_new_requests_are_sent_away(tmp_path):
    with (
        local_upstream(token_rate=10) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        with service.client.stream("POST", "/chat/stream", json=QUESTION) as response:
            lines = response.iter_lines()
            first = next(lines)
            service.process.send_signal(signal.SIGTERM)
            eventually(lambda: stopping(service))
            refused = service.chat("Hello?")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["detail"] == "The service is being stopped."
            assert refused.headers["connection"] == "close"
            assert service.client.get("/health").status_code == 200
            assert service.metric("fit512_in_flight") == 1
            names = [name for name, _ in events([first, *lines])]
        assert (names[0], names[-1]) == ("sources", "done")
        assert service.process.wait(30) == 0
        assert "Traceback" not in service.log


@pytest.mark.parametrize("grace", ["0", "1"])
def test_what_takes_longer_than_the_grace_is_cut(tmp_path, grace):
    with (
        local_upstream(token_rate=1) as local,
        running(
            tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, SHUTDOWN_GRACE_S=grace
        ) as service,
    ):
        with service.client.stream("POST", "/chat/stream", json=QUESTION) as response:
            lines = response.iter_lines()
            first = next(lines)
            service.process.send_signal(signal.SIGTERM)
            names = [name for name, _ in events([first, *until_cut(lines)])]
        assert names[-1] != "done"
        assert service.process.wait(30) == 0


def until_cut(lines):
    """The lines until the connection breaks."""
    try:
        yield from lines
    except httpx.TransportError:
        return


def test_the_memory_line_comes_again_and_again(tmp_path: Path):
    with running(tmp_path, LOG_MEMORY_S="0.1") as service:
        eventually(lambda: service.log.count(" memory rss_mib=") >= 3)
