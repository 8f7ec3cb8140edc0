from __future__ import annotations

import asyncio

import httpx
import pytest

from service.app import create_app
from service.config import Settings

SECURITY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@pytest.mark.parametrize(("path", "status"), [("/health", "ok"), ("/ready", "ready")])
def test_alive_and_ready(service, path, status):
    response = service.client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": status})
    assert SECURITY.items() <= response.headers.items()
    head = service.client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", ["/health/", "/ready/"])
def test_a_slash_behind_it_is_no_redirect(service, path):
    assert service.client.get(path).status_code == 200


def test_nor_is_it_behind_another_address(service):
    asked = {"question": "Do you take PayPal?"}
    assert service.client.post("/chat/", json=asked).status_code == 200
    assert service.client.get("/v1/models/").status_code == 200
    assert service.client.get("/nothing/").status_code == 404


def test_before_the_start_it_is_alive_but_not_ready():
    async def ask() -> dict[str, httpx.Response]:
        transport = httpx.ASGITransport(app=create_app(Settings()))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            paths = ("/health", "/ready", "/metrics")
            return {path: await client.get(path) for path in paths}

    responses = asyncio.run(ask())
    assert {path: response.status_code for path, response in responses.items()} == {
        "/health": 200,
        "/ready": 503,
        "/metrics": 503,
    }
    assert responses["/ready"].headers["content-type"] == "application/problem+json"
    assert responses["/ready"].json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Model and store are not loaded.",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("GET", "/nothing", 404, "", id="unknown"),
        pytest.param("GET", "/docs", 404, "", id="no docs unless asked for"),
        pytest.param("GET", "/openapi.json", 404, "", id="no description either"),
        pytest.param("POST", "/health", 405, "GET, HEAD", id="post health"),
        pytest.param("GET", "/chat", 405, "POST", id="get chat"),
        pytest.param("GET", "/sessions/a", 405, "DELETE", id="get session"),
    ],
)
def test_what_is_not_there(service, method, path, status, allow):
    response = service.client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.headers.get("allow", "").split(", ")) == set(allow.split(", "))
    assert response.json()["detail"] == f"{method} {path} is not something that this service does."
    assert SECURITY.items() <= response.headers.items()
