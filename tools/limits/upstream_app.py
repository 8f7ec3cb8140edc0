"""The local model API as an ASGI app: OpenAI's chat completions, with set latency and faults.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tools.limits.chat import Chat, completion, error_body, garbage, pieces
from tools.limits.faults import Faults
from tools.limits.record import Received

CREATED = 1_700_000_000  # the same answer to the same request, byte for byte
CONTROL = "/__fit512"
_LONGEST_BODY = 4 * 1024 * 1024
_LONGEST_HANG_S = 600.0


@dataclass(frozen=True)
class Settings:
    """How the model behaves. `token_rate` is tokens per second, 0 for all at once."""

    latency_ms: float = 0.0
    token_rate: float = 0.0
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    retry_after_s: int = 1
    keep: int = 10_000


def create_app(settings: Settings) -> Starlette:
    """The app; `request.state.transport` must be the connection's transport (see upstream.py)."""
    model = Model(settings)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", model.chat, methods=["POST"]),
            Route("/v1/models", model.models),
            Route(f"{CONTROL}/requests", model.requests, methods=["GET", "DELETE"]),
        ],
        exception_handlers={404: _not_found},
    )


class Model:
    """The endpoints, on shared settings and a shared record."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = Faults(settings.faults, settings.seed)
        self.received = Received(settings.keep)

    async def models(self, request: Request) -> Response:
        entry = {"id": "local/echo", "object": "model", "created": CREATED, "owned_by": "local"}
        return JSONResponse({"object": "list", "data": [entry]})

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.received.clear()
        return JSONResponse({"total": self.received.total, "requests": self.received.entries()})

    async def chat(self, request: Request) -> Response:
        try:
            raw = await _body(request)
        except ClientDisconnect:
            return Response()
        if raw is None:
            return JSONResponse(error_body(413, "the body is over 4 MiB"), 413)
        chat = Chat.parse(raw)
        fault = self.faults.draw(raw)
        self._record(request, raw, chat, fault)
        if isinstance(chat, str):
            return JSONResponse(error_body(400, chat), 400)
        if fault and fault.isdigit():
            return self._status(int(fault))
        if fault in ("timeout", "reset"):
            await (_hang(request) if fault == "timeout" else _reset(request))
            return Response()
        await asyncio.sleep(self.settings.latency_ms / 1000)
        if chat.stream:
            return StreamingResponse(
                self._stream(request, chat, fault), media_type="text/event-stream"
            )
        return await self._whole(request, chat, fault)

    def _record(self, request: Request, raw: bytes, chat: Chat | str, fault: str | None) -> None:
        entry = {
            "path": request.url.path,
            "host": request.headers.get("x-forwarded-host") or request.url.hostname,
            "authorization": "authorization" in request.headers,
            "fault": fault,
            "body": chat.body if isinstance(chat, Chat) else None,
        }
        self.received.add(len(raw), entry)

    def _status(self, status: int) -> Response:
        headers = {"Retry-After": str(self.settings.retry_after_s)} if status in (429, 503) else {}
        return JSONResponse(error_body(status, "a fault that was asked for"), status, headers)

    async def _whole(self, request: Request, chat: Chat, fault: str | None) -> Response:
        await self._pace(time.monotonic(), len(chat.tokens) - 1)
        body = json.dumps(completion(chat, CREATED)).encode()
        if fault == "garbage":
            return Response(garbage(body), media_type="application/json")
        if fault == "cut":
            return StreamingResponse(_half(request, body), media_type="application/json")
        return Response(body, media_type="application/json")

    async def _stream(
        self, request: Request, chat: Chat, fault: str | None
    ) -> AsyncIterator[bytes]:
        events = pieces(chat, CREATED)
        first = time.monotonic()
        for number, event in enumerate(events):
            if fault == "cut" and number >= len(events) // 2:
                request.state.transport.close()
                return
            # Event 0 is the role, which comes with the first token; after the last one nothing waits.
            await self._pace(first, min(number, len(chat.tokens)) - 1)
            yield b"data: " + (garbage(event) if fault == "garbage" else event) + b"\n\n"
        yield b"data: [DONE]\n\n"

    async def _pace(self, first: float, number: int) -> None:
        """Wait until the token `number` (from 0) is due, the first having come at `first`."""
        if self.settings.token_rate > 0 and number > 0:
            due = first + number / self.settings.token_rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _body(request: Request) -> bytes | None:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _LONGEST_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def _half(request: Request, body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    request.state.transport.close()


async def _hang(request: Request) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_HANG_S):
            while (await request.receive())["type"] != "http.disconnect":
                continue


async def _reset(request: Request) -> None:
    transport: asyncio.Transport = request.state.transport
    # Closing with nothing to linger for sends RST instead of FIN.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse(error_body(404, f"there is no {request.method} {request.url.path}"), 404)
