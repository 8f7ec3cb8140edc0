from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
        assert "method=POST route=/chat status=503" in service.log
        assert "Traceback" not in service.log


@pytest.mark.parametrize("grace", ["0", "1"])
def test_what_takes_longer_than_the_grace_is_cut_off_and_says_so(tmp_path, grace):
    with (
        local_upstream(token_rate=1) as local,
        running(
            tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, SHUTDOWN_GRACE_S=grace
        ) as service,
        ThreadPoolExecutor() as pool,
    ):
        answer = pool.submit(service.chat, "Hello?")
        with service.client.stream("POST", "/chat/stream", json=QUESTION) as response:
            lines = response.iter_lines()
            first = next(lines)
            eventually(lambda: local.count() == 2)
            service.process.send_signal(signal.SIGTERM)
            *_, (name, problem) = events([first, *lines])
        assert (name, problem["status"], problem["retry_after_s"]) == ("error", 503, 5)
        refused = answer.result()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["detail"] == problem["detail"] == "The service is being stopped."
        assert service.process.wait(30) == 0
        assert f" stopping in_flight=2 grace_s={grace}\n" in service.log
        assert " stopped cut_off=2\n" in service.log
        assert "method=POST route=/chat status=503" in service.log
        assert "Traceback" not in service.log


def test_a_body_that_never_comes_is_sent_away_too(tmp_path):
    with (
        running(tmp_path, SHUTDOWN_GRACE_S="0", REQUEST_TIMEOUT_S="60") as service,
        socket.create_connection((service.client.base_url.host, service.client.base_url.port)) as c,
    ):
        head = b"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        c.sendall(head + b"Content-Length: 20\r\n\r\n{")
        assert service.client.get("/health").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        with c.makefile("rb") as received:
            assert received.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
        assert service.process.wait(30) == 0
        assert "method=POST route=/chat status=503" in service.log
        assert "Traceback" not in service.log


def test_the_memory_line_comes_again_and_again(tmp_path: Path):
    with running(tmp_path, LOG_MEMORY_S="0.1") as service:
        eventually(lambda: service.log.count(" memory rss_mib=") >= 3)
