"""Routes that take JSON: bounded while it is read, and nothing else than JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from service.errors import Problem

# A list of empty objects takes 36 times its JSON once it is parsed. A text may have many commas, too:
# a table of numbers has one in three bytes, and few tables are this long.
MANY_VALUES = 4096
BYTES_PER_VALUE = 8
# The rest of the body is not read, so nothing can follow on this connection.
CLOSE = {"Connection": "close"}


class JsonRoute(APIRoute):
    """A route whose body is JSON of at most MAX_BODY_KIB, whole in REQUEST_TIMEOUT_S.

    Else 415, 413 or 408.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise Problem(415, "Send the body as application/json.")
            settings = request.app.state.settings
            within_s = settings.request_timeout_s
            # At once: who sends this much has not begun yet, or waits for "100 Continue".
            if int(request.headers.get("content-length", 0)) > settings.max_body_kib * 1024:
                raise _too_large(settings.max_body_kib)
            receive = _bounded(request.receive, settings.max_body_kib, within_s)
            return await handle(_JsonRequest(request.scope, receive))

        return checked


class _JsonRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        commas = body.count(b",")
        if commas > MANY_VALUES and commas * BYTES_PER_VALUE > len(body):
            raise Problem(422, "The body has too many values for its length.")
        # orjson also refuses NaN and lone surrogates, which nothing behind it could write again.
        return orjson.loads(body)


def _too_large(limit_kib: int) -> Problem:
    return Problem(413, f"The body may have at most {limit_kib} KiB.", CLOSE, "body")


def _bounded(receive: Receive, limit_kib: int, within_s: float) -> Receive:
    left = limit_kib * 1024
    deadline = asyncio.get_running_loop().time() + within_s
    whole = False

    async def bounded() -> Message:
        nonlocal left, whole
        if whole:  # what comes now is only that the client is gone
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise Problem(408, "The body took too long to arrive.", CLOSE) from None
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(limit_kib)
        whole = not message.get("more_body", False)
        return message

    return bounded
