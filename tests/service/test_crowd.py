"""10,000 clients that never finish their request."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from tests.missing import missing
from tests.service.helpers import eventually, running

resource = pytest.importorskip("resource")
CLIENTS, CONNECTIONS = 10_000, 64
UNFINISHED = b"POST /chat HTTP/1.1\r\nHost: a\r\nX-H: " + b"a" * 1000


@pytest.fixture
def _many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CLIENTS + 1000:
        missing(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@pytest.mark.usefixtures("_many_files")
def test_a_crowd_locks_nobody_out_and_takes_no_memory(tmp_path):
    settings = {"MAX_CONNECTIONS": str(CONNECTIONS), "REQUEST_TIMEOUT_S": "600"}
    with running(tmp_path, **settings) as service:
        service.chat("Do you take PayPal?")
        before = service.metric("fit512_anonymous_bytes")
        url = service.client.base_url
        crowd = []
        try:
            for number in range(CLIENTS):
                crowd.append(socket.create_connection((url.host, url.port), timeout=60))
                with suppress(OSError):
                    crowd[-1].sendall(UNFINISHED)
                if number % 1000 == 0:
                    assert service.client.get("/health").status_code == 200
            assert service.client.get("/health").status_code == 200
            assert service.chat("How much is shipping?").status_code == 200
            assert service.metric("fit512_anonymous_bytes") - before < 16 * 2**20
        finally:
            for client in crowd:
                client.close()
        eventually(lambda: service.chat("How much is shipping?").status_code == 200)
        assert "Traceback" not in service.log
