"""What every request passes: timing, security headers, the log line, and the last resort."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.error_responses import respond
from service.errors import STOPPING, Reason, Told, log_unexpected, told
from service.gate import Gate
from service.metrics import Metrics
from service.routes import ROUTERS

log = logging.getLogger("service.request")

# A route that needs other values sends its own.
SECURITY_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# Hosts ask these every few seconds.
QUIET_ROUTES = ("/health", "/ready", "/metrics")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Edge:
    """Counts, times and logs each request, and answers with what a client is told of an exception."""

    def __init__(self, app: ASGIApp, gate: Gate, metrics: Metrics, log_requests: bool) -> None:
        self._app = app
        self._gate = gate
        self._metrics = metrics
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "path": _path(scope)}
        started = time.perf_counter()
        response = _Response(send)
        try:
            async with self._gate.passing(scope) as refusal:
                app = respond(scope, refusal) if refusal else self._app
                await app(scope, receive, response)
        except asyncio.CancelledError:
            # The server's, at the end of its grace: nothing waits for this task any more.
            if not scope["app"].state.stopping:
                raise
            await _last_resort(STOPPING, scope, receive, response)
        except Exception as error:
            log_unexpected(log, error)
            await _last_resort(told(error), scope, receive, response)
        finally:
            # A stream may fail after its status is out: what counts is how it ended.
            state = scope.get("state", {})
            status = state.get("ended_with", response.status)
            self._tell(scope, status, state.get("reason", ""), time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, reason: Reason, seconds: float) -> None:
        route = _route(scope)
        known = route != "-" and scope["method"] in METHODS  # clients can make methods up
        method = scope["method"] if known else "-"
        self._metrics.observe(route, method, status, seconds)
        if reason:
            self._metrics.refuse(reason)
        if self._log_requests and (status >= 400 or route not in QUIET_ROUTES):
            why = f" reason={reason}" if reason else ""
            figures = (method, route, status, seconds * 1000, why)
            log.info("method=%s route=%s status=%d ms=%.1f%s", *figures)


def _path(scope: Scope) -> str:
    """The path; a slash at its end changes nothing.

    Some health checks put one there, and take a redirect for a failure.
    """
    path: str = scope["path"]
    bare = path.rstrip("/")
    return path if bare == scope.get("root_path", "").rstrip("/") else bare


def _route(scope: Scope) -> str:
    """The template of the route that answers, or would have: a request may not have reached it."""
    route = scope.get("route")
    if route is None:
        routes = (one for router in ROUTERS for one in router.routes)
        route = next((one for one in routes if one.matches(scope)[0] is Match.FULL), None)
    return getattr(route, "path", "-")


async def _last_resort(problem: Told, scope: Scope, receive: Receive, response: _Response) -> None:
    """Answer in place of the application. When half a response is out, the server closes."""
    if not response.status:
        await respond(scope, problem)(scope, receive, response)


class _Response:
    """Passes messages on; adds the headers to the first one and keeps its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            names = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(header for header in SECURITY_HEADERS if header[0] not in names),
            ]
        await self._send(message)
