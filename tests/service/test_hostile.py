"""What takes most memory for each byte on the wire, against the settings as they are by default."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.limits.conftest import enforced as enforced
from tests.service.helpers import Service, eventually
from tests.service.test_guard_limit import limit_of, limited

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("enforced")]
POST = b"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
KIB = 1024


def json_of(start: str, item: str, end: str, size: int = 63 * KIB) -> str:
    """Of about `size` bytes, most of them items of one list."""
    return start + ",".join([item] * (size // (len(item) + 1))) + end


@pytest.mark.parametrize(
    ("sent", "connections"),
    [
        pytest.param(POST + b"aa:bb\r\n" * 4_600, 500, id="headers"),
        pytest.param(POST + b"X-H: " + b"a" * 31_000, 500, id="one header"),
        pytest.param(POST + b"Content-Length: 9\r\n" + b"aa:b\r\n" * 80 + b"\r\n{", 500, id="body"),
        pytest.param(b"GET /x HTTP/1.1\r\n\r\n" * 14_000, 40, id="requests ahead"),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 40_000, 100, id="chunks"
        ),
    ],
)
def test_connections(tmp_path, sent, connections):
    limit_mib = limit_of(tmp_path)
    with limited(tmp_path, limit_mib) as (service, run), ExitStack() as stack:
        url = service.client.base_url
        for _ in range(connections):
            one = stack.enter_context(socket.create_connection((url.host, url.port), timeout=30))
            one.setblocking(False)
            with suppress(OSError):
                one.send(sent)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            assert run.poll() is None, service.log
            assert service.client.get("/health").status_code == 200
        _lives_on(service)
        assert not run.oom_killed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/v1/chat/completions", json_of('{"messages":[', "0", "]}"), id="messages"),
        pytest.param(
            "/v1/chat/completions",
            json_of('{"messages":[{"role":"user","content":[', '{"type":"a"}', "]}]}"),
            id="parts",
        ),
        pytest.param("/chat", json_of('{"question":"Hi","x":[', "{}", "]}"), id="a field unknown"),
        pytest.param("/chat", "[" * 60_000, id="nested"),
    ],
)
def test_bodies(tmp_path, path, body):
    with limited(tmp_path, limit_of(tmp_path)) as (service, run), ThreadPoolExecutor(32) as pool:
        statuses = set(pool.map(lambda _: _post(service, path, body), range(96)))
        assert run.poll() is None, service.log
        assert statuses <= {200, 400, 422, 503}
        _lives_on(service)
        assert not run.oom_killed


def _post(service: Service, path: str, body: str) -> int:
    with httpx.Client(base_url=service.client.base_url, timeout=60, trust_env=False) as client:
        headers = {"Content-Type": "application/json"}
        return client.post(path, content=body, headers=headers).status_code


def _lives_on(service: Service) -> None:
    """It answers, or says that what 500 connections left of its 16 MiB is too little to."""
    eventually(lambda: _answers(service))


def _answers(service: Service) -> bool:
    response = service.chat("Do you take PayPal?")
    return response.status_code == 200 or "short of memory" in response.text
