"""Routes that take JSON: bounded while it is read, and nothing else than JSON."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from service.errors import Problem


class JsonRoute(APIRoute):
    """A route whose body is JSON of at most MAX_BODY_KIB: else 415 or 413."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise Problem(415, "Send the body as application/json.")
            limit_kib = request.app.state.settings.max_body_kib
            receive = _bounded(request.receive, limit_kib)
            return await handle(_JsonRequest(request.scope, receive))

        return checked


class _JsonRequest(Request):
    async def json(self) -> Any:
        # orjson also refuses NaN and lone surrogates, which nothing behind it could write again.
        return orjson.loads(await self.body())


def _bounded(receive: Receive, limit_kib: int) -> Receive:
    left = limit_kib * 1024

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            # Closing: the rest of the body is not read, so nothing can follow on this connection.
            headers = {"Connection": "close"}
            raise Problem(413, f"The body may have at most {limit_kib} KiB.", headers)
        return message

    return bounded
