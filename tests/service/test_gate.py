from __future__ import annotations

import socket

import pytest

from service.clients import Clients
from tests.service.helpers import Service, eventually, running

TOKEN = "a-token-of-this-test"
ASKED = {"question": "Do you take PayPal?"}


def ask(service: Service, **headers: str) -> int:
    return service.client.post("/chat", json=ASKED, headers=headers).status_code


def test_tokens(tmp_path):
    with running(tmp_path, API_TOKENS=f"another-token-0001, {TOKEN}") as service:
        assert ask(service) == 401
        assert ask(service, Authorization="Bearer wrong") == 401
        assert ask(service, Authorization=f"Basic {TOKEN}") == 401
        assert ask(service, Authorization=f"Bearer {TOKEN}") == 200
        for path in ("/health", "/ready", "/", "/page/chat.js"):
            assert service.client.get(path).status_code == 200, path
        for method, path in (("GET", "/metrics"), ("DELETE", "/sessions/a"), ("GET", "/v1/models")):
            refused = service.client.request(method, path)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert TOKEN not in service.log


@pytest.mark.parametrize(
    ("proxies", "forwarded", "name"),
    [
        pytest.param(0, b"1.1.1.1", "9.9.9.9", id="nobody is trusted"),
        pytest.param(1, b"1.1.1.1", "1.1.1.1", id="one"),
        pytest.param(1, b"6.6.6.6, 1.1.1.1", "1.1.1.1", id="what a client wrote itself"),
        pytest.param(2, b"6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1", id="two"),
        pytest.param(2, b"1.1.1.1", "1.1.1.1", id="fewer than told"),
        pytest.param(1, b"", "9.9.9.9", id="none"),
        pytest.param(1, b"1.1.1.1:4711", "1.1.1.1", id="with a port"),
        pytest.param(1, b"2001:db8:0:1:a:b:c:d", "2001:db8:0:1::", id="IPv6 by its network"),
        pytest.param(1, b"[2001:db8:0:1::9]:4711", "2001:db8:0:1::", id="IPv6 with a port"),
        pytest.param(1, b"::ffff:1.1.1.1", "1.1.1.1", id="IPv4 as IPv6"),
        pytest.param(1, b"unknown", "unknown", id="no address"),
    ],
)
def test_addresses(proxies, forwarded, name):
    headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
    scope = {"headers": headers, "client": ("9.9.9.9", 1)}
    assert Clients([], proxies).name(scope) == name


def test_the_rate_of_one_client_is_bounded(tmp_path):
    with running(tmp_path, RATE_LIMIT="2", TRUSTED_PROXIES="1") as service:
        assert [ask(service, **{"X-Forwarded-For": "1.1.1.1"}) for _ in range(3)] == [200, 200, 429]
        assert ask(service, **{"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}) == 200
        refused = service.client.post("/chat", json=ASKED, headers={"X-Forwarded-For": "1.1.1.1"})
        assert 0 < int(refused.headers["retry-after"]) <= 30
        assert service.client.get("/health").status_code == 200
        assert service.metric('fit512_refused_total{reason="rate"}') == 2
        assert service.metric("fit512_rate_limit_clients") == 2


def test_to_delete_is_counted_apart(tmp_path):
    with running(tmp_path, RATE_LIMIT="2") as service:
        assert [ask(service) for _ in range(3)] == [200, 200, 429]
        deleted = [service.client.delete(f"/sessions/a{n}").status_code for n in range(4)]
        assert deleted == [404, 404, 429, 429]


def test_nobody_chooses_the_address_by_which_the_rate_is_counted(tmp_path):
    with running(tmp_path, RATE_LIMIT="1", FORWARDED_ALLOW_IPS="*") as service:
        addresses = ("1.1.1.1", "2.2.2.2")
        asked = [ask(service, **{"X-Forwarded-For": address}) for address in addresses]
    assert asked == [200, 429]


PREFLIGHT = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}


def test_other_pages_may_not_ask(service):
    response = service.client.options("/chat", headers=PREFLIGHT)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_those_that_are_named_may(tmp_path):
    with running(tmp_path, CORS_ORIGINS="https://shop.example", API_TOKENS=TOKEN) as service:
        allowed = service.client.options("/chat", headers=PREFLIGHT)
        assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
        other = service.client.options(
            "/chat", headers={**PREFLIGHT, "Origin": "https://x.example"}
        )
        assert "access-control-allow-origin" not in other.headers


def test_bodies_that_are_read_at_once_are_bounded(tmp_path):
    head = b"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    settings = {"MAX_BODIES_MIB": "1", "MAX_BODY_KIB": "1024", "REQUEST_TIMEOUT_S": "600"}
    with running(tmp_path, **settings) as service:
        url = service.client.base_url
        with socket.create_connection((url.host, url.port), timeout=30) as slow:
            slow.sendall(head + b"Content-Length: 1048000\r\n\r\n{")
            eventually(lambda: service.metric("fit512_body_bytes") == 1048000)
            refused = service.client.post("/chat", json={"question": "x" * 1000})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert service.client.get("/health").status_code == 200
        eventually(lambda: service.metric("fit512_body_bytes") == 0)
        assert ask(service) == 200
        assert service.metric('fit512_refused_total{reason="bodies"}') == 1
