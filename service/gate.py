"""Who is let in: a question is turned away here, before anything of its body is read."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import Scope

from service.clients import Clients
from service.config import Settings
from service.errors import STOPPING, Told
from service.guard import Guard
from service.rate_limit import RateLimit

# A body is there as bytes, text, parsed, and within the request to the upstream; what a question
# takes besides, from its connection to the passages found, was 50 KiB.
COPIES_OF_A_BODY = 6
A_QUESTION_BYTES = 64 * 1024

# When the service is stopped, the answers that run are finished, and nothing new begins.
WHILE_STOPPING = ("/health", "/metrics")
OPEN = ("/", "/health", "/ready")
# What is put before a client's name to count it. To delete is counted apart: with Redis, what was
# deleted is remembered for a while.
RATED = {"POST": "", "DELETE": "delete "}
# The body is not read, so nothing can follow on this connection.
AGAIN = {"Retry-After": "2", "Connection": "close"}
NO_MEMORY = Told(
    503, "The service is short of memory. Try again in a moment.", AGAIN, reason="memory"
)
TOO_SMALL = Told(
    503,
    "The service has too little memory to answer at all. /ready says what it needs.",
    {"Connection": "close"},
    reason="memory",
)
NO_TOKEN = Told(
    401,
    "Send one of this service's tokens: Authorization: Bearer TOKEN.",
    {"WWW-Authenticate": "Bearer"},
    reason="token",
)
NO_ROOM = Told(
    503, "Too much is being sent at once. Try again in a moment.", AGAIN, reason="bodies"
)


class Gate:
    """Decides on each request, and counts what those that were let in may take."""

    def __init__(self, settings: Settings) -> None:
        self._clients = Clients(settings.tokens, settings.trusted_proxies)
        self.rate_limit = RateLimit(settings.rate_limit)
        self._longest = settings.max_body_kib * 1024
        self._most = max(self._longest, int(settings.max_bodies_mib * 2**20))
        self.guard: Guard | None = None
        self.body_bytes = 0

    @asynccontextmanager
    async def passing(self, scope: Scope) -> AsyncIterator[Told | None]:
        """While a request is answered: None, or what it is told in place of an answer."""
        if scope["app"].state.stopping and scope["path"] not in WHILE_STOPPING:
            yield STOPPING
            return
        if not _open(scope) and not self._clients.admits(scope):
            yield NO_TOKEN
            return
        if scope["method"] not in RATED:
            yield None
            return
        # Who has asked too often may still delete what was said.
        counted = RATED[scope["method"]] + self._clients.name(scope)
        if wait_s := await self.rate_limit.wait_s(counted):
            yield _too_often(wait_s)
            return
        if scope["method"] != "POST":
            yield None
            return
        size = min(_body_bytes(scope, self._longest), self._longest)
        refusal = self._refusal(size)
        if refusal:
            yield refusal
            return
        with self._counted(size):
            yield None

    def _refusal(self, size: int) -> Told | None:
        if self.guard and not self.guard.admits(_may_take(size)):
            return TOO_SMALL if self.guard.too_small() else NO_MEMORY
        if self.body_bytes + size > self._most:
            return NO_ROOM
        return None

    @contextmanager
    def _counted(self, size: int) -> Iterator[None]:
        self.body_bytes += size
        try:
            if self.guard:
                with self.guard.promise(_may_take(size)):
                    yield
            else:
                yield
        finally:
            self.body_bytes -= size


def _open(scope: Scope) -> bool:
    """Whether it needs no token: health checks, the page, and what a browser asks beforehand."""
    path: str = scope["path"]
    return path in OPEN or path.startswith("/page/") or scope["method"] == "OPTIONS"


def _too_often(wait_s: float) -> Told:
    after = {"Retry-After": str(math.ceil(wait_s)), "Connection": "close"}
    return Told(429, "You ask too often. Try again in a moment.", after, reason="rate")


def _may_take(body_bytes: int) -> int:
    return A_QUESTION_BYTES + COPIES_OF_A_BODY * body_bytes


def _body_bytes(scope: Scope, longest: int) -> int:
    """The length that is announced; without one, the most that is read."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(announced) if announced.isdigit() else longest
