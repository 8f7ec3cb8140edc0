from __future__ import annotations

import asyncio
import re
import threading

import httpx
import pytest

from service.app import create_app
from service.config import Settings
from service.parts import Parts
from tests.service.helpers import MODEL, STORE
from vectorstore.onnx_embeddings import OnnxEmbeddings


class Failing(OnnxEmbeddings):
    def embed_query(self, text: str) -> list[float]:
        raise RuntimeError(f"{STORE} is closed")


def test_an_unexpected_error_is_a_plain_500_and_its_text_is_not_logged(capsys):
    settings = Settings(model_dir=MODEL, store_dir=STORE)
    app = create_app(settings, Parts(Failing(MODEL), Parts.load(settings).store))

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            failed = await client.post("/chat", json={"question": "How much is shipping?"})
            return [failed, await client.get("/health"), await client.get("/metrics")]

    failed, health, metrics = asyncio.run(ask())
    assert failed.headers["content-type"] == "application/problem+json"
    assert failed.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The service failed. Its log says more.",
    }
    assert failed.headers["x-content-type-options"] == "nosniff"
    assert health.status_code == 200
    assert 'fit512_requests_total{method="POST",route="/chat",status="500"} 1.0' in metrics.text
    assert "fit512_in_flight 0.0" in metrics.text
    log = capsys.readouterr().err
    (line,) = [line for line in log.splitlines() if " ERROR " in line]
    assert " ERROR service.request unexpected error=RuntimeError at=" in line
    assert "service/retriever.py:" in line
    assert all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in log.splitlines())
    assert f"{STORE} is closed" not in log
    assert "shipping" not in log


class FailingTogether(OnnxEmbeddings):
    """Fails once it is let."""

    def __init__(self) -> None:
        super().__init__(MODEL)
        self.go_on = threading.Event()

    def embed_query(self, text: str) -> list[float]:
        self.go_on.wait(30)
        raise RuntimeError("sk-secret")


def test_an_unexpected_error_that_is_shared_is_logged_once_with_its_place(capsys):
    settings, failing = Settings(model_dir=MODEL, store_dir=STORE), FailingTogether()
    app = create_app(settings, Parts(failing, Parts.load(settings).store))
    body = {"question": "How much is shipping?"}

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            paths = ["/chat", "/chat", "/chat/stream"]
            asked = [asyncio.create_task(client.post(path, json=body)) for path in paths]
            while "fit512_in_flight 3.0" not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.01)
            failing.go_on.set()
            return await asyncio.gather(*asked)

    answers = asyncio.run(asyncio.wait_for(ask(), 30))
    assert [answer.status_code for answer in answers] == [500] * 3
    assert {answer.json()["detail"] for answer in answers} == {
        "The service failed. Its log says more."
    }
    log = capsys.readouterr().err
    (line,) = [line for line in log.splitlines() if " ERROR " in line]
    assert " ERROR service.request unexpected error=RuntimeError at=" in line
    assert "service/test_middleware.py:" in line
    assert "sk-secret" not in log


@pytest.mark.parametrize("requests", [True, False])
def test_request_lines_can_be_switched_off(capsys, requests):
    settings = Settings(model_dir=MODEL, store_dir=STORE, log_requests=requests)

    async def ask() -> None:
        transport = httpx.ASGITransport(app=create_app(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get("/health")
            await client.get("/nothing/secret")

    asyncio.run(ask())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == int(requests)
    assert all(" INFO service.request method=- route=- status=404 ms=" in line for line in lines)


def test_a_method_that_is_made_up_is_no_label():
    async def ask() -> str:
        app = create_app(settings, Parts.load(settings))
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            await client.request("X-1", "/health")
            return (await client.get("/metrics")).text

    settings = Settings(model_dir=MODEL, store_dir=STORE)
    metrics = asyncio.run(ask())
    assert "X-1" not in metrics
    assert 'fit512_requests_total{method="-",route="/health",status="405"} 1.0' in metrics
