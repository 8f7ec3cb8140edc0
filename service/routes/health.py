"""GET /health: the process is alive. GET /ready: model and store are loaded."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.deps import RunningDep
from service.errors import Problem
from service.responses import problems
from service.schemas import Status

router = APIRouter()


@router.api_route("/health", methods=["GET", "HEAD"], response_model=Status)
async def health() -> Response:
    """Alive. Touches neither model nor store: what a host's health check gets."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.api_route("/ready", methods=["GET", "HEAD"], response_model=Status, responses=problems(503))
async def ready(running: RunningDep) -> Response:
    """Model and store are loaded, there is memory to answer with, and Redis was reached if there is
    one: a deploy waits for this.

    When Redis goes away later this stays so: an instance less would help nobody.
    """
    if why := running.guard.too_small():
        raise Problem(503, why)
    await running.sessions.ping()
    return Response(b'{"status":"ready"}', media_type="application/json")
