"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson
from fastapi import Response
from starlette.types import Receive, Scope, Send

from service.abandoned import gone

# Proxies of hosts close a connection on which nothing came for 30 to 100 seconds.
HEARTBEAT_S = 15.0
HEARTBEAT = b": still working\n\n"


def event(name: str | None, data: object) -> bytes:
    """One event, its data one line of JSON; without a name for clients that know none."""
    head = b"event: %b\n" % name.encode() if name else b""
    return b"%bdata: %b\n\n" % (head, orjson.dumps(data))


class EventStream(Response):
    """Sends what `chunks` yields as it comes, with a comment now and then.

    `chunks` is closed, in the task it ran in, as soon as the client is gone. Starlette's own
    StreamingResponse cancels again and again, which would cut short what has to be closed.
    """

    media_type = "text/event-stream"

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        # No buffering at nginx, which some hosts put in front.
        super().__init__(None, 200, {"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers},
        )
        sent = asyncio.create_task(self._send_all(send))
        others = [asyncio.create_task(self._beat(send)), asyncio.create_task(gone(receive))]
        try:
            await asyncio.wait([sent, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sent, *others):
                task.cancel()
            await asyncio.wait([sent, *others])
        if not sent.cancelled():
            sent.result()
            await send({"type": "http.response.body", "body": b""})

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})
