"""Our service with a leak of 50 KiB per question, for tests: `uvicorn tests.loadtests.leaky:app`."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from service.app import app as service

LEAK_BYTES = 50 * 1024
kept: list[bytes] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope.get("path", "").startswith("/chat"):
        kept.append(b"\1" * LEAK_BYTES)  # not zeros, which the kernel would only promise
    await service(scope, receive, send)
